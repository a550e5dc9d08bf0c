# SPDX-License-Identifier: GPL-3.0-or-later
"""An appliance and a console of their own in a temporary directory, for the end-to-end tests. Standard library only."""
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import time

PASSWORD = "bon tu khong lien quan"


def free_port():
    """A port that nobody listens on: of those that no outgoing connection of another test is given before it is used."""
    while True:
        with socket.socket() as s:
            port = random.randrange(15000, 32000)
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


def wait_for(what, seconds, ready):
    """The first true value of ready(), asked again and again; fails with what after so many seconds."""
    end = time.monotonic() + seconds
    while True:
        value = ready()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError("not within %g s: %s" % (seconds, what))
        time.sleep(0.05)


class Api:
    """A signed-in person."""

    def __init__(self, port):
        self.port, self.cookie = port, None
        self.context = ssl.create_default_context()
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE

    def call(self, method, path, body=None, headers=None):
        c = http.client.HTTPSConnection("127.0.0.1", self.port, context=self.context, timeout=30)
        h = {"Sec-Fetch-Site": "same-origin"}
        if body is not None:
            h["Content-Type"] = "application/json"
        if self.cookie:
            h["Cookie"] = self.cookie
        h.update(headers or {})
        try:
            c.request(method, path, json.dumps(body) if body is not None else None, h)
            r = c.getresponse()
            data = r.read()
            for name, value in r.getheaders():
                if name.lower() == "set-cookie" and value.startswith("__Host-gatehouse="):
                    self.cookie = value.split(";")[0]
            kind = r.getheader("Content-Type") or ""
            return r.status, json.loads(data) if "json" in kind and data else data
        finally:
            c.close()

    def get(self, path):
        status, body = self.call("GET", "/api/v1" + path)
        assert status == 200, "GET %s: %s %s" % (path, status, body)
        return body

    def pages(self, path, limit=200):
        """All items of a keyset-paged list."""
        out, before = [], None
        while True:
            sep = "&" if "?" in path else "?"
            page = self.get("%s%slimit=%d%s" % (path, sep, limit, "&before=%s" % before if before else ""))
            out += page["items"]
            before = page.get("next")
            if not before:
                return out


class Chain:
    def __init__(self, gatehouse, conf=""):
        self.gatehouse = os.path.abspath(gatehouse)
        self.dir = tempfile.mkdtemp(prefix="gh-e2e-", dir="/var/tmp")
        os.chmod(self.dir, 0o755)
        self.port = free_port()
        self.console = self.appliance = None
        self.write("console.conf", "[console]\nlisten = 127.0.0.1:%d\nstate_dir = %s/console\nlogin_rate = 1000\n" % (self.port, self.dir))
        self.write("appliance.conf", "[node]\nname = test\nstate_dir = %s/appliance\n[uplink]\nconsole = https://127.0.0.1:%d\npoll = 50ms\n%s%s" %
                   (self.dir, self.port, "" if "hello =" in conf else "hello = 20s\n", conf))

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, text):
        with open(self.path(name), "w") as f:
            f.write(text)

    def run(self, *args, stdin=""):
        """Exit status, and what was said."""
        p = subprocess.run([self.gatehouse, *args], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
        return p.returncode, p.stdout

    def command(self, *args):
        code, out = self.run(*args)
        assert code == 0, "gatehouse %s: exit %d\n%s" % (" ".join(args), code, out)
        return out

    def ask(self, name, sql, *args):
        """Rows of a database below the directory, which is only read."""
        db = sqlite3.connect("file:%s?mode=ro" % self.path(name), uri=True, timeout=60)
        try:
            return db.execute(sql, args).fetchall()
        finally:
            db.close()

    def enrol(self):
        c, a = self.path("console.conf"), self.path("appliance.conf")
        self.command("console", "init", "-c", c)
        self.command("keys", "generate", "-c", a)
        self.command("enrol", "request", "-o", self.path("request.json"), "-c", a)
        self.command("console", "enrol-approve", self.path("request.json"), "-o", self.path("answer.json"), "--url",
                     "https://127.0.0.1:%d" % self.port, "-c", c)
        self.command("enrol", "accept", self.path("answer.json"), "-c", a)

    def start_console(self):
        self.console = subprocess.Popen([self.gatehouse, "console", "-c", self.path("console.conf")], stdout=open(self.path("console.out"), "ab"),
                                        stderr=open(self.path("console.log"), "ab"))
        api = Api(self.port)

        def alive():
            assert self.console.poll() is None, "the console ended:\n" + open(self.path("console.log")).read()
            try:
                return api.call("GET", "/healthz")[0] == 200
            except OSError:
                return False
        wait_for("the console answers", 20, alive)

    def sign_in(self):
        token = re.search(r"#invite=(\S+)", self.command("console", "link", "-c", self.path("console.conf"))).group(1)
        api = Api(self.port)
        status, body = api.call("POST", "/api/v1/invite", {"token": token, "name": "lan", "password": PASSWORD})
        assert status == 201, (status, body)
        return api

    def start_appliance(self, *args):
        self.appliance = subprocess.Popen([self.gatehouse, "run", "-c", self.path("appliance.conf"), *args], stdout=subprocess.DEVNULL,
                                          stderr=open(self.path("appliance.log"), "ab"))

    def status(self):
        try:
            with open(self.path("appliance/status.json")) as f:
                return json.load(f)
        except (OSError, ValueError):
            return {}

    def pid_of(self, role):
        if role == "keeper":
            return self.appliance.pid
        return self.status().get("processes", {}).get(role, {}).get("pid", 0)

    def children(self, pid):
        out = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], stdout=subprocess.PIPE, text=True).stdout
        return [int(x) for x in out.split()]

    def kill_console(self):
        """As when the power goes: with all that it started."""
        children = self.children(self.console.pid)
        self.console.kill()
        self.console.wait(60)
        for pid in children:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.console = None

    def stop(self):
        for p in (self.appliance, self.console):
            if p and p.poll() is None:
                p.send_signal(signal.SIGTERM)
                try:
                    p.wait(20)
                except subprocess.TimeoutExpired:
                    p.kill()
                    p.wait()
                    print("a keeper did not stop within 20 s", file=sys.stderr)
        self.appliance = self.console = None

    def remove(self):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)

    def logs(self):
        return "".join("---- %s\n%s" % (n, open(self.path(n)).read()[-4000:]) for n in ("appliance.log", "console.log") if os.path.exists(self.path(n)))


class Report:
    """Counts what was checked; the closing line is that of any test here."""

    def __init__(self):
        self.passed = self.failed = 0

    def check(self, name, good, detail=""):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print("FAIL %s %s" % (name, detail))
        return good

    def end(self):
        print("%d passed, %d failed" % (self.passed, self.failed))
        sys.exit(1 if self.failed or not self.passed else 0)
