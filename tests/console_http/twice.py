# SPDX-License-Identifier: GPL-3.0-or-later
"""Every step of a test is asked for twice under one Idempotency-Key (GH_TEST_TWICE=FILE): the second answer is the first one, nothing happens
again, and the audit has no entry more. FILE gets the addresses that were asked so. test_once.py runs programs that way."""
import json
import os
import re

import harness as h

API = json.load(open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../console/api/openapi.json")))
STEPS = {(m.upper(), p): re.compile("^/api/v1" + re.sub(r"\\{id\\}", "[0-9]+", re.escape(p)) + "$")
         for p, ms in API["paths"].items() for m, about in ms.items()
         if any(x.get("name") == "Idempotency-Key" for x in about.get("parameters", []))}
SECRETS = ("secret", "token", "link", "url", "code", "file")
count = 0


def address(method, path):
    return next((k for k, pattern in STEPS.items() if k[0] == method and pattern.match(path)), None)


def entries(console):
    return console.sql("SELECT count(*) FROM audit")[0][0]


def public(answer):
    """What is kept of an answer: all but what is shown once."""
    try:
        body = json.loads(answer.body)
    except ValueError:
        return answer.body
    return {k: v for k, v in body.items() if k not in SECRETS} if isinstance(body, dict) else body


def both(client, where, method, path, body, headers, kind):
    global count
    count += 1
    keyed = {"Idempotency-Key": "twice-%d-%d" % (os.getpid(), count), **(headers or {})}
    first = client.once(method, path, body, keyed, kind)
    if first.status not in (200, 201, 204):
        return first
    before = entries(client.console)
    again = client.once(method, path, body, keyed, kind)
    label = "%s %s twice under one key" % where
    if again.status in (401, 403): # the step took away the right to ask
        return first
    h.equal(label + ": the same answer", (again.status, public(again), again.headers.get("Idempotent-Replayed")), (first.status, public(first), "true"))
    h.equal(label + ": nothing more in the audit", entries(client.console), before)
    with open(h.TWICE, "a") as f:
        f.write("%s %s\n" % where)
    return first
