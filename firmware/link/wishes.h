/* SPDX-License-Identifier: GPL-3.0-or-later
 * wishes: what the console wants to have of this appliance besides its reports: sealed packets of alerts,
 * sent piece by piece (base/fetch.h). What has arrived is known from the console's answers, so nothing is
 * kept here that a death could lose.
 *
 * The console is not believed more than it must be: a wish names a file by a strict pattern, and only sealed
 * files of one directory can be meant. At most FETCH_WISHES at a time. A piece is as long as the line bears:
 * half as long after each failure, twice as long after each success. One thread. */
#ifndef GH_LINK_WISHES_H
#define GH_LINK_WISHES_H

#include "base/fetch.h"
#include "base/json.h"

#define WISHES_PART_MIN 8192u
#define WISHES_PART_FIRST 65536u
#define WISHES_PATH 64

struct wishes;
/* For the files below state_dir. NULL when memory is short. */
struct wishes *wishes_new(const char *state_dir);
void wishes_free(struct wishes *w);
/* "fetch" of an answer of the console: these are its wishes now. Without that member nothing changes. */
void wishes_take(struct wishes *w, const struct json *answer);
size_t wishes_count(const struct wishes *w);
/* The next piece: the body, and the path to post it to. False when there is none. */
bool wishes_next(struct wishes *w, struct writer *body, char path[static WISHES_PATH]);
/* What became of it: rc != 0, the console was not reached; otherwise its status, and its answer's "have" or
 * "expect". False when the next piece should wait. */
bool wishes_answered(struct wishes *w, int rc, long status, uint64_t have, uint64_t expect);
/* Files that were sent to their end. */
uint64_t wishes_sent(const struct wishes *w);

#endif
