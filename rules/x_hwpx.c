/* SPDX-License-Identifier: GPL-3.0-or-later
 * Hangul documents in XML (KS X 6101, OWPML): a zip with an OPF list of contents, sections of paragraphs, and
 * a manifest of what is encrypted in the manner of OpenDocument. A section's number is its page. */
#include "rules/formats.h"
#include "rules/sax.h"
#include "rules/sax_label.h"
#include "rules/x_zip.h"

#include <stdio.h>

#define MEMBER_MAX (128u << 20) /* bytes of one member */
#define ENTRIES_MAX 50000       /* members looked at */
#define NESTING_MAX 64          /* tables, notes and the like inside each other */
#define VALUE_MAX (64u << 10)   /* of one property */

enum state { TODO, DONE, SECRET };
struct package {
    struct extract *x;
    const struct zip *zip;
    uint8_t *state; /* of each member */
    size_t n;
    size_t open; /* the member that the manifest speaks of; n: none */
    bool core_secret;
};

/* What was before a table, a cell, a note … began. */
struct saved {
    unsigned depth;
    enum place place;
    unsigned cells;
    bool in_cell, written;
};
struct section {
    struct extract *x;
    unsigned page;
    enum place place;
    unsigned cells;        /* of this row, begun so far */
    bool in_cell, written; /* written: a paragraph of this cell has ended */
    bool text, deleted;
    struct saved saved[NESTING_MAX];
    size_t n;
};

/* ---- a section ---- */

static void push(struct section *c, struct sax *s)
{
    if (c->n == NESTING_MAX) {
        extract_unread(c->x, UNREAD_TOO_DEEP);
        sax_stop(s);
        return;
    }
    c->saved[c->n++] = (struct saved){sax_depth(s), c->place, c->cells, c->in_cell, c->written};
}

static void say(struct section *c, const char *text)
{
    extract_text(c->x, c->deleted ? PLACE_HIDDEN : c->place, c->page, span_str(text), NULL);
}

/* Elements whose paragraphs are no part of the body. */
static bool place_of(struct sax *s, const char *name, enum place *ret)
{
    static const struct {
        const char *name;
        enum place place;
    } places[] = {{"header", PLACE_HEADER},         {"footer", PLACE_FOOTER},
                  {"footNote", PLACE_NOTES},        {"endNote", PLACE_NOTES},
                  {"hiddenComment", PLACE_COMMENT}, {"shapeComment", PLACE_METADATA}};
    const char *type = sax_attr(s, "type");

    for (size_t i = 0; i < GH_COUNT(places); i++)
        if (strcmp(name, places[i].name) == 0) {
            *ret = places[i].place;
            return true;
        }
    *ret = PLACE_COMMENT;
    return strcmp(name, "fieldBegin") == 0 && type && strcmp(type, "MEMO") == 0;
}

/* Elements between the letters of a run. */
static void in_text(struct section *c, const char *name)
{
    static const struct {
        const char *name, *text;
    } marks[] = {{"tab", "\t"}, {"lineBreak", "\n"}, {"nbSpace", " "}, {"fwSpace", " "}, {"hyphen", "-"}};

    for (size_t i = 0; i < GH_COUNT(marks); i++)
        if (strcmp(name, marks[i].name) == 0)
            say(c, marks[i].text);
    if (strcmp(name, "deleteBegin") == 0)
        c->deleted = true;
    else if (strcmp(name, "deleteEnd") == 0)
        c->deleted = false;
}

static void section_start(void *ctx, struct sax *s, const char *name)
{
    struct section *c = ctx;
    enum place place;

    if (c->text) {
        in_text(c, name);
    } else if (strcmp(name, "t") == 0 || strcmp(name, "script") == 0) {
        c->text = true;
    } else if (strcmp(name, "p") == 0) {
        if (c->in_cell && c->written)
            extract_line(c->x, c->place, c->page);
    } else if (strcmp(name, "tbl") == 0) {
        push(c, s);
        extract_line(c->x, c->place, c->page);
        c->in_cell = false;
    } else if (strcmp(name, "tr") == 0) {
        c->cells = 0;
    } else if (strcmp(name, "tc") == 0) {
        if (c->cells++)
            say(c, "\t");
        push(c, s);
        c->in_cell = true;
        c->written = false;
    } else if (place_of(s, name, &place)) {
        push(c, s);
        c->place = place;
        c->in_cell = false;
        c->text = place == PLACE_METADATA; /* a picture's description has no paragraphs */
    }
}

static void section_end(void *ctx, struct sax *s, const char *name)
{
    struct section *c = ctx;
    struct saved *last = c->n ? &c->saved[c->n - 1] : NULL;

    if (strcmp(name, "t") == 0 || strcmp(name, "script") == 0 || strcmp(name, "shapeComment") == 0)
        c->text = false;
    if (strcmp(name, "p") == 0 && c->in_cell)
        c->written = true;
    else if (strcmp(name, "p") == 0 || strcmp(name, "tr") == 0 || strcmp(name, "shapeComment") == 0)
        extract_line(c->x, c->place, c->page);
    if (!last || last->depth != sax_depth(s))
        return;
    c->place = last->place;
    c->cells = last->cells;
    c->in_cell = last->in_cell;
    c->written = last->written;
    c->n--;
}

static void section_text(void *ctx, struct sax *s, struct span utf8)
{
    struct section *c = ctx;

    (void)s;
    if (c->text)
        extract_text(c->x, c->deleted ? PLACE_HIDDEN : c->place, c->page, utf8, NULL);
}

/* ---- the list of contents: properties, and objects that lie elsewhere (OPF) ---- */

struct contents {
    struct extract *x;
    struct writer key, value;
    bool open;
    unsigned external;
};

static void contents_start(void *ctx, struct sax *s, const char *name)
{
    struct contents *c = ctx;
    const char *key = strcmp(name, "meta") == 0 ? sax_attr(s, "name") : name, *embedded;

    writer_clear(&c->value);
    writer_clear(&c->key);
    c->open = key && (strcmp(name, "meta") == 0 || strcmp(name, "title") == 0);
    if (c->open)
        writer_str(&c->key, key);
    embedded = strcmp(name, "item") == 0 ? sax_attr(s, "isEmbeded") : NULL;
    c->external += embedded && !sax_true(embedded, true);
}

static void contents_end(void *ctx, struct sax *s, const char *name)
{
    struct contents *c = ctx;

    (void)s;
    (void)name;
    if (c->open && c->value.n && writer_ok(&c->value) && writer_ok(&c->key))
        sax_label_property(c->x, writer_span(&c->key), writer_span(&c->value));
    c->open = false;
}

static void contents_text(void *ctx, struct sax *s, struct span utf8)
{
    struct contents *c = ctx;

    (void)s;
    if (c->open)
        writer_put(&c->value, utf8);
}

/* ---- the package ---- */

static size_t index_of(const struct package *p, const struct zip_entry *e)
{
    const struct zip_entry *first = zip_at(p->zip, 0);

    return e && first && e >= first && (size_t)(e - first) < p->n ? (size_t)(e - first) : p->n;
}

/* Member i unpacked into a fresh writer, as far as it goes. */
static int load(struct package *p, size_t i, struct writer *w)
{
    int rc = p->state[i] == SECRET ? ST_ENCRYPTED : ST_AGAIN;

    writer_init(w, MEMBER_MAX);
    if (rc == ST_AGAIN) {
        rc = zip_read(p->x, p->zip, zip_at(p->zip, i), w);
        p->state[i] = DONE;
    }
    return rc;
}

static void read_xml(struct package *p, size_t i, const struct sax_handler *h, void *ctx)
{
    struct writer w;
    int rc = load(p, i, &w);

    if (rc)
        extract_unread(p->x, zip_unread(rc));
    if (w.n)
        (void)sax_read(p->x, writer_span(&w), h, ctx);
    writer_done(&w);
}

static void read_section(struct package *p, size_t i, enum place place, unsigned page)
{
    static const struct sax_handler handler = {section_start, section_end, section_text};
    struct section c = {.x = p->x, .page = page, .place = place};

    read_xml(p, i, &handler, &c);
    extract_line(p->x, place, page);
}

static void read_contents(struct package *p)
{
    static const struct sax_handler handler = {contents_start, contents_end, contents_text};
    struct contents c = {.x = p->x};
    size_t i = index_of(p, zip_find(p->zip, "Contents/content.hpf"));

    if (i == p->n)
        return;
    writer_init(&c.key, VALUE_MAX);
    writer_init(&c.value, VALUE_MAX);
    read_xml(p, i, &handler, &c);
    writer_done(&c.key);
    writer_done(&c.value);
    if (c.external)
        extract_feature(p->x, FEATURE_EXTERNAL_REFS, c.external);
}

static void manifest_start(void *ctx, struct sax *s, const char *name)
{
    static const char *const core[] = {"Contents/section", "Contents/content.hpf"};
    struct package *p = ctx;
    const char *path;
    size_t i;

    if (strcmp(name, "file-entry") == 0) {
        path = sax_attr(s, "full-path");
        p->open = path ? index_of(p, zip_find(p->zip, path)) : p->n;
    }
    if (strcmp(name, "encryption-data") != 0 || p->open >= p->n)
        return;
    p->state[p->open] = SECRET;
    for (i = 0; i < GH_COUNT(core); i++)
        p->core_secret |= span_starts(zip_at(p->zip, p->open)->name, core[i]);
    extract_feature(p->x, FEATURE_ENCRYPTED, 1);
}

static void read_manifest(struct package *p)
{
    static const struct sax_handler handler = {manifest_start, NULL, NULL};
    size_t i = index_of(p, zip_find(p->zip, "META-INF/manifest.xml"));

    p->open = p->n;
    if (i < p->n)
        read_xml(p, i, &handler, p);
    if (p->core_secret)
        extract_unread_all(p->x, UNREAD_ENCRYPTED);
}

/* Text that is for readers who cannot have more, and programs that run when the document is opened, which
 * every document has, mostly empty. */
static void read_plain(struct package *p, size_t i, enum place place)
{
    struct writer w;
    int rc = load(p, i, &w);

    if (rc)
        extract_unread(p->x, zip_unread(rc));
    extract_bytes(p->x, place, 0, writer_span(&w), NULL);
    extract_line(p->x, place, 0);
    writer_done(&w);
}

static int hand_on(struct package *p, size_t i)
{
    const struct zip_entry *e = zip_at(p->zip, i);
    struct writer w;
    int rc = load(p, i, &w), out = 0;

    if (rc == 0)
        out = extract_child(p->x, e->name, writer_span(&w));
    else
        extract_child_unread(p->x, e->name, e->size, zip_unread(rc));
    writer_done(&w);
    return rc == ST_LIMIT ? ST_LIMIT : out;
}

static bool is_furniture(struct span name)
{
    static const char *const starts[] = {"mimetype",     "META-INF/",   "version.xml",
                                         "settings.xml", "Preview/Prv", "Contents/header.xml"};

    for (size_t i = 0; i < GH_COUNT(starts); i++)
        if (span_starts(name, starts[i]))
            return true;
    return false;
}

static int read_other(struct package *p, size_t i)
{
    struct span name = zip_at(p->zip, i)->name;

    if (zip_at(p->zip, i)->directory || is_furniture(name))
        return 0;
    if (span_starts(name, "Contents/section"))
        read_section(p, i, PLACE_BODY, 0);
    else if (span_starts(name, "Contents/masterpage"))
        read_section(p, i, PLACE_HEADER, 0);
    else if (span_starts(name, "Scripts/"))
        read_plain(p, i, PLACE_HIDDEN);
    else
        return hand_on(p, i);
    return 0;
}

static void read_package(struct package *p)
{
    size_t preview = index_of(p, zip_find(p->zip, "Preview/PrvText.txt")), i;
    unsigned page = 0;
    char name[40];

    read_manifest(p);
    read_contents(p);
    for (;; page++) {
        snprintf(name, sizeof(name), "Contents/section%u.xml", page);
        i = index_of(p, zip_find(p->zip, name));
        if (i == p->n || extract_expired(p->x))
            break;
        read_section(p, i, PLACE_BODY, page + 1);
    }
    if (!page)
        extract_unread(p->x, UNREAD_CORRUPT);
    if (preview < p->n && (!page || p->core_secret))
        read_plain(p, preview, PLACE_BODY);
    for (i = 0; i < p->n; i++) {
        if (extract_expired(p->x)) {
            extract_unread(p->x, UNREAD_TIMEOUT);
            return;
        }
        if (p->state[i] != DONE && read_other(p, i) == ST_LIMIT)
            return;
    }
}

void x_hwpx(struct extract *x, struct span in)
{
    struct package p = {.x = x};
    struct zip *zip;

    if (zip_open(extract_arena(x), in, &zip) != 0) {
        extract_unread_all(x, UNREAD_CORRUPT);
        return;
    }
    p.zip = zip;
    p.n = zip_count(zip) < ENTRIES_MAX ? zip_count(zip) : ENTRIES_MAX;
    p.state = arena_array(extract_arena(x), p.n + 1, 1);
    if (!p.state || zip_count(zip) > ENTRIES_MAX)
        extract_unread(x, UNREAD_TOO_LARGE);
    if (!p.state)
        return;
    if (zip_damaged(zip))
        extract_unread(x, UNREAD_CORRUPT);
    read_package(&p);
}
