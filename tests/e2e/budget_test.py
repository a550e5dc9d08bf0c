#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a day costs: budget_test.py GATEHOUSE SHARE

A small post's day: 4800 events in the simulator's mix (61 % flows, 16 % names, 10 % TLS, 6 % web, 1 % mail, 5 % documents, 1 % alerts, a ledger in each batch), gathered for five minutes
(journal.quiet_delay), go to a console through a line that counts bytes: TLS, HTTP and all. It must be less than 1 MiB up, with the hellos of a quiet day
on top."""
import os
import socket
import sqlite3
import subprocess
import sys
import threading

from chain import Chain, Report

GATEHOUSE = os.path.abspath(sys.argv[1])
BATCHES, RECORDS, HELLOS = 288, 17, 86400 // 120
MIB = 1 << 20
report = Report()
check = report.check
chain = Chain(GATEHOUSE)
counts = {"up": 0, "down": 0, "connections": 0}


def carry(a, b, name):
    try:
        while True:
            data = a.recv(65536)
            if not data:
                break
            counts[name] += len(data)
            b.sendall(data)
    except OSError:
        pass
    for s in (a, b):
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def serve(listener):
    while True:
        client, _ = listener.accept()
        counts["connections"] += 1
        server = socket.create_connection(("127.0.0.1", chain.port))
        threading.Thread(target=carry, args=(client, server, "up"), daemon=True).start()
        threading.Thread(target=carry, args=(server, client, "down"), daemon=True).start()


def simulate(*more):
    p = subprocess.run([GATEHOUSE, "simulate", "--appliances", "1", "--batches", str(BATCHES), "--records", str(RECORDS), "-o", chain.path("fleet"), *more],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
    check("simulate", p.returncode == 0, p.stdout)


try:
    chain.command("console", "init", "-c", chain.path("console.conf"))
    simulate()
    box = chain.path("fleet/00001")
    chain.command("console", "enrol-approve", box + "/request.json", "-o", box + "/console.json", "--url", "https://127.0.0.1:1", "-c", chain.path("console.conf"))
    chain.start_console()
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=serve, args=(listener,), daemon=True).start()
    simulate("--console", "https://127.0.0.1:%d" % listener.getsockname()[1])
    day = counts["up"]
    # a hello is 192 bytes and 56 of the seal, and what goes around every post: heads of HTTP and TLS
    head = 250 + 29
    hellos = HELLOS * (192 + 56 + head)
    print("%d events in %d batches: %d bytes up (%d an event), %d down; hellos every two minutes at most %d more: %.2f MiB a day" %
          (BATCHES * RECORDS, BATCHES, day, day // (BATCHES * RECORDS), counts["down"], hellos, (day + hellos) / MIB))
    db = sqlite3.connect("file:%s?mode=ro" % chain.path("console/console.db"), uri=True)
    rows = db.execute("SELECT count(*) FROM event").fetchall()
    check("all of it is there", rows == [(BATCHES * RECORDS,)], rows)
    check("less than 1 MiB", day + hellos < MIB, day + hellos)
finally:
    chain.remove()
report.end()
