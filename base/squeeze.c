/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"
#include "base/squeeze.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>

#define LEVEL 3
#define BUFFER (256u << 10)
#define WINDOW_LOG_MAX 27 /* 128 MiB: a stream from elsewhere must not ask for more */

struct squeeze {
    ZSTD_CCtx *z;
    int fd;
    uint8_t out[BUFFER];
};
struct unsqueeze {
    ZSTD_DCtx *z;
    int fd;
    ZSTD_inBuffer have;
    bool over; /* the frame has ended */
    uint8_t in[BUFFER];
};

struct squeeze *squeeze_new(int fd)
{
    struct squeeze *s = malloc(sizeof(*s));

    if (!s)
        return NULL;
    s->fd = fd;
    s->z = ZSTD_createCCtx();
    if (s->z && !ZSTD_isError(ZSTD_CCtx_setParameter(s->z, ZSTD_c_compressionLevel, LEVEL)) &&
        !ZSTD_isError(ZSTD_CCtx_setParameter(s->z, ZSTD_c_checksumFlag, 1)))
        return s;
    squeeze_free(s);
    return NULL;
}

static int turn(struct squeeze *s, struct span bytes, ZSTD_EndDirective how)
{
    ZSTD_inBuffer in = {bytes.p, bytes.n, 0};
    size_t left;
    int rc = 0;

    do {
        ZSTD_outBuffer out = {s->out, sizeof(s->out), 0};
        left = ZSTD_compressStream2(s->z, &out, &in, how);
        if (ZSTD_isError(left))
            return ST_NOMEM;
        rc = file_write(s->fd, span_of(s->out, out.pos));
    } while (!rc && (how == ZSTD_e_end ? left != 0 : in.pos < in.size));
    return rc;
}

int squeeze_put(struct squeeze *s, struct span bytes)
{
    return turn(s, bytes, ZSTD_e_continue);
}

int squeeze_end(struct squeeze *s)
{
    return turn(s, (struct span){NULL, 0}, ZSTD_e_end);
}

void squeeze_free(struct squeeze *s)
{
    if (!s)
        return;
    ZSTD_freeCCtx(s->z);
    free(s);
}

struct unsqueeze *unsqueeze_new(int fd)
{
    struct unsqueeze *u = malloc(sizeof(*u));

    if (!u)
        return NULL;
    u->fd = fd;
    u->over = false;
    u->have = (ZSTD_inBuffer){u->in, 0, 0};
    u->z = ZSTD_createDCtx();
    if (u->z && !ZSTD_isError(ZSTD_DCtx_setParameter(u->z, ZSTD_d_windowLogMax, WINDOW_LOG_MAX)))
        return u;
    unsqueeze_free(u);
    return NULL;
}

/* More of the stream into u->in; 0 at its end. */
static ssize_t refill(struct unsqueeze *u)
{
    ssize_t n;

    do
        n = read(u->fd, u->in, sizeof(u->in));
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return status_from_errno(errno);
    u->have = (ZSTD_inBuffer){u->in, (size_t)n, 0};
    return n;
}

int unsqueeze_take(struct unsqueeze *u, void *p, size_t n)
{
    ZSTD_outBuffer out = {p, n, 0};

    while (out.pos < out.size) {
        size_t before = out.pos, rc;
        if (u->over)
            return ST_TRUNCATED;
        if (u->have.pos == u->have.size) {
            ssize_t got = refill(u);
            if (got < 0)
                return (int)got;
        }
        rc = ZSTD_decompressStream(u->z, &out, &u->have);
        if (ZSTD_isError(rc))
            return ST_MALFORMED;
        u->over = rc == 0;
        if (!u->have.size && out.pos == before && !u->over)
            return ST_TRUNCATED; /* the file ends, the frame does not */
    }
    return 0;
}

int unsqueeze_end(struct unsqueeze *u)
{
    uint8_t one;
    int rc = unsqueeze_take(u, &one, 1); /* also brings in the end of the frame, with its checksum */

    if (rc != ST_TRUNCATED)
        return rc ? rc : ST_MALFORMED;
    if (!u->over)
        return ST_TRUNCATED;
    return u->have.pos == u->have.size && refill(u) == 0 ? 0 : ST_MALFORMED;
}

void unsqueeze_free(struct unsqueeze *u)
{
    if (!u)
        return;
    ZSTD_freeDCtx(u->z);
    free(u);
}
