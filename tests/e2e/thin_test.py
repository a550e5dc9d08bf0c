#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A thin and bad line: thin_test.py GATEHOUSE SHARE

Between appliance and console stands an HTTP proxy of 64 kbit/s and a second of delay that cuts connections now and then. A backlog waits; its alerts
arrive before it, and in the end everything is there exactly once. Nothing here is measured by the clock: what counts is what came before what."""
import os
import random
import socket
import subprocess
import sys
import threading
import time

from chain import Chain, Report, free_port, wait_for

GATEHOUSE, SHARE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
PCAP = os.path.join(SHARE, "capture", "morning.pcap")
RATE, DELAY, CUT, CHUNK = 8192, 0.5, 0.05, 1024
dice = random.Random(5)
report = Report()
check = report.check
counts = {"connections": 0, "cut": 0, "up": 0}


def carry(a, b, name):
    """From a to b, late and slowly."""
    first = True
    try:
        while True:
            data = a.recv(CHUNK)
            if not data:
                break
            if first:
                time.sleep(DELAY)
                first = False
            time.sleep(len(data) / RATE)
            counts[name] = counts.get(name, 0) + len(data)
            b.sendall(data)
            first = len(data) < CHUNK # the next one is an answer to an answer
    except OSError:
        pass
    for s in (a, b):
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def serve(client):
    try:
        head = b""
        while b"\r\n\r\n" not in head and len(head) < 4096:
            head += client.recv(1024)
        method, target, _ = head.split(b"\r\n")[0].split()
        check("the tunnel is asked for", method == b"CONNECT", head)
        host, port = target.decode().rsplit(":", 1)
        counts["connections"] += 1
        server = socket.create_connection((host, int(port)), 30)
        client.sendall(b"HTTP/1.1 200 here you are\r\n\r\n")
        if counts["connections"] == 2 or dice.random() < CUT: # the second one surely
            counts["cut"] += 1
            cutter = threading.Timer(2 + dice.random(), lambda: [s.shutdown(socket.SHUT_RDWR) for s in (client, server)])
            cutter.daemon = True
            cutter.start()
        threading.Thread(target=carry, args=(server, client, "down"), daemon=True).start()
        carry(client, server, "up")
    except (OSError, ValueError):
        client.close()


def proxy(port):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", port))
    s.listen(16)
    while True:
        client, _ = s.accept()
        if counts["connections"] == 0: # the first one surely is cut at once
            counts["connections"] += 1
            counts["cut"] += 1
            client.close()
            continue
        threading.Thread(target=serve, args=(client,), daemon=True).start()


port = free_port()
chain = Chain(GATEHOUSE, "proxy = http://127.0.0.1:%d\nrate_hours = 0-24=32K\n[journal]\nbatch_records = 2\n" % port)
ask = chain.ask


try:
    chain.enrol()
    chain.start_appliance("--replay", PCAP) # nobody listens yet: a backlog
    wait_for("recorded", 120, lambda: chain.status().get("replay_recorded"))
    chain.stop()
    batches = ask("appliance/journal.db", "SELECT number, alerts FROM batch ORDER BY number")
    alerts = sum(a for _, a in batches)
    last_alert = max(n for n, a in batches if a)
    check("a backlog with alerts behind it", alerts >= 3 and last_alert > 5 and len(batches) > 12, batches)
    threading.Thread(target=proxy, args=(port,), daemon=True).start()
    chain.start_console()
    db = "console/console.db"
    chain.start_appliance("--replay", PCAP) # it is known: nothing new is recorded
    wait_for("the alerts arrive", 300, lambda: ask(db, "SELECT count(*) FROM alert")[0][0] == alerts)
    there = ask(db, "SELECT batches FROM appliance")[0][0]
    check("while the backlog is still on its way", there < last_alert, (there, last_alert))
    wait_for("everything arrives", 400, lambda: ask(db, "SELECT batches FROM appliance")[0][0] >= len(batches))
    got = ask(db, "SELECT run, n, k FROM event")
    want = ask("appliance/journal.db", "SELECT sum(records) FROM batch WHERE number <= %d" % len(batches))[0][0]
    check("every event once", len(got) == len(set(got)) and len(got) >= want, (len(got), want))
    check("nothing waits ahead", ask(db, "SELECT count(*) FROM ahead") == [(0,)])
    check("through the proxy alone, also when it cut", counts["cut"] >= 2 and counts["up"] > 5000, counts)
    chain.stop()
    verify = subprocess.run([GATEHOUSE, "journal", "verify", "-c", chain.path("appliance.conf")], stdout=subprocess.PIPE, text=True)
    check("the journal is whole", verify.returncode == 0, verify.stdout)
except AssertionError as e:
    check("thin line", False, "%r %s\n%s" % (e, counts, chain.logs()))
finally:
    chain.remove()
report.end()
