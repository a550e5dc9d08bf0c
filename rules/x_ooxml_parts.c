/* SPDX-License-Identifier: GPL-3.0-or-later
 * The package: its parts, what each is, how they refer to one another (ECMA-376 part 2). */
#include "rules/x_ooxml.h"

#include <stdlib.h>

#define DEFAULTS_MAX 256u

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static int name_compare(struct span a, struct span b)
{
    for (size_t i = 0; i < a.n && i < b.n; i++)
        if (lower(a.p[i]) != lower(b.p[i]))
            return lower(a.p[i]) < lower(b.p[i]) ? -1 : 1;
    return (a.n > b.n) - (a.n < b.n);
}

static int part_compare(const void *a, const void *b)
{
    const struct part *x = a, *y = b;
    int c = name_compare(x->entry->name, y->entry->name);

    return c ? c : (x->entry > y->entry) - (x->entry < y->entry);
}

static bool has_nocase(struct span s, struct span piece)
{
    for (size_t i = 0; piece.n <= s.n && i <= s.n - piece.n; i++)
        if (name_compare(span_part(s, i, piece.n), piece) == 0)
            return true;
    return false;
}

/* path is a pattern of the table: "*piece", or a beginning in which one '*' stands for anything. */
static bool path_fits(struct span name, const char *path)
{
    const char *star = strchr(path, '*');
    size_t head = star ? (size_t)(star - path) : strlen(path);

    if (name.n < head || name_compare(span_part(name, 0, head), span_of(path, head)) != 0)
        return false;
    return !star || has_nocase(span_part(name, head, name.n), span_str(star + 1));
}

static const struct part_class *class_of_type(struct span type)
{
    for (size_t i = 0; i < ooxml_classes_count; i++)
        if (ooxml_classes[i].type && has_nocase(type, span_str(ooxml_classes[i].type)))
            return &ooxml_classes[i];
    return NULL;
}

static const struct part_class *class_of_path(struct span name)
{
    for (size_t i = 0; i < ooxml_classes_count; i++)
        if (ooxml_classes[i].path && path_fits(name, ooxml_classes[i].path))
            return &ooxml_classes[i];
    return NULL;
}

struct span ooxml_keep(struct ooxml *o, struct span s)
{
    char *copy = arena_dup(o->arena, s.p, s.n);

    return copy ? span_of(copy, s.n) : span_of("", 0);
}

struct part *ooxml_find(struct ooxml *o, struct span path)
{
    size_t low = 0, high = o->n_parts;

    if (path.n && path.p[0] == '/')
        path = span_part(path, 1, path.n);
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (name_compare(o->parts[mid].entry->name, path) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low < o->n_parts && name_compare(o->parts[low].entry->name, path) == 0 ? &o->parts[low] : NULL;
}

bool ooxml_load(struct ooxml *o, const struct part *part, struct writer *out)
{
    int rc;

    writer_init(out, OOXML_PART_MAX);
    rc = zip_read(o->x, o->zip, part->entry, out);
    if (rc)
        extract_unread(o->x, zip_unread(rc));
    return out->n > 0;
}

/* ---- content types ---- */

struct types {
    struct ooxml *o;
    struct {
        struct span extension, type;
        const struct part_class *class;
    } defaults[DEFAULTS_MAX];
    size_t n_defaults;
};

static void main_found(struct ooxml *o, const struct part *part, struct span type)
{
    for (size_t i = 0; i < ooxml_mains_count && !o->main; i++)
        if (has_nocase(type, span_str(ooxml_mains[i].type))) {
            extract_type(o->x, "ooxml", ooxml_mains[i].mime);
            o->main = part;
        }
}

static void types_start(void *ctx, struct sax *s, const char *name)
{
    struct types *t = ctx;
    const char *type = sax_attr(s, "ContentType"), *extension = sax_attr(s, "Extension"),
               *path = sax_attr(s, "PartName");
    struct part *part = path ? ooxml_find(t->o, span_str(path)) : NULL;

    if (!type)
        return;
    if (part) {
        part->class = class_of_type(span_str(type));
        main_found(t->o, part, span_str(type));
    } else if (extension && t->n_defaults < DEFAULTS_MAX) {
        t->defaults[t->n_defaults].extension = ooxml_keep(t->o, span_str(extension));
        t->defaults[t->n_defaults].type = ooxml_keep(t->o, span_str(type));
        t->defaults[t->n_defaults++].class = class_of_type(span_str(type));
    }
}

static struct span extension_of(struct span name)
{
    for (size_t i = name.n; i-- > 0 && name.p[i] != '/';)
        if (name.p[i] == '.')
            return span_part(name, i + 1, name.n);
    return span_of("", 0);
}

static void classify(struct ooxml *o, const struct types *t)
{
    for (size_t i = 0; i < o->n_parts; i++) {
        struct part *part = &o->parts[i];
        struct span extension = extension_of(part->entry->name);

        if (part->class)
            continue;
        for (size_t k = 0; k < t->n_defaults; k++)
            if (name_compare(t->defaults[k].extension, extension) == 0) {
                part->class = t->defaults[k].class;
                main_found(o, part, t->defaults[k].type);
                break;
            }
        if (!part->class || span_find_byte(part->entry->name, '/', 0) < 0)
            part->class = class_of_path(part->entry->name);
    }
}

bool ooxml_open(struct ooxml *o, struct span in)
{
    static const struct sax_handler handler = {types_start, NULL, NULL};
    struct types *t = arena_alloc(o->arena, sizeof(*t));
    struct zip *zip;
    const struct part *part;
    struct writer w;
    size_t n;

    if (!t || zip_open(o->arena, in, &zip) != 0) {
        extract_unread_all(o->x, UNREAD_CORRUPT);
        return false;
    }
    o->zip = zip;
    t->o = o;
    n = zip_count(zip);
    if (zip_damaged(zip))
        extract_unread(o->x, UNREAD_CORRUPT);
    if (n > OOXML_PARTS_MAX)
        extract_unread(o->x, UNREAD_TOO_LARGE);
    n = n < OOXML_PARTS_MAX ? n : OOXML_PARTS_MAX;
    o->parts = arena_array(o->arena, n + 1, sizeof(*o->parts));
    if (!o->parts) {
        extract_unread_all(o->x, UNREAD_TOO_LARGE);
        return false;
    }
    for (size_t i = 0; i < n; i++)
        if (!zip_at(zip, i)->directory)
            o->parts[o->n_parts++].entry = zip_at(zip, i);
    qsort(o->parts, o->n_parts, sizeof(*o->parts), part_compare);
    part = ooxml_find(o, span_str("[Content_Types].xml"));
    if (part) {
        if (ooxml_load(o, part, &w))
            sax_read(o->x, writer_span(&w), &handler, t);
        writer_done(&w);
    }
    classify(o, t);
    return true;
}

/* ---- all of it ---- */

static int page_compare(const void *a, const void *b)
{
    const struct part *x = *(struct part *const *)a, *y = *(struct part *const *)b;

    if (x->page != y->page)
        return x->page < y->page ? -1 : 1;
    return (x > y) - (x < y);
}

static void read_part(struct ooxml *o, const struct part *part)
{
    struct writer w;

    if (ooxml_load(o, part, &w))
        part->class->read(o, part, writer_span(&w));
    writer_done(&w);
}

static int hand_on(struct ooxml *o, const struct part *part)
{
    struct writer w;
    int rc = 0, read;

    writer_init(&w, OOXML_PART_MAX);
    read = zip_read(o->x, o->zip, part->entry, &w);
    if (read == 0)
        rc = extract_child(o->x, part->entry->name, writer_span(&w));
    else
        extract_child_unread(o->x, part->entry->name, part->entry->size,
                             read == ST_ENCRYPTED                   ? UNREAD_ENCRYPTED
                             : read == ST_LIMIT || read == ST_NOMEM ? UNREAD_TOO_LARGE
                             : read == ST_UNSUPPORTED               ? UNREAD_UNSUPPORTED
                             : read == ST_TIMEOUT                   ? UNREAD_TIMEOUT
                                                                    : UNREAD_CORRUPT);
    writer_done(&w);
    return read == ST_LIMIT ? ST_LIMIT : rc;
}

void ooxml_read_parts(struct ooxml *o)
{
    struct part **list = arena_array(o->arena, o->n_parts + 1, sizeof(struct part *));

    if (!list) {
        extract_unread_all(o->x, UNREAD_TOO_LARGE);
        return;
    }
    for (size_t c = 0; c < ooxml_classes_count; c++) {
        size_t n = 0;
        for (size_t i = 0; i < o->n_parts && ooxml_classes[c].read; i++)
            if (o->parts[i].class == &ooxml_classes[c])
                list[n++] = &o->parts[i];
        qsort(list, n, sizeof(struct part *), page_compare);
        for (size_t i = 0; i < n; i++) {
            if (extract_expired(o->x)) {
                extract_unread(o->x, UNREAD_TIMEOUT);
                return;
            }
            read_part(o, list[i]);
        }
    }
    for (size_t i = 0; i < o->n_parts; i++)
        if (!o->parts[i].class && hand_on(o, &o->parts[i]) == ST_LIMIT)
            return;
}
