# SPDX-License-Identifier: GPL-3.0-or-later
"""Events on their way to ClickHouse while the console and the server are killed at random moments: at the end each is there once. Then an outage: what waits is
bounded, appliances are asked to keep theirs, and nothing is lost. Then the move of a console that had none."""
import os
import random
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "console_http"))
import click
import harness as h

if click.missing():
    print(click.missing())
    sys.exit(77)
seed = int(os.environ.get("GH_TEST_SEED", "0")) or random.randrange(1, 1 << 30)
print("GH_TEST_SEED=%d" % seed)
rnd = random.Random(seed)
server = click.Server()
console = h.Console(*server.settings("crash"))
admin = console.administrator()
box = h.Appliance(console, "ha-noi-1")


def stats():
    return admin.get("/api/v1/stats").json()["events"]


def until(what, done, seconds=90):
    end = time.time() + seconds
    while time.time() < end:
        try:
            if done():
                return h.check(what, True)
        except (OSError, KeyError, RuntimeError):
            pass
        time.sleep(0.2)
    return h.check(what, False)


def whole(n, database="crash"):
    """Are they there, each once?"""
    return server.query("SELECT count(), uniqExact(id), uniqExact(appliance, run, n, k), max(id) FROM event", database) == [[str(n)] * 4]


n = 0
for turn in range(int(os.environ.get("GH_TEST_ROUNDS", "6"))):
    for _ in range(3):
        h.equal("taken", box.send([h.flow(n + i + 1, i) for i in range(400)]).status, 200)
        n += 400
    time.sleep(rnd.random() * 0.6)
    which = rnd.randrange(3)
    if which != 1:
        console.kill()
    if which:
        server.kill()
        server.start()
    if which != 1:
        console.start()
        admin.origin = console.url[:-1]
until("all are shipped", lambda: stats()["waiting"] == 0)
h.check("each once, whoever was killed", whole(n), server.query("SELECT count(), uniqExact(id), max(id) FROM event", "crash"))

# the server is away: what waits is bounded
console.stop()
console.settings += ["--set", "console.events_waiting=1000"]
console.start()
admin.origin = console.url[:-1]
server.kill()
answers = [box.send([h.flow(n + 400 * t + i + 1, i) for i in range(400)]).status for t in range(3)]
h.equal("taken while there is room", answers, [200, 200, 200])
h.equal("then appliances keep theirs", box.send([h.flow(n + 9000, 1)]).status, 503)
until("the console says since when", lambda: stats()["away_since"] is not None)
h.equal("the newest page is there all the same", len(admin.get("/api/v1/events?limit=10").json()["items"]), 10)
h.equal("a question beyond it says what is wrong", admin.get("/api/v1/events?flow_id=999999").json().get("code"), "events_away")
server.start()
until("all are shipped again", lambda: stats()["waiting"] == 0 and stats()["away_since"] is None)
h.check("each once after the outage", whole(n + 1200), server.query("SELECT count(), uniqExact(id), max(id) FROM event", "crash"))
console.close()

# a console that had none
plain = h.Console()
admin = plain.administrator()
box = h.Appliance(plain, "hue-2")
h.equal("taken", box.send([h.flow(i + 1, i) for i in range(500)] + [h.alert(600, text=" chuyen", flow_id=3)]).status, 200)
before = [admin.get(p).json() for p in ("/api/v1/events?limit=200", "/api/v1/alerts?limit=10")]
plain.stop()
plain.settings += [w for s in server.settings("moved") for w in ("--set", s)]
code, out, err = plain.command("appliances")
h.equal("events of before must be moved", code, 2)
h.check("and that is said", "migrate" in err, err)
code, out, err = plain.command("migrate")
h.equal("moved", (code, err), (0, ""))
h.check("counted on both sides", "501 events moved; ClickHouse counts 501" in out, out)
plain.start()
admin.origin = plain.url[:-1]
h.check("the same answers", before == [admin.get(p).json() for p in ("/api/v1/events?limit=200", "/api/v1/alerts?limit=10")])
h.check("each once in the new place", whole(501, "moved"))
plain.close()
h.end()
