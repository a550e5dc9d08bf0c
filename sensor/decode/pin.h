/* SPDX-License-Identifier: GPL-3.0-or-later
 * pin: connections that must be read by the thread of another one, though their addresses say otherwise. FTP
 * may announce a data connection to a third host (RFC 959 section 5.2; a server behind a balancer, a transfer
 * between two servers). Whoever deals packets out looks for such announcements in what begins a line, and
 * gives the announced connection, from its first SYN on, to the thread that reads the announcement.
 *
 * Only where packets go is decided here; whether it was an announcement, the parser says. One that is cut in
 * two by a segment's end, or comes after its connection, is missed: that connection is then read for itself.
 *
 * Bounded: PIN_ENDS announcements, PIN_FLOWS connections; the oldest goes first. One thread. */
#ifndef GH_SENSOR_PIN_H
#define GH_SENSOR_PIN_H

#include "sensor/decode/packet.h"

#define PIN_ENDS 2048
#define PIN_FLOWS 4096

struct pins;
struct pins *pins_new(void);    /* NULL when memory is short */
void pins_free(struct pins *x); /* NULL is fine */
/* The thread for packet p, which would be usual by its addresses. Looks for announcements in p. */
unsigned pins_thread(struct pins *x, const struct packet *p, unsigned usual);

#endif
