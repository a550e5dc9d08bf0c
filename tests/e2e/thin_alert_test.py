#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a marked document's alert takes over a thin line: thin_alert_test.py GATEHOUSE SHARE

Between appliance and console stands a proxy of 64 kbit/s for all connections together, a second of delay each way, of whose packets one in twenty is
lost and comes a round trip later. A backlog is on its way when documents cross. The times are printed; what is tested is what came before what."""
import asyncio
import os
import random
import sqlite3
import subprocess
import sys
import threading

from chain import Chain, Report, free_port, wait_for

GATEHOUSE, SHARE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
PCAP = os.path.join(SHARE, "capture", "morning.pcap")
RATE, DELAY, LOSS, PACKET = 8192, 1.0, 0.05, 1400
ROUNDS = int(sys.argv[3]) if len(sys.argv) > 3 else 3
dice = random.Random(7)
report = Report()
check = report.check
counts = {"up": 0, "down": 0, "lost": 0, "connections": 0}


class Line:
    """One direction: packets of all connections one after the other at the line's rate, each late by the delay; what is lost comes a
    round trip later, and what is behind it in its connection waits for it."""

    def __init__(self):
        self.free = 0.0

    async def carry(self, name, reader, writer):
        last, queue = 0.0, asyncio.Queue(16)
        loop = asyncio.get_running_loop()

        async def deliver():
            while True:
                at, data = await queue.get()
                if at > loop.time():
                    await asyncio.sleep(at - loop.time())
                if data is None:
                    writer.close()
                    return
                writer.write(data)
        task = asyncio.create_task(deliver())
        try:
            while True:
                data = await reader.read(PACKET)
                now = loop.time()
                self.free = max(self.free, now) + len(data) / RATE
                counts[name] += len(data)
                arrival = self.free + DELAY
                if dice.random() < LOSS:
                    counts["lost"] += 1
                    arrival += 2 * DELAY + 0.2
                last = max(last, arrival)
                await queue.put((last, data or None))
                if not data:
                    break
                if self.free > loop.time():
                    await asyncio.sleep(self.free - loop.time())
            await task
        except (OSError, asyncio.CancelledError):
            writer.close()
            task.cancel()


async def proxy(port):
    up, down = Line(), Line()

    async def serve(reader, writer):
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            host, to = head.split()[1].decode().rsplit(":", 1)
            counts["connections"] += 1
            server_reader, server_writer = await asyncio.open_connection(host, int(to))
            writer.write(b"HTTP/1.1 200 here you are\r\n\r\n")
            await asyncio.gather(up.carry("up", reader, server_writer), down.carry("down", server_reader, writer))
        except (OSError, ValueError, asyncio.IncompleteReadError):
            writer.close()
    server = await asyncio.start_server(serve, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


port = free_port()
chain = Chain(GATEHOUSE, "proxy = http://127.0.0.1:%d\ntimeout = 60s\n[journal]\nbatch_records = 2\n" % port)


def ask(name, sql):
    db = sqlite3.connect("file:%s?mode=ro" % chain.path(name), uri=True, timeout=30)
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()


def copy(i):
    """The same packets as another capture: another snap length in its head."""
    data = bytearray(open(PCAP, "rb").read())
    data[16:20] = (100000 + i).to_bytes(4, "little")
    with open(chain.path("copy-%d.pcap" % i), "wb") as f:
        f.write(data)
    return chain.path("copy-%d.pcap" % i)


def record(path):
    """By a keeper that has no uplink: that one runs by itself all the time."""
    p = subprocess.Popen([GATEHOUSE, "run", "-c", chain.path("record.conf"), "--replay", path], stdout=subprocess.DEVNULL, stderr=open(chain.path("appliance.log"), "ab"))
    wait_for("recorded", 120, lambda: chain.status().get("replay_recorded") and chain.status().get("pid") == p.pid)
    p.terminate()
    p.wait(60)


uplink = None
try:
    chain.enrol()
    chain.write("record.conf", "[node]\nname = test\nstate_dir = %s/appliance\n[journal]\nbatch_records = 2\n" % chain.dir)
    for i in range(6): # nobody listens yet
        record(copy(i))
    journal, db = "appliance/journal.db", "console/console.db"
    backlog = ask(journal, "SELECT max(number) FROM batch")[0][0]
    check("a backlog", backlog > 40, backlog)
    threading.Thread(target=lambda: asyncio.run(proxy(port)), daemon=True).start()
    chain.start_console()
    uplink = subprocess.Popen([os.path.join(os.path.dirname(GATEHOUSE), "gh-uplink"), "-c", chain.path("appliance.conf")], stderr=open(chain.path("uplink.log"), "ab"))
    identity = "SELECT number, received FROM ahead UNION SELECT number, received FROM batch"
    old = {n for n, in ask(journal, "SELECT number FROM batch WHERE alerts > 0")}
    wait_for("the backlog's alerts went ahead", 300, lambda: old <= {n for n, _ in ask(db, identity)})
    chain.write("record.conf", "[node]\nname = test\nstate_dir = %s/appliance\n" % chain.dir) # from now on as it is shipped
    latencies = []
    for i in range(ROUNDS):
        newest = ask(journal, "SELECT max(number) FROM batch")[0][0]
        record(copy(10 + i))
        fresh = {n: us for n, us in ask(journal, "SELECT number, wall_us FROM batch WHERE alerts > 0 AND number > %d" % newest)}
        if not check("alerts were recorded", fresh):
            break
        wait_for("they arrive", 300, lambda: set(fresh) <= {n for n, _ in ask(db, identity)})
        there = ask(db, "SELECT batches FROM appliance")[0][0]
        check("before the backlog", there < min(fresh), (there, fresh))
        got = dict(ask(db, identity))
        latencies += [(got[n] - us) / 1e6 for n, us in fresh.items()]
        print("round %d: %d of %d batches are there; alerts after %s s" % (i, there, newest, " ".join("%.2f" % x for x in latencies[-len(fresh):])))
    latencies.sort()
    if latencies:
        print("marked documents' alerts over 64 kbit/s, 1 s delay each way, 5 %% of packets lost, while a backlog is sent: %d alerts, median %.2f s, "
              "within 2 s: %d, worst %.2f s; %s" % (len(latencies), latencies[len(latencies) // 2], sum(x <= 2 for x in latencies), latencies[-1], counts))
except AssertionError as e:
    check("thin line", False, "%r %s\n%s" % (e, counts, chain.logs()))
finally:
    if uplink:
        uplink.kill()
        uplink.wait()
    chain.remove()
report.end()
