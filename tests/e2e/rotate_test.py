#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys change: rotate_test.py GATEHOUSE SHARE

An appliance gets new keys for which the old ones vouch: the console takes them, retires the old ones, and nothing that was reported is lost. A word by
other keys is refused; a lost key is retired and the appliance enrolled anew."""
import functools
import json
import os
import sqlite3
import sys

from chain import Chain, Report, wait_for

GATEHOUSE, SHARE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
PCAP = os.path.join(SHARE, "capture", "morning.pcap")
report = Report()
check = report.check
chain = Chain(GATEHOUSE)
run = chain.run
ask = functools.partial(chain.ask, "console/console.db")


def approve(request):
    return run("console", "enrol-approve", request, "-o", chain.path("answer2.json"), "--url", "https://127.0.0.1:%d" % chain.port, "-c", chain.path("console.conf"))


def batches():
    return ask("SELECT state, batches FROM appliance ORDER BY id")


try:
    a = chain.path("appliance.conf")
    chain.enrol()
    chain.start_appliance("--replay", PCAP) # nobody listens yet
    wait_for("recorded", 120, lambda: chain.status().get("replay_recorded"))
    code, out = run("keys", "rotate", "-o", chain.path("next.json"), "-c", a)
    check("not while it runs", code == 2 and "runs" in out, out)
    chain.stop()
    code, out = run("keys", "rotate", "-o", chain.path("next.json"), "-c", a)
    check("not while something was not sent", code == 2 and "does not have all" in out, out)
    chain.start_console()
    chain.start_appliance("--replay", PCAP)
    newest = lambda: sqlite3.connect("file:%s?mode=ro" % chain.path("appliance/journal.db"), uri=True).execute("SELECT (SELECT number FROM head), (SELECT number FROM receipt)").fetchone()
    wait_for("all is sent and known to be", 120, lambda: newest()[0] == newest()[1] and newest()[0] > 0)
    for _ in range(3): # the stop records once more, sends that and waits for the receipt: for 5 s, which a very busy machine may need
        chain.appliance.terminate()
        chain.appliance.wait(30)
        told = newest()
        if told[0] == told[1]:
            break
        chain.start_appliance("--replay", PCAP)
        wait_for("all is sent", 120, lambda: newest()[0] == newest()[1])
    check("what the stop recorded is received too", told[0] == told[1], told)
    code, out = run("keys", "rotate", "-o", chain.path("next.json"), "-c", a)
    check("the keys change", code == 0, out)
    aside = [d for d in os.listdir(chain.path("appliance")) if d.startswith("before-")]
    check("what was signed is put aside, without the secret", len(aside) == 1 and set(os.listdir(chain.path("appliance/" + aside[0]))) >= {"journal.db", "appliance.pub"} and
          "appliance.key" not in os.listdir(chain.path("appliance/" + aside[0])), aside)
    request = json.load(open(chain.path("next.json")))
    for name, change in (("another key than was signed", {"sign": json.load(open(chain.path("request.json")))["sign"]}), ("an unknown appliance before", {"follows": "00" * 16})):
        json.dump({**request, **change}, open(chain.path("bad.json"), "w"))
        code, out = approve(chain.path("bad.json"))
        check(name + " is refused", code == 2 and len(batches()) == 1, out)
    code, out = approve(chain.path("next.json"))
    check("the old keys vouch", code == 0 and "vouch" in out, out)
    check("the old ones are retired", [s for s, _ in batches()] == [1, 0], batches())
    code, out = approve(chain.path("next.json"))
    check("once", code == 2, out)
    code, out = run("enrol", "accept", chain.path("answer2.json"), "-c", a)
    check("the answer is taken", code == 0, out)
    chain.start_appliance("--replay", PCAP)
    wait_for("it reports under the new ones", 120, lambda: batches()[1][1] > 0)
    chain.stop()
    check("a new chain, whole", run("journal", "verify", "-c", a)[0] == 0)
    code, out = run("console", "audit", "-c", chain.path("console.conf"))
    check("the audit says so, and is whole", code == 0 and ask("SELECT count(*) FROM audit WHERE action = 'appliance_rekeyed'") == [(1,)], out)
except AssertionError as e:
    check("rotate", False, "%r\n%s" % (e, chain.logs()))
finally:
    chain.remove()
report.end()
