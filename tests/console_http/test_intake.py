# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches: exactly once, in order, from whom they claim to be from; whatever else comes is refused and counted."""
import concurrent.futures
import os
import random
import time

from harness import ATTACKS, DATABASES, ZERO, Appliance, Console, alert, check, end, equal, flow, post_envelope, raw

console = Console()
admin = console.administrator()
a1, a2, stranger = Appliance(console, "ha-noi-1"), Appliance(console, "hue-2"), Appliance(console, "nobody", enrol=False)


def counts():
    return tuple(int(n) for n in console.sql("SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM alert), (SELECT count(*) FROM batch)")[0])


def outcome(answer):
    return (answer.status, answer.json().get("receipt") or answer.json().get("expect") or answer.code())


def test_order():
    first, h1 = a1.seal([flow(1, 7), alert(2)], 1, ZERO)
    second, h2 = a1.seal([flow(3, 8)], 2, h1)
    third, h3 = a1.seal([flow(4, 9)], 3, h2)
    equal("a hole before the first", outcome(post_envelope(console, second)), (409, 1))
    equal("the first", outcome(post_envelope(console, first)), (200, 1))
    equal("again", outcome(post_envelope(console, first)), (200, 1))
    equal("a hole", outcome(post_envelope(console, third)), (409, 2))
    equal("the second", outcome(post_envelope(console, second)), (200, 2))
    equal("the third", outcome(post_envelope(console, third)), (200, 3))
    equal("the first once more: all are there", outcome(post_envelope(console, first)), (200, 3))
    equal("nothing twice", counts(), (4, 1, 3))
    a1.number, a1.previous = 3, h3


def test_ahead():
    """An alert's batch may overtake; the receipt says only what is here without a hole."""
    box = Appliance(console, "sa-pa-3")
    before = counts()
    e, h = [], [ZERO]
    for i in range(1, 6):
        envelope, digest = box.seal([alert(700 + i)], i, h[-1])
        e.append(envelope)
        h.append(digest)
    fork, _ = box.seal([alert(790)], 4, h[1])

    def ahead(envelope):
        a = post_envelope(console, envelope, path="/api/v1/intake/ahead")
        return (a.status, a.json().get("receipt"), a.json().get("ahead"))

    equal("the fourth first", ahead(e[3]), (202, 0, 4))
    equal("again", ahead(e[3]), (202, 0, 4))
    equal("it is not asked for twice", outcome(post_envelope(console, e[3])), (409, 1))
    equal("its alert is here", counts()[1] - before[1], 1)
    equal("another fourth", post_envelope(console, fork, path="/api/v1/intake/ahead").status, 403)
    equal("the first on that way", ahead(e[0]), (200, 1, None))
    equal("the second", outcome(post_envelope(console, e[1])), (200, 2))
    row = [x for x in admin.get("/api/v1/appliances").json()["items"] if x["name"] == "sa-pa-3"][0]
    equal("the list says what is behind the hole", (row["batches"], row["offered"], row["holes"]), (2, 4, []))
    equal("the third brings the fourth", outcome(post_envelope(console, e[2])), (200, 4))
    equal("the fifth", outcome(post_envelope(console, e[4])), (200, 5))
    after = counts()
    equal("each once", tuple(after[i] - before[i] for i in range(3)), (5, 5, 5))
    stray, _ = box.seal([alert(791)], 7, h[1])
    sixth, _ = box.seal([alert(792)], 6, h[5])
    seventh, _ = box.seal([alert(793)], 7, h[5])
    equal("a stray one is kept", ahead(stray), (202, 5, 7))
    equal("but the chain does not go over it", outcome(post_envelope(console, sixth)), (200, 6))
    equal("nor over another of its number", post_envelope(console, seventh).status, 403)


def test_at_once():
    envelope, digest = a1.seal([alert(100 + i) for i in range(50)], 4, a1.previous)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: outcome(post_envelope(console, envelope)), range(8)))
    equal("eight times the same at once", set(answers), {(200, 4)})
    a1.number, a1.previous = 4, digest
    equal("recorded once", counts(), (54, 51, 4))


def test_repeated_records():
    """A replay that began anew after a crash comes in new batches: its records are known by their keys."""
    before = counts()
    equal("taken", a1.send([flow(1, 7), alert(2), flow(50, 7)]).status, 200)
    after = counts()
    equal("only the new one", (after[0] - before[0], after[1] - before[1]), (1, 0))
    equal("another run is another event", a1.send([flow(1, 7)], run=2).status, 200)
    equal("another appliance, too", a2.send([flow(1, 7)]).status, 200)
    row = [x for x in admin.get("/api/v1/appliances").json()["items"] if x["name"] == "ha-noi-1"][0]
    equal("doubles are counted", row["duplicates"], 2)


def test_forged():
    before = counts()
    good, digest = a2.seal([alert(7)], 2, a2.previous)
    cases = [
        ("unknown appliance", stranger.seal([alert(1)], 1, ZERO)[0], 403, "unknown_appliance"),
        ("signed by another", a2.seal([alert(1)], 2, a2.previous, extra=("as", a2.key), key=stranger.key)[0], 403, "bad_signature"),
        ("signed by another that is enrolled", a2.seal([alert(1)], 2, a2.previous, extra=("as", a2.key), key=a1.key)[0], 403,
         "bad_signature"),
        ("changed after the signature", a2.seal([alert(1)], 2, a2.previous, extra=("tamper",))[0], 403, "bad_signature"),
        ("off the chain", a2.seal([alert(1)], 2, "11" * 32)[0], 403, "bad_signature"),
        ("another first batch", a2.seal([alert(1)], 1, ZERO)[0], 403, "bad_signature"),
        ("number zero", a2.seal([alert(1)], 0, ZERO)[0], 400, "bad_envelope"),
        ("number far off", a2.seal([alert(1)], 2**64 - 1, a2.previous)[0], 400, "bad_envelope"),
        ("empty", b"", 400, "bad_envelope"),
        ("not sealed", b"GHBATCH1" + b"x" * 200, 400, "bad_envelope"),
        ("noise", b"GHSEAL01" + os.urandom(500), 400, "bad_envelope"),
    ]
    for name, envelope, status, code in cases:
        equal(name, (lambda x: (x.status, x.code()))(post_envelope(console, envelope)), (status, code))
    rng = random.Random(7)
    for i in range(40):
        cut = good[:rng.randrange(len(good))]
        equal("cut to %d" % len(cut), post_envelope(console, cut).status, 400)
        flipped = bytearray(good)
        flipped[rng.randrange(len(flipped))] ^= 1 << rng.randrange(8)
        equal("a bit flipped", post_envelope(console, bytes(flipped)).status, 400)
    equal("with something behind", post_envelope(console, good + b"x").status, 400)
    equal("wrong type", post_envelope(console, good, "application/octet-stream").status, 415)
    equal("nothing was recorded", counts(), before)
    row = [x for x in admin.get("/api/v1/appliances").json()["items"] if x["name"] == "hue-2"][0]
    check("refusals are counted on the appliance", row["refused"] >= 4, row["refused"])
    audit = [x for x in admin.get("/api/v1/audit?limit=200").json()["items"] if x["action"] == "batch_refused"]
    check("and in the audit", len(audit) >= 10, len(audit))
    equal("the real one goes on", outcome(post_envelope(console, good)), (200, 2))
    a2.number, a2.previous = 2, digest


def test_large():
    big = "x" * 9000000
    got = raw(console, ("POST /api/v1/intake HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/vnd.gatehouse.envelope\r\n"
                        "Content-Length: %d\r\n\r\n" % (9 << 20)).encode(), 1)
    check("too large is said before it is sent", got.startswith(b"HTTP/1.1 413 "), got[:100])
    before = counts()
    records = [("http", 10000 + i, 0, {"timestamp": "2026-11-24T06:02:11.000000+0000", "event_type": "http", "flow_id": i,
                                       "http": {"url": "/%d" % i}}) for i in range(10000)]
    equal("ten thousand records", a1.send(records, run=3).status, 200)
    equal("all there", counts()[0] - before[0], 10000)
    equal("one large record", a1.send([("http", 1, 0, {"event_type": "http", "http": {"url": big}})], run=4).status, 200)


def test_strange_records():
    before = counts()
    records = [("alert", 1, 1, "no json"), ("flow", 2, 0, "[1,2]"), ("flow", 3, 0, '{"a":'), ("200", 4, 0, "{}"),
               ("alert", 5, 1, "{}"), ("alert", 6, 1, '{"alert":[],"gatehouse":7,"fileinfo":"x","src_ip":{}}'),
               ("flow", 7, 0, '{"flow_id":"x","timestamp":5,"community_id":[]}'), ("flow", 8, 0, "[" * 500),
               ("stats", 9, 0, '{"gatehouse":{"ledger":{"packets":{"in":5,"out":2,"lost":{"a":3,"b":-1,"c":"x"}}}}}'),
               ("flow", 10, 0, '{"flow_id":18446744073709551615}'), ("fileinfo", 11, 0, '{"fileinfo":{"sha256":"zz"}}')]
    equal("taken", a1.send(records, run=5).status, 200)
    after = counts()
    equal("every record is kept, two of them are alerts", (after[0] - before[0], after[1] - before[1]), (11, 2))
    row = [x for x in admin.get("/api/v1/appliances").json()["items"] if x["name"] == "ha-noi-1"][0]
    equal("what was no record is counted", row["malformed"], 5)
    equal("losses are summed", (row["lost"], row["ledger"]["packets"]["in"]), (3, 5))
    equal("the list still is JSON", admin.get("/api/v1/alerts").status, 200)
    events = admin.get("/api/v1/events?limit=200").json()["items"]
    check("the broken one is shown as text", any(e["event"].get("gatehouse", {}).get("malformed") == "no json" for e in events
                                                 if isinstance(e["event"].get("gatehouse"), dict)))


def test_attack_texts():
    for i, text in enumerate(ATTACKS):
        equal("taken", a1.send([alert(500 + i, text=text, sha256="%064x" % (7000 + i))], run=6).status, 200)
        row = admin.get("/api/v1/alerts?limit=1").json()["items"][0]
        equal("file name %r" % text, row["file"]["name"], "báo cáo %d.docx" % (500 + i) + text)
        equal("title %r" % text, row["title"]["vi"], "Tài liệu mật rời vùng" + text)
        d = admin.get("/api/v1/alerts/%d" % row["id"])
        equal("type", d.headers["Content-Type"], "application/json")
        d = d.json()
        equal("marking %r" % text, d["document"]["markings"][0]["text"], "TUYỆT MẬT" + text)
        equal("url %r" % text, d["protocol"]["http"]["url"], "/u" + text)
        equal("reason %r" % text, d["verdict"]["reason_vi"], "Có dấu mật." + text)
        equal("event %r" % text, d["event"]["http"]["hostname"], "upload.example" + text)
        e = admin.get("/api/v1/events?sha256=%064x" % (7000 + i)).json()["items"][0]
        equal("found by hash %r" % text, e["event"]["fileinfo"]["filename"], "báo cáo %d.docx" % (500 + i) + text)


def test_kill():
    """kill -9 in the middle: what was acknowledged is there, what was not comes again, nothing twice."""
    for round_ in range(3):
        before, number = counts(), a2.number
        envelopes, previous = [], a2.previous
        for i in range(6):
            e, previous = a2.seal([alert(1000 * (round_ + 1) + 10 * i + k) for k in range(10)], number + 1 + i, previous, run=9)
            envelopes.append(e)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            def post_all():
                done = 0
                for e in envelopes:
                    try:
                        done = max(done, post_envelope(console, e).json().get("receipt", 0))
                    except Exception:
                        return done
                return done
            future = pool.submit(post_all)
            time.sleep(0.02 + 0.04 * round_)
            console.kill()
            receipt = future.result()
        console.start()
        stored = counts()[2] - before[2]
        check("acknowledged batches are there", number + stored >= receipt, (number, stored, receipt))
        for e in envelopes:
            equal("comes again", post_envelope(console, e).status, 200)
        after = counts()
        equal("exactly once", (after[0] - before[0], after[1] - before[1], after[2] - before[2]), (60, 60, 6))
        a2.number, a2.previous = number + 6, previous


def test_retired():
    identity = [x["id"] for x in admin.get("/api/v1/appliances").json()["items"] if x["name"] == "hue-2"][0]
    equal("retire", console.command("retire", identity)[0], 0)
    equal("a retired one is refused", (lambda x: (x.status, x.code()))(a2.send([flow(77, 7)])), (403, "unknown_appliance"))


def test_room():
    """Beyond console.max the oldest events that no alert needs are forgotten, and that is told."""
    small = Console("console.max=16M")
    a = small.administrator()
    box = Appliance(small, "full-1")
    text = "".join(random.Random(1).choice("abcdefghij") for _ in range(1500))
    box.send([alert(1, flow_id=1)])
    for b in range(14):
        equal("taken", box.send([("http", 1000 * b + i, 0, {"event_type": "http", "flow_id": i, "http": {"url": text}})
                                 for i in range(1000)], run=2).status, 200)
    if DATABASES:
        small.close()  # a server's disk is its administrator's (console/README.md)
        return
    deadline = time.time() + 40
    s = a.get("/api/v1/stats").json()
    while s["events"]["database_bytes"] > 16 << 20 and time.time() < deadline:
        time.sleep(1)
        s = a.get("/api/v1/stats").json()
    check("room was made", s["events"]["database_bytes"] <= 16 << 20 and s["events"]["forgotten"] >= 1000, s["events"])
    equal("the alert still has its event", a.get("/api/v1/alerts/1").json()["event"]["flow_id"], 1)
    small.close()


test_order()
test_at_once()
test_repeated_records()
test_forged()
test_large()
test_strange_records()
test_attack_texts()
test_kill()
test_retired()
test_ahead()
test_room()
equal("the audit is whole", console.command("audit")[0], 0)
console.close()
end()
