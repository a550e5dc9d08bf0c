# SPDX-License-Identifier: GPL-3.0-or-later
"""How long events stay: rules by kind and level forget what is old, holds keep it, the audit tells, and what a rule would do is known before."""
import time

from harness import DATABASES, Appliance, Client, Console, alert, check, end, equal
from schema import faults

console = Console("console.login_rate=1000")
admin = console.administrator()
analyst = console.user("analyst", "analyst")
box, other = Appliance(console), Appliance(console, "da-nang-1")
api = Client(console).get("/api/v1/openapi.json").json()
SHA = "cd" * 32


def old(n, kind="dns", days=100, **more):
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S.000000+0000", time.gmtime(time.time() - days * 86400))
    return (kind, n, 0, dict({"timestamp": stamp, "event_type": kind, "src_ip": "10.0.0.1", "dns": {"rrname": "word%dz.example" % n}}, **more))


def rows():
    return [int(r[0]) for r in console.sql("SELECT n FROM event ORDER BY n")]


def wait(what, fn):
    until = time.monotonic() + 90
    while time.monotonic() < until:
        if fn():
            return
        time.sleep(0.3)
    check(what, False, rows())


def found(word):
    return len(admin.get("/api/v1/search?in=events&q=" + word).json()["items"])


box.send([old(1), old(2), old(3, days=10), old(4, "flow"), old(5, "http", flow_id=77), old(6, flow_id=77),
          old(7, "fileinfo", fileinfo={"filename": "a", "sha256": SHA, "size": 1}, gatehouse={"document": {"level": "mat"}}),
          old(8, "fileinfo", fileinfo={"filename": "b", "sha256": "ab" * 32, "size": 1}, gatehouse={"document": {"level": "mat"}}),
          alert(9, flow_id=77, timestamp=old(0)[3]["timestamp"])])
other.send([old(20), old(21)])
n = admin.get("/api/v1/alerts").json()["items"][0]["id"]

equal("an analyst has no business here", (analyst.get("/api/v1/retention").status, analyst.get("/api/v1/holds").status), (403, 403))
for body in ({}, {"days": 0}, {"days": "5"}, {"days": 5, "event_type": "x"}, {"days": 5, "level": "x"}, {"days": 5, "x": 1}, {"days": 99999}):
    equal("refused: %s" % body, admin.post("/api/v1/retention", body).status, 400)
a = admin.get("/api/v1/retention/preview?event_type=dns&days=30").json()
equal("would forget", (a["complete"], a["events"], a["held"]), (True, 5, 0))
equal("as described", faults(api, api["paths"]["/retention/preview"]["get"]["responses"]["200"]["content"]["application/json"]["schema"], a), [])

for body, status in (({"kind": "alert", "number": n, "reason": "vụ 12"}, 201), ({"kind": "alert", "number": n, "reason": "again"}, 409),
                     ({"kind": "alert", "number": 999, "reason": "x"}, 404), ({"kind": "case", "number": 999, "reason": "x"}, 404),
                     ({"kind": "document", "identity": SHA, "reason": "x"}, 201), ({"kind": "document", "identity": "zz", "reason": "x"}, 400),
                     ({"kind": "appliance", "identity": "00" * 16, "reason": "x"}, 404), ({"kind": "alert", "number": n}, 400),
                     ({"kind": "alert", "number": n, "reason": ""}, 400), ({"kind": "war", "number": 1, "reason": "x"}, 400)):
    equal("hold %s" % body, admin.post("/api/v1/holds", body).status, status)
identity = [i["id"] for i in admin.get("/api/v1/appliances").json()["items"] if i["name"] == "da-nang-1"][0]
a = admin.post("/api/v1/holds", {"kind": "appliance", "identity": identity, "reason": "lệnh của tòa"})
equal("an appliance is held", (a.status, a.json()["items"][0]["name"]), (201, "da-nang-1"))
equal("as described", faults(api, api["components"]["schemas"]["Holds"], a.json()), [])
a = admin.get("/api/v1/retention/preview?event_type=dns&days=30").json()
equal("less would go", (a["events"], a["held"]), (2, 3))

equal("found before", (found("word1z"), found("word2z")), (1, 1))
a = admin.post("/api/v1/retention", {"event_type": "dns", "days": 30})
equal("a rule", (a.status, faults(api, api["components"]["schemas"]["RetentionRules"], a.json())), (201, []))
equal("once", admin.post("/api/v1/retention", {"event_type": "dns", "days": 60}).status, 409)
equal("by level", admin.post("/api/v1/retention", {"level": "mat", "days": 30}).status, 201)
wait("they go", lambda: rows() == [3, 4, 5, 6, 7, 9, 20, 21])
equal("their words too", (found("word1z"), found("word3z")), (0, 1))
equal("the index is whole, or somebody else's to check", console.command("check", "--full")[0], 2 if DATABASES else 0)
wait("the audit tells", lambda: [i for i in admin.get("/api/v1/audit").json()["items"] if i["action"] == "events_forgotten"])
said = {i["object"]: i["detail"] for i in admin.get("/api/v1/audit").json()["items"] if i["action"] == "events_forgotten"}
equal("what went", said.get("dns, any level, 30 days"), "2 events were forgotten")
equal("counted", {r["event_type"]: r["forgotten"] for r in admin.get("/api/v1/retention").json()["items"]}, {None: 1, "dns": 2})

for h in admin.get("/api/v1/holds").json()["items"]:
    equal("ended", admin.post("/api/v1/holds/%d/end" % h["id"], {}).status, 200)
    equal("only once", admin.post("/api/v1/holds/%d/end" % h["id"], {}).status, 404)
a = admin.get("/api/v1/retention/preview?event_type=dns&days=30").json()
equal("all would go now", (a["events"], a["held"]), (3, 0))
for r in admin.get("/api/v1/retention").json()["items"]:
    equal("removed", admin.delete("/api/v1/retention/%d" % r["id"]).status, 200)
equal("no rule", admin.get("/api/v1/retention").json()["items"], [])
equal("the audit is whole", console.command("audit")[0], 0)
console.close()
end()
