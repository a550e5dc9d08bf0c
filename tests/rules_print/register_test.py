#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""`gatehouse register` and what `gatehouse classify` then says of copies in other clothes.  register_test.py GATEHOUSE"""
import fcntl
import html
import json
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import unicodedata
import zipfile

GATEHOUSE = sys.argv[1]
# Each run has its own key, and with it other fingerprints of the dozen that this text has; the removed marking may cost two of them.
KEPT = 0.75
BODY = """Vụ Lễ tân chủ trì, phối hợp với các đơn vị chuẩn bị chương trình đón đoàn đại biểu cấp cao sang thăm vào tuần thứ ba của tháng mười.
Đoàn sẽ đến sân bay lúc chín giờ sáng, đi thẳng về nhà khách số bốn và hội đàm kín ngay trong buổi chiều cùng ngày với đồng chí Bộ trưởng.
Nội dung hội đàm gồm hạn ngạch đánh bắt cá thu, việc mở lại cửa khẩu phía tây và khoản vay ưu đãi cho tuyến đường sắt ven biển đang dừng thi công.
Phương án dự phòng: nếu phía bạn không nhất trí về hạn ngạch thì chuyển sang bàn khoản vay trước, không công bố kết quả từng phần cho báo chí.
"""
OTHER = """Phòng Hành chính thông báo lịch cúp điện để bảo trì trạm biến áp từ bảy giờ sáng đến mười một giờ trưa ngày chủ nhật tuần này.
Đề nghị mọi người tắt máy tính, rút phích cắm thiết bị, cất tài liệu và đóng cửa sổ trước khi ra về vào chiều thứ bảy; bảo vệ sẽ đi kiểm tra.
"""
failed = 0


def check(what, good, more=""):
    global failed
    if not good:
        failed += 1
        print("failed: %s %s" % (what, more))


def run(*args):
    p = subprocess.run([GATEHOUSE, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=100)
    return p.returncode, p.stdout, p.stderr


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data.encode() if isinstance(data, str) else data)
    return path


def plain(s):
    return "".join(c for c in unicodedata.normalize("NFD", s.replace("đ", "d").replace("Đ", "D")) if not unicodedata.combining(c))


def docx(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with zipfile.ZipFile(path, "w") as z:
        z.writestr("[Content_Types].xml", '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default '
                   'Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" '
                   'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>')
        z.writestr("_rels/.rels", '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship '
                   'Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>')
        # a run for each three letters, as after much editing
        body = "".join("<w:p>%s</w:p>" % "".join('<w:r><w:t xml:space="preserve">%s</w:t></w:r>' % html.escape(line[i:i + 3]) for i in range(0, len(line), 3))
                       for line in text.split("\n"))
        z.writestr("word/document.xml", '<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
                   + body + "</w:body></w:document>")
    return path


def pdf(path, text):
    """Pages of 12 narrow lines, without diacritics: the standard fonts have none."""
    lines = textwrap.wrap(plain(text), 45)
    pages = [lines[i:i + 12] for i in range(0, len(lines), 12)]
    kids = " ".join("%d 0 R" % (4 + 2 * i) for i in range(len(pages)))
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(pages)),
               "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    for i, page in enumerate(pages):
        stream = "BT /F 11 Tf 50 700 Td 14 TL %s ET" % " ".join("(%s) Tj T*" % x.replace("(", "").replace(")", "") for x in page)
        objects.append("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F 3 0 R >> >> /Contents %d 0 R >>" % (5 + 2 * i))
        objects.append("<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
    out, at = "%PDF-1.4\n", []
    for i, o in enumerate(objects, 1):
        at.append(len(out))
        out += "%d 0 obj\n%s\nendobj\n" % (i, o)
    start = len(out)
    out += "xref\n0 %d\n0000000000 65535 f \n%s" % (len(at) + 1, "".join("%010d 00000 n \n" % a for a in at))
    return write(path, out + "trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(at) + 1, start))


def classify(index, *paths):
    rc, out, err = run("classify", "--set", "scan.registered=" + index, *paths)
    check("classify answers", rc in (0, 1) and out, err)
    return [json.loads(x) for x in out.splitlines()]


def test_copies(d, index):
    rc, out, err = run("register", "-o", index, docx(d + "/plans/visit.docx", "TỐI MẬT\n" + BODY), write(d + "/plans/power.txt", OTHER))
    check("register", rc == 0 and "2 documents" in out, out + err)
    lines = BODY.split("\n")
    with zipfile.ZipFile(d + "/copies.zip", "w") as z:
        z.writestr("a/b/c.txt", BODY)
    copies = {
        "itself": (d + "/plans/visit.docx", 1, 1),
        "text without the marking": (write(d + "/c/1.txt", BODY), KEPT, 1),
        "other lines and punctuation": (write(d + "/c/2.txt", "\n".join(textwrap.wrap(BODY.upper().replace(",", " –").replace(".", " ..."), 33))), KEPT, 1),
        "without diacritics": (write(d + "/c/3.txt", plain(BODY)), KEPT, 1),
        "decomposed, UTF-16": (write(d + "/c/4.txt", b"\xff\xfe" + unicodedata.normalize("NFD", BODY).encode("utf-16-le")), KEPT, 1),
        "HTML with entities": (write(d + "/c/5.html", "<html><body><p>" + "</p><p>".join("".join("&#%d;" % ord(c) if ord(c) > 127 else c for c in x)
                                                                                           for x in lines) + "</p></body></html>"), KEPT, 1),
        "PDF of several pages": (pdf(d + "/c/6.pdf", BODY), KEPT, 1),
        "in an archive": (d + "/copies.zip", KEPT, 1),
        "half of it": (write(d + "/c/7.txt", OTHER.upper()[:140] + "\n" + "\n".join(lines[:2])), 0.15, 0.8),
        "one sentence": (write(d + "/c/8.txt", "Chào anh, " + lines[2] + " Anh xem giúp em nhé. " + plain(BODY[::-1]) * 40), 0.05, 0.4),
    }
    found = classify(index, *(c[0] for c in copies.values()))
    for (name, (_, least, most)), got in zip(copies.items(), found):
        similar = {s["document"]: s for s in got["similar"]}
        hit = similar.get("visit.docx")
        check(name, hit and least <= hit["containment"] <= most and hit["level"] == "toi_mat", got["similar"])
        if name in ("text without the marking", "PDF of several pages", "in an archive"):
            check(name + ": level", got["level"] == "toi_mat" and got["level_source"] == "fingerprint" and got["scheme"] == "vn", got["level"])
        if name == "one sentence":
            check(name + ": level", got["level"] == "none", got["level"])
    check("itself: marking", found[0]["level_source"] == "marking")
    got = classify(index, write(d + "/c/9.txt", "Bữa trưa hôm nay có cá kho, canh chua, rau muống xào tỏi và chè đậu xanh; ai ăn chay thì báo bếp trước mười giờ sáng.\n"))
    check("unrelated", got[0]["similar"] == [] and got[0]["level"] == "none")


def test_faults(d, index):
    write(d + "/more/short.txt", "ngắn quá\n")
    write(d + "/more/copy.txt", "TỐI MẬT\n" + BODY)
    write(d + "/more/new.txt", BODY[::-1])
    write(d + "/more/broken.pdf", "%PDF-1.4\nnothing\n")
    rc, out, err = run("register", "--json", "-o", index, d + "/more", d + "/nothing")
    rows = {r["document"]: r for r in map(json.loads, out.splitlines())}
    check("faults", rc == 2 and len(rows) == 4 and "nothing" in err, out + err)
    check("short", rows["more/short.txt"]["result"] == "failed" and "too little" in rows["more/short.txt"]["reason"])
    check("same text", rows["more/copy.txt"]["result"] == "known" and rows["more/copy.txt"]["same_as"] == "visit.docx")
    check("broken", rows["more/broken.pdf"]["result"] == "failed" and rows["more/broken.pdf"]["reason"] == "corrupt", rows["more/broken.pdf"])
    check("the others are registered", rows["more/new.txt"]["result"] == "registered")
    rc, out, _ = run("register", "--list", "--json", "-o", index)
    check("list", rc == 0 and [json.loads(x)["document"] for x in out.splitlines()] == ["power.txt", "visit.docx", "more/new.txt"], out)
    check("list: level", json.loads(out.splitlines()[1])["level"] == "toi_mat")
    check("remove", run("register", "--remove", "more/new.txt", "-o", index)[0] == 0)
    check("removed", run("register", "--remove", "more/new.txt", "-o", index)[0] == 2)
    os.mkdir(d + "/x")
    write(d + "/x/plans/visit.docx", BODY)
    rc, _, err = run("register", "-o", index, d + "/x/plans", d + "/plans")
    check("two of one name", rc == 2 and "both be registered as plans/visit.docx" in err, err)


def test_level_and_common(d):
    index = d + "/second"
    check("level", run("register", "-o", index, "--level", "mat", write(d + "/s/plan.txt", BODY))[0] == 0)
    got = classify(index, d + "/s/plan.txt")[0]
    check("level counts", got["level"] == "mat" and got["scheme"] == "vn" and got["level_source"] == "fingerprint", got["level"])
    form = write(d + "/s/form.txt", BODY.split("\n")[0] + "\n" + BODY.split("\n")[1])
    check("common", run("register", "-o", index, "--common", form)[0] == 0)
    got = classify(index, form)[0]
    check("common is no copy", got["similar"] == [] and got["level"] == "none", got["similar"])
    got = classify(index, d + "/s/plan.txt")[0]
    check("the rest still is", len(got["similar"]) == 1 and got["similar"][0]["containment"] >= KEPT, got["similar"])


def test_key(d, index):
    key = index + ".key"
    check("key is secret", os.stat(key).st_mode & 0o777 == 0o600)
    data = open(index, "rb").read()
    check("no text in the index", "hạn ngạch".encode() not in data and b"cuakhau" not in data and b"bay luc chin" not in data)
    with open(key) as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        rc, _, err = run("register", "--remove", "power.txt", "-o", index)
        check("one at a time", rc == 3 and "another" in err, err)
    os.rename(key, key + ".away")
    check("no key, no list", run("register", "--list", "-o", index)[0] == 2)
    rc, _, err = run("register", "-o", index, d + "/plans/power.txt")
    check("no new key for an old index", rc == 2 and not os.path.exists(key), err)
    check("another index", run("register", "-o", d + "/third", d + "/plans/power.txt")[0] == 0)
    rc, _, err = run("register", "--list", "-o", index, "-k", d + "/third.key")
    check("another key", rc == 2 and "another key" in err, err)
    rc, out, err = run("classify", "--set", "scan.registered=" + index, d + "/plans/power.txt")
    check("configured and not usable", rc == 2 and out == "" and "gatehouse register" in err, err)
    os.rename(key + ".away", key)
    os.chmod(key, 0o644)
    rc, _, err = run("register", "--list", "-o", index)
    check("a key that others may read", rc == 2 and "0600" in err, err)
    os.chmod(key, 0o600)
    write(index, data[:-5])
    check("damaged", run("register", "--list", "-o", index)[0] == 2)
    rc, _, err = run("register", "-o", index, d + "/plans/power.txt")
    check("damaged is not overwritten", rc == 2 and open(index, "rb").read() == data[:-5], err)


def test_usage(d):
    for args in ([], ["-o"], ["x"], ["--list", "x", "-o", "y"], ["--level", "pink", "-o", "y", "x"], ["--lst", "-o", "y"], ["--list", "--remove", "-o", "y"]):
        rc, out, err = run("register", *args)
        check("usage %s" % args, rc == 2 and out == "" and "usage:" in err, err)
    rc, _, err = run("register", "--lst")
    check("did you mean", "did you mean '--list'" in err, err)
    rc, _, err = run("register", "-o", d + "/nowhere/index", d + "/plans/power.txt")
    check("no such directory", rc != 0 and err, err)
    rc, _, err = run("register", "-o", d + "/fourth", write(d + "/short.txt", "x"))
    check("nothing to register makes no index", rc == 2 and not os.path.exists(d + "/fourth"), err)


def test_death(d):
    """gh-scan is killed over it: no index, and said so."""
    for i in range(400):
        write(d + "/many/%d.txt" % i, BODY[i % 50:] + str(i))
    p = subprocess.Popen([GATEHOUSE, "register", "-o", d + "/fifth", d + "/many"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    children = ""
    until = time.monotonic() + 60
    while not children and p.poll() is None and time.monotonic() < until:
        with open("/proc/%d/task/%d/children" % (p.pid, p.pid)) as f:
            children = f.read().strip()
    for c in children.split():
        os.kill(int(c), signal.SIGKILL)
    p.communicate(timeout=60)
    check("gh-scan dies", children and p.returncode == 3 and not os.path.exists(d + "/fifth"), p.returncode)
    rc, out, err = run("register", "-o", d + "/fifth", d + "/many")
    check("the next time it works", rc == 0 and "documents" in out, out + err)


with tempfile.TemporaryDirectory() as tmp:
    test_death(tmp)
    test_copies(tmp, tmp + "/index")
    test_faults(tmp, tmp + "/index")
    test_level_and_common(tmp)
    test_key(tmp, tmp + "/index")
    test_usage(tmp)
print("%d failed" % failed)
sys.exit(1 if failed else 0)
