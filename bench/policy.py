# SPDX-License-Identifier: GPL-3.0-or-later
"""bench/run policy: decisions of the eight standard bundles together, by the real engine and by a bare Lua loop (policy_bare.lua) in one run.

Both parse the JSON of each event and try every rule that speaks of its type. The floor has no cage, keeps nothing of what was read and writes no reasons;
what the engine derives (zones, local time) it finds in the event. Rounds take turns; CPU time; median with the least and the greatest. When the two do not
come to the same verdicts the row says void."""
import json
import os
import random
import shutil
import statistics
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
POLICY = os.path.join(HERE, "..", "policy")
BUNDLES = ["state-secrets", "mail-out", "encrypted-leaving", "danger-documents", "shadow-protocols", "personal-data", "registered-documents", "working-hours"]
ZONES = {"10.1": ("archive", "tuyet_mat"), "10.2": ("offices", "toi_mat"), "10.3": ("counter", "restricted"), "10.9": ("guests", "none")}
RANK = {"none": 0, "restricted": 1, "mat": 2, "toi_mat": 3, "tuyet_mat": 4}
MUST, AIM, PER_SECOND = 2.0, 1.3, 100000


def address(r, outside):
    return "203.0.113.%d" % r.randrange(1, 250) if outside else "10.%d.%d.%d" % (r.choice((1, 2, 2, 2, 3, 9)), r.randrange(256), r.randrange(1, 250))


def document(r, i):
    kind, mime, extension = r.choice((("ooxml", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"), ("pdf", "application/pdf", "pdf"),
                                      ("image", "image/jpeg", "jpg"), ("html", "text/html", "html"), ("zip", "application/zip", "zip")))
    level = r.choice(["none"] * 60 + ["restricted", "mat"])
    d = {"file": "%d.%s" % (i, extension), "sha256": "%064x" % r.getrandbits(256), "size": r.randrange(1000, 5000000), "mime": mime, "kind": kind, "level": level,
         "level_source": "none" if level == "none" else "marking", "lang": "vi", "markings": [] if level == "none" else [
             {"text": level.upper(), "level": level, "scheme": "vn", "where": "header", "page": 1, "offset": 120, "confidence": 0.95}],
         "labels": [], "matches": [{"rule": "vn_khan", "tags": ["urgency", "vn"], "meta": {"severity": 4}, "where": "text", "strings": [{"id": "$a", "offset": 12}]}]
         if r.random() < .2 else [], "identifiers": [{"kind": "cccd", "count": r.randrange(1, 12)}] if r.random() < .02 else [], "similar": [],
         "features": {"encrypted": r.random() < .01, "macros": r.random() < .01, "external_refs": 0, "embedded": 0, "javascript": False},
         "members": [{"file": "m%d" % k, "kind": "text", "level": "none", "read": "full"} for k in range(3)] if kind == "zip" else [], "read": "full"}
    return d, "%d.%s" % (i, extension)


def file_event(r, i, e):
    d, name = document(r, i)
    e["event_type"] = "fileinfo"
    if r.random() < .3:
        e["app_proto"] = "smtp"
        e["smtp"] = {"helo": "may", "mail_from": "<an%d@bo.example>" % r.randrange(400), "rcpt_to": ["<em%d@bo.example>" % r.randrange(400)]}
        e["email"] = {"from": e["smtp"]["mail_from"], "to": e["smtp"]["rcpt_to"], "subject": "Báo cáo %d" % i, "attachment": [name]}
    else:
        e["app_proto"] = "http"
        e["http"] = {"hostname": "www.example.org", "url": "/" + name, "http_method": "GET", "status": 200, "protocol": "HTTP/1.1", "length": d["size"]}
    e["fileinfo"] = {"filename": name, "size": d["size"], "sha256": d["sha256"], "gaps": False, "state": "CLOSED", "tx_id": 0, "stored": False}
    e["gatehouse"] = {"document": d}


def connection_event(r, i, e):
    if r.random() < .6:
        proto, category = r.choice((("TLS.Google", "Web"), ("HTTP", "Web"), ("DNS", "Network"), ("SMBv23", "System"), ("SSH", "RemoteAccess"), ("TLS.Microsoft365", "Collaborative")))
        e.update({"event_type": "flow", "flow": {"pkts_toserver": 12, "pkts_toclient": 18, "bytes_toserver": r.randrange(500, 90000),
                                                 "bytes_toclient": r.randrange(500, 900000), "age": 3, "state": "closed", "reason": "shutdown", "alerted": False},
                  "ndpi": {"proto": proto, "proto_id": "91.126", "category": category, "confidence": "DPI", "hostname": "www%d.example.org" % (i % 97)}})
    elif r.random() < .5:
        e.update({"event_type": "tls", "tls": {"sni": "www%d.example.org" % (i % 97), "version": "TLS 1.3", "ja3": {"hash": "%032x" % (i % 31)}, "ja4": "t13d1516h2_8daaf6152771_e5627efa2ab1"}})
    else:
        e.update({"event_type": "dns", "dns": {"type": "query", "id": i % 65536, "rrname": "www%d.example.org" % (i % 97), "rrtype": "A", "tx_id": 0}})


def derived(e, minute):
    """What the engine derives, for the floor."""
    src, dest = (ZONES.get(e[k].rsplit(".", 2)[0], ("unknown", "none")) for k in ("src_ip", "dest_ip"))
    level = e.get("gatehouse", {}).get("document", {}).get("level", "none")
    return dict(e, zone={"src": src[0], "dest": dest[0], "src_holds": src[1], "dest_holds": dest[1]},
                leaving=src[0] != "unknown" and src[0] != dest[0], dest_may_hold=RANK[level] <= RANK[dest[1]],
                time={"date": "2026-11-24", "hour": 9 + minute // 60, "minute": minute % 60, "weekday": 2, "working": True})


def write_events(path, kind, n):
    r = random.Random(20261124)
    with open(path, "w") as f:
        for i in range(n):
            second = i * 6 * 3600 // n # 9:00 to 15:00 in Hanoi, a Tuesday
            outward = r.random()
            e = {"timestamp": "2026-11-24T%02d:%02d:%02d.%06d+0000" % (2 + second // 3600, second // 60 % 60, second % 60, i % 1000000), "flow_id": r.getrandbits(50),
                 "src_ip": address(r, outward < .3), "src_port": 40000 + i % 20000, "dest_ip": address(r, outward > .9), "dest_port": 443, "proto": "TCP",
                 "community_id": "1:uUgYXVsQOnfjYyJ%07x=" % i}
            (file_event if kind == "documents" or kind == "mix" and i % 2 else connection_event)(r, i, e)
            f.write(json.dumps(e, ensure_ascii=False) + "\n" + json.dumps(derived(e, second // 60), ensure_ascii=False) + "\n")


def combined(scratch):
    """A bundle that uses the eight, beside copies of them."""
    for name in BUNDLES:
        shutil.copytree(os.path.join(POLICY, name), os.path.join(scratch, name))
    whole = os.path.join(scratch, "eight")
    os.mkdir(whole)
    with open(os.path.join(whole, "bundle.json"), "w") as f:
        json.dump({"name": "eight", "version": "1", "utc_offset": "+07:00", "use": BUNDLES}, f)
    shutil.copy(os.path.join(scratch, "working-hours", "zones.lua"), whole)
    return whole


def run(build, rounds):
    """Prints a row for each kind of event; True when the verdicts agree."""
    events = 20000 if rounds > 1 else 2000
    loop = os.path.join(build, "bench", "policy_loop")
    good = True
    with tempfile.TemporaryDirectory() as scratch:
        whole = combined(scratch)
        for kind in ("documents", "connections", "mix"):
            path = os.path.join(scratch, kind)
            write_events(path, kind, events)
            out = json.loads(subprocess.run([loop, str(rounds), path, whole, os.path.join(HERE, "policy_bare.lua")] + [os.path.join(scratch, b) for b in BUNDLES],
                                            stdout=subprocess.PIPE, check=True).stdout)
            ours, bare = (statistics.median(x[k] for x in out["rounds"]) for k in (0, 1))
            ratios = [a / b for a, b in out["rounds"]]
            ratio = statistics.median(ratios)
            agree = out["differ"] == 0
            print("policy %-11s ours %6.2f us  bare Lua loop %6.2f us  ratio %.2f [%.2f-%.2f]  must %.1f %s aim %.1f %s | %d decisions/s must %d %s%s" % (
                kind, ours / 1000, bare / 1000, ratio, min(ratios), max(ratios), MUST, "ok" if ratio <= MUST else "missed", AIM, "ok" if ratio <= AIM else "missed",
                1e9 / ours, PER_SECOND, "ok" if 1e9 / ours >= PER_SECOND else "missed", "" if agree else "  void: %d verdicts differ" % out["differ"]))
            good &= agree
    return good
