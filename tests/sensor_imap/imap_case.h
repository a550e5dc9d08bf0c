/* SPDX-License-Identifier: GPL-3.0-or-later
 * imap_case: sessions as tables, and what should come of them. */
#ifndef GH_TESTS_IMAP_CASE_H
#define GH_TESTS_IMAP_CASE_H

#include <stdbool.h>
#include <stddef.h>

/* c, s: client and server say text; G, g: n bytes of client and server are missing. */
struct imap_step {
    char who;
    const char *text;
    size_t n;
};
struct imap_case {
    const char *name;
    struct imap_step step[12];
    struct {
        const char *name, *text; /* text NULL: the table ends */
        size_t n;
        bool truncated;
    } doc[4];
    const char *has[4];  /* in some imap event */
    const char * not ;   /* in none */
    const char *anomaly; /* names, each with a blank */
    bool only_in_order;  /* a hole, or TLS: the order matters */
};
extern const struct imap_case imap_cases[];
extern const size_t imap_case_count;

#endif
