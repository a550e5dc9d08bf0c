/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/ja.h"
#include "base/digest.h"

#include <stdio.h>
#include <stdlib.h>

#define VALUES_MAX 512
#define PART 12 /* hex digits of a JA4 hash that are kept */

/* 16-bit values in decimal, with dashes between. */
static void list(struct writer *w, struct span values)
{
    struct reader in = reader_span(values);
    bool first = true;

    while (reader_left(&in) >= 2) {
        uint16_t v = reader_be16(&in);
        if (tls_grease(v))
            continue;
        if (!first)
            writer_u8(w, '-');
        writer_dec(w, v);
        first = false;
    }
}

static void list_extensions(struct writer *w, struct span extensions)
{
    struct reader in = reader_span(extensions);
    uint16_t type;
    struct span data;
    bool first = true;

    while (tls_hello_extension(&in, &type, &data)) {
        if (tls_grease(type))
            continue;
        if (!first)
            writer_u8(w, '-');
        writer_dec(w, type);
        first = false;
    }
}

static bool finish(struct writer *text, char hash[static JA3_HASH_SIZE])
{
    uint8_t md5[MD5_SIZE];

    hash[0] = 0;
    if (!writer_ok(text))
        return false;
    digest_md5(text->p, text->n, md5);
    digest_hex(md5, sizeof(md5), hash);
    return true;
}

bool ja3_client(const struct tls_hello *h, struct writer *text, char hash[static JA3_HASH_SIZE])
{
    writer_dec(text, h->version);
    writer_u8(text, ',');
    list(text, h->ciphers);
    writer_u8(text, ',');
    list_extensions(text, h->extensions);
    writer_u8(text, ',');
    list(text, h->groups);
    writer_u8(text, ',');
    for (size_t i = 0; i < h->point_formats.n; i++) {
        if (i)
            writer_u8(text, '-');
        writer_dec(text, h->point_formats.p[i]);
    }
    return finish(text, hash);
}

bool ja3_server(const struct tls_hello *h, struct writer *text, char hash[static JA3_HASH_SIZE])
{
    writer_dec(text, h->version);
    writer_u8(text, ',');
    list(text, h->ciphers);
    writer_u8(text, ',');
    list_extensions(text, h->extensions);
    return finish(text, hash);
}

struct values {
    uint16_t v[VALUES_MAX];
    size_t n;
    bool over;
};

static void values_add(struct values *s, uint16_t v)
{
    if (tls_grease(v))
        return;
    if (s->n == VALUES_MAX)
        s->over = true;
    else
        s->v[s->n++] = v;
}

static void values_list(struct values *s, struct span list16)
{
    struct reader in = reader_span(list16);

    s->n = 0;
    s->over = false;
    while (reader_left(&in) >= 2)
        values_add(s, reader_be16(&in));
}

static int by_value(const void *a, const void *b)
{
    return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

static void write_values(struct writer *w, const struct values *s)
{
    for (size_t i = 0; i < s->n; i++)
        writer_printf(w, "%s%04x", i ? "," : "", s->v[i]);
}

/* The first digits of the text's SHA-256; zeros for a list without values. */
static void hash_part(const struct writer *text, char out[static PART + 1])
{
    uint8_t sha[SHA256_SIZE];

    if (!text->n) {
        memset(out, '0', PART);
        out[PART] = 0;
        return;
    }
    digest_sha256(text->p, text->n, sha);
    digest_hex(sha, PART / 2, out);
}

static const char *version_code(uint16_t version)
{
    switch (version) {
    case 0x0304:
        return "13";
    case 0x0303:
        return "12";
    case 0x0302:
        return "11";
    case 0x0301:
        return "10";
    case 0x0300:
        return "s3";
    case 0x0002:
        return "s2";
    default:
        return "00";
    }
}

static bool alphanumeric(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* First and last character of the first protocol; of its hex form when one of them is no letter or digit. */
static void alpn_code(struct span alpn, char out[static 3])
{
    static const char hex[] = "0123456789abcdef";
    struct reader in = reader_span(alpn);
    struct span name = reader_take(&in, reader_u8(&in));
    struct reader first = reader_span(name), last = reader_span(span_part(name, name.n ? name.n - 1 : 0, 1));
    uint8_t a = reader_u8(&first), b = reader_u8(&last);

    memcpy(out, "00", 3);
    if (!name.n)
        return;
    if (alphanumeric(a) && alphanumeric(b)) {
        out[0] = (char)a;
        out[1] = (char)b;
    } else {
        out[0] = hex[a >> 4];
        out[1] = hex[b & 15];
    }
}

bool ja4_client(const struct tls_hello *h, char ret[static JA4_SIZE])
{
    struct reader in = reader_span(h->extensions);
    struct values s;
    uint8_t buf[2 * VALUES_MAX * 5 + 2];
    struct writer text;
    struct span data;
    char alpn[3], ciphers_hash[PART + 1], extensions_hash[PART + 1];
    size_t n_ciphers, n_extensions = 0;
    uint16_t type;

    ret[0] = 0;
    values_list(&s, h->ciphers);
    if (s.over)
        return false;
    n_ciphers = s.n;
    qsort(s.v, s.n, sizeof(s.v[0]), by_value);
    writer_fixed(&text, buf, sizeof(buf));
    write_values(&text, &s);
    hash_part(&text, ciphers_hash);

    values_list(&s, (struct span){NULL, 0});
    while (tls_hello_extension(&in, &type, &data)) {
        n_extensions += !tls_grease(type);
        if (type != TLS_EXT_SERVER_NAME && type != TLS_EXT_ALPN)
            values_add(&s, type);
    }
    if (s.over)
        return false;
    qsort(s.v, s.n, sizeof(s.v[0]), by_value);
    writer_fixed(&text, buf, sizeof(buf));
    write_values(&text, &s);
    values_list(&s, h->signatures);
    if (s.over)
        return false;
    if (s.n)
        writer_u8(&text, '_');
    write_values(&text, &s);
    hash_part(&text, extensions_hash);
    alpn_code(h->alpn, alpn);
    snprintf(ret, JA4_SIZE, "t%s%c%02zu%02zu%s_%s_%s", version_code(h->best_version), h->has_sni ? 'd' : 'i',
             n_ciphers < 99 ? n_ciphers : 99, n_extensions < 99 ? n_extensions : 99, alpn, ciphers_hash,
             extensions_hash);
    return true;
}
