#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The spool runs full while the console is away: spool_test.py GATEHOUSE SHARE

What matters least goes first: connections, then log events; documents and alerts that come behind them are recorded. The ledger counts what is missing by
class, and when the console is back an alert there names the hole: from when to when, how many of each class. What is there and what is missing is all."""
import hashlib
import os
import struct
import sys

from chain import Chain, Report, wait_for

GATEHOUSE, SHARE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
MORNING = os.path.join(SHARE, "capture", "morning.pcap")
QUERIES = 30000
report = Report()
check = report.check
chain = Chain(GATEHOUSE, conf="[journal]\nmax = 2M\nbatch_records = 100\nreserve = 0\n")


def capture(path):
    """DNS questions with names that do not compress, and the bundled capture behind them."""
    morning = open(MORNING, "rb").read()
    assert morning[:4] == b"\xd4\xc3\xb2\xa1", "another kind of pcap"
    start = struct.unpack("<I", morning[24:28])[0] - QUERIES // 1000 - 1
    with open(path, "wb") as f:
        f.write(morning[:24])
        for i in range(QUERIES):
            label = hashlib.sha256(b"%d" % i).hexdigest()[:60].encode()
            dns = struct.pack(">HHHHHH", i & 0xFFFF, 0x0100, 1, 0, 0, 0) + bytes([len(label)]) + label + b"\0\0\1\0\1"
            udp = struct.pack(">HHHH", 1024 + i, 53, 8 + len(dns), 0) + dns
            ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), i & 0xFFFF, 0, 64, 17, 0, bytes([10, 9, 0, 7]), bytes([10, 9, 0, 53]))
            frame = b"\2" * 12 + b"\x08\0" + ip + udp
            f.write(struct.pack("<IIII", start + i // 1000, i % 1000 * 1000, len(frame), len(frame)) + frame)
        f.write(morning[24:])


def facts(alert):
    detail = api.get("/alerts/%s" % alert["id"])
    return {f["path"]: f["value"] for f in detail["event"]["gatehouse"]["verdict"]["facts"]}


try:
    capture(chain.path("all.pcap"))
    chain.enrol()
    chain.start_appliance("--replay", chain.path("all.pcap"))
    wait_for("it is told", 60, lambda: "nearly full" in open(chain.path("appliance.log")).read())
    wait_for("the replay is recorded", 60, lambda: chain.status().get("replay_recorded"))
    core = chain.status()["processes"]["core"]["facts"]
    check("the status says what is no longer recorded", core["journal"].startswith("nearly full"), core)
    check("no alert is refused", core["lost_journal_full"] == 0, core)
    chain.start_console()
    api = chain.sign_in()
    alerts = lambda rule: [a for a in api.pages("/alerts") if a["signature"].startswith(rule)]
    hole = wait_for("the hole is named at the console", 60, lambda: alerts("Events were left out"))
    begun = alerts("The journal is nearly full")
    check("each is told once", len(hole) == 1 and len(begun) == 1, (hole, begun))
    seen = facts(hole[0])
    lost = {x: seen["gatehouse.hole." + x] for x in ("connections", "logs", "documents")}
    check("the least important went first", lost["connections"] > lost["logs"] > 0 and lost["documents"] == 0, lost)
    check("from when to when", seen["gatehouse.hole.from"] <= seen["gatehouse.hole.until"], seen)
    check("the numbers of the events", 0 < seen["gatehouse.hole.first"] < seen["gatehouse.hole.last"], seen)
    stats = wait_for("the accounts, which come behind the alerts", 60, lambda: api.get("/events?type=stats")["items"])
    ledger = stats[0]["event"]["gatehouse"]["ledger"]["events"]
    check("the ledger counts the same by class", ledger["lost"] == {"journal_" + k: v for k, v in lost.items() if v}, ledger)
    check("and adds up", ledger["in"] == ledger["out"] + sum(ledger["lost"].values()), ledger)
    of_policy = [a for a in api.pages("/alerts") if a not in hole + begun]
    check("alerts came through", len(of_policy) >= 1, of_policy)
    check("documents came through", len(api.get("/events?type=fileinfo")["items"]) > 3)
    total = api.get("/stats?hours=24")["events"]["total"]
    print("%d events at the console, missing: %r" % (total, lost))
except AssertionError as e:
    check("spool", False, "%s\n%s" % (e, chain.logs()))
finally:
    chain.remove()
report.end()
