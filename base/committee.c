/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/committee.h"
#include "base/text.h"

#include <stdio.h>

#define DOMAIN "gatehouse-committee-v1"
#define BOX_EXTRA 48 /* crypto_box_seal: a public key and a tag */
#define SHARE (SEAL_SECRET + BOX_EXTRA)

static unsigned bits(unsigned mask)
{
    return (unsigned)__builtin_popcount(mask);
}

unsigned committee_groups(unsigned n, unsigned k)
{
    unsigned groups = 0;

    for (unsigned mask = 1; n <= COMMITTEE_MEMBERS && mask < 1u << n; mask++)
        groups += bits(mask) == k;
    return groups;
}

bool committee_name_is_good(struct span name)
{
    if (!name.n || name.n >= COMMITTEE_NAME || !text_is_utf8(name))
        return false;
    for (size_t i = 0; i < name.n;) {
        uint32_t c = text_next(name, &i);
        if (c < 0x20 || (c >= 0x7f && c < 0xa0))
            return false;
    }
    return true;
}

static bool numbers_fit(const struct committee *c)
{
    if (!c->n || c->n > COMMITTEE_MEMBERS || !c->quorum || c->quorum > c->n || !c->generation)
        return false;
    for (unsigned i = 0; i < c->n; i++) {
        if (!committee_name_is_good(span_str(c->member[i].name)))
            return false;
        for (unsigned k = 0; k < i; k++)
            if (!memcmp(&c->member[i].key, &c->member[k].key, sizeof(c->member[i].key)) ||
                !memcmp(c->member[i].key.box, c->member[k].key.box, SEAL_PUBLIC) ||
                !strcmp(c->member[i].name, c->member[k].name))
                return false;
    }
    return true;
}

static void xor_into(uint8_t *to, const uint8_t *from)
{
    for (size_t i = 0; i < SEAL_SECRET; i++)
        to[i] ^= from[i];
}

/* The shares of one group: random ones, and the one that makes them the secret again. */
static int write_group(const struct committee *c, unsigned mask, const uint8_t *secret, uint8_t *scratch,
                       struct writer *out)
{
    uint8_t *share = scratch, *left = scratch + SEAL_SECRET;
    unsigned more = c->quorum;
    int rc = 0;

    memcpy(left, secret, SEAL_SECRET);
    for (unsigned i = 0; i < c->n && !rc; i++) {
        if (!(mask & 1u << i))
            continue;
        if (--more) {
            seal_random(share, SEAL_SECRET);
            xor_into(left, share);
        }
        rc = seal_box(&c->member[i].key, span_of(more ? share : left, SEAL_SECRET), out);
    }
    return rc;
}

static void write_head(const struct committee *c, struct writer *out)
{
    writer_str(out, COMMITTEE_MAGIC);
    writer_le(out, c->generation, 4);
    writer_le(out, c->made_us, 8);
    writer_u8(out, (uint8_t)c->quorum);
    writer_u8(out, (uint8_t)c->n);
    writer_bytes(out, &c->key, sizeof(c->key));
    for (unsigned i = 0; i < c->n; i++) {
        writer_u8(out, (uint8_t)strlen(c->member[i].name));
        writer_str(out, c->member[i].name);
        writer_bytes(out, &c->member[i].key, sizeof(c->member[i].key));
    }
}

int committee_write(struct committee *c, const struct seal_keys *secret, struct writer *out)
{
    uint8_t *raw = seal_alloc((size_t)3 * SEAL_SECRET), sig[SEAL_SIGNATURE];
    size_t start = out->n, at;
    int rc = raw ? 0 : ST_NOMEM;

    if (!rc && !numbers_fit(c))
        rc = ST_USAGE;
    if (!rc) {
        c->key = *seal_keys_public(secret);
        seal_keys_export(secret, raw);
        write_head(c, out);
    }
    at = out->n;
    for (unsigned mask = 1; !rc && mask < 1u << c->n; mask++)
        if (bits(mask) == c->quorum)
            rc = write_group(c, mask, raw, raw + SEAL_SECRET, out);
    seal_free(raw);
    if (rc)
        return rc;
    seal_sign(secret, DOMAIN, span_part(writer_span(out), start, out->n), sig);
    c->shares = span_part(writer_span(out), at, out->n - at);
    writer_bytes(out, sig, sizeof(sig));
    if (!writer_ok(out))
        return ST_LIMIT;
    c->shares = span_part(writer_span(out), at, c->shares.n); /* the buffer may have moved */
    return 0;
}

int committee_read(struct span bytes, struct committee *ret)
{
    struct reader r = reader_span(bytes);
    struct committee c = {.generation = 0};
    struct span magic = reader_take(&r, 8), signed_part, sig;

    if (bytes.n > COMMITTEE_FILE_MAX)
        return ST_LIMIT;
    c.generation = reader_le32(&r);
    c.made_us = reader_le64(&r);
    c.quorum = reader_u8(&r);
    c.n = reader_u8(&r);
    reader_copy(&r, &c.key, sizeof(c.key));
    if (!reader_ok(&r))
        return ST_TRUNCATED;
    if (!span_eq(magic, span_str(COMMITTEE_MAGIC)) || c.n > COMMITTEE_MEMBERS)
        return ST_MALFORMED;
    for (unsigned i = 0; i < c.n; i++) {
        struct span name = reader_take(&r, reader_u8(&r));
        if (!committee_name_is_good(name) || span_find_byte(name, 0, 0) >= 0)
            return reader_ok(&r) ? ST_MALFORMED : ST_TRUNCATED;
        memcpy(c.member[i].name, name.p, name.n);
        reader_copy(&r, &c.member[i].key, sizeof(c.member[i].key));
    }
    if (!reader_ok(&r))
        return ST_TRUNCATED;
    if (!numbers_fit(&c))
        return ST_MALFORMED;
    c.shares = reader_take(&r, (size_t)committee_groups(c.n, c.quorum) * c.quorum * SHARE);
    signed_part = span_part(bytes, 0, r.pos);
    sig = reader_take(&r, SEAL_SIGNATURE);
    if (!reader_ok(&r))
        return ST_TRUNCATED;
    if (reader_left(&r))
        return ST_MALFORMED;
    if (seal_verify(c.key.sign, DOMAIN, signed_part, sig.p) != 0)
        return ST_BAD_SIGNATURE;
    *ret = c;
    return 0;
}

int committee_find(const struct committee *c, const struct seal_public *key)
{
    for (unsigned i = 0; i < c->n; i++)
        if (!memcmp(&c->member[i].key, key, sizeof(*key)))
            return (int)i;
    return -1;
}

size_t committee_own_size(const struct committee *c)
{
    return (size_t)committee_groups(c->n, c->quorum) * c->quorum / c->n *
           SEAL_SECRET; /* every member is in equally many groups */
}

int committee_own(const struct committee *c, unsigned member, const struct seal_keys *keys, uint8_t *out)
{
    struct reader r = reader_span(c->shares);
    size_t done = 0;
    int rc = 0;

    for (unsigned mask = 1; !rc && mask < 1u << c->n; mask++) {
        if (bits(mask) != c->quorum)
            continue;
        for (unsigned i = 0; i < c->n && !rc; i++) {
            struct span box = mask & 1u << i ? reader_take(&r, SHARE) : (struct span){NULL, 0};
            struct writer w;
            if (!box.n || i != member)
                continue;
            writer_fixed(&w, out + done, SEAL_SECRET + 1);
            rc = seal_box_open(keys, box, &w);
            done += SEAL_SECRET;
        }
    }
    return rc ? rc : reader_ok(&r) ? 0 : ST_TRUNCATED;
}

int committee_join(const struct committee *c, const unsigned *who, const uint8_t *const *own, size_t n,
                   struct seal_keys **ret)
{
    uint8_t *secret = seal_alloc(SEAL_SECRET);
    struct seal_keys *k = NULL;
    unsigned wanted = 0;
    int rc = secret ? 0 : ST_NOMEM;

    for (size_t i = 0; i < n && !rc; i++) {
        if (who[i] >= c->n || wanted & 1u << who[i])
            rc = ST_USAGE;
        else
            wanted |= 1u << who[i];
    }
    if (!rc && bits(wanted) != c->quorum)
        rc = ST_USAGE;
    for (size_t i = 0; i < n && !rc; i++) {
        size_t place = 0; /* of this group among those that the member is in */
        for (unsigned mask = 1; mask < wanted; mask++)
            place += bits(mask) == c->quorum && (mask & 1u << who[i]);
        xor_into(secret, own[i] + place * SEAL_SECRET);
    }
    if (!rc && !(k = seal_keys_import(secret)))
        rc = ST_BAD_SIGNATURE; /* zeros, for instance, are nobody's key */
    if (!rc && memcmp(seal_keys_public(k), &c->key, sizeof(c->key)) != 0)
        rc = ST_BAD_SIGNATURE;
    seal_free(secret);
    if (rc) {
        seal_keys_free(k);
        return rc;
    }
    *ret = k;
    return 0;
}
