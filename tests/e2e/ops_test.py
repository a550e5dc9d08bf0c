#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations: the log level for a while, disk quotas, waiting for enrolment, and a support bundle that tells no secrets: ops_test.py GATEHOUSE SHARE"""
import json
import os
import subprocess
import sys
import tarfile

from chain import Chain, Report, wait_for

GATEHOUSE, SHARE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
PCAP = os.path.join(SHARE, "capture", "morning.pcap")
report = Report()
check = report.check
chain = Chain(GATEHOUSE)
SECRETS = ["hunter2-Passw0rd", "proxyuser", "proxy.bo-noibo.vn", "10.77.66.55", "fe80::dead:beef", "ke-hoach-tac-chien.docx", "Kế hoạch", "Đơn vị 42",
           "eyJhbGciOiJFZERTQSJ9.c2VjcmV0", "lan.nguyen@bo-noibo.vn", "/home/lan/tai-lieu"]


def run(*args):
    return subprocess.run([GATEHOUSE, *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)


def audit(what):
    out = chain.command("journal", "cat", "--json", "-c", conf)
    return [json.loads(x)["gatehouse"]["audit"] for x in out.splitlines() if '"what":"%s"' % what in x]


try:
    conf = chain.path("appliance.conf")
    chain.write("appliance.conf", "[node]\nname = \"Đơn vị 42\"\nstate_dir = %s/appliance\n[journal]\nmax = 1000000G\n[uplink]\nconsole = https://10.77.66.55:8443\n"
                "proxy = http://proxy.bo-noibo.vn:3128\n[firmware]\nstate = %s/firmware\n[scan]\nregistered_key = /home/lan/tai-lieu.key\nocr = no\n" % (chain.dir, chain.dir))
    chain.command("keys", "generate", "-c", conf)
    os.mkdir(chain.path("firmware"))
    chain.write("firmware/scrub.json", '{"at":"2026-11-24T02:30:00.000000+0000","epoch":7,"blocks":1000,"bad":2,"first_bad":5}')
    chain.write("firmware/selftest.json", '{"at":"2026-11-24T02:00:00.000000+0000","epoch":7,"good":true}')
    chain.write("firmware/failed", "3 old\n4 old\n5 old\n6 old\n8 self-test failed: the document rules compile\nnonsense\n")
    chain.start_appliance("--replay", PCAP)
    wait_for("the replay is recorded", 60, lambda: chain.status().get("replay_recorded"))
    status = chain.status()
    check("who is not enrolled records and waits", chain.appliance.poll() is None and status["processes"]["uplink"]["pid"] == 0, status["processes"]["uplink"])
    log = open(chain.path("appliance.log")).read()
    check("and says so once", log.count("not enrolled with a console yet") == 1, log)

    disk = status["disk"]
    check("the disk's use is told", disk["used"]["journal"]["bytes"] > 0 and disk["used"]["journal"]["max"] == 1000000 << 30 and disk["free"] > 0, disk)
    check("quotas that are more than the disk are told", disk["enough"] is False and "the quotas add up to" in log and "journal.max" in log, log)
    check("users are told", status["users"] == "one" and "uid" in status["processes"]["core"], status)

    check("what the clock is worth is told", status["clock"] in ("synchronised", "running"), status["clock"])
    wait_for("and recorded", 20, lambda: audit("clock") and audit("clock")[0]["quality"] == status["clock"])
    wait_for("what installer, self-test and scrub left is in the status", 20, lambda: len(chain.status().get("firmware", {}).get("failed", [])) == 3)
    out = run("status", "-c", conf).stdout
    check("for people, too", "2 of 1000 blocks are DAMAGED" in out and "self-test of epoch 7: good" in out and "epoch 8 failed here: self-test failed: the document rules" in out, out)
    wait_for("and in the journal, for the console", 30, lambda: audit("firmware"))
    told = audit("firmware")
    check("once, with all of it", len(told) == 1 and told[0]["scrub"]["bad"] == 2 and told[0]["selftest"]["good"] and told[0]["failed"][-1]["epoch"] == 8, told)
    chain.write("firmware/scrub.json", "[" * 1000)
    wait_for("a file that is none says nothing", 20, lambda: "scrub" not in chain.status().get("firmware", {"scrub": 1}))
    p = run("log-level", "debug", "scan", "--for", "2s", "-c", conf)
    check("a log level is taken", p.returncode == 0, p.stdout)
    wait_for("the status shows it", 20, lambda: chain.status().get("log_level", {}).get("process") == "scan" or audit("log_level"))
    wait_for("it falls back by itself", 30, lambda: "log_level" not in chain.status() and not os.path.exists(chain.path("appliance/log-level.json")))
    run("log-level", "warn", "-c", conf)
    wait_for("all of them", 20, lambda: chain.status().get("log_level", {}).get("process") == "all")
    check("it can be asked", "warn for all" in run("log-level", "-c", conf).stdout)
    check("and ended", run("log-level", "normal", "-c", conf).returncode == 0)
    wait_for("it is over", 20, lambda: "log_level" not in chain.status())
    for args, word in (("debgu",), "did you mean 'debug'"), (("debug", "scna"), "no process"), (("debug", "--for", "2d"), "at most a day"):
        p = run("log-level", *args, "-c", conf)
        check("%s is refused" % (args,), p.returncode == 2 and word in p.stdout, p.stdout)
    wait_for("all of it is in the journal", 20, lambda: len(audit("log_level")) == 2 and len(audit("log_level_normal")) == 2)
    check("with what was wanted", audit("log_level")[0]["process"] == "scan" and audit("log_level")[0]["level"] == "debug" and audit("log_level")[0]["by"], audit("log_level"))

    with open(chain.path("planted.log"), "w") as f:
        f.write("2026-11-24T12:00:00+0000 gh-uplink[1]: http://proxyuser:hunter2-Passw0rd@proxy.bo-noibo.vn:3128 refuses 10.77.66.55 and fe80::dead:beef\n"
                "gh-core[2]: \"Kế hoạch\" ke-hoach-tac-chien.docx of /home/lan/tai-lieu for lan.nguyen@bo-noibo.vn\n"
                "gh-core[2]: token eyJhbGciOiJFZERTQSJ9.c2VjcmV0, Password: hunter2-Passw0rd\ngh-core[2]: the run is recorded: 12 events, batch 3\n")
    bundle = chain.path("bundle.tar")
    p = run("support", "-o", bundle, "--log", chain.path("planted.log"), "-c", conf)
    check("a support bundle is made", p.returncode == 0, p.stdout)
    check("for its maker alone", os.stat(bundle).st_mode & 0o777 == 0o600)
    with tarfile.open(bundle) as t:
        parts = {m.name: t.extractfile(m).read().decode() for m in t.getmembers()}
    for name in ("versions.txt", "config.txt", "status.json", "processes.txt", "ledgers.json", "files.txt", "firmware.txt", "log.txt", "MANIFEST.txt"):
        check("%s is in it" % name, name in parts, list(parts))
    secret = open(chain.path("appliance/appliance.key")).read()
    planted = SECRETS + [secret[i:i + 24] for i in range(40, len(secret) - 24, 24)] + open(chain.path("appliance/appliance.pub")).read().split('"')[3:9:2]
    for s in planted:
        check("%s is not in it" % s[:12], not [n for n in parts if s in parts[n]] or len(s) < 8, [n for n in parts if s in parts[n]])
    names = {json.loads(x)["fileinfo"]["filename"] for x in chain.command("journal", "cat", "--json", "-c", conf).splitlines() if '"filename":"' in x and '"fileinfo":{' in x}
    check("there were documents with names", len(names) > 2, names)
    for n in names:
        check("the name of a document is not in it: %s" % n, len(n) < 6 or not [x for x in parts if n in parts[x]])
    check("what helps is in it", "the run is recorded: 12 events, batch 3" in parts["log.txt"] and "journal.max = " in parts["config.txt"] and
          "uplink.console = <set" in parts["config.txt"] and '"event_type":"stats"' in parts["ledgers.json"] and "NoNewPrivs:\t1" in parts["processes.txt"], parts["config.txt"])
    check("the manifest says what was taken out, in both languages", "<address>" in parts["MANIFEST.txt"] and "Đã che" in parts["MANIFEST.txt"], parts["MANIFEST.txt"])
    p = run("support", "-o", bundle, "-c", conf)
    check("nothing is overwritten", p.returncode == 2 and "already" in p.stdout, p.stdout)
    check("without -o it says what is missing", run("support", "-c", conf).returncode == 2)
finally:
    chain.remove()
report.end()
