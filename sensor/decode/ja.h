/* SPDX-License-Identifier: GPL-3.0-or-later
 * ja: fingerprints of TLS stacks: JA3 and JA3S (Salesforce, 2017), JA4 (FoxIO, 2023, BSD part: the client's).
 * Pure. */
#ifndef GH_SENSOR_JA_H
#define GH_SENSOR_JA_H

#include "base/writer.h"
#include "sensor/decode/tls_hello.h"

#define JA3_HASH_SIZE 33
#define JA4_SIZE 37

/* The readable string into text, its MD5 in hex into hash. False when the string did not fit text: hash is ""
 * then. */
bool ja3_client(const struct tls_hello *h, struct writer *text, char hash[static JA3_HASH_SIZE]);
bool ja3_server(const struct tls_hello *h, struct writer *text, char hash[static JA3_HASH_SIZE]);
/* For TLS over TCP. False when the hello lists more values than any client does: ret is "" then. */
bool ja4_client(const struct tls_hello *h, char ret[static JA4_SIZE]);

#endif
