#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""gatehouse register --values, and what classify then tells.  value_test.py GATEHOUSE"""
import json
import os
import subprocess
import sys
import tempfile

gatehouse, failed = sys.argv[1], 0


def run(*args):
    p = subprocess.run([gatehouse, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    return p.returncode, p.stdout.decode(), p.stderr.decode()


def check(what, good, detail=""):
    global failed
    failed += not good
    print("%s %s%s" % ("ok  " if good else "FAIL", what, "" if good else ": %r" % (detail,)))


with tempfile.TemporaryDirectory() as d:
    index, table = os.path.join(d, "values"), os.path.join(d, "people.csv")
    rows = [("Trần Văn Số %d" % i, "07909%07d" % i, "9704 %04d %04d" % (i, i * 7 % 10000)) for i in range(200)]
    with open(table, "w") as f:
        f.write("name;number;account\n" + "".join('"%s";%s;%s\n' % r for r in rows) + '"";1;2\n')
    r = run("register", "--values", "staff", "--header", "--column", "1", "--threshold", "3", "-o", index, table)
    check("a list is made, its unusable line told", r[0] == 0 and "staff: 200 values" in r[1] and "1 lines hold no value" in r[2], r)
    r = run("register", "--values", "accounts", "--header", "--column", "3", "-o", index, table)
    check("a second list", r[0] == 0, r)
    check("the key is its owner's", os.stat(index + ".key").st_mode & 0o777 == 0o600)
    r = run("register", "--values", "--list", "--json", "-o", index)
    lists = [json.loads(x) for x in r[1].splitlines()]
    check("both are listed", [(x["list"], x["values"], x["threshold"]) for x in lists] == [("staff", 200, 3), ("accounts", 200, 1)], lists)
    raw = open(index, "rb").read()
    check("no value is in the index", all(w not in raw for w in ("Trần".encode(), b"9704", b"tran")))

    two, three = os.path.join(d, "two.txt"), os.path.join(d, "three.html")
    open(two, "w").write("%s\n%s\n%s\n" % (rows[1][0], rows[2][0], rows[2][0]))
    open(three, "w").write("<p>%s<p>%s<p>tran van so 5, %s" % (rows[3][0].upper(), rows[4][0], rows[9][2].replace(" ", "-")))
    r = run("classify", "--set", "scan.values=" + index, two, three)
    got = [{i["kind"]: i["count"] for i in json.loads(x)["identifiers"]} for x in r[1].splitlines()]
    check("below the threshold nothing, above it how many", got == [{}, {"edm:staff": 3, "edm:accounts": 1}], got)

    r = run("register", "--values", "staff", "--remove", "-o", index)
    check("a list is forgotten", r[0] == 0 and "staff" not in run("register", "--values", "--list", "-o", index)[1], r)
    check("a list that is not there", run("register", "--values", "staff", "--remove", "-o", index)[0] == 2)
    os.chmod(index + ".key", 0o644)
    r = run("classify", "--set", "scan.values=" + index, two)
    check("a key that others may read is refused", r[0] != 0, r)

    # labels whose names only this house knows
    guid, doc = "2096f6a2-d2f7-48be-b329-b73aaa526e5d", os.path.join(d, "mail.eml")
    open(doc, "w").write("From: a@b.vn\nTo: c@d.vn\nSubject: x\nmsip_labels: MSIP_Label_%s_Enabled=true; MSIP_Label_%s_SiteId=1\n\ntext\n" % (guid, guid))
    labels = os.path.join(d, "labels")
    open(labels, "w").write("# ours\n%s toi_mat\n" % guid.upper())
    r = run("classify", doc)
    check("without the table a GUID says nothing", json.loads(r[1])["level"] == "none", r)
    r = run("classify", "--set", "scan.labels=" + labels, doc)
    check("with the table it is a level", json.loads(r[1])["level"] == "toi_mat", r)
    open(labels, "w").write("not-a-guid toi_mat\n")
    r = run("classify", "--set", "scan.labels=" + labels, doc)
    check("a bad table is named with its line", r[0] != 0 and "labels:1" in r[2], r)

print("%d failed" % failed)
sys.exit(1 if failed else 0)
