# SPDX-License-Identifier: GPL-3.0-or-later
"""bench/run fleet: what a console takes in: envelopes and events a second over HTTPS from simulated appliances, 10 to 1000 of them, beside SQLite
inserting the same event rows with the same durability (one transaction for each batch, WAL, synchronous=FULL) in the same run."""
import concurrent.futures
import http.client
import os
import random
import shutil
import socket
import sqlite3
import ssl
import subprocess
import tempfile
import time

RECORDS, ENVELOPES = 200, 1000 # of a batch; of each measurement


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Console:
    def __init__(self, gatehouse, where):
        self.gatehouse, self.where, self.port = gatehouse, where, free_port()
        with open(where + "/c.conf", "w") as f:
            f.write("[console]\nlisten = 127.0.0.1:%d\nstate_dir = %s/console\n" % (self.port, where))
        self.run("console", "init", "-c", where + "/c.conf")
        self.process = None

    def run(self, *args):
        subprocess.run([self.gatehouse, *args], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def start(self):
        self.process = subprocess.Popen([self.gatehouse, "console", "-c", self.where + "/c.conf"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise SystemExit("the console does not start")

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(30)


def post_all(port, files):
    """One appliance's batches, in order, on one connection; how many were taken."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    c = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=120)
    taken = 0
    for path in files:
        data = open(path, "rb").read()
        for _ in range(200):
            status = 0
            try:
                c.request("POST", "/api/v1/intake", data, {"Content-Type": "application/vnd.gatehouse.envelope"})
                r = c.getresponse()
                r.read()
                status = r.status
            except (OSError, http.client.HTTPException):
                c.close() # it opens again by itself
            if status not in (0, 503): # its queue is full, or the line broke: again
                break
            time.sleep(0.02)
        taken += status == 200
    c.close()
    return taken


def raw_insert(where, rows):
    """The same rows into the same table, nothing else: the floor."""
    db = sqlite3.connect(where + "/raw.db", isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE event(id INTEGER PRIMARY KEY, appliance INT, run INT, n INT, k INT, type INT, time INT, json TEXT)")
    db.execute("CREATE UNIQUE INDEX event_once ON event(appliance, run, n, k)")
    db.execute("CREATE INDEX event_time ON event(time)")
    start = time.monotonic()
    for i in range(0, len(rows), RECORDS):
        db.execute("BEGIN")
        db.executemany("INSERT INTO event(appliance, run, n, k, type, time, json) VALUES(?,?,?,?,?,?,?)", rows[i:i + RECORDS])
        db.execute("COMMIT")
    wall = time.monotonic() - start
    db.close()
    for f in os.listdir(where):
        if f.startswith("raw.db"):
            os.unlink(os.path.join(where, f))
    return wall


def measure(gatehouse, appliances):
    where = tempfile.mkdtemp(prefix="gh-bench-fleet-", dir="/var/tmp")
    os.chmod(where, 0o755) # gh-console becomes another user when root starts it
    console = None
    try:
        console = Console(gatehouse, where)
        each = max(1, ENVELOPES // appliances)
        simulate = ("simulate", "--appliances", str(appliances), "--batches", str(each), "--records", str(RECORDS), "-o", where + "/fleet")
        console.run(*simulate)
        names = sorted(os.listdir(where + "/fleet"))
        for n in names:
            console.run("console", "enrol-approve", where + "/fleet/%s/request.json" % n, "-o", where + "/fleet/%s/console.json" % n, "--url", "https://127.0.0.1:1",
                        "-c", where + "/c.conf")
        console.run(*simulate)
        files = [sorted(os.path.join(where, "fleet", n, f) for f in os.listdir(where + "/fleet/" + n) if f.endswith(".ghb")) for n in names]
        random.Random(1).shuffle(files)
        console.start()
        start = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            taken = sum(pool.map(lambda f: post_all(console.port, f), files))
        wall = time.monotonic() - start
        console.stop()
        db = sqlite3.connect("file:%s/console/console.db?mode=ro" % where, uri=True)
        rows = db.execute("SELECT appliance, run, n, k, type, time, json FROM event").fetchall()
        size = os.path.getsize(where + "/console/console.db")
        db.close()
        void = taken != len(names) * each or len(rows) < taken * RECORDS
        raw = raw_insert(where, rows)
        print("%5d appliances: %6.0f envelopes/s %8.0f events/s; SQLite alone %8.0f events/s (%.2fx of its time); %4.0f bytes an event on disk%s" %
              (appliances, taken / wall, taken * RECORDS / wall, len(rows) / raw, wall / raw, size / max(1, len(rows)), "  VOID: not all was taken" if void else ""))
    finally:
        if console:
            console.stop()
        shutil.rmtree(where, ignore_errors=True)


def run(build, sizes=(10, 100, 1000)):
    gatehouse = os.path.join(os.path.abspath(build), "gatehouse")
    print("envelopes of %d records over HTTPS, 16 connections at a time; one console, SQLite" % RECORDS)
    for n in sizes:
        measure(gatehouse, n)
