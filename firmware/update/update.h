/* SPDX-License-Identifier: GPL-3.0-or-later
 * The commands of 'gatehouse firmware'. Each takes its own words (argv[0] is the first behind its name) and
 * returns the exit status: 0 done, 2 refused or wrong usage, 3 could not finish. */
#ifndef GH_UPDATE_UPDATE_H
#define GH_UPDATE_UPDATE_H

#include "base/conf.h"
#include "firmware/update/manifest.h"
#include "firmware/update/scrub.h"

#define SELFTEST_FILE "selftest.json" /* in firmware.state: {"at","epoch","good","reason"} of the last self-test */

/* What runs, as its kernel's command line says: gh.epoch= gh.roothash= gh.floor= gh.blocks= gh.salt=
 * (firmware.cmdline). */
struct running {
    uint64_t epoch, floor;
    uint8_t root_hash[32];
    struct scrub_tree tree; /* data_blocks is 0 when the line does not tell */
};
/* 64 lower-case hex digits to 32 bytes; false when s is anything else. */
bool update_hex32(struct span s, uint8_t out[static 32]);
/* 0, or 2 with a message: this machine was not started by a Gatehouse kernel. */
int running_read(const struct conf *c, struct running *ret);
/* 0, or ST_NOT_FOUND without a message. */
int running_read_quietly(const struct conf *c, struct running *ret);
/* The trusted release keys: the newest set that the root key signed, of the image or of the state directory.
 */
int keyset_trusted(const struct conf *c, struct keyset *ret);

int update_build(const struct conf *c, int argc, char **argv);
int update_keys(const struct conf *c, int argc, char **argv);
int update_sign(const struct conf *c, int argc, char **argv);
int update_verify(const struct conf *c, int argc, char **argv);
int update_install(const struct conf *c, int argc, char **argv);
/* The same for a directory or address; why gets a sentence when it is not done. */
int update_install_from(const struct conf *c, const char *bundle, bool again, bool repair, char why[static 256]);
int update_take(const struct conf *c, int argc, char **argv);
int update_have(const struct conf *c, int argc, char **argv);
int update_status(const struct conf *c, int argc, char **argv);
int update_bless(const struct conf *c, int argc, char **argv);
int update_rollback(const struct conf *c, int argc, char **argv);
int update_selftest(const struct conf *c, int argc, char **argv);
int update_reset(const struct conf *c, int argc, char **argv);
int update_scrub(const struct conf *c, int argc, char **argv);
/* Reads the running image through its tree, keeps the result (scrub.h) and tells it in a sentence. True: it
 * is whole. */
bool update_scrub_running(const struct conf *c, const struct running *r, char *say, size_t cap);
int update_setup(const struct conf *c, int argc, char **argv);

#endif
