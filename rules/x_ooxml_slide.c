/* SPDX-License-Identifier: GPL-3.0-or-later
 * PresentationML (ECMA-376-1, 19) and DrawingML (20, 21): slides, notes, masters, charts, diagrams, drawings,
 * VML; and comments. */
#include "rules/x_ooxml.h"
#include "rules/x_ooxml_alt.h"

#include <stdio.h>

#define FONT_MAX 64
#define SLIDES_MAX 20000

/* ---- presentation: order of the slides ---- */

struct show {
    struct ooxml *o;
    struct rel *rels;
    unsigned slides;
};

static void show_start(void *ctx, struct sax *s, const char *name)
{
    struct show *p = ctx;

    if (strcmp(name, "sldId") == 0 && p->slides < SLIDES_MAX)
        ooxml_number(p->o, ooxml_rel(p->rels, sax_attr_in(s, "relationships", "id")), ++p->slides, false);
}

void ooxml_presentation(struct ooxml *o, const struct part *part, struct span bytes)
{
    static const struct sax_handler handler = {show_start, NULL, NULL};
    struct show p = {.o = o, .rels = ooxml_rels(o, part)};

    sax_read(o->x, bytes, &handler, &p);
}

/* ---- drawings ---- */

struct drawing {
    struct ooxml *o;
    const struct part *part;
    struct alt alt;
    bool slide;       /* shapes are placeholders or not */
    bool hidden;      /* slide that is not shown */
    enum place place; /* of the open shape */
    char font[FONT_MAX];
    unsigned text; /* open elements whose content is text */
    unsigned vml;  /* open VML text boxes: all content is text */
};

static enum place drawing_place(const struct drawing *d)
{
    return d->hidden || d->part->hidden ? PLACE_HIDDEN : d->place;
}

static void say(struct drawing *d, struct span s)
{
    d->alt.said += s.n;
    extract_text(d->o->x, drawing_place(d), d->part->page, s, d->font[0] ? d->font : NULL);
}

static void line(struct drawing *d)
{
    extract_line(d->o->x, drawing_place(d), d->part->page);
}

static void say_hidden(struct drawing *d, const char *value)
{
    if (!value || !*value)
        return;
    extract_text(d->o->x, PLACE_HIDDEN, d->part->page, span_str(value), NULL);
    extract_line(d->o->x, PLACE_HIDDEN, d->part->page);
}

/* A placeholder of a slide for the footer is footer; on masters and layouts the others hold nothing but a
 * prompt that no show displays. */
static void placeholder(struct drawing *d, const char *type)
{
    bool master = d->part->class->place == PLACE_HEADER;

    if (type && (strcmp(type, "ftr") == 0 || strcmp(type, "dt") == 0 || strcmp(type, "sldNum") == 0))
        d->place = PLACE_FOOTER;
    else if (type && strcmp(type, "hdr") == 0)
        d->place = PLACE_HEADER;
    else if (master)
        d->place = PLACE_HIDDEN;
}

static bool is_text(const char *name)
{
    return strcmp(name, "t") == 0 || strcmp(name, "v") == 0;
}

static bool is_break(const char *name)
{
    return strcmp(name, "p") == 0 || strcmp(name, "br") == 0 || strcmp(name, "pt") == 0 ||
           strcmp(name, "div") == 0;
}

static void drawing_start(void *ctx, struct sax *s, const char *name)
{
    struct drawing *d = ctx;
    const char *font;

    if (alt_start(&d->alt, s, name))
        return;
    if (is_text(name)) {
        d->text++;
    } else if (strcmp(name, "sp") == 0) {
        d->place = d->part->class->place;
    } else if (strcmp(name, "ph") == 0) {
        placeholder(d, sax_attr(s, "type"));
    } else if (d->slide && sax_depth(s) == 1) {
        d->hidden = !sax_true(sax_attr(s, "show"), true);
    } else if (strcmp(name, "r") == 0 || strcmp(name, "fld") == 0) {
        d->font[0] = 0;
    } else if (strcmp(name, "latin") == 0 && (font = sax_attr(s, "typeface"))) {
        snprintf(d->font, sizeof(d->font), "%s", font);
    } else if (strcmp(name, "cNvPr") == 0) {
        say_hidden(d, sax_attr(s, "descr"));
        say_hidden(d, sax_attr(s, "title"));
    } else if (strcmp(name, "tab") == 0) {
        say(d, span_str("\t"));
    } else if (strcmp(name, "textbox") == 0) {
        d->vml++;
    } else if (strcmp(name, "textpath") == 0 && sax_attr(s, "string")) {
        say(d, span_str(sax_attr(s, "string")));
        line(d);
    }
}

static void drawing_end(void *ctx, struct sax *s, const char *name)
{
    struct drawing *d = ctx;

    if (alt_end(&d->alt, s, name))
        return;
    if (is_text(name) && d->text)
        d->text--;
    else if (is_break(name))
        line(d);
    if (strcmp(name, "textbox") == 0 && d->vml && --d->vml == 0)
        line(d);
    if (strcmp(name, "sp") == 0)
        d->place = d->part->class->place;
}

static void drawing_text(void *ctx, struct sax *s, struct span utf8)
{
    struct drawing *d = ctx;

    if ((d->text || (d->vml && span_trim(utf8).n)) && !d->alt.skip)
        say(d, utf8);
}

static void read_drawing(struct ooxml *o, const struct part *part, struct span bytes, bool slide)
{
    static const struct sax_handler handler = {drawing_start, drawing_end, drawing_text};
    struct drawing d = {.o = o, .part = part, .slide = slide, .place = part->class->place};

    sax_read(o->x, bytes, &handler, &d);
    line(&d);
}

void ooxml_drawing(struct ooxml *o, const struct part *part, struct span bytes)
{
    read_drawing(o, part, bytes, false);
}

void ooxml_slide(struct ooxml *o, const struct part *part, struct span bytes)
{
    read_drawing(o, part, bytes, true);
}

/* ---- comments of sheets and slides ---- */

struct comment {
    struct ooxml *o;
    const struct part *part;
    unsigned text; /* open elements that hold text */
};

static bool is_comment_text(const char *name)
{
    return strcmp(name, "t") == 0 || strcmp(name, "text") == 0 || strcmp(name, "author") == 0;
}

static void comment_start(void *ctx, struct sax *s, const char *name)
{
    struct comment *c = ctx;

    c->text += is_comment_text(name);
}

static void comment_end(void *ctx, struct sax *s, const char *name)
{
    struct comment *c = ctx;

    if (is_comment_text(name) && c->text)
        c->text--;
    if (!c->text && !is_comment_text(name))
        extract_line(c->o->x, PLACE_COMMENT, c->part->page);
    if (strcmp(name, "author") == 0 || strcmp(name, "text") == 0)
        extract_line(c->o->x, PLACE_COMMENT, c->part->page);
}

static void comment_text(void *ctx, struct sax *s, struct span utf8)
{
    struct comment *c = ctx;

    if (c->text)
        extract_text(c->o->x, PLACE_COMMENT, c->part->page, utf8, NULL);
}

void ooxml_comment(struct ooxml *o, const struct part *part, struct span bytes)
{
    static const struct sax_handler handler = {comment_start, comment_end, comment_text};
    struct comment c = {.o = o, .part = part};

    sax_read(o->x, bytes, &handler, &c);
    extract_line(o->x, PLACE_COMMENT, part->page);
}
