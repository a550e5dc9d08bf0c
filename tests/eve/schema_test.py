#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every event of the bundled capture, and of the shared corpus where it is present, against the table of members (fields.tsv); and against
Suricata's published schema where that is installed or GH_EVE_SCHEMA names it: schema_test.py GATEHOUSE SHARE CORPUS EVENT.DEF"""
import collections
import glob
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from table import Table, event_types, facts, schema_at

GATEHOUSE, SHARE, CORPUS, EVENT_DEF = sys.argv[1:5]
INSTALLED = ["/usr/share/suricata/schema.json", "/etc/suricata/schema.json", "/usr/share/doc/suricata/schema.json", "/usr/share/doc/suricata/schema.json.gz"]
BATCH = 40
table = Table()
counts = collections.Counter()


def fail(text):
    counts["failed"] += 1
    if counts["failed"] <= 50:
        print("FAIL " + text)


def passed():
    counts["passed"] += 1


def open_schema():
    """A validator of the published schema, or None."""
    path = os.environ.get("GH_EVE_SCHEMA") or next((p for p in INSTALLED if os.path.exists(p)), None)
    if not path:
        print("Suricata's schema is not installed and GH_EVE_SCHEMA does not name it: only the table is checked", file=sys.stderr)
        return None, None
    try:
        import jsonschema
    except ImportError:
        print("python3-jsonschema is not installed: only the table is checked", file=sys.stderr)
        return None, None
    if path.endswith(".gz"):
        import gzip
        schema = json.load(gzip.open(path))
    else:
        schema = json.load(open(path))
    kind = getattr(jsonschema, "Draft202012Validator", jsonschema.Draft7Validator)
    return schema, kind(schema)


def table_against(schema):
    """What the table calls Suricata's must be in the schema, with that type."""
    for row in table.rows.values():
        if row.origin != "suricata":
            continue
        s = schema_at(schema, row.path)
        if s is None:
            fail("%s: the published schema has no such member" % row.path)
        elif s.get("type") not in (None, row.kind) and row.kind not in s.get("type"):
            fail("%s: %s in the table, %s in the published schema" % (row.path, row.kind, s.get("type")))
        else:
            passed()


def table_against_facts():
    types = event_types(EVENT_DEF)
    for t in table.events:
        if t not in types:
            fail("event type %s is in the table, but not in base/event.def" % t)
    for path, kind, _ in facts(EVENT_DEF):
        row = table.rows.get(path)
        want = {"STR": ("string",), "NUM": ("integer", "number"), "BOOL": ("boolean",), "ARR": ("array",), "OBJ": ("object", "map")}.get(kind)
        if not want:
            continue # the explanation at the head of the file
        if not row:
            fail("%s: a fact that no event has: fields.tsv lacks it" % path)
        elif row.kind not in want:
            fail("%s: %s in base/event.def, %s in fields.tsv" % (path, kind, row.kind))
        else:
            passed()


def check_event(event, origin, validator):
    good = True
    for path, what in table.faults(event):
        fail("%s event, %s %s (%s)" % (event.get("event_type"), path, what, origin))
        good = False
    if validator:
        for e in validator.iter_errors({k: v for k, v in event.items() if k != "gatehouse"}):
            where = ".".join("[]" if isinstance(p, int) else p for p in e.absolute_path)
            fail("%s event, %s: published schema: %s (%s)" % (event.get("event_type"), where, e.message[:200], origin))
            good = False
    if good:
        passed()
    counts["type:" + str(event.get("event_type"))] += 1


def inspect(captures):
    p = subprocess.run([GATEHOUSE, "inspect", *captures], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=550)
    return p.returncode, p.stdout.decode("utf-8"), p.stderr.decode("utf-8", "replace")


def own_test():
    """The check can fail: each of these must be found."""
    wrong = [
        ({"timestamp": "2026-11-24T00:00:00.000000+0000", "event_type": "http", "http": {"urk": "/"}}, "http.urk"),
        ({"timestamp": "2026-11-24T00:00:00.000000+0000", "event_type": "http", "http": {"status": "200"}}, "http.status"),
        ({"timestamp": "2026-11-24T00:00:00.000000+0000", "event_type": "http", "http": {"status": True}}, "http.status"),
        ({"timestamp": "2026-11-24T00:00:00.000000+0000", "event_type": "http", "dns": {"version": 2}}, "dns"),
        ({"timestamp": "2026-11-24T00:00:00.000000+0000", "event_type": "dns", "dns": {}}, "dns.version"),
        ({"timestamp": "2026-11-24T00:00:00.000000+0000", "event_type": "smtp", "smtp": {"rcpt_to": []}}, "smtp.rcpt_to"),
        ({"timestamp": "2026-11-24", "event_type": "flow"}, "timestamp"),
        ({"event_type": "flow"}, "timestamp"),
        ({"timestamp": "2026-11-24T00:00:00.000000+0000", "event_type": "fileinfo", "gatehouse": {"document": {"members": [{"members": [{"x": 1}]}]}}},
         "gatehouse.document.members[].members[].x"),
        ({"timestamp": "2026-11-24T00:00:00.000000+0000", "event_type": "nonsense"}, "event_type"),
    ]
    for event, path in wrong:
        found = [p for p, _ in table.faults(event)]
        if found == [path]:
            passed()
        else:
            fail("the check itself: %s found instead of %s" % (found, path))


def main():
    schema, validator = open_schema()
    own_test()
    table_against_facts()
    if schema:
        table_against(schema)
    captures = [os.path.join(SHARE, "capture", "morning.pcap")]
    corpus = sorted(glob.glob(os.path.join(CORPUS, "captures", "*.pcap*")))
    if not corpus:
        print("the shared corpus is absent: only the bundled capture is checked", file=sys.stderr)
    jobs = [captures] + [corpus[i:i + BATCH] for i in range(0, len(corpus), BATCH)]
    with ThreadPoolExecutor(2) as pool:
        for job, (rc, out, err) in zip(jobs, pool.map(inspect, jobs)):
            origin = os.path.basename(job[0]) + (" and the %d behind it" % (len(job) - 1) if len(job) > 1 else "")
            if rc not in (0, 1, 2): # 2: some captures of the corpus are damaged on purpose
                fail("%s: exit %d: %s" % (origin, rc, err[-300:]))
            lines = out.splitlines()
            if not lines:
                fail("%s: no events" % origin)
            for line in lines:
                try:
                    event = json.loads(line)
                except ValueError as e:
                    fail("%s: no JSON: %s: %.200s" % (origin, e, line))
                    continue
                check_event(event, origin, validator)
    seen = {k[5:] for k in counts if k.startswith("type:")}
    for t in ("flow", "http", "smtp", "dns", "tls", "fileinfo", "alert", "stats"):
        if t not in seen:
            fail("the bundled capture made no %s event" % t)
    print(", ".join("%s %d" % (k[5:], n) for k, n in sorted(counts.items()) if k.startswith("type:")), file=sys.stderr)
    print("%d passed, %d failed" % (counts["passed"], counts["failed"]))
    return 1 if counts["failed"] else 0


sys.exit(main())
