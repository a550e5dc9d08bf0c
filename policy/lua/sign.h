/* SPDX-License-Identifier: GPL-3.0-or-later
 * sign: a bundle as somebody answers for it: its files and those of the bundles it uses, by hash, with a
 * number that only grows, signed (Ed25519). DIR/bundle.sig holds two lines: a JSON object and the base64 of
 * its signature.
 *
 * Nothing of a bundle is run here: what is not trusted is refused before Lua sees it. */
#ifndef GH_POLICY_SIGN_H
#define GH_POLICY_SIGN_H

#include "base/seal.h"

#define SIGN_FILE "bundle.sig"
#define SIGN_FILES_MAX 256
#define SIGN_PATH 200

/* One file that makes up a bundle: its name there ("policy.lua", "used/mail-out/lists/own.csv") and where it
 * lies. */
struct sign_file {
    char name[SIGN_PATH], path[1024];
    uint8_t hash[SEAL_HASH];
};
struct sign_files {
    struct sign_file f[SIGN_FILES_MAX];
    size_t n;
};
/* The files of the bundle in dir and of all that it uses, in order of their names, hashed. 0, or ST_USAGE
 * with the sentence in err. */
int sign_collect(const char *dir, struct sign_files *ret, struct writer *err);

/* What bundle.sig says. */
struct sign_note {
    char name[64], version[32], author[96], note[200], when[48];
    uint64_t number, floor; /* floor: lower numbers are refused from then on */
    uint8_t key[SEAL_PUBLIC];
};
/* Writes DIR/bundle.sig. number 0: one more than it has. 0, or a code with the sentence in err. */
int sign_make(const char *dir, const struct seal_keys *keys, uint64_t number, uint64_t floor,
              const char *note, struct sign_note *ret, struct writer *err);
/* Reads DIR/bundle.sig and checks it against the files and trust (conf policy.trust: blank-separated key
 * files or base64 keys; empty: any key). 0; ST_NOT_FOUND unsigned; ST_BAD_SIGNATURE, ST_DENIED (a key that is
 * not trusted), ST_MALFORMED, with the sentence in err. */
int sign_check(const char *dir, const char *trust, struct sign_note *ret, struct writer *err);

#endif
