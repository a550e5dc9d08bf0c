#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Envelopes and messages by docs/envelope.md alone: vectors_test.py fixed|fresh MAKE_VECTORS

libsodium and zstd by ctypes, BLAKE2b from hashlib; no code of this project. 'fixed' reads what an earlier version printed."""
import base64
import ctypes
import ctypes.util
import hashlib
import json
import os
import re
import struct
import subprocess
import sys

here = os.path.dirname(os.path.abspath(__file__))
sodium_name, zstd_name = ctypes.util.find_library("sodium"), ctypes.util.find_library("zstd")
if not sodium_name or not zstd_name:
    print("skipped: libsodium or libzstd is not there")
    sys.exit(77)
sodium, zstd = ctypes.CDLL(sodium_name), ctypes.CDLL(zstd_name)
assert sodium.sodium_init() >= 0
zstd.ZSTD_createDCtx.restype = ctypes.c_void_p
zstd.ZSTD_decompress_usingDict.restype = ctypes.c_size_t
passed = failed = 0


def check(name, good):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("FAIL", name)


class Keys:
    def __init__(self, seed):
        secret = bytes(seed + i & 255 for i in range(64))
        self.sign, sk = ctypes.create_string_buffer(32), ctypes.create_string_buffer(64)
        sodium.crypto_sign_seed_keypair(self.sign, sk, secret[:32])
        box = ctypes.create_string_buffer(32)
        sodium.crypto_scalarmult_base(box, secret[32:])
        self.sign, self.box, self.secret = self.sign.raw, box.raw, secret[32:]
        self.id = H("gatehouse-identity-v1", self.sign, self.box)[:16]

    def open(self, sealed):
        out = ctypes.create_string_buffer(len(sealed) - 48)
        good = sodium.crypto_box_seal_open(out, sealed, ctypes.c_ulonglong(len(sealed)), self.box, self.secret) == 0
        return out.raw if good else None

    def signed(self, domain, message, sig):
        state = ctypes.create_string_buffer(1024)
        sodium.crypto_sign_init(state)
        part = domain.encode() + b"\0" + message
        sodium.crypto_sign_update(state, part, ctypes.c_ulonglong(len(part)))
        return sodium.crypto_sign_final_verify(state, sig, self.sign) == 0


def H(domain, *parts):
    return hashlib.blake2b(domain.encode() + b"\0" + b"".join(parts), digest_size=32).digest()


def dictionary():
    text = open(os.path.join(here, "..", "..", "base", "pack_dict.h")).read()
    body = text[text.index("pack_dict_1[] ="):]
    return b"".join(s.encode().decode("unicode_escape").encode("latin-1") for s in re.findall(r'"((?:[^"\\]|\\.)*)"', body))


def unpack(packed, n, with_dictionary):
    out, d = ctypes.create_string_buffer(n + 1), dictionary() if with_dictionary else b""
    ctx = ctypes.c_void_p(zstd.ZSTD_createDCtx())
    got = zstd.ZSTD_decompress_usingDict(ctx, out, ctypes.c_size_t(n), packed, ctypes.c_size_t(len(packed)), d, ctypes.c_size_t(len(d)))
    return out.raw[:n] if got == n else None


def batch(b, appliance):
    magic, who, number, previous, wall, records, digest, sig, length = struct.unpack_from("<8s16sQ32sQI32s64sI", b)
    head = b[:108]
    check("batch: head", (magic, who, number, previous, wall, records) == (b"GHBATCH1", appliance.id, 2, b"\xab" * 32, 1763975513000000, 2))
    check("batch: signature", appliance.signed("gatehouse-batch-v1", H("gatehouse-batch-header-v1", head), sig))
    check("batch: a changed signature", not appliance.signed("gatehouse-batch-v1", H("gatehouse-batch-header-v1", head), sig[:-1] + bytes([sig[-1] ^ 1])))
    plain, at, hashes, texts = unpack(b[176:], length & ~(1 << 28), length >> 28 & 1), 0, b"", []
    check("batch: unpacks", plain is not None)
    while plain and at < len(plain):
        n = struct.unpack_from("<I", plain, at + 21)[0]
        text = plain[at + 25:at + 25 + n]
        hashes += H("gatehouse-record-v1", plain[at:at + 21], text)
        texts.append((struct.unpack_from("<QQIB", plain, at), json.loads(text)["event_type"]))
        at += 25 + n
    check("batch: records", texts == [((7, 1, 0, 3), "flow"), ((7, 1, 1, 0), "alert")])
    check("batch: their hash", H("gatehouse-records-v1", hashes) == digest)
    return H("gatehouse-batch-header-v1", head)


def main():
    if sys.argv[1] == "fresh":
        v = json.loads(subprocess.run([sys.argv[2]], stdout=subprocess.PIPE, check=True, timeout=30).stdout)
    else:
        v = json.load(open(os.path.join(here, "vectors.json")))
    x = {k: bytes.fromhex(t) if k != "code" else t for k, t in v.items()}
    appliance, console, after = Keys(1), Keys(101), Keys(151)
    check("batch: hash", batch(x["batch"], appliance) == x["batch_hash"])
    check("sealed", x["sealed"][:8] == b"GHSEAL01" and console.open(x["sealed"][8:]) == x["batch"] and appliance.open(x["sealed"][8:]) is None)
    h = x["hello"]
    check("hello", len(h) == 144 and h[:8] == b"GHHELLO1" and h[8:24] == appliance.id and struct.unpack("<QQQ", h[24:48]) == (1, 2, 1763975513000000) and
          appliance.signed("gatehouse-journal-head-v1", h[24:80], h[80:]))
    r = json.loads(x["receipt"])
    check("receipt", r["gatehouse"] == "receipt-v1" and bytes.fromhex(r["appliance"]) == appliance.id and r["receipt"] == 2 and
          console.signed("gatehouse-receipt-v1", appliance.id + struct.pack("<Q", 2) + bytes.fromhex(r["hash"]), base64.b64decode(r["signature"])))
    p = x["piece"]
    check("piece", p == b"GHPIECE1" + H("gatehouse-upload-v1", b"goesafter")[:16] + struct.pack("<IIB", 9, 4, 1) + b"after")
    check("part", x["part"] == b"GHPART01" + b"\x11" * 32 + struct.pack("<QQB", 3, 7, 0) + b"tail")
    o = x["order"]
    check("order", len(o) == 141 and o[:77] == b"GHORDER1" + appliance.id + struct.pack("<BQQ", 1, 5, 1763975513000000) + b"\x22" * 32 + struct.pack("<I", 99) and
          console.signed("gatehouse-goods-order-v1", o[:77], o[77:]))
    check("ask", x["ask"] == b"GHASK001" + o + struct.pack("<BI", 1, struct.unpack_from("<I", x["ask"], 150)[0]) + b"\x33" * 32)
    s = x["succession"]
    check("succession", len(s) == 200 and s[:136] == b"GHKEYS01" + console.id + after.sign + after.box + b"\x44" * 32 + struct.pack("<QQ", 1763975513000000, 1766567513000000) and
          console.signed("gatehouse-console-succession-v1", s[:136], s[136:]))
    check("join", x["join"][:8] == b"GHJOIN01" and console.open(x["join"][8:]) == x["secret"] + b'{"request":1}')
    letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    groups = [[letters.index(c) for c in g] for g in x["code"].split("-")]
    bits = "".join("{:05b}".format(c) for g in groups for c in g[:4])
    code = int(bits, 2).to_bytes(20, "big")
    pin = b"A" * 43 + b"="
    check("code: secret and console", code == x["secret"] + H("gatehouse-invitation-console-v1", console.sign, console.box, after.sign, after.box, pin)[:10])

    def times(v):
        return v << 1 ^ (37 if v & 16 else 0)
    for n, g in enumerate(groups):
        total = n + 1
        for c in g[:4]:
            total = times(total) ^ c
        check("code: check of group %d" % (n + 1), times(total) == g[4])
    print("%d passed, %d failed" % (passed, failed))
    return failed or not passed


sys.exit(1 if main() else 0)
