# SPDX-License-Identifier: GPL-3.0-or-later
"""As much of JSON Schema as openapi.json uses: enough to hold the answers to what the description promises."""
import re

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def is_type(value, name):
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def faults(api, schema, value, path="$"):
    """Sentences about what does not fit; an empty list when all does."""
    if "$ref" in schema:
        node = api
        for part in schema["$ref"].lstrip("#/").split("/"):
            node = node[part]
        return faults(api, node, value, path)
    if "oneOf" in schema:
        tried = [faults(api, s, value, path) for s in schema["oneOf"]]
        return [] if sum(not t for t in tried) == 1 else ["%s fits not exactly one form: %s" % (path, tried)]
    found = []
    types = schema.get("type")
    types = [types] if isinstance(types, str) else types
    if types and not any(is_type(value, t) for t in types):
        return ["%s is %r, not %s" % (path, value, types)]
    if "enum" in schema and value not in schema["enum"]:
        found.append("%s is %r, not one of %s" % (path, value, schema["enum"]))
    if "pattern" in schema and isinstance(value, str) and not re.search(schema["pattern"], value):
        found.append("%s is %r, not like %s" % (path, value, schema["pattern"]))
    if schema.get("format") == "date-time" and isinstance(value, str) and \
            not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", value):
        found.append("%s is no time: %r" % (path, value))
    for low, ok in (("minimum", lambda a, b: a >= b), ("maximum", lambda a, b: a <= b)):
        if low in schema and is_type(value, "number") and not ok(value, schema[low]):
            found.append("%s is %r, %s %r" % (path, value, low, schema[low]))
    if isinstance(value, dict):
        known = schema.get("properties", {})
        found += ["%s lacks %s" % (path, k) for k in schema.get("required", []) if k not in value]
        for k, v in value.items():
            if k in known:
                found += faults(api, known[k], v, path + "." + k)
            elif schema.get("additionalProperties") is False:
                found.append("%s has %s, which is not described" % (path, k))
    if isinstance(value, list) and "items" in schema:
        for i, v in enumerate(value):
            found += faults(api, schema["items"], v, "%s[%d]" % (path, i))
    return found
