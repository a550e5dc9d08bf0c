# SPDX-License-Identifier: GPL-3.0-or-later
"""Dashboards over HTTP: what was reported is in the sums, hostile names are text, ranges are judged."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "console_http"))
from harness import ATTACKS, Appliance, Client, Console, alert, check, end, equal
from schema import faults

console = Console()
admin = console.administrator()
api = admin.get("/api/v1/openapi.json").json()
schema = api["paths"]["/dashboard"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]


def figures(query=""):
    a = admin.get("/api/v1/dashboard" + query)
    equal("dashboard" + query, a.status, 200)
    equal("as described", faults(api, schema, a.json()), [])
    return a.json()


empty = figures()
equal("nothing yet", (empty["totals"]["events"], empty["series"], empty["protocols"]), (0, [], []))
box, other = Appliance(console, "ha-noi-1"), Appliance(console, "hue-2")
flow = lambda n, **more: ("flow", n, 0, dict({"event_type": "flow", "src_ip": "10.0.0.%d" % (n % 3), "dest_ip": "192.0.2.1",
                                              "app_proto": "smtp" if n % 2 else "dns", "flow": {"bytes_toserver": 100, "bytes_toclient": n}}, **more))
equal("sent", box.send([flow(n) for n in range(1, 41)] + [alert(100 + i, level="toi_mat", severity=2) for i in range(5)]).status, 200)
equal("sent", other.send([flow(n) for n in range(1, 11)] + [
    ("fileinfo", 50, 0, {"gatehouse": {"document": {"level": "mat", "read": "none", "unread_reason": "encrypted"}}}),
    ("stats", 51, 0, {"gatehouse": {"ledger": {"packets": {"in": 1000, "out": 993, "lost": {"ring_full": 7}}}}})]).status, 200)
d = figures()
equal("totals", d["totals"], {"events": 57, "alerts": 5, "documents": 1, "marked": 1, "unread": 1})
equal("the hour", [sum(x) for x in list(zip(*d["series"]))[1:]], [57, 5, 1, 1, 1])
equal("protocols", sorted((p["name"], p["n"]) for p in d["protocols"]), [("dns", 25), ("smtp", 25)])
equal("bytes", sum(p["bytes"] for p in d["protocols"]), 50 * 100 + sum(range(1, 41)) + sum(range(1, 11)))
equal("talkers", len(d["sources"]), 3)
equal("unread", d["unread"], [{"reason": "encrypted", "n": 1}])
equal("losses", d["ledger"], {"seen": [{"part": "packets", "n": 1000}], "lost": [{"part": "packets", "reason": "ring_full", "n": 7}]})
equal("open", (d["open"]["new"], d["open"]["by_level"]["toi_mat"]), (5, 5))
equal("the same by search", len(admin.get("/api/v1/search?in=events&q=type:flow+app_proto:smtp&limit=200").json()["items"]), 25)
ids = {x["name"]: x["id"] for x in admin.get("/api/v1/appliances").json()["items"]}
equal("one appliance", figures("?appliance=" + ids["hue-2"])["totals"]["events"], 12)
equal("a repeated batch counts once", (other.send([flow(n) for n in range(1, 11)]).status, figures()["totals"]["events"]), (200, 57))
equal("long ago", figures("?from=2025-12-01T00:00:00Z&to=2026-01-01T00:00:00%2B07:00")["totals"]["events"], 0)
equal("a long stretch is by day", figures("?from=2026-01-01T00:00:00Z")["step"], "day")
for q in ("?from=x", "?to=yesterday", "?from=2026-11-24T00:00:00Z&to=2026-11-23T00:00:00Z", "?from=2000-01-01T00:00:00Z", "?appliance=" + "0" * 32, "?x=1"):
    equal("refused " + q, (admin.get("/api/v1/dashboard" + q).status, admin.get("/api/v1/dashboard" + q).code()), (400, "bad_query"))
equal("sent", box.send([flow(1000 + i, app_proto=text) for i, text in enumerate(ATTACKS)] +
                       [alert(2000 + i, rule=text[:60]) for i, text in enumerate(ATTACKS)]).status, 200)
d = figures()
for text in ATTACKS:
    # PostgreSQL's texts have no NUL
    check("protocol %r" % text, any(p["name"] == text or "\0" in text and p["name"].startswith("nul") for p in d["protocols"]))
equal("needs a session", Client(console).get("/api/v1/dashboard").status, 401)
console.close()
end()
