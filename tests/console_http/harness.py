# SPDX-License-Identifier: GPL-3.0-or-later
"""What the HTTP tests share: a gh-console of its own for each test program, a client, an appliance, and checks."""
import atexit
import http.client
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import tempfile

BUILD = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else "build"
ZERO = "0" * 64
PASSWORD = "hoa sen ven đường"
# What captured fields may hold: each must come back as the same text inside JSON.
ATTACKS = ["<img src=x onerror=alert(1)>", "\u202egnp.exe", "nul\u0000byte", "=cmd|' /C calc'!A0", "a\r\nSet-Cookie: x=1",
           "'; DROP TABLE alert; --", "\"}],\"x\":[{", "</script><script>alert(1)</script>", "${jndi:ldap://x}", "\\u0022\\",
           "\u2028\u2029", "data: x\n\nevent: end\n"]
DATABASES = None
if os.environ.get("GH_TEST_STORE") == "postgresql":
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "stores"))
    import pg
    if pg.missing():
        print(pg.missing())
        sys.exit(77)
    DATABASES = pg.Server()
EVENTS = None # a ClickHouse server for the events
if os.environ.get("GH_TEST_EVENTS") == "clickhouse":
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "stores"))
    import click
    if click.missing():
        print(click.missing())
        sys.exit(77)
    EVENTS = click.Server()
TWICE = os.environ.get("GH_TEST_TWICE") # every step is asked for twice under one key (twice.py)
_failed = 0
_done = 0


def check(name, ok, more=""):
    global _failed, _done
    _done += 1
    if not ok:
        _failed += 1
        print("FAILED: %s %s" % (name, more), file=sys.stderr)
    return ok


def equal(name, got, want):
    return check(name, got == want, "is %r, want %r" % (got, want))


def end():
    print("%d checks, %d failed" % (_done, _failed))
    sys.exit(1 if _failed or not _done else 0)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            return {}

    def code(self):
        return self.json().get("code") if isinstance(self.json(), dict) else None


class Console:
    """keeper: started by `gatehouse console`, with its helper processes beside it."""

    def __init__(self, *settings, keeper=False):
        self.program = ["gatehouse", "console"] if keeper else ["gh-console"]
        self.dir = tempfile.mkdtemp(prefix="gh-console-")
        os.chmod(self.dir, 0o755)
        self.state = os.path.join(self.dir, "state")
        self.settings = []
        if DATABASES: # another engine below the same tests (tests/stores)
            Console.count = getattr(Console, "count", 0) + 1
            self.database = DATABASES.database("t%d" % Console.count)
            settings += ("console.database=" + self.database,)
        if EVENTS:
            Console.events_count = getattr(Console, "events_count", 0) + 1
            self.events = "t%d" % Console.events_count
            settings += EVENTS.settings(self.events)
        for s in ("console.state_dir=" + self.state, "console.listen=127.0.0.1:0") + settings:
            self.settings += ["--set", s]
        self.process = None
        atexit.register(self.clean)
        self.start()

    def clean(self):
        """However a test ends, no process and no directory stays."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if os.environ.get("GH_KEEP") and os.path.exists(self.dir): # to look at the log of a test that failed
            os.makedirs(os.environ["GH_KEEP"], exist_ok=True)
            shutil.copy(os.path.join(self.dir, "log"), os.path.join(os.environ["GH_KEEP"], os.path.basename(self.dir)))
        shutil.rmtree(self.dir, ignore_errors=True)

    def start(self):
        self.log = open(os.path.join(self.dir, "log"), "a")
        self.process = subprocess.Popen([os.path.join(BUILD, self.program[0])] + self.program[1:] + self.settings, stdout=subprocess.PIPE,
                                        stderr=self.log, text=True)
        line = self.process.stdout.readline()
        m = re.match(r"Gatehouse console: (https://127\.0\.0\.1:(\d+)/)", line)
        if not m:
            print(open(self.log.name).read(), file=sys.stderr)
            raise SystemExit("gh-console did not start: %r" % line)
        self.url, self.port = m.group(1), int(m.group(2))
        self.invite = None
        if "Nobody" in (self.process.stdout.readline() if not self.has_admin() else ""):
            self.invite = self.process.stdout.readline().strip().split("#invite=")[1]

    def sql(self, text):
        """Rows of texts, straight from the database; changes are kept. In words that both engines know."""
        if DATABASES:
            return DATABASES.sql(self.database, text)
        d = sqlite3.connect(os.path.join(self.state, "console.db"), timeout=20)
        d.execute("PRAGMA foreign_keys=ON")
        rows = [tuple("" if v is None else str(v) for v in row) for row in d.execute(text)]
        d.commit()
        d.close()
        return rows

    def has_admin(self):
        return os.path.exists(os.path.join(self.dir, "admin"))

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(20)
        self.log.close()
        return code

    def close(self):
        code = self.stop()
        log = open(os.path.join(self.dir, "log")).read()
        shutil.rmtree(self.dir)
        check("stops in order", code == 0, "exit %s\n%s" % (code, log))
        check("no sanitizer report", "Sanitizer" not in log and "runtime error" not in log, log)

    def command(self, *words):
        p = subprocess.run([os.path.join(BUILD, "gh-console")] + list(words) + self.settings, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True)
        return p.returncode, p.stdout, p.stderr

    def metric(self, name):
        m = re.search("^" + re.escape(name) + r" (\d+)$", Client(self).get("/metrics").body.decode(), re.M)
        return int(m.group(1)) if m else None

    def administrator(self, name="lan"):
        c = Client(self)
        a = c.post("/api/v1/invite", {"token": self.invite, "name": name, "password": PASSWORD})
        if a.status != 201:
            raise SystemExit("the first administrator cannot be made: %s %s" % (a.status, a.body))
        open(os.path.join(self.dir, "admin"), "w").close()
        return c

    def user(self, name, role):
        code, out, err = self.command("link", "--role", role)
        c = Client(self)
        a = c.post("/api/v1/invite", {"token": out.strip().split("#invite=")[1], "name": name, "password": PASSWORD})
        equal("user %s is made" % name, a.status, 201)
        return c


def tls():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Client:
    """A browser: keeps its cookie, sends its origin."""

    def __init__(self, console, address="127.0.0.1"):
        self.console, self.cookie, self.address = console, None, address
        self.origin = console.url[:-1]

    def request(self, method, path, body=None, headers=None, kind="application/json"):
        address = TWICE and twice.address(method, path)
        if not address:
            return self.once(method, path, body, headers, kind)
        return twice.both(self, address, method, path, body, headers, kind)

    def once(self, method, path, body, headers, kind):
        c = http.client.HTTPSConnection("127.0.0.1", self.console.port, context=tls(), timeout=30,
                                        source_address=(self.address, 0))
        h = {}
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None and kind:
            h["Content-Type"] = kind
        if method not in ("GET", "HEAD"):
            h["Origin"] = self.origin
        if self.cookie:
            h["Cookie"] = "__Host-gatehouse=" + self.cookie
        h.update(headers or {})
        h = {k: v for k, v in h.items() if v is not None}
        c.request(method, path, body=body, headers=h)
        r = c.getresponse()
        data = r.read()
        answer = Answer(r.status, r.headers, data)
        c.close()
        m = re.match(r"__Host-gatehouse=([0-9a-f]*);", r.headers.get("Set-Cookie", ""))
        if m:
            self.cookie = m.group(1) or None
        return answer

    def get(self, path, **headers):
        return self.request("GET", path, headers=headers)

    def post(self, path, body, headers=None, kind="application/json"):
        return self.request("POST", path, body, headers, kind)

    def delete(self, path):
        return self.request("DELETE", path)


def raw(console, data, seconds=10, address="127.0.0.1"):
    """Sends bytes as they are; all that comes back until the server closes or is silent."""
    s = socket.create_connection(("127.0.0.1", console.port), timeout=seconds, source_address=(address, 0))
    s = tls().wrap_socket(s)
    s.settimeout(seconds)
    got = b""
    try:
        s.sendall(data)
        while True:
            part = s.recv(65536)
            if not part:
                break
            got += part
    except (socket.timeout, ConnectionError, ssl.SSLError):
        pass
    s.close()
    return got


class Appliance:
    """Enrolled at a console; numbers and chains its batches."""

    def __init__(self, console, name="ha-noi-1", enrol=True):
        self.console, self.name, self.number, self.previous = console, name, 0, ZERO
        self.key = os.path.join(console.dir, name + ".key")
        request = os.path.join(console.dir, name + ".request")
        with open(request, "w") as f:
            f.write(tool("keys", console.dir, name)[0].decode())
        self.answer = os.path.join(console.dir, name + ".answer")
        if enrol:
            code, out, err = console.command("enrol-approve", request, "-o", self.answer)
            equal("enrol-approve %s" % name, code, 0)

    def seal(self, records, number=None, previous=None, run=1, extra=(), key=None):
        lines = "".join("%s\t%d\t%d\t%s\n" % (r[0], r[1], r[2], r[3] if isinstance(r[3], str) else json.dumps(r[3]))
                        for r in records)
        return tool("batch", key or self.key, os.path.join(self.console.state, "console.pub"), str(number), previous,
                    str(run), *extra, stdin=lines.encode())

    def send(self, records, run=1, at=None):
        """The next honest batch; at: when it says that it was signed, in seconds."""
        envelope, digest = self.seal(records, self.number + 1, self.previous, run, ("at", str(int(at))) if at else ())
        a = post_envelope(self.console, envelope)
        if a.status == 200:
            self.number, self.previous = self.number + 1, digest
        return a


def tool(*words, stdin=b""):
    p = subprocess.run([os.path.join(BUILD, "tests", "appliance_tool")] + list(words), input=stdin,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if p.returncode:
        raise SystemExit(p.stderr.decode())
    return p.stdout, p.stderr.decode()


def post_envelope(console, envelope, kind="application/vnd.gatehouse.envelope", path="/api/v1/intake"):
    return Client(console).request("POST", path, envelope, {"Origin": None}, kind)


def alert(n, **more):
    """A record of an alert as an appliance makes it."""
    sha = more.get("sha256", "%064x" % n)
    level = more.get("level", "tuyet_mat")
    text = more.get("text", "")
    e = {"timestamp": "2026-11-24T06:02:11.%06d+0000" % n, "flow_id": more.get("flow_id", 1000 + n), "event_type": "alert",
         "src_ip": "10.0.1.5", "src_port": 51514, "dest_ip": "203.0.113.9", "dest_port": 80, "proto": "TCP",
         "app_proto": "http", "community_id": "1:abc%d=" % n,
         "alert": {"signature_id": 7, "signature": "Document leaves its zone " + text, "category": "classified-document",
                   "severity": more.get("severity", 1), "action": "blocked"},
         "http": {"hostname": "upload.example" + text, "url": "/u" + text, "http_method": "POST", "status": 200},
         "fileinfo": {"filename": more.get("filename", "báo cáo %d.docx" % n) + text, "size": 18212, "sha256": sha,
                      "state": "CLOSED", "gaps": False, "stored": True},
         "gatehouse": {"document": {"sha256": sha, "size": 18212, "kind": "docx", "level": level, "level_source": "marking",
                                    "markings": [{"text": "TUYỆT MẬT" + text, "level": level, "where": "header", "page": 1,
                                                  "offset": 0, "confidence": 0.99}], "read": "full"},
                       "verdict": {"action": "block", "policy": "standard@1", "rule": more.get("rule", "secret-leaves-zone"),
                                   "reason": "It is marked." + text, "reason_vi": "Có dấu mật." + text,
                                   "title": {"en": "A marked document leaves" + text, "vi": "Tài liệu mật rời vùng" + text},
                                   "severity": 1, "category": "classified-document",
                                   "facts": [{"path": "dest_ip", "value": "203.0.113.9"}], "shadow": False,
                                   "where": "policy.lua:42"}}}
    e.update(more.get("event", {}))
    return ("alert", n, 1, e)


def flow(n, flow_id):
    return ("flow", n, 0, {"timestamp": "2026-11-24T06:02:12.000000+0000", "event_type": "flow", "flow_id": flow_id,
                           "community_id": "1:abc%d=" % n, "src_ip": "10.0.1.5", "dest_ip": "203.0.113.9", "proto": "TCP",
                           "flow": {"pkts_toserver": 20, "state": "closed"}, "ndpi": {"proto": "HTTP"}})


if TWICE:
    import twice
