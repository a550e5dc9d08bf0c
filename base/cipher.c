/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/cipher.h"
#include "base/writer.h"

#include <openssl/evp.h>
#include <pthread.h>

#define SHA256_BLOCK 64
#define LABEL_MAX 32

static EVP_CIPHER *ecb, *gcm; /* fetched once and kept */
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

static void fetch(void)
{
    ecb = EVP_CIPHER_fetch(NULL, "AES-128-ECB", NULL);
    gcm = EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL);
}

static EVP_CIPHER_CTX *context(void)
{
    EVP_CIPHER_CTX *ctx;

    gh_check(pthread_once(&fetched, fetch) == 0 && ecb && gcm);
    ctx = EVP_CIPHER_CTX_new();
    gh_check(ctx != NULL);
    return ctx;
}

void cipher_hmac_sha256(struct span key, struct span text, uint8_t ret[static SHA256_SIZE])
{
    uint8_t block[SHA256_BLOCK] = {0}, inner[SHA256_SIZE];
    struct digest *d = digest_new_sha256();

    gh_check(d != NULL);
    if (key.n > sizeof(block))
        digest_sha256(key.p, key.n, block);
    else if (key.n)
        memcpy(block, key.p, key.n);
    for (size_t i = 0; i < sizeof(block); i++)
        block[i] ^= 0x36;
    digest_update(d, block, sizeof(block));
    digest_update(d, text.p, text.n);
    digest_final(d, inner);
    for (size_t i = 0; i < sizeof(block); i++)
        block[i] ^= 0x36 ^ 0x5C;
    digest_update(d, block, sizeof(block));
    digest_update(d, inner, sizeof(inner));
    digest_final(d, ret);
    digest_free(d);
}

void cipher_hkdf_label(const uint8_t secret[static SHA256_SIZE], const char *label, uint8_t *ret, size_t n)
{
    uint8_t info[2 + 1 + 6 + LABEL_MAX + 1 + 1], out[SHA256_SIZE];
    struct writer w;

    writer_fixed(&w, info, sizeof(info));
    writer_be(&w, n, 2);
    writer_u8(&w, (uint8_t)(6 + strlen(label)));
    writer_str(&w, "tls13 ");
    writer_str(&w, label);
    writer_u8(&w, 0); /* no context */
    writer_u8(&w, 1); /* T(1) of RFC 5869 section 2.3 is all that is asked for */
    gh_check(writer_ok(&w) && n <= sizeof(out));
    cipher_hmac_sha256(span_of(secret, SHA256_SIZE), writer_span(&w), out);
    memcpy(ret, out, n);
}

void cipher_aes128(const uint8_t key[static CIPHER_KEY], const uint8_t in[static CIPHER_KEY],
                   uint8_t ret[static CIPHER_KEY])
{
    EVP_CIPHER_CTX *ctx = context();
    int n = 0;

    gh_check(EVP_EncryptInit_ex2(ctx, ecb, key, NULL, NULL) == 1 && EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
             EVP_EncryptUpdate(ctx, ret, &n, in, CIPHER_KEY) == 1 && n == CIPHER_KEY);
    EVP_CIPHER_CTX_free(ctx);
}

bool cipher_aes128_gcm_open(const uint8_t key[static CIPHER_KEY], const uint8_t nonce[static CIPHER_NONCE],
                            struct span head, struct span sealed, uint8_t *ret)
{
    EVP_CIPHER_CTX *ctx;
    uint8_t tag[CIPHER_TAG];
    struct reader in = reader_span(sealed);
    struct span text;
    int n = 0;
    bool ok;

    if (sealed.n < CIPHER_TAG || sealed.n > INT32_MAX || head.n > INT32_MAX)
        return false;
    text = reader_take(&in, sealed.n - CIPHER_TAG);
    reader_copy(&in, tag, sizeof(tag));
    ctx = context();
    gh_check(EVP_DecryptInit_ex2(ctx, gcm, key, nonce, NULL) == 1);
    ok = EVP_DecryptUpdate(ctx, NULL, &n, head.p, (int)head.n) == 1 &&
         EVP_DecryptUpdate(ctx, ret, &n, text.p, (int)text.n) == 1 &&
         EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, CIPHER_TAG, tag) == 1 &&
         EVP_DecryptFinal_ex(ctx, tag, &n) == 1; /* a stream mode: nothing is left to write */
    EVP_CIPHER_CTX_free(ctx);
    return ok;
}
