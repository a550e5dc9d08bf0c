# SPDX-License-Identifier: GPL-3.0-or-later
"""A NATS server of one's own for a test, and as much of a client as a test needs. Standard library only."""
import json
import os
import shutil
import signal
import socket
import subprocess
import time

from chain import free_port, wait_for

PROGRAM = shutil.which("nats-server") or shutil.which("nats-server", path="/usr/sbin:/usr/local/sbin")


class Server:
    """JetStream in files below dir; conf is more of its configuration."""

    def __init__(self, dir, conf=""):
        self.dir, self.port, self.process = dir, free_port(), None
        os.makedirs(dir, exist_ok=True)
        with open(os.path.join(dir, "nats.conf"), "w") as f:
            f.write('listen: "127.0.0.1:%d"\njetstream { store_dir: "%s/js" }\n%s' % (self.port, dir, conf))
        self.start()

    def start(self):
        self.process = subprocess.Popen([PROGRAM, "-c", os.path.join(self.dir, "nats.conf")], stdout=subprocess.DEVNULL,
                                        stderr=open(os.path.join(self.dir, "nats.log"), "ab"))

        def up():
            assert self.process.poll() is None, "nats-server ended:\n" + open(os.path.join(self.dir, "nats.log")).read()[-2000:]
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return True
            except OSError:
                return False
        wait_for("the NATS server listens", 30, up)

    def stop(self, how=signal.SIGTERM):
        if self.process:
            self.process.send_signal(how)
            self.process.wait(60)
            self.process = None


class Client:
    """One connection, without TLS."""

    def __init__(self, port, user=None, password=None):
        self.s = socket.create_connection(("127.0.0.1", port), 30)
        self.f = self.s.makefile("rb")
        self.sid, self.errors, self.messages = 0, [], []
        self.info = json.loads(self.f.readline().split(b" ", 1)[1])
        login = {"verbose": False, "pedantic": False, "headers": True, "no_responders": True, "name": "test", "lang": "py", "version": "0"}
        if user:
            login.update({"user": user, "pass": password})
        self.s.sendall(b"CONNECT %s\r\n" % json.dumps(login).encode())
        self.flush()

    def close(self):
        self.s.close()

    def sub(self, subject):
        self.sid += 1
        self.s.sendall(b"SUB %s %d\r\n" % (subject.encode(), self.sid))

    def pub(self, subject, data, reply="", headers=None):
        head = b"NATS/1.0\r\n%s\r\n" % b"".join(b"%s: %s\r\n" % (k.encode(), v.encode()) for k, v in headers.items()) if headers else b""
        words = [subject] + ([reply] if reply else []) + ([str(len(head))] if headers else []) + [str(len(head) + len(data))]
        self.s.sendall((b"HPUB " if headers else b"PUB ") + " ".join(words).encode() + b"\r\n" + head + data + b"\r\n")

    def read(self):
        """Handles one line of the server's; 'pong' when it was that."""
        line = self.f.readline()
        if not line:
            raise OSError("the NATS server closed the connection")
        words = line.split()
        if words[0] == b"PING":
            self.s.sendall(b"PONG\r\n")
        elif words[0] == b"PONG":
            return "pong"
        elif words[0] == b"-ERR":
            self.errors.append(line.decode())
        elif words[0] in (b"MSG", b"HMSG"):
            n, head = int(words[-1]), int(words[-2]) if words[0] == b"HMSG" else 0
            data = self.f.read(n + 2)[:n]
            self.messages.append((words[1].decode(), data[head:], data[:head]))
        return None

    def flush(self):
        """Everything up to here was read by the server, and everything that it had for us is here."""
        self.s.sendall(b"PING\r\n")
        while self.read() != "pong":
            pass

    def ask(self, subject, data=b"", headers=None, seconds=10):
        inbox = "_INBOX.%d.%d" % (os.getpid(), time.monotonic_ns())
        self.sub(inbox)
        self.pub(subject, data, inbox, headers)
        self.s.settimeout(seconds)
        while True:
            for i, m in enumerate(self.messages):
                if m[0] == inbox:
                    return self.messages.pop(i)[1]
            self.read()

    def stream(self, name="GATEHOUSE"):
        return json.loads(self.ask("$JS.API.STREAM.INFO." + name))

    def consumer(self, stream="GATEHOUSE", name="console"):
        return json.loads(self.ask("$JS.API.CONSUMER.INFO.%s.%s" % (stream, name)))


def store(client, subject, data, id=None):
    """Puts a message into its stream; the server's word."""
    return json.loads(client.ask(subject, data, {"Nats-Msg-Id": id} if id else None))
