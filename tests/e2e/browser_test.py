#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts a console with the alerts of the bundled capture and lets a browser work with it: browser_test.py GATEHOUSE SHARE"""
import os
import re
import shutil
import subprocess
import sys

from chain import Chain

GATEHOUSE, SHARE = sys.argv[1], sys.argv[2]
HERE = os.path.dirname(os.path.abspath(__file__))
WEB = os.path.join(HERE, "..", "..", "console", "web")
SHOTS = os.path.join(SHARE, "..", "screenshots")
if not os.path.exists("/usr/bin/chromium") or not os.path.isdir(os.path.join(WEB, "node_modules", "playwright-core")):
    print("skipped: needs /usr/bin/chromium (Debian package chromium) and the page's npm packages", file=sys.stderr)
    sys.exit(77)
node = shutil.which("node") or shutil.which("nodejs")
chain = Chain(GATEHOUSE)
try:
    chain.enrol()
    chain.start_console()
    link = re.search(r"https://\S+#invite=\S+", chain.command("console", "link", "-c", chain.path("console.conf"))).group(0)
    chain.start_appliance("--replay", os.path.join(SHARE, "capture", "morning.pcap"))
    rc = subprocess.run([node, os.path.join(HERE, "browser.mjs"), WEB, link, SHOTS], timeout=400).returncode
    if rc:
        print(chain.logs())
finally:
    chain.remove()
sys.exit(rc)
