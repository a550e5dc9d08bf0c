# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that are not quite HTTP, come from the wrong place, or ask for what is not theirs."""
import http.client
import json
import os
import re
import socket
import time

from harness import Client, Console, check, end, equal, raw, tls

console = Console()
host = "127.0.0.1:%d" % console.port
H = "Host: %s\r\n" % host
J = "Content-Type: application/json\r\n"


def status(data):
    m = re.match(rb"HTTP/1\.1 (\d+)", data)
    return int(m.group(1)) if m else 0


def count(data):
    """Answers on the connection, told apart by their lengths."""
    n = 0
    while data.startswith(b"HTTP/1.1 "):
        n += 1
        head, _, rest = data.partition(b"\r\n\r\n")
        m = re.search(rb"Content-Length: (\d+)", head)
        data = rest[int(m.group(1)):] if m else b""
    return n


# name, bytes, wanted status; None: the connection may just end
ROWS = [
    ("sound", "GET /healthz HTTP/1.1\r\n" + H + "\r\n", 200),
    ("no host", "GET /healthz HTTP/1.1\r\n\r\n", 400),
    ("empty host", "GET /healthz HTTP/1.1\r\nHost:\r\n\r\n", 400),
    ("two hosts", "GET /healthz HTTP/1.1\r\n" + H + H + "\r\n", 400),
    ("foreign host", "GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
    ("foreign host with our address behind", "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1.evil.example\r\n\r\n", 421),
    ("host with user", "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1@evil.example\r\n\r\n", 421),
    ("host with a strange port", "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:99999\r\n\r\n", 421),
    ("doubled length", "POST /api/v1/session HTTP/1.1\r\n" + H + J + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", 400),
    ("two lengths", "POST /api/v1/session HTTP/1.1\r\n" + H + J + "Content-Length: 2\r\nContent-Length: 44\r\n\r\n{}", 400),
    ("length list", "POST /api/v1/session HTTP/1.1\r\n" + H + J + "Content-Length: 2, 2\r\n\r\n{}", 400),
    ("signed length", "POST /api/v1/session HTTP/1.1\r\n" + H + J + "Content-Length: +2\r\n\r\n{}", 400),
    ("negative length", "POST /api/v1/session HTTP/1.1\r\n" + H + J + "Content-Length: -2\r\n\r\n{}", 400),
    ("hex length", "POST /api/v1/session HTTP/1.1\r\n" + H + J + "Content-Length: 0x2\r\n\r\n{}", 400),
    ("huge length", "POST /api/v1/session HTTP/1.1\r\n" + H + J + "Content-Length: 99999999999999999999\r\n\r\n{}", None),
    ("length too large for the address", "POST /api/v1/session HTTP/1.1\r\n" + H + J + "Content-Length: 65537\r\n\r\n{}", 413),
    ("length and coding", "POST /api/v1/session HTTP/1.1\r\n" + H + J +
     "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\n" + H + "\r\n", 400),
    ("coding only", "POST /api/v1/session HTTP/1.1\r\n" + H + J + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 411),
    ("strange coding", "POST /api/v1/session HTTP/1.1\r\n" + H + J + "Transfer-Encoding: xchunked\r\n\r\n{}", 411),
    ("no length", "POST /api/v1/session HTTP/1.1\r\n" + H + J + "\r\n", 411),
    ("body on GET", "GET /healthz HTTP/1.1\r\n" + H + "Content-Length: 2\r\n\r\n{}", 400),
    ("blank before the colon", "POST /api/v1/session HTTP/1.1\r\n" + H + J + "Content-Length : 2\r\n\r\n{}", None),
    ("tab in the name", "GET /healthz HTTP/1.1\r\n" + H + "X\ty: 1\r\n\r\n", None),
    ("folded header", "GET /healthz HTTP/1.1\r\n" + H + "X: 1\r\n Content-Length: 5\r\n\r\n", None),
    ("header without colon", "GET /healthz HTTP/1.1\r\n" + H + "nonsense\r\n\r\n", None),
    # the library cuts the value there; what matters is that the line stays one line
    ("NUL in a header", "GET /healthz HTTP/1.1\r\n" + H + "X: a\0Content-Length: 5\r\n\r\n", 200),
    ("HTTP/1.0", "GET /healthz HTTP/1.0\r\n" + H + "\r\n", 505),
    ("HTTP/2.0", "GET /healthz HTTP/2.0\r\n" + H + "\r\n", 505),
    ("HTTP/0.9", "GET /healthz\r\n\r\n", None),
    ("preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", None),
    ("absolute target", "GET https://%s/healthz HTTP/1.1\r\n" % host + H + "\r\n", 400),
    ("asterisk", "OPTIONS * HTTP/1.1\r\n" + H + "\r\n", 400),
    ("authority", "CONNECT evil.example:443 HTTP/1.1\r\n" + H + "\r\n", 400),
    ("TRACE", "TRACE /healthz HTTP/1.1\r\n" + H + "\r\n", 405),
    ("PUT", "PUT /healthz HTTP/1.1\r\n" + H + "Content-Length: 0\r\n\r\n", 405),
    ("method of our own", "GATE /healthz HTTP/1.1\r\n" + H + "\r\n", 405),
    ("lower case method", "get /healthz HTTP/1.1\r\n" + H + "\r\n", 405),
    ("POST to a page", "POST / HTTP/1.1\r\n" + H + "Content-Length: 0\r\n\r\n", 405),
    ("DELETE of a list", "DELETE /api/v1/alerts HTTP/1.1\r\n" + H + "\r\n", 405),
    ("many headers", "GET /healthz HTTP/1.1\r\n" + H + "".join("X-%d: 1\r\n" % i for i in range(80)) + "\r\n", 431),
    ("long header", "GET /healthz HTTP/1.1\r\n" + H + "X: " + "a" * 9000 + "\r\n\r\n", 431),
    ("huge header", "GET /healthz HTTP/1.1\r\n" + H + "X: " + "a" * 200000 + "\r\n\r\n", None),
    ("long target", "GET /" + "a" * 5000 + " HTTP/1.1\r\n" + H + "\r\n", 431),
    ("two cookies headers", "GET /healthz HTTP/1.1\r\n" + H + "Cookie: a=b\r\nCookie: c=d\r\n\r\n", 400),
    ("two origins", "POST /api/v1/session HTTP/1.1\r\n" + H + J + "Origin: https://%s\r\nOrigin: https://%s\r\n" % (host, host) +
     "Content-Length: 2\r\n\r\n{}", 400),
    ("nonsense", "\x16\x03\x01 hello\r\n\r\n", None),
    ("empty lines", "\r\n\r\n\r\n", None),
]


def test_table():
    for name, text, want in ROWS:
        got = raw(console, text.encode("latin-1") if isinstance(text, str) else text, seconds=0.7)
        if want is None:
            check(name, status(got) in (0, 400, 413, 431, 505), got[:200])
        else:
            equal(name, status(got), want)
        # whatever was refused must not have a second request answered behind it
        if want != 200:
            check(name + ": one answer", count(got) <= 1, got[:4000])
            check(name + ": no success", status(got) >= 400 or not got, got[:200])
        check(name + ": no Server header", b"\r\nServer:" not in got, got[:600])


def test_connection():
    """Several requests on one connection: one after the other, and all at once."""
    one = "GET /api/v1/session HTTP/1.1\r\n" + H + "\r\n"
    got = raw(console, (one * 5 + "GET /healthz HTTP/1.1\r\n" + H + "Connection: close\r\n\r\n").encode(), 5)
    equal("pipelined", (count(got), got[-3:]), (6, b"ok\n"))
    c = http.client.HTTPSConnection("127.0.0.1", console.port, context=tls())
    for i in range(100):
        c.request(("GET", "HEAD")[i % 2], ("/healthz", "/api/v1/session", "/nothing", "/api/v1/alerts")[i % 4])
        r = c.getresponse()
        body = r.read()
        if i % 2 == 0:
            check("kept connection", r.status in (200, 404) and body, r.status)
        else:
            equal("HEAD has no body", body, b"")
    c.close()


def test_smuggling():
    inner = "GET /healthz HTTP/1.1\r\n" + H + "\r\n"
    for name, head in (("length hides a request", "Content-Length: %d\r\nContent-Length: 0\r\n" % len(inner)),
                       ("zero first", "Content-Length: 0\r\nContent-Length: %d\r\n" % len(inner)),
                       ("coding hides a request", "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n")):
        got = raw(console, ("POST /api/v1/session HTTP/1.1\r\n" + H + J + head + "\r\n" + inner).encode(), seconds=0.7)
        equal(name, (count(got), status(got)), (1, 400))
        check(name + ": closes", b"Connection: close" in got, got[:800])


HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
                               "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
                               "require-trusted-types-for 'script'; trusted-types 'none'",
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def test_headers():
    c = Client(console)
    for path in ("/", "/healthz", "/api/v1/session", "/api/v1/openapi.json", "/api/v1/alerts", "/nothing", "/metrics"):
        a = c.get(path)
        for name, value in HEADERS.items():
            equal("%s: %s" % (path, name), a.headers.get(name), value)
        check("%s: HSTS" % path, "max-age=" in a.headers.get("Strict-Transport-Security", ""))
        check("%s: permissions" % path, "camera=()" in a.headers.get("Permissions-Policy", ""))
        check("%s: no Server" % path, "Server" not in a.headers)
        if path.startswith("/api/"):
            equal("%s: no-store" % path, a.headers.get("Cache-Control"), "no-store")


def test_paths():
    c = Client(console)
    for path in ("/../../etc/passwd", "/..%2f..%2fetc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/....//etc/passwd", "//etc/passwd",
                 "/assets/../../console.db", "/assets/%00", "/index.html/..", "/.git/config", "/web/../console.key", "/\\..\\x",
                 "/api/../healthz", "/api/v1//session", "/api/v1/session/", "/api/v1/alerts/1x", "/api/v1/alerts/-1",
                 "/api/v1/alerts/99999999999999999999", "/api/v1/nothing", "/api/v1/Session"):
        a = c.get(path)
        check("GET %s" % path, a.status in (400, 401, 404), "is %d" % a.status)
        check("GET %s: nothing of the machine" % path, b"root:" not in a.body and b"SQLite" not in a.body)


# what anybody may ask: signing in, being invited, enrolling, and what appliances prove by their own signatures
OPEN = {"get /session", "post /session", "post /invite/check", "post /invite", "post /intake", "post /intake/ahead", "post /intake/part", "post /fetch/{id}", "post /down",
        "get /openapi.json", "get /enrolments/console", "post /enrolments/join"}


def test_everything_needs_a_session():
    api = Client(console).get("/api/v1/openapi.json").json()
    routes, without = 0, set()
    for path, methods in api["paths"].items():
        for method, about in methods.items():
            routes += 1
            concrete = "/api/v1" + path.replace("{id}", "1")
            body = {} if method == "post" else None
            kind = next(iter(about.get("requestBody", {}).get("content", {"application/json": None})))
            a = Client(console).request(method.upper(), concrete, body, kind=kind)
            if about.get("security") == []:
                without.add("%s %s" % (method, path))
                check("%s %s is there" % (method, path), a.status not in (404, 405), "is %d" % a.status)
            else:
                equal("%s %s without a session" % (method, path), (a.status, a.code()), (401, "sign_in"))
            stale = Client(console)
            stale.cookie = "ab" * 32
            if about.get("security") != []:
                equal("%s %s with a dead session" % (method, path), stale.request(method.upper(), concrete, body, kind=kind).status, 401)
    check("the description has routes", routes > 15, routes)
    equal("what needs no session", sorted(without), sorted(OPEN))


def test_described():
    """Every row of the table is described and the other way round."""
    source = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../console/api/routes.c")).read()
    rows = set((m.lower(), p) for m, p in re.findall(r'\{HTTP_(\w+), API "([^"]+)"', source))
    api = Client(console).get("/api/v1/openapi.json").json()
    described = set((m, p) for p, methods in api["paths"].items() for m in methods)
    equal("routes.c and openapi.json", rows ^ described, set())


def test_origin():
    c = Client(console)
    good = {"name": "x", "password": "y"}
    for name, headers, want in (
            ("own origin", {}, 401),
            ("no origin, no cookie", {"Origin": None}, 401),
            ("same-origin by fetch metadata", {"Origin": None, "Sec-Fetch-Site": "same-origin"}, 401),
            ("foreign origin", {"Origin": "https://evil.example"}, 403),
            ("null origin", {"Origin": "null"}, 403),
            ("plain http origin", {"Origin": "http://" + host}, 403),
            ("other port", {"Origin": "https://127.0.0.1:1"}, 403),
            ("origin with a path", {"Origin": "https://" + host + "/x"}, 403),
            ("cross-site", {"Sec-Fetch-Site": "cross-site"}, 403),
            ("same-site", {"Sec-Fetch-Site": "same-site"}, 403),
            ("typed address", {"Sec-Fetch-Site": "none"}, 403),
            ("cookie and no origin", {"Origin": None, "Cookie": "__Host-gatehouse=" + "a" * 64}, 403)):
        a = c.post("/api/v1/session", good, headers)
        equal(name, a.status, want)
    equal("cross-site GET", c.get("/api/v1/session", **{"Sec-Fetch-Site": "cross-site"}).status, 403)
    equal("typed GET", c.get("/api/v1/session", **{"Sec-Fetch-Site": "none"}).status, 200)


def test_bodies():
    c = Client(console)
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonx", None):
        equal("type %s" % kind, c.post("/api/v1/session", b"{}", kind=kind).status, 415)
    equal("type with charset", c.post("/api/v1/session", b"{}", kind="Application/JSON; charset=utf-8").status, 400)
    for name, body in (("empty", b""), ("half", b'{"name":'), ("list", b"[]"), ("two values", b"{} {}"), ("no UTF-8", b'{"name":"\xff"}'),
                       ("deep", b"[" * 5000), ("number", b"1"), ("NaN", b'{"name":NaN}'), ("comment", b"{/**/}"),
                       ("wrong type", b'{"name":1,"password":"x"}'), ("missing", b'{"name":"x"}'),
                       ("unknown", b'{"name":"x","password":"y","role":"administrator"}'), ("null", b"null"),
                       ("long name", json.dumps({"name": "x" * 100, "password": "y"}).encode())):
        a = c.post("/api/v1/session", body)
        equal("body %s" % name, (a.status, a.code() in ("bad_json", "bad_field")), (400, True))
    a = c.post("/api/v1/session", {"nmae": "x", "password": "y"})
    check("the nearest name is told", "did you mean 'name'" in a.json()["detail"], a.body)


def test_slow():
    """Three connections that dawdle do not keep others from being served, and end."""
    slow = []
    for text in ("", "GET /healthz HTTP/1.1\r\nHo", "POST /api/v1/session HTTP/1.1\r\n" + H + J + "Content-Length: 100\r\n\r\n{"):
        s = tls().wrap_socket(socket.create_connection(("127.0.0.1", console.port), timeout=60))
        s.sendall(text.encode())
        slow.append(s)
    bare = socket.create_connection(("127.0.0.1", console.port), timeout=60)  # never begins TLS
    start = time.time()
    equal("another is served", Client(console).get("/healthz").status, 200)
    check("at once", time.time() - start < 3)
    for i, s in enumerate([slow[0], slow[1], bare]):
        s.settimeout(25)
        got = b"x"
        try:
            got = s.recv(4096)
        except (socket.timeout, ConnectionError, OSError):
            got = b"" if time.time() - start < 25 else b"x"
        check("slow connection %d ends" % i, got == b"" or got.startswith(b"HTTP/1.1 4"), got[:100])
    check("within the limit", time.time() - start < 25)
    for s in slow:
        s.close()


def test_many_connections():
    """More than one address may have: the rest is turned away, others are served."""
    held = []
    for _ in range(220):
        try:
            held.append(socket.create_connection(("127.0.0.1", console.port), timeout=5, source_address=("127.0.0.9", 0)))
        except OSError:
            break
    time.sleep(0.3)
    equal("another address is served", Client(console).get("/healthz").status, 200)
    closed = 0
    for s in held:
        s.settimeout(0.05)
        try:
            closed += s.recv(1) == b""
        except (socket.timeout, ConnectionError):
            pass
        s.close()
    check("some were turned away", closed >= 80, "%d of %d" % (closed, len(held)))


test_table()
test_connection()
test_smuggling()
test_headers()
test_paths()
test_described()
test_everything_needs_a_session()
test_origin()
test_bodies()
test_many_connections()
test_slow()
console.close()
end()
