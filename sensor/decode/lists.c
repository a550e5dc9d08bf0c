/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/lists.h"
#include "base/clock.h"
#include "base/msg.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

struct entry {
    struct ioc_list *list;
    struct span bytes;
    _Atomic uint64_t hits;
};
struct lists {
    _Atomic uint32_t refs;
    uint32_t generation;
    uint64_t memory, memory_max;
    bool have[IOC_KIND_COUNT];
    struct span rules[LABEL_FILES];
    size_t n;
    struct entry lists[LISTS_MAX];
};

struct lists *lists_new(uint32_t generation, uint64_t memory_max)
{
    struct lists *l = calloc(1, sizeof(*l));

    if (!l)
        return NULL;
    atomic_store(&l->refs, 1);
    l->generation = generation;
    l->memory_max = memory_max;
    return l;
}

struct lists *lists_ref(struct lists *l)
{
    atomic_fetch_add(&l->refs, 1);
    return l;
}

void lists_unref(struct lists *l)
{
    if (!l || atomic_fetch_sub(&l->refs, 1) != 1)
        return;
    for (size_t i = 0; i < l->n; i++) {
        ioc_close(l->lists[i].list);
        msg_unmap(l->lists[i].bytes);
    }
    for (size_t f = 0; f < LABEL_FILES; f++)
        msg_unmap(l->rules[f]);
    free(l);
}

static int map(int fd, uint64_t max, struct span *ret)
{
    uint64_t size;
    int rc = msg_memfd_check(fd, &size);

    if (!rc && size > max)
        rc = ST_LIMIT;
    if (!rc)
        rc = msg_map(fd, (size_t)size, ret);
    close(fd);
    return rc;
}

static bool is_known(const struct lists *l, const char *name)
{
    for (size_t i = 0; i < l->n; i++)
        if (!strcmp(ioc_name(l->lists[i].list), name))
            return true;
    return false;
}

int lists_add(struct lists *l, int fd)
{
    struct entry *e = &l->lists[l->n];
    struct span bytes = {NULL, 0};
    const char *why;
    int rc;

    if (l->n == LISTS_MAX) {
        close(fd);
        return ST_LIMIT;
    }
    rc = map(fd, l->memory_max - l->memory, &bytes);
    if (rc)
        return rc;
    rc = ioc_open(bytes, false, &e->list, &why);
    if (!rc && is_known(l, ioc_name(e->list))) {
        ioc_close(e->list);
        rc = ST_MALFORMED;
    }
    if (rc) {
        msg_unmap(bytes);
        return rc;
    }
    e->bytes = bytes;
    l->memory += bytes.n;
    l->n++;
    for (int k = 0; k < IOC_KIND_COUNT; k++)
        l->have[k] |= ioc_has(e->list, (enum ioc_kind)k);
    return 0;
}

int lists_add_rules(struct lists *l, enum label_file f, int fd)
{
    if (l->rules[f].n) {
        close(fd);
        return ST_MALFORMED;
    }
    return map(fd, LABEL_RULES_MAX, &l->rules[f]);
}

void lists_carry(struct lists *l, const struct lists *before)
{
    for (size_t i = 0; i < l->n; i++)
        for (size_t k = 0; k < before->n; k++)
            if (!strcmp(ioc_name(l->lists[i].list), ioc_name(before->lists[k].list)))
                atomic_store(&l->lists[i].hits, atomic_load(&before->lists[k].hits));
}

uint32_t lists_generation(const struct lists *l)
{
    return l->generation;
}

size_t lists_count(const struct lists *l)
{
    return l->n;
}

const char *lists_name(const struct lists *l, size_t i)
{
    return ioc_name(l->lists[i].list);
}

bool lists_have(const struct lists *l, enum ioc_kind k)
{
    return l->have[k];
}

bool lists_find(const struct lists *l, size_t i, const struct ioc_query *q, uint64_t now_s,
                struct ioc_hit *ret)
{
    return ioc_find(l->lists[i].list, q, now_s, ret);
}

void lists_hit(struct lists *l, size_t i)
{
    atomic_fetch_add_explicit(&l->lists[i].hits, 1, memory_order_relaxed);
}

struct span lists_rules(const struct lists *l, enum label_file f)
{
    return l->rules[f];
}

static void write_one(const struct entry *e, uint64_t hits, struct jw *j)
{
    char iso[CLOCK_ISO_SIZE];

    jw_obj(j);
    jw_kcstr(j, "name", ioc_name(e->list));
    jw_ku64(j, "entries", ioc_entries(e->list));
    jw_ku64(j, "bytes", ioc_bytes(e->list));
    jw_kcstr(j, "built", clock_iso(ioc_built_s(e->list) % (1ull << 33) * 1000000, iso));
    jw_ku64(j, "hits", hits);
    jw_end_obj(j);
}

void lists_write(const struct lists *l, size_t max, struct jw *j)
{
    jw_arr(j);
    for (int hit = 1; hit >= 0; hit--)
        for (size_t i = 0; i < l->n && max; i++) {
            uint64_t hits = atomic_load(&l->lists[i].hits);
            if ((hits != 0) != hit)
                continue;
            write_one(&l->lists[i], hits, j);
            max--;
        }
    jw_end_arr(j);
}

void lists_append(const struct lists *l, size_t max, struct writer *w)
{
    size_t n = w->n;
    struct jw j;

    if (!l || !n || !writer_ok(w))
        return;
    w->n--; /* its last brace */
    writer_str(w, ",\"lists\":");
    jw_init(&j, w);
    lists_write(l, max, &j);
    writer_u8(w, '}');
    if (writer_ok(w))
        return;
    w->bad = false; /* it does not fit: without, then */
    w->n = n - 1;
    writer_u8(w, '}');
}
