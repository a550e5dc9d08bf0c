# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases: alerts in and out, tasks, notes, outcome, merge and its undoing, and the file for a court."""
import hashlib
import io
import json
import zipfile

from harness import ATTACKS, Appliance, Console, alert, check, end, equal
from schema import faults

console = Console()
admin = console.administrator()
officer, viewer = console.user("can-bo", "analyst"), console.user("khach", "viewer")
box = Appliance(console, "ha-noi-1")
RECORDS = [alert(i + 1, text=ATTACKS[i % len(ATTACKS)], sha256="%064x" % (i % 3 + 1)) for i in range(12)]
box.send(RECORDS)
ids = sorted(x["id"] for x in admin.get("/api/v1/alerts?limit=200").json()["items"])
api = admin.get("/api/v1/openapi.json").json()


def described(path, method, a):
    schema = api["paths"][path][method]["responses"][str(a.status)]["content"]["application/json"]["schema"]
    equal("as described: %s %s" % (method, path), faults(api, schema, a.json()), [])


def make(who=officer, key=None, **v):
    a = who.post("/api/v1/cases", {"title": "Công điện ra ngoài", "severity": 1, **v}, {"Idempotency-Key": key} if key else None)
    if a.status == 201:
        described("/cases", "post", a)
    return a


def act(id_, who=officer, key=None, **v):
    a = who.post("/api/v1/cases/%d/actions" % id_, v, {"Idempotency-Key": key} if key else None)
    if a.status == 200:
        described("/cases/{id}/actions", "post", a)
    return a


def detail(id_, who=admin):
    a = who.get("/api/v1/cases/%d" % id_)
    if a.status == 200:
        described("/cases/{id}", "get", a)
    return a.json()


def many(**v):
    return officer.post("/api/v1/alerts/actions", v).json()


def test_life():
    a, b = make(key="case-key-1", owner="can-bo", text="Bắt đầu"), make(key="case-key-1", owner="can-bo", text="Bắt đầu")
    equal("made once under its key", (a.status, a.json()["case"]["id"]), (201, b.json()["case"]["id"]))
    c = a.json()["case"]["id"]
    for bad in ({"title": " "}, {"title": "x" * 201}, {"severity": 5}, {"severity": "1"}, {"owner": "khong-ai"}, {"owner": "khach"}, {"x": 1}):
        equal("refused %s" % bad, make(**bad).status, 400)
    equal("a viewer does not", make(who=viewer).status, 403)
    m = many(action="escalate", case=c, ids=ids[:4])
    equal("four go in", (m["matched"], m["changed"], m["unchanged"]), (4, 4, 0))
    m = many(action="escalate", case=c, ids=ids[3:5])
    equal("an alert is in one case", (m["changed"], m["unchanged"]), (1, 1))
    row = admin.get("/api/v1/alerts/%d" % ids[0]).json()
    equal("taken with it", (row["state"], row["taken_by"], row["case"], row["history"][-1]["action"], row["history"][-1]["text"]),
          ("acknowledged", "can-bo", c, "escalate", str(c)))
    officer.post("/api/v1/undo/%d" % m["undo"], {})
    equal("undone", [admin.get("/api/v1/alerts/%d" % ids[4]).json()[k] for k in ("state", "taken_by", "case")], ["new", None, None])
    officer.post("/api/v1/alerts/%d/actions" % ids[3], {"action": "withdraw"})
    for bad in ({"action": "escalate", "ids": ids[5:6]}, {"action": "escalate", "case": 999, "ids": ids[5:6]}, {"action": "acknowledge", "case": c, "ids": ids[5:6]}):
        equal("refused %s" % bad, officer.post("/api/v1/alerts/actions", bad).status, 400)
    act(c, action="task", text="Gọi văn thư")
    act(c, action="task", text="Hỏi người gửi")
    task = detail(c)["tasks"][0]["id"]
    equal("done", act(c, action="task_done", task=task).status, 200)
    equal("not twice", act(c, action="task_done", task=task).status, 409)
    act(c, action="note", text="<b>" + ATTACKS[0])
    act(c, action="edit", title="Vụ công điện", severity=2, owner="")
    d = detail(c)
    equal("as it is", (d["title"], d["severity"], d["owner"], d["alerts"], d["tasks_all"], d["tasks_done"], len(d["documents"]), sorted(h["ip"] for h in d["hosts"])),
          ("Vụ công điện", 2, None, 3, 2, 1, 3, ["10.0.1.5", "203.0.113.9"]))
    equal("all of it in the timeline", [x["kind"] for x in d["timeline"]],
          ["opened", "note", "added", "added", "removed", "removed", "task", "task", "task_done", "note", "title", "severity", "owner"])
    equal("as it was typed", d["timeline"][9]["text"], "<b>" + ATTACKS[0])
    equal("found by its number", len(admin.get("/api/v1/search?q=case%%3A%d" % c).json()["items"]), 3)
    for bad in ({"action": "x"}, {"action": "note"}, {"action": "close", "outcome": "bored"}, {"action": "merge", "into": c}, {"action": "merge", "into": 999},
                {"action": "task_done", "task": "1"}, {"action": "note", "text": "a\0"}, {"action": "edit", "severity": 9}):
        equal("refused %s" % bad, act(c, **bad).status, 400)
    equal("no such case", act(999, action="note", text="x").status, 404)
    equal("a viewer reads", (viewer.get("/api/v1/cases/%d" % c).status, act(c, who=viewer, action="note", text="x").status), (200, 403))
    a = act(c, key="close-key-1", action="close", outcome="unfounded", text="Mẫu trống", close_alerts=True)
    equal("its alerts end with it", (a.json()["alerts"], a.json()["case"]["state"], a.json()["case"]["outcome"], a.json()["case"]["open_alerts"]), (3, "closed", "unfounded", 0))
    equal("as false alarms", admin.get("/api/v1/alerts/%d" % ids[0]).json()["reason"], "false_alarm")
    equal("closed is closed", (act(c, action="task", text="x").status, act(c, action="close", outcome="mistake").status), (409, 409))
    equal("no alert goes into it", officer.post("/api/v1/alerts/%d/actions" % ids[6], {"action": "escalate", "case": c}).status, 400)
    equal("open again", act(c, action="reopen").json()["case"]["outcome"], None)
    return c


def test_merge(c):
    other = make(title="Cùng một người gửi").json()["case"]["id"]
    many(action="escalate", case=other, ids=ids[6:9])
    act(other, action="task", text="Việc của vụ kia")
    equal("three move", act(other, action="merge", into=c).json()["alerts"], 3)
    d = detail(c)
    equal("all in one", (d["alerts"], d["tasks_all"], [x["id"] for x in d["merged"]]), (6, 3, [other]))
    equal("the other is no more", (detail(other)["state"], detail(other)["merged_into"], act(other, action="note", text="x").status), ("merged", c, 409))
    officer.post("/api/v1/alerts/%d/actions" % ids[6], {"action": "withdraw"})
    equal("back again, but for the one that was taken out", act(other, action="unmerge").json()["alerts"], 2)
    equal("as before", ((detail(c)["alerts"], detail(c)["tasks_all"]), (detail(other)["alerts"], detail(other)["tasks_all"], detail(other)["state"])), ((3, 2), (2, 1, "open")))
    a = admin.get("/api/v1/cases?state=open&q=cung%20MOT&limit=1")
    described("/cases", "get", a)
    equal("by words without accents", [x["id"] for x in a.json()["items"]], [other])
    equal("by a part of the title", [x["id"] for x in admin.get("/api/v1/cases?q=ng%20i%25").json()["items"]], [])
    pages = [admin.get("/api/v1/cases?limit=1").json()]
    pages.append(admin.get("/api/v1/cases?limit=1&before=%d" % pages[0]["next"]).json())
    equal("keyset pages", ([p["items"][0]["id"] for p in pages], pages[1]["next"], pages[0]["counts"]), ([c, other], None, {"open": 2, "closed": 0, "merged": 0}))
    equal("by owner", ([len(admin.get("/api/v1/cases?owner=" + o).json()["items"]) for o in ("nobody", "can-bo")]), [2, 0])
    for bad in ("state=x", "limit=0", "before=x", "colour=1"):
        equal("refused " + bad, admin.get("/api/v1/cases?" + bad).status, 400)


def test_export(c):
    a = officer.get("/api/v1/cases/%d/export" % c)
    equal("a file", (a.status, a.headers["Content-Type"], a.headers["Content-Disposition"]), (200, "application/zip", 'attachment; filename="case-%d.zip"' % c))
    z = zipfile.ZipFile(io.BytesIO(a.body))
    equal("sound", z.testzip(), None)
    sums = dict(reversed(line.split("  ")) for line in z.read("SHA256SUMS").decode().splitlines())
    for name, digest in sums.items():
        equal("hash of " + name, hashlib.sha256(z.read(name)).hexdigest(), digest)
    equal("every file has one", set(sums) | {"SHA256SUMS"}, set(z.namelist()))
    case = json.loads(z.read("case.json"))
    equal("what it is", (case["gatehouse"], case["case"]["id"], len(case["alerts"]), case["complete"], case["by"]), ("case-export-v1", c, 3, True, "can-bo"))
    sent = {json.dumps(r[3]) for r in RECORDS}
    check("byte for byte as it was sent", all(z.read(x["file"]).decode() in sent for x in case["alerts"]))
    check("the audit has its hash", any(x["action"] == "case_exported" and x["detail"] == "sha256 " + hashlib.sha256(a.body).hexdigest() for x in admin.get("/api/v1/audit").json()["items"]))
    j = officer.get("/api/v1/cases/%d/export?format=json" % c).json()
    equal("as one document", [x["sha256"] for x in j["alerts"]], [x["sha256"] for x in case["alerts"]])
    equal("refused", (officer.get("/api/v1/cases/%d/export?format=pdf" % c).status, officer.get("/api/v1/cases/999/export").status, viewer.get("/api/v1/cases/%d/export" % c).status), (400, 404, 403))


def test_sight(c):
    """What is beyond a reader's clearance or units is not told by cases and heaps either."""
    reader = console.user("thu", "auditor")
    console.sql("UPDATE \"user\" SET clear = 1 WHERE name = 'thu'")
    seen = detail(c, reader)
    equal("rows without content", ([x["redacted"] for x in seen["items"]], seen["documents"]), ([True] * 3, []))
    notes = [x for x in seen["timeline"] if x["kind"] in ("note", "closed")]
    check("what others wrote is withheld", notes and all(x["withheld"] and x["text"] is None for x in notes), notes)
    names = {x["key"] for x in reader.get("/api/v1/alerts/groups?by=document").json()["groups"]}
    equal("no hash tells which document", names, {None})
    a = reader.get("/api/v1/cases/%d/export?format=json" % c).json()
    check("nor does the file for a court", all(x["withheld"] for x in a["alerts"]) and not any(t.strip() and t.strip() in json.dumps(x["event"], ensure_ascii=False)
          for t in ("báo cáo", "TUYỆT MẬT") for x in a["alerts"]), a["alerts"][:1])
    console.sql("UPDATE \"user\" SET all_units = 0, clear = 255 WHERE name = 'thu'")
    equal("out of the unit: not there", (reader.get("/api/v1/cases/%d" % c).status, reader.get("/api/v1/cases").json()["items"], reader.get("/api/v1/cases").json()["counts"],
                                         reader.get("/api/v1/cases/%d/export" % c).status, reader.get("/api/v1/alerts").json()["late"],
                                         reader.get("/api/v1/alerts/groups?by=rule").json()["matched"], reader.get("/api/v1/alerts/sorted?sort=due").json()["items"],
                                         reader.get("/api/v1/noise").json()["items"]), (404, [], {"open": 0, "closed": 0, "merged": 0}, 404, 0, 0, [], []))


c = test_life()
test_merge(c)
test_export(c)
test_sight(c)
console.close()
end()
