/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/envelope.h"
#include "base/pack.h"

#include <stdlib.h>

#define BATCH_MAGIC "GHBATCH1"
#define SEAL_MAGIC "GHSEAL01"
#define MAGIC_SIZE 8
#define RECORD_FIXED 25 /* run, n, k, type, length */
#define WITH_DICTIONARY (1u << 28) /* in the plain length: which dictionary the records were packed with */
#define SIGN_DOMAIN "gatehouse-batch-v1"

static void header_write(const struct batch_header *h, struct writer *w)
{
    writer_str(w, BATCH_MAGIC);
    writer_bytes(w, h->appliance, SEAL_ID);
    writer_le(w, h->number, 8);
    writer_bytes(w, h->previous, SEAL_HASH);
    writer_le(w, h->wall_us, 8);
    writer_le(w, h->records, 4);
    writer_bytes(w, h->records_hash, SEAL_HASH);
}

void record_hash(const struct record *r, uint8_t out[static SEAL_HASH])
{
    uint8_t key[21];
    struct writer w;
    struct span parts[2];

    writer_fixed(&w, key, sizeof(key));
    writer_le(&w, r->run, 8);
    writer_le(&w, r->n, 8);
    writer_le(&w, r->k, 4);
    writer_u8(&w, r->type);
    parts[0] = writer_span(&w);
    parts[1] = r->json;
    seal_hash("gatehouse-record-v1", parts, 2, out);
}

void batch_hash(const struct batch_header *h, uint8_t out[static SEAL_HASH])
{
    uint8_t bytes[128];
    struct writer w;
    struct span part;

    writer_fixed(&w, bytes, sizeof(bytes));
    header_write(h, &w);
    gh_check(writer_ok(&w));
    part = writer_span(&w);
    seal_hash("gatehouse-batch-header-v1", &part, 1, out);
}

static int hash_records(const struct record *r, size_t n, uint8_t out[static SEAL_HASH])
{
    uint8_t *all = malloc(n * SEAL_HASH + 1);
    struct span part = {all, n * SEAL_HASH};

    if (!all)
        return ST_NOMEM;
    for (size_t i = 0; i < n; i++)
        record_hash(&r[i], all + i * SEAL_HASH);
    seal_hash("gatehouse-records-v1", &part, 1, out);
    free(all);
    return 0;
}

void batch_sign(struct batch_header *h, const struct record *r, size_t n, const struct seal_keys *k,
                uint8_t sig[static SEAL_SIGNATURE])
{
    uint8_t hash[SEAL_HASH];

    h->records = (uint32_t)n;
    gh_check(hash_records(r, n, h->records_hash) == 0);
    batch_hash(h, hash);
    seal_sign(k, SIGN_DOMAIN, span_of(hash, sizeof(hash)), sig);
}

int batch_verify(const struct batch_header *h, const uint8_t sig[static SEAL_SIGNATURE], const struct seal_public *appliance)
{
    uint8_t hash[SEAL_HASH];

    batch_hash(h, hash);
    return seal_verify(appliance->sign, SIGN_DOMAIN, span_of(hash, sizeof(hash)), sig);
}

int batch_write(const struct batch_header *h, const struct record *r, size_t n,
                const uint8_t sig[static SEAL_SIGNATURE], struct writer *out)
{
    struct writer plain;
    int rc;

    writer_init(&plain, ENVELOPE_PLAIN_MAX);
    for (size_t i = 0; i < n; i++) {
        writer_le(&plain, r[i].run, 8);
        writer_le(&plain, r[i].n, 8);
        writer_le(&plain, r[i].k, 4);
        writer_u8(&plain, r[i].type);
        writer_le(&plain, r[i].json.n, 4);
        writer_put(&plain, r[i].json);
    }
    header_write(h, out);
    writer_bytes(out, sig, SEAL_SIGNATURE);
    writer_le(out, plain.n | WITH_DICTIONARY, 4);
    rc = writer_ok(&plain) ? pack_events(writer_span(&plain), out) : ST_LIMIT;
    writer_done(&plain);
    return rc;
}

static int records_read(struct span plain, struct arena *a, uint32_t count, struct record **ret)
{
    struct reader r = reader_span(plain);
    struct record *v;

    if (count > plain.n / RECORD_FIXED)
        return ST_MALFORMED;
    v = arena_array(a, count ? count : 1, sizeof(*v));
    if (!v)
        return ST_NOMEM;
    for (uint32_t i = 0; i < count; i++) {
        v[i].run = reader_le64(&r);
        v[i].n = reader_le64(&r);
        v[i].k = reader_le32(&r);
        v[i].type = reader_u8(&r);
        v[i].json = reader_take(&r, reader_le32(&r));
    }
    if (!reader_ok(&r) || reader_left(&r))
        return ST_MALFORMED;
    *ret = v;
    return 0;
}

int batch_unpack(struct span bytes, struct arena *a, struct batch_header *h, struct record **ret, size_t *ret_n,
                 uint8_t sig[static SEAL_SIGNATURE])
{
    struct reader r = reader_span(bytes);
    struct batch_header head = {0};
    struct span magic, packed;
    struct record *records;
    uint8_t signature[SEAL_SIGNATURE];
    uint32_t plain_n;
    bool dictionary;
    uint8_t *plain;
    int rc;

    magic = reader_take(&r, MAGIC_SIZE);
    reader_copy(&r, head.appliance, SEAL_ID);
    head.number = reader_le64(&r);
    reader_copy(&r, head.previous, SEAL_HASH);
    head.wall_us = reader_le64(&r);
    head.records = reader_le32(&r);
    reader_copy(&r, head.records_hash, SEAL_HASH);
    reader_copy(&r, signature, SEAL_SIGNATURE);
    plain_n = reader_le32(&r);
    packed = reader_rest(&r);
    if (!reader_ok(&r) || !span_eq(magic, span_str(BATCH_MAGIC)) || !head.number)
        return ST_MALFORMED;
    dictionary = plain_n & WITH_DICTIONARY;
    plain_n &= ~WITH_DICTIONARY;
    if (plain_n > ENVELOPE_PLAIN_MAX)
        return ST_LIMIT;
    plain = arena_alloc(a, plain_n + 1);
    if (!plain)
        return ST_NOMEM;
    rc = dictionary ? pack_open_events(packed, plain, plain_n) : pack_open(packed, plain, plain_n);
    if (rc)
        return rc;
    rc = records_read(span_of(plain, plain_n), a, head.records, &records);
    if (rc)
        return rc;
    *h = head;
    *ret = records;
    *ret_n = head.records;
    memcpy(sig, signature, SEAL_SIGNATURE);
    return 0;
}

int batch_read(struct span bytes, struct arena *a, struct batch_header *h, struct record **ret, size_t *ret_n,
               uint8_t sig[static SEAL_SIGNATURE])
{
    struct batch_header head;
    struct record *records;
    uint8_t hash[SEAL_HASH], signature[SEAL_SIGNATURE];
    size_t n;
    int rc = batch_unpack(bytes, a, &head, &records, &n, signature);

    if (!rc)
        rc = hash_records(records, n, hash);
    if (!rc && memcmp(hash, head.records_hash, SEAL_HASH) != 0)
        rc = ST_BAD_SIGNATURE;
    if (rc)
        return rc;
    *h = head;
    *ret = records;
    *ret_n = n;
    memcpy(sig, signature, SEAL_SIGNATURE);
    return 0;
}

int envelope_seal(struct span batch, const struct seal_public *console, struct writer *out)
{
    writer_str(out, SEAL_MAGIC);
    return seal_box(console, batch, out);
}

int envelope_open(struct span sealed, const struct seal_keys *console, struct writer *out)
{
    if (!span_starts(sealed, SEAL_MAGIC))
        return ST_MALFORMED;
    return seal_box_open(console, span_part(sealed, MAGIC_SIZE, sealed.n), out);
}
