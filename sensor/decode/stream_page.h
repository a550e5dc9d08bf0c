/* SPDX-License-Identifier: GPL-3.0-or-later
 * stream_page: the waiting room of a stream: pages of 4 KiB with two bits per byte, in order of their
 * offsets. Private to stream*.c, with what else they share. */
#ifndef GH_SENSOR_STREAM_PAGE_H
#define GH_SENSOR_STREAM_PAGE_H

#include "sensor/decode/stream.h"

#define STREAM_PAGE 4096u

struct stream_page {
    struct stream_page *next;
    uint64_t at; /* offset of its first byte, a multiple of STREAM_PAGE */
    uint64_t have[STREAM_PAGE / 64];
    uint64_t begin[STREAM_PAGE / 64]; /* a piece begins at this byte: what is left of one segment's bytes */
    uint8_t bytes[STREAM_PAGE];
};
/* Puts bytes at off into the pages, as s->policy has it where others wait already. *ret_differs: one was
 * there with another value; the copy that lost went to the sink. False when memory is short; bytes before
 * that point are in. */
bool stream_pages_put(struct streams *all, struct stream *s, void *arg, uint64_t off, struct span bytes,
                      bool *ret_differs);
/* Bytes at off, before all that waits, replace what waits there: true when that says something else, told to
 * the sink. Nothing is moved. */
bool stream_pages_replaced(struct streams *all, struct stream *s, void *arg, uint64_t off, struct span bytes);
/* Offset of the first byte that waits at or behind next. Only while there are pages. */
uint64_t stream_pages_first(const struct stream *s);
/* The bytes that wait at next, up to the next hole or page end; empty when there is a hole. */
struct span stream_pages_run(const struct stream *s);
/* Frees the pages that lie wholly before next, and all that hold nothing behind it. */
void stream_pages_trim(struct streams *all, struct stream *s);
void stream_pages_free(struct streams *all, struct stream *s);

/* stream_recall.c: remembers the bytes at next (before next moves on). */
void stream_recall_add(struct streams *all, struct stream *s, struct span bytes);
/* Do these bytes, passed on before, say the same as then? What is no longer remembered is taken for the same.
 */
bool stream_recall_same(const struct stream *s, uint64_t off, struct span bytes);
void stream_recall_free(struct streams *all, struct stream *s);

/* stream_doubt.c: doubtful segments of a stream, in the order in which they came. */
struct stream_doubt {
    struct stream_doubt *next;
    uint64_t off, since_us;
    uint32_t n;
    bool fin;
    uint8_t bytes[];
};
/* stream_recall.c: remembers the bytes at next (before next moves on). */
void stream_recall_add(struct streams *all, struct stream *s, struct span bytes);
/* Do these bytes, passed on before, say the same as then? What is no longer remembered is taken for the same.
 */
bool stream_recall_same(const struct stream *s, uint64_t off, struct span bytes);
void stream_recall_free(struct streams *all, struct stream *s);

/* False when there is no room: then it has to be believed. */
bool stream_doubt_keep(struct streams *all, struct stream *s, uint64_t off, const struct stream_segment *seg);
/* The first one about which there is no doubt any more, off the list, for stream_doubt_free; or NULL. Those
 * of a sender whose receiver is not in the capture, after wait_us; every_one: without waiting. */
struct stream_doubt *stream_doubt_over(struct stream *s, uint64_t now_us, uint64_t wait_us, bool every_one);
void stream_doubt_free(struct streams *all, struct stream_doubt *d);

#endif
