#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The appliance watches a wire with one thread and with two: live_threads_test.py GATEHOUSE SHARE

Frames of captures are sent over a veth pair in a namespace of its own. Every frame is accounted for, whether it was seen or lost, and where
none was lost the same documents are found as in the file. Needs root; skipped where namespaces cannot be made."""
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time

from chain import Chain, Report, wait_for

GATEHOUSE, SHARE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
MKLOAD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "shared", "bench", "mkload.py")
NAMESPACE, TAP, WIRE = "gh-threads", "tap0", "wire0"
report = Report()
check = report.check


def ip(*args):
    subprocess.run(["ip", *args], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def remove_network():
    subprocess.run(["ip", "netns", "del", NAMESPACE], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def network():
    remove_network()
    ip("netns", "add", NAMESPACE)
    subprocess.run(["ip", "netns", "exec", NAMESPACE, "sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    ip("-n", NAMESPACE, "link", "add", TAP, "type", "veth", "peer", "name", WIRE)
    for name in (TAP, WIRE):
        ip("-n", NAMESPACE, "link", "set", name, "arp", "off", "up")


def frames_of(capture):
    """Ethernet frames of a pcap file with microseconds in this machine's byte order."""
    data = open(capture, "rb").read()
    at = 24
    while at + 16 <= len(data):
        n = struct.unpack_from("<I", data, at + 8)[0]
        yield data[at + 16:at + 16 + n]
        at += 16 + n


def send(capture):
    """How many frames went out; slowly enough for a busy machine."""
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind((WIRE, 0))
    n = 0
    for f in frames_of(capture):
        s.send(f)
        n += 1
        if n % 32 == 0:
            time.sleep(0.002)
    s.close()
    return n


def documents(rows):
    return sorted((e["fileinfo"].get("sha256", ""), e["fileinfo"]["size"], e["fileinfo"]["state"]) for e in rows if e["event_type"] == "fileinfo")


def lines(text):
    return [json.loads(x) for x in text.splitlines() if x]


def watch(capture, threads):
    title = "%s, %d threads" % (os.path.basename(capture), threads)
    chain = Chain(GATEHOUSE, conf="[capture]\ninterface = %s\nbuffer = 32M\n[sensor]\nthreads = %d\n[output]\neve = %s\n" % (TAP, threads, "EVE"))
    eve = chain.path("eve.json")
    with open(chain.path("appliance.conf")) as f:
        conf = f.read().replace("EVE", eve)
    chain.write("appliance.conf", conf)
    try:
        chain.enrol()
        chain.start_appliance()
        wait_for("the sensor watches", 30, lambda: chain.pid_of("sensor") and chain.pid_of("core"))
        time.sleep(1.5)
        sent = send(capture)
        time.sleep(1.0)
        tasks = len(os.listdir("/proc/%d/task" % chain.pid_of("sensor")))
        check("%s: so many threads and the main one" % title, tasks == (1 if threads == 1 else threads + 1), tasks)
        time.sleep(3.0)
        chain.stop()
        rows = lines(open(eve).read())
        ledger = rows[-1]["gatehouse"]["ledger"] if rows and rows[-1]["event_type"] == "stats" else {}
        packets = ledger.get("packets", {"in": 0, "out": 0, "lost": {}})
        check("%s: the ledger balances" % title, ledger and all(v["in"] == v["out"] + sum(v["lost"].values()) for v in ledger.values()), ledger)
        check("%s: every frame is accounted for" % title, packets["in"] == sent, "%d sent, %r" % (sent, packets))
        if any("drop" in k for k in packets["lost"]):
            print("%s: the machine is busy, the kernel dropped %r: documents are not compared" % (title, packets["lost"]))
            return
        p = subprocess.run([GATEHOUSE, "inspect", "--no-scan", capture], stdout=subprocess.PIPE, text=True, timeout=300)
        there, here = documents(lines(p.stdout)), documents(rows)
        check("%s: the same documents as in the file" % title, here == there, "%d, %d in the file" % (len(here), len(there)))
        check("%s: there are some" % title, len(here) > 3, len(here))
    except AssertionError as e:
        check(title, False, "%s\n%s" % (e, chain.logs()))
    finally:
        chain.remove()


if len(sys.argv) == 4: # inside the namespace
    with tempfile.TemporaryDirectory() as d:
        captures = [os.path.join(SHARE, "capture", "morning.pcap")]
        if os.path.exists(MKLOAD):
            captures.append(os.path.join(d, "mix.pcap"))
            subprocess.run([sys.executable, MKLOAD, "mix", "-o", captures[1], "--scale", "0.02"], check=True, stdout=subprocess.DEVNULL, timeout=300)
        watch(captures[-1], 1)
        for capture in captures:
            watch(capture, 2)
    report.end()
if os.geteuid() != 0 or not shutil.which("ip"):
    print("skipped: needs root, and ip", file=sys.stderr)
    sys.exit(77)
try:
    network()
except subprocess.CalledProcessError as e:
    print("skipped: network namespaces cannot be made here: %s" % e.stderr.decode(), file=sys.stderr)
    remove_network()
    sys.exit(77)
try:
    rc = subprocess.run(["ip", "netns", "exec", NAMESPACE, sys.executable, os.path.abspath(__file__), GATEHOUSE, SHARE, "inner"], timeout=400).returncode
finally:
    remove_network()
sys.exit(rc)
