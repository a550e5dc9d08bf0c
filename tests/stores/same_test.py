# SPDX-License-Identifier: GPL-3.0-or-later
"""The same records in two consoles, one on SQLite, one on PostgreSQL: each question has the same answer, whatever stands in the records."""
import os
import sys
from urllib.parse import quote

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "console_http"))
import harness as h
import pg

if pg.missing():
    print(pg.missing())
    sys.exit(77)
lite = h.Console()
server = h.DATABASES = pg.Server()
big = h.Console()
h.DATABASES = None
consoles = (lite, big)
WORDS = ["Kế hoạch tác chiến", "công điện khẩn", "TỐI MẬT", "ke hoach 2026", "report_final.v2.docx", "Стратегия", "中文 文件", "a-b.c/d?e=f#g",
         "o'clock \"quoted\" \\back", "100% & more | less !", "đường dây nóng", "Ⅷ ½ ²", "x" * 700] + h.ATTACKS


def records():
    out = []
    for i, word in enumerate(WORDS):
        out.append(h.alert(i + 1, text=" " + word, filename=word + ".docx", rule="rule-%d" % (i % 3), level=["mat", "tuyet_mat", "none", "secret"][i % 4],
                           severity=1 + i % 4, flow_id=i % 5))
        out.append(h.flow(1000 + i, i % 5))
        out.append(("http", 2000 + i, 0, {"timestamp": "2026-11-%02dT06:02:11.000001+0000" % (1 + i % 28), "event_type": "http", "flow_id": i,
                                          "src_ip": "10.0.%d.7" % i, "dest_ip": "2001:db8::%x" % (i + 1), "http": {"hostname": "h%d.example" % i, "url": word}}))
    return out


QUESTIONS = ["", "ke hoach", "\"Kế hoạch\"", "\"ke hoach tac chien\"", "cong", "công điện", "rule:rule-1", "-rule:rule-1", "level>=mat", "level:secret OR level:none",
             "severity<=2", "10.0.3.7", "10.0.0.0/16", "2001:db8::/32", "src_ip:10.0.1.5 -ke", "(mat OR toi) report", "file:report", "file:\"v2 docx\"",
             "host:h3", "example", "status:new", "-status:closed", "appliance:ha-noi-1", "стратегия", "中文", "quoted", "back", "100", "xxxx", "from:2026-11-10",
             "to:2026-11-10", "from:2026-11-05 to:2026-11-20 http", "alert", "onerror", "drop table", "jndi", "nul", "set-cookie", "calc", "u0022", "\"đường dây\"",
             "\"duong day\"", "dâ", "½", "user:nobody", "-(rule:rule-1 OR severity:1)", "sha256:%064x" % 3]
seen = []
for c in consoles:
    admin = c.administrator()
    box = h.Appliance(c, "ha-noi-1")
    h.equal("taken", box.send(records()).status, 200)
    h.equal("nothing twice", box.send(records()[:4]).status, 200)
    ids = [r["id"] for r in admin.get("/api/v1/alerts?limit=100").json()["items"]]
    for i, word in enumerate(("acknowledge", "comment", "close")):
        h.equal(word, admin.post("/api/v1/alerts/%d/actions" % ids[i], dict({"action": word}, **({"text": "x"} if i == 1 else {"reason": "confirmed"} if i == 2 else {}))).status, 200)
    seen.append(admin)


def shape(answer):
    """Without what two consoles cannot share: when, and random names."""
    if isinstance(answer, dict):
        return {k: shape(v) for k, v in answer.items() if k not in ("received", "oldest", "database_bytes", "id", "appliance", "last", "first", "take_by", "due",
                                                                    "close_by", "started", "enrolled", "heard", "last_heard", "words_from", "clock_offset_ms", "address")}
    if isinstance(answer, list):
        return [shape(v) for v in answer]
    return answer


def differ(one, other, path=""):
    """Where two answers differ, in a line each."""
    if isinstance(one, dict) and isinstance(other, dict):
        return "".join(differ(one.get(k), other.get(k), "%s.%s" % (path, k)) for k in sorted(set(one) | set(other)))
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return "".join(differ(a, b, "%s[%d]" % (path, i)) for i, (a, b) in enumerate(zip(one, other)))
    return "" if one == other else "\n%s: %.200r, %.200r" % (path, one, other)


def ask(path):
    answers = [c.get(path) for c in seen]
    h.equal("both answer %s" % path, answers[1].status, answers[0].status)
    return [shape(a.json()) for a in answers]


some = 0
for target in ("alerts", "events"):
    for q in QUESTIONS:
        one, other = ask("/api/v1/search?limit=100&in=%s&q=%s" % (target, quote(q)))
        h.check("%s %r" % (target, q), one == other, differ(one, other))
        some += bool(one.get("items"))
        one, other = ask("/api/v1/search/histogram?in=%s&q=%s" % (target, quote(q)))
        h.check("counted %s %r" % (target, q), one.get("matched") == other.get("matched"), "%r %r" % (one, other))
h.check("most questions find something", some > len(QUESTIONS))
for path in ("/api/v1/alerts?limit=100", "/api/v1/events?limit=100", "/api/v1/stats", "/api/v1/appliances"):
    one, other = ask(path)
    h.check(path, one == other, differ(one, other))
for i, c in enumerate(consoles):
    h.equal("the audit is whole", c.command("audit")[0], 0)

# The server goes away: the console ends, so that its keeper starts it again; everything is there when the server is.
server.stop()
try:
    seen[1].get("/api/v1/alerts")
except OSError:
    pass
h.equal("the console ends and says so", big.process.wait(60), 3)
h.check("in its log", "database server is gone" in open(os.path.join(big.dir, "log")).read())
server.start()
big.start()
seen[1].origin = big.url[:-1]
one, other = ask("/api/v1/alerts?limit=100")
h.check("nothing is lost", one == other and one["items"])
for c in consoles:
    c.close()
h.end()
