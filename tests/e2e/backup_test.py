#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The console restored from yesterday's backup, behind its own receipts: backup_test.py GATEHOUSE SHARE

What the console forgot is sent again, so that everything is there again exactly once; until then the appliance's journal does not count it as
received, so that it cannot be trimmed."""
import os
import shutil
import sys

from chain import Chain, Report, wait_for

GATEHOUSE, SHARE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
PCAP = os.path.join(SHARE, "capture", "morning.pcap")
report = Report()
check = report.check
chain = Chain(GATEHOUSE, "[journal]\nbatch_records = 5\n")
ask = chain.ask


def receipt():
    rows = ask("appliance/journal.db", "SELECT number FROM receipt")
    return rows[0][0] if rows else 0


def last():
    return ask("appliance/journal.db", "SELECT max(number) FROM batch")[0][0] or 0


def replay():
    chain.start_appliance("--replay", PCAP)
    wait_for("recorded", 60, lambda: chain.status().get("replay_recorded"))


def all_received():
    wait_for("received", 60, lambda: last() and receipt() == last())


def log_says(words):
    return words in open(chain.path("appliance.log")).read()


try:
    chain.enrol()
    chain.start_console()
    chain.stop()
    shutil.copytree(chain.path("console"), chain.path("backup"))
    chain.start_console()
    replay()
    all_received()
    events = ask("console/console.db", "SELECT run, n, k FROM event ORDER BY 1, 2, 3")
    check("events arrived", len(events) > 30, len(events))
    chain.stop()

    shutil.rmtree(chain.path("console"))
    shutil.copytree(chain.path("backup"), chain.path("console"))
    before = receipt()
    check("the appliance has receipts that the console forgot", before == last())
    chain.start_appliance("--replay", PCAP, "--replay", PCAP)
    wait_for("it runs", 20, lambda: chain.pid_of("uplink"))
    chain.start_console()
    wait_for("the loss is told", 60, lambda: log_says("fewer batches than it had"))
    all_received()
    again = ask("console/console.db", "SELECT run, n, k FROM event ORDER BY 1, 2, 3")
    check("everything is there again", set(events) <= set(again), (len(events), len(again)))
    check("exactly once", len(again) == len(set(again)))
    check("the receipt went back, and forth again", receipt() >= before, (before, receipt()))
    chain.stop()
    check("the journal is whole", "whole" in chain.command("journal", "verify", "-c", chain.path("appliance.conf")))
finally:
    chain.remove()
report.end()
