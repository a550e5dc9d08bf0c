#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where event lines go besides the journal: files that are moved, full or rotated, sockets whose reader is late or gone: output_test.py GATEHOUSE SHARE"""
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading

from chain import Chain, Report, wait_for

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "eve"))
from table import Table

GATEHOUSE, SHARE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
PCAP = os.path.join(SHARE, "capture", "morning.pcap")
report = Report()
check = report.check


def rows(data):
    """Whole lines, each a JSON object."""
    text = data.decode()
    assert not text or text.endswith("\n"), text[-200:]
    return [json.loads(x) for x in text.splitlines()]


def content(path):
    with open(path, "rb") as f:
        return rows(f.read())


def signature(events):
    """What must be the same wherever the events went; stats counts the outputs themselves."""
    return sorted(json.dumps(e, sort_keys=True) for e in events if e["event_type"] not in ("stats", "audit"))


class Reader(threading.Thread):
    """Listens on a path and keeps what one writer says, until it ends or the reader is stopped."""

    def __init__(self, path, kind=socket.SOCK_STREAM):
        super().__init__(daemon=True)
        self.data, self.kind, self.conn = b"", kind, None
        if os.path.exists(path):
            os.unlink(path)
        self.door = socket.socket(socket.AF_UNIX, kind)
        self.door.bind(path)
        if kind == socket.SOCK_STREAM:
            self.door.listen(1)
        self.start()

    def run(self):
        try:
            self.conn = self.door.accept()[0] if self.kind == socket.SOCK_STREAM else self.door
            while True:
                got = self.conn.recv(1 << 20)
                if not got:
                    return
                self.data += got if self.kind == socket.SOCK_STREAM else got + b"\n"
        except OSError:
            pass

    def stop(self):
        for s in (self.conn, self.door):
            if s:
                try:
                    s.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                s.close()
        self.join(10)


def inspect(*settings):
    args = [x for s in settings for x in ("--set", s)]
    return subprocess.run([GATEHOUSE, "inspect", *args, PCAP], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)


def appliance(chain, *settings):
    chain.write("appliance.conf", "[node]\nname = test\nstate_dir = %s\n[output]\n%s\n" % (chain.path("appliance"), "\n".join(settings)))
    if os.path.exists(chain.path("appliance")):
        subprocess.run(["rm", "-rf", chain.path("appliance")], check=True)
    open(chain.path("appliance.log"), "w").close()
    chain.command("keys", "generate", "-c", chain.path("appliance.conf"))
    chain.start_appliance("--replay", PCAP)


def output_facts(chain):
    return (chain.status()["processes"]["core"].get("facts") or {}).get("output") or {}


def said(chain, what):
    return what in open(chain.path("appliance.log"), errors="replace").read()


def offline(chain, want):
    path = chain.path("eve.json")
    p = inspect("output.eve=" + path)
    check("inspect to a file: same exit code", p.returncode == 1, p)
    check("nothing on standard output", p.stdout == b"", p.stdout[:100])
    events = content(path)
    check("inspect to a file: the same events", signature(events) == want)
    check("the ledger is last", events[-1]["event_type"] == "stats", events[-1])
    for kind, name in ((socket.SOCK_STREAM, "unix"), (socket.SOCK_DGRAM, "unix-dgram")):
        reader = Reader(chain.path("sock"), kind)
        p = inspect("output.eve=%s:%s" % (name, chain.path("sock")))
        wait_for("the last line is read", 20, lambda: b'"event_type":"stats"' in reader.data)
        reader.stop()
        check("inspect to %s: the same events" % name, p.returncode == 1 and signature(rows(reader.data)) == want, p.stderr)
    p = inspect("output.eve=unix:" + chain.path("nobody"))
    check("nobody listens: exit 2, and why", p.returncode == 2 and b"output.eve" in p.stderr, p)
    p = inspect("output.eve_types=alert stats")
    events = rows(p.stdout)
    check("only the types that are wanted", {e["event_type"] for e in events} == {"alert", "stats"}, events)
    lost = events[-1]["gatehouse"]["ledger"]["events"]
    check("the others are accounted for", lost["in"] == lost["out"] + sum(lost["lost"].values()) and lost["lost"]["not_wanted"] > 0, lost)
    p = inspect("output.eve_types=alerts")
    check("a type that is none is refused", p.returncode == 2 and b"alerts" in p.stderr, p)


def to_file(chain, want):
    path = chain.path("live.json")
    appliance(chain, "eve = " + path)
    wait_for("the replay is recorded", 60, lambda: chain.status().get("replay_recorded"))
    wait_for("its account is written", 20, lambda: any(e["event_type"] == "stats" for e in content(path)))
    check("run to a file: every event", signature(content(path)) == want)
    for number, name in ((signal.SIGUSR1, "SIGUSR1"), (signal.SIGHUP, "SIGHUP")):
        os.rename(path, path + ".moved")
        os.kill(chain.appliance.pid, number)
        wait_for("the file is opened again at " + name, 20, lambda: os.path.exists(path))
    # The core tells its facts once a second, and the keeper writes the status once a second.
    wait_for("the status tells what was written", 20, lambda: output_facts(chain).get("written", 0) >= len(want))
    check("and nothing was lost", output_facts(chain)["lost"] == {}, output_facts(chain))
    chain.stop()
    path = chain.path("small.json")
    appliance(chain, "eve = " + path, "eve_max = 16K", "eve_keep = 50")
    wait_for("the replay is recorded", 60, lambda: chain.status().get("replay_recorded"))
    chain.stop()
    names = [n for n in os.listdir(chain.dir) if re.fullmatch(r"small\.json(\.\d+)?", n)]
    check("rotated by size", len(names) > 2, names)
    check("rotated files together hold every event", signature([e for n in names for e in content(chain.path(n))]) == want)


def to_socket(chain, want):
    path = chain.path("late")
    appliance(chain, "eve = unix:" + path)
    wait_for("it says that nobody listens", 60, lambda: said(chain, "nobody listens"))
    reader = Reader(path)
    wait_for("a late reader gets everything", 60, lambda: b'"event_type":"stats"' in reader.data)
    check("run to a socket: every event", signature(rows(reader.data)) == want)
    reader.stop()
    check("the appliance goes on without the reader", chain.appliance.poll() is None)
    core = chain.pid_of("core")
    second = Reader(path)
    os.kill(core, signal.SIGKILL)
    wait_for("the core is back and recorded", 60, lambda: chain.pid_of("core") not in (0, core))
    wait_for("it found the new reader", 60, lambda: second.conn is not None)
    second.stop()
    chain.stop()


def full_disk(chain, want):
    mount = chain.path("small")
    os.mkdir(mount)
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", mount], stderr=subprocess.DEVNULL).returncode != 0:
        print("skipped: a full disk needs a file system of its own, which only root can make", file=sys.stderr)
        return
    try:
        with open(os.path.join(mount, "filler"), "wb") as f:
            f.write(bytes((1 << 20) - 16384))
        path = os.path.join(mount, "eve.json")
        appliance(chain, "eve = " + path)
        wait_for("it says that the disk is full", 60, lambda: said(chain, "cannot be written: no space left"))
        wait_for("the journal has everything all the same", 60, lambda: chain.status().get("replay_recorded"))
        check("whole lines only", content(path) is not None)
        os.unlink(os.path.join(mount, "filler"))
        wait_for("it goes on by itself", 60, lambda: said(chain, "is written again"))
        wait_for("every event is there", 20, lambda: signature(content(path)) == want)
        chain.stop()
    finally:
        subprocess.run(["umount", "-l", mount], check=False)


chain = Chain(GATEHOUSE)
try:
    base = inspect()
    want = signature(rows(base.stdout))
    check("the capture has events", base.returncode == 1 and len(want) > 20, base)
    offline(chain, want)
    # The appliance's own messages differ from those of inspect in nothing but what was done about a document.
    appliance(chain, "eve = " + chain.path("first.json"))
    wait_for("the replay is recorded", 60, lambda: chain.status().get("replay_recorded"))
    chain.stop()
    want = signature(content(chain.path("first.json")))
    faults = [f for e in content(chain.path("first.json")) for f in Table().faults(e)]
    check("only members of the table", not faults, faults)
    check("run has as many events", len(want) >= len(rows(base.stdout)) - 1, len(want))
    to_file(chain, want)
    to_socket(chain, want)
    full_disk(chain, want)
finally:
    chain.remove()
report.end()
