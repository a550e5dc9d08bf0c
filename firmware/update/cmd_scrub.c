/* SPDX-License-Identifier: GPL-3.0-or-later
 * scrub: the running image against its hash tree, by night and in the self-test. */
#include "firmware/update/scrub.h"
#include "firmware/update/slot.h"
#include "firmware/update/update.h"
#include "firmware/update/words.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

/* The slot that runs; its letter, or 0. */
static char open_running(const struct conf *c, const struct running *r, struct slot *ret)
{
    const char *const paths[] = {c->firmware_slot_a, c->firmware_slot_b};

    for (unsigned i = 0; i < GH_COUNT(paths); i++) {
        if (slot_open(ret, paths[i], false) != 0)
            continue;
        if (ret->labelled && !memcmp(ret->root_hash, r->root_hash, sizeof(r->root_hash)))
            return (char)('a' + i);
        slot_close(ret);
    }
    return 0;
}

bool update_scrub_running(const struct conf *c, const struct running *r, char *say, size_t cap)
{
    struct scrub_result s = {0};
    struct slot slot;
    char letter = open_running(c, r, &slot);
    int rc = letter ? scrub_run(slot.fd, &r->tree, &s) : ST_NOT_FOUND;

    if (letter)
        slot_close(&slot);
    if (rc) {
        snprintf(say, cap, "the running image cannot be read through: %s",
                 letter ? status_text(rc) : "no slot is labelled as it");
        return false;
    }
    (void)mkdir(c->firmware_state, 0755);
    rc = scrub_keep(c->firmware_state, r->epoch, &s);
    if (rc)
        fprintf(stderr, "gatehouse firmware scrub: %s/" SCRUB_FILE ": %s\n", c->firmware_state,
                status_text(rc));
    if (s.bad)
        snprintf(say, cap, "%llu of %llu blocks in slot %c are damaged, the first is %llu",
                 (unsigned long long)s.bad, (unsigned long long)s.blocks, letter,
                 (unsigned long long)s.first_bad);
    else
        snprintf(say, cap, "%llu blocks in slot %c are as they were signed", (unsigned long long)s.blocks,
                 letter);
    return !s.bad;
}

int update_scrub(const struct conf *c, int argc, char **argv)
{
    struct running r;
    char say[256];
    bool good;

    if (words_parse("scrub", NULL, 0, argc, argv, NULL, 0) < 0)
        return 2;
    if (running_read(c, &r) != 0)
        return 2;
    good = update_scrub_running(c, &r, say, sizeof(say));
    if (good)
        printf("scrub: %s\n", say);
    else
        fprintf(stderr,
                "gatehouse firmware scrub: %s.\n"
                "The appliance goes on until it needs what is damaged. Install a newer release, or repair "
                "this one from its own "
                "directory:\n  gatehouse firmware install DIR --repair\nIf it happens again the disk is to "
                "be replaced.\n",
                say);
    return good ? 0 : 3;
}
