# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies in Debian's Chromium: two people write, try, approve and roll out."""
import time

from harness import BUILD, PASSWORD, Appliance, Console, alert, os, shutil, subprocess, sys

here = os.path.dirname(os.path.abspath(__file__))
web = os.path.join(here, "..", "..", "console", "web")
if not (os.path.exists("/usr/bin/chromium") and shutil.which("node") and os.path.isdir(os.path.join(web, "node_modules", "playwright-core"))
        and os.path.exists(os.path.join(BUILD, "web", "index.html"))):
    print("chromium, node, the page's packages or the page itself are missing")
    sys.exit(77)
console = Console("console.two_persons=yes", keeper=True)
console.administrator("lan")
for name, role in (("binh", "policy_author"), ("dung", "approver")):
    console.user(name, role)
boxes = [Appliance(console, "post-%d" % i) for i in range(3)]
stamp = time.strftime("%Y-%m-%dT%H:%M:%S.000000+0000", time.gmtime(time.time() - 3600))
records = []
for n in range(1, 60):
    e = dict(alert(n, level="mat" if n % 3 else "none", event={"timestamp": stamp})[3], event_type="fileinfo")
    del e["alert"]
    e["gatehouse"]["document"]["verdict"] = {"action": "log", "rule": "otherwise", "policy": "old@1", "reason": ""}
    e["gatehouse"]["shadow"] = [{"action": "alert", "policy": "cua-toi@1", "shadow": True}]
    records.append(("fileinfo", n, 0, e))
records.append(("alert", 2, 1, dict(alert(2)[3], timestamp=stamp)))
boxes[0].send(records)
shots = os.path.join(BUILD, "tests", "policies")
os.makedirs(shots, exist_ok=True)
sys.exit(subprocess.run(["node", os.path.join(here, "editor.mjs"), web, "https://127.0.0.1:%d" % console.port, PASSWORD, shots], timeout=170).returncode)
