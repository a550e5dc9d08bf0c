#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every Vietnamese level in every encoding in every container that can carry it, and the levels of other states in theirs; beside each a twin
without a marking, which must have no level.  matrix_test.py GATEHOUSE [--verbose]

The tables below say how the encodings write the letters (TCVN 5712 as the .Vn fonts have it, VNI-Windows, VISCII, RFC 1456); windows-1258 and
the normal forms come from Python."""
import base64
import io
import json
import os
import subprocess
import sys
import tempfile
import unicodedata
import zipfile

LETTERS = ("ÁÀẢÃẠÂẤẦẨẪẬĂẮẰẲẴẶÉÈẺẼẸÊẾỀỂỄỆÓÒỎÕỌÔỐỒỔỖỘƠỚỜỞỠỢÚÙỦŨỤƯỨỪỬỮỰÍÌỈĨỊÝỲỶỸỴĐáàả"
           "ãạâấầẩẫậăắằẳẵặéèẻẽẹêếềểễệóòỏõọôốồổỗộơớờởỡợúùủũụưứừửữựíìỉĩịýỳỷỹỵđ")
TCVN3 = ("b8 b5 b6 b7 b9 a2 ca c7 c8 c9 cb a1 be bb bc bd c6 d0 cc ce cf d1 a3 d5 d2 d3 d4 d6 e3 df e1 e2 e4 a4 e8 e5 e6 e7 e9 a5 ed ea "
        "eb ec ee f3 ef f1 f2 f4 a6 f8 f5 f6 f7 f9 dd d7 d8 dc de fd fa fb fc fe a7 b8 b5 b6 b7 b9 a9 ca c7 c8 c9 cb a8 be bb bc bd c6 "
        "d0 cc ce cf d1 aa d5 d2 d3 d4 d6 e3 df e1 e2 e4 ab e8 e5 e6 e7 e9 ac ed ea eb ec ee f3 ef f1 f2 f4 ad f8 f5 f6 f7 f9 dd d7 d8 "
        "dc de fd fa fb fc fe ae").split()
VNI = ("41d9 41d8 41db 41d5 41cf 41c2 41c1 41c0 41c5 41c3 41c4 41ca 41c9 41c8 41da 41dc 41cb 45d9 45d8 45db 45d5 45cf 45c2 45c1 45c0 "
        "45c5 45c3 45c4 4fd9 4fd8 4fdb 4fd5 4fcf 4fc2 4fc1 4fc0 4fc5 4fc3 4fc4 d4 d4d9 d4d8 d4db d4d5 d4cf 55d9 55d8 55db 55d5 55cf d6 "
        "d6d9 d6d8 d6db d6d5 d6cf cd cc c6 d3 d2 59d9 59d8 59db 59d5 ce d1 61f9 61f8 61fb 61f5 61ef 61e2 61e1 61e0 61e5 61e3 61e4 61ea "
        "61e9 61e8 61fa 61fc 61eb 65f9 65f8 65fb 65f5 65ef 65e2 65e1 65e0 65e5 65e3 65e4 6ff9 6ff8 6ffb 6ff5 6fef 6fe2 6fe1 6fe0 6fe5 "
        "6fe3 6fe4 f4 f4f9 f4f8 f4fb f4f5 f4ef 75f9 75f8 75fb 75f5 75ef f6 f6f9 f6f8 f6fb f6f5 f6ef ed ec e6 f3 f2 79f9 79f8 79fb 79f5 "
        "ee f1").split()
VISCII = ("c1 c0 c4 c3 80 c2 84 85 86 06 87 c5 81 82 02 05 83 c9 c8 cb 88 89 ca 8a 8b 8c 8d 8e d3 d2 99 a0 9a d4 8f 90 91 92 93 b4 95 96 "
        "97 b3 94 da d9 9c 9d 9e bf ba bb bc ff b9 cd cc 9b ce 98 dd 9f 14 19 1e d0 e1 e0 e4 e3 d5 e2 a4 a5 a6 e7 a7 e5 a1 a2 c6 c7 a3 "
        "e9 e8 eb a8 a9 ea aa ab ac ad ae f3 f2 f6 f5 f7 f4 af b0 b1 b2 b5 bd be b6 b7 de fe fa f9 fc fb f8 df d1 d7 d8 e6 f1 ed ec ef "
        "ee b8 fd cf d6 db dc f0").split()
VIQR = ("A' A` A? A~ A. A^ A^' A^` A^? A^~ A^. A( A(' A(` A(? A(~ A(. E' E` E? E~ E. E^ E^' E^` E^? E^~ E^. O' O` O? O~ O. O^ O^' O^` "
        "O^? O^~ O^. O+ O+' O+` O+? O+~ O+. U' U` U? U~ U. U+ U+' U+` U+? U+~ U+. I' I` I? I~ I. Y' Y` Y? Y~ Y. DD a' a` a? a~ a. a^ "
        "a^' a^` a^? a^~ a^. a( a(' a(` a(? a(~ a(. e' e` e? e~ e. e^ e^' e^` e^? e^~ e^. o' o` o? o~ o. o^ o^' o^` o^? o^~ o^. o+ o+' "
        "o+` o+? o+~ o+. u' u` u? u~ u. u+ u+' u+` u+? u+~ u+. i' i` i? i~ i. y' y` y? y~ y. dd").split()

LEVELS = {"tuyet_mat": "TUYỆT MẬT", "toi_mat": "TỐI MẬT", "mat": "MẬT"}
HEAD = ["BỘ NGOẠI GIAO", "Số: 12/BC-BNG"]
BODY = ["Kính gửi: Lãnh đạo Bộ", "Thực hiện chỉ đạo của Thủ tướng Chính phủ, Vụ đã phối hợp với các đơn vị liên quan để chuẩn bị nội dung cuộc họp.",
        "Đề nghị các đồng chí nghiên cứu và cho ý kiến bằng văn bản trước ngày mười lăm tháng sáu. Những vấn đề còn lại sẽ được báo cáo sau.",
        "Nơi nhận: như trên; lưu văn thư."]
OTHERS = {  # language: level, marking, body
    "en": ("secret", "SECRET", ["The delegation arrived on Monday and the meeting agreed on the text of the statement.", "It will be sent to all missions before the next session of the committee."]),
    "en-top": ("top_secret", "TOP SECRET", ["The delegation arrived on Monday and the meeting agreed on the text of the statement."]),
    "nato": ("confidential", "NATO CONFIDENTIAL", ["The working group met on Tuesday and took note of the report on the exercise."]),
    "fr": ("top_secret", "TRÈS SECRET", ["La délégation est arrivée lundi et la réunion a approuvé le texte de la déclaration à l’unanimité, après un débat très animé."]),
    "ru": ("confidential", "СЕКРЕТНО", ["Экз. № 1", "Делегация прибыла в понедельник, и совещание одобрило текст совместного заявления о развитии сотрудничества."]),
    "cn": ("secret", "机密★10年", ["外交部关于召开工作会议的通知", "各单位：根据国务院的要求，现将会议的有关事项通知如下，请遵照执行。"]),
}


# ---- encodings: text to text, or to bytes ----

def bytes_by(table):
    pairs = {c: bytes.fromhex(h) for c, h in zip(LETTERS, table)}
    return lambda s: b"".join(pairs.get(c) or c.encode("latin-1", "replace") for c in s)


def windows_1258(s):
    out = b""
    for c in s:
        try:
            out += c.encode("cp1258")
            continue
        except UnicodeEncodeError:
            pass
        parts = unicodedata.normalize("NFD", c)
        tone = [p for p in parts if p in "\u0300\u0301\u0303\u0309\u0323"]
        base = unicodedata.normalize("NFC", "".join(p for p in parts if p not in tone))
        out += (base + "".join(tone)).encode("cp1258", "replace")
    return out


def composite(s):
    return windows_1258(s).decode("cp1258")


def viqr(s):
    pairs = dict(zip(LETTERS, VIQR))
    return "".join(pairs.get(c, c) for c in s)


def plain(s):
    return "".join(c for c in unicodedata.normalize("NFD", s) if not unicodedata.combining(c)).replace("đ", "d").replace("Đ", "D")


tcvn3, vni, viscii = bytes_by(TCVN3), bytes_by(VNI), bytes_by(VISCII)
UNICODE = {"nfc": lambda s: s, "nfd": lambda s: unicodedata.normalize("NFD", s), "composite": composite, "plain": plain}
BYTES = {"utf-8": lambda s: s.encode(), "utf-16": lambda s: s.encode("utf-16"), "utf-16le": lambda s: s.encode("utf-16-le"), "tcvn3": tcvn3, "vni": vni, "viscii": viscii,
         "cp1258": windows_1258, "viqr": lambda s: viqr(s).encode()}
FONTS = {"tcvn3": (lambda s: tcvn3(s).decode("latin-1"), ".VnTime"), "vni": (lambda s: vni(s).decode("cp1252", "replace"), "VNI-Times")}


# ---- containers: (lines, font) to bytes; lines are Unicode ----

def x(s):
    return s.replace("&", "&amp;").replace("<", "&lt;")


def packed(parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, text in parts:
            z.writestr(name, text)
    return out.getvalue()


def docx(lines, font, place="document"):
    run = '<w:rPr><w:rFonts w:ascii="%s" w:hAnsi="%s"/></w:rPr>' % (font, font) if font else ""
    ns = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    p = ["<w:p><w:r>%s<w:t xml:space='preserve'>%s</w:t></w:r></w:p>" % (run, x(s)) for s in lines]
    head = p[:1] if place == "header" else []
    types = ('<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/>'
             '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" '
             'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/><Override PartName="/word/header1.xml" '
             'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml"/></Types>')
    return packed([("[Content_Types].xml", types), ("word/document.xml", "<w:document %s><w:body>%s</w:body></w:document>" % (ns, "".join(p[len(head):]))),
                   ("word/header1.xml", "<w:hdr %s>%s</w:hdr>" % (ns, "".join(head) or "<w:p/>"))])


def pptx(lines, font):
    run = '<a:rPr><a:latin typeface="%s"/></a:rPr>' % font if font else ""
    p = "".join("<a:p><a:r>%s<a:t>%s</a:t></a:r></a:p>" % (run, x(s)) for s in lines)
    slide = ('<p:sld xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><p:cSld><p:spTree>'
             "<p:sp><p:txBody>%s</p:txBody></p:sp></p:spTree></p:cSld></p:sld>" % p)
    types = ('<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/ppt/presentation.xml" ContentType='
             '"application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"/><Override PartName="/ppt/slides/slide1.xml" ContentType='
             '"application/vnd.openxmlformats-officedocument.presentationml.slide+xml"/></Types>')
    rels = ('<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type='
            '"http://schemas.openxmlformats.org/officeDocument/2006/relationships/slide" Target="slides/slide1.xml"/></Relationships>')
    main = ('<p:presentation xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
            '<p:sldIdLst><p:sldId id="256" r:id="r1"/></p:sldIdLst></p:presentation>')
    return packed([("[Content_Types].xml", types), ("ppt/presentation.xml", main), ("ppt/_rels/presentation.xml.rels", rels), ("ppt/slides/slide1.xml", slide)])


def xlsx(lines, font):
    rows = "".join('<row r="%d"><c r="A%d" t="inlineStr"><is>%s</is></c></row>' % (
        i + 1, i + 1, '<r><rPr><rFont val="%s"/></rPr><t>%s</t></r>' % (font, x(s)) if font else "<t>%s</t>" % x(s)) for i, s in enumerate(lines))
    ns = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    types = ('<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/xl/workbook.xml" ContentType='
             '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType='
             '"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>')
    rels = ('<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type='
            '"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>')
    book = ('<workbook %s xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>' % ns)
    return packed([("[Content_Types].xml", types), ("xl/workbook.xml", book), ("xl/_rels/workbook.xml.rels", rels),
                   ("xl/worksheets/sheet1.xml", "<worksheet %s><sheetData>%s</sheetData></worksheet>" % (ns, rows))])


def odf_text(lines, font):
    style = ('<office:automatic-styles><style:style style:name="F" style:family="paragraph"><style:text-properties style:font-name="%s"/></style:style>'
             "</office:automatic-styles>" % font) if font else ""
    p = "".join("<text:p%s>%s</text:p>" % (' text:style-name="F"' if font else "", x(s)) for s in lines)
    return ('xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
            'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"', style + "<office:body><office:text>%s</office:text></office:body>" % p)


def odt(lines, font):
    ns, text = odf_text(lines, font)
    return packed([("mimetype", "application/vnd.oasis.opendocument.text"), ("content.xml", "<office:document-content %s>%s</office:document-content>" % (ns, text))])


def fodt(lines, font):
    ns, text = odf_text(lines, font)
    return ('<?xml version="1.0"?><office:document %s office:mimetype="application/vnd.oasis.opendocument.text">%s</office:document>' % (ns, text)).encode()


def rtf(lines, font):
    def letters(s):
        return "".join(c if ord(c) < 128 else "\\'%02x" % ord(c) if font and ord(c) < 256 else "".join("\\u%d?" % (u - 65536 if u > 32767 else u)
                       for u in memoryview(c.encode("utf-16-le")).cast("H")) for c in s)
    return ("{\\rtf1\\ansi\\ansicpg1252{\\fonttbl{\\f0 %s;}}\\f0 %s}" % (font or "Arial", "".join(letters(s) + "\\par\n" for s in lines))).encode()


def html(lines, font):
    style = ' style="font-family: %s"' % font if font else ""
    return ('<html><head><meta charset="utf-8"></head><body%s>%s</body></html>' % (style, "".join("<p>%s</p>" % x(s) for s in lines))).encode()


def entities(lines, font):
    return html(lines, font).decode().translate({i: "&#%d;" % i for i in range(128, 0x10000)}).encode()


def xml(lines, font):
    return ("<?xml version='1.0'?><doc>%s</doc>" % "".join("<p>%s</p>" % x(s) for s in lines)).encode()


def pdf(lines, font):
    """A font of identity codes, whose ToUnicode map is all that tells the letters."""
    used = sorted(set("".join(lines)))
    cmap = "begincmap\n1 begincodespacerange <0000> <ffff> endcodespacerange\n%s\nendcmap" % "\n".join(
        "%d beginbfchar\n%s\nendbfchar" % (len(used[i:i + 90]), "\n".join("<%04x> <%s>" % (used.index(c) + 1, c.encode("utf-16-be").hex()) for c in used[i:i + 90]))
        for i in range(0, len(used), 90))
    text = "BT /F 12 Tf 60 780 Td 20 TL %s ET" % "".join("<%s> Tj T* " % "".join("%04x" % (used.index(c) + 1) for c in s) for s in lines)
    objects = ["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
               "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F 5 0 R>>>>/Contents 4 0 R>>", "<</Length %d>>stream\n%s\nendstream" % (len(text), text),
               "<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[6 0 R]/ToUnicode 7 0 R>>",
               "<</Type/Font/Subtype/CIDFontType2/BaseFont/X/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/DW 600>>",
               "<</Length %d>>stream\n%s\nendstream" % (len(cmap), cmap)]
    return ("%PDF-1.4\n" + "".join("%d 0 obj%s endobj\n" % (i + 1, o) for i, o in enumerate(objects)) + "trailer<</Root 1 0 R>>\n").encode()


RICH = {"docx": docx, "docx-header": lambda l, f: docx(l, f, "header"), "pptx": pptx, "xlsx": xlsx, "odt": odt, "fodt": fodt, "rtf": rtf, "html": html, "entities": entities,
        "xml": xml, "pdf": pdf}
NO_FONT = ("xml", "pdf")


def eml(raw):
    return (b"From: a@b.vn\r\nTo: c@d.vn\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
            base64.encodebytes(raw))


RAW = {"txt": lambda b: b, "eml": eml, "zip": lambda b: packed([("a.txt", b)]), "nested": lambda b: packed([("b/c.zip", packed([("a.txt", b)]))]),
       "attachment": lambda b: (b"From: a@b.vn\r\nTo: c@d.vn\r\nSubject: y\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\n\r\nhi\r\n--q\r\n"
                                b"Content-Disposition: attachment; filename=a.txt\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(b) + b"\r\n--q--\r\n")}


def cases():
    """(name, bytes, level)"""
    for level, marking in list(LEVELS.items()) + [("none", None)]:
        lines = ([marking] if marking else []) + HEAD + BODY
        for e, encode in UNICODE.items():
            if e == "plain" and level == "mat":
                continue  # "MAT" alone is three words at once
            for c, make in RICH.items():
                yield "%s-%s-%s" % (level, e, c), make([encode(s) for s in lines], None), level
        for e, (encode, font) in FONTS.items():
            for c, make in RICH.items():
                if c not in NO_FONT:
                    yield "%s-%s-font-%s" % (level, e, c), make([encode(s) for s in lines], font), level
        for e, encode in BYTES.items():
            for c, make in RAW.items():
                yield "%s-%s-%s" % (level, e, c), make(encode("\r\n".join(lines) + "\r\n")), level
    for language, (level, marking, body) in OTHERS.items():
        for marked in (True, False):
            lines, want = ([marking] if marked else []) + body, level if marked else "none"
            for c, make in RICH.items():
                yield "%s-%s-%s" % (language, want, c), make(lines, None), want
            codecs = {"fr": ["cp1252"], "ru": ["cp1251", "koi8-r", "iso8859-5", "cp866"], "cn": ["gb18030"]}.get(language, ["ascii"]) + ["utf-8", "utf-16"]
            for codec in codecs:
                for c, make in RAW.items():
                    yield "%s-%s-%s-%s" % (language, want, codec, c), make("\r\n".join(lines).encode(codec, "replace")), want


def main():
    gatehouse, verbose, want = sys.argv[1], "--verbose" in sys.argv, {}
    with tempfile.TemporaryDirectory() as d:
        for name, data, level in cases():
            with open(os.path.join(d, name), "wb") as f:
                f.write(data)
            want[name] = level
        p = subprocess.run([gatehouse, "classify", d], stdout=subprocess.PIPE, check=True)
    got = {os.path.basename(r["file"]): r for r in map(json.loads, p.stdout.decode().splitlines())}
    bad = [n for n in want if got.get(n, {}).get("level") != want[n]]
    unread = [n for n in want if got.get(n, {}).get("read") != "full"]
    for n in bad:
        print("FAIL %s: want %s, got %s (encoding %s)" % (n, want[n], got.get(n, {}).get("level"), got.get(n, {}).get("encoding")))
    for n in unread if verbose else unread[:10]:
        print("FAIL %s: read %s (%s)" % (n, got.get(n, {}).get("read"), got.get(n, {}).get("unread_reason")))
    print("%d documents, %d with a wrong level, %d not read in full" % (len(want), len(bad), len(unread)))
    return 1 if bad or unread or len(want) < 400 else 0


if __name__ == "__main__":
    sys.exit(main())
