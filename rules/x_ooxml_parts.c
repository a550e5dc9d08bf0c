/* SPDX-License-Identifier: GPL-3.0-or-later
 * The package: its parts, what each is, how they refer to one another (ECMA-376 part 2). */
#include "rules/x_ooxml.h"

#include <stdlib.h>

#define PATH_MAX_LEN 1024u
#define DEFAULTS_MAX 256u
#define NONE PLACE_BODY

/* THE table, in reading order: pieces of content types (first that fits), beginnings or '*' pieces of paths.
 */
static const struct part_class classes[] = {
    {"relationships+xml", NULL, ooxml_links, PLACE_HIDDEN},
    {NULL, "*.rels", ooxml_links, PLACE_HIDDEN},
    {"core-properties+xml", "docProps/core.xml", ooxml_core, PLACE_METADATA},
    {"extended-properties+xml", "docProps/app.xml", ooxml_core, PLACE_METADATA},
    {"custom-properties+xml", "docProps/custom.xml", ooxml_custom, PLACE_METADATA},
    {"classificationlabels", "docMetadata/LabelInfo", ooxml_labels, PLACE_METADATA},
    {"customXmlProperties", "customXml/itemProps", NULL, NONE},
    {NULL, "customXml/item", ooxml_custom_xml, PLACE_METADATA},
    /* What others need first. */
    {"sheet.binary.macroEnabled.main", "xl/workbook.bin", ooxml_book_bin, NONE},
    {"spreadsheetml.sheet.main", "xl/workbook.xml", ooxml_workbook, NONE},
    {"spreadsheetml.template.main", NULL, ooxml_workbook, NONE},
    {"ms-excel.sheet.macroEnabled.main", NULL, ooxml_workbook, NONE},
    {"ms-excel.template.macroEnabled.main", NULL, ooxml_workbook, NONE},
    {"ms-excel.addin.macroEnabled.main", NULL, ooxml_workbook, NONE},
    {"presentationml.presentation.main", "ppt/presentation.xml", ooxml_presentation, NONE},
    {"presentationml.slideshow.main", NULL, ooxml_presentation, NONE},
    {"presentationml.template.main", NULL, ooxml_presentation, NONE},
    {"ms-powerpoint.presentation.macroEnabled.main", NULL, ooxml_presentation, NONE},
    {"ms-powerpoint.slideshow.macroEnabled.main", NULL, ooxml_presentation, NONE},
    {"ms-powerpoint.template.macroEnabled.main", NULL, ooxml_presentation, NONE},
    {"wordprocessingml.styles", "word/styles.xml", ooxml_word_styles, NONE},
    {"spreadsheetml.styles", "xl/styles.xml", ooxml_sheet_fonts, NONE},
    {"spreadsheetml.sharedStrings", "xl/sharedStrings.xml", ooxml_sheet_strings, NONE},
    {"ms-excel.sharedStrings", "xl/sharedStrings.bin", ooxml_strings_bin, NONE},
    /* Text. */
    {"wordprocessingml.document.main", "word/document.xml", ooxml_word, PLACE_BODY},
    {"wordprocessingml.template.main", NULL, ooxml_word, PLACE_BODY},
    {"ms-word.document.macroEnabled.main", NULL, ooxml_word, PLACE_BODY},
    {"ms-word.template.macroEnabledTemplate.main", NULL, ooxml_word, PLACE_BODY},
    {"wordprocessingml.header", "word/header", ooxml_word, PLACE_HEADER},
    {"wordprocessingml.footer", "word/footer.", ooxml_word, PLACE_FOOTER},
    {"wordprocessingml.footnotes", "word/footnotes", ooxml_word, PLACE_NOTES},
    {"wordprocessingml.endnotes", "word/endnotes", ooxml_word, PLACE_NOTES},
    {NULL, "word/footer", ooxml_word, PLACE_FOOTER},
    {"wordprocessingml.comments+xml", "word/comments.xml", ooxml_word, PLACE_COMMENT},
    {"wordprocessingml.document.glossary", "word/glossary/document.xml", ooxml_word, PLACE_HIDDEN},
    {"spreadsheetml.worksheet", "xl/worksheets/*.xml", ooxml_sheet, PLACE_BODY},
    {"ms-excel.worksheet", NULL, ooxml_sheet_bin, PLACE_BODY},
    {"ms-excel.binIndexWs", "*binaryIndex", NULL, NONE},
    {NULL, "xl/worksheets/sheet", ooxml_sheet_bin, PLACE_BODY},
    {"spreadsheetml.chartsheet", "xl/chartsheets/", ooxml_sheet, PLACE_BODY},
    {"spreadsheetml.dialogsheet", "xl/dialogsheets/", ooxml_sheet, PLACE_BODY},
    {"ms-excel.macrosheet", "xl/macrosheets/", ooxml_macro_sheet, PLACE_HIDDEN},
    {"ms-excel.intlmacrosheet", NULL, ooxml_macro_sheet, PLACE_HIDDEN},
    {"presentationml.slide+xml", "ppt/slides/", ooxml_slide, PLACE_BODY},
    {"presentationml.notesSlide", "ppt/notesSlides/", ooxml_slide, PLACE_NOTES},
    {"visio.page+xml", "visio/pages/page", ooxml_visio, PLACE_BODY},
    {"xps-fixedpage", "*.fpage", ooxml_xps, PLACE_BODY},
    {"spreadsheetml.comments", "xl/comments", ooxml_comment, PLACE_COMMENT},
    {"ms-excel.comments", NULL, ooxml_comment_bin, PLACE_COMMENT},
    {"threadedcomments", "xl/threadedComments/", ooxml_comment, PLACE_COMMENT},
    {"presentationml.comments", "ppt/comments/", ooxml_comment, PLACE_COMMENT},
    {"ms-powerpoint.comments", NULL, ooxml_comment, PLACE_COMMENT},
    {"drawingml.chartshapes", NULL, ooxml_drawing, PLACE_BODY},
    {"officedocument.drawing+xml", "xl/drawings/drawing", ooxml_drawing, PLACE_BODY},
    {"drawingml.chart+xml", "*/charts/chart", ooxml_drawing, PLACE_BODY},
    {"chartex+xml", NULL, ooxml_drawing, PLACE_BODY},
    {"drawingml.diagramData", "*/diagrams/data", ooxml_drawing, PLACE_BODY},
    {"vmlDrawing", "*.vml", ooxml_drawing, PLACE_BODY},
    {"visio.master+xml", "visio/masters/master", ooxml_visio, PLACE_HIDDEN},
    {"presentationml.slideMaster", "ppt/slideMasters/", ooxml_slide, PLACE_HEADER},
    {"presentationml.slideLayout", "ppt/slideLayouts/", ooxml_slide, PLACE_HEADER},
    {"presentationml.notesMaster", "ppt/notesMasters/", ooxml_slide, PLACE_HEADER},
    {"presentationml.handoutMaster", "ppt/handoutMasters/", ooxml_slide, PLACE_HEADER},
    {"pivotCacheDefinition", "xl/pivotCache/pivotCacheDefinition", ooxml_pivot, PLACE_HIDDEN},
    {"pivotCacheRecords", "xl/pivotCache/pivotCacheRecords", ooxml_pivot, PLACE_HIDDEN},
    {"externalLink", "xl/externalLinks/", ooxml_content_text, PLACE_HIDDEN},
    {"ms-office.vbaProject", "*vbaProject.bin", ooxml_vba, PLACE_HIDDEN},
    /* Furniture: holds no text of the author. */
    {NULL, "[Content_Types].xml", NULL, NONE},
    {NULL, "docProps/thumbnail", NULL, NONE}, /* a small picture of the first page */
    {"officedocument.theme", "*/theme/", NULL, NONE},
    {"drawingml.diagram", "*/diagrams/", NULL, NONE},
    {"ms-office.drawingml.diagramDrawing", NULL, NULL, NONE},
    {"ms-office.chartstyle", "*/charts/style", NULL, NONE},
    {"ms-office.chartcolorstyle", "*/charts/colors", NULL, NONE},
    {"wordprocessingml.", "word/settings", NULL, NONE},
    {"ms-word.", "word/webSettings", NULL, NONE},
    {"spreadsheetml.", "xl/calcChain", NULL, NONE},
    {"ms-excel.", "xl/metadata", NULL, NONE},
    {"presentationml.", "ppt/presProps", NULL, NONE},
    {"ms-powerpoint.", "ppt/viewProps", NULL, NONE},
    {"ms-visio.", "visio/", NULL, NONE},
    {"ms-office.vbaData", "*vbaData.xml", NULL, NONE},
    {"ms-office.activeX", "*/activeX/", NULL, NONE},
    {"digital-signature", "_xmlsignatures/", NULL, NONE},
    {"obfuscatedFont", "*.odttf", NULL, NONE},
    {"fontdata", "*.fntdata", NULL, NONE},
    {"printerSettings", "*printerSettings", NULL, NONE},
    {NULL, "word/fontTable", NULL, NONE},
    {NULL, "word/numbering", NULL, NONE},
    {NULL, "word/stylesWithEffects", NULL, NONE},
    {NULL, "word/commentsEx", NULL, NONE},
    {NULL, "word/commentsIds", NULL, NONE},
    {NULL, "word/people", NULL, NONE},
    {NULL, "xl/tables/", NULL, NONE},
    {NULL, "xl/styles.bin", NULL, NONE},
    {NULL, "ppt/tableStyles", NULL, NONE},
    {"xps-", "*.fdoc", NULL, NONE},
    {NULL, "*.fdseq", NULL, NONE},
};

/* What a main part makes of the package. */
static const struct {
    const char *type, *mime;
} mains[] = {
#define OPEN "application/vnd.openxmlformats-officedocument."
    {"wordprocessingml.document.main", OPEN "wordprocessingml.document"},
    {"wordprocessingml.template.main", OPEN "wordprocessingml.template"},
    {"ms-word.document.macroEnabled", "application/vnd.ms-word.document.macroEnabled.12"},
    {"ms-word.template.macroEnabled", "application/vnd.ms-word.template.macroEnabled.12"},
    {"sheet.binary.macroEnabled.main", "application/vnd.ms-excel.sheet.binary.macroEnabled.12"},
    {"spreadsheetml.sheet.main", OPEN "spreadsheetml.sheet"},
    {"spreadsheetml.template.main", OPEN "spreadsheetml.template"},
    {"ms-excel.sheet.macroEnabled", "application/vnd.ms-excel.sheet.macroEnabled.12"},
    {"ms-excel.template.macroEnabled", "application/vnd.ms-excel.template.macroEnabled.12"},
    {"ms-excel.addin.macroEnabled", "application/vnd.ms-excel.addin.macroEnabled.12"},
    {"presentationml.presentation.main", OPEN "presentationml.presentation"},
    {"presentationml.slideshow.main", OPEN "presentationml.slideshow"},
    {"presentationml.template.main", OPEN "presentationml.template"},
    {"ms-powerpoint.presentation.macroEnabled", "application/vnd.ms-powerpoint.presentation.macroEnabled.12"},
    {"ms-powerpoint.slideshow.macroEnabled", "application/vnd.ms-powerpoint.slideshow.macroEnabled.12"},
    {"ms-powerpoint.template.macroEnabled", "application/vnd.ms-powerpoint.template.macroEnabled.12"},
    {"ms-visio.drawing.main", "application/vnd.ms-visio.drawing.main+xml"},
    {"ms-visio.drawing.macroEnabled.main", "application/vnd.ms-visio.drawing.macroEnabled.main+xml"},
    {"xps-fixeddocumentsequence", "application/vnd.ms-xpsdocument"},
#undef OPEN
};

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
    for (size_t i = 0; i < GH_COUNT(classes); i++)
        if (classes[i].type && has_nocase(type, span_str(classes[i].type)))
            return &classes[i];
    return NULL;
}

static const struct part_class *class_of_path(struct span name)
{
    for (size_t i = 0; i < GH_COUNT(classes); i++)
        if (classes[i].path && path_fits(name, classes[i].path))
            return &classes[i];
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
    switch (rc) {
    case 0:
        break;
    case ST_ENCRYPTED:
        extract_unread(o->x, UNREAD_ENCRYPTED);
        break;
    case ST_LIMIT:
    case ST_NOMEM:
        extract_unread(o->x, UNREAD_TOO_LARGE);
        break;
    case ST_TIMEOUT:
        extract_unread(o->x, UNREAD_TIMEOUT);
        break;
    case ST_UNSUPPORTED:
        extract_unread(o->x, UNREAD_UNSUPPORTED);
        break;
    default:
        extract_unread(o->x, UNREAD_CORRUPT);
    }
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
    for (size_t i = 0; i < GH_COUNT(mains) && !o->main; i++)
        if (has_nocase(type, span_str(mains[i].type))) {
            extract_type(o->x, "ooxml", mains[i].mime);
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

/* ---- relationships ---- */

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
    for (size_t c = 0; c < GH_COUNT(classes); c++) {
        size_t n = 0;
        for (size_t i = 0; i < o->n_parts && classes[c].read; i++)
            if (o->parts[i].class == &classes[c])
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
