/* SPDX-License-Identifier: GPL-3.0-or-later
 * Cuts the stream into messages and units, and passes data on without collecting it. */
#include "sensor/decode/smb.h"
#include "sensor/decode/smb_event.h"
#include "sensor/decode/smb_probe.h"
#include "sensor/decode/smb_state.h"

#define TRANSFORM_HEAD 52u
#define COMPRESSED_HEAD 16u
#define KEPT_BUFFER (16u << 10) /* a buffer larger than this is not kept for the next message */

/* ---- one direction ---- */

static void forget(struct smb *s, struct smb_half *h)
{
    if (h->kept.cap > KEPT_BUFFER) {
        writer_done(&h->kept);
        writer_init(&h->kept, SMB_WHOLE_MAX);
    } else {
        writer_clear(&h->kept);
    }
    if (h->charged > KEPT_BUFFER) {
        proto_release(s->cx, h->charged);
        h->charged = 0;
    }
}

static void chunk_end(struct smb *s, struct smb_half *h)
{
    smb_file_unref(s, h->chunk.file);
    h->chunk = (struct smb_chunk){0};
}

static void next_message(struct smb *s, struct smb_half *h)
{
    chunk_end(s, h);
    smb_file_unref(s, h->chain.file);
    h->chain = (struct smb_chain){0};
    h->message = h->unit = 0;
    h->where = SMB_NETBIOS;
    h->want = NETBIOS_HEAD;
}

static void lost(struct smb *s, struct smb_half *h)
{
    forget(s, h);
    next_message(s, h);
    h->where = SMB_HUNT;
}

static void next_unit(struct smb *s, struct smb_half *h)
{
    chunk_end(s, h);
    if (!h->message) {
        next_message(s, h);
        return;
    }
    h->where = SMB_MARK;
    h->want = 4;
}

/* The rest of the message is of no use. */
static void skip_message(struct smb_half *h)
{
    h->unit = h->message;
    h->where = SMB_DATA;
}

static void malformed(struct smb *s, struct smb_half *h)
{
    proto_anomaly(s->cx, h->dir, "smb.malformed_data");
    skip_message(h);
}

void smb_data(struct smb *s, struct smb_half *h, struct smb_file *f, enum smb_way way, uint64_t offset,
              uint64_t data, uint64_t length)
{
    if (data > h->unit || length > h->unit - data) {
        proto_anomaly(s->cx, h->dir, "smb.malformed_data");
        if (data > h->unit)
            return;
        length = h->unit - data;
    }
    chunk_end(s, h);
    h->chunk = (struct smb_chunk){smb_file_ref(f), way, data, length, offset};
}

/* Passes n bytes of the unit: what of them is data goes to its file. missing: they are not there. */
static void pass(struct smb *s, struct smb_half *h, struct span bytes, uint64_t n, bool missing)
{
    struct smb_chunk *c = &h->chunk;
    uint64_t pad = c->pad < n ? c->pad : n, data = c->left < n - pad ? c->left : n - pad;

    c->pad -= pad;
    c->left -= data;
    if (c->file && data && !missing)
        smb_file_put(s, c->file, c->way, h->dir, c->offset, span_part(bytes, (size_t)pad, (size_t)data),
                     c->left);
    c->offset += data;
    h->unit -= n;
    h->message -= n;
}

static void take_netbios(struct smb *s, struct smb_half *h, struct span head)
{
    struct reader r = reader_span(head);
    uint8_t type = reader_u8(&r);

    h->message = reader_be24(&r);
    if (type == NETBIOS_MESSAGE && h->message >= 4) {
        h->where = SMB_MARK;
        h->want = 4;
    } else if (type == NETBIOS_MESSAGE || (type >= NETBIOS_REQUEST && type <= NETBIOS_KEEPALIVE)) {
        skip_message(h);
    } else {
        proto_anomaly(s->cx, h->dir, "smb.malformed_nbss");
        lost(s, h);
    }
}

static void take_mark(struct smb *s, struct smb_half *h, struct span head)
{
    if (!smb_mark(head, &h->kind)) {
        malformed(s, h);
        return;
    }
    h->unit = h->message;
    h->want = h->kind == 0xFF   ? SMB1_HEAD
              : h->kind == 0xFE ? SMB2_HEAD
              : h->kind == 0xFD ? TRANSFORM_HEAD
                                : COMPRESSED_HEAD;
    if (h->want > h->unit)
        malformed(s, h);
    else
        h->where = SMB_FIXED;
}

/* Encrypted or compressed: said once, and passed over. */
static void take_closed(struct smb *s, struct smb_half *h, struct span head)
{
    bool encrypted = h->kind == 0xFD;
    bool *told = encrypted ? &s->encrypted : &s->compressed;
    struct reader r = reader_span(head);

    skip_message(h);
    if (*told)
        return;
    *told = true;
    if (encrypted)
        reader_seek(&r, 44);
    smb_event_unread(s, h->dir, encrypted ? reader_le64(&r) : 0, encrypted ? "encrypted" : "compressed");
    proto_anomaly(s->cx, h->dir, encrypted ? "smb.encrypted" : "smb.compressed");
}

static void take_fixed(struct smb *s, struct smb_half *h, struct span head)
{
    struct reader r = reader_span(head);

    if (h->kind == 0xFD || h->kind == 0xFC) {
        take_closed(s, h, head);
        return;
    }
    if (h->kind == 0xFE) {
        reader_seek(&r, 4);
        bool known = reader_le16(&r) == SMB2_HEAD;
        reader_seek(&r, 20);
        uint32_t next = reader_le32(&r);
        if (!known || (next && (next < SMB2_HEAD || next > h->message - SMB2_HEAD))) {
            malformed(s, h);
            return;
        }
        if (next)
            h->unit = next;
    }
    h->want = h->kind == 0xFE ? smb2_want(head, h->unit) : smb1_want(head, h->unit);
    h->where = SMB_HEAD;
}

static void take_unit(struct smb *s, struct smb_half *h, struct span head)
{
    h->where = SMB_DATA;
    if (h->kind == 0xFE)
        smb2_unit(s, h, head, h->unit);
    else
        smb1_unit(s, h, head, h->unit);
}

static void take_head(struct smb *s, struct smb_half *h, struct span head)
{
    size_t want = h->kind == 0xFE ? smb2_want(head, h->unit) : smb1_want(head, h->unit);

    if (want > head.n) /* what is there says that more is needed */
        h->want = want;
    else
        take_unit(s, h, head);
}

/* The bytes that were wanted. Those of a unit are seen again until the unit has what it needs. */
static void take(struct smb *s, struct smb_half *h, struct span head)
{
    switch (h->where) {
    case SMB_NETBIOS:
        take_netbios(s, h, head);
        break;
    case SMB_MARK:
        take_mark(s, h, head);
        break;
    case SMB_FIXED:
        take_fixed(s, h, head);
        break;
    case SMB_HEAD:
        take_head(s, h, head);
        break;
    case SMB_HUNT:
    case SMB_DATA:
        break;
    }
}

static void feed_data(struct smb *s, struct smb_half *h, struct span *in)
{
    size_t n = h->unit < in->n ? (size_t)h->unit : in->n;

    pass(s, h, *in, n, false);
    *in = span_part(*in, n, in->n);
    if (!h->unit)
        next_unit(s, h);
}

/* What was seen of a message is behind us, or is passed as the beginning of its data. */
static void settle(struct smb *s, struct smb_half *h, enum smb_where before, struct span head)
{
    if (h->where != SMB_DATA)
        return;
    if (before == SMB_NETBIOS) {
        if (!h->unit)
            next_unit(s, h);
        return;
    }
    while (head.n && h->where == SMB_DATA)
        feed_data(s, h, &head);
}

/* Adds what is wanted from *in to what was kept; false when that is not enough yet, or fails. */
static bool keep(struct smb *s, struct smb_half *h, struct span *in)
{
    size_t n = h->want - h->kept.n < in->n ? h->want - h->kept.n : in->n;
    size_t need = h->kept.n + n;

    if (need > h->charged) {
        if (!proto_charge(s->cx, need - h->charged)) {
            proto_anomaly(s->cx, h->dir, "smb.memory");
            lost(s, h);
            return false;
        }
        h->charged = need;
    }
    writer_put(&h->kept, span_part(*in, 0, n));
    *in = span_part(*in, n, in->n);
    if (!writer_ok(&h->kept))
        lost(s, h);
    return h->where != SMB_HUNT && h->kept.n == h->want;
}

/* Takes what is wanted from *in, over more than one call where it must be. The head of a unit is looked at
 * again and again until it is whole; where it lies in one feed it is not copied. */
static void feed_head(struct smb *s, struct smb_half *h, struct span *in)
{
    bool direct = !h->kept.n && in->n >= h->want;
    struct span head;
    enum smb_where before;

    if (!direct && !keep(s, h, in))
        return;
    do {
        before = h->where;
        head = span_part(direct ? *in : writer_span(&h->kept), 0, h->want);
        take(s, h, head);
    } while ((h->where == SMB_FIXED || h->where == SMB_HEAD) && h->want <= (direct ? in->n : h->kept.n));
    if (h->where == SMB_HUNT || h->where == SMB_FIXED || h->where == SMB_HEAD)
        return; /* forgotten, or wanted with more behind it */
    settle(s, h, before, head);
    if (direct)
        *in = span_part(*in, head.n, in->n);
    else
        forget(s, h);
}

static void run(struct smb *s, struct smb_half *h, struct span in);

static void hunt(struct smb *s, struct smb_half *h, struct span *in)
{
    uint8_t bytes[2 * SMB_HEADER_TRIAL];
    size_t old = h->kept.n;
    struct writer joined;
    ptrdiff_t at;

    writer_fixed(&joined, bytes, sizeof(bytes));
    writer_put(&joined, writer_span(&h->kept));
    writer_put(&joined, span_part(*in, 0, SMB_HEADER_TRIAL));
    at = smb_header_find(writer_span(&joined));
    writer_clear(&h->kept);
    if (old && at >= 0 && (size_t)at < old) { /* it began in the feed before */
        next_message(s, h);
        run(s, h, span_part(writer_span(&joined), (size_t)at, old - (size_t)at));
        return;
    }
    at = smb_header_find(*in);
    if (at >= 0) {
        next_message(s, h);
        *in = span_part(*in, (size_t)at, in->n);
        return;
    }
    /* The last bytes may be the beginning of one. */
    struct span tail = in->n >= SMB_HEADER_TRIAL ? *in : span_part(writer_span(&joined), 0, old + in->n);
    if (tail.n > SMB_HEADER_TRIAL - 1)
        tail = span_part(tail, tail.n - (SMB_HEADER_TRIAL - 1), tail.n);
    writer_put(&h->kept, tail);
    *in = (struct span){0};
}

static void run(struct smb *s, struct smb_half *h, struct span in)
{
    while (in.n) {
        if (h->where == SMB_DATA)
            feed_data(s, h, &in);
        else if (h->where == SMB_HUNT)
            hunt(s, h, &in);
        else
            feed_head(s, h, &in);
    }
}

/* ---- the parser ---- */

static int smb_open(void *state, struct proto_ctx *cx)
{
    struct smb *s = state;

    s->cx = cx;
    for (int d = 0; d < 2; d++) {
        struct smb_half *h = &s->half[d];
        h->dir = (enum direction)d;
        writer_init(&h->kept, SMB_WHOLE_MAX);
        next_message(s, h);
        if (cx->midstream)
            h->where = SMB_HUNT;
    }
    return 0;
}

static void smb_feed(void *state, struct proto_ctx *cx, enum direction dir, struct span bytes)
{
    struct smb *s = state;

    run(s, &s->half[dir], bytes);
}

static void smb_gap(void *state, struct proto_ctx *cx, enum direction dir, uint64_t missing)
{
    struct smb *s = state;
    struct smb_half *h = &s->half[dir];
    uint64_t part;

    proto_anomaly(cx, dir, "smb.gap");
    if (h->where == SMB_HEAD) {
        take_unit(s, h, writer_span(&h->kept)); /* what has come of it may do */
        settle(s, h, SMB_HEAD, writer_span(&h->kept));
        forget(s, h);
    } else if (h->where == SMB_MARK || h->where == SMB_FIXED) { /* only where its message ends is known */
        h->message -= h->kept.n < h->message ? h->kept.n : h->message;
        forget(s, h);
        skip_message(h);
    }
    part = missing < h->unit ? missing : h->unit;
    if (h->where != SMB_DATA) {
        lost(s, h);
        return;
    }
    pass(s, h, (struct span){0}, part, true);
    missing -= part;
    if (h->unit)
        return;
    if (!missing) {
        next_unit(s, h);
    } else if (missing < h->message) { /* units of a chain are missing: which, nobody knows */
        chunk_end(s, h);
        skip_message(h);
        pass(s, h, (struct span){0}, missing, true);
    } else if (missing == h->message) {
        next_message(s, h);
    } else {
        lost(s, h);
    }
}

static void smb_end(void *state, struct proto_ctx *cx, enum direction dir)
{
    struct smb *s = state;
    struct smb_half *h = &s->half[dir];

    if (h->where != SMB_HUNT && (h->message || h->kept.n))
        proto_anomaly(cx, dir, "smb.truncated");
    forget(s, h);
    next_message(s, h);
}

static void smb_close(void *state, struct proto_ctx *cx)
{
    struct smb *s = state;

    for (int d = 0; d < 2; d++) {
        struct smb_half *h = &s->half[d];
        next_message(s, h);
        writer_done(&h->kept);
        proto_release(cx, h->charged);
        h->charged = 0;
    }
    smb_requests_done(s);
    smb_files_done(s);
    smb_trees_done(s);
}

const struct proto smb_proto = {
    .name = "smb",
    .state_size = sizeof(struct smb),
    .probe = smb_probe,
    .open = smb_open,
    .feed = smb_feed,
    .gap = smb_gap,
    .end = smb_end,
    .close = smb_close,
};
