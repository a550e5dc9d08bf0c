#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Members of a published schema of eve.json as rows of fields.tsv, for whoever adds an event: fields.py SCHEMA [PATH...]

Prints each path below the ones that are named (all: none is named) with its type, and whether the table has it already."""
import json
import sys

from table import Table, schema_at


def walk(schema, path, out):
    s = schema_at(schema, path) if path else schema
    if s is None:
        return
    if path:
        out.append((path, s.get("type", "any")))
    for k in sorted(s.get("properties", {})):
        walk(schema, path + "." + k if path else k, out)
    if "items" in s:
        walk(schema, path + "[]", out)


def main():
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    schema, table, out = json.load(open(sys.argv[1])), Table(), []
    for path in sys.argv[2:] or [""]:
        walk(schema, path, out)
    for path, kind in out:
        print("\t".join((path, kind if isinstance(kind, str) else "any", "suricata", "in the table" if path in table.rows else "")))
    return 0


sys.exit(main())
