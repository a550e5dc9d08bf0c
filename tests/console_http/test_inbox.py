# SPDX-License-Identifier: GPL-3.0-or-later
"""The inbox: heaps, what is due first, clocks, views, noise, who can be given an alert."""
import urllib.parse

from harness import ATTACKS, Appliance, Client, Console, alert, check, end, equal
from schema import faults

console = Console()
admin = console.administrator()
officer, viewer = console.user("can-bo", "analyst"), console.user("khach", "viewer")
box, post = Appliance(console, "ha-noi-1"), Appliance(console, "hue-2")
LEVELS = ["none", "mat", "toi_mat", "tuyet_mat"]
api = admin.get("/api/v1/openapi.json").json()


def described(path, method, a):
    schema = api["paths"][path][method]["responses"][str(a.status)]["content"]["application/json"]["schema"]
    equal("as described: %s %s" % (method, path), faults(api, schema, a.json()), [])


def groups(by, q="", who=admin):
    a = who.get("/api/v1/alerts/groups?by=%s&q=%s" % (by, urllib.parse.quote(q)))
    described("/alerts/groups", "get", a)
    return a.json()


def search(q):
    return admin.get("/api/v1/search?limit=200&q=" + urllib.parse.quote(q)).json()


def setup():
    box.send([alert(i + 1, level=LEVELS[i % 4], severity=i % 4 + 1, rule="rule-%d" % (i % 3), sha256="%064x" % (i % 5 + 1),
                    event={"src_ip": "10.0.%d.5" % (i % 2)}) for i in range(60)])
    post.send([alert(1, rule='rule "odd" \\ ' + ATTACKS[0], sha256="ff" * 32, event={"src_ip": "not an address"}),
               alert(2, event={"fileinfo": None, "gatehouse": {"verdict": {"rule": "metadata"}}})])


def test_groups():
    for by, most in (("document", 12), ("rule", 20), ("host", 31), ("appliance", 60)):
        g = groups(by)
        equal("all are in a heap: " + by, (sum(x["alerts"] for x in g["groups"]), g["matched"], g["unsorted"]), (62, 62, 0))
        equal("the largest first: " + by, g["groups"][0]["alerts"], most)
        for x in g["groups"]:
            if x["query"] is not None:
                equal("its question gives it: %s %s" % (by, x["key"]), len(search(x["query"])["items"]), x["alerts"])
    equal("what has no question says so", [x["query"] for x in groups("host")["groups"] if x["key"] == "not an address"], [None])
    g = groups("rule", "level:tuyet_mat status:new")
    equal("under a question", (sum(x["alerts"] for x in g["groups"]), g["groups"][0]["level"]), (16, "tuyet_mat"))
    check("the worst of it", min(x["severity"] for x in groups("document")["groups"]) == 1)
    for bad in ("", "?by=colour", "?by=rule&limit=0", "?by=rule&q=lvel:x", "?by=rule&order=x", "?by=rule&tz=9999"):
        equal("refused " + bad, admin.get("/api/v1/alerts/groups" + bad).status, 400)
    x = [x for x in groups("rule")["groups"] if x["key"] == "rule-1"][0]
    a = officer.post("/api/v1/alerts/actions", {"action": "comment", "text": "cả đống", "query": x["query"]}).json()
    equal("an act on a heap", (a["matched"], a["changed"]), (20, 20))
    equal("found by it", len(search("has:comment")["items"]), 20)
    equal("and not", len(search("-has:comment -has:case")["items"]), 42)


def test_due():
    a = admin.get("/api/v1/alerts/sorted?sort=due&limit=200")
    described("/alerts/sorted", "get", a)
    items = a.json()["items"]
    equal("every open one", len(items), 62)
    equal("what is due first comes first", [x["due"] for x in items], sorted(x["due"] for x in items))
    equal("the strictest level first", items[0]["level"], "tuyet_mat")
    got, after = [], ""
    for _ in range(10):
        p = admin.get("/api/v1/alerts/sorted?sort=due&limit=17" + after).json()
        got += [x["id"] for x in p["items"]]
        if not p["next"]:
            break
        after = "&after=%d" % p["next"]
    equal("in pages", got, [x["id"] for x in items])
    got, after = [], ""
    for _ in range(10):
        p = admin.get("/api/v1/alerts/sorted?sort=severity&limit=17&q=rule%3Arule-1" + after).json()
        got += [(x["severity"], -x["id"]) for x in p["items"]]
        if not p["next"]:
            break
        after = "&after=%d" % p["next"]
    equal("by severity", (len(got), got), (20, sorted(got)))
    for bad in ("", "?sort=colour", "?sort=due&after=x", "?sort=due&limit=201"):
        equal("refused " + bad, admin.get("/api/v1/alerts/sorted" + bad).status, 400)


def test_clocks():
    a = admin.get("/api/v1/sla")
    described("/sla", "get", a)
    plan = {k: a.json()[k] for k in ("severity", "level", "business")}
    equal("nobody has changed it", (a.json()["changed"], a.json()["by"]), (None, None))
    equal("nothing is late yet", (admin.get("/api/v1/alerts").json()["late"], len(search("clock:late")["items"])), (0, 0))
    first = admin.get("/api/v1/alerts/sorted?sort=due&limit=1").json()["items"][0]
    close = officer.post("/api/v1/alerts/%d/actions" % first["id"], {"action": "acknowledge"}).json()["alert"]["due"]
    check("taken: the other clock runs", close > first["due"], (close, first["due"]))
    a = officer.post("/api/v1/alerts/%d/actions" % first["id"], {"action": "close", "reason": "confirmed"}).json()
    equal("closed: none", a["alert"]["due"], None)
    equal("an officer does not set it", officer.post("/api/v1/sla", plan).status, 403)
    short = dict(plan, severity=[{"take": 1, "close": 2}] * 4, level={})
    a = admin.post("/api/v1/sla", short)
    described("/sla", "post", a)
    equal("the clocks of open ones", a.json()["open"], 61)
    now = admin.get("/api/v1/sla").json()
    equal("as set, and by whom", ({k: now[k] for k in plan}, now["by"]), (short, "lan"))
    equal("all run out within the hour", len(search("clock:soon status:new")["items"]), 61)
    for change in ({"severity": []}, {"severity": [{"take": 0, "close": 1}] * 4}, {"level": {"none": {"take": 1, "close": 1}}},
                   {"level": {"mat": {"take": 1}}}, {"business": dict(plan["business"], days=[])}, {"business": dict(plan["business"], days=[8])},
                   {"business": dict(plan["business"], **{"from": 600, "to": 660})}, {"business": dict(plan["business"], zone=9000)},
                   {"business": dict(plan["business"], on=1)}, {"business": None}, {"more": 1}):
        equal("refused %s" % change, admin.post("/api/v1/sla", {**plan, **change}).status, 400)
    check("in the audit", any(x["action"] == "sla_set" for x in admin.get("/api/v1/audit").json()["items"]))
    admin.post("/api/v1/sla", plan)


def test_views():
    add = lambda who, **v: who.post("/api/v1/views", {"name": "Quá hạn", "address": "#/alerts?q=clock%3Alate", **v})
    a = add(officer)
    described("/views", "post", a)
    equal("kept", a.status, 201)
    equal("one of a name", (add(officer).status, add(officer).code()), (409, "name_taken"))
    equal("another's is another's", add(viewer).status, 201)
    equal("for all needs the right", add(viewer, name="x", shared=True).status, 403)
    equal("for all", add(officer, name="Chung <img>", shared=True).status, 201)
    a = viewer.get("/api/v1/views")
    described("/views", "get", a)
    equal("one's own and those for all", [(x["name"], x["by"], x["own"]) for x in a.json()["items"]],
          [("Quá hạn", "khach", True), ("Chung <img>", "can-bo", False)])
    shared = a.json()["items"][1]["id"]
    equal("not another's to forget", viewer.delete("/api/v1/views/%d" % shared).status, 404)
    equal("forgotten", officer.delete("/api/v1/views/%d" % shared).status, 204)
    for bad in ("javascript:alert(1)", "//evil", "#/alertsx", "#/users", "#/alerts?q= x", "#/alerts?" + "a" * 3000):
        equal("refused " + bad[:20], add(officer, name="b", address=bad).status, 400)


def test_noise():
    for reason, n in (("false_alarm", 6), ("confirmed", 2)):
        ids = [x["id"] for x in search("rule:rule-0 status:new")["items"]][:n]
        officer.post("/api/v1/alerts/actions", {"action": "close", "reason": reason, "ids": ids})
    a = admin.get("/api/v1/noise?days=7")
    described("/noise", "get", a)
    r = [x for x in a.json()["items"] if x["rule"] == "rule-0"][0]
    equal("how it ended", (r["alerts"], r["false_alarm"] >= 6, r["confirmed"] >= 2, r["policy"]), (20, True, True, "standard@1"))
    a = officer.get("/api/v1/hands")
    described("/hands", "get", a)
    equal("who works on alerts", [x["name"] for x in a.json()["items"]], ["can-bo", "lan"])
    equal("not for who does not act", viewer.get("/api/v1/hands").status, 403)


setup()
test_groups()
test_due()
test_clocks()
test_views()
test_noise()
console.close()
end()
