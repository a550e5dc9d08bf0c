#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports by way of a NATS broker: nats_test.py GATEHOUSE SHARE

An appliance that reaches no console, only a broker, with a real nats-server and its JetStream in files. Everything that goes over HTTPS goes there:
batches, hellos, what the console wishes, what it orders. The broker dies and comes back, the console is killed and put back from an earlier day, and
another client of the broker doubles, cuts, flips and makes up: every event is there once, and nothing that nobody signed counts."""
import json
import os
import random
import shutil
import signal
import struct
import subprocess
import sys

import nats
from chain import Chain, Report, wait_for

if not nats.PROGRAM:
    print("skipped: there is no nats-server (Debian: nats-server)", file=sys.stderr)
    sys.exit(77)

GATEHOUSE, SHARE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
PCAP = os.path.join(SHARE, "capture", "morning.pcap")
SEED = int(os.environ.get("GH_SEED", random.SystemRandom().randrange(1 << 30)))
dice = random.Random(SEED)
report = Report()
check = report.check
chain = Chain(GATEHOUSE, "hello = 2s\ntimeout = 5s\nnats_window = 8\n[journal]\nbatch_records = 3\n")
run = chain.run
ask = chain.ask


def events():
    return ask("console/console.db", "SELECT run, n, k FROM event ORDER BY 1, 2, 3")


def journal():
    """Newest batch, number of records."""
    return ask("appliance/journal.db", "SELECT max(number), sum(records) FROM batch")[0]


def receipt():
    return ask("appliance/journal.db", "SELECT coalesce(max(number), 0) FROM receipt")[0][0]


def uplink():
    return chain.status().get("processes", {}).get("uplink", {}).get("facts", {})


replays = 0
CONSOLE = ('permissions { publish = ["gatehouse.answer.*", "gatehouse.inbox.>", "$JS.API.>", "$JS.ACK.>"], subscribe = ["gatehouse.ask.*", '
           '"gatehouse.inbox.console.>"] }')


def replay():
    """The capture, a day later each time, so that it is news."""
    global replays
    replays += 1
    data = bytearray(open(PCAP, "rb").read())
    at = 24
    while at < len(data):
        seconds, _, n, _ = struct.unpack_from("<4I", data, at)
        struct.pack_into("<I", data, at, seconds + replays * 86400)
        at += 16 + n
    with open(chain.path("day.pcap"), "wb") as f:
        f.write(data)
    chain.start_appliance("--replay", chain.path("day.pcap"))
    wait_for("recorded", 120, lambda: chain.status().get("replay_recorded"))


def arrived(what):
    wait_for(what, 180, lambda: receipt() == journal()[0])


def stop_appliance():
    chain.appliance.send_signal(signal.SIGTERM)
    chain.appliance.wait(60)
    chain.appliance = None


def files(of):
    return [f for f in os.listdir(chain.path("console")) if f.startswith(of)]


def whole(name):
    """Both ledgers agree."""
    n, records = journal()
    got = events()
    check("%s: every record once" % name, len(got) == records == len(set(got)), (len(got), records))
    check("%s: every batch is in the ledger once" % name, ask("console/console.db", "SELECT count(*), sum(records) FROM batch") == [(n, records)],
          (ask("console/console.db", "SELECT count(*), sum(records) FROM batch"), n, records))
    check("%s: no hole" % name, ask("console/console.db", "SELECT batches, offered FROM appliance") == [(n, None)])
    check("%s: nothing waits in front" % name, ask("console/console.db", "SELECT count(*) FROM ahead") == [(0,)])


def damaged(data):
    at = dice.randrange(len(data))
    return dice.choice((data[:at], data[:at] + bytes([data[at] ^ 1 << dice.randrange(8)]) + data[at + 1:], data + b"x", data[at:] or b"x", bytes(at)))


server = None
try:
    print("seed %d" % SEED)
    # each appliance may use its own subjects alone; what it is called at the broker proves nothing to the console
    server = nats.Server(chain.path("nats"), 'max_payload: 4MB\n')
    chain.enrol()
    identity = json.load(open(chain.path("answer.json")))["appliance"]
    server.stop()
    permissions = ('permissions { publish = ["gatehouse.batch.%s", "gatehouse.ask.%s"], subscribe = ["gatehouse.answer.%s", "gatehouse.inbox.%s.>"] }' %
                   (identity, identity, identity, identity))
    server = nats.Server(chain.path("nats"), 'max_payload: 4MB\nauthorization { users = [ { user: "post", password: "of:post", %s }, '
                         '{ user: "console", password: "of console", %s }, { user: "other", password: "of other" } ] }\n' % (permissions, CONSOLE))
    for who, secret in (("post", "post:of:post\n"), ("console", "console:of console\n")):
        chain.write(who + ".user", secret)
    with open(chain.path("console.conf"), "a") as f:
        f.write("nats = nats://127.0.0.1:%d\nnats_user = %s\n" % (server.port, chain.path("console.user")))
    text = open(chain.path("appliance.conf")).read().replace("console = https://127.0.0.1:%d" % chain.port, "console = https://127.0.0.1:1")
    chain.write("appliance.conf", text.replace("[uplink]\n", "[uplink]\nnats = nats://127.0.0.1:%d\nnats_user = %s\n" % (server.port, chain.path("post.user"))))

    chain.start_console()
    api = chain.sign_in()
    wait_for("the console is at the broker", 60, lambda: api.get("/fleet")["broker"]["connected"])
    replay()
    arrived("the first replay is at the console")
    whole("the whole way")
    wait_for("the appliance is content", 60, lambda: uplink().get("console") == "ok" and uplink().get("waiting") == 0)
    client = nats.Client(server.port, "other", "of other")
    wait_for("nothing is left in the stream", 60, lambda: client.stream()["state"]["messages"] == 0)
    heard = ask("console/console.db", "SELECT address, abs(clock_offset_ms) < 60000 FROM appliance")
    check("who it was, and its clock", heard == [("nats:" + identity, 1)], heard)
    for pid in chain.children(chain.console.pid):
        argv = open("/proc/%d/cmdline" % pid, "rb").read()
        check("no secret in a command line", b"of console" not in argv, argv)

    # the console orders something: it comes by request and reply
    lists = chain.path("lists")
    os.makedirs(lists)
    with open(os.path.join(lists, "own.txt"), "w") as f:
        f.write("".join("%s.example.org\n" % dice.randbytes(12).hex() for _ in range(4000)))
    code, out = run("console", "goods", "add", "lists", "-c", chain.path("console.conf"), lists, "--name", "own", "--version", "1")
    check("goods", code == 0, out)
    if code == 0:
        run("console", "goods", "assign", "lists", "-c", chain.path("console.conf"), out.split(" is number ")[1].split()[0])
        state = wait_for("the lists are here", 120, lambda: [x for x in api.get("/goods/states?kind=lists")["items"] if x["state"] in ("running", "refused", "failed")])
        check("what is ordered goes down", state[0]["state"] == "running", state)
    stop_appliance()

    # no console: the broker keeps what it is given, and the journal keeps everything until there is a receipt
    chain.kill_console()
    before = receipt()
    replay()
    wait_for("the window is full", 120, lambda: client.stream()["state"]["messages"] >= 8)
    wait_for("the appliance says what is wrong", 120, lambda: "no console answers" in uplink().get("console", ""))
    check("nothing is freed by the broker's word", receipt() == before and uplink()["waiting"] > 0, (receipt(), uplink()))
    # and now the broker is killed, too; what it had is in its files
    held = client.stream()["state"]["messages"]
    client.close()
    server.stop(signal.SIGKILL)
    wait_for("the appliance says so", 120, lambda: uplink().get("console", "ok") != "ok")
    server.start()
    client = nats.Client(server.port, "other", "of other")
    check("the stream outlives it", client.stream()["state"]["messages"] >= held)
    chain.start_console()
    api = chain.sign_in() if not api.cookie else api
    arrived("everything is here after both came back")
    whole("after broker and console died")

    # another client: doubles, cuts, flips, makes up, out of order; and receipts that the console never gave
    code, out = run("journal", "export", "-c", chain.path("appliance.conf"), "--since", "1", chain.path("stick"))
    check("copies", code == 0, out)
    copies = [open(os.path.join(chain.path("stick"), f), "rb").read() for f in sorted(os.listdir(chain.path("stick")))]
    dice.shuffle(copies)
    subject, bad = "gatehouse.batch." + identity, 0
    refused = api.get("/fleet")["broker"]["terminated"]
    for data in copies:
        way = dice.random()
        if way < 0.5:
            client.pub(subject, damaged(data))
            bad += 1
        for _ in range(dice.randrange(3)):
            client.pub(subject, data)
    for where, data in (("gatehouse.batch.nobody", copies[0]), ("gatehouse.batch." + "0" * 32, b"GHSEAL01" + dice.randbytes(200)), (subject, b"")):
        client.pub(where, data)
        bad += 1
    forged = json.dumps({"receipt": journal()[0] + 5, "appliance": identity}).encode()
    for _ in range(3):
        client.pub("gatehouse.answer." + identity, b"GHANSWR1" + bytes(32) + b"\xc8\x00\x00" + bytes(64) + forged)
        client.pub("gatehouse.answer." + identity, forged)
        client.pub("gatehouse.ask." + identity, dice.randbytes(300), "_INBOX.nobody")
    client.flush()
    wait_for("the stream is worked off", 120, lambda: client.stream()["state"]["messages"] == 0 and client.consumer()["num_ack_pending"] == 0)
    wait_for("what was no batch is counted, and never comes again", 60, lambda: api.get("/fleet")["broker"]["terminated"] >= refused + bad)
    whole("after a stranger")
    check("no forged receipt counts", receipt() == journal()[0])
    check("questions that are none", wait_for("they are counted", 60, lambda: api.get("/fleet")["broker"]["refused"] >= 3))

    # the console is put back to an earlier day: it asks for what it has forgotten
    stop_appliance()
    chain.kill_console()
    os.makedirs(chain.path("backup"))
    for f in files("console.db"):
        shutil.copy(chain.path("console/" + f), chain.path("backup"))
    chain.start_console()
    replay()
    arrived("a third replay")
    chain.kill_console()
    for f in files("console.db"):
        os.unlink(chain.path("console/" + f))
    for f in os.listdir(chain.path("backup")):
        shutil.copy(chain.path("backup/" + f), chain.path("console"))
    chain.start_console()
    wait_for("the console has it all again", 180, lambda: ask("console/console.db", "SELECT batches FROM appliance") == [(journal()[0],)])
    whole("after a restored console")

    # what the stream forgets is given to it again: nobody but the console can say that it arrived
    stop_appliance()
    chain.kill_console()
    replay()
    wait_for("the window is full", 120, lambda: client.stream()["state"]["messages"] >= 8)
    client.ask("$JS.API.STREAM.PURGE.GATEHOUSE")
    check("the stream is empty", client.stream()["state"]["messages"] == 0)
    chain.start_console()
    arrived("what the broker lost is there all the same")
    whole("after a purged stream")

    # an appliance may not read what is another's
    spy = nats.Client(server.port, "post", "of:post")
    for s in ("gatehouse.batch.>", "gatehouse.answer.*", "gatehouse.inbox.>", "gatehouse.ask.>", ">"):
        spy.sub(s)
    spy.pub("gatehouse.batch." + "0" * 32, b"x")
    spy.flush()
    check("one appliance's name at the broker reaches its own subjects alone", len(spy.errors) == 6, spy.errors)
    spy.close()
    client.close()
    chain.stop()
    server.stop()

    # certificates at both ends, of an authority of our own; a password no more
    pki = chain.path("pki")
    os.makedirs(pki)

    def openssl(*args):
        p = subprocess.run(["openssl", *args], cwd=pki, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert p.returncode == 0, p.stdout
    for ca in ("ca", "strange"):
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3000", "-subj", "/CN=" + ca, "-keyout", ca + ".key", "-out", ca + ".pem")
    for who, by in (("broker", "ca"), ("post", "ca"), ("console", "ca"), ("thief", "strange")):
        chain.write("pki/ext", "subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + who, "-keyout", who + ".key", "-out", who + ".csr")
        openssl("x509", "-req", "-in", who + ".csr", "-CA", by + ".pem", "-CAkey", by + ".key", "-CAcreateserial", "-days", "3000", "-extfile", "ext", "-out", who + ".pem")
    server = nats.Server(chain.path("nats-tls"), 'max_payload: 4MB\ntls { cert_file: "%s/broker.pem", key_file: "%s/broker.key", ca_file: "%s/ca.pem", verify_and_map: true }\n'
                         'authorization { users = [ { user: "CN=post", %s }, { user: "CN=console", %s } ] }\n' % (pki, pki, pki, permissions, CONSOLE))

    def with_certificate(conf, section, who, ca="ca"):
        lines = [x for x in open(chain.path(conf)).read().split("\n") if not x.startswith("nats") or x.startswith("nats_window")]
        at = lines.index("[%s]" % section) + 1
        lines[at:at] = ["nats = tls://127.0.0.1:%d" % server.port, "nats_ca = %s/%s.pem" % (pki, ca), "nats_cert = %s/%s.pem" % (pki, who),
                        "nats_key = %s/%s.key" % (pki, who)]
        chain.write(conf, "\n".join(lines))
    with_certificate("console.conf", "console", "console")
    with_certificate("appliance.conf", "uplink", "thief")
    chain.start_console()
    wait_for("the console is at the broker by its certificate", 60, lambda: api.get("/fleet")["broker"]["connected"])
    replay()
    before = receipt()
    wait_for("a certificate of a stranger's authority", 120, lambda: uplink().get("console", "ok") != "ok")
    check("nothing went by it", receipt() == before)
    stop_appliance()
    with_certificate("appliance.conf", "uplink", "post", "strange")
    replay()
    wait_for("a broker of a stranger's authority", 120, lambda: uplink().get("console", "ok") != "ok")
    check("nothing went to it", receipt() == before)
    stop_appliance()
    with_certificate("appliance.conf", "uplink", "post")
    replay()
    arrived("by certificates")
    whole("by certificates")
    code, out = run("console", "audit", "-c", chain.path("console.conf"))
    check("the audit is whole", code == 0, out)
    stop_appliance()

    # mistyped
    for change, want in (("nats_ca = /nowhere.pem", "/nowhere.pem"), ("nats = http://127.0.0.1:1", "nats:// or tls://"), ("nats = nats://a:b@127.0.0.1:1", "file of their own"),
                         ("nats_prefix = a..b", "nats_prefix")):
        key = change.split(" ")[0]
        old = open(chain.path("appliance.conf")).read()
        chain.write("bad.conf", "\n".join(change if x.startswith(key + " ") else x for x in old.split("\n")) + ("\n[uplink]\n" + change + "\n" if key + " " not in old else ""))
        with open(chain.path("bad.log"), "wb") as log:
            p = subprocess.Popen([GATEHOUSE, "run", "-c", chain.path("bad.conf"), "--replay", PCAP], stdout=subprocess.DEVNULL, stderr=log)
        try: # a fault of the configuration ends all; one of its files only the uplink: what is seen is recorded all the same
            wait_for("'%s' is refused" % change, 60, lambda: want in open(chain.path("bad.log")).read())
            check("'%s' is refused" % change, key == "nats_ca" or p.wait(60) == 2, p.returncode)
        finally:
            if p.poll() is None:
                p.send_signal(signal.SIGTERM)
                p.wait(60)
    if report.failed:
        print("GH_SEED=%d\n%s" % (SEED, chain.logs()))
except AssertionError:
    print("GH_SEED=%d\n%s" % (SEED, chain.logs()))
    raise
finally:
    chain.stop()
    if server:
        server.stop(signal.SIGKILL)
    chain.remove()
report.end()
