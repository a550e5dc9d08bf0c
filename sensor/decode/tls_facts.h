/* SPDX-License-Identifier: GPL-3.0-or-later
 * tls_facts: what is known of one TLS connection, and the event made of it. Only for tls.c and
 * quic.c. */
#ifndef GH_SENSOR_TLS_FACTS_H
#define GH_SENSOR_TLS_FACTS_H

#include "sensor/decode/ja.h"
#include "sensor/decode/proto.h"
#include "sensor/decode/tls_cert.h"

#define TLS_SNI_SIZE 256
#define TLS_ALPN_SIZE 256
#define TLS_JA3_SIZE 4096
#define TLS_JA3S_SIZE 1024

struct tls_facts {
    bool client, server, certificate, resumed; /* what was seen */
    uint16_t version;                          /* chosen by the server */
    uint16_t sni_n, client_alpn_n, server_alpn_n, ja3_n, ja3s_n;
    uint8_t sni[TLS_SNI_SIZE], client_alpn[TLS_ALPN_SIZE], server_alpn[TLS_ALPN_SIZE];
    uint8_t ja3[TLS_JA3_SIZE], ja3s[TLS_JA3S_SIZE];
    char ja3_hash[JA3_HASH_SIZE], ja3s_hash[JA3_HASH_SIZE], ja4[JA4_SIZE];
    struct tls_cert cert;
};

/* whole: the hello follows its format; otherwise only the host name is taken of it, a fingerprint would
 * mislead. */
void tls_facts_client(struct tls_facts *f, const struct tls_hello *h, bool whole);
void tls_facts_server(struct tls_facts *f, const struct tls_hello *h);
/* body of a Certificate message up to TLS 1.2: the first certificate is the server's own. False when there is
 * none in it. */
bool tls_facts_certificate(struct tls_facts *f, struct span body);
/* dir: the direction in which the client speaks. */
void tls_facts_event(const struct tls_facts *f, struct proto_ctx *cx, enum direction dir);
/* For quic.c: the members of its object. */
void tls_facts_quic(const struct tls_facts *f, struct jw *j);
/* "gatehouse":{"quic":{"client_alpns","server_alpns"}}, or nothing when there are none: the standard
 * vocabulary names them for TLS only. */
void tls_facts_quic_alpns(const struct tls_facts *f, struct jw *j);

#endif
