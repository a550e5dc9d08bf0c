#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A new post by its questions: configuration, keys, enrolment as text, and the way back: setup_test.py GATEHOUSE SHARE"""
import json
import os
import re
import socket
import subprocess
import sys
import threading

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


class Writer:
    """What gatehouse-setup-write.socket does: each connection is descriptor 3 of a process that may write."""

    def __init__(self, path, *args):
        self.door, self.args, self.said = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET), args, ""
        self.door.bind(path)
        os.chmod(path, 0o666)
        self.door.listen(2)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                fd = self.door.accept()[0].detach()
            except OSError:
                return
            p = subprocess.Popen([GATEHOUSE, "setup", "--write", *self.args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, close_fds=False,
                                 preexec_fn=lambda: (os.dup2(fd, 3), os.closerange(4, 256)))
            os.close(fd)
            self.said += p.stdout.read()


def asked_apart():
    """Who asks has no right, who writes hears a few fields."""
    conf, path = chain.path("appliance.conf"), chain.path("setup.sock")
    os.chmod(chain.dir, 0o755)
    writer = Writer(path, "-c", conf)
    nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] if os.geteuid() == 0 else []
    p = run("setup", "-c", conf, "--through", path, text="2\nPost 9\n\n\n10.9.0.0/16\n\n\n\n\n\n")
    text = open(conf).read()
    check("what was answered is written by another process", p.returncode == 0 and "name = Post 9" in text and "inside = 10.9.0.0/16" in text, p.stdout + writer.said)
    check("the request comes back as text", '"enrol-request-v1"' in p.stdout and "GHSETUP" in p.stdout, p.stdout)
    if nobody and "Post 9" in text:
        p = subprocess.run(nobody + [GATEHOUSE, "setup", "-c", conf, "--through", path], input="2\nPost 10\n\n\n\n\n\n\n\n", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        check("a stranger at the socket lacks the code", p.returncode == 3 and "wrong code" in p.stdout and "Post 9" in open(conf).read(), p.stdout)
    for frame, what in ((b"A\0x\0", "too few fields"), (b"E" + b"\0" * 9, "too many"), (b"Z\0\0", "another letter"), (b"T\0-1\0", "no time"), (b"A\0bad\"name\0lo\0\0\0\0\0", "answers that are wrong")):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        s.settimeout(30)
        s.connect(path)
        s.send(frame)
        check("refused: " + what, s.recv(16384)[:1] == b"0")
        s.close()
    check("nothing of it was written", "Post 9" in open(conf).read())
    p = subprocess.Popen([GATEHOUSE, "setup", "-c", conf, "--through", path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    p.stdin.write("2\nPost 11\n")
    p.stdin.flush()
    chain.write("appliance/console.json", "{}")
    p.wait(timeout=60)
    out = p.stdout.read()
    check("the questions end when a stick has enrolled the post", p.returncode == 0 and "enrolled meanwhile" in out and "Post 9" in open(conf).read(), out)
    os.unlink(chain.path("appliance/console.json"))
    os.unlink(path)
    p = run("setup", "-c", conf, "--through", path, text="")
    check("no writer: said, with what to do", p.returncode == 3 and "gatehouse-setup-write.socket" in p.stdout, p.stdout)


try:
    conf, console = chain.path("appliance.conf"), chain.path("console.conf")
    chain.write("appliance.conf", "# mine\n[node]\nstate_dir = %s/appliance\n[scan]\nocr = no\n" % chain.dir)
    chain.command("console", "init", "-c", console)
    p = run("setup", "-c", conf, text="2\nPost 7\n")
    check("a line that is cut changes nothing", p.returncode == 2 and "Nothing was changed" in p.stdout and "Post 7" not in open(conf).read(), p.stdout)
    p = run("setup", "-c", conf, text="1\nĐơn vị 7\nlo\n%s\n10.1.0.0/33\n10.1.0.0/24\n10.1.0.5/16\n10.1.0.0/16 203.0.113.0/24\ndhcp\nhttp://x\nhttps://127.0.0.1:%d\n\n\n2\n\n" % (cards[0], chain.port))
    text = open(conf).read()
    check("the questions lead to a configuration", p.returncode == 0 and "name = Đơn vị 7" in text and "interface = %s" % cards[0] in text and "management = 10.1.0.0/24" in text and
          "inside = 10.1.0.0/16 203.0.113.0/24" in text, p.stdout)
    check("what was there stays", text.startswith("# mine\n") and "ocr = no" in text, text)
    check("mistakes were asked again", "không có thẻ mạng này" in p.stdout and "10.1.0.0/24, cách nhau" in p.stdout and "https://địa-chỉ" in p.stdout and "không phải 10.1.0.5/16" in p.stdout, p.stdout)
    check("the card's address is networkd's", "DHCP=yes" in open(chain.path("management.network")).read())
    check("keys are there, for their owner alone", os.stat(chain.path("appliance/appliance.key")).st_mode & 0o777 == 0o600)
    request = re.search(r'\{"gatehouse":"enrol-request-v1".*\}', p.stdout)
    if check("the request is shown as text", request, p.stdout):
        chain.write("request.json", request.group(0))
        chain.command("console", "enrol-approve", chain.path("request.json"), "-o", chain.path("answer.json"), "--url", "https://127.0.0.1:%d" % chain.port, "-c", console)
        answer = open(chain.path("answer.json")).read()
        p = run("setup", "-c", conf, text="1\n\n\n\n\n\n\n\n\n2\n%s\n\n" % answer.strip())
        phrase = json.loads(answer)["phrase"]
        check("the answer is taken, and its words are shown to be compared", p.returncode == 0 and phrase in p.stdout and "qua điện thoại" in p.stdout, p.stdout)
        check("the appliance is enrolled", os.path.exists(chain.path("appliance/console.json")))
    os.rename(chain.path("appliance/console.json"), chain.path("console.json"))
    kept = open(conf).read()
    asked_apart()
    chain.write("appliance.conf", kept)
    os.rename(chain.path("console.json"), chain.path("appliance/console.json"))
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
