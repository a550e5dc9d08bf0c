/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/tunnel.h"
#include "base/writer.h"

#include <stdlib.h>

#define CHARGE (sizeof(struct tunnel) + 2 * TUNNEL_FIRST)

struct tunnel {
    struct proto_ctx *cx;
    const struct proto *proto; /* NULL: not decided, or nobody's */
    void *state;
    struct writer first[2]; /* until it is decided */
    uint64_t skipped[2];    /* bytes behind them */
    bool refused[2], ended[2];
    enum direction first_dir; /* who spoke first */
};

/* The parser's calls say its name, and how deep it is. */
static const char *enter(struct tunnel *t)
{
    const char *outer = t->cx->app_proto;

    t->cx->app_proto = t->proto->name;
    t->cx->depth++;
    return outer;
}

static void leave(struct tunnel *t, const char *outer)
{
    t->cx->depth--;
    t->cx->app_proto = outer;
}

struct tunnel *tunnel_new(struct proto_ctx *cx, enum direction client)
{
    struct tunnel *t;

    if (client != TO_SERVER || cx->depth >= TUNNEL_DEPTH || !proto_charge(cx, CHARGE))
        return NULL;
    t = calloc(1, sizeof(*t));
    if (!t) {
        proto_release(cx, CHARGE);
        return NULL;
    }
    t->cx = cx;
    writer_init(&t->first[0], TUNNEL_FIRST);
    writer_init(&t->first[1], TUNNEL_FIRST);
    return t;
}

static const struct proto *probe_all(const struct tunnel *t, enum direction dir, bool *ret_more)
{
    *ret_more = false;
    for (size_t i = 0; i < protos_count; i++) {
        enum probe answer =
            protos[i]->feed ? protos[i]->probe(t->cx, dir, writer_span(&t->first[dir])) : PROBE_NO;
        if (answer == PROBE_YES)
            return protos[i];
        *ret_more |= answer == PROBE_MORE;
    }
    return NULL;
}

static bool open_parser(struct tunnel *t, const struct proto *p)
{
    const char *outer;
    bool done;

    if (!proto_charge(t->cx, p->state_size))
        return false;
    t->state = calloc(1, p->state_size ? p->state_size : 1);
    t->proto = p;
    outer = enter(t);
    done = t->state && p->open(t->state, t->cx) == 0;
    leave(t, outer);
    if (done)
        return true;
    free(t->state);
    t->state = NULL;
    t->proto = NULL;
    proto_release(t->cx, p->state_size);
    return false;
}

/* What was kept, to the parser that has come. */
static void feed_first(struct tunnel *t)
{
    const char *outer = enter(t);

    for (int i = 0; i < 2; i++) {
        enum direction d = i ? !t->first_dir : t->first_dir;
        if (t->first[d].n)
            t->proto->feed(t->state, t->cx, d, writer_span(&t->first[d]));
        if (t->skipped[d])
            t->proto->gap(t->state, t->cx, d, t->skipped[d]);
        if (t->ended[d])
            t->proto->end(t->state, t->cx, d);
        writer_done(&t->first[d]);
    }
    leave(t, outer);
}

/* Keeps bytes and asks whose they are; what is not kept stays in *in. */
static void decide(struct tunnel *t, enum direction dir, struct span *in)
{
    struct span part = span_part(*in, 0, t->skipped[dir] ? 0 : TUNNEL_FIRST - t->first[dir].n);
    const struct proto *p;
    bool more;

    if (!t->first[0].n && !t->first[1].n)
        t->first_dir = dir;
    writer_put(&t->first[dir], part);
    *in = span_part(*in, part.n, in->n);
    if (t->refused[dir])
        return;
    p = probe_all(t, dir, &more);
    if (p && open_parser(t, p)) {
        feed_first(t);
        return;
    }
    t->refused[dir] = p || !more || t->first[dir].n == TUNNEL_FIRST;
    for (int d = 0; d < 2 && t->refused[0] && t->refused[1]; d++)
        writer_done(&t->first[d]);
}

void tunnel_feed(struct tunnel *t, enum direction dir, struct span bytes)
{
    const char *outer;

    if (!t || !bytes.n)
        return;
    if (!t->proto && !(t->refused[0] && t->refused[1]))
        decide(t, dir, &bytes);
    if (!t->proto) {
        t->skipped[dir] += bytes.n;
    } else if (bytes.n) {
        outer = enter(t);
        t->proto->feed(t->state, t->cx, dir, bytes);
        leave(t, outer);
    }
}

void tunnel_gap(struct tunnel *t, enum direction dir, uint64_t missing)
{
    const char *outer;

    if (!t)
        return;
    if (!t->proto) { /* what is not known by its whole beginning is not known */
        t->refused[dir] = true;
        t->skipped[dir] += missing;
        return;
    }
    outer = enter(t);
    t->proto->gap(t->state, t->cx, dir, missing);
    leave(t, outer);
}

void tunnel_end(struct tunnel *t, enum direction dir)
{
    const char *outer;

    if (!t || t->ended[dir])
        return;
    t->ended[dir] = true;
    if (!t->proto)
        return;
    outer = enter(t);
    t->proto->end(t->state, t->cx, dir);
    leave(t, outer);
}

void tunnel_free(struct tunnel *t)
{
    struct proto_ctx *cx;

    if (!t)
        return;
    cx = t->cx;
    if (t->proto) {
        const char *outer = enter(t);
        t->proto->close(t->state, cx);
        leave(t, outer);
        free(t->state);
        proto_release(cx, t->proto->state_size);
    }
    writer_done(&t->first[0]);
    writer_done(&t->first[1]);
    free(t);
    proto_release(cx, CHARGE);
}
