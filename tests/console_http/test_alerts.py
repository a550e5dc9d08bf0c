# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists, filters, keyset pages, the detail, and the steps that people take."""
import urllib.parse

from harness import ATTACKS, Appliance, Client, Console, alert, check, end, equal, flow
from schema import faults

console = Console()
admin = console.administrator()
box, post = Appliance(console, "ha-noi-1"), Appliance(console, "hue-2")
LEVELS = ["none", "mat", "toi_mat", "tuyet_mat"]
SAME = "ab" * 32


def setup():
    records = []
    for i in range(120):
        records.append(alert(i + 1, level=LEVELS[i % 4], severity=i % 4 + 1, rule="rule-%d" % (i % 3),
                             filename="Công điện số %d.docx" % i if i % 10 == 0 else "tep %d.txt" % i, flow_id=5000 + i))
    box.send(records)
    box.send([flow(500, 5000)])
    post.send([alert(1, sha256=SAME, filename="một.docx"), alert(2, sha256=SAME, filename="hai.docx", flow_id=77),
               ("fileinfo", 3, 0, {"event_type": "fileinfo", "timestamp": "2026-11-23T01:00:00.000000+0000",
                                   "fileinfo": {"sha256": SAME}, "gatehouse": {"document": {"sha256": SAME, "level": "mat"}}})])


def everything(query=""):
    items, before, pages = [], None, 0
    while True:
        a = admin.get("/api/v1/alerts?limit=17" + query + ("&before=%d" % before if before else "")).json()
        items += a["items"]
        before, pages = a["next"], pages + 1
        if before is None:
            return items, pages


def test_pages():
    items, pages = everything()
    ids = [i["id"] for i in items]
    equal("all of them, newest first, each once", (len(ids), ids), (122, sorted(set(ids), reverse=True)))
    equal("pages", pages, 8)
    first = admin.get("/api/v1/alerts?limit=10").json()
    box.send([alert(900)])
    second = admin.get("/api/v1/alerts?limit=10&before=%d" % first["next"]).json()
    equal("an arrival does not shift pages", [i["id"] for i in second["items"]], ids[10:20])
    exact = admin.get("/api/v1/alerts?limit=123").json()
    equal("a page that fits exactly has no next", (len(exact["items"]), exact["next"]), (123, None))


def test_filters():
    total = lambda q: len(everything(q)[0])
    equal("level", total("&level=tuyet_mat"), 30 + 3)
    equal("levels", total("&level=mat,toi_mat"), 60)
    equal("classified", total("&level=classified"), 93)
    equal("severity", total("&severity=1"), 33)
    equal("rule", total("&rule=rule-1"), 40)
    equal("state", (total("&state=new"), total("&state=closed")), (123, 0))
    equal("document", total("&sha256=" + SAME), 2)
    boxes = {x["name"]: x["id"] for x in admin.get("/api/v1/appliances").json()["items"]}
    equal("appliance", total("&appliance=" + boxes["hue-2"]), 2)
    equal("unknown appliance", total("&appliance=" + "0" * 32), 0)
    equal("words without marks", total("&q=cong+dien"), 12)
    equal("words with marks", total("&q=C%C3%94NG%20%C4%91i%E1%BB%87n"), 12)
    equal("decomposed letters", total("&q=co%CC%82ng"), 12)
    equal("all words must be there", total("&q=cong+dien+20.docx"), 1)
    equal("no wildcard", total("&q=%25"), 0)
    equal("by address", total("&q=203.0.113.9"), 123)
    equal("time", total("&from=2026-11-24T06:02:11.000060Z&to=2026-11-24T06:02:11.000070Z"), 10)
    equal("together", total("&level=tuyet_mat&severity=4&rule=rule-0"), 10)
    a = admin.get("/api/v1/alerts?level=mat&limit=1").json()
    equal("counts under the filter", a["counts"], {"new": 30, "acknowledged": 0, "closed": 0})
    for query in ("state=open", "state=", "level=secretish", "severity=5", "severity=0x1", "sha256=zz", "appliance=1", "from=now",
                  "limit=0", "limit=201", "limit=-1", "limit=1e3", "before=0", "before=x", "stat=new", "state=new&state=new",
                  "q=%00", "q=%ff", "q=%zz", "q=" + "a" * 5000, "rule=", "&".join("a%d=1" % i for i in range(40))):
        a = admin.get("/api/v1/alerts?" + query)
        check("refused: " + query[:40], a.status in (400, 431), "is %d" % a.status)
    check("the nearest name", "did you mean 'state'" in admin.get("/api/v1/alerts?stat=new").json()["detail"])


def test_detail():
    row = admin.get("/api/v1/alerts?q=cong+dien+0.docx").json()["items"][-1]
    d = admin.get("/api/v1/alerts/%d" % row["id"]).json()
    check("all of the row", all(d[k] == row[k] for k in row))
    equal("place of the marking", (d["document"]["markings"][0]["where"], d["document"]["markings"][0]["page"]), ("header", 1))
    equal("the rule and its reason", (d["verdict"]["rule"], d["verdict"]["reason_vi"], d["verdict"]["where"]),
          ("rule-0", "Có dấu mật.", "policy.lua:42"))
    equal("the flow's end is known", (d["connection"]["flow"]["state"], d["connection"]["ndpi"]["proto"]), ("closed", "HTTP"))
    equal("flow number as text", d["connection"]["flow_id"], "5000")
    equal("same flow", [e["type"] for e in d["related"]["same_flow"]], ["flow"])
    equal("the appliance", d["sensor"]["name"], "ha-noi-1")
    newest = admin.get("/api/v1/alerts?sha256=" + SAME).json()["items"][0]
    equal("how often the document alerted", newest["same_document"], 2)
    d = admin.get("/api/v1/alerts/%d" % newest["id"]).json()
    equal("where else", [(x["file"]["name"], x["appliance"]["name"]) for x in d["related"]["same_document"]], [("một.docx", "hue-2")])
    equal("seen", (d["related"]["same_document_total"], d["related"]["sightings"], d["related"]["first_seen"]),
          (1, 1, "2026-11-23T01:00:00.000000Z"))
    equal("no such alert", admin.get("/api/v1/alerts/99999").status, 404)
    events = admin.get("/api/v1/events?flow_id=5000").json()["items"]
    equal("events of a flow", [e["type"] for e in events], ["flow", "alert"])
    equal("by community id", len(admin.get("/api/v1/events?community_id=1:abc500=").json()["items"]), 1)
    equal("by type", len(admin.get("/api/v1/events?type=fileinfo,flow").json()["items"]), 2)
    equal("by level", len(admin.get("/api/v1/events?type=fileinfo&level=classified").json()["items"]), 1)
    equal("unknown type", admin.get("/api/v1/events?type=nonsense").status, 400)


def act(who, id_, key=None, **body):
    return who.post("/api/v1/alerts/%d/actions" % id_, body, {"Idempotency-Key": key} if key else None)


def test_steps():
    officer = console.user("can-bo", "analyst")
    id_ = admin.get("/api/v1/alerts?limit=1").json()["items"][0]["id"]
    a = act(officer, id_, action="acknowledge")
    equal("taken", (a.status, a.json()["alert"]["state"], a.json()["alert"]["taken_by"]), (200, "acknowledged", "can-bo"))
    a = act(admin, id_, action="acknowledge")
    equal("not twice", (a.status, a.code(), a.json()["state"]), (409, "wrong_state", "acknowledged"))
    equal("a comment needs a text", act(officer, id_, action="comment", text="  ").code(), "text_missing")
    equal("closing needs a reason", act(officer, id_, action="close").code(), "reason_missing")
    for body in ({"action": "delete"}, {"action": "close", "reason": "bored"}, {"action": "comment", "text": "x" * 4001},
                 {"action": "comment", "text": "a\0b"}, {"action": "comment", "text": 5}, {"text": "x"}, {"action": "comment", "txet": "x"}):
        equal("refused %s" % str(body)[:40], act(officer, id_, **body).status, 400)
    a = act(officer, id_, key="abcdefgh-1", action="comment", text="Đã gọi <b>văn phòng</b>")
    b = act(officer, id_, key="abcdefgh-1", action="comment", text="Đã gọi <b>văn phòng</b>")
    equal("the same key acts once", (a.status, b.status, b.headers.get("Idempotent-Replayed"), a.json() == b.json()),
          (200, 200, "true", True))
    equal("the same key for another thing", act(officer, id_, key="abcdefgh-1", action="comment", text="other").code(), "key_reused")
    equal("another person's key is their own", act(admin, id_, key="abcdefgh-1", action="comment", text="thêm").status, 200)
    equal("a bad key", act(officer, id_, key="short", action="comment", text="x").status, 400)
    a = act(officer, id_, action="close", reason="false_alarm", text="Mẫu trống")
    equal("closed", (a.json()["alert"]["state"], a.json()["alert"]["reason"], a.json()["alert"]["comments"]), ("closed", "false_alarm", 2))
    equal("closed is closed", act(officer, id_, action="close", reason="confirmed").status, 409)
    a = act(officer, id_, action="reopen")
    equal("open again", (a.json()["alert"]["state"], a.json()["alert"]["reason"]), ("new", None))
    history = admin.get("/api/v1/alerts/%d" % id_).json()["history"]
    equal("all of it is in the history", [(h["user"], h["action"], h["from"], h["to"]) for h in history],
          [("can-bo", "acknowledge", "new", "acknowledged"), ("can-bo", "comment", "acknowledged", "acknowledged"),
           ("lan", "comment", "acknowledged", "acknowledged"), ("can-bo", "close", "acknowledged", "closed"),
           ("can-bo", "reopen", "closed", "new")])
    equal("as it was typed", history[1]["text"], "Đã gọi <b>văn phòng</b>")
    return officer


def test_many(officer):
    ids = [i["id"] for i in admin.get("/api/v1/alerts?limit=5").json()["items"]]
    act(officer, ids[0], action="close", reason="confirmed")
    a = officer.post("/api/v1/alerts/actions", {"action": "close", "reason": "permitted", "ids": ids + [99999]}).json()
    equal("honest counts", (a["matched"], a["changed"], a["unchanged"], a["failed"], a["remaining"]),
          (6, 4, 1, [{"id": 99999, "code": "not_found"}], 0))
    newest = admin.get("/api/v1/alerts?limit=1").json()["items"][0]["id"]
    box.send([alert(950, level="mat")])
    a = officer.post("/api/v1/alerts/actions", {"action": "acknowledge", "filter": {"level": "mat", "state": "new", "max_id": newest}},
                     {"Idempotency-Key": "many-0001"})
    b = officer.post("/api/v1/alerts/actions", {"action": "acknowledge", "filter": {"level": "mat", "state": "new", "max_id": newest}},
                     {"Idempotency-Key": "many-0001"})
    equal("by filter", (a.json()["matched"], a.json()["changed"]), (30, 30))
    equal("once", a.json(), b.json())
    equal("what came meanwhile is left alone", admin.get("/api/v1/alerts?state=new&level=mat").json()["counts"]["new"], 1)
    for body in ({"action": "acknowledge"}, {"action": "acknowledge", "ids": []}, {"action": "acknowledge", "ids": [1], "filter": {}},
                 {"action": "acknowledge", "ids": ["1"]}, {"action": "acknowledge", "ids": list(range(1001))},
                 {"action": "acknowledge", "filter": {"levle": "mat"}}, {"action": "acknowledge", "filter": {"level": 1}},
                 {"action": "acknowledge", "filter": []}, {"action": "acknowledge", "filter": {"max_id": "9"}}):
        equal("refused %s" % str(body)[:60], officer.post("/api/v1/alerts/actions", body).status, 400)
    actions = [x["action"] for x in admin.get("/api/v1/audit?limit=200").json()["items"]]
    check("the audit has them", actions.count("acknowledge") == 2 and actions.count("close") >= 3, actions)


def test_query_and_undo(officer):
    post = lambda body, who=officer: who.post("/api/v1/alerts/actions", body)
    search = lambda q: admin.get("/api/v1/search?limit=200&q=" + urllib.parse.quote(q))
    before = len(search("status:new level:tuyet_mat").json()["items"])
    check("a question finds some", before > 5, before)
    a = post({"action": "close", "reason": "false_alarm", "text": "Mẫu trống", "query": "status:new level:tuyet_mat"}).json()
    equal("all that match", (a["matched"], a["changed"], a["unchanged"], a["failed"], a["remaining"]), (before, before, 0, [], 0))
    equal("none is left", len(search("status:new level:tuyet_mat").json()["items"]), 0)
    one = search("level:tuyet_mat reason:false_alarm").json()["items"][0]["id"]
    act(admin, one, action="reopen")
    equal("it is not another's to undo", admin.post("/api/v1/undo/%d" % a["undo"], {}).status, 404)
    u = officer.post("/api/v1/undo/%d" % a["undo"], {}, {"Idempotency-Key": "undo-00001"})
    again = officer.post("/api/v1/undo/%d" % a["undo"], {}, {"Idempotency-Key": "undo-00001"})
    equal("undone but for the touched one", (u.json()["matched"], u.json()["changed"], u.json()["unchanged"]), (before, before - 1, 1))
    equal("once", again.json(), u.json())
    equal("as before", len(search("status:new level:tuyet_mat").json()["items"]), before)
    equal("twice does nothing", officer.post("/api/v1/undo/%d" % a["undo"], {}).json()["changed"], 0)
    a = act(officer, one, action="assign", to="lan").json()
    equal("assigned", (a["alert"]["state"], a["alert"]["taken_by"]), ("acknowledged", "lan"))
    equal("assigned, found", [i["id"] for i in search("assigned:me").json()["items"]].count(one), 1)
    equal("to nobody", act(officer, one, action="assign", to="khong-ai").status, 400)
    equal("to goes with assign", act(officer, one, action="comment", text="x", to="lan").status, 400)
    officer.post("/api/v1/undo/%d" % a["undo"], {})
    equal("nobody's again", admin.get("/api/v1/alerts/%d" % one).json()["taken_by"], None)
    for q in ("lvel:mat", "(a", "level:x"):
        p = search(q)
        equal("refused " + q, (p.status, p.code(), p.json()["at"]["column"]), (400, "bad_search", 1))
        equal("refused in bulk " + q, post({"action": "acknowledge", "query": q}).code(), "bad_search")
    equal("the nearest", search("lvel:mat").json()["at"]["near"], "level")
    for body in ({"query": 5}, {"query": "a", "ids": [1]}, {"query": "a", "tz": 9999}, {"query": "a", "filter": {}}):
        equal("refused %s" % body, post({"action": "acknowledge", **body}).status, 400)
    equal("events", len(admin.get("/api/v1/search?in=events&q=type:flow").json()["items"]), 1)
    equal("no such place", admin.get("/api/v1/search?in=world").status, 400)
    equal("zones", [admin.get("/api/v1/search?tz=" + z).status for z in ("-420", "420", "841", "x")], [200, 200, 400, 400])
    h = admin.get("/api/v1/search/histogram?q=level%3E%3Dmat").json()
    equal("the histogram counts the same", sum(h["buckets"]), h["matched"])
    check("fields", any(f["name"] == "rule" and "rule-1" in f["values"] for f in admin.get("/api/v1/search/fields").json()["fields"]))
    pages, before = [], ""
    while True:
        p = admin.get("/api/v1/search?limit=17&q=-severity%3A4" + before).json()
        pages += [i["id"] for i in p["items"]]
        if not p["next"]:
            break
        before = "&before=%d" % p["next"]
    equal("keyset pages", (len(pages), pages), (len(set(pages)), sorted(pages, reverse=True)))
    actions = [x["action"] for x in admin.get("/api/v1/audit?limit=200").json()["items"]]
    equal("the audit has the undoings", actions.count("undo"), 3)


def test_stats():
    s = admin.get("/api/v1/stats?hours=24").json()
    equal("every alert has a state", sum(s["alerts"]["by_state"].values()), 124)
    check("this hour has alerts", s["by_hour"] and s["by_hour"][-1][1] > 0, s["by_hour"])
    equal("rules", s["rules"][0]["n"], 40)
    equal("events", s["events"]["total"], 126)
    equal("hours", admin.get("/api/v1/stats?hours=745").status, 400)
    m = admin.get("/metrics")
    check("metrics", b'gatehouse_appliance_batches_total{appliance="hue-2"} 1' in m.body and m.headers["Content-Type"].startswith("text/plain"))


def test_described():
    """Answers and the description's own examples fit the description."""
    api = Client(console).get("/api/v1/openapi.json").json()
    box.send([alert(970, text=ATTACKS[0]), ("alert", 971, 1, {}), ("alert", 972, 1, {"alert": {"severity": 99}, "src_ip": 5}),
              ("stats", 973, 0, {"gatehouse": {"ledger": {"packets": {"in": 2, "out": 1, "lost": {"x": 1}}}}})])
    newest = admin.get("/api/v1/alerts?limit=1").json()["items"][0]["id"]
    for path, concrete in (("/session", "/session"), ("/alerts", "/alerts?limit=200"), ("/alerts/{id}", "/alerts/%d" % newest),
                           ("/alerts/{id}", "/alerts/%d" % (newest - 2)), ("/events", "/events?limit=200"),
                           ("/appliances", "/appliances"), ("/stats", "/stats"), ("/users", "/users"), ("/audit", "/audit")):
        described = api["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        equal("GET " + concrete, faults(api, described, admin.get("/api/v1" + concrete).json()), [])
    many = admin.post("/api/v1/alerts/actions", {"action": "acknowledge", "ids": [newest, 99999]}).json()
    equal("POST /alerts/actions", faults(api, api["components"]["schemas"]["ActionManyResult"], many), [])
    one = act(admin, newest, action="close", reason="permitted").json()
    equal("POST /alerts/{id}/actions", faults(api, api["paths"]["/alerts/{id}/actions"]["post"]["responses"]["200"]["content"]
                                              ["application/json"]["schema"], one), [])
    for problem in (admin.get("/api/v1/alerts?x=1"), Client(console).get("/api/v1/alerts"), act(admin, newest, action="close"),
                    act(admin, newest, action="acknowledge"), admin.get("/api/v1/nothing")):
        equal("type of a problem", problem.headers["Content-Type"], "application/problem+json")
        equal("problem", faults(api, api["components"]["schemas"]["Problem"], problem.json()), [])
        equal("its status", problem.json()["status"], problem.status)
    examples = 0

    def walk(node, where):
        nonlocal examples
        if isinstance(node, dict):
            if "schema" in node and ("example" in node or "examples" in node) and isinstance(node["schema"], dict):
                for e in [node["example"]] if "example" in node else [x["value"] for x in node["examples"].values()]:
                    if node["schema"].get("type") != "string":
                        examples += 1
                        equal("example of " + where, faults(api, node["schema"], e), [])
            for k, v in node.items():
                walk(v, where + "/" + k)
        elif isinstance(node, list):
            for v in node:
                walk(v, where)

    walk({"paths": api["paths"], "responses": api["components"]["responses"]}, "")
    check("there are examples", examples > 25, examples)


setup()
test_pages()
test_filters()
test_detail()
officer = test_steps()
test_many(officer)
test_query_and_undo(officer)
test_stats()
test_described()
console.close()
end()
