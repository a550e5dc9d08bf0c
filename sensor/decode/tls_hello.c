/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/tls_hello.h"

/* RFC 8446 section 4.1.3: SHA-256 of "HelloRetryRequest" as the server's random. */
static const uint8_t retry_random[32] = {0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C,
                                         0x02, 0x1E, 0x65, 0xB8, 0x91, 0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB,
                                         0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C};

bool tls_hello_extension(struct reader *in, uint16_t *ret_type, struct span *ret_data)
{
    if (!reader_left(in))
        return false;
    *ret_type = reader_be16(in);
    *ret_data = reader_take(in, reader_be16(in));
    return reader_ok(in);
}

/* The list behind a 16-bit length. */
static struct span list16(struct span data)
{
    struct reader in = reader_span(data);

    return reader_take(&in, reader_be16(&in));
}

static struct span list8(struct span data)
{
    struct reader in = reader_span(data);

    return reader_take(&in, reader_u8(&in));
}

static struct span host_name(struct span data)
{
    struct reader in = reader_span(list16(data));

    while (reader_left(&in)) {
        uint8_t type = reader_u8(&in);
        struct span name = reader_take(&in, reader_be16(&in));
        if (type == 0)
            return name;
    }
    return (struct span){NULL, 0};
}

static uint16_t highest(struct span versions)
{
    struct reader in = reader_span(versions);
    uint16_t best = 0;

    while (reader_left(&in) >= 2) {
        uint16_t v = reader_be16(&in);
        if (!tls_grease(v) && v > best)
            best = v;
    }
    return best;
}

static bool common(struct reader *in, struct tls_hello *ret, struct span *ret_random)
{
    ret->version = ret->best_version = reader_be16(in);
    *ret_random = reader_take(in, 32);
    ret->session_id = reader_take(in, reader_u8(in));
    return reader_ok(in) && ret->session_id.n <= 32;
}

/* The block of extensions; without one the message ends here (up to TLS 1.2). False when it or one of them
 * does not fit: what is there is kept all the same, a server may be more patient than we are. */
static bool extensions(struct reader *in, struct tls_hello *ret)
{
    struct reader each;
    uint16_t type;
    size_t length;
    struct span data;

    if (!reader_left(in))
        return reader_ok(in);
    length = reader_be16(in);
    ret->extensions = reader_take(in, length < reader_left(in) ? length : reader_left(in));
    each = reader_span(ret->extensions);
    while (tls_hello_extension(&each, &type, &data))
        continue;
    return reader_ok(in) && ret->extensions.n == length && reader_ok(&each);
}

bool tls_hello_client(struct span body, struct tls_hello *ret)
{
    struct reader in = reader_span(body), each;
    struct span random, data;
    uint16_t type, best;
    bool whole;

    *ret = (struct tls_hello){0};
    if (!common(&in, ret, &random))
        return false;
    ret->ciphers = reader_take(&in, reader_be16(&in));
    reader_skip(&in, reader_u8(&in)); /* compression methods */
    whole = extensions(&in, ret) && reader_ok(&in) && ret->ciphers.n % 2 == 0;
    each = reader_span(ret->extensions);
    while (tls_hello_extension(&each, &type, &data)) {
        switch (type) {
        case TLS_EXT_SERVER_NAME:
            ret->has_sni = true;
            ret->sni = host_name(data);
            break;
        case TLS_EXT_GROUPS:
            ret->groups = list16(data);
            break;
        case TLS_EXT_POINT_FORMATS:
            ret->point_formats = list8(data);
            break;
        case TLS_EXT_SIGNATURES:
            ret->signatures = list16(data);
            break;
        case TLS_EXT_ALPN:
            ret->alpn = list16(data);
            break;
        case TLS_EXT_VERSIONS:
            best = highest(list8(data));
            if (best)
                ret->best_version = best;
            break;
        default:
            break;
        }
    }
    return whole;
}

bool tls_hello_server(struct span body, struct tls_hello *ret)
{
    struct reader in = reader_span(body), each;
    struct span random, data;
    uint16_t type;
    bool draft;

    *ret = (struct tls_hello){0};
    if (!common(&in, ret, &random) && !reader_ok(&in))
        return false;
    /* TLS 1.3 drafts before 22 had neither session id nor compression method in the ServerHello. */
    draft = ret->version >> 8 == 0x7F;
    if (draft) {
        reader_seek(&in, 34);
        ret->session_id = (struct span){NULL, 0};
    }
    ret->ciphers = reader_take(&in, 2);
    if (!draft)
        reader_skip(&in, 1);
    if (!reader_ok(&in) || ret->session_id.n > 32 || !extensions(&in, ret))
        return false;
    ret->retry = span_eq(random, span_of(retry_random, sizeof(retry_random)));
    each = reader_span(ret->extensions);
    while (tls_hello_extension(&each, &type, &data)) {
        struct reader value = reader_span(data);
        if (type == TLS_EXT_VERSIONS && data.n == 2)
            ret->best_version = reader_be16(&value);
        else if (type == TLS_EXT_ALPN)
            ret->alpn = list16(data);
        else if (type == TLS_EXT_PRE_SHARED_KEY)
            ret->psk = true;
    }
    return true;
}
