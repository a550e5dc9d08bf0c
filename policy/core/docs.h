/* SPDX-License-Identifier: GPL-3.0-or-later
 * docs: carved documents that the sensor has handed over, until the fileinfo record that names them arrives.
 *
 * At most DOCS_MAX wait; a further one pushes out the oldest, which counts as lost. One thread. */
#ifndef GH_CORE_DOCS_H
#define GH_CORE_DOCS_H

#include "base/event.h"

#define DOCS_MAX 2048

struct doc {
    int fd; /* sealed memfd, owned */
    uint64_t id, flow_id, size;
    uint8_t sha256[32];
    bool complete;
    size_t name_n;
    uint8_t name[]; /* UTF-8 or not: as it came over the wire */
};
static inline struct span doc_name(const struct doc *d)
{
    return span_of(d->name, d->name_n);
}
void doc_free(struct doc *d); /* closes; NULL is fine */
/* A stand-in without bytes (fd -1) for a fileinfo record whose document the sensor did not keep; the hash is
 * zeros when the record has none. NULL for an empty file, of which nothing is missing, and for a record that
 * is no JSON. */
struct doc *doc_unkept(struct span record);

struct docs;
struct docs *docs_new(void);
void docs_free(struct docs *s);
/* Takes over fd in every case. 0, ST_MALFORMED (also: no sealed file of that size), ST_EXISTS (a number
 * twice), ST_NOMEM. */
int docs_add(struct docs *s, struct span body, int fd);
/* The document of that number, which the caller owns from now on; NULL when it is not there. */
struct doc *docs_take(struct docs *s, uint64_t id);
/* Forgets all (the sensor was started anew and numbers from 1 again). */
void docs_clear(struct docs *s);
/* How many were pushed out. */
uint64_t docs_lost(const struct docs *s);

#endif
