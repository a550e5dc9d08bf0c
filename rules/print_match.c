/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/print_match.h"

#include <stdlib.h>

#define MATCHES_MAX (4u << 20) /* pairs of fingerprint and document looked at for one text: 32 MiB */
#define SHARED_MIN 2           /* one fingerprint alone may be chance: a name, a title, a quotation */
#define SCATTERED_MIN 4        /* without a stretch, as after OCR */
#define EXCERPT_MIN 8
#define HIGH 0.5

/* A fingerprint and where in the text's row it stands first. */
struct probe {
    uint64_t name;
    uint32_t index;
};

static int by_name(const void *a, const void *b)
{
    const struct probe *p = a, *q = b;

    if (p->name != q->name)
        return p->name < q->name ? -1 : 1;
    return p->index < q->index ? -1 : p->index > q->index;
}

static int by_value(const void *a, const void *b)
{
    const uint64_t *p = a, *q = b;

    return *p < *q ? -1 : *p > *q;
}

static int by_containment(const void *a, const void *b)
{
    const struct print_similar *p = a, *q = b;

    if (p->containment != q->containment)
        return p->containment > q->containment ? -1 : 1;
    return p->shared != q->shared ? (p->shared > q->shared ? -1 : 1) : 0;
}

/* Each fingerprint once, where it stands first; their number. */
static size_t make_probes(const struct print *v, size_t n, struct probe *out)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++)
        out[i] = (struct probe){v[i].name, (uint32_t)i};
    qsort(out, n, sizeof(*out), by_name);
    for (size_t i = 0; i < n; i++)
        if (!i || out[i].name != out[kept - 1].name)
            out[kept++] = out[i];
    return kept;
}

/* document << 32 | index of every pair that the index knows; *ret_telling: fingerprints that are not common.
 */
static void look_up(const struct print_index *x, const struct probe *p, size_t n, struct writer *pairs,
                    size_t *ret_telling, bool *ret_more)
{
    uint32_t docs[PRINT_POSTINGS_MAX];
    bool common;

    *ret_telling = 0;
    for (size_t i = 0; i < n; i++) {
        size_t found = print_index_find(x, p[i].name, docs, &common);
        *ret_telling += !common;
        for (size_t k = 0; k < found; k++) {
            uint64_t pair = (uint64_t)docs[k] << 32 | p[i].index;
            if (pairs->n / sizeof(pair) < MATCHES_MAX)
                writer_bytes(pairs, &pair, sizeof(pair));
            else
                *ret_more = true;
        }
    }
}

/* Units from the first to the last of the fingerprints that follow one another in the text. */
static uint32_t longest_stretch(const struct print *v, const uint64_t *pairs, size_t n)
{
    uint32_t longest = 0, from = 0;

    for (size_t i = 0; i < n; i++) {
        uint32_t index = (uint32_t)pairs[i], at = v[index].at;
        if (!i || index != (uint32_t)pairs[i - 1] + 1 || at - v[index - 1].at > PRINT_GAP_MAX)
            from = at;
        if (at - from + PRINT_GRAM > longest)
            longest = at - from + PRINT_GRAM;
    }
    return longest;
}

/* Judges the pairs of one document. */
static bool judge(const struct print_index *x, const struct print *v, const uint64_t *pairs, size_t n,
                  size_t telling, struct print_similar *ret)
{
    struct print_similar s = {.shared = (uint32_t)n};

    if (n < SHARED_MIN || !print_index_document(x, (uint32_t)(pairs[0] >> 32), &s.document) ||
        !s.document.telling)
        return false;
    s.stretch = longest_stretch(v, pairs, n);
    s.containment = (double)n / s.document.telling;
    if (s.containment > 1) /* only a damaged index */
        s.containment = 1;
    s.share = telling ? (double)n / (double)telling : 0;
    *ret = s;
    return s.stretch >= PRINT_STRETCH_MIN || (n >= SCATTERED_MIN && s.containment >= PRINT_SHARE_MIN);
}

/* The documents in the sorted pairs, the best PRINT_SIMILAR_MAX into list. */
static size_t collect(const struct print_index *x, const struct print *v, const uint64_t *pairs, size_t n,
                      size_t telling, struct print_similar list[static PRINT_SIMILAR_MAX + 1])
{
    size_t kept = 0, end;

    for (size_t i = 0; i < n; i = end) {
        for (end = i; end < n && pairs[end] >> 32 == pairs[i] >> 32;)
            end++;
        if (!judge(x, v, pairs + i, end - i, telling, &list[kept]))
            continue;
        if (++kept > PRINT_SIMILAR_MAX) {
            qsort(list, kept, sizeof(*list), by_containment);
            kept = PRINT_SIMILAR_MAX;
        }
    }
    qsort(list, kept, sizeof(*list), by_containment);
    return kept;
}

int print_match(const struct print_index *x, const struct print *v, size_t n, struct arena *a,
                struct print_similar **ret, size_t *ret_n, bool *ret_more)
{
    struct print_similar list[PRINT_SIMILAR_MAX + 1];
    struct probe *probes = n ? reallocarray(NULL, n, sizeof(*probes)) : NULL;
    struct print_similar *copy = NULL;
    struct writer pairs;
    size_t kept = 0, telling;
    bool more = false;
    int rc = 0;

    *ret_n = 0;
    *ret_more = false;
    if (!n)
        return 0;
    if (!probes)
        return ST_NOMEM;
    writer_init(&pairs, MATCHES_MAX * sizeof(uint64_t));
    look_up(x, probes, make_probes(v, n, probes), &pairs, &telling, &more);
    free(probes);
    if (!writer_ok(&pairs))
        rc = ST_NOMEM;
    if (!rc && pairs.n) {
        uint64_t *p = (uint64_t *)(void *)pairs.p;
        qsort(p, pairs.n / sizeof(*p), sizeof(*p), by_value);
        kept = collect(x, v, p, pairs.n / sizeof(*p), telling, list);
    }
    writer_done(&pairs);
    if (!rc && kept && !(copy = arena_array(a, kept, sizeof(*copy))))
        rc = ST_NOMEM;
    if (rc)
        return rc;
    if (kept)
        memcpy(copy, list, kept * sizeof(*copy));
    *ret = copy;
    *ret_n = kept;
    *ret_more = more;
    return 0;
}

bool print_similar_high(const struct print_similar *s)
{
    return s->containment >= HIGH || (s->share >= HIGH && s->shared >= EXCERPT_MIN);
}
