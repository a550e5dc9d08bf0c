# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of the sensor's speed and memory, set beside what bench/run has measured. A figure that falls short is printed as short, one
whose peer is not installed as absent; neither is a failure of the run."""
import glob
import os
import re
import statistics
import subprocess
import time

# workload: (ours, peer, the most that ours may cost of it)
MUST = {
    "mix": (("gatehouse --no-scan", "suricata", 0.60), ("gatehouse --no-documents", "ndpiReader", 1.0)),
    "small": (("gatehouse --no-scan", "suricata", 0.50), ("gatehouse --no-scan", "ndpiReader", 0.80)),
    "elephant": (("gatehouse --no-scan", "suricata", 0.70),),
    "hostile": (("gatehouse --no-scan", "suricata", 0.40),),
}
MUST_TWO_WALL, MUST_TWO_CPU, MUST_DOUBLE = 0.65, 1.10, 2.10
CAP = 128 # MiB, of the memory form


def spread(values):
    return "%.2f [%.2f-%.2f]" % (statistics.median(values), min(values), max(values))


def line(what, values, must):
    print("  %-58s %s  must %.2f %s" % (what, spread(values), must, "ok" if statistics.median(values) <= must else "short"))


def peers(name, use):
    """use: {title: [(cpu, wall, rc, rss), one for each round]}."""
    for ours, peer, must in MUST.get(name, ()):
        title = next((t for t in use if t.startswith(peer)), None)
        if title:
            line("CPU of %s / %s" % (ours, title.strip()), [o[0] / max(u[0], 1e-6) for o, u in zip(use[ours], use[title])], must)
        else:
            print("  %-58s absent  must %.2f absent" % ("CPU of %s / %s" % (ours, peer), must))


def two_threads(use, one, two):
    line("two threads, wall / one", [t[1] / max(o[1], 1e-6) for o, t in zip(use[one], use[two])], MUST_TWO_WALL)
    line("two threads, CPU / one", [t[0] / max(o[0], 1e-6) for o, t in zip(use[one], use[two])], MUST_TWO_CPU)
    load = os.getloadavg()[0]
    if load > os.cpu_count() / 2:
        print("  the machine has %d processors and a load of %.1f: wall times say little" % (os.cpu_count(), load))


def doubled(use, again, ours):
    """again: the same program on twice the work, round by round."""
    line("twice the work, CPU / once", [d[0] / max(o[0], 1e-6) for o, d in zip(use[ours], again)], MUST_DOUBLE)
    print("  %-58s %.1f MiB, %.1f MiB" % ("memory of once, of twice the work", max(o[3] for o in use[ours]), max(d[3] for d in again)))


def peak_of(pid, name):
    """Peak resident memory in MiB of a child of that name, or 0."""
    for path in glob.glob("/proc/[0-9]*/status"):
        try:
            with open(path) as f:
                text = f.read()
        except OSError:
            continue
        if re.search(r"^PPid:\t%d$" % pid, text, re.M) and re.search(r"^Name:\t%s$" % name, text, re.M):
            m = re.search(r"VmHWM:\s+(\d+)", text)
            return int(m.group(1)) / 1024 if m else 0
    return 0


def memory(build, scale, make):
    """Two million connections, and half a million unanswered SYNs (at scale 1), with sensor.memory = 128M."""
    good = True
    for name, workload, factor in (("2 000 000 connections", "small", 2.86), ("500 000 SYNs", "hostile", 1.0)):
        path = make(workload, factor * scale)
        for threads in (1, 2):
            p = subprocess.Popen([os.path.join(build, "gatehouse"), "inspect", "--no-scan", "--threads", str(threads), "--set", "sensor.memory=%dM" % CAP, path],
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            peak, last = drain(p)
            m = re.search(rb'"flows":\{"in":(\d+),"out":(\d+),"lost":\{[^}]*\}(?:,"pushed_out":(\d+))?', last)
            flows, told, pushed = (int(x or 0) for x in m.groups()) if m else (0, 0, 0)
            ok = p.returncode == 0 and 0 < peak <= CAP and flows == told > 0
            good = good and ok
            print("  %-22s x %-5g %d thread%s  peak %.1f MiB, cap %d MiB %s | %d flows, all told, %d of them pushed out" % (
                name, scale, threads, "s" if threads > 1 else " ", peak, CAP, "ok" if ok else "short", flows, pushed))
    return good


def drain(p):
    """Reads what p says to its end: the greatest memory of its sensor, and the last line."""
    os.set_blocking(p.stdout.fileno(), False)
    peak, tail, looked = 0, b"", 0
    while True:
        data = p.stdout.read(1 << 20)
        if data == b"":
            break
        if data:
            tail = (tail + data)[-65536:]
        else:
            time.sleep(0.005)
        if time.monotonic() - looked > 0.05:
            peak, looked = max(peak, peak_of(p.pid, "gh-sensor")), time.monotonic()
    p.wait()
    return peak, tail.splitlines()[-1] if tail else b""
