#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""gatehouse inspect told to end in the middle, or left by its reader: stop_test.py GATEHOUSE SHARE"""
import json
import os
import signal
import struct
import subprocess
import sys
import threading
import time

from chain import Report

GATEHOUSE, SHARE = sys.argv[1], sys.argv[2]
PCAP = os.path.join(SHARE, "capture", "morning.pcap")
report = Report()
check = report.check


def frames():
    data = open(PCAP, "rb").read()
    at, out = 24, []
    while at < len(data):
        n = struct.unpack_from("<I", data, at + 8)[0]
        out.append((data[at:at + 16], data[at + 16:at + 16 + n]))
        at += 16 + n
    return data[:24], out


def other_pair(frame, k):
    """The frame between two other hosts: k is added to one address and taken from the other, so every checksum stays right."""
    if frame[12:14] != b"\x08\x00":
        return frame
    src, dst = struct.unpack_from(">I", frame, 26)[0], struct.unpack_from(">I", frame, 30)[0]
    low = lambda a, d: a & 0xffff0000 | ((a & 0xffff) + d) % 0xffff
    client_first = src < dst
    src, dst = low(src, k if client_first else -k), low(dst, -k if client_first else k)
    return frame[:26] + struct.pack(">II", src, dst) + frame[34:]


def feed(pipe, loops, state):
    """Writes the capture again and again between ever other hosts, then leaves the pipe open."""
    head, rows = frames()
    try:
        pipe.write(head)
        for k in range(loops):
            for h, f in rows:
                pipe.write(h + other_pair(f, 7 * k))
        pipe.flush()
    except BrokenPipeError:
        pass
    state["written"] = True


def interrupted(name, signo, loops, wait, args=()):
    p = subprocess.Popen([GATEHOUSE, "inspect", *args, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    state, got = {}, []
    writer = threading.Thread(target=feed, args=(p.stdin, loops, state), daemon=True)
    reader = threading.Thread(target=lambda: got.extend(p.stdout), daemon=True)
    writer.start()
    reader.start()
    time.sleep(wait)
    check("%s: is in the middle" % name, p.poll() is None)
    began = time.monotonic()
    p.send_signal(signo)
    rc = p.wait(timeout=30)
    took = time.monotonic() - began
    reader.join(timeout=10)
    err = p.stderr.read().decode()
    rows = [json.loads(x) for x in got]
    check("%s: exit 3" % name, rc == 3, "%d %s" % (rc, err))
    check("%s: soon" % name, took < 3, took)
    check("%s: nothing to complain about" % name, err == "", err)
    check("%s: events" % name, len(rows) > 1, len(rows))
    check("%s: stats are last, and once" % name, [r["event_type"] for r in rows].count("stats") == 1 and rows[-1]["event_type"] == "stats")
    if rows and rows[-1]["event_type"] == "stats":
        ledger = rows[-1]["gatehouse"]["ledger"]
        for what, v in ledger.items():
            check("%s: %s balance" % (name, what), v["in"] == v["out"] + sum(v["lost"].values()), v)
            check("%s: %s explained" % (name, what), "unexplained" not in v["lost"], v)
        check("%s: every line is counted" % name, ledger["events"]["out"] == len(rows) - 1, (ledger["events"], len(rows)))
        check("%s: packets were read" % name, ledger["packets"]["in"] > 100, ledger["packets"])
        infos = [r for r in rows if r["event_type"] == "fileinfo"]
        check("%s: documents" % name, ledger["documents"]["in"] == len(infos), (ledger["documents"], len(infos)))


def left_by_reader():
    p = subprocess.Popen("'%s' inspect %s | head -1 > /dev/null; echo ${PIPESTATUS[0]}" % (GATEHOUSE, " ".join([PCAP] * 50)), shell=True,
                         executable="/bin/bash", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = p.communicate(timeout=60)
    check("left by its reader: exit 3, quiet", out == b"3\n" and err == b"", (out, err))


def killed_twice():
    p = subprocess.Popen([GATEHOUSE, "inspect", "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    kids = subprocess.run(["pgrep", "-P", str(p.pid)], stdout=subprocess.PIPE).stdout.split()
    check("its processes run", len(kids) >= 4, kids)
    p.send_signal(signal.SIGINT)
    p.send_signal(signal.SIGINT)
    check("asked twice: exit 3", p.wait(timeout=10) == 3)
    check("nobody stays behind", not any(os.path.exists("/proc/%s" % k.decode()) for k in kids))


interrupted("SIGINT while the pipe waits", signal.SIGINT, 3, 1.5)
interrupted("SIGTERM while the pipe waits", signal.SIGTERM, 3, 1.5)
interrupted("SIGINT while documents wait", signal.SIGINT, 4000, 1.5)
interrupted("SIGINT without documents", signal.SIGINT, 20000, 1, ("--no-documents",))
left_by_reader()
killed_twice()
report.end()
