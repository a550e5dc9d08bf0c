/* SPDX-License-Identifier: GPL-3.0-or-later
 * click: a ClickHouse server over HTTP, for events that have outgrown one machine (docs/stores.md).
 *
 * gh-console's jail makes no connections. Before it locks itself in, clicks_start forks a process that may do
 * one thing: speak HTTP with the one address of the configuration (click_link.h), in a jail of its own. The
 * console gives it texts and bytes over a pair of sockets for each connection, never an address; the password
 * is read by that process alone. When it is gone, this one ends with status 3 and its keeper starts it anew.
 *
 * A struct click belongs to one thread at a time. Rows travel as RowBinary both ways: bytes go as they are,
 * with nothing to be escaped and numbers of 64 bits whole. Statements are kept to what 18.16 and current
 * releases both understand. */
#ifndef GH_CONSOLE_CLICK_H
#define GH_CONSOLE_CLICK_H

#include "base/writer.h"

#define CLICK_ANSWER_MAX (64u << 20) /* bytes of one answer */
#define CLICK_INSERT_MAX (64u << 20)
#define CLICK_MESSAGE 256

struct click;
struct clicks;
struct click_address {
    const char *url;      /* http(s)://host:port/database */
    const char *user;     /* "": the server's default one */
    const char *password; /* a file, or "" */
    const char *ca;       /* a file of certificates that the server's stems from; "": those of this machine */
    const char *run_as;   /* user that the process becomes (node.user) */
};

/* Forks. err: a sentence for people. 0; ST_USAGE: the address or a file is not understood; ST_NOMEM, ST_IO.
 * Whether the server is there is not asked. */
int clicks_start(const struct click_address *a, size_t connections, struct clicks **ret, char *err,
                 size_t cap);
/* After the last struct click is no longer used. */
void clicks_stop(struct clicks *c);
/* One of the connections, for good; NULL: there are no more. Any thread. */
struct click *clicks_take(struct clicks *c);

/* Asks; sql without a FORMAT. The answer's RowBinary is appended to out. At most ms on the way, also on the
 * server. 0; ST_TIMEOUT, also when the watched peer has gone; ST_CLOSED: no server; ST_FULL: the answer is
 * longer than CLICK_ANSWER_MAX; ST_IO: the server refused, click_message says why. */
int click_ask(struct click *c, struct span sql, uint64_t ms, struct writer *out);
/* The one number that is the answer; otherwise when there is none, or it fails (*ret_rc, may be NULL). */
int64_t click_number(struct click *c, int64_t otherwise, uint64_t ms, int *ret_rc, const char *sql, ...)
    __attribute__((format(printf, 5, 6)));
/* A statement without rows. */
int click_run(struct click *c, struct span sql, uint64_t ms);
/* Rows in RowBinary into a table, under a name that the server lets run once at a time. */
int click_insert(struct click *c, const char *table, struct span rows, uint64_t ms);
/* Is an insert of ours still at work in the server? -1: it cannot be asked. */
int click_inserting(struct click *c);
/* What the server said last, without its version's ornaments; "" when nothing. */
const char *click_message(const struct click *c);
/* From now on a question also ends when the peer of this socket has gone; -1: nobody is watched. */
void click_watch(struct click *c, int fd);

/* A text as a literal of ClickHouse: everything but letters, digits and blanks as \xHH. The only way in which
 * bytes from outside become part of a statement. */
void click_text(struct writer *w, struct span s);
/* Sixteen bytes or more as unhex('…'). */
void click_bytes(struct writer *w, struct span s);
/* RowBinary: lengths, and texts behind them. */
void click_put_text(struct writer *w, struct span s);
void click_put_count(struct writer *w, uint64_t n);
struct reader;
/* The reader has failed when it is cut, or a length is longer than 63 bits. */
struct span click_take_text(struct reader *r);

#endif
