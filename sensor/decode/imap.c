/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/imap.h"
#include "sensor/decode/imap_mail.h"
#include "sensor/decode/imap_packed.h"

#include <stdio.h>

#define IMAP_OPEN 32u
#define TAG_MAX 32u
#define ARGUMENTS_MAX 256u
#define FLOW_CHARGE (40u << 10)

/* A command and its tagged reply, whichever is seen first. */
struct exchange {
    uint8_t tag[TAG_MAX];
    size_t tag_n;        /* 0: free */
    const char *command; /* NULL: not seen */
    bool uid;            /* UID before it */
    uint8_t arguments[ARGUMENTS_MAX];
    size_t arguments_n;
    const char *status; /* NULL: not seen */
};
struct imap {
    struct proto_ctx *cx;
    struct imap_line line[2]; /* by direction */
    struct imap_mail append, fetch;
    struct exchange open[IMAP_OPEN];
    unsigned next;                /* the one that is reused next */
    struct imap_packed packed[2]; /* by direction, behind COMPRESS */
    bool stop;                    /* TLS */
};

static const struct verb {
    const char *name;
    bool secret;
} verbs[] = {
    {"CAPABILITY", false}, {"NOOP", false},        {"LOGOUT", false},   {"STARTTLS", false},
    {"LOGIN", true},       {"AUTHENTICATE", true}, {"SELECT", false},   {"EXAMINE", false},
    {"CREATE", false},     {"DELETE", false},      {"RENAME", false},   {"SUBSCRIBE", false},
    {"LIST", false},       {"UNSUBSCRIBE", false}, {"LSUB", false},     {"STATUS", false},
    {"APPEND", false},     {"CHECK", false},       {"CLOSE", false},    {"EXPUNGE", false},
    {"SEARCH", false},     {"FETCH", false},       {"STORE", false},    {"COPY", false},
    {"MOVE", false},       {"UNSELECT", false},    {"IDLE", false},     {"NAMESPACE", false},
    {"ENABLE", false},     {"ID", false},          {"COMPRESS", false}, {"GETQUOTAROOT", false},
    {"GETQUOTA", false},   {"XLIST", false},       {"SORT", false},     {"THREAD", false},
};

static const struct verb *verb_of(struct span *rest, bool *ret_uid)
{
    struct span word = imap_word(rest);

    *ret_uid = span_eq_nocase(word, "UID");
    if (*ret_uid)
        word = imap_word(rest);
    for (size_t i = 0; i < GH_COUNT(verbs); i++)
        if (span_eq_nocase(word, verbs[i].name))
            return &verbs[i];
    return NULL;
}

/* ---- commands and replies ---- */

static void log_exchange(struct imap *s, const struct exchange *e)
{
    char command[32] = "";
    struct jw j;

    if (!e->command)
        return;
    snprintf(command, sizeof(command), "%s%s", e->uid ? "UID " : "", e->command);
    proto_event_begin(s->cx, EVENT_IMAP, TO_SERVER, s->cx->tx_next++, &j);
    jw_kobj(&j, "gatehouse");
    jw_kobj(&j, "imap");
    jw_kcstr(&j, "command", command);
    if (e->arguments_n)
        jw_kstr(&j, "arguments", span_of(e->arguments, e->arguments_n));
    jw_kcstr(&j, "status", e->status);
    jw_end_obj(&j);
    jw_end_obj(&j);
    proto_event_end(s->cx, &j, 0);
}

static void feed(struct imap *s, enum direction dir, struct span in, bool unpacked);

static void on_unpacked(void *arg, enum direction dir, struct span bytes)
{
    feed(arg, dir, bytes, true);
}

/* What comes behind the reply, in both directions, is compressed. */
static void compress(struct imap *s)
{
    if (imap_packed_on(&s->packed[0]) || imap_packed_on(&s->packed[1]))
        return;
    for (int d = 0; d < 2 && !s->stop; d++)
        s->stop = !imap_packed_start(&s->packed[d], s->cx, (enum direction)d, on_unpacked, s);
    if (s->stop)
        proto_anomaly(s->cx, TO_SERVER, "imap.compressed");
}

static void settle(struct imap *s, struct exchange *e)
{
    if (!e->command || !e->status)
        return;
    log_exchange(s, e);
    if (!strcmp(e->status, "OK") && !strcmp(e->command, "STARTTLS")) {
        s->stop = true;
        proto_anomaly(s->cx, TO_SERVER, "imap.starttls");
    } else if (!strcmp(e->status, "OK") && !strcmp(e->command, "COMPRESS")) {
        compress(s);
    }
    *e = (struct exchange){0};
}

/* The exchange of that tag, a new one when there is none. NULL: it is no tag. */
static struct exchange *exchange_of(struct imap *s, struct span tag)
{
    struct exchange *e;

    if (!tag.n || tag.n > TAG_MAX)
        return NULL;
    for (size_t i = 0; i < IMAP_OPEN; i++)
        if (s->open[i].tag_n && span_eq(tag, span_of(s->open[i].tag, s->open[i].tag_n)))
            return &s->open[i];
    e = &s->open[s->next++ % IMAP_OPEN];
    log_exchange(s, e);
    *e = (struct exchange){.tag_n = tag.n};
    memcpy(e->tag, tag.p, tag.n);
    return e;
}

/* ---- the client ---- */

/* "<0.65536>" in a FETCH: how much is asked for at a time. */
static void note_wanted(struct imap *s, struct span arguments)
{
    ptrdiff_t open = span_find_byte(arguments, '<', 0), dot, close;
    uint64_t n;

    if (open < 0)
        return;
    dot = span_find_byte(arguments, '.', (size_t)open);
    close = span_find_byte(arguments, '>', (size_t)open);
    if (dot > open && close > dot &&
        span_number(span_part(arguments, (size_t)dot + 1, (size_t)(close - dot) - 1), IMAP_LITERAL_MAX, &n))
        s->fetch.want = n;
}

static void client_line(struct imap *s, const struct imap_line *l)
{
    struct span rest = writer_span(&l->head), tag = imap_word(&rest);
    bool uid;
    const struct verb *v = verb_of(&rest, &uid);
    struct exchange *e = v ? exchange_of(s, tag) : NULL;

    if (!e)
        return;
    rest = span_part(span_trim(rest), 0, ARGUMENTS_MAX);
    if (!strcmp(v->name, "FETCH"))
        note_wanted(s, rest);
    if (v->secret)
        rest.n = 0;
    e->command = v->name;
    e->uid = uid;
    e->arguments_n = rest.n;
    if (rest.n)
        memcpy(e->arguments, rest.p, rest.n);
    settle(s, e);
}

/* A literal of the client: a mail where it belongs to APPEND and is no mailbox name. */
static void client_literal(struct imap *s, const struct imap_line *l)
{
    struct span rest = writer_span(&l->head);
    struct imap_item item = {.kind = ITEM_NONE};
    const struct verb *v;
    bool uid, name;

    imap_word(&rest);
    v = verb_of(&rest, &uid);
    name = l->literals == 1 && span_starts(span_trim(rest), "{");
    if (v && !strcmp(v->name, "APPEND") && !name)
        item.kind = ITEM_MAIL;
    imap_mail_begin(&s->append, &item, 0, l->literal);
}

/* ---- the server ---- */

static void server_line(struct imap *s, const struct imap_line *l)
{
    static const char *const words[] = {"OK", "NO", "BAD"};
    struct span rest = writer_span(&l->head), tag = imap_word(&rest), status = imap_word(&rest);
    struct imap_line *client = &s->line[TO_SERVER];
    struct exchange *e;

    if (!tag.n || tag.p[0] == '*' || tag.p[0] == '+')
        return;
    for (size_t i = 0; i < GH_COUNT(words); i++) {
        if (!span_eq_nocase(status, words[i]) || !(e = exchange_of(s, tag)))
            continue;
        e->status = words[i];
        if (i && client->left && client->left == client->literal && client->waits) {
            struct span head = writer_span(&client->head);
            if (span_eq(imap_word(&head), tag)) { /* the literal that was announced is not wanted */
                imap_mail_end(&s->append, false);
                client->left = 0;
                client_line(s, client);
                imap_line_clear(client);
            }
        }
        settle(s, e);
        return;
    }
}

static void server_literal(struct imap *s, const struct imap_line *l)
{
    struct span rest = writer_span(&l->head);
    struct imap_item item = {.kind = ITEM_NONE};
    uint64_t number = 0;

    if (span_eq(imap_word(&rest), span_str("*")) && span_number(imap_word(&rest), UINT32_MAX, &number) &&
        span_eq_nocase(imap_word(&rest), "FETCH"))
        imap_item(imap_tail(l), &item);
    imap_mail_begin(&s->fetch, &item, number, l->literal);
}

/* ---- both ---- */

/* unpacked: bytes that were compressed on the wire. */
static void feed(struct imap *s, enum direction dir, struct span in, bool unpacked)
{
    struct imap_line *l = &s->line[dir];
    struct imap_mail *m = dir == TO_SERVER ? &s->append : &s->fetch;
    struct span bytes;
    enum imap_taken t;

    while (!s->stop) {
        if (imap_packed_on(&s->packed[dir]) && !unpacked) {
            imap_packed_feed(&s->packed[dir], in);
            return;
        }
        if (dir == TO_SERVER && !l->left && !l->head.n && !l->skip && in.n >= 2 && in.p[0] == 0x16 &&
            in.p[1] == 3) {
            proto_anomaly(s->cx, dir, "imap.starttls");
            s->stop = true;
            return;
        }
        t = imap_take(l, &in, &bytes);
        if (t == IMAP_MORE)
            return;
        if (t == IMAP_BYTES) {
            imap_mail_bytes(m, bytes);
        } else if (t == IMAP_LITERAL) {
            if (dir == TO_SERVER)
                client_literal(s, l);
            else
                server_literal(s, l);
        } else {
            if (dir == TO_SERVER)
                client_line(s, l);
            else
                server_line(s, l);
            imap_line_clear(l);
        }
        if (t != IMAP_LINE && !l->left)
            imap_mail_end(m, true);
    }
}

static bool printable(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < ' ' || s.p[i] >= 0x7F)
            return false;
    return true;
}

/* A command as clients begin with: a tag, which has a digit or is short, and one of few verbs. */
static bool client_begins(struct span line)
{
    static const char *const first[] = {"CAPABILITY", "STARTTLS", "LOGIN",     "AUTHENTICATE",
                                        "SELECT",     "EXAMINE",  "NAMESPACE", "ID"};
    struct span rest = line, tag = imap_word(&rest), verb = imap_word(&rest);
    bool digit = false;

    if (!tag.n || tag.n > TAG_MAX || !printable(tag))
        return false;
    for (size_t i = 0; i < tag.n; i++) {
        if (strchr("(){%*\"\\+", tag.p[i]))
            return false;
        digit |= tag.p[i] >= '0' && tag.p[i] <= '9';
    }
    for (size_t i = 0; (digit || tag.n <= 2) && i < GH_COUNT(first); i++)
        if (span_eq_nocase(verb, first[i]))
            return true;
    return false;
}

static enum probe imap_probe(const struct proto_ctx *cx, enum direction dir, struct span first)
{
    static const char *const server[] = {"* OK ", "* PREAUTH ", "* BYE ", "* CAPABILITY IMAP", "+ idling"};
    ptrdiff_t lf = span_find_byte(first, '\n', 0);
    struct span line = span_part(first, 0, lf < 0 ? first.n : (size_t)lf);
    bool more = false;

    if (dir == TO_CLIENT || cx->midstream) {
        for (size_t i = 0; i < GH_COUNT(server); i++) {
            if (span_starts_nocase(first, server[i]))
                return PROBE_YES;
            more |= first.n < strlen(server[i]) && memcmp(first.p, server[i], first.n) == 0;
        }
        struct span rest = line;
        uint64_t n;
        if (lf >= 0 && span_eq(imap_word(&rest), span_str("*")) &&
            span_number(imap_word(&rest), UINT32_MAX, &n)) {
            struct span what = imap_word(&rest);
            return span_eq_nocase(what, "FETCH") || span_eq_nocase(what, "EXISTS") ? PROBE_YES : PROBE_NO;
        }
    }
    if (dir == TO_SERVER || cx->midstream) {
        if (lf >= 0 && client_begins(line))
            return PROBE_YES;
        more |= lf < 0 && first.n < 64 && printable(first);
    }
    return more ? PROBE_MORE : PROBE_NO;
}

static int imap_open(void *state, struct proto_ctx *cx)
{
    struct imap *s = state;

    if (!proto_charge(cx, FLOW_CHARGE))
        return ST_LIMIT;
    s->cx = cx;
    imap_line_init(&s->line[TO_SERVER]);
    imap_line_init(&s->line[TO_CLIENT]);
    imap_mail_init(&s->append, cx, TO_SERVER, "APPEND");
    imap_mail_init(&s->fetch, cx, TO_CLIENT, "FETCH");
    return 0;
}

static void imap_feed(void *state, struct proto_ctx *cx, enum direction dir, struct span bytes)
{
    (void)cx;
    feed(state, dir, bytes, false);
}

static void imap_gap(void *state, struct proto_ctx *cx, enum direction dir, uint64_t missing)
{
    struct imap *s = state;
    struct imap_line *l = &s->line[dir];
    struct imap_mail *m = dir == TO_SERVER ? &s->append : &s->fetch;

    (void)cx;
    if (s->stop)
        return;
    if (imap_packed_on(&s->packed[dir])) { /* how much of what is inside is missing, nobody knows */
        imap_packed_gap(&s->packed[dir]);
        if (l->left) {
            imap_mail_gap(m, 1);
            imap_mail_end(m, false);
        }
        return;
    }
    if (l->left)
        imap_mail_gap(m, missing < l->left ? missing : l->left);
    if (!imap_line_gap(l, missing) || !l->left)
        imap_mail_end(m, false);
}

static void imap_end(void *state, struct proto_ctx *cx, enum direction dir)
{
    (void)state;
    (void)cx;
    (void)dir;
}

static void imap_close(void *state, struct proto_ctx *cx)
{
    struct imap *s = state;

    imap_mail_done(&s->append);
    imap_mail_done(&s->fetch);
    imap_packed_done(&s->packed[TO_SERVER]);
    imap_packed_done(&s->packed[TO_CLIENT]);
    for (size_t i = 0; i < IMAP_OPEN; i++)
        log_exchange(s, &s->open[(s->next + i) % IMAP_OPEN]);
    imap_line_done(&s->line[TO_SERVER]);
    imap_line_done(&s->line[TO_CLIENT]);
    proto_release(cx, FLOW_CHARGE);
}

const struct proto imap_proto = {
    .name = "imap",
    .state_size = sizeof(struct imap),
    .probe = imap_probe,
    .open = imap_open,
    .feed = imap_feed,
    .gap = imap_gap,
    .end = imap_end,
    .close = imap_close,
};
