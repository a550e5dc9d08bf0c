# SPDX-License-Identifier: GPL-3.0-or-later
"""The committee's report: made on demand, by the schedule and by the command; its numbers are those of the API, its text can be searched, and
nothing that an attacker named breaks it."""
import csv
import io
import os
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "console_http"))
from harness import ATTACKS, BUILD, Appliance, Client, Console, alert, check, end, equal
from schema import faults

if not (os.path.exists(os.path.join(BUILD, "gh-report")) and shutil.which("pdftotext") and os.path.exists(os.path.join(BUILD, "gatehouse"))):
    print("gh-report, gatehouse or pdftotext (poppler-utils) is missing")
    sys.exit(77)
os.environ["TZ"] = "Asia/Ho_Chi_Minh"
time.tzset()


def text(pdf, *options):
    return subprocess.run(["pdftotext", *options, "-", "-"], input=pdf, stdout=subprocess.PIPE, check=True).stdout.decode()


def vi(n):
    return "{:,}".format(n).replace(",", ".")


console = Console(keeper=True)
admin = console.administrator()
api = admin.get("/api/v1/openapi.json").json()
described = api["paths"]["/reports"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]


def reports(client=admin):
    a = client.get("/api/v1/reports")
    equal("the list", a.status, 200)
    equal("as described", faults(api, described, a.json()), [])
    return a.json()


def wait(number, client=admin):
    for _ in range(600):
        one = [x for x in reports(client)["items"] if x["id"] == number]
        if one and one[0]["state"] != "making":
            return one[0]
        time.sleep(0.2)
    raise SystemExit("report %d never ends" % number)


deadline = time.time() + 60
while not reports()["can_draw"] and time.time() < deadline:
    time.sleep(0.2)
check("gh-report is there", reports()["can_draw"])
now = time.time()
month = time.strftime("%Y-%m", time.localtime(now))
box, other = Appliance(console, "ha-noi-1"), Appliance(console, "hue-2")
rows = [alert(i, level=("mat", "toi_mat", "tuyet_mat")[i % 3], severity=i % 3 + 1, rule="luat-%d" % (i % 4)) for i in range(1, 1301)]
rows += [("fileinfo", 5000 + i, 0, {"gatehouse": {"document": {"level": "mat", "read": "none", "unread_reason": "encrypted"}}}) for i in range(7)]
rows += [("stats", 6000, 0, {"gatehouse": {"ledger": {"packets": {"in": 123456, "out": 123450, "lost": {"ring_full": 6}}}}})]
equal("sent", box.send(rows).status, 200)
hostile = [alert(3000 + i, rule=(t * 3)[:200], event={"app_proto": t}) for i, t in enumerate(ATTACKS + [
    "endstream endobj xref %%EOF", "\\(\\)<</JS (x)>>", "\u0e17\u0e14\u0e2a\u0e2d\u0e1a \u4e2d\u6587 \U0001f600", "x" * 3000, "\u0301" * 90, "%s%n%d"])]
hostile += [("flow", 9000 + i, 0, {"app_proto": t, "src_ip": t, "flow": {"bytes_toserver": 10**12}}) for i, t in enumerate(ATTACKS)]
hostile += [("stats", 9500, 0, {"gatehouse": {"ledger": {t: {"in": 5, "lost": {t: 3}} for t in ATTACKS}}})]
equal("sent", other.send(hostile).status, 200)
first = admin.get("/api/v1/alerts?limit=3").json()["items"]
for a in first[:2]:
    admin.post("/api/v1/alerts/%d/actions" % a["id"], {"action": "acknowledge"})
admin.post("/api/v1/alerts/%d/actions" % first[0]["id"], {"action": "close", "reason": "confirmed"})

equal("a case", admin.post("/api/v1/cases", {"title": "Vụ bí mật", "severity": 1}).status // 100, 2)
equal("a head is signed", admin.post("/api/v1/audit/head", {}).status, 200)
made = admin.post("/api/v1/reports", {"period": month, "lang": "vi"})
equal("ordered", made.status, 200)
one = wait(made.json()["id"])
equal("made", (one["state"], one["kind"], one["name"], one["by"], one["why"]), ("made", "month", month, "lan", None))
got = admin.get("/api/v1/reports/%d/pdf" % one["id"])
equal("a file", (got.status, got.headers["Content-Type"], got.headers["Content-Disposition"]),
      (200, "application/pdf", 'attachment; filename="gatehouse-%s-vi.pdf"' % month))
check("a PDF", got.body.startswith(b"%PDF-1.") and len(got.body) == one["bytes"], got.body[:20])
check("no script, no form, nothing to open", all(x not in got.body for x in (b"/JavaScript", b"/JS ", b"/OpenAction", b"/AcroForm", b"/Launch", b"/URI")))
words = " ".join(text(got.body).split())
figures = admin.get("/api/v1/dashboard?from=%s-01T00:00:00%%2B07:00" % month).json()
for sentence in ("Báo cáo tình hình bảo vệ tài liệu mật trên mạng", "Tháng " + time.strftime("%m/%Y", time.localtime(now)),
                 "Hệ thống đưa ra %s cảnh báo" % vi(figures["totals"]["alerts"]), "Có %s lượt truyền tài liệu" % vi(figures["totals"]["documents"]),
                 "%s lượt không đọc được" % vi(figures["totals"]["unread"]), "bị mã hóa hoặc đặt mật khẩu", "TUYỆT MẬT", "Trong đó đã đóng 1: xác nhận vi phạm 1", "123.4", "ring_full 6", "Hồ sơ đang mở"):
    check("the text has %r" % sentence, sentence in words, words[:2500])
for row in figures["alert_levels"] + [r for r in figures["rules"] if r["rule"].startswith("luat")]:
    check("the number of %s" % row, vi(row["n"]) in words, row)
pages = subprocess.run(["pdfinfo", "-"], input=got.body, stdout=subprocess.PIPE, check=True).stdout.decode()
check("metadata", "Title:           Báo cáo" in pages and "JavaScript:      no" in pages and "Pages:           %d" % one["pages"] in pages, pages)
check("no title of a case", "Vụ bí mật" not in words)
check("no mark that turns direction", "\u202e" not in words)

code, out, err = console.command("report", "--month", month, "--lang", "en", "-o", os.path.join(console.dir, "r.pdf"))
equal("the command", (code, err), (0, ""))
english = " ".join(text(open(os.path.join(console.dir, "r.pdf"), "rb").read()).split())
check("in English", "%s alerts were raised" % "{:,}".format(figures["totals"]["alerts"]) in english, english[:1500])
for words_, why in ((["--month", "2026-13"], "a month is given"), (["--week", month], "a month is given"), (["--month", month, "--lang", "fr"], "vi or en"), ([], "say --month"),
                    (["--month", "2999-01"], "not begun")):
    code, out, err = console.command("report", *words_, "-o", os.path.join(console.dir, "x.pdf"))
    check("refused %s" % words_, code == 2 and why in err and not os.path.exists(os.path.join(console.dir, "x.pdf")), err)

table = admin.get("/api/v1/reports/%d/csv" % one["id"])
equal("csv", (table.status, table.headers["Content-Type"]), (200, "text/csv; charset=utf-8"))
check("a byte order mark", table.body.startswith(b"\xef\xbb\xbf"))
lines = list(csv.reader(io.StringIO(table.body.decode("utf-8-sig"))))
check("five columns everywhere", all(len(x) == 5 for x in lines), [x for x in lines if len(x) != 5])
check("no formula", not [c for x in lines for c in x[:4] if c[:1] and c[0] in "=+-@\t\r |%"], lines)
check("no line is broken", table.body.count(b"\r\n") == len(lines))
equal("the same number", [x[4] for x in lines if x[:2] == ["totals", "alerts"]], [str(figures["totals"]["alerts"])])
head = admin.get("/api/v1/audit").json()["head"]
proof = next(x for x in lines if x[0] == "audit")
check("the audit's signed head, in both", re.match(r"^\d+:[0-9a-f]{64}$", proof[1]) and len(proof[2]) == 128 and proof[1] in words and proof[2][:64] in words and proof[2][64:] in words, (proof, words[-1500:]))
code, out, err = console.command("audit", "verify", proof[1])
check("which the console's chain stands up to", code == 0 and "is whole" in out, (code, out, err))
check("attack texts are there as text", any("cmd|' /C calc'!A0" in x[1] for x in lines))

for body, code in (({"period": "x"}, "bad_field"), ({"period": "2999-01"}, "bad_field"), ({"period": month, "lang": "fr"}, "bad_field"), ({}, "bad_field"),
                   ({"period": month, "x": 1}, "bad_field")):
    a = admin.post("/api/v1/reports", body)
    equal("refused %s" % body, (a.status, a.code()), (400, code))
equal("no such report", admin.get("/api/v1/reports/99/pdf").status, 404)
viewer, author = console.user("xem", "viewer"), console.user("viet", "policy_author")
equal("a viewer reads", viewer.get("/api/v1/reports/%d/pdf" % one["id"]).status, 200)
equal("an author has no right", author.get("/api/v1/reports").status, 403)
equal("the schedule is the administrator's", viewer.post("/api/v1/reports/schedule", {"week": "", "month": ""}).status, 403)
equal("the schedule", admin.post("/api/v1/reports/schedule", {"week": "vi", "month": "vi,en"}).json(), {"week": "vi", "month": "vi,en"})
equal("is kept", reports()["schedule"], {"week": "vi", "month": "vi,en"})
equal("refused", admin.post("/api/v1/reports/schedule", {"week": "de", "month": ""}).status, 400)
week = wait(admin.post("/api/v1/reports", {"period": time.strftime("%Y-%m-%d", time.localtime(now)), "lang": "en"}).json()["id"])
equal("a week", (week["state"], week["kind"]), ("made", "week"))
equal("needs a session", Client(console).get("/api/v1/reports").status, 401)
check("downloads are in the audit", any(x["action"] == "report_downloaded" for x in admin.get("/api/v1/audit?limit=100").json()["items"]))

# without the keeper there is no gh-report: the figures are kept, and why there is no PDF is said
console.close()
alone = Console()
admin = alone.administrator()
one = wait(admin.post("/api/v1/reports", {"period": month}).json()["id"], admin)
check("says why", one["state"] == "failed" and "gh-report" in one["why"], one)
equal("no PDF", (admin.get("/api/v1/reports/%d/pdf" % one["id"]).status, admin.get("/api/v1/reports/%d/csv" % one["id"]).status), (409, 200))
alone.close()
end()
