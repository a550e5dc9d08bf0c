/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/smtp.h"
#include "sensor/decode/smtp_mail.h"

#define SMTP_LINE_MAX 4096u
#define SMTP_OPEN_MAX 128u
#define FLOW_CHARGE (8u << 10)
#define CONTEXT_MAX (16u << 10)

enum command { CMD_OTHER, CMD_MAIL, CMD_DATA, CMD_BDAT, CMD_AUTH, CMD_STARTTLS, CMD_GREETING };

enum client_state {
    AT_COMMAND,
    AT_DATA_ASKED, /* DATA was said, its reply has not come */
    AT_DATA,
    AT_BDAT,   /* `left` bytes of a chunk */
    AT_SECRET, /* the next line answers an AUTH challenge */
    AT_STOP,   /* TLS */
};

struct line {
    struct writer part;
    bool skip; /* the rest of a line that is too long, or whose beginning is missing */
};

struct smtp {
    struct proto_ctx *cx;
    enum client_state state;
    struct line client, server;
    struct smtp_mail mail;
    struct mime *mime;
    uint64_t left;
    bool last;      /* the chunk is the last one */
    bool lf_only;   /* the client's DATA line ended with LF alone */
    bool data_gap;  /* bytes of the mail are missing, perhaps its end */
    bool replies;   /* the server's side is seen */
    bool mail_seen; /* an event was sent */
    uint8_t dot[4]; /* line beginning in DATA that may be the end: ".", CR */
    unsigned n_dot;
    bool bol, bare;              /* at the beginning of a line; the line end before it was a bare LF */
    bool cr;                     /* the last byte was CR */
    uint8_t open[SMTP_OPEN_MAX]; /* commands that wait for a reply, a ring */
    unsigned open_at, n_open;
};

/* The next line without its end; false: not complete (kept). */
static bool take_line(struct line *l, struct span *in, struct span *ret, bool *ret_crlf)
{
    ptrdiff_t lf = span_find_byte(*in, '\n', 0);
    struct span piece = span_part(*in, 0, lf < 0 ? in->n : (size_t)lf);
    bool skipped = l->skip;

    *in = span_part(*in, piece.n + (lf >= 0), in->n);
    if (l->skip) {
        l->skip = lf < 0;
        if (lf >= 0)
            writer_clear(&l->part);
        return false;
    }
    if (piece.n > SMTP_LINE_MAX - l->part.n) {
        piece.n = SMTP_LINE_MAX - l->part.n;
        l->skip = lf < 0;
    }
    if (skipped || lf < 0 || l->part.n) {
        writer_put(&l->part, piece);
        piece = writer_span(&l->part);
    }
    if (lf < 0 && !l->skip)
        return false;
    *ret_crlf = piece.n && piece.p[piece.n - 1] == '\r';
    piece.n -= *ret_crlf;
    *ret = piece;
    return true;
}

static void open_push(struct smtp *s, enum command c)
{
    if (s->n_open == SMTP_OPEN_MAX) { /* replies are not seen: the oldest is forgotten */
        s->open_at = (s->open_at + 1) % SMTP_OPEN_MAX;
        s->n_open--;
    }
    s->open[(s->open_at + s->n_open++) % SMTP_OPEN_MAX] = (uint8_t)c;
}

static enum command open_pop(struct smtp *s)
{
    if (!s->n_open)
        return CMD_OTHER;
    enum command c = s->open[s->open_at];
    s->open_at = (s->open_at + 1) % SMTP_OPEN_MAX;
    s->n_open--;
    return c;
}

static void take_number(struct smtp *s)
{
    if (!s->mail.numbered) {
        s->mail.tx = s->cx->tx_next++;
        s->mail.numbered = true;
    }
}

static void mail_log(struct smtp *s, const struct mime_facts *facts, bool complete)
{
    struct jw j;

    take_number(s);
    s->mail_seen = true;
    proto_event_begin(s->cx, EVENT_SMTP, TO_SERVER, s->mail.tx, &j);
    smtp_mail_members(&s->mail, facts, complete, &j);
    proto_event_end(s->cx, &j, 0);
}

/* Members for the fileinfo of a part. */
static void part_context(void *arg, struct mime *m, struct writer *out)
{
    const struct smtp *s = arg;
    struct jw j;
    struct writer w;

    writer_init(&w, CONTEXT_MAX);
    jw_init(&j, &w);
    jw_obj(&j);
    smtp_mail_members(&s->mail, mime_facts(m), false, &j);
    jw_end_obj(&j);
    if (writer_ok(&w))
        writer_put(out, span_part(writer_span(&w), 1, w.n - 2));
    writer_done(&w);
}

static void mail_begin(struct smtp *s)
{
    if (s->mime)
        return;
    take_number(s);
    s->mime = mime_new(s->cx, MIME_MAIL, TO_SERVER, s->mail.tx, span_str(""), part_context, s);
    if (!s->mime)
        proto_anomaly(s->cx, TO_SERVER, "smtp.no_memory");
}

/* The mail is over: event, and the next one begins with an empty envelope. */
static void mail_end(struct smtp *s, bool complete)
{
    if (s->mime) {
        mime_end(s->mime, complete);
        mail_log(s, mime_facts(s->mime), complete);
        mime_free(s->mime);
        s->mime = NULL;
    } else {
        mail_log(s, NULL, complete);
    }
    smtp_mail_reset(&s->mail);
    s->data_gap = false;
}

/* An envelope that never became a mail. */
static void envelope_end(struct smtp *s)
{
    if (s->mime)
        mail_end(s, false);
    else if (s->mail.from.n || s->mail.n_rcpt)
        mail_log(s, NULL, false);
    smtp_mail_reset(&s->mail);
}

static void data_begin(struct smtp *s)
{
    s->state = AT_DATA;
    s->bol = true;
    s->bare = s->cr = false;
    s->n_dot = 0;
    mail_begin(s);
}

static void bdat(struct smtp *s, struct span arg)
{
    ptrdiff_t blank = span_find_byte(arg, ' ', 0);
    struct span size = blank < 0 ? arg : span_part(arg, 0, (size_t)blank);

    s->last = blank >= 0 && span_eq_nocase(span_trim(span_part(arg, (size_t)blank, arg.n)), "LAST");
    if (!span_number(size, UINT64_C(1) << 40, &s->left)) {
        proto_anomaly(s->cx, TO_SERVER, "smtp.bad_chunk_size");
        return;
    }
    mail_begin(s);
    s->state = AT_BDAT;
    if (s->left)
        return;
    s->state = AT_COMMAND;
    if (s->last)
        mail_end(s, true);
}

static bool verb(struct span line, const char *name, struct span *arg)
{
    size_t n = strlen(name);

    if (!span_starts_nocase(line, name))
        return false;
    *arg = span_part(line, n, line.n);
    if (arg->n && arg->p[0] != ' ' && arg->p[0] != '\t' && name[n - 1] != ':')
        return false;
    *arg = span_trim(*arg);
    return true;
}

static void client_line(struct smtp *s, struct span line, bool crlf)
{
    enum command c = CMD_OTHER;
    struct span arg;

    line = span_trim(line);
    if (verb(line, "EHLO", &arg) || verb(line, "HELO", &arg) || verb(line, "LHLO", &arg)) {
        c = CMD_GREETING;
        envelope_end(s);
        smtp_mail_helo(&s->mail, arg);
    } else if (verb(line, "MAIL FROM:", &arg)) {
        c = CMD_MAIL;
        envelope_end(s);
        take_number(s);
        smtp_mail_from(&s->mail, arg);
    } else if (verb(line, "RCPT TO:", &arg)) {
        take_number(s);
        smtp_mail_rcpt(&s->mail, arg);
    } else if (verb(line, "DATA", &arg)) {
        c = CMD_DATA;
        s->state = AT_DATA_ASKED;
        s->lf_only = !crlf;
    } else if (verb(line, "BDAT", &arg)) {
        open_push(s, CMD_BDAT);
        bdat(s, arg);
        return;
    } else if (verb(line, "RSET", &arg)) {
        envelope_end(s);
    } else if (verb(line, "STARTTLS", &arg)) {
        c = CMD_STARTTLS;
    } else if (verb(line, "AUTH", &arg)) {
        c = CMD_AUTH;
    } else if (!line.n) {
        return;
    }
    open_push(s, c);
}

/* Mail text with its dots unstuffed (RFC 5321 section 4.5.2), in stretches as long as possible. True: the
 * mail ended. */
static bool data_feed(struct smtp *s, struct span *in)
{
    size_t start = 0, i = 0;

    while (i < in->n) {
        uint8_t c = in->p[i];
        if (s->bol && c == '.') { /* the dot itself is never text */
            if (s->mime)
                mime_feed(s->mime, span_part(*in, start, i - start));
            start = ++i;
            s->bol = false;
            s->n_dot = 1;
            continue;
        }
        s->bol = false;
        if (s->n_dot) { /* behind the dot: CR LF or LF and nothing else is the end */
            if (c == '\r' && s->n_dot == 1) {
                s->n_dot = 2;
                start = ++i;
                continue;
            }
            bool end = c == '\n', exact = s->n_dot == 2 && !s->bare;
            if (end && !exact)
                proto_anomaly(s->cx, TO_SERVER, "smtp.bare_lf_at_end");
            if (end && (exact || s->lf_only)) {
                *in = span_part(*in, i + 1, in->n);
                s->n_dot = 0;
                return true;
            }
            if (s->n_dot == 2 && s->mime) /* the CR was text after all */
                mime_feed(s->mime, span_str("\r"));
            s->cr = s->n_dot == 2;
            s->n_dot = 0;
        }
        ptrdiff_t lf = span_find_byte(*in, '\n', i);
        if (lf < 0) {
            s->cr = in->p[in->n - 1] == '\r';
            break;
        }
        s->bare = !((size_t)lf > i ? in->p[lf - 1] == '\r' : s->cr);
        s->cr = false;
        s->bol = true;
        i = (size_t)lf + 1;
    }
    if (s->mime)
        mime_feed(s->mime, span_part(*in, start, in->n));
    *in = (struct span){0};
    return false;
}

static void client_feed(struct smtp *s, struct span in)
{
    struct span line;
    bool crlf;

    while (in.n) {
        switch (s->state) {
        case AT_DATA_ASKED: /* the client goes on: it was told to, or does not wait */
            data_begin(s);
            break;
        case AT_DATA:
            if (data_feed(s, &in)) {
                s->state = AT_COMMAND;
                mail_end(s, true);
                open_push(s, CMD_OTHER); /* the text has its own reply */
            }
            break;
        case AT_BDAT:
            line = span_part(in, 0, (size_t)(s->left < in.n ? s->left : in.n));
            if (s->mime)
                mime_feed(s->mime, line);
            s->left -= line.n;
            in = span_part(in, line.n, in.n);
            if (!s->left) {
                s->state = AT_COMMAND;
                if (s->last)
                    mail_end(s, true);
            }
            break;
        case AT_COMMAND:
        case AT_SECRET:
            if (!take_line(&s->client, &in, &line, &crlf))
                break;
            if (s->state == AT_SECRET)
                s->state = AT_COMMAND;
            else
                client_line(s, line, crlf);
            if (!s->client.skip)
                writer_clear(&s->client.part);
            break;
        case AT_STOP:
            return;
        }
    }
}

/* A whole reply, that is its last line. */
static void reply(struct smtp *s, unsigned code)
{
    s->replies = true;
    if (s->state == AT_DATA && s->data_gap) { /* the server has seen the end that we have not */
        s->state = AT_COMMAND;
        mail_end(s, false);
        return;
    }
    switch (open_pop(s)) {
    case CMD_DATA:
        if (s->state != AT_DATA_ASKED)
            break;
        if (code == 354)
            data_begin(s);
        else
            s->state = AT_COMMAND;
        break;
    case CMD_AUTH:
        if (code == 334 && s->state == AT_COMMAND) {
            s->state = AT_SECRET;
            open_push(s, CMD_AUTH); /* the answer has a reply, too */
        }
        break;
    case CMD_STARTTLS:
        if (code == 220) {
            envelope_end(s);
            proto_anomaly(s->cx, TO_SERVER, "smtp.starttls");
            s->state = AT_STOP;
        }
        break;
    default:
        break;
    }
}

static void server_feed(struct smtp *s, struct span in)
{
    struct span line;
    uint64_t code;
    bool crlf;

    while (in.n && s->state != AT_STOP) {
        if (!take_line(&s->server, &in, &line, &crlf))
            continue;
        if (span_number(span_part(line, 0, 3), 999, &code) && line.n >= 3 &&
            !(line.n > 3 && line.p[3] == '-'))
            reply(s, (unsigned)code);
        if (!s->server.skip)
            writer_clear(&s->server.part);
    }
}

static enum probe smtp_probe(const struct proto_ctx *cx, enum direction dir, struct span first)
{
    static const char *const client[] = {"EHLO ", "HELO ", "LHLO ", "MAIL FROM:", "RCPT TO:"};
    bool more = false;

    if (dir == TO_SERVER || cx->midstream) {
        for (size_t i = 0; i < GH_COUNT(client); i++) {
            size_t n = strlen(client[i]);
            if (span_starts_nocase(first, client[i]))
                return PROBE_YES;
            more |= first.n < n && span_starts_nocase(span_of(client[i], first.n), "") &&
                    memcmp(first.p, client[i], first.n) == 0;
        }
    }
    if (dir == TO_CLIENT || cx->midstream) {
        ptrdiff_t lf = span_find_byte(first, '\n', 0);
        struct span line = span_part(first, 0, lf < 0 ? first.n : (size_t)lf);
        if (span_starts(first, "220") && (lf >= 0 || first.n > 512))
            return span_find(line, span_str("SMTP"), 0) >= 0 || span_find(line, span_str("LMTP"), 0) >= 0
                       ? PROBE_YES
                       : PROBE_NO;
        more |= memcmp(first.p, "220", first.n < 3 ? first.n : 3) == 0;
    }
    return more ? PROBE_MORE : PROBE_NO;
}

static int smtp_open(void *state, struct proto_ctx *cx)
{
    struct smtp *s = state;

    if (!proto_charge(cx, FLOW_CHARGE))
        return ST_LIMIT;
    s->cx = cx;
    writer_init(&s->client.part, SMTP_LINE_MAX);
    writer_init(&s->server.part, SMTP_LINE_MAX);
    smtp_mail_init(&s->mail);
    open_push(s, CMD_OTHER); /* the server's greeting */
    return 0;
}

static void smtp_feed(void *state, struct proto_ctx *cx, enum direction dir, struct span bytes)
{
    if (dir == TO_SERVER)
        client_feed(state, bytes);
    else
        server_feed(state, bytes);
}

static void smtp_gap(void *state, struct proto_ctx *cx, enum direction dir, uint64_t missing)
{
    struct smtp *s = state;

    if (dir == TO_CLIENT) { /* which replies were in it is unknown: from here on the commands are believed */
        s->server.skip = true;
        s->n_open = 0;
        return;
    }
    switch (s->state) {
    case AT_DATA_ASKED:
        data_begin(s);
        /* fall through */
    case AT_DATA:
        s->data_gap = true;
        s->bol = s->cr = false;
        s->n_dot = 0;
        if (s->mime)
            mime_gap(s->mime, missing);
        break;
    case AT_BDAT:
        if (s->mime)
            mime_gap(s->mime, missing < s->left ? missing : s->left);
        if (missing <= s->left) {
            s->left -= missing;
            if (s->left)
                return;
        }
        s->state = AT_COMMAND;
        s->client.skip = missing > s->left;
        if (s->last)
            mail_end(s, false);
        break;
    case AT_COMMAND:
    case AT_SECRET:
        s->state = AT_COMMAND;
        s->client.skip = true;
        break;
    case AT_STOP:
        break;
    }
}

static void smtp_end(void *state, struct proto_ctx *cx, enum direction dir)
{
    struct smtp *s = state;

    if (dir == TO_SERVER && s->state != AT_STOP) {
        envelope_end(s);
        s->state = AT_STOP;
    }
}

static void smtp_close(void *state, struct proto_ctx *cx)
{
    struct smtp *s = state;

    envelope_end(s);
    if (!s->mail_seen && s->mail.helo.n)
        mail_log(s, NULL, false);
    smtp_mail_done(&s->mail);
    writer_done(&s->client.part);
    writer_done(&s->server.part);
    proto_release(cx, FLOW_CHARGE);
}

const struct proto smtp_proto = {
    .name = "smtp",
    .state_size = sizeof(struct smtp),
    .probe = smtp_probe,
    .open = smtp_open,
    .feed = smtp_feed,
    .gap = smtp_gap,
    .end = smtp_end,
    .close = smtp_close,
};
