#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes down: down_test.py GATEHOUSE SHARE

Policies, rules, lists and settings go from the console to a running appliance, by wire and by stick. What is good is put in force, what is not is
refused with its reason, what cannot be lived with is taken back; an old order is not obeyed again; a new version costs what changed."""
import functools
import json
import os
import random
import shutil
import signal
import sys

from chain import Chain, Report, wait_for

GATEHOUSE, SHARE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
PCAP = os.path.join(SHARE, "capture", "morning.pcap")
BUILD = os.path.dirname(GATEHOUSE)
report = Report()
check = report.check
chain = Chain(GATEHOUSE, "hello = 1s\n")
dice = random.Random(11)
run = chain.run


def console(*args):
    return run("console", args[0], "-c", chain.path("console.conf"), *args[1:])


ask = functools.partial(chain.ask, "console/console.db")


def add(kind, path, name, version):
    code, out = console("goods", "add", kind, path, "--name", name, "--version", version)
    assert code == 0, out
    return out.split(" is number ")[1].split()[0]


def assign(kind, number, *more):
    code, out = console("goods", "assign", kind, number, *more)
    assert code == 0, out


def state(api, kind):
    items = [x for x in api.get("/goods/states?kind=" + kind)["items"]]
    return items[0] if items else {}


def settled(api, kind, serial, *states):
    def look():
        s = state(api, kind)
        return s if s.get("serial") == serial and s["state"] in states else None
    return wait_for("%s order %d %s" % (kind, serial, states), 120, look)


def goods_bytes():
    return chain.status().get("processes", {}).get("uplink", {}).get("facts", {}).get("goods_bytes", 0)


def write(name, text):
    os.makedirs(os.path.dirname(chain.path(name)), exist_ok=True)
    chain.write(name, text)
    return chain.path(name)


try:
    POLICY_DIR = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "policy", "standard")
    chain.enrol()
    chain.start_console()
    api = chain.sign_in()
    chain.start_appliance("--replay", PCAP)
    wait_for("it runs", 60, lambda: chain.pid_of("down") and chain.pid_of("policy"))

    def bundle(version, spoil=None):
        d = chain.path("p" + version)
        shutil.copytree(POLICY_DIR, d)
        b = json.load(open(os.path.join(d, "bundle.json")))
        b["version"] = version
        json.dump(b, open(os.path.join(d, "bundle.json"), "w"))
        if spoil:
            with open(os.path.join(d, spoil[0]), "a") as f:
                f.write(spoil[1])
        return d

    one = add("policy", bundle("1.1"), "own", "1.1")
    assign("policy", one)
    s = settled(api, "policy", 1, "running", "refused", "failed")
    check("a policy goes down and runs", s["state"] == "running" and s["running"]["version"] == "1.1", s)
    facts = wait_for("facts", 30, lambda: chain.status()["processes"]["policy"].get("facts"))
    check("the appliance judges by it", facts["policy"].endswith("@1.1"), facts)
    event = ask("SELECT json FROM event WHERE json LIKE '%\"what\":\"goods\"%' ORDER BY id DESC LIMIT 1")
    check("a signed record says so", event and json.loads(event[0][0])["gatehouse"]["audit"]["state"] == "running", event)

    bad = add("policy", bundle("1.2", ("settings.lua", "\nthis is no lua\n")), "own", "1.2")
    assign("policy", bad)
    s = settled(api, "policy", 2, "running", "refused", "failed")
    check("a policy with a fault is refused with its reason", s["state"] == "refused" and s["reason"] and s["running"]["version"] == "1.1", s)
    check("the one before stays in force", chain.status()["processes"]["policy"]["facts"]["policy"].endswith("@1.1"))
    order = open(chain.path("appliance/down/policy.order"), "rb").read()

    two = add("policy", bundle("1.3"), "own", "1.3")
    assign("policy", two)
    check("the next one", settled(api, "policy", 3, "running", "refused", "failed")["state"] == "running")
    with open(chain.path("appliance/down/again"), "wb") as f:
        f.write(order)
    os.rename(chain.path("appliance/down/again"), chain.path("appliance/down/policy.order"))
    wait_for("it is looked at", 30, lambda: "older than order" in open(chain.path("appliance.log")).read())
    check("an old order is not obeyed again", run("down", "status", "-c", chain.path("appliance.conf"))[1].count("order 3 ") == 1)
    assign("policy", one)
    s = settled(api, "policy", 4, "running", "refused", "failed")
    check("back to the first is a new order", s["state"] == "running" and s["running"]["version"] == "1.1", s)

    # a shadow would alert on every document; it is told where it differs, and nothing else changes
    def documents(shadowed):
        found = {}
        for (text,) in ask("SELECT json FROM event WHERE json LIKE '%\"event_type\":\"fileinfo\"%'"):
            e = json.loads(text)
            g = e.get("gatehouse", {})
            if "verdict" in g.get("document", {}) and ("shadow" in g) == shadowed:
                found[(e["fileinfo"].get("sha256"), e["fileinfo"]["filename"], e["src_ip"], e["dest_ip"])] = (g["document"]["verdict"]["action"], g.get("shadow", [{}])[0])
        return found

    write("shade/bundle.json", json.dumps({"name": "shade", "version": "1", "otherwise": "log"}))
    write("shade/policy.lua", 'rule {\n  id = "any-document",\n  title = { en = "A document", vi = "Một tài liệu" },\n  when = function(e) return e.document ~= nil end,\n'
          '  action = "alert",\n  reason = { en = "A document passed.", vi = "Có tài liệu đi qua." },\n}\n')
    plain = wait_for("documents were judged", 60, lambda: documents(False))
    shade = add("shadow", chain.path("shade"), "shade", "1")
    assign("shadow", shade)
    s = settled(api, "shadow", 1, "running", "refused", "failed")
    check("a shadow goes down and runs", s["state"] == "running" and s["running"]["name"] == "shade", s)
    facts = wait_for("facts", 30, lambda: chain.status()["processes"]["policy"].get("facts"))
    check("beside the policy in force", facts["policy"].endswith("@1.1") and facts.get("shadow") == "shade@1", facts)
    chain.stop()
    data = bytearray(open(PCAP, "rb").read())
    data[28] ^= 1  # a microsecond: another capture, so that it counts as another run
    with open(chain.path("again.pcap"), "wb") as f:
        f.write(data)
    chain.start_console()
    chain.start_appliance("--replay", chain.path("again.pcap"))
    shaded = wait_for("documents with the shadow's verdict", 120, lambda: (lambda d: d if set(plain) <= set(d) else None)(documents(True)))
    check("no verdict is another one", all(shaded[k][0] == plain[k][0] for k in plain), (plain, shaded))
    check("none is decided by the shadow", not ask("SELECT 1 FROM event WHERE json LIKE '%\"event_type\":\"alert\"%any-document%' LIMIT 1"))
    check("where the shadow differs is told", any(a == "log" and v["action"] == "alert" and v["policy"] == "shade@1" for a, v in shaded.values()), list(shaded.values())[:2])
    shade = add("shadow", write("nolua/policy.lua", "no lua at all\n") and chain.path("nolua"), "shade", "2")
    assign("shadow", shade)
    s = settled(api, "shadow", 2, "running", "refused", "failed")
    check("a shadow with a fault is refused", s["state"] == "refused" and s["reason"] and s["running"]["name"] == "shade", s)
    assign("shadow", "none")
    s = settled(api, "shadow", 3, "running", "refused", "failed")
    facts = wait_for("facts", 30, lambda: chain.status()["processes"]["policy"].get("facts"))
    check("and it is taken away again", s["state"] == "running" and "shadow" not in facts, (s, facts))

    # settings
    n = add("settings", write("s1/settings.conf", "[node]\nlog_level = debug\n[uplink]\nhello = 2s\n"), "set", "1")
    assign("settings", n)
    s = settled(api, "settings", 1, "running", "refused", "failed")
    check("settings go down and hold", s["state"] == "running", s)
    check("the same keeper started all anew", chain.appliance.poll() is None and chain.pid_of("keeper") == chain.status()["pid"])
    code, out = run("config", "-c", chain.path("appliance.conf"))
    check("the configuration in force has them", "hello = 2s" in out and "log_level = \"debug\"" in out, [l for l in out.split("\n") if "hello" in l or "log_level" in l])
    n = add("settings", write("s2/settings.conf", "[enforce]\nenabled = yes\n"), "set", "2")
    assign("settings", n)
    s = settled(api, "settings", 2, "running", "refused", "failed")
    check("what opens a door is refused", s["state"] == "refused" and "enforce.enabled" in s["reason"] and s["running"]["version"] == "1", s)

    # lists, of which a new version costs what changed; the line is cut in between
    def lines(n):
        return "".join("%s.example.org\n" % "".join(dice.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(24)) for _ in range(n))
    long = lines(40000)
    n = add("lists", write("l1/bad.txt", long), "bad-names", "1")
    assign("lists", n)
    wait_for("a part of it is here", 60, lambda: len(os.listdir(chain.path("appliance/down/chunks"))) > 20)
    os.kill(chain.pid_of("uplink"), signal.SIGKILL)
    s = settled(api, "lists", 1, "running", "refused", "failed")
    check("lists go down, also when the uplink dies on the way", s["state"] == "running", s)
    before = goods_bytes()
    n = add("lists", write("l2/bad.txt", "one-more.example.org\n" + long), "bad-names", "2")
    assign("lists", n)
    s = settled(api, "lists", 2, "running", "refused", "failed")
    wait_for("counted", 10, lambda: goods_bytes() > before)
    cost = goods_bytes() - before
    check("a new version costs what changed", s["state"] == "running" and cost < len(long) / 8, (cost, len(long)))
    print("a list of %d bytes, one line more: %d bytes down" % (len(long), cost))

    # rules
    n = add("rules", write("r1/own.yar", 'rule own_marking : marking { meta: level = "mat" strings: $a = "khong duoc sao chep" condition: $a }\n'), "own", "1")
    assign("rules", n)
    s = settled(api, "rules", 1, "running", "refused", "failed")
    print("rules:", s["state"], s["reason"])
    n = add("rules", write("r2/own.yar", "rule broken {\n"), "own", "2")
    assign("rules", n)
    s = settled(api, "rules", 2, "running", "refused", "failed")
    check("rules that cannot be compiled are refused", s["state"] == "refused" and s["reason"], s)

    # by stick, to an appliance whose line is dead
    chain.stop()
    assign("policy", two, "--appliance", "test")
    stick = chain.path("stick")
    code, out = console("export-down", stick, "--appliance", "test")
    check("export", code == 0 and os.path.exists(os.path.join(stick, "policy.order")), out)
    a = chain.path("appliance.conf")
    code, out = run("down", "import", stick, "-c", a)
    check("import", code == 0 and "policy: order 5 taken in" in out, out)
    code, out = run("down", "import", stick, "-c", a)
    check("twice is once", code == 0 and "here already" in out, out)
    data = bytearray(open(os.path.join(stick, "policy.order"), "rb").read())
    data[30] ^= 1
    os.makedirs(chain.path("forged"))
    open(os.path.join(chain.path("forged"), "policy.order"), "wb").write(data)
    code, out = run("down", "import", chain.path("forged"), "-c", a)
    check("a forged order is refused", code == 2 and "not from this appliance's console" in out, out)
    code, out = console("export-down", stick, "--appliance", "nobody")
    check("an unknown appliance is named", code == 2 and "nobody" in out, out)
    chain.start_appliance("--replay", PCAP)
    wait_for("it runs", 60, lambda: "own@1.3 running" in run("down", "status", "-c", a)[1])
    chain.start_console()
    s = settled(api, "policy", 5, "running", "refused", "failed")
    check("the console hears of it", s["state"] == "running" and s["running"]["version"] == "1.3", s)
    check("journal and audit are whole", run("journal", "verify", "-c", a)[0] == 0 and console("audit")[0] == 0)
except AssertionError as e:
    check("down", False, "%r\n%s" % (e, chain.logs()))
finally:
    chain.remove()
report.end()
