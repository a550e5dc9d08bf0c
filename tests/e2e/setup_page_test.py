#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A new post by the local page: the form, the code, the request, the answer; and what a stranger gets: setup_page_test.py GATEHOUSE SHARE"""
import html
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.parse

from chain import Chain, Report

GATEHOUSE = os.path.abspath(sys.argv[1])
PORT = 8480
report = Report()
check = report.check
chain = Chain(GATEHOUSE)
cards = [c for c in sorted(os.listdir("/sys/class/net")) if c != "lo"]
with socket.socket() as s:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        s.bind(("127.0.0.1", PORT))
    except OSError:
        cards = []
if not cards:
    print("skipped: this machine has no network card but lo, or port %d is taken" % PORT, file=sys.stderr)
    chain.remove()
    sys.exit(77)
conf, console = chain.path("appliance.conf"), chain.path("console.conf")
page = None


def start():
    global page
    page = subprocess.Popen([GATEHOUSE, "setup", "--page", "--address", "127.0.0.1", "-c", conf], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    line = page.stdout.readline()
    m = re.search(r"code: (\d{8})", line)
    assert m, line
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            return m.group(1) if call("GET", "/")[0] else None
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the page does not answer")


def call(method, path, fields=None, raw=None, **headers):
    c = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
    try:
        body = raw if raw is not None else urllib.parse.urlencode(fields) if fields is not None else None
        if body is not None:
            headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        c.request(method, path, body, headers)
        r = c.getresponse()
        return r.status, html.unescape(r.read().decode("utf-8", "replace")), dict(r.getheaders())
    finally:
        c.close()


try:
    chain.write("appliance.conf", "# mine\n[node]\nstate_dir = %s/appliance\n" % chain.dir)
    chain.command("console", "init", "-c", console)
    code = start()
    status, text, headers = call("GET", "/")
    check("the form is there, in both languages", status == 200 and "Tên đơn vị" in text and "Name of this post" in text, text)
    check("what is known here stands in it", cards[0] in text and "10.0.0.0/8" in text, text)
    check("nothing may run in it", headers["Content-Security-Policy"].startswith("default-src 'none'"), headers)
    good = {"code": code, "name": "Đơn vị <b>", "interface": cards[0], "management": "10.1.0.0/24", "inside": "10.1.0.0/16", "address": "", "console": "https://127.0.0.1:%d" % chain.port}
    for name, got, want in (("another path", call("GET", "/etc/passwd")[0], 404), ("another method", call("DELETE", "/")[0], 405),
                            ("a name in the address bar", call("GET", "/", Host="gatehouse.example")[0], 404),
                            ("a form from a page elsewhere", call("POST", "/apply", good, Host="evil.example")[0], 400), ("no form", call("POST", "/apply", raw=b"\xff" * 300)[0], 403),
                            ("too much", call("POST", "/apply", dict(good, console="x" * 20000))[0], 413), ("a wrong code", call("POST", "/apply", dict(good, code="00000000"))[0], 403),
                            ("a card that is not there", call("POST", "/apply", dict(good, interface="lo;x"))[0], 403), ("a line break", call("POST", "/apply", dict(good, name="a\nb"))[0], 403)):
        check("refused: " + name, got == want, got)
    check("nothing was written", open(conf).read().startswith("# mine") and "interface" not in open(conf).read())
    if os.geteuid() == 0:
        tasks = subprocess.run(["pgrep", "-P", str(page.pid)], stdout=subprocess.PIPE, text=True).stdout.split()
        rows = dict(x.split(":\t", 1) for x in open("/proc/%s/status" % tasks[0]).read().splitlines() if ":\t" in x)
        check("who listens is nobody, in a jail", rows["Uid"].split()[0] == "65534" and rows["Seccomp"] == "2" and int(rows["CapPrm"], 16) == 0, rows)
    status, text, _ = call("POST", "/apply", good)
    request = re.search(r'\{"gatehouse":"enrol-request-v1".*\}', text)
    check("the answers are written", status == 200 and "name = Đơn vị <b>" in open(conf).read() and "interface = " + cards[0] in open(conf).read() and
          "inside = 10.1.0.0/16" in open(conf).read(), text)
    if check("the request is shown", request, text):
        chain.write("request.json", request.group(0))
        chain.command("console", "enrol-approve", chain.path("request.json"), "-o", chain.path("answer.json"), "--url", "https://127.0.0.1:%d" % chain.port, "-c", console)
        answer = open(chain.path("answer.json")).read()
        check("a wrong answer is refused", call("POST", "/enrol", {"code": code, "answer": answer.replace(json.loads(answer)["phrase"], "six other words that do not fit")})[0] == 403)
        status, text, _ = call("POST", "/enrol", {"code": code, "answer": answer})
        check("the answer is taken, the six words are shown", status == 200 and json.loads(answer)["phrase"] in text, text)
        check("and the page is gone", page.wait(timeout=30) == 0)
        check("the appliance is enrolled", os.path.exists(chain.path("appliance/console.json")))
    code = start()
    for i in range(9):
        call("POST", "/apply", dict(good, code="%08d" % i))
    check("nine wrong codes are borne", page.poll() is None)
    try:
        call("POST", "/apply", dict(good, code="12345"))
    except OSError:
        pass
    check("ten end it", page.wait(timeout=30) == 3, page.stdout.read())
finally:
    if page and page.poll() is None:
        page.kill()
    chain.remove()
report.end()
