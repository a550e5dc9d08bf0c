/* SPDX-License-Identifier: GPL-3.0-or-later
 * committee: the key that opens evidence, split among n members so that any k of them together have it and
 * fewer have nothing.
 *
 * No scheme of our own: for each of the C(n,k) groups of k members the secret is split by XOR into k shares
 * (k - 1 random ones, and what is left), and each share lies in a sealed box for its member's X25519 key. n
 * is at most COMMITTEE_MEMBERS, so that there are at most 126 groups and 630 shares (70 KiB). The file
 * (committee.shares) holds no secret that less than k members can open; it is signed with the committee's own
 * key, which proves that its maker had the secret. Layout in docs/evidence.md.
 *
 * Secrets only ever lie in memory of seal_alloc and are wiped. Pure functions, any thread. */
#ifndef GH_BASE_COMMITTEE_H
#define GH_BASE_COMMITTEE_H

#include "base/seal.h"

#define COMMITTEE_MEMBERS 9
#define COMMITTEE_NAME 65 /* bytes of a member's name, NUL included */
#define COMMITTEE_FILE_MAX (80u << 10)
#define COMMITTEE_MAGIC "GHCOMM01"

struct committee_member {
    char name[COMMITTEE_NAME];
    struct seal_public key;
};
struct committee {
    uint32_t generation; /* 1, 2, 3 … with each new division */
    uint64_t made_us;
    unsigned quorum, n;     /* k of n */
    struct seal_public key; /* evidence is sealed for this; it stays the same over all generations */
    struct committee_member member[COMMITTEE_MEMBERS];
    struct span shares; /* the sealed boxes, in the bytes that were read */
};

/* A name fit for a member: 1 to 64 bytes of UTF-8 without control characters. */
bool committee_name_is_good(struct span name);
/* Groups of k out of n: C(n,k). */
unsigned committee_groups(unsigned n, unsigned k);
/* Divides secret among c->member; generation, made_us, quorum, n and members are the caller's, the rest is
 * filled in. ST_USAGE: numbers out of range, or two members with one key or name. out: a writer of
 * COMMITTEE_FILE_MAX. */
int committee_write(struct committee *c, const struct seal_keys *secret, struct writer *out);
/* Reads and checks the signature; shares point into bytes. ST_MALFORMED, ST_TRUNCATED, ST_BAD_SIGNATURE. */
int committee_read(struct span bytes, struct committee *ret);
/* The member with that key, or -1. */
int committee_find(const struct committee *c, const struct seal_public *key);

/* Shares of a member: one for each group that it is in, in the order of the groups' bit masks. */
#define COMMITTEE_OWN_MAX (70 * SEAL_SECRET)
size_t committee_own_size(const struct committee *c);
/* Opens member's shares with its keys into out (committee_own_size bytes of seal_alloc memory).
 * ST_BAD_SIGNATURE: a box is not for this key. */
int committee_own(const struct committee *c, unsigned member, const struct seal_keys *keys, uint8_t *out);
/* Joins what k different members contributed: own[i] is what committee_own gave member who[i]. Only n ==
 * quorum is taken. ST_BAD_SIGNATURE: the result is not this committee's key. */
int committee_join(const struct committee *c, const unsigned *who, const uint8_t *const *own, size_t n,
                   struct seal_keys **ret);

#endif
