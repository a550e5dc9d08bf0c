#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the bundled capture: a morning of an invented ministry, in HTTP, SMTP, DNS and TLS.

  make.py OUT.pcap        writes the capture, and OUT.pcap.truth.jsonl: one line a document with what must be found
  make.py --documents DIR writes the documents themselves, for tests that serve them over real connections

Everything in it is invented. Standard library only; the same bytes every time."""
import base64
import gzip
import hashlib
import json
import os
import struct
import sys

import documents as d

START = 1795399200_000000  # 2026-11-23 09:00 +07:00, in microseconds
OFFICE, OFFICE2, SERVER = "10.20.1.15", "10.20.1.22", "10.20.0.10"
CLOUD, MAIL, PARTNER = "203.0.113.80", "198.51.100.25", "192.0.2.44"

PLAN = d.docx(["BỘ NGOẠI VỤ", "Số: 07/KH-NV", "KẾ HOẠCH LÀM VIỆC QUÝ IV", "Kính gửi: các đơn vị trực thuộc",
               "Nội dung chuẩn bị đàm phán được phân công cho các đơn vị theo phụ lục kèm theo."] * 3, header=["MẬT"])
REPORT = d.pdf(["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "Số: 12/BC-TM", "TỐI MẬT", "",
                "BÁO CÁO TÌNH HÌNH KHU VỰC", "Kính gửi: Lãnh đạo Bộ", "Các bên giữ nguyên lập trường đã nêu tại vòng trước."])
MENU = d.docx(["THỰC ĐƠN TUẦN CỦA NHÀ ĂN", "Thứ hai: canh chua, cá kho, chè mật ong", "Thứ ba: phở bò, trái cây",
               "Mật khẩu mạng khách được đổi vào ngày đầu tháng."])
MINUTES = d.odt(["MINUTES OF THE WEEKLY MEETING", "The secretariat will circulate the draft before Friday.", "Any other business: none."])
PAYROLL = d.xlsx([["Họ tên", "Số tiền"], ["Nguyễn Văn A", "1000"], ["Trần Thị B", "1200"]], vba=d.vba_project(
    b'Attribute VB_Name = "Module1"\r\nSub Auto_Open()\r\n  MsgBox "Tinh lai bang"\r\nEnd Sub\r\n'))
SEALED = d.encrypted_zip("ho-so-nhan-su.txt", ("Danh sách cán bộ\n" * 40).encode(), b"matkhau2026")
OLD = d.tcvn3("Bộ nội vụ\r\nSố: 3/CV\r\nĐộ mật: Tuyệt mật\r\nKính gửi: các đơn vị\r\n"
              "Đề nghị các đơn vị báo cáo tình hình trước ngày mười. Những vấn đề đã thống nhất được giữ nguyên.\r\n")
CABLE = ("CONFIDENTIAL\n\nSUBJECT: Visit of the delegation\n\n1. The delegation arrives on Thursday.\n2. No statement is planned.\n\nCONFIDENTIAL\n").encode()


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    s = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    while s >> 16:
        s = (s & 0xFFFF) + (s >> 16)
    return ~s & 0xFFFF


def address(a):
    return bytes(int(x) for x in a.split("."))


class Capture:
    def __init__(self):
        self.packets, self.now, self.ident = [], START, 1

    def ip(self, src, dst, proto, payload):
        head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), self.ident & 0xFFFF, 0x4000, 64, proto, 0) + address(src) + address(dst)
        self.ident += 1
        head = head[:10] + struct.pack(">H", checksum(head)) + head[12:]
        mac = lambda a: b"\x02\x00" + address(a)
        self.packets.append((self.now, mac(dst) + mac(src) + b"\x08\x00" + head + payload))
        self.now += 180

    def udp(self, src, sport, dst, dport, data):
        udp = struct.pack(">HHHH", sport, dport, 8 + len(data), 0) + data
        pseudo = address(src) + address(dst) + struct.pack(">BBH", 0, 17, len(udp))
        self.ip(src, dst, 17, udp[:6] + struct.pack(">H", checksum(pseudo + udp) or 0xFFFF) + udp[8:])

    def write(self, path):
        with open(path, "wb") as f:
            f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
            for t, p in self.packets:
                f.write(struct.pack("<IIII", t // 1000000, t % 1000000, len(p), len(p)) + p)


class Tcp:
    """One connection, client first; every seventh data segment comes late, every eleventh twice."""
    MSS = 1400

    def __init__(self, cap, client, cport, server, sport):
        self.cap, self.ends = cap, {True: (client, cport, server, sport), False: (server, sport, client, cport)}
        self.seq = {True: 1000 + cport, False: 900000 + cport}
        self.count = 0
        self.segment(True, 2, b"")
        self.segment(False, 18, b"")
        self.segment(True, 16, b"")

    def raw(self, up, flags, seq, data):
        src, sport, dst, dport = self.ends[up]
        tcp = struct.pack(">HHIIBBHHH", sport, dport, seq, self.seq[not up] if flags & 16 else 0, 0x50, flags, 64240, 0, 0) + data
        pseudo = address(src) + address(dst) + struct.pack(">BBH", 0, 6, len(tcp))
        self.cap.ip(src, dst, 6, tcp[:16] + struct.pack(">H", checksum(pseudo + tcp)) + tcp[18:])

    def segment(self, up, flags, data):
        self.raw(up, flags, self.seq[up], data)
        self.seq[up] += len(data) + (1 if flags & 3 else 0)

    def send(self, up, data):
        held = None
        for at in range(0, len(data), self.MSS):
            part, seq = data[at:at + self.MSS], self.seq[up]
            self.seq[up] += len(part)
            self.count += 1
            if self.count % 7 == 0 and held is None and at + self.MSS < len(data):
                held = (seq, part)
                continue
            self.raw(up, 24, seq, part)
            if self.count % 11 == 0:
                self.raw(up, 24, seq, part)
            if held:
                self.raw(up, 24, *held)
                held = None
            if self.count % 2 == 0:
                self.raw(not up, 16, self.seq[not up], b"")
        self.raw(not up, 16, self.seq[not up], b"")

    def close(self):
        self.segment(True, 17, b"")
        self.segment(False, 17, b"")
        self.segment(True, 16, b"")


def multipart(name, data):
    b = "----gatehouse7f3a"
    head = '--%s\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\nContent-Type: application/octet-stream\r\n\r\n' % (b, name)
    return b, head.encode() + data + ("\r\n--%s--\r\n" % b).encode()


def upload(cap, client, cport, server, host, name, data):
    t = Tcp(cap, client, cport, server, 80)
    boundary, body = multipart(name, data)
    t.send(True, ("POST /upload HTTP/1.1\r\nHost: %s\r\nUser-Agent: Mozilla/5.0\r\nContent-Type: multipart/form-data; boundary=%s\r\n"
                  "Content-Length: %d\r\n\r\n" % (host, boundary, len(body))).encode() + body)
    t.send(False, b"HTTP/1.1 201 Created\r\nServer: web\r\nContent-Length: 0\r\n\r\n")
    t.close()


def download(cap, client, cport, server, host, files):
    t = Tcp(cap, client, cport, server, 80)
    for i, (name, kind, data) in enumerate(files):
        t.send(True, ("GET /tai-lieu/%s HTTP/1.1\r\nHost: %s\r\nUser-Agent: Mozilla/5.0\r\nAccept-Encoding: gzip\r\n\r\n" % (name, host)).encode())
        body, extra = data, ""
        if i % 2:
            body, extra = gzip.compress(data, 9, mtime=0), "Content-Encoding: gzip\r\n"
        t.send(False, ("HTTP/1.1 200 OK\r\nServer: web\r\nContent-Type: %s\r\n%sTransfer-Encoding: chunked\r\n\r\n" % (kind, extra)).encode() +
               b"".join(b"%x\r\n" % len(body[at:at + 900]) + body[at:at + 900] + b"\r\n" for at in range(0, len(body), 900)) + b"0\r\n\r\n")
    t.close()


def mail(cap, client, cport, sender, to, subject, text, files):
    t = Tcp(cap, client, cport, MAIL, 25)
    b = "=_gatehouse_1"
    m = "From: <%s>\r\nTo: <%s>\r\nSubject: =?utf-8?b?%s?=\r\nMessage-ID: <%d@bo.example>\r\nDate: Mon, 23 Nov 2026 09:05:00 +0700\r\n" \
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"%s\"\r\n\r\n--%s\r\nContent-Type: text/plain; charset=utf-8\r\n" \
        "Content-Transfer-Encoding: base64\r\n\r\n%s\r\n" % (sender, to, base64.b64encode(subject.encode()).decode(), cport, b, b,
                                                             base64.encodebytes(text.encode()).decode().replace("\n", "\r\n"))
    for name, kind, data in files:
        m += '--%s\r\nContent-Type: %s\r\nContent-Disposition: attachment; filename="%s"\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n' % (
            b, kind, name, base64.encodebytes(data).decode().replace("\n", "\r\n"))
    m += "--%s--\r\n" % b
    t.send(False, b"220 mail.example ESMTP\r\n")
    for line, answer in (("EHLO may15.bo.example", b"250-mail.example\r\n250 8BITMIME\r\n"), ("MAIL FROM:<%s>" % sender, b"250 OK\r\n"),
                         ("RCPT TO:<%s>" % to, b"250 OK\r\n"), ("DATA", b"354 go on\r\n")):
        t.send(True, line.encode() + b"\r\n")
        t.send(False, answer)
    t.send(True, m.replace("\r\n.", "\r\n..").encode() + b".\r\n")
    t.send(False, b"250 queued\r\n")
    t.send(True, b"QUIT\r\n")
    t.send(False, b"221 bye\r\n")
    t.close()


def dns(cap, client, port, name, answer):
    q = struct.pack(">HHHHHH", port, 0x0100, 1, 0, 0, 0) + b"".join(bytes([len(x)]) + x.encode() for x in name.split(".")) + b"\0\0\1\0\1"
    cap.udp(client, port, SERVER, 53, q)
    cap.udp(SERVER, 53, client, port, q[:2] + b"\x81\x80" + q[4:6] + b"\0\1" + q[8:] + b"\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4" + address(answer))


def tls_hello(cap, client, cport, server, name):
    """A ClientHello and a fatal alert: enough for the name asked for."""
    n = name.encode()
    ext = struct.pack(">HHHBH", 0, len(n) + 5, len(n) + 3, 0, len(n)) + n + b"\0\x2b\0\3\2\3\4" + b"\0\x0a\0\4\0\2\0\x1d" + b"\0\x0d\0\4\0\2\4\3"
    body = b"\3\3" + bytes(range(32)) + b"\0" + b"\0\4\x13\1\x13\2" + b"\1\0" + struct.pack(">H", len(ext)) + ext
    t = Tcp(cap, client, cport, server, 443)
    t.send(True, b"\x16\3\1" + struct.pack(">H", len(body) + 4) + b"\1\0" + struct.pack(">H", len(body)) + body)
    t.send(False, b"\x15\3\3\0\2\2\x28")
    t.close()


# name, bytes, protocol, level, verdict of the standard policy, and how it travels
DOCUMENTS = [
    ("thuc-don.docx", MENU, "http", "none", "log"), ("bien-ban.odt", MINUTES, "http", "none", "log"),
    ("ke-hoach-quy-4.docx", PLAN, "http", "mat", "block"), ("bao-cao-tinh-hinh.pdf", REPORT, "smtp", "toi_mat", "block"),
    ("ho-so.zip", SEALED, "smtp", "none", "alert"), ("bang-luong.xlsm", PAYROLL, "http", "none", "log"),
    ("cong-van-cu.txt", OLD, "http", "tuyet_mat", "log"), ("cable.txt", CABLE, "smtp", "confidential", "block"),
]


def make(path):
    cap = Capture()
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    dns(cap, OFFICE, 40001, "tailieu.bo.example", SERVER)
    download(cap, OFFICE, 40100, SERVER, "tailieu.bo.example", [("thuc-don.docx", word, MENU),
                                                                ("bien-ban.odt", "application/vnd.oasis.opendocument.text", MINUTES)])
    cap.now += 2_000000
    dns(cap, OFFICE, 40002, "chia-se.example.net", CLOUD)
    upload(cap, OFFICE, 40101, CLOUD, "chia-se.example.net", "ke-hoach-quy-4.docx", PLAN)
    cap.now += 3_000000
    mail(cap, OFFICE2, 40102, "van.thu@bo.example", "ban@doi-tac.example", "Báo cáo tình hình", "Kính gửi anh báo cáo như đã hẹn.\n",
         [("bao-cao-tinh-hinh.pdf", "application/pdf", REPORT)])
    cap.now += 1_500000
    mail(cap, OFFICE2, 40103, "to.chuc@bo.example", "nhan.su@doi-tac.example", "Hồ sơ", "Mật khẩu gửi sau.\n", [("ho-so.zip", "application/zip", SEALED)])
    cap.now += 1_000000
    dns(cap, OFFICE, 40003, "bieu-mau.example.org", PARTNER)
    download(cap, OFFICE, 40104, PARTNER, "bieu-mau.example.org", [("bang-luong.xlsm", "application/vnd.ms-excel.sheet.macroEnabled.12", PAYROLL)])
    tls_hello(cap, OFFICE, 40105, PARTNER, "cap-nhat.example.org")
    cap.now += 1_000000
    upload(cap, OFFICE2, 40106, SERVER, "luu-tru.bo.example", "cong-van-cu.txt", OLD)
    cap.now += 1_000000
    mail(cap, OFFICE, 40107, "desk@bo.example", "embassy@partner.example", "Visit", "Please find the cable attached.\n", [("cable.txt", "text/plain", CABLE)])
    cap.write(path)
    with open(path + ".truth.jsonl", "w") as f:
        for name, data, proto, level, verdict in DOCUMENTS:
            f.write(json.dumps({"file": name, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "proto": proto, "level": level,
                                "verdict": verdict}) + "\n")


def main(argv):
    if len(argv) == 3 and argv[1] == "--documents":
        os.makedirs(argv[2], exist_ok=True)
        for name, data, *_ in DOCUMENTS:
            with open(os.path.join(argv[2], name), "wb") as f:
                f.write(data)
    elif len(argv) == 2 and not argv[1].startswith("-"):
        make(argv[1])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv)
