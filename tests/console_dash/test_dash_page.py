# SPDX-License-Identifier: GPL-3.0-or-later
"""Dashboards, search, fleet and reports in Debian's Chromium."""
import os
import shutil
import subprocess
import sys
import time

import house
from harness import BUILD, PASSWORD, Console, tool

here = os.path.dirname(os.path.abspath(__file__))
web = os.path.join(here, "..", "..", "console", "web")
if not (os.path.exists("/usr/bin/chromium") and shutil.which("node") and os.path.isdir(os.path.join(web, "node_modules", "playwright-core"))
        and os.path.exists(os.path.join(BUILD, "web", "index.html"))):
    print("chromium, node, the page's packages or the page itself are missing")
    sys.exit(77)
console = Console()
console.last = console.administrator("lan")
house.fill(console, int(time.time()))
admin = console.last
house.region(console, "Miền Bắc", int(time.time()) - 3600)
for name, site in (("ha-noi-1", {"profile": "office", "lat": 21.03, "lon": 105.85, "place": "Hà Nội"}), ("hue-2", {"profile": "office", "lat": 16.46, "lon": 107.6, "place": "Huế"}),
                   ("tau-hq-09", {"profile": "ship", "lat": 8.65, "lon": 111.9, "place": "Tàu HQ-09"})):
    number = [x["number"] for x in admin.get("/api/v1/fleet").json()["items"] if x["name"] == name][0]
    admin.post("/api/v1/fleet/%d/site" % number, site)
request = os.path.join(console.dir, "moi.json")
with open(request, "wb") as f:
    f.write(tool("keys", console.dir, "moi-1")[0])
shots = os.path.join(BUILD, "tests", "dash")
os.makedirs(shots, exist_ok=True)
sys.exit(subprocess.run(["node", os.path.join(here, "page.mjs"), web, "https://127.0.0.1:%d" % console.port, PASSWORD, shots, request], timeout=400).returncode)
