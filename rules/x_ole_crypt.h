/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_ole_crypt: encrypted packages (MS-OFFCRYPTO 2.3) and workbooks (x_ole_rc4) whose password everybody has.
 * Excel encrypts a workbook whose structure is protected with a fixed password and opens it without asking;
 * whoever sends such a file hides it from scanners, not from its reader. No other password is tried. */
#ifndef GH_RULES_X_OLE_CRYPT_H
#define GH_RULES_X_OLE_CRYPT_H

#include "rules/extract.h"

/* Once, before the jail: libcrypto's algorithms. */
void ole_crypt_warm_up(void);
/* Hash of a and b together, SHA-1 or MD5; its size. */
#define OLE_CRYPT_HASH_MAX 64u
size_t ole_crypt_hash(bool sha1, struct span a, struct span b, uint8_t out[OLE_CRYPT_HASH_MAX]);
/* The fixed password in UTF-16LE. */
struct span ole_crypt_password(void);
/* The package in plain in out (the caller's ceiling), when the fixed password opens it. info: stream
 * EncryptionInfo, package: stream EncryptedPackage. False: another password, another scheme, damage, or no
 * budget left (reported). */
bool ole_decrypt(struct extract *x, struct span info, struct span package, struct writer *out);

#endif
