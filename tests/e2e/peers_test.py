#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every protocol that carries documents, between its usual server and its usual client in two namespaces: what they exchanged is carved with the
SHA-256 that it has at both ends. Then the same over a line that loses 1 % of the frames and disorders 2 %.

  peers_test.py GATEHOUSE SHARE [PEER...]      peers: nginx nghttpd vsftpd tftpd dovecot postfix samba ganesha

A peer that is not installed is named and left out; needs root, ip, ethtool and tcpdump, else it is skipped."""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import peers
from chain import Report, wait_for

GATEHOUSE, ONLY = os.path.abspath(sys.argv[1]), sys.argv[3:]
HERE = os.path.dirname(os.path.abspath(__file__))
GATE = "gh-peer-g"
LINES = (("good line", 0.0, 0.0), ("bad line", 0.01, 0.02))
report = Report()
check = report.check


def skip(why):
    print("skipped: " + why, file=sys.stderr)
    sys.exit(77)


def ip(*args):
    subprocess.run(["ip", *args], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def remove_network():
    for n in (peers.NS_SERVER, peers.NS_CLIENT, GATE):
        subprocess.run(["ip", "netns", "del", n], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def network():
    remove_network()
    for n in (GATE, peers.NS_SERVER, peers.NS_CLIENT):
        ip("netns", "add", n)
        ip("-n", n, "link", "set", "lo", "up")
    for name, there, address in (("s", peers.NS_SERVER, peers.SERVER), ("c", peers.NS_CLIENT, peers.CLIENT)):
        ip("-n", GATE, "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", there)
        ip("-n", there, "addr", "add", address + "/24", "dev", "eth0")
        for ns, dev in ((GATE, name), (there, "eth0")): # frames as they would be on a wire, with checksums and no longer than the MTU
            subprocess.run(peers.inside(ns, "ethtool", "-K", dev, "tx", "off", "rx", "off", "tso", "off", "gso", "off", "gro", "off"),
                           check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            subprocess.run(peers.inside(ns, "sysctl", "-qw", "net.ipv6.conf.%s.disable_ipv6=1" % dev), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            ip("-n", ns, "link", "set", dev, "up")


def start_shim(loss, reorder, seed):
    p = subprocess.Popen(peers.inside(GATE, sys.executable, os.path.join(HERE, "shim.py"), "s", "c", str(loss), str(reorder), str(seed)),
                         stdout=subprocess.PIPE, text=True)
    assert p.stdout.readline().strip() == "ready"
    return p


def start_capture(path):
    p = subprocess.Popen(peers.inside(GATE, "tcpdump", "-i", "c", "-U", "--immediate-mode", "-B", "65536", "-s", "0", "-w", path), stdout=subprocess.DEVNULL,
                         stderr=open(path + ".log", "w"))
    wait_for("tcpdump listens", 30, lambda: os.path.exists(path) and os.path.getsize(path) >= 24)
    return p


def stop_capture(p, path):
    time.sleep(0.5)
    p.send_signal(signal.SIGINT)
    p.wait(30)
    with open(path + ".log") as f:
        log = f.read()
    n = [int(x.split()[0]) for x in log.splitlines() if x.split()[:1] and x.split()[0].isdigit()] # captured, received by filter, dropped
    return len(n) >= 3 and n[0] == n[1] and n[2] == 0, log


def judge(line, path, moved):
    stored = path + ".d"
    p = subprocess.run([GATEHOUSE, "inspect", "--no-scan", "-w", stored, path], stdout=subprocess.PIPE, timeout=240)
    check("%s: inspect ends well" % line, p.returncode == 0, p.returncode)
    rows = [json.loads(x) for x in p.stdout.decode().splitlines()]
    seen = {}
    for r in rows:
        if r["event_type"] == "fileinfo" and "sha256" in r["fileinfo"]:
            seen.setdefault(r["fileinfo"]["sha256"], []).append((r["direction"], r["fileinfo"]["state"], r["app_proto"]))
    for what, (digest, direction) in moved.items():
        kept = os.path.join(stored, digest[:2], digest)
        check("%s: %s is stored whole" % (line, what), os.path.exists(kept) and peers.sha256(open(kept, "rb").read()) == digest)
        check("%s: %s" % (line, what), any(direction in (s[0], "any") and s[1] == "CLOSED" for s in seen.get(digest, [])), seen.get(digest))
    for row, v in rows[-1]["gatehouse"]["ledger"].items():
        check("%s: the ledger of %s adds up" % (line, row), v["in"] == v["out"] + sum(v["lost"].values()) and "unaccounted" not in v["lost"], v)


def over(line, loss, reorder, d):
    """All peers over one line, in one capture."""
    path, moved = os.path.join(d, line.replace(" ", "-") + ".pcap"), {}
    shim, capture = start_shim(loss, reorder, 4711), start_capture(path)
    try:
        for kind in peers.ALL:
            if ONLY and kind.name not in ONLY:
                continue
            try:
                peer = kind(os.path.join(d, line.replace(" ", "-")), line)
            except peers.Missing as e:
                print("left out: %s (no %s)" % (kind.name, e), file=sys.stderr)
                continue
            began = time.monotonic()
            try:
                peer.start()
                got = peer.move()
                moved.update(got)
                print("%s: %s moved %d files in %.1f s" % (line, kind.name, len(got), time.monotonic() - began), file=sys.stderr)
            except peers.Missing as e:
                print("left out: %s (no %s)" % (kind.name, e), file=sys.stderr)
            except (AssertionError, OSError, subprocess.SubprocessError) as e:
                check("%s: %s" % (line, kind.name), False, e)
            finally:
                peer.stop()
    finally:
        whole, log = stop_capture(capture, path)
        shim.terminate()
        print("%s: shim %s" % (line, shim.stdout.read().strip()), file=sys.stderr)
        shim.wait()
    check("%s: the capture is whole" % line, whole, log)
    judge(line, path, moved)


if os.geteuid() != 0:
    skip("needs root")
for tool in ("ip", "ss", "ethtool", "tcpdump", "curl"):
    if not shutil.which(tool, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
        skip("no " + tool)
try:
    network()
except subprocess.CalledProcessError as e:
    remove_network()
    skip("network namespaces cannot be made here: %s" % e.stderr.decode())
place = tempfile.mkdtemp(prefix="gh-peers-", dir="/var/tmp")
os.chmod(place, 0o755)
try:
    for row in LINES:
        over(*row, place)
finally:
    remove_network()
    if "KEEP" not in os.environ:
        shutil.rmtree(place, ignore_errors=True)
report.end()
