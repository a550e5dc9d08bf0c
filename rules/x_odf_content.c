/* SPDX-License-Identifier: GPL-3.0-or-later
 * The reader of OpenDocument's XML. Text counts within paragraphs, headings and a few other elements;
 * elements around them say where it belongs. */
#include "rules/sax_label.h"
#include "rules/x_odf.h"

#include <stdlib.h>

#define PLACES_MAX 64    /* elements with a place of their own, one in another */
#define FORMATS_MAX 64   /* paragraphs and spans, one in another */
#define VALUE_MAX 65536u /* of one metadata field */
#define SPACES_MAX 256   /* of one text:s */

struct content {
    struct odf *o;
    struct {
        unsigned depth;
        enum place place;
    } places[PLACES_MAX];
    unsigned n_places;
    struct {
        unsigned depth;
        struct odf_format f;
    } formats[FORMATS_MAX];
    unsigned n_formats;
    unsigned source;         /* open elements that hold program text */
    unsigned text;           /* open elements whose content is text */
    unsigned cell;           /* depth of the open spreadsheet cell, 0 none */
    bool cell_said;          /* a paragraph of it has ended: the next one begins a line */
    bool tab;                /* a cell has ended: text of the next one comes behind a tab */
    bool blank[PLACE_COUNT]; /* the last character was white space: more of it is collapsed */
    bool sheets;             /* inside office:spreadsheet */
    bool said[PLACE_COUNT];  /* something in the open line */
    struct odf_format cell_format;
    struct odf_style *style; /* open style */
    struct writer value;     /* of a metadata field, or base64 of an embedded object */
    unsigned field;          /* depth of the open metadata field, 0 none */
    struct writer key;       /* name of a user-defined field, or of an embedded object */
    unsigned binary;         /* depth of the open office:binary-data, 0 none */
};

static enum place place_now(const struct content *c)
{
    bool hidden = c->n_formats && c->formats[c->n_formats - 1].f.hidden;

    for (unsigned i = 0; i < c->n_places; i++)
        hidden |= c->places[i].place == PLACE_HIDDEN;
    return hidden ? PLACE_HIDDEN : c->n_places ? c->places[c->n_places - 1].place : PLACE_BODY;
}

static void say(struct content *c, struct span s)
{
    const char *font = c->n_formats ? c->formats[c->n_formats - 1].f.font : NULL;
    enum place place = place_now(c);

    if (c->tab && c->said[place] && s.n)
        extract_text(c->o->x, place, c->o->page, span_str("\t"), NULL);
    c->tab &= !s.n;
    c->said[place] |= s.n > 0;
    extract_text(c->o->x, place, c->o->page, s, font && *font ? font : NULL);
}

static bool is_white(uint8_t b)
{
    return b == ' ' || b == '\t' || b == '\n' || b == '\r';
}

/* A blank between two letters: part of the run. */
static bool is_lone_blank(struct span s, size_t i)
{
    return s.p[i] == ' ' && i > 0 && i + 1 < s.n && !is_white(s.p[i - 1]) && !is_white(s.p[i + 1]);
}

/* White space in a paragraph counts as one blank, however the XML was laid out (part 3, 6.1.2). */
static void say_collapsed(struct content *c, struct span s)
{
    bool *blank = &c->blank[place_now(c)];

    for (size_t at = 0; at < s.n;) {
        size_t n = at;

        while (n < s.n && (!is_white(s.p[n]) || is_lone_blank(s, n)))
            n++;
        if (n > at) {
            say(c, span_part(s, at, n - at));
            *blank = false;
        }
        at = n;
        while (at < s.n && is_white(s.p[at]))
            at++;
        if (at > n && !*blank) {
            say(c, span_str(" "));
            *blank = true;
        }
    }
}

static void line_of(struct content *c, enum place place)
{
    c->blank[place] = true;
    if (c->said[place])
        extract_line(c->o->x, place, c->o->page);
    c->said[place] = false;
}

/* The line of the paragraph at hand, and what was hidden in it; a note in the middle of a line does not end
 * that. */
static void line_here(struct content *c)
{
    line_of(c, place_now(c));
    line_of(c, PLACE_HIDDEN);
}

/* All lines: of a row, a sheet, a slide. */
static void line(struct content *c)
{
    c->tab = false;
    for (int p = 0; p < PLACE_COUNT; p++)
        line_of(c, (enum place)p);
}

static void say_line(struct content *c, enum place place, const char *value)
{
    if (!value || !*value)
        return;
    extract_text(c->o->x, place, c->o->page, span_str(value), NULL);
    extract_line(c->o->x, place, c->o->page);
}

static void push_place(struct content *c, struct sax *s, enum place place)
{
    if (c->n_places < PLACES_MAX) {
        c->places[c->n_places].depth = sax_depth(s);
        c->places[c->n_places++].place = place;
    }
}

static void push_format(struct content *c, struct sax *s, char family)
{
    struct odf_format f = c->cell ? c->cell_format : (struct odf_format){0};

    if (c->n_formats >= FORMATS_MAX)
        return;
    if (c->n_formats && family != 'p')
        f = c->formats[c->n_formats - 1].f;
    if (family == 'p')
        odf_style_apply(c->o, 'p', "", &f);
    odf_style_apply(c->o, family, sax_attr(s, "style-name"), &f);
    c->formats[c->n_formats].depth = sax_depth(s);
    c->formats[c->n_formats++].f = f;
}

/* ---- elements that say where text belongs ---- */

static bool is_hidden_element(struct sax *s, const char *name)
{
    const char *display = sax_attr(s, "display"), *visibility = sax_attr(s, "visibility");

    if (strcmp(name, "tracked-changes") == 0)
        return true;
    if (strcmp(name, "section") == 0)
        return display && strcmp(display, "none") == 0;
    if (strcmp(name, "table-row") == 0)
        return visibility && strcmp(visibility, "visible") != 0;
    return strcmp(name, "frame") == 0 && sax_true(sax_attr(s, "placeholder"), false);
}

static bool is_source(struct sax *s, const char *name)
{
    return strcmp(name, "source-code") == 0 || (strcmp(name, "module") == 0 && sax_in(s, "script"));
}

static void place_start(struct content *c, struct sax *s, const char *name)
{
    static const struct {
        const char *name;
        enum place place;
    } table[] = {
        {"note", PLACE_NOTES},         {"notes", PLACE_NOTES},        {"annotation", PLACE_COMMENT},
        {"header", PLACE_HEADER},      {"header-left", PLACE_HEADER}, {"header-first", PLACE_HEADER},
        {"footer", PLACE_FOOTER},      {"footer-left", PLACE_FOOTER}, {"footer-first", PLACE_FOOTER},
        {"header-decl", PLACE_HEADER}, {"footer-decl", PLACE_FOOTER}, {"master-page", PLACE_HEADER},
        {"meta", PLACE_METADATA},
    };

    if (is_hidden_element(s, name) || is_source(s, name)) {
        push_place(c, s, PLACE_HIDDEN);
        return;
    }
    for (size_t i = 0; i < GH_COUNT(table); i++)
        if (strcmp(name, table[i].name) == 0) {
            push_place(c, s, table[i].place);
            return;
        }
}

static bool is_text(struct sax *s, const char *name)
{
    return is_source(s, name) || strcmp(name, "p") == 0 || strcmp(name, "h") == 0 ||
           strcmp(name, "header-decl") == 0 || strcmp(name, "footer-decl") == 0;
}

static void paragraph_start(struct content *c, struct sax *s)
{
    if (c->cell && c->cell_said) {
        say(c, span_str("\n"));
    } else if (!c->cell) {
        line_here(c); /* of a paragraph around this one's frame */
    }
    push_format(c, s, 'p');
}

/* ---- elements that are characters, or carry text in attributes ---- */

static void spaces(struct content *c, const char *count)
{
    uint64_t n = 1;

    if (count)
        span_number(span_str(count), SPACES_MAX, &n);
    for (; n > 0 && n <= SPACES_MAX; n--)
        say(c, span_str(" "));
}

/* A reference that leads out of the package is fetched when the document opens, except for plain links. */
static void reference(struct content *c, const char *name, const char *href)
{
    static const char *const outside[] = {"http:", "https:", "file:", "ftp:", "smb:", "//", "\\\\", "../"};
    bool out = false;

    for (size_t i = 0; href && i < GH_COUNT(outside); i++)
        out |= span_starts_nocase(span_str(href), outside[i]);
    if (!out)
        return;
    say_line(c, PLACE_HIDDEN, href);
    if (strcmp(name, "a") != 0 || span_starts_nocase(span_str(href), "file:"))
        c->o->external++;
}

static void attributes(struct content *c, struct sax *s, const char *name)
{
    if (strcmp(name, "hidden-text") == 0 || strcmp(name, "conditional-text") == 0)
        say_line(c, PLACE_HIDDEN, sax_attr(s, "string-value"));
    if (sax_in(s, ":form:")) {
        say_line(c, PLACE_BODY, sax_attr(s, "label"));
        say_line(c, PLACE_BODY, sax_attr(s, "current-value"));
        say_line(c, PLACE_BODY, sax_attr(s, "value"));
    }
    if (strcmp(name, "event-listener") == 0 && sax_in(s, ":script:"))
        c->o->macros = true;
    if (strcmp(name, "module") == 0 && sax_attr(s, "name"))
        c->o->macros = true;
    reference(c, name, sax_attr(s, "href"));
}

static void character(struct content *c, struct sax *s, const char *name)
{
    if (!c->text)
        return;
    if (strcmp(name, "tab") == 0)
        say(c, span_str("\t"));
    else if (strcmp(name, "line-break") == 0)
        say(c, span_str("\n"));
    else if (strcmp(name, "s") == 0)
        spaces(c, sax_attr(s, "c"));
}

/* ---- tables and slides ---- */

static void table_start(struct content *c, struct sax *s, const char *name)
{
    struct odf_format f = {0};
    const char *title = sax_attr(s, "name");

    if (strcmp(name, "spreadsheet") == 0) {
        c->sheets = true;
    } else if (strcmp(name, "table") == 0 && c->sheets) {
        line(c);
        c->o->page++;
        odf_style_apply(c->o, 'T', sax_attr(s, "style-name"), &f);
        if (f.hidden)
            push_place(c, s, PLACE_HIDDEN);
        say(c, span_str(title ? title : ""));
        line(c);
    } else if (strcmp(name, "page") == 0 && sax_in(s, ":drawing:")) {
        line(c);
        c->o->page++;
    } else if (c->sheets && (strcmp(name, "table-cell") == 0 || strcmp(name, "covered-table-cell") == 0)) {
        c->cell = sax_depth(s);
        c->cell_said = false;
        c->cell_format = (struct odf_format){0};
        odf_style_apply(c->o, 'c', "", &c->cell_format);
        odf_style_apply(c->o, 'c', sax_attr(s, "style-name"), &c->cell_format);
    }
}

static void table_end(struct content *c, struct sax *s, const char *name)
{
    if (c->cell && c->cell == sax_depth(s)) {
        c->cell = 0;
        c->tab = true;
    } else if (strcmp(name, "table-row") == 0) {
        line(c);
    }
}

/* ---- metadata, and objects in flat documents ---- */

static void field_start(struct content *c, struct sax *s, const char *name)
{
    const char *key = sax_attr(s, "name");
    bool in_meta = c->n_places && c->places[c->n_places - 1].place == PLACE_METADATA;

    if (strcmp(name, "binary-data") == 0 && !c->binary) {
        c->binary = sax_depth(s);
        writer_clear(&c->value);
    } else if (in_meta && sax_depth(s) == c->places[c->n_places - 1].depth + 1) {
        c->field = sax_depth(s);
        writer_clear(&c->value);
        writer_clear(&c->key);
        if (strcmp(name, "user-defined") == 0)
            writer_str(&c->key, key ? key : "");
    }
}

static void base64(struct span in, struct writer *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0;
    unsigned n = 0;

    for (size_t i = 0; i < in.n; i++) {
        const char *at = in.p[i] ? strchr(digits, in.p[i]) : NULL;
        if (!at)
            continue;
        bits = bits << 6 | (uint32_t)(at - digits);
        if (++n % 4 != 1)
            writer_u8(out, (uint8_t)(bits >> (6 - 2 * ((n - 1) % 4))));
    }
}

static void binary_end(struct content *c)
{
    struct span text = writer_span(&c->value), name = span_str("embedded");
    struct writer out;

    c->binary = 0;
    writer_init(&out, ODF_BINARY_MAX);
    if (!writer_ok(&c->value)) {
        extract_child_unread(c->o->x, name, text.n / 4 * 3, UNREAD_TOO_LARGE);
    } else if (extract_budget(c->o->x, text.n / 4 * 3)) {
        base64(text, &out);
        extract_child(c->o->x, name, writer_span(&out));
    }
    writer_done(&out);
    writer_clear(&c->value);
}

static void field_end(struct content *c, struct sax *s)
{
    struct span value = span_trim(span_part(writer_span(&c->value), 0, VALUE_MAX));

    if (c->binary == sax_depth(s) && c->binary) {
        binary_end(c);
        return;
    }
    if (!c->field || c->field != sax_depth(s))
        return;
    c->field = 0;
    if (c->key.n) {
        sax_label_property(c->o->x, writer_span(&c->key), value);
    } else if (value.n) {
        extract_text(c->o->x, PLACE_METADATA, 0, value, NULL);
        extract_line(c->o->x, PLACE_METADATA, 0);
    }
    writer_clear(&c->value);
}

/* ---- the reader ---- */

static void content_start(void *ctx, struct sax *s, const char *name)
{
    struct content *c = ctx;

    if (strcmp(name, "style") == 0 || strcmp(name, "default-style") == 0)
        c->style = odf_style_open(c->o, s, name);
    else if (c->style && (strcmp(name, "text-properties") == 0 || strcmp(name, "table-properties") == 0))
        odf_style_properties(c->o, c->style, s);
    table_start(c, s, name);
    place_start(c, s, name);
    field_start(c, s, name);
    attributes(c, s, name);
    character(c, s, name);
    if (strcmp(name, "p") == 0 || strcmp(name, "h") == 0)
        paragraph_start(c, s);
    else if (strcmp(name, "span") == 0)
        push_format(c, s, 't');
    c->text += is_text(s, name);
    c->source += is_source(s, name);
}

static void content_end(void *ctx, struct sax *s, const char *name)
{
    struct content *c = ctx;

    field_end(c, s);
    if (strcmp(name, "style") == 0 || strcmp(name, "default-style") == 0)
        c->style = NULL;
    c->source -= is_source(s, name) && c->source;
    if (is_text(s, name) && c->text) {
        c->text--;
        if (c->cell)
            c->cell_said = true;
        else
            line_here(c);
    }
    table_end(c, s, name);
    if (c->n_formats && c->formats[c->n_formats - 1].depth == sax_depth(s))
        c->n_formats--;
    if (c->n_places && c->places[c->n_places - 1].depth == sax_depth(s)) {
        line_here(c);
        c->n_places--;
    }
    if (strcmp(name, "spreadsheet") == 0)
        c->sheets = false;
}

static void content_text(void *ctx, struct sax *s, struct span utf8)
{
    struct content *c = ctx;

    if (c->binary || c->field)
        writer_put(&c->value, utf8);
    else if (c->source)
        say(c, utf8);
    else if (c->text)
        say_collapsed(c, utf8);
}

void odf_content(struct odf *o, struct span xml)
{
    static const struct sax_handler handler = {content_start, content_end, content_text};
    struct content *c = arena_alloc(o->arena, sizeof(*c));

    if (!c) {
        extract_unread(o->x, UNREAD_TOO_LARGE);
        return;
    }
    c->o = o;
    writer_init(&c->value, ODF_BINARY_MAX);
    writer_init(&c->key, VALUE_MAX);
    sax_read(o->x, xml, &handler, c);
    line(c);
    writer_done(&c->value);
    writer_done(&c->key);
}
