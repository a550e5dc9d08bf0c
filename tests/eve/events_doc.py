#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes docs/events.md from tests/eve/fields.tsv and base/event.def, or says that it is not what they say: events_doc.py ROOT [--check]"""
import os
import sys

from table import Table, facts

HEAD = """# Events

Every event that Gatehouse writes, and every member of it. Made from `tests/eve/fields.tsv` and `base/event.def` by `tests/eve/events_doc.py`; a test
holds both this page and all events of the test captures against them.

One JSON object a line, UTF-8. **S**: the member has the name, type and meaning of Suricata's eve.json, and its published schema (that of Suricata 8)
allows it there. **G**: it is ours; all of these stand below the one top-level object `gatehouse`, without which every event is valid by that schema.
Suricata 7's schema lacks what Suricata 8 added: the top-level object `ndpi`, `pop3`, `tls.client_alpns` and `tls.server_alpns`,
`dhcp.requested_ip` and `dhcp.vendor_class_identifier`. Members that a message does not have are left out, and so are lists without elements.
A path names members by dots and the elements of a list by `[]`; **fact**: a policy may name it (`gatehouse policy facts`).

Where Suricata prints what its own schema does not have (`rdp.protocol`, `rdp.server_supports`, `rdp.error_code`), the schema is the measure: it is in `gatehouse.rdp`.

## Types

| event_type | besides the common members | |
|---|---|---|
"""


def document(root):
    table = Table()
    known = {path: sentence for path, _, sentence in facts(os.path.join(root, "base", "event.def"))}
    out = [HEAD]
    for t, (objects, meaning) in sorted(table.events.items()):
        out.append("| `%s` | %s | %s |\n" % (t, ", ".join("`%s`" % o for o in objects if o != "*") + (", all of the event it goes with" if "*" in objects else ""), meaning))
    tops = {}
    for path, row in table.rows.items():
        tops.setdefault(path.split(".")[0].split("[")[0], []).append(row)
    plain = [t for t in tops if len(tops[t]) == 1 or tops[t][0].kind == "array" and t != "gatehouse"]
    plain = table.common + [t for t in plain if t not in table.common]
    out.append("\n## Members at the top\n\nCommon to all events as far as they apply, and those of single types.\n\n")
    rows(out, [r for t in plain if t != "gatehouse" for r in tops[t]], table, known)
    for t in sorted(t for t in tops if t not in plain or t == "gatehouse"):
        out.append("\n## %s\n\n" % t)
        rows(out, tops[t], table, known)
    return "".join(out)


def rows(out, items, table, known):
    out.append("| member | type | | fact | |\n|---|---|---|---|---|\n")
    for r in items:
        kind = r.kind
        if kind.startswith("@"):
            kind = "as `%s`" % kind[1:]
        elif kind == "array" and r.path + "[]" in table.rows:
            inner = table.rows[r.path + "[]"].kind
            kind = "list of " + {"object": "objects", "any": "values"}.get(inner, inner if not inner.startswith("@") else "the same as `%s`" % inner[1:])
        if r.path.endswith("[]"):
            continue
        out.append("| `%s` | %s | %s | %s | %s |\n" % (r.path, kind, "S" if r.origin == "suricata" else "G", "yes" if r.path in known else "",
                                                     r.meaning or known.get(r.path, "")))


def main():
    path = os.path.join(sys.argv[1], "docs", "events.md")
    text = document(sys.argv[1])
    if "--check" not in sys.argv:
        open(path, "w", encoding="utf-8").write(text)
        return 0
    if not os.path.exists(path) or open(path, encoding="utf-8").read() != text:
        print("docs/events.md is not what the table says; make it anew: tests/eve/events_doc.py %s" % sys.argv[1])
        return 1
    print("1 passed, 0 failed")
    return 0


sys.exit(main())
