#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Follows policy/tutorial.md to the letter: writes the files that it shows, types its commands, and compares what it says they print.

  tutorial_test.py GATEHOUSE

A line with a file's name in backquotes before a block makes that file. In a console block a line that begins with "$ " is typed; what follows must be printed. "…" stands
for anything within a line, and as a line of its own for any lines."""
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TUTORIAL = os.path.join(HERE, "..", "..", "policy", "tutorial.md")
BLOCK = re.compile(r"(?:^`([^`\n]+)`\n)?^```(\w+)\n(.*?)^```$", re.M | re.S)


def pattern(lines):
    return "".join("(?:.*\n)*" if line == "…" else ".*".join(re.escape(part) for part in line.split("…")) + "\n" for line in lines)


def main(argv):
    text, typed, failed = open(TUTORIAL, encoding="utf-8").read(), 0, 0
    with tempfile.TemporaryDirectory() as work:
        os.mkdir(os.path.join(work, ".bin"))
        os.symlink(os.path.abspath(argv[1]), os.path.join(work, ".bin", "gatehouse"))
        env = dict(os.environ, PATH=os.path.join(work, ".bin") + ":" + os.environ["PATH"], LC_ALL="C.UTF-8")
        subprocess.run([sys.executable, os.path.join(HERE, "weekend.py"), os.path.join(work, "record.pcap")], check=True)
        for name, kind, body in BLOCK.findall(text):
            if name:
                path = os.path.join(work, name)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "w", encoding="utf-8") as f:
                    f.write(body)
            if kind != "console":
                continue
            for part in re.split(r"^\$ ", body, flags=re.M)[1:]:
                command, *want = part.rstrip("\n").split("\n")
                p = subprocess.run(["bash", "-c", command], cwd=work, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   text=True, timeout=300)
                typed += 1
                if not re.fullmatch(pattern(want), p.stdout):
                    failed += 1
                    print("FAIL $ %s\n  the tutorial says:\n%s\n  it prints:\n%s" % (command, "\n".join(want), p.stdout[:3000]))
    print("%d passed, %d failed" % (typed - failed, failed))
    return failed != 0 or typed < 10


sys.exit(main(sys.argv))
