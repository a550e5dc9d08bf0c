/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/goods.h"
#include "base/pack.h"

#define ORDER_MAGIC "GHORDER1"
#define ASK_MAGIC "GHASK001"
#define MAGIC_SIZE 8
#define SIGN_DOMAIN "gatehouse-goods-order-v1"
#define CHUNK_PACKED 1
#define CHUNK_GONE 2

static const uint8_t nothing[SEAL_HASH];

static void order_body(const struct goods_order *o, struct writer *w)
{
    writer_str(w, ORDER_MAGIC);
    writer_bytes(w, o->appliance, SEAL_ID);
    writer_u8(w, (uint8_t)o->kind);
    writer_le(w, o->serial, 8);
    writer_le(w, o->made, 8);
    writer_bytes(w, o->manifest, SEAL_HASH);
    writer_le(w, o->manifest_bytes, 4);
}

void goods_order_sign(struct goods_order *o, const struct seal_keys *console)
{
    uint8_t bytes[GOODS_ORDER_SIZE];
    struct writer w;

    writer_fixed(&w, bytes, sizeof(bytes));
    order_body(o, &w);
    seal_sign(console, SIGN_DOMAIN, writer_span(&w), o->signature);
}

int goods_order_verify(const struct goods_order *o, const struct seal_public *console)
{
    uint8_t bytes[GOODS_ORDER_SIZE];
    struct writer w;

    writer_fixed(&w, bytes, sizeof(bytes));
    order_body(o, &w);
    return seal_verify(console->sign, SIGN_DOMAIN, writer_span(&w), o->signature);
}

void goods_order_write(const struct goods_order *o, struct writer *out)
{
    order_body(o, out);
    writer_bytes(out, o->signature, SEAL_SIGNATURE);
}

int goods_order_read(struct span bytes, struct goods_order *ret)
{
    struct reader r = reader_span(bytes);
    struct goods_order o;
    bool none;
    uint8_t kind;

    if (!span_eq(reader_take(&r, MAGIC_SIZE), span_str(ORDER_MAGIC)))
        return ST_MALFORMED;
    reader_copy(&r, o.appliance, SEAL_ID);
    kind = reader_u8(&r);
    o.serial = reader_le64(&r);
    o.made = reader_le64(&r);
    reader_copy(&r, o.manifest, SEAL_HASH);
    o.manifest_bytes = reader_le32(&r);
    reader_copy(&r, o.signature, SEAL_SIGNATURE);
    none = memcmp(o.manifest, nothing, SEAL_HASH) == 0;
    if (!reader_ok(&r) || reader_left(&r) || kind >= GOODS_KINDS || !o.serial || o.serial > INT64_MAX ||
        o.made > INT64_MAX || none != !o.manifest_bytes || o.manifest_bytes > GOODS_MANIFEST_MAX)
        return ST_MALFORMED;
    o.kind = (enum goods_kind)kind;
    *ret = o;
    return 0;
}

void goods_ask_write(const struct goods_ask *a, struct writer *out)
{
    writer_str(out, ASK_MAGIC);
    goods_order_write(&a->order, out);
    writer_u8(out, (uint8_t)a->what);
    writer_le(out, a->most, 4);
    if (a->what == GOODS_ASK_MANIFEST)
        writer_le(out, a->offset, 4);
    else
        for (uint32_t i = 0; i < a->n; i++)
            writer_bytes(out, a->ids[i], SEAL_HASH);
}

int goods_ask_read(struct span body, struct goods_ask *ret)
{
    struct reader r = reader_span(body);
    uint8_t what;

    if (!span_eq(reader_take(&r, MAGIC_SIZE), span_str(ASK_MAGIC)) ||
        goods_order_read(reader_take(&r, GOODS_ORDER_SIZE), &ret->order) != 0)
        return ST_MALFORMED;
    what = reader_u8(&r);
    ret->most = reader_le32(&r);
    ret->offset = ret->n = 0;
    if (!reader_ok(&r) || what > GOODS_ASK_CHUNK || ret->most < GOODS_ASK_LEAST ||
        ret->most > GOODS_ASK_MOST || !ret->order.manifest_bytes)
        return ST_MALFORMED;
    ret->what = (enum goods_what)what;
    if (what == GOODS_ASK_MANIFEST) {
        ret->offset = reader_le32(&r);
        return reader_ok(&r) && !reader_left(&r) && ret->offset < ret->order.manifest_bytes ? 0
                                                                                            : ST_MALFORMED;
    }
    ret->n = (uint32_t)(reader_left(&r) / SEAL_HASH);
    if (!ret->n || ret->n > GOODS_ASK_CHUNKS || reader_left(&r) % SEAL_HASH)
        return ST_MALFORMED;
    for (uint32_t i = 0; i < ret->n; i++)
        reader_copy(&r, ret->ids[i], SEAL_HASH);
    return 0;
}

void goods_piece_write(const struct goods_piece *p, struct writer *out)
{
    writer_u8(out, (uint8_t)p->what);
    if (p->what == GOODS_ASK_MANIFEST) {
        writer_le(out, p->offset, 4);
    } else {
        writer_bytes(out, p->id, SEAL_HASH);
        writer_u8(out, (uint8_t)(p->packed * CHUNK_PACKED | p->gone * CHUNK_GONE));
        writer_le(out, p->n, 4);
    }
    writer_le(out, p->bytes.n, 4);
    writer_put(out, p->bytes);
}

int goods_piece_next(struct reader *r, struct goods_piece *ret)
{
    struct goods_piece p = {.offset = 0};
    uint8_t what, flags = 0;

    if (reader_ok(r) && !reader_left(r))
        return 0;
    what = reader_u8(r);
    if (what == GOODS_ASK_MANIFEST) {
        p.offset = reader_le32(r);
    } else {
        reader_copy(r, p.id, SEAL_HASH);
        flags = reader_u8(r);
        p.n = reader_le32(r);
    }
    p.bytes = reader_take(r, reader_le32(r));
    p.what = (enum goods_what)what;
    p.packed = flags & CHUNK_PACKED;
    p.gone = flags & CHUNK_GONE;
    if (!reader_ok(r) || what > GOODS_ASK_CHUNK || flags > CHUNK_GONE || p.n > CDC_MAX ||
        (p.gone ? p.bytes.n || p.n : !p.bytes.n) ||
        (what == GOODS_ASK_CHUNK && !p.gone && (!p.n || (!p.packed && p.bytes.n != p.n))))
        return ST_MALFORMED;
    *ret = p;
    return 1;
}

int goods_piece_open(const struct goods_piece *p, uint8_t to[static CDC_MAX])
{
    uint8_t id[SEAL_HASH];

    if (p->what != GOODS_ASK_CHUNK || p->gone || !p->n || p->n > CDC_MAX)
        return ST_MALFORMED;
    if (!p->packed)
        memcpy(to, p->bytes.p, p->n);
    else if (pack_open(p->bytes, to, p->n) != 0)
        return ST_MALFORMED;
    goods_chunk_id(span_of(to, p->n), id);
    return memcmp(id, p->id, SEAL_HASH) ? ST_BAD_SIGNATURE : 0;
}
