#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A policy from the console with which gh-policy cannot run: rollback_test.py GATEHOUSE SHARE

It was good when it was looked at, so it is put in force; then its process cannot use it, or dies of it again and again. The appliance goes back to the
version before by itself, judges by that, and the console shows which order failed and why."""
import json
import os
import signal
import sys

from chain import Chain, Report, wait_for
from goods import Goods

GATEHOUSE, SHARE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
PCAP = os.path.join(SHARE, "capture", "morning.pcap")
report = Report()
check = report.check
chain = Chain(GATEHOUSE, "hello = 1s\n")


def standing():
    try:
        with open(chain.path("appliance/goods/policy.json")) as f:
            return json.load(f)
    except (OSError, ValueError):
        return {}


def in_force():
    return wait_for("gh-policy says what it judges by", 30, lambda: chain.status()["processes"]["policy"].get("facts", {}).get("policy"))


def failed(what, serial, why):
    s = goods.settled("policy", serial)
    check("%s: the order has failed" % what, s["state"] == "failed" and why in s["reason"] and chain.dir not in s["reason"], s)
    check("%s: the console shows what is in force" % what, s["running"]["version"] == "1.1", s)
    wait_for("%s: the version before judges" % what, 30, lambda: in_force().endswith("@1.1"))
    code = chain.command("policy", "status", "-c", chain.path("appliance.conf"))
    check("%s: the appliance says so" % what, "@1.1" in code and "FAULT" not in code, code)
    audit = [e["event"]["gatehouse"]["audit"] for e in api.get("/events?type=audit")["items"]]
    check("%s: a signed record tells it" % what, any(a.get("what") == "goods" and a.get("serial") == serial and a["state"] == "failed" for a in audit), audit[:3])


try:
    chain.enrol()
    chain.start_console()
    api = chain.sign_in()
    goods = Goods(chain, api)
    goods.assign("policy", goods.add("policy", goods.policy("1.1"), "own", "1.1"))
    chain.start_appliance("--replay", PCAP)
    check("a good one runs", goods.settled("policy", 1)["state"] == "running" and in_force().endswith("@1.1"))

    # the keeper is held, so that the bundle can be spoilt between the look at it and the start with it
    os.kill(chain.appliance.pid, signal.SIGSTOP)
    goods.assign("policy", goods.add("policy", goods.policy("1.2"), "own", "1.2"))
    wait_for("it is on trial", 60, lambda: standing().get("state") == "trying")
    with open(os.path.join(os.path.realpath(chain.path("appliance/policies/active")), "policy.lua"), "a") as f:
        f.write("\nthis is no lua\n")
    os.kill(chain.appliance.pid, signal.SIGCONT)
    failed("it cannot be loaded", 2, "policy.lua:2: syntax error")

    first = chain.pid_of("policy")
    goods.assign("policy", goods.add("policy", goods.policy("1.3"), "own", "1.3"))
    killed = {0, first}

    def kill_it():
        pid = chain.pid_of("policy")
        if standing().get("state") == "trying" and pid not in killed:
            killed.add(pid)
            os.kill(pid, signal.SIGKILL)
        return standing().get("serial") == 3 and standing()["state"] != "trying"
    wait_for("it is given up", 60, kill_it)
    failed("it dies", 3, "died again and again")

    check("the same keeper all the time", chain.appliance.poll() is None)
    check("the journal is whole", "whole" in chain.command("journal", "verify", "-c", chain.path("appliance.conf")))
except AssertionError as e:
    check("rollback", False, "%s\n%s" % (e, chain.logs()))
finally:
    if chain.appliance:
        chain.appliance.send_signal(signal.SIGCONT)
    chain.remove()
report.end()
