/* SPDX-License-Identifier: GPL-3.0-or-later
 * carrier: brings one letter to the console over HTTPS (libcurl) and brings its answer back. What it holds is
 * signed and sealed by itself; TLS with a pinned key only hides it and tells early that the right
 * console is there. */
#ifndef GH_LINK_CARRIER_H
#define GH_LINK_CARRIER_H

#include "firmware/link/link.h"

struct carrier;
/* NULL when memory is short. The console is borrowed. */
struct carrier *carrier_new(const struct link_console *console, uint64_t timeout_ms);
/* Goes through an HTTP proxy, http://host:port; the environment's proxies never count. */
void carrier_proxy(struct carrier *c, const char *proxy);
/* From now on at most so many bytes a second are sent, and received; 0: no limit. */
void carrier_rate(struct carrier *c, uint64_t rate);
/* For the connection that carries a backlog: of what it sends, only so much lies in queues between here and
 * the console that something urgent on another connection need not wait behind it: a quarter of a second's
 * worth. It goes by how much longer packets take than they did at best (as RFC 6817 does), so a line that is
 * not full is not slowed down. */
void carrier_yield(struct carrier *c);
/* For a connection that carries little and seldom: what is lost on it is repeated without ever longer waits,
 * a dead one is found, and it is kept for as long as the console keeps it. */
void carrier_thin(struct carrier *c);
void carrier_free(struct carrier *c);
/* POSTs body to path. Blocks while the line moves anything, at most the time-out and a second for each KiB
 * (or what the rate makes of it), and the time-out while it moves nothing. 0 with the HTTP status and the
 * body (bounded by the writer's ceiling), or ST_CLOSED (no connection), ST_TIMEOUT, ST_BAD_SIGNATURE (another
 * TLS key than the pinned one); carrier_message has the sentence. */
int carrier_post(struct carrier *c, const struct letter *letter, long *ret_status, struct writer *answer);
/* The console showed the certificate that was announced to follow. */
bool carrier_switched(const struct carrier *c);
const char *carrier_message(const struct carrier *c);

/* Opens the connection to the console, or finds it open: a request that carries nothing, so that the next one
 * need not wait for that. 0 when it is there. */
int carrier_warm(struct carrier *c);
/* GETs an address, http or https; for what proves itself (signed, or by its hash): no certificate is looked
 * at. proxy: "" none, as carrier_proxy. Appends to out, whose ceiling bounds it. 0; ST_NOT_FOUND (404); ST_AGAIN (any other status); ST_CLOSED,
 * ST_TIMEOUT; ST_LIMIT. */
int carrier_get(const char *url, const char *proxy, uint64_t timeout_ms, struct writer *out);

#endif
