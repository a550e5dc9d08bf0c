/* SPDX-License-Identifier: GPL-3.0-or-later
 * arena: the memory of one unit of work (a document, a decision, a request), with a ceiling.
 *
 * Everything allocated from an arena ends with it; nothing is freed singly. An arena belongs to one thread.
 * Reaching the ceiling gives NULL, never an abort: the caller reports LIMIT. */
#ifndef GH_BASE_ARENA_H
#define GH_BASE_ARENA_H

#include "base/status.h"

struct arena;
struct arena_mark {
    void *block;
    size_t used;
    size_t total;
};

/* New arena that will never hold more than ceiling bytes (chunk overhead included). NULL when memory is short. */
struct arena *arena_new(size_t ceiling);
void arena_free(struct arena *a); /* NULL is fine */
/* n bytes aligned to 16, zeroed; n == 0 gives a valid pointer. NULL past the ceiling. */
void *arena_alloc(struct arena *a, size_t n);
/* count * size with overflow check. */
void *arena_array(struct arena *a, size_t count, size_t size);
/* Copies n bytes and appends a NUL. */
char *arena_dup(struct arena *a, const void *bytes, size_t n);
/* printf into the arena. */
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Bytes handed out so far, and the ceiling. */
size_t arena_used(const struct arena *a);
size_t arena_ceiling(const struct arena *a);
/* Remember a point and go back to it; everything allocated after the mark is gone. */
struct arena_mark arena_mark(struct arena *a);
void arena_rollback(struct arena *a, struct arena_mark mark);
/* Forget everything, keep one block for reuse. */
void arena_reset(struct arena *a);

#endif
