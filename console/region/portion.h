/* SPDX-License-Identifier: GPL-3.0-or-later
 * portion: records on their way from a region's gh-console to gh-region, in one sealed memfd:
 *
 *     u64 run, u64 n, u32 k, u8 type (enum event_type), u32 length, JSON     … again, to the end
 *
 * Numbers are little endian. Pure functions, any thread; nothing is allocated but by the writer. */
#ifndef GH_CONSOLE_PORTION_H
#define GH_CONSOLE_PORTION_H

#include "base/envelope.h"

#define PORTION_MAX (16u << 20)       /* bytes of one portion */
#define PORTION_RECORD_MAX (4u << 20) /* of one record's JSON */

/* Appends one; the writer's ceiling bounds it. ST_LIMIT: longer than PORTION_RECORD_MAX. */
int portion_put(const struct record *r, struct writer *out);
/* The next record, a view into the reader's bytes. 1; 0 at the exact end; ST_MALFORMED: of no known type,
 * empty, too long, or cut. */
int portion_next(struct reader *r, struct record *ret);

#endif
