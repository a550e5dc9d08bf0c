# SPDX-License-Identifier: GPL-3.0-or-later
"""Evidence, outputs and retention, in Debian's Chromium."""
import os
import shutil
import subprocess
import sys

from harness import BUILD, PASSWORD, Appliance, Console, alert

here = os.path.dirname(os.path.abspath(__file__))
web = os.path.join(here, "..", "..", "console", "web")
if not (os.path.exists("/usr/bin/chromium") and shutil.which("node") and os.path.isdir(os.path.join(web, "node_modules", "playwright-core"))
        and os.path.exists(os.path.join(BUILD, "web", "index.html"))):
    print("chromium, node, the page's packages or the page itself are missing")
    sys.exit(77)
console = Console()
console.administrator("lan")
box = Appliance(console, "ha-noi-1")
box.send([alert(i + 1, flow_id=5000 + i) for i in range(3)] +
         [("fileinfo", 50 + i, 0, {"fileinfo": {"filename": "x", "sha256": "%064x" % (i + 1), "size": 77}, "gatehouse": {"document": {"level": l}}})
          for i, l in enumerate(("mat", "toi_mat", "tuyet_mat"))] +
         [("audit", 60 + i, 0, {"gatehouse": {"audit": {"what": "evidence_sealed", "sha256": "%064x" % (i + 1), "size": 77000 * (i + 1)}}}) for i in range(3)])


def path(name):
    return os.path.join(console.dir, name)


def evidence(*words):
    subprocess.run([os.path.join(BUILD, "gh-core"), "evidence"] + list(words), check=True, stdout=subprocess.DEVNULL)


open(path("password"), "w").write("bốn từ không liên quan\n")
for i, member in enumerate(("Trần Văn An", "Nguyễn Thị Bình", "Lê Chi")):
    evidence("member", member, "-o", path("%d.key" % i), "--password-file", path("password"))
console.command("committee", "divide", "--quorum", "2", *[path("%d.pub" % i) for i in range(3)], "-k", os.path.join(console.state, "committee.key"))
evidence("request", "%064x" % 2, "--committee", os.path.join(console.state, "committee.shares"), "--reason", "<b>vụ 12</b>", "--by", "lan", "-o", path("q"))
shots = os.path.join(BUILD, "tests", "console_out")
os.makedirs(shots, exist_ok=True)
sys.exit(subprocess.run(["node", os.path.join(here, "page.mjs"), web, "https://127.0.0.1:%d/" % console.port, PASSWORD, shots, path("q")], timeout=160).returncode)
