# SPDX-License-Identifier: GPL-3.0-or-later
"""Each writing address either takes an Idempotency-Key, or says why not. With a key, a step happens once: programs that know how to bring
about every step run anew, each of their steps asked for twice (twice.py), and together they must have asked for all."""
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
file = os.environ["GH_TEST_TWICE"] = os.path.join(tempfile.mkdtemp(prefix="gh-twice-"), "asked")
import twice # needs the name of the file
from harness import BUILD, check, end, equal

PROGRAMS = ["console_http/test_" + n for n in ("access", "alerts", "audit", "cases", "inbox", "packets", "policies", "rollouts")] + \
           ["console_out/test_" + n for n in ("evidence", "outputs", "keeping")] + ["console_dash/test_" + n for n in ("fleet", "report")]
MACHINES = {"/intake", "/intake/ahead", "/intake/part", "/fetch/{id}", "/down"} # appliances: their messages have numbers of their own

for p, ms in twice.API["paths"].items():
    for m, about in ms.items():
        if m != "get" and p not in MACHINES and (m.upper(), p) not in twice.STEPS:
            check("%s %s says why it takes no key" % (m, p), "Takes no Idempotency-Key: " in about["summary"])


def run(program):
    return subprocess.run([sys.executable, "-B", os.path.join(HERE, "..", program + ".py"), BUILD], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env={**os.environ, "PYTHONPATH": HERE})


with ThreadPoolExecutor(3) as pool:
    runs = list(pool.map(run, PROGRAMS))
for program, p in zip(PROGRAMS, runs):
    check(program + " passes with every step asked for twice", p.returncode in (0, 77), p.stdout[-3000:])
    if p.returncode == 77:
        print("%s is left out: %s" % (program, p.stdout.strip()))
asked = {tuple(line.split()) for line in open(file)}
os.remove(file)
os.rmdir(os.path.dirname(file))
equal("every step that takes a key was asked for twice", sorted(set(twice.STEPS) - asked), [])
end()
