#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The results of gatehouse inspect are the same, byte for byte and in the same order, whatever --threads says:
threads_test.py GATEHOUSE SHARE [--corpus]

Short: the bundled capture, read to its verdicts, and generated workloads, where their generator is there. --corpus: every capture of the
shared corpus, with its documents; takes minutes."""
import json
import os
import subprocess
import sys
import tempfile

from chain import Report

GATEHOUSE, SHARE = sys.argv[1], sys.argv[2]
SHARED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "shared")
THREADS = (1, 2, 4)
report = Report()
check = report.check


def inspect(threads, args, capture):
    """The lines; and exit code, complaints and names of stored documents."""
    with tempfile.TemporaryDirectory() as d:
        args = [x.replace("DIR", os.path.join(d, "out")) for x in args]
        p = subprocess.run([GATEHOUSE, "inspect", *args, "--threads", str(threads), capture], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=900)
        stored = sorted(n for _, _, names in os.walk(d) for n in names)
    return fixed(p.stdout), (p.returncode, p.stderr.replace(d.encode(), b""), stored)


def fixed(lines):
    """Where there is no event, the accounts bear the time at which they were made."""
    rows = lines.splitlines()
    if len(rows) == 1:
        row = json.loads(rows[0])
        row.pop("timestamp", None)
        return [json.dumps(row)]
    return rows


def compare(title, args, capture):
    first, end = inspect(THREADS[0], args, capture)
    check("%s: there is something to compare" % title, len(first) >= 1, end)
    for n in THREADS[1:]:
        other, other_end = inspect(n, args, capture)
        at = next((i for i, (a, b) in enumerate(zip(first, other)) if a != b), min(len(first), len(other)))
        check("%s: %d threads say what one says" % (title, n), first == other, "line %d: %r | %r" % (at, first[at:at + 1], other[at:at + 1]))
        check("%s: %d threads end as one does, and store the same" % (title, n), end == other_end, "%r %r" % (end, other_end))


def generated():
    mkload = os.path.join(SHARED, "bench", "mkload.py")
    if not os.path.exists(mkload):
        print("threads: no generator of workloads at %s: only the bundled capture is compared" % mkload)
        return
    with tempfile.TemporaryDirectory() as d:
        for kind, scale in (("mix", "0.02"), ("small", "0.01"), ("hostile", "0.01")):
            capture = os.path.join(d, kind + ".pcap")
            subprocess.run([sys.executable, mkload, kind, "-o", capture, "--scale", scale], check=True, stdout=subprocess.DEVNULL, timeout=300)
            compare(kind, ["--no-scan", "-w", "DIR"], capture)
            compare(kind + " without documents", ["--no-documents"], capture)


def corpus():
    root, n = os.path.join(SHARED, "corpus"), 0
    for where, _, names in sorted(os.walk(root, followlinks=True)):
        for name in sorted(names):
            if name.endswith((".pcap", ".pcapng", ".cap")):
                compare(name, ["--no-scan", "-w", "DIR"], os.path.join(where, name))
                n += 1
    if not n:
        print("threads: skipped: there are no captures under %s" % root)
        sys.exit(77)
    print("threads: %d captures compared" % n)


if "--corpus" in sys.argv:
    corpus()
else:
    compare("the bundled capture, to its verdicts", [], os.path.join(SHARE, "capture", "morning.pcap"))
    generated()
report.end()
