# SPDX-License-Identifier: GPL-3.0-or-later
"""People, units, links, sessions, second factors, tokens, lock-out, and content that two persons open."""
import base64
import json
import time

import harness as h
import totp
from harness import DATABASES, Client, PASSWORD, check, equal


def stored():
    """Every byte of the database's files; a server's are its own."""
    return b"" if DATABASES else b"".join(open(console.state + name, "rb").read() for name in ("/console.db", "/console.db-wal"))


console = h.Console("console.second_factor=approver", "console.login_rate=1000")
lan = console.administrator()
north, south = h.Appliance(console, "north-1"), h.Appliance(console, "south-1")
for n, box in ((1, north), (2, south)):
    box.send([h.alert(n, filename="Zulu9.docx", event={"capture_file": None})])
ALL = {"vn": "tuyet_mat", "other": "top_secret"}
LOW = {"vn": "mat", "other": "none"}


def user(name):
    return next(u for u in lan.get("/api/v1/users").json()["items"] if u["name"] == name)


def join(name, roles, units="all", clearance=ALL):
    a = lan.post("/api/v1/invites", {"roles": roles, "units": units, "clearance": clearance})
    equal("a link for %s" % name, a.status, 200)
    c = Client(console)
    a = c.post("/api/v1/invite", {"token": a.json()["token"], "name": name, "password": PASSWORD})
    equal("%s comes in" % name, a.status, 201)
    return c


def bearer(token):
    c = Client(console)
    return lambda method, path, body=None, **more: c.request(method, path, body, {"Authorization": "Bearer " + token, "Origin": None, **more})


# ---- units and people
boxes = {a["name"]: a["id"] for a in lan.get("/api/v1/appliances").json()["items"]}
a = lan.post("/api/v1/units", {"name": "Miền Bắc", "appliances": [boxes["north-1"]]})
equal("a unit", (a.status, a.json()["name"], [x["name"] for x in a.json()["appliances"]]), (200, "Miền Bắc", ["north-1"]))
unit = a.json()["id"]
equal("its name is taken", lan.post("/api/v1/units", {"name": "Miền Bắc"}).code(), "name_taken")
for bad in ({"name": ""}, {"name": "  "}, {"name": 1}, {"name": "x" * 65}, {"name": "x", "appliances": ["ab"]}, {"name": "x", "appliances": "all"},
            {"name": "x", "appliances": ["0" * 32]}, {"nam": "x"}, {"name": "a\u0000b"}):
    equal("no unit of %s" % bad, lan.post("/api/v1/units", bad).code(), "bad_field")
for bad in ({}, {"roles": [], "units": "all", "clearance": ALL}, {"roles": ["king"], "units": "all", "clearance": ALL},
            {"roles": "analyst", "units": "all", "clearance": ALL}, {"roles": ["analyst"], "units": [99], "clearance": ALL},
            {"roles": ["analyst"], "units": "some", "clearance": ALL}, {"roles": ["analyst"], "units": "all", "clearance": {"vn": "secret", "other": "none"}},
            {"roles": ["analyst"], "units": "all", "clearance": {"vn": "mat"}}, {"roles": ["analyst"], "units": [1.5], "clearance": ALL}):
    equal("no link of %s" % bad, lan.post("/api/v1/invites", bad).code(), "bad_field")
minh = join("minh", ["analyst"], [unit], LOW)
u = user("minh")
equal("what the link said holds", (u["roles"], [x["id"] for x in u["units"]], u["clearance"]), (["analyst"], [unit], LOW))
rows = minh.get("/api/v1/alerts").json()["items"]
equal("in scope, beyond the clearance", [(r["appliance"]["name"], r["redacted"]) for r in rows], [("north-1", True)])
alert = rows[0]["id"]
equal("a change is seen at once", lan.post("/api/v1/users/%d" % u["id"], {"clearance": ALL, "units": "all"}).status, 200)
equal("so it is", [r["redacted"] for r in minh.get("/api/v1/alerts").json()["items"]], [False, False])
lan.post("/api/v1/users/%d" % u["id"], {"clearance": LOW, "units": [unit]})
equal("nobody else", minh.post("/api/v1/users/%d" % u["id"], {"clearance": ALL}).code(), "role")
equal("no such person", lan.post("/api/v1/users/999", {"disabled": True}).status, 404)
me = user("lan")
for change in ({"disabled": True}, {"roles": ["viewer"]}):
    equal("the last administrator stays: %s" % change, lan.post("/api/v1/users/%d" % me["id"], change).code(), "last_administrator")
hoa = join("hoa", ["administrator"])
equal("with another one it goes", lan.post("/api/v1/users/%d" % user("hoa")["id"], {"roles": ["administrator", "auditor"]}).status, 200)
equal("disabled is out at once", (lan.post("/api/v1/users/%d" % user("hoa")["id"], {"disabled": True}).status, hoa.get("/api/v1/alerts").status), (200, 401))
equal("and cannot come in", Client(console).post("/api/v1/session", {"name": "hoa", "password": PASSWORD}).code(), "bad_credentials")
lan.post("/api/v1/users/%d" % user("hoa")["id"], {"disabled": False})
a = Client(console).post("/api/v1/session", {"name": "hoa", "password": PASSWORD})
equal("enabled again", a.status, 200)
# one key, one unit
key = {"Idempotency-Key": "unit-key-1"}
first, again = lan.post("/api/v1/units", {"name": "South"}, key), lan.post("/api/v1/units", {"name": "South"}, key)
equal("repeated, not done twice", (again.status, again.headers.get("Idempotent-Replayed"), again.json()), (200, "true", first.json()))
first = lan.post("/api/v1/invites", {"roles": ["viewer"], "units": "all", "clearance": LOW}, {"Idempotency-Key": "link-key-1"})
again = lan.post("/api/v1/invites", {"roles": ["viewer"], "units": "all", "clearance": LOW}, {"Idempotency-Key": "link-key-1"})
equal("a secret is not kept for the repetition", (bool(first.json()["token"]), again.json()["token"]), (True, None))
check("nor in the database", first.json()["token"].encode() not in stored())
south = first.json()["id"] if "id" in first.json() else next(x["id"] for x in lan.get("/api/v1/units").json()["items"] if x["name"] == "South")
equal("another name", lan.post("/api/v1/units/%d" % south, {"name": "Far South"}).status, 200)
equal("and back", lan.post("/api/v1/units/%d" % south, {"name": "South"}).status, 200)
equal("a unit goes", lan.delete("/api/v1/units/%d" % next(x["id"] for x in lan.get("/api/v1/units").json()["items"] if x["name"] == "South")).status, 204)

# ---- sessions
other = Client(console)
other.post("/api/v1/session", {"name": "minh", "password": PASSWORD})
mine = minh.get("/api/v1/sessions").json()["items"]
equal("two sessions, one is this one", (len(mine), sum(x["current"] for x in mine)), (2, 1))
equal("not those of others", minh.delete("/api/v1/sessions/%d" % lan.get("/api/v1/sessions").json()["items"][0]["id"]).status, 404)
equal("the other one ends", minh.delete("/api/v1/sessions/%d" % next(x["id"] for x in mine if not x["current"])).status, 204)
equal("so it has", (other.get("/api/v1/alerts").status, minh.get("/api/v1/alerts").status), (401, 200))
equal("an administrator sees them", len(lan.get("/api/v1/users/%d/sessions" % u["id"]).json()["items"]), 1)
equal("and ends them", (lan.delete("/api/v1/users/%d/sessions" % u["id"]).status, minh.get("/api/v1/alerts").status), (204, 401))
minh.post("/api/v1/session", {"name": "minh", "password": PASSWORD})

# ---- the second factor
binh = join("binh", ["approver", "analyst"])
equal("who owes one can do nothing else", binh.get("/api/v1/alerts").code(), "second_factor")
s = binh.get("/api/v1/session").json()["user"]
equal("and is told", (s["second_factor_owed"], s["rights"]), (True, []))
equal("no token either", binh.post("/api/v1/tokens", {"name": "x", "rights": ["SEE"], "units": "all", "days": 1}).code(), "second_factor")
equal("the password is asked for again", binh.post("/api/v1/session/second-factor", {"password": "wrong wrong wrong"}).code(), "bad_credentials")
secret = binh.post("/api/v1/session/second-factor", {"password": PASSWORD}).json()["secret"]
equal("a wrong code", binh.post("/api/v1/session/second-factor/confirm", {"code": "000000" if totp.code(secret) != "000000" else "111111"}).code(), "bad_code")
used = totp.code(secret)
a = binh.post("/api/v1/session/second-factor/confirm", {"code": used})
equal("the first code", (a.status, len(a.json().get("recovery_codes", []))), (200, 10))
recovery = a.json()["recovery_codes"]
equal("now all is open", binh.get("/api/v1/alerts").status, 200)
c = Client(console)
equal("the password alone is not enough", c.post("/api/v1/session", {"name": "binh", "password": PASSWORD}).code(), "code_needed")
check("and opens nothing", c.cookie is None)
equal("a used code is refused", c.post("/api/v1/session", {"name": "binh", "password": PASSWORD, "code": used}).code(), "bad_code")
equal("a wrong password with a right code says nothing of the code", c.post("/api/v1/session", {"name": "binh", "password": "x" * 12, "code": totp.code(secret, 1)}).code(), "bad_credentials")
equal("the next code opens", c.post("/api/v1/session", {"name": "binh", "password": PASSWORD, "code": totp.code(secret, 1)}).status, 200)
c = Client(console)
equal("a recovery code does, however it is typed", c.post("/api/v1/session", {"name": "binh", "password": PASSWORD, "code": recovery[0].upper().replace("-", " ")}).status, 200)
equal("once", Client(console).post("/api/v1/session", {"name": "binh", "password": PASSWORD, "code": recovery[0]}).code(), "bad_code")
equal("another's does not", Client(console).post("/api/v1/session", {"name": "binh", "password": PASSWORD, "code": "abcd-efgh-jkm"}).code(), "bad_code")
equal("the role keeps it", binh.post("/api/v1/session/second-factor/remove", {"password": PASSWORD, "code": recovery[1]}).code(), "second_state")
a = binh.post("/api/v1/session/recovery-codes", {"password": PASSWORD, "code": recovery[2]})
equal("new recovery codes", len(a.json().get("recovery_codes", [])), 10)
equal("the old ones are gone", Client(console).post("/api/v1/session", {"name": "binh", "password": PASSWORD, "code": recovery[3]}).code(), "bad_code")
raw = stored()
check("the database has neither secret nor codes", base64.b32decode(secret + "=" * (-len(secret) % 8)) not in raw and recovery[5].encode() not in raw)
token = lan.post("/api/v1/users/%d/link" % user("binh")["id"], {}).json()["token"]
c = Client(console)
a = c.post("/api/v1/invite", {"token": token, "password": PASSWORD + " mới"})
equal("a link for a new password does not go around it", (a.status, a.json()["signed_in"], c.cookie), (201, False, None))
equal("nor does the new password", Client(console).post("/api/v1/session", {"name": "binh", "password": PASSWORD + " mới"}).code(), "code_needed")
equal("an administrator resets it", lan.post("/api/v1/users/%d" % user("binh")["id"], {"reset_second_factor": True}).status, 200)
binh = Client(console)
binh.post("/api/v1/session", {"name": "binh", "password": PASSWORD + " mới"})
equal("then it is owed again", binh.get("/api/v1/alerts").code(), "second_factor")
secret = binh.post("/api/v1/session/second-factor", {"password": PASSWORD + " mới"}).json()["secret"]
equal("and set", binh.post("/api/v1/session/second-factor/confirm", {"code": totp.code(secret)}).status, 200)

# ---- opening content
path = "/api/v1/alerts/%d" % alert
check("it is withheld", "Zulu9" not in minh.get(path).body.decode())
for bad in ({"reason": "", "minutes": 60}, {"reason": "x", "minutes": 1}, {"reason": "x", "minutes": 481}, {"reason": "x"}, {"minutes": 60}):
    equal("no question of %s" % bad, minh.post(path + "/unlock", bad).code(), "bad_field")
a = minh.post(path + "/unlock", {"reason": "case 7 <b>", "minutes": 60})
equal("asked", (a.status, a.json()["unlock"]["state"]), (200, "asked"))
question = a.json()["unlock"]["id"]
equal("not twice", minh.post(path + "/unlock", {"reason": "again", "minutes": 60}).code(), "unlock_state")
equal("an alert out of scope is not there", minh.post("/api/v1/alerts/%d/unlock" % (alert + 1), {"reason": "x", "minutes": 60}).status, 404)
equal("who sees it already", lan.post(path + "/unlock", {"reason": "x", "minutes": 60}).code(), "unlock_state")
equal("an administrator does not decide", lan.post("/api/v1/unlocks/%d" % question, {"decision": "grant"}).code(), "role")
lan.post("/api/v1/users/%d" % u["id"], {"roles": ["analyst", "approver"]})
minh.post("/api/v1/session", {"name": "minh", "password": PASSWORD})
ms = minh.post("/api/v1/session/second-factor", {"password": PASSWORD}).json()["secret"]
minh.post("/api/v1/session/second-factor/confirm", {"code": totp.code(ms)})
equal("nor who asked", minh.post("/api/v1/unlocks/%d" % question, {"decision": "grant"}).code(), "own_question")
lan.post("/api/v1/users/%d" % user("binh")["id"], {"clearance": LOW})
equal("nor who is not cleared himself", binh.post("/api/v1/unlocks/%d" % question, {"decision": "grant"}).code(), "clearance")
lan.post("/api/v1/users/%d" % user("binh")["id"], {"clearance": ALL})
equal("it waits", [x["id"] for x in binh.get("/api/v1/unlocks").json()["items"] if x["state"] == "asked"], [question])
equal("granted", binh.post("/api/v1/unlocks/%d" % question, {"decision": "grant"}).status, 200)
a = minh.get(path)
check("now it is open", "Zulu9" in a.body.decode() and a.json()["unlock"]["state"] == "granted")
check("on its page only", "Zulu9" not in minh.get("/api/v1/alerts").body.decode() and "Zulu9" not in minh.get("/api/v1/events").body.decode())
equal("decided once", binh.post("/api/v1/unlocks/%d" % question, {"decision": "refuse"}).status, 404)
actions = [x["action"] for x in lan.get("/api/v1/audit?limit=200").json()["items"]]
for action in ("unlock_asked", "unlock_granted", "content_viewed", "user_changed", "unit_added", "unit_removed", "link_made", "second_factor_set",
               "second_factor_reset", "recovery_code_used", "recovery_codes_made", "session_ended", "sessions_ended", "password_reset"):
    check("%s is in the audit" % action, action in actions)
views = actions.count("content_viewed")
minh.get(path)
equal("every view is", [x["action"] for x in lan.get("/api/v1/audit?limit=200").json()["items"]].count("content_viewed"), views + 1)

# ---- tokens
for bad in ({"name": "x", "rights": ["PEOPLE"], "units": "all", "days": 1}, {"name": "x", "rights": ["SELF"], "units": "all", "days": 1},
            {"name": "x", "rights": ["APPROVE"], "units": "all", "days": 1}, {"name": "x", "rights": ["FLEET"], "units": "all", "days": 1},
            {"name": "x", "rights": [], "units": "all", "days": 1}, {"name": "x", "rights": ["SEE"], "units": "all", "days": 731},
            {"name": "", "rights": ["SEE"], "units": "all", "days": 1}, {"name": "x", "rights": ["SEE"], "days": 1}):
    equal("no token of %s" % bad, binh.post("/api/v1/tokens", bad).code(), "bad_field")
t = lan.post("/api/v1/tokens", {"name": "SIEM", "rights": ["SEE"], "units": [unit], "days": 1}).json()
siem = bearer(t["token"])
equal("it sees its units", [r["appliance"]["name"] for r in siem("GET", "/api/v1/alerts").json()["items"]], ["north-1"])
equal("it does not act", siem("POST", path + "/actions", {"action": "acknowledge"}).code(), "scope")
for method, place in (("GET", "/api/v1/sessions"), ("GET", "/api/v1/users"), ("POST", "/api/v1/tokens"), ("DELETE", "/api/v1/session"), ("GET", "/api/v1/tokens"),
                      ("POST", "/api/v1/session/password"), ("POST", "/api/v1/invites"), ("GET", "/api/v1/audit")):
    equal("a token at %s %s" % (method, place), siem(method, place, {} if method == "POST" else None).code(), "scope")
equal("its session is none", siem("GET", "/api/v1/session").json()["signed_in"], False)
for bad in ("", "ght_", "ght_" + "0" * 64, t["token"][:-1], t["token"] + "0", t["token"][4:], t["token"].upper()):
    equal("no token: %r" % bad, bearer(bad)("GET", "/api/v1/alerts").status, 401)
equal("not as a cookie", Client(console).get("/api/v1/alerts", Cookie="__Host-gatehouse=" + t["token"][4:]).status, 401)
equal("nor a cookie as a token", bearer("ght_" + lan.cookie)("GET", "/api/v1/alerts").status, 401)
equal("a bad token beside a good cookie", lan.get("/api/v1/alerts", Authorization="Bearer ght_" + "0" * 64).status, 401)
listed = lan.get("/api/v1/tokens").json()["items"]
check("when it was used last", next(x for x in listed if x["id"] == t["id"])["used"], listed)
check("it is listed, its secret is not", listed[0]["name"] == "SIEM" and t["token"][4:] not in json.dumps(listed))
worker = bearer(lan.post("/api/v1/tokens", {"name": "bot", "rights": ["SEE", "ACT"], "units": "all", "days": 1}).json()["token"])
equal("one that may act does", worker("POST", path + "/actions", {"action": "acknowledge"}).status, 200)
equal("under its own name", lan.get("/api/v1/audit").json()["items"][0]["actor"], "lan (bot)")
equal("ended", (lan.delete("/api/v1/tokens/%d" % t["id"]).status, siem("GET", "/api/v1/alerts").status), (204, 401))

console.close()

# ---- rates, and a lock-out that strangers cannot turn against others
console = h.Console("console.request_rate=5", "console.login_rate=5")
lan = console.administrator()
home = Client(console)
a = home.post("/api/v1/session", {"name": "lan", "password": PASSWORD})
device = [v.split(";")[0] for v in a.headers.get_all("Set-Cookie") if "browser" in v]
equal("a browser is remembered", len(device), 1)
codes = [lan.get("/api/v1/alerts").status for _ in range(60)]
check("too many requests of one session", 429 in codes and codes[:20] == [200] * 20, codes)
a = next(x for x in iter(lambda: lan.get("/api/v1/alerts"), None) if x.status == 429)
check("say when to come again", a.code() == "rate" and int(a.headers["Retry-After"]) >= 1)
equal("others are not slowed", home.get("/api/v1/alerts").status, 200)
last, i, end_s = None, 0, time.monotonic() + 60
# from many addresses, so that only the name counts; each wait is twice the one before: until one is long enough for what comes next
while i < 80 or (int(last.headers.get("Retry-After") or 0) < 4 and time.monotonic() < end_s):
    stranger = Client(console, "127.0.0.%d" % (2 + i % 60))
    last = stranger.post("/api/v1/session", {"name": "lan", "password": "not the password"})
    i += 1
equal("strangers have to wait", last.code(), "slow_down")
equal("also with the right password, from a browser that is not known",
      Client(console, "127.0.0.77").post("/api/v1/session", {"name": "lan", "password": PASSWORD}).code(), "slow_down")
known = Client(console, "127.0.0.78")
equal("its owner comes in from his own", known.post("/api/v1/session", {"name": "lan", "password": PASSWORD}, {"Cookie": device[0]}).status, 200)
console.close()
h.end()
