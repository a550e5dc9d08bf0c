# SPDX-License-Identifier: GPL-3.0-or-later
"""A full disk: nothing is acknowledged that is not stored, what is stored stays readable, and with room it goes on."""
import os
import random
import subprocess
import sys
import tempfile

from harness import Appliance, Client, Console, check, end, equal

place = tempfile.mkdtemp(prefix="gh-full-")


def tmpfs(options):
    return subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], stderr=subprocess.DEVNULL).returncode == 0


if os.geteuid() != 0 or not tmpfs("size=6m,mode=755"):
    os.rmdir(place)
    print("a small file system cannot be mounted here (needs root): the full disk is not tested", file=sys.stderr)
    sys.exit(77)
try:
    console = Console("console.state_dir=" + os.path.join(place, "state"))
    console.state = os.path.join(place, "state")
    admin = console.administrator()
    box = Appliance(console)
    rng = random.Random(3)
    receipt = sent = 0
    full = None
    for b in range(40):
        text = "".join(rng.choice("abcdefghijklmnop") for _ in range(2000))
        answer = box.send([("http", 100 * b + i, 0, {"event_type": "http", "flow_id": i, "http": {"url": text}}) for i in range(100)])
        if answer.status != 200:
            full = answer
            break
        receipt, sent = answer.json()["receipt"], sent + 100
    check("it becomes full", full is not None and sent > 0, sent)
    equal("and says so", (full.status, full.code()), (507, "disk_full"))
    a = admin.get("/api/v1/stats")
    equal("what was acknowledged is there", (a.status, a.json()["events"]["total"]), (200, sent))
    equal("reading goes on", admin.get("/api/v1/events?limit=200").status, 200)
    equal("health", Client(console).get("/healthz").status, 200)
    console.kill()
    console.start()
    a = admin.get("/api/v1/stats")
    equal("also after a crash", (a.status, a.json().get("events", {}).get("total")), (200, sent))
    check("more room", subprocess.run(["mount", "-o", "remount,size=64m", place]).returncode == 0)
    answer = box.send([("http", 9999, 0, {"event_type": "http"})])
    equal("and it goes on where it was", (answer.status, answer.json().get("receipt")), (200, receipt + 1))
    console.close()
finally:
    subprocess.run(["umount", "-l", place])
    os.rmdir(place)
end()
