/* SPDX-License-Identifier: GPL-3.0-or-later
 * Styles of WordprocessingML (ECMA-376-1, 17.7): fonts and hidden text only. */
#include "rules/x_ooxml_word.h"

#include <stdio.h>
#include <stdlib.h>

#define CHAIN_MAX 16 /* styles based on one another; Word itself stops at 11 */

struct style {
    struct span id, based;
    char font[WORD_FONT_MAX];
    bool has_font, hidden, has_hidden;
};
struct word_styles {
    struct style v[WORD_STYLES_MAX]; /* sorted by id once read */
    size_t n;
    struct word_format defaults;
    struct span default_id; /* of the default paragraph style */
};
struct styles_read {
    struct ooxml *o;
    struct word_styles *to;
    struct style *open; /* NULL: outside a style, in the defaults */
};

void word_format_apply(struct word_format *f, struct sax *s, const char *name)
{
    if (strcmp(name, "rFonts") == 0) {
        const char *font = sax_attr(s, "hAnsi");
        if (!font)
            font = sax_attr(s, "ascii");
        if (!font && sax_attr(s, "asciiTheme"))
            font = "";
        if (font)
            snprintf(f->font, sizeof(f->font), "%s", font);
    } else if (strcmp(name, "vanish") == 0) {
        f->hidden = sax_true(sax_attr(s, "val"), true);
    }
}

static void styles_start(void *ctx, struct sax *s, const char *name)
{
    struct styles_read *r = ctx;
    struct word_format f = r->to->defaults;

    if (strcmp(name, "style") == 0 && r->to->n < WORD_STYLES_MAX) {
        const char *id = sax_attr(s, "styleId"), *type = sax_attr(s, "type");
        r->open = &r->to->v[r->to->n++];
        r->open->id = ooxml_keep(r->o, span_str(id ? id : ""));
        if (type && strcmp(type, "paragraph") == 0 && sax_true(sax_attr(s, "default"), false))
            r->to->default_id = r->open->id;
    } else if (strcmp(name, "basedOn") == 0 && r->open) {
        const char *id = sax_attr(s, "val");
        r->open->based = ooxml_keep(r->o, span_str(id ? id : ""));
    } else if (strcmp(name, "rFonts") == 0 || strcmp(name, "vanish") == 0) {
        word_format_apply(&f, s, name);
        if (!r->open) {
            r->to->defaults = f;
            return;
        }
        if (name[0] == 'r') {
            r->open->has_font = true;
            memcpy(r->open->font, f.font, sizeof(f.font));
        } else {
            r->open->has_hidden = true;
            r->open->hidden = f.hidden;
        }
    }
}

static void styles_end(void *ctx, struct sax *s, const char *name)
{
    struct styles_read *r = ctx;

    if (strcmp(name, "style") == 0)
        r->open = NULL;
}

static int id_compare(struct span a, struct span b)
{
    int c = a.n && b.n ? memcmp(a.p, b.p, a.n < b.n ? a.n : b.n) : 0;

    return c ? c : (a.n > b.n) - (a.n < b.n);
}

static int style_compare(const void *a, const void *b)
{
    return id_compare(((const struct style *)a)->id, ((const struct style *)b)->id);
}

void ooxml_word_styles(struct ooxml *o, const struct part *part, struct span bytes)
{
    static const struct sax_handler handler = {styles_start, styles_end, NULL};
    struct styles_read r = {.o = o, .to = arena_alloc(o->arena, sizeof(*r.to))};

    if (!r.to) {
        extract_unread(o->x, UNREAD_TOO_LARGE);
        return;
    }
    sax_read(o->x, bytes, &handler, &r);
    qsort(r.to->v, r.to->n, sizeof(r.to->v[0]), style_compare);
    o->word_styles = r.to;
}

static const struct style *style_find(const struct word_styles *styles, struct span id)
{
    struct style key = {.id = id};

    return id.n ? bsearch(&key, styles->v, styles->n, sizeof(styles->v[0]), style_compare) : NULL;
}

static void apply(const struct word_styles *styles, struct span id, struct word_format *f)
{
    const struct style *chain[CHAIN_MAX];
    size_t n = 0;

    for (const struct style *s = style_find(styles, id); s && n < CHAIN_MAX; s = style_find(styles, s->based))
        chain[n++] = s;
    while (n-- > 0) {
        if (chain[n]->has_font)
            memcpy(f->font, chain[n]->font, sizeof(f->font));
        if (chain[n]->has_hidden)
            f->hidden = chain[n]->hidden;
    }
}

struct word_format word_style_default(const struct word_styles *styles)
{
    struct word_format f = {0};

    if (styles) {
        f = styles->defaults;
        apply(styles, styles->default_id, &f);
    }
    return f;
}

void word_style_apply(const struct word_styles *styles, const char *id, struct word_format *f)
{
    if (styles && id)
        apply(styles, span_str(id), f);
}
