/* SPDX-License-Identifier: GPL-3.0-or-later
 * down: fetches what the console ordered this appliance to have, chunk by chunk, into the state directory
 * (goods_dir.h). It uses nothing of it: gh-down does, when all of it is here.
 *
 * One kind at a time, in the order of the kinds. What is here already is not asked for, so a cut or a death
 * costs the answer that was on its way. An answer is as long as the line bears: half as long after each
 * failure, twice as long after each success. Nothing is believed that does not fit its hash. One thread. */
#ifndef GH_LINK_DOWN_H
#define GH_LINK_DOWN_H

#include "base/goods.h"
#include "base/json.h"

#define DOWN_PATH "/api/v1/down"

struct down;
/* For the state directory, whose down/ must be there. NULL when memory is short. */
struct down *down_new(const char *state_dir, const struct seal_public *console,
                      const uint8_t appliance[static SEAL_ID]);
void down_free(struct down *d);
/* "down" of an answer: these orders are not answered yet. Without that member nothing changes. */
void down_take(struct down *d, const struct json *answer);
/* Is there anything to ask for? */
bool down_busy(const struct down *d);
/* The next ask. False when there is none any more, or the disk refuses (down_trouble). */
bool down_next(struct down *d, struct writer *body);
/* What became of it: rc != 0, the console was not reached. False when the next ask should wait. */
bool down_answered(struct down *d, int rc, long status, struct span answer);
/* "" or a sentence. */
const char *down_trouble(const struct down *d);
/* Bytes of answers since the start, and orders whose goods are all here since then. */
uint64_t down_bytes(const struct down *d);
uint64_t down_done(const struct down *d);

#endif
