/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/pdu.h"

void pdu_init(struct pdu *p, const struct pdu_kind *k)
{
    *p = (struct pdu){.lost = false};
    writer_init(&p->kept, k->max);
}

static void forget(struct pdu *p, struct proto_ctx *cx)
{
    size_t max = p->kept.max;

    writer_done(&p->kept);
    writer_init(&p->kept, max);
    proto_release(cx, p->charged);
    p->charged = 0;
}

void pdu_done(struct pdu *p, struct proto_ctx *cx)
{
    forget(p, cx);
    writer_done(&p->kept);
}

static void close_direction(struct pdu *p, struct proto_ctx *cx, enum direction dir, const char *why)
{
    p->closed = true;
    forget(p, cx);
    if (why)
        proto_anomaly(cx, dir, why);
}

static bool keep(struct pdu *p, struct proto_ctx *cx, struct span bytes)
{
    size_t need = p->kept.n + bytes.n;

    if (need > p->charged) {
        if (!proto_charge(cx, need - p->charged))
            return false;
        p->charged = need;
    }
    writer_put(&p->kept, bytes);
    return writer_ok(&p->kept);
}

/* Steps over a message of `size` bytes of which `have` were seen. */
static void step_over(struct pdu *p, const struct pdu_kind *k, struct proto_ctx *cx, enum direction dir,
                      size_t size, size_t have)
{
    p->skip = size - have;
    forget(p, cx);
    proto_anomaly(cx, dir, k->too_long);
}

static void deliver(struct pdu *p, const struct pdu_kind *k, void *arg, struct proto_ctx *cx,
                    enum direction dir, struct span message)
{
    if (!k->message(arg, cx, dir, message))
        close_direction(p, cx, dir, NULL);
}

/* Adds to the kept message what belongs to it. A length field arrives byte by byte, the rest at once. */
static void complete_kept(struct pdu *p, const struct pdu_kind *k, void *arg, struct proto_ctx *cx,
                          enum direction dir, struct span *bytes)
{
    while (p->kept.n && bytes->n && !p->closed) {
        size_t size = k->size(writer_span(&p->kept));
        struct span part = span_part(*bytes, 0, size ? size - p->kept.n : 1);
        *bytes = span_part(*bytes, part.n, SIZE_MAX);
        if (!keep(p, cx, part)) {
            close_direction(p, cx, dir, k->no_memory);
            return;
        }
        size = k->size(writer_span(&p->kept));
        if (size == PDU_NONE) {
            close_direction(p, cx, dir, k->invalid);
        } else if (size > k->max) {
            step_over(p, k, cx, dir, size, p->kept.n);
        } else if (size && size <= p->kept.n) {
            deliver(p, k, arg, cx, dir, span_part(writer_span(&p->kept), 0, size));
            if (!p->closed)
                forget(p, cx);
        }
    }
}

static void skip(struct pdu *p, struct span *bytes)
{
    size_t n = p->skip < bytes->n ? (size_t)p->skip : bytes->n;

    p->skip -= n;
    *bytes = span_part(*bytes, n, SIZE_MAX);
}

void pdu_feed(struct pdu *p, const struct pdu_kind *k, void *arg, struct proto_ctx *cx, enum direction dir,
              struct span bytes)
{
    if (p->lost) { /* messages mostly start with a segment: try */
        size_t size = k->size(bytes);
        if (size == PDU_MORE || size > bytes.n)
            return;
        p->lost = false;
    }
    skip(p, &bytes);
    complete_kept(p, k, arg, cx, dir, &bytes);
    while (bytes.n && !p->closed) {
        size_t size = k->size(bytes);
        if (size == PDU_NONE) {
            close_direction(p, cx, dir, k->invalid);
        } else if (size > k->max) {
            step_over(p, k, cx, dir, size, 0);
            skip(p, &bytes);
        } else if (size == PDU_MORE || size > bytes.n) {
            if (!keep(p, cx, bytes))
                close_direction(p, cx, dir, k->no_memory);
            return;
        } else {
            deliver(p, k, arg, cx, dir, span_part(bytes, 0, size));
            bytes = span_part(bytes, size, SIZE_MAX);
        }
    }
}

void pdu_gap(struct pdu *p, const struct pdu_kind *k, struct proto_ctx *cx, enum direction dir,
             uint64_t missing)
{
    size_t size = p->kept.n ? k->size(writer_span(&p->kept)) : 0;
    uint64_t due = p->skip ? p->skip : size ? size - p->kept.n : 0;

    if (p->closed)
        return;
    proto_anomaly(cx, dir, k->gap);
    forget(p, cx);
    p->lost = missing > due || !due;
    p->skip = p->lost ? 0 : due - missing;
}

void pdu_end(struct pdu *p, const struct pdu_kind *k, struct proto_ctx *cx, enum direction dir)
{
    if (p->kept.n && !p->closed)
        proto_anomaly(cx, dir, k->truncated);
    forget(p, cx);
}
