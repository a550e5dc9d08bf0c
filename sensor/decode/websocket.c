/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/websocket.h"
#include "sensor/decode/carve.h"
#include "sensor/decode/inflate.h"

#include <stdlib.h>

#define DECODER_CHARGE (64u << 10)
#define HEAD_MAX 14u /* bytes of a frame's header at most */
#define CONTROL_MAX 125u
#define UNMASK 4096u

enum opcode { OP_CONTINUATION, OP_TEXT, OP_BINARY, OP_CLOSE = 8, OP_PING, OP_PONG };

struct frame {
    bool fin, compressed, masked;
    uint8_t opcode;
    uint8_t mask[4];
    uint64_t length;
};
enum parsed { PARSED_FRAME, PARSED_MORE, PARSED_BAD };

enum state { WS_HEAD, WS_PAYLOAD, WS_LOST };

struct side {
    struct websocket *w;
    enum direction dir;
    enum state state;
    struct writer head;
    uint8_t head_bytes[HEAD_MAX];
    struct frame frame;
    uint64_t left;
    unsigned mask_at; /* of the next byte */
    bool message;     /* one is open */
    bool raw;         /* its bytes are carved as they cross: not compressed, or nobody can tell from what */
    bool broken;      /* it can no longer be read */
    uint64_t decoded; /* bytes that came out of it */
    struct transfer *doc;
    bool no_takeover;  /* each message is compressed by itself */
    bool context_lost; /* nothing compressed can be read any more */
    struct inflate *z;
};

struct websocket {
    struct proto_ctx *cx;
    enum direction client;
    bool deflate; /* permessage-deflate was agreed */
    struct http_tx *tx;
    struct writer name;
    struct side side[2];
};

static bool control(const struct frame *f)
{
    return f->opcode >= OP_CLOSE;
}

/* RFC 6455 section 5.2; *ret_size of the header. */
static enum parsed parse_frame(bool deflate, struct span s, struct frame *ret, size_t *ret_size)
{
    struct reader r = reader_span(s);
    uint8_t first = reader_u8(&r), second = reader_u8(&r);
    struct frame f = {.fin = first & 0x80, .compressed = first & 0x40, .masked = second & 0x80};

    f.opcode = first & 15;
    f.length = second & 0x7f;
    if (f.length == 126)
        f.length = reader_be16(&r);
    else if (f.length == 127)
        f.length = reader_be64(&r);
    if (f.masked)
        reader_copy(&r, f.mask, sizeof(f.mask));
    if (!reader_ok(&r))
        return PARSED_MORE;
    if ((first & 0x30) || (f.compressed && (!deflate || control(&f) || !f.opcode)) || f.length >> 63 ||
        (f.opcode > OP_BINARY && f.opcode < OP_CLOSE) || f.opcode > OP_PONG ||
        (control(&f) && (!f.fin || f.length > CONTROL_MAX)))
        return PARSED_BAD;
    *ret = f;
    *ret_size = r.pos;
    return PARSED_FRAME;
}

bool websocket_begins(struct span bytes)
{
    struct frame f;
    size_t size;

    return parse_frame(true, bytes, &f, &size) == PARSED_FRAME && f.masked && f.opcode != OP_CONTINUATION;
}

/* ---- messages ---- */

static bool out(void *arg, struct span bytes)
{
    struct side *s = arg;
    struct proto_ctx *cx = s->w->cx;
    uint64_t max = carver_options(cx->carver)->decoded_max;
    struct span part = span_part(bytes, 0, (size_t)(max - s->decoded < bytes.n ? max - s->decoded : bytes.n));

    carve_data(s->doc, part);
    s->decoded += part.n;
    if (part.n == bytes.n)
        return true;
    carve_limit(s->doc, "http_decompress_max");
    proto_anomaly(cx, s->dir, "websocket.decompress_limit");
    return false;
}

static void decoder_close(struct side *s)
{
    if (!s->z)
        return;
    inflate_free(s->z);
    s->z = NULL;
    proto_release(s->w->cx, DECODER_CHARGE);
}

/* The decoder for the message that begins. */
static void decoder_open(struct side *s)
{
    struct proto_ctx *cx = s->w->cx;

    if (s->context_lost)
        return;
    if (s->z) {
        if (s->no_takeover || inflate_state(s->z) != INFLATE_GOING)
            inflate_restart(s->z);
        return;
    }
    if (proto_charge(cx, DECODER_CHARGE)) {
        s->z = inflate_new(CODING_RAW, out, s);
        if (!s->z)
            proto_release(cx, DECODER_CHARGE);
    }
    if (!s->z) {
        s->context_lost = true;
        proto_anomaly(cx, s->dir, "websocket.no_memory_to_decode");
    }
}

/* The compressed message that is open cannot be read on; nor the next ones when they build on it. */
static void decoder_break(struct side *s)
{
    if (s->raw || s->broken)
        return;
    s->broken = true;
    if (s->no_takeover)
        return;
    s->context_lost = true;
    decoder_close(s);
}

static void message_begin(struct side *s, bool compressed)
{
    s->message = true;
    s->broken = false;
    s->decoded = 0;
    s->doc = carve_open(s->w->cx, s->dir, writer_span(&s->w->name), s->w->tx->id);
    if (compressed)
        decoder_open(s);
    s->raw = !compressed || s->context_lost;
}

static void message_data(struct side *s, struct span bytes)
{
    if (s->raw) {
        carve_data(s->doc, bytes);
        return;
    }
    if (s->broken)
        return;
    inflate_feed(s->z, bytes);
    switch (inflate_state(s->z)) {
    case INFLATE_BROKEN:
        proto_anomaly(s->w->cx, s->dir, "websocket.message_broken");
        decoder_break(s);
        break;
    case INFLATE_STOPPED:
        decoder_break(s);
        break;
    default:
        break;
    }
}

static void message_end(struct side *s, bool complete)
{
    static const uint8_t tail[] = {0, 0, 0xff, 0xff}; /* RFC 7692 section 7.2.2: left out by the sender */
    struct writer context;

    if (!s->message)
        return;
    if (!s->raw && !s->broken && complete)
        message_data(s, span_of(tail, sizeof(tail)));
    s->message = false;
    if (complete && !s->broken && carve_size(s->doc) < WEBSOCKET_USEFUL) {
        carve_drop(s->doc);
    } else {
        writer_init(&context, HTTP_CONTEXT_MAX);
        http_tx_context(s->w->tx, &context);
        carve_context(s->doc, writer_span(&context));
        carve_close(s->doc, complete && !s->broken);
        writer_done(&context);
    }
    s->doc = NULL;
}

/* ---- frames ---- */

static void frame_end(struct side *s)
{
    s->state = WS_HEAD;
    if (!control(&s->frame) && s->frame.fin)
        message_end(s, true);
}

static void frame_begin(struct side *s)
{
    struct proto_ctx *cx = s->w->cx;
    const struct frame *f = &s->frame;

    s->left = f->length;
    s->mask_at = 0;
    s->state = WS_PAYLOAD;
    if (f->masked != (s->dir == s->w->client)) /* section 5.1 */
        proto_anomaly(cx, s->dir, "websocket.wrong_masking");
    if (!control(f) && f->opcode != OP_CONTINUATION) {
        if (s->message) {
            proto_anomaly(cx, s->dir, "websocket.message_interrupted");
            message_end(s, false);
        }
        message_begin(s, f->compressed);
    } else if (!control(f) && !s->message) { /* its beginning was missed, or never was */
        proto_anomaly(cx, s->dir, "websocket.continuation_without_message");
        message_begin(s, false);
        carve_gap(s->doc, 1);
    }
    if (!s->left)
        frame_end(s);
}

static void lose(struct side *s)
{
    if (s->message) {
        carve_gap(s->doc, 1);
        decoder_break(s);
        message_end(s, false);
    } else if (s->z && !s->no_takeover) { /* whole messages may be missing */
        s->context_lost = true;
        decoder_close(s);
    }
    writer_clear(&s->head);
    s->state = WS_LOST;
}

/* Do frames, one behind the other, fill these bytes? */
static bool frames_fit(const struct side *s, struct span bytes)
{
    struct frame f;
    size_t size;
    unsigned n = 0;

    while (bytes.n) {
        if (parse_frame(s->w->deflate, bytes, &f, &size) != PARSED_FRAME ||
            f.masked != (s->dir == s->w->client))
            return false;
        if (bytes.n - size < f.length)
            return n > 1;
        bytes = span_part(bytes, size + (size_t)f.length, bytes.n);
        n++;
    }
    return n > 0;
}

/* Takes bytes of a frame's header off *in. */
static void read_head(struct side *s, struct span *in)
{
    size_t size;

    /* Byte by byte: how long it is shows on the way. */
    writer_u8(&s->head, in->p[0]);
    *in = span_part(*in, 1, in->n);
    switch (parse_frame(s->w->deflate, writer_span(&s->head), &s->frame, &size)) {
    case PARSED_MORE:
        return;
    case PARSED_FRAME:
        writer_clear(&s->head);
        frame_begin(s);
        return;
    case PARSED_BAD:
        proto_anomaly(s->w->cx, s->dir, "websocket.bad_frame");
        lose(s);
        return;
    }
}

static void read_payload(struct side *s, struct span *in)
{
    struct span part = span_part(*in, 0, (size_t)(s->left < in->n ? s->left : in->n));
    struct reader r = reader_span(part);
    uint8_t plain[UNMASK];

    *in = span_part(*in, part.n, in->n);
    s->left -= part.n;
    if (!control(&s->frame) && !s->frame.masked)
        message_data(s, part);
    while (!control(&s->frame) && s->frame.masked && reader_left(&r)) {
        size_t n = reader_left(&r) < sizeof(plain) ? reader_left(&r) : sizeof(plain);
        for (size_t i = 0; i < n; i++)
            plain[i] = reader_u8(&r) ^ s->frame.mask[s->mask_at++ & 3];
        message_data(s, span_of(plain, n));
    }
    if (!s->left)
        frame_end(s);
}

void websocket_feed(struct websocket *w, enum direction dir, struct span in)
{
    struct side *s = &w->side[dir];

    if (s->state == WS_LOST && frames_fit(s, in))
        s->state = WS_HEAD;
    while (in.n && s->state != WS_LOST)
        if (s->state == WS_HEAD)
            read_head(s, &in);
        else
            read_payload(s, &in);
}

void websocket_gap(struct websocket *w, enum direction dir, uint64_t missing)
{
    struct side *s = &w->side[dir];

    if (s->state != WS_PAYLOAD || missing > s->left) {
        lose(s);
        return;
    }
    s->left -= missing;
    s->mask_at += (unsigned)(missing & 3);
    if (!control(&s->frame)) {
        carve_gap(s->doc, missing);
        decoder_break(s);
    }
    if (!s->left)
        frame_end(s);
}

void websocket_end(struct websocket *w, enum direction dir)
{
    message_end(&w->side[dir], false);
}

/* ---- life ---- */

static bool has_word(struct span s, const char *word)
{
    for (size_t i = 0; i < s.n; i++)
        if (span_starts_nocase(span_part(s, i, s.n), word))
            return true;
    return false;
}

struct websocket *websocket_new(struct proto_ctx *cx, enum direction client, const struct http_tx *request,
                                struct span extensions)
{
    struct websocket *w;
    struct http_head head;

    if (!proto_charge(cx, WEBSOCKET_CHARGE))
        return NULL;
    w = calloc(1, sizeof(*w));
    if (!w || !(w->tx = http_tx_new(cx, request->id))) {
        free(w);
        proto_release(cx, WEBSOCKET_CHARGE);
        return NULL;
    }
    w->cx = cx;
    w->client = client;
    http_tx_copy(w->tx, request);
    w->tx->stream = request->stream;
    w->tx->status = request->status;
    w->tx->response_seen = true;
    writer_init(&w->name, HTTP_VALUE_MAX);
    http_head_init(&head);
    http_tx_name(w->tx, &head, &w->name);
    http_head_done(&head);
    w->deflate = has_word(extensions, "permessage-deflate");
    for (int d = 0; d < 2; d++) {
        struct side *s = &w->side[d];
        s->w = w;
        s->dir = (enum direction)d;
        writer_fixed(&s->head, s->head_bytes, sizeof(s->head_bytes));
        s->no_takeover = has_word(extensions, d == (int)client ? "client_no_context_takeover"
                                                               : "server_no_context_takeover");
    }
    return w;
}

void websocket_free(struct websocket *w)
{
    struct proto_ctx *cx;

    if (!w)
        return;
    cx = w->cx;
    for (int d = 0; d < 2; d++) {
        message_end(&w->side[d], false);
        decoder_close(&w->side[d]);
    }
    http_tx_free(cx, w->tx);
    writer_done(&w->name);
    free(w);
    proto_release(cx, WEBSOCKET_CHARGE);
}
