#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A policy from the browser to the wire: policy_test.py GATEHOUSE SHARE

Somebody writes a policy in the browser, tries it, and rolls it out; a running appliance takes it and judges the same traffic otherwise; taken back, it
judges as before."""
import datetime
import json
import os
import re
import shutil
import struct
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


def documents():
    out = subprocess.run([GATEHOUSE, "inspect", PCAP], stdout=subprocess.PIPE, text=True, timeout=120).stdout # exit 1: there are alerts
    events = [json.loads(line) for line in out.splitlines()]
    return [e for e in events if e["event_type"] == "fileinfo"]


WANTED = documents()
BEGIN = min(e["timestamp"] for e in WANTED)[:19]


def judged(api, seconds):
    """Rules that decided about the documents of the traffic that many seconds later, when all of them are here."""
    begin = datetime.datetime.fromisoformat(BEGIN) + datetime.timedelta(seconds=seconds)
    end = begin + datetime.timedelta(seconds=59)

    def look():
        found = []
        for e in api.pages("/events?type=fileinfo"):
            e = e.get("event") or e
            if begin <= datetime.datetime.fromisoformat(e["timestamp"][:19]) < end:
                found.append(e.get("gatehouse", {}).get("document", {}).get("verdict", {}).get("rule"))
        return found if len(found) == len(WANTED) else None
    return set(wait_for("%d documents are judged" % len(WANTED), 90, look))


def later(seconds):
    """The same traffic so many seconds later: the same capture again would be recorded once."""
    data, at = bytearray(open(PCAP, "rb").read()), 24
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    while at + 16 <= len(data):
        time, _, length, _ = struct.unpack_from(order + "IIII", data, at)
        struct.pack_into(order + "I", data, at, time + seconds)
        at += 16 + length
    with open(chain.path("later-%d.pcap" % seconds), "wb") as f:
        f.write(data)
    return f.name


def replay_again(api, seconds):
    chain.appliance.terminate()
    chain.appliance.wait(30)
    chain.start_appliance("--replay", later(seconds))
    return judged(api, seconds)


try:
    chain.enrol()
    chain.start_console()
    api = chain.sign_in()
    token = re.search(r"#invite=(\S+)", chain.command("console", "link", "--role", "policy_author", "-c", chain.path("console.conf"))).group(1)
    author = Api(chain.port)
    check("an author", author.call("POST", "/api/v1/invite", {"token": token, "name": "binh", "password": PASSWORD})[0] == 201)
    chain.start_appliance("--replay", PCAP)
    before = judged(api, 0)
    check("by the standard policy", "every-file" not in before, before)
    browser("write")
    facts = wait_for("it judges by the new one", 90, lambda: (lambda f: f if str(f.get("policy", "")).startswith("cua-toi@") else None)(
        chain.status().get("processes", {}).get("policy", {}).get("facts", {})))
    check("the appliance judges by it", facts["policy"] == "cua-toi@1", facts)
    after = replay_again(api, 60)
    check("and otherwise than before", after == {"every-file"}, after)
    browser("back")
    wait_for("the first policy is back", 90, lambda: str(chain.status().get("processes", {}).get("policy", {}).get("facts", {}).get("policy", "")).startswith("standard@"))
    again = replay_again(api, 120)
    check("taken back it judges as before", again == before, again)
except AssertionError as e:
    check("the life of a policy", False, "%s\n%s" % (e, chain.logs()))
finally:
    chain.remove()
report.end()
