/* SPDX-License-Identifier: GPL-3.0-or-later
 * tunnel: a connection inside a connection (CONNECT of HTTP/1 and HTTP/2): who speaks there is found out by
 * the probes of all parsers, as for a connection of its own, and its parser reads it. Events and documents
 * are of the flow around it, under the inner protocol's name.
 *
 * Bounded: TUNNEL_DEPTH tunnels inside one another, TUNNEL_FIRST bytes of each direction until it is decided;
 * charged, as is the parser's state. Decode thread only. */
#ifndef GH_SENSOR_TUNNEL_H
#define GH_SENSOR_TUNNEL_H

#include "sensor/decode/proto.h"

#define TUNNEL_DEPTH 3u
#define TUNNEL_FIRST 4096u

struct tunnel;
/* client: the direction in which who asked for the tunnel speaks; only TO_SERVER is read. NULL when memory is
 * short or it is too deep; all functions take NULL. */
struct tunnel *tunnel_new(struct proto_ctx *cx, enum direction client);
void tunnel_feed(struct tunnel *t, enum direction dir, struct span bytes);
void tunnel_gap(struct tunnel *t, enum direction dir, uint64_t missing);
void tunnel_end(struct tunnel *t, enum direction dir);
void tunnel_free(struct tunnel *t);

#endif
