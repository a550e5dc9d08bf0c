# SPDX-License-Identifier: GPL-3.0-or-later
"""A policy from the first draft to approval by a second person; two who edit at once; what the workbench says of good, faulty and
hostile ones; rules."""
import json
import os
import re
import signal
import time

from harness import TWICE, Client, Console, alert, Appliance, check, end, equal
from schema import faults

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
console = Console("console.two_persons=yes", "policy.steps=200000", "policy.timeout=200ms", keeper=True)
admin = console.administrator()
author, second, approver, viewer = (console.user(n, r) for n, r in (("binh", "policy_author"), ("chi", "policy_author"),
                                                                     ("dung", "approver"), ("an", "viewer")))
V = "/api/v1/policies/versions/"
GOOD = {"bundle.json": '{"name": "mine", "version": "1"}',
        "policy.lua": 'rule { id = "secret", title = "x", reason = "level {document.level}", action = "block",\n'
                      '  when = function(e) return at_least(e.document.level, "mat") end }\n',
        "mine_test.lua": 'test { "marked", facts = { document = { level = "mat" } }, expect = { action = "block", rule = "secret" } }\n'
                         'test { "plain", facts = { document = { level = "none" } }, expect = { action = "log" } }\n'}


def code(a):
    return (a.status, a.code())


def described(method, path, answer):
    api = author.get("/api/v1/openapi.json").json()
    schema = api["paths"][path][method]["responses"]["200"]["content"]["application/json"]["schema"]
    equal("as described: %s %s" % (method, path), faults(api, schema, answer.json()), [])


def wait_for_workbench():
    """The console answers before its helper has locked itself in."""
    for _ in range(300):
        if author.get("/api/v1/policies").json()["workbench"]:
            return
        time.sleep(0.1)
    check("the workbench is there", False)


def test_shipped():
    items = author.get("/api/v1/policies?kind=policy").json()["items"]
    names = sorted(i["name"] for i in items)
    wanted = sorted(d for d in os.listdir(os.path.join(ROOT, "policy")) if os.path.exists(os.path.join(ROOT, "policy", d, "bundle.json")))
    equal("all bundles are there from the start", names, wanted)
    check("approved, by the product", all(i["shipped"] and i["newest"]["number"] == 1 and i["newest"]["author"] == "Gatehouse" for i in items))
    standard = next(i for i in items if i["name"] == "standard")
    v = author.get(V + str(standard["newest"]["id"])).json()
    text = open(os.path.join(ROOT, "policy/standard/settings.lua")).read()
    equal("with their text", v["files"]["settings.lua"], text)
    used = int(console.sql("SELECT count(*) FROM goods WHERE kind = 0")[0][0])
    equal("each is goods for appliances", used, len(wanted))
    equal("a viewer does not read them", code(viewer.get("/api/v1/policies")), (403, "role"))
    equal("an auditor of texts may not write", code(approver.post("/api/v1/policies", {"kind": "policy", "name": "x", "files": GOOD})), (403, "role"))
    for kind in ("rules",):
        equal("rules are there", [i["name"] for i in author.get("/api/v1/policies?kind=" + kind).json()["items"]], ["standard"])
    a = author.post(V + str(standard["newest"]["id"]) + "/test", {}).json()
    check("the standard policy passes its tests in the workbench, with all it uses", a["good"] and len(a["uses"]) >= 6, str(a)[:300])
    equal("an approved version is not written", code(author.post(V + str(standard["newest"]["id"]), {"revision": 1, "files": v["files"]})), (409, "wrong_state"))


def test_names():
    for body in ({"kind": "policy", "name": "a/b", "files": GOOD}, {"kind": "policy", "name": "", "files": GOOD},
                 {"kind": "poetry", "name": "a", "files": GOOD}, {"kind": "policy", "name": "a", "files": {}},
                 {"kind": "policy", "name": "a", "files": {"../x.lua": ""}}, {"kind": "policy", "name": "a", "files": {"x.sh": ""}},
                 {"kind": "policy", "name": "a", "files": {".lua": ""}}, {"kind": "policy", "name": "a", "files": {"lists/../a.csv": ""}},
                 {"kind": "policy", "name": "a", "files": {"policy.lua": "a\u0000b"}}, {"kind": "policy", "name": "a", "files": {"policy.lua": 1}},
                 {"kind": "policy", "name": "a", "from": 99999}, {"kind": "policy", "name": "a", "files": GOOD, "x": 1},
                 {"kind": "settings", "name": "a", "files": GOOD}):
        equal("refused: %s" % json.dumps(body)[:60], code(author.post("/api/v1/policies", body)), (400, "bad_field"))
    big = dict(GOOD, **{"big.lua": "-" * (400 << 10)})
    equal("too large", code(author.post("/api/v1/policies", {"kind": "policy", "name": "a", "files": big})), (413, "too_large"))
    equal("nothing of it is there", [i for i in author.get("/api/v1/policies").json()["items"] if i["name"] == "a"], [])


def test_life():
    key = {"Idempotency-Key": "first-draft"}
    body = {"kind": "policy", "name": "mine", "files": GOOD, "note": "thử"}
    a = author.post("/api/v1/policies", body, key)
    equal("a draft", (a.status, a.json().get("state"), a.json().get("author")), (200, "draft", "binh"))
    b = author.post("/api/v1/policies", body, key)
    equal("once", (b.headers.get("Idempotent-Replayed"), b.json()["id"]), ("true", a.json()["id"]))
    equal("the name is taken", code(author.post("/api/v1/policies", body)), (409, "name_taken"))
    described("post", "/policies", a)
    v = a.json()["id"]
    # two people at once: the second one is told, and both texts stay
    mine = dict(GOOD, **{"policy.lua": GOOD["policy.lua"] + "-- binh\n"})
    hers = dict(GOOD, **{"policy.lua": GOOD["policy.lua"] + "-- chi\n"})
    equal("binh saves", author.post(V + str(v), {"revision": 1, "files": mine}).json()["revision"], 2)
    a = second.post(V + str(v), {"revision": 1, "files": hers})
    equal("chi is told", (code(a), a.json().get("revision")), ((409, "edited"), 2))
    now = second.get(V + str(v)).json()
    equal("binh's text is there", now["files"]["policy.lua"], mine["policy.lua"])
    equal("and the first one", second.get(V + "%d?revision=1" % v).json()["files"]["policy.lua"], GOOD["policy.lua"])
    equal("chi saves hers on top", second.post(V + str(v), {"revision": 2, "files": hers}).json()["revision"], 3)
    equal("three revisions", [x["revision"] for x in now["revisions"]] + [3], [2, 1, 3])
    # tried, proposed, never approved by who wrote it
    a = author.post(V + "%d/check" % v, {})
    check("checked", a.json()["good"] and a.json()["rules"][0]["id"] == "secret", a.body[:200])
    described("post", "/policies/versions/{id}/check", a)
    a = author.post(V + "%d/propose" % v, {"why": "xin duyệt"})
    equal("proposed", (a.status, a.json().get("state")), (200, "proposed"))
    equal("no more writing", code(author.post(V + str(v), {"revision": 3, "files": mine})), (409, "wrong_state"))
    equal("an author cannot approve", code(author.post(V + "%d/approve" % v, {})), (403, "role"))
    console.sql("UPDATE \"user\" SET roles = roles | 16 WHERE name IN ('binh', 'chi')")
    equal("not even with that role", code(author.post(V + "%d/approve" % v, {})), (403, "self_approval"))
    equal("nor who wrote on it", code(second.post(V + "%d/approve" % v, {})), (403, "self_approval"))
    equal("refusing needs a reason", code(approver.post(V + "%d/refuse" % v, {})), (400, "bad_field"))
    equal("refused", approver.post(V + "%d/refuse" % v, {"why": "chưa đủ"}).json()["state"], "refused")
    equal("written again", author.post(V + str(v), {"revision": 3, "files": hers}).json()["state"], "draft")
    equal("proposed again", author.post(V + "%d/propose" % v, {}).json()["state"], "proposed")
    equal("taken back", author.post(V + "%d/withdraw" % v, {}).json()["state"], "draft")
    equal("and proposed", author.post(V + "%d/propose" % v, {}).json()["state"], "proposed")
    a = approver.post(V + "%d/approve" % v, {"why": "đồng ý"}, {"Idempotency-Key": "approve-0001"})
    equal("approved", (a.status, a.json().get("state"), a.json().get("number"), a.json().get("decided_by")), (200, "approved", 1, "dung"))
    b = approver.post(V + "%d/approve" % v, {"why": "đồng ý"}, {"Idempotency-Key": "approve-0001"})
    equal("once", (b.status, b.headers.get("Idempotent-Replayed")), (200, "true"))
    goods = author.get("/api/v1/goods?kind=policy").json()["items"]
    check("it is goods now", any(g["name"] == "mine" and g["version"] == "1-1" for g in goods), str(goods)[:300])
    s = author.get("/api/v1/policies/%d" % a.json()["source"])
    described("get", "/policies/{id}", s)
    steps = [x["action"] for x in admin.get("/api/v1/audit?limit=100").json()["items"]]
    for step in ("source_drafted", "source_saved", "source_proposed", "source_refused", "source_approved"):
        check("in the audit: " + step, step in steps, str(steps))
    return a.json()


def test_claim(first):
    """What takes seconds is not begun a second time; a claim of a console that died ends by itself."""
    where, key = V + "%d/test" % first["id"], {"Idempotency-Key": "claimed-1"}
    tested = lambda: len(admin.get("/api/v1/audit?action=policy_tested&limit=200").json()["items"])
    before = tested()
    a = author.post(where, {}, key)
    equal("tested", (a.status, tested()), (200, before + 1))
    entry = admin.get("/api/v1/audit?action=policy_tested&limit=1").json()["items"][0]
    equal("and who", (entry["actor"], entry["detail"]), ("binh", "version %d" % first["id"]))
    console.sql("UPDATE answered SET status = 0, body = '', time = %d WHERE key = 'claimed-1'" % (time.time() * 1e6))
    a = author.post(where, {}, key)
    equal("still at work", (code(a), bool(a.headers.get("Retry-After")), tested()), ((503, "busy"), True, before + 1))
    equal("for another request it is no key", code(author.post(V + "%d/check" % first["id"], {}, key)), (422, "key_reused"))
    console.sql("UPDATE answered SET time = time - 70000000 WHERE key = 'claimed-1'")
    a = author.post(where, {}, key)
    equal("given up", (a.status, a.headers.get("Idempotent-Replayed"), tested()), (200, None, before + 2))
    a = author.post(where, {}, key)
    equal("and kept", (a.status, a.headers.get("Idempotent-Replayed"), tested()), (200, "true", before + 2))


def test_faults(first):
    d = author.post("/api/v1/policies/%d/drafts" % first["source"], {"from": first["id"]}).json()
    bad = dict(GOOD, **{"policy.lua": GOOD["policy.lua"].replace("document.level,", "document.levle,")})
    a = author.post(V + "%d/check" % d["id"], {"files": bad}).json()
    f = a["faults"][0]
    equal("a fault has its place", (a["good"], f["file"], f["line"], f["column"] > 0), (False, "policy.lua", 2, True))
    author.post(V + str(d["id"]), {"revision": 1, "files": bad})
    equal("is not proposed", code(author.post(V + "%d/propose" % d["id"], {})), (422, "not_good"))
    failing = dict(GOOD, **{"mine_test.lua": 'test { "x", facts = {}, expect = { action = "block" } }'})
    author.post(V + str(d["id"]), {"revision": 2, "files": failing})
    a = author.post(V + "%d/propose" % d["id"], {})
    equal("nor with a failing test", (code(a), a.json().get("failed")), ((422, "not_good"), 1))
    other = dict(GOOD, **{"bundle.json": '{"name": "other", "version": "1"}'})
    author.post(V + str(d["id"]), {"revision": 3, "files": other})
    equal("nor under another name", code(author.post(V + "%d/propose" % d["id"], {})), (422, "not_good"))
    equal("given up", author.post(V + "%d/drop" % d["id"], {}).json()["state"], "dropped")
    return d


def test_hostile(first):
    """Each of the cage's hostile policies through the API: bounded, a clear answer, and the next question as ever."""
    d = author.post("/api/v1/policies/%d/drafts" % first["source"], {"from": first["id"]}).json()
    table = open(os.path.join(ROOT, "tests/policy/hostile.h")).read()
    bodies = re.findall(r'\{"([^"]+)",\s*RULE\(\s*"((?:[^"\\]|\\.)*)"\)', table)
    check("the table is read", len(bodies) > 40, str(len(bodies)))
    for name, body in bodies:
        text = "rule { id = 'x', title = 'x', reason = 'x', action = 'block', when = function(e)\n%s\nend }\n" % body
        a = author.post(V + "%d/test" % d["id"], {"files": dict(GOOD, **{"policy.lua": text})})
        check("hostile: " + name, a.status == 200 and a.json()["good"] is False, "%s %s" % (a.status, a.body[:200]))
    a = author.post(V + "%d/test" % d["id"], {})
    check("and a good one as ever", a.status == 200 and a.json()["good"], a.body[:200])


def test_explain(first):
    box = Appliance(console)
    about = dict(alert(1)[3], event_type="fileinfo")
    del about["alert"]
    equal("an alert comes", box.send([("fileinfo", 1, 0, about), alert(1)]).status, 200)
    id_ = author.get("/api/v1/alerts").json()["items"][0]["id"]
    a = author.post(V + "%d/explain" % first["id"], {"alert": id_}).json()
    equal("explained", (a["rules"][0]["id"], a["rules"][0]["result"], a["verdicts"][0]["action"]), ("secret", "match", "block"))
    check("with what was read", any(x["path"] == "document.level" and x["value"] == "tuyet_mat" for x in a["rules"][0]["reads"]), str(a["rules"]))
    equal("no such alert", code(author.post(V + "%d/explain" % first["id"], {"alert": 999})), (404, "not_found"))
    console.sql("UPDATE \"user\" SET clear = 1 WHERE name = 'binh'")
    equal("not above one's clearance", code(author.post(V + "%d/explain" % first["id"], {"alert": id_})), (403, "clearance"))
    console.sql("UPDATE \"user\" SET clear = 255 WHERE name = 'binh'")


def test_rules():
    files = {"mine.yar": 'rule my_rule { meta: scan = "text" strings: $a = "mật" condition: $a }\n',
             "mine.samples": "== my_rule positive: the word\nTài liệu MẬT\n== my_rule negative: another\nTài liệu thường\n"}
    v = author.post("/api/v1/policies", {"kind": "rules", "name": "ours", "files": files}).json()
    a = author.post(V + "%d/check" % v["id"], {})
    check("rules are compiled and their samples tried", a.status == 200 and a.json()["good"] and a.json()["samples"] == 2, a.body[:300])
    described("post", "/policies/versions/{id}/check", a)
    for name, changed, line in (("syntax", {"mine.yar": "rule my_rule {\n condition: nothing\n}"}, 2), ("sample", {"mine.samples": files["mine.samples"].replace("MẬT", "x")}, 1),
                                ("include", {"mine.yar": 'include "/etc/passwd"\n' + files["mine.yar"]}, 1), ("module", {"mine.yar": 'import "magic"\n' + files["mine.yar"]}, 1)):
        b = author.post(V + "%d/check" % v["id"], {"files": dict(files, **changed)}).json()
        check("a fault is told: " + name, b.get("good") is False and any(f["severity"] == "error" and f["line"] == line for f in b["faults"]), str(b)[:300])
    slow = 'rule slow { strings: $a = /(a*)*(b*)*(c*)*(d*)*x{1,200}y{1,200}/ condition: #a > 1 }\n'
    b = author.post(V + "%d/check" % v["id"], {"files": {"mine.yar": slow * 1, "mine.samples": "== slow positive: long\n" + "a" * 20000 + "\n"}})
    check("a slow one ends", b.status == 200 and b.json()["good"] is False, b.body[:300])
    standard = next(i for i in author.get("/api/v1/policies?kind=rules").json()["items"] if i["name"] == "standard")
    b = author.post(V + "%d/check" % standard["newest"]["id"], {}).json()
    check("the standard set passes", b["good"] and b["samples"] > 50, str(b)[:300])
    equal("proposed", author.post(V + "%d/propose" % v["id"], {}).json()["state"], "proposed")
    equal("approved", approver.post(V + "%d/approve" % v["id"], {}).json()["state"], "approved")
    check("goods", any(g["name"] == "ours" for g in author.get("/api/v1/goods?kind=rules").json()["items"]))


def test_without_workbench():
    """It dies: said so, and it comes again."""
    for pid in os.listdir("/proc"):
        try:
            line = open("/proc/%s/cmdline" % pid).read().split("\0")
        except (OSError, ValueError):
            continue
        if line[0].endswith("gh-workbench") and any(console.state in x for x in line):
            os.kill(int(pid), signal.SIGKILL)
    wait_for_workbench()
    for _ in range(100):
        a = author.post(V + "1/check", {})
        if a.status == 200:
            break
        equal("meanwhile", code(a), (503, "no_helper"))
        time.sleep(0.2)
    equal("and again", a.status, 200)


wait_for_workbench()
test_shipped()
test_names()
version = test_life()
test_faults(version)
test_hostile(version)
test_explain(version)
if not TWICE:
    test_claim(version)
test_rules()
test_without_workbench()
console.close()
end()
