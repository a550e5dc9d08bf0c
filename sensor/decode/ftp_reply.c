/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/ftp_impl.h"

/* The name that the server chose, as RFC 1123 section 4.1.2.9 says it: "FILE: name". */
static struct span chosen_name(struct span line)
{
    ptrdiff_t at = span_find(line, span_str("FILE: "), 0);

    return at < 0 ? (struct span){0} : span_trim(span_part(line, (size_t)at + 6, line.n));
}

static struct span last_line(struct span lines)
{
    size_t start = lines.n ? lines.n - 1 : 0;

    while (start && lines.p[start - 1] != '\n')
        start--;
    return span_trim(span_part(lines, start, lines.n));
}

/* The endpoint that a reply to PASV or EPSV tells. */
static bool passive_endpoint(struct ftp *s, unsigned code, struct span line, struct endpoint *ret,
                             uint16_t *ret_port)
{
    struct ftp_addr a;

    line = span_part(line, 4, line.n);
    if (code == 227 ? !ftp_addr_numbers(line, &a) : !ftp_addr_extended(line, &a)) {
        proto_anomaly(s->cx, TO_CLIENT, "ftp.bad_passive_reply");
        return false;
    }
    ftp_endpoint(s, &a, TO_CLIENT, ret);
    *ret_port = a.port;
    return true;
}

/* A final reply to a command: what it means for data connections. */
static void settle(struct ftp *s, struct command *c, unsigned code, struct span line)
{
    if (c->kind == K_TRANSFER)
        ftp_transfer_over(s, c, code);
    if (c->kind == K_PASSIVE && (code == 227 || code == 229) &&
        passive_endpoint(s, code, line, &c->to, &c->port)) {
        for (unsigned i = 0; i < c->to.n; i++) /* it was announced when the reply came */
            c->to.serial[i] = expect_serial(s->cx->expects, &c->to.key[i]);
    }
    if (c->kind == K_AUTH && (code == 234 || code == 334)) {
        proto_anomaly(s->cx, TO_SERVER, "ftp.auth_tls");
        s->stop = true;
    }
}

/* A whole reply to the oldest command, or to none. */
static void answer(struct ftp *s, unsigned code, struct span lines)
{
    struct command *c = s->n_open ? ftp_open_nth(s, 0) : NULL;
    struct span line = last_line(lines);

    if (lines.n <= REPLY_MAX - s->reply.n)
        writer_put(&s->reply, lines);
    if (code < 200) { /* more follows */
        if (!c || c->kind != K_TRANSFER)
            return;
        c->begun = true;
        if (c->transfer == FTP_STOU)
            writer_put(&c->chosen, chosen_name(line));
        return;
    }
    if (c) {
        if (c->transfer == FTP_STOU && !c->chosen.n)
            writer_put(&c->chosen, chosen_name(line));
        settle(s, c, code, line);
        ftp_open_pop(s);
        ftp_bind(s);
    } else {
        ftp_log(s, NULL);
    }
}

/* Replies that came before their commands: the two directions are seen in any order. */
void ftp_answer_early(struct ftp *s, bool all)
{
    struct reader r = reader_span(writer_span(&s->early));

    while (reader_left(&r) && (s->n_open || all)) {
        unsigned code = reader_be16(&r);
        answer(s, code, reader_take(&r, reader_be16(&r)));
    }
    if (!reader_left(&r)) {
        writer_clear(&s->early);
    } else if (r.pos) {
        struct writer rest;
        writer_init(&rest, s->early.max);
        writer_put(&rest, reader_rest(&r));
        writer_done(&s->early);
        s->early = rest;
    }
}

static void whole_reply(struct ftp *s, unsigned code, struct span line)
{
    struct endpoint e;
    uint16_t port;

    if ((code == 227 || code == 229) && passive_endpoint(s, code, line, &e, &port)) {
        ftp_announce(s, &e);
        if (!s->n_open || ftp_open_nth(s, 0)->kind != K_PASSIVE)
            s->data = e;
    }
    if (!s->n_open && !s->out_of_step && s->coming.n + 4 <= s->early.max - s->early.n) {
        writer_be(&s->early, code, 2);
        writer_be(&s->early, s->coming.n, 2);
        writer_put(&s->early, writer_span(&s->coming));
    } else {
        ftp_answer_early(s, true);
        answer(s, code, writer_span(&s->coming));
    }
    writer_clear(&s->coming);
}

static void server_line(struct ftp *s, struct span line)
{
    uint64_t code = 0;
    bool coded = line.n >= 3 && span_number(span_part(line, 0, 3), 999, &code) && code >= 100;
    uint8_t behind = coded && line.n > 3 ? line.p[3] : ' ';

    if (!coded && !s->multi)
        return;
    if (line.n < REPLY_MAX - s->coming.n) {
        writer_put(&s->coming, line);
        writer_u8(&s->coming, '\n');
    }
    if (!s->multi && coded && behind == '-') {
        s->multi = (unsigned)code;
    } else if (coded && behind == ' ' && (!s->multi || s->multi == code)) {
        s->multi = 0;
        whole_reply(s, (unsigned)code, line);
    }
}

void ftp_server_feed(struct ftp *s, struct span in)
{
    struct span line;

    while (in.n && !s->stop) {
        if (!line_next(&s->server, &in, &line))
            continue;
        server_line(s, line_no_cr(line));
        line_clear(&s->server);
    }
}
