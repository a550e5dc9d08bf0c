/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/ftp_impl.h"

struct span ftp_verb(const struct command *c)
{
    return span_part(writer_span(&c->text), 0, c->verb_n);
}

struct span ftp_argument(const struct command *c)
{
    return span_trim(span_part(writer_span(&c->text), c->verb_n, c->text.n));
}

static void put_reply(const struct ftp *s, struct jw *j)
{
    struct reader r = reader_span(writer_span(&s->reply));
    struct span line;
    uint64_t code;

    if (s->reply.n) {
        jw_karr(j, "completion_code");
        while (reader_line(&r, &line))
            if (line.n >= 3 && span_number(span_part(line, 0, 3), 999, &code) &&
                (line.n == 3 || line.p[3] == ' '))
                jw_str(j, span_part(line, 0, 3));
        jw_end_karr(j, "completion_code");
        r = reader_span(writer_span(&s->reply));
        jw_karr(j, "reply");
        while (reader_line(&r, &line)) {
            bool coded = line.n > 3 && span_number(span_part(line, 0, 3), 999, &code) &&
                         (line.p[3] == ' ' || line.p[3] == '-');
            jw_str(j, coded ? span_part(line, 4, line.n) : line);
        }
        jw_end_karr(j, "reply");
    }
    jw_kcstr(j, "reply_received", s->reply.n ? "yes" : "no");
}

/* c NULL: a reply without a command. */
void ftp_log(struct ftp *s, const struct command *c)
{
    struct jw j;

    proto_event_begin(s->cx, EVENT_FTP, TO_SERVER, s->cx->tx_next++, &j);
    jw_kobj(&j, "ftp");
    if (c && c->verb_n) {
        struct span argument = ftp_argument(c);
        jw_kstr(&j, "command", ftp_verb(c));
        if (argument.n && c->kind != K_SECRET)
            jw_kstr(&j, "command_data", argument);
        if (c->cut)
            jw_kbool(&j, "command_truncated", true);
        if (c->port) {
            jw_ku64(&j, "dynamic_port", c->port);
            jw_kcstr(&j, "mode", c->kind == K_ACTIVE ? "active" : "passive");
        }
    }
    put_reply(s, &j);
    jw_end_obj(&j);
    proto_event_end(s->cx, &j, 0);
    writer_clear(&s->reply);
}

/* The oldest command is answered, or never will be. */
void ftp_open_pop(struct ftp *s)
{
    struct command *c = ftp_open_nth(s, 0);

    if (c->kind != K_GREETING || s->reply.n)
        ftp_log(s, c->kind == K_GREETING ? NULL : c);
    if ((c->kind == K_PASSIVE || c->kind == K_ACTIVE) && c->to.n)
        s->data = c->to;
    writer_done(&c->text);
    writer_done(&c->chosen);
    s->open_at = (s->open_at + 1) % FTP_OPEN_MAX;
    s->n_open--;
}

struct command *ftp_open_push(struct ftp *s, enum kind kind)
{
    struct command *c;

    if (s->n_open == FTP_OPEN_MAX)
        ftp_open_pop(s);
    c = ftp_open_nth(s, s->n_open++);
    *c = (struct command){.kind = kind};
    writer_init(&c->text, FTP_TEXT_MAX);
    writer_init(&c->chosen, FTP_TEXT_MAX);
    return c;
}
