# SPDX-License-Identifier: GPL-3.0-or-later
"""Invented documents for the bundled capture: real file formats, no real content. Standard library only; the same bytes every time."""
import struct
import zipfile
import zlib
from io import BytesIO

DATE = (2026, 11, 23, 9, 0, 0)
CONTENT_TYPES = '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">%s</Types>'
RELS = '<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">%s</Relationships>'
REL = '<Relationship Id="%s" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/%s" Target="%s"/>'
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"


def package(parts):
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in parts:
            method = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            z.writestr(zipfile.ZipInfo(name, DATE), data.encode() if isinstance(data, str) else data, method)
    return out.getvalue()


def override(name, kind):
    return '<Override PartName="%s" ContentType="%s"/>' % (name, kind)


def word_part(root, paragraphs):
    body = "".join('<w:p><w:r><w:t xml:space="preserve">%s</w:t></w:r></w:p>' % p for p in paragraphs)
    inner = "<w:body>%s%s</w:body>" % (body, '<w:sectPr><w:headerReference xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/'
                                       'relationships" w:type="default" r:id="rId1"/></w:sectPr>' if root == "document" else "")
    return '<?xml version="1.0" encoding="UTF-8"?><w:%s xmlns:w="%s">%s</w:%s>' % (root, WORD, inner if root == "document" else body, root)


def docx(paragraphs, header=None):
    """A Word document; header is what stands on top of each page."""
    types = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>' + \
        override("/word/document.xml", WORD_TYPE + ".document.main+xml")
    parts = [("_rels/.rels", RELS % (REL % ("rId1", "officeDocument", "word/document.xml")))]
    if header:
        types += override("/word/header1.xml", WORD_TYPE + ".header+xml")
        parts += [("word/_rels/document.xml.rels", RELS % (REL % ("rId1", "header", "header1.xml"))),
                  ("word/header1.xml", word_part("hdr", header))]
    parts.append(("word/document.xml", word_part("document", paragraphs)))
    return package([("[Content_Types].xml", CONTENT_TYPES % types)] + parts)


def xlsx(rows, vba=None):
    """A workbook with one sheet of text cells; vba (bytes of vbaProject.bin) makes it macro-enabled."""
    kind = "application/vnd.ms-excel.sheet.macroEnabled.main+xml" if vba else \
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    types = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>' + \
        '<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/>' + override("/xl/workbook.xml", kind) + \
        override("/xl/worksheets/sheet1.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml")
    cells = "".join("<row>%s</row>" % "".join('<c t="inlineStr"><is><t>%s</t></is></c>' % c for c in r) for r in rows)
    parts = [
        ("[Content_Types].xml", CONTENT_TYPES % types),
        ("_rels/.rels", RELS % (REL % ("rId1", "officeDocument", "xl/workbook.xml"))),
        ("xl/workbook.xml", '<?xml version="1.0" encoding="UTF-8"?><workbook xmlns="%s" xmlns:r="http://schemas.openxmlformats.org/'
         'officeDocument/2006/relationships"><sheets><sheet name="Bảng" sheetId="1" r:id="rId1"/></sheets></workbook>' % SHEET),
        ("xl/_rels/workbook.xml.rels", RELS % (REL % ("rId1", "worksheet", "worksheets/sheet1.xml") + (
            '<Relationship Id="rId2" Type="http://schemas.microsoft.com/office/2006/relationships/vbaProject" Target="vbaProject.bin"/>'
            if vba else ""))),
        ("xl/worksheets/sheet1.xml", '<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="%s"><sheetData>%s</sheetData></worksheet>'
         % (SHEET, cells)),
    ]
    return package(parts + ([("xl/vbaProject.bin", vba)] if vba else []))


def odt(paragraphs):
    body = "".join("<text:p>%s</text:p>" % p for p in paragraphs)
    content = ('<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
               'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2"><office:body><office:text>%s</office:text>'
               "</office:body></office:document-content>" % body)
    manifest = ('<?xml version="1.0" encoding="UTF-8"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
                '<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.text"/></manifest:manifest>')
    return package([("mimetype", "application/vnd.oasis.opendocument.text"), ("content.xml", content), ("META-INF/manifest.xml", manifest)])


def pdf(lines):
    """One page; every character is its own glyph number, and ToUnicode tells what it stands for."""
    glyphs = sorted({c for line in lines for c in line})
    number = {c: i + 1 for i, c in enumerate(glyphs)}
    pairs = "".join("<%04x> <%s>\n" % (number[c], c.encode("utf-16-be").hex()) for c in glyphs)
    cmap = ("/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /G def /CMapType 2 def\n"
            "1 begincodespacerange <0000> <ffff> endcodespacerange\n%d beginbfchar\n%sendbfchar\nendcmap end end" % (len(glyphs), pairs))
    text = "BT /F1 13 Tf 72 780 Td 18 TL\n" + "".join("<%s> Tj T*\n" % "".join("%04x" % number[c] for c in line) for line in lines) + "ET"

    def stream(data):
        z = zlib.compress(data.encode(), 9)
        return b"<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(z) + z + b"\nendstream"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 5 0 R >> >> /Contents 4 0 R >>",
        stream(text),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /Serif /Encoding /Identity-H /DescendantFonts [6 0 R] /ToUnicode 7 0 R >>",
        b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Serif /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> "
        b"/FontDescriptor 8 0 R /DW 600 >>",
        stream(cmap),
        b"<< /Type /FontDescriptor /FontName /Serif /Flags 4 /FontBBox [0 -200 1000 900] /ItalicAngle 0 /Ascent 800 /Descent -200 /CapHeight 700 "
        b"/StemV 80 >>",
    ]
    out, offsets = b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n", []
    for i, o in enumerate(objects):
        offsets.append(len(out))
        out += b"%d 0 obj\n" % (i + 1) + o + b"\nendobj\n"
    xref = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(b"%010d 00000 n \n" % o for o in offsets)
    return out + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, xref)


def encrypted_zip(name, data, password):
    """Traditional PKWARE encryption (APPNOTE 6.1): weak, but what people use."""
    table = [0] * 256
    for i in range(256):
        c = i
        for _ in range(8):
            c = c >> 1 ^ (0xEDB88320 if c & 1 else 0)
        table[i] = c
    keys = [0x12345678, 0x23456789, 0x34567890]

    def update(byte):
        keys[0] = keys[0] >> 8 ^ table[(keys[0] ^ byte) & 255]
        keys[1] = (keys[1] + (keys[0] & 255)) * 134775813 + 1 & 0xFFFFFFFF
        keys[2] = keys[2] >> 8 ^ table[(keys[2] ^ keys[1] >> 24) & 255]

    def encrypt(byte):
        t = keys[2] | 2
        update(byte)
        return byte ^ (t * (t ^ 1) >> 8 & 255)
    for byte in password:
        update(byte)
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = compressor.compress(data) + compressor.flush()
    crc = zlib.crc32(data)
    body = bytes(encrypt(b) for b in bytes(range(11)) + bytes([crc >> 24]) + packed)
    n = name.encode()
    common = struct.pack("<HHHHHIIIHH", 20, 0x801, 8, 0x4800, 0x5B77, crc, len(body), len(data), len(n), 0)
    local = b"PK\x03\x04" + common + n + body
    central = b"PK\x01\x02" + struct.pack("<H", 20) + common + struct.pack("<HHHII", 0, 0, 0, 0, 0) + n
    return local + central + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)


def ovba(text):
    """MS-OVBA 2.4.1: a compressed container of literal tokens only."""
    out = b"\x01"
    for at in range(0, len(text), 3640):
        chunk = text[at:at + 3640]
        tokens = b"".join(b"\x00" + chunk[i:i + 8] for i in range(0, len(chunk), 8))
        out += struct.pack("<H", len(tokens) + 2 - 3 | 0xB000) + tokens
    return out


def compound(streams):
    """MS-CFB version 3 with one storage "VBA"; every stream padded past the mini-stream limit, so that there is no mini FAT."""
    sector = 512
    data, fat, entries = b"", [], []

    def add(content):
        nonlocal data
        first = len(fat)
        n = max(1, -(-len(content) // sector))
        fat.extend(list(range(first + 1, first + n)) + [0xFFFFFFFE])
        data += content.ljust(n * sector, b"\0")
        return first

    def entry(name, kind, child=0xFFFFFFFF, right=0xFFFFFFFF, start=0, size=0):
        n = name.encode("utf-16-le") + b"\0\0"
        return n.ljust(64, b"\0") + struct.pack("<HBBIII", len(n), kind, 1, 0xFFFFFFFF, right, child) + bytes(36) + \
            struct.pack("<IQ", start, size)
    entries.append(entry("Root Entry", 5, child=1, start=0xFFFFFFFE))
    entries.append(entry("VBA", 1, child=2))
    for i, (name, content) in enumerate(streams):
        content = content.ljust(4096, b"\0")
        right = 3 + i if i + 1 < len(streams) else 0xFFFFFFFF
        entries.append(entry(name, 2, right=right, start=add(content), size=len(content)))
    directory = add(b"".join(entries).ljust(-(-len(entries) // 4) * sector, b"\0"))
    fat_at = len(fat)
    fat.append(0xFFFFFFFD)
    data += b"".join(struct.pack("<I", f) for f in fat).ljust(sector, b"\xff")
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6) + \
        struct.pack("<IIIIIIIIII", 0, 1, directory, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, fat_at)
    return head.ljust(sector, b"\xff") + data


def vba_project(source):
    return compound([("dir", ovba(b"\x01\x00\x04\x00\x00\x00\x03\x00\x00\x00")), ("Module1", ovba(source))])


TCVN3_LETTERS = "Đăâêôơưđàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ"
TCVN3_CODES = "a7a8a9aaabacadaeb5b6b7b8b9bbbcbdbec6c7c8c9cacbcccecfd0d1d2d3d4d5d6d7d8dcdddedfe1e2e3e4e5e6e7e8e9eaebecedeeeff1f2f3f4f5f6f7f8f9fafbfcfdfe"


def tcvn3(text):
    """TCVN3 (ABC) as typed before Unicode; capitals with tones do not exist there."""
    table = dict(zip(TCVN3_LETTERS, bytes.fromhex(TCVN3_CODES)))
    return bytes(table.get(c, ord(c)) for c in text)
