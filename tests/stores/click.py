# SPDX-License-Identifier: GPL-3.0-or-later
"""A ClickHouse server of a test's own: configuration, data and log in a directory of its own, on a free port of the loopback. Users: "gatehouse" with
the password "secret" in a file, who may do all in any database."""
import atexit
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

BINARY = shutil.which("clickhouse-server") or "/usr/sbin/clickhouse-server"
CONFIG = """<yandex><logger><level>warning</level><log>%(dir)s/log/server.log</log><errorlog>%(dir)s/log/error.log</errorlog><size>10M</size><count>1</count></logger>
<http_port>%(http)d</http_port><tcp_port>%(tcp)d</tcp_port><interserver_http_port>%(inter)d</interserver_http_port><listen_host>127.0.0.1</listen_host>
<max_concurrent_queries>50</max_concurrent_queries><mark_cache_size>67108864</mark_cache_size><path>%(dir)s/data/</path><tmp_path>%(dir)s/tmp/</tmp_path>
<users_config>users.xml</users_config><default_profile>default</default_profile><default_database>default</default_database><timezone>UTC</timezone>
<mlock_executable>0</mlock_executable></yandex>"""
USERS = """<yandex><profiles><default><max_memory_usage>2000000000</max_memory_usage><log_queries>0</log_queries></default></profiles>
<users><gatehouse><password>secret</password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></gatehouse></users>
<quotas><default><interval><duration>3600</duration><queries>0</queries><errors>0</errors><result_rows>0</result_rows><read_rows>0</read_rows>
<execution_time>0</execution_time></interval></default></quotas></yandex>"""


def missing():
    """Why there can be none, or None."""
    return None if os.access(BINARY, os.X_OK) else "ClickHouse's server is not installed (Debian package clickhouse-server)"


def free_ports(n):
    sockets = [socket.socket() for _ in range(n)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class Server:
    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="gh-click-")
        os.chmod(self.dir, 0o755)
        self.process = None
        atexit.register(self.clean)
        for name in ("data", "tmp", "log"):
            os.mkdir(os.path.join(self.dir, name))
        self.http, tcp, inter = free_ports(3)
        with open(os.path.join(self.dir, "config.xml"), "w") as f:
            f.write(CONFIG % {"dir": self.dir, "http": self.http, "tcp": tcp, "inter": inter})
        with open(os.path.join(self.dir, "users.xml"), "w") as f:
            f.write(USERS)
        self.password = os.path.join(self.dir, "password")
        with open(self.password, "w") as f:
            f.write("secret\n")
        os.chmod(self.password, 0o600)
        self.start()

    def start(self):
        out = open(os.path.join(self.dir, "log", "out"), "a")
        self.process = subprocess.Popen([BINARY, "--config-file=" + os.path.join(self.dir, "config.xml")], stdout=out, stderr=out, cwd=self.dir)
        out.close()
        for _ in range(600):
            try:
                with urllib.request.urlopen("http://127.0.0.1:%d/ping" % self.http, timeout=5) as r:
                    if r.read().startswith(b"Ok"):
                        return
            except OSError:
                pass
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise SystemExit("ClickHouse does not start: " + open(os.path.join(self.dir, "log", "out")).read()[-2000:])

    def kill(self):
        """As when the power goes."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()

    def clean(self):
        if self.process and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.dir, ignore_errors=True)

    def query(self, text, database="default"):
        """Rows of texts."""
        url = "http://127.0.0.1:%d/?%s" % (self.http, urllib.parse.urlencode({"database": database}))
        request = urllib.request.Request(url, text.encode(), {"X-ClickHouse-User": "gatehouse", "X-ClickHouse-Key": "secret"})
        try:
            with urllib.request.urlopen(request, timeout=120) as r:
                return [line.split("\t") for line in r.read().decode("utf-8", "replace").splitlines()]
        except urllib.error.HTTPError as e:
            raise RuntimeError(e.read().decode("utf-8", "replace")) from None

    def database(self, name):
        """A new, empty database; its address."""
        self.query("CREATE DATABASE %s" % name)
        return "http://127.0.0.1:%d/%s" % (self.http, name)

    def settings(self, name):
        """What a console is started with, so that its events lie in a new database of that name."""
        return ("console.events=" + self.database(name), "console.events_user=gatehouse", "console.events_password=" + self.password)
