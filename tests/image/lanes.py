# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the cases of image_test.py as processes of their own, several at once: a machine in QEMU keeps one processor busy. What a case says is printed in
one piece when it ends; at the end comes a table of what each took."""
import os
import signal
import subprocess
import time

SLOW_FIRST = ("powercut", "delta", "rescue", "update", "network", "job", "secureboot", "fallback", "reset", "reproducible")


class Lane:
    def __init__(self, argv, name, log):
        self.name, self.log, self.began = name, log, time.monotonic()
        with open(log, "wb") as f:
            self.process = subprocess.Popen([*argv, name], stdin=subprocess.DEVNULL, stdout=f, stderr=subprocess.STDOUT, start_new_session=True)

    def ended(self, status, usage):
        """(name, good, failed, seconds, processor seconds) of the case; its text is printed."""
        self.process.returncode = os.waitstatus_to_exitcode(status)
        text = open(self.log, errors="replace").read()
        print(text, end="", flush=True)
        good, failed = (sum(line.startswith(word) for line in text.split("\n")) for word in ("good ", "FAIL "))
        if self.process.returncode and not failed or not good + failed:
            print("FAIL %s: it ended with %d and proved nothing" % (self.name, self.process.returncode), flush=True)
            failed += 1
        return self.name, good, failed, time.monotonic() - self.began, usage.ru_utime + usage.ru_stime


def run_lanes(argv, names, width, work):
    """Each case as argv + its name, at most width at once, the long ones first. (good, failed) of all."""
    waiting = sorted(names, key=lambda n: SLOW_FIRST.index(n) if n in SLOW_FIRST else len(SLOW_FIRST))
    began, lanes, rows = time.monotonic(), {}, []
    try:
        while waiting or lanes:
            while waiting and len(lanes) < width:
                lane = Lane(argv, waiting[0], os.path.join(work, "case-%s.out" % waiting.pop(0)))
                lanes[lane.process.pid] = lane
            pid, status, usage = os.wait4(-1, 0)
            if pid in lanes:
                rows.append(lanes.pop(pid).ended(status, usage))
    finally:
        for lane in lanes.values():
            os.killpg(lane.process.pid, signal.SIGTERM)
    print("\n%-14s %6s %6s %8s %8s" % ("case", "good", "failed", "seconds", "of CPU"))
    for row in rows:
        print("%-14s %6d %6d %8.0f %8.0f" % row)
    total = [sum(row[i] for row in rows) for i in (1, 2, 3, 4)]
    print("%-14s %6d %6d %8.0f %8.0f" % ("one by one", *total))
    print("%d at once: %.0f s" % (width, time.monotonic() - began), flush=True)
    return total[0], total[1]


def width_of_machine():
    return max(1, min(4, len(os.sched_getaffinity(0))))

