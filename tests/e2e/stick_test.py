#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports by stick instead of by wire: stick_test.py GATEHOUSE SHARE

A directory is the stick. What was exported comes in whatever the order and however often; what is damaged, forged, foreign or missing is named; the
receipt goes back. A hole that nobody can fill is given up by a person, and everything goes on behind it."""
import json
import os
import shutil
import sys

from chain import Chain, Report, wait_for

GATEHOUSE, SHARE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
PCAP = os.path.join(SHARE, "capture", "morning.pcap")
report = Report()
check = report.check
chain = Chain(GATEHOUSE, "[journal]\nbatch_records = 3\n")
other = Chain(GATEHOUSE, "[journal]\nbatch_records = 3\n") # an appliance of another console


run = chain.run


def console(word, *args):
    return run("console", word, "-c", chain.path("console.conf"), *args)


def journal(word, *args, of=chain):
    return run("journal", word, "-c", of.path("appliance.conf"), *args)


ask = chain.ask


def events():
    return ask("console/console.db", "SELECT run, n, k FROM event ORDER BY 1, 2, 3")


def audits():
    return [r[0] for r in ask("console/console.db", "SELECT detail FROM audit WHERE action = 'batches_imported' ORDER BY id")]


def record(c):
    c.start_appliance("--replay", PCAP)
    wait_for("recorded", 60, lambda: c.status().get("replay_recorded"))
    c.stop()


def write(path, data):
    with open(path, "wb") as f:
        f.write(data)


try:
    chain.enrol()
    other.enrol()
    record(chain)
    record(other)
    all_of = sorted(tuple(x) for x in ask("appliance/journal.db", "SELECT number, records FROM batch"))
    n, records = len(all_of), sum(x[1] for x in all_of)
    check("several batches", n > 8, n)
    stick = chain.path("stick")
    code, out = journal("export", stick)
    check("export", code == 0 and len(os.listdir(stick)) == n, out)
    os.makedirs(chain.path("pocket"))
    names = sorted(os.listdir(stick))
    shutil.move(os.path.join(stick, names[3]), chain.path("pocket")) # left at home
    whole = open(os.path.join(stick, names[6]), "rb").read()
    write(os.path.join(stick, names[6]), whole[:100] + bytes([whole[100] ^ 4]) + whole[101:]) # a bit flipped
    write(os.path.join(stick, "cut.ghb"), whole[:-20])
    write(os.path.join(stick, "no\x1b[2Jbatch.ghb"), b"GHSEAL01")
    os.symlink("/etc/passwd", os.path.join(stick, "link.ghb"))
    os.mkfifo(os.path.join(stick, "pipe.ghb"))
    write(os.path.join(stick, "long.ghb"), b"GHSEAL01" + bytes(9 << 20))
    shutil.copy(os.path.join(stick, names[0]), os.path.join(stick, "zz-again.ghb"))
    # numbers stand in the files, not in their names: turn the names round
    for i, name in enumerate(names):
        if os.path.exists(os.path.join(stick, name)):
            os.rename(os.path.join(stick, name), os.path.join(stick, "x%03d.ghb" % (n - i)))
    code, out = console("import", stick)
    check("something is missing", code == 1, (code, out))
    check("the damaged ones are named", all(("refused: %s/%s: " % (stick, f)) in out for f in
          ("x%03d.ghb" % (n - 6), "cut.ghb", "link.ghb", "pipe.ghb", "long.ghb", "no?[2Jbatch.ghb")), out)
    check("the terminal is not steered", "\x1b" not in out)
    check("the holes are named", "batches 4 to 4" in out and "batches 7 to 7" in out and "export --since 4" in out, out)
    check("what is behind them is here, once", len(events()) == records - all_of[3][1] - all_of[6][1] and len(set(events())) == len(events()))
    check("one audit entry", len(audits()) == 1 and "%d ahead" % (n - 5) in audits()[0], audits())
    receipts = [f for f in os.listdir(stick) if f.startswith("receipt-")]
    check("one receipt", len(receipts) == 1, os.listdir(stick))
    receipt = os.path.join(stick, receipts[0])
    check("up to the hole", json.load(open(receipt))["receipt"] == 3)
    code, out = journal("import", receipt)
    check("the journal takes it", code == 0 and ask("appliance/journal.db", "SELECT number FROM receipt") == [(3,)], out)

    before = events()
    code, out = console("import", stick)
    check("the same again changes nothing", code == 1 and events() == before and len(audits()) == 2 and audits()[1].startswith(
          "%d files: 0 batches new, 0 ahead" % (n + 5)), (out, audits()))
    code, out = console("import", os.path.join(chain.path("pocket"), names[3]))
    check("what was left at home", code == 1 and "batches 7 to 7" in out and "batches 4" not in out, out)
    code, out = journal("export", "--since", "7", chain.path("second"))
    code, out = console("import", "-o", stick, chain.path("second"))
    check("the damaged one anew: all is here", code == 0 and "everything up to batch %d" % n in out, out)
    check("every event once", len(events()) == records == len(set(events())), (len(events()), records))
    code, out = journal("import", receipt)
    check("the receipt for all", code == 0 and ask("appliance/journal.db", "SELECT number FROM receipt") == [(n,)], out)

    # what is not for this console, or not from its appliances
    journal("export", chain.path("foreign"), of=other)
    code, out = console("import", chain.path("foreign"))
    check("sealed for another console", code == 1 and "not sealed for this console" in out and len(events()) == records, out)
    shutil.copy(chain.path("appliance/console.json"), other.path("appliance/console.json"))
    journal("export", chain.path("unknown"), of=other)
    code, out = console("import", chain.path("unknown"))
    check("an appliance that is not enrolled is named", code == 1 and "is not enrolled here" in out and len(events()) == records, out)
    good = json.load(open(receipt))
    for name, change in (("another number", {"receipt": n - 1}), ("another appliance", {"appliance": "00" * 16}), ("unsigned", {"signature": ""})):
        json.dump({**good, **change}, open(chain.path("bad.json"), "w"))
        check("a receipt with " + name, journal("import", chain.path("bad.json"))[0] == 2)
    code, out = journal("import", receipt, of=other)
    check("a receipt of somebody else", code == 2, out)

    # the console is lost; what is left are batches 1 to 3 and those from 8 on
    identity = good["appliance"]
    shutil.rmtree(stick)
    shutil.rmtree(chain.path("second"))
    journal("export", "--since", "1", stick)
    for f in ("console.db", "console.db-wal", "console.db-shm"):
        if os.path.exists(chain.path("console/" + f)):
            os.unlink(chain.path("console/" + f))
    os.makedirs(chain.path("late"))
    for i in range(3, 7):
        shutil.move(os.path.join(stick, names[i]), chain.path("late"))
    a = chain.path("request.json")
    console("enrol-approve", a, "-o", chain.path("answer2.json"), "--url", "https://127.0.0.1:1")
    code, out = console("accept-hole", identity, "1..1", "--reason", "x")
    check("nothing is given up before it was asked for", code == 2 and "nothing behind it" in out, out)
    code, out = console("import", stick)
    check("the hole", code == 1 and "batches 4 to 7" in out, out)
    code, out = console("appliances")
    check("the list shows what is waited for", "waits for batches 4 to 7" in out, out)
    for words, why in ((("4..8", "--reason", "x"), "still has"), (("5..7", "--reason", "x"), "does not begin"), (("4..3", "--reason", "x"), "ends before"),
                       (("4..7",), "reason"), (("4-7", "--reason", "x"), "N..M"), (("0..7", "--reason", "x"), "N..M")):
        code, out = console("accept-hole", identity, *words)
        check("accept-hole %s is refused" % " ".join(words), code == 2 and why in out, out)
    code, out = console("accept-hole", identity, "4..7", "--reason", "Ổ đĩa hỏng, không còn bản sao")
    check("it is given up", code == 0, out)
    got = ask("console/console.db", "SELECT batches, offered FROM appliance")
    check("the chain goes on behind it", got == [(n, None)], got)
    alert = ask("console/console.db", "SELECT json FROM event JOIN alert ON alert.event = event.id WHERE json LIKE '%accepted-hole%'")
    check("an alert names it", len(alert) == 1 and json.loads(alert[0][0])["gatehouse"]["hole"]["first"] == 4 and
          json.loads(alert[0][0])["gatehouse"]["hole"]["last"] == 7, alert)
    detail = ask("console/console.db", "SELECT detail FROM audit WHERE action = 'hole_accepted'")
    check("the audit has it", detail == [("batches 4 to 7: Ổ đĩa hỏng, không còn bản sao",)], detail)
    check("the list shows it", "accepted hole: batches 4 to 7, 4 missing: Ổ đĩa" in console("appliances")[1])
    check("twice is once", console("accept-hole", identity, "4..7", "--reason", "x")[0] == 2)
    code, out = console("import", chain.path("late"))
    check("they turn up after all", code == 0 and "4 batches new" in out, out)
    check("every event once, and the alert", len(events()) == records + 1 == len(set(events())), (len(events()), records))
    check("the list shows that, too", "4 to 7, 0 missing" in console("appliances")[1])
    check("the audit is whole", console("audit")[0] == 0)
finally:
    chain.remove()
    other.remove()
report.end()
