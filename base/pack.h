/* SPDX-License-Identifier: GPL-3.0-or-later
 * pack: zstd behind one door. Bounded both ways: what is unpacked has the length that was said beforehand, or
 * it is refused. Pure functions, any thread. */
#ifndef GH_BASE_PACK_H
#define GH_BASE_PACK_H

#include "base/writer.h"

/* Appends plain, packed, to out. 0, ST_NOMEM, or ST_LIMIT (the writer's ceiling). */
int pack_bytes(struct span plain, struct writer *out);
/* The same with the dictionary of events, which a few of them gain most by; pack_open_events undoes it. */
int pack_events(struct span plain, struct writer *out);
int pack_open_events(struct span packed, uint8_t *to, size_t n);
/* Unpacks into to, which has room for n bytes; it must become exactly n. 0, or ST_MALFORMED. */
int pack_open(struct span packed, uint8_t *to, size_t n);

#endif
