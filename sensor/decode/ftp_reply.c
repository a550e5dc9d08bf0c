/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/ftp_impl.h"

/* The name that the server chose, as RFC 1123 section 4.1.2.9 says it: "FILE: name". */
static struct span chosen_name(struct span line)
{
    ptrdiff_t at = span_find(line, span_str("FILE: "), 0);

    return at < 0 ? (struct span){0} : span_trim(span_part(line, (size_t)at + 6, line.n));
}

static void announced_by_reply(struct ftp *s, unsigned code, struct span line)
{
    struct ftp_addr a;
    struct span text = span_part(line, 4, line.n);

    if (code == 227 ? !ftp_addr_numbers(text, &a) : !ftp_addr_extended(text, &a)) {
        proto_anomaly(s->cx, TO_CLIENT, "ftp.bad_passive_reply");
        return;
    }
    ftp_announce(s, &a, TO_CLIENT);
    if (s->n_open && ftp_open_nth(s, 0)->kind == K_PASSIVE)
        ftp_open_nth(s, 0)->port = a.port;
    ftp_tell_waiting(s);
}

static struct span last_line(struct span lines)
{
    size_t start = lines.n ? lines.n - 1 : 0;

    while (start && lines.p[start - 1] != '\n')
        start--;
    return span_trim(span_part(lines, start, lines.n));
}

/* A whole reply to the oldest command, or to none. */
static void answer(struct ftp *s, unsigned code, struct span lines)
{
    struct command *c = s->n_open ? ftp_open_nth(s, 0) : NULL;
    struct ftp_addr a;
    struct span line = last_line(lines);

    if (lines.n <= REPLY_MAX - s->reply.n)
        writer_put(&s->reply, lines);
    if (c && c->transfer == FTP_STOU && code < 300 && chosen_name(line).n)
        ftp_tell(s, c, chosen_name(line));
    if (code < 200) /* more follows */
        return;
    if (c && c->kind == K_PASSIVE && !c->port && code < 300) {
        line = span_part(line, 4, line.n);
        if (code == 227 ? ftp_addr_numbers(line, &a) : code == 229 && ftp_addr_extended(line, &a))
            c->port = a.port;
    }
    if (c && c->kind == K_AUTH && (code == 234 || code == 334)) {
        proto_anomaly(s->cx, TO_SERVER, "ftp.auth_tls");
        s->stop = true;
    }
    if (c && c->kind == K_TRANSFER && code >= 400)
        s->data.used = false; /* its data connection is still to come */
    if (c)
        ftp_open_pop(s);
    else
        ftp_log(s, NULL);
}

/* Replies that came before their commands: the two directions are seen in any order. all: no command comes
 * any more. */
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
    if (code == 227 || code == 229)
        announced_by_reply(s, code, line);
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
