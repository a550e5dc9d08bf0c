#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Registered documents the whole way: likeness_test.py GATEHOUSE SHARE

The office makes its documents known (gatehouse register), the console orders an appliance to have the index, and the policy for registered documents. Then
somebody sends a part of one, without its marking and in another form: the appliance knows it by likeness, and the console shows the alert and what it is
like. What has nothing to do with it is passed over."""
import os
import socket
import struct
import sys

from chain import Chain, Report, wait_for
from goods import Goods

GATEHOUSE = os.path.abspath(sys.argv[1])
report = Report()
check = report.check
chain = Chain(GATEHOUSE, "hello = 1s\n")
INSIDE, OUTSIDE = "10.2.0.5", "198.51.100.7"
SECRET = """TỐI MẬT
Vụ Lễ tân chủ trì, phối hợp với các đơn vị chuẩn bị chương trình đón đoàn đại biểu cấp cao sang thăm vào tuần thứ ba của tháng mười.
Đoàn sẽ đến sân bay lúc chín giờ sáng, đi thẳng về nhà khách số bốn và hội đàm kín ngay trong buổi chiều cùng ngày với đồng chí Bộ trưởng.
Nội dung hội đàm gồm hạn ngạch đánh bắt cá thu, việc mở lại cửa khẩu phía tây và khoản vay ưu đãi cho tuyến đường sắt ven biển đang dừng thi công.
Phương án dự phòng: nếu phía bạn không nhất trí về hạn ngạch thì chuyển sang bàn khoản vay trước, không công bố kết quả từng phần cho báo chí.
"""
OTHER = """Phòng Hành chính thông báo lịch cúp điện để bảo trì trạm biến áp từ bảy giờ sáng đến mười một giờ trưa ngày chủ nhật tuần này.
Đề nghị mọi người tắt máy tính, rút phích cắm thiết bị, cất tài liệu và đóng cửa sổ trước khi ra về vào chiều thứ bảy; bảo vệ sẽ đi kiểm tra.
"""
COPY = "<html><body>" + "".join("<p>%s</p>" % line.lower() for line in SECRET.splitlines()[1:]) + "</body></html>"


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def packet(src, sport, dst, dport, seq, ack, flags, data=b""):
    a, b = socket.inet_aton(src), socket.inet_aton(dst)
    tcp = struct.pack("!HHIIBBHHH", sport, dport, seq, ack, 0x50, flags, 65535, 0, 0) + data
    tcp = tcp[:16] + struct.pack("!H", checksum(a + b + struct.pack("!BBH", 0, 6, len(tcp)) + tcp)) + tcp[18:]
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 1, 0x4000, 64, 6, 0, a, b)
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + tcp


def upload(name, kind, text, port):
    """A PUT from the inside to the outside, from its handshake on."""
    body = text.encode()
    request = ("PUT /%s HTTP/1.1\r\nHost: files.example\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (name, kind, len(body))).encode() + body
    answer, out, seq = b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n", [], [1000, 5000]

    def send(side, flags, data=b""):
        ends = ((INSIDE, port), (OUTSIDE, 80))
        out.append(packet(*ends[side], *ends[1 - side], seq[side], seq[1 - side] if flags & 0x10 else 0, flags, data))
        seq[side] += len(data) + (1 if flags & 3 else 0)
    send(0, 2), send(1, 0x12), send(0, 0x10)
    for at in range(0, len(request), 1000):
        send(0, 0x18, request[at:at + 1000]), send(1, 0x10)
    send(1, 0x18, answer), send(0, 0x11), send(1, 0x11), send(0, 0x10)
    return out


def capture(path, packets):
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 101))
        for i, data in enumerate(packets):
            f.write(struct.pack("<IIII", 1795399200, i * 1000, len(data), len(data)) + data)


try:
    os.makedirs(chain.path("plans")), os.makedirs(chain.path("index"))
    chain.write("plans/le-tan.txt", SECRET)
    index = chain.path("index/registered.ghp")
    chain.command("register", "-o", index, "-k", chain.path("index/registered.key"), "--level", "toi_mat", chain.path("plans"))
    capture(chain.path("first.pcap"), upload("thong-bao.txt", "text/plain", OTHER, 40001))
    capture(chain.path("copy.pcap"), upload("ghi-chep.html", "text/html", COPY, 40002) + upload("thong-bao.txt", "text/plain", OTHER, 40003))
    chain.enrol()
    chain.start_console()
    api = chain.sign_in()
    goods = Goods(chain, api)
    goods.assign("policy", goods.add("policy", goods.policy("9", "registered-documents"), "registered", "9"))
    goods.assign("fingerprints", goods.add("fingerprints", chain.path("index"), "plans", "1"))
    chain.start_appliance("--replay", chain.path("first.pcap"))
    s = goods.settled("fingerprints", 1)
    check("the index goes down and is in force", s["state"] == "running" and s["running"]["name"] == "plans", s)
    check("so does the policy", goods.settled("policy", 1)["state"] == "running")
    check("the scanners use what came", "goods/fingerprints/active/registered.ghp" in chain.command("config", "-c", chain.path("appliance.conf")))
    chain.appliance.terminate()
    chain.appliance.wait(30)
    chain.start_appliance("--replay", chain.path("copy.pcap"))
    alert = wait_for("the copy raises an alert at the console", 60, lambda: api.get("/alerts")["items"])
    detail = api.get("/alerts/%s" % alert[0]["id"])["event"]
    similar = detail["gatehouse"]["document"]["similar"]
    check("by likeness", similar and similar[0]["document"].endswith("le-tan.txt") and similar[0]["containment"] > 0.5, similar)
    check("nothing else tells on it: no marking is in it", not detail["gatehouse"]["document"].get("findings"), detail["gatehouse"]["document"])
    check("its level is the registered one", detail["gatehouse"]["document"]["level"] == "toi_mat", detail["gatehouse"]["document"])
    check("by the policy that came", detail["gatehouse"]["verdict"]["policy"].endswith("@9"), detail["gatehouse"]["verdict"])
    wait_for("the run is reported", 60, lambda: chain.status().get("replay_recorded"))
    wait_for("both documents are", 30, lambda: len(api.get("/events?type=fileinfo")["items"]) >= 3)
    check("what is not like it is passed over", len(api.get("/alerts")["items"]) == 1, api.get("/alerts")["items"])
    # an index that is none
    os.makedirs(chain.path("none"))
    chain.write("none/registered.ghp", "no index"), chain.write("none/registered.key", "no key")
    goods.assign("fingerprints", goods.add("fingerprints", chain.path("none"), "plans", "2"))
    s = goods.settled("fingerprints", 2)
    check("one that is none is refused, and the one before stays", s["state"] == "refused" and s["reason"] and s["running"]["version"] == "1", s)
except AssertionError as e:
    check("likeness", False, "%s\n%s" % (e, chain.logs()))
finally:
    chain.remove()
report.end()
