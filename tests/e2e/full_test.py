#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal's disk fills up in the middle of a replay: recording stops and says so, capture goes on counting, nothing acknowledged is lost, and
recording goes on when there is room again. full_test.py GATEHOUSE SHARE. Needs root (a small tmpfs); skipped otherwise."""
import hashlib
import os
import struct
import subprocess
import sys
import time

from chain import Chain, Report, wait_for

GATEHOUSE = os.path.abspath(sys.argv[1])
report = Report()
check = report.check
QUERIES = 40000


def capture(path):
    """DNS questions with names that do not compress."""
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for i in range(QUERIES):
            label = hashlib.sha256(b"%d" % i).hexdigest()[:60].encode()
            dns = struct.pack(">HHHHHH", i & 0xFFFF, 0x0100, 1, 0, 0, 0) + bytes([len(label)]) + label + b"\0\0\1\0\1"
            udp = struct.pack(">HHHH", 1024 + i % 60000, 53, 8 + len(dns), 0) + dns
            ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), i & 0xFFFF, 0, 64, 17, 0, bytes([10, 1, i // 60000, 7]), bytes([10, 1, 0, 53]))
            frame = b"\2" * 12 + b"\x08\0" + ip + udp
            f.write(struct.pack("<IIII", 1795399200 + i // 1000, i % 1000 * 1000, len(frame), len(frame)) + frame)


if os.geteuid() != 0:
    print("skipped: needs root to mount a small tmpfs", file=sys.stderr)
    sys.exit(77)
chain = Chain(GATEHOUSE, conf="[journal]\nreserve = 0\n")
state = chain.path("appliance")
mounted = False
try:
    os.mkdir(state, 0o700)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m,mode=700", "gatehouse-test", state], stderr=subprocess.PIPE).returncode:
        print("skipped: no tmpfs can be mounted here", file=sys.stderr)
        sys.exit(77)
    mounted = True
    capture(chain.path("dns.pcap"))
    chain.enrol()
    chain.start_console()
    api = chain.sign_in()
    chain.stop() # no console at first: without receipts nothing may be trimmed
    chain.start_appliance("--replay", chain.path("dns.pcap"))
    log = lambda: open(chain.path("appliance.log")).read()
    wait_for("the full disk is told", 60, lambda: "no longer recorded" in log())
    check("the log says that the disk is full and what it means", "disk" in log() and "until there is room" in log(), log()[-500:])
    time.sleep(3)
    check("nothing has ended", chain.appliance.poll() is None)
    p = subprocess.run([GATEHOUSE, "journal", "verify", "-c", chain.path("appliance.conf")], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    check("the journal is good although the disk is full", p.returncode == 0, p.stdout)
    subprocess.run(["mount", "-o", "remount,size=64m", state], check=True)
    chain.stop()
    chain.start_console()
    chain.start_appliance("--replay", chain.path("dns.pcap"))
    status, _ = api.call("POST", "/api/v1/session", {"name": "lan", "password": "bon tu khong lien quan"})
    check("signed in again", status == 200)
    wait_for("the replay is recorded", 90, lambda: chain.status().get("replay_recorded"))
    wait_for("the console has it", 90, lambda: api.get("/stats?hours=24")["events"]["total"] >= 2 * QUERIES)
    time.sleep(1)
    total = api.get("/stats?hours=24")["events"]["total"]
    check("every DNS event and flow is there once", 2 * QUERIES <= total <= 2 * QUERIES + 20, total)
    told = [a for a in api.get("/alerts")["items"] if "journal" in (a["signature"] or "").lower()]
    check("an alert tells of the full disk", len(told) >= 1, [a["signature"] for a in api.get("/alerts")["items"]])
except AssertionError as e:
    check("chain", False, "%s\n%s" % (e, chain.logs()))
finally:
    chain.stop()
    if mounted:
        subprocess.run(["umount", state])
    chain.remove()
report.end()
