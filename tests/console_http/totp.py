# SPDX-License-Identifier: GPL-3.0-or-later
"""An authenticator (RFC 6238), made from the RFC alone, to hold the console's codes against."""
import base64
import hashlib
import hmac
import struct
import time


def code(secret, steps=0):
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    mac = hmac.new(key, struct.pack(">Q", int(time.time()) // 30 + steps), hashlib.sha1).digest()
    at = mac[19] & 15
    return "%06d" % ((struct.unpack(">I", mac[at:at + 4])[0] & 0x7FFFFFFF) % 1000000)
