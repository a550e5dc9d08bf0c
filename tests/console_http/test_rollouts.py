# SPDX-License-Identifier: GPL-3.0-or-later
"""Goods going down in rings: waits, failures, alerts, people, races; and recorded events judged anew."""
import time

from harness import Appliance, Client, Console, alert, check, end, equal
from schema import faults

console = Console("console.two_persons=yes", keeper=True)
admin = console.administrator()
author, approver, viewer = (console.user(n, r) for n, r in (("binh", "policy_author"), ("dung", "approver"), ("an", "viewer")))
boxes = [Appliance(console, "post-%d" % i) for i in range(5)]
count = {b.name: 0 for b in boxes}


def code(a):
    return (a.status, a.code())


def described(method, path, answer):
    api = author.get("/api/v1/openapi.json").json()
    schema = api["paths"][path][method]["responses"]["200"]["content"]["application/json"]["schema"]
    equal("as described: %s %s" % (method, path), faults(api, schema, answer.json()), [])


def hex_of(box):
    return next(a["id"] for a in admin.get("/api/v1/appliances").json()["items"] if a["name"] == box.name)


def wanted(box, kind="policy"):
    items = author.get("/api/v1/goods/states?kind=" + kind).json()["items"]
    x = next((i for i in items if i["appliance_name"] == box.name), None)
    return (x["wanted"]["name"] if x and x["wanted"] else None, x["serial"] if x else None)


def tell(box, state="running", reason=None):
    """The appliance's signed word on what it was ordered."""
    name, serial = wanted(box)
    count[box.name] += 1
    audit = {"what": "goods", "kind": "policy", "serial": serial, "state": state, "running": {"name": name, "version": "1", "serial": serial}}
    if reason:
        audit["reason"] = reason
    a = box.send([("audit", 5000 + count[box.name], 0, {"timestamp": "2026-11-24T06:02:11.000000+0000", "event_type": "audit", "gatehouse": {"audit": audit}})])
    equal("%s says %s" % (box.name, state), a.status, 200)


def rollout(id_):
    return author.get("/api/v1/rollouts/%d" % id_).json()


def until(what, id_, want, key="state"):
    for _ in range(200):
        x = rollout(id_)
        if x[key] == want:
            break
        time.sleep(0.1)
    equal(what, x[key], want)
    return x


def goods(name):
    return next(g["id"] for g in author.get("/api/v1/goods?kind=policy").json()["items"] if g["name"] == name)


def test_rings():
    for i, ring in ((0, "canary"), (1, "near"), (2, "near")):
        equal("ring", admin.post("/api/v1/rollouts/rings", {"appliance": hex_of(boxes[i]), "ring": ring}).json(), {"ring": ring})
    equal("an author sets no rings", code(author.post("/api/v1/rollouts/rings", {"appliance": hex_of(boxes[0]), "ring": "x"})), (403, "role"))
    equal("no such appliance", code(admin.post("/api/v1/rollouts/rings", {"appliance": "0" * 32, "ring": "x"})), (404, "not_found"))
    equal("no such name", code(admin.post("/api/v1/rollouts/rings", {"appliance": hex_of(boxes[0]), "ring": "a b"})), (400, "bad_field"))


def test_plan_is_checked():
    g = goods("mail-out")
    for body in ({}, {"goods": g}, {"goods": g, "steps": []}, {"goods": g, "steps": [{}]}, {"goods": g, "steps": [{"all": False}]},
                 {"goods": g, "steps": [{"percent": 0}]}, {"goods": g, "steps": [{"percent": 101}]}, {"goods": g, "steps": [{"ring": "no body"}]},
                 {"goods": g, "steps": [{"appliances": ["0" * 32]}]}, {"goods": g, "steps": [{"appliances": []}]}, {"goods": 999, "steps": [{"all": True}]},
                 {"goods": g, "steps": [{"ring": "nobody"}]}, {"goods": g, "steps": [{"all": True}] * 9}, {"goods": g, "steps": [{"all": True}], "need": 0},
                 {"goods": g, "steps": [{"all": True, "percent": 1}]}):
        equal("refused: %s" % str(body)[:70], code(author.post("/api/v1/rollouts", body)), (400, "bad_field"))
    equal("a viewer begins none", code(viewer.post("/api/v1/rollouts", {"goods": g, "steps": [{"all": True}]})), (403, "role"))
    equal("nothing was wanted", wanted(boxes[0])[0], None)


def test_canary_to_all():
    body = {"goods": goods("mail-out"), "steps": [{"ring": "canary"}, {"ring": "near"}, {"all": True}], "wait_minutes": 0, "why": "thử"}
    key = {"Idempotency-Key": "rollout-0001"}
    a = author.post("/api/v1/rollouts", body, key)
    described("post", "/rollouts", a)
    id_ = a.json()["id"]
    equal("begins at once: the version was approved", (a.json()["state"], a.json()["step"], a.json()["planned"]), ("running", 0, 5))
    equal("once", author.post("/api/v1/rollouts", body, key).json()["id"], id_)
    equal("one of a kind at a time", code(author.post("/api/v1/rollouts", body)), (409, "wrong_state"))
    equal("the canary is wanted", [wanted(b)[0] for b in boxes], ["mail-out", None, None, None, None])
    time.sleep(2.5)
    equal("and waited for", rollout(id_)["step"], 0)
    tell(boxes[0])
    until("the next ring", id_, 1, "step")
    equal("is wanted", [wanted(b)[0] for b in boxes], ["mail-out"] * 3 + [None] * 2)
    author.post("/api/v1/rollouts/%d/pause" % id_, {})
    tell(boxes[1])
    tell(boxes[2])
    time.sleep(2.5)
    equal("paused", (rollout(id_)["state"], rollout(id_)["step"]), ("paused", 1))
    author.post("/api/v1/rollouts/%d/resume" % id_, {})
    until("all", id_, 2, "step")
    equal("are wanted", [wanted(b)[0] for b in boxes], ["mail-out"] * 5)
    late = Appliance(console, "late")
    check("also who comes later", any(x["target"] == "all" and x["name"] == "mail-out" for x in author.get("/api/v1/goods/assignments").json()["items"]))
    tell(boxes[3])
    tell(boxes[4])
    x = until("done", id_, "done")
    equal("all run it", (x["running"], x["failed"], [p["state"] for p in x["appliances"]]), (5, 0, ["running"] * 5))
    described("get", "/rollouts/{id}", author.get("/api/v1/rollouts/%d" % id_))
    return id_


def test_failure_goes_back(first):
    a = author.post("/api/v1/rollouts", {"goods": goods("standard"), "steps": [{"percent": 40}, {"all": True}], "wait_minutes": 0, "need": 50}).json()
    taken = [p for p in a["appliances"] if p["step"] == 0]
    check("a part of all, rounded up", a["taken"] == len(taken) == 3, str(a["taken"])) # of six
    by_name = {b.name: b for b in boxes}
    box = next(by_name[p["name"]] for p in taken if p["name"] in by_name)
    tell(box, "failed", "policy.lua:3: broken")
    x = until("taken back by itself", a["id"], "back")
    check("with the reason", "1 of 3 appliances did not take it: policy.lua:3: broken" in x["reason"], x["reason"])
    equal("everywhere what was before", set(wanted(b)[0] for b in boxes), {"mail-out"})
    equal("the older one is not taken back any more", code(author.post("/api/v1/rollouts/%d/back" % first, {"why": "x"})), (409, "wrong_state"))


def test_alerts_go_back():
    a = author.post("/api/v1/rollouts", {"goods": goods("standard"), "steps": [{"appliances": [hex_of(boxes[0])]}, {"all": True}], "wait_minutes": 600,
                                         "most_alerts": 100}).json()
    now = time.strftime("%Y-%m-%dT%H:%M:%S.000000+0000", time.gmtime(time.time() + 5))
    boxes[0].send([alert(100 + n, event={"timestamp": now}) for n in range(12)])
    x = until("too many alerts take it back", a["id"], "back")
    check("and say so", "12 alerts came since this step, where 0 were to be expected" in x["reason"], x["reason"])


def test_people():
    a = author.post("/api/v1/rollouts", {"goods": goods("standard"), "steps": [{"appliances": [hex_of(boxes[0])]}, {"all": True}], "wait_minutes": 600}).json()
    path = "/api/v1/rollouts/%d/" % a["id"]
    equal("back needs a reason", code(author.post(path + "back", {})), (400, "bad_field"))
    equal("next by hand", author.post(path + "next", {}).json()["step"], 1)
    equal("back by hand, one step", author.post(path + "back", {"why": "nhầm"}, {"Idempotency-Key": "back-00001"}).json()["state"], "back")
    equal("once", author.post(path + "back", {"why": "nhầm"}, {"Idempotency-Key": "back-00001"}).headers.get("Idempotent-Replayed"), "true")
    equal("not twice", code(author.post(path + "back", {"why": "nhầm"})), (409, "wrong_state"))
    equal("what was before", set(wanted(b)[0] for b in boxes), {"mail-out"})
    check("for all, too", any(x["target"] == "all" and x["name"] == "mail-out" for x in author.get("/api/v1/goods/assignments").json()["items"]))
    equal("no such one", code(author.post("/api/v1/rollouts/999/stop", {"why": "x"})), (404, "not_found"))
    # as a shadow: an approved policy needs no second yes; what judges is not touched
    plan = {"goods": goods("standard"), "steps": [{"appliances": [hex_of(boxes[0])]}], "wait_minutes": 0, "shadow": True}
    x = author.post("/api/v1/rollouts", plan).json()
    equal("a shadow goes down by itself", (x["state"], x["kind"], x["name"]), ("running", "shadow", "standard"))
    equal("the policy wanted is the one before", set(wanted(b)[0] for b in boxes), {"mail-out"})
    equal("one shadow at a time", code(author.post("/api/v1/rollouts", plan)), (409, "wrong_state"))
    equal("a shadow is taken back", author.post("/api/v1/rollouts/%d/back" % x["id"], {"why": "xong"}).json()["state"], "back")
    equal("only a policy can be one", code(author.post("/api/v1/rollouts", dict(plan, goods=author.get("/api/v1/goods?kind=rules").json()["items"][0]["id"]))), (400, "bad_field"))
    equal("yes or no", code(author.post("/api/v1/rollouts", dict(plan, shadow="yes"))), (400, "bad_field"))
    # goods that nobody approved as a version need a second person
    console.sql("UPDATE source_version SET goods = NULL WHERE goods = %d" % goods("personal-data"))
    body = {"goods": goods("personal-data"), "steps": [{"all": True}], "wait_minutes": 0}
    a = author.post("/api/v1/rollouts", body).json()
    equal("proposed", (a["state"], a["taken"]), ("proposed", 0))
    path = "/api/v1/rollouts/%d/" % a["id"]
    equal("an author does not approve", code(author.post(path + "approve", {})), (403, "role"))
    console.sql("UPDATE \"user\" SET roles = roles | 16 WHERE name = 'binh'")
    equal("not even with that role", code(author.post(path + "approve", {})), (403, "self_approval"))
    equal("another one does", approver.post(path + "approve", {}).json()["state"], "running")
    equal("stopped", author.post(path + "stop", {"why": "đủ rồi"}).json()["state"], "stopped")
    steps = [x["action"] for x in admin.get("/api/v1/audit?limit=100").json()["items"]]
    for step in ("rollout_proposed", "rollout_started", "rollout_next", "rollout_paused", "rollout_resumed", "rollout_taken_back", "rollout_stopped", "ring_set"):
        check("in the audit: " + step, step in steps, str(steps))
    described("get", "/rollouts", author.get("/api/v1/rollouts"))


def wait_replay(id_):
    for _ in range(300):
        x = author.get("/api/v1/replays/%d" % id_)
        if x.json()["state"] not in ("waiting", "running"):
            return x
        time.sleep(0.1)
    return x


def test_replay():
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S.000000+0000", time.gmtime(time.time() - 3600))
    records = []
    for n in range(2000, 2900):
        e = dict(alert(n, level="mat" if n % 3 else "none", event={"timestamp": stamp})[3], event_type="fileinfo")
        del e["alert"]
        e["gatehouse"]["verdict"] = None
        e["gatehouse"]["document"]["verdict"] = {"action": "log", "rule": "otherwise", "policy": "old@1", "reason": ""}
        records.append(("fileinfo", n, 0, e))
    records.append(("alert", 2002, 1, dict(alert(2002)[3], timestamp=stamp)))
    for i in range(0, len(records), 300):
        equal("events come", boxes[1].send(records[i:i + 300]).status, 200)
    files = {"bundle.json": '{"name": "strict", "version": "1"}',
             "policy.lua": 'rule { id = "all", title = "x", reason = "level {document.level}", action = "block", when = function(e) return at_least(e.document.level, "mat") end }'}
    v = author.post("/api/v1/policies", {"kind": "policy", "name": "strict", "files": files}).json()
    path = "/api/v1/policies/versions/%d/replays" % v["id"]
    for body in ({}, {"days": 0}, {"days": 91}, {"days": 7, "against": 99999}):
        equal("refused: %s" % body, code(author.post(path, body)), (400, "bad_field"))
    a = author.post(path, {"days": 7})
    described("post", "/policies/versions/{id}/replays", a)
    x = wait_replay(a.json()["id"])
    described("get", "/replays/{id}", x)
    x = x.json()
    equal("went through", (x["state"], x["complete"], x["counts"]["judged"], x["counts"]["changed"]), ("done", True, 900, 600))
    equal("what would change", x["counts"]["from_to"], [{"from": "log", "to": "block", "n": 600}])
    equal("as many as can be told", len(x["changes"]), 500)
    check("with the alert about it", any(c["alert"] for c in x["changes"]))
    equal("and why", (x["changes"][0]["reason"], x["changes"][0]["redacted"]), ("level MẬT", False))
    same = wait_replay(author.post(path, {"days": 7, "against": v["id"]}).json()["id"]).json()
    equal("against itself nothing changes", (same["state"], same["counts"]["changed"]), ("done", 0))
    console.sql("UPDATE \"user\" SET clear = 1 WHERE name = 'binh'")
    x = wait_replay(author.post(path, {"days": 7}).json()["id"]).json()
    check("above one's clearance: that it would change, not what it was", x["counts"]["changed"] == 600 and
          all(c["redacted"] and not c["subject"] and not c["reason"] for c in x["changes"]), str(x["changes"][:1]))
    console.sql("UPDATE \"user\" SET clear = 255, all_units = 0 WHERE name = 'binh'")
    x = wait_replay(author.post(path, {"days": 7}).json()["id"]).json()
    equal("outside one's units there is nothing", (x["state"], x["counts"]), ("done", None))
    equal("and only named appliances can be rolled out to", code(author.post("/api/v1/rollouts", {"goods": goods("standard"), "steps": [{"all": True}]})), (400, "bad_field"))
    console.sql("UPDATE \"user\" SET all_units = 1 WHERE name = 'binh'")
    bad = dict(files, **{"policy.lua": "rule {"})
    x = wait_replay(author.post(path, {"days": 7, "files": bad}).json()["id"]).json()
    check("a faulty one says where", x["state"] == "failed" and x["why"].startswith("policy.lua:1:"), str(x["why"]))
    slow = dict(files, **{"policy.lua": files["policy.lua"].replace("return at", "while true do end return at")})
    a = author.post(path, {"days": 7, "files": slow}).json()
    equal("one at a time", code(author.post(path, {"days": 7})), (503, "busy"))
    equal("not somebody else's", code(approver.get("/api/v1/replays/%d" % a["id"])), (403, "role") if "POLICY_WRITE" not in
          approver.get("/api/v1/session").json()["user"]["rights"] else (404, "not_found"))
    author.post("/api/v1/replays/%d/cancel" % a["id"], {})
    equal("cancelled", wait_replay(a["id"]).json()["state"], "cancelled")
    described("get", "/replays", author.get("/api/v1/replays"))


test_rings()
test_plan_is_checked()
first = test_canary_to_all()
test_failure_goes_back(first)
test_alerts_go_back()
test_people()
test_replay()
console.close()
end()
