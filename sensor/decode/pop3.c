/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/pop3.h"
#include "sensor/decode/line.h"
#include "sensor/decode/smtp_dots.h"
#include "sensor/decode/smtp_mail.h"

#define LINE_MAX_BYTES 1024u
#define WAITING_MAX (8u << 10)
#define FLOW_CHARGE (24u << 10)
#define CONTEXT_MAX (16u << 10)
#define EVENT_MAX (48u << 10)

enum state {
    AT_STATUS,
    AT_LOOK, /* behind +OK of an unknown command: the next line tells what it is */
    AT_LIST, /* lines up to the lone dot */
    AT_MAIL
};
/* What comes behind +OK. */
enum answer { ANSWER_LINE, ANSWER_LIST, ANSWER_MAIL, ANSWER_UNKNOWN };

struct pop3 {
    struct proto_ctx *cx;
    struct line client, server;
    struct writer commands; /* those that wait for a reply, each with its LF; the greeting's is empty */
    struct writer replies;  /* status lines that wait for their command */
    enum state state;
    struct mime *mime;
    struct smtp_dots dots;
    uint32_t tx;
    bool auth;        /* AUTH was the last command: lines that are none answer its challenges */
    bool data_gap;    /* bytes of the mail are missing, perhaps its end */
    bool out_of_step; /* something was lost: replies are no longer matched with commands in advance */
    bool stop;        /* TLS */
};

/* ---- commands ---- */

static const struct verb {
    const char *name;
    bool secret;                     /* its arguments are not kept */
    enum answer answer, answer_bare; /* with and without arguments */
} verbs[] = {
    {"USER", false, ANSWER_LINE, ANSWER_LINE}, {"PASS", true, ANSWER_LINE, ANSWER_LINE},
    {"APOP", true, ANSWER_LINE, ANSWER_LINE},  {"AUTH", true, ANSWER_LINE, ANSWER_UNKNOWN},
    {"STAT", false, ANSWER_LINE, ANSWER_LINE}, {"LIST", false, ANSWER_LINE, ANSWER_LIST},
    {"UIDL", false, ANSWER_LINE, ANSWER_LIST}, {"RETR", false, ANSWER_MAIL, ANSWER_UNKNOWN},
    {"TOP", false, ANSWER_MAIL, ANSWER_MAIL},  {"DELE", false, ANSWER_LINE, ANSWER_LINE},
    {"RSET", false, ANSWER_LINE, ANSWER_LINE}, {"NOOP", false, ANSWER_LINE, ANSWER_LINE},
    {"LAST", false, ANSWER_LINE, ANSWER_LINE}, {"QUIT", false, ANSWER_LINE, ANSWER_LINE},
    {"CAPA", false, ANSWER_LIST, ANSWER_LIST}, {"STLS", false, ANSWER_LINE, ANSWER_LINE},
    {"UTF8", false, ANSWER_LINE, ANSWER_LINE}, {"LANG", false, ANSWER_UNKNOWN, ANSWER_UNKNOWN},
};

static struct span word(struct span line)
{
    ptrdiff_t blank = span_find_byte(line, ' ', 0);

    return span_part(line, 0, blank < 0 ? line.n : (size_t)blank);
}

static struct span behind(struct span line, struct span first)
{
    return span_trim(span_part(line, first.n, line.n));
}

static const struct verb *verb_of(struct span command)
{
    for (size_t i = 0; i < GH_COUNT(verbs); i++)
        if (span_eq_nocase(word(command), verbs[i].name))
            return &verbs[i];
    return NULL;
}

static enum answer answer_to(struct span command)
{
    const struct verb *v = verb_of(command);

    if (!command.n) /* the greeting */
        return ANSWER_LINE;
    if (!v)
        return ANSWER_UNKNOWN;
    return behind(command, word(command)).n ? v->answer : v->answer_bare;
}

/* ---- events ---- */

/* Takes the first line off w. False: there is none. *ret is valid until w changes. */
static bool front(const struct writer *w, struct span *ret)
{
    struct reader r = reader_span(writer_span(w));

    return reader_line(&r, ret);
}

static void pop(struct writer *w)
{
    ptrdiff_t lf = span_find_byte(writer_span(w), '\n', 0);
    size_t n = lf < 0 ? w->n : (size_t)lf + 1;

    if (n)
        memmove(w->p, w->p + n, w->n - n);
    w->n -= n;
}

static void log_pair(struct pop3 *s, const struct span *command, const struct span *reply)
{
    struct jw j;

    if (command && !command->n && !reply)
        return;
    proto_event_begin(s->cx, EVENT_POP3, TO_SERVER, s->cx->tx_next++, &j);
    jw_kobj(&j, "pop3");
    if (command && command->n) {
        struct span verb = word(*command), arguments = behind(*command, verb);
        jw_kobj(&j, "request");
        jw_kstr(&j, "command", verb);
        if (arguments.n) {
            jw_karr(&j, "args");
            while (arguments.n) {
                verb = word(arguments);
                jw_str(&j, verb);
                arguments = behind(arguments, verb);
            }
            jw_end_arr(&j);
        }
        jw_end_obj(&j);
    }
    if (reply) {
        bool ok = span_starts(*reply, "+OK");
        jw_kobj(&j, "response");
        jw_kbool(&j, "success", ok);
        jw_kcstr(&j, "status", ok ? "OK" : "ERR");
        jw_kstr(&j, "header", behind(*reply, word(*reply)));
        jw_end_obj(&j);
    }
    jw_end_obj(&j);
    proto_event_end(s->cx, &j, 0);
}

/* Commands and replies that have found each other. all: nothing comes any more that could match. */
static void match(struct pop3 *s, bool all)
{
    struct span command, reply;
    bool c, r;

    for (;;) {
        c = front(&s->commands, &command);
        r = front(&s->replies, &reply);
        if (!(c && r) && !((all || s->out_of_step) && r) && !(all && c))
            return;
        if (c && r && span_eq_nocase(word(command), "STLS") && span_starts(reply, "+OK"))
            s->stop = true;
        log_pair(s, c ? &command : NULL, r ? &reply : NULL);
        if (c)
            pop(&s->commands);
        if (r)
            pop(&s->replies);
        if (s->stop) {
            proto_anomaly(s->cx, TO_SERVER, "pop3.stls");
            return;
        }
    }
}

/* The line at the end of w; what is oldest goes when there is no room. */
static void push(struct pop3 *s, struct writer *w, struct span line)
{
    if (line.n + 1 > w->max - w->n)
        match(s, true);
    writer_put(w, line);
    writer_u8(w, '\n');
}

/* ---- mails ---- */

static void part_context(void *arg, struct mime *m, struct writer *out)
{
    (void)arg;
    writer_str(out, "\"pop3\":{},");
    smtp_mail_members(NULL, mime_facts(m), false, CONTEXT_MAX - 16, out);
}

static void mail_begin(struct pop3 *s, bool crlf)
{
    s->state = AT_MAIL;
    s->data_gap = false;
    s->tx = s->cx->tx_next++;
    smtp_dots_start(&s->dots, !crlf, TO_CLIENT, "pop3.bare_lf_at_end");
    s->mime = mime_new(s->cx, MIME_MAIL, TO_CLIENT, s->tx, span_str(""), part_context, s);
    if (!s->mime)
        proto_anomaly(s->cx, TO_CLIENT, "pop3.no_memory");
}

static void mail_end(struct pop3 *s, bool complete)
{
    struct writer w;
    struct jw j;

    s->state = AT_STATUS;
    if (!s->mime)
        return;
    mime_end(s->mime, complete);
    writer_init(&w, EVENT_MAX);
    smtp_mail_members(NULL, mime_facts(s->mime), complete, EVENT_MAX, &w);
    proto_event_begin(s->cx, EVENT_POP3, TO_CLIENT, s->tx, &j);
    jw_kobj(&j, "pop3");
    jw_end_obj(&j);
    if (w.n)
        jw_raw(&j, writer_span(&w));
    proto_event_end(s->cx, &j, 0);
    writer_done(&w);
    mime_free(s->mime);
    s->mime = NULL;
}

/* ---- the two sides ---- */

static void client_line(struct pop3 *s, struct span line)
{
    const struct verb *v;
    struct span command;

    line = span_trim(line);
    v = verb_of(line);
    if (!line.n || (!v && s->auth))
        return;
    if (s->state == AT_MAIL && s->data_gap) /* the mail's end is lost, or the client would not go on */
        mail_end(s, false);
    command = v && !v->secret ? line : word(line);
    if (!v) /* nobody knows what it is; behind a hole it may be a secret */
        command = s->out_of_step ? span_str("?") : span_part(command, 0, 8);
    s->auth = v && span_eq_nocase(command, "AUTH");
    push(s, &s->commands, command);
    match(s, false);
}

static void client_feed(struct pop3 *s, struct span in)
{
    struct span line;

    while (in.n && !s->stop) {
        if (line_empty(&s->client) && !s->client.skip && in.n >= 2 && in.p[0] == 0x16 && in.p[1] == 3) {
            proto_anomaly(s->cx, TO_SERVER, "pop3.stls");
            s->stop = true;
            return;
        }
        if (!line_next(&s->client, &in, &line))
            continue;
        client_line(s, line);
        line_clear(&s->client);
    }
}

/* A status line, or something that is none. */
static void status_line(struct pop3 *s, struct span line)
{
    bool crlf = line.n && line.p[line.n - 1] == '\r', ok = span_starts(line, "+OK");
    enum answer a = ANSWER_UNKNOWN;
    struct span command;

    if (!ok && !span_starts(line, "-ERR"))
        return;
    if (!s->out_of_step && front(&s->commands, &command))
        a = answer_to(command);
    push(s, &s->replies, span_part(span_trim(line), 0, LINE_MAX_BYTES));
    match(s, false);
    if (!ok || s->stop)
        return;
    s->dots.lf_only = !crlf;
    if (a == ANSWER_MAIL)
        mail_begin(s, crlf);
    else if (a != ANSWER_LINE)
        s->state = a == ANSWER_LIST ? AT_LIST : AT_LOOK;
}

/* Does a mail begin with this line: a header field, mbox's "From ", or the end of an empty header? */
static bool begins_mail(struct span line)
{
    size_t n = 0;

    line = line_no_cr(line);
    while (n < line.n && line.p[n] > ' ' && line.p[n] < 0x7F && line.p[n] != ':')
        n++;
    return !line.n || span_starts(line, "From ") || span_starts(line, ">From ") ||
           (n && n < line.n && line.p[n] == ':');
}

static void look(struct pop3 *s, struct span *in)
{
    struct span line, end;
    enum line_taken t = line_take(&s->server, in, LINE_MAX_BYTES, &line);

    if (t == LINE_PART)
        return;
    if (span_starts(line, "+OK") || span_starts(line, "-ERR") || span_starts(line, "+ ")) {
        s->state = AT_STATUS;
        status_line(s, line);
        s->server.skip = t == LINE_LONG;
    } else if (begins_mail(line)) {
        mail_begin(s, !s->dots.lf_only);
        smtp_dots_feed(&s->dots, s->cx, s->mime, &line);
        end = span_str("\n");
        if (t == LINE_WHOLE)
            smtp_dots_feed(&s->dots, s->cx, s->mime, &end);
    } else {
        s->state = span_eq(line_no_cr(line), span_str(".")) ? AT_STATUS : AT_LIST;
        s->server.skip = t == LINE_LONG;
    }
    line_clear(&s->server);
}

static void server_feed(struct pop3 *s, struct span in)
{
    struct span line;

    while (in.n && !s->stop) {
        if (s->state == AT_MAIL) {
            if (smtp_dots_feed(&s->dots, s->cx, s->mime, &in))
                mail_end(s, true);
        } else if (s->state == AT_LOOK) {
            look(s, &in);
        } else if (line_next(&s->server, &in, &line)) {
            if (s->state == AT_STATUS)
                status_line(s, line);
            else if (span_eq(line_no_cr(line), span_str(".")))
                s->state = AT_STATUS;
            line_clear(&s->server);
        }
    }
}

/* ---- the parser ---- */

static enum probe pop3_probe(const struct proto_ctx *cx, enum direction dir, struct span first)
{
    static const char *const client[] = {"CAPA", "UIDL", "APOP ", "STLS", "RETR ", "TOP "};
    struct reader r = reader_span(first);
    struct span line;
    bool more = false;

    if (dir == TO_CLIENT || cx->midstream) {
        if (reader_line(&r, &line)) { /* Redis says +OK, too, but no more */
            if (span_starts(line, "+OK") && line.n > 4)
                return PROBE_YES;
            if (span_starts(line, "+OK") && reader_line(&r, &line))
                return span_starts(line, "+OK") || span_starts(line, "-ERR") ? PROBE_MORE : PROBE_NO;
        }
        more |= first.n < 512 && memcmp(first.p, "+OK", first.n < 3 ? first.n : 3) == 0;
    }
    if (dir == TO_SERVER || cx->midstream) {
        r = reader_span(first);
        while (reader_line(&r, &line)) {
            for (size_t i = 0; i < GH_COUNT(client); i++)
                if (span_starts_nocase(line, client[i]) && line.n < 64)
                    return PROBE_YES;
            if (!verb_of(line))
                return more ? PROBE_MORE : PROBE_NO;
        }
        line = span_part(first, r.pos, first.n);
        more |= line.n < 5 || verb_of(line);
    }
    return more ? PROBE_MORE : PROBE_NO;
}

static int pop3_open(void *state, struct proto_ctx *cx)
{
    struct pop3 *s = state;

    if (!proto_charge(cx, FLOW_CHARGE))
        return ST_LIMIT;
    s->cx = cx;
    line_init(&s->client, LINE_MAX_BYTES);
    line_init(&s->server, LINE_MAX_BYTES);
    writer_init(&s->commands, WAITING_MAX);
    writer_init(&s->replies, WAITING_MAX);
    s->out_of_step = cx->midstream;
    if (!cx->midstream)
        push(s, &s->commands, span_str(""));
    return 0;
}

static void pop3_feed(void *state, struct proto_ctx *cx, enum direction dir, struct span bytes)
{
    (void)cx;
    if (dir == TO_SERVER)
        client_feed(state, bytes);
    else
        server_feed(state, bytes);
}

static void pop3_gap(void *state, struct proto_ctx *cx, enum direction dir, uint64_t missing)
{
    struct pop3 *s = state;

    (void)cx;
    if (s->stop)
        return;
    match(s, true);
    s->out_of_step = true;
    if (dir == TO_SERVER) {
        s->client.skip = true;
    } else if (s->state == AT_MAIL) {
        s->data_gap = true;
        smtp_dots_gap(&s->dots);
        if (s->mime)
            mime_gap(s->mime, missing);
    } else {
        s->state = AT_STATUS;
        s->server.skip = true;
    }
}

static void pop3_end(void *state, struct proto_ctx *cx, enum direction dir)
{
    struct pop3 *s = state;

    (void)cx;
    if (dir == TO_CLIENT && s->state == AT_MAIL)
        mail_end(s, false);
}

static void pop3_close(void *state, struct proto_ctx *cx)
{
    struct pop3 *s = state;

    if (s->state == AT_MAIL)
        mail_end(s, false);
    match(s, true);
    line_done(&s->client);
    line_done(&s->server);
    writer_done(&s->commands);
    writer_done(&s->replies);
    proto_release(cx, FLOW_CHARGE);
}

const struct proto pop3_proto = {
    .name = "pop3",
    .state_size = sizeof(struct pop3),
    .probe = pop3_probe,
    .open = pop3_open,
    .feed = pop3_feed,
    .gap = pop3_gap,
    .end = pop3_end,
    .close = pop3_close,
};
