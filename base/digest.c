/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/digest.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>

struct digest {
    EVP_MD_CTX *ctx;
    const EVP_MD *md;
};

/* Fetched once and kept: looking an algorithm up costs as much as hashing a packet. */
enum { SHA256, SHA1, MD5, N_ALGORITHMS };
static const char *const names[N_ALGORITHMS] = {"SHA2-256", "SHA1", "MD5"};
static EVP_MD *algorithms[N_ALGORITHMS];
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

static void fetch(void)
{
    for (int i = 0; i < N_ALGORITHMS; i++)
        algorithms[i] = EVP_MD_fetch(NULL, names[i], NULL);
}

static const EVP_MD *algorithm(int which)
{
    gh_check(pthread_once(&fetched, fetch) == 0 && algorithms[which]);
    return algorithms[which];
}

static struct digest *digest_new(const EVP_MD *md)
{
    struct digest *d = calloc(1, sizeof(*d));

    if (!d)
        return NULL;
    d->md = md;
    d->ctx = EVP_MD_CTX_new();
    if (!d->ctx || EVP_DigestInit_ex(d->ctx, md, NULL) != 1) {
        digest_free(d);
        return NULL;
    }
    return d;
}

struct digest *digest_new_sha256(void)
{
    return digest_new(algorithm(SHA256));
}

struct digest *digest_new_md5(void)
{
    return digest_new(algorithm(MD5));
}

struct digest *digest_copy(const struct digest *d)
{
    struct digest *copy = digest_new(d->md);

    if (copy && EVP_MD_CTX_copy_ex(copy->ctx, d->ctx) != 1) {
        digest_free(copy);
        return NULL;
    }
    return copy;
}

void digest_free(struct digest *d)
{
    if (!d)
        return;
    EVP_MD_CTX_free(d->ctx);
    free(d);
}

void digest_update(struct digest *d, const void *p, size_t n)
{
    gh_check(EVP_DigestUpdate(d->ctx, p, n) == 1);
}

void digest_final(struct digest *d, uint8_t *out)
{
    gh_check(EVP_DigestFinal_ex(d->ctx, out, NULL) == 1 && EVP_DigestInit_ex(d->ctx, d->md, NULL) == 1);
}

static void once(const EVP_MD *md, const void *p, size_t n, uint8_t *out)
{
    gh_check(EVP_Digest(p, n, out, NULL, md, NULL) == 1);
}

void digest_sha256(const void *p, size_t n, uint8_t out[static SHA256_SIZE])
{
    once(algorithm(SHA256), p, n, out);
}

void digest_sha1(const void *p, size_t n, uint8_t out[static 20])
{
    once(algorithm(SHA1), p, n, out);
}

void digest_md5(const void *p, size_t n, uint8_t out[static MD5_SIZE])
{
    once(algorithm(MD5), p, n, out);
}

void digest_hex(const void *p, size_t n, char *out)
{
    static const char hex[] = "0123456789abcdef";
    const uint8_t *b = p;

    for (size_t i = 0; i < n; i++) {
        out[2 * i] = hex[b[i] >> 4];
        out[2 * i + 1] = hex[b[i] & 15];
    }
    out[2 * n] = 0;
}
