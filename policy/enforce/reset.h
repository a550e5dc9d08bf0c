/* SPDX-License-Identifier: GPL-3.0-or-later
 * reset: ends a TCP connection by a reset to each side (RFC 9293 3.10.7, RFC 5961: exact sequence number),
 * sent as frames on the capture interface where the addresses of both ends are known, and by the routing
 * table. Opened with rights, used without. */
#ifndef GH_ENFORCE_RESET_H
#define GH_ENFORCE_RESET_H

#include "base/event.h"
#include "base/writer.h"

struct reset;
/* interface: where frames go out; "" for none. NULL when memory is short. What cannot be opened is told by
 * reset_send. */
struct reset *reset_new(const char *interface);
void reset_free(struct reset *r);
/* To both ends; 0 when it went to one of them at least, which ends the connection. ST_DENIED (no right),
 * ST_IO: err gets the sentence. */
int reset_send(struct reset *r, const struct event_target *t, char *err, size_t cap);
/* The IP packet that goes to one end: an IPv4 or IPv6 header and TCP with RST and ACK. For reset_send and its
 * test. */
void reset_packet(const struct event_target *t, bool to_client, struct writer *out);
/* The same in an Ethernet frame with the target's VLAN tags. */
void reset_frame(const struct event_target *t, bool to_client, struct writer *out);

#endif
