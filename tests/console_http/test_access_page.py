# SPDX-License-Identifier: GPL-3.0-or-later
"""A console with a secret alert, and access.mjs, which walks through people, second factor, unlocking, tokens and audit."""
import os
import subprocess
import sys

import harness as h

WEB = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../console/web")
if not os.path.exists("/usr/bin/chromium") or not os.path.isdir(os.path.join(WEB, "node_modules/playwright-core")):
    print("skipped: Chromium or playwright-core is not here")
    sys.exit(77)
console = h.Console("console.second_factor=approver", "console.login_rate=1000")
lan = console.administrator()
box = h.Appliance(console)
box.send([h.alert(1, filename="Zulu9.docx")])
token = lan.post("/api/v1/invites", {"roles": ["approver"], "units": "all", "clearance": {"vn": "tuyet_mat", "other": "top_secret"}}).json()["token"]
hoa = h.Client(console)
hoa.post("/api/v1/invite", {"token": token, "name": "hoa", "password": h.PASSWORD})
console.stop()
console.settings += ["--set", "console.second_factor=analyst"]  # so that hoa comes in with a password alone
console.start()
shots = os.environ.get("GATEHOUSE_SHOTS", console.dir)
os.makedirs(shots, exist_ok=True)
p = subprocess.run(["node", os.path.join(os.path.dirname(os.path.abspath(__file__)), "access.mjs"), WEB, console.url[:-1], h.PASSWORD, shots])
h.equal("the journey", p.returncode, 0)
console.close()
h.end()
