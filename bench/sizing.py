#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures of docs/sizing.md, measured: what a megabyte of traffic, a document and an event cost. Processor seconds count, not the clock on the
wall, so a busy machine does not spoil them.

  bench/sizing.py [--build DIR] [--mkload FILE] [--scale S]"""
import argparse
import glob
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
p.add_argument("--build", default=os.path.join(HERE, "..", "build"))
p.add_argument("--mkload", default=os.path.join(HERE, "..", "..", "shared", "bench", "mkload.py"))
p.add_argument("--scale", type=float, default=0.1)
a = p.parse_args()
G = os.path.join(os.path.abspath(a.build), "gatehouse")


def cpu(*argv, out=subprocess.DEVNULL):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    r = subprocess.run(argv, stdout=out, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if r.returncode not in (0, 1):
        sys.exit("%s: exit %d" % (" ".join(argv), r.returncode))
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def rss(pid):
    try:
        return int(re.search(r"VmHWM:\s+(\d+)", open("/proc/%d/status" % pid).read()).group(1)) // 1024
    except (OSError, AttributeError):
        return 0


with tempfile.TemporaryDirectory(prefix="gh-sizing-", dir="/var/tmp") as d:
    mix, docs = d + "/mix.pcap", d + "/docs"
    for what, to in (("mix", mix), ("docs", docs)):
        subprocess.run([sys.executable, a.mkload, what, "-o", to, "--scale", str(a.scale)], check=True, stdout=subprocess.DEVNULL)
    mb = os.path.getsize(mix) / 1e6
    with open(d + "/out", "wb") as f:
        none = cpu(G, "inspect", "--no-documents", mix, out=f)
        carve = cpu(G, "inspect", "--no-scan", mix, out=f)
        full = cpu(G, "inspect", "--set", "scan.ocr=no", mix, out=f)
    stats = json.loads(open(d + "/out").read().splitlines()[-1])["gatehouse"]["ledger"]
    packets, carved = stats["packets"]["in"], stats["documents"]["out"]
    print("traffic          %.0f MB, %d packets, %d documents" % (mb, packets, carved))
    for name, s in (("flows, no documents", none), ("documents carved", carve), ("documents read", full)):
        print("%-16s %.2f s: %.0f MB/s (%.1f Gbit/s), %.0f packets/s of one processor" % (name, s, mb / s, mb * 8e-3 / s, packets / s))
    files = [f for f in glob.glob(docs + "/files/*")]
    size = sum(os.path.getsize(f) for f in files) / 1e6
    s = cpu(G, "classify", "--set", "scan.ocr=no", docs + "/files")
    print("documents        %d files, %.0f MB: %.0f documents/s, %.1f MB/s of one processor (no pictures)" % (len(files), size, len(files) / s, size / s))
    conf = d + "/g.conf"
    with open(conf, "w") as f:
        f.write("[node]\nname = sizing\nstate_dir = %s/state\n[scan]\nocr = no\n" % d)
    subprocess.run([G, "keys", "generate", "-c", conf], check=True, stdout=subprocess.DEVNULL)
    k = subprocess.Popen([G, "run", "-c", conf, "--replay", mix], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak, status, end = {}, {}, time.monotonic() + 600
    while time.monotonic() < end:
        try:
            status = json.load(open(d + "/state/status.json"))
        except (OSError, ValueError):
            status = {}
        for n, x in status.get("processes", {}).items():
            peak[n] = max(peak.get(n, 0), rss(x.get("pid", 0)))
        peak["keeper"] = max(peak.get("keeper", 0), rss(k.pid))
        if status.get("replay_recorded"):
            break
        time.sleep(0.2)
    facts = status["processes"]["core"]["facts"]
    k.terminate()
    k.wait()
    journal = sum(os.path.getsize(f) for f in glob.glob(d + "/state/journal.db*"))
    events = facts["recorded"]
    print("journal          %d events, %.1f MB: %.0f bytes an event, %.1f kB for a megabyte of traffic" % (events, journal / 1e6, journal / events, journal / 1e3 / mb))
    print("memory (MiB)     " + ", ".join("%s %d" % x for x in sorted(peak.items()) if x[1]))
