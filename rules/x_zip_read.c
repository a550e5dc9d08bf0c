/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_zip: a zip as a container of documents. Members are read in the directory's order; what stands twice or
 * overlaps is read twice and paid for twice. When the budget is spent the rest is listed, not read. */
#include "rules/formats.h"
#include "rules/x_archive.h"
#include "rules/x_zip.h"

/* Methods that zlib does not know are libarchive's, in one pass over the archive at the end. */
static bool is_odd(const struct zip_entry *e)
{
    return !e->encrypted && !e->directory && e->method != 0 && e->method != 8;
}

/* 0 to go on; ST_LIMIT when the rest can only be listed or nothing more may come. */
static int read_member(struct extract *x, const struct zip *z, const struct zip_entry *e)
{
    struct writer w;
    int rc, child = 0;

    writer_init(&w, (size_t)extract_budget_left(x) + 1);
    rc = zip_read(x, z, e, &w);
    if (rc == 0 || w.n)
        child = extract_child_part(x, e->name, writer_span(&w), rc ? zip_unread(rc) : UNREAD_NONE);
    else
        extract_child_unread(x, e->name, e->size, zip_unread(rc));
    writer_done(&w);
    if (child)
        return child;
    return rc == ST_LIMIT || rc == ST_TIMEOUT || rc == ST_NOMEM ? ST_LIMIT : 0;
}

/* Entry i's name, when libarchive is to read it. */
static bool wanted(void *arg, struct span name)
{
    const struct zip_entry *e = zip_find_span(arg, name);

    return e && is_odd(e);
}

void x_zip(struct extract *x, struct span in)
{
    struct zip *z;
    size_t odd = 0;
    bool spent = false;
    int rc = zip_open(extract_arena(x), in, &z);

    if (rc) { /* an empty zip is its end record alone */
        if (rc != ST_MALFORMED || in.n != 22 || !span_starts(in, "PK\5\6"))
            extract_unread_all(x, zip_unread(rc));
        return;
    }
    for (size_t i = 0; i < zip_count(z); i++) {
        const struct zip_entry *e = zip_at(z, i);
        if (e->directory && !e->size)
            continue;
        if (is_odd(e)) {
            odd++;
            continue;
        }
        if (e->encrypted)
            extract_feature(x, FEATURE_ENCRYPTED, 1);
        if (e->encrypted || spent)
            extract_child_unread(x, e->name, e->size, e->encrypted ? UNREAD_ENCRYPTED : UNREAD_TOO_LARGE);
        else
            spent = read_member(x, z, e) != 0;
        if (spent && extract_members_left(x) == 0)
            break;
    }
    if (zip_damaged(z))
        extract_unread(x, UNREAD_CORRUPT);
    if (odd && !spent)
        archive_members(x, in, odd, wanted, z);
    else if (odd)
        extract_unread(x, UNREAD_TOO_LARGE);
}
