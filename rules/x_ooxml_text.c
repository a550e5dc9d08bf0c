/* SPDX-License-Identifier: GPL-3.0-or-later
 * The small readers: parts that need no state of their own beyond "the text of which elements". */
#include "rules/sax_label.h"
#include "rules/x_ooxml.h"

#define VALUE_MAX 65536u /* of one property */

/* Text of chosen elements, a line each. */
struct text {
    struct ooxml *o;
    const struct part *part;
    bool (*wanted)(struct sax *s, const char *name); /* NULL: all */
    struct writer value;
    unsigned depth;        /* of the wanted element that is open, 0 none */
    const char *attribute; /* instead of content: this attribute's value, of every element; or NULL */
};

static void text_line(struct text *t, struct span s)
{
    s = span_trim(s);
    if (!s.n)
        return;
    enum place place = t->part->hidden ? PLACE_HIDDEN : t->part->class->place;
    extract_text(t->o->x, place, t->part->page, s, NULL);
    extract_line(t->o->x, place, t->part->page);
}

static void text_start(void *ctx, struct sax *s, const char *name)
{
    struct text *t = ctx;
    const char *value = t->attribute ? sax_attr(s, t->attribute) : NULL;

    if (value)
        text_line(t, span_str(value));
    if (t->attribute || t->depth)
        return;
    writer_clear(&t->value);
    if (!t->wanted || t->wanted(s, name))
        t->depth = t->wanted ? sax_depth(s) : 0;
}

static void text_end(void *ctx, struct sax *s, const char *name)
{
    struct text *t = ctx;

    if (t->attribute || (t->wanted && t->depth != sax_depth(s)))
        return;
    text_line(t, writer_span(&t->value));
    writer_clear(&t->value);
    t->depth = 0;
}

static void text_data(void *ctx, struct sax *s, struct span utf8)
{
    struct text *t = ctx;

    if (t->attribute || (t->wanted && !t->depth))
        return;
    if (utf8.n > VALUE_MAX - t->value.n) {
        text_line(t, writer_span(&t->value));
        writer_clear(&t->value);
    }
    for (; utf8.n > VALUE_MAX; utf8 = span_part(utf8, VALUE_MAX, utf8.n))
        text_line(t, span_part(utf8, 0, VALUE_MAX));
    writer_put(&t->value, utf8);
}

static void read_text(struct ooxml *o, const struct part *part, struct span xml,
                      bool (*wanted)(struct sax *s, const char *name), const char *attribute)
{
    static const struct sax_handler handler = {text_start, text_end, text_data};
    struct text t = {.o = o, .part = part, .wanted = wanted, .attribute = attribute};

    writer_init(&t.value, VALUE_MAX);
    sax_read(o->x, xml, &handler, &t);
    writer_done(&t.value);
}

void ooxml_content_text(struct ooxml *o, const struct part *part, struct span bytes)
{
    read_text(o, part, bytes, NULL, NULL);
}

static bool core_wanted(struct sax *s, const char *name)
{
    static const char *const names[] = {"title",       "subject",    "creator",       "keywords",
                                        "description", "category",   "contentStatus", "lastModifiedBy",
                                        "Company",     "Manager",    "Template",      "HyperlinkBase",
                                        "lpstr",       "identifier", "Application"};

    for (size_t i = 0; i < GH_COUNT(names); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

void ooxml_core(struct ooxml *o, const struct part *part, struct span bytes)
{
    read_text(o, part, bytes, core_wanted, NULL);
}

static bool visio_wanted(struct sax *s, const char *name)
{
    return strcmp(name, "Text") == 0;
}

void ooxml_visio(struct ooxml *o, const struct part *part, struct span bytes)
{
    read_text(o, part, bytes, visio_wanted, NULL);
}

/* Cached source data of pivot tables: <s v="text"/>. It stays when the source sheet is removed. */
void ooxml_pivot(struct ooxml *o, const struct part *part, struct span bytes)
{
    read_text(o, part, bytes, NULL, "v");
}

void ooxml_labels(struct ooxml *o, const struct part *part, struct span bytes)
{
    sax_label_read(o->x, bytes, false);
}

void ooxml_custom_xml(struct ooxml *o, const struct part *part, struct span bytes)
{
    sax_label_read(o->x, bytes, true);
}

void ooxml_vba(struct ooxml *o, const struct part *part, struct span bytes)
{
    extract_feature(o->x, FEATURE_MACROS, 1);
    extract_child(o->x, part->entry->name, bytes);
}

/* Excel 4 macros: formulas that act. */
void ooxml_macro_sheet(struct ooxml *o, const struct part *part, struct span bytes)
{
    extract_feature(o->x, FEATURE_MACROS, 1);
    if (span_starts(bytes, "<") || span_starts(bytes, "\xEF\xBB\xBF"))
        read_text(o, part, bytes, NULL, NULL);
}

/* ---- custom properties: <property name="…"><vt:lpwstr>…</vt:lpwstr></property> ---- */

struct custom {
    struct ooxml *o;
    struct writer name, value;
};

static void custom_start(void *ctx, struct sax *s, const char *name)
{
    struct custom *c = ctx;
    const char *key = sax_attr(s, "name");

    if (strcmp(name, "property") != 0)
        return;
    writer_clear(&c->name);
    writer_clear(&c->value);
    writer_str(&c->name, key ? key : "");
}

static void custom_end(void *ctx, struct sax *s, const char *name)
{
    struct custom *c = ctx;

    if (strcmp(name, "property") == 0)
        sax_label_property(c->o->x, writer_span(&c->name), span_trim(writer_span(&c->value)));
}

static void custom_data(void *ctx, struct sax *s, struct span utf8)
{
    struct custom *c = ctx;

    writer_put(&c->value, utf8);
}

void ooxml_custom(struct ooxml *o, const struct part *part, struct span bytes)
{
    static const struct sax_handler handler = {custom_start, custom_end, custom_data};
    struct custom c = {.o = o};

    writer_init(&c.name, VALUE_MAX);
    writer_init(&c.value, VALUE_MAX);
    sax_read(o->x, bytes, &handler, &c);
    writer_done(&c.name);
    writer_done(&c.value);
}

/* ---- relationships that lead out ---- */

/* A plain link waits for a click and is no more than text; all else (templates, images, linked objects,
 * frames, and links to files and shares) is fetched by the office program, or hands out credentials. */
static bool is_plain_link(struct span type, struct span target)
{
    static const char *const plain[] = {"http:", "https:", "mailto:", "#"};

    if (span_find(type, span_str("/hyperlink"), 0) < 0)
        return false;
    for (size_t i = 0; i < GH_COUNT(plain); i++)
        if (span_starts_nocase(target, plain[i]))
            return true;
    return false;
}

static void links_start(void *ctx, struct sax *s, const char *name)
{
    struct text *t = ctx;
    const char *mode = sax_attr(s, "TargetMode"), *target = sax_attr(s, "Target"),
               *type = sax_attr(s, "Type");

    if (!mode || !target || !span_eq_nocase(span_str(mode), "external"))
        return;
    if (!is_plain_link(span_str(type ? type : ""), span_str(target)))
        t->o->external++;
    text_line(t, span_str(target));
}

void ooxml_links(struct ooxml *o, const struct part *part, struct span bytes)
{
    static const struct sax_handler handler = {links_start, NULL, NULL};
    struct text t = {.o = o, .part = part};

    sax_read(o->x, bytes, &handler, &t);
}
