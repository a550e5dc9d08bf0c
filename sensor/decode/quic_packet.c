/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/quic_packet.h"

#define SALT 20

static const struct version {
    uint32_t first, last;
    uint8_t salt[SALT];
    uint8_t initial;           /* how the type bits say Initial; the other types follow in circle */
    const char *key, *iv, *hp; /* labels */
} versions[] = {
    {0x00000001,
     0x00000001, /* RFC 9001 section 5.2 */
     {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
      0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a},
     0,
     "quic key",
     "quic iv",
     "quic hp"},
    {0x6b3343cf,
     0x6b3343cf, /* RFC 9369 section 3.3 */
     {0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93,
      0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9},
     1,
     "quicv2 key",
     "quicv2 iv",
     "quicv2 hp"},
    {0xff000021,
     0xff000022, /* drafts 33 and 34 have the salt of version 1 */
     {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
      0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a},
     0,
     "quic key",
     "quic iv",
     "quic hp"},
    {0xff00001d,
     0xff000020, /* draft-ietf-quic-tls-29 section 5.2 */
     {0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97,
      0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99},
     0,
     "quic key",
     "quic iv",
     "quic hp"},
    {0xff000017,
     0xff00001c, /* draft-ietf-quic-tls-23 section 5.2 */
     {0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7,
      0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02},
     0,
     "quic key",
     "quic iv",
     "quic hp"},
    {0xfaceb002,
     0xfaceb002, /* mvfst of draft 27 */
     {0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7,
      0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02},
     0,
     "quic key",
     "quic iv",
     "quic hp"},
    {0xff000015,
     0xff000016, /* draft-ietf-quic-tls-21 section 5.2 */
     {0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb, 0xe9, 0x19, 0x3a,
      0x96, 0xcd, 0x21, 0x51, 0x9e, 0xbd, 0x7a, 0x02, 0x64, 0x4a},
     0,
     "quic key",
     "quic iv",
     "quic hp"},
    {0xfaceb001,
     0xfaceb001, /* mvfst of draft 22 */
     {0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb, 0xe9, 0x19, 0x3a,
      0x96, 0xcd, 0x21, 0x51, 0x9e, 0xbd, 0x7a, 0x02, 0x64, 0x4a},
     0,
     "quic key",
     "quic iv",
     "quic hp"},
};

static const struct version *version_find(uint32_t v)
{
    for (size_t i = 0; i < GH_COUNT(versions); i++)
        if (v >= versions[i].first && v <= versions[i].last)
            return &versions[i];
    return NULL;
}

uint64_t quic_varint(struct reader *in)
{
    uint8_t first = reader_u8(in);
    unsigned more = (1u << (first >> 6)) - 1;
    uint64_t v = reader_be(in, more);

    return (uint64_t)(first & 0x3F) << (8 * more) | v;
}

static enum quic_type type_of(const struct version *v, uint32_t number, uint8_t first)
{
    if (!number)
        return QUIC_NEGOTIATION;
    return v ? (enum quic_type)(((first >> 4) - v->initial) & 3) : QUIC_OTHER;
}

bool quic_long_read(struct reader *in, struct quic_long *ret)
{
    size_t start = in->pos;
    uint8_t first = reader_u8(in);
    const struct version *v;
    uint64_t length = 0;

    if (!reader_ok(in) || !(first & 0x80))
        return false;
    ret->version = reader_be32(in);
    ret->dcid = reader_take(in, reader_u8(in));
    ret->scid = reader_take(in, reader_u8(in));
    v = version_find(ret->version);
    ret->type = type_of(v, ret->version, first);
    if (v && (ret->dcid.n > QUIC_CID_MAX || ret->scid.n > QUIC_CID_MAX))
        return false;
    if (ret->type == QUIC_INITIAL) {
        uint64_t token = quic_varint(in);
        if (token > reader_left(in))
            return false;
        reader_skip(in, (size_t)token);
    }
    if (ret->type == QUIC_INITIAL || ret->type == QUIC_ZERO_RTT || ret->type == QUIC_HANDSHAKE)
        length = quic_varint(in);
    else
        length = reader_left(in);
    if (!reader_ok(in) || length > reader_left(in))
        return false;
    ret->number_at = in->pos - start;
    reader_skip(in, (size_t)length);
    ret->packet = span_part(span_of(in->p, in->n), start, in->pos - start);
    return true;
}

static void side_derive(const struct version *v, const uint8_t initial[static SHA256_SIZE], const char *label,
                        struct quic_keys *ret)
{
    uint8_t secret[SHA256_SIZE];

    cipher_hkdf_label(initial, label, secret, sizeof(secret));
    cipher_hkdf_label(secret, v->key, ret->key, sizeof(ret->key));
    cipher_hkdf_label(secret, v->iv, ret->iv, sizeof(ret->iv));
    cipher_hkdf_label(secret, v->hp, ret->hp, sizeof(ret->hp));
}

bool quic_keys_derive(uint32_t version, struct span dcid, struct quic_keys *ret_client,
                      struct quic_keys *ret_server)
{
    const struct version *v = version_find(version);
    uint8_t initial[SHA256_SIZE];

    if (!v)
        return false;
    cipher_hmac_sha256(span_of(v->salt, SALT), dcid, initial); /* HKDF-Extract */
    side_derive(v, initial, "client in", ret_client);
    side_derive(v, initial, "server in", ret_server);
    return true;
}

/* The whole packet number from its last bytes (RFC 9000 appendix A.3). */
static uint64_t number_decode(uint64_t largest, uint64_t cut, unsigned bytes)
{
    uint64_t window = UINT64_C(1) << (8 * bytes), half = window / 2, expected = largest + 1;
    uint64_t number = (expected & ~(window - 1)) | cut;

    if (number + half <= expected && number < (UINT64_C(1) << 62) - window)
        return number + window;
    return number > expected + half && number >= window ? number - window : number;
}

bool quic_open(const struct quic_keys *k, const struct quic_long *p, uint64_t *largest, uint8_t *buf,
               struct span *ret)
{
    struct reader in = reader_span(p->packet);
    size_t n = p->packet.n, at = p->number_at;
    uint8_t sample[CIPHER_KEY], mask[CIPHER_KEY], nonce[CIPHER_NONCE];
    unsigned bytes;
    uint64_t number = 0;

    if (n > QUIC_PACKET_MAX || n < at + 4 + CIPHER_KEY) /* RFC 9001 section 5.4.2 */
        return false;
    reader_copy(&in, buf, n);
    memcpy(sample, buf + at + 4, sizeof(sample));
    cipher_aes128(k->hp, sample, mask);
    buf[0] ^= mask[0] & 0x0F;
    bytes = (buf[0] & 3u) + 1;
    for (unsigned i = 0; i < bytes; i++) {
        buf[at + i] ^= mask[1 + i];
        number = number << 8 | buf[at + i];
    }
    number = number_decode(*largest, number, bytes);
    memcpy(nonce, k->iv, sizeof(nonce));
    for (unsigned i = 0; i < 8; i++)
        nonce[CIPHER_NONCE - 1 - i] ^= (uint8_t)(number >> (8 * i));
    at += bytes;
    if (n - at < CIPHER_TAG ||
        !cipher_aes128_gcm_open(k->key, nonce, span_of(buf, at), span_of(buf + at, n - at), buf + at))
        return false;
    if (number > *largest)
        *largest = number;
    *ret = span_of(buf + at, n - at - CIPHER_TAG);
    return true;
}
