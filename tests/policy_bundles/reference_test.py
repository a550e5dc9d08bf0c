#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is made of the table of facts is as it would be made today, and the JSON schema tells the truth about recorded events.

  reference_test.py GATEHOUSE [CAPTURE]"""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
REFERENCE = os.path.join(HERE, "..", "..", "policy", "reference")
KINDS = {"string": str, "number": (int, float), "boolean": bool, "array": list, "object": dict}


def faults(value, schema, defs, where, out):
    """The part of JSON Schema that facts.schema.json uses."""
    if "$ref" in schema:
        schema = defs[schema["$ref"].rsplit("/", 1)[1]]
    kind = schema.get("type")
    if kind and (not isinstance(value, KINDS[kind]) or kind == "number" and isinstance(value, bool)):
        out.add("%s is no %s: %r" % (where, kind, value))
    elif "enum" in schema and value not in schema["enum"]:
        out.add("%s is none of those listed: %r" % (where, value))
    elif isinstance(value, dict):
        for k, v in value.items():
            if v is not None and k in schema.get("properties", {}):
                faults(v, schema["properties"][k], defs, where + "." + k, out)
    elif isinstance(value, list):
        for v in value:
            faults(v, schema.get("items", {}), defs, where + "[]", out)


def main(argv):
    gatehouse, bad = argv[1], 0
    bad += subprocess.run([sys.executable, os.path.join(REFERENCE, "generate.py"), gatehouse, "--check"]).returncode != 0
    with open(os.path.join(REFERENCE, "facts.schema.json"), encoding="utf-8") as f:
        schema = json.load(f)
    out = set()
    faults({"event_type": "rubbish", "gatehouse": {"document": {"members": [{"level": "geheim"}], "markings": 3}}}, schema, schema["$defs"], "e", out)
    if len(out) != 3:
        print("FAIL the schema refuses %s" % sorted(out))
        bad += 1
    if len(argv) > 2:
        lines = subprocess.run([gatehouse, "inspect", argv[2]], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.splitlines()
        out = set()
        for line in lines:
            faults(json.loads(line), schema, schema["$defs"], "e", out)
        for o in sorted(out) if lines else ["there is no event"]:
            print("FAIL %s" % o)
        bad += len(out) + (not lines)
    print("%d failed" % bad)
    return bad != 0


sys.exit(main(sys.argv))
