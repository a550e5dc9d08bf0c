/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/tftp.h"
#include "sensor/decode/carve.h"
#include "sensor/decode/expect.h"

#include <stdlib.h>

#define FLOW_CHARGE (2u << 10)
#define CONTEXT_MAX (8u << 10)
#define NAME_MAX_BYTES 512u
#define BLOCK_DEFAULT 512u
#define BLOCK_MIN 8u
#define BLOCK_MAX 65464u

enum opcode { OP_NONE, OP_READ, OP_WRITE, OP_DATA, OP_ACK, OP_ERROR, OP_OPTIONS };

static const char *const modes[] = {"octet", "netascii", "mail"};

/* What a request says. */
struct request {
    enum opcode op;
    struct span name;
    unsigned mode;  /* of modes */
    uint32_t block; /* bytes of a block */
    uint32_t window;
};
/* A block ahead of its turn. */
struct held {
    uint64_t index;
    uint8_t *p;
    size_t n;
};
struct tftp {
    struct proto_ctx *cx;
    struct expect_member member;
    struct transfer *document;
    struct request request; /* its name lies in `name` */
    struct writer name;
    uint64_t next;          /* number of the next block, not cut to 16 bits */
    uint32_t block, window; /* as agreed */
    uint32_t tx;
    bool over;    /* its last block came, or an error */
    bool begun;   /* a block came */
    bool acked;   /* an acknowledgement came */
    uint16_t ack; /* the last one */
    enum direction sender;
    struct held held[TFTP_HELD];
};

/* ---- requests ---- */

static struct span text(struct reader *r)
{
    struct reader look = *r;
    struct span rest = reader_rest(&look);
    ptrdiff_t end = span_find_byte(rest, 0, 0);
    struct span s = reader_take(r, end < 0 ? rest.n + 1 : (size_t)end);

    reader_skip(r, 1);
    return s;
}

/* Options behind a request or in an OACK; unknown ones and nonsense are passed over. */
static void read_options(struct reader *r, struct request *ret)
{
    uint64_t n;

    while (reader_left(r)) {
        struct span key = text(r), value = text(r);
        if (!reader_ok(r))
            return;
        if (span_eq_nocase(key, "blksize") && span_number(value, BLOCK_MAX, &n) && n >= BLOCK_MIN)
            ret->block = (uint32_t)n;
        if (span_eq_nocase(key, "windowsize") && span_number(value, 65535, &n) && n)
            ret->window = (uint32_t)n;
    }
}

static bool read_request(struct span bytes, struct request *ret)
{
    struct reader r = reader_span(bytes);
    unsigned op = reader_be16(&r);
    struct span mode;

    *ret = (struct request){.op = (enum opcode)op, .block = BLOCK_DEFAULT, .window = 1};
    ret->name = text(&r);
    mode = text(&r);
    if (!reader_ok(&r) || (op != OP_READ && op != OP_WRITE) || !ret->name.n || ret->name.n > NAME_MAX_BYTES)
        return false;
    for (size_t i = 0; i < ret->name.n; i++)
        if (ret->name.p[i] < ' ')
            return false;
    while (ret->mode < GH_COUNT(modes) && !span_eq_nocase(mode, modes[ret->mode]))
        ret->mode++;
    if (ret->mode == GH_COUNT(modes))
        return false;
    read_options(&r, ret);
    return true;
}

static void write_members(const struct request *q, struct jw *j)
{
    jw_kobj(j, "tftp");
    jw_kcstr(j, "packet", q->op == OP_READ ? "read" : "write");
    jw_kstr(j, "file", q->name);
    jw_kcstr(j, "mode", modes[q->mode]);
    jw_end_obj(j);
}

/* ---- a transfer ---- */

static void held_free(struct tftp *s, struct held *h)
{
    if (!h->p)
        return;
    free(h->p);
    h->p = NULL;
    proto_release(s->cx, h->n);
}

static void finish(struct tftp *s, bool complete)
{
    struct writer w;
    struct jw j;

    for (size_t i = 0; i < TFTP_HELD; i++)
        held_free(s, &s->held[i]);
    s->over = true;
    if (!s->document)
        return;
    writer_init(&w, CONTEXT_MAX);
    jw_init(&j, &w);
    jw_obj(&j);
    write_members(&s->request, &j);
    jw_end_obj(&j);
    if (writer_ok(&w))
        carve_context(s->document, span_part(writer_span(&w), 1, w.n - 2));
    writer_done(&w);
    carve_close(s->document, complete);
    s->document = NULL;
}

/* A new transfer, nothing of it seen yet. */
static void begin(struct tftp *s, const struct request *q)
{
    finish(s, false);
    s->request = *q;
    writer_clear(&s->name);
    writer_put(&s->name, q->name);
    s->request.name = writer_span(&s->name);
    s->next = 1;
    s->block = BLOCK_DEFAULT;
    s->window = 1;
    s->tx = s->cx->tx_next++;
    s->over = s->begun = s->acked = false;
}

static void append(struct tftp *s, struct span bytes)
{
    if (!s->document && !s->begun)
        s->document = carve_open(s->cx, s->sender, writer_span(&s->name), s->tx);
    s->begun = true;
    s->next++;
    carve_data(s->document, bytes);
    if (bytes.n < s->block)
        finish(s, true);
}

/* Blocks before index never came. */
static void miss(struct tftp *s, uint64_t index)
{
    if (!s->document && !s->begun)
        s->document = carve_open(s->cx, s->sender, writer_span(&s->name), s->tx);
    s->begun = true;
    carve_gap(s->document, (index - s->next) * s->block);
    s->next = index;
}

static struct held *held_find(struct tftp *s, uint64_t index)
{
    for (size_t i = 0; i < TFTP_HELD; i++)
        if (s->held[i].p && s->held[i].index == index)
            return &s->held[i];
    return NULL;
}

/* Those whose turn has come. */
static void append_held(struct tftp *s)
{
    struct held *h;

    while (!s->over && (h = held_find(s, s->next))) {
        append(s, span_of(h->p, h->n));
        held_free(s, h);
    }
    for (size_t i = 0; i < TFTP_HELD; i++)
        if (s->held[i].p && s->held[i].index < s->next)
            held_free(s, &s->held[i]);
}

static bool hold(struct tftp *s, uint64_t index, struct span bytes)
{
    if (held_find(s, index))
        return true;
    for (size_t i = 0; i < TFTP_HELD; i++) {
        struct held *h = &s->held[i];
        if (h->p)
            continue;
        if (!proto_charge(s->cx, bytes.n))
            return false;
        h->p = malloc(bytes.n ? bytes.n : 1);
        if (!h->p) {
            proto_release(s->cx, bytes.n);
            return false;
        }
        if (bytes.n)
            memcpy(h->p, bytes.p, bytes.n);
        h->n = bytes.n;
        h->index = index;
        return true;
    }
    return false;
}

static void data(struct tftp *s, enum direction dir, uint16_t number, struct span bytes)
{
    int16_t ahead = (int16_t)(number - (uint16_t)s->next);

    if (!s->begun)
        s->sender = dir;
    if (dir != s->sender)
        return;
    if (bytes.n > s->block) /* what was agreed was not seen: what was asked for is next to it */
        s->block = bytes.n <= s->request.block ? s->request.block : (uint32_t)bytes.n;
    if (number == 1 && (uint16_t)s->next == 0 && s->next > 1 && (!s->acked || s->ack == 65535)) {
        s->next++; /* a sender that never uses 0 again */
        ahead = 0;
    }
    if (ahead < 0)
        return;
    if (ahead > 0) {
        if (s->window > 1 && hold(s, s->next + (uint64_t)ahead, bytes))
            return;
        miss(s, s->next + (uint64_t)ahead);
    }
    append(s, bytes);
    append_held(s);
}

static void acknowledged(struct tftp *s, enum direction dir, uint16_t number)
{
    int16_t ahead = (int16_t)(number - (uint16_t)s->next);

    if (s->begun && dir == s->sender)
        return;
    s->acked = true;
    s->ack = number;
    if (!s->begun || ahead < 0)
        return;
    for (uint64_t end = s->next + (uint64_t)ahead + 1; !s->over && s->next < end;) {
        uint64_t there = end; /* the next one that did come */
        for (size_t i = 0; i < TFTP_HELD; i++)
            if (s->held[i].p && s->held[i].index < there)
                there = s->held[i].index;
        if (there > s->next)
            miss(s, there);
        append_held(s);
    }
}

/* ---- the parser ---- */

static void told(void *state, const struct expect_note *note)
{
    struct tftp *s = state;
    struct request q = {0};

    if (!note || s->request.op)
        return;
    q.op = note->command == OP_WRITE ? OP_WRITE : OP_READ;
    q.name = note->name;
    q.block = (uint32_t)(note->number & 0xFFFFF);
    q.window = (uint32_t)(note->number >> 20 & 0xFFFFF);
    q.mode = (unsigned)(note->number >> 40) % GH_COUNT(modes);
    begin(s, &q);
}

static void requested(struct tftp *s, enum direction dir, const struct request *q)
{
    const struct proto_ctx *cx = s->cx;
    struct expect_key key = dir == TO_SERVER ? expect_key(cx->client, cx->ipv6, cx->client_port, true)
                                             : expect_key(cx->server, cx->ipv6, cx->server_port, true);
    struct expect_note note = {.command = (uint8_t)q->op,
                               .final = true,
                               .number = q->block | (uint64_t)q->window << 20 | (uint64_t)q->mode << 40,
                               .name = q->name};
    struct jw j;
    uint64_t serial;

    begin(s, q);
    if (cx->expects) {
        int status = expect_announce(cx->expects, &key, &tftp_proto, cx->now_us, &serial);
        expect_tell(cx->expects, &key, serial, &note, cx->now_us);
        if (status != 0)
            proto_anomaly(s->cx, dir, status == ST_LIMIT ? "tftp.transfers_forgotten" : "tftp.no_memory");
    }
    proto_event_begin(s->cx, EVENT_TFTP, dir, s->tx, &j);
    write_members(q, &j);
    proto_event_end(s->cx, &j, 0);
}

static void tftp_datagram(void *state, struct proto_ctx *cx, enum direction dir, struct span bytes)
{
    struct tftp *s = state;
    struct reader r = reader_span(bytes);
    unsigned op = reader_be16(&r), number = 0;
    struct request q;

    (void)cx;
    if (read_request(bytes, &q)) {
        requested(s, dir, &q);
        return;
    }
    if (!s->request.op || s->over)
        return;
    if (op == OP_OPTIONS) {
        q = (struct request){.block = s->block, .window = s->window};
        read_options(&r, &q);
        s->block = q.block;
        s->window = q.window;
        return;
    }
    number = reader_be16(&r);
    if (!reader_ok(&r))
        return;
    if (op == OP_DATA)
        data(s, dir, (uint16_t)number, reader_rest(&r));
    else if (op == OP_ACK)
        acknowledged(s, dir, (uint16_t)number);
    else if (op == OP_ERROR)
        finish(s, false);
}

static enum probe tftp_probe(const struct proto_ctx *cx, enum direction dir, struct span first)
{
    struct request q;

    (void)cx;
    (void)dir;
    return read_request(first, &q) ? PROBE_YES : PROBE_NO;
}

static int tftp_open(void *state, struct proto_ctx *cx)
{
    struct tftp *s = state;

    if (!proto_charge(cx, FLOW_CHARGE))
        return ST_LIMIT;
    s->cx = cx;
    writer_init(&s->name, NAME_MAX_BYTES);
    s->member.state = s;
    s->member.told = told;
    if (expect_lookup(cx->expects, cx, false))
        expect_join(cx->expects, &s->member, cx);
    return 0;
}

static void tftp_close(void *state, struct proto_ctx *cx)
{
    struct tftp *s = state;

    expect_leave(cx->expects, &s->member);
    finish(s, false);
    writer_done(&s->name);
    proto_release(cx, FLOW_CHARGE);
}

const struct proto tftp_proto = {
    .name = "tftp",
    .state_size = sizeof(struct tftp),
    .probe = tftp_probe,
    .open = tftp_open,
    .close = tftp_close,
    .datagram = tftp_datagram,
};
