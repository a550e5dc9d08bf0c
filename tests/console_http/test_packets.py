# SPDX-License-Identifier: GPL-3.0-or-later
"""Packets of an alert: told, wished for, handed in piece by piece, proved, downloaded; and every way in which that goes wrong."""
import hashlib
import os
import struct
import time

from harness import (ATTACKS, ZERO, Appliance, Client, Console, alert, check, end, equal, post_envelope, raw, tool)
from schema import faults

console = Console("console.pcap_max=1M")
admin = console.administrator()
officer, reader = console.user("binh", "analyst"), console.user("mai", "viewer")
box, other = Appliance(console, "ha-noi-1"), Appliance(console, "hue-2")
PUB = os.path.join(console.state, "console.pub")
PART = "application/vnd.gatehouse.part"
next_n = 1000


def pcap(n):
    """A capture file with one frame of n bytes."""
    return struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1) + struct.pack("<IIII", 1, 2, n, n) + os.urandom(n)


def seal(data):
    return tool("seal", PUB, stdin=data)[0]


def stored(n, name, data, sealed, **more):
    audit = {"what": "pcap_stored", "packets": 1, "bytes": len(data), "sealed_bytes": len(sealed), "complete": True, "whole": True,
             "sha256": hashlib.sha256(data).hexdigest()}
    audit.update(more)
    return ("audit", n, 0, {"timestamp": "2026-11-24T06:02:12.000000+0000", "event_type": "audit", "flow_id": 1, "capture_file": name,
                            "gatehouse": {"audit": audit}})


def lost(n, name, why):
    return ("audit", n, 0, {"timestamp": "2026-11-24T06:02:12.000000+0000", "event_type": "audit", "capture_file": name,
                            "gatehouse": {"audit": {"what": "pcap_lost", "reason": why}}})


def number():
    global next_n
    next_n += 1
    return next_n


def new_alert(appliance=box, data=None, **more):
    """An alert that names its packets, and the record about them; its id, the file's name, its bytes, sealed."""
    n = number()
    name = "%d-%d.pcap" % (1000 + n, n)
    equal("the alert is taken", appliance.send([alert(n, event={"capture_file": name})]).status, 200)
    ident = admin.get("/api/v1/alerts?limit=1").json()["items"][0]["id"]
    if data is None:
        return ident, name, None, None
    sealed = seal(data)
    equal("the record is taken", appliance.send([stored(number(), name, data, sealed, **more)]).status, 200)
    return ident, name, data, sealed


def detail(ident):
    return admin.get("/api/v1/alerts/%d" % ident).json()["pcap"]


def path(ident):
    return "/api/v1/alerts/%d/pcap" % ident


def hello(appliance=box, n=None, digest=None, extra=(), key=None):
    envelope = tool("hello", key or appliance.key, PUB, str(appliance.number if n is None else n), digest or appliance.previous,
                    *extra)[0]
    return post_envelope(console, envelope)


def wishes(appliance=box):
    return {w["file"]: w for w in hello(appliance).json().get("fetch", [])}


def part(wish, sealed, at, n, token=None, total=None, state=0):
    body = b"GHPART01" + bytes.fromhex(token or wish["token"]) + struct.pack("<QQB", at, len(sealed) if total is None else total, state)
    return Client(console).request("POST", "/api/v1/fetch/%d" % wish["id"], body + sealed[at:at + n], {"Origin": None}, PART)


def audits(action):
    return [(i["actor"], i["object"], i["detail"]) for i in admin.get("/api/v1/audit?limit=200").json()["items"] if i["action"] == action]


def test_journey():
    ident, name, _, _ = new_alert()
    api = Client(console).get("/api/v1/openapi.json").json()
    equal("being recorded", (detail(ident)["state"], detail(ident)["file"]), ("recording", name))
    equal("nothing to wish for yet", officer.post(path(ident), {}).status, 404)
    data = pcap(100000)
    sealed = seal(data)
    seq = admin.get("/api/v1/alerts?limit=1").json()["items"][0]["seq"]
    box.send([stored(number(), name, data, sealed, whole=False, complete=False)])
    d = detail(ident)
    equal("kept", (d["state"], d["packets"], d["bytes"], d["complete"], d["whole"]), ("kept", 1, len(data), False, False))
    check("who looks hears of it", admin.get("/api/v1/alerts?limit=1").json()["items"][0]["seq"] > seq)
    equal("not here", (officer.get(path(ident)).status, officer.get(path(ident)).json().get("state")), (409, "kept"))
    equal("a reader may not wish", (reader.post(path(ident), {}).status, reader.get(path(ident)).status), (403, 403))
    equal("nor a stranger", (Client(console).post(path(ident), {}).status, Client(console).get(path(ident)).status), (401, 401))
    equal("no wish, no word of it", "fetch" in box.send([alert(number())]).json(), False)
    equal("a field too many", officer.post(path(ident), {"x": 1}).code(), "bad_field")

    a = officer.post(path(ident), {})
    equal("wanted", (a.status, a.json()["pcap"]["state"], a.json()["pcap"]["requested_by"]), (200, "wanted", "binh"))
    described = api["paths"]["/alerts/{id}/pcap"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    equal("as described", faults(api, described, a.json()), [])
    equal("asked again", officer.post(path(ident), {}).json()["pcap"]["state"], "wanted")
    equal("one entry", audits("packets_requested"), [("binh", "alert %d" % ident, name)])
    a = box.send([alert(number())])
    described = api["paths"]["/intake"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    equal("the next batch's answer says so", ([w["file"] for w in a.json()["fetch"]], a.json()["receipt"]), ([name], box.number))
    equal("as described, too", faults(api, described, a.json()), [])
    equal("and a hello's", list(wishes()), [name])
    equal("not that of another appliance", wishes(other), {})

    w = wishes()[name]
    equal("the first piece", part(w, sealed, 0, 40000).json(), {"have": 40000})
    equal("it is remembered", (wishes()[name]["have"], detail(ident)["have"], detail(ident)["total"]), (40000, 40000, len(sealed)))
    equal("a piece twice", (part(w, sealed, 0, 40000).status, part(w, sealed, 0, 40000).json()), (409, {"expect": 40000}))
    equal("a piece too far", part(w, sealed, 50000, 10).json(), {"expect": 40000})
    equal("another token", part(w, sealed, 40000, 10, token="00" * 32).status, 404)
    console.kill()
    console.start()
    for who in (admin, officer, reader):
        who.origin = console.url[:-1]
    equal("it goes on where it was, after a death", wishes()[name]["have"], 40000)
    equal("the second piece", part(w, sealed, 40000, 40000).json(), {"have": 80000})
    equal("the last piece", part(w, sealed, 80000, 1 << 20).json(), {"have": len(sealed)})
    d = detail(ident)
    equal("here", (d["state"], d["received"] is not None), ("here", True))
    equal("nothing is wished for any more", (wishes(), part(w, sealed, 80000, 1 << 20).status), ({}, 404))
    a = officer.get(path(ident))
    equal("the very bytes", (a.status, a.body), (200, data))
    equal("as a file", (a.headers["Content-Type"], a.headers["Content-Disposition"], a.headers["X-Content-Type-Options"],
                        a.headers["Cache-Control"]),
          ("application/vnd.tcpdump.pcap", 'attachment; filename="alert-%d-%s"' % (ident, name), "nosniff", "no-store"))
    equal("still not for a reader", reader.get(path(ident)).status, 403)
    equal("who took it", audits("packets_downloaded"), [("binh", "alert %d" % ident, name)])
    equal("where it came from", audits("packets_received"), [("-", "ha-noi-1", name)])
    whole = [open(os.path.join(console.state, "pcap", f), "rb").read() for f in os.listdir(os.path.join(console.state, "pcap"))]
    equal("one file, sealed", ([w[:8] for w in whole], data[100:200] in whole[0]), ([b"GHFILE01"], False))

    more = pcap(120000)
    sealed = seal(more)
    box.send([stored(number(), name, more, sealed)])
    equal("the whole is another file", (detail(ident)["state"], detail(ident)["complete"], officer.get(path(ident)).status),
          ("kept", True, 409))
    officer.post(path(ident), {})
    w = wishes()[name]
    equal("in one piece", part(w, sealed, 0, 1 << 20).status, 200)
    equal("the whole", officer.get(path(ident)).body, more)
    os.unlink([os.path.join(console.state, "pcap", f) for f in os.listdir(os.path.join(console.state, "pcap"))][0])
    equal("a file that went is no dead end", (officer.get(path(ident)).status, detail(ident)["state"]), (409, "kept"))


def test_wrong():
    ident, name, data, sealed = new_alert(data=pcap(5000))
    officer.post(path(ident), {})
    w = wishes()[name]
    flipped = bytearray(sealed)
    flipped[3000] ^= 1
    equal("changed on the way", part(w, bytes(flipped), 0, 1 << 20).code(), "bad_signature")
    equal("refused", (detail(ident)["state"], officer.get(path(ident)).status), ("refused", 409))
    equal("it is in the audit", audits("packets_refused")[0], ("-", "ha-noi-1", name))
    equal("asked once more", officer.post(path(ident), {}).json()["pcap"]["state"], "wanted")
    w = wishes()[name]
    equal("another file of the same length", part(w, seal(pcap(5000)), 0, 1 << 20).code(), "bad_signature")
    officer.post(path(ident), {})
    w = wishes()[name]
    equal("another length", part(w, sealed + b"x", 0, 1 << 20).code(), "bad_signature")
    equal("refused again", detail(ident)["state"], "refused")
    officer.post(path(ident), {})
    w = wishes()[name]
    part(w, sealed, 0, 1000)
    box.send([stored(number(), name, pcap(10), b"x" * 200)])
    equal("a newer record begins anew", (wishes()[name]["have"], part(w, sealed, 1000, 10).status), (0, 404))
    w = wishes()[name]
    equal("no longer there", part(w, b"", 0, 0, state=1).status, 200)
    d = detail(ident)
    equal("gone", (d["state"], d["why"]), ("gone", "the appliance no longer keeps it"))
    equal("no wish for it", (officer.post(path(ident), {}).status, officer.post(path(ident), {}).json().get("state")), (409, "gone"))
    ident, name, _, _ = new_alert()
    box.send([lost(number(), name, ATTACKS[0] + "y" * 5000)])
    d = detail(ident)
    equal("lost, and why as text", (d["state"], d["why"][:len(ATTACKS[0])], len(d["why"]) <= 256), ("gone", ATTACKS[0], True))
    for bad in ("../../console.key", "a.pcap", "1-2.pcap/..", "", 5, None):
        box.send([alert(number(), event={"capture_file": bad}), stored(number(), bad, b"x" * 30, b"y" * 30)])
        equal("no such name: %r" % (bad,), admin.get("/api/v1/alerts/%d" % admin.get("/api/v1/alerts?limit=1").json()["items"][0]["id"])
              .json()["pcap"], None)
    ident, name, _, _ = new_alert()
    for audit in ({"sha256": "zz"}, {"bytes": 1 << 60}, {"sealed_bytes": 1 << 60}, {"sha256": None}):
        box.send([stored(number(), name, b"x" * 30, b"y" * 30, **audit)])
        equal("no such record: %r" % audit, detail(ident)["state"], "recording")
    other.send([stored(number(), name, b"x" * 30, b"y" * 30)])
    equal("another appliance's word does not count", detail(ident)["state"], "recording")
    equal("an alert that is none", (officer.post(path(999999), {}).status, officer.get(path(999999)).status), (404, 404))


def test_parts():
    ident, name, data, sealed = new_alert(data=pcap(500))
    officer.post(path(ident), {})
    w = wishes()[name]
    head = b"GHPART01" + bytes.fromhex(w["token"])
    rows = [("empty", b""), ("no magic", b"x" * 100), ("a head cut off", head[:20]), ("no bytes", head + struct.pack("<QQB", 0, 10, 0)),
            ("past the end", head + struct.pack("<QQB", 5, 10, 0) + b"x" * 6),
            ("overflow", head + struct.pack("<QQB", 2**64 - 1, 2**64 - 1, 0) + b"xx"),
            ("no such state", head + struct.pack("<QQB", 0, 10, 7) + b"x"), ("missing, with bytes", head + struct.pack("<QQB", 0, 0, 1) + b"x")]
    for what, body in rows:
        a = Client(console).request("POST", "/api/v1/fetch/%d" % w["id"], body, {"Origin": None}, PART)
        equal(what, (a.status, a.code()), (400, "bad_envelope"))
    equal("another type", Client(console).request("POST", "/api/v1/fetch/%d" % w["id"], b"x", {"Origin": None}, "text/plain").status, 415)
    got = raw(console, ("POST /api/v1/fetch/%d HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" %
                        (w["id"], PART, (1 << 20) + 100)).encode(), 1)
    check("too large is said before it is sent", got.startswith(b"HTTP/1.1 413 "), got[:100])
    equal("no such wish", part({"id": 99999, "token": w["token"]}, sealed, 0, 10).status, 404)
    equal("nothing happened", wishes()[name], w)
    equal("byte by byte to the end", [part(w, sealed, i, 97).status for i in range(0, len(sealed), 97)][-1], 200)
    equal("here", officer.get(path(ident)).body, data)


def test_hello():
    first = (box.number, box.previous)
    box.send([alert(number())])
    before = [x for x in admin.get("/api/v1/appliances").json()["items"] if x["name"] == "ha-noi-1"][0]["last_heard"]
    a = hello()
    equal("heard", (a.status, a.json()["receipt"]), (200, box.number))
    after = [x for x in admin.get("/api/v1/appliances").json()["items"] if x["name"] == "ha-noi-1"][0]
    check("last heard", after["last_heard"] > before)
    ident, name, data, sealed = new_alert(data=pcap(50))
    officer.post(path(ident), {})
    a = hello(n=first[0], digest=first[1])
    equal("an old one hears of nothing", (a.status, "fetch" in a.json()), (200, False))
    envelope, digest = box.seal([alert(number())], box.number + 1, box.previous)
    check("the next batch", "fetch" in post_envelope(console, envelope).json())
    again, _ = box.seal([alert(number())], box.number + 2, digest)
    check("the newest batch again", "fetch" in post_envelope(console, envelope).json())
    check("the one behind it", "fetch" in post_envelope(console, again).json())
    check("an old batch hears of nothing", "fetch" not in post_envelope(console, envelope).json())
    box.number, box.previous = box.number + 1, digest
    equal("a hole", (hello(n=box.number + 5).status, hello(n=box.number + 5).json()["expect"]), (409, box.number + 2))
    refused = lambda: [x for x in admin.get("/api/v1/appliances").json()["items"] if x["name"] == "ha-noi-1"][0]["refused"]
    n = refused()
    equal("another hash", hello(n=box.number + 1, digest="11" * 32).code(), "bad_signature")
    equal("another key", hello(n=box.number + 1, extra=("as", box.key), key=other.key).code(), "bad_signature")
    equal("counted", refused(), n + 2)
    stranger = Appliance(console, "nobody", enrol=False)
    equal("not enrolled", hello(stranger, 1, "22" * 32).code(), "unknown_appliance")
    equal("never reported", (hello(other, 0, ZERO).status if other.number == 0 else 200), 200)
    check("counted as hellos", (console.metric('gatehouse_console_batches_total{outcome="hello"}') or 0) > 5)


def test_room():
    """Two files do not fit into console.pcap_max: the older goes, and can be fetched again."""
    idents = []
    for _ in range(2):
        ident, name, data, sealed = new_alert(appliance=other, data=pcap(700000))
        officer.post(path(ident), {})
        equal("in pieces", part(wishes(other)[name], sealed, 0, 1 << 20).status, 200)
        idents.append(ident)
    until = time.monotonic() + 60
    while detail(idents[0])["state"] == "here" and time.monotonic() < until:
        time.sleep(0.5)
    equal("the older one went", [detail(i)["state"] for i in idents], ["kept", "here"])
    equal("it can be asked for again", officer.post(path(idents[0]), {}).json()["pcap"]["state"], "wanted")


test_journey()
test_wrong()
test_parts()
test_hello()
test_room()
console.close()
end()
