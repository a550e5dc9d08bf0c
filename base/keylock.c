/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/keylock.h"
#include "base/keyfile_text.h"
#include "base/text.h"

#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>

#define HEAD "gatehouse-locked-key-v1\n"
#define OPS 3u
#define MEMORY_MIB 256u
#define OPS_MOST 16u /* a file from elsewhere must not keep the machine busy for ever */
#define MEMORY_MOST_MIB 1024u
#define SALT crypto_pwhash_SALTBYTES
#define NONCE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG crypto_aead_xchacha20poly1305_ietf_ABYTES
#define LOCKED (4 + 4 + SALT + NONCE + SEAL_SECRET + TAG)

/* What the file holds, read or about to be written. */
struct locked {
    uint32_t ops, mib;
    uint8_t salt[SALT], nonce[NONCE], sealed[SEAL_SECRET + TAG];
    struct seal_public pub;
    char name[KEYLOCK_NAME];
};
/* Everything secret of one call. */
struct inside {
    uint8_t key[crypto_aead_xchacha20poly1305_ietf_KEYBYTES], secret[SEAL_SECRET];
};

static bool name_fits(const char *name)
{
    size_t n = strlen(name);

    return n && n < KEYLOCK_NAME && text_is_utf8(span_of(name, n)) && !strpbrk(name, "\r\n");
}

/* The public pair and the name: what the seal covers besides the secret. */
static size_t covered(const struct locked *l, uint8_t out[static sizeof(struct seal_public) + KEYLOCK_NAME])
{
    size_t n = strlen(l->name);

    memcpy(out, &l->pub, sizeof(l->pub));
    memcpy(out + sizeof(l->pub), l->name, n);
    return sizeof(l->pub) + n;
}

static int derive(const struct locked *l, struct span password, struct inside *in)
{
    return crypto_pwhash(in->key, sizeof(in->key), (const char *)password.p, password.n, l->salt, l->ops,
                         (size_t)l->mib << 20, crypto_pwhash_ALG_ARGON2ID13) == 0
               ? 0
               : ST_NOMEM;
}

static int put(const char *path, const struct locked *l)
{
    uint8_t raw[LOCKED];
    char text[KEYFILE_TEXT_MAX];
    struct writer w, t;

    writer_fixed(&w, raw, sizeof(raw));
    writer_le(&w, l->ops, 4);
    writer_le(&w, l->mib, 4);
    writer_bytes(&w, l->salt, sizeof(l->salt));
    writer_bytes(&w, l->nonce, sizeof(l->nonce));
    writer_bytes(&w, l->sealed, sizeof(l->sealed));
    writer_fixed(&t, text, sizeof(text));
    writer_str(&t, HEAD);
    sodium_bin2base64(text + t.n, sizeof(text) - t.n, raw, w.n, sodium_base64_VARIANT_ORIGINAL);
    t.n += strlen(text + t.n);
    writer_u8(&t, '\n');
    sodium_bin2base64(text + t.n, sizeof(text) - t.n, (const uint8_t *)&l->pub, sizeof(l->pub),
                      sodium_base64_VARIANT_ORIGINAL);
    t.n += strlen(text + t.n);
    writer_u8(&t, '\n');
    writer_str(&t, l->name);
    writer_u8(&t, '\n');
    return writer_ok(&t) ? keyfile_text_new(path, text, t.n, 0600) : ST_LIMIT;
}

int keylock_save(const char *path, const struct seal_keys *k, const char *name, struct span password)
{
    uint8_t cover[sizeof(struct seal_public) + KEYLOCK_NAME];
    struct locked l = {.ops = OPS, .mib = MEMORY_MIB, .pub = *seal_keys_public(k)};
    struct inside *in = seal_alloc(sizeof(*in));
    int rc = in ? 0 : ST_NOMEM;

    if (!rc && !name_fits(name))
        rc = ST_USAGE;
    if (!rc) {
        snprintf(l.name, sizeof(l.name), "%s", name);
        seal_random(l.salt, sizeof(l.salt));
        seal_random(l.nonce, sizeof(l.nonce));
        rc = derive(&l, password, in);
    }
    if (!rc) {
        seal_keys_export(k, in->secret);
        crypto_aead_xchacha20poly1305_ietf_encrypt(l.sealed, NULL, in->secret, SEAL_SECRET, cover,
                                                   covered(&l, cover), NULL, l.nonce, in->key);
        rc = put(path, &l);
    }
    seal_free(in);
    return rc;
}

static bool unbase64(struct span line, void *out, size_t n)
{
    size_t got = 0;

    return sodium_base642bin(out, n, (const char *)line.p, line.n, NULL, &got, NULL,
                             sodium_base64_VARIANT_ORIGINAL) == 0 &&
           got == n;
}

static int parse(struct span text, struct locked *l)
{
    struct span head, secret, pub, name;
    struct reader lines = reader_span(text), r;
    uint8_t raw[LOCKED];

    if (!span_starts(text, HEAD) || !reader_line(&lines, &head) || !reader_line(&lines, &secret) ||
        !reader_line(&lines, &pub) || !reader_line(&lines, &name) || !unbase64(secret, raw, sizeof(raw)) ||
        !unbase64(pub, &l->pub, sizeof(l->pub)) || name.n >= KEYLOCK_NAME)
        return ST_MALFORMED;
    r = reader_of(raw, sizeof(raw));
    l->ops = reader_le32(&r);
    l->mib = reader_le32(&r);
    reader_copy(&r, l->salt, sizeof(l->salt));
    reader_copy(&r, l->nonce, sizeof(l->nonce));
    reader_copy(&r, l->sealed, sizeof(l->sealed));
    memcpy(l->name, name.p, name.n);
    l->name[name.n] = 0;
    return name_fits(l->name) && l->ops && l->ops <= OPS_MOST && l->mib >= 8 && l->mib <= MEMORY_MOST_MIB
               ? 0
               : ST_MALFORMED;
}

bool keylock_is(const char *path)
{
    char text[KEYFILE_TEXT_MAX];

    return keyfile_text_read(path, text, sizeof(text)) == 0 && span_starts(span_str(text), HEAD);
}

int keylock_load(const char *path, struct span password, struct seal_keys **ret, char name[KEYLOCK_NAME])
{
    uint8_t cover[sizeof(struct seal_public) + KEYLOCK_NAME];
    char text[KEYFILE_TEXT_MAX];
    struct locked l = {.ops = 0};
    struct inside *in = seal_alloc(sizeof(*in));
    struct seal_keys *k = NULL;
    struct stat st;
    int rc = in ? keyfile_text_read(path, text, sizeof(text)) : ST_NOMEM;

    if (!rc && stat(path, &st) == 0 && (st.st_mode & 077))
        rc = ST_DENIED;
    if (!rc)
        rc = parse(span_str(text), &l);
    if (!rc)
        rc = derive(&l, password, in);
    if (!rc && crypto_aead_xchacha20poly1305_ietf_decrypt(in->secret, NULL, NULL, l.sealed, sizeof(l.sealed),
                                                          cover, covered(&l, cover), l.nonce, in->key) != 0)
        rc = ST_BAD_SIGNATURE;
    if (!rc && !(k = seal_keys_import(in->secret)))
        rc = ST_NOMEM;
    if (!rc && memcmp(seal_keys_public(k), &l.pub, sizeof(l.pub)) != 0)
        rc = ST_MALFORMED;
    seal_free(in);
    if (rc) {
        seal_keys_free(k);
        return rc;
    }
    if (name)
        snprintf(name, KEYLOCK_NAME, "%s", l.name);
    *ret = k;
    return 0;
}
