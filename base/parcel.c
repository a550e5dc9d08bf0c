/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/parcel.h"

#define PARCEL_MAGIC "GHPARCL1"
#define ANSWER_MAGIC "GHANSWR1"
#define MAGIC_SIZE 8
#define DIGEST_DOMAIN "gatehouse-parcel-v1"
#define ANSWER_DOMAIN "gatehouse-answer-v1"
#define SIGNED_SIZE (SEAL_HASH + 2 + 1 + SEAL_HASH)

enum form { BARE, SEALED, FORMS };

void parcel_digest(struct span bytes, uint8_t out[static SEAL_HASH])
{
    seal_hash(DIGEST_DOMAIN, &bytes, 1, out);
}

static bool is_word(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] > '~')
            return false;
    return s.n && s.n <= PARCEL_WORD;
}

int parcel_seal(const struct parcel *p, const struct seal_public *console, struct writer *out)
{
    struct writer plain;
    int rc = ST_LIMIT;

    if (!is_word(p->path) || !is_word(p->type) || p->body.n > PARCEL_BODY)
        return ST_LIMIT;
    writer_init(&plain, PARCEL_BODY + PARCEL_MORE);
    writer_str(&plain, PARCEL_MAGIC);
    writer_u8(&plain, (uint8_t)p->path.n);
    writer_put(&plain, p->path);
    writer_u8(&plain, (uint8_t)p->type.n);
    writer_put(&plain, p->type);
    writer_bytes(&plain, p->answer_to, SEAL_PUBLIC);
    writer_put(&plain, p->body);
    if (writer_ok(&plain))
        rc = seal_box(console, writer_span(&plain), out);
    writer_done(&plain);
    return rc;
}

int parcel_open(struct span sealed, const struct seal_keys *console, struct writer *plain, struct parcel *ret)
{
    struct reader r;
    struct parcel p;
    int rc;

    if (sealed.n > PARCEL_BODY + PARCEL_MORE)
        return ST_MALFORMED;
    rc = seal_box_open(console, sealed, plain);
    if (rc)
        return rc == ST_NOMEM || !writer_ok(plain) ? ST_NOMEM : ST_MALFORMED;
    r = reader_span(writer_span(plain));
    if (!span_eq(reader_take(&r, MAGIC_SIZE), span_str(PARCEL_MAGIC)))
        return ST_MALFORMED;
    p.path = reader_take(&r, reader_u8(&r));
    p.type = reader_take(&r, reader_u8(&r));
    reader_copy(&r, p.answer_to, SEAL_PUBLIC);
    p.body = reader_rest(&r);
    if (!reader_ok(&r) || !is_word(p.path) || !is_word(p.type))
        return ST_MALFORMED;
    *ret = p;
    return 0;
}

static void signed_bytes(const struct parcel_answer *a, enum form form, struct span payload, uint8_t out[static SIGNED_SIZE])
{
    uint8_t hash[SEAL_HASH];
    struct writer w;

    seal_hash(ANSWER_DOMAIN, &payload, 1, hash);
    writer_fixed(&w, out, SIGNED_SIZE);
    writer_bytes(&w, a->digest, SEAL_HASH);
    writer_le(&w, a->status, 2);
    writer_u8(&w, (uint8_t)form);
    writer_bytes(&w, hash, SEAL_HASH);
    gh_check(writer_ok(&w));
}

int parcel_answer_write(const struct parcel_answer *a, struct span body, const uint8_t *answer_to, const struct seal_keys *console,
                        struct writer *out)
{
    uint8_t bytes[SIGNED_SIZE], signature[SEAL_SIGNATURE];
    enum form form = answer_to ? SEALED : BARE;
    struct seal_public to = {{0}, {0}};
    struct writer sealed;
    struct span payload = body;
    int rc = 0;

    if (body.n > PARCEL_BODY)
        return ST_LIMIT;
    writer_init(&sealed, PARCEL_BODY + PARCEL_MORE);
    if (form == SEALED) {
        memcpy(to.box, answer_to, SEAL_PUBLIC);
        rc = seal_box(&to, body, &sealed);
        payload = writer_span(&sealed);
    }
    if (!rc) {
        signed_bytes(a, form, payload, bytes);
        seal_sign(console, ANSWER_DOMAIN, span_of(bytes, sizeof(bytes)), signature);
        writer_str(out, ANSWER_MAGIC);
        writer_bytes(out, a->digest, SEAL_HASH);
        writer_le(out, a->status, 2);
        writer_u8(out, (uint8_t)form);
        writer_bytes(out, signature, SEAL_SIGNATURE);
        writer_put(out, payload);
        rc = writer_ok(out) ? 0 : ST_LIMIT;
    }
    writer_done(&sealed);
    return rc;
}

int parcel_answer_read(struct span bytes, const struct seal_public *console, const struct seal_keys *me, struct parcel_answer *ret,
                       struct writer *body)
{
    uint8_t text[SIGNED_SIZE], signature[SEAL_SIGNATURE];
    struct reader r = reader_span(bytes);
    struct parcel_answer a;
    struct span payload;
    uint8_t form;
    int rc;

    if (!span_eq(reader_take(&r, MAGIC_SIZE), span_str(ANSWER_MAGIC)))
        return ST_MALFORMED;
    reader_copy(&r, a.digest, SEAL_HASH);
    a.status = reader_le16(&r);
    form = reader_u8(&r);
    reader_copy(&r, signature, SEAL_SIGNATURE);
    payload = reader_rest(&r);
    if (!reader_ok(&r) || form >= FORMS || payload.n > PARCEL_BODY + PARCEL_MORE || a.status < 100 || a.status > 599)
        return ST_MALFORMED;
    signed_bytes(&a, (enum form)form, payload, text);
    rc = seal_verify(console->sign, ANSWER_DOMAIN, span_of(text, sizeof(text)), signature);
    if (rc)
        return rc;
    if (form == BARE)
        writer_put(body, payload);
    else if (!me || seal_box_open(me, payload, body) != 0)
        return writer_ok(body) ? ST_MALFORMED : ST_LIMIT;
    if (!writer_ok(body))
        return ST_LIMIT;
    *ret = a;
    return 0;
}
