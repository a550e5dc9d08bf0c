#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a marked document's alert takes over a thin line: thin_alert_test.py GATEHOUSE SHARE [--rounds N] [--delay S] [--json]

Between appliance and console lies a line of 64 kbit/s with a second of delay each way, of whose packets one in twenty is lost (thinline.py). A backlog that
fills it is on its way when documents cross. The times are printed; what is tested is that each alert comes, once, and before the backlog."""
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import time

import thinline
from chain import Chain, Report, wait_for

GATEHOUSE, SHARE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
PCAP = os.path.join(SHARE, "capture", "morning.pcap")
RATE, LOSS, QUEUE = 8192, 0.05, 32768
WITHIN = 2.0


def option(name, default):
    return type(default)(sys.argv[sys.argv.index(name) + 1]) if name in sys.argv else default


ROUNDS, DELAY = option("--rounds", 3), option("--delay", 1.0)
if os.geteuid() != 0 or not shutil.which("ip") or not os.path.exists("/dev/net/tun"):
    print("skipped: needs root, ip and /dev/net/tun", file=sys.stderr)
    sys.exit(77)
report = Report()
check = report.check
chain = Chain(GATEHOUSE, "timeout = 60s\n[journal]\nbatch_delay = 200ms\n")
dice = random.Random(9)
ask = chain.ask


def names_asked(path, n):
    """A capture of n questions for names that nobody heard of: what makes a backlog, as no two are alike."""
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for i in range(n):
            name = b"%016x" % dice.getrandbits(64)
            dns = struct.pack(">HHHHHH", dice.getrandbits(16), 0x100, 1, 0, 0, 0) + bytes([len(name)]) + name + b"\x03org\0" + struct.pack(">HH", 1, 1)
            udp = struct.pack(">HHHH", 1024 + i % 60000, 53, 8 + len(dns), 0) + dns
            head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), i & 65535, 0, 64, 17, 0, bytes([10, 20, 1, i % 250]), bytes([10, 20, 0, 53]))
            packet = b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0" + head + udp
            f.write(struct.pack("<IIII", 1700000000 + i // 100, i % 100 * 10000, len(packet), len(packet)) + packet)


def copy(i):
    """The same packets as another capture: another snap length in its head."""
    data = bytearray(open(PCAP, "rb").read())
    data[16:20] = (100000 + i).to_bytes(4, "little")
    with open(chain.path("copy-%d.pcap" % i), "wb") as f:
        f.write(data)
    return chain.path("copy-%d.pcap" % i)


def record(path):
    """By a keeper that has no uplink: that one runs by itself all the time."""
    p = subprocess.Popen([GATEHOUSE, "run", "-c", chain.path("record.conf"), "--replay", path], stdout=subprocess.DEVNULL, stderr=open(chain.path("appliance.log"), "ab"))
    wait_for("recorded", 120, lambda: chain.status().get("replay_recorded") and chain.status().get("pid") == p.pid)
    p.terminate()
    p.wait(60)


def sent_by(i, newest):
    """Documents cross; when each of their batches was signed, and when the console had written it."""
    record(copy(i))
    fresh = {n: us for n, us in ask("appliance/journal.db", "SELECT number, wall_us FROM batch WHERE alerts > 0 AND number > %d" % newest)}
    if not check("alerts were recorded", fresh):
        return []
    identity = "SELECT number, received FROM ahead UNION SELECT number, received FROM batch"
    wait_for("they arrive", 300, lambda: set(fresh) <= {n for n, _ in ask("console/console.db", identity)})
    got = dict(ask("console/console.db", identity))
    there = ask("console/console.db", "SELECT batches FROM appliance")[0][0]
    check("before the backlog", there < newest, (there, newest, fresh))
    return [(got[n] - us) / 1e6 for n, us in fresh.items()]


def conclude(latencies, line):
    latencies.sort()
    n, counts = len(latencies), json.loads(line.communicate(timeout=20)[0])
    figures = {"alerts": n, "median": latencies[n // 2], "p95": latencies[min(n - 1, n * 95 // 100)], "worst": latencies[-1],
               "within": sum(x <= WITHIN for x in latencies), "line": counts}
    if "--json" in sys.argv:
        print(json.dumps(figures))
    print("marked documents' alerts over 64 kbit/s, %g s delay each way, 5 %% of packets lost, while a backlog fills the line: %d alerts, least %.2f s, "
          "median %.2f s, 95 in 100 within %.2f s, worst %.2f s; %d %% within %g s; %s" %
          (DELAY, n, latencies[0], figures["median"], figures["p95"], figures["worst"], 100 * figures["within"] // n, WITHIN, counts))


uplink = line = None
try:
    line = thinline.start(RATE, DELAY, LOSS, QUEUE)
except (OSError, subprocess.CalledProcessError) as e:
    print("skipped: network namespaces or TUN devices cannot be made here: %s" % e, file=sys.stderr)
    thinline.remove()
    chain.remove()
    sys.exit(77)
try:
    chain.write("console.conf", "[console]\nlisten = %s:%d\nstate_dir = %s/console\n" % (thinline.ADDRESS[thinline.CENTRE], chain.port, chain.dir))
    text = open(chain.path("appliance.conf")).read().replace("127.0.0.1", thinline.ADDRESS[thinline.CENTRE])
    chain.write("appliance.conf", text)
    chain.enrol()
    chain.write("record.conf", "[node]\nname = test\nstate_dir = %s/appliance\n" % chain.dir)
    names_asked(chain.path("names.pcap"), 4000 + 800 * ROUNDS)
    record(chain.path("names.pcap"))
    backlog = ask("appliance/journal.db", "SELECT count(*), sum(length(bytes)) FROM batch")[0]
    print("a backlog of %d batches, %d KiB: at best %.0f s of this line" % (backlog[0], backlog[1] >> 10, backlog[1] / RATE))
    in_space = ["ip", "netns", "exec"]
    chain.console = subprocess.Popen(in_space + [thinline.CENTRE, GATEHOUSE, "console", "-c", chain.path("console.conf")], stdout=open(chain.path("console.out"), "ab"),
                                     stderr=open(chain.path("console.log"), "ab"))
    uplink = subprocess.Popen(in_space + [thinline.POST, os.path.join(os.path.dirname(GATEHOUSE), "gh-uplink"), "-c", chain.path("appliance.conf")],
                              stderr=open(chain.path("uplink.log"), "ab"))
    wait_for("the backlog is on its way", 120, lambda: ask("console/console.db", "SELECT count(*) FROM batch")[0][0] > 0)
    begun, latencies = time.monotonic(), []
    for i in range(ROUNDS + 1):
        took = sent_by(i, ask("appliance/journal.db", "SELECT max(number) FROM batch")[0][0])
        print("%5.1f s: %d of %d batches are there; an alert after %s s%s" % (time.monotonic() - begun, ask("console/console.db", "SELECT batches FROM appliance")[0][0],
              backlog[0], " ".join("%.2f" % x for x in took), "" if i else " (not counted: its connections were just being made)"))
        latencies += took if i else []
    alerts = ask("appliance/journal.db", "SELECT sum(alerts) FROM batch")[0][0]
    check("each alert once", ask("console/console.db", "SELECT count(*), count(DISTINCT event) FROM alert") == [(alerts, alerts)], alerts)
    uplink.terminate()
    uplink.wait(60)
    line.terminate()
    if latencies:
        conclude(latencies, line)
except AssertionError as e:
    check("thin line", False, "%r\n%s" % (e, chain.logs()))
finally:
    for p in (uplink, line):
        if p and p.poll() is None:
            p.kill()
            p.wait()
    chain.remove()
    thinline.remove()
report.end()
