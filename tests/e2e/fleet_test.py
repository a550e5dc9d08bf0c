#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet over carriers that lose, delay, double, re-order, cut and change what they carry, to a console that is killed and put back from a backup.

  fleet_test.py GATEHOUSE SHARE [--rounds N] [--nats]

20 simulated appliances, two in three with clocks that are wrong by nine years. Each round hands a random choice of what is outstanding to the
console, by HTTPS (--nats: over a real NATS server, which is killed, too) or as files. At the end both sides agree: every record exactly once, what is left out on purpose is named as a hole, no more and no
less. Random, and repeatable: the seed is printed."""
import functools
import http.client
import json
import os
import random
import shutil
import signal
import ssl
import subprocess
import sys
import threading
import time

import nats
from chain import Chain, Report, wait_for

GATEHOUSE = os.path.abspath(sys.argv[1])
ROUNDS = int(sys.argv[sys.argv.index("--rounds") + 1]) if "--rounds" in sys.argv else 20
SEED = int(os.environ.get("GH_SEED", random.SystemRandom().randrange(1 << 30)))
NATS = "--nats" in sys.argv
if NATS and not nats.PROGRAM:
    print("skipped: there is no nats-server (Debian: nats-server)", file=sys.stderr)
    sys.exit(77)
APPLIANCES, BATCHES, RECORDS = 20, 12, 20
dice = random.Random(SEED)
report = Report()
check = report.check
chain = Chain(GATEHOUSE)
fleet = chain.path("fleet")


run = chain.run


def simulate():
    code, out = run("simulate", "--appliances", str(APPLIANCES), "--batches", str(BATCHES), "--records", str(RECORDS), "--seed", str(SEED + 1), "--wrong-clocks", "9", "-o", fleet)
    check("simulate", code == 0, out)


ask = functools.partial(chain.ask, "console/console.db")


context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE


def post(data, path):
    """What the console answers, or None when the line or the console breaks."""
    c = http.client.HTTPSConnection("127.0.0.1", chain.port, context=context, timeout=30)
    try:
        c.request("POST", path, data, {"Content-Type": "application/vnd.gatehouse.envelope"})
        return c.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        c.close()


def damaged(data):
    at = dice.randrange(len(data))
    return dice.choice((data[:at], data[:at] + bytes([data[at] ^ 1 << dice.randrange(8)]) + data[at + 1:], data + b"x", data[at:]))


def take_backup():
    for f in os.listdir(chain.path("console")):
        if f.startswith("console.db"):
            shutil.copy(chain.path("console/" + f), chain.path("backup"))


def put_back():
    for f in os.listdir(chain.path("console")):
        if f.startswith("console.db"):
            os.unlink(chain.path("console/" + f))
    for f in os.listdir(chain.path("backup")):
        shutil.copy(chain.path("backup/" + f), chain.path("console"))


def processes():
    """Those of the console, also when their keeper is dead already."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if chain.path("console.conf").encode() in open("/proc/%s/cmdline" % pid, "rb").read().split(b"\0"):
                found.append(int(pid))
        except OSError:
            pass
    return found


def stop_console(how):
    chain.console.send_signal(how)
    chain.console.wait(60)
    for pid in processes():
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    # what they hold open takes room on the small disk until they are gone
    wait_for("the console's processes are gone", 60, lambda: not processes())


def by_network(chosen):
    for path in chosen:
        data = open(path, "rb").read()
        way = dice.random()
        if way < 0.15: # cut, or bits flipped: never taken
            check("damage is refused", post(damaged(data), dice.choice(("/api/v1/intake", "/api/v1/intake/ahead"))) in (400, 403, None))
            continue
        for _ in range(2 if way > 0.8 else 1): # doubled
            status = post(data, "/api/v1/intake/ahead" if dice.random() < 0.5 else "/api/v1/intake")
            check("an answer of those that are known", status in (200, 202, 409, None), status)


class Broker:
    """A NATS server, and a client of it that may write whatever it likes to every appliance's subject."""

    def __init__(self):
        self.server = nats.Server(chain.path("nats"), "max_payload: 4MB\n")
        self.client = None
        with open(chain.path("console.conf"), "a") as f:
            f.write("nats = nats://127.0.0.1:%d\n" % self.server.port)

    def connect(self):
        if not self.client:
            self.client = nats.Client(self.server.port)

    def send(self, path, data):
        self.connect()
        name = os.path.basename(os.path.dirname(path))
        self.client.pub("gatehouse.batch." + self.identity[name], data)

    def kill(self):
        self.server.stop(signal.SIGKILL)
        self.client.close()
        self.client = None
        self.server.start()

    def worked_off(self):
        def nothing():
            self.connect()
            try:
                c, last = self.client.consumer(), self.client.stream()["state"]["last_seq"]
                # not "empty": a killed server may know that a message was acknowledged, and not that it let it go
                return c["num_pending"] == c["num_ack_pending"] == 0 and c["ack_floor"]["stream_seq"] >= last
            except KeyError: # not made yet, or the server has just come up
                return False
        try:
            wait_for("the broker's stream is worked off", 300, nothing)
        except AssertionError:
            self.connect()
            print(json.dumps(self.client.stream()["state"]), json.dumps(self.client.consumer()), shutil.disk_usage(chain.path("console")), chain.logs()[-3000:])
            raise

    def names(self):
        self.identity = {n: json.load(open(os.path.join(fleet, n, "console.json")))["appliance"] for n in names}


def by_broker(chosen):
    for path in chosen:
        data = open(path, "rb").read()
        way = dice.random()
        for _ in range(2 if way > 0.8 else 1):
            broker.send(path, damaged(data) if way < 0.15 else data)
    broker.client.flush()


def by_stick(chosen):
    stick = chain.path("stick")
    shutil.rmtree(stick, ignore_errors=True)
    os.makedirs(stick)
    for i, path in enumerate(chosen):
        data = open(path, "rb").read()
        with open(os.path.join(stick, "%04d.ghb" % i), "wb") as f:
            f.write(damaged(data) if dice.random() < 0.1 else data)
    code, out = run("console", "import", "-c", chain.path("console.conf"), stick)
    check("import", code in (0, 1), out)


class SmallDisk:
    """The console's directory as a file system of its own (root only), which can be full."""

    def __init__(self):
        os.makedirs(chain.path("console"))
        self.mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m,mode=0700", "tmpfs", chain.path("console")], stderr=subprocess.DEVNULL).returncode == 0
        if not self.mounted:
            print("no full disk: a file system cannot be mounted here")

    def fill(self):
        try:
            with open(chain.path("console/filler"), "wb", buffering=0) as f:
                for size in (1 << 16, 1 << 12, 1):
                    try:
                        while True:
                            f.write(bytes(size))
                    except OSError:
                        pass
        except OSError:
            pass

    def free(self):
        if os.path.exists(chain.path("console/filler")):
            os.unlink(chain.path("console/filler"))

    def unmount(self):
        if self.mounted:
            subprocess.run(["umount", "-l", chain.path("console")])


def on_a_full_disk(chosen):
    """Nothing is acknowledged that was not written, and the console lives on."""
    disk.fill()
    if NATS: # what cannot be written goes back to the stream, and comes again
        by_broker(chosen)
        time.sleep(0.2)
        disk.free()
        check("the console lives on", chain.console.poll() is None)
        return
    answers = [post(open(path, "rb").read(), "/api/v1/intake/ahead") for path in chosen]
    disk.free()
    full_answers.extend(answers)
    check("a full disk is told", set(answers) <= {200, 202, 409, 500, 503, 507, None}, answers)
    check("the console lives on", chain.console.poll() is None)


full_answers = []
disk = SmallDisk()
broker = None
try:
    print("seed %d, %d rounds" % (SEED, ROUNDS))
    chain.command("console", "init", "-c", chain.path("console.conf"))
    simulate()
    names = sorted(os.listdir(fleet))
    for name in names:
        chain.command("console", "enrol-approve", os.path.join(fleet, name, "request.json"), "-o", os.path.join(fleet, name, "console.json"), "--url",
                      "https://127.0.0.1:1", "-c", chain.path("console.conf"))
    simulate()
    files = {n: sorted(os.path.join(fleet, n, f) for f in os.listdir(os.path.join(fleet, n)) if f.endswith(".ghb")) for n in names}
    check("batches", all(len(v) == BATCHES for v in files.values()))
    lost = {names[0]: {4, 5}, names[7]: {9}} # nobody has these any more
    carried = [p for n in names for i, p in enumerate(files[n]) if i + 1 not in lost.get(n, ())]
    os.makedirs(chain.path("backup"))
    if NATS:
        broker = Broker()
        broker.names()
    chain.start_console()
    for i in range(ROUNDS):
        chosen = dice.sample(carried, dice.randrange(4, 16))
        if disk.mounted and i % 7 == 5:
            on_a_full_disk(dice.sample(carried, 120)) # what fits into pages that are there already is taken
            continue
        if dice.random() < 0.7:
            killer = threading.Timer(dice.random() / 20, lambda: chain.console.kill()) if i % 6 == 3 else None
            if killer:
                killer.start()
            (by_broker if NATS else by_network)(chosen)
            if killer:
                killer.join()
        else:
            by_stick(chosen)
        if i % 6 == 3 or i % 10 == 7:
            stop_console(signal.SIGKILL)
            if i % 10 == 7 and os.listdir(chain.path("backup")):
                put_back() # what came since yesterday is forgotten
            else:
                take_backup()
            chain.start_console()
        if NATS and i % 8 == 4:
            broker.kill()
    # the line is good again: what is not here is sent until nothing changes
    by_order = [p for n in names for p in files[n] if p in set(carried)]
    if NATS:
        broker.worked_off()
        for path in by_order:
            broker.send(path, open(path, "rb").read())
        broker.client.flush()
        broker.worked_off()
        by_order = []
    for path in by_order:
        check("sent", post(open(path, "rb").read(), "/api/v1/intake/ahead") in (200, 202))
    rows = {name: (number, offered) for name, number, offered in ask("SELECT name, batches, offered FROM appliance")}
    holes = {n: (number + 1, offered - 1) for n, (number, offered) in rows.items() if offered}
    check("exactly the holes that there are", holes == {names[0]: (4, 5), names[7]: (9, 9)}, holes)
    check("all others are whole", all(rows[n] == (BATCHES, None) for n in names if n not in lost), rows)
    for n, (a, b) in holes.items():
        ident = ask("SELECT lower(hex(identity)) FROM appliance WHERE name = ?", n)[0][0]
        code, out = run("console", "accept-hole", "-c", chain.path("console.conf"), ident, "%d..%d" % (a, b), "--reason", "chaos")
        check("the hole is given up", code == 0, out)
    # who has come by stick alone has said nothing of its clock
    years = {round(r[0] / 31536e6) for r in ask("SELECT clock_offset_ms FROM appliance WHERE clock_offset_ms IS NOT NULL")}
    check("clocks were wrong", years <= {-9, 0, 9} and len(years) > 1, years)
    check("every chain is at its end", {r[0] for r in ask("SELECT batches FROM appliance")} == {BATCHES})
    got = sorted(ask("SELECT a.name, e.n FROM event e JOIN appliance a ON a.id = e.appliance WHERE e.run > 0"))
    want = sorted((n, k) for n in names for b in range(1, BATCHES + 1) if b not in lost.get(n, ()) for k in range((b - 1) * RECORDS + 1, b * RECORDS + 1))
    check("every record exactly once", got == want, (len(got), len(want)))
    check("each batch is in the ledger once", ask("SELECT count(*), sum(records) FROM batch") == [(len(carried), len(carried) * RECORDS)])
    check("nothing waits", ask("SELECT count(*) FROM ahead") == [(0,)])
    check("the holes are named", sorted(ask("SELECT a.name, first, last FROM hole h JOIN appliance a ON a.id = h.appliance")) ==
          [(names[0], 4, 5), (names[7], 9, 9)])
    check("an alert for each", ask("SELECT count(*) FROM alert WHERE rule = 'accepted-hole'") == [(2,)])
    code, out = run("console", "audit", "-c", chain.path("console.conf"))
    check("the audit is whole", code == 0, out)
    if report.failed:
        print("GH_SEED=%d\n%s" % (SEED, chain.logs()))
    if disk.mounted and ROUNDS >= 20 and not NATS:
        check("the disk was full indeed", any(a in (500, 503, 507) for a in full_answers), full_answers)
finally:
    chain.stop()
    if broker:
        broker.server.stop(signal.SIGKILL)
    disk.unmount()
    chain.remove()
report.end()
