# SPDX-License-Identifier: GPL-3.0-or-later
"""Every address of the API for every role, for programs' tokens, for nobody, for who owes a second factor, and for who has
no unit. matrix.txt says by hand what each address asks for: one that is new and not listed there fails."""
import http.client
import os
import re

import harness as h
from harness import Client, PASSWORD, check, equal

HERE = os.path.dirname(os.path.abspath(__file__))
# Who may what, written down once more: a slip in rights.def shows here.
ROLES = {
    "viewer": "SELF SEE REPORT",
    "analyst": "SELF SEE ACT PACKETS EVIDENCE EVIDENCE_ASK POLICY_READ REPORT",
    "policy_author": "SELF SEE POLICY_READ POLICY_WRITE ROLLOUT",
    "approver": "SELF SEE EVIDENCE EVIDENCE_ASK POLICY_READ APPROVE ROLLOUT REPORT",
    "administrator": "SELF SEE ACT PACKETS EVIDENCE EVIDENCE_ASK POLICY_READ ROLLOUT FLEET PEOPLE SETTINGS AUDIT REPORT",
    "auditor": "SELF SEE EVIDENCE POLICY_READ AUDIT REPORT",
}
NEVER_TOKENS = {"SELF", "PEOPLE", "APPROVE"}

wanted = {}
for line in open(os.path.join(HERE, "matrix.txt")):
    if line.strip() and not line.startswith("#"):
        method, path, right = line.split()
        wanted[(method, path)] = right
source = open(os.path.join(HERE, "../../console/api/routes.c")).read()
table = {(m, p): r for m, p, r in re.findall(r'\{HTTP_(\w+), API "([^"]+)",\s*LANE_\w+,\s*RIGHT_(\w+)', source)}
equal("every address is listed in matrix.txt, with the right that it asks for", sorted(set(table.items()) ^ set(wanted.items())), [])
rights = set(re.findall(r"^RIGHT\((\w+)", open(os.path.join(HERE, "../../console/store/rights.def")).read(), re.M))
equal("every right is somebody's", rights, set(" ".join(ROLES.values()).split()))

console = h.Console("console.request_rate=100000", "console.login_rate=1000", "console.second_factor=auditor")
lan = console.administrator()
box = h.Appliance(console, "secluded-7")
box.send([h.alert(1, text=" Zulu9"), h.flow(2, 1001)])
identity = lan.get("/api/v1/appliances").json()["items"][0]["id"]
alert = lan.get("/api/v1/alerts").json()["items"][0]["id"]
api = lan.get("/api/v1/openapi.json").json()
equal("all of it is described", {(m.upper(), p) for p, ms in api["paths"].items() for m in ms}, set(table))


def call(client, method, path, number=999999, headers=None):
    """The answer's status and code; streams are not waited for."""
    about = api["paths"][path][method.lower()]
    content = about.get("requestBody", {}).get("content", {})
    kind = next(iter(content), None)
    body = None if method != "POST" else b"{}" if kind in (None, "application/json") else b"x"
    concrete = "/api/v1" + path.replace("{id}", str(number))
    if path == "/stream" and method == "GET":
        c = http.client.HTTPSConnection("127.0.0.1", console.port, context=h.tls(), timeout=30)
        c.request("GET", concrete, headers={**({"Cookie": "__Host-gatehouse=" + client.cookie} if client.cookie else {}), **{k: v for k, v in (headers or {}).items() if v}})
        r = c.getresponse()
        code = re.search(r'"code":"(\w+)"', r.read().decode()) if r.status != 200 else None
        c.close()
        return r.status, code and code.group(1), b""
    a = client.request(method, concrete, body, headers, kind or "application/json")
    return a.status, a.code(), a.body


def may(client, name, has, headers=None, barred="role", login=None, skip=()):
    for (method, path), right in sorted(table.items()):
        if (method, path) in skip:
            continue
        status, code, _ = call(client, method, path, headers=headers)
        label = "%s: %s %s" % (name, method, path)
        if right == "NONE":
            check(label + " is open", status != 500 and code not in ("role", "scope", "sign_in"), (status, code))
        elif has is None:
            equal(label, (status, code), (401, "sign_in"))
        elif path == "/stream" and barred == "scope":
            equal(label + ": streams are for sessions", (status, code), (403, "scope"))
        elif right in has:
            check(label + " may", status not in (401, 500) and code not in ("role", "scope", "sign_in", "second_factor"), (status, code))
        else:
            equal(label, (status, code), (403, barred))
        if login and client.get("/api/v1/session").json().get("signed_in") is False:
            login()


ENDS = {("DELETE", "/session")}
everybody = {}
may(Client(console), "nobody", None)
stale = Client(console)
stale.cookie = "ab" * 32
may(stale, "a dead session", None)
for role, has in ROLES.items():
    c = console.user("the-" + role, role)
    if role == "auditor":
        # owes a second factor: may set it up, nothing else
        may(c, "half", {"SELF"}, barred="second_factor", skip=ENDS | {("POST", "/tokens")} | {k for k, r in table.items() if r not in has.split() + ["NONE"]})
        continue
    everybody[role] = c
    may(c, role, set(has.split()), skip=ENDS)
for c in everybody.values():
    equal("signing out", call(c, "DELETE", "/session")[0], 204)

# ---- tokens: of somebody who may everything, with everything; with one right; never where people are managed
who = console.user("everything", "viewer,analyst,policy_author,approver,administrator")
held = set(" ".join(ROLES[r] for r in ROLES if r != "auditor").split()) - NEVER_TOKENS
token = who.post("/api/v1/tokens", {"name": "t", "rights": sorted(held), "units": "all", "days": 1}).json()["token"]
may(Client(console), "a token with all that tokens may", held, {"Authorization": "Bearer " + token, "Origin": None}, "scope")
token = who.post("/api/v1/tokens", {"name": "s", "rights": ["SEE"], "units": "all", "days": 1}).json()["token"]
may(Client(console), "a token that sees", {"SEE"}, {"Authorization": "Bearer " + token, "Origin": None}, "scope")
may(Client(console), "no token", None, {"Authorization": "Bearer ght_" + "0" * 64, "Origin": None})

# ---- foreign unit: nothing of the appliance in any answer, its alert is not there
lan.post("/api/v1/units", {"name": "elsewhere"})
a = lan.post("/api/v1/invites", {"roles": ["viewer", "analyst", "policy_author", "approver"], "units": [1], "clearance": {"vn": "tuyet_mat", "other": "top_secret"}})
foreign = Client(console)
foreign.post("/api/v1/invite", {"token": a.json()["token"], "name": "foreign", "password": PASSWORD})
for (method, path), right in sorted(table.items()):
    if method == "GET" and path != "/stream" and right not in ("NONE",):
        for number in (1, alert):
            status, code, body = call(foreign, method, path, number)
            text = body.decode("utf-8", "replace")
            check("foreign: %s says nothing of another unit's appliance" % path,
                  "secluded-7" not in text and identity not in text and "Zulu9" not in text, text[:600])
    if path.startswith("/alerts/{id}") and right in ROLES["analyst"].split():
        body = {"action": "comment", "text": "x"} if path.endswith("actions") else {"reason": "x", "minutes": 60} if path.endswith("unlock") else {}
        a = foreign.request(method, "/api/v1" + path.replace("{id}", str(alert)), body if method == "POST" else None)
        equal("foreign: %s %s is not there" % (method, path), a.status, 404)
console.close()
h.end()
