/* SPDX-License-Identifier: GPL-3.0-or-later
 * ssh_kex: identification line and SSH_MSG_KEXINIT (RFC 4253 sections 4.2 and 7.1). Pure; spans point into
 * the argument. */
#ifndef GH_SENSOR_SSH_KEX_H
#define GH_SENSOR_SSH_KEX_H

#include "base/writer.h"

struct ssh_ident {
    struct span proto, software; /* "2.0", "OpenSSH_9.2p1"; the comment behind a blank is left out */
};
/* line without its line end. False when it is no identification. */
bool ssh_ident_read(struct span line, struct ssh_ident *ret);
/* payload of a binary packet, its message number first. Writes the HASSH text: key exchange, encryption, MAC
 * and compression algorithms of the direction in which its sender speaks. False when it is no KEXINIT or
 * damaged. */
bool ssh_hassh(struct span payload, bool client, struct writer *ret);

#endif
