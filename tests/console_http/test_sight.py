# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person may see: out of scope is not there, beyond the clearance is seen to have happened and says nothing."""
import http.client
import threading
import time
import urllib.parse

import harness as h

console = h.Console()
lan = console.administrator()
north, south = h.Appliance(console, "north-1"), h.Appliance(console, "south-1")
SECRET = "Zulu9"  # whatever records say of content has this in it
HASH = "%064x" % 0x51


def limit(name, units=None, clear=None):
    """units: names, or None for all; clear: bits of levels"""
    user = console.sql("SELECT id FROM \"user\" WHERE name = '%s'" % name)[0][0]
    console.sql("UPDATE \"user\" SET all_units = %d, clear = %d WHERE id = %s" % (units is None, 255 if clear is None else clear, user))
    console.sql('DELETE FROM user_unit WHERE "user" = %s' % user)
    for unit in units or ():
        console.sql("INSERT INTO user_unit SELECT %s, id FROM unit WHERE name = '%s'" % (user, unit))


for number, name in (1, "north"), (2, "south"):
    console.sql("INSERT INTO unit(id, name, created) VALUES(%d, '%s', 1)" % (number, name))
    console.sql("INSERT INTO unit_appliance SELECT %d, id FROM appliance WHERE name = '%s-1'" % (number, name))


def hidden(n, **more):
    _, _, _, e = h.alert(n, text=" " + SECRET, filename="kế hoạch %s.docx" % SECRET, **more)
    # titles come from the policy, categories and rules too: they stay
    e["gatehouse"]["verdict"]["title"] = {"en": "A marked document leaves", "vi": "Tài liệu mật rời vùng"}
    e["email"] = {"subject": SECRET, "from": SECRET + "@x.example", "attachment": [SECRET + ".docx"]}
    e["gatehouse"]["document"].update(text=SECRET, title=SECRET, members=[{"name": SECRET}], similar=[SECRET])
    e["fileinfo"]["md5"] = SECRET
    e["capture_file"] = None
    return ("alert", n, 1, e)


def http_event(n, flow):
    return ("http", n, 0, {"timestamp": "2026-11-24T06:02:10.000000+0000", "flow_id": flow, "event_type": "http",
                           "src_ip": "10.0.1.5", "dest_ip": "203.0.113.9", "proto": "TCP",
                           "http": {"hostname": "upload.example", "url": "/%s.docx" % SECRET}})


h.equal("north reports", north.send([http_event(1, 2001), hidden(2, flow_id=2001, sha256=HASH), h.flow(3, 2001),
                                     h.alert(4, level="mat", text=" plain", flow_id=2004)]).status, 200)
h.equal("south reports", south.send([h.alert(5, level="none", text=" southern", flow_id=2005),
                                     hidden(6, level="none", sha256=HASH, flow_id=2006)]).status, 200)
minh, hoa = console.user("minh", "analyst"), console.user("hoa", "analyst")
limit("minh", clear=0x21)           # all units, up to MẬT
limit("hoa", units=["south"])       # one unit, all levels
rows = lan.get("/api/v1/alerts").json()["items"]
of = {r["file"]["name"]: r["id"] for r in rows}
secret_id = next(r["id"] for r in rows if r["level"] == "tuyet_mat")
plain_id = next(i for n, i in of.items() if n.endswith("plain"))
southern_id = next(i for n, i in of.items() if n.endswith("southern"))
again_id = next(r["id"] for r in rows if r["level"] == "none" and r["id"] != southern_id)
h.equal("who is limited by nothing sees all", sorted(r["id"] for r in rows), sorted([secret_id, plain_id, southern_id, again_id]))

# ---- beyond the clearance
WHERE = ["/api/v1/alerts", "/api/v1/alerts/%d" % secret_id, "/api/v1/alerts/%d" % again_id, "/api/v1/events",
         "/api/v1/events?flow_id=2001", "/api/v1/events?type=http", "/api/v1/search", "/api/v1/search?in=events",
         "/api/v1/search?in=events&q=flow_id:2001", "/api/v1/search?q=level:tuyet_mat", "/api/v1/stats",
         "/api/v1/search/fields", "/api/v1/alerts?level=tuyet_mat"]
for path in WHERE:
    a = minh.get(path)
    h.equal("%s answers" % path, a.status, 200)
    h.check("%s says nothing of the content" % path, SECRET not in a.body.decode() and HASH not in a.body.decode(),
            a.body.decode()[:3000])
    h.check("%s tells all to who may" % path, path.endswith(("stats", "fields")) or SECRET in lan.get(path).body.decode())
row = next(r for r in minh.get("/api/v1/alerts").json()["items"] if r["id"] == secret_id)
h.check("that it happened is seen", row["redacted"] and row["level"] == "tuyet_mat" and row["rule"] == "secret-leaves-zone"
        and row["dest"]["ip"] == "203.0.113.9" and row["file"]["kind"] == "docx" and row["file"]["size_class"] == "10-100 KiB"
        and row["title"]["vi"] == "Tài liệu mật rời vùng" and row["appliance"]["name"] == "north-1" and row["time"], row)
h.check("within the clearance nothing is left out",
        any(r["id"] == plain_id and not r["redacted"] and r["file"]["name"].endswith("plain")
            for r in minh.get("/api/v1/alerts").json()["items"]))
detail = minh.get("/api/v1/alerts/%d" % secret_id).json()
h.check("the page of it says the same", detail["redacted"] and detail["document"]["level"] == "tuyet_mat"
        and detail["related"]["same_document"] == [] and detail["protocol"] == {} and detail["event"]["dest_port"] == 80, detail)
# what is withheld cannot be asked out of it
for q in ("%s" % SECRET, '"%s"' % SECRET, "file:%s" % SECRET.lower(), "mail:%s" % SECRET, "host:%s" % SECRET, "sha256:" + HASH, HASH,
          "level:tuyet_mat %s" % SECRET, "level:tuyet_mat -%s" % SECRET, "(level:tuyet_mat OR %s)" % SECRET,
          "level:tuyet_mat -khongco", "rule:secret-leaves-zone AND (file:khongco OR -file:%s)" % SECRET):
    for where in ("alerts", "events"):
        path = "/api/v1/search?in=%s&q=%s" % (where, urllib.parse.quote(q))
        a = minh.get(path).json()
        h.check("%s: %s finds nothing that is withheld" % (where, q),
                all(not i["redacted"] for i in a["items"]) and a["searched"]["withheld"], a)
        h.equal("%s: %s: the histogram does not count it" % (where, q),
                minh.get(path.replace("/search?", "/search/histogram?")).json()["matched"], len(a["items"]))
for path in ("/api/v1/alerts?q=%s" % SECRET, "/api/v1/alerts?sha256=" + HASH, "/api/v1/events?sha256=" + HASH):
    h.equal("%s finds nothing" % path, minh.get(path).json()["items"], [])
h.equal("nor in the counts", minh.get("/api/v1/alerts?q=%s" % SECRET).json()["counts"], {"new": 0, "acknowledged": 0, "closed": 0})
a = minh.post("/api/v1/alerts/actions", {"action": "acknowledge", "query": SECRET})
h.equal("nor by acting on all that match", (a.status, a.json()["matched"]), (200, 0))
a = minh.post("/api/v1/alerts/actions", {"action": "acknowledge", "filter": {"q": SECRET}})
h.equal("nor by a filter", (a.status, a.json()["matched"]), (200, 0))
h.equal("its packets are content", minh.post("/api/v1/alerts/%d/pcap" % secret_id, {}).code(), "clearance")
h.equal("also to take away", minh.get("/api/v1/alerts/%d/pcap" % secret_id).code(), "clearance")
lan.post("/api/v1/alerts/%d/actions" % secret_id, {"action": "comment", "text": "it says " + SECRET})
a = minh.post("/api/v1/alerts/%d/actions" % secret_id, {"action": "comment", "text": "mine"})
h.equal("it can be worked on", a.status, 200)
h.check("what others wrote of it is withheld", SECRET not in a.body.decode() and "mine" in a.body.decode(), a.body)

# ---- out of scope
for path in WHERE + ["/api/v1/appliances"]:
    a = hoa.get(path)
    if path == "/api/v1/alerts/%d" % secret_id:
        h.equal("%s is not there" % path, a.status, 404)
    else:
        h.check("%s knows nothing of the north" % path, a.status == 200 and "north-1" not in a.body.decode(), a.body[:2000])
h.equal("only what is hers", sorted(r["id"] for r in hoa.get("/api/v1/alerts").json()["items"]), sorted([southern_id, again_id]))
h.equal("counts are of hers", sum(hoa.get("/api/v1/alerts").json()["counts"].values()), 2)
h.equal("how often a document was seen is of hers", next(r for r in hoa.get("/api/v1/alerts").json()["items"]
                                                        if r["id"] == again_id)["same_document"], 1)
stats = hoa.get("/api/v1/stats").json()
h.equal("figures are of hers", (sum(stats["alerts"]["by_state"].values()), stats["events"]["total"]), (2, 2))
h.equal("no step on what is not there", hoa.post("/api/v1/alerts/%d/actions" % plain_id, {"action": "acknowledge"}).status, 404)
a = hoa.post("/api/v1/alerts/actions", {"action": "comment", "text": "x", "ids": [plain_id, southern_id]}).json()
h.equal("nor among many", (a["matched"], a["changed"], [f["id"] for f in a["failed"]]), (2, 1, [plain_id]))
h.equal("nor by all that match", hoa.post("/api/v1/alerts/actions", {"action": "comment", "text": "x", "filter": {}}).json()["matched"], 2)
h.equal("no packets either", hoa.post("/api/v1/alerts/%d/pcap" % plain_id, {}).status, 404)
h.equal("another unit's appliance finds nothing", hoa.get("/api/v1/alerts?appliance=" + "0" * 32).json()["items"], [])
limit("hoa", units=[])
h.equal("no unit, nothing", hoa.get("/api/v1/alerts").json()["items"], [])

# ---- live
heard = {}


def listen(client, name, seconds):
    c = http.client.HTTPSConnection("127.0.0.1", console.port, context=h.tls(), timeout=seconds)
    c.request("GET", "/api/v1/stream", headers={"Cookie": "__Host-gatehouse=" + client.cookie})
    r = c.getresponse()
    heard[name] = b""
    try:
        while b"event: alert" not in heard[name] or b"mark-of-the-end" not in heard[name]:
            part = r.read1(65536)
            if not part:
                break
            heard[name] += part
    except OSError:
        pass
    c.close()


limit("hoa", units=["south"])
threads = [threading.Thread(target=listen, args=(c, n, s)) for c, n, s in ((lan, "lan", 30), (minh, "minh", 30), (hoa, "hoa", 4))]
for t in threads:
    t.start()
while len(heard) < 3:
    pass
time.sleep(1)
north.send([hidden(7, flow_id=2007), h.alert(8, level="none", text=" mark-of-the-end", flow_id=2008)])
for t in threads:
    t.join()
h.check("who may hears all of it", SECRET.encode() in heard["lan"])
h.check("others hear that it happened", b"event: alert" in heard["minh"] and b"mark-of-the-end" in heard["minh"]
        and SECRET.encode() not in heard["minh"], heard["minh"])
h.check("others nothing", b"event: alert" not in heard["hoa"] and b"north-1" not in heard["hoa"], heard["hoa"])
console.close()
h.end()
