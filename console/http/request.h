/* SPDX-License-Identifier: GPL-3.0-or-later
 * request: one HTTP request and its reply, free of any library's types, so that handlers and their tests need
 * no network.
 *
 * The server makes a request, owns it, and frees it when the reply is sent. A handler runs on one worker
 * thread at a time and may use everything in here; strings live in the request's arena. */
#ifndef GH_CONSOLE_REQUEST_H
#define GH_CONSOLE_REQUEST_H

#include "base/arena.h"
#include "base/json.h"
#include "console/store/sight.h"

enum problem {
    PROBLEM_NONE,
#define PROBLEM(name, code, status, sentence) PROBLEM_##name,
#include "console/http/problem.def"
#undef PROBLEM
    PROBLEM_COUNT
};
enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_DELETE, HTTP_METHOD_COUNT };

#define REQUEST_ARENA (1u << 20) /* strings, parsed JSON and query of one request */
#define REPLY_MAX (16u << 20)    /* largest body that a handler builds */
#define REPLY_HEADERS 8
#define ADDRESS_SIZE 46 /* INET6_ADDRSTRLEN */

struct query {
    struct {
        struct span name, value;
    } v[32];
    size_t n;
};
/* The headers that matter, each at most once (head.c refuses doubles); empty spans when absent. */
struct head {
    enum http_method method;
    struct span path, query_text; /* of the target as sent: no percent-decoding */
    struct span host, origin, fetch_site, content_type, cookie, if_none_match, accept_encoding, last_event_id,
        idempotency_key, authorization, length_text, transfer_encoding;
    uint64_t length; /* of the body */
    unsigned headers, seen;
    enum problem problem; /* first fault found */
};
struct stream;
struct reply {
    int status;
    const char *content_type; /* static text */
    struct writer body;       /* made here, or */
    struct span fixed;        /* memory that outlives the reply */
    bool cacheable;           /* no "no-store" */
    struct {
        const char *name;
        const char *value;
    } header[REPLY_HEADERS];
    size_t headers;
    struct stream *stream; /* server-sent events instead of a body; the server takes it over */
    bool close;            /* end the connection after it */
};
struct route;
struct request {
    struct head head;
    struct arena *arena;
    char address[ADDRESS_SIZE]; /* of the peer */
    uint8_t address_key[16];    /* the same for counting: IPv4-mapped, or the /64 of IPv6 */
    bool local;                 /* the peer is this machine */
    struct writer body;
    const struct route *route;
    int64_t id; /* the {id} of the path */
    struct query query;
    struct json *json; /* parsed body of a JSON route */
    struct {
        int64_t session, user; /* 0: not signed in */
        unsigned roles; /* bits 1 << enum user_role */
        int64_t token;  /* a program's; then session is 0 */
        uint64_t token_rights; /* bits 1 << enum right: what the token may at most */
        bool half;      /* signed in, but the second factor is owed */
        const char *name;
        struct sight sight; /* what this person may see */
        uint64_t created_us, idle_until_us, ends_us;
    } who;
    struct reply reply;
    int fd;        /* of the connection, -1: none */
    void *carrier; /* the server's own */
    /* Not from the server: who made it takes it back when it is answered; on the worker's thread. */
    void (*done)(struct request *r);
    bool by_old; /* what came was sealed to the console's keys before */
    int64_t stored_us; /* a batch that lay at a broker: when that took it; 0: it came at once */
};

/* New request with empty reply; NULL when memory is short. */
struct request *request_new(void);
void request_free(struct request *r); /* NULL is fine */
/* Fills address, address_key and local from a peer's address (NULL: unknown). */
struct sockaddr;
void request_set_address(struct request *r, const struct sockaddr *sa);

const char *problem_code(enum problem p);
int problem_status(enum problem p);
const char *problem_text(enum problem p);
/* Makes the reply a problem; with its own sentence, or fmt. What the handler had written is dropped. */
void reply_problem(struct request *r, enum problem p);
void reply_problem_say(struct request *r, enum problem p, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* A problem with one more member: number, or text when text is not NULL. */
void reply_problem_with(struct request *r, enum problem p, const char *key, uint64_t number,
                        const char *text);
/* Starts a JSON reply: writes through j, ends with reply_json_end, which turns an overflow into a problem. */
void reply_json(struct request *r, int status, struct jw *j);
void reply_json_end(struct request *r);
/* Adds a header; value must live as long as the request (arena or static). */
void reply_header(struct request *r, const char *name, const char *value);

#endif
