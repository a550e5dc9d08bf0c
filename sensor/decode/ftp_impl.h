/* SPDX-License-Identifier: GPL-3.0-or-later
 * ftp_impl: what the files of ftp share: the state of a control connection, its commands that wait for
 * replies, its events (ftp_event.c), what it says about data connections (ftp_link.c), its replies
 * (ftp_reply.c). Private to ftp*.c. */
#ifndef GH_SENSOR_FTP_IMPL_H
#define GH_SENSOR_FTP_IMPL_H

#include "sensor/decode/expect.h"
#include "sensor/decode/ftp_addr.h"
#include "sensor/decode/ftp_data.h"
#include "sensor/decode/line.h"

#define FTP_LINE_MAX 4096u
#define FTP_TEXT_MAX 1024u
#define FTP_OPEN_MAX 16u
#define REPLY_MAX 4096u
#define FLOW_CHARGE (24u << 10)

enum kind {
    K_OTHER,
    K_GREETING, /* no command: the server speaks first */
    K_SECRET,   /* its argument is not logged */
    K_AUTH,
    K_PASSIVE, /* PASV, EPSV: the reply announces */
    K_ACTIVE,  /* PORT, EPRT: the command announces */
    K_REIN,
    K_TRANSFER
};

/* Where the next data connection goes to: the address of the peer and that which was said. */
struct endpoint {
    struct expect_key key[2];
    uint64_t serial[2]; /* of its announcements */
    unsigned n;         /* of them; 0: not known */
    bool used;          /* a transfer that may have succeeded was said for it */
};
/* A command whose reply has not come. */
struct command {
    enum kind kind;
    enum ftp_transfer transfer;
    bool told;          /* its transfer was said to the data connection */
    bool begun;         /* a preliminary reply came */
    bool cut;           /* it was longer than what is kept */
    uint16_t port;      /* that it announced */
    uint64_t start;     /* where the transfer begins (REST) */
    struct endpoint to; /* that it announced, or its transfer goes to */
    size_t verb_n;
    struct writer text;   /* verb and argument */
    struct writer chosen; /* STOU: the name that the server chose */
};

struct ftp {
    struct proto_ctx *cx;
    struct line client, server;
    struct command open[FTP_OPEN_MAX]; /* a ring */
    unsigned open_at, n_open;
    struct endpoint data; /* as the commands that were answered have left it */
    uint64_t restart;     /* REST, for the next transfer */
    struct writer coming; /* lines of the reply that is being received, each with its LF */
    unsigned multi;       /* its code when it has several lines, or 0 */
    struct writer reply;  /* replies to the oldest command so far */
    struct writer early;  /* replies whose commands have not come: code, length, lines */
    bool out_of_step;     /* something was lost: a reply without a command stays one */
    bool stop;            /* TLS */
    bool paired;          /* expect_pair_begin succeeded */
};

static inline struct command *ftp_open_nth(struct ftp *s, unsigned i)
{
    return &s->open[(s->open_at + i) % FTP_OPEN_MAX];
}

/* ftp_event.c: verb and argument of a command. */
struct span ftp_verb(const struct command *c);
struct span ftp_argument(const struct command *c);
/* One ftp event, with the replies gathered so far; c NULL: a reply without a command. */
void ftp_log(struct ftp *s, const struct command *c);
/* The oldest command is answered, or never will be. */
void ftp_open_pop(struct ftp *s);
/* A command, with an empty text. */
struct command *ftp_open_push(struct ftp *s, enum kind kind);

/* ftp_link.c: the endpoint at a; the host of the control connection that listens there is the one that side
 * speaks for (the client speaks TO_SERVER). */
void ftp_endpoint(struct ftp *s, const struct ftp_addr *a, enum direction side, struct endpoint *ret);
void ftp_announce(struct ftp *s, struct endpoint *e);
/* Says to data connections what is transferred, as far as it is certain: a transfer that uses the endpoint of
 * one before it waits until that one is answered. */
void ftp_bind(struct ftp *s);
/* The transfer c, the oldest command, was answered by code, or (0) never will be. */
void ftp_transfer_over(struct ftp *s, struct command *c, unsigned code);

/* ftp_reply.c */
void ftp_server_feed(struct ftp *s, struct span in);
/* Replies that came before their commands are answers to the commands that have come now. all: no command
 * comes any more. */
void ftp_answer_early(struct ftp *s, bool all);

#endif
