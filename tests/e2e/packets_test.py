#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The packets of an alert, live: packets_test.py GATEHOUSE SHARE

A marked document leaves over a keep-alive connection, which goes on after the alert. What an officer then downloads from the console must be,
frame by frame, what tcpdump saw of that connection on the same interface. On the appliance's disk nobody can read it. Needs root;
skipped where namespaces cannot be made."""
import os
import shutil
import signal
import struct
import subprocess
import sys
import time

from chain import Chain, Report, wait_for

GATEHOUSE, SHARE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
INSIDE, GATE, OUTSIDE = "gh-pk-inside", "gh-pk-gate", "gh-pk-outside"
SERVER, CLIENT = "10.20.0.10", "203.0.113.9"
DOCUMENT = "bao-cao-tinh-hinh.pdf"
report = Report()
check = report.check


def ip(*args):
    subprocess.run(["ip", *args], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def remove_network():
    for n in (INSIDE, GATE, OUTSIDE):
        subprocess.run(["ip", "netns", "del", n], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def network():
    remove_network()
    for n in (INSIDE, GATE, OUTSIDE):
        ip("netns", "add", n)
        ip("-n", n, "link", "set", "lo", "up")
    for name, there, address, gate in (("in", INSIDE, SERVER, "10.20.0.1"), ("out", OUTSIDE, CLIENT, "203.0.113.1")):
        ip("-n", GATE, "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", there)
        ip("-n", there, "addr", "add", address + "/24", "dev", "eth0")
        ip("-n", there, "link", "set", "eth0", "up")
        ip("-n", GATE, "addr", "add", gate + "/24", "dev", name)
        ip("-n", GATE, "link", "set", name, "up")
        ip("-n", there, "route", "add", "default", "via", gate)
    subprocess.run(["ip", "netns", "exec", GATE, "sysctl", "-qw", "net.ipv4.ip_forward=1"], check=True)


SERVE = "import functools, http.server as h, sys; H = functools.partial(h.SimpleHTTPRequestHandler, directory=sys.argv[2]); " \
        "H.func.protocol_version = 'HTTP/1.1'; h.ThreadingHTTPServer((sys.argv[1], 80), H).serve_forever()"
FETCH = r"""
import http.client, sys
c = http.client.HTTPConnection(sys.argv[1], 80, timeout=60)
c.connect()
print(c.sock.getsockname()[1], flush=True)
for name in sys.argv[2:]:
    sys.stdin.readline()
    c.request("GET", "/" + name)
    r = c.getresponse()
    r.read()
    print(r.status, flush=True)
sys.stdin.readline()
c.close()
"""


def frames(path):
    """Frames of a little-endian pcap with microseconds: (time, bytes)."""
    data = open(path, "rb").read()
    magic, _, _, _, _, _, link = struct.unpack_from("<IHHiIII", data)
    check("%s: header" % os.path.basename(path), magic == 0xa1b2c3d4 and link == 1, "%x %d" % (magic, link))
    at, out = 24, []
    while at < len(data):
        s, us, captured, wire = struct.unpack_from("<IIII", data, at)
        check("whole frame", captured == wire)
        out.append(data[at + 16:at + 16 + captured])
        at += 16 + captured
    return out


def spoken(path):
    return subprocess.run(["tcpdump", "-nqtr", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout


def run(gatehouse):
    chain = Chain(gatehouse, conf="hello = 1s\n[capture]\ninterface = out\n[sensor]\nrecorder = 8M\nrecorder_after = 5m\n")
    seen = chain.path("seen.pcap")
    server = subprocess.Popen(["ip", "netns", "exec", INSIDE, sys.executable, "-c", SERVE, SERVER, os.path.join(SHARE, "capture", "documents")],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    dump = subprocess.Popen(["tcpdump", "-i", "out", "-U", "-s", "0", "-Z", "root", "-w", seen, "tcp"], stderr=subprocess.PIPE)
    client = None
    try:
        chain.enrol()
        chain.start_console()
        api = chain.sign_in()
        chain.start_appliance()
        wait_for("the sensor watches", 30, lambda: chain.pid_of("sensor") and chain.pid_of("core") and os.path.exists(seen))
        wait_for("the server listens", 30, lambda: subprocess.run(["ip", "netns", "exec", OUTSIDE, sys.executable, "-c",
                 "import socket,sys; socket.create_connection((sys.argv[1], 80), 1)", SERVER], stderr=subprocess.DEVNULL).returncode == 0)
        time.sleep(1)
        client = subprocess.Popen(["ip", "netns", "exec", OUTSIDE, sys.executable, "-c", FETCH, SERVER, "thuc-don.docx", DOCUMENT, "bien-ban.odt"],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        port = int(client.stdout.readline())

        def go():
            client.stdin.write("\n")
            client.stdin.flush()

        for _ in range(2):
            go()
            check("it is fetched", client.stdout.readline().strip() == "200")
        alert = wait_for("the alert", 60, lambda: next((a for a in api.get("/alerts")["items"] if a["file"] and (a["file"]["name"] or "").endswith(DOCUMENT)), None))
        detail = lambda: api.get("/alerts/%d" % alert["id"])["pcap"]
        check("the alert names its packets", detail() is not None, detail())
        before = wait_for("what came before", 30, lambda: detail()["state"] == "kept" and detail())
        check("so far only what came before", before["whole"] is False and before["packets"] > 5, before)
        go()
        check("the connection goes on", client.stdout.readline().strip() == "200")
        go()
        client.wait(30)
        whole = wait_for("the whole", 60, lambda: detail()["whole"] and detail())
        check("complete, and more than before", whole["complete"] and whole["packets"] > before["packets"], (before, whole))
        kept = os.listdir(chain.path("appliance/pcap"))
        check("one sealed file", kept == [whole["file"] + ".ghe"], kept)
        sealed = open(os.path.join(chain.path("appliance/pcap"), kept[0]), "rb").read()
        check("nobody reads it on the disk", sealed[:8] == b"GHFILE01" and b"HTTP/1.1" not in sealed and b"%PDF" not in sealed)
        status, body = api.call("POST", "/api/v1/alerts/%d/pcap" % alert["id"], {})
        check("it is asked for", status == 200 and body["pcap"]["state"] in ("wanted", "here"), body)
        wait_for("it is here", 60, lambda: detail()["state"] == "here")
        status, data = api.call("GET", "/api/v1/alerts/%d/pcap" % alert["id"])
        check("it is downloaded", status == 200 and len(data) == whole["bytes"], (status, len(data)))
        got = chain.path("got.pcap")
        with open(got, "wb") as f:
            f.write(data)
        time.sleep(1)
        dump.send_signal(signal.SIGTERM)
        dump.wait(20)
        mine = chain.path("mine.pcap")
        subprocess.run(["tcpdump", "-r", seen, "-w", mine, "host %s and port %d" % (CLIENT, port)], stderr=subprocess.DEVNULL, check=True)
        check("frame by frame what tcpdump saw", frames(got) == frames(mine), "%d, %d" % (len(frames(got)), len(frames(mine))))
        check("tcpdump says the same of both", spoken(got) == spoken(mine) and spoken(got).count("\n") == whole["packets"])
        if shutil.which("tshark"):
            out = subprocess.run(["tshark", "-r", got, "-Y", "http.response", "-T", "fields", "-e", "http.response.code"], stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL, text=True).stdout.split()
            check("tshark finds the three answers", out == ["200"] * 3, out)
        actions = [i["action"] for i in api.get("/audit?limit=50")["items"]]
        check("the audit has each step", {"packets_requested", "packets_received", "packets_downloaded"} <= set(actions), actions)
        wait_for("status tells", 20, lambda: chain.status()["processes"]["uplink"]["facts"].get("files_sent") == 1)
        facts = {r: chain.status()["processes"][r]["facts"] for r in ("sensor", "core")}
        check("the sensor counts", facts["sensor"]["recorder"]["kept"] >= whole["packets"] and facts["sensor"]["recorder"]["asked"] >= 1, facts["sensor"])
        check("the core counts", facts["core"]["pcaps_kept"] >= 1 and facts["core"]["pcap_bytes"] == len(sealed), facts["core"])
        verify = subprocess.run([gatehouse, "journal", "verify", "-c", chain.path("appliance.conf")], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        check("the journal verifies", verify.returncode == 0, verify.stdout)
    except (AssertionError, ValueError, KeyError, TypeError) as e:
        check("packets", False, "%r\n%s" % (e, chain.logs()))
    finally:
        for p in (client, server, dump):
            if p and p.poll() is None:
                p.kill()
                p.wait()
        chain.remove()


if len(sys.argv) == 4: # inside the gate's namespace
    run(GATEHOUSE)
    report.end()
if os.geteuid() != 0 or not shutil.which("ip") or not shutil.which("tcpdump"):
    print("skipped: needs root, and ip and tcpdump", file=sys.stderr)
    sys.exit(77)
try:
    network()
except subprocess.CalledProcessError as e:
    print("skipped: network namespaces cannot be made here: %s" % e.stderr.decode(), file=sys.stderr)
    remove_network()
    sys.exit(77)
try:
    rc = subprocess.run(["ip", "netns", "exec", GATE, sys.executable, os.path.abspath(__file__), GATEHOUSE, SHARE, "inner"], timeout=500).returncode
finally:
    remove_network()
sys.exit(rc)
