/* SPDX-License-Identifier: GPL-3.0-or-later
 * The weighing. One table of what a form is worth, one of what the surroundings add or take. */
#include "rules/mark_context.h"

#define NEAR_BEFORE 700 /* bytes: a Vietnamese letterhead above its stamp */
#define NEAR_AFTER 500
#define LIST_REACH 400 /* two levels within so many bytes are a list of the levels */

/* Worth by form and strength of the words, in capitals, before anything else is known. A weak word alone on a
 * line is not believed until its place speaks for it. */
static const double worth[FORM_COUNT][3] = {
    [FORM_LINE] = {.42, .80, .90},    [FORM_CELL] = {.22, .62, .85},  [FORM_FIELD] = {.90, .95, .95},
    [FORM_BANNER] = {.95, .97, .97},  [FORM_PAREN] = {.36, .62, .80}, [FORM_LEAD] = {.55, .75, .85},
    [FORM_WIRE] = {.30, .45, .80},    [FORM_TAIL] = {.22, .45, .62},  [FORM_STAR] = {.95, .95, .95},
    [FORM_PORTION] = {.30, .85, .85}, [FORM_NAME] = {.55, .60, .70},  [FORM_OCR] = {.30, .60, .60},
};

struct near {
    unsigned bits, above; /* around it, and above it only */
    bool top, bottom;     /* among the first three lines, the last two */
    bool twice;           /* the same marking alone on a line elsewhere, too */
    bool list;            /* another level of its scheme close by */
};

/* "Số: 12/BC-NG", "Số:   /QĐ-BNG", but not the number of an invoice. */
static bool number_follows(struct span text, size_t pos)
{
    struct reader r = reader_span(span_part(text, pos, 40));
    uint8_t b = ' ';

    while (reader_left(&r) && (b == ' ' || b == '.' || b == 0xE2 || b == 0x80 || b == 0xA6 || b == '_' ||
                               b == '\t' || (b >= '0' && b <= '9')))
        b = reader_u8(&r);
    if (b != '/')
        return false;
    b = reader_u8(&r);
    if (b == ' ')
        b = reader_u8(&r);
    return (b >= 'A' && b <= 'Z') || b == 0xC4 || (b >= '0' && b <= '9');
}

unsigned mark_bits_near(struct span text, size_t from, size_t to)
{
    unsigned state = 0, all = 0, bits;
    size_t pos = from;

    while ((bits = mark_filter_next(text, to, &pos, &state)) != 0)
        all |= bits & BIT_NUMBER && !number_follows(text, pos) ? bits & ~(unsigned)BIT_NUMBER : bits;
    return all;
}

static bool at_top(struct span text, size_t at)
{
    size_t from = at, to;
    bool cut;

    mark_line_bounds(text, at, 200, &from, &to, &cut);
    for (unsigned lines = 0; lines < 3; lines++) {
        size_t a, b;
        if (!mark_line_above(text, from, &a, &b))
            return true;
        from = a;
    }
    return false;
}

static bool at_bottom(struct span text, size_t end)
{
    size_t from, to = end;
    bool cut;

    mark_line_bounds(text, end, 200, &from, &to, &cut);
    for (unsigned lines = 0; lines < 2; lines++) {
        size_t a, b;
        if (!mark_line_below(text, to, &a, &b))
            return true;
        to = b;
    }
    return false;
}

static struct near look_around(const struct mark_case *c, size_t i)
{
    const struct mark_candidate *m = &c->v[i];
    struct span text = c->texts[m->text].text;
    struct near n = {0};
    size_t from = m->at > NEAR_BEFORE ? m->at - NEAR_BEFORE : 0;
    size_t to = text.n - m->end > NEAR_AFTER ? m->end + NEAR_AFTER : text.n;

    n.above = mark_bits_near(text, from, m->at);
    n.bits = n.above | mark_bits_near(text, m->end, to);
    n.top = at_top(text, m->at);
    n.bottom = at_bottom(text, m->end);
    /* Candidates are in order of place: only neighbours need a look for lists; repeats are sought within
     * bounds. */
    for (size_t k = i > 64 ? i - 64 : 0; k < c->n && k < i + 64; k++) {
        const struct mark_candidate *o = &c->v[k];
        if (k == i)
            continue;
        n.twice |=
            o->row == m->row && o->form == m->form && (o->form == FORM_LINE || o->form == FORM_PORTION);
        if (o->text != m->text || !o->row->level || !m->row->level || o->row->level == m->row->level ||
            strcmp(o->row->scheme, m->row->scheme) != 0)
            continue;
        size_t gap = o->at > m->at ? o->at - m->at : m->at - o->at;
        n.list |= gap < LIST_REACH && o->form == m->form && (o->form == FORM_LINE || o->form == FORM_CELL);
    }
    return n;
}

static bool has(const struct mark_case *c, enum mark_bit bit)
{
    return c->counts[__builtin_ctz((unsigned)bit)] > 0;
}

/* The scheme that the shared English words belong to here. */
static const char *scheme_of(const struct mark_case *c, const struct mark_candidate *m)
{
    static const char *const shared[] = {"top secret", "secret", "confidential"};

    if (strcmp(m->row->scheme, "uk") == 0 &&
        (m->form == FORM_BANNER || m->form == FORM_WIRE || has(c, BIT_US)))
        for (size_t i = 0; i < GH_COUNT(shared); i++)
            if (strcmp(m->row->phrase, shared[i]) == 0)
                return "us";
    return m->row->scheme;
}

static double shape_cost(const struct mark_candidate *m)
{
    static const double title[] = {.30, .35, .15}, lower[] = {.42, .42, .40};

    if (m->form == FORM_FIELD || m->form == FORM_STAR || m->form == FORM_NAME || m->row->flags & ROW_TITLE)
        return m->shape == SHAPE_LOWER && m->form != FORM_FIELD ? .25 : 0;
    if (m->shape == SHAPE_TITLE)
        return title[m->row->strength];
    if (m->shape == SHAPE_LOWER)
        return lower[m->row->strength];
    return m->shape == SHAPE_MIXED ? .5 : 0;
}

static double place_gain(const struct mark_candidate *m, enum place place)
{
    bool stands =
        m->form == FORM_LINE || m->form == FORM_CELL || m->form == FORM_PAREN || m->form == FORM_TAIL;

    switch (place) {
    case PLACE_HEADER:
    case PLACE_FOOTER:
        return stands ? (m->row->strength == WEAK ? .32 : .15) : 0;
    case PLACE_METADATA:
        return m->row->strength == WEAK && m->form == FORM_LINE ? .10 : 0;
    case PLACE_COMMENT:
    case PLACE_NOTES:
    case PLACE_HIDDEN:
        return -.08;
    case PLACE_IMAGE:
        return -.05;
    default:
        return 0;
    }
}

/* A Vietnamese letterhead near by: number and symbol above, or the national title or addressee around. */
static double letterhead_gain(const struct mark_candidate *m, const struct near *n)
{
    bool number = n->above & BIT_NUMBER, office = n->bits & BIT_OFFICE;

    if (strcmp(m->row->scheme, "vn") != 0)
        return 0;
    if (m->row->strength == WEAK)
        return number ? .36 : office ? .22 : 0;
    return number ? .15 : office ? .12 : 0;
}

static double letter_gain(const struct mark_case *c, const struct mark_candidate *m, const struct near *n)
{
    double gain = 0;

    if (m->row->strength == WEAK && (m->form == FORM_LINE || m->form == FORM_CELL || m->form == FORM_PAREN)) {
        gain += n->top ? .18 : n->bottom ? .10 : 0;
        gain += n->twice ? .15 : 0;
        gain += n->bits & BIT_LETTER ? .08 : 0;
    }
    if (m->form == FORM_WIRE || m->form == FORM_LEAD || m->form == FORM_TAIL)
        gain += n->bits & BIT_US ? .30 : n->bits & (BIT_LETTER | BIT_OFFICE) ? .08 : 0;
    if (m->form == FORM_PORTION && m->row->strength == WEAK)
        gain += has(c, BIT_US) || n->twice ? .30 : 0;
    if (m->row->scheme[0] == 'r' && n->bits & BIT_LETTER)
        gain += .15; /* экз. */
    return gain;
}

static double doubt(const struct mark_case *c, const struct mark_candidate *m, const struct near *n,
                    double good)
{
    unsigned others = 0;
    double cost = 0;

    for (unsigned l = 1; l < GH_COUNT(c->mentions); l++)
        others += c->mentions[l] && l != m->row->level;
    if (m->form == FORM_FIELD || m->form == FORM_BANNER || m->form == FORM_STAR || m->row->flags & ROW_NOTE)
        return 0;
    if (m->torn)
        cost += .60;
    if (n->list)
        cost += .60;
    if (n->bits & BIT_FICTION && good < .15)
        cost += .35;
    if (n->bits & BIT_LAW && good < .30)
        cost += .30;
    if (n->bits & BIT_DISCLAIM && m->row->strength == WEAK)
        cost += .45;
    if (n->bits & BIT_HONEY && strcmp(m->row->phrase, "mật") == 0 && good < .30)
        cost += .40;
    if (others >= 2 && good < .15 && !(n->top && m->row->strength > WEAK))
        cost += .30; /* a text that speaks of several levels explains them */
    return cost;
}

void mark_context_score(struct mark_case *c)
{
    for (size_t i = 0; i < c->n; i++) {
        struct mark_candidate *m = &c->v[i];
        struct near n = look_around(c, i);
        enum place place = c->texts[m->text].place;
        double head = letterhead_gain(m, &n), score = worth[m->form][m->row->strength];
        double good = place == PLACE_HEADER || place == PLACE_FOOTER ? head + .30 : head;

        score += head + place_gain(m, place) + letter_gain(c, m, &n);
        score -= shape_cost(m) + doubt(c, m, &n, good);
        score -= m->joined ? .05 : 0;
        score -= m->row->flags & ROW_STRIPPED ? .10 : 0;
        m->score = score < 0 ? 0 : score > .99 ? .99 : score;
        m->scheme = scheme_of(c, m);
    }
}
