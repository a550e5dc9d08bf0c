# SPDX-License-Identifier: GPL-3.0-or-later
"""The console under load: a store that is full already, two appliances that report as fast as they are taken, twenty browsers (HTTP clients that
follow the stream, search and look at every page) and one real Chromium, all at once; raw SQLite insert speed in the same run. A run in which an event
is lost, a page fails or the browser complains prints void."""
import http.client
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
BATCH, FEEDERS, CLIENTS, TARGET_MS, TARGET_RATE = 2000, 2, 20, 300, 10000
WORDS = ["báo", "cáo", "công", "điện", "kế", "hoạch", "quý", "mật", "tối", "thư", "report", "final", "plan", "memo"]
QUESTIONS = ["", "example", "site77", "bao cao", '"tối mật"', "level>=toi_mat", "level>=mat last:7d", "app_proto:dns", "app_proto:http memo", "src_ip:10.3.7.0/24",
             "src_ip:10.0.0.0/12", "10.3.7.2", "rule:rule-7 severity<=2", "type:tls -site77", "(bao OR cong) (level>=mat OR severity:1)", "site1*", "khongcotunay"]
PAGES = [("inbox", lambda d: "/api/v1/alerts?limit=50&state=new"), ("alert", lambda d: "/api/v1/alerts/%d" % d.randrange(1, 200)),
         ("search events", lambda d: "/api/v1/search?in=events&q=" + quote(d.choice(QUESTIONS))), ("search alerts", lambda d: "/api/v1/search?in=alerts&q=" + quote(d.choice(QUESTIONS))),
         ("histogram", lambda d: "/api/v1/search/histogram?in=events&q=" + quote(d.choice(QUESTIONS))), ("dashboard 24 h", lambda d: "/api/v1/dashboard"),
         ("dashboard 30 d", lambda d: "/api/v1/dashboard?from=" + stamp(time.time() - 30 * 86400)), ("fleet", lambda d: "/api/v1/fleet"),
         ("appliances", lambda d: "/api/v1/appliances"), ("overview", lambda d: "/api/v1/stats"), ("reports", lambda d: "/api/v1/reports"), ("completion", lambda d: "/api/v1/search/fields")]


def quote(text):
    return "".join(c if c.isalnum() and c.isascii() else "".join("%%%02X" % b for b in c.encode()) for c in text)


def stamp(t):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t))


def record(n, dice):
    """What a house of 4000 hosts reports: flows, names, TLS, pages, documents, alerts."""
    host, kind, at = dice.randrange(4000), dice.randrange(100), "2026-11-24T06:%02d:%02d.%06d+0000" % (n // 60 % 60, n % 60, n % 10**6)
    e = {"timestamp": at, "flow_id": n * 7919 % 10**15, "src_ip": "10.%d.%d.%d" % (host >> 8 & 15, host & 255, 1 + n % 4), "dest_ip": "203.0.113.%d" % dice.randrange(250),
         "dest_port": 443, "proto": "TCP"}
    if kind < 60:
        e.update(event_type="flow", app_proto="tls", flow={"pkts_toserver": 9, "bytes_toserver": dice.randrange(10**5), "bytes_toclient": dice.randrange(10**6), "state": "closed"})
        return "flow", 0, e
    if kind < 75:
        e.update(event_type="dns", app_proto="dns", dns={"queries": [{"rrname": "h%d.site%d.example.vn" % (dice.randrange(50), dice.randrange(20000))}]})
        return "dns", 0, e
    if kind < 88:
        e.update(event_type="tls", app_proto="tls", tls={"sni": "www.site%d.example.vn" % dice.randrange(20000), "version": "TLS 1.3"})
        return "tls", 0, e
    if kind < 96:
        e.update(event_type="http", app_proto="http", http={"hostname": "site%d.example.vn" % dice.randrange(20000), "url": "/%s/%d" % (dice.choice(WORDS), n)})
        return "http", 0, e
    sha, alert = "%064x" % (n * 0x9E3779B97F4A7C15 % 2**256), dice.randrange(8) == 0
    e.update(event_type="alert" if alert else "fileinfo", app_proto="smtp", fileinfo={"filename": "%s %s %d.docx" % (dice.choice(WORDS), dice.choice(WORDS), n), "size": 20000, "sha256": sha},
             gatehouse={"document": {"sha256": sha, "level": dice.choice(["none", "none", "mat", "toi_mat", "tuyet_mat"]), "kind": "docx", "read": "full"}})
    if alert:
        e["alert"] = {"severity": dice.randrange(1, 5), "signature": "Document leaves its zone", "category": "classified-document"}
        e["gatehouse"]["verdict"] = {"action": "alert", "rule": "rule-%d" % dice.randrange(40), "policy": "standard@1", "reason": "marked",
                                     "facts": [{"path": "zone", "value": "noi-bo"}, {"path": "dest_zone", "value": "internet"}]}
    return e["event_type"], int(alert), e


def make_batches(box, count, seed):
    """Sealed batches, made before the clock runs."""
    dice, out, n = random.Random(seed), [], 0
    for _ in range(count):
        rows = []
        for _ in range(BATCH):
            kind, k, e = record(n, dice)
            rows.append((kind, n, k, json.dumps(e, ensure_ascii=False, separators=(",", ":"))))
            n += 1
        envelope, digest = box.seal(rows, box.number + 1, box.previous, 1)
        box.number, box.previous = box.number + 1, digest
        out.append((envelope, [r[3] for r in rows] if len(out) < 20 else None))
    return out


def raw_sqlite(dir_, batches):
    """Records a second that SQLite itself takes: the same lines, three indexes, WAL, FULL, batches of the same size."""
    path = os.path.join(dir_, "raw.db")
    d = sqlite3.connect(path, isolation_level=None)
    d.execute("PRAGMA journal_mode=WAL")
    d.execute("PRAGMA synchronous=FULL")
    d.execute("CREATE TABLE e(id INTEGER PRIMARY KEY, n INTEGER, time INTEGER, flow INTEGER, json TEXT)")
    for column in ("n", "time", "flow"):
        d.execute("CREATE INDEX i_%s ON e(%s)" % (column, column))
    n, began = 0, time.monotonic()
    for _, lines in batches[:20]:
        d.execute("BEGIN")
        d.executemany("INSERT INTO e(n, time, flow, json) VALUES(?, ?, ?, ?)", [(n + i, n + i, (n + i) * 7919 % 10**15, x) for i, x in enumerate(lines or [])])
        d.execute("COMMIT")
        n += len(lines or [])
    rate = n / (time.monotonic() - began)
    d.close()
    os.unlink(path)
    return rate


class Feeder(threading.Thread):
    """An appliance that hands in one batch after the other."""

    def __init__(self, console, tls, batches, until):
        super().__init__()
        self.console, self.tls, self.batches, self.until, self.sent, self.refused = console, tls, batches, until, 0, None
        self.start()

    def run(self):
        c = http.client.HTTPSConnection("127.0.0.1", self.console.port, context=self.tls(), timeout=60)
        for envelope, _ in self.batches:
            if time.monotonic() >= self.until:
                break
            c.request("POST", "/api/v1/intake", envelope, {"Content-Type": "application/vnd.gatehouse.envelope"})
            r = c.getresponse()
            body = r.read()
            if r.status != 200:
                self.refused = "%d %s" % (r.status, body[:100])
                break
            self.sent += BATCH
        c.close()


class Load:
    """Twenty browsers in threads; times in ms by page."""

    def __init__(self, console, client, tls, until):
        self.console, self.cookie, self.tls, self.until = console, client.cookie, tls, until
        self.times, self.faults, self.alerts, self.lock = {}, [], 0, threading.Lock()
        self.threads = [threading.Thread(target=self.browse, args=(i,)) for i in range(CLIENTS)] + [threading.Thread(target=self.follow, args=(i,)) for i in range(CLIENTS)]
        for t in self.threads:
            t.start()

    def connect(self):
        return http.client.HTTPSConnection("127.0.0.1", self.console.port, context=self.tls(), timeout=60)

    def follow(self, i):
        c = self.connect()
        try:
            c.request("GET", "/api/v1/stream", headers={"Cookie": "__Host-gatehouse=" + self.cookie[i % len(self.cookie)]})
            r, seen = c.getresponse(), 0
            while time.monotonic() < self.until:
                line = r.fp.readline()
                if not line:
                    break
                seen += line.startswith(b"event: alert")
            with self.lock:
                self.alerts = max(self.alerts, seen)
                if r.status != 200:
                    self.faults.append("stream %d" % r.status)
        except OSError as e:
            with self.lock:
                self.faults.append("stream: %s" % e)
        c.close()

    def browse(self, i):
        dice, c = random.Random(i), self.connect()
        while time.monotonic() < self.until:
            name, make = dice.choice(PAGES)
            began = time.monotonic()
            try:
                c.request("GET", make(dice), headers={"Cookie": "__Host-gatehouse=" + self.cookie[i % len(self.cookie)]})
                r = c.getresponse()
                r.read()
                status = r.status
            except (OSError, http.client.HTTPException) as e:
                c.close()
                c, status = self.connect(), str(e)
            took = (time.monotonic() - began) * 1000
            with self.lock:
                if status in (200, 404):
                    self.times.setdefault(name, []).append(took)
                else:
                    self.faults.append("%s %s" % (name, status))
            time.sleep(dice.uniform(0.3, 1.2))
        c.close()


def cpu_of(pid):
    """Seconds of processor time that a process has used."""
    with open("/proc/%d/stat" % pid) as f:
        part = f.read().rsplit(")", 1)[1].split()
    return (int(part[11]) + int(part[12])) / os.sysconf("SC_CLK_TCK")


def run(build, scale, seconds):
    sys.argv = [sys.argv[0], build]
    sys.path.insert(0, os.path.join(HERE, "..", "tests", "console_http"))
    import harness
    events, web = int(5_000_000 * scale), os.path.join(HERE, "..", "console", "web")
    scratch = tempfile.mkdtemp(prefix="gh-bench-console-")
    state = os.path.join(scratch, "state")
    os.chmod(scratch, 0o755)
    os.makedirs(state)
    try:
        began = time.monotonic()
        subprocess.run([os.path.join(build, "bench", "search_loop"), state, str(events), "1", "fill"], check=True, stdout=subprocess.DEVNULL)
        print("console: %d events stored (%.0f MB), filled in %.0f s" % (events, os.path.getsize(os.path.join(state, "console.db")) / 1e6, time.monotonic() - began), flush=True)
        return under_load(harness, build, web, scratch, state, events, seconds)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def under_load(harness, build, web, scratch, state, events, seconds):
    harness.BUILD = build
    console = harness.Console("console.state_dir=" + state, "console.request_rate=100000")
    console.state = state
    admin = console.administrator()
    boxes = [harness.Appliance(console, "bench-%d" % i) for i in range(FEEDERS)]
    batches = [make_batches(box, max(5, int(TARGET_RATE * 2.2 * seconds / BATCH / FEEDERS)), i) for i, box in enumerate(boxes)]
    raw = [raw_sqlite(scratch, batches[0])]
    admin.cookie = [admin.cookie] + [console.user("nguoi-%d" % i, "analyst").cookie for i in range(3)] # a session has eight streams
    before, chromium = records(console), None
    until = time.monotonic() + seconds
    load = Load(console, admin, harness.tls, until)
    if shutil.which("node") and os.path.exists("/usr/bin/chromium") and os.path.isdir(os.path.join(web, "node_modules", "playwright-core")):
        chromium = subprocess.Popen(["node", os.path.join(HERE, "console.mjs"), web, "https://127.0.0.1:%d" % console.port, harness.PASSWORD, str(seconds)], stdout=subprocess.PIPE, text=True)
    used, began = cpu_of(console.process.pid), time.monotonic()
    feeders = [Feeder(console, harness.tls, mine, until) for mine in batches]
    for f in feeders:
        f.join()
    sent, refused = sum(f.sent for f in feeders), [f.refused for f in feeders if f.refused]
    rate, used = sent / (time.monotonic() - began), cpu_of(console.process.pid) - used
    for t in load.threads:
        t.join(90)
    raw.append(raw_sqlite(scratch, batches[0]))
    stored = records(console) - before
    seen = chromium.communicate(timeout=90)[0].strip() if chromium else "absent"
    return tell(load, sent, rate, used, stored, raw, refused, seen, seconds)


def records(console):
    """Rows that this appliance has in the store."""
    with sqlite3.connect("file:%s?mode=ro" % os.path.join(console_state(console), "console.db"), uri=True) as d:
        return d.execute("SELECT count(*) FROM event WHERE appliance IN (SELECT id FROM appliance WHERE name LIKE 'bench-%')").fetchone()[0]


def console_state(console):
    return [x.split("=", 1)[1] for x in console.settings if x.startswith("console.state_dir=")][-1]


def tell(load, sent, rate, used, stored, raw, refused, seen, seconds):
    print("  ingest %8.0f events/s for %.0f s (%d sent, %d stored), raw SQLite insert %.0f and %.0f/s: ingest / raw %.2f; %.0f events in a second of the console's processor time" % (
        rate, seconds, sent, stored, raw[0], raw[1], rate / max(1, sum(raw) / 2), sent / max(used, 0.01)))
    worst = 0
    for name, _ in PAGES:
        t = sorted(load.times.get(name, []))
        if t:
            p95 = t[min(len(t) - 1, len(t) * 95 // 100)]
            worst = max(worst, p95)
            print("  %-16s p50 %7.1f ms  p95 %7.1f ms  max %7.1f ms  %5d times%s" % (name, t[len(t) // 2], p95, t[-1], len(t), "" if p95 < TARGET_MS else "  over %d ms" % TARGET_MS))
    print("  %d clients followed the stream (%d alerts seen by one), %d faults %s; Chromium: %s" % (CLIENTS, load.alerts, len(load.faults), load.faults[:3], seen))
    good = stored == sent and not refused and not load.faults and (seen == "absent" or seen.endswith("0 faults"))
    if refused:
        print("  refused: %s" % refused)
    print("  %s; ingest %s %d/s, p95 %s %d ms" % ("no event lost" if stored == sent else "void: events lost", ">=" if rate >= TARGET_RATE else "below", TARGET_RATE,
                                                 "<" if worst < TARGET_MS else "over", TARGET_MS) + ("" if good else "  void"))
    return good
