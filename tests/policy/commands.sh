#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The policy commands as an admin types them: exit codes, messages, explain, replay, diff.
set -u
gatehouse=$1
here=$(cd "$(dirname "$0")/../.." && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0 passed=0
# expect NAME EXIT PATTERN COMMAND...
expect() {
    name=$1 want=$2 pattern=$3
    shift 3
    "$@" >"$tmp/out" 2>&1
    got=$?
    if [ "$got" -eq "$want" ] && grep -q -e "$pattern" "$tmp/out"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL $name: exit $got (want $want), pattern '$pattern' in:"
        cat "$tmp/out"
    fi
}
cp -r "$here/tests/policy/sample" "$tmp/old"
cp -r "$here/tests/policy/sample" "$tmp/new"
sed -i 's/action = "block"/action = "quarantine"/; ' "$tmp/new/policy.lua"
cp -r "$here/tests/policy/sample" "$tmp/broken"
printf 'rule { id = "x", when = function(e)\n  return e.document.levle\n' >"$tmp/broken/policy.lua"
cp -r "$here/tests/policy/sample" "$tmp/typo"
sed -i 's/e.document.level/e.document.levle/' "$tmp/typo/policy.lua"
cat >"$tmp/events" <<'EOF'
{"event_type":"flow","src_ip":"10.0.0.1"}
{"event_type":"fileinfo","timestamp":"2026-11-24T01:02:03+0000","src_ip":"10.0.0.1","dest_ip":"203.0.113.1","fileinfo":{"filename":"a.docx"},"gatehouse":{"document":{"level":"mat","markings":[{"text":"MẬT"}],"features":{"encrypted":false},"verdict":{"action":"block","rule":"marked-leaving"}}}}
{"event_type":"fileinfo","src_ip":"10.0.0.1","dest_ip":"203.0.113.1","fileinfo":{"filename":"b.docx"},"gatehouse":{"document":{"level":"none","read":"full","features":{"encrypted":false},"verdict":{"action":"log","rule":"otherwise"}}}}
EOF
sed -n 2p "$tmp/events" >"$tmp/event"
expect "no command" 2 'usage: gatehouse policy' "$gatehouse" policy
expect "unknown command" 2 "unknown command 'chekc'" "$gatehouse" policy chekc
expect "unknown option" 2 "unknown option '--jsno'" "$gatehouse" policy check --jsno
expect "check" 0 'sample@1 is good: 2 rules, 1 zones' "$gatehouse" policy check "$tmp/old"
expect "check the standard one" 0 'is good' "$gatehouse" policy check
expect "syntax" 2 "broken/policy.lua:[0-9]*: 'end' expected" "$gatehouse" policy check "$tmp/broken"
expect "typo with column" 2 "typo/policy.lua:[0-9]*:[0-9]*: there is no such fact: 'levle'; did you mean 'level'" "$gatehouse" policy check "$tmp/typo"
expect "no such bundle" 2 'nowhere/bundle.json: no such thing' "$gatehouse" policy check "$tmp/nowhere"
expect "test" 0 'coverage: 2 of 2 rules' "$gatehouse" policy test "$tmp/old"
expect "failing test" 1 'FAIL a document marked' "$gatehouse" policy test "$tmp/new"
expect "explain" 0 'MATCHES  marked-leaving (policy.lua:' "$gatehouse" policy explain "$tmp/old" "$tmp/event"
expect "explain says the facts" 0 'document.level = "mat"' "$gatehouse" policy explain "$tmp/old" "$tmp/event"
expect "explain no event" 2 'not one JSON object' "$gatehouse" policy explain "$tmp/old" "$tmp/new/zones.lua"
expect "replay" 0 '3 events read, 2 judged: allow 0 log 1 alert 0 quarantine 0 block 1' "$gatehouse" policy replay "$tmp/old" "$tmp/events"
expect "replay with a change" 1 'block (marked-leaving) -> quarantine (marked-leaving)' "$gatehouse" policy replay "$tmp/new" --journal "$tmp/events"
expect "diff" 1 '^1 would change' "$gatehouse" policy diff "$tmp/old" "$tmp/new" "$tmp/events"
expect "diff of the same" 0 '^0 would change' "$gatehouse" policy diff "$tmp/old" "$tmp/old" "$tmp/events"
expect "diff as JSON" 1 '"old":"block","old_rule":"marked-leaving","new":"quarantine"' "$gatehouse" policy diff --json "$tmp/old" "$tmp/new" "$tmp/events"
expect "replay of rubbish" 2 'are no events' "$gatehouse" policy replay "$tmp/old" "$tmp/new/zones.lua"
expect "facts" 0 'gatehouse.document.markings\[\].level' "$gatehouse" policy facts
expect "derived facts" 0 '^dest_may_hold' "$gatehouse" policy facts
expect "small memory" 2 'policy.memory' "$gatehouse" policy check --set policy.memory=1M --set policy.steps=1000 --set policy.memory=1 "$tmp/old"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
