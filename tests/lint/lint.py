#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The house rules that a compiler does not know: who may include whom, one door per package, banned calls, licence lines, file sizes.

  lint.py ROOT    prints each breach as file:line: sentence; exit 1 when there is one"""
import os
import re
import subprocess
import sys

ROOMS = ("base", "sensor", "rules", "policy", "console", "firmware", "tests", "bench")
SOURCES = (".c", ".h", ".def")
NEED_SPDX = (".c", ".h", ".def", ".py", ".sh", ".lua", ".ts", ".tsx", ".mjs", ".css", ".yar", ".sql")
# package: headers, and the files that may include them (more than one only where the package has parts that do not mix)
DOORS = {
    "libpcap": (r"pcap", ()), "nDPI": (r"ndpi", ()), "YARA": (r"yara", ()), "SQLite": (r"sqlite3", ()), "libcurl": (r"curl/|base/curl_strict", ("console/events/click_link.c",)),
    "poppler": (r"poppler|glib\.h|gio/", ()), "libarchive": (r"archive", ()), "expat": (r"expat", ()), "libhtp": (r"htp/", ()),
    "libseccomp": (r"seccomp\.h", ()), "Lua": (r"lua|lualib|lauxlib", ()), "zstd": (r"zstd", ("base/pack.c", "base/squeeze.c")), "libmicrohttpd": (r"microhttpd", ()),
    "GnuTLS": (r"gnutls/", ()), "brotli": (r"brotli/", ()), "jansson": (r"jansson", ()), "gmime": (r"gmime", ()),
    "libsodium": (r"sodium", ("base/seal.c", "base/keyfile.c", "base/keylock.c", "base/envelope.c", "base/password.c", "base/ioc_hash.c")),
    "libcrypto": (r"openssl/", ("base/digest.c", "base/cipher.c")), "zlib": (r"zlib\.h", ()), "ICU": (r"unicode/", ()), "libidn2": (r"idn2", ()), "libpq": (r"libpq-fe", ()),
    "libnats": (r"nats/|base/broker_impl", ("base/broker_impl.h", "base/broker.c", "base/broker_stream.c")), "cairo": (r"cairo", ()), "pango": (r"pango/", ()),
}
# a package that two rooms need has one door in each
PER_ROOM = {"zlib", "ICU", "libcurl", "libmicrohttpd"}
BANNED = re.compile(r"(?<![\w.>])(strcpy|strcat|sprintf|vsprintf|atoi|atol|atof|gets|alloca|strtok|system|popen|tmpnam|mktemp|rand|srand|setjmp|longjmp)\s*\(")
LINES_MAX = 600


def files(root):
    out = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard"], stdout=subprocess.PIPE, check=True, text=True).stdout
    return [f for f in out.split("\n") if f and os.path.isfile(os.path.join(root, f))]


def strip_comments(text):
    """Comments and strings become blanks of the same number of lines."""
    def blank(m):
        return "\n" * m.group(0).count("\n") if m.group(0).startswith("/") else '""'
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


class Lint:
    def __init__(self, root):
        self.root, self.breaches, self.doors, self.includes = root, [], {}, {}

    def say(self, f, line, text):
        self.breaches.append("%s:%d: %s" % (f, line, text))

    def arrows(self, f, line, name):
        room, target = f.split("/")[0], name.split("/")[0]
        if "/" not in name or target not in ROOMS or room in ("tests", "bench"): # they look at all
            return
        if target != room and target != "base":
            self.say(f, line, "a room may include only base/ and itself, not %s" % name)

    def door(self, f, line, name):
        if f.startswith(("tests/", "bench/")): # what they measure against is not part of the house
            return
        for package, (pattern, allowed) in DOORS.items():
            if re.match(pattern, name):
                key = (package, f.split("/")[0]) if package in PER_ROOM else (package, "")
                if f not in allowed:
                    self.doors.setdefault(key, {}).setdefault(f, line)

    def source(self, f, text):
        self.includes[f] = []
        for i, line in enumerate(text.split("\n"), 1):
            m = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            if not m:
                continue
            if m.group(1) == '"':
                self.arrows(f, i, m.group(2))
                self.includes[f].append(m.group(2))
            else:
                self.door(f, i, m.group(2))
        for i, line in enumerate(strip_comments(text).split("\n"), 1):
            m = BANNED.search(line)
            if m and not f.startswith("tests/"):
                self.say(f, i, "%s() is banned" % m.group(1))
        n = text.count("\n")
        if n > LINES_MAX and not f.startswith("tests/"):
            self.say(f, n, "more than %d lines: is this two things?" % LINES_MAX)

    def cycles(self):
        done, path = set(), []

        def walk(f):
            if f in path:
                self.say(f, 1, "include cycle: " + " -> ".join(path[path.index(f):] + [f]))
                return
            if f in done:
                return
            path.append(f)
            for name in self.includes.get(f, []):
                if name in self.includes and name != f:
                    walk(name)
            path.pop()
            done.add(f)
        for f in self.includes:
            walk(f)

    def run(self):
        for f in files(self.root):
            ext = os.path.splitext(f)[1]
            if ext not in NEED_SPDX or "/seeds" in f or "/samples/" in f:
                continue
            with open(os.path.join(self.root, f), encoding="utf-8", errors="replace") as h:
                text = h.read()
            if "SPDX-License-Identifier: GPL-3.0-or-later" not in "\n".join(text.split("\n")[:3]):
                self.say(f, 1, "the licence line is missing")
            if ext in SOURCES and f.split("/")[0] in ROOMS:
                self.source(f, text)
        self.cycles()
        for (package, _), users in self.doors.items():
            if len(users) > 1:
                for f, line in users.items():
                    self.say(f, line, "%s has more than one door: %s" % (package, ", ".join(users)))
        for b in sorted(set(self.breaches)):
            print(b)
        print("%d breaches" % len(set(self.breaches)))
        return 1 if self.breaches else 0


if len(sys.argv) != 2:
    sys.exit(__doc__)
sys.exit(Lint(sys.argv[1]).run())
