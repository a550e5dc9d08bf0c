/* SPDX-License-Identifier: GPL-3.0-or-later
 * Styles of OpenDocument: fonts and hidden text only. A later style of the same family and name takes the
 * place of the earlier, as the automatic styles of content.xml do. */
#include "rules/x_odf.h"

#include <stdio.h>

#define CHAIN_MAX 16 /* styles derived from one another */

char odf_style_family(const char *family)
{
    if (!family)
        return ' ';
    if (strcmp(family, "table") == 0)
        return 'T';
    return strcmp(family, "table-cell") == 0 ? 'c' : family[0];
}

/* FNV-1a; a crowded bucket costs the document its time, which is bounded. */
static unsigned bucket(char family, struct span name)
{
    uint32_t h = 2166136261u ^ (uint8_t)family;

    for (size_t i = 0; i < name.n; i++)
        h = (h ^ name.p[i]) * 16777619u;
    return h % ODF_STYLE_BUCKETS;
}

static struct odf_style *find(const struct odf *o, char family, struct span name)
{
    struct odf_style *s = o->styles[bucket(family, name)];

    while (s && (s->family != family || !span_eq(s->name, name)))
        s = s->next;
    return s;
}

static struct span keep(struct odf *o, const char *s)
{
    size_t n = s ? strlen(s) : 0;
    char *copy = n ? arena_dup(o->arena, s, n) : NULL;

    return span_of(copy, copy ? n : 0);
}

struct odf_style *odf_style_open(struct odf *o, struct sax *s, const char *name)
{
    char family = odf_style_family(sax_attr(s, "family"));
    const char *id = strcmp(name, "default-style") == 0 ? "" : sax_attr_in(s, ":style:", "name");
    struct odf_style *style = find(o, family, span_str(id ? id : ""));
    unsigned at;

    if (!style) {
        if (o->n_styles >= ODF_STYLES_MAX || !(style = arena_alloc(o->arena, sizeof(*style)))) {
            extract_unread(o->x, UNREAD_TOO_LARGE);
            return NULL;
        }
        o->n_styles++;
        style->name = keep(o, id);
        style->family = family;
        at = bucket(family, style->name);
        style->next = o->styles[at];
        o->styles[at] = style;
    }
    style->parent = keep(o, sax_attr(s, "parent-style-name"));
    style->has_font = style->has_hidden = false;
    return style;
}

void odf_style_properties(struct odf *o, struct odf_style *style, struct sax *s)
{
    const char *font = sax_attr(s, "font-name"), *display = sax_attr(s, "display");

    if (!font)
        font = sax_attr(s, "font-family");
    if (font) {
        /* fo:font-family may stand in quotes; a font-name is often the family itself, or that with a number.
         */
        font += *font == '\'' || *font == '"';
        style->has_font = true;
        snprintf(style->font, sizeof(style->font), "%s", font);
    }
    if (display) {
        style->has_hidden = true;
        style->hidden = strcmp(display, "none") == 0 || strcmp(display, "false") == 0;
    }
}

void odf_style_apply(const struct odf *o, char family, const char *name, struct odf_format *f)
{
    const struct odf_style *chain[CHAIN_MAX];
    size_t n = 0;

    if (!name)
        return;
    for (const struct odf_style *s = find(o, family, span_str(name)); s && n < CHAIN_MAX;
         s = s->parent.n ? find(o, family, s->parent) : NULL)
        chain[n++] = s;
    while (n-- > 0) {
        if (chain[n]->has_font)
            f->font = chain[n]->font;
        if (chain[n]->has_hidden)
            f->hidden = chain[n]->hidden;
    }
}
