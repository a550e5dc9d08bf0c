# SPDX-License-Identifier: GPL-3.0-or-later
"""Dashboards, search, fleet and reports in Debian's Chromium."""
import os
import shutil
import subprocess
import sys
import time

import house
from harness import BUILD, PASSWORD, Console

here = os.path.dirname(os.path.abspath(__file__))
web = os.path.join(here, "..", "..", "console", "web")
if not (os.path.exists("/usr/bin/chromium") and shutil.which("node") and os.path.isdir(os.path.join(web, "node_modules", "playwright-core"))
        and os.path.exists(os.path.join(BUILD, "web", "index.html"))):
    print("chromium, node, the page's packages or the page itself are missing")
    sys.exit(77)
console = Console()
console.administrator("lan")
house.fill(console, int(time.time()))
shots = os.path.join(BUILD, "tests", "dash")
os.makedirs(shots, exist_ok=True)
sys.exit(subprocess.run(["node", os.path.join(here, "page.mjs"), web, "https://127.0.0.1:%d" % console.port, PASSWORD, shots], timeout=400).returncode)
