# SPDX-License-Identifier: GPL-3.0-or-later
"""The search box and steps on many alerts, in Debian's Chromium."""
from harness import BUILD, PASSWORD, Appliance, Console, alert, os, shutil, subprocess, sys

web = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "console", "web")
if not (os.path.exists("/usr/bin/chromium") and shutil.which("node") and os.path.isdir(os.path.join(web, "node_modules", "playwright-core"))
        and os.path.exists(os.path.join(BUILD, "web", "index.html"))):
    print("chromium, node, the page's packages or the page itself are missing")
    sys.exit(77)
console = Console()
console.administrator("lan")
box = Appliance(console, "ha-noi-1")
LEVELS = ["none", "mat", "toi_mat", "tuyet_mat"]
box.send([alert(i + 1, level=LEVELS[i % 4], severity=i % 4 + 1, flow_id=5000 + i) for i in range(40)])
shots = os.path.join(BUILD, "tests", "page")
os.makedirs(shots, exist_ok=True)
sys.exit(subprocess.run(["node", os.path.join(os.path.dirname(os.path.abspath(__file__)), "page.mjs"), web,
                         "https://127.0.0.1:%d" % console.port, PASSWORD, shots], timeout=150).returncode)
