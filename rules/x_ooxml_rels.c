/* SPDX-License-Identifier: GPL-3.0-or-later
 * How the parts of a package refer to one another (ECMA-376 part 2, 9.3). */
#include "rules/x_ooxml.h"

#define PATH_MAX_LEN 1024u

struct rel_list {
    struct ooxml *o;
    struct span base; /* directory of the part, with its '/' */
    struct rel *first, **end;
    unsigned n;
};

/* target as seen from directory base: "..", "." and doubled slashes taken out, no leading '/'. */
static struct span resolve(struct ooxml *o, struct span base, struct span target)
{
    uint8_t buf[PATH_MAX_LEN];
    struct writer w;
    struct reader r;

    writer_fixed(&w, buf, sizeof(buf));
    if (!target.n || target.p[0] != '/')
        writer_put(&w, base);
    r = reader_span(target);
    while (reader_left(&r) && writer_ok(&w)) {
        ptrdiff_t cut = span_find_byte(target, '/', r.pos);
        struct span step = reader_take(&r, cut < 0 ? reader_left(&r) : (size_t)cut - r.pos);
        reader_skip(&r, cut >= 0);
        if (span_eq(step, span_str(".."))) {
            if (w.n)
                w.n--;
            while (w.n && w.p[w.n - 1] != '/')
                w.n--;
        } else if (step.n && !span_eq(step, span_str("."))) {
            writer_put(&w, step);
            if (cut >= 0)
                writer_u8(&w, '/');
        }
    }
    return writer_ok(&w) ? ooxml_keep(o, writer_span(&w)) : span_of("", 0);
}

static void rels_start(void *ctx, struct sax *s, const char *name)
{
    struct rel_list *l = ctx;
    const char *id = sax_attr(s, "Id"), *type = sax_attr(s, "Type"), *target = sax_attr(s, "Target"),
               *mode = sax_attr(s, "TargetMode");
    struct rel *rel;

    if (!target || l->n++ >= OOXML_RELS_MAX)
        return;
    rel = arena_alloc(l->o->arena, sizeof(*rel));
    if (!rel)
        return;
    rel->external = mode && span_eq_nocase(span_str(mode), "external");
    rel->id = ooxml_keep(l->o, span_str(id ? id : ""));
    rel->type = ooxml_keep(l->o, span_str(type ? type : ""));
    rel->target =
        rel->external ? ooxml_keep(l->o, span_str(target)) : resolve(l->o, l->base, span_str(target));
    *l->end = rel;
    l->end = &rel->next;
}

struct rel *ooxml_rels(struct ooxml *o, const struct part *part)
{
    static const struct sax_handler handler = {rels_start, NULL, NULL};
    struct rel_list l = {.o = o};
    struct span name = part->entry->name;
    size_t cut = name.n;
    uint8_t buf[PATH_MAX_LEN];
    struct writer path, w;
    const struct part *rels;

    l.end = &l.first;
    while (cut && name.p[cut - 1] != '/')
        cut--;
    l.base = span_part(name, 0, cut);
    writer_fixed(&path, buf, sizeof(buf));
    writer_put(&path, l.base);
    writer_str(&path, "_rels/");
    writer_put(&path, span_part(name, cut, name.n));
    writer_str(&path, ".rels");
    rels = writer_ok(&path) ? ooxml_find(o, writer_span(&path)) : NULL;
    if (!rels)
        return NULL;
    if (ooxml_load(o, rels, &w))
        sax_read(o->x, writer_span(&w), &handler, &l);
    writer_done(&w);
    return l.first;
}

const struct rel *ooxml_rel(const struct rel *list, const char *id)
{
    for (; list && id; list = list->next)
        if (span_eq(list->id, span_str(id)))
            return list;
    return NULL;
}

void ooxml_number(struct ooxml *o, const struct rel *rel, unsigned page, bool hidden)
{
    struct part *part = rel && !rel->external ? ooxml_find(o, rel->target) : NULL;

    if (!part || part->page)
        return;
    part->page = page;
    part->hidden = hidden;
    for (const struct rel *r = ooxml_rels(o, part); r; r = r->next) {
        struct part *child = r->external ? NULL : ooxml_find(o, r->target);
        bool shared = child && child->class && child->class->place == PLACE_HEADER;
        if (child && !child->page && !shared && child != o->main) {
            child->page = page;
            child->hidden = hidden;
        }
    }
}
