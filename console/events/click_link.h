/* SPDX-License-Identifier: GPL-3.0-or-later
 * click_link: the process that speaks with ClickHouse (click.h), and the frames between it and the console.
 *
 * A request is a head and the two texts it announces; an answer a head and its bytes. While a request is
 * under way the console may send LINK_CANCEL, which ends it. */
#ifndef GH_CONSOLE_CLICK_LINK_H
#define GH_CONSOLE_CLICK_LINK_H

#include "console/events/click.h"

#define LINK_REQUEST 'Q'
#define LINK_CANCEL 'C'
#define LINK_SQL_MAX (32u << 20)
#define LINK_DATABASE 128

enum link_kind { LINK_ASK, LINK_RUN, LINK_INSERT, LINK_KINDS };
/* Both ends are one program, forked: heads travel as they are in memory. */
struct link_head {
    uint8_t mark, kind;
    uint32_t ms;
    uint64_t sql, body;
};
struct link_answer {
    int32_t rc; /* 0 with the rows; otherwise the server's sentence */
    uint32_t n;
};

/* What is known before the process locks itself in. */
struct link_setup {
    char base[512], database[LINK_DATABASE], user[128], password[256];
    struct writer ca;
    const char *run_as;
    bool tls;
};
/* Takes the address apart and reads the files. 0; ST_USAGE with err. */
int link_setup(const struct click_address *a, struct link_setup *ret, char *err, size_t cap);
void link_setup_done(struct link_setup *s);
/* The process: serves each of the sockets until the console closes it. Exit status. */
int link_serve(struct link_setup *s, const int *fds, size_t n);
/* Sends or reads all of it; false: the other end is gone. */
bool link_write(int fd, const void *p, size_t n);
bool link_read(int fd, void *p, size_t n);

#endif
