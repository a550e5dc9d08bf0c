/* SPDX-License-Identifier: GPL-3.0-or-later
 * One exchange and what must come of it. */
#ifndef GH_TESTS_HTTP_CASE_H
#define GH_TESTS_HTTP_CASE_H

#include "sensor/decode/proto.h"

struct http_step {
    char who; /* 'c' client, 's' server, 'g' hole of n bytes in the server's direction, 'G' in the client's */
    const char *text; /* NULL ends the list */
    size_t n;         /* 0: strlen(text) */
};
struct http_doc {
    const char *name, *text; /* text NULL ends the list */
    bool truncated;
};
struct http_case {
    const char *name;
    struct http_step step[8];
    struct http_doc doc[8];
    const char *event;   /* must stand in the first http event, or NULL */
    const char *anomaly; /* must be among the anomalies, or NULL: then there must be none */
    bool whole;          /* what comes in one piece matters: not fed in smaller ones */
};
extern const struct http_case http_cases[];
extern const size_t http_case_count;

#endif
