/* SPDX-License-Identifier: GPL-3.0-or-later
 * audit_head: signed heads of the audit. The chain alone shows a change in its middle; whoever can write the
 * file could make it anew from there. A head says with the console's signature how long the chain was and
 * what its last hash was. Heads are kept in the database, written to the log (which goes to another machine),
 * and put into the committee's reports: whoever holds an old one, on paper even, notices that the past was
 * written anew.
 *
 * As text: "NUMBER:HASH", the number of the last entry and its hash in hex. */
#ifndef GH_CONSOLE_AUDIT_HEAD_H
#define GH_CONSOLE_AUDIT_HEAD_H

#include "base/seal.h"
#include "console/store/store.h"

#define AUDIT_HEAD_TEXT (20 + 1 + 2 * SEAL_HASH + 1)
#define AUDIT_HEAD_EVERY_US                                                                                  \
    (3600ull * 1000000) /* a new one this long after the last, if anything happened                          \
                         */

struct audit_head {
    int64_t id, time; /* last entry; when it was signed, µs */
    uint8_t hash[SEAL_HASH], signature[SEAL_SIGNATURE];
};
/* Signs the chain's end as it is now, in the caller's transaction. ST_NOT_FOUND: there is no entry;
 * ST_EXISTS: the last head says the same already (*ret is that one). */
int audit_head_sign(struct db *d, const struct seal_keys *k, struct audit_head *ret);
/* Is a new one due? */
bool audit_head_due(struct db *d);
/* The newest. ST_NOT_FOUND. */
int audit_head_newest(struct db *d, struct audit_head *ret);
const char *audit_head_text(const struct audit_head *h, char buf[static AUDIT_HEAD_TEXT]);
/* Reads "NUMBER:HASH". False when it is none. */
bool audit_head_parse(struct span text, struct audit_head *ret);

enum audit_fault {
    AUDIT_WHOLE,
    AUDIT_CHANGED,   /* id: the first entry that does not fit the chain */
    AUDIT_REWRITTEN, /* id: a head names another hash for this entry */
    AUDIT_CUT,       /* id: a head knows more entries than there are */
    AUDIT_FORGED     /* id: a head's signature is not the console's */
};
struct audit_verdict {
    enum audit_fault fault;
    int64_t id;
    uint64_t entries, heads;
    bool held; /* the fault shows against a head from outside */
};
/* Recomputes the chain and holds it against all kept heads and those from outside. 0 with *ret, or an error
 * of the database. */
struct audit_keys {
    const struct seal_public *now, *former; /* a head may be signed with any of them */
    size_t n_former;
};
int audit_prove(struct db *d, const struct audit_keys *keys, const struct audit_head *held, size_t n, struct audit_verdict *ret);

#endif
