/* SPDX-License-Identifier: GPL-3.0-or-later
 * tls_hello: ClientHello and ServerHello (RFC 8446 section 4.1, 5246 section 7.4.1, 6066, 7301). Pure; the
 * spans point into the message, which must outlive the struct. */
#ifndef GH_SENSOR_TLS_HELLO_H
#define GH_SENSOR_TLS_HELLO_H

#include "base/reader.h"

enum tls_extension {
    TLS_EXT_SERVER_NAME = 0,
    TLS_EXT_GROUPS = 10,
    TLS_EXT_POINT_FORMATS = 11,
    TLS_EXT_SIGNATURES = 13,
    TLS_EXT_ALPN = 16,
    TLS_EXT_PRE_SHARED_KEY = 41,
    TLS_EXT_VERSIONS = 43
};
/* Lists are without their own length in front. */
struct tls_hello {
    uint16_t version;      /* the legacy field */
    uint16_t best_version; /* client: highest offered; server: the one chosen; also when only the legacy field
                              says so */
    struct span session_id;
    struct span ciphers;                  /* 16-bit values; the server's one */
    struct span extensions;               /* type, length, data */
    struct span sni;                      /* client: the host name */
    struct span groups, signatures, alpn; /* 16-bit values, 16-bit values, length-prefixed names */
    struct span point_formats;            /* bytes */
    bool has_sni;
    bool psk;   /* server: it accepted a session of before */
    bool retry; /* server: HelloRetryRequest, another ClientHello follows */
};
/* body is the handshake message behind its four-byte head. False when it does not follow the format; *ret
 * then holds what could be read of it. */
bool tls_hello_client(struct span body, struct tls_hello *ret);
bool tls_hello_server(struct span body, struct tls_hello *ret);
/* Next extension of hello.extensions; false at the end. */
bool tls_hello_extension(struct reader *in, uint16_t *ret_type, struct span *ret_data);
/* Values that clients put in to keep servers tolerant (RFC 8701); fingerprints leave them out. */
static inline bool tls_grease(uint16_t v)
{
    return (v & 0x0F0F) == 0x0A0A && v >> 8 == (v & 0xFF);
}

#endif
