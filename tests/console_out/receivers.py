# SPDX-License-Identifier: GPL-3.0-or-later
"""Receivers of outputs: an HTTPS server that notes what it is sent and answers as told, and a TLS syslog server (RFC 5425)."""
import http.server
import os
import socket
import ssl
import subprocess
import threading


def certificate(where, name="127.0.0.1"):
    """A certificate of its own for an address; paths of certificate and key."""
    crt, key = os.path.join(where, "receiver.crt"), os.path.join(where, "receiver.key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=" + name,
                    "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", key, "-out", crt], check=True, stderr=subprocess.DEVNULL)
    return crt, key


def context(crt, key):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    c.load_cert_chain(crt, key)
    return c


class Hook:
    """answers: status for each request in turn, the last one stays; a callable gets the body."""

    def __init__(self, crt, key, answers=(200,)):
        self.got, self.answers, self.lock = [], list(answers), threading.Lock()
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                with hook.lock:
                    answer = hook.answers[0] if len(hook.answers) == 1 else hook.answers.pop(0)
                    status = answer(body) if callable(answer) else answer
                    hook.got.append((status, dict(self.headers), body))
                self.send_response(status)
                if status in (301, 302, 307, 308):
                    self.send_header("Location", "https://127.0.0.1:%d/elsewhere" % hook.port)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.socket = context(crt, key).wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def taken(self):
        with self.lock:
            return [g for g in self.got if 200 <= g[0] < 300]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Syslog:
    def __init__(self, crt, key):
        self.messages, self.connections, self.errors = [], 0, []
        self.context, self.socket = context(crt, key), socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.open = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                raw, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(raw,), daemon=True).start()

    def serve(self, raw):
        try:
            s = self.context.wrap_socket(raw, server_side=True)
        except (ssl.SSLError, OSError) as e:
            self.errors.append(str(e))
            return
        self.connections += 1
        self.open.append(s)
        with s:
            self.read(s)

    def read(self, s):
        held = b""
        while True:
            try:
                part = s.recv(65536)
            except OSError:
                return
            if not part:
                return
            held += part
            while b" " in held:
                length, rest = held.split(b" ", 1)
                if not length.isdigit():
                    self.errors.append("no length: %r" % length[:40])
                    return
                if len(rest) < int(length):
                    break
                self.messages.append(rest[:int(length)])
                held = rest[int(length):]

    def drop(self):
        """The connections end; whoever reads from one closes it, so that nobody else gets its number meanwhile."""
        for s in self.open:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.open = []

    def close(self):
        self.socket.close()
        self.drop()
