/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/capture/feed.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

bool feed_open(struct feed *f, int fd)
{
    *f = (struct feed){.fd = fd, .buf = malloc(FEED_SIZE)};
    return f->buf != NULL;
}

void feed_close(struct feed *f)
{
    free(f->buf);
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

bool feed_need_slow(struct feed *f, size_t n)
{
    gh_check(n <= FEED_SIZE);
    if (f->pos) { /* what is left is less than n: one frame at most is moved for each buffer read */
        memmove(f->buf, f->buf + f->pos, f->end - f->pos);
        f->base += f->pos;
        f->end -= f->pos;
        f->pos = 0;
    }
    while (f->end < n)
        if (!fill(f))
            return false;
    return true;
}

bool feed_skip(struct feed *f, uint64_t n)
{
    while (n > f->end - f->pos) {
        n -= f->end - f->pos;
        f->base += f->end;
        f->pos = f->end = 0;
        if (!fill(f))
            return false;
    }
    f->pos += (size_t)n;
    return true;
}
