#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The appliance as a router between three namespaces: a real nginx inside, real clients outside.

  live_test.py GATEHOUSE SHARE

A marked document that leaves raises its alert on the console within two seconds, its connection is reset and the pair is blocked; a clean one
passes. Without the right the verdict says so. Needs root; skipped where namespaces cannot be made."""
import datetime
import os
import subprocess
import sys
import time

from chain import Chain, Report, wait_for
from netns import CLIENTS, fetch, main, start_nginx

GATEHOUSE, SHARE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
report = Report()
check = report.check


def wait_ready(chain):
    wait_for("the sensor watches", 20, lambda: chain.pid_of("sensor") and chain.pid_of("core"))
    time.sleep(1.0)


def alert_of(api, name):
    for a in api.get("/alerts")["items"]:
        if a["file"] and a["file"]["name"] and a["file"]["name"].endswith(name):
            return a
    return None


def enforced(gatehouse):
    chain = Chain(gatehouse, conf="[capture]\ninterface = out\n[enforce]\nenabled = yes\ntable = gh_live_test\n")
    nginx = start_nginx(chain.dir, SHARE)
    try:
        chain.enrol()
        chain.start_console()
        api = chain.sign_in()
        chain.start_appliance()
        wait_ready(chain)
        clean = fetch(CLIENTS[0], "thuc-don.docx", 1.0)
        check("a clean document passes and its connection lives on", clean.get("status") == 200 and clean.get("second") == 200, clean)
        marked = fetch(CLIENTS[1], "bao-cao-tinh-hinh.pdf", 1.5)
        check("the marked one's connection is reset", "second" not in marked and marked.get("error") in ("ConnectionResetError", "RemoteDisconnected", "BrokenPipeError"), marked)
        alert = wait_for("the alert", 10, lambda: alert_of(api, "bao-cao-tinh-hinh.pdf"))
        stamp = alert["received"].replace("Z", "+00:00")
        delay = datetime.datetime.fromisoformat(stamp).timestamp() - marked.get("done", 0)
        print("the alert was on the console %.2f s after the last byte" % delay)
        check("its alert is on the console within 2 s", delay < 2.0, delay)
        detail = api.get("/alerts/%d" % alert["id"])
        check("the verdict says that it was enforced", detail["verdict"]["action"] == "block" and detail["verdict"].get("enforced") is True, detail["verdict"])
        again = fetch(CLIENTS[1], "thuc-don.docx", 0)
        check("the pair is blocked", again.get("error") in ("TimeoutError", "timeout", "OSError"), again)
        other = fetch(CLIENTS[2], "thuc-don.docx", 0)
        check("others are not", other.get("status") == 200, other)
        chain.stop()
        time.sleep(0.5)
        tables = subprocess.run(["nft", "list", "tables"], stdout=subprocess.PIPE, text=True).stdout
        check("the table goes when the appliance stops", "gh_live_test" not in tables, tables)
    except AssertionError as e:
        check("enforced", False, "%s\n%s" % (e, chain.logs()))
    finally:
        nginx.terminate()
        nginx.wait()
        chain.remove()


def not_enforced(gatehouse):
    """The same without the enforcer: the verdict stands, and says that nothing was cut and why."""
    chain = Chain(gatehouse, conf="[capture]\ninterface = out\n")
    nginx = start_nginx(chain.dir, SHARE)
    try:
        chain.enrol()
        chain.start_console()
        api = chain.sign_in()
        chain.start_appliance()
        wait_ready(chain)
        marked = fetch(CLIENTS[1], "bao-cao-tinh-hinh.pdf", 1.0)
        check("without enforcement the connection lives on", marked.get("second") == 200, marked)
        alert = wait_for("the alert", 10, lambda: alert_of(api, "bao-cao-tinh-hinh.pdf"))
        v = api.get("/alerts/%d" % alert["id"])["verdict"]
        check("the verdict says so and why", v["action"] == "block" and v.get("enforced") is False and v.get("enforced_reason"), v)
        rows = subprocess.run([gatehouse, "status", "-c", chain.path("appliance.conf")], stdout=subprocess.PIPE, text=True)
        check("status: running", rows.returncode == 0 and "running" in rows.stdout, rows.stdout)
    except AssertionError as e:
        check("not enforced", False, "%s\n%s" % (e, chain.logs()))
    finally:
        nginx.terminate()
        nginx.wait()
        chain.remove()


def no_right(gatehouse):
    """An interface that is not there: told at once, exit 2."""
    chain = Chain(gatehouse, conf="[capture]\ninterface = nosuch0\n")
    try:
        chain.enrol()
        p = subprocess.run([gatehouse, "run", "-c", chain.path("appliance.conf")], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=30)
        check("an unknown interface is named, exit 2", p.returncode == 2 and "nosuch0" in p.stdout, "%d %s" % (p.returncode, p.stdout))
    finally:
        chain.remove()


if len(sys.argv) == 4: # inside the gate's namespace
    enforced(GATEHOUSE)
    not_enforced(GATEHOUSE)
    no_right(GATEHOUSE)
    report.end()
main(__file__, GATEHOUSE, SHARE, ("nginx", "nft"), 400)
