#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/privileges.md, made of what runs: every process is started and asked (its own trials from inside its jail, /proc from outside), and of
the units that start it as a service: privileges.py GATEHOUSE [--write]. Without --write: is the file what comes out? Needs root."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(ROOT, "tests", "e2e")]
from chain import Chain, wait_for  # noqa: E402
from starter import unit  # noqa: E402

GATEHOUSE = os.path.abspath(sys.argv[1])
PAGE = os.path.join(ROOT, "docs", "privileges.md")
UNITS = os.path.join(ROOT, "firmware", "package")
PROCESSES = ["sensor", "core", "scan", "policy", "lists", "enforce", "uplink", "down"]
PROFILES = {"scan": ["scan", "worker"]}
CAPS = {12: "NET_ADMIN", 13: "NET_RAW"}


def users():
    """Users and groups of the package, in files of our own that lie over the machine's."""
    names, groups, members = [], [], []
    for line in open(UNITS + "/sysusers.conf"):
        f = line.split()
        if line.startswith("u "):
            names.append(f[1])
        elif line.startswith("g "):
            groups.append(f[1])
        elif line.startswith("m "):
            members.append((f[1], f[2]))
    ids = {n: 64200 + i for i, n in enumerate(names + groups)}
    passwd = "".join(x for x in open("/etc/passwd") if x.split(":")[0] not in ids) + "".join("%s:x:%d:%d::/:/bin/false\n" % (n, ids[n], ids[n]) for n in names)
    group = "".join(x for x in open("/etc/group") if x.split(":")[0] not in ids) + "".join(
        "%s:x:%d:%s\n" % (g, i, ",".join(m for m, of in members if of == g)) for g, i in ids.items())
    d = tempfile.mkdtemp(prefix="gh-users-")
    for name, text in (("passwd", passwd), ("group", group)):
        with open(os.path.join(d, name), "w") as f:
            f.write(text)
        if subprocess.run(["mount", "--bind", os.path.join(d, name), "/etc/" + name], stderr=subprocess.DEVNULL).returncode:
            sys.exit(77)
    return {i: n for n, i in ids.items()}


def kind_of(link):
    if link.startswith("socket:"):
        return "sockets"
    if link.startswith("pipe:"):
        return "pipes"
    if link.startswith("anon_inode:"):
        return "events and timers"
    if link.startswith("/memfd:"):
        return "sealed memory"
    if link == "/dev/null":
        return "/dev/null"
    if "journal" in link:
        return "the journal"
    if "evidence" in link or "/pcap" in link:
        return "the store of sealed files"
    if "/statistics/" in link:
        return "the card's counters"
    return "the log" if link.endswith("appliance.log") else "its state directory" if "gh-e2e-" in link else link


def look(pid, names):
    rows = dict(x.split(":\t", 1) for x in open("/proc/%d/status" % pid).read().splitlines() if ":\t" in x)
    fds = set()
    for fd in os.listdir("/proc/%d/fd" % pid):
        try:
            fds.add(kind_of(os.readlink("/proc/%d/fd/%s" % (pid, fd))))
        except OSError:
            pass
    caps = int(rows["CapPrm"], 16)
    return {"uid": names.get(int(rows["Uid"].split()[0]), rows["Uid"].split()[0]), "same": len(set(rows["Uid"].split())) == 1,
            "caps": " ".join(n for b, n in CAPS.items() if caps >> b & 1) or "none", "more": caps & ~sum(1 << b for b in CAPS), "nnp": rows["NoNewPrivs"],
            "seccomp": rows["Seccomp"], "fds": ", ".join(sorted(fds))}


def state(chain):
    try:
        return json.load(open(chain.path("appliance/keeper/status.json")))["processes"]
    except (OSError, ValueError):
        return {p: {} for p in PROCESSES}


def collect():
    names = users()
    subprocess.run(["ip", "link", "set", "lo", "up"], check=False)
    chain = Chain(GATEHOUSE, "[lists]\ndir = LISTS\n[enforce]\nenabled = yes\n[scan]\nocr = no\n")
    try:
        conf = chain.path("appliance.conf")
        text = open(conf).read().replace("LISTS", chain.path("lists")).replace("name = test\n", "name = test\nuser = gh-*\n")
        chain.write("appliance.conf", text)
        os.mkdir(chain.path("lists"))
        chain.write("lists/x.txt", "198.51.100.7\n")
        chain.enrol()
        chain.command("owners", "-c", conf)
        os.environ["GATEHOUSE_JAIL_PROBE"] = "1"
        chain.start_appliance("-i", "lo")
        try:
            wait_for("all are locked in", 120, lambda: all("uid" in state(chain)[p] for p in PROCESSES))
        except (AssertionError, KeyError) as e:
            print(e, open(chain.path("appliance.log")).read()[-3000:])
            raise
        time.sleep(1)
        facts = {p: look(state(chain)[p]["pid"], names) for p in PROCESSES}
        chain.stop()
        log = open(chain.path("appliance.log")).read()
    finally:
        chain.remove()
    trials, abi, wrong = {}, 0, []
    for line in log.splitlines():
        m = re.match(r"(?:gh-\w+: )?jail (\w+): (.*): (works|refused|dies|odd)$", line)
        if m:
            trials.setdefault(m.group(2), {})[m.group(1)] = m.group(3)
        m = re.match(r"(?:gh-\w+: )?jail (\w+): \d+ trials, (\d+) wrong, Landlock ABI (\d+)", line)
        if m:
            abi = int(m.group(3))
            wrong += [m.group(1)] if m.group(2) != "0" else []
    return facts, trials, abi, wrong


def page(facts, trials):
    out = ["# Who may do what", "",
           "Made by `tests/package/privileges.py` of what runs; a test fails when it is out of date. The processes were started as root with `node.user = gh-*`, "
           "locked themselves in, and were asked from inside (each makes the trials of `base/jail_probe.c` in its own jail) and from outside (`/proc`).", "",
           "## As the service starts them (units of the package)",
           "| process | user | groups | capability when it starts | sockets it may make | network | writes |", "|---|---|---|---|---|---|---|"]
    for p in ["keeper"] + PROCESSES:
        u = unit(UNITS + ("/gatehouse.service" if p == "keeper" else "/gatehouse-%s@.service" % p))
        # a user's groups of sysusers count as well as the unit's
        groups = {u["Group"][0]} | set(" ".join(u.get("SupplementaryGroups", [])).split())
        groups |= {line.split()[2] for line in open(UNITS + "/sysusers.conf") if line.startswith("m " + u["User"][0] + " ")}
        out.append("| %s | %s | %s | %s | %s | %s | %s |" % (
            p if p == "keeper" else "gh-" + p, u["User"][0], " ".join(sorted(groups)), u.get("AmbientCapabilities", ["none"])[0].replace("CAP_", ""),
            u["RestrictAddressFamilies"][0].replace("AF_", ""), "none" if "PrivateNetwork" in u else u.get("IPAddressAllow", ["the host's; no internet packets" if u.get("IPAddressDeny") else "the host's"])[0],
            " ".join(x.lstrip("-") for x in " ".join(u.get("ReadWritePaths", ["nothing"])).split())))
    out += ["", "## When they are locked in", "No new privileges and no core dump hold for each of them. gh-down runs commands of Gatehouse that look at what the console sent, and those lock themselves in.", "",
            "| process | runs as | capabilities left | system call filter | open descriptors |", "|---|---|---|---|---|"]
    for p in PROCESSES:
        f = facts[p]
        out.append("| gh-%s | %s | %s | %s | %s |" % (p, f["uid"], f["caps"], "its own and its unit's" if f["seccomp"] == "2" else "its unit's", f["fds"]))
    columns = [c for p in PROCESSES for c in PROFILES.get(p, [p]) if any(c in t for t in trials.values())]
    out += ["", "## What they tried", "`–` refused, `†` killed for trying, `works` it is theirs to do; empty: nothing to try with. gh-lists and gh-core have one jail. The workers of gh-scan have a stricter one (`ctest -R cage`).", "",
            "| trial | " + " | ".join(columns) + " |", "|---|" + "---|" * len(columns)]
    for t in sorted(trials):
        out.append("| %s | %s |" % (t, " | ".join({"refused": "–", "dies": "†"}.get(trials[t].get(c, ""), trials[t].get(c, "")) for c in columns)))
    return "\n".join(out) + "\n"


def main():
    facts, trials, abi, wrong = collect()
    failed = 0
    for p, f in facts.items():
        good = f["nnp"] == "1" and (f["seccomp"] == "2" or p == "down") and f["same"] and not f["more"] and f["caps"] == "none" and f["uid"] == "gh-" + p
        if not good:
            print("FAIL gh-%s: %s" % (p, f))
        failed += not good
    if wrong or len(trials) < 20:
        print("FAIL trials that came out wrong: %s (%d trials)" % (wrong, len(trials)))
        failed += 1
    text = page(facts, trials)
    if "--write" in sys.argv:
        with open(PAGE, "w") as f:
            f.write(text)
    elif abi < 6:
        print("this kernel's Landlock (ABI %d) is not the page's: not compared" % abi)
    elif not os.path.exists(PAGE) or open(PAGE).read() != text:
        import difflib
        old = open(PAGE).read() if os.path.exists(PAGE) else ""
        print("FAIL docs/privileges.md is out of date (tests/package/privileges.py GATEHOUSE --write):\n" +
              "\n".join(list(difflib.unified_diff(old.splitlines(), text.splitlines(), lineterm=""))[:40]))
        failed += 1
    print("%d processes, %d trials, %d failed" % (len(facts), len(trials), failed))
    return 1 if failed else 0


if "inside" in sys.argv:
    sys.exit(main())
if os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("ip"):
    print("skipped: root, unshare and ip are needed", file=sys.stderr)
    sys.exit(77)
sys.exit(subprocess.run(["unshare", "-n", "-m", sys.executable, os.path.abspath(__file__), GATEHOUSE, "inside"] + sys.argv[2:]).returncode)
