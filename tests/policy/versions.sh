#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Signed and numbered policies as an admin handles them: sign, promote, roll back, and everything that is refused. The
# appliance's directory holds the old or the new version, never a mixture.
set -u
gatehouse=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
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
policy() {
    command=$1
    shift
    "$gatehouse" policy "$command" --set node.state_dir="$tmp/state" --set policy.trust="$trust" "$@"
}
active() { readlink "$tmp/state/policies/active" || echo none; }
mkdir "$tmp/state"
trust=
cp -r "$here/policy/state-secrets" "$tmp/leaf"
mkdir "$tmp/site"
sed -i 's/"name": *"state-secrets"/"name": "leaf"/' "$tmp/leaf/bundle.json"
echo '{"name":"site","version":"7","author":"An","use":["leaf"]}' >"$tmp/site/bundle.json"
expect "a key" 0 'policy.trust' policy keygen "$tmp/key"
expect "a key is never overwritten" 2 'exists' policy keygen "$tmp/key"
expect "another key" 0 'policy.trust' policy keygen "$tmp/other"
trust=$tmp/key.pub
expect "unsigned is refused" 2 'is not signed' policy promote "$tmp/site"
expect "sign needs a key" 2 'usage' policy sign "$tmp/site"
expect "sign" 0 'site@7 is signed as number 1' policy sign "$tmp/site" --key "$tmp/key" --note "first"
expect "check tells it" 0 'signed as number 1' policy check "$tmp/site"
expect "promote" 0 'in force as number 1' policy promote "$tmp/site"
expect "it is there" 0 'site@1 *in force *signed' policy status
expect "and whole by itself" 0 'is good' env -C / "$gatehouse" policy check "$tmp/state/policies/active"
expect "not twice" 2 'not above the one in force' policy promote "$tmp/site"
echo "-- changed" >>"$tmp/leaf/policy.lua"
expect "a changed file of a used bundle" 2 'leaf/policy.lua: is not as it was signed' policy promote "$tmp/site"
expect "the next number by itself" 0 'as number 2' policy sign "$tmp/site" --key "$tmp/key" --floor 2
echo 'value' >"$tmp/leaf/lists/more.csv"
expect "a new file of a used bundle" 2 'was not there when the bundle was signed' policy promote "$tmp/site"
rm "$tmp/leaf/lists/more.csv"
mv "$tmp/leaf/settings.lua" "$tmp/settings"
expect "a missing file" 2 'missing' policy promote "$tmp/site"
mv "$tmp/settings" "$tmp/leaf/settings.lua"
trust=$tmp/other.pub
expect "another's key" 2 'policy.trust does not name' policy promote "$tmp/site"
trust="$tmp/other.pub $tmp/key.pub"
cp "$tmp/site/bundle.sig" "$tmp/sig"
sed -i 's/"number":2/"number":9/' "$tmp/site/bundle.sig"
expect "a changed number" 2 'bundle.sig' policy promote "$tmp/site"
printf 'rubbish\n' >"$tmp/site/bundle.sig"
expect "a signature that is none" 2 'bundle.sig' policy promote "$tmp/site"
cp "$tmp/sig" "$tmp/site/bundle.sig"
[ "$(active)" = site@1 ] && passed=$((passed + 1)) || { failed=$((failed + 1)); echo "FAIL refused ones changed what is in force: $(active)"; }
expect "promote the second" 0 'in force as number 2' policy promote "$tmp/site"
expect "the floor was raised" 2 'below the floor of site, 2' policy rollback
expect "sign the third" 0 'as number 3' policy sign "$tmp/site" --key "$tmp/key"
expect "promote the third" 0 'number 3' policy promote "$tmp/site"
expect "back" 0 'site@2 is in force again' policy rollback
expect "and forth" 0 'site@3 is in force again' policy rollback
expect "sign an older one" 0 'number 1' policy sign "$tmp/site" --key "$tmp/key" --number 1 --note old
expect "it is below the floor" 2 'below the floor' policy promote "$tmp/site"
printf 'test { "never", facts = {}, expect = { action = "block" } }\n' >"$tmp/site/bad_test.lua"
expect "sign the fourth" 0 'number 2' policy sign "$tmp/site" --key "$tmp/key" --number 2
printf 'rule { id = "x", when = function(e) return e.levle end }\n' >"$tmp/site/policy.lua"
expect "a faulty one is not signed" 2 'levle' policy sign "$tmp/site" --key "$tmp/key"
rm "$tmp/site/policy.lua"
expect "sign one whose tests fail" 0 'number 5' policy sign "$tmp/site" --key "$tmp/key" --number 5
expect "it is not promoted" 1 'tests do not pass' policy promote "$tmp/site"
[ "$(active)" = site@3 ] && passed=$((passed + 1)) || { failed=$((failed + 1)); echo "FAIL in force: $(active)"; }
trust=
cp -r "$here/policy/standard" "$tmp/plain"
rm -f "$tmp/plain/bundle.sig"
expect "without trust it is numbered here" 0 'standard@[0-9]* is in force as number 1' policy promote "$tmp/plain"
expect "status" 0 'standard@1 *in force *unsigned' policy status
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
