/* SPDX-License-Identifier: GPL-3.0-or-later
 * broker: a connection to NATS servers, with JetStream (libnats behind one door). Used at both ends: gh-uplink stores
 * and asks, gh-nats fetches and answers.
 *
 * The library makes threads, and reads files whenever it connects; so broker_new reads all files while the process is
 * still alone and free, and broker_start, in the jail, hands the library their bytes. It connects in the background,
 * again and again for ever, with jitter; broker_mend, called about once a second, begins anew where the library has
 * given up (refused credentials). Calls may come from any thread; broker_mend, broker_fetch and broker_free from one.
 * Callbacks run on a thread of the library, must not wait and must
 * not call anything here but broker_msg_free. Nothing that comes over a broker is proved by it. */
#ifndef GH_BASE_BROKER_H
#define GH_BASE_BROKER_H

#include "base/writer.h"

#define BROKER_SERVERS 16      /* most in one list */
#define BROKER_SUBJECT 192     /* room for a subject */
#define BROKER_BODY (10u << 20) /* most bytes of a message that is taken from it */
#define BROKER_PREFIX 64        /* most bytes of a subject's beginning */
#define BROKER_FETCH 64        /* most messages of one broker_fetch */
#define BROKER_TROUBLE 256

struct broker;
struct broker_options {
    const char *servers;         /* nats://host:port or tls://host:port, blank-separated */
    const char *ca, *cert, *key; /* PEM files; "" or NULL: none. tls:// needs ca */
    const char *user;            /* file with "name:password", or a credentials file of nsc; "" or NULL: none */
    const char *name;            /* who we say that we are, for the broker's lists */
    const char *inbox;           /* prefix of the subjects for answers to this process alone */
};
/* The list of servers (broker_list.c): their number, at most BROKER_SERVERS, each without user and password; 0 when
 * there is none; ST_USAGE with a sentence in err (may be NULL). *ret_tls: they are tls://; a list is of one kind. */
struct broker_list {
    struct span server[BROKER_SERVERS];
    bool tls;
};
int broker_list_parse(struct span text, struct broker_list *ret, struct writer *err);
int broker_list_check(struct span text, struct writer *err); /* for conf.def */
int broker_prefix_check(struct span text, struct writer *err); /* likewise: words of a subject, BROKER_PREFIX at most */
/* Reads the files. 0, or a negative code with a sentence in err. Options are copied. */
int broker_new(const struct broker_options *opt, struct broker **ret, char *err, size_t cap);
void broker_free(struct broker *b); /* NULL is fine. Waits for callbacks under way */

struct broker_msg {
    char subject[BROKER_SUBJECT], reply[BROKER_SUBJECT]; /* "" when it wants no answer */
    struct span body;
    uint64_t delivered; /* how often it came out of its stream; 0: it comes from none */
    int64_t stored_us;  /* when the stream took it, by the broker's clock */
};
void broker_msg_free(struct broker_msg *m); /* NULL is fine */
/* m is the callee's. */
typedef void broker_fn(void *arg, struct broker_msg *m);
/* Before broker_start: messages on a subject (with wildcards), one of all that share a queue's name gets each. At most
 * four. The strings are borrowed. */
void broker_listen(struct broker *b, const char *subject, const char *queue, broker_fn *fn, void *arg);
/* Before broker_start: the stream of subject and its durable consumer, which broker_fetch reads. The stream is made when
 * there is none (kept in files for thirty days, full: refuses what is new), the consumer likewise: at most most messages under way. */
void broker_consume(struct broker *b, const char *stream, const char *subject, const char *consumer, unsigned most);

/* Begins to connect. 0, or ST_NOMEM, ST_USAGE with the trouble set. */
int broker_start(struct broker *b);
void broker_mend(struct broker *b);
bool broker_there(struct broker *b); /* connected now */
/* Why not, or what else is wrong; "" when all is well. */
void broker_trouble(struct broker *b, char out[static BROKER_TROUBLE]);
/* Most bytes of one message at this server; 0 when there is none. */
size_t broker_most(struct broker *b);

/* 0, or ST_CLOSED (no connection), ST_LIMIT (longer than broker_most), ST_IO. */
int broker_publish(struct broker *b, const char *subject, struct span body);
/* Stores a message in the stream of its subject, once: one with the same id that came a while ago is the same. 0 when a
 * stream has it; also ST_TIMEOUT, ST_NOT_FOUND (there is no stream), ST_FULL (refused, the trouble has the sentence). */
int broker_store(struct broker *b, const char *subject, const char *id, struct span body, uint64_t timeout_ms, bool *ret_known);
/* Asks whoever listens. Answer's ceiling bounds it. 0; ST_NOT_FOUND: nobody listens; ST_TIMEOUT, ST_CLOSED, ST_LIMIT. */
int broker_ask(struct broker *b, const char *subject, struct span body, uint64_t timeout_ms, struct writer *answer);

/* Up to most messages of the consumer, waits wait_ms for the first. 0 with their number (0: none came), or ST_CLOSED,
 * ST_NOT_FOUND (there is no stream and none can be made: the trouble). */
int broker_fetch(struct broker *b, size_t most, uint64_t wait_ms, struct broker_msg **ret, size_t *ret_n);
/* What becomes of one: it is done; it comes again after ms; it never comes again. */
int broker_done(struct broker *b, const struct broker_msg *m);
int broker_again(struct broker *b, const struct broker_msg *m, uint64_t ms);
int broker_never(struct broker *b, const struct broker_msg *m);

#endif
