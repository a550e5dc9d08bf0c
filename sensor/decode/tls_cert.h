/* SPDX-License-Identifier: GPL-3.0-or-later
 * tls_cert: what an event shows of an X.509 certificate (RFC 5280), by a DER walk of our own. Nothing is
 * verified. Pure. */
#ifndef GH_SENSOR_TLS_CERT_H
#define GH_SENSOR_TLS_CERT_H

#include "base/reader.h"

#define TLS_NAME_SIZE 2048
#define TLS_ALT_SIZE 2048

/* A name as EVE has it: "C=VN, O=…, CN=…" in UTF-8, in the certificate's order. It may hold any byte, NUL
 * too: a name that ends at a NUL for some readers and goes on for others is an old deceit. What does not fit
 * is left out from an attribute on, and
 * ", …" says so. */
struct tls_name {
    size_t n;
    uint8_t text[TLS_NAME_SIZE];
};
/* "" or n == 0 when the certificate does not say or is broken there. */
struct tls_cert {
    struct tls_name subject, issuer;
    char serial[3 * 64];                /* "0A:1B:…" */
    char not_before[20], not_after[20]; /* "2026-11-24T00:00:00" */
    char fingerprint[60];               /* SHA-1, "0a:1b:…" */
    /* Subject alternative names: each two bytes of length, big-endian, and its text. DNS names, mail
     * addresses and URIs as they are, IP addresses as text; other kinds are left out, and what does not fit.
     */
    size_t alt_n;
    uint8_t alt[TLS_ALT_SIZE];
};
/* False when the bytes are no certificate; the fingerprint is there in any case. */
bool tls_cert_read(struct span der, struct tls_cert *ret);

#endif
