/* SPDX-License-Identifier: GPL-3.0-or-later
 * Standard encryption (2.3.4.5 and on): SHA-1 and AES in ECB. Agile encryption (2.3.4.10 and on): an XML
 * descriptor names hash and key size; AES in CBC by segments. */
#include "rules/x_ole_crypt.h"

#include "rules/sax.h"

#include <openssl/evp.h>

#define BLOCK 16u
#define HASH_MAX 64u
#define KEY_MAX 32u
#define FIELD_MAX 128u     /* bytes of a salt, a verifier, an encrypted key */
#define SPINS_MAX 1000000u /* Office writes 50000 or 100000 */
#define STANDARD_SPINS 50000u
#define SEGMENT 4096u

static const char password[] = "VelvetSweatshop";

struct field {
    uint8_t p[FIELD_MAX];
    size_t n;
};
/* keyData or encryptedKey of the descriptor. */
struct scheme {
    const EVP_MD *hash;
    size_t key, block; /* bytes */
    uint32_t spins;
    struct field salt, verifier, verifier_hash, key_value;
    bool aes_cbc;
};
struct agile {
    struct scheme data, key;
};

void ole_crypt_warm_up(void)
{
    uint8_t out[HASH_MAX];
    unsigned n;

    EVP_Digest("", 0, out, &n, EVP_sha1(), NULL);
    EVP_Digest("", 0, out, &n, EVP_sha512(), NULL);
    EVP_Digest("", 0, out, &n, EVP_md5(), NULL);
}

/* ---- building stones ---- */

static size_t hash2(const EVP_MD *md, struct span a, struct span b, uint8_t out[HASH_MAX])
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned n = 0;

    if (ctx && EVP_DigestInit_ex(ctx, md, NULL) && EVP_DigestUpdate(ctx, a.p, a.n) &&
        EVP_DigestUpdate(ctx, b.p, b.n))
        EVP_DigestFinal_ex(ctx, out, &n);
    EVP_MD_CTX_free(ctx);
    return n;
}

size_t ole_crypt_hash(bool sha1, struct span a, struct span b, uint8_t out[OLE_CRYPT_HASH_MAX])
{
    return hash2(sha1 ? EVP_sha1() : EVP_md5(), a, b, out);
}

struct span ole_crypt_password(void)
{
    static uint8_t wide[2 * (sizeof(password) - 1)];

    for (size_t i = 0; i < sizeof(password) - 1; i++)
        wide[2 * i] = (uint8_t)password[i];
    return span_of(wide, sizeof(wide));
}

static struct span le32(uint32_t v, uint8_t buf[4])
{
    for (unsigned i = 0; i < 4; i++)
        buf[i] = (uint8_t)(v >> (8 * i));
    return span_of(buf, 4);
}

/* Salt and password, hashed as often as the file says. */
static size_t spin(struct extract *x, const EVP_MD *md, struct span salt, uint32_t spins, uint8_t h[HASH_MAX])
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    uint8_t count[4];
    unsigned n = (unsigned)hash2(md, salt, ole_crypt_password(), h);

    for (uint32_t i = 0; ctx && n && i < spins; i++) {
        le32(i, count);
        if (!EVP_DigestInit_ex(ctx, i ? NULL : md, NULL) || !EVP_DigestUpdate(ctx, count, 4) ||
            !EVP_DigestUpdate(ctx, h, n) || !EVP_DigestFinal_ex(ctx, h, &n) ||
            ((i & 0xFFFF) == 0xFFFF && extract_expired(x)))
            n = 0;
    }
    EVP_MD_CTX_free(ctx);
    return ctx ? n : 0;
}

/* AES without padding; iv NULL: ECB. in.n is a multiple of the block. */
static bool aes(const uint8_t *key, size_t key_size, const uint8_t *iv, struct span in, uint8_t *out)
{
    const EVP_CIPHER *cipher = key_size == 16   ? iv ? EVP_aes_128_cbc() : EVP_aes_128_ecb()
                                 : key_size == 24 ? iv ? EVP_aes_192_cbc() : EVP_aes_192_ecb()
                                 : iv ? EVP_aes_256_cbc()
                                                : EVP_aes_256_ecb();
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n = 0;
    bool good = ctx && in.n % BLOCK == 0 && in.n <= INT32_MAX &&
                EVP_DecryptInit_ex(ctx, cipher, NULL, key, iv) && EVP_CIPHER_CTX_set_padding(ctx, 0) &&
                EVP_DecryptUpdate(ctx, out, &n, in.p, (int)in.n) && (size_t)n == in.n;

    EVP_CIPHER_CTX_free(ctx);
    return good;
}

static bool key_size_known(size_t n)
{
    return n == 16 || n == 24 || n == 32;
}

/* ---- standard encryption ---- */

struct standard {
    size_t key;
    struct span salt, verifier, hash;
};

static bool standard_read(struct span info, struct standard *s)
{
    struct reader r = reader_span(info), header;
    uint32_t algorithm, bits, n;

    reader_skip(&r, 4); /* flags */
    header = reader_sub(&r, reader_le32(&r));
    reader_skip(&header, 8);
    algorithm = reader_le32(&header);
    reader_skip(&header, 4);
    bits = reader_le32(&header);
    n = reader_le32(&r);
    s->salt = reader_take(&r, n);
    s->verifier = reader_take(&r, BLOCK);
    reader_skip(&r, 4);
    s->hash = reader_take(&r, 2 * BLOCK);
    s->key = bits / 8;
    return reader_ok(&r) && reader_ok(&header) && n == BLOCK && key_size_known(s->key) &&
           (algorithm >= 0x660E && algorithm <= 0x6610);
}

/* 2.3.4.7 and 2.3.4.9: the key, and whether it is the right one. */
static bool standard_key(struct extract *x, const struct standard *s, uint8_t key[KEY_MAX])
{
    uint8_t h[HASH_MAX], pad[64], both[2 * HASH_MAX], plain[3 * BLOCK], check[HASH_MAX], zero[4];
    size_t n = spin(x, EVP_sha1(), s->salt, STANDARD_SPINS, h);

    if (!n)
        return false;
    n = hash2(EVP_sha1(), span_of(h, n), le32(0, zero), h);
    for (unsigned half = 0; half < 2; half++) {
        for (size_t i = 0; i < sizeof(pad); i++)
            pad[i] = (half ? 0x5C : 0x36) ^ (i < n ? h[i] : 0);
        hash2(EVP_sha1(), span_of(pad, sizeof(pad)), span_of(NULL, 0), both + half * n);
    }
    memcpy(key, both, s->key);
    if (!aes(key, s->key, NULL, s->verifier, plain) || !aes(key, s->key, NULL, s->hash, plain + BLOCK))
        return false;
    n = hash2(EVP_sha1(), span_of(plain, BLOCK), span_of(NULL, 0), check);
    return n && memcmp(check, plain + BLOCK, n) == 0;
}

/* ---- agile encryption ---- */

static void base64(const char *text, struct field *f)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0;
    unsigned n = 0;

    for (f->n = 0; text && *text && f->n < FIELD_MAX; text++) {
        const char *at = strchr(digits, *text);
        if (!at)
            continue;
        bits = bits << 6 | (uint32_t)(at - digits);
        if (++n % 4 != 1)
            f->p[f->n++] = (uint8_t)(bits >> (6 - 2 * ((n - 1) % 4)));
    }
}

static uint32_t number(const char *s)
{
    uint64_t n = 0;

    if (s)
        span_number(span_str(s), UINT32_MAX, &n);
    return (uint32_t)n;
}

static void agile_start(void *ctx, struct sax *s, const char *name)
{
    struct agile *a = ctx;
    struct scheme *to = strcmp(name, "keyData") == 0        ? &a->data
                        : strcmp(name, "encryptedKey") == 0 ? &a->key
                                                            : NULL;
    const char *hash = sax_attr(s, "hashAlgorithm"), *mode = sax_attr(s, "cipherChaining"),
               *cipher = sax_attr(s, "cipherAlgorithm");

    if (!to || to->hash)
        return;
    to->hash = !hash                           ? NULL
               : strcmp(hash, "SHA512") == 0   ? EVP_sha512()
               : strcmp(hash, "SHA384") == 0   ? EVP_sha384()
               : strcmp(hash, "SHA256") == 0   ? EVP_sha256()
               : strncmp(hash, "SHA1", 4) == 0 ? EVP_sha1()
                                               : NULL;
    to->aes_cbc = mode && cipher && strcmp(mode, "ChainingModeCBC") == 0 && strcmp(cipher, "AES") == 0;
    to->key = number(sax_attr(s, "keyBits")) / 8;
    to->block = number(sax_attr(s, "blockSize"));
    to->spins = number(sax_attr(s, "spinCount"));
    base64(sax_attr(s, "saltValue"), &to->salt);
    base64(sax_attr(s, "encryptedVerifierHashInput"), &to->verifier);
    base64(sax_attr(s, "encryptedVerifierHashValue"), &to->verifier_hash);
    base64(sax_attr(s, "encryptedKeyValue"), &to->key_value);
}

static bool scheme_known(const struct scheme *s)
{
    return s->hash && s->aes_cbc && key_size_known(s->key) && s->block == BLOCK && s->salt.n == BLOCK &&
           s->spins <= SPINS_MAX;
}

/* A field of the descriptor, decrypted with the key that hash h and a constant make (2.3.4.11, 2.3.4.13). */
static bool agile_field(const struct scheme *s, struct span h, const char *constant, const struct field *in,
                        uint8_t *out)
{
    uint8_t key[HASH_MAX];
    size_t n = hash2(s->hash, h, span_of(constant, 8), key);

    for (; n < s->key; n++)
        key[n] = 0x36;
    return in->n && in->n % BLOCK == 0 && aes(key, s->key, s->salt.p, span_of(in->p, in->n), out);
}

static bool agile_key(struct extract *x, const struct scheme *s, uint8_t key[FIELD_MAX])
{
    uint8_t h[HASH_MAX], input[FIELD_MAX], value[FIELD_MAX], check[HASH_MAX];
    size_t n = spin(x, s->hash, span_of(s->salt.p, s->salt.n), s->spins, h), checked;

    if (!n || !agile_field(s, span_of(h, n), "\xFE\xA7\xD2\x76\x3B\x4B\x9E\x79", &s->verifier, input) ||
        !agile_field(s, span_of(h, n), "\xD7\xAA\x0F\x6D\x30\x61\x34\x4E", &s->verifier_hash, value) ||
        !agile_field(s, span_of(h, n), "\x14\x6E\x0B\xE7\xAB\xAC\xD0\xD6", &s->key_value, key))
        return false;
    checked = hash2(s->hash, span_of(input, s->verifier.n), span_of(NULL, 0), check);
    return checked && checked <= s->verifier_hash.n && memcmp(check, value, checked) == 0 &&
           s->key_value.n >= s->key;
}

/* ---- the package: its size, then cipher text ---- */

static bool unlock(struct extract *x, const uint8_t *key, size_t key_size, const struct scheme *agile,
                   struct span package, struct writer *out)
{
    struct reader r = reader_span(package);
    uint64_t size = reader_le64(&r);
    uint8_t iv[HASH_MAX], count[4];

    if (!reader_ok(&r) || size > reader_left(&r) || !extract_budget(x, size))
        return false;
    for (uint32_t i = 0; reader_left(&r) >= BLOCK && out->n < size; i++) {
        size_t n = reader_left(&r) < SEGMENT ? reader_left(&r) / BLOCK * BLOCK : SEGMENT;
        uint8_t *to = writer_reserve(out, n);

        if (!to ||
            (agile && !hash2(agile->hash, span_of(agile->salt.p, agile->salt.n), le32(i, count), iv)) ||
            !aes(key, key_size, agile ? iv : NULL, reader_take(&r, n), to))
            return false;
        writer_advance(out, n);
    }
    if (out->n > size)
        out->n = (size_t)size;
    return out->n == size && size;
}

bool ole_decrypt(struct extract *x, struct span info, struct span package, struct writer *out)
{
    static const struct sax_handler handler = {agile_start, NULL, NULL};
    struct reader r = reader_span(info);
    uint16_t major = reader_le16(&r), minor = reader_le16(&r);
    uint8_t key[FIELD_MAX];
    struct agile a = {0};
    struct standard s;

    if (minor == 2 && major >= 2 && major <= 4)
        return standard_read(span_part(info, 4, info.n), &s) && standard_key(x, &s, key) &&
               unlock(x, key, s.key, NULL, package, out);
    if (major != 4 || minor != 4)
        return false;
    reader_skip(&r, 4);
    sax_read(x, reader_rest(&r), &handler, &a);
    return scheme_known(&a.data) && scheme_known(&a.key) && agile_key(x, &a.key, key) &&
           unlock(x, key, a.data.key, &a.data, package, out);
}
