/* SPDX-License-Identifier: GPL-3.0-or-later
 * A look into a zip: OPC packages by their content types (ECMA-376-2), OpenDocument, EPUB and OWPML by their
 * mimetype member (ODF 1.3-2, 3.3), the rest by names. */
#include "rules/kind_inside.h"

#include "rules/x_zip.h"

#define DIRECTORY_MAX (96u << 20) /* memory for the entries during the look */
#define TYPES_MAX (1u << 20)      /* [Content_Types].xml, unpacked */

static const struct {
    const char *content; /* part of the main part's content type, as in [Content_Types].xml */
    const char *kind, *mime;
} opc[] = {
#define WORD "application/vnd.openxmlformats-officedocument.wordprocessingml."
#define SHEET "application/vnd.openxmlformats-officedocument.spreadsheetml."
#define SLIDES "application/vnd.openxmlformats-officedocument.presentationml."
    {"wordprocessingml.document.main+xml", "ooxml", WORD "document"},
    {"wordprocessingml.template.main+xml", "ooxml", WORD "template"},
    {"ms-word.document.macroEnabled.main+xml", "ooxml", "application/vnd.ms-word.document.macroEnabled.12"},
    {"ms-word.template.macroEnabledTemplate.main+xml", "ooxml",
     "application/vnd.ms-word.template.macroEnabled.12"},
    {"spreadsheetml.sheet.main+xml", "ooxml", SHEET "sheet"},
    {"spreadsheetml.template.main+xml", "ooxml", SHEET "template"},
    {"ms-excel.sheet.macroEnabled.main+xml", "ooxml", "application/vnd.ms-excel.sheet.macroEnabled.12"},
    {"ms-excel.template.macroEnabled.main+xml", "ooxml", "application/vnd.ms-excel.template.macroEnabled.12"},
    {"ms-excel.addin.macroEnabled.main+xml", "ooxml", "application/vnd.ms-excel.addin.macroEnabled.12"},
    {"ms-excel.sheet.binary.macroEnabled.main", "ooxml",
     "application/vnd.ms-excel.sheet.binary.macroEnabled.12"},
    {"presentationml.presentation.main+xml", "ooxml", SLIDES "presentation"},
    {"presentationml.slideshow.main+xml", "ooxml", SLIDES "slideshow"},
    {"presentationml.template.main+xml", "ooxml", SLIDES "template"},
    {"ms-powerpoint.presentation.macroEnabled.main+xml", "ooxml",
     "application/vnd.ms-powerpoint.presentation.macroEnabled.12"},
    {"ms-powerpoint.slideshow.macroEnabled.main+xml", "ooxml",
     "application/vnd.ms-powerpoint.slideshow.macroEnabled.12"},
    {"ms-powerpoint.template.macroEnabled.main+xml", "ooxml",
     "application/vnd.ms-powerpoint.template.macroEnabled.12"},
    {"ms-visio.drawing.main+xml", "ooxml", "application/vnd.ms-visio.drawing.main+xml"},
    {"ms-visio.drawing.macroEnabled.main+xml", "ooxml",
     "application/vnd.ms-visio.drawing.macroEnabled.main+xml"},
    {"ms-visio.template.main+xml", "ooxml", "application/vnd.ms-visio.template.main+xml"},
    {"ms-visio.stencil.main+xml", "ooxml", "application/vnd.ms-visio.stencil.main+xml"},
    {"ms-package.xps-fixeddocumentsequence+xml", "ooxml", "application/vnd.ms-xpsdocument"},
    {"oxps-fixeddocumentsequence+xml", "ooxml", "application/oxps"},
};

/* What the mimetype member says, when it is one of these families. */
static const struct {
    const char *content, *kind, *mime;
} declared[] = {
#define ODF "application/vnd.oasis.opendocument."
    {ODF "text", "odf", ODF "text"},
    {ODF "text-template", "odf", ODF "text-template"},
    {ODF "text-master", "odf", ODF "text-master"},
    {ODF "spreadsheet", "odf", ODF "spreadsheet"},
    {ODF "spreadsheet-template", "odf", ODF "spreadsheet-template"},
    {ODF "presentation", "odf", ODF "presentation"},
    {ODF "presentation-template", "odf", ODF "presentation-template"},
    {ODF "graphics", "odf", ODF "graphics"},
    {ODF "graphics-template", "odf", ODF "graphics-template"},
    {ODF "formula", "odf", ODF "formula"},
    {ODF "chart", "odf", ODF "chart"},
    {ODF "base", "odf", ODF "base"},
    {"application/vnd.sun.xml.writer", "odf", "application/vnd.sun.xml.writer"},
    {"application/vnd.sun.xml.calc", "odf", "application/vnd.sun.xml.calc"},
    {"application/vnd.sun.xml.impress", "odf", "application/vnd.sun.xml.impress"},
    {"application/epub+zip", "epub", "application/epub+zip"},
    {"application/hwp+zip", "hwpx", "application/hwp+zip"},
};

static const struct {
    const char *name; /* of a member that only this kind has */
    const char *kind, *mime;
} named[] = {
    {"AndroidManifest.xml", "zip", "application/vnd.android.package-archive"},
    {"META-INF/MANIFEST.MF", "zip", "application/java-archive"},
    {"word/document.xml", "ooxml", WORD "document"},
    {"xl/workbook.xml", "ooxml", SHEET "sheet"},
    {"xl/workbook.bin", "ooxml", "application/vnd.ms-excel.sheet.binary.macroEnabled.12"},
    {"ppt/presentation.xml", "ooxml", SLIDES "presentation"},
    {"visio/document.xml", "ooxml", "application/vnd.ms-visio.drawing.main+xml"},
    {"Contents/section0.xml", "hwpx", "application/hwp+zip"},
    {"Index/Document.iwa", "iwork", "application/vnd.apple.iwork"},
    {"Index.zip", "iwork", "application/vnd.apple.iwork"},
    {"index.apxl", "iwork", "application/vnd.apple.keynote"},
    {"index.numbers", "iwork", "application/vnd.apple.numbers"},
    {"index.xml", "iwork", "application/vnd.apple.pages"},
    {"doc.kml", "zip", "application/vnd.google-earth.kmz"},
};

struct taken {
    uint8_t *p;
    size_t n, max;
};

static bool take(void *arg, struct span piece)
{
    struct taken *t = arg;

    piece = span_part(piece, 0, t->max - t->n);
    if (piece.n)
        memcpy(t->p + t->n, piece.p, piece.n);
    t->n += piece.n;
    return t->n < t->max;
}

/* The first max bytes of a member, in the arena. */
static struct span member(struct arena *a, const struct zip *z, const char *name, size_t max)
{
    const struct zip_entry *e = zip_find(z, name);
    struct taken t = {.p = e ? arena_alloc(a, max) : NULL, .max = max};

    if (!t.p)
        return span_of(NULL, 0);
    zip_stream(NULL, z, e, take, &t); /* a damaged rest does not matter here */
    return span_of(t.p, t.n);
}

static bool by_mimetype(struct arena *a, const struct zip *z, struct kind *ret)
{
    struct span type = span_trim(member(a, z, "mimetype", 128));

    for (size_t i = 0; i < GH_COUNT(declared); i++)
        if (span_eq(type, span_str(declared[i].content))) {
            *ret = (struct kind){declared[i].kind, declared[i].mime};
            return true;
        }
    return false;
}

static bool by_content_types(struct arena *a, const struct zip *z, struct kind *ret)
{
    struct span types = member(a, z, "[Content_Types].xml", TYPES_MAX);

    for (size_t i = 0; types.n && i < GH_COUNT(opc); i++)
        if (span_find(types, span_str(opc[i].content), 0) >= 0) {
            *ret = (struct kind){opc[i].kind, opc[i].mime};
            return true;
        }
    return false;
}

static bool by_names(const struct zip *z, struct kind *ret)
{
    for (size_t i = 0; i < GH_COUNT(named); i++) {
        if (!zip_find(z, named[i].name))
            continue;
        /* "index.xml" and "Index.zip" are everybody's names: iWork has its previews or version list beside
         * them. */
        if (strcmp(named[i].kind, "iwork") == 0 && !zip_find(z, "buildVersionHistory.plist") &&
            !zip_find(z, "Metadata/BuildVersionHistory.plist") && !zip_find(z, "preview.jpg") &&
            !zip_find(z, "QuickLook/Thumbnail.jpg") && !zip_find(z, "Index/Document.iwa"))
            continue;
        *ret = (struct kind){named[i].kind, named[i].mime};
        return true;
    }
    return false;
}

bool kind_inside_zip(struct span in, struct kind *ret)
{
    struct arena *a = arena_new(DIRECTORY_MAX);
    struct zip *z;
    bool found = false;

    if (a && zip_open(a, in, &z) == 0)
        found = by_mimetype(a, z, ret) || by_content_types(a, z, ret) || by_names(z, ret);
    arena_free(a);
    return found;
}
