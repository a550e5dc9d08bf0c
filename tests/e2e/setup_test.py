#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A new post by its questions: configuration, keys, enrolment as text, and the way back: setup_test.py GATEHOUSE SHARE"""
import json
import os
import re
import subprocess
import sys

from chain import Chain, Report

GATEHOUSE = os.path.abspath(sys.argv[1])
report = Report()
check = report.check
chain = Chain(GATEHOUSE)
cards = [c for c in sorted(os.listdir("/sys/class/net")) if c != "lo"]
if not cards:
    print("skipped: this machine has no network card but lo", file=sys.stderr)
    chain.remove()
    sys.exit(77)


def run(*args, text=""):
    return subprocess.run([GATEHOUSE, *args], input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)


try:
    conf, console = chain.path("appliance.conf"), chain.path("console.conf")
    chain.write("appliance.conf", "# mine\n[node]\nstate_dir = %s/appliance\n[scan]\nocr = no\n" % chain.dir)
    chain.command("console", "init", "-c", console)
    p = run("setup", "-c", conf, text="2\nPost 7\n")
    check("a line that is cut changes nothing", p.returncode == 2 and "Nothing was changed" in p.stdout and "Post 7" not in open(conf).read(), p.stdout)
    p = run("setup", "-c", conf, text="1\nĐơn vị 7\nlo\n%s\n10.1.0.0/33\n10.1.0.0/24\ndhcp\nhttp://x\nhttps://127.0.0.1:%d\n\n\n2\n\n" % (cards[0], chain.port))
    text = open(conf).read()
    check("the questions lead to a configuration", p.returncode == 0 and "name = Đơn vị 7" in text and "interface = %s" % cards[0] in text and "management = 10.1.0.0/24" in text, p.stdout)
    check("what was there stays", text.startswith("# mine\n") and "ocr = no" in text, text)
    check("mistakes were asked again", "không có thẻ mạng này" in p.stdout and "10.1.0.0/24, cách nhau" in p.stdout and "https://địa-chỉ" in p.stdout, p.stdout)
    check("the card's address is networkd's", "DHCP=yes" in open(chain.path("management.network")).read())
    check("keys are there, for their owner alone", os.stat(chain.path("appliance/appliance.key")).st_mode & 0o777 == 0o600)
    request = re.search(r'\{"gatehouse":"enrol-request-v1".*\}', p.stdout)
    if check("the request is shown as text", request, p.stdout):
        chain.write("request.json", request.group(0))
        chain.command("console", "enrol-approve", chain.path("request.json"), "-o", chain.path("answer.json"), "--url", "https://127.0.0.1:%d" % chain.port, "-c", console)
        answer = open(chain.path("answer.json")).read()
        p = run("setup", "-c", conf, text="1\n\n\n\n\n\n\n\n2\n%s\n\n" % answer.strip())
        phrase = json.loads(answer)["phrase"]
        check("the answer is taken, and its words are shown to be compared", p.returncode == 0 and phrase in p.stdout and "qua điện thoại" in p.stdout, p.stdout)
        check("the appliance is enrolled", os.path.exists(chain.path("appliance/console.json")))
    p = run("factory-reset", "-c", conf, text="Post\n")
    check("a wrong name erases nothing", p.returncode == 2 and os.path.exists(chain.path("appliance/appliance.key")), p.stdout)
    victim = chain.path("victim")
    os.mkdir(victim)
    chain.write("victim/file", "stays")
    os.symlink(victim, chain.path("appliance/trap"))
    p = run("factory-reset", "--confirm", "Đơn vị 7", "-c", conf)
    check("the right one erases all of it", p.returncode == 0 and not os.listdir(chain.path("appliance")), p.stdout)
    check("and follows no link", open(chain.path("victim/file")).read() == "stays")
    check("the configuration stays", "Đơn vị 7" in open(conf).read())
    check("an unknown option is refused", run("setup", "--fast").returncode == 2)
finally:
    chain.remove()
report.end()
