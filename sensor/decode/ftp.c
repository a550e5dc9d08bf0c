/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/ftp.h"
#include "sensor/decode/ftp_impl.h"
#include "sensor/decode/ftp_probe.h"

static const struct verb {
    const char *name;
    enum kind kind;
    enum ftp_transfer transfer;
} verbs[] = {
    {"PASS", K_SECRET, 0},
    {"ACCT", K_SECRET, 0},
    {"ADAT", K_SECRET, 0},
    {"AUTH", K_AUTH, 0},
    {"PASV", K_PASSIVE, 0},
    {"EPSV", K_PASSIVE, 0},
    {"PORT", K_ACTIVE, 0},
    {"EPRT", K_ACTIVE, 0},
    {"REIN", K_REIN, 0},
    {"RETR", K_TRANSFER, FTP_RETR},
    {"STOR", K_TRANSFER, FTP_STOR},
    {"APPE", K_TRANSFER, FTP_APPE},
    {"STOU", K_TRANSFER, FTP_STOU},
    {"LIST", K_TRANSFER, FTP_LIST},
    {"NLST", K_TRANSFER, FTP_NLST},
    {"MLSD", K_TRANSFER, FTP_MLSD},
};

static void client_line(struct ftp *s, struct span line, bool cut)
{
    struct ftp_addr a;
    struct command *c;
    size_t verb;
    const struct verb *known = NULL;

    line = ftp_command(line, &verb);
    if (!verb)
        return;
    for (size_t i = 0; i < GH_COUNT(verbs) && !known; i++)
        if (span_eq_nocase(span_part(line, 0, verb), verbs[i].name))
            known = &verbs[i];
    c = ftp_open_push(s, known ? known->kind : K_OTHER);
    c->transfer = known ? known->transfer : FTP_TRANSFER_NONE;
    c->cut = cut || line.n > FTP_TEXT_MAX;
    c->verb_n = verb;
    for (size_t i = 0; i < verb; i++)
        writer_u8(&c->text, (uint8_t)(line.p[i] & ~0x20u));
    if (c->kind != K_SECRET)
        writer_put(&c->text, span_part(line, verb, FTP_TEXT_MAX - verb));
    if (c->kind == K_TRANSFER) {
        c->start = s->restart;
        s->restart = 0;
        if (c->start)
            proto_anomaly(s->cx, TO_SERVER, "ftp.restarted_transfer");

    } else if (c->kind == K_ACTIVE) {
        bool old = c->text.p && span_starts(writer_span(&c->text), "PORT");
        if (old ? ftp_addr_numbers(ftp_argument(c), &a) : ftp_addr_extended(ftp_argument(c), &a)) {
            c->port = a.port;
            ftp_endpoint(s, &a, TO_SERVER, &c->to);
            ftp_announce(s, &c->to);
        }
    } else if (span_eq(ftp_verb(c), span_str("REST"))) {
        if (!span_number(ftp_argument(c), UINT64_MAX, &s->restart))

            s->restart = 0;
    }
    ftp_bind(s);
}

static void client_feed(struct ftp *s, struct span in)
{
    struct span line;

    while (in.n && !s->stop) {
        bool first = line_empty(&s->client);
        if (first && !s->client.skip && in.n >= 2 && in.p[0] == 0x16 && in.p[1] == 3) {
            proto_anomaly(s->cx, TO_SERVER, "ftp.auth_tls");
            s->stop = true;
            return;
        }
        if (!line_next(&s->client, &in, &line))
            continue;
        client_line(s, line_no_cr(line), s->client.skip);
        line_clear(&s->client);
        ftp_answer_early(s, false);
    }
}

static int ftp_open(void *state, struct proto_ctx *cx)
{
    struct ftp *s = state;
    int status;

    if (!proto_charge(cx, FLOW_CHARGE))
        return ST_LIMIT;
    s->cx = cx;
    line_init(&s->client, FTP_LINE_MAX);
    line_init(&s->server, FTP_LINE_MAX);
    writer_init(&s->coming, REPLY_MAX);
    writer_init(&s->reply, REPLY_MAX);
    writer_init(&s->early, REPLY_MAX);
    s->out_of_step = cx->midstream;
    if (!cx->midstream)
        ftp_open_push(s, K_GREETING);
    if (cx->expects) {
        status = expect_pair_begin(cx->expects, cx, &ftp_data_proto);
        s->paired = status != ST_NOMEM;
        if (status != 0)
            proto_anomaly(cx, TO_SERVER, s->paired ? "ftp.data_connections_forgotten" : "ftp.no_memory");
    }
    return 0;
}

static void ftp_feed(void *state, struct proto_ctx *cx, enum direction dir, struct span bytes)
{
    (void)cx;
    if (dir == TO_SERVER)
        client_feed(state, bytes);
    else
        ftp_server_feed(state, bytes);
}

static void pop_all(struct ftp *s)
{
    while (s->n_open) {
        if (ftp_open_nth(s, 0)->kind == K_TRANSFER)
            ftp_transfer_over(s, ftp_open_nth(s, 0), 0);
        ftp_open_pop(s);
        ftp_bind(s);
    }
}

/* Which commands or replies were in it is not known: pairing begins anew. */
static void ftp_gap(void *state, struct proto_ctx *cx, enum direction dir, uint64_t missing)
{
    struct ftp *s = state;

    (void)missing;
    if (s->stop)
        return;
    if (dir == TO_SERVER)
        s->client.skip = true;
    else
        s->server.skip = true;
    s->multi = 0;
    writer_clear(&s->coming);
    ftp_answer_early(s, true);
    pop_all(s);
    s->out_of_step = true;
    if (s->paired)
        expect_pair_blind(cx->expects, cx);
}

static void ftp_end(void *state, struct proto_ctx *cx, enum direction dir)
{
    (void)state;
    (void)cx;
    (void)dir;
}

static void ftp_close(void *state, struct proto_ctx *cx)
{
    struct ftp *s = state;

    ftp_answer_early(s, true);
    pop_all(s);
    if (s->paired)
        expect_pair_end(cx->expects, cx);
    line_done(&s->client);
    line_done(&s->server);
    writer_done(&s->coming);
    writer_done(&s->reply);
    writer_done(&s->early);
    proto_release(cx, FLOW_CHARGE);
}

const struct proto ftp_proto = {
    .name = "ftp",
    .state_size = sizeof(struct ftp),
    .probe = ftp_probe,
    .open = ftp_open,
    .feed = ftp_feed,
    .gap = ftp_gap,
    .end = ftp_end,
    .close = ftp_close,
};
