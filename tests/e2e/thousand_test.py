#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A thousand appliances at once: thousand_test.py GATEHOUSE SHARE [APPLIANCES]

The simulator enrols its fleet in one call and sends a few batches of each over several connections, in the order in which they come; then what it made and
what the console has must be the same, also of each one by itself, and what is sent once more must change nothing."""
import functools
import json
import os
import subprocess
import sys

from chain import Chain, Report

GATEHOUSE = os.path.abspath(sys.argv[1])
APPLIANCES = int(sys.argv[3]) if len(sys.argv) > 3 else 1000
BATCHES, RECORDS = 2, 20
report = Report()
check = report.check
chain = Chain(GATEHOUSE)
fleet = chain.path("fleet")


def simulate(*more, code=0):
    p = subprocess.run([GATEHOUSE, "simulate", "--appliances", str(APPLIANCES), "--batches", str(BATCHES), "--records", str(RECORDS), "--mix", "fleet", "-o", fleet,
                        "--json", *more], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=400)
    check("exit code", p.returncode == code, (p.returncode, p.stderr[-2000:]))
    check("nothing but the summary into a pipe", "\r" not in p.stdout + p.stderr and p.stdout.count("\n") == 1, p.stdout)
    return json.loads(p.stdout), p.stderr


ask = functools.partial(chain.ask, "console/console.db")


try:
    chain.command("console", "init", "-c", chain.path("console.conf"))
    for words, text in ((["--appliances", "0"], "out of range"), (["--nonsense", "1"], "--nonsense"), (["--mix", "odd"], "even or fleet"), (["--batches"], "its value")):
        p = subprocess.run([GATEHOUSE, "simulate", "-o", fleet] + ([] if "--appliances" in words else ["--appliances", "1"]) + words, stderr=subprocess.PIPE, text=True)
        check("mistake: " + " ".join(words), p.returncode == 2 and text in p.stderr.split("\n")[0], p.stderr)
    chain.start_console()
    url = "https://127.0.0.1:%d" % chain.port
    made, _ = simulate("--enrol", chain.path("console.conf"), "--console", url)
    print(made)
    check("all are enrolled and report", (made["appliances"], made["waiting"], made["made"], made["taken"], made["refused"]) ==
          (APPLIANCES, 0, APPLIANCES * BATCHES, APPLIANCES * BATCHES, 0), made)
    check("the console counts the same", ask("SELECT count(*), sum(records), sum(alerts) FROM appliance WHERE batches = %d" % BATCHES) ==
          [(APPLIANCES, made["records"], made["alerts"])], made)
    check("each event once", ask("SELECT count(*), count(DISTINCT appliance || '.' || run || '.' || n || '.' || k) FROM event") == [(made["records"],) * 2])
    check("alerts are there", ask("SELECT count(*) FROM alert") == [(made["alerts"],)] and made["alerts"] > 0)
    sizes = dict(ask("SELECT records, count(*) FROM appliance GROUP BY 1"))
    check("posts, offices and ministries", sizes == {BATCHES * RECORDS // 4: APPLIANCES * 60 // 100, BATCHES * RECORDS: APPLIANCES * 35 // 100,
                                                     BATCHES * RECORDS * 4: APPLIANCES * 5 // 100}, sizes)
    seen = json.loads(ask("SELECT ledger FROM appliance WHERE name = '00001'")[0][0])
    check("each one's own ledger agrees", seen["events"]["in"] == ask("SELECT records FROM appliance WHERE name = '00001'")[0][0], seen)
    os.unlink(os.path.join(fleet, "00003", "chain")) # it forgets what it sent: that is another journal under the same keys
    again, told = simulate("--console", url, code=1)
    check("what cannot be is refused and counted, the others go on", again["refused"] == BATCHES and again["taken"] == (APPLIANCES - 1) * BATCHES and
          "00003" in told, (again, told))
    check("and both sides still count the same", ask("SELECT sum(records), sum(alerts), sum(refused) FROM appliance") ==
          [(made["records"] + again["records"], made["alerts"] + again["alerts"], BATCHES)], again)
    chain.stop()
    gone, told = simulate("--console", url, code=3)
    check("a console that is away: one sentence", told.count("\n") == 1 and url in told, told)
except (AssertionError, OSError) as e:
    check("a thousand", False, "%r\n%s" % (e, chain.logs()))
finally:
    chain.remove()
report.end()
