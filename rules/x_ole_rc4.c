/* SPDX-License-Identifier: GPL-3.0-or-later
 * Workbooks under RC4 (MS-OFFCRYPTO 2.3.5 and 2.3.6, MS-XLS 2.2.10), with the password that everybody has. */
#include "rules/x_ole_rc4.h"

#include "rules/x_ole_crypt.h"

#define BLOCK 1024u /* bytes of the stream for which one key is good */
#define VERIFIER 16u
#define HASH_MAX 64u
#define KEY_MAX 16u
#define R_BOUNDSHEET 0x85u

struct rc4 {
    uint8_t s[256];
    uint8_t i, j;
};
/* What makes the keys: the hash of password and salt, and how much of it. */
struct source {
    bool sha1;
    uint8_t hash[HASH_MAX];
    size_t n;   /* bytes of hash that go into a key */
    size_t key; /* bytes of a key */
    struct span verifier, verifier_hash;
};

static void rc4_init(struct rc4 *c, const uint8_t *key, size_t n)
{
    uint8_t j = 0;

    for (unsigned i = 0; i < 256; i++)
        c->s[i] = (uint8_t)i;
    for (unsigned i = 0; i < 256; i++) {
        uint8_t t = c->s[i];
        j = (uint8_t)(j + t + key[i % n]);
        c->s[i] = c->s[j];
        c->s[j] = t;
    }
    c->i = c->j = 0;
}

static uint8_t rc4_next(struct rc4 *c)
{
    uint8_t t = c->s[++c->i];

    c->j = (uint8_t)(c->j + t);
    c->s[c->i] = c->s[c->j];
    c->s[c->j] = t;
    return c->s[(uint8_t)(c->s[c->i] + t)];
}

static void rc4_block(struct rc4 *c, const struct source *s, uint32_t block)
{
    uint8_t number[4], key[HASH_MAX] = {0};

    for (unsigned i = 0; i < 4; i++)
        number[i] = (uint8_t)(block >> (8 * i));
    ole_crypt_hash(s->sha1, span_of(s->hash, s->n), span_of(number, 4), key);
    for (size_t i = s->key; i < KEY_MAX; i++) /* a key of 40 bits is padded with zeros */
        key[i] = 0;
    rc4_init(c, key, KEY_MAX);
}

/* Office 97 and 2000: MD5, 40 bits of it; sixteen times the same with the salt. */
static bool source_old(struct reader *r, struct source *s)
{
    struct span salt = reader_take(r, VERIFIER);
    uint8_t many[16 * (5 + VERIFIER)], hash[HASH_MAX];

    s->verifier = reader_take(r, VERIFIER);
    s->verifier_hash = reader_take(r, VERIFIER);
    if (!reader_ok(r))
        return false;
    ole_crypt_hash(false, ole_crypt_password(), span_of(NULL, 0), hash);
    for (size_t i = 0; i < 16; i++) {
        memcpy(many + i * (5 + VERIFIER), hash, 5);
        memcpy(many + i * (5 + VERIFIER) + 5, salt.p, VERIFIER);
    }
    ole_crypt_hash(false, span_of(many, sizeof(many)), span_of(NULL, 0), s->hash);
    s->n = 5;
    s->key = KEY_MAX;
    return true;
}

/* Office XP and 2003: SHA-1 and a key of so many bits. */
static bool source_new(struct reader *r, struct source *s)
{
    struct reader header;
    struct span salt;
    uint32_t bits, n;

    reader_skip(r, 4);
    header = reader_sub(r, reader_le32(r));
    reader_skip(&header, 16);
    bits = reader_le32(&header);
    n = reader_le32(r);
    salt = reader_take(r, VERIFIER);
    s->verifier = reader_take(r, VERIFIER);
    reader_skip(r, 4);
    s->verifier_hash = reader_take(r, 20);
    if (!reader_ok(r) || !reader_ok(&header) || n != VERIFIER)
        return false;
    bits = bits ? bits : 40;
    s->sha1 = true;
    s->n = ole_crypt_hash(true, salt, ole_crypt_password(), s->hash);
    s->key = bits / 8;
    return s->key >= 5 && s->key <= KEY_MAX;
}

static bool is_key(const struct source *s)
{
    uint8_t plain[VERIFIER + HASH_MAX], check[HASH_MAX];
    struct rc4 c;
    size_t n;

    rc4_block(&c, s, 0);
    for (size_t i = 0; i < VERIFIER; i++)
        plain[i] = s->verifier.p[i] ^ rc4_next(&c);
    for (size_t i = 0; i < s->verifier_hash.n; i++)
        plain[VERIFIER + i] = s->verifier_hash.p[i] ^ rc4_next(&c);
    n = ole_crypt_hash(s->sha1, span_of(plain, VERIFIER), span_of(NULL, 0), check);
    return n == s->verifier_hash.n && memcmp(check, plain + VERIFIER, n) == 0;
}

/* Bytes of a record that stay plain: its head; the whole of some; where a sheet begins. */
static size_t plain_bytes(unsigned type, size_t size)
{
    static const uint16_t whole[] = {0x09, 0x209, 0x409, 0x809, 0x2F, 0xE1, 0x194, 0x195, 0x138, 0x196};

    for (size_t i = 0; i < GH_COUNT(whole); i++)
        if (whole[i] == type)
            return size;
    return type == R_BOUNDSHEET ? 4 : 0;
}

static bool unlock(const struct source *s, struct span stream, size_t from, struct writer *out)
{
    struct reader r = reader_span(stream);
    uint32_t block = UINT32_MAX;
    struct rc4 c = {0};
    size_t used = 0;

    while (reader_left(&r) >= 4) {
        size_t start = r.pos, plain;
        unsigned type = reader_le16(&r);
        size_t size = reader_le16(&r);
        struct span body = reader_take(&r, size < reader_left(&r) ? size : reader_left(&r));
        writer_put(out, span_part(stream, start, 4));
        plain = start < from ? body.n : plain_bytes(type, body.n);
        for (size_t i = 0; i < body.n; i++) {
            size_t at = start + 4 + i;
            if (i < plain) {
                writer_u8(out, body.p[i]);
                continue;
            }
            if (at / BLOCK != block) {
                block = (uint32_t)(at / BLOCK);
                rc4_block(&c, s, block);
                used = 0;
            }
            for (; used < at % BLOCK; used++)
                rc4_next(&c);
            writer_u8(out, body.p[i] ^ rc4_next(&c));
            used++;
        }
    }
    return writer_ok(out);
}

bool ole_rc4_sheet(struct extract *x, struct span pass, struct span stream, size_t from, struct writer *out)
{
    struct reader r = reader_span(pass);
    uint16_t scheme = reader_le16(&r), major = reader_le16(&r), minor = reader_le16(&r);
    struct source s = {0};
    bool known = scheme == 1 && (major == 1 && minor == 1                 ? source_old(&r, &s)
                                 : major >= 2 && major <= 4 && minor == 2 ? source_new(&r, &s)
                                                                          : false);

    return known && is_key(&s) && extract_budget(x, stream.n) && unlock(&s, stream, from, out);
}
