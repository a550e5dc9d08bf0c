/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/core/order.h"

#include <stdlib.h>

struct text {
    struct text *next;
    enum event_type type;
    size_t n;
    uint8_t bytes[];
};
struct order_place {
    struct order *order;
    struct order_place *next;
    struct text *first, **last;
    bool held;
};
struct order {
    order_line_fn *fn;
    void *arg;
    struct order_place *first, *tail;
    size_t bytes;
};

struct order *order_new(order_line_fn *fn, void *arg)
{
    struct order *o = calloc(1, sizeof(*o));

    if (o) {
        o->fn = fn;
        o->arg = arg;
    }
    return o;
}

static struct order_place *place_new(struct order *o, bool held)
{
    struct order_place *p = calloc(1, sizeof(*p));

    if (!p)
        return NULL;
    p->order = o;
    p->held = held;
    p->last = &p->first;
    *(o->first ? &o->tail->next : &o->first) = p;
    o->tail = p;
    o->bytes += sizeof(*p);
    return p;
}

/* Takes the first place out; its lines go to the owner when tell. */
static void leave(struct order *o, bool tell)
{
    struct order_place *p = o->first;

    o->first = p->next;
    while (p->first) {
        struct text *t = p->first;
        p->first = t->next;
        if (tell)
            o->fn(o->arg, t->type, span_of(t->bytes, t->n));
        o->bytes -= sizeof(*t) + t->n;
        free(t);
    }
    o->bytes -= sizeof(*p);
    free(p);
}

void order_free(struct order *o)
{
    while (o && o->first)
        leave(o, false);
    free(o);
}

struct order_place *order_hold(struct order *o)
{
    return place_new(o, true);
}

int order_fill(struct order_place *p, enum event_type type, struct span json)
{
    struct text *t = malloc(sizeof(*t) + json.n);

    if (!t)
        return ST_NOMEM;
    *t = (struct text){.type = type, .n = json.n};
    memcpy(t->bytes, json.p, json.n);
    *p->last = t;
    p->last = &t->next;
    p->order->bytes += sizeof(*t) + t->n;
    return 0;
}

int order_line(struct order *o, enum event_type type, struct span json)
{
    struct order_place *p;

    if (!o->first) {
        o->fn(o->arg, type, json);
        return 0;
    }
    p = o->tail; /* lines behind the same gap share one place */
    if (p->held)
        p = place_new(o, false);
    return p ? order_fill(p, type, json) : ST_NOMEM;
}

void order_release(struct order *o, struct order_place *p)
{
    p->held = false;
    while (o->first && !o->first->held)
        leave(o, true);
}

size_t order_bytes(const struct order *o)
{
    return o->bytes;
}
