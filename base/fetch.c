/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/fetch.h"

#define HELLO_MAGIC "GHHELLO1"
#define PART_MAGIC "GHPART01"
#define MAGIC_SIZE 8
#define HEAD_DOMAIN "gatehouse-journal-head-v1" /* what the journal signs whenever it commits */

static void head_write(const struct fetch_hello *h, struct writer *w)
{
    writer_le(w, h->first, 8);
    writer_le(w, h->number, 8);
    writer_le(w, h->wall_us, 8);
    writer_bytes(w, h->hash, SEAL_HASH);
}

void fetch_hello_write(const struct fetch_hello *h, struct writer *out)
{
    writer_str(out, HELLO_MAGIC);
    writer_bytes(out, h->appliance, SEAL_ID);
    head_write(h, out);
    writer_bytes(out, h->signature, SEAL_SIGNATURE);
}

bool fetch_hello_is(struct span bytes)
{
    return span_starts(bytes, HELLO_MAGIC);
}

int fetch_hello_read(struct span bytes, struct fetch_hello *ret)
{
    struct reader r = reader_span(bytes);
    struct fetch_hello h;

    if (!fetch_hello_is(bytes))
        return ST_MALFORMED;
    reader_skip(&r, MAGIC_SIZE);
    reader_copy(&r, h.appliance, SEAL_ID);
    h.first = reader_le64(&r);
    h.number = reader_le64(&r);
    h.wall_us = reader_le64(&r);
    reader_copy(&r, h.hash, SEAL_HASH);
    reader_copy(&r, h.signature, SEAL_SIGNATURE);
    if (!reader_ok(&r) || reader_left(&r))
        return ST_MALFORMED;
    *ret = h;
    return 0;
}

int fetch_hello_verify(const struct fetch_hello *h, const struct seal_public *appliance)
{
    uint8_t bytes[3 * 8 + SEAL_HASH];
    struct writer w;

    writer_fixed(&w, bytes, sizeof(bytes));
    head_write(h, &w);
    gh_check(writer_ok(&w));
    return seal_verify(appliance->sign, HEAD_DOMAIN, writer_span(&w), h->signature);
}

void fetch_part_write(const struct fetch_part *p, struct writer *out)
{
    writer_str(out, PART_MAGIC);
    writer_bytes(out, p->token, FETCH_TOKEN);
    writer_le(out, p->offset, 8);
    writer_le(out, p->total, 8);
    writer_u8(out, (uint8_t)p->state);
    writer_put(out, p->bytes);
}

int fetch_part_read(struct span body, struct fetch_part *ret)
{
    struct reader r = reader_span(body);
    struct fetch_part p;
    uint8_t state;

    if (!span_starts(body, PART_MAGIC))
        return ST_MALFORMED;
    reader_skip(&r, MAGIC_SIZE);
    reader_copy(&r, p.token, FETCH_TOKEN);
    p.offset = reader_le64(&r);
    p.total = reader_le64(&r);
    state = reader_u8(&r);
    if (!reader_ok(&r) || state > FETCH_MISSING)
        return ST_MALFORMED;
    p.state = (enum fetch_state)state;
    p.bytes = reader_rest(&r);
    if (p.state == FETCH_MISSING ? p.bytes.n || p.offset || p.total
                                 : !p.bytes.n || p.bytes.n > FETCH_PART_MAX || p.offset >= p.total ||
                                       p.bytes.n > p.total - p.offset)
        return ST_MALFORMED;
    *ret = p;
    return 0;
}

static bool digits(struct span s)
{
    uint64_t v;

    return s.n <= 20 && span_number(s, UINT64_MAX, &v);
}

bool fetch_name_is_good(struct span name)
{
    const struct span tail = span_str(".pcap");
    ptrdiff_t dash = span_find_byte(name, '-', 0);

    return dash > 0 && name.n > (size_t)dash + 1 + tail.n && digits(span_part(name, 0, (size_t)dash)) &&
           digits(span_part(name, (size_t)dash + 1, name.n - (size_t)dash - 1 - tail.n)) &&
           span_eq(span_part(name, name.n - tail.n, tail.n), tail);
}

/* ---- pieces of an envelope ---- */

#define PIECE_MAGIC "GHPIECE1"

void upload_id(struct span whole, uint8_t out[static UPLOAD_ID])
{
    uint8_t hash[SEAL_HASH];

    seal_hash("gatehouse-upload-v1", &whole, 1, hash);
    memcpy(out, hash, UPLOAD_ID);
}

void upload_piece_write(const struct upload_piece *p, struct writer *out)
{
    writer_str(out, PIECE_MAGIC);
    writer_bytes(out, p->id, UPLOAD_ID);
    writer_le(out, p->total, 4);
    writer_le(out, p->offset, 4);
    writer_u8(out, p->ahead);
    writer_put(out, p->bytes);
}

int upload_piece_read(struct span body, uint32_t max, struct upload_piece *ret)
{
    struct reader r = reader_span(body);
    struct upload_piece p;
    uint8_t ahead;

    if (!span_starts(body, PIECE_MAGIC))
        return ST_MALFORMED;
    reader_skip(&r, MAGIC_SIZE);
    reader_copy(&r, p.id, UPLOAD_ID);
    p.total = reader_le32(&r);
    p.offset = reader_le32(&r);
    ahead = reader_u8(&r);
    p.ahead = ahead == 1;
    p.bytes = reader_rest(&r);
    if (!reader_ok(&r) || ahead > 1 || !p.bytes.n || p.bytes.n > UPLOAD_PIECE_MAX || p.total > max ||
        p.offset >= p.total || p.bytes.n > p.total - p.offset)
        return ST_MALFORMED;
    *ret = p;
    return 0;
}
