# SPDX-License-Identifier: GPL-3.0-or-later
"""gatehouse console migrate: everything is in the database afterwards, answers are the same, work goes on, and a second time is refused."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "console_http"))
import harness as h
import pg

if pg.missing():
    print(pg.missing())
    sys.exit(77)
console = h.Console()
admin = console.administrator()
box = h.Appliance(console, "ha-noi-1")
words = ["Kế hoạch", "công điện"] + h.ATTACKS
h.equal("taken", box.send([h.alert(i + 1, text=" " + w, flow_id=i) for i, w in enumerate(words)] + [h.flow(100 + i, i) for i in range(300)]).status, 200)
first = admin.get("/api/v1/alerts").json()["items"][0]["id"]
admin.post("/api/v1/alerts/%d/actions" % first, {"action": "comment", "text": "trước khi chuyển"})
PATHS = ["/api/v1/alerts?limit=100", "/api/v1/alerts/%d" % first, "/api/v1/events?limit=100", "/api/v1/stats", "/api/v1/appliances", "/api/v1/users", "/api/v1/audit?limit=100"]


def drop(v, names):
    if isinstance(v, dict):
        return {k: drop(x, names) for k, x in v.items() if k not in names}
    return [drop(x, names) for x in v] if isinstance(v, list) else v


def all_of_it():
    return [drop(admin.get(p).json(), ("database_bytes", "engine")) for p in PATHS]


before = all_of_it()
console.stop()
server = pg.Server()
console.settings += ["--set", "console.database=" + server.database("moved")]
code, out, err = console.command("migrate")
h.equal("migrates", (code, err), (0, ""))
h.check("and says what to do", "rows moved" in out and "Start the console" in out, out)
code, out, err = console.command("migrate")
h.equal("not a second time", code, 2)
h.check("and why", "in use already" in err, err)
console.start()
admin.origin = console.url[:-1]
after = all_of_it()
for path, one, other in zip(PATHS, before, after):
    h.check("the same: " + path, one == other, "\n%r\n%r" % (one, other))
h.equal("the audit is whole", console.command("audit")[0], 0)
box.send([h.alert(500, text=" sau khi chuyển"), h.flow(501, 9)])
h.equal("work goes on", admin.post("/api/v1/alerts/%d/actions" % first, {"action": "acknowledge"}).status, 200)
deadline = time.time() + 60
while time.time() < deadline:
    found = admin.get("/api/v1/search?in=alerts&q=k%E1%BA%BF").json()
    if found["items"] and found["searched"]["words_from"] is None:
        break
    time.sleep(0.5)
h.check("what was moved is found by its words", found["items"], found)
h.equal("and what is new", len(admin.get("/api/v1/search?in=alerts&q=%22sau+khi%22").json()["items"]), 1)
console.close()
h.end()
