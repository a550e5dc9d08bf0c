#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of indicators and the site's own rules for nDPI, through the programs as shipped: lists_test.py GATEHOUSE SHARE

A capture made here is inspected with lists of each kind; a running appliance takes a new entry on SIGHUP and keeps the old list when the new one is
broken; two million entries are compiled and loaded under the configured memory; custom protocols and categories are those of ndpiReader."""
import json
import os
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

from chain import Chain, Report, wait_for

GATEHOUSE = os.path.abspath(sys.argv[1])
report = Report()
check = report.check
CLIENT, SERVER, RESOLVER = "10.1.0.5", "198.51.100.7", "10.1.0.1"
BODY = b"A body that is one document of its own, long enough to be told from others.\n" * 3


# ---- a capture ----

def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data)) if len(data) % 2 == 0 else checksum_odd(data)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def checksum_odd(data):
    return sum(struct.unpack("!%dH" % ((len(data) + 1) // 2), data + b"\0"))


def ipv4(src, dst, proto, payload):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 1, 0x4000, 64, proto, 0, socket.inet_aton(src), socket.inet_aton(dst))
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def with_checksum(src, dst, proto, segment, at):
    pseudo = socket.inet_aton(src) + socket.inet_aton(dst) + struct.pack("!BBH", 0, proto, len(segment))
    return ipv4(src, dst, proto, segment[:at] + struct.pack("!H", checksum(pseudo + segment)) + segment[at + 2:])


def udp(src, sp, dst, dp, data):
    return with_checksum(src, dst, 17, struct.pack("!HHHH", sp, dp, 8 + len(data), 0) + data, 6)


class Tcp:
    """A connection from its handshake on."""

    def __init__(self, packets, sp, dp, server=SERVER):
        self.packets, self.ends = packets, ((CLIENT, sp), (server, dp))
        self.seq = [1000, 5000]
        self.send(0, 2), self.send(1, 0x12), self.send(0, 0x10)

    def send(self, side, flags, data=b""):
        (src, sp), (dst, dp) = self.ends[side], self.ends[not side]
        segment = struct.pack("!HHIIBBHHH", sp, dp, self.seq[side], self.seq[not side], 0x50, flags, 65535, 0, 0) + data
        self.packets.append(with_checksum(src, dst, 6, segment, 16))
        self.seq[side] += len(data) + (1 if flags & 3 else 0)

    def say(self, side, data):
        self.send(side, 0x18, data)
        self.send(not side, 0x10)

    def end(self):
        self.send(0, 0x11), self.send(1, 0x11), self.send(0, 0x10)


def name(n):
    return b"".join(bytes([len(x)]) + x.encode() for x in n.split(".")) + b"\0"


def dns_query(n, number=7):
    return struct.pack("!HHHHHH", number, 0x100, 1, 0, 0, 0) + name(n) + struct.pack("!HH", 1, 1)


def dns_answer(n, address):
    return struct.pack("!HHHHHH", 7, 0x8180, 1, 1, 0, 0) + name(n) + struct.pack("!HH", 1, 1) + b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4) + socket.inet_aton(address)


def client_hello(host):
    def ext(kind, data):
        return struct.pack("!HH", kind, len(data)) + data
    extensions = ext(0, struct.pack("!HBH", len(host) + 3, 0, len(host)) + host.encode()) + ext(10, b"\0\4\0\x1d\0\x17") + ext(11, b"\1\0") + ext(43, b"\2\3\3")
    body = b"\3\3" + bytes(range(32)) + b"\0" + b"\0\6\xc0\x2f\xc0\x30\0\x9c" + b"\1\0" + struct.pack("!H", len(extensions)) + extensions
    shake = b"\1" + struct.pack("!I", len(body))[1:] + body
    return b"\x16\3\1" + struct.pack("!H", len(shake)) + shake


def capture(path):
    p = []
    p.append(udp(CLIENT, 40001, RESOLVER, 53, dns_query("www.evil.example")))
    p.append(udp(RESOLVER, 53, CLIENT, 40001, dns_answer("www.evil.example", "203.0.113.99")))
    p.append(udp(CLIENT, 40002, RESOLVER, 53, dns_query("clean.example")))
    http = Tcp(p, 40003, 80)
    http.say(0, b"GET /a.txt HTTP/1.1\r\nHost: files.example\r\n\r\n")
    http.say(1, b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY)
    http.end()
    tls = Tcp(p, 40004, 443, "192.0.2.44")
    tls.say(0, client_hello("hidden.example"))
    tls.end()
    mail = Tcp(p, 40005, 25, "192.0.2.45")
    for side, line in ((1, "220 mx ESMTP"), (0, "EHLO pc.example"), (1, "250 mx"), (0, "MAIL FROM:<a@phish.example>"), (1, "250 ok"), (0, "RCPT TO:<b@here.example>"),
                       (1, "250 ok"), (0, "DATA"), (1, "354 go"), (0, "From: a@phish.example\r\nSubject: x\r\n\r\nhello\r\n."), (1, "250 ok"), (0, "QUIT"), (1, "221 bye")):
        mail.say(side, line.encode() + b"\r\n")
    mail.end()
    own = Tcp(p, 40006, 50001, "192.0.2.46")
    own.say(0, b"\x9c\x11\xe3\x77\x01\xfe\x8a")
    own.end()
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 101))
        for i, data in enumerate(p):
            f.write(struct.pack("<IIII", 1700000000 + i // 50, i % 50 * 1000, len(data), len(data)) + data)


# ---- running ----

def gatehouse(*args, status=0, timeout=300):
    p = subprocess.run([GATEHOUSE, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=timeout)
    check("exit %d of gatehouse %s" % (status, " ".join(args)[:100]), p.returncode == status, "%d\n%s" % (p.returncode, p.stderr[-2000:]))
    return p.stdout, p.stderr


def inspect(pcap, *sets, status=0, threads=1):
    args = [x for s in sets for x in ("--set", s)]
    out, err = gatehouse("inspect", "--no-scan", "--threads", str(threads), *args, pcap, status=status)
    return [json.loads(x) for x in out.splitlines()], out, err


def write(path, text):
    """As a feed does it: beside, then into its place."""
    with open(path + ".tmp", "w") as f:
        f.write(text)
    os.rename(path + ".tmp", path)


def hits(events):
    return {(h["list"], h["kind"], h["value"], h.get("entry"), h["where"], e["event_type"]) for e in events for h in e.get("gatehouse", {}).get("ioc", [])}


def each_kind(d, pcap):
    plain, plain_text, _ = inspect(pcap)
    tls = next(e["tls"] for e in plain if e["event_type"] == "tls")
    digest = next(e["fileinfo"]["sha256"] for e in plain if e["event_type"] == "fileinfo" and e["fileinfo"]["size"] == len(BODY))
    check("no lists, no indicators", not hits(plain))
    lists = os.path.join(d, "lists")
    os.mkdir(lists)
    os.chmod(lists, 0o755)
    write(lists + "/hashes.txt", "# sha256sum\n%s  a.txt\n" % digest)
    write(lists + "/nets.txt", "198.51.100.0/24 ; SBL1\n203.0.113.99\n")
    write(lists + "/names.hosts", "0.0.0.0 phish.example files.example\n")
    write(lists + "/trees.txt", "*.evil.example\n.hidden.example\n")
    write(lists + "/ja3.csv", "# ja3_md5,Firstseen,Lastseen,Listingreason\n%s,2017-07-14 18:08:15,2019-07-27 20:42:54,Test\n" % tls["ja3"]["hash"])
    write(lists + "/ended.csv", "domain,until\nfiles.example,2023-11-13\nclean.example,2023-11-15\n")
    write(lists + "/ignored.md", "this is no list")
    ja4 = tls.get("ja4") or next((e["gatehouse"]["tls"]["ja4"] for e in plain if e["event_type"] == "tls"), None)
    write(lists + "/ja4.list", ja4 + "\n")
    gatehouse("lists", "compile", "-o", lists, lists + "/trees.txt")
    os.remove(lists + "/trees.txt")
    events, text, _ = inspect(pcap, "lists.dir=" + lists)
    got = hits(events)
    for want in (("hashes", "sha256", digest, None, "sha256", "fileinfo"), ("nets", "ip", SERVER, "198.51.100.0/24", "dest_ip", "http"),
                 ("nets", "ip", SERVER, "198.51.100.0/24", "src_ip", "fileinfo"), ("nets", "ip", SERVER, "198.51.100.0/24", "dest_ip", "flow"),
                 ("nets", "ip", "203.0.113.99", None, "dns.rdata", "dns"), ("names", "domain", "files.example", None, "hostname", "http"),
                 ("names", "domain", "phish.example", None, "smtp.mail_from", "smtp"), ("trees", "domain", "www.evil.example", ".evil.example", "dns.rrname", "dns"),
                 ("trees", "domain", "hidden.example", ".hidden.example", "sni", "tls"), ("ja3", "ja3", tls["ja3"]["hash"], None, "ja3", "tls"),
                 ("ja4", "ja4", ja4, None, "ja4", "tls"), ("ended", "domain", "clean.example", None, "dns.rrname", "dns")):
        check("found: %s" % (want,), want in got, sorted(map(str, got)))
    check("an entry that had ended is not found", not any(h[0] == "ended" and h[2] == "files.example" for h in got))
    for e in events:
        own = e.get("gatehouse", {})
        own.pop("ioc", None)
        own.pop("lists", None)
        if "gatehouse" in e and not own:
            del e["gatehouse"]
    check("nothing else changes", events == plain)
    check("the same on four threads", inspect(pcap, "lists.dir=" + lists, threads=4)[1] == text)
    stats = json.loads(text.splitlines()[-1])["gatehouse"]["lists"]
    check("hits are counted by list", {x["name"] for x in stats if x["hits"]} == {"hashes", "nets", "names", "trees", "ja3", "ja4", "ended"}, stats)
    out, _ = gatehouse("lists", "lookup", "--json", "--set", "lists.dir=" + lists, "a.evil.example", "192.0.2.1", status=1)
    check("lookup", [json.loads(x)["entry"] for x in out.splitlines()] == [".evil.example"], out)
    write(lists + "/nets.txt", "198.51.100.0/24\n198.51.100.0/33\n")
    _, _, err = inspect(pcap, "lists.dir=" + lists, status=2)
    check("inspect refuses a broken list by name and line", lists + "/nets.txt:2: " in err, err)


# ---- nDPI ----

def labels_of_reader(pcap, *args):
    out = pcap + ".csv"
    subprocess.run(["ndpiReader", "-q", "-i", pcap, "-C", out, *args], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    rows = [x.rstrip("\n").split(",") for x in open(out)]
    head = [x.lstrip("#") for x in rows[0]]
    at = {x: head.index(x) for x in ("src_port", "dst_port", "ndpi_proto")}
    return {frozenset((int(r[at["src_port"]]), int(r[at["dst_port"]]))): r[at["ndpi_proto"]] for r in rows[1:] if len(r) > max(at.values())}


def own_rules(d, pcap):
    protocols, categories = d + "/protos.txt", d + "/categories.txt"
    write(protocols, "# ours\ntcp:50001@SiteApp\nhost:\"files.example\"@SiteFiles\nip:192.0.2.44@SiteServer\n")
    write(categories, "hidden.example\t100\n")
    sets = ("sensor.ndpi_protocols=" + protocols, "sensor.ndpi_categories=" + categories)
    flows = {e["dest_port"]: e["ndpi"] for e in inspect(pcap, *sets)[0] if e["event_type"] == "flow" and e["proto"] == "TCP"}
    check("a protocol by port", flows[50001]["proto"] == "SiteApp", flows)
    check("a protocol by host", flows[80]["proto"] == "HTTP.SiteFiles", flows)
    check("a protocol by address", flows[443]["proto"] == "TLS.SiteServer", flows)
    check("a category by name", flows[443]["category"] == "Malware", flows)
    if shutil.which("ndpiReader"):
        theirs = labels_of_reader(pcap, "-p", protocols, "-c", categories)
        ours = {e["dest_port"]: e["ndpi"]["proto"] for e in inspect(pcap, *sets)[0] if e["event_type"] == "flow" and e["proto"] == "TCP"}
        for ports, label in theirs.items():
            port = min(ports & set(ours), default=None)
            if port:
                check("ndpiReader agrees on port %d" % port, ours[port] == label, "%s, %s" % (ours[port], label))
    write(protocols, "tcp:50001@SiteApp\nudp:65535@Endless\n")
    _, _, err = inspect(pcap, *sets, status=2)
    check("a rule that would hang nDPI is named by line", protocols + ":2: " in err, err)


# ---- many ----

def many(d):
    """Two million names, digests and addresses: compiled, loaded, found, under lists.memory."""
    big, n = d + "/big", 2000000
    os.mkdir(big)
    os.chmod(big, 0o755)
    with open(d + "/big.txt", "w") as f:
        for i in range(0, n, 1000):
            f.write("".join("h%d.d%d.example\n" % (k, k % 9973) for k in range(i, i + 1000)))
    start = resource.getrusage(resource.RUSAGE_CHILDREN)
    out, _ = gatehouse("lists", "compile", "--json", "-o", big, d + "/big.txt", "--set", "lists.memory=64M")
    end = resource.getrusage(resource.RUSAGE_CHILDREN)
    made = json.loads(out)
    check("two million entries are compiled", made["entries"] == n, made)
    check("under the ceiling", made["bytes"] < 64 << 20, made)
    print("%d names: %.1f MiB, compiled in %.1f s of CPU time, most memory %d MiB" %
          (n, made["bytes"] / 1048576, end.ru_utime + end.ru_stime - start.ru_utime - start.ru_stime, end.ru_maxrss / 1024))
    pcap = d + "/one.pcap"
    with open(pcap, "wb") as f:
        data = udp(CLIENT, 40001, RESOLVER, 53, dns_query("h1234567.d%d.example" % (1234567 % 9973)))
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 101) + struct.pack("<IIII", 1700000000, 0, len(data), len(data)) + data)
    events, _, _ = inspect(pcap, "lists.dir=" + big, "lists.memory=64M")
    check("one of two million is found", len(hits(events)) >= 1, events)
    _, _, err = inspect(pcap, "lists.dir=" + big, "lists.memory=16M", status=2)
    check("a list above lists.memory is refused by name", "/big.ioc: " in err and "lists.memory" in err, err)


# ---- the appliance ----

def ask(n):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.sendto(dns_query(n, int(time.time() * 1000) & 0xFFFF), ("127.0.0.1", 53053))


def appliance():
    if os.geteuid() != 0:
        print("the appliance is not tried: only root may watch an interface", file=sys.stderr)
        return
    c = Chain(GATEHOUSE)
    try:
        run_appliance(c)
    except (AssertionError, ValueError) as e:
        check("the appliance", False, "%s\n%s" % (e, c.logs()))
    finally:
        c.remove()


def run_appliance(c):
    lists = c.path("lists")
    os.mkdir(lists)
    os.chmod(lists, 0o755)
    write(lists + "/feed.txt", "one.example\n")
    protocols = c.path("protos.txt")
    write(protocols, "udp:53053@First\n")
    c.write("appliance.conf", "[node]\nname = test\nstate_dir = %s/appliance\n[capture]\ninterface = lo\nfilter = udp port 53053\n[lists]\ndir = %s\n"
            "[sensor]\nndpi_protocols = %s\nudp_timeout = 1s\n" % (c.dir, lists, protocols))
    conf = c.path("appliance.conf")
    c.command("keys", "generate", "-c", conf)
    c.start_appliance()

    def facts():
        return c.status().get("processes", {}).get("lists", {}).get("facts", {})

    def events():
        p = subprocess.run([GATEHOUSE, "journal", "cat", "--json", "-c", conf], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        return [json.loads(x) for x in p.stdout.splitlines()]

    def seen(n):
        """Asks until the appliance has told that name; its indicators then."""
        def tell():
            assert c.appliance.poll() is None, "the appliance ended"
            ask(n)
            time.sleep(0.5)
            return [e for e in events() if e.get("dns", {}).get("rrname") == n]
        return hits(wait_for("the query for " + n, 60, tell)[-1:])

    wait_for("the lists are read", 60, lambda: facts().get("lists") == 1)
    check("an entry is found", any(h[2] == "one.example" for h in seen("one.example")))
    check("another is not", not seen("two.example"))
    write(lists + "/feed.txt", "one.example\ntwo.example\n")
    write(protocols, "udp:53053@Second\n")
    c.appliance.send_signal(signal.SIGHUP)
    wait_for("the lists are read again", 60, lambda: facts().get("generation") == 2)
    wait_for("the new entry is found", 60, lambda: any(h[2] == "two.example" for h in seen("two.example")))
    check("the new entry is found", True)
    labels = lambda: {e["ndpi"]["proto"] for e in events() if e["event_type"] == "flow"}
    wait_for("flows bear the new protocol", 60, lambda: ask("x.example") or time.sleep(0.5) or any("Second" in x for x in labels()))
    check("flows bore the old one before", any("First" in x for x in labels()), labels())
    write(lists + "/feed.txt", "one.example\nthis is broken\n")
    c.appliance.send_signal(signal.SIGHUP)
    wait_for("the broken list is told", 60, lambda: facts().get("generation") == 3 and facts()["refused"])
    check("the status names file and line", lists + "/feed.txt:2: " in facts()["refused"][0], facts())
    check("the list of before goes on", any(h[2] == "two.example" for h in seen("two.example")))
    told = wait_for("an event tells it", 60, lambda: [e for e in events() if e.get("anomaly", {}).get("event") == "lists.refused"])
    check("the event names file and line", lists + "/feed.txt:2: " in told[0]["gatehouse"]["lists"]["refused"], told)
    os.remove(lists + "/feed.txt")
    c.appliance.send_signal(signal.SIGHUP)
    wait_for("a list that is gone goes", 60, lambda: facts().get("lists") == 0 and not facts()["refused"])
    wait_for("nothing is found any more", 60, lambda: not seen("two.example"))
    check("no process was restarted", all(p["restarts"] == 0 for p in c.status()["processes"].values()), c.status())


def main():
    d = tempfile.mkdtemp(prefix="gh-lists-", dir="/var/tmp")
    os.chmod(d, 0o755)
    try:
        pcap = d + "/all.pcap"
        capture(pcap)
        each_kind(d, pcap)
        own_rules(d, pcap)
        many(d)
    finally:
        shutil.rmtree(d, ignore_errors=True)
    appliance()
    report.end()


main()
