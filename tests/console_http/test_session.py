# SPDX-License-Identifier: GPL-3.0-or-later
"""One-time links, signing in and out, throttling, roles, time limits."""
import concurrent.futures
import os
import time

from harness import PASSWORD, Client, Console, check, end, equal

console = Console("console.login_rate=5", "console.session_idle=60s", "console.session_max=120s")


def test_invite():
    c = Client(console)
    equal("set-up is asked for", c.get("/api/v1/session").json()["setup"], True)
    a = c.post("/api/v1/invite/check", {"token": console.invite})
    equal("link is good", (a.status, a.json().get("roles"), a.json().get("name")), (200, ["administrator"], None))
    equal("wrong link", (lambda x: (x.status, x.code()))(c.post("/api/v1/invite/check", {"token": "0" * 64})), (410, "link_used"))
    for name, password, code in (("x", PASSWORD, "bad_name"), ("a b", PASSWORD, "bad_name"), ("<b>lan", PASSWORD, "bad_name"),
                                 ("lan", "short", "weak_password"), ("lan", "aaaaaaaaaaaaaaaa", "weak_password"),
                                 ("lan", "Administrator", "weak_password"), ("lanlanlanlan", "lanlanlanlan", "weak_password"),
                                 ("lan", "x" * 300, "weak_password")):
        a = c.post("/api/v1/invite", {"token": console.invite, "name": name, "password": password})
        equal("%s %s" % (name, password), (a.status, a.code()), (422, code))
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda i: Client(console).post(
            "/api/v1/invite", {"token": console.invite, "name": "lan%d" % i, "password": PASSWORD}), range(4)))
    equal("of four at once one gets it", sorted(a.status for a in answers), [201, 410, 410, 410])
    winner = answers.index(next(a for a in answers if a.status == 201))
    open(os.path.join(console.dir, "admin"), "w").close()
    equal("nothing more to set up", c.get("/api/v1/session").json()["setup"], False)
    set_cookie = answers[winner].headers["Set-Cookie"]
    for part in ("__Host-gatehouse=", "; Path=/", "; Secure", "; HttpOnly", "; SameSite=Strict"):
        check("cookie has " + part, part in set_cookie, set_cookie)
    check("cookie has no Domain", "Domain" not in set_cookie)
    return "lan%d" % winner


def test_sign_in(name):
    c = Client(console)
    a = c.post("/api/v1/session", {"name": name, "password": PASSWORD})
    equal("signs in", (a.status, a.json()["user"]["name"], a.json()["user"]["roles"]), (200, name, ["administrator"]))
    check("and is told what it may", "PEOPLE" in a.json()["user"]["rights"] and "APPROVE" not in a.json()["user"]["rights"])
    first = c.cookie
    a = c.post("/api/v1/session", {"name": name.upper(), "password": PASSWORD})
    equal("letter case of the name does not matter", a.status, 200)
    check("the token rotates", c.cookie != first)
    old = Client(console)
    old.cookie = first
    equal("the old session is over", old.get("/api/v1/alerts").status, 401)
    equal("the new one lives", c.get("/api/v1/alerts").status, 200)
    for cookie in (c.cookie.upper(), c.cookie[:-1], c.cookie + "0", "", "%00", c.cookie + "; __Host-gatehouse=" + c.cookie):
        x = Client(console)
        equal("cookie %r" % cookie[-20:], x.get("/api/v1/alerts", Cookie="__Host-gatehouse=" + cookie).status, 401)
    stored = [bytes.fromhex(r[0]) for r in console.sql("SELECT hex(token) FROM session")]
    check("the database holds no token", bytes.fromhex(c.cookie) not in stored and all(len(t) == 32 for t in stored))
    equal("signs out", c.delete("/api/v1/session").status, 204)
    equal("the cookie is cleared", c.cookie, None)
    equal("and is no session", Client(console).get("/api/v1/alerts").status, 401)


def test_password(name):
    c, other = Client(console), Client(console)
    for x in (c, other):
        x.post("/api/v1/session", {"name": name, "password": PASSWORD})
    equal("weak", c.post("/api/v1/session/password", {"old": PASSWORD, "new": "short"}).status, 422)
    equal("changed", c.post("/api/v1/session/password", {"old": PASSWORD, "new": PASSWORD + "2"}).status, 204)
    equal("this session stays", c.get("/api/v1/alerts").status, 200)
    equal("others end", other.get("/api/v1/alerts").status, 401)
    equal("wrong old one", c.post("/api/v1/session/password", {"old": PASSWORD, "new": PASSWORD}).status, 401)
    code, out, err = console.command("link", "--user", name)
    token = out.strip().split("#invite=")[1]
    a = c.post("/api/v1/invite/check", {"token": token})
    equal("a link for a forgotten password names the user", a.json().get("name"), name)
    equal("and sets it", c.post("/api/v1/invite", {"token": token, "password": PASSWORD}).status, 201)


def test_roles(name):
    admin = Client(console)
    admin.post("/api/v1/session", {"name": name, "password": PASSWORD})
    reader, officer = console.user("doc-gia", "viewer"), console.user("can-bo", "analyst")
    for who, role, want in ((reader, "viewer", (200, 403, 403, 403)), (officer, "analyst", (200, 404, 403, 403)),
                            (admin, "administrator", (200, 404, 200, 200))):
        got = (who.get("/api/v1/alerts").status, who.post("/api/v1/alerts/1/actions", {"action": "acknowledge"}).status,
               who.get("/api/v1/users").status, who.get("/api/v1/audit").status)
        equal(role, got, want)
    a = admin.get("/api/v1/users").json()["items"]
    equal("three people", sorted((u["name"], u["roles"]) for u in a),
          [("can-bo", ["analyst"]), ("doc-gia", ["viewer"]), (name, ["administrator"])])
    check("no hash leaves", "argon2" not in admin.get("/api/v1/users").body.decode())
    code, out, err = console.command("link", "--role", "viewer")
    taken = Client(console).post("/api/v1/invite", {"token": out.strip().split("#invite=")[1], "name": "CAN-BO", "password": PASSWORD})
    equal("a name is taken", (taken.status, taken.code()), (409, "name_taken"))


def test_throttle(name):
    c = Client(console, "127.0.0.2")
    # together, so that a slow machine does not give the bucket time to fill again
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        codes = list(pool.map(lambda _: Client(console, "127.0.0.2").post("/api/v1/session", {"name": name, "password": "wrong"}).status, range(24)))
    check("a few are answered, then it slows down", 1 <= codes.count(401) <= 10 and codes.count(429) >= 10, codes)
    a = c.post("/api/v1/session", {"name": name, "password": PASSWORD})
    equal("also for the right password", (a.status, a.code()), (429, "slow_down"))
    check("Retry-After", int(a.headers["Retry-After"]) >= 1 and a.json()["retry_after"] >= 1)
    equal("other addresses go on", Client(console).post("/api/v1/session", {"name": name, "password": PASSWORD}).status, 200)
    # many at once gain nothing
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        codes = list(pool.map(lambda i: Client(console, "127.0.0.3").post(
            "/api/v1/session", {"name": "nobody%d" % i, "password": "x"}).status, range(40)))
    check("a storm gets few tries", codes.count(401) <= 7 and codes.count(429) >= 30, codes)
    time.sleep(2)
    a = c.post("/api/v1/session", {"name": name, "password": "wrong"})
    check("the wait grows", a.status == 401 or a.json()["retry_after"] >= 1, a.body)
    a = c.post("/api/v1/session", {"name": name, "password": "wrong"})
    check("to more than a second", a.status == 429 and a.json()["retry_after"] >= 2, a.body)
    failures = [r[0] for r in console.sql("SELECT object FROM audit WHERE action = 'sign_in_failed'")]
    check("failures are in the audit, without what was typed as unknown name", failures and "nobody1" not in failures, failures)


def test_times(name):
    c = Client(console)
    c.post("/api/v1/session", {"name": name, "password": PASSWORD})
    for column, back in (("seen", 61), ("created", 121)):
        console.sql("UPDATE session SET %s = %s - %d" % (column, column, back * 1000000))
        equal("over by " + column, c.get("/api/v1/alerts").status, 401)
        c.post("/api/v1/session", {"name": name, "password": PASSWORD})
        equal("a new one", c.get("/api/v1/alerts").status, 200)


who = test_invite()
test_sign_in(who)
test_password(who)
test_roles(who)
test_throttle(who)
test_times(who)
equal("the audit is whole", console.command("audit")[0], 0)
console.close()
end()
