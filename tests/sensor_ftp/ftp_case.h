/* SPDX-License-Identifier: GPL-3.0-or-later
 * ftp_case: sessions as tables: what is said on the control connection and on data connections, and what
 * should be told of it. */
#ifndef GH_TESTS_FTP_CASE_H
#define GH_TESTS_FTP_CASE_H

#include <stdbool.h>
#include <stddef.h>

/* who: 'c' and 's' speak on the control connection; 'C' and 'S' are the two hosts of the data connection that
 * was begun last: "(" begins one from the host that is said to the port given, ")" ends it. 'l': that segment
 * of the server is lost. */
struct ftp_step {
    char who;
    const char *text;
    unsigned port; /* of "(": where it goes to */
};
struct ftp_case {
    const char *name;
    struct ftp_step step[24];
    const char *told;     /* documents, "name:size:state " in order */
    const char *has[5];   /* texts that stand in events */
    const char * not [2]; /* and that do not */
};
extern const struct ftp_case ftp_cases[];
extern const size_t ftp_case_count;

#endif
