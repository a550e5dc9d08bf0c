# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of members (fields.tsv): loading it, and holding events against it. Standard library only."""
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
PATTERNS = {  # of the published schema
    "timestamp": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+[+\-]\d+"),
    "tls.notbefore": re.compile(r"[12]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d"),
    "tls.notafter": re.compile(r"[12]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d"),
}
REQUIRED = {"dns": ["version"]}


class Row:
    def __init__(self, path, kind, origin, meaning):
        self.path, self.kind, self.origin, self.meaning = path, kind, origin, meaning


class Table:
    def __init__(self, path=os.path.join(HERE, "fields.tsv")):
        self.rows, self.events, self.common = {}, {}, []
        for number, line in enumerate(open(path, encoding="utf-8"), 1):
            cells = line.rstrip("\n").split("\t")
            if line.startswith("#") or not cells[0]:
                continue
            if cells[0] == "@COMMON":
                self.common = cells[1].split()
            elif cells[0] == "@EVENT":
                self.events[cells[1]] = (cells[2].split(), cells[3])
            else:
                cells += [""] * (4 - len(cells))
                assert cells[0] not in self.rows, "%s:%d: twice" % (path, number)
                assert cells[2] in ("suricata", "gatehouse"), "%s:%d: whose name?" % (path, number)
                self.rows[cells[0]] = Row(*cells)

    def faults(self, event):
        """What the table does not allow, as (path, sentence)."""
        kind = event.get("event_type")
        if kind not in self.events:
            return [("event_type", "no such type: %r" % kind)]
        out, allowed = [], self.common + self.events[kind][0]
        if "*" not in allowed:
            out += [(k, "does not belong into a %s event" % kind) for k in event if k not in allowed and k in self.rows]
        if "timestamp" not in event:
            out.append(("timestamp", "is missing"))
        self._object(event, "", "", out)
        return out

    def _object(self, value, path, where, out):
        """path: in the table; where: in the event."""
        for need in REQUIRED.get(path, []):
            if need not in value:
                out.append((where + "." + need, "is missing"))
        for k, v in value.items():
            self._value(v, path + "." + k if path else k, where + "." + k if where else k, out)

    def _value(self, v, path, where, out):
        row = self.rows.get(path)
        if not row:
            out.append((where, "is not in the table"))
            return
        kind = row.kind
        while kind.startswith("@"):
            path = kind[1:]
            kind = self.rows[path].kind
        if not fits(v, kind):
            out.append((where, "is %s, not %s" % (type(v).__name__, kind)))
        elif kind == "object":
            self._object(v, path, where, out)
        elif kind == "array":
            if not v and row.origin == "suricata":
                out.append((where, "is an empty list"))
            for x in v:
                self._value(x, path + "[]", where + "[]", out)
        elif path in PATTERNS and not PATTERNS[path].fullmatch(v):
            out.append((where, "has another form: %r" % v))


def fits(v, kind):
    if kind == "any":
        return v is not None
    if kind in ("integer", "number") and isinstance(v, bool):
        return False
    return isinstance(v, {"string": str, "integer": int, "number": (int, float), "boolean": bool, "object": dict, "map": dict, "array": list}[kind])


def facts(path):
    """Paths and English sentences of base/event.def."""
    return re.findall(r'EVENT_FIELD\("([^"]+)", (\w+), "((?:[^"\\]|\\.)*)"', open(path, encoding="utf-8").read())


def event_types(path):
    return re.findall(r'^EVENT_TYPE\(\w+, "(\w+)"\)', open(path, encoding="utf-8").read(), re.M)


def schema_at(schema, path):
    """The part of a JSON schema that a path of the table names; None when the schema does not allow it, {} when it leaves it open."""
    s = schema
    for part in re.findall(r"[^.\[\]]+|\[\]", path):
        while "$ref" in s:
            s = schema["$defs"][s["$ref"].rsplit("/", 1)[1]]
        if part == "[]":
            s = s.get("items", {})
        elif part in s.get("properties", {}):
            s = s["properties"][part]
        else:
            return None if s.get("additionalProperties") is False else {}
    while "$ref" in s:
        s = schema["$defs"][s["$ref"].rsplit("/", 1)[1]]
    return s
