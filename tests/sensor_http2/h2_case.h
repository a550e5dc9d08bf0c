/* SPDX-License-Identifier: GPL-3.0-or-later
 * One connection of HTTP/2 and what must come of it. */
#ifndef GH_TESTS_H2_CASE_H
#define GH_TESTS_H2_CASE_H

#include "tests/sensor_http2/h2_make.h"

struct h2_doc {
    const char *name, *text; /* text NULL ends the list */
    size_t n;                /* 0: strlen(text) */
    bool truncated;
};
struct h2_case {
    const char *name;
    struct h2_step step[16];
    struct h2_doc doc[6];
    const char *event;   /* must stand in the first http event, or NULL */
    const char *anomaly; /* must be among the anomalies, or NULL: then there must be none */
    size_t events;       /* http events in all; 0: not looked at */
    bool midstream;
    bool http1; /* the parser of HTTP/1 is asked */
};
extern const struct h2_case h2_cases[];
extern const size_t h2_case_count;

#endif
