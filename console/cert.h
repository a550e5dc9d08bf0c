/* SPDX-License-Identifier: GPL-3.0-or-later
 * cert: the console's own TLS certificate (GnuTLS): ECDSA P-256, self-signed, made once. Appliances pin its
 * public key, so the certificate may be replaced by one from a real authority as long as the key stays. */
#ifndef GH_CONSOLE_CERT_H
#define GH_CONSOLE_CERT_H

#include "base/base64.h"

#define CERT_PIN BASE64_SIZE(32)

/* New key and certificate as PEM into key and crt. name: common name; hosts: blank-separated DNS names and
 * addresses. */
int cert_make(const char *name, const char *hosts, struct writer *key, struct writer *crt);
/* Base64 of the SHA-256 of the certificate's public key, as curl wants it behind "sha256//". ST_MALFORMED: no
 * certificate. */
int cert_pin(struct span crt_pem, char pin[static CERT_PIN]);
/* Do key and certificate belong together? ST_MALFORMED when one cannot be read, ST_BAD_SIGNATURE when not. */
int cert_check(struct span key_pem, struct span crt_pem);

#endif
