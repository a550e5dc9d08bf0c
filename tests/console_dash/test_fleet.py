# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet: places, what is usual for whom, letting in and letting go, over the API."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "console_http"))
from harness import ATTACKS, BUILD, Appliance, Client, Console, check, end, equal, flow, tool
from schema import faults

console = Console()
admin = console.administrator()
api = admin.get("/api/v1/openapi.json").json()


def fleet(client=admin):
    a = client.get("/api/v1/fleet")
    equal("fleet", a.status, 200)
    equal("as described", faults(api, api["paths"]["/fleet"]["get"]["responses"]["200"]["content"]["application/json"]["schema"], a.json()), [])
    return {x["name"]: x for x in a.json()["items"]}


equal("nobody yet", fleet(), {})
box = Appliance(console, "ha-noi-1")
equal("enrolled, not heard", fleet()["ha-noi-1"]["health"], "never")
equal("sent", box.send([flow(1, 1)]).status, 200)
one = fleet()["ha-noi-1"]
equal("heard", (one["health"], one["profile"], one["expect_s"], one["lat"], one["place"]), ("heard", "office", 300, None, ""))

path = "/api/v1/fleet/%d" % one["number"]
equal("placed", admin.post(path + "/site", {"profile": "ship", "expect_s": 60, "lat": 21.03, "lon": 105.85, "place": "Hà Nội <b>"}).status, 200)
one = fleet()["ha-noi-1"]
equal("is there", (one["profile"], one["expect_s"], round(one["lat"], 3), round(one["lon"], 3), one["place"]), ("ship", 60, 21.03, 105.85, "Hà Nội <b>"))
for text in ATTACKS:
    a = admin.post(path + "/site", {"profile": "post", "place": text})
    if "\0" in text:
        equal("refused %r" % text, a.status, 400)
    else:
        equal("text %r" % text, (a.status, fleet()["ha-noi-1"]["place"]), (200, text))
equal("no place any more", (fleet()["ha-noi-1"]["lat"], fleet()["ha-noi-1"]["expect_s"]), (None, 86400))
for body in ({}, {"profile": "moon"}, {"profile": "ship", "lat": 1}, {"profile": "ship", "lat": 91, "lon": 0}, {"profile": "ship", "lat": 0, "lon": -181},
             {"profile": "ship", "expect_s": 1}, {"profile": "ship", "expect_s": 10**12}, {"profile": "ship", "place": "x" * 101}, {"profile": "ship", "lat": "1", "lon": "2"},
             {"profile": "ship", "x": 1}):
    a = admin.post(path + "/site", body)
    equal("refused %s" % body, (a.status, a.code()), (400, "bad_field"))
equal("no such one", admin.post("/api/v1/fleet/99/site", {"profile": "ship"}).status, 404)

# letting in: look, compare, approve
request = json.loads(tool("keys", console.dir, "tau-09")[0])
look = admin.post("/api/v1/enrolments/look", {"request": request})
equal("look", (look.status, look.json()["name"], look.json()["known_as"], len(look.json()["phrase"].replace("-", " ").split())), (200, "tau-09", None, 6))
check("nothing happened", "tau-09" not in fleet())
phrase = look.json()["phrase"]
swapped = json.loads(tool("keys", console.dir, "fake")[0])
swapped["name"] = "tau-09"
equal("an exchanged request has other words", admin.post("/api/v1/enrolments", {"request": swapped, "phrase": phrase}).status, 400)
for url in ("http://x.example", "https://", "https://a@b.example", "https://x\"y", "javascript:alert(1)"):
    equal("address %s" % url, admin.post("/api/v1/enrolments", {"request": request, "phrase": phrase, "url": url}).status, 400)
key = {"Idempotency-Key": "enrol-0123456789"}
done = admin.post("/api/v1/enrolments", {"request": request, "phrase": phrase, "url": "https://10.0.0.1:8443/"}, key)
equal("approved", done.status, 200)
equal("once", admin.post("/api/v1/enrolments", {"request": request, "phrase": phrase, "url": "https://10.0.0.1:8443/"}, key).json(), done.json())
with open(os.path.join(console.dir, "tau.request"), "w") as f:
    json.dump(request, f)
code, out, err = console.command("enrol-approve", os.path.join(console.dir, "tau.request"), "-o", os.path.join(console.dir, "tau.answer"), "--url", "https://10.0.0.1:8443")
equal("the same answer as the command's", (code, json.load(open(os.path.join(console.dir, "tau.answer")))), (0, done.json()["answer"]))
ship = Appliance(console, "tau-09-b", enrol=False)
ship.key = os.path.join(console.dir, "tau-09.key")
equal("it is let in", ship.send([flow(5, 5)]).status, 200)
equal("known by its name now", admin.post("/api/v1/enrolments/look", {"request": request}).json()["known_as"], "tau-09")
for body in ({"request": 1}, {"request": {}}, {"request": {"gatehouse": "x"}}, {}, {"request": request, "x": 1}):
    equal("no request %s" % str(body)[:40], admin.post("/api/v1/enrolments/look", body).status, 400)

# letting in by invitation: one is taken, one is withdrawn
url = console.url.rstrip("/")
made = admin.post("/api/v1/enrolments/invitations", {"url": url, "hours": 2, "name": "guest"})
equal("invited", made.status, 200)
conf = os.path.join(console.dir, "guest.conf")
with open(conf, "w") as f:
    f.write("[node]\nname = guest\nstate_dir = %s\n" % os.path.join(console.dir, "guest"))
subprocess.run([os.path.join(BUILD, "gatehouse"), "enrol", "--invitation", "-", "--console", url, "--no-wait", "-c", conf], input=made.json()["code"] + "\n",
               stdout=subprocess.DEVNULL, text=True, timeout=60, check=False)
asked = [i for i in admin.get("/api/v1/enrolments/invitations").json()["items"] if i["id"] == made.json()["id"]][0]
equal("it asks", asked["state"], "waiting")
equal("taken", admin.post("/api/v1/enrolments/invitations/%d" % asked["id"], {"phrase": asked["phrase"]}).status, 200)
check("let in", "guest" in fleet())
made = admin.post("/api/v1/enrolments/invitations", {"url": url})
equal("withdrawn", admin.delete("/api/v1/enrolments/invitations/%d" % made.json()["id"]).status, 204)

# letting go
number = fleet()["tau-09"]["number"]
equal("its name must be typed", admin.post("/api/v1/fleet/%d/retire" % number, {"name": "x"}).status, 400)
equal("retired", admin.post("/api/v1/fleet/%d/retire" % number, {"name": "tau-09"}).status, 200)
equal("is gone", (fleet()["tau-09"]["health"], ship.send([flow(6, 6)]).status), ("retired", 403))

viewer = console.user("xem", "viewer")
equal("a viewer sees", len(fleet(viewer)), 3)
for route, body in ((path + "/site", {"profile": "ship"}), (path + "/retire", {"name": "ha-noi-1"}), ("/api/v1/enrolments/look", {"request": request}),
                    ("/api/v1/enrolments", {"request": request, "phrase": phrase})):
    equal("and changes nothing: %s" % route, viewer.post(route, body).status, 403)
equal("needs a session", Client(console).get("/api/v1/fleet").status, 401)
check("all of it is in the audit", {"appliance_placed", "appliance_enrolled", "appliance_retired"} <= {x["action"] for x in admin.get("/api/v1/audit?limit=200").json()["items"]})

console.close()
end()
