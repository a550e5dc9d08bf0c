/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/mark_context.h"

#define LINE_REACH 300 /* bytes of a long line that are read to each side of a hit */
#define NEIGHBOUR_REACH 120
#define BLANK_REACH 400

static bool is_break(uint8_t b)
{
    return b == '\n' || b == '\r' || b == '\f' || b == '\v';
}
static bool is_space(uint8_t b)
{
    return b == ' ' || b == '\t' || is_break(b);
}
static bool is_tail(uint8_t b)
{
    return (b & 0xC0) == 0x80;
}

void mark_line_bounds(struct span text, size_t pos, size_t limit, size_t *ret_from, size_t *ret_to,
                      bool *ret_cut)
{
    size_t from = pos, to = pos, low = pos > limit ? pos - limit : 0;
    size_t high = text.n - pos > limit ? pos + limit : text.n;
    bool cut = false;

    while (from > low && !is_break(text.p[from - 1]))
        from--;
    if (from == low && from > 0 && !is_break(text.p[from - 1])) {
        cut = true;
        while (from < pos && is_tail(text.p[from]))
            from++;
    }
    while (to < high && !is_break(text.p[to]))
        to++;
    if (to == high && to < text.n && !is_break(text.p[to])) {
        cut = true;
        while (to > pos && is_tail(text.p[to]))
            to--;
    }
    *ret_from = from;
    *ret_to = to;
    *ret_cut = cut;
}

bool mark_line_above(struct span text, size_t from, size_t *ret_from, size_t *ret_to)
{
    size_t low = from > BLANK_REACH ? from - BLANK_REACH : 0, to;
    bool cut;

    while (from > low && is_space(text.p[from - 1]) && text.p[from - 1] != '\f')
        from--;
    if (from <= low || is_space(text.p[from - 1]))
        return false;
    mark_line_bounds(text, from - 1, NEIGHBOUR_REACH, ret_from, &to, &cut);
    *ret_to = from;
    return true;
}

bool mark_line_below(struct span text, size_t to, size_t *ret_from, size_t *ret_to)
{
    size_t high = text.n - to > BLANK_REACH ? to + BLANK_REACH : text.n, from;
    bool cut;

    while (to < high && is_space(text.p[to]) && text.p[to] != '\f')
        to++;
    if (to >= high || is_space(text.p[to]))
        return false;
    mark_line_bounds(text, to, NEIGHBOUR_REACH, &from, ret_to, &cut);
    *ret_from = to;
    return true;
}

void mark_case_add(struct mark_case *c, const struct mark_candidate *m)
{
    if (m->form == FORM_PROSE) { /* counted, not kept: there may be millions */
        c->mentions[m->row->level]++;
        return;
    }
    if (c->n == MARK_CANDIDATES_MAX) { /* from here on only what is higher than the last one kept */
        c->full = true;
        if (level_max(c->v[c->n - 1].row->level, m->row->level) != c->v[c->n - 1].row->level)
            c->v[c->n - 1] = *m;
        return;
    }
    if (c->n == c->cap) {
        size_t cap = c->cap ? c->cap * 2 : 64;
        struct mark_candidate *v = arena_array(c->arena, cap, sizeof(*v));
        if (!v) {
            c->nomem = true;
            return;
        }
        if (c->n)
            memcpy(v, c->v, c->n * sizeof(*v));
        c->v = v;
        c->cap = cap;
    }
    c->v[c->n++] = *m;
}

/* ---- one line ---- */

struct match {
    unsigned i, n;
    const struct mark_row *row;
};
enum cover { COVER_NONE, COVER_LABEL, COVER_ROW, COVER_TEXT };
struct reading {
    struct mark_line line; /* the line above, when short, then the line itself */
    unsigned base;         /* first word of the line itself */
    bool cut;
    uint8_t cover[MARK_WORDS_MAX];
    struct match match[MARK_WORDS_MAX];
    unsigned n_match;
};

static uint32_t gap_before(const struct reading *r, unsigned i)
{
    return i < r->line.n ? r->line.w[i].before : r->line.after;
}

/* Words [i, i+n) are the name of a field: does a value follow? Over a line break only a line of its own or a
 * colon tells. */
static bool announces(const struct reading *r, unsigned i, unsigned n)
{
    uint32_t gap = gap_before(r, i + n);

    if (gap & (GAP_COLON | GAP_EQUAL))
        return true;
    if (gap & GAP_LINE)
        return i == 0 || i == r->base;
    return gap & (GAP_WIDE | GAP_DASH | GAP_BOX | GAP_TICK);
}

/* Labels first, because "độ mật" is not "mật"; then the longest markings from left to right. */
static void cover_words(struct reading *r)
{
    const struct mark_line *l = &r->line;

    for (unsigned i = 0; i < l->n;) {
        unsigned n = mark_field_at(l, i);
        const struct mark_row *row = mark_row_at(l, i, &n);

        if (row) {
            memset(r->cover + i, COVER_ROW, n);
            r->match[r->n_match++] = (struct match){i, n, row};
        } else if (n) {
            memset(r->cover + i, announces(r, i, n) ? COVER_LABEL : COVER_TEXT, n);
        } else {
            r->cover[i] = COVER_NONE;
            n = 1;
        }
        i += n;
    }
}

/* Nothing else on words [lo, hi) than the match and what may accompany it. */
static bool alone(const struct reading *r, unsigned lo, unsigned hi, const struct match *m)
{
    const struct mark_line *l = &r->line;
    uint32_t after = gap_before(r, m->i + m->n);
    bool small =
        mark_words_shape(l, m->i, m->n) == SHAPE_TITLE || mark_words_shape(l, m->i, m->n) == SHAPE_LOWER;

    if (after & (GAP_SHOUT | GAP_COMMA) || (small && (after & GAP_STOP)) ||
        (after & GAP_COLON && m->i + m->n == hi))
        return false;
    for (unsigned k = lo; k < hi; k++) {
        if (k >= m->i && k < m->i + m->n)
            continue;
        if (r->cover[k] == COVER_LABEL)
            continue;
        if (r->cover[k] == COVER_ROW) {
            const struct match *o = r->match;
            while (k >= o->i + o->n)
                o++;
            if (o->row == m->row || (o->row->flags & ROW_NOTE) || (m->row->flags & ROW_NOTE))
                continue;
            return false;
        }
        if (!mark_companion(l, k))
            return false;
        if (k + 1 == m->i && l->w[k].shape == SHAPE_DIGITS && l->w[m->i].before & (GAP_STOP | GAP_CLOSE))
            return false; /* "1. TUYỆT MẬT" is a heading */
    }
    return true;
}

static bool rest_upper(const struct reading *r, unsigned i, unsigned hi, bool *ret_digits)
{
    *ret_digits = false;
    for (; i < hi; i++) {
        if (r->line.w[i].shape != SHAPE_UPPER && r->line.w[i].shape != SHAPE_DIGITS)
            return false;
        *ret_digits |= r->line.w[i].shape == SHAPE_DIGITS;
    }
    return true;
}

/* Several levels side by side are a list of the levels, not a level. */
static bool listed(const struct reading *r, const struct match *m)
{
    for (unsigned k = 0; k < r->n_match; k++) {
        const struct match *o = &r->match[k];
        if (o->i >= r->base && o->row->level && m->row->level && o->row->level != m->row->level &&
            strcmp(o->row->scheme, m->row->scheme) == 0)
            return true;
    }
    return false;
}

static bool after_label(const struct reading *r, const struct match *m)
{
    return m->i > 0 && r->cover[m->i - 1] == COVER_LABEL;
}

/* What may follow the value of a field. */
static bool field_ends(const struct reading *r, const struct match *m, unsigned hi)
{
    unsigned k = m->i + m->n;

    return k >= hi ||
           gap_before(r, k) &
               (GAP_WIDE | GAP_COMMA | GAP_STOP | GAP_CLOSE | GAP_SLASH | GAP_DASH | GAP_STAR) ||
           r->cover[k] == COVER_ROW || r->cover[k] == COVER_LABEL || mark_companion(&r->line, k);
}

static enum mark_form form_at_start(const struct reading *r, const struct match *m, unsigned hi)
{
    const struct mark_line *l = &r->line;
    unsigned k = m->i + m->n;
    bool digits;

    if (k >= hi)
        return FORM_PROSE;
    if (strcmp(m->row->scheme, "tlp") == 0)
        return l->w[m->i + 1].before & GAP_COLON ? FORM_LEAD : FORM_PROSE;
    if (m->row->flags & ROW_CANCELS)
        return mark_release(l, k) && mark_words_shape(l, m->i, m->n) != SHAPE_LOWER ? FORM_LEAD : FORM_PROSE;
    if (mark_words_shape(l, m->i, m->n) != SHAPE_UPPER)
        return FORM_PROSE;
    if (mark_handling(l, k) || m->row->flags & ROW_LEADS)
        return FORM_LEAD;
    if (rest_upper(r, k, hi, &digits) && (digits || l->w[m->i].spaced))
        return l->w[m->i].spaced ? FORM_LEAD : FORM_WIRE;
    return FORM_PROSE;
}

static enum mark_form form_of(const struct reading *r, const struct match *m)
{
    const struct mark_line *l = &r->line;
    unsigned end = m->i + m->n, lo = m->i < r->base ? 0 : r->base, hi = l->n, a = m->i, b = end;
    uint32_t before = gap_before(r, m->i), after = gap_before(r, end);
    bool digits, upper = mark_words_shape(l, m->i, m->n) == SHAPE_UPPER;

    if ((before | after) & GAP_QUOTE)
        return FORM_PROSE;
    if (listed(r, m))
        return before & GAP_TICK ? FORM_FIELD : FORM_PROSE;
    if (after_label(r, m))
        return field_ends(r, m, hi) ? FORM_FIELD : FORM_PROSE;
    if (r->cut)
        return FORM_PROSE;
    if (after & GAP_STAR && strcmp(m->row->scheme, "cn") == 0 && m->i == lo)
        return FORM_STAR;
    while (a > lo && !(l->w[a].before & GAP_WIDE))
        a--;
    while (b < hi && !(l->w[b].before & GAP_WIDE))
        b++;
    if (after & GAP_SLASH2 && upper && m->i == a && end < b && rest_upper(r, end, b, &digits))
        return FORM_BANNER;
    if (alone(r, lo, hi, m))
        return FORM_LINE;
    if (before & GAP_OPEN && after & GAP_CLOSE && (m->i == lo || end == hi))
        return FORM_PAREN;
    if ((a > lo || b < hi) && alone(r, a, b, m))
        return FORM_CELL;
    if (m->i == lo && form_at_start(r, m, hi) != FORM_PROSE)
        return form_at_start(r, m, hi);
    if (end == hi && upper && before & GAP_DASH && !(after & (GAP_SHOUT | GAP_COLON)))
        return FORM_TAIL;
    return FORM_PROSE;
}

/* "BẢO" above "MẬT", "MẬT" above "KHẨU", or a sentence that happens to be broken here. */
static bool is_torn(const struct mark_case *c, size_t text, const struct reading *r, const struct match *m,
                    bool has_above, size_t from, size_t to)
{
    struct span s = c->texts[text].text;
    struct mark_line near;
    size_t a, b;

    if (m->i >= r->base && has_above && mark_line_above(s, from, &a, &b)) {
        mark_line_read(&near, s, a, b);
        if (near.n && m->i == r->base && strcmp(m->row->phrase, "mật") == 0 &&
            mark_joins_before(mark_word_fold(&near, near.n - 1)))
            return true;
        if (near.n > 4 && near.w[near.n - 1].shape == SHAPE_LOWER && !near.after &&
            mark_line_below(s, to, &a, &b)) {
            mark_line_read(&near, s, a, b);
            if (near.n && (near.w[0].shape == SHAPE_LOWER || near.w[0].before & (GAP_STOP | GAP_COMMA)))
                return true;
        }
    }
    if (m->i + m->n == r->line.n && strcmp(m->row->phrase, "mật") == 0 && mark_line_below(s, to, &a, &b)) {
        mark_line_read(&near, s, a, b);
        return near.n && mark_joins_after(mark_word_fold(&near, 0));
    }
    return false;
}

/* A short line above belongs to the reading: the stamp may be broken in two, or its label may stand there. */
static bool read_lines(struct reading *r, struct span s, size_t from, size_t to, bool cut)
{
    struct mark_line own;
    size_t a, b;
    bool above;

    mark_line_read(&own, s, from, to);
    above = mark_line_above(s, from, &a, &b);
    r->base = 0;
    r->n_match = 0;
    if (above && !cut && b - a < 60) {
        mark_line_read(&r->line, s, a, b);
        r->base = r->line.n;
        mark_line_join(&r->line, &own);
    } else {
        r->line = own;
    }
    r->cut = cut || r->line.cut;
    cover_words(r);
    return above;
}

/* An English or French word in small letters amid prose can be no marking and names no field near by: not
 * worth the time. (Vietnamese ones are always read: how often a text names the levels tells laws from
 * letters.) */
static bool is_prose_word(struct span s, size_t hit)
{
    struct span before = span_part(s, hit > 48 ? hit - 48 : 0, hit > 48 ? 48 : hit);
    static const char signs[] = "\n\r\f\t:=|[(";

    for (size_t i = before.n > 2 ? before.n - 2 : 0; i < before.n; i++)
        if (before.p[i] < 'a' || before.p[i] > 'z')
            return false;
    if (before.n < 48)
        return false;
    for (size_t i = 0; i < before.n; i++)
        if (memchr(signs, before.p[i], sizeof(signs) - 1))
            return false;
    return true;
}

size_t mark_context_line(struct mark_case *c, size_t text, size_t hit, size_t done)
{
    struct span s = c->texts[text].text;
    struct reading r;
    size_t from, to, pos = hit > 0 ? hit - 1 : 0;
    bool cut, above;

    if (is_prose_word(s, hit))
        return done;
    mark_line_bounds(s, pos, LINE_REACH, &from, &to, &cut);
    above = read_lines(&r, s, from, to, cut);
    for (unsigned k = 0; k < r.n_match; k++) {
        const struct match *m = &r.match[k];
        struct mark_candidate found = {.row = m->row, .text = text};

        if (m->i + m->n <= r.base)
            continue; /* wholly in the line above, which was read before */
        found.at = r.line.w[m->i].at;
        if (found.at < done && m->i >= r.base)
            continue; /* the same part of a long line again */
        found.end = r.line.w[m->i + m->n - 1].end;
        found.form = form_of(&r, m);
        found.shape = mark_words_shape(&r.line, m->i, m->n);
        found.joined = m->i < r.base;
        if (found.joined && found.form != FORM_LINE)
            found.form = FORM_PROSE;
        if (found.form == FORM_LINE || found.form == FORM_CELL)
            found.torn = is_torn(c, text, &r, m, above, from, to);
        mark_case_add(c, &found);
    }
    /* Of a long line only a part was read: leave a margin, so that a marking on the seam is seen whole once.
     */
    return cut && to > hit + 60 ? to - 60 : to;
}
