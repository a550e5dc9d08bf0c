/* SPDX-License-Identifier: GPL-3.0-or-later
 * gh-update: 'gatehouse firmware': releases made, signed, verified, installed, blessed and taken back. */
#include "base/proc.h"
#include "base/seal.h"
#include "base/text.h"
#include "firmware/update/update.h"

#include <stdio.h>

static const struct {
    const char *name;
    int (*run)(const struct conf *c, int argc, char **argv);
    const char *usage;
} commands[] = {
    {"build", update_build,
     "build -o DIR --image FILE --uki FILE --root-hash HEX --blocks N --epoch N --version TEXT\n"
     "                   [--min-epoch N] [--floor N] [--hardware MASK] [--built SECONDS] [--sbom FILE] "
     "[--note TEXT]\n"
     "                                  make a release directory, not yet signed\n"
     "           build -o DIR --epoch N --version TEXT --disk [--renew-lock]    make the image first (needs "
     "root and "
     "mmdebstrap)"},
    {"keys", update_keys,
     "keys -o FILE --root KEY --number N --threshold N PUBLIC...    say who may sign releases"},
    {"sign", update_sign, "sign DIR --key KEY             add a signature to a release"},
    {"verify", update_verify, "verify DIR [--manifest] [--keys FILE --root PUBLIC]    signatures, and every chunk"},
    {"install", update_install,
     "install DIR|URL [--again] [--repair]    write it to the slot that does not run; --repair: over what is "
     "damaged of the one that runs"},
    {"take", update_take, "take                           install what the console ordered"},
    {"have", update_have, "have -o FILE                   ids of the chunks that the slots hold"},
    {"status", update_status, "status [--json]                what runs, what is on trial, what failed"},
    {"bless", update_bless, "bless                          the running release proved good: keep it"},
    {"rollback", update_rollback, "rollback                       start the other slot's release next time"},
    {"selftest", update_selftest,
     "selftest [--trial]             does this release do its work on this machine?"},
    {"scrub", update_scrub,
     "scrub                          read the whole running image through its hash tree"},
    {"reset", update_reset,
     "reset --confirm NAME           destroy the data of the appliance of that name; its releases stay"},
    {"setup", update_setup, "setup DIR                      configuration and enrolment from a stick"},
};

static int usage(void)
{
    fprintf(stderr, "usage: gatehouse firmware COMMAND [-c FILE] ...\n");
    for (size_t i = 0; i < GH_COUNT(commands); i++)
        fprintf(stderr, "           %s\n", commands[i].usage);
    return 2;
}

int main(int argc, char **argv)
{
    const char *names[GH_COUNT(commands)], *near;
    static struct proc p; /* what it holds is held to the end */

    proc_start(&p, ROLE_UPLINK, "gatehouse", argc, argv);
    if (seal_init() != 0)
        return 3;
    if (p.argc && !strcmp(p.argv[0], "firmware")) {
        p.argc--;
        p.argv++;
    }
    for (size_t i = 0; p.argc && i < GH_COUNT(commands); i++) {
        if (!strcmp(p.argv[0], commands[i].name))
            return commands[i].run(&p.conf, p.argc - 1, p.argv + 1);
        names[i] = commands[i].name;
    }
    near = p.argc ? text_nearest(p.argv[0], names, GH_COUNT(names)) : NULL;
    if (p.argc)
        fprintf(stderr, "gatehouse firmware: unknown command '%s'%s%s%s\n", p.argv[0],
                near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    return usage();
}
