/* SPDX-License-Identifier: GPL-3.0-or-later
 * ftp_addr: addresses of data connections as FTP writes them: PORT and the 227 reply (RFC 959 section 5.3.2),
 * EPRT and the 229 reply (RFC 2428). Pure functions; any thread. */
#ifndef GH_SENSOR_FTP_ADDR_H
#define GH_SENSOR_FTP_ADDR_H

#include "base/reader.h"

struct ftp_addr {
    uint8_t addr[16]; /* IPv4 in the first four */
    bool ipv6;
    bool has_addr; /* false: the address is that of the control connection */
    uint16_t port; /* never 0 */
};
/* "h1,h2,h3,h4,p1,p2" anywhere in the text; the first six that fit count. False: there are none. */
bool ftp_addr_numbers(struct span text, struct ftp_addr *ret);
/* "|1|10.0.0.1|2000|", "|2|fe80::1|2000|", "(|||2000|)"; any delimiter. */
bool ftp_addr_extended(struct span text, struct ftp_addr *ret);

#endif
