#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# `gatehouse rules`: exit codes and what is printed. GH_SCAN names the program.
# shellcheck disable=SC2016 # $x is YARA's, not the shell's
set -u
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
failed=0
# expect CODE TEXT ARGS...: the command's exit code and a text in its output
expect() {
    code=$1 text=$2
    shift 2
    out=$("$GH_SCAN" rules "$@" 2>&1)
    got=$?
    if [ "$got" -ne "$code" ]; then echo "rules $*: exit $got, want $code: $out"; failed=1; fi
    case $out in *"$text"*) ;; *) echo "rules $*: '$text' is not in: $out"; failed=1 ;; esac
}
mkdir "$dir/good" "$dir/bad" "$dir/slow"
printf 'rule a { meta: description = "d" strings: $x = "abcd" condition: $x }\n' >"$dir/good/a.yar"
printf '== a positive\nabcd\n== a negative\nx\n' >"$dir/good/a.samples"
printf 'rule a {\n condition: nope }\n' >"$dir/bad/a.yar"
printf 'rule a {\n strings: $x = /.*b/\n condition: $x }\n' >"$dir/slow/a.yar"

expect 0 "1 rules in 1 files, 2 samples, 0 faults" check "$dir/good"
expect 2 'a.yar:2: error: undefined identifier "nope"' check "$dir/bad"
expect 2 "a.yar:2: warning:" check "$dir/slow"
expect 2 "No such file" check "$dir/nothing"
expect 0 "version" compile "$dir/good"
expect 2 "mend the faults" compile "$dir/bad" -o "$dir/out.yar"
expect 0 "compiled in" compile "$dir/good" -o "$dir/pack.yar"
expect 3 "cannot be written" compile "$dir/good" -o "$dir/no/such/dir.yar"
mkdir "$dir/pack" && cp "$dir/pack.yar" "$dir/pack/"
expect 0 "1 rules" list "$dir/pack"
expect 0 '"rule":"a"' list --json "$dir/good"
expect 0 "1 rules" list --set scan.rules="$dir/good"
expect 2 "did you mean 'check'" chek
expect 2 "usage:" check --fast
expect 2 "lacks its value" compile -o
expect 2 "usage:"
exit $failed
