# SPDX-License-Identifier: GPL-3.0-or-later
"""The API against its description: bodies and queries made from openapi.json, then bent: wrong types, bounds, unknown and
missing members, huge and empty ones, invalid UTF-8, broken JSON. Whatever comes: no crash, never a fault of the server's own,
and each refusal is a problem with a code. GATEHOUSE_FUZZ_SEED and _ROUNDS repeat or lengthen a run."""
import json
import os
import random
import urllib.parse

import harness as h
from harness import Client, PASSWORD, check, equal

SEED = int(os.environ.get("GATEHOUSE_FUZZ_SEED", "6238"))
ROUNDS = int(os.environ.get("GATEHOUSE_FUZZ_ROUNDS", "6"))
rnd = random.Random(SEED)
console = h.Console("console.request_rate=100000", "console.login_rate=1000")
lan = console.administrator()
box = h.Appliance(console)
box.send([h.alert(n) for n in range(1, 4)] + [h.flow(9, 1001)])
who = console.user("everything", "viewer,analyst,policy_author,approver,administrator,auditor")
api = who.get("/api/v1/openapi.json").json()
STRINGS = ["", " ", "a", "A" * 300, "A" * 70000, "\u0000", "a\u0000b", "\u202egnp", "<script>alert(1)</script>", "' OR 1=1 --", "%s%n%x", "../../etc/passwd",
           "\r\nSet-Cookie: x=1", "\ud800", "=1+1", "null", "-1", "1e999", "0x10", "2026-99-99T99:99:99Z", "ｆｕｌｌ", "ĐỘ MẬT", "\U0001f4a9", "\\u0000", "*", "\"", "("]
NUMBERS = [0, 1, -1, 2 ** 31, 2 ** 63 - 1, 2 ** 63, -2 ** 63, 2 ** 64, 10 ** 30, 0.5, 1e308, -0.0]


def resolve(schema):
    while "$ref" in schema:
        node = api
        for part in schema["$ref"].lstrip("#/").split("/"):
            node = node[part]
        schema = node
    return schema


def valid(schema, depth=0):
    schema = resolve(schema)
    if "oneOf" in schema or "anyOf" in schema:
        return valid(rnd.choice(schema.get("oneOf") or schema["anyOf"]), depth)
    if "enum" in schema:
        return rnd.choice(schema["enum"])
    if "const" in schema:
        return schema["const"]
    kind = schema.get("type", "object")
    kind = rnd.choice(kind) if isinstance(kind, list) else kind
    if kind == "object":
        p = schema.get("properties", {})
        return {k: valid(v, depth + 1) for k, v in p.items() if k in schema.get("required", ()) or rnd.random() < 0.5} if depth < 6 else {}
    if kind == "array":
        return [valid(schema.get("items", {}), depth + 1) for _ in range(rnd.randint(max(1, schema.get("minItems", 0)), max(2, schema.get("minItems", 0))))] if depth < 6 else []
    if kind == "string":
        return "0" * 32 if "pattern" in schema else "2026-11-24T06:00:00Z" if schema.get("format") == "date-time" else rnd.choice(["x", "lan", "tối mật", "level:mat"])
    if kind in ("integer", "number"):
        return rnd.choice([schema.get("minimum", 1), schema.get("maximum", 1), schema.get("minimum", 0) + 1])
    return {"boolean": rnd.random() < 0.5, "null": None}.get(kind)


def junk():
    return rnd.choice([rnd.choice(STRINGS), rnd.choice(NUMBERS), True, False, None, [], {}, [[]], {"x": 1}, [None] * 50, rnd.choice(STRINGS)])


def bend(value):
    """One thing of it is not as it should be."""
    if isinstance(value, dict) and value and rnd.random() < 0.8:
        key = rnd.choice(list(value))
        how = rnd.randrange(5)
        if how == 0:
            return {k: v for k, v in value.items() if k != key}
        if how == 1:
            return {**value, rnd.choice(["unknown", "__proto__", "", "id", "roles", key.upper()]): junk()}
        if how == 2:
            return {**value, key: junk()}
        return {**value, key: bend(value[key])}
    if isinstance(value, list) and value and rnd.random() < 0.6:
        return rnd.choice([value * 500, [junk()], value + [junk()], [bend(value[0])]])
    return junk()


def encode(value):
    text = json.dumps(value, ensure_ascii=rnd.random() < 0.5).encode("utf-8", "surrogatepass")
    how = rnd.randrange(14)
    if how == 0:
        return text[:rnd.randint(0, len(text))]
    if how == 1:
        at = rnd.randint(0, len(text))
        return text[:at] + bytes([rnd.randrange(256)]) + text[at:]
    if how == 2:
        return text + rnd.choice([b"x", b"{}", b"\x00", b"\xff\xfe"])
    if how == 3:
        return b"[" * 2000
    if how == 4:
        return text.replace(b'"', b"'", 1)
    return text


def query(parameters):
    pairs = []
    for p in parameters:
        if p["in"] == "query" and (p.get("required") or rnd.random() < 0.5):
            v = valid(p.get("schema", {})) if rnd.random() < 0.6 else junk()
            pairs.append(p["name"] + "=" + urllib.parse.quote(str(v)[:1500].encode("utf-8", "replace"), safe=rnd.choice(["", "%&=+"])))
    if rnd.random() < 0.1:
        pairs.append(rnd.choice(["unknown=1", "%zz=1", "a", "=", "before=%ff%fe", "limit=1&limit=2"]))
    return "?" + "&".join(pairs) if pairs else ""


sent = refused = 0
OUT = {("delete", "/session"), ("get", "/stream")}  # ends what the test needs; does not end
for path, methods in sorted(api["paths"].items()):
    for method, about in methods.items():
        if (method, path) in OUT:
            continue
        content = about.get("requestBody", {}).get("content", {})
        kind = next(iter(content), "application/json")
        for _ in range(ROUNDS):
            own = path.startswith(("/users", "/sessions"))  # not the person who asks
            number = rnd.choice([999999, 0, 2 ** 63 - 1, "x", "-1", "1e3"] if own else [1, 2, 3, 999999, 0, 2 ** 63 - 1, "x", "%31"])
            place = "/api/v1" + path.replace("{id}", str(number)) + query(about.get("parameters", []))
            body = None
            if method == "post" and kind == "application/json":
                good = valid(content.get(kind, {}).get("schema", {}))
                body = encode(good if rnd.random() < 0.25 else bend(good))
            elif method == "post":
                body = rnd.choice([b"", b"x", os.urandom(1) * 4000, b"\x00" * 100000])
            headers = {"Idempotency-Key": rnd.choice(["fuzz-key-%d" % sent, "x", "y" * 65, "same-key-1"])} if method == "post" and rnd.random() < 0.3 else {}
            try:
                a = who.request(method.upper(), place, body, headers, kind)
            except (ValueError, OSError) as e:
                # what is far too large may be cut off before it was sent
                check("%s %s is answered" % (method, place[:200]), isinstance(e, ValueError) or len(body or b"") > 60000, e)
                continue
            sent += 1
            label = "%s %s %r" % (method, place[:300], (body or b"")[:300])
            check("no fault of the server's own: " + label, a.status < 500 or a.status == 503, a.body[:300])
            if a.status >= 400 and method != "head":
                refused += 1
                check("a problem with a code: " + label, a.headers.get("Content-Type") == "application/problem+json" or a.status == 409, a.headers.get("Content-Type"))
                check("that says nothing of the inside: " + label, b"sqlite" not in a.body.lower() and b"SELECT " not in a.body)
            if a.status == 401 and a.code() == "sign_in":
                who.post("/api/v1/session", {"name": "everything", "password": PASSWORD})
print("%d requests, %d refused, seed %d" % (sent, refused, SEED))
check("most of it was refused, some of it was not", sent > 100 and 0.3 * sent < refused < sent)
equal("it still answers", Client(console).get("/healthz").status, 200)
console.close()
h.end()
