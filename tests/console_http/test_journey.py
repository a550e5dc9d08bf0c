# SPDX-License-Identifier: GPL-3.0-or-later
"""Journeys through inbox, alert page and cases in Debian's Chromium, with the eyes of a part-time officer."""
from harness import ATTACKS, BUILD, PASSWORD, Appliance, Console, alert, flow, os, shutil, subprocess, sys
from datetime import datetime, timedelta, timezone

web = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "console", "web")
if not (os.path.exists("/usr/bin/chromium") and shutil.which("node") and os.path.isdir(os.path.join(web, "node_modules", "playwright-core"))
        and os.path.exists(os.path.join(BUILD, "web", "index.html"))):
    print("chromium, node, the page's packages or the page itself are missing")
    sys.exit(77)
console = Console()
admin = console.administrator("lan")
console.user("minh", "analyst")
console.user("thu", "analyst")
console.sql("UPDATE \"user\" SET clear = 1 WHERE name = 'thu'")
box, post = Appliance(console, "ha-noi-1"), Appliance(console, "hue-2")
start = datetime.now(timezone.utc) - timedelta(minutes=40)
FILES = [("Kế hoạch quý IV.docx", "tuyet_mat", "TUYỆT MẬT"), ("Công điện 17.pdf", "toi_mat", "TỐI MẬT"), ("Danh sách cán bộ.xlsx", "mat", "MẬT"), ("cable.txt", "confidential", "CONFIDENTIAL")]
WHERE = ["header", "body", "footer", "filename"]


def made(n, i, host, dest, rule="state-secrets/marked-leaving", **more):
    """An alert as the standard policy makes it."""
    name, level, words = FILES[i]
    at = (start + timedelta(seconds=7 * n)).strftime("%Y-%m-%dT%H:%M:%S.000000+0000")
    record = alert(n, level=level, severity=[1, 1, 2, 3][i], rule=rule, filename=name, sha256="%064x" % (i + 1), flow_id=7000 + n, event={"timestamp": at, "src_ip": host, "dest_ip": dest})
    e = record[3]
    e["http"].update(hostname="chia-se.example.net", url="/upload")
    e["direction"] = "to_server"
    e["alert"]["signature"] = "A classified document is leaving its zone"
    e["gatehouse"]["document"].update(kind="ooxml", mime="application/vnd.openxmlformats-officedocument", scheme="vn", lang="vi", markings=[
        {"text": words, "level": level, "scheme": "vn", "where": WHERE[i], "page": 1, "offset": 53 * i, "confidence": 0.95}],
        labels=[{"kind": "msip", "key": "MSIP_Label", "value": "Public", "level": "none"}] if i else [{"kind": "msip", "key": "MSIP_Label", "value": "Mật", "level": "mat"}],
        similar=[{"document": "VB-2026-118", "level": level, "containment": 0.82}] if i == 0 else [], features={"label_conflict": i == 0, "embedded": 2},
        members=[{"file": "word/document.xml", "kind": "xml", "size": 9120, "level": level, "read": "full"}, {"file": "phụ lục.zip", "kind": "zip", "size": 812, "level": "none", "read": "none", "unread_reason": "encrypted"}] if i == 0 else [])
    e["gatehouse"]["verdict"].update(
        policy="standard@2", where="state-secrets/policy.lua:17", title={"en": "A classified document is leaving its zone", "vi": "Tài liệu có dấu mật rời khỏi vùng của nó"},
        reason="A document marked %s goes from zone intranet to zone unknown, which may not hold it." % words,
        reason_vi="Tài liệu mang dấu %s đi từ vùng intranet sang vùng unknown, nơi không được giữ độ mật này." % words,
        facts=[{"path": "leaving", "value": True}, {"path": "dest_may_hold", "value": False}, {"path": "document.level", "value": level}], enforced=i == 0)
    e.update(more)
    return record


records = [made(n + 1, n % 4, "10.20.1.%d" % (15 + n % 3), ["203.0.113.80", "198.51.100.25"][n % 2]) for n in range(22)]
records.append(made(30, 1, "10.20.1.15", "203.0.113.80", rule="mail-out/" + ATTACKS[0], event_type="alert"))
ended = flow(90, 7001)
ended[3].update(timestamp=(start + timedelta(seconds=60)).strftime("%Y-%m-%dT%H:%M:%S.000000+0000"), src_ip="10.20.1.15", dest_ip="203.0.113.80")
ended[3]["ndpi"] = {"proto": "HTTP", "category": "Web", "risks": ["Known protocol on a port of its own", "Clear-text credentials"]}
box.send(records + [ended])
post.send([made(1, 0, "10.30.9.4", "203.0.113.80")])
shots = os.path.join(BUILD, "tests", "journey")
os.makedirs(shots, exist_ok=True)
sys.exit(subprocess.run(["node", os.path.join(os.path.dirname(os.path.abspath(__file__)), "journey.mjs"), web,
                         "https://127.0.0.1:%d" % console.port, PASSWORD, shots], timeout=170).returncode)
