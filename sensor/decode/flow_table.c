/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/flow_impl.h"

#include <stdlib.h>
#include <sys/random.h>

#define NEW_TIMEOUT_US 60000000u    /* a handshake that does not come about */
#define CLOSED_TIMEOUT_US 10000000u /* late copies of the last segments still belong to it */
#define SHORT_TIMEOUT_US 10000000u  /* one datagram each way: a question and its answer */
#define FIRST_BUCKETS 1024

struct flow_table *flow_table_new(const struct flow_options *opt, struct budget *budget, flow_end_fn *end,
                                  void *arg)
{
    struct flow_table *t = calloc(1, sizeof(*t));

    if (!t)
        return NULL;
    t->buckets = calloc(FIRST_BUCKETS, sizeof(void *));
    if (!t->buckets) {
        free(t);
        return NULL;
    }
    t->mask = FIRST_BUCKETS - 1;
    t->limit = opt->flows;
    t->budget = budget;
    t->end = end;
    t->arg = arg;
    t->lists[LIST_NEW].timeout_us =
        opt->tcp_timeout_us < NEW_TIMEOUT_US ? opt->tcp_timeout_us : NEW_TIMEOUT_US;
    t->lists[LIST_TCP].timeout_us = opt->tcp_timeout_us;
    t->lists[LIST_CLOSED].timeout_us = CLOSED_TIMEOUT_US;
    t->lists[LIST_SHORT].timeout_us =
        opt->udp_timeout_us < SHORT_TIMEOUT_US ? opt->udp_timeout_us : SHORT_TIMEOUT_US;
    t->lists[LIST_OTHER].timeout_us = opt->udp_timeout_us;
    if (getrandom(t->keys, sizeof(t->keys), 0) != (ssize_t)sizeof(t->keys))
        for (size_t i = 0; i < GH_COUNT(t->keys); i++)
            t->keys[i] = flow_fold((uintptr_t)t ^ i, 0x9E3779B97F4A7C15ull);
    return t;
}

void flow_table_free(struct flow_table *t)
{
    if (!t)
        return;
    while (t->slabs) {
        struct slab *s = t->slabs;
        t->slabs = s->next;
        free(s);
    }
    budget_give(t->budget, t->slab_bytes + t->bucket_bytes);
    free(t->buckets);
    free(t);
}

/* ---- idle lists ---- */

void flow_list_remove(struct flow_table *t, struct flow *f)
{
    struct idle_list *l = &t->lists[f->list];

    if (f->older)
        f->older->younger = f->younger;
    else
        l->oldest = f->younger;
    if (f->younger)
        f->younger->older = f->older;
    else
        l->youngest = f->older;
    l->count--;
}

void flow_list_add(struct flow_table *t, struct flow *f, uint8_t list)
{
    struct idle_list *l = &t->lists[list];

    f->list = list;
    f->touched_us = t->now_us;
    f->touched = t->order;
    f->older = l->youngest;
    f->younger = NULL;
    if (l->youngest)
        l->youngest->younger = f;
    else
        l->oldest = f;
    l->youngest = f;
    l->count++;
}

uint8_t flow_list_for(const struct flow *f)
{
    if (f->proto == 6)
        return f->state == FLOW_NEW ? LIST_NEW : f->state == FLOW_CLOSED ? LIST_CLOSED : LIST_TCP;
    return f->packets[0] + f->packets[1] <= 2 ? LIST_SHORT : LIST_OTHER;
}

/* ---- ends ---- */

void flow_end(struct flow_table *t, struct flow *f, enum flow_reason reason)
{
    struct flow **link = &t->buckets[f->hash & t->mask];

    while (*link != f)
        link = &(*link)->next;
    *link = f->next;
    flow_list_remove(t, f);
    t->count--;
    t->counts.closed++;
    *(reason == FLOW_TIMEOUT    ? &t->counts.timeout
      : reason == FLOW_FORCED   ? &t->counts.forced
      : reason == FLOW_SHUTDOWN ? &t->counts.shutdown
                                : &t->counts.reuse) += 1;
    t->end(t->arg, f, reason);
    free(f->tunnel);
    f->tunnel = NULL;
    f->next = t->free;
    t->free = f;
}

uint64_t flow_end_order(const struct flow *f)
{
    return (uint64_t)f->list << 59 | f->touched;
}

void flow_table_tick(struct flow_table *t, uint64_t now_us)
{
    t->now_us = now_us;
    for (size_t i = 0; i < LIST_COUNT; i++) {
        struct idle_list *l = &t->lists[i];
        while (l->oldest && t->now_us - l->oldest->touched_us > l->timeout_us + TOUCH_US)
            flow_end(t, l->oldest, FLOW_TIMEOUT);
    }
}

bool flow_table_push_out(struct flow_table *t, const struct flow *keep)
{
    struct flow *victim = NULL;
    size_t to = LIST_COUNT;

    if (t->lists[LIST_NEW].count > t->count / 2) /* in a flood of SYNs that nobody answers, those go first */
        to = LIST_NEW + 1;
    for (size_t i = 0; i < to; i++) {
        struct flow *f = t->lists[i].oldest;
        if (f == keep && f)
            f = f->younger;
        if (f && (!victim || f->touched_us < victim->touched_us))
            victim = f;
    }
    if (!victim)
        return false;
    flow_end(t, victim, FLOW_FORCED);
    return true;
}

void flow_table_flush(struct flow_table *t, enum flow_reason reason)
{
    for (size_t i = 0; i < LIST_COUNT; i++)
        while (t->lists[i].oldest)
            flow_end(t, t->lists[i].oldest, reason);
}

struct flow *flow_table_by_id(struct flow_table *t, uint64_t id)
{
    for (size_t i = 0; i < LIST_COUNT; i++)
        for (struct flow *f = t->lists[i].youngest; f; f = f->older)
            if (f->id == id)
                return f;
    return NULL;
}

size_t flow_table_count(const struct flow_table *t)
{
    return t->count;
}

const struct flow_counts *flow_table_counts(const struct flow_table *t)
{
    return &t->counts;
}
