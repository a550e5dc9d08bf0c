/* SPDX-License-Identifier: GPL-3.0-or-later
 * Pages of XPS (ECMA-388): glyph runs with places; words are pieced together from runs that touch. */
#include "rules/x_ooxml.h"

#include <math.h>
#include <stdlib.h>

#define WIDTH_GUESS 0.5 /* ems of a glyph whose advance is not told */
#define GAP 0.2         /* ems between runs that make a blank */
#define GAP_GUESS 0.45  /* the same where a width was guessed */
#define BACK 2.0        /* ems to the left that make a new column */

struct page {
    struct ooxml *o;
    const struct part *part;
    double end, y; /* where the last run ended */
    bool guessed;  /* its width */
    bool any;
};

static double real(const char *s)
{
    double d = s ? strtod(s, NULL) : 0;

    return isfinite(d) ? d : 0;
}

/* Ems that a run is wide: Indices="(glyph),advance,u,v;…" gives advances in hundredths of an em
 * (ECMA-388, 12.1.3). */
static double width(struct span text, const char *indices, bool *ret_guessed)
{
    struct span all = span_str(indices ? indices : "");
    size_t chars = 0, told = 0;
    double sum = 0;

    for (size_t i = 0; i < text.n; i++)
        chars += (text.p[i] & 0xC0) != 0x80;
    for (size_t at = 0; at < all.n && told < chars; told++) {
        ptrdiff_t end = span_find_byte(all, ';', at), comma = span_find_byte(all, ',', at);
        size_t stop = end < 0 ? all.n : (size_t)end;
        bool has = comma >= 0 && (size_t)comma + 1 < stop;
        double advance = has ? real(indices + comma + 1) / 100 : 0;
        *ret_guessed |= advance <= 0;
        sum += advance > 0 ? advance : WIDTH_GUESS;
        at = stop + 1;
    }
    *ret_guessed |= told < chars;
    return sum + WIDTH_GUESS * (double)(chars - told);
}

static void page_start(void *ctx, struct sax *s, const char *name)
{
    struct page *p = ctx;
    const char *text = sax_attr(s, "UnicodeString");
    double em = real(sax_attr(s, "FontRenderingEmSize")), x = real(sax_attr(s, "OriginX")),
           y = real(sax_attr(s, "OriginY"));
    struct span run;

    if (strcmp(name, "Glyphs") != 0 || !text)
        return;
    run = span_str(text);
    if (span_starts(run, "{}")) /* an escape: what follows may begin with a brace */
        run = span_part(run, 2, run.n);
    if (p->any && fabs(y - p->y) > em * 0.5)
        extract_line(p->o->x, PLACE_BODY, p->part->page);
    else if (p->any && (x - p->end > em * (p->guessed ? GAP_GUESS : GAP) || x - p->end < -BACK * em))
        extract_text(p->o->x, PLACE_BODY, p->part->page, span_str(" "), NULL);
    extract_text(p->o->x, PLACE_BODY, p->part->page, run, NULL);
    p->any = true;
    p->y = y;
    p->guessed = false;
    p->end = x + em * width(run, sax_attr(s, "Indices"), &p->guessed);
}

void ooxml_xps(struct ooxml *o, const struct part *part, struct span bytes)
{
    static const struct sax_handler handler = {page_start, NULL, NULL};
    struct page p = {.o = o, .part = part};

    sax_read(o->x, bytes, &handler, &p);
    extract_line(o->x, PLACE_BODY, part->page);
}
