/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"
#include "base/seal.h"
#include "base/seal_keys.h"
#include "base/seal_words.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FILE_MAGIC "GHFILE01"
#define FILE_MAGIC_SIZE 8

int seal_init(void)
{
    return sodium_init() < 0 ? ST_IO : 0;
}

void seal_hash(const char *domain, const struct span *parts, size_t n_parts, uint8_t out[static SEAL_HASH])
{
    crypto_generichash_state st;

    crypto_generichash_init(&st, NULL, 0, SEAL_HASH);
    crypto_generichash_update(&st, (const uint8_t *)domain, strlen(domain) + 1);
    for (size_t i = 0; i < n_parts; i++)
        crypto_generichash_update(&st, parts[i].p, parts[i].n);
    crypto_generichash_final(&st, out, SEAL_HASH);
}

uint64_t seal_keyed64(const uint8_t key[static SEAL_KEY], const void *p, size_t n)
{
    uint8_t out[crypto_generichash_BYTES_MIN];
    uint64_t v = 0;

    crypto_generichash(out, sizeof(out), p, n, key, SEAL_KEY);
    for (size_t i = 0; i < 8; i++)
        v |= (uint64_t)out[i] << (8 * i);
    return v;
}

void *seal_alloc(size_t n)
{
    void *p = sodium_init() < 0 ? NULL : sodium_malloc(n);

    if (p)
        memset(p, 0, n);
    return p;
}

void seal_free(void *p)
{
    sodium_free(p);
}

void seal_random(void *p, size_t n)
{
    randombytes_buf(p, n);
}

void seal_wipe(void *p, size_t n)
{
    sodium_memzero(p, n);
}

bool seal_equal(const void *a, const void *b, size_t n)
{
    return sodium_memcmp(a, b, n) == 0;
}

struct seal_keys *seal_keys_generate(void)
{
    struct seal_keys *k = seal_keys_alloc();

    if (!k)
        return NULL;
    crypto_sign_keypair(k->pub.sign, k->sign);
    crypto_box_keypair(k->pub.box, k->box);
    return k;
}

struct seal_keys *seal_keys_alloc(void)
{
    return sodium_init() < 0 ? NULL : sodium_malloc(sizeof(struct seal_keys));
}

void seal_keys_free(struct seal_keys *k)
{
    sodium_free(k); /* wipes; NULL is fine */
}

const struct seal_public *seal_keys_public(const struct seal_keys *k)
{
    return &k->pub;
}

void seal_keys_export(const struct seal_keys *k, uint8_t out[static SEAL_SECRET])
{
    memcpy(out, k->sign, 32); /* libsodium's secret key begins with the seed */
    memcpy(out + 32, k->box, 32);
}

struct seal_keys *seal_keys_import(const uint8_t secret[static SEAL_SECRET])
{
    struct seal_keys *k = seal_keys_alloc();

    if (!k)
        return NULL;
    crypto_sign_seed_keypair(k->pub.sign, k->sign, secret);
    memcpy(k->box, secret + 32, sizeof(k->box));
    if (crypto_scalarmult_base(k->pub.box, k->box) == 0)
        return k;
    seal_keys_free(k);
    return NULL;
}

void seal_id(const struct seal_public *pub, uint8_t out[static SEAL_ID])
{
    uint8_t hash[SEAL_HASH];
    const struct span parts[] = {span_of(pub->sign, SEAL_PUBLIC), span_of(pub->box, SEAL_PUBLIC)};

    seal_hash("gatehouse-identity-v1", parts, 2, hash);
    memcpy(out, hash, SEAL_ID);
}

void seal_phrase(const struct seal_public *a, const struct seal_public *b, char *buf, size_t cap)
{
    const struct seal_public *first = memcmp(a, b, sizeof(*a)) <= 0 ? a : b, *second = first == a ? b : a;
    const struct span parts[] = {span_of(first, sizeof(*first)), span_of(second, sizeof(*second))};
    uint8_t hash[SEAL_HASH];
    size_t n = 0;

    seal_hash("gatehouse-phrase-v1", parts, 2, hash);
    for (unsigned i = 0; i < 6 && n < cap; i++)
        n += (size_t)snprintf(buf + n, cap - n, "%s%s", i ? "-" : "", seal_words[hash[i]]);
}

/* Ed25519ph over domain, NUL, message: the pre-hashed form takes the parts without a copy. */
void seal_sign(const struct seal_keys *k, const char *domain, struct span message, uint8_t out[static SEAL_SIGNATURE])
{
    crypto_sign_state st;

    crypto_sign_init(&st);
    crypto_sign_update(&st, (const uint8_t *)domain, strlen(domain) + 1);
    crypto_sign_update(&st, message.p, message.n);
    crypto_sign_final_create(&st, out, NULL, k->sign);
    sodium_memzero(&st, sizeof(st));
}

int seal_verify(const uint8_t sign_pk[static SEAL_PUBLIC], const char *domain, struct span message,
                const uint8_t sig[static SEAL_SIGNATURE])
{
    crypto_sign_state st;

    crypto_sign_init(&st);
    crypto_sign_update(&st, (const uint8_t *)domain, strlen(domain) + 1);
    crypto_sign_update(&st, message.p, message.n);
    return crypto_sign_final_verify(&st, sig, sign_pk) == 0 ? 0 : ST_BAD_SIGNATURE;
}

void seal_sign_plain(const struct seal_keys *k, struct span message, uint8_t out[static SEAL_SIGNATURE])
{
    crypto_sign_detached(out, NULL, message.p, message.n, k->sign);
}

int seal_box(const struct seal_public *to, struct span plain, struct writer *out)
{
    uint8_t *p = writer_reserve(out, plain.n + crypto_box_SEALBYTES);

    if (!p)
        return ST_LIMIT;
    if (crypto_box_seal(p, plain.p, plain.n, to->box) != 0)
        return ST_MALFORMED;
    writer_advance(out, plain.n + crypto_box_SEALBYTES);
    return 0;
}

int seal_box_open(const struct seal_keys *me, struct span sealed, struct writer *out)
{
    uint8_t *p;

    if (sealed.n < crypto_box_SEALBYTES)
        return ST_TRUNCATED;
    p = writer_reserve(out, sealed.n - crypto_box_SEALBYTES + 1);
    if (!p)
        return ST_LIMIT;
    if (crypto_box_seal_open(p, sealed.p, sealed.n, me->pub.box, me->box) != 0)
        return ST_BAD_SIGNATURE;
    writer_advance(out, sealed.n - crypto_box_SEALBYTES);
    return 0;
}

/* Reads until n bytes or the end; the number read, or a negative code. */
static ssize_t read_full(int fd, uint8_t *p, size_t n)
{
    size_t have = 0;

    while (have < n) {
        ssize_t got = read(fd, p + have, n - have);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return status_from_errno(errno);
        if (got == 0)
            break;
        have += (size_t)got;
    }
    return (ssize_t)have;
}

struct stream_buffers {
    crypto_secretstream_xchacha20poly1305_state state;
    uint8_t key[crypto_secretstream_xchacha20poly1305_KEYBYTES];
    uint8_t plain[2][SEAL_CHUNK];
    uint8_t sealed[SEAL_CHUNK + crypto_secretstream_xchacha20poly1305_ABYTES];
};

/* Chunks of SEAL_CHUNK bytes; the last one carries the final tag, so that a cut file is noticed. */
static int seal_chunks(int in_fd, int out_fd, struct stream_buffers *b, uint64_t *ret_bytes)
{
    uint64_t total = 0;
    unsigned turn = 0;
    ssize_t have = read_full(in_fd, b->plain[0], SEAL_CHUNK);

    for (;;) {
        ssize_t next = have == SEAL_CHUNK ? read_full(in_fd, b->plain[!turn], SEAL_CHUNK) : 0;
        unsigned long long n;
        int rc;
        if (have < 0 || next < 0)
            return (int)(have < 0 ? have : next);
        crypto_secretstream_xchacha20poly1305_push(
            &b->state, b->sealed, &n, b->plain[turn], (size_t)have, NULL, 0,
            next ? 0 : crypto_secretstream_xchacha20poly1305_TAG_FINAL);
        rc = file_write(out_fd, span_of(b->sealed, (size_t)n));
        if (rc)
            return rc;
        total += (uint64_t)have;
        if (!next)
            break;
        have = next;
        turn = !turn;
    }
    *ret_bytes = total;
    return 0;
}

int seal_file(int in_fd, int out_fd, const struct seal_public *to, uint64_t *ret_plain_bytes)
{
    struct stream_buffers *b = sodium_malloc(sizeof(*b));
    uint8_t head[crypto_secretstream_xchacha20poly1305_HEADERBYTES];
    struct writer w;
    int rc;

    if (!b)
        return ST_NOMEM;
    writer_init(&w, 4096);
    crypto_secretstream_xchacha20poly1305_keygen(b->key);
    crypto_secretstream_xchacha20poly1305_init_push(&b->state, head, b->key);
    writer_str(&w, FILE_MAGIC);
    rc = seal_box(to, span_of(b->key, sizeof(b->key)), &w);
    writer_bytes(&w, head, sizeof(head));
    if (!rc)
        rc = file_write(out_fd, span_of(w.p, w.n));
    if (!rc)
        rc = seal_chunks(in_fd, out_fd, b, ret_plain_bytes);
    writer_done(&w);
    sodium_free(b);
    return rc;
}

static int open_chunks(int in_fd, int out_fd, struct stream_buffers *b, uint64_t *ret_bytes)
{
    uint64_t total = 0;

    for (;;) {
        ssize_t have = read_full(in_fd, b->sealed, sizeof(b->sealed));
        unsigned long long n;
        uint8_t tag;
        int rc;
        if (have <= 0)
            return have < 0 ? (int)have : ST_TRUNCATED;
        if (crypto_secretstream_xchacha20poly1305_pull(&b->state, b->plain[0], &n, &tag, b->sealed, (size_t)have, NULL, 0) != 0)
            return ST_BAD_SIGNATURE;
        rc = file_write(out_fd, span_of(b->plain[0], (size_t)n));
        if (rc)
            return rc;
        total += n;
        if (tag != crypto_secretstream_xchacha20poly1305_TAG_FINAL)
            continue;
        if (read_full(in_fd, b->sealed, 1) != 0)
            return ST_MALFORMED;
        *ret_bytes = total;
        return 0;
    }
}

int seal_file_open(int in_fd, int out_fd, const struct seal_keys *me, uint64_t *ret_plain_bytes)
{
    enum { KEY = crypto_secretstream_xchacha20poly1305_KEYBYTES, BOX = KEY + crypto_box_SEALBYTES };
    uint8_t head[FILE_MAGIC_SIZE + BOX + crypto_secretstream_xchacha20poly1305_HEADERBYTES];
    struct stream_buffers *b = sodium_malloc(sizeof(*b));
    ssize_t have;
    int rc = 0;

    if (!b)
        return ST_NOMEM;
    have = read_full(in_fd, head, sizeof(head));
    if (have != (ssize_t)sizeof(head))
        rc = have < 0 ? (int)have : ST_TRUNCATED;
    else if (memcmp(head, FILE_MAGIC, FILE_MAGIC_SIZE) != 0)
        rc = ST_MALFORMED;
    else if (crypto_box_seal_open(b->key, head + FILE_MAGIC_SIZE, BOX, me->pub.box, me->box) != 0)
        rc = ST_BAD_SIGNATURE;
    else if (crypto_secretstream_xchacha20poly1305_init_pull(&b->state, head + FILE_MAGIC_SIZE + BOX, b->key) != 0)
        rc = ST_MALFORMED;
    if (!rc)
        rc = open_chunks(in_fd, out_fd, b, ret_plain_bytes);
    sodium_free(b);
    return rc;
}
