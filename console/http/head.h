/* SPDX-License-Identifier: GPL-3.0-or-later
 * head: what a request's line and headers must look like before anything else is done with them. The library
 * below accepts doubled Content-Length, Content-Length beside Transfer-Encoding, and any Host; this refuses
 * them, so that no two machines on the way can read one request in two ways (RFC 9112 section 11.2). Pure
 * functions. */
#ifndef GH_CONSOLE_HEAD_H
#define GH_CONSOLE_HEAD_H

#include "console/http/request.h"

#define HEAD_TARGET_MAX 4096 /* bytes of path and query */
#define HEAD_HEADERS_MAX 64
#define HEAD_VALUE_MAX 8192

/* First the request line. Faults are kept in h->problem; the first one stays. Spans must outlive h. */
void head_line(struct head *h, struct span method, struct span target, struct span version);
/* Then each header. */
void head_header(struct head *h, struct span name, struct span value);
/* Then the sum: lengths, Host. Returns h->problem. */
enum problem head_end(struct head *h);

/* The host names this server answers to, blank-separated, beside IP addresses and "localhost". True when host
 * (with or without port) is one of them. */
bool head_host_known(struct span host, const char *names);
/* Does a request that changes something come from our own page? Sec-Fetch-Site and Origin decide (W3C Fetch
 * metadata, RFC 6454). with_cookie: a browser always sends one of them, so their absence then is refused,
 * too. */
bool head_same_origin(const struct head *h, bool with_cookie);

/* Cookie of that name (RFC 6265 section 5.4); false when absent or given twice. */
bool cookie_find(struct span header, const char *name, struct span *ret);
/* Query text to names and values, percent-decoded into the arena. 0; ST_MALFORMED: bad escape, control
 * character, invalid UTF-8, a name twice; ST_LIMIT: more than 32; ST_NOMEM. */
int query_parse(struct arena *a, struct span text, struct query *ret);
/* Value of a name; NULL when absent. */
const struct span *query_get(const struct query *q, const char *name);
/* "application/json" with or without parameters, any case. */
bool content_type_is(struct span value, const char *type);

#endif
