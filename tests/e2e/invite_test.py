#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Enrolment by a one-time invitation: invite_test.py GATEHOUSE SHARE

A code for one appliance, used once, by whoever has it; the wrong console gets nothing; strangers neither get in nor keep others out."""
import base64
import http.server
import json
import os
import select
import socket
import sqlite3
import subprocess
import sys
import threading

from chain import Api, Chain, Report, wait_for

GATEHOUSE = os.path.abspath(sys.argv[1])
report = Report()
check = report.check
chain, false = Chain(GATEHOUSE), Chain(GATEHOUSE)
URL = "https://127.0.0.1:%d" % chain.port
CONF = chain.path("console.conf")
run = chain.run


def box(name, extra=""):
    """The configuration of one more appliance."""
    chain.write(name + ".conf", "[node]\nname = %s\nstate_dir = %s/%s\n[uplink]\nconsole = %s\n%s" % (name, chain.dir, name, URL, extra))
    return chain.path(name + ".conf")


def join(name, code, *more, stdin=""):
    return run("enrol", "--invitation", code, "--no-wait", *more, "-c", chain.path(name + ".conf"), stdin=stdin)


def words(out):
    return [x.strip() for x in out.splitlines() if x.startswith("    ") and x.count("-") == 5][0]


class Proxy(http.server.BaseHTTPRequestHandler):
    """CONNECT alone."""
    asked = []

    def do_CONNECT(self):
        Proxy.asked.append(self.path)
        host, port = self.path.rsplit(":", 1)
        with socket.create_connection((host, int(port)), 10) as there:
            self.send_response(200)
            self.end_headers()
            pair = [self.connection, there]
            while True:
                ready = select.select(pair, [], [], 10)[0]
                for s in ready:
                    data = s.recv(65536)
                    if not data:
                        return
                    pair[1 - pair.index(s)].sendall(data)
                if not ready:
                    return

    def log_message(self, *_):
        pass


try:
    chain.command("console", "init", "-c", CONF)
    chain.start_console()
    false.command("console", "init", "-c", false.path("console.conf"))
    false.start_console()
    admin = chain.sign_in()
    unit = admin.call("POST", "/api/v1/units", {"name": "Ha Noi", "appliances": []})[1]["id"]
    for name in ("one", "two", "three", "four", "five"):
        box(name)

    def invite(**body):
        status, made = admin.call("POST", "/api/v1/enrolments/invitations", {"url": URL, **body})
        assert status == 200, (status, made)
        return made["id"], made["code"], made

    def items():
        return {i["id"]: i for i in admin.get("/enrolments/invitations")["items"]}

    def approve(number, phrase):
        return admin.call("POST", "/api/v1/enrolments/invitations/%d" % number, {"phrase": phrase})[0]

    def names():
        return sorted((a["name"], a["state"]) for a in admin.get("/appliances")["items"])

    # ---- the usual way
    number, code, made = invite(hours=2, unit=unit, name="Ha Noi 1")
    code_bytes = code.encode()
    check("a person can read it", len(code) == 47 and code.count("-") == 7, code)
    rc, out = join("one", code.lower().replace("-", " "))
    check("it waits", rc == 4, out)
    check("keys are born there", os.path.exists(chain.path("one/appliance.key")))
    item = items()[number]
    check("both screens show the same words", item["state"] == "waiting" and item["phrase"] == words(out) and item["asks_as"] == "one", (item, out))
    check("nobody is in yet", names() == [], names())
    check("other words do not do", approve(number, "acid-acid-acid-acid-acid-acid") == 400)
    rc, out = join("two", code)
    check("another one comes too late", rc == 2 and "another appliance" in out.lower(), out)
    check("the officer says yes", approve(number, item["phrase"]) == 200)
    check("once", approve(number, item["phrase"]) == 409)
    rc, out = join("one", "-", stdin=code + "\n")
    check("it is in", rc == 0 and json.load(open(chain.path("one/console.json")))["console_url"] == URL, out)
    check("under the invitation's name, in its unit", names() == [("Ha Noi 1", "active")] and
          [a["name"] for u in admin.get("/units")["items"] for a in u["appliances"]] == ["Ha Noi 1"], names())
    rc, out = join("two", code)
    check("the code is used up", rc == 2, out)
    db = sqlite3.connect("file:%s?mode=ro" % chain.path("console/console.db"), uri=True)
    plain = [t for t, in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%' AND name NOT LIKE 'alert_text%'")]
    dump = "\n".join(repr(db.execute('SELECT * FROM "%s"' % t).fetchall()) for t in plain)
    db.close()
    check("the console keeps no secret", code not in dump and code.replace("-", "") not in dump)
    check("nor does its log", code_bytes not in open(chain.path("console.log"), "rb").read())

    # ---- mistakes
    number, code, _ = invite()
    bad = code[:13] + ("2" if code[13] != "2" else "3") + code[14:]
    rc, out = join("two", bad)
    check("the group that was misheard is named", rc == 2 and "group 3" in out, out)
    rc, out = join("two", code, "--console", "https://127.0.0.1:%d" % false.port)
    check("a false console gets nothing", rc == 2 and "NOT the console" in out, out)
    check("nobody asked there", "enrolments/join" not in open(false.path("console.log")).read() and
          sqlite3.connect("file:%s?mode=ro" % false.path("console/console.db"), uri=True).execute("SELECT count(*) FROM audit WHERE action LIKE 'invitation%'").fetchone() == (0,))
    rc, out = join("two", code, "--console", "https://127.0.0.1:1")
    check("nobody there", rc == 3, out)
    rc, out = join("one", code)
    check("it has a console already", rc == 2 and "--again" in out, out)
    rc, out = run("enrol", "--invitation", code, "--cosnole", URL, "-c", chain.path("two.conf"))
    check("a mistyped option", rc == 2 and "usage" in out, out)

    # ---- strangers fail, are slowed down, and keep nobody out
    def stranger():
        return Api(chain.port).call("POST", "/api/v1/enrolments/join", None, {"Content-Type": "application/vnd.gatehouse.join"})[0]
    import http.client
    import ssl
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

    def guess():
        c = http.client.HTTPSConnection("127.0.0.1", chain.port, context=context, timeout=30)
        c.request("POST", "/api/v1/enrolments/join", b"GHJOIN01" + os.urandom(300), {"Content-Type": "application/vnd.gatehouse.join"})
        status = c.getresponse().status
        c.close()
        return status
    chain.stop()
    chain.write("console.conf", open(CONF).read().replace("login_rate = 1000", "login_rate = 5"))
    chain.start_console()
    got = [guess() for _ in range(30)]
    check("strangers are refused, then slowed down", set(got) == {403, 429} and got[0] == 403 and got[-1] == 429, got)
    check("without a letter", stranger() in (400, 411, 415))
    rc, out = join("two", code)
    check("who is invited comes through all the same", rc == 4, out)
    check("the words of people still do", admin.call("GET", "/api/v1/session")[0] == 200)
    check("withdrawn", admin.call("DELETE", "/api/v1/enrolments/invitations/%d" % number)[0] == 204 and items()[number]["state"] == "withdrawn")
    rc, out = join("two", code)
    check("and then it is over", rc == 2 and "withdrawn" in out, out)
    check("not twice", admin.call("DELETE", "/api/v1/enrolments/invitations/%d" % number)[0] == 409)

    # ---- its time
    number, code, _ = invite(hours=1)
    join("two", code)
    db = sqlite3.connect(chain.path("console/console.db"), timeout=30)
    db.execute("UPDATE invitation SET until = 1 WHERE id = ?", (number,))
    db.commit()
    db.close()
    phrase = items()[number]["phrase"]
    check("expired", items()[number]["state"] == "expired" and approve(number, phrase) == 409 and join("two", code)[0] == 2)

    # ---- through a proxy, by the command line, waiting
    proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    box("three", "proxy = http://127.0.0.1:%d\n" % proxy.server_port)
    code, out = run("console", "invite", "--hours", "3", "--name", "Hue", "--url", URL, "-o", chain.path("inv.json"), "-c", CONF)
    check("the file is the officer's alone", code == 0 and os.stat(chain.path("inv.json")).st_mode & 0o777 == 0o600, out)
    text = [x.strip() for x in out.splitlines() if x.startswith("    ")][0]
    number = max(items())
    p = subprocess.Popen([GATEHOUSE, "enrol", "--invitation", text, "-c", chain.path("three.conf")], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    wait_for("it asks", 60, lambda: items()[number]["state"] == "waiting")
    code, out = run("console", "invite", "list", "-c", CONF)
    check("the list shows who waits", items()[number]["phrase"] in out and "three" in out, out)
    code, out = run("console", "invite", "approve", str(number), items()[number]["phrase"], "-c", CONF)
    check("approved at the machine", code == 0 and "Hue" in out, out)
    out, _ = p.communicate(timeout=60)
    check("who waits hears it", p.returncode == 0 and os.path.exists(chain.path("three/console.json")), out)
    check("all of it went through the proxy", len(Proxy.asked) >= 2 and set(Proxy.asked) == {"127.0.0.1:%d" % chain.port}, Proxy.asked)
    proxy.shutdown()
    box("three")

    # ---- retired, and invited anew
    code, out = run("console", "retire", json.load(open(chain.path("three/console.json")))["appliance"], "-c", CONF)
    check("retired", code == 0 and ("Hue", "retired") in names(), names())
    number, code, made = invite(name="Hue again")
    json.dump(made["file"], open(chain.path("again.json"), "w"))
    rc, out = join("three", chain.path("again.json"), "--again")
    check("it may ask again", rc == 4, out)
    approve(number, items()[number]["phrase"])
    rc, out = join("three", chain.path("again.json"), "--again")
    check("the same keys, active again", rc == 0 and ("Hue again", "active") in names() and os.path.exists(chain.path("three/console.json.before")), (out, names()))

    # ---- all of it on a stick
    run("keys", "generate", "-c", chain.path("four.conf"))
    number, code, made = invite(name="Sa Pa")
    json.dump(made["file"], open(chain.path("stick.json"), "w"))
    rc, out = run("enrol", "request", "-o", chain.path("r4.json"), "--invitation", code, "-c", chain.path("four.conf"))
    check("a code alone does not do for a stick", rc == 2 and "invite -o" in out, out)
    rc, out = run("enrol", "request", "-o", chain.path("r4.json"), "--invitation", chain.path("stick.json"), "-c", chain.path("four.conf"))
    check("a request with an invitation", rc == 0 and "invitation" in json.load(open(chain.path("r4.json"))), out)
    run("keys", "generate", "-c", chain.path("five.conf"))
    run("enrol", "request", "-o", chain.path("r5.json"), "-c", chain.path("five.conf"))
    stolen = {**json.load(open(chain.path("r5.json"))), "invitation": json.load(open(chain.path("r4.json")))["invitation"]}
    json.dump(stolen, open(chain.path("stolen.json"), "w"))
    rc, out = run("console", "enrol-approve", chain.path("stolen.json"), "-o", chain.path("a5.json"), "-c", CONF)
    check("another one's invitation does not fit", rc == 2 and "invitation" in out and not os.path.exists(chain.path("a5.json")), out)
    rc, out = run("console", "enrol-approve", chain.path("r4.json"), "-o", chain.path("a4.json"), "--url", URL, "-c", CONF)
    check("it comes in by the stick", rc == 0 and ("Sa Pa", "active") in names() and items()[number]["state"] == "approved", out)
    rc, out = run("console", "enrol-approve", chain.path("r4.json"), "-o", chain.path("a4b.json"), "-c", CONF)
    check("once", rc == 2, out)
    answer = json.load(open(chain.path("a4.json")))
    foreign = {**answer, "tls_pin_sha256": base64.b64encode(bytes(32)).decode()}
    json.dump(foreign, open(chain.path("foreign.json"), "w"))
    rc, out = run("enrol", "accept", chain.path("foreign.json"), "--invitation", chain.path("stick.json"), "-c", chain.path("four.conf"))
    check("an answer from elsewhere is not taken", rc == 2 and "not from the console" in out, out)
    rc, out = run("enrol", "accept", chain.path("a4.json"), "--invitation", chain.path("stick.json"), "-c", chain.path("four.conf"))
    check("the answer is taken", rc == 0, out)
    made["file"]["console"]["tls_pin_sha256"] = base64.b64encode(bytes(32)).decode()
    json.dump(made["file"], open(chain.path("changed.json"), "w"))
    rc, out = join("five", chain.path("changed.json"))
    check("a changed invitation is noticed", rc == 2 and "do not belong together" in out, out)
    code, out = run("console", "audit", "-c", CONF)
    check("the audit is whole", code == 0, out)
    db = sqlite3.connect("file:%s?mode=ro" % chain.path("console/console.db"), uri=True)
    actions = {a for a, in db.execute("SELECT action FROM audit")}
    check("and tells it all", {"invitation_made", "enrolment_asked", "invitation_used", "appliance_enrolled", "invitation_withdrawn", "invitation_refused"} <= actions, actions)
except AssertionError as e:
    check("invite", False, "%r\n%s" % (e, chain.logs()))
finally:
    chain.remove()
    false.remove()
report.end()
