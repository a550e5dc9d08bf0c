/* SPDX-License-Identifier: GPL-3.0-or-later
 * opening: how k members of the committee open one document, as three small files that people carry
 * (docs/evidence.md):
 *
 *   request   from the machine that will open: what, who asks, why, a key made for this request alone, and
 * the committee's file share     from a member: its shares of the secret, in a sealed box for the request's
 * key, signed over the request receipt   from the machine that opened: what was opened, when, with whose
 * shares, signed with the request's key
 *
 * A share serves one request and can be read only by the machine that made it. The secret exists whole for
 * the moment of opening, in guarded memory of that machine. Pure functions, any thread. */
#ifndef GH_BASE_OPENING_H
#define GH_BASE_OPENING_H

#include "base/committee.h"

#define OPENING_ID 16
#define OPENING_BY 65 /* bytes, NUL included */
#define OPENING_REASON 501
#define OPENING_REQUEST_MAX (COMMITTEE_FILE_MAX + 4096)
#define OPENING_SHARE_MAX 8192
#define OPENING_RECEIPT_MAX 512

enum opening_kind {
    OPENING_DOCUMENT, /* one sealed document */
    OPENING_RENEW     /* the committee itself: other members, another quorum */
};
struct opening_request {
    uint8_t id[OPENING_ID];
    enum opening_kind kind;
    uint64_t made_us;
    struct seal_public key; /* of this request */
    uint8_t sha256[32];     /* of the document; zeros for OPENING_RENEW */
    char by[OPENING_BY], reason[OPENING_REASON];
    struct span committee_bytes;
    struct committee committee; /* points into the bytes that were read */
    uint8_t hash[SEAL_HASH];    /* over the whole request: what shares and receipt name */
};
struct opening_share {
    uint8_t request[OPENING_ID], request_hash[SEAL_HASH];
    uint64_t made_us;
    unsigned member;
    struct span box;
};
struct opening_receipt {
    uint8_t request[OPENING_ID], request_hash[SEAL_HASH];
    uint64_t opened_us, bytes; /* of the document; 0 when the committee was renewed */
    uint8_t sha256[32];
    unsigned members; /* a bit each */
};

/* kind, sha256, by, reason and committee_bytes are the caller's; id, key, time and hash are filled in. keys:
 * the request's own, to be kept for the opening. ST_USAGE: by or reason is empty, too long, or no clean text.
 */
int opening_request_write(struct opening_request *q, const struct seal_keys *keys, struct writer *out);
/* Checks both signatures, the request's and its committee's. */
int opening_request_read(struct span bytes, struct opening_request *ret);

/* A member's contribution. ST_DENIED: these keys are no member's of that committee. */
int opening_share_write(const struct opening_request *q, const struct seal_keys *member, uint64_t now_us,
                        struct writer *out);
/* Belongs it to that request, and did that member sign it? Not whether its content is good. */
int opening_share_read(const struct opening_request *q, struct span bytes, struct opening_share *ret);
/* Joins the shares of at least quorum different members (more are not used) with the request's keys.
 * *ret_members: whose were used. ST_USAGE: too few. ST_BAD_SIGNATURE: one does not open, or they do not make
 * the key: *ret_bad names the member, -1 unknown. */
int opening_join(const struct opening_request *q, const struct seal_keys *keys,
                 const struct opening_share *share, size_t n, struct seal_keys **ret, unsigned *ret_members,
                 int *ret_bad);

int opening_receipt_write(const struct opening_receipt *p, const struct seal_keys *keys, struct writer *out);
int opening_receipt_read(const struct opening_request *q, struct span bytes, struct opening_receipt *ret);

#endif
