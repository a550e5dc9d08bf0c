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
void carrier_free(struct carrier *c);
/* POSTs body to path. Blocks up to the time-out. 0 with the HTTP status and the body (bounded), or
 * ST_CLOSED (no connection), ST_TIMEOUT, ST_BAD_SIGNATURE (another TLS key than the pinned one);
 * carrier_message has the sentence. */
int carrier_post(struct carrier *c, const struct letter *letter, long *ret_status, struct writer *answer);
const char *carrier_message(const struct carrier *c);

#endif
