# SPDX-License-Identifier: GPL-3.0-or-later
"""A PostgreSQL server of a test's own, in a directory of its own, reached by a socket in it."""
import atexit
import glob
import os
import shutil
import subprocess
import tempfile
import time


def missing():
    """Why there can be none, or None."""
    if not glob.glob("/usr/lib/postgresql/*/bin/initdb"):
        return "PostgreSQL's server is not installed (Debian package postgresql)"
    return None


class Server:
    def __init__(self):
        self.bin = os.path.dirname(sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))[-1])
        self.dir = tempfile.mkdtemp(prefix="gh-pg-")
        self.user = "postgres" if os.geteuid() == 0 else None
        if self.user:
            shutil.chown(self.dir, self.user)
        os.chmod(self.dir, 0o755)
        self.process = None
        atexit.register(self.clean)
        self.run("initdb", "-D", self.dir + "/data", "-U", "gatehouse", "-A", "trust", "-E", "UTF8", "--no-locale", "-N")
        self.start()

    def command(self, *words):
        prefix = ["runuser", "-u", self.user, "--"] if self.user else []
        return prefix + [os.path.join(self.bin, words[0])] + list(words[1:])

    def run(self, *words):
        p = subprocess.run(self.command(*words), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd="/")
        if p.returncode:
            raise SystemExit("%s: %s" % (words[0], p.stdout))
        return p.stdout

    def start(self):
        log = open(self.dir + ".log", "a")
        self.process = subprocess.Popen(self.command("postgres", "-D", self.dir + "/data", "-k", self.dir, "-c", "listen_addresses=",
                                                     "-c", "max_connections=200", "-c", "shared_buffers=32MB", "-c", "unix_socket_permissions=0777"),
                                        stdout=log, stderr=log, cwd="/")
        for _ in range(300):
            if subprocess.run(self.command("pg_isready", "-q", "-h", self.dir)).returncode == 0:
                return
            time.sleep(0.1)
        raise SystemExit("PostgreSQL does not start: " + open(self.dir + ".log").read())

    def stop(self, mode="immediate"):
        if self.process and self.process.poll() is None:
            subprocess.run(self.command("pg_ctl", "-D", self.dir + "/data", "-m", mode, "-w", "stop"), stdout=subprocess.DEVNULL, cwd="/")
            self.process.wait(60)

    def clean(self):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)
        if os.path.exists(self.dir + ".log"):
            os.unlink(self.dir + ".log")

    def database(self, name):
        """A new, empty database; its address."""
        self.run("psql", "-q", "-h", self.dir, "-U", "gatehouse", "-d", "postgres", "-c", 'CREATE DATABASE "%s"' % name)
        return "postgresql://gatehouse@/%s?host=%s" % (name, self.dir)

    def sql(self, url, text):
        """Rows of texts."""
        out = subprocess.run(self.command("psql", "-qAt", "-F", "\x1f", "-v", "ON_ERROR_STOP=1", "-c", text, url), stdout=subprocess.PIPE, check=True,
                             text=True, cwd="/", env=dict(os.environ, PGOPTIONS="-c search_path=gatehouse,pg_catalog")).stdout
        return [tuple(line.split("\x1f")) for line in out.splitlines()]
