#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A policy from the browser to the wire: policy_test.py GATEHOUSE SHARE

Somebody writes a policy in the browser, tries it, and rolls it out; a running appliance takes it and judges the same traffic otherwise; taken back, it
judges as before."""
import os
import re
import shutil
import subprocess
import sys

from chain import PASSWORD, Api, Chain, Report, wait_for

GATEHOUSE, SHARE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
PCAP = os.path.join(SHARE, "capture", "morning.pcap")
HERE = os.path.dirname(os.path.abspath(__file__))
WEB = os.path.join(HERE, "..", "..", "console", "web")
BUILD = os.path.dirname(GATEHOUSE)
if not (os.path.exists("/usr/bin/chromium") and shutil.which("node") and os.path.isdir(os.path.join(WEB, "node_modules", "playwright-core"))
        and os.path.exists(os.path.join(BUILD, "web", "index.html"))):
    print("chromium, node, the page's packages or the page itself are missing")
    sys.exit(77)
report = Report()
check = report.check
chain = Chain(GATEHOUSE, "hello = 1s\n")


def browser(what):
    p = subprocess.run(["node", os.path.join(HERE, "policy.mjs"), WEB, "https://127.0.0.1:%d" % chain.port, PASSWORD, what], stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True, timeout=170)
    check("in the browser: " + what, p.returncode == 0, p.stdout)


def rules_of(api, seen):
    """Rules that decided about documents recorded after seen, and the newest number."""
    items = [e for e in api.pages("/events?type=fileinfo") if e["id"] > seen]
    found = [((e.get("event") or e).get("gatehouse") or {}).get("document", {}).get("verdict", {}).get("rule") for e in items]
    return set(found), max([e["id"] for e in items] + [seen])


def replay_again(api, seen):
    chain.appliance.terminate()
    chain.appliance.wait(30)
    chain.start_appliance("--replay", PCAP)
    return wait_for("the traffic is judged", 90, lambda: (lambda x: x if x[0] else None)(rules_of(api, seen)))


try:
    chain.enrol()
    chain.start_console()
    api = chain.sign_in()
    token = re.search(r"#invite=(\S+)", chain.command("console", "link", "--role", "policy_author", "-c", chain.path("console.conf"))).group(1)
    author = Api(chain.port)
    check("an author", author.call("POST", "/api/v1/invite", {"token": token, "name": "binh", "password": PASSWORD})[0] == 201)
    chain.start_appliance("--replay", PCAP)
    before, seen = wait_for("the traffic is judged", 90, lambda: (lambda x: x if x[0] else None)(rules_of(api, 0)))
    check("by the standard policy", "every-file" not in before and before, before)
    browser("write")
    facts = wait_for("it judges by the new one", 90, lambda: (lambda f: f if str(f.get("policy", "")).startswith("cua-toi@") else None)(
        chain.status().get("processes", {}).get("policy", {}).get("facts", {})))
    check("the appliance judges by it", facts["policy"] == "cua-toi@1", facts)
    after, seen = replay_again(api, seen)
    check("and otherwise than before", after == {"every-file"}, after)
    browser("back")
    wait_for("the first policy is back", 90, lambda: str(chain.status().get("processes", {}).get("policy", {}).get("facts", {}).get("policy", "")).startswith("standard@"))
    again, seen = replay_again(api, seen)
    check("taken back it judges as before", "every-file" not in again, again)
except AssertionError as e:
    check("the life of a policy", False, "%s\n%s" % (e, chain.logs()))
finally:
    chain.remove()
report.end()
