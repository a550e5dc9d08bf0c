#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A region's console below a central one: region_test.py GATEHOUSE SHARE

Two appliances report to a region, the region to the centre, over a line that is cut, with processes that are killed and a centre that is put back from
a backup. What goes up is what the policy says, once, with the name and hash of where it came from, and both sides' ledgers agree. Who is no region of
the centre's is refused."""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import sys
import threading

from chain import Chain, Report, free_port, wait_for

GATEHOUSE = os.path.abspath(sys.argv[1])
BATCHES, RECORDS = 9, 60
report = Report()
check = report.check
centre, region = Chain(GATEHOUSE), Chain(GATEHOUSE)
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE


class Line:
    """A TCP line from the region to the centre, which can be cut."""

    def __init__(self, to):
        self.to, self.port, self.cut, self.ends = to, free_port(), False, []
        self.server = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            a, _ = self.server.accept()
            if self.cut:
                a.close()
                continue
            try:
                b = socket.create_connection(("127.0.0.1", self.to), 5)
            except OSError:
                a.close()
                continue
            self.ends += [a, b]
            for x, y in ((a, b), (b, a)):
                threading.Thread(target=self.carry, args=(x, y), daemon=True).start()

    def carry(self, x, y):
        try:
            while True:
                data = x.recv(65536)
                if not data:
                    break
                y.sendall(data)
        except OSError:
            pass
        for s in (x, y):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def set(self, cut):
        self.cut = cut
        for s in self.ends if cut else ():
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def ask(chain, sql, *args):
    return chain.ask("console/console.db", sql, *args)


run = centre.run


def parent(word, *args):
    return run("console", "parent", word, *args, "-c", region.path("console.conf"))


def status():
    return json.loads(parent("status", "--json")[1])


def post(port, path, data):
    c = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=30)
    try:
        c.request("POST", path, data, {"Content-Type": "application/vnd.gatehouse.envelope"})
        return c.getresponse().status
    finally:
        c.close()


def origins(api):
    regions = [x for x in api.get("/fleet")["items"] if x["kind"] == "region"]
    return regions[0]["origins"] if regions else []


def kill(chain, name):
    for pid in chain.children(chain.console.pid):
        try:
            if open("/proc/%d/comm" % pid).read().strip() == name:
                os.kill(pid, signal.SIGKILL)
                return True
        except OSError:
            pass
    return False


def store(chain, back):
    """Keeps the centre's database as it is, or puts it back."""
    here, there = (chain.path("console"), chain.path("backup"))
    if back:
        here, there = there, here
        for f in os.listdir(there):
            if f.startswith("console.db"):
                os.unlink(os.path.join(there, f))
    os.makedirs(there, exist_ok=True)
    for f in os.listdir(here):
        if f.startswith("console.db"):
            shutil.copy(os.path.join(here, f), there)


def approve(chain, request, answer, url):
    return chain.command("console", "enrol-approve", request, "-o", answer, "--url", url, "-c", chain.path("console.conf"))


try:
    line = Line(centre.port)
    policy = region.path("policy")
    os.makedirs(policy)
    with open(os.path.join(policy, "bundle.json"), "w") as f:
        json.dump({"name": "north", "version": "3", "purpose": "forwarding", "otherwise": "drop"}, f)
    with open(os.path.join(policy, "policy.lua"), "w") as f:
        f.write("""
rule { id = "all-alerts", title = "T", reason = "R", action = "forward", when = function(e) return true end }
rule { id = "ledgers", title = "T", reason = "R", action = "forward", on = "stats", when = function(e) return true end }
rule { id = "names-stay", title = "T", reason = "R", action = "redact", when = function(e) return e.alert.severity == 2 end }
rule { id = "mild-stays", title = "T", reason = "R", action = "drop", when = function(e) return e.alert.severity >= 3 end }
""")
    with open(region.path("console.conf"), "a") as f:
        f.write("region = Miền Bắc\nparent_policy = %s\nparent_delay = 200ms\n[uplink]\npoll = 50ms\nhello = 2s\n" % policy)
    for c in (centre, region):
        c.command("console", "init", "-c", c.path("console.conf"))
    fleet = region.path("fleet")
    simulate = ("simulate", "--appliances", "2", "--batches", str(BATCHES), "--records", str(RECORDS), "--seed", "7", "-o", fleet)
    run(*simulate)
    names = sorted(os.listdir(fleet))
    for n in names:
        approve(region, os.path.join(fleet, n, "request.json"), os.path.join(fleet, n, "console.json"), "https://127.0.0.1:1")
    run(*simulate)
    batches = {n: sorted(os.path.join(fleet, n, f) for f in os.listdir(os.path.join(fleet, n)) if f.endswith(".ghb")) for n in names}
    check("two appliances", len(names) == 2 and all(len(v) == BATCHES for v in batches.values()), names)

    # who is above
    code, out = parent("status")
    check("nobody is above yet", code == 0 and "no console above it" in out, out)
    code, out = parent("nonsense")
    check("an unknown word", code == 2 and "unknown command 'nonsense'" in out, out)
    code, out = parent("check")
    check("the policy is looked at", code == 0 and "north@3 is good for forwarding" in out, out)
    code, out = parent("enrol", "-o", region.path("region.json"))
    check("a request", code == 0 and json.load(open(region.path("region.json"))).get("kind") == "region", out)
    told = approve(centre, region.path("region.json"), region.path("region-answer.json"), "https://127.0.0.1:%d" % line.port)
    code, out = parent("accept", region.path("region-answer.json"))
    words = re.search(r"phrase:\s+(.*)", told).group(1).strip()
    check("the same six words on both sides", code == 0 and words in out, (told, out))
    mode = os.stat(region.path("console-parent/appliance.key")).st_mode & 0o777
    check("the region's key is its own", mode == 0o600, oct(mode))

    centre.start_console()
    region.start_console()
    above = centre.sign_in()
    wait_for("the region queues what comes", 60, lambda: status().get("on"))

    def settled(upto):
        """Both sides say the same, and all batches up to there are accounted for."""
        def look():
            o = origins(above)
            return o if len(o) == 2 and all(x["newest_batch"] == upto and not x["missing_batches"] and x["agrees"] for x in o) and not status()["waiting"] else None
        return wait_for("all up to batch %d is accounted for above" % upto, 120, look)

    # the whole way
    for n in names:
        for b in batches[n][:3]:
            check("taken", post(region.port, "/api/v1/intake", open(b, "rb").read()) == 200)
    settled(3)
    store(centre, False) # yesterday's backup
    # the line is cut; batches come twice and out of order
    line.set(True)
    for n in names:
        for i in (4, 3, 3, 5):
            check("taken ahead", post(region.port, "/api/v1/intake/ahead", open(batches[n][i], "rb").read()) in (200, 202))
    check("the pen is killed", kill(region, "gh-region"))
    wait_for("it is recorded all the same", 120, lambda: not status()["waiting"])
    check("nothing arrives over a cut line", all(x["newest_batch"] == 3 for x in origins(above)))
    wait_for("it is said what waits", 60, lambda: status()["recorded"] > status()["received"])
    line.set(False)
    settled(6)
    # the centre is put back from yesterday, the region dies
    centre.kill_console()
    store(centre, True)
    region.kill_console()
    centre.start_console()
    region.start_console()
    settled(6)
    for n in names:
        for b in batches[n][6:]:
            check("taken", post(region.port, "/api/v1/intake", open(b, "rb").read()) == 200)
    o = settled(BATCHES)

    # the same records on both sides, by the hash that each names
    rule = {1: "forward", 2: "redact"}
    want, sums = {}, {"in": 0, "forwarded": 0, "redacted": 0, "filtered": {}}
    for text, in ask(region, "SELECT json FROM event"):
        e = json.loads(text)
        sums["in"] += 1
        kind = e["event_type"]
        to = rule.get(e["alert"]["severity"], "mild-stays") if kind == "alert" else "forward" if kind == "stats" else "otherwise"
        if to in ("forward", "redact"):
            sums[{"forward": "forwarded", "redact": "redacted"}[to]] += 1
        else:
            sums["filtered"][to] = sums["filtered"].get(to, 0) + 1
    got = [json.loads(t) for t, in ask(centre, "SELECT json FROM event")]
    up = [e for e in got if "origin" in e["gatehouse"]]
    check("something was held back, redacted and let go", all(sums[k] for k in sums) and "mild-stays" in sums["filtered"], sums)
    check("as many as the policy says, each once", len(up) == sums["forwarded"] + sums["redacted"] == len({e["gatehouse"]["origin"]["record"] for e in up}),
          (len(up), sums))
    check("redacted ones have no content", len([e for e in up if e["gatehouse"].get("redacted")]) == sums["redacted"] and
          not any("fileinfo" in e and "filename" in e["fileinfo"] for e in up if e["gatehouse"].get("redacted")))
    check("each says whose it is", {(e["gatehouse"]["origin"]["region"], e["gatehouse"]["origin"]["name"]) for e in up} <= {("Miền Bắc", n) for n in names})
    known = {(n, h.hex()) for n, h in ask(region, "SELECT number, hash FROM batch")}
    check("by the appliance's own batch and hash", {(e["gatehouse"]["origin"]["batch"], e["gatehouse"]["origin"]["batch_hash"]) for e in up} <= known)
    check("one account for each batch", len([e for e in got if "account" in e["gatehouse"]]) == 2 * BATCHES)
    below, code = status()["ledger"], parent("status")
    check("the region's ledger", below["in"] == sums["in"] == 2 * BATCHES * RECORDS and below["forwarded"] == sums["forwarded"] and
          below["redacted"] == sums["redacted"] and below["filtered"] == sums["filtered"] and not below["lost"], (below, sums))
    total = {k: sum(x["account"][k] for x in o) for k in ("in", "forwarded", "redacted")}
    check("the centre's says the same", total == {k: below[k] for k in total} and sum(x["received"] for x in o) == total["forwarded"] + total["redacted"], (total, below))
    check("a person reads it", code[0] == 0 and "held back by mild-stays" in code[1] and "Miền Bắc, let in" in code[1], code)
    newest = {name: h.hex() for name, h in ask(region, "SELECT name, hash FROM appliance")}
    check("the newest hash of each appliance is the region's", {x["name"]: x["hash"] for x in o} == newest, (o, newest))

    # acknowledging above changes nothing below
    alert = above.pages("/alerts")[0]
    code, _ = above.call("POST", "/api/v1/alerts/actions", {"action": "acknowledge", "ids": [alert["id"]]})
    check("acknowledged above", code == 200, code)
    check("below it is new", ask(region, "SELECT count(*) FROM alert WHERE state <> 0") == [(0,)])
    found = above.get("/search?in=alerts&q=" + "region:%22Mi%E1%BB%81n%20B%E1%BA%AFc%22")
    check("found by the region", len(found["items"]) > 0, found)
    found = above.get("/search?in=alerts&q=origin:" + names[0])
    check("and by the appliance behind it", len(found["items"]) > 0 and all(x["appliance"]["name"] == "Miền Bắc" for x in found["items"]), found)

    # why
    number = ask(region, "SELECT id FROM event WHERE type = 6 LIMIT 1")[0][0]
    code, out = parent("explain", str(number))
    check("explained", code == 0 and "all-alerts" in out and "verdict:" in out and "of north@3" in out, out)
    check("no such event", parent("explain", "999999")[0] == 2)
    code, out = parent("journal", "verify")
    check("the region's journal is whole", code == 0, out)

    # by stick
    stick = region.path("stick")
    code, out = parent("journal", "export", "--since", "1", stick)
    check("exported", code == 0 and any(f.endswith(".ghb") for f in os.listdir(stick)), out)
    code, out = run("console", "import", "-c", centre.path("console.conf"), stick)
    check("the same batches are known above", code == 0, out)
    code, out = parent("journal", "import", *[os.path.join(stick, f) for f in os.listdir(stick) if f.startswith("receipt-")])
    check("and their receipt below", code == 0, out)

    # who is no region of the centre's
    fake = region.path("fake")
    simulate = ("simulate", "--appliances", "1", "--batches", "1", "--records", "5", "--seed", "9", "-o", fake)
    run(*simulate)
    name = os.listdir(fake)[0]
    stolen = json.load(open(region.path("region-answer.json")))
    shutil.copy(region.path("region-answer.json"), os.path.join(fake, name, "console.json"))
    run(*simulate)
    forged = [f for f in os.listdir(os.path.join(fake, name)) if f.endswith(".ghb")]
    check("an unknown region is refused", forged and post(centre.port, "/api/v1/intake", open(os.path.join(fake, name, forged[0]), "rb").read()) == 403, forged)
    identity = ask(centre, "SELECT lower(hex(identity)) FROM appliance WHERE kind = 1")[0][0]
    check("it is the one that was let in", identity == stolen["appliance"])
    code, out = run("console", "retire", "-c", centre.path("console.conf"), identity)
    batch = [f for f in os.listdir(stick) if f.endswith(".ghb")][0]
    check("a retired one, too", code == 0 and post(centre.port, "/api/v1/intake", open(os.path.join(stick, batch), "rb").read()) == 403, out)
    if report.failed:
        print("centre\n%s\nregion\n%s" % (centre.logs(), region.logs()))
except AssertionError:
    print("centre\n%s\nregion\n%s" % (centre.logs(), region.logs()))
    raise
finally:
    region.stop()
    centre.stop()
    region.remove()
    centre.remove()
report.end()
