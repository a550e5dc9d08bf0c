/* SPDX-License-Identifier: GPL-3.0-or-later
 * The package of an OpenDocument: which member is read, which is handed on, which is encrypted. */
#include "rules/formats.h"
#include "rules/x_odf.h"
#include "rules/x_zip.h"

#define MEMBER_MAX (128u << 20) /* bytes of one member */
#define ENTRIES_MAX 50000       /* members looked at */

struct package {
    struct odf o;
    const struct zip *zip;
    bool *secret; /* of each member: its bytes are encrypted */
    size_t n;
    const struct zip_entry *open;
    bool any_secret, core_secret;
};

/* ---- the manifest: which members are encrypted (part 2, 4.3) ---- */

/* Entries lie in a row. */
static size_t index_of(const struct package *p, const struct zip_entry *e)
{
    const struct zip_entry *first = zip_at(p->zip, 0);

    return e && first && e >= first && (size_t)(e - first) < p->n ? (size_t)(e - first) : p->n;
}

static bool is_core(struct span name)
{
    return span_eq(name, span_str("content.xml")) || span_eq(name, span_str("encrypted-package"));
}

static void manifest_start(void *ctx, struct sax *s, const char *name)
{
    struct package *p = ctx;
    const char *path = sax_attr(s, "full-path");
    size_t i;

    if (strcmp(name, "file-entry") == 0)
        p->open = path ? zip_find(p->zip, path) : NULL;
    if (strcmp(name, "encryption-data") != 0 || !p->open)
        return;
    i = index_of(p, p->open);
    if (i < p->n)
        p->secret[i] = true;
    p->any_secret = true;
    p->core_secret |= is_core(p->open->name);
}

/* ---- members ---- */

static void read_member(struct package *p, size_t i)
{
    struct writer w;
    int rc;

    writer_init(&w, MEMBER_MAX);
    rc = p->secret[i] ? ST_ENCRYPTED : zip_read(p->o.x, p->zip, zip_at(p->zip, i), &w);
    if (rc)
        extract_unread(p->o.x, zip_unread(rc));
    if (!p->secret[i] && w.n)
        odf_content(&p->o, writer_span(&w));
    writer_done(&w);
}

static int hand_on(struct package *p, size_t i)
{
    const struct zip_entry *e = zip_at(p->zip, i);
    struct writer w;
    int rc, out = 0;

    writer_init(&w, MEMBER_MAX);
    rc = p->secret[i] ? ST_ENCRYPTED : zip_read(p->o.x, p->zip, e, &w);
    if (rc == 0)
        out = extract_child(p->o.x, e->name, writer_span(&w));
    else
        extract_child_unread(p->o.x, e->name, e->size, zip_unread(rc));
    writer_done(&w);
    return rc == ST_LIMIT ? ST_LIMIT : out;
}

static bool ends(struct span name, const char *tail)
{
    size_t n = strlen(tail);

    return name.n >= n && span_eq_nocase(span_part(name, name.n - n, n), tail);
}

static bool is_furniture(struct span name)
{
    static const char *const starts[] = {
        "mimetype",     "META-INF/", "Thumbnails/", "Configurations2/", "layout-cache",
        "manifest.rdf", "Fonts/",    "Dialogs/",    "Basic/script-lc",  "Versions/VersionList"};

    for (size_t i = 0; i < GH_COUNT(starts); i++)
        if (span_starts(name, starts[i]))
            return true;
    return ends(name, "settings.xml") || ends(name, "script-lb.xml");
}

/* What lies in Basic/ are modules of source text; Scripts/ holds other languages. */
static bool is_macro(struct span name)
{
    return span_starts(name, "Basic/") || span_starts(name, "Scripts/");
}

static void read_package(struct package *p)
{
    /* Styles before content, the document before the objects in it. */
    static const char *const order[] = {"meta.xml", "styles.xml", "content.xml"};

    for (size_t k = 0; k < GH_COUNT(order); k++) {
        size_t i = index_of(p, zip_find(p->zip, order[k]));
        if (i < p->n)
            read_member(p, i);
        else if (k == 2 && !p->core_secret)
            extract_unread(p->o.x, UNREAD_CORRUPT);
    }
    for (size_t i = 0; i < p->n; i++) {
        const struct zip_entry *e = zip_at(p->zip, i);
        struct span name = e->name;

        if (extract_expired(p->o.x)) {
            extract_unread(p->o.x, UNREAD_TIMEOUT);
            return;
        }
        if (e->directory || is_furniture(name) || span_eq(name, span_str(order[0])) ||
            span_eq(name, span_str(order[1])) || span_eq(name, span_str(order[2])))
            continue;
        p->o.macros |= is_macro(name);
        if (ends(name, "/content.xml") || ends(name, "/styles.xml") || ends(name, "/meta.xml") ||
            (span_starts(name, "Basic/") && ends(name, ".xml")))
            read_member(p, i);
        else if (hand_on(p, i) == ST_LIMIT)
            return;
    }
}

static void finish(struct odf *o)
{
    if (o->external)
        extract_feature(o->x, FEATURE_EXTERNAL_REFS, o->external);
    if (o->macros)
        extract_feature(o->x, FEATURE_MACROS, 1);
}

static void read_manifest(struct package *p)
{
    static const struct sax_handler handler = {manifest_start, NULL, NULL};
    size_t i = index_of(p, zip_find(p->zip, "META-INF/manifest.xml"));
    struct writer w;
    int rc;

    if (i == p->n)
        return;
    writer_init(&w, MEMBER_MAX);
    rc = zip_read(p->o.x, p->zip, zip_at(p->zip, i), &w);
    if (rc)
        extract_unread(p->o.x, zip_unread(rc));
    if (w.n)
        sax_read(p->o.x, writer_span(&w), &handler, p);
    writer_done(&w);
}

void x_odf(struct extract *x, struct span in)
{
    struct package *p = arena_alloc(extract_arena(x), sizeof(*p));
    struct zip *zip;

    if (!p || zip_open(extract_arena(x), in, &zip) != 0) {
        extract_unread_all(x, p ? UNREAD_CORRUPT : UNREAD_TOO_LARGE);
        return;
    }
    p->o.x = x;
    p->o.arena = extract_arena(x);
    p->zip = zip;
    p->n = zip_count(zip) < ENTRIES_MAX ? zip_count(zip) : ENTRIES_MAX;
    p->secret = arena_array(p->o.arena, p->n + 1, sizeof(bool));
    if (!p->secret || zip_count(zip) > ENTRIES_MAX)
        extract_unread(x, UNREAD_TOO_LARGE);
    if (!p->secret)
        return;
    if (zip_damaged(zip))
        extract_unread(x, UNREAD_CORRUPT);
    read_manifest(p);
    if (p->any_secret)
        extract_feature(x, FEATURE_ENCRYPTED, 1);
    if (p->core_secret)
        extract_unread_all(x, UNREAD_ENCRYPTED);
    read_package(p);
    finish(&p->o);
}

void x_odf_flat(struct extract *x, struct span in)
{
    struct odf *o = arena_alloc(extract_arena(x), sizeof(*o));

    if (!o) {
        extract_unread_all(x, UNREAD_TOO_LARGE);
        return;
    }
    o->x = x;
    o->arena = extract_arena(x);
    odf_content(o, in);
    finish(o);
}
