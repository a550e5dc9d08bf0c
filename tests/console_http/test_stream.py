# SPDX-License-Identifier: GPL-3.0-or-later
"""Live updates: what happens arrives at once, a break loses nothing, the end of a session ends its streams."""
import http.client
import json
import socket
import threading
import time

from harness import ATTACKS, Appliance, Client, Console, alert, check, end, equal, tls

console = Console()
admin = console.administrator()
box = Appliance(console)


class Stream:
    def __init__(self, client, since=None, last=None):
        self.c = http.client.HTTPSConnection("127.0.0.1", console.port, context=tls(), timeout=20)
        h = {"Cookie": "__Host-gatehouse=" + client.cookie}
        if last is not None:
            h["Last-Event-ID"] = str(last)
        self.c.request("GET", "/api/v1/stream" + ("?since=%d" % since if since is not None else ""), headers=h)
        self.sock = self.c.sock
        self.r = self.c.getresponse()
        self.last, self.events, self.ended, self.lock = None, [], False, threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        name, data = "message", []
        try:
            for line in iter(self.r.readline, b""):
                line = line.decode().rstrip("\n")
                if line.startswith("id: "):
                    self.last = int(line[4:])
                elif line.startswith("event: "):
                    name = line[7:]
                elif line.startswith("data: "):
                    data.append(line[6:])
                elif line == "":
                    if data:
                        with self.lock:
                            self.events.append((name, json.loads("\n".join(data)), time.time()))
                            self.lock.notify_all()
                    name, data = "message", []
        except Exception:
            pass
        with self.lock:
            self.ended = True
            self.lock.notify_all()

    def close(self):
        self.sock.shutdown(socket.SHUT_RDWR)  # a plain close would wait for the reading thread, up to a heartbeat

    def wait(self, test, seconds=5):
        with self.lock:
            return self.lock.wait_for(lambda: test(self), seconds)

    def alerts(self):
        return [e[1]["alert"]["id"] for e in self.events if e[0] == "alert"]


def test_live():
    s = Stream(admin)
    equal("type", s.r.headers["Content-Type"], "text/event-stream")
    equal("no-store", s.r.headers["Cache-Control"], "no-store")
    start = time.time()
    box.send([alert(1), alert(2)])
    check("both arrive", s.wait(lambda x: len(x.alerts()) == 2), s.events)
    check("within two seconds", s.events[-1][2] - start < 2)
    e = s.events[0][1]
    equal("as a new row", (e["change"], e["alert"]["file"]["name"]), ("new", "báo cáo 1.docx"))
    row = admin.get("/api/v1/alerts/%d" % e["alert"]["id"]).json()
    check("like in the list", all(row[k] == v for k, v in e["alert"].items()))
    check("the appliance is heard", s.wait(lambda x: any(e[0] == "appliance" and e[1]["name"] == "ha-noi-1" for e in x.events)))
    id_ = e["alert"]["id"]
    admin.post("/api/v1/alerts/%d/actions" % id_, {"action": "acknowledge"})
    check("a change arrives", s.wait(lambda x: any(e[0] == "alert" and e[1]["change"] == "changed" and
                                                   e[1]["alert"]["state"] == "acknowledged" for e in x.events)), s.events)
    return s


def test_resume(s):
    last = s.last
    s.close()
    box.send([alert(i) for i in range(10, 15)])
    back = Stream(admin, last=last)
    check("what was missed comes", back.wait(lambda x: len(x.alerts()) == 5), back.events)
    fresh = Stream(admin, since=0)
    check("from the beginning", fresh.wait(lambda x: len(x.alerts()) == 7), fresh.alerts())
    box.send([alert(100 + i) for i in range(300)])
    check("too many at once: load anew", back.wait(lambda x: any(e[0] == "reset" for e in x.events)), back.events[-1:])
    late = Stream(admin, last=last)
    check("too many missed: load anew", late.wait(lambda x: any(e[0] == "reset" for e in x.events)))
    equal("and from here on", late.last, admin.get("/api/v1/alerts?limit=1").json()["items"][0]["seq"])
    for x in (back, fresh, late):
        x.close()


def test_attack_texts():
    s = Stream(admin)
    for i, text in enumerate(ATTACKS):
        box.send([alert(1000 + i, text=text)])
    check("all arrive", s.wait(lambda x: len(x.alerts()) == len(ATTACKS)), s.alerts())
    equal("as they were", [e[1]["alert"]["title"]["en"] for e in s.events if e[0] == "alert"],
          ["A marked document leaves" + t for t in ATTACKS])
    s.close()


def test_end_of_session():
    c = Client(console)
    c.post("/api/v1/session", {"name": "lan", "password": "hoa sen ven đường"})
    s = Stream(c)
    c.delete("/api/v1/session")
    check("signing out ends it", s.wait(lambda x: x.ended), s.events)
    check("and says so", any(e[0] == "end" for e in s.events))
    equal("without a session there is none", Client(console).get("/api/v1/stream").status, 401)
    c.post("/api/v1/session", {"name": "lan", "password": "hoa sen ven đường"})
    held = [Stream(c) for _ in range(8)]
    a = c.get("/api/v1/stream")
    equal("no more than eight", (a.status, a.code()), (503, "busy"))
    for x in held:
        x.close()


def test_slow_reader():
    """A browser that does not read loses its stream; nobody else notices."""
    raw = socket.create_connection(("127.0.0.1", console.port))
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    t = tls().wrap_socket(raw)
    t.sendall(("GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: __Host-gatehouse=%s\r\n\r\n" % admin.cookie).encode())
    time.sleep(0.5)
    good = Stream(admin)
    for i in range(25):
        box.send([alert(2000 + 40 * i + k, text="x" * 400) for k in range(40)])
    check("the other gets all", good.wait(lambda x: len(x.alerts()) == 1000, 20), len(good.alerts()))
    t.close()
    good.close()


def test_gone():
    """Browsers that leave at once, also before their answer, leave nothing behind."""
    for i in range(60):
        t = tls().wrap_socket(socket.create_connection(("127.0.0.1", console.port)))
        t.sendall(("GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: __Host-gatehouse=%s\r\n\r\n" % admin.cookie).encode())
        if i % 3 == 0:
            t.recv(10)
        t.close()
    until = time.time() + 40
    while console.metric("gatehouse_console_streams") and time.time() < until:
        time.sleep(0.5)
    equal("no stream is left", console.metric("gatehouse_console_streams"), 0)


test_resume(test_live())
test_attack_texts()
test_end_of_session()
test_slow_reader()
test_gone()
start = time.time()
open_stream = Stream(admin)
console.close()
check("stops in time with a stream open", time.time() - start < 10)
check("and the stream ends", open_stream.wait(lambda x: x.ended))
end()
