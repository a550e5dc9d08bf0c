# SPDX-License-Identifier: GPL-3.0-or-later
"""bench/run fleet [--json]: what a console takes in from a simulated fleet of 10, 100 and 1000 appliances (posts, offices and ministries) over HTTPS: envelopes and
events a second, processor time and bytes written, with each engine below it; beside that engine's raw insert of the same rows in the same run, one
transaction a batch where the console has to be durable batch by batch (SQLite, PostgreSQL), blocks of 10 000 rows for ClickHouse, to which events are shipped after they
were acknowledged. An engine that is not installed is named as absent."""
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "stores"))
import click
import pg

RECORDS, ENVELOPES, CONNECTIONS, BLOCK = 200, 400, 16, 10000 # of an office's batch; of each measurement at least; at a time; of a raw ClickHouse insert
COLUMNS = "appliance, run, n, k, type, time, json"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Console:
    def __init__(self, gatehouse, where, settings):
        self.gatehouse, self.where, self.url = gatehouse, where, "https://127.0.0.1:%d" % free_port()
        with open(where + "/c.conf", "w") as f:
            f.write("[console]\nlisten = %s\nstate_dir = %s/console\n" % (self.url[8:], where) + "".join("%s\n" % s.replace("console.", "", 1).replace("=", " = ", 1) for s in settings))
        subprocess.run([gatehouse, "console", "init", "-c", where + "/c.conf"], check=True, stdout=subprocess.DEVNULL)
        self.process = subprocess.Popen([os.path.join(os.path.dirname(gatehouse), "gh-console"), "-c", where + "/c.conf"], stdout=subprocess.DEVNULL,
                                        stderr=open(where + "/log", "w"))
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                socket.create_connection(self.url[8:].split(":"), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise SystemExit("the console does not start: " + open(where + "/log").read())

    def used(self):
        """Processor seconds and bytes written so far."""
        pid = self.process.pid
        times = open("/proc/%d/stat" % pid).read().rsplit(")", 1)[1].split()
        written = [int(line.split()[1]) for line in open("/proc/%d/io" % pid) if line.startswith("write_bytes")][0]
        return (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK"), written

    def simulate(self, appliances, batches, records):
        out = subprocess.run([self.gatehouse, "simulate", "--appliances", str(appliances), "--batches", str(batches), "--records", str(records), "--mix", "fleet",
                              "--connections", str(CONNECTIONS), "--enrol", self.where + "/c.conf", "--console", self.url, "--json", "-o", self.where + "/fleet"],
                             stdout=subprocess.PIPE, check=True, text=True).stdout
        return json.loads(out)

    def stop(self):
        self.process.terminate()
        self.process.wait(60)


def raw_sqlite(where, batches, _):
    db = sqlite3.connect(where + "/raw.db", isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE event(id INTEGER PRIMARY KEY, appliance INT, run INT, n INT, k INT, type INT, time INT, json TEXT)")
    db.execute("CREATE UNIQUE INDEX event_once ON event(appliance, run, n, k)")
    db.execute("CREATE INDEX event_time ON event(time)")
    start = time.monotonic()
    for b in batches:
        db.execute("BEGIN")
        db.executemany("INSERT INTO event(%s) VALUES(?,?,?,?,?,?,?)" % COLUMNS, b)
        db.execute("COMMIT")
    wall = time.monotonic() - start
    db.close()
    return wall


def raw_pg(where, batches, server):
    url, path = server.database("raw%d" % time.monotonic_ns()), where + "/raw.sql"
    subprocess.run(server.command("psql", "-q", "-d", url, "-c", "CREATE TABLE event(id bigserial PRIMARY KEY, appliance int, run bigint, n bigint, k int, type int, time bigint, "
                                  "json text); CREATE UNIQUE INDEX event_once ON event(appliance, run, n, k); CREATE INDEX event_time ON event(time)"), check=True, cwd="/")
    with open(path, "w") as f:
        for b in batches:
            f.write("BEGIN;\nCOPY event(%s) FROM stdin;\n" % COLUMNS)
            for r in b:
                f.write("\t".join(str(v).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n") for v in r) + "\n")
            f.write("\\.\nCOMMIT;\n")
    start = time.monotonic()
    subprocess.run(server.command("psql", "-q", "-d", url), check=True, stdin=open(path), stdout=subprocess.DEVNULL, cwd="/")
    return time.monotonic() - start


def raw_click(where, batches, server):
    name = "raw%d" % time.monotonic_ns()
    server.database(name)
    server.query("CREATE TABLE event(appliance UInt32, run UInt64, n UInt64, k UInt32, type UInt8, time Int64, json String) ENGINE = MergeTree() "
                 "PARTITION BY tuple() ORDER BY (time, appliance)", name)
    rows, names = [r for b in batches for r in b], [c.strip() for c in COLUMNS.split(",")]
    blocks = ["INSERT INTO event FORMAT JSONEachRow\n" + "\n".join(json.dumps(dict(zip(names, r))) for r in rows[i:i + BLOCK]) for i in range(0, len(rows), BLOCK)]
    start = time.monotonic()
    for b in blocks:
        server.query(b, name)
    return time.monotonic() - start


def stored(engine, console, server, name, expected):
    """Events that lie in the engine; for ClickHouse when all were shipped."""
    if engine == "SQLite":
        with sqlite3.connect("file:%s/console/console.db?mode=ro" % console.where, uri=True, timeout=60) as db:
            return db.execute("SELECT count(*) FROM event").fetchone()[0]
    if engine == "PostgreSQL":
        return int(server.sql(name, "SELECT count(*) FROM event")[0][0])
    n, end = 0, time.monotonic() + 120
    while n < expected and time.monotonic() < end:
        time.sleep(0.1)
        n = int(server.query("SELECT uniqExact(id) FROM event", name)[0][0])
    return n


def measure(gatehouse, engine, server, appliances, rows):
    """One line's figures. rows: the batches that the SQLite run recorded, for the raw inserts; filled by that run."""
    where = tempfile.mkdtemp(prefix="gh-bench-fleet-", dir="/var/tmp")
    os.chmod(where, 0o755)
    name, settings = "bench%d" % appliances, ()
    if engine == "PostgreSQL":
        name = server.database(name)
        settings = ("console.database=" + name,)
    elif engine == "ClickHouse":
        settings = server.settings(name)
    console = None
    try:
        console = Console(gatehouse, where, settings)
        console.simulate(appliances, 1, 1) # keys and enrolment, which are not measured
        before, cpu = stored(engine, console, server, name, 0), console.used()
        made = console.simulate(appliances, max(1, ENVELOPES // appliances), RECORDS)
        used, wall, start = console.used(), made["milliseconds"] / 1000, time.monotonic()
        there = stored(engine, console, server, name, before + made["records"])
        wall_shipped = wall + time.monotonic() - start if engine == "ClickHouse" else wall
        if engine == "SQLite":
            with sqlite3.connect("file:%s/console/console.db?mode=ro" % where, uri=True) as db:
                all_rows = db.execute("SELECT %s FROM event WHERE id > %d ORDER BY id" % (COLUMNS, before)).fetchall()
            each = max(1, len(all_rows) // made["taken"])
            rows[:] = [all_rows[i:i + each] for i in range(0, len(all_rows), each)]
        raw = {"SQLite": raw_sqlite, "PostgreSQL": raw_pg, "ClickHouse": raw_click}[engine](where, rows, server)
        size = sum(os.path.getsize(where + "/console/" + f) for f in os.listdir(where + "/console") if f.startswith("console.db"))
        figures = {"engine": engine, "appliances": appliances, "envelopes_s": made["taken"] / wall, "events_s": made["records"] / wall_shipped,
                   "raw_events_s": sum(map(len, rows)) / raw, "cpu_us_event": (used[0] - cpu[0]) * 1e6 / made["records"],
                   "written_bytes_event": (used[1] - cpu[1]) / made["records"], "sealed_bytes_event": made["bytes_sealed"] / made["records"],
                   "disk_bytes_event": size / max(1, there) if engine == "SQLite" else None, "refused": made["refused"], "retried": made["retried"],
                   "void": there < before + made["records"] or made["refused"] > 0}
        figures["ratio"] = figures["events_s"] / figures["raw_events_s"]
        return figures
    finally:
        if console:
            console.stop()
        shutil.rmtree(where, ignore_errors=True)


def run(build, sizes=(10, 100, 1000), as_json=False):
    gatehouse = os.path.join(os.path.abspath(build), "gatehouse")
    servers = {"SQLite": None}
    for name, module in (("PostgreSQL", pg), ("ClickHouse", click)):
        why = module.missing()
        if why:
            print("%s absent: %s" % (name, why), file=sys.stderr)
        else:
            servers[name] = module.Server()
    if not as_json:
        print("envelopes of %d records (an office's) over HTTPS, %d connections; events/s: all of it durable, for ClickHouse also shipped; raw: that engine alone" % (RECORDS, CONNECTIONS))
    for n in sizes:
        rows = []
        for engine, server in servers.items():
            f = measure(gatehouse, engine, server, n, rows)
            print(json.dumps(f) if as_json else
                  "%5d appliances  %-10s %6.0f envelopes/s %7.0f events/s  raw %7.0f events/s  ratio %.2f  %3.0f us of processor, %5.0f bytes written, %3.0f sent an event%s%s" %
                  (n, engine, f["envelopes_s"], f["events_s"], f["raw_events_s"], f["ratio"], f["cpu_us_event"], f["written_bytes_event"], f["sealed_bytes_event"],
                   ", %.0f on disk" % f["disk_bytes_event"] if f["disk_bytes_event"] else "", "  VOID: not all is there" if f["void"] else ""), flush=True)
