# SPDX-License-Identifier: GPL-3.0-or-later
# bash completion for gatehouse; install as /usr/share/bash-completion/completions/gatehouse
_gatehouse() {
    local cur=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} words=""
    if [ "$COMP_CWORD" -eq 1 ]; then
        words="inspect classify run console policy enforce rules register journal evidence keys enrol down simulate firmware status log-level support host setup factory-reset clock owners config lists help --version"
    else
        case "$command" in
        inspect) words="-c --set -w --no-documents --no-scan --threads" ;;
        classify) words="-c --set --text" ;;
        run) words="-c --set -i --replay --units" ;;
        console) words="init committee backup restore check link invite approve withdraw keys show rotate finish enrol-approve appliances retire import accept-hole report migrate parent enrol accept status explain journal goods export-down audit verify head add list assign unassign assignments ring status remove policy rules lists fingerprints settings firmware shadow -c --set -o --reason --name --version --note --appliance --ring --month --week --lang --hours --unit --url --days --tls --now" ;;
        policy)
            words="check test explain facts replay diff shadow keygen sign promote rollback status -c --set --json --journal --since --key --number --floor --note"
            # the bundles that came with the program
            [ "$COMP_CWORD" -gt 2 ] && words="$words $(compgen -d /usr/share/gatehouse/policy/)"
            ;;
        enforce) words="off on status -c --set" ;;
        rules) words="check compile list --json" ;;
        register) words="-c --set -o -k --level --common --list --remove --json --values --column --header --threshold" ;;
        lists) words="compile check show lookup -c --set -o --kind --subdomains --url-hosts --lenient --name --in --json" ;;
        journal) words="verify cat export import -c" ;;
        evidence) words="list member request share open record -c -k -o -r --committee --reason --by --renew --password-file" ;;
        keys) words="generate show rotate -o -c --set" ;;
        enrol) words="--invitation --console --again --no-wait request accept -o -c --set" ;;
        down) words="status import -c --set --json" ;;
        simulate) words="--appliances --days --batches --records --mix even fleet --seed --wrong-clocks --connections --enrol --json -o --console" ;;
        firmware) words="build keys sign verify install take have status bless rollback selftest scrub reset setup -c --set --json --again --repair --disk --renew-lock --confirm --key --root" ;;
        status) words="-c --set --json" ;;
        log-level) words="error warn info debug normal sensor core scan policy lists enforce uplink --for -c --set" ;;
        support) words="-o --log -c --set" ;;
        host) words="print apply -c --set" ;;
        setup) words="--page --address --restart --through -c" ;;
        factory-reset) words="--confirm -c" ;;
        config | owners | clock) words="-c --set" ;;
        help) words="inspect classify run console policy enforce rules register journal evidence keys enrol down simulate firmware status log-level support host setup factory-reset clock owners config" ;;
        esac
    fi
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
    case "$cur" in
    -*) ;;
    *) [ "$COMP_CWORD" -gt 1 ] && mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$cur") ;;
    esac
}
complete -o filenames -F _gatehouse gatehouse
