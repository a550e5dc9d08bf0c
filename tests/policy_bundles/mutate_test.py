#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every threshold, level, setting and comparison of a standard bundle is pinned by one of its own tests.

  mutate_test.py GATEHOUSE [BUNDLE...]      --list shows each change

Each change is made alone in a copy of the bundle; its tests must then fail. Numbers and times become one more and one less, levels one higher and
one lower, comparisons their neighbours and opposites, `and` becomes `or`, `not` goes, texts become others, and of each list a row is left out.
Names, titles, reasons, categories and severities say nothing about what is decided and are left alone, and so are the networks of the example."""
import datetime
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
POLICY = os.path.normpath(os.path.join(HERE, "..", "..", "policy"))
TOKEN = re.compile(r'(?P<gap>\s+|--[^\n]*)|(?P<text>"(?:[^"\\]|\\.)*")|(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_]\w*)|(?P<sign>[<>=~]=|\.\.|.)', re.S)
LEVELS = ["none", "restricted", "mat", "toi_mat", "tuyet_mat"]
ACTIONS = ["allow", "log", "alert", "quarantine", "block"]
OTHER = {"==": ["~="], "~=": ["=="], "<": ["<=", ">="], ">": [">=", "<="], "<=": ["<", ">"], ">=": [">", "<"], "and": ["or"], "or": ["and"],
         "not": [""], "true": ["false"], "false": ["true"]}
SAY_NOTHING = {"id", "title", "reason", "category", "severity", "name", "networks", "min", "max", "values"}
# What a zone of the example may hold is decided upon in one bundle only.
HOLDS_COUNTS = {"state-secrets"}


def tokens(source):
    """(kind, text, start) of everything that is not space or comment."""
    return [(m.lastgroup, m.group(), m.start()) for m in TOKEN.finditer(source) if m.lastgroup != "gap"]


def value_end(toks, i):
    """Index behind the value that begins at i: a text, a number, or a table with all that is in it."""
    depth = 0
    while True:
        depth += (toks[i][1] == "{") - (toks[i][1] == "}")
        i += 1
        if depth == 0:
            return i


def neighbours(value, order):
    at = order.index(value)
    return order[max(at - 1, 0):at] + order[at + 1:at + 2]


def of_number(text):
    if "." in text:
        return ["%g" % (float(text) + d) for d in (-0.01, 0.01)]
    return [str(int(text) + d) for d in (-1, 1)]


def of_date(text):
    return [str(datetime.date.fromisoformat(text) + datetime.timedelta(days)) for days in (-1, 1)]


def of_text(text, before):
    if before == "action":
        return neighbours(text, ACTIONS)
    if text in LEVELS:
        return neighbours(text, LEVELS)
    m = re.fullmatch(r"(\d+)([smhd])", text)
    if m: # a span of time
        seconds = int(m.group(1)) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[m.group(2)]
        return ["%ds" % (seconds - 1), "%ds" % (seconds + 1)]
    m = re.fullmatch(r"(\d\d):(\d\d)", text)
    if m: # a time of day
        minutes = int(m.group(1)) * 60 + int(m.group(2))
        return ["%02d:%02d" % divmod(minutes + d, 60) for d in (-1, 1)]
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return of_date(text)
    return [text + "x"]


def of_lua(source, silent):
    """(start, length, replacement) of each change."""
    toks, i = tokens(source), 0
    while i < len(toks):
        kind, text, start = toks[i]
        before = toks[i - 2][1] if i > 1 and toks[i - 1][1] == "=" else ""
        if kind == "name" and text in silent and i + 1 < len(toks) and toks[i + 1][1] == "=" and toks[i - 1][1] in "{,":
            i = value_end(toks, i + 2)
            continue
        if kind == "number":
            for other in of_number(text):
                yield start, len(text), other
        elif kind == "text":
            for other in of_text(text[1:-1], before):
                yield start, len(text), '"%s"' % other
            if toks[i - 1][1] in "{," and toks[i + 1][1] in ",}": # one of a list
                first = start if toks[i + 1][1] == "," or toks[i - 1][1] == "{" else toks[i - 1][2]
                yield first, toks[i + 1][2] + (toks[i + 1][1] == ",") - first, ""
        elif text in OTHER:
            for other in OTHER[text]:
                yield start, len(text), other
        i += 1


def changes(bundle):
    """(file, line, what, new content) of each change to a bundle."""
    silent = SAY_NOTHING if os.path.basename(bundle) in HOLDS_COUNTS else SAY_NOTHING | {"holds"}
    for name in ("policy.lua", "settings.lua", "zones.lua"):
        path = os.path.join(bundle, name)
        if not os.path.exists(path):
            continue
        source = open(path, encoding="utf-8").read()
        for start, length, other in of_lua(source, silent):
            what = "%s -> %s" % (source[start:start + length], other or "(gone)")
            yield name, source.count("\n", 0, start) + 1, what, source[:start] + other + source[start + length:]
    lists = os.path.join(bundle, "lists")
    for name in sorted(os.listdir(lists)) if os.path.isdir(lists) else []:
        rows = open(os.path.join(lists, name), encoding="utf-8").read().splitlines(True)
        for i in range(1, len(rows)):
            yield "lists/" + name, i + 1, "without " + rows[i].split(",")[0], "".join(rows[:i] + rows[i + 1:])
            until = rows[i].split(",")[1]
            for other in of_date(until) if until else []:
                yield "lists/" + name, i + 1, until + " -> " + other, "".join(rows[:i] + [rows[i].replace(until, other)] + rows[i + 1:])


def passes(gatehouse, bundle):
    return subprocess.run([gatehouse, "policy", "test", bundle], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120).returncode == 0


def try_share(gatehouse, bundle, share):
    """Those of the changes that no test notices."""
    name, alive = os.path.basename(bundle), []
    with tempfile.TemporaryDirectory() as scratch:
        work = os.path.join(scratch, name)
        shutil.copytree(bundle, work)
        for file, line, what, content in share:
            path = os.path.join(work, file)
            with open(path, "w", encoding="utf-8") as f:
                f.write(content)
            if passes(gatehouse, work):
                alive.append("%s/%s:%d: %s" % (name, file, line, what))
            shutil.copyfile(os.path.join(bundle, file), path)
    return alive


def main(argv):
    show = "--list" in argv
    argv = [a for a in argv if a != "--list"]
    if len(argv) < 2:
        sys.exit(__doc__)
    gatehouse, names = argv[1], argv[2:]
    if not names:
        names = sorted(n for n in os.listdir(POLICY) if n != "standard" and os.path.exists(os.path.join(POLICY, n, "bundle.json")))
    total = survivors = 0
    with ThreadPoolExecutor(2) as pool:
        for name in names:
            bundle = os.path.join(POLICY, name)
            if not passes(gatehouse, bundle):
                print("FAIL %s: its tests do not pass unchanged" % name)
                survivors += 1
                continue
            every = list(changes(bundle))
            if show:
                print("".join("  %s:%d: %s\n" % c[:3] for c in every), end="")
            alive = sum(pool.map(lambda share: try_share(gatehouse, bundle, share), (every[0::2], every[1::2])), [])
            for a in alive:
                print("FAIL no test notices %s" % a)
            print("%s: %d changes, %d unnoticed" % (name, len(every), len(alive)))
            total, survivors = total + len(every), survivors + len(alive)
    print("%d passed, %d failed" % (total - survivors, survivors))
    return survivors != 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
