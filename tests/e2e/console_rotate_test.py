#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The console's own keys change: console_rotate_test.py GATEHOUSE SHARE

An appliance that reports learns the new keys and the coming certificate and goes on; nothing is lost or twice. One that was away for longer than the
overlap is invited anew, and brings what it recorded meanwhile. The old secret is gone; what it signed stays provable."""
import functools
import json
import os
import sqlite3
import subprocess
import sys

from chain import Chain, Report, wait_for

GATEHOUSE, SHARE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
PCAP = os.path.join(SHARE, "capture", "morning.pcap")
report = Report()
check = report.check
chain = Chain(GATEHOUSE, "hello = 1s\n")
CONF, A, URL = chain.path("console.conf"), chain.path("appliance.conf"), "https://127.0.0.1:%d" % chain.port
run = chain.run
ask = functools.partial(chain.ask, "console/console.db")


def known(name="appliance"):
    with open(chain.path(name + "/console.json")) as f:
        return json.load(f)


def head(name="appliance"):
    db = sqlite3.connect("file:%s?mode=ro" % chain.path(name + "/journal.db"), uri=True, timeout=30)
    try:
        return db.execute("SELECT (SELECT number FROM head), (SELECT number FROM receipt)").fetchone()
    finally:
        db.close()


def all_sent(name="appliance"):
    try:
        h = head(name)
    except sqlite3.OperationalError: # not made yet
        return False
    return h[0] and h[0] == h[1]


def keys(*args):
    return run("console", "keys", *args, "-c", CONF)


def there(name):
    return os.path.exists(chain.path("console/" + name))


def alive():
    try:
        return admin.call("GET", "/healthz")[0] == 200
    except OSError:
        return False


try:
    chain.enrol()
    chain.start_console()
    admin = chain.sign_in()
    run("console", "audit", "head", "-c", CONF) # signed with the keys before
    chain.start_appliance("--replay", PCAP)
    wait_for("all is sent", 120, all_sent)
    # one more, which is away during all of the overlap
    chain.write("away.conf", "[node]\nname = away\nstate_dir = %s/away\n[uplink]\nconsole = %s\npoll = 50ms\nhello = 1s\n" % (chain.dir, URL))
    away = chain.path("away.conf")
    run("keys", "generate", "-c", away)
    run("enrol", "request", "-o", chain.path("away.json"), "-c", away)
    run("console", "enrol-approve", chain.path("away.json"), "-o", chain.path("away-answer.json"), "--url", URL, "-c", CONF)
    check("the other one is enrolled", run("enrol", "accept", chain.path("away-answer.json"), "-c", away)[0] == 0)

    before = known()
    old_secret = open(chain.path("console/console.key")).read().split("\n")[1]
    events = ask("SELECT count(*) FROM event")
    code, out = keys("rotate", "--days", "0")
    check("no days", code == 2, out)
    code, out = keys("rotate", "--days", "10", "--tls")
    check("the keys change", code == 0 and there("console.key.old") and there("tls.key.next"), out)
    code, out = keys("rotate")
    check("one change at a time", code == 2 and "not over" in out, out)
    code, out = keys("finish")
    check("not before its time", code == 2 and "--now" in out, out)
    wait_for("the appliance learns the new keys", 120, lambda: known()["console_sign"] != before["console_sign"])
    now = known()
    check("and the coming certificate", now["tls_pin_sha256"] == before["tls_pin_sha256"] and now["tls_pin_next"] != before["tls_pin_sha256"], now)
    check("the rest stays", all(now[k] == before[k] for k in ("console_url", "committee_box", "appliance")))
    check("other words for other keys", now["phrase"] != before["phrase"])
    wait_for("it reports with them", 120, all_sent)
    wait_for("the console is back", 60, alive)

    # whoever is away hears nothing of it; it still gets in by the old keys until the end, but does not come
    code, out = keys("finish", "--now")
    check("ended", code == 0 and not there("console.key.old") and not there("console.succession") and not there("tls.key.next"), out)
    secrets = [open(os.path.join(chain.path("console"), n), "rb").read() for n in os.listdir(chain.path("console")) if os.path.isfile(os.path.join(chain.path("console"), n))]
    check("the old secret is nowhere", not any(old_secret.encode() in s for s in secrets))
    wait_for("the appliance believes the new certificate alone", 120, lambda: known()["tls_pin_sha256"] == now["tls_pin_next"] and "tls_pin_next" not in known())
    wait_for("the console is back once more", 60, alive)
    wait_for("it goes on", 120, all_sent)
    chain.appliance.terminate()
    chain.appliance.wait(30)
    check("its journal is whole", run("journal", "verify", "-c", A)[0] == 0)
    number = ask("SELECT max(batches) FROM appliance WHERE name = 'test'")[0][0]
    check("the console has all of it, each once", number == head()[1] and ask("SELECT sum(duplicates), sum(refused), sum(malformed) FROM appliance WHERE name = 'test'") is not None and
          ask("SELECT count(*) - count(DISTINCT run || '.' || n || '.' || k) FROM event WHERE appliance = 1") == [(0,)], (number, head()))

    # the one that was away: refused, invited anew, nothing lost
    log = open(chain.path("away.log"), "ab")
    box = subprocess.Popen([GATEHOUSE, "run", "-c", away, "--replay", PCAP], stdout=subprocess.DEVNULL, stderr=log)
    wait_for("it finds another certificate", 120, lambda: b"tried again" in open(chain.path("away.log"), "rb").read())
    status, made = admin.call("POST", "/api/v1/enrolments/invitations", {"url": URL, "hours": 1})
    code, out = run("enrol", "--invitation", made["code"], "--again", "--no-wait", "-c", away)
    check("it may ask", code == 4, out)
    item = [i for i in admin.get("/enrolments/invitations")["items"] if i["id"] == made["id"]][0]
    check("approved", admin.call("POST", "/api/v1/enrolments/invitations/%d" % made["id"], {"phrase": item["phrase"]})[0] == 200)
    code, out = run("enrol", "--invitation", made["code"], "--again", "--no-wait", "-c", away)
    check("it knows the console again", code == 0 and known("away")["console_sign"] == known()["console_sign"], out)
    box.terminate()
    box.wait(30)
    box = subprocess.Popen([GATEHOUSE, "run", "-c", away, "--replay", PCAP], stdout=subprocess.DEVNULL, stderr=log)
    wait_for("and brings what it recorded meanwhile", 120, lambda: all_sent("away"))
    box.terminate()
    box.wait(30)
    check("as the one that it was", ask("SELECT count(*) FROM appliance WHERE name = 'away'") == [(1,)])

    code, out = run("console", "audit", "verify", "-c", CONF)
    check("what the keys before signed is still proved", code == 0 and "1 signed heads" in out, out)
    code, out = run("console", "audit", "verify", "-c", CONF)
    check("beside what the new ones sign", code == 0 and "2 signed heads" in out, out)
    check("the audit tells it", ask("SELECT count(*) FROM audit WHERE action IN ('console_keys_rotated', 'console_keys_ended')") == [(2,)])
    code, out = keys("show")
    check("the former keys are known", code == 0 and out.count("former:") == 1, out)
except AssertionError as e:
    check("console rotate", False, "%r\n%s" % (e, chain.logs()))
finally:
    chain.remove()
report.end()
