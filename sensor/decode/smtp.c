/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/smtp.h"
#include "sensor/decode/line.h"
#include "sensor/decode/smtp_dots.h"
#include "sensor/decode/smtp_mail.h"
#include "sensor/decode/tunnel.h"

#define SMTP_LINE_MAX 4096u
#define SMTP_OPEN_MAX 128u
#define FLOW_CHARGE (8u << 10)
#define CONTEXT_MAX (16u << 10)
#define EVENT_MAX (48u << 10)
#define TLS_HANDSHAKE 0x16 /* how a record of TLS begins, and no command */

enum command { CMD_OTHER, CMD_MAIL, CMD_DATA, CMD_BDAT, CMD_AUTH, CMD_STARTTLS, CMD_GREETING };

enum client_state {
    AT_COMMAND,
    AT_DATA_ASKED, /* DATA was said, its reply has not come */
    AT_DATA,
    AT_BDAT,   /* `left` bytes of a chunk */
    AT_SECRET, /* the next line answers an AUTH challenge */
    AT_STOP,   /* TLS, which `tunnel` reads, or the end */
};

struct smtp {
    struct proto_ctx *cx;
    enum client_state state;
    struct line client, server;
    struct smtp_mail mail;
    struct mime *mime;
    uint64_t left;
    bool last;      /* the chunk is the last one */
    bool data_gap;  /* bytes of the mail are missing, perhaps its end */
    bool replies;   /* the server's side is seen */
    bool mail_seen; /* an event was sent */
    bool tls_asked; /* the client's last command was STARTTLS */
    struct tunnel *tunnel;
    struct smtp_dots dots;
    uint8_t open[SMTP_OPEN_MAX]; /* commands that wait for a reply, a ring */
    unsigned open_at, n_open;
};

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
    struct writer w;
    struct jw j;

    take_number(s);
    s->mail_seen = true;
    writer_init(&w, EVENT_MAX);
    smtp_mail_members(&s->mail, facts, complete, EVENT_MAX, &w);
    proto_event_begin(s->cx, EVENT_SMTP, TO_SERVER, s->mail.tx, &j);
    if (w.n)
        jw_raw(&j, writer_span(&w));
    proto_event_end(s->cx, &j, 0);
    writer_done(&w);
}

/* Members for the fileinfo of a part. */
static void part_context(void *arg, struct mime *m, struct writer *out)
{
    const struct smtp *s = arg;

    smtp_mail_members(&s->mail, mime_facts(m), false, CONTEXT_MAX, out);
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
    s->tls_asked = false;
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
        smtp_dots_start(&s->dots, !crlf, TO_SERVER, "smtp.bare_lf_at_end");
    } else if (verb(line, "BDAT", &arg)) {
        open_push(s, CMD_BDAT);
        bdat(s, arg);
        return;
    } else if (verb(line, "RSET", &arg)) {
        envelope_end(s);
    } else if (verb(line, "STARTTLS", &arg)) {
        c = CMD_STARTTLS;
        s->tls_asked = true;
    } else if (verb(line, "AUTH", &arg)) {
        c = CMD_AUTH;
    } else if (!line.n) {
        return;
    }
    open_push(s, c);
}

static void tls_begin(struct smtp *s)
{
    envelope_end(s);
    proto_anomaly(s->cx, TO_SERVER, "smtp.starttls");
    s->state = AT_STOP;
    if (!s->tunnel)
        s->tunnel = tunnel_new(s->cx, TO_SERVER);
}

static void client_feed(struct smtp *s, struct span in)
{
    struct span line;

    while (in.n) {
        switch (s->state) {
        case AT_DATA_ASKED: /* the client goes on: it was told to, or does not wait */
            data_begin(s);
            break;
        case AT_DATA:
            if (smtp_dots_feed(&s->dots, s->cx, s->mime, &in)) {
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
            if (s->tls_asked && line_empty(&s->client) &&
                in.p[0] == TLS_HANDSHAKE) { /* granted by a reply that we have not seen */
                tls_begin(s);
                break;
            }
            if (!line_next(&s->client, &in, &line))
                break;
            if (s->state == AT_SECRET)
                s->state = AT_COMMAND;
            else
                client_line(s, line, line.n && line.p[line.n - 1] == '\r');
            line_clear(&s->client);
            break;
        case AT_STOP:
            tunnel_feed(s->tunnel, TO_SERVER, in);
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
        if (code == 220)
            tls_begin(s);
        break;
    default:
        break;
    }
}

static void server_feed(struct smtp *s, struct span in)
{
    struct span line;
    uint64_t code;

    while (in.n && s->state != AT_STOP) {
        if (!line_next(&s->server, &in, &line))
            continue;
        if (span_number(span_part(line, 0, 3), 999, &code) && line.n >= 3 &&
            !(line.n > 3 && line.p[3] == '-'))
            reply(s, (unsigned)code);
        line_clear(&s->server);
    }
    if (s->state == AT_STOP && in.n)
        tunnel_feed(s->tunnel, TO_CLIENT, in);
}

static enum probe smtp_probe(const struct proto_ctx *cx, enum direction dir, struct span first)
{
    static const char *const client[] = {"EHLO ", "HELO ", "LHLO ", "MAIL FROM:", "RCPT TO:"};
    bool more = false;

    if (!first.n)
        return PROBE_MORE;
    if (dir == TO_SERVER || cx->midstream) {
        for (size_t i = 0; i < GH_COUNT(client); i++) {
            size_t n = strlen(client[i]);
            if (span_starts_nocase(first, client[i]))
                return PROBE_YES;
            more |= first.n < n && memcmp(first.p, client[i], first.n) == 0;
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
    line_init(&s->client, SMTP_LINE_MAX);
    line_init(&s->server, SMTP_LINE_MAX);
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

    if (s->tunnel) {
        tunnel_gap(s->tunnel, dir, missing);
        return;
    }
    if (dir == TO_CLIENT) { /* which replies were in it is unknown: from here on the commands are believed */
        s->server.skip = true;
        s->n_open = 0;
        return;
    }
    switch (s->state) {
    case AT_DATA_ASKED:
        data_begin(s);
        __attribute__((fallthrough));
    case AT_DATA:
        s->data_gap = true;
        smtp_dots_gap(&s->dots);
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

    tunnel_end(s->tunnel, dir);
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
    tunnel_free(s->tunnel);
    smtp_mail_done(&s->mail);
    line_done(&s->client);
    line_done(&s->server);
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
