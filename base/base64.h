/* SPDX-License-Identifier: GPL-3.0-or-later
 * base64: RFC 4648 section 4, strict: padding is required, nothing else is skipped. Keys and certificates in
 * text files; not for mail (rooms that read mail have a lenient decoder of their own). No state, any thread.
 */
#ifndef GH_BASE_BASE64_H
#define GH_BASE_BASE64_H

#include "base/writer.h"

/* Bytes that the text form of n bytes needs, the NUL included. */
#define BASE64_SIZE(n) (((n) + 2) / 3 * 4 + 1)

/* Text of n bytes at p into buf (cap >= BASE64_SIZE(n), checked). Returns buf. */
const char *base64_encode(const void *p, size_t n, char *buf, size_t cap);
/* Text to exactly n bytes at p; false (p untouched) when it is anything else. n is at most 1024. */
bool base64_decode(struct span text, void *p, size_t n);

#endif
