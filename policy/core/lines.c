/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/core/lines.h"

#include <errno.h>
#include <unistd.h>

void lines_init(struct lines *l, int fd)
{
    *l = (struct lines){.fd = fd};
    writer_init(&l->buf, LINES_BUFFER + LINES_LONGEST);
}

void lines_done(struct lines *l)
{
    writer_done(&l->buf);
}

void lines_put(struct lines *l, struct span json)
{
    if (l->rc)
        return;
    writer_put(&l->buf, json);
    writer_u8(&l->buf, '\n');
    l->written++;
    if (!writer_ok(&l->buf))
        l->rc = ST_LIMIT;
    else if (l->buf.n >= LINES_BUFFER)
        (void)lines_flush(l);
}

int lines_flush(struct lines *l)
{
    struct span left = writer_span(&l->buf);

    while (!l->rc && left.n) {
        ssize_t n = write(l->fd, left.p, left.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            l->rc = errno == EPIPE ? ST_CLOSED : status_from_errno(errno);
        else
            left = span_part(left, (size_t)n, left.n);
    }
    writer_clear(&l->buf);
    return l->rc;
}
