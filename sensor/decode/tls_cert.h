/* SPDX-License-Identifier: GPL-3.0-or-later
 * tls_cert: what an event shows of an X.509 certificate (RFC 5280), by a DER walk of our own. Nothing is
 * verified. Pure. */
#ifndef GH_SENSOR_TLS_CERT_H
#define GH_SENSOR_TLS_CERT_H

#include "base/reader.h"

#define TLS_NAME_SIZE 1024 /* longer names are cut */

/* Strings as EVE has them; "" when the certificate does not say or is broken there. */
struct tls_cert {
    char subject[TLS_NAME_SIZE],
        issuer[TLS_NAME_SIZE];          /* "C=VN, O=…, CN=…" in UTF-8, in the certificate's order */
    char serial[3 * 64];                /* "0A:1B:…" */
    char not_before[20], not_after[20]; /* "2026-11-24T00:00:00" */
    char fingerprint[60];               /* SHA-1, "0a:1b:…" */
};
/* False when the bytes are no certificate; the fingerprint is there in any case. */
bool tls_cert_read(struct span der, struct tls_cert *ret);

#endif
