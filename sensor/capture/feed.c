/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/capture/feed.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

bool feed_open(struct feed *f, int fd)
{
    *f = (struct feed){.fd = fd, .block = block_new(FEED_SIZE)};
    if (f->block)
        f->buf = f->block->bytes;
    return f->block != NULL;
}

void feed_close(struct feed *f)
{
    block_release(f->block);
    f->block = NULL;
    f->buf = NULL;
    if (f->fd >= 0)
        close(f->fd);
    f->fd = -1;
}

/* Waits until a pipe has something. False when nobody wants to wait any longer. A file is readable at once.
 */
static bool wait_readable(const struct feed *f)
{
    struct pollfd p = {.fd = f->fd, .events = POLLIN};

    while (f->waiting && poll(&p, 1, FEED_WAIT_MS) == 0)
        if (!f->waiting(f->waiting_arg))
            return false;
    return true;
}

/* Reads once into the free end of the buffer. */
static bool fill(struct feed *f)
{
    ssize_t n;

    if (f->eof)
        return false;
    for (;;) {
        struct pollfd wait = {.fd = f->fd, .events = POLLIN};
        n = wait_readable(f) ? read(f->fd, f->buf + f->end, FEED_SIZE - f->end) : 0;
        if (n >= 0 || (errno != EINTR && errno != EAGAIN))
            break;
        if (errno == EAGAIN) /* a pipe that somebody made non-blocking */
            (void)poll(&wait, 1, -1);
    }
    if (n < 0)
        f->error = errno;
    if (n <= 0) {
        f->eof = true;
        return false;
    }
    f->end += (size_t)n;
    return true;
}

/* Brings what is unread to the beginning of the buffer: of another one, when somebody still looks at this
 * one. False when memory is short. */
static bool move_up(struct feed *f)
{
    struct block *to = block_alone(f->block) ? f->block : block_new(FEED_SIZE);

    if (!to) {
        f->error = ENOMEM;
        f->eof = true;
        return false;
    }
    memmove(to->bytes, f->buf + f->pos, f->end - f->pos);
    if (to != f->block)
        block_release(f->block);
    f->block = to;
    f->buf = to->bytes;
    f->base += f->pos;
    f->end -= f->pos;
    f->pos = 0;
    return true;
}

bool feed_need_slow(struct feed *f, size_t n)
{
    gh_check(n <= FEED_SIZE);
    /* What is left is less than n: one frame at most is moved for each buffer read. While others look at the
     * buffer, its free end is used up first: a pipe gives little at a time. */
    if (f->pos && (FEED_SIZE - f->pos < n || block_alone(f->block)) && !move_up(f))
        return false;
    while (f->end - f->pos < n)
        if (!fill(f))
            return false;
    return true;
}

bool feed_skip(struct feed *f, uint64_t n)
{
    while (n > f->end - f->pos) {
        n -= f->end - f->pos;
        f->pos = f->end;
        if (!move_up(f) || !fill(f))
            return false;
    }
    f->pos += (size_t)n;
    return true;
}
