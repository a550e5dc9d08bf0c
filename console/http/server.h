/* SPDX-License-Identifier: GPL-3.0-or-later
 * server: HTTPS/1.1 by libmicrohttpd, and everything around it that the library leaves to us: strict heads
 * (head.h), limits for connections, bytes and time, security headers on every answer, server-sent events.
 *
 * Connections are served by the library's own threads. A request that is complete is either answered at once
 * (LANE_DIRECT) or handed to a worker, while its connection sleeps; the worker calls server_done. */
#ifndef GH_CONSOLE_SERVER_H
#define GH_CONSOLE_SERVER_H

#include "console/http/request.h"
#include "console/http/stream.h"

struct server;
enum lane { LANE_DIRECT, LANE_API, LANE_PASSWORD, LANE_INTAKE, LANE_BENCH, LANE_COUNT };

#define SERVER_HEAD_MS 15000       /* from the connection's start, or its last answer, to a whole head */
#define SERVER_BODY_MS 30000       /* for a body, and more as bytes come: */
#define SERVER_BODY_RATE 512       /* bytes a second that a sender must keep up */
#define SERVER_ANSWER_MS 120000    /* to take an answer */
#define SERVER_IDLE_S 60           /* nothing at all happens */
#define SERVER_BODIES (192u << 20) /* bytes of all bodies that are under way */

struct server_options {
    int listen_fd; /* bound and listening; the server closes it */
    const char *certificate_pem, *key_pem;
    unsigned threads, connections, per_address;
    const char *host_names; /* see head_host_known */
    void *arg;
    /* The head is sound: names the lane and the largest body, or writes a reply and gives false. */
    bool (*route)(void *arg, struct request *r, enum lane *lane, uint64_t *body_max);
    /* Answers a LANE_DIRECT request on the connection's thread: must not block. */
    void (*direct)(void *arg, struct request *r);
    /* Hands a request to a worker; false when its lane is full. */
    bool (*submit)(void *arg, enum lane lane, struct request *r);
    /* A reply goes out (for counting). */
    void (*answered)(void *arg, const struct request *r);
    void (*log)(void *arg, const char *line);
};
/* NULL with a sentence in err when the library or the certificate refuses. Options are copied. */
struct server *server_start(const struct server_options *opt, char *err, size_t cap);
/* The worker's last act on a request. Any thread. */
void server_done(struct request *r);
/* Ends connections that are past their time. Call about once a second. */
void server_sweep(struct server *s);
unsigned server_connections(struct server *s);
/* All workers and streams must be done before. */
void server_stop(struct server *s);

#endif
