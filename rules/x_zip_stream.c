/* SPDX-License-Identifier: GPL-3.0-or-later
 * Members unpacked piece by piece, counted on real bytes; the gzip, zlib and raw deflate streams of other
 * containers too, because zlib is included here alone. */
#include "rules/x_zip_entry.h"

#include <stdlib.h>
#include <zlib.h>

#define PIECE (64u << 10)
#define CLOCK_EVERY 16 /* pieces between looks at the clock */

uint32_t zip_crc(struct span s)
{
    return (uint32_t)crc32_z(0, s.p, s.n);
}

struct sink {
    struct extract *x;
    zip_piece_fn *fn;
    void *arg;
    uint32_t crc;
    unsigned pieces;
    bool stopped; /* fn wants no more */
};

/* One unpacked piece: paid for, timed, checked, handed over. */
static int sink_put(struct sink *k, struct span piece)
{
    if (k->x && !extract_budget(k->x, piece.n))
        return ST_LIMIT;
    if (k->x && ++k->pieces % CLOCK_EVERY == 0 && extract_expired(k->x))
        return ST_TIMEOUT;
    k->crc = (uint32_t)crc32(k->crc, piece.p, (uInt)piece.n);
    k->stopped = !k->fn(k->arg, piece);
    return 0;
}

static int put_stored(struct sink *k, struct span data)
{
    int rc = 0;

    for (size_t at = 0; at < data.n && !rc && !k->stopped; at += PIECE)
        rc = sink_put(k, span_part(data, at, PIECE));
    return rc;
}

/* window: zlib's windowBits. *ret_used: packed bytes of the stream, when it ended well. */
static int put_inflated(struct sink *k, struct span data, int window, size_t *ret_used)
{
    uint8_t *buf = malloc(PIECE);
    z_stream zs = {0};
    size_t fed = 0;
    int rc = buf && inflateInit2(&zs, window) == Z_OK ? 0 : ST_NOMEM, z = Z_OK;

    if (rc) {
        free(buf);
        return rc;
    }
    while (!rc && !k->stopped && z != Z_STREAM_END) {
        struct span more = span_part(data, fed, 1u << 30);
        if (!zs.avail_in) {
            zs.next_in = (Bytef *)(uintptr_t)more.p;
            zs.avail_in = (uInt)more.n;
            fed += more.n;
        }
        zs.next_out = buf;
        zs.avail_out = PIECE;
        z = inflate(&zs, Z_NO_FLUSH);
        if (zs.avail_out < PIECE)
            rc = sink_put(k, span_of(buf, PIECE - zs.avail_out));
        if (!rc && z != Z_OK && z != Z_STREAM_END)
            rc = z == Z_MEM_ERROR ? ST_NOMEM : ST_MALFORMED;
    }
    if (!rc)
        *ret_used = fed - zs.avail_in;
    inflateEnd(&zs);
    free(buf);
    return rc;
}

/* The packed bytes of a member, found by its local header. */
static int entry_data(const struct zip *z, const struct zip_entry *e, struct span *ret)
{
    struct reader r = reader_span(z->in);
    uint16_t name, extra;

    if (e->offset > z->in.n || z->base > z->in.n - e->offset ||
        zip_u32_at(z->in, z->base + e->offset) != ZIP_LOCAL_SIG)
        return ST_MALFORMED;
    reader_seek(&r, (size_t)(z->base + e->offset));
    reader_skip(&r, 26);
    name = reader_le16(&r);
    extra = reader_le16(&r);
    reader_skip(&r, name);
    reader_skip(&r, extra);
    if (!reader_ok(&r))
        return ST_MALFORMED;
    *ret = span_part(reader_rest(&r), 0, e->packed > SIZE_MAX ? SIZE_MAX : (size_t)e->packed);
    return 0;
}

int zip_stream(struct extract *x, const struct zip *z, const struct zip_entry *e, zip_piece_fn *fn, void *arg)
{
    struct sink k = {.x = x, .fn = fn, .arg = arg};
    struct span data;
    size_t used = 0;
    int rc;

    if (e->encrypted)
        return ST_ENCRYPTED;
    if (e->method != 0 && e->method != 8)
        return ST_UNSUPPORTED;
    rc = entry_data(z, e, &data);
    if (rc)
        return rc;
    rc = e->method ? put_inflated(&k, data, -MAX_WBITS, &used) : put_stored(&k, data);
    if (rc || k.stopped)
        return rc;
    if (e->method == 0 && data.n < e->packed)
        return ST_MALFORMED; /* cut */
    return e->crc && k.crc != e->crc ? ST_MALFORMED : 0;
}

static bool to_writer(void *arg, struct span piece)
{
    struct writer *w = arg;

    writer_put(w, piece);
    return writer_ok(w);
}

int zip_read(struct extract *x, const struct zip *z, const struct zip_entry *e, struct writer *out)
{
    int rc = zip_stream(x, z, e, to_writer, out);

    return rc || writer_ok(out) ? rc : ST_LIMIT;
}

int zip_inflate(struct extract *x, struct span data, enum zip_wrap wrap, struct writer *out, size_t *ret_used)
{
    struct sink k = {.x = x, .fn = to_writer, .arg = out};
    static const int windows[] = {
        [ZIP_RAW] = -MAX_WBITS, [ZIP_ZLIB] = MAX_WBITS, [ZIP_GZIP] = MAX_WBITS + 16};
    size_t used = 0;
    int rc = put_inflated(&k, data, windows[wrap], &used);

    if (!rc && ret_used)
        *ret_used = used;
    return rc || writer_ok(out) ? rc : ST_LIMIT;
}
