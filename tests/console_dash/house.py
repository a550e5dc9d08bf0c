# SPDX-License-Identifier: GPL-3.0-or-later
"""A month of a small ministry, reported by three appliances: what the pages and the report are looked at with."""
import datetime
import json
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "console_http"))
from harness import Appliance, alert # noqa: E402 (the path comes first)

LEVELS = ["none"] * 12 + ["mat"] * 4 + ["toi_mat"] * 2 + ["tuyet_mat"]
REASONS = ["encrypted", "encrypted", "encrypted", "unsupported", "corrupt", "timeout"]
RULES = ["secret-leaves-zone", "marked-by-mail", "encrypted-archive", "<img src=x onerror=alert(1)>"]
ZONES = [("noi-bo", "internet"), ("noi-bo", "doi-tac"), ("may-chu", "internet")]


def stamp(t):
    return datetime.datetime.fromtimestamp(t, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000000+0000")


def hour(box, at, n, run, dice):
    """What one appliance saw in one hour, signed at its end."""
    rows = []
    for i in range(dice.randrange(4, 14)):
        k, host = n + i, dice.randrange(40)
        rows.append(("flow", k, 0, {"timestamp": stamp(at - dice.randrange(3000)), "event_type": "flow", "flow_id": k, "src_ip": "10.0.%d.%d" % (host // 10, host + 2),
                                    "dest_ip": "203.0.113.%d" % dice.randrange(1, 30), "dest_port": 443, "proto": "TCP",
                                    "app_proto": dice.choice(["tls", "tls", "tls", "smtp", "http", "smb", "dns"]),
                                    "flow": {"bytes_toserver": dice.randrange(10**6), "bytes_toclient": dice.randrange(10**7)}}))
    for i in range(dice.randrange(3)):
        k, level = n + 100 + i, dice.choice(LEVELS)
        document = {"level": level, "sha256": "%064x" % k, "kind": "docx", "read": "full"}
        if dice.randrange(8) == 0:
            document.update({"read": "none", "unread_reason": dice.choice(REASONS)})
        rows.append(("fileinfo", k, 0, {"timestamp": stamp(at - 60), "event_type": "fileinfo", "src_ip": "10.0.0.2", "dest_ip": "203.0.113.4", "app_proto": "smtp",
                                        "fileinfo": {"filename": "công văn %d.docx" % k, "size": 20000, "sha256": "%064x" % k}, "gatehouse": {"document": document}}))
    if dice.randrange(5) == 0:
        level, zone = dice.choice(LEVELS[10:]), dice.choice(ZONES)
        kind, _, k, e = alert(n % 900000 + 200, level=level, severity=dice.randrange(1, 4), rule=dice.choice(RULES), flow_id=n)
        e["timestamp"] = stamp(at - 30)
        e["gatehouse"]["verdict"]["facts"] = [{"path": "zone", "value": zone[0]}, {"path": "dest_zone", "value": zone[1]}]
        rows.append((kind, n + 200, 1, e))
    return rows


def region(console, name, day):
    """A region's console, with two appliances behind it: one whose account adds up, one with a hole and fewer records than are claimed."""
    box = Appliance(console, name, enrol=False)
    path = os.path.join(console.dir, name + ".request")
    request = json.load(open(path))
    with open(path, "w") as f:
        json.dump(dict(request, kind="region"), f)
    if console.command("enrol-approve", path, "-o", box.answer)[0]:
        raise SystemExit("the region was not let in")
    one, two = "11" * 16, "22" * 16

    def origin(identity, called, batch):
        return {"region": name, "appliance": identity, "name": called, "batch": batch, "batch_hash": "%064x" % batch, "record": "%064x" % batch}

    def account(n, identity, called, batch, **sums):
        return ("stats", n, 0, {"timestamp": stamp(day), "event_type": "stats", "gatehouse": {"account": dict({"appliance": identity, "name": called, "batch": batch, "hash": "%064x" % batch,
                "in": 0, "forwarded": 0, "redacted": 0, "filtered": {}, "lost": {}}, **sums)}})
    rows = []
    for i, (identity, called) in enumerate(((one, "lang-son-1"), (two, "tỉnh \"<img src=x onerror=alert(1)>"))):
        kind, _, k, e = alert(800 + i, level="toi_mat", rule="from-a-region")
        e["timestamp"] = stamp(day)
        e["gatehouse"]["origin"] = origin(identity, called, 4)
        rows.append((kind, 10 + i, k, e))
    rows.append(account(20, one, "lang-son-1", 4, **{"in": 1080, "forwarded": 1, "filtered": {"otherwise": 1075, "lab-stays": 4}}))
    rows.append(account(21, two, "tỉnh \"<img src=x onerror=alert(1)>", 4, **{"in": 12, "forwarded": 3, "filtered": {"otherwise": 7}, "lost": {"forgotten": 2}}))
    rows.append(account(22, two, "tỉnh \"<img src=x onerror=alert(1)>", 9))
    if box.send(rows).status != 200:
        raise SystemExit("the region's batch was refused")
    return box


def fill(console, end, days=30, seed=7):
    """Returns the three appliances. Everything is signed in the days before end (seconds)."""
    dice, boxes, n = random.Random(seed), [Appliance(console, name) for name in ("ha-noi-1", "hue-2", "tau-hq-09")], 1000
    start = end - end % 3600 - days * 86400
    seen = [0, 0, 0]
    for day in range(days):
        for b, box in enumerate(boxes):
            for part in range(0, 24, 8):
                rows, at = [], start + day * 86400 + part * 3600
                for h in range(8):
                    night = not 0 <= (at // 3600 + h) % 24 <= 10 # office hours at home are 0 to 10 UTC
                    if night and dice.randrange(3):
                        continue
                    rows += hour(box, at + h * 3600, n, 1, dice)
                    n += 1000
                seen[b] += dice.randrange(10**5, 10**6)
                rows.append(("stats", n, 0, {"timestamp": stamp(at), "event_type": "stats", "gatehouse": {
                    "ledger": {"packets": {"in": seen[b], "out": seen[b] - day, "lost": {"ring_full": day}}, "documents": {"in": 900 + day * 3, "out": 900 + day * 3, "lost": {}},
                               "flows": {"in": seen[b] // 90, "out": seen[b] // 90, "lost": {}}},
                    "versions": {"gatehouse": "1.4.0", "policy": "standard@12"}}}))
                n += 1000
                answer = box.send(rows, at=at + 4 * 3600)
                if answer.status != 200:
                    raise SystemExit("a batch was refused: %s" % answer.body)
    return boxes
