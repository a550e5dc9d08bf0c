/* SPDX-License-Identifier: GPL-3.0-or-later
 * squeeze: a stream of bytes through zstd (RFC 8878) onto a descriptor and back, in bounded memory: for
 * backups. One thread for one stream. */
#ifndef GH_BASE_SQUEEZE_H
#define GH_BASE_SQUEEZE_H

#include "base/reader.h"

struct squeeze;
struct squeeze *squeeze_new(int fd); /* fd is borrowed; NULL when memory is short */
int squeeze_put(struct squeeze *s, struct span bytes);
int squeeze_end(struct squeeze *s);   /* writes what is left; then only squeeze_free */
void squeeze_free(struct squeeze *s); /* NULL is fine */

struct unsqueeze;
struct unsqueeze *unsqueeze_new(int fd);
/* Exactly n bytes; ST_TRUNCATED when there are fewer, ST_MALFORMED when it is no zstd stream. */
int unsqueeze_take(struct unsqueeze *u, void *p, size_t n);
/* 0 when nothing is left, ST_MALFORMED otherwise. */
int unsqueeze_end(struct unsqueeze *u);
void unsqueeze_free(struct unsqueeze *u);

#endif
