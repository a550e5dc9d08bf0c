/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_BLOCK 16384u
#define ARENA_ALIGN 16u

struct block {
    struct block *previous;
    size_t cap, used;
    _Alignas(ARENA_ALIGN) uint8_t bytes[];
};
struct arena {
    struct block *top;
    size_t total; /* bytes taken from the heap */
    size_t given; /* bytes handed out */
    size_t ceiling;
};

struct arena *arena_new(size_t ceiling)
{
    struct arena *a = calloc(1, sizeof(*a));
    if (a)
        a->ceiling = ceiling;
    return a;
}

void arena_free(struct arena *a)
{
    if (!a)
        return;
    while (a->top) {
        struct block *b = a->top;
        a->top = b->previous;
        free(b);
    }
    free(a);
}

/* Blocks grow with the arena, so that a large document does not cost thousands of them. */
static struct block *block_push(struct arena *a, size_t need)
{
    size_t cap = a->total / 2 < ARENA_BLOCK ? ARENA_BLOCK : a->total / 2;
    struct block *b;

    if (cap < need)
        cap = need;
    if (cap > a->ceiling - a->total || a->ceiling - a->total - cap < sizeof(*b)) {
        cap = need; /* near the ceiling: exactly what is asked for, or nothing */
        if (cap > a->ceiling - a->total || a->ceiling - a->total - cap < sizeof(*b))
            return NULL;
    }
    b = malloc(sizeof(*b) + cap);
    if (!b)
        return NULL;
    b->previous = a->top;
    b->cap = cap;
    b->used = 0;
    a->top = b;
    a->total += sizeof(*b) + cap;
    return b;
}

void *arena_alloc(struct arena *a, size_t n)
{
    struct block *b = a->top;
    void *p;

    if (n > SIZE_MAX - ARENA_ALIGN || n > a->ceiling)
        return NULL;
    n = (n + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    if (!b || b->cap - b->used < n)
        b = block_push(a, n);
    if (!b)
        return NULL;
    p = b->bytes + b->used;
    b->used += n;
    a->given += n;
    memset(p, 0, n);
    return p;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    size_t n;
    return __builtin_mul_overflow(count, size, &n) ? NULL : arena_alloc(a, n);
}

char *arena_dup(struct arena *a, const void *bytes, size_t n)
{
    char *s = n == SIZE_MAX ? NULL : arena_alloc(a, n + 1);
    if (s && n)
        memcpy(s, bytes, n);
    return s;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap;
    int n;
    char *s;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0)
        return NULL;
    s = arena_alloc(a, (size_t)n + 1);
    if (!s)
        return NULL;
    va_start(ap, fmt);
    vsnprintf(s, (size_t)n + 1, fmt, ap);
    va_end(ap);
    return s;
}

size_t arena_used(const struct arena *a)
{
    return a->given;
}

size_t arena_ceiling(const struct arena *a)
{
    return a->ceiling;
}

struct arena_mark arena_mark(struct arena *a)
{
    return (struct arena_mark){a->top, a->top ? a->top->used : 0, a->given};
}

void arena_rollback(struct arena *a, struct arena_mark mark)
{
    while (a->top != mark.block) {
        struct block *b = a->top;
        gh_check(b);
        a->top = b->previous;
        a->total -= sizeof(*b) + b->cap;
        free(b);
    }
    if (a->top)
        a->top->used = mark.used;
    a->given = mark.total;
}

void arena_reset(struct arena *a)
{
    while (a->top && a->top->previous) {
        struct block *b = a->top;
        a->top = b->previous;
        a->total -= sizeof(*b) + b->cap;
        free(b);
    }
    if (a->top)
        a->top->used = 0;
    a->given = 0;
}
