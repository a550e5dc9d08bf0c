#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""./run as a person uses it: starts, prints the link, stops without leaving a process; port taken, no root, bad words: run_test.py GATEHOUSE SHARE"""
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

from chain import Api, PASSWORD, Report, free_port, wait_for

GATEHOUSE, SHARE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
RUN = os.path.join(ROOT, "run")
report = Report()
check = report.check
if os.path.dirname(GATEHOUSE) != os.path.join(ROOT, "build"):
    print("skipped: ./run uses the build in build/", file=sys.stderr)
    sys.exit(77)


def run(*args, env=None, prefix=()):
    p = subprocess.run([*prefix, RUN, *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, env=env)
    return p.returncode, p.stdout


def ours():
    """Processes of that start: everything whose command line names its state directory or configuration."""
    out = subprocess.run(["ps", "-eo", "pid,args"], stdout=subprocess.PIPE, text=True).stdout
    return [x for x in out.splitlines() if "gatehouse-run" in x and "ps -eo" not in x]


def start_and_stop(args, alerts):
    port = free_port()
    began = time.monotonic()
    p = subprocess.Popen([RUN, "--no-build", "--port", str(port), *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        use(p, port, began, alerts)
    finally:
        if p.poll() is None:
            p.kill()
            subprocess.run(["pkill", "-f", "gatehouse-run/"])


def use(p, port, began, alerts):
    """The running ./run in p."""
    lines = []

    def link():
        line = p.stdout.readline()
        lines.append(line)
        assert line or p.poll() is None, "".join(lines)
        return re.search(r"#invite=(\S+)", line)
    token = wait_for("the link", 20, link).group(1)
    took = time.monotonic() - began
    check("a start without building takes under 5 s (%.1f s)" % took, took < 5)
    api = Api(port)
    status, body = api.call("POST", "/api/v1/invite", {"token": token, "name": "lan", "password": PASSWORD})
    check("the link signs in", status == 201, body)
    if alerts:
        wait_for("the alerts of the capture", 20, lambda: api.get("/alerts")["counts"]["new"] == alerts)
        check("the alerts are there", True)
    rc, out = run("--no-build", "--port", str(free_port()))
    check("a second one beside it is refused", rc == 2 and "another ./run" in out, "%d %s" % (rc, out))
    p.send_signal(signal.SIGINT)
    try:
        rc = p.wait(20)
    except subprocess.TimeoutExpired:
        p.kill()
        rc = None
    check("Ctrl-C ends it", rc == 0, rc)
    try:
        wait_for("no process is left", 5, lambda: not ours())
        check("no process is left", True)
    except AssertionError:
        check("no process is left", False, ours())


def refusals():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        rc, out = run("--no-build", "--port", str(s.getsockname()[1]))
        check("a port that is taken: exit 2 and what to do", rc == 2 and "in use" in out and "--port" in out, out)
    for args, said in ((["--bogus"], "unknown option"), (["--port", "x"], "number"), (["--port", "70000"], "65535"), (["/nowhere.pcap"], "cannot be read"),
                       (["--no-build", "a.pcap", "b.pcap"], "one capture")):
        rc, out = run(*args)
        check("refused: %s" % args, rc == 2 and said in out, "%d %s" % (rc, out))
    rc, out = run("--help")
    check("--help", rc == 0 and "usage" in out)
    if os.geteuid() == 0:
        with tempfile.TemporaryDirectory() as d:
            os.chmod(d, 0o755)
            fake = os.path.join(d, "dpkg-query")
            with open(fake, "w") as f:
                f.write("#!/bin/sh\nexit 1\n")
            os.chmod(fake, 0o755)
            rc, out = run(env={**os.environ, "PATH": d + ":" + os.environ["PATH"]}, prefix=("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"))
            check("no root and packages missing: says which and what to do, exit 2", rc == 2 and "libpcap-dev" in out and "apt-get install" in out, "%d %s" % (rc, out))


start_and_stop([], 4)
start_and_stop([os.path.join(SHARE, "capture", "morning.pcap")], 4)
refusals()
report.end()
