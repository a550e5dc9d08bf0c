#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""gatehouse inspect on the bundled capture and on captures that lie: inspect_test.py GATEHOUSE SHARE"""
import hashlib
import json
import os
import struct
import subprocess
import sys
import tempfile

from chain import Report

GATEHOUSE, SHARE = sys.argv[1], sys.argv[2]
PCAP = os.path.join(SHARE, "capture", "morning.pcap")
report = Report()
check = report.check


def inspect(*args, data=None):
    p = subprocess.run([GATEHOUSE, "inspect", *args], input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    return p.returncode, [json.loads(x) for x in p.stdout.decode().splitlines()], p.stderr.decode()


def balanced(rows):
    ledger = rows[-1]["gatehouse"]["ledger"] if rows and rows[-1]["event_type"] == "stats" else {}
    return bool(ledger) and all(v["in"] == v["out"] + sum(v["lost"].values()) for v in ledger.values())


def bundled():
    truth = [json.loads(x) for x in open(PCAP + ".truth.jsonl")]
    with tempfile.TemporaryDirectory() as out:
        rc, rows, err = inspect("-w", out, PCAP)
        check("the policy blocked: exit 1", rc == 1, "%d %s" % (rc, err))
        check("the ledger is last and balances", balanced(rows))
        infos = {e["fileinfo"]["sha256"]: e for e in rows if e["event_type"] == "fileinfo"}
        for t in truth:
            e = infos.get(t["sha256"])
            if not check("%s is carved" % t["file"], e is not None):
                continue
            d = e["gatehouse"]["document"]
            check("%s: name" % t["file"], os.path.basename(e["fileinfo"]["filename"]) == t["file"], e["fileinfo"]["filename"])
            check("%s: size" % t["file"], e["fileinfo"]["size"] == t["size"] and e["fileinfo"]["state"] == "CLOSED")
            check("%s: protocol" % t["file"], e["app_proto"] == t["proto"])
            check("%s: level" % t["file"], d["level"] == t["level"], d["level"])
            check("%s: verdict" % t["file"], d["verdict"]["action"] == t["verdict"], d["verdict"])
            stored = os.path.join(out, t["sha256"][:2], t["sha256"])
            check("%s: stored" % t["file"], e["fileinfo"]["stored"] and os.path.exists(stored) and
                  hashlib.sha256(open(stored, "rb").read()).hexdigest() == t["sha256"])
        alerts = {e["fileinfo"]["sha256"]: e for e in rows if e["event_type"] == "alert"}
        for t in truth:
            check("%s: alert or none" % t["file"], (t["sha256"] in alerts) == (t["verdict"] in ("alert", "quarantine", "block")))
        for e in alerts.values():
            check("an alert says why", e["gatehouse"]["verdict"]["reason"] and e["alert"]["signature"] and 1 <= e["alert"]["severity"] <= 4)
            check("blocked is said", (e["alert"]["action"] == "blocked") == (e["gatehouse"]["verdict"]["action"] == "block"))
        check("macros are told", infos[truth[5]["sha256"]]["gatehouse"]["document"]["features"]["macros"] is True)
        check("encryption is told", infos[truth[4]["sha256"]]["gatehouse"]["document"]["features"]["encrypted"] is True)
        check("not read is not full", infos[truth[4]["sha256"]]["gatehouse"]["document"]["read"] != "full")
        kinds = {e["event_type"] for e in rows}
        check("events of each kind", {"flow", "http", "smtp", "dns", "tls", "fileinfo", "alert", "stats"} <= kinds, kinds)
        check("no oddity in a clean capture", "anomaly" not in kinds, [e["anomaly"] for e in rows if e["event_type"] == "anomaly"])
        check("flows have a label and a community id", all(e["ndpi"]["proto"] and e["community_id"].startswith("1:") for e in rows if e["event_type"] == "flow"))
        check("the name asked for is told", any(e["tls"].get("sni") == "cap-nhat.example.org" for e in rows if e["event_type"] == "tls"))


def same_whatever_way():
    _, first, _ = inspect(PCAP)
    _, again, _ = inspect(PCAP)
    check("the same twice", first == again)
    _, piped, _ = inspect("-", data=open(PCAP, "rb").read())
    check("the same from standard input", first == piped)
    _, threads, _ = inspect("--threads", "4", PCAP)
    check("the same with threads", first == threads)
    rc, unread, _ = inspect("--no-scan", PCAP)
    check("--no-scan: hashes, no findings", rc == 0 and any(e["event_type"] == "fileinfo" for e in unread) and
          not any("document" in e.get("gatehouse", {}) for e in unread))
    rc, flows, _ = inspect("--no-documents", PCAP)
    check("--no-documents: flows only", rc == 0 and not any(e["event_type"] == "fileinfo" for e in flows) and balanced(flows))


def frame_of(n):
    return b"\xff" * 12 + b"\x08\x00" + b"\x45" + b"\0" * max(0, n - 15) if n >= 15 else b"\xff" * n


def pcap(frames, link=1, magic=0xA1B2C3D4):
    out = struct.pack("<IHHiIII", magic, 2, 4, 0, 0, 262144, link)
    for f in frames:
        out += struct.pack("<IIII", 1700000000, 0, len(f), len(f)) + f
    return out


def lying():
    good = open(PCAP, "rb").read()
    rows = [
        ("empty file", b"", 2, "empty|too short|ends"),
        ("no capture at all", b"hello, I am no capture\n" * 10, 2, "neither"),
        ("cut in the header", good[:20], 2, ""),
        ("cut in a record", good[:-7], 2, "cut|ends|truncated"),
        ("lying length", good[:24] + struct.pack("<IIII", 1, 0, 0x7FFFFFFF, 0x7FFFFFFF) + good[40:], 2, ""),
        ("unknown link type", pcap([b"\0" * 60], link=147), 0, ""),
        ("a frame of nothing", pcap([b""]), 0, ""),
        ("a frame of 64 KiB", pcap([frame_of(65535)]), 0, ""),
        ("frames of 1 to 80 bytes", pcap([frame_of(n) for n in range(1, 81)]), 0, ""),
        ("only a header", pcap([]), 0, ""),
    ]
    for name, data, want, said in rows:
        with tempfile.NamedTemporaryFile(suffix=".pcap") as f:
            f.write(data)
            f.flush()
            rc, events, err = inspect(f.name)
            check("%s: exit %d" % (name, want), rc == want, "%d %s" % (rc, err))
            check("%s: the ledger balances" % name, balanced(events), events[-1:] if events else "no event")
            if want:
                check("%s: the file is named" % name, f.name in err, err)
            if said:
                check("%s: said why" % name, any(w in err for w in said.split("|")), err)
    rc, events, err = inspect(PCAP, "/nowhere/x.pcap")
    check("a missing file is exit 2", rc == 2 and "/nowhere/x.pcap" in err, err)


def usage():
    for args, said in ((["--bogus", PCAP], "unknown option"), ([], "which capture"), (["--threads", "x", PCAP], "--threads"),
                       (["-c", "/nowhere.conf", PCAP], "/nowhere.conf"), (["--set", "sensor.flws=1", PCAP], "flows")):
        rc, _, err = inspect(*args)
        check("usage %s" % args, rc == 2 and said in err, err)
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as f:
        f.write("[sensor]\nflows = 1000\n[scan]\nworkrs = 3\n")
        f.flush()
        rc, _, err = inspect("-c", f.name, PCAP)
        check("an unknown key is named with its line and the nearest", rc == 2 and f.name + ":4" in err and "workers" in err, err)


def policy_faults():
    rule = 'rule { id = "%s", title = "t", reason = "r", action = "%s", when = function(e)\n%s\nend }\n'
    for name, source, safe, action in (
            ("loops", rule % ("loop", "block", "while true do end"), "log", "log"), ("throws", rule % ("throw", "block", "error('boom')"), "allow", "allow"),
            ("throws, safe is quarantine", rule % ("throw", "log", "error('boom')"), "quarantine", "quarantine"),
            ("throws beside a match", rule % ("throw", "log", "error('boom')") + rule % ("match", "block", "return true"), "allow", "block")):
        with tempfile.TemporaryDirectory() as d:
            os.chmod(d, 0o755)
            for f, text in (("bundle.json", '{"name":"t","version":"1"}'), ("policy.lua", source)):
                with open(os.path.join(d, f), "w") as h:
                    h.write(text)
            rc, rows, err = inspect("--set", "policy.dir=" + d, "--set", "policy.safe_verdict=" + safe, "--set", "policy.steps=100000", PCAP)
            infos = [e for e in rows if e["event_type"] == "fileinfo"]
            alerts = [e for e in rows if e["event_type"] == "alert"]
            check("policy %s: the verdict is %s" % (name, action), infos and all(e["gatehouse"]["document"]["verdict"]["action"] == action for e in infos), infos[:1])
            check("policy %s: each document has its alert" % name, len(alerts) == len(infos))
            check("policy %s: file and line are told" % name, alerts and all("policy.lua:2" in e["gatehouse"]["verdict"].get("error", "") for e in alerts),
                  alerts[:1])
            check("policy %s: the ledger balances" % name, balanced(rows))
    with tempfile.TemporaryDirectory() as d:
        os.chmod(d, 0o755)
        for f, text in (("bundle.json", '{"name":"t","version":"1"}'), ("policy.lua", "rule {\n  id = = }")):
            with open(os.path.join(d, f), "w") as h:
                h.write(text)
        rc, rows, err = inspect("--set", "policy.dir=" + d, PCAP)
        check("a policy with a syntax error: exit 2 and the line", rc == 2 and "policy.lua:2" in err, "%d %s" % (rc, err))


bundled()
policy_faults()
same_whatever_way()
lying()
usage()
report.end()
