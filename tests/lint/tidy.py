#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""clang-tidy with the repository's .clang-tidy over every C source of a build, each source once.

  tidy.py BUILD [PART...]    BUILD holds compile_commands.json; PART: only sources whose path contains one of these

Prints each finding once, whichever sources its header is in; exit 1 when there is one, 2 when clang-tidy cannot work."""
import concurrent.futures
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile

# what gcc 12 knows and clang 14 does not
GCC_ONLY = ("-ftrivial-auto-var-init=zero", "-fstack-clash-protection")


def sources(build, parts):
    """One command for each source, without what only gcc knows; the largest first, so that no core waits long at the end."""
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as f:
        entries = {e["file"]: e for e in json.load(f)}
    for e in entries.values():
        words = shlex.split(e.pop("command"))
        e["arguments"] = [w for w in words if w not in GCC_ONLY and os.path.basename(w) != "ccache"]
    chosen = [e for e in entries.values() if not parts or any(p in e["file"] for p in parts)]
    return sorted(chosen, key=lambda e: -os.path.getsize(e["file"]))


def findings(text):
    """The text in pieces that start with 'file:line:column: error|warning'; notes and source lines stay with theirs."""
    pieces = []
    for line in text.splitlines():
        head = line.split(" ", 2)
        if len(head) > 2 and head[0].count(":") >= 3 and head[1] in ("error:", "warning:"):
            pieces.append([])
        elif line.startswith("error:"): # of the whole source: a flag, a file that is not there
            pieces.append([])
        if pieces:
            pieces[-1].append(line)
    return ["\n".join(p) for p in pieces]


def main(build, parts):
    tool = shutil.which("clang-tidy")
    if not tool:
        print("tidy: clang-tidy is not here. Install it as root: apt-get install clang-tidy")
        return 2
    todo = sources(build, parts)
    if not todo:
        print("tidy: no sources")
        return 2
    seen = {}
    with tempfile.TemporaryDirectory() as where:
        with open(os.path.join(where, "compile_commands.json"), "w", encoding="utf-8") as f:
            json.dump(todo, f)

        def run(e):
            p = subprocess.run([tool, "--quiet", "-p", where, e["file"]], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               errors="replace", check=False)
            found = findings(p.stdout)
            if p.returncode and not found:
                found = ["%s:1:1: error: clang-tidy ended with %d\n%s" % (e["file"], p.returncode, p.stderr)]
            return found

        with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            for found in pool.map(run, todo):
                for text in found:
                    head = text.split("\n")[0]
                    if head not in seen:
                        seen[head] = True
                        print(text, flush=True)
    print("%d sources, %d findings" % (len(todo), len(seen)))
    return 1 if seen else 0


if len(sys.argv) < 2:
    sys.exit(__doc__)
sys.exit(main(sys.argv[1], sys.argv[2:]))
