/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/opening.h"
#include "base/clock.h"
#include "base/text.h"

#define REQUEST_MAGIC "GHREQU01"
#define SHARE_MAGIC "GHSHAR01"
#define RECEIPT_MAGIC "GHOPEN01"
#define REQUEST_DOMAIN "gatehouse-evidence-request-v1"
#define SHARE_DOMAIN "gatehouse-evidence-share-v1"
#define RECEIPT_DOMAIN "gatehouse-evidence-opened-v1"
#define BOX_EXTRA 48

/* Text that people are shown: no control characters, nothing that is not UTF-8. */
static bool clean(struct span s, size_t cap)
{
    if (!s.n || s.n >= cap || !text_is_utf8(s))
        return false;
    for (size_t i = 0; i < s.n;) {
        uint32_t c = text_next(s, &i);
        if (c < 0x20 || (c >= 0x7f && c < 0xa0))
            return false;
    }
    return true;
}

static void sign_end(const struct seal_keys *k, const char *domain, size_t start, struct writer *out)
{
    uint8_t sig[SEAL_SIGNATURE];

    seal_sign(k, domain, span_part(writer_span(out), start, out->n), sig);
    writer_bytes(out, sig, sizeof(sig));
}

/* The last 64 bytes of what was read must be a signature over what stands before them. */
static int verify_end(struct reader *r, struct span bytes, const uint8_t *key, const char *domain)
{
    struct span body = span_part(bytes, 0, r->pos), sig = reader_take(r, SEAL_SIGNATURE);

    if (!reader_ok(r))
        return ST_TRUNCATED;
    if (reader_left(r))
        return ST_MALFORMED;
    return seal_verify(key, domain, body, sig.p);
}

static void request_hash(struct span bytes, uint8_t out[static SEAL_HASH])
{
    seal_hash(REQUEST_DOMAIN, &bytes, 1, out);
}

int opening_request_write(struct opening_request *q, const struct seal_keys *keys, struct writer *out)
{
    struct span by = span_str(q->by), reason = span_str(q->reason);
    size_t start = out->n;

    if (!clean(by, OPENING_BY) || !clean(reason, OPENING_REASON))
        return ST_USAGE;
    seal_random(q->id, sizeof(q->id));
    q->key = *seal_keys_public(keys);
    q->made_us = clock_wall_us();
    writer_str(out, REQUEST_MAGIC);
    writer_bytes(out, q->id, sizeof(q->id));
    writer_u8(out, (uint8_t)q->kind);
    writer_le(out, q->made_us, 8);
    writer_bytes(out, &q->key, sizeof(q->key));
    writer_bytes(out, q->sha256, sizeof(q->sha256));
    writer_u8(out, (uint8_t)by.n);
    writer_put(out, by);
    writer_le(out, reason.n, 2);
    writer_put(out, reason);
    writer_le(out, q->committee_bytes.n, 4);
    writer_put(out, q->committee_bytes);
    if (!writer_ok(out))
        return ST_LIMIT;
    sign_end(keys, REQUEST_DOMAIN, start, out);
    if (!writer_ok(out))
        return ST_LIMIT;
    request_hash(span_part(writer_span(out), start, out->n), q->hash);
    return 0;
}

int opening_request_read(struct span bytes, struct opening_request *ret)
{
    struct opening_request q = {.kind = OPENING_DOCUMENT};
    struct reader r = reader_span(bytes);
    struct span magic = reader_take(&r, 8), by, reason;
    unsigned kind;
    int rc;

    if (bytes.n > OPENING_REQUEST_MAX)
        return ST_LIMIT;
    reader_copy(&r, q.id, sizeof(q.id));
    kind = reader_u8(&r);
    q.made_us = reader_le64(&r);
    reader_copy(&r, &q.key, sizeof(q.key));
    reader_copy(&r, q.sha256, sizeof(q.sha256));
    by = reader_take(&r, reader_u8(&r));
    reason = reader_take(&r, reader_le16(&r));
    q.committee_bytes = reader_take(&r, reader_le32(&r));
    if (!reader_ok(&r))
        return ST_TRUNCATED;
    if (!span_eq(magic, span_str(REQUEST_MAGIC)) || kind > OPENING_RENEW || !clean(by, OPENING_BY) ||
        !clean(reason, OPENING_REASON))
        return ST_MALFORMED;
    q.kind = (enum opening_kind)kind;
    memcpy(q.by, by.p, by.n);
    memcpy(q.reason, reason.p, reason.n);
    rc = verify_end(&r, bytes, q.key.sign, REQUEST_DOMAIN);
    if (!rc)
        rc = committee_read(q.committee_bytes, &q.committee);
    if (rc)
        return rc;
    request_hash(bytes, q.hash);
    *ret = q;
    return 0;
}

int opening_share_write(const struct opening_request *q, const struct seal_keys *member, uint64_t now_us,
                        struct writer *out)
{
    int who = committee_find(&q->committee, seal_keys_public(member)), rc;
    size_t n = committee_own_size(&q->committee), start = out->n;
    uint8_t *own;

    if (who < 0)
        return ST_DENIED;
    own = seal_alloc(n + 1); /* seal_box_open asks for one byte more than it writes */
    if (!own)
        return ST_NOMEM;
    rc = committee_own(&q->committee, (unsigned)who, member, own);
    if (!rc) {
        writer_str(out, SHARE_MAGIC);
        writer_bytes(out, q->id, sizeof(q->id));
        writer_bytes(out, q->hash, sizeof(q->hash));
        writer_le(out, now_us, 8);
        writer_u8(out, (uint8_t)who);
        writer_le(out, n + BOX_EXTRA, 2);
        rc = seal_box(&q->key, span_of(own, n), out);
    }
    seal_free(own);
    if (rc)
        return rc;
    sign_end(member, SHARE_DOMAIN, start, out);
    return writer_ok(out) ? 0 : ST_LIMIT;
}

int opening_share_read(const struct opening_request *q, struct span bytes, struct opening_share *ret)
{
    struct opening_share s = {.member = 0};
    struct reader r = reader_span(bytes);
    struct span magic = reader_take(&r, 8);
    int rc;

    if (bytes.n > OPENING_SHARE_MAX)
        return ST_LIMIT;
    reader_copy(&r, s.request, sizeof(s.request));
    reader_copy(&r, s.request_hash, sizeof(s.request_hash));
    s.made_us = reader_le64(&r);
    s.member = reader_u8(&r);
    s.box = reader_take(&r, reader_le16(&r));
    if (!reader_ok(&r))
        return ST_TRUNCATED;
    if (!span_eq(magic, span_str(SHARE_MAGIC)))
        return ST_MALFORMED;
    if (memcmp(s.request, q->id, OPENING_ID) != 0 || memcmp(s.request_hash, q->hash, SEAL_HASH) != 0)
        return ST_NOT_FOUND; /* of another request */
    if (s.member >= q->committee.n || s.box.n != committee_own_size(&q->committee) + BOX_EXTRA)
        return ST_MALFORMED;
    rc = verify_end(&r, bytes, q->committee.member[s.member].key.sign, SHARE_DOMAIN);
    if (rc)
        return rc;
    *ret = s;
    return 0;
}

int opening_join(const struct opening_request *q, const struct seal_keys *keys,
                 const struct opening_share *share, size_t n, struct seal_keys **ret, unsigned *ret_members,
                 int *ret_bad)
{
    const struct committee *c = &q->committee;
    size_t size = committee_own_size(c), have = 0;
    uint8_t *memory = seal_alloc((size_t)COMMITTEE_MEMBERS * size + 1);
    const uint8_t *own[COMMITTEE_MEMBERS];
    unsigned who[COMMITTEE_MEMBERS], members = 0;
    int rc = memory ? 0 : ST_NOMEM;

    *ret_bad = -1;
    for (size_t i = 0; i < n && !rc && have < c->quorum; i++) {
        struct writer w;
        if (members & 1u << share[i].member)
            continue;
        writer_fixed(&w, memory + have * size, size + 1);
        rc = seal_box_open(keys, share[i].box, &w);
        if (rc)
            *ret_bad = (int)share[i].member;
        own[have] = memory + have * size;
        who[have++] = share[i].member;
        members |= 1u << share[i].member;
    }
    if (!rc && have < c->quorum)
        rc = ST_USAGE;
    if (!rc)
        rc = committee_join(c, who, own, have, ret);
    seal_free(memory);
    if (!rc)
        *ret_members = members;
    return rc;
}

int opening_receipt_write(const struct opening_receipt *p, const struct seal_keys *keys, struct writer *out)
{
    size_t start = out->n;

    writer_str(out, RECEIPT_MAGIC);
    writer_bytes(out, p->request, sizeof(p->request));
    writer_bytes(out, p->request_hash, sizeof(p->request_hash));
    writer_le(out, p->opened_us, 8);
    writer_bytes(out, p->sha256, sizeof(p->sha256));
    writer_le(out, p->bytes, 8);
    writer_le(out, p->members, 2);
    sign_end(keys, RECEIPT_DOMAIN, start, out);
    return writer_ok(out) ? 0 : ST_LIMIT;
}

int opening_receipt_read(const struct opening_request *q, struct span bytes, struct opening_receipt *ret)
{
    struct opening_receipt p = {.members = 0};
    struct reader r = reader_span(bytes);
    struct span magic = reader_take(&r, 8);
    int rc;

    reader_copy(&r, p.request, sizeof(p.request));
    reader_copy(&r, p.request_hash, sizeof(p.request_hash));
    p.opened_us = reader_le64(&r);
    reader_copy(&r, p.sha256, sizeof(p.sha256));
    p.bytes = reader_le64(&r);
    p.members = (unsigned)reader_le16(&r);
    if (!reader_ok(&r))
        return ST_TRUNCATED;
    if (!span_eq(magic, span_str(RECEIPT_MAGIC)) || p.members >> q->committee.n || p.bytes > INT64_MAX)
        return ST_MALFORMED;
    if (memcmp(p.request, q->id, OPENING_ID) != 0 || memcmp(p.request_hash, q->hash, SEAL_HASH) != 0 ||
        memcmp(p.sha256, q->sha256, sizeof(p.sha256)) != 0)
        return ST_NOT_FOUND;
    rc = verify_end(&r, bytes, q->key.sign, RECEIPT_DOMAIN);
    if (rc)
        return rc;
    *ret = p;
    return 0;
}
