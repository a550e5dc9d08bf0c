/* SPDX-License-Identifier: GPL-3.0-or-later
 * feed: a file or pipe read forwards through one buffer of fixed size. Spans point into the buffer: valid
 * until the next feed_need or feed_skip, or for as long as somebody holds its block; the feed then goes on in
 * a fresh one. read(2) and no mmap: a file that shrinks under a mapping kills its
 * reader, and a read of half a megabyte at a time costs less than the page faults. */
#ifndef GH_SENSOR_FEED_H
#define GH_SENSOR_FEED_H

#include "base/reader.h"
#include "sensor/capture/block.h"

#define FEED_SIZE (512 * 1024) /* at least a frame of SOURCE_FRAME_MAX and its headers */

#define FEED_WAIT_MS 100
/* Asked every FEED_WAIT_MS while a pipe has nothing to read; false: nothing more is waited for, the input
 * ends here. */
typedef bool feed_waiting_fn(void *arg);
struct feed {
    int fd;
    struct block *block;
    uint8_t *buf;    /* its bytes */
    size_t pos, end; /* unread bytes are buf[pos, end) */
    uint64_t base;   /* offset in the file of buf[0] */
    int error;       /* errno of a failed read */
    bool eof;
    feed_waiting_fn *waiting; /* NULL: a pipe is waited for as long as it takes */
    void *waiting_arg;
};

/* Takes fd over. False when memory is short. */
bool feed_open(struct feed *f, int fd);
void feed_close(struct feed *f);
/* Makes n <= FEED_SIZE bytes readable in one piece; false when the input ends (or fails) before. */
bool feed_need_slow(struct feed *f, size_t n);
static inline bool feed_need(struct feed *f, size_t n)
{
    return f->end - f->pos >= n || feed_need_slow(f, n);
}
static inline size_t feed_left(const struct feed *f) /* bytes that are readable now */
{
    return f->end - f->pos;
}
static inline uint64_t feed_offset(const struct feed *f)
{
    return f->base + f->pos;
}
/* The next n bytes, which feed_need has promised, without moving. */
static inline struct span feed_look(const struct feed *f, size_t n)
{
    return span_part((struct span){f->buf + f->pos, f->end - f->pos}, 0, n);
}
/* And past them. */
static inline struct span feed_take(struct feed *f, size_t n)
{
    struct span s = feed_look(f, n);
    f->pos += s.n;
    return s;
}
/* Past n bytes, however many; false when the input ends before. */
bool feed_skip(struct feed *f, uint64_t n);

#endif
