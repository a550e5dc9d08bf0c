/* SPDX-License-Identifier: GPL-3.0-or-later
 * send: one batch to its receiver over TLS: a webhook (HTTP POST) or syslog (RFC 5425). libcurl's only door
 * in this room.
 *
 * Where it may go is decided here, by this process's own configuration, on the address that is really
 * connected (after the lookup of the name): who controls the console's page, or a name server, cannot send
 * anywhere else. No redirect is followed, no proxy used, no cookie kept. Any thread; a syslog connection
 * belongs to one output, for which one batch is sent at a time. */
#ifndef GH_CONSOLE_OUTLET_SEND_H
#define GH_CONSOLE_OUTLET_SEND_H

#include "base/conf.h"
#include "base/nets.h"

#define SEND_HEADERS 8
#define SEND_SLOTS 32 /* syslog connections kept open */
#define SEND_REASON 256

struct sender;
struct batch {
    int64_t output; /* whose connection it is; 0: a trial, with one of its own */
    bool syslog;
    const char *target; /* https://host/path; host:port for syslog */
    struct span ca;     /* PEM of the authority that vouches for the receiver; empty: those of the system */
    struct span body;
    struct {
        const char *line; /* "Name: value" */
    } header[SEND_HEADERS];
    size_t headers;
    uint64_t timeout_ms;
};
struct outcome {
    bool ok, permanent; /* permanent: the same bytes will never be taken */
    bool stale;         /* syslog: the connection had died since the batch before: that one may be lost */
    long status;        /* of HTTP; 0: none came */
    char reason[SEND_REASON];
};
/* Reads the system's authorities; before the jail. conf is borrowed. NULL when memory is short. */
struct sender *sender_new(const struct conf *c);
void sender_free(struct sender *s);
void sender_send(struct sender *s, const struct batch *b, struct outcome *ret);

#endif
