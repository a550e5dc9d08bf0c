/* SPDX-License-Identifier: GPL-3.0-or-later
 * ranges: a set of numbers as few intervals: which events of a run are known already. Numbers come nearly in
 * order, so the set stays at a handful of intervals; RANGES_MAX is its ceiling. One thread. */
#ifndef GH_BASE_RANGES_H
#define GH_BASE_RANGES_H

#include "base/writer.h"

#define RANGES_MAX 65536

struct range {
    uint64_t lo, hi; /* both belong to it */
};
struct ranges {
    struct range *v;
    size_t n, cap;
};
void ranges_done(struct ranges *r); /* frees; a zeroed struct is an empty set */
/* 0; ST_EXISTS when n is in it already; ST_LIMIT; ST_NOMEM. */
int ranges_add(struct ranges *r, uint64_t n);
bool ranges_has(const struct ranges *r, uint64_t n);
/* How many numbers are in it. */
uint64_t ranges_count(const struct ranges *r);
/* As bytes: u64 lo, u64 hi, … little endian; and back over an empty set, ST_MALFORMED unless ascending and
 * apart. */
void ranges_put(const struct ranges *r, struct writer *w);
int ranges_get(struct ranges *r, struct span bytes);

#endif
