# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit: filters, pages, a file that no spreadsheet runs, and proof against who can write the database."""
import csv
import io
import re
import sqlite3

import harness as h
from harness import check, equal

console = h.Console()
lan = console.administrator()
EVIL = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\tx", "a,b\"c", "x\r\ny", "\u202egnp", "|calc", "%0a=1"]
for i, name in enumerate(EVIL):
    equal("a unit named %r" % name, lan.post("/api/v1/units", {"name": "%s" % name if name.strip() == name else "z" + name}).status, 200)
rows = lan.get("/api/v1/audit?action=unit_added&limit=3").json()
equal("by action", ([r["action"] for r in rows["items"]], rows["next"] is not None), (["unit_added"] * 3, True))
seen, before = [], ""
while True:
    page = lan.get("/api/v1/audit?action=unit_added&limit=3" + before).json()
    seen += [r["id"] for r in page["items"]]
    if page["next"] is None:
        break
    before = "&before=%d" % page["next"]
equal("pages give each once", (len(seen), seen == sorted(set(seen), reverse=True)), (len(EVIL), True))
equal("by actor", {r["actor"] for r in lan.get("/api/v1/audit?actor=LAN").json()["items"]}, {"lan"})
equal("by another", lan.get("/api/v1/audit?actor=nobody").json()["items"], [])
equal("by object", [r["object"] for r in lan.get("/api/v1/audit?object=%40SUM").json()["items"]], ["@SUM(A1)"])
equal("in time", lan.get("/api/v1/audit?to=2020-01-01T00:00:00Z").json()["items"], [])
for bad in ("from=yesterday", "limit=0", "limit=201", "before=0", "who=lan", "actor=" + "x" * 201):
    equal("no %s" % bad[:20], lan.get("/api/v1/audit?" + bad).status, 400)
a = lan.get("/api/v1/audit/csv?action=unit_added")
equal("a file", (a.status, a.headers["Content-Type"], "attachment" in a.headers["Content-Disposition"]), (200, "text/csv; charset=utf-8", True))
text = a.body.decode("utf-8-sig")
table = list(csv.reader(io.StringIO(text)))
equal("as many lines as entries", (len(table), {len(r) for r in table}), (len(EVIL) + 1, {8}))
for row in table:
    for cell in row:
        check("no cell is a formula: %r" % cell, cell[:1] not in "=+-@\t\r\n|%" or cell == "", cell)
        check("nor turns the direction or the line", not re.search("[\r\n\u202e]", cell), repr(cell))
equal("taking it away is an entry", lan.get("/api/v1/audit").json()["items"][0]["action"], "audit_exported")
head = lan.post("/api/v1/audit/head", {}).json()["head"]
check("a signed head", re.match(r"^\d+:[0-9a-f]{64}$", head["head"]) and len(head["signature"]) == 128)
equal("it is shown with the entries", lan.get("/api/v1/audit").json()["head"], head)
code, out, err = console.command("audit", "verify", head["head"])
check("whole", code == 0 and "is whole" in out and "1 signed heads" in out, (code, out, err))
code, newest, err = console.command("audit", "head")
check("the head alone", code == 0 and re.match(r"^\d+:[0-9a-f]{64}\n$", newest), (code, newest, err))
code, out, err = console.command("audit", "verify", "12:xyz")
check("no head is said to be none", code == 2 and "is no head" in err, (code, out, err))
console.stop()

# ---- somebody who can write the file
path = console.state + "/console.db"


def tamper(*statements):
    d = sqlite3.connect(path)
    d.executescript("".join("DROP TRIGGER IF EXISTS %s;" % t for t in ("audit_stays", "audit_is")) + ";".join(statements))
    d.commit()
    d.close()


whole = open(path, "rb").read()
tamper("DELETE FROM audit WHERE id = 3")
code, out, err = console.command("audit", "verify")
check("an entry taken out", code == 1 and "does not fit the chain" in out, (code, out, err))
open(path, "wb").write(whole)
tamper("DELETE FROM audit WHERE id > 4")
code, out, err = console.command("audit", "verify")
check("the end cut off", code == 1 and "was cut" in out, (code, out, err))
open(path, "wb").write(whole)
tamper("DELETE FROM audit WHERE id > 4", "DELETE FROM audit_head")
code, out, err = console.command("audit", "verify")
check("with all heads, nothing inside tells", code == 0, (code, out, err))
open(path, "wb").write(whole)
tamper("DELETE FROM audit WHERE id > 4", "DELETE FROM audit_head")
code, out, err = console.command("audit", "verify", head["head"])
check("a head on paper does", code == 1 and "the head that you gave" in out, (code, out, err))
open(path, "wb").write(whole)
tamper("UPDATE audit_head SET hash = zeroblob(32)")
code, out, err = console.command("audit", "verify")
check("a head that is forged", code == 1 and "not signed by this console's key" in out, (code, out, err))
open(path, "wb").write(whole)
code, out, err = console.command("audit", "verify", newest.strip()[:-1] + ("0" if newest.strip()[-1] != "0" else "1"))
check("another chain under the same numbers", code == 1 and "written anew" in out, (code, out, err))
h.end()
