# SPDX-License-Identifier: GPL-3.0-or-later
"""Two consoles on one PostgreSQL at once: appliances hand in at both in turn, people act at both, one node is killed and comes back. Live streams of a node tell
what happened at the other; at the end each event and each step is there once, chains are whole, and both give the same answers."""
import http.client
import itertools
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from urllib.parse import quote

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "console_http"))
import harness as h
import pg

if pg.missing():
    print(pg.missing())
    sys.exit(77)
PATIENCE = 60 # how long something may take on a busy machine


class Beside(h.Console):
    """Another node: the same database, a copy of the first one's state directory."""

    def __init__(self, first):
        self.program = ["gh-console"]
        self.dir = tempfile.mkdtemp(prefix="gh-console-")
        os.chmod(self.dir, 0o755)
        self.state = os.path.join(self.dir, "state")
        subprocess.run(["cp", "-a", first.state, self.state], check=True)
        self.settings = [s.replace(first.state, self.state) for s in first.settings]
        self.database, self.process = first.database, None
        open(os.path.join(self.dir, "admin"), "w").close()
        h.atexit.register(self.clean)
        self.start()


class Stream:
    def __init__(self, client):
        c = http.client.HTTPSConnection("127.0.0.1", client.console.port, context=h.tls(), timeout=PATIENCE)
        c.request("GET", "/api/v1/stream", headers={"Cookie": "__Host-gatehouse=" + client.cookie})
        self.sock = c.sock
        self.r = c.getresponse()
        self.events, self.ended, self.lock = [], False, threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        name = ""
        try:
            for line in iter(self.r.readline, b""):
                line = line.decode().rstrip("\n")
                if line.startswith("event: "):
                    name = line[7:]
                elif line.startswith("data: "):
                    with self.lock:
                        self.events.append((name, json.loads(line[6:])))
                        self.lock.notify_all()
        except (OSError, http.client.HTTPException, ValueError):
            pass
        with self.lock:
            self.ended = True
            self.lock.notify_all()

    def wait(self, test):
        with self.lock:
            return self.lock.wait_for(lambda: test(self), PATIENCE)

    def alerts(self, change):
        return [e[1]["alert"] for e in self.events if e[0] == "alert" and e[1]["change"] == change]

    def told(self, name):
        return any(e[0] == name for e in self.events)

    def close(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


server = h.DATABASES = pg.Server()
first = h.Console()
admin = first.administrator()
nodes = [first, Beside(first)]


def at(node, client):
    """The same browser, sent to another node by the balancer."""
    c = h.Client(node)
    c.cookie = client.cookie
    return c


def test_streams():
    box = h.Appliance(first, "hue-2")
    streams = [Stream(at(n, admin)) for n in nodes]
    for i, n in enumerate(nodes):
        box.console = n
        h.equal("taken at node %d" % i, box.send([h.alert(10 * i + 1), h.alert(10 * i + 2)]).status, 200)
        for k, s in enumerate(streams):
            h.check("node %d tells of it at node %d" % (i, k), s.wait(lambda x: len(x.alerts("new")) >= 2 * i + 2), s.events)
    for k, s in enumerate(streams):
        h.check("appliances, too", s.wait(lambda x: x.told("appliance")))
        numbers = [a["seq"] for a in s.alerts("new")]
        h.equal("in order, each once, at node %d" % k, numbers, sorted(set(numbers)))
    number = streams[0].alerts("new")[0]["id"]
    h.equal("a step at the second node", at(nodes[1], admin).post("/api/v1/alerts/%d/actions" % number, {"action": "acknowledge"}).status, 200)
    for k, s in enumerate(streams):
        h.check("is told at node %d" % k, s.wait(lambda x: [a["id"] for a in x.alerts("changed") if a["state"] == "acknowledged"] == [number]), s.events[-2:])
    h.equal("a unit at the first", admin.post("/api/v1/units", {"name": "Huế", "appliances": []}).status, 200)
    h.check("is told at the second", streams[1].wait(lambda x: x.told("reset")), streams[1].events[-2:])
    for s in streams:
        s.close()


def test_rights():
    """Whose rights change or whose session ends at one node hears no more at the other of what was open to him."""
    hoa = first.user("hoa", "analyst")
    number = [u["id"] for u in admin.get("/api/v1/users").json()["items"] if u["name"] == "hoa"][0]
    s = Stream(at(nodes[1], hoa))
    h.equal("other rights", admin.post("/api/v1/users/%d" % number, {"clearance": {"vn": "none", "other": "none"}}).status, 200)
    h.check("a stream at the other node begins anew", s.wait(lambda x: x.ended))
    s = Stream(at(nodes[1], hoa))
    h.equal("signs out at the first", hoa.delete("/api/v1/session").status, 204)
    h.check("the stream at the second ends", s.wait(lambda x: x.ended))
    h.check("and says why", s.told("end"), s.events)


def until_answered(what, send, turn):
    """As who comes again by the balancer, until there is an answer: to one node after the other."""
    end = time.time() + PATIENCE
    while time.time() < end:
        try:
            a = send(nodes[next(turn) % 2])
            if a.status not in (502, 503):
                return a
        except (OSError, http.client.HTTPException, ValueError):
            pass
        time.sleep(0.05)
    raise SystemExit("no answer: " + what)


BATCHES, RECORDS = 12, 10


def hand_in(box, start):
    turn = itertools.count(start)
    for b in range(BATCHES):
        records = [h.alert(100 * b + 1, text=" kế hoạch %d" % b, flow_id=b), h.alert(100 * b + 2, rule="rule-%d" % (b % 3))]
        records += [h.flow(100 * b + i, i) for i in range(3, RECORDS + 1)]
        envelope, digest = box.seal(records, box.number + 1, box.previous)
        a = until_answered("batch", lambda n: h.post_envelope(n, envelope), turn)
        h.equal("batch %d of %s" % (b + 1, box.name), (a.status, a.json().get("receipt")), (200, box.number + 1))
        if b % 4 == 0: # its answer was lost on the way
            a = until_answered("repetition", lambda n: h.post_envelope(n, envelope), turn)
            h.equal("again", (a.status, a.json().get("receipt")), (200, box.number + 1))
        box.number, box.previous = box.number + 1, digest


STEPS = 30


def act(client, name, ids, start):
    """Comments by several keys; a key whose answer was lost is used again at the other node."""
    turn = itertools.count(start)
    for i in range(STEPS):
        text, key = "%s %d" % (name, i), "comment-of-%s-%d" % (name, i)
        path = "/api/v1/alerts/%d/actions" % ids[i % len(ids)]
        a = until_answered("step", lambda n: at(n, client).post(path, {"action": "comment", "text": text}, {"Idempotency-Key": key}), turn)
        h.equal("step " + text, a.status, 200)


class Work(threading.Thread):
    def __init__(self, what, *arguments):
        super().__init__(daemon=True)
        self.what, self.arguments, self.fault = what, arguments, None
        self.start()

    def run(self):
        try:
            self.what(*self.arguments)
        except BaseException as e: # told by whoever waits for it
            self.fault = e


def test_together():
    boxes = [h.Appliance(first, "ha-noi-%d" % i) for i in range(3)]
    people = [first.user(n, "analyst") for n in ("minh", "thu")]
    ids = [r["id"] for r in admin.get("/api/v1/alerts").json()["items"]]
    live = Stream(admin)
    before = int(first.sql("SELECT count(*) FROM batch")[0][0])
    work = [Work(hand_in, b, i) for i, b in enumerate(boxes)] + [Work(act, p, n, ids, i) for i, (p, n) in enumerate(zip(people, ("minh", "thu")))]
    end = time.time() + PATIENCE
    while int(first.sql("SELECT count(*) FROM batch")[0][0]) < before + BATCHES and time.time() < end:
        time.sleep(0.05)
    nodes[1].kill()
    nodes[1].start()
    for w in work:
        w.join(2 * PATIENCE)
        h.check("comes to an end", not w.is_alive() and not w.fault, w.fault)
    h.check("all alerts were told live", live.wait(lambda x: x.told("reset") or len({a["id"] for a in x.alerts("new")}) == 3 * BATCHES * 2), len(live.events))
    live.close()
    per_box = "SELECT a.name, count(*), count(DISTINCT (e.run, e.n, e.k)) FROM event e JOIN appliance a ON a.id = e.appliance WHERE a.name LIKE 'ha-noi%' GROUP BY 1 ORDER BY 1"
    n = str(BATCHES * RECORDS)
    h.equal("each event once", first.sql(per_box), [(b.name, n, n) for b in boxes])
    h.equal("alerts, too", first.sql("SELECT count(*), count(DISTINCT seq) FROM alert"), [(str(4 + 3 * BATCHES * 2),) * 2])
    h.equal("chains are whole", first.sql("SELECT count(*) FROM appliance a WHERE batches = (SELECT count(*) FROM batch b WHERE b.appliance = a.id) AND hash = "
                                          "(SELECT hash FROM batch b WHERE b.appliance = a.id AND b.number = a.batches)"), [("4",)])
    n = str(2 * STEPS)
    h.equal("each step once", first.sql("SELECT count(*), count(DISTINCT text) FROM step WHERE text LIKE 'minh %' OR text LIKE 'thu %'"), [(n, n)])
    for c in nodes:
        h.equal("the audit is whole", c.command("audit")[0], 0)
    h.check("nobody waited for each other in a circle", "deadlock" not in open(server.dir + ".log").read())


QUESTIONS = ["", "ke hoach", "\"kế hoạch\"", "rule:rule-1", "-rule:rule-1", "level>=mat", "severity<=2", "10.0.1.5", "appliance:ha-noi-1", "file:2", "host:upload",
             "\"ke hoach\" -secret", "type:flow OR type:alert", "(ke OR report) 10.0.0.0/16", "from:2026-11-10"]
PATHS = ["/api/v1/alerts?limit=100", "/api/v1/events?limit=100", "/api/v1/events?flow_id=3", "/api/v1/appliances", "/api/v1/users", "/api/v1/units", "/api/v1/audit?limit=100",
         "/api/v1/alerts/groups?by=rule", "/api/v1/alerts/1"]


def test_same_answers():
    paths = PATHS + ["/api/v1/search?limit=100&in=%s&q=%s" % (t, quote(q)) for t in ("alerts", "events") for q in QUESTIONS]
    for path in paths:
        one, two = (at(n, admin).get(path) for n in nodes)
        h.equal("an answer to " + path, one.status, 200)
        h.check("the same at both to " + path, one.json() == two.json())


test_streams()
test_rights()
test_together()
test_same_answers()
for node in reversed(nodes):
    node.close()
h.end()
