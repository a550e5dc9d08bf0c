/* SPDX-License-Identifier: GPL-3.0-or-later
 * receipt: the console's signed word, as a file, that it has every batch of an appliance up to a number. Over
 * HTTPS the pinned key says who answers; a stick passes through many hands, so what it carries back is
 * signed: against a receipt the journal may be trimmed. Pure functions, any thread. Layout in
 * docs/formats.md. */
#ifndef GH_BASE_RECEIPT_H
#define GH_BASE_RECEIPT_H

#include "base/seal.h"

#define RECEIPT_MAX 4096 /* bytes of such a file */

struct receipt {
    uint8_t appliance[SEAL_ID];
    uint64_t number;         /* 1 and up */
    uint8_t hash[SEAL_HASH]; /* batch hash of that number; zeros when the console does not know it (accepted
                                hole) */
};
/* The file's text, signed with the console's key. 0 or ST_LIMIT (the writer's ceiling). */
int receipt_write(const struct receipt *r, const struct seal_keys *console, struct writer *out);
/* 0; ST_MALFORMED when it is none; ST_BAD_SIGNATURE when another console made it, or somebody changed it. */
int receipt_read(struct span text, const struct seal_public *console, struct receipt *ret);

#endif
