/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/mark.h"

#include "base/text.h"
#include "rules/mark_context.h"

#include <stdlib.h>

#define FINDINGS_MAX 200
#define BELIEVED 0.5

static const struct {
    const char *name;
    unsigned rank; /* across schemes: protection terms and tables of equivalents, docs/markings.md */
} levels[] = {
    [LEVEL_NONE] = {"none", 0},
    [LEVEL_RESTRICTED] = {"restricted", 1},
    [LEVEL_CONFIDENTIAL] = {"confidential", 2},
    [LEVEL_SECRET] = {"secret", 3},
    [LEVEL_TOP_SECRET] = {"top_secret", 4},
    [LEVEL_MAT] = {"mat", 2},
    [LEVEL_TOI_MAT] = {"toi_mat", 3},
    [LEVEL_TUYET_MAT] = {"tuyet_mat", 4},
};

const char *level_name(enum level l)
{
    return (size_t)l < GH_COUNT(levels) ? levels[l].name : "none";
}

enum level level_max(enum level a, enum level b)
{
    return levels[b].rank > levels[a].rank ? b : a;
}

int mark_warm_up(void)
{
    return mark_table_init();
}

static void scan_text(struct mark_case *c, size_t text)
{
    struct span s = c->texts[text].text;
    size_t pos = 0, done = 0;
    unsigned state = 0, bits;

    while ((bits = mark_filter_next(s, s.n, &pos, &state)) != 0 && !c->nomem) {
        for (unsigned b = 2; bits >> b; b++)
            c->counts[b] += bits >> b & 1;
        if (bits & BIT_PORTION)
            mark_portion(c, text, pos);
        if (bits & BIT_ANCHOR && pos > done)
            done = mark_context_line(c, text, pos, done);
    }
}

/* Declassification takes the level from the markings of its family in the same object; they stay as notes, so
 * that a policy may still look at them. */
static bool same_family(const char *a, const char *b)
{
    static const char *const english = "uk us nato fr";

    return strcmp(a, b) == 0 || (strstr(english, a) && strstr(english, b));
}

static bool cancelled(const struct mark_case *c, const struct mark_candidate *m)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->v[i].row->flags & ROW_CANCELS && c->v[i].score >= BELIEVED &&
            same_family(c->v[i].row->scheme, m->scheme))
            return true;
    return false;
}

/* As written, white space runs as one blank. */
static bool copy_text(struct mark_case *c, const struct mark_candidate *m, struct span *ret)
{
    struct span from = span_part(c->texts[m->text].text, m->at, m->end - m->at);
    char *to = arena_alloc(c->arena, from.n + 1);
    size_t n = 0;
    bool blank = false;

    if (!to)
        return false;
    for (size_t i = 0; i < from.n; i++) {
        bool is_blank = from.p[i] == ' ' || (from.p[i] >= '\t' && from.p[i] <= '\r');
        if (is_blank && !blank)
            to[n++] = ' ';
        else if (!is_blank)
            to[n++] = (char)from.p[i];
        blank = is_blank;
    }
    *ret = span_of(to, n);
    return true;
}

/* Which to keep when there are more than FINDINGS_MAX: the lowest rank that still has room. */
static unsigned rank_of(const struct mark_candidate *m)
{
    return m->row->flags & ROW_NOTE ? 0 : levels[m->row->level].rank;
}

static unsigned lowest_kept(const struct mark_case *c, size_t *ret_quota)
{
    size_t by_rank[5] = {0}, above = 0;

    for (size_t i = 0; i < c->n; i++)
        by_rank[rank_of(&c->v[i])] += c->v[i].score >= BELIEVED;
    for (unsigned rank = 5; rank-- > 0;) {
        if (above + by_rank[rank] > FINDINGS_MAX) {
            *ret_quota = FINDINGS_MAX - above;
            return rank;
        }
        above += by_rank[rank];
    }
    *ret_quota = FINDINGS_MAX;
    return 0;
}

static int findings(struct mark_case *c, struct mark_list *ret)
{
    struct marking *v = arena_array(c->arena, FINDINGS_MAX, sizeof(*v));
    size_t n = 0, left_out = 0, quota;
    unsigned lowest = lowest_kept(c, &quota);

    if (!v)
        return ST_NOMEM;
    for (size_t i = 0; i < c->n; i++) {
        const struct mark_candidate *m = &c->v[i];
        bool note = m->row->flags & ROW_NOTE;
        if (m->score < BELIEVED)
            continue;
        if (n == FINDINGS_MAX || rank_of(m) < lowest || (rank_of(m) == lowest && quota == 0)) {
            left_out++;
            continue;
        }
        quota -= rank_of(m) == lowest;
        if (!copy_text(c, m, &v[n].text))
            return ST_NOMEM;
        note |= cancelled(c, m);
        v[n].level = note ? LEVEL_NONE : m->row->level;
        v[n].scheme = m->scheme;
        v[n].place = c->texts[m->text].place;
        v[n].page = c->texts[m->text].page;
        v[n].offset = m->at;
        v[n].confidence = m->score;
        v[n].note = note;
        n++;
    }
    ret->v = v;
    ret->n = n;
    ret->truncated = left_out > 0 || c->full;
    return 0;
}

int mark_find(const struct mark_text *texts, size_t n, struct arena *a, struct mark_list *ret)
{
    struct mark_case c = {.texts = texts, .n_texts = n, .arena = a};

    for (size_t i = 0; i < n && !c.nomem; i++) {
        if (texts[i].place == PLACE_FILENAME) {
            mark_context_name(&c, i);
            continue;
        }
        scan_text(&c, i);
        if (texts[i].place == PLACE_IMAGE)
            mark_ocr(&c, i);
    }
    if (c.nomem)
        return ST_NOMEM;
    mark_context_score(&c);
    return findings(&c, ret);
}
