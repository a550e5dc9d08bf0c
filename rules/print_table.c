/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/print_table.h"

#include <stdlib.h>

static void put(struct print_slot *v, size_t cap, struct print_slot s)
{
    size_t i = (size_t)s.key & (cap - 1);

    while (v[i].value)
        i = (i + 1) & (cap - 1);
    v[i] = s;
}

int print_table_put(struct print_table *t, uint64_t key, uint32_t value)
{
    if (t->n * 2 >= t->cap) { /* at most half full: probes stay short, and end */
        size_t cap = t->cap ? t->cap * 2 : 512;
        struct print_slot *v = calloc(cap, sizeof(*v));
        if (!v)
            return ST_NOMEM;
        for (size_t i = 0; i < t->cap; i++)
            if (t->v[i].value)
                put(v, cap, t->v[i]);
        free(t->v);
        t->v = v;
        t->cap = cap;
    }
    put(t->v, t->cap, (struct print_slot){key, value + 1});
    t->n++;
    return 0;
}

bool print_table_next(const struct print_table *t, uint64_t key, size_t *pos, uint32_t *ret)
{
    for (; *pos < t->cap; ++*pos) {
        const struct print_slot *s = &t->v[((size_t)key + *pos) & (t->cap - 1)];
        if (!s->value)
            return false;
        if (s->key == key) {
            *ret = s->value - 1;
            ++*pos;
            return true;
        }
    }
    return false;
}

void print_table_done(struct print_table *t)
{
    free(t->v);
    *t = (struct print_table){0};
}
