/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/ranges.h"

#include <stdlib.h>

void ranges_done(struct ranges *r)
{
    free(r->v);
    *r = (struct ranges){0};
}

/* Index of the first interval that ends at or behind n. */
static size_t find(const struct ranges *r, uint64_t n)
{
    size_t lo = 0, hi = r->n;

    if (r->n && r->v[r->n - 1].hi < n)
        return r->n; /* the usual case: a new youngest */
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (r->v[mid].hi < n)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

bool ranges_has(const struct ranges *r, uint64_t n)
{
    size_t i = find(r, n);
    return i < r->n && r->v[i].lo <= n;
}

static int insert(struct ranges *r, size_t at, struct range what)
{
    if (r->n == RANGES_MAX)
        return ST_LIMIT;
    if (r->n == r->cap) {
        size_t cap = r->cap ? r->cap * 2 : 16;
        struct range *v = realloc(r->v, cap * sizeof(*v));
        if (!v)
            return ST_NOMEM;
        r->v = v;
        r->cap = cap;
    }
    memmove(&r->v[at + 1], &r->v[at], (r->n - at) * sizeof(*r->v));
    r->v[at] = what;
    r->n++;
    return 0;
}

int ranges_add(struct ranges *r, uint64_t n)
{
    size_t i = find(r, n);
    bool after = i > 0 && r->v[i - 1].hi + 1 == n, before;

    if (i < r->n && r->v[i].lo <= n)
        return ST_EXISTS;
    before = i < r->n && r->v[i].lo == n + 1;
    if (after && before) {
        r->v[i - 1].hi = r->v[i].hi;
        r->n--;
        memmove(&r->v[i], &r->v[i + 1], (r->n - i) * sizeof(*r->v));
    } else if (after) {
        r->v[i - 1].hi = n;
    } else if (before) {
        r->v[i].lo = n;
    } else {
        return insert(r, i, (struct range){n, n});
    }
    return 0;
}

uint64_t ranges_count(const struct ranges *r)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < r->n; i++)
        sum += r->v[i].hi - r->v[i].lo + 1;
    return sum;
}

void ranges_put(const struct ranges *r, struct writer *w)
{
    for (size_t i = 0; i < r->n; i++) {
        writer_le(w, r->v[i].lo, 8);
        writer_le(w, r->v[i].hi, 8);
    }
}

int ranges_get(struct ranges *r, struct span bytes)
{
    struct reader in = reader_span(bytes);
    int rc = 0;

    if (bytes.n % 16)
        return ST_MALFORMED;
    while (!rc && reader_left(&in)) {
        struct range x;
        x.lo = reader_le64(&in);
        x.hi = reader_le64(&in);
        if (x.hi < x.lo || (r->n && (x.lo == 0 || r->v[r->n - 1].hi >= x.lo - 1)))
            rc = ST_MALFORMED;
        else
            rc = insert(r, r->n, x);
    }
    if (rc)
        ranges_done(r);
    return rc;
}
