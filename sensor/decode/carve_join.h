/* SPDX-License-Identifier: GPL-3.0-or-later
 * carve_join: a document that crosses the wire in pieces (HTTP ranges), over one connection or several, made
 * whole. Used by carve.c. Bounded: JOINS documents at a time, the one that is oldest goes first; JOIN_SPANS
 * holes in one; bytes in all. A document that never becomes whole is nothing lost: each of its pieces was a
 * document of its own. Decode thread only. */
#ifndef GH_SENSOR_CARVE_JOIN_H
#define GH_SENSOR_CARVE_JOIN_H

#include "base/reader.h"

#define JOINS 256
#define JOIN_SPANS 64
#define JOIN_KEY 32

struct joins;

/* max: most bytes of all pieces together. NULL when memory is short. */
struct joins *joins_new(uint64_t max);
void joins_free(struct joins *j);            /* NULL is fine */
uint64_t joins_bytes(const struct joins *j); /* 0 for NULL */
/* One piece of the document that key tells, with total bytes: the n bytes at start lie in small or, when fd
 * >= 0, at the beginning of that file (which stays the caller's). 1 when the document is whole now: *ret_fd
 * is then an unsealed memfd of total bytes that the caller owns. 0 when more is missing, or the piece could
 * not be kept. */
int joins_add(struct joins *j, const uint8_t key[static JOIN_KEY], uint64_t total, uint64_t start, uint64_t n,
              struct span small, int fd, int *ret_fd);

#endif
