# SPDX-License-Identifier: GPL-3.0-or-later
"""The same records in two consoles, one on SQLite alone, the other on PostgreSQL or with its events in ClickHouse (the second argument): each question has the
same answer, whatever stands in the records."""
import os
import sys
import time
from urllib.parse import quote

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "console_http"))
import harness as h
import click
import pg

FAR = sys.argv[2:] == ["clickhouse"]
if (click if FAR else pg).missing():
    print((click if FAR else pg).missing())
    sys.exit(77)
lite = h.Console()
if FAR:
    server = h.EVENTS = click.Server()
    big = h.Console()
    h.EVENTS = None
else:
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
seen, boxes = [], []
if FAR:
    server.kill() # before anything could be shipped
for c in consoles:
    admin = c.administrator()
    box = h.Appliance(c, "ha-noi-1")
    h.equal("taken", box.send(records()).status, 200)
    h.equal("nothing twice", box.send(records()[:4]).status, 200)
    ids = [r["id"] for r in admin.get("/api/v1/alerts?limit=100").json()["items"]]
    for i, word in enumerate(("acknowledge", "comment", "close")):
        h.equal(word, admin.post("/api/v1/alerts/%d/actions" % ids[i], dict({"action": word}, **({"text": "x"} if i == 1 else {"reason": "confirmed"} if i == 2 else {}))).status, 200)
    seen.append(admin)
    boxes.append(box)


def shape(answer):
    """Without what two consoles cannot share: when, and random names."""
    if isinstance(answer, dict):
        return {k: shape(v) for k, v in answer.items() if k not in ("received", "oldest", "database_bytes", "id", "appliance", "last", "first", "take_by", "due",
                                                                    "close_by", "started", "engine", "waiting", "away_since", "enrolled", "heard", "last_heard", "words_from", "clock_offset_ms", "address")}
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


def shipped(n):
    """Waits until so many events are in ClickHouse."""
    deadline = time.time() + 60
    while time.time() < deadline:
        if server.query("EXISTS TABLE event", big.events) == [["1"]] and int(server.query("SELECT count() FROM event", big.events)[0][0]) >= n \
                and seen[1].get("/api/v1/stats").json()["events"]["waiting"] == 0:
            return True
        time.sleep(0.2)
    return False


def compare(when):
    some = 0
    for target in ("alerts", "events"):
        for q in QUESTIONS:
            one, other = ask("/api/v1/search?limit=100&in=%s&q=%s" % (target, quote(q)))
            h.check("%s %s %r" % (when, target, q), one == other, differ(one, other))
            some += bool(one.get("items"))
            one, other = ask("/api/v1/search/histogram?in=%s&q=%s" % (target, quote(q)))
            h.check("%s: counted %s %r" % (when, target, q), one.get("matched") == other.get("matched"), "%r %r" % (one, other))
    h.check("most questions find something", some > len(QUESTIONS))
    for path in PATHS:
        one, other = ask(path)
        h.check("%s: %s" % (when, path), one == other, differ(one, other))
    # pages by keyset, one row each: the same rows in the same order, none twice
    walks = []
    for c in seen:
        walk, before = [], ""
        while len(walk) < 200:
            page = c.get("/api/v1/search?limit=1&in=events&q=ke%s" % before).json()
            walk += [shape(i) for i in page["items"]]
            if page["next"] is None:
                break
            before = "&before=%d" % page["next"]
        walks.append(walk)
    h.check("%s: pages" % when, walks[0] == walks[1] and len(walks[0]) > 1, "%d %d" % (len(walks[0]), len(walks[1])))
    # alerts with what is around them
    ids = [[r["id"] for r in c.get("/api/v1/alerts?limit=100").json()["items"]] for c in seen]
    for a, b in zip(*ids):
        one, other = (shape(c.get("/api/v1/alerts/%d" % n).json()) for c, n in zip(seen, (a, b)))
        for step in one["history"] + other["history"]:
            step.pop("time") # of this test's own steps
        h.check("%s: alert %d" % (when, a), one == other, differ(one, other))


PATHS = ["/api/v1/alerts?limit=100", "/api/v1/events?limit=100", "/api/v1/stats", "/api/v1/appliances", "/api/v1/events?flow_id=3", "/api/v1/events?type=http",
         "/api/v1/events?level=mat,secret", "/api/v1/events?from=2026-11-10T00:00:00Z&to=2026-11-20T00:00:00Z", "/api/v1/events?sha256=%064x" % 3,
         "/api/v1/events?community_id=1:none"]
if FAR: # while they wait in the database; then from ClickHouse; then with both parts
    compare("waiting")
    server.start()
    h.check("all are shipped", shipped(len(records())))
compare("all")
if FAR:
    for c in boxes:
        h.equal("a record that was shipped is known", c.send(records()[:9]).status, 200)
    for c in boxes:
        h.equal("more", c.send([h.flow(5000 + i, 3) for i in range(20)] + [h.alert(6000, text=" ke hoach", flow_id=3)]).status, 200)
    compare("both parts")
    h.check("all are shipped again", shipped(len(records()) + 21))
    compare("at the end")
    h.equal("each once", server.query("SELECT count(), uniqExact(id), uniqExact(appliance, run, n, k) FROM event", big.events), [[str(len(records()) + 21)] * 3])
for i, c in enumerate(consoles):
    h.equal("the audit is whole", c.command("audit")[0], 0)

if FAR:
    for c in consoles:
        c.close()
    h.end()
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
