#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The appliance's state directory: one appliance each, nothing in it readable by others, no pen led elsewhere: state_test.py GATEHOUSE SHARE"""
import os
import stat
import subprocess
import sys
import time

from chain import Chain, Report, wait_for

GATEHOUSE, SHARE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
PCAP = os.path.join(SHARE, "capture", "morning.pcap")
report = Report()
check = report.check
chain = Chain(GATEHOUSE)
try:
    chain.write("appliance.conf", "[node]\nname = test\nstate_dir = %s/appliance\n" % chain.dir)
    chain.command("keys", "generate", "-c", chain.path("appliance.conf"))
    chain.start_appliance("--replay", PCAP)
    wait_for("the replay is recorded", 60, lambda: chain.status().get("replay_recorded"))

    p = subprocess.run([GATEHOUSE, "run", "-c", chain.path("appliance.conf"), "--replay", PCAP], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       text=True, timeout=60)
    check("a second appliance is refused: exit 2", p.returncode == 2, p)
    check("and told why", "in use by another appliance" in p.stderr, p.stderr)
    check("its status is still the first one's", chain.status().get("pid") == chain.appliance.pid, chain.status())
    check("the first goes on", chain.appliance.poll() is None and chain.pid_of("core") > 0)

    open_to_others = [n for n in os.listdir(chain.path("appliance"))
                      if stat.S_IMODE(os.lstat(os.path.join(chain.path("appliance"), n)).st_mode) & 0o077 and n not in ("appliance.pub", "status.json")]
    check("nobody else may read what is recorded", not open_to_others, open_to_others)

    victim = chain.path("victim")
    chain.write("victim", "untouched")
    end, linked = time.monotonic() + 3, 0
    while time.monotonic() < end:
        try:
            os.symlink(victim, chain.path("appliance/status.json.new"))
            linked += 1
        except OSError:
            pass
        time.sleep(0.01)
    check("a link was in the way", linked > 1, linked)
    check("status is not written through a link", open(victim).read() == "untouched")
    check("and is written all the same", chain.status().get("name") == "test" and not os.path.islink(chain.path("appliance/status.json")))

    core = chain.pid_of("core")
    os.kill(core, 9)
    wait_for("the core is back", 20, lambda: chain.pid_of("core") not in (0, core))
    chain.stop()
    out = chain.command("journal", "verify", "-c", chain.path("appliance.conf"))
    check("the journal is whole", "whole" in out, out)
finally:
    chain.remove()
report.end()
