# SPDX-License-Identifier: GPL-3.0-or-later
"""Events on their way outward: signed webhooks, syslog over TLS, files; what happens when receivers fail, refuse, are slow or not allowed."""
import hashlib
import hmac
import json
import os
import re
import subprocess
import sys
import time

from harness import ATTACKS, BUILD, Appliance, Client, Console, alert, check, end, equal
from receivers import Hook, Syslog, certificate
from schema import faults

if subprocess.run(["sh", "-c", "command -v openssl"], stdout=subprocess.DEVNULL).returncode:
    print("openssl is missing")
    sys.exit(77)


class Whole(Console):
    """The console with the processes beside it, as 'gatehouse console' runs it."""

    def start(self):
        real = subprocess.Popen

        def started(command, **more):
            return real([os.path.join(BUILD, "gatehouse"), "console"] + command[1:], **more)
        subprocess.Popen = started
        try:
            super().start()
        finally:
            subprocess.Popen = real


console = Whole("console.output_nets=127.0.0.1", "console.login_rate=1000")
admin = console.administrator()
analyst = console.user("analyst", "analyst")
crt, key = certificate(console.dir)
CA = open(crt).read()
box = Appliance(console)
api = Client(console).get("/api/v1/openapi.json").json()
flow = 0


def send(*records):
    global flow
    done = []
    for r in records:
        flow += 1
        done.append(r(flow) if callable(r) else r)
    equal("the batch is taken", box.send(done).status, 200)


def wait(what, fn, seconds=60):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if fn():
            return True
        time.sleep(0.1)
    return check(what, False, json.dumps(admin.get("/api/v1/outputs").json().get("items"), ensure_ascii=False)[:1500])


def add(name, **more):
    a = admin.post("/api/v1/outputs", dict({"name": name, "kind": "webhook", "format": "eve", "source": "alerts"}, **more))
    equal("output %s is made" % name, a.status, 201)
    return a.json()


def row(name):
    return next(o for o in admin.get("/api/v1/outputs").json()["items"] if o["name"] == name)


def remove(name):
    equal("removed", admin.delete("/api/v1/outputs/%d" % row(name)["id"]).status, 204)


def one(n, **more):
    return alert(n, flow_id=7000 + n, **more)


def test_rights_and_fields():
    equal("an analyst has no business here", analyst.get("/api/v1/outputs").status, 403)
    good = {"name": "x", "kind": "webhook", "format": "eve", "source": "alerts", "target": "https://a.example/"}
    for change, what in (({"target": "http://a.example/"}, "http"), ({"target": "file:///etc/passwd"}, "file"), ({"target": "https://a b/"}, "blank"),
                         ({"target": "https://a\r\nX: y/"}, "line end"), ({"kind": "pigeon"}, "kind"), ({"format": "x"}, "format"), ({"name": "../x"}, "name"),
                         ({"name": ""}, "no name"), ({"query": "level>="}, "query"), ({"query": "nothing:x"}, "unknown field"), ({"secret": "x"}, "secret"),
                         ({"kind": "syslog", "target": "a.example"}, "no port"), ({"kind": "file", "target": "../../x"}, "a path"),
                         ({"enabled": 1}, "enabled"), ({"ca": "x"}, "no certificate"), ({"auth": "md5"}, "auth")):
        equal("refused: " + what, admin.post("/api/v1/outputs", dict(good, **change)).status, 400)
    equal("none is there", admin.get("/api/v1/outputs").json()["items"], [])
    equal("no such", admin.post("/api/v1/outputs/99", {}).status, 404)


def test_webhook():
    hook = Hook(crt, key)
    made = add("hook", target="https://127.0.0.1:%d/in?x=1" % hook.port, auth="hmac-sha256", ca=CA, query="severity<=2")
    secret = made["secret"]
    check("the secret is shown once", re.fullmatch("[0-9a-f]{64}", secret) and secret not in admin.get("/api/v1/outputs").body.decode())
    stored = console.sql("SELECT lower(hex(sealed)) FROM output_secret")[0][0]
    check("the database holds no secret", stored and secret not in stored)
    equal("as described", faults(api, api["components"]["schemas"]["Output"], row("hook")), [])
    a = admin.post("/api/v1/outputs/%d/test" % made["output"]["id"], {})
    equal("the trial", (a.json(), len(hook.taken())), ({"ok": True, "reason": None}, 1))
    send(lambda n: one(n, severity=1), lambda n: one(n, severity=4), lambda n: one(n, severity=2))
    wait("both come", lambda: len(hook.taken()) >= 2)
    status, headers, body = hook.taken()[-1]
    events = [e for t in hook.taken()[1:] for e in json.loads(t[2])]
    equal("what fits the filter, in order", [e["alert"]["severity"] for e in events], [1, 2])
    equal("who reported it", events[0]["gatehouse_console"]["appliance"], "ha-noi-1")
    want = hmac.new(bytes.fromhex(secret), headers["Gatehouse-Timestamp"].encode() + b"." + body, hashlib.sha256).hexdigest()
    equal("signed", headers["Gatehouse-Signature"], "hmac-sha256=" + want)
    check("of now", abs(int(headers["Gatehouse-Timestamp"]) - time.time()) < 300)
    wait("counted", lambda: row("hook")["sent"] == 2)
    a = admin.post("/api/v1/outputs/%d/secret" % made["output"]["id"], {})
    check("another secret", a.json()["secret"] not in (None, secret))
    remove("hook")
    hook.close()


def test_ed25519():
    hook = Hook(crt, key)
    made = add("sign", target="https://127.0.0.1:%d/" % hook.port, auth="ed25519", ca=CA)
    equal("nothing to keep secret", made["secret"], None)
    send(lambda n: one(n))
    wait("it comes", lambda: hook.taken())
    status, headers, body = hook.taken()[0]
    message, sig = os.path.join(console.dir, "message"), os.path.join(console.dir, "sig")
    import base64
    open(message, "wb").write(headers["Gatehouse-Timestamp"].encode() + b"." + body)
    open(sig, "wb").write(base64.b64decode(headers["Gatehouse-Signature"].split("=", 1)[1]))
    public = os.path.join(console.dir, "public.der")
    open(public, "wb").write(bytes.fromhex("302a300506032b6570032100" + made["output"]["public_key"]))
    p = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", public, "-keyform", "DER", "-rawin", "-in", message, "-sigfile", sig],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    check("OpenSSL verifies it", p.returncode == 0, p.stdout)
    remove("sign")
    hook.close()


def test_failures():
    """503, then a redirect, then good: nothing is lost or doubled, and the order stays. One that is refused for good is counted and shown."""
    hook = Hook(crt, key, [503, 302, 200])
    add("retry", target="https://127.0.0.1:%d/" % hook.port, ca=CA)
    for _ in range(3):
        send(lambda n: one(n), lambda n: one(n))
    wait("all come", lambda: sum(len(json.loads(t[2])) for t in hook.taken()) == 6, 90)
    runs = [e["flow_id"] for t in hook.taken() for e in json.loads(t[2])]
    equal("in order, once", runs, sorted(set(runs)))
    check("redirects are not followed", len(hook.got) == len(hook.taken()) + 2)
    wait("counted", lambda: row("retry")["failed"] == 2 and row("retry")["sent"] == 6)
    remove("retry")
    hook.close()

    poison = b"POISON"
    hook = Hook(crt, key, [lambda body: 422 if poison in body else 200])
    add("picky", target="https://127.0.0.1:%d/" % hook.port, ca=CA)
    send(lambda n: one(n), lambda n: one(n, text="POISON"), lambda n: one(n))
    wait("the others come", lambda: sum(len(json.loads(t[2])) for t in hook.taken()) == 2)
    wait("one is refused", lambda: row("picky")["refused"] == 1 and row("picky")["behind"] == 0)
    refused = admin.get("/api/v1/outputs/%d/refused" % row("picky")["id"]).json()
    equal("and shown", [(r["reason"]) for r in refused["items"]], ["it answered 422"])
    equal("cleared", admin.post("/api/v1/outputs/%d/refused/clear" % row("picky")["id"], {}).status, 200)
    equal("it is empty", admin.get("/api/v1/outputs/%d/refused" % row("picky")["id"]).json()["items"], [])
    check("metrics", console.metric('gatehouse_output_refused_total{output="picky"}') == 1)
    remove("picky")
    hook.close()


def reason_of(target, **more):
    made = add("try", target=target, **more)
    a = admin.post("/api/v1/outputs/%d/test" % made["output"]["id"], {}).json()
    remove("try")
    return a["ok"], a["reason"] or ""


def test_ssrf():
    """Only what the configuration names is connected, whatever a name leads to; and only what is who it says."""
    hook = Hook(crt, key)
    for target, words in (("https://127.0.0.2:%d/" % hook.port, "loopback"), ("https://[::1]:%d/" % hook.port, "loopback"), ("https://10.1.2.3/", "private"),
                          ("https://169.254.169.254/latest/meta-data/", "link-local"), ("https://[::ffff:10.0.0.1]/", "private"), ("https://0.0.0.0/", "unspecified"),
                          ("https://[64:ff9b::a00:1]/", "private"), ("https://0177.0.0.2/", "loopback"), ("https://2130706434/", "loopback"),
                          ("https://user:pw@127.0.0.1:%d/" % hook.port, "name and password")):
        ok, reason = reason_of(target, ca=CA)
        check("not sent: " + target, not ok and words in reason, reason)
    ok, reason = reason_of("https://127.0.0.1:%d/" % hook.port)
    check("an authority that nobody vouches for", not ok and "certificate" in reason.lower(), reason)
    equal("nothing was sent", len(hook.got), 0)
    ok, reason = reason_of("https://localhost:%d/" % hook.port, ca=CA)
    check("a name that leads to an allowed address", ok, reason)
    hook.close()


def test_syslog():
    server = Syslog(crt, key)
    for format in ("cef", "ecs", "ocsf", "eve"):
        add("log-" + format, kind="syslog", format=format, target="127.0.0.1:%d" % server.port, ca=CA)
    send(*[lambda n, t=t: one(n, text=t) for t in ATTACKS])
    wait("all come", lambda: len(server.messages) >= 4 * len(ATTACKS))
    equal("each in its frame", (len(server.messages), server.errors), (4 * len(ATTACKS), []))
    for m in server.messages:
        text = m.decode("utf-8")
        check("one line", not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029]", text) if "CEF" in text else not re.search("[\x00-\x1f]", text), repr(text))
        check("the head", re.match(r"<\d+>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00 ha-noi-1 gatehouse - alert \[origin software=\"gatehouse\" swVersion=\"[^\"]+\"\] .", text), text[:200])
        if "CEF:0" not in text:
            json.loads(text[text.index("] {") + 2:])
    equal("one connection each", server.connections, 4)
    server.drop()
    before = len(server.messages)
    send(lambda n: one(n, text="after the drop"))
    wait("after a lost connection all come again", lambda: sum(b"after the drop" in m for m in server.messages[before:]) >= 4, 90)
    for format in ("cef", "ecs", "ocsf", "eve"):
        remove("log-" + format)
    server.close()


def test_file():
    add("archive", kind="file", format="ecs", source="events", target="archive", query="")
    send(lambda n: one(n, text="line\nend"), ("dns", 9001, 0, {"src_ip": "10.0.0.1", "dns": {"rrname": "a.example"}}))
    path = os.path.join(console.state, "outputs", "archive.log")
    wait("both are in it", lambda: os.path.exists(path) and len(open(path).readlines()) == 2)
    lines = [json.loads(line) for line in open(path)]
    equal("kinds", sorted(e["event"]["kind"] for e in lines), ["alert", "event"])
    a = admin.post("/api/v1/outputs/%d" % row("archive")["id"], {"enabled": False})
    equal("switched off", (a.status, a.json()["output"]["enabled"]), (200, False))
    send(lambda n: one(n))
    time.sleep(1.5)
    equal("nothing more", len(open(path).readlines()), 2)
    admin.post("/api/v1/outputs/%d" % row("archive")["id"], {"enabled": True})
    wait("what came meanwhile", lambda: len(open(path).readlines()) == 3)


def test_restart():
    """Killed and started again: it goes on where it was."""
    path = os.path.join(console.state, "outputs", "archive.log")
    before = len(open(path).readlines())
    console.stop()
    console.start()
    admin.post("/api/v1/session", {"name": "lan", "password": __import__("harness").PASSWORD})
    send(lambda n: one(n))
    wait("it goes on", lambda: len(open(path).readlines()) == before + 1)
    actions = [i["action"] for i in admin.get("/api/v1/audit?limit=200").json()["items"]]
    for action in ("output_added", "output_changed", "output_removed", "output_secret_renewed"):
        check("audit: " + action, action in actions)


test_rights_and_fields()
test_webhook()
test_ed25519()
test_failures()
test_ssrf()
test_syslog()
test_file()
test_restart()
console.close()
end()
