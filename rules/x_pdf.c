/* SPDX-License-Identifier: GPL-3.0-or-later
 * PDF (ISO 32000) by poppler-glib; no other file includes it.
 *
 * Read: text by page (lines in the top and bottom margin as header and footer), annotations as comments,
 * values of form fields, outline titles, document information and XMP (with labels), attachments of the
 * document and of annotations as members, images of pages that show images and no text (a scan) as members,
 * so that an image reader may have a look. A file that opens without a password is read, whatever its owner
 * forbids; one that needs a password is unread: encrypted.
 *
 * Poppler unpacks by itself: memory is held by the worker's resource limit (poppler aborts, the supervisor
 * answers), time by extract_expired() between pages and by the supervisor within one. */
#include "rules/formats.h"

#include "base/text.h"
#include "rules/sax_label.h"
#include "rules/x_pdf_raw.h"

#include <poppler.h>

#include <limits.h>
#include <stdio.h>

#define PAGES_MAX 20000      /* pages read */
#define ANNOTS_MAX 20000     /* annotations, form fields and links looked at, all pages together */
#define SCANS_MAX 32         /* images of scanned pages handed on */
#define NARROW 0.18          /* ems: narrower than a blank */
#define MARGIN 0.08          /* part of the page's height that is its top or bottom margin */
#define MISSING_PAGES_MAX 64 /* pages in a row that cannot be had: the page count lies */
#define OUTLINE_DEPTH_MAX 32
#define OUTLINE_MAX 10000
#define ATTACHMENT_MAX (256u << 20)

struct pdf {
    struct extract *x;
    PopplerDocument *doc;
    unsigned annots;   /* looked at so far, of ANNOTS_MAX */
    unsigned external; /* references to other files or programs */
    unsigned scans;    /* images handed on */
    unsigned titles;   /* of the outline */
    bool javascript;
    unsigned pages_text, pages_scanned, pages_missing;
};

/* A document with one empty page. Poppler finds its own way through the missing cross-reference table. */
static const char dummy[] =
    "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    "2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R"
    "/Resources<</Font<</F 5 0 R>>>>>>endobj\n"
    "4 0 obj<</Length 32>>stream\nBT /F 9 Tf 9 9 Td (warm) Tj ET  \nendstream endobj\n"
    "5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n"
    "trailer<</Root 1 0 R/Size 6>>\n%%EOF\n";

/* Poppler reads its data files again for each document while none is open: this one stays open, so that
 * inside the jail it opens nothing. */
void x_pdf_warm_up(void)
{
    static PopplerDocument *keep; /* for the life of the process */
    GBytes *bytes = g_bytes_new_static(dummy, sizeof(dummy) - 1);
    PopplerPage *page;

    if (!keep)
        keep = poppler_document_new_from_bytes(bytes, NULL, NULL);
    g_bytes_unref(bytes);
    page = keep ? poppler_document_get_page(keep, 0) : NULL;
    if (page) {
        g_free(poppler_page_get_text(page));
        g_object_unref(page);
    }
}

/* Takes text over: tells and frees it. */
static void say(struct extract *x, enum place place, unsigned page, char *text)
{
    if (text && *text) {
        extract_text(x, place, page, span_str(text), NULL);
        extract_line(x, place, page);
    }
    g_free(text);
}

/* ---- text ---- */

struct band {
    const PopplerRectangle *rect; /* one for each character, or NULL */
    double top, bottom;
};

/* Where the line of n characters from the at-th one lies. */
static enum place line_place(const struct band *b, size_t at, size_t n)
{
    double y1 = 1e9, y2 = -1e9;

    if (!b->rect || !n)
        return PLACE_BODY;
    for (size_t i = at; i < at + n; i++) {
        y1 = b->rect[i].y1 < y1 ? b->rect[i].y1 : y1;
        y2 = b->rect[i].y2 > y2 ? b->rect[i].y2 : y2;
    }
    return y2 <= b->top ? PLACE_HEADER : y1 >= b->bottom ? PLACE_FOOTER : PLACE_BODY;
}

/* Columns and table cells come as one line: a gap wider than the letters are high parts them. */
static bool is_gap(const struct band *b, size_t i)
{
    const PopplerRectangle *last = &b->rect[i - 1], *next = &b->rect[i];

    return next->x1 - last->x2 > next->y2 - next->y1 && next->x1 > last->x1;
}

/* The blank that is the i-th character was guessed from a gap narrower than any font's blank. */
static bool is_narrow(const struct band *b, size_t i)
{
    return b->rect[i].x2 - b->rect[i].x1 < NARROW * (b->rect[i].y2 - b->rect[i].y1);
}

/* Letter-spaced text: poppler takes the gaps between letters for blanks. Told by narrow blanks between pieces
 * of hardly more than a letter. */
static bool is_spaced(const struct band *b, size_t at, struct span line)
{
    size_t chars = 0, blanks = 0, narrow = 0;

    for (size_t k = 0; k < line.n; chars++)
        if (text_next(line, &k) == ' ') {
            blanks++;
            narrow += is_narrow(b, at + chars);
        }
    return narrow >= 3 && narrow * 2 > blanks && (chars - blanks) * 2 < (blanks + 1) * 5;
}

/* One line, whose first character is the at-th of the page; returns its length in characters. */
static size_t page_line(struct pdf *p, unsigned number, struct span line, const struct band *b, size_t at)
{
    size_t chars = 0, from = 0;
    enum place place;
    bool spaced;

    for (size_t k = 0; k < line.n; chars++)
        text_next(line, &k);
    place = line_place(b, at, chars);
    spaced = b->rect && is_spaced(b, at, line);
    for (size_t i = 0, k = 0; b->rect && k < line.n; i++) {
        size_t before = k;
        bool blank = text_next(line, &k) == ' ', gap = i && is_gap(b, at + i);

        if (!gap && !(spaced && blank && is_narrow(b, at + i)))
            continue;
        extract_text(p->x, place, number, span_part(line, from, before - from), NULL);
        if (gap)
            extract_text(p->x, place, number, span_str("\t"), NULL);
        from = gap ? before : k;
    }
    extract_text(p->x, place, number, span_part(line, from, line.n), NULL);
    extract_line(p->x, place, number);
    return chars;
}

static void page_lines(struct pdf *p, unsigned number, struct span text, const struct band *b)
{
    for (size_t pos = 0, at = 0; pos < text.n; pos++) {
        ptrdiff_t end = span_find_byte(text, '\n', pos);
        struct span line = span_part(text, pos, end < 0 ? text.n : (size_t)end - pos);

        at += page_line(p, number, line, b, at) + 1;
        pos += line.n;
    }
}

static bool page_text(struct pdf *p, PopplerPage *page, unsigned number)
{
    char *text = poppler_page_get_text(page);
    PopplerRectangle *rects = NULL;
    struct band b = {0};
    struct span s = span_str(text ? text : "");
    double width, height;
    guint n = 0;
    size_t chars = 0;
    bool any = span_trim(s).n > 0;

    if (any) {
        for (size_t pos = 0; pos < s.n; chars++)
            text_next(s, &pos);
        poppler_page_get_size(page, &width, &height);
        if (poppler_page_get_text_layout(page, &rects, &n) && n == chars)
            b = (struct band){rects, height * MARGIN, height * (1 - MARGIN)};
        page_lines(p, number, s, &b);
        g_free(rects);
    }
    g_free(text);
    return any;
}

/* ---- members ---- */

struct sink {
    struct extract *x;
    struct writer out;
    bool refused;
};

static bool sink_take(struct sink *k, const void *bytes, size_t n)
{
    if (k->refused || !extract_budget(k->x, n))
        k->refused = true;
    else
        writer_bytes(&k->out, bytes, n);
    return !k->refused && writer_ok(&k->out);
}

static gboolean attachment_piece(const gchar *bytes, gsize n, gpointer arg, GError **err)
{
    if (sink_take(arg, bytes, n))
        return TRUE;
    g_set_error_literal(err, G_FILE_ERROR, G_FILE_ERROR_NOSPC, "limit");
    return FALSE;
}

static void attachment(struct pdf *p, PopplerAttachment *a)
{
    const char *name = poppler_attachment_get_name(a);
    struct sink k = {.x = p->x};
    struct span path = span_str(name ? name : "attachment");
    bool good;

    writer_init(&k.out, ATTACHMENT_MAX);
    good = poppler_attachment_save_to_callback(a, attachment_piece, &k, NULL);
    if (good && writer_ok(&k.out))
        extract_child(p->x, path, writer_span(&k.out));
    else
        extract_child_unread(p->x, path, poppler_attachment_get_size(a),
                             k.refused || !writer_ok(&k.out) ? UNREAD_TOO_LARGE : UNREAD_CORRUPT);
    writer_done(&k.out);
}

static void attachments(struct pdf *p)
{
    GList *list = poppler_document_has_attachments(p->doc) ? poppler_document_get_attachments(p->doc) : NULL;

    for (GList *l = list; l; l = l->next) {
        if (!extract_expired(p->x))
            attachment(p, l->data);
        g_object_unref(l->data);
    }
    g_list_free(list);
}

static cairo_status_t png_piece(void *arg, const unsigned char *bytes, unsigned n)
{
    return sink_take(arg, bytes, n) ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

/* The images of a page without text, as PNG members. */
static void page_scans(struct pdf *p, PopplerPage *page, unsigned number)
{
    GList *list = poppler_page_get_image_mapping(page);
    unsigned handed = 0;

    for (GList *l = list; l && p->scans < SCANS_MAX && !extract_expired(p->x); l = l->next) {
        PopplerImageMapping *m = l->data;
        struct sink k = {.x = p->x};
        cairo_surface_t *surface;
        char name[48];

        if (extract_leave_picture(p->x, false)) /* packing it costs more than all the rest of its page */
            break;
        surface = poppler_page_get_image(page, m->image_id);
        if (!surface)
            continue;
        writer_init(&k.out, ATTACHMENT_MAX);
        snprintf(name, sizeof(name), "page-%u-image-%u.png", number, ++handed);
        p->scans++;
        if (cairo_surface_write_to_png_stream(surface, png_piece, &k) == CAIRO_STATUS_SUCCESS)
            extract_child(p->x, span_str(name), writer_span(&k.out));
        else
            extract_child_unread(p->x, span_str(name), 0, k.refused ? UNREAD_TOO_LARGE : UNREAD_CORRUPT);
        writer_done(&k.out);
        cairo_surface_destroy(surface);
    }
    if (list) {
        p->pages_scanned++;
        if (!handed)
            extract_unread(p->x, UNREAD_UNSUPPORTED);
    }
    poppler_page_free_image_mapping(list);
}

/* ---- annotations, fields, links ---- */

static void action(struct pdf *p, const PopplerAction *a)
{
    if (!a)
        return;
    if (a->type == POPPLER_ACTION_JAVASCRIPT)
        p->javascript = true;
    if (a->type == POPPLER_ACTION_LAUNCH || a->type == POPPLER_ACTION_GOTO_REMOTE)
        p->external++;
    if (a->type == POPPLER_ACTION_URI && a->uri.uri) {
        extract_text(p->x, PLACE_HIDDEN, 0, span_str(a->uri.uri), NULL);
        extract_line(p->x, PLACE_HIDDEN, 0);
    }
}

static void page_links(struct pdf *p, PopplerPage *page)
{
    GList *list = poppler_page_get_link_mapping(page);

    for (GList *l = list; l && p->annots < ANNOTS_MAX; l = l->next, p->annots++)
        action(p, ((PopplerLinkMapping *)l->data)->action);
    poppler_page_free_link_mapping(list);
}

static void page_annots(struct pdf *p, PopplerPage *page, unsigned number)
{
    GList *list = poppler_page_get_annot_mapping(page);

    for (GList *l = list; l && p->annots < ANNOTS_MAX; l = l->next, p->annots++) {
        PopplerAnnot *a = ((PopplerAnnotMapping *)l->data)->annot;
        PopplerAttachment *file;

        if (poppler_annot_get_annot_type(a) == POPPLER_ANNOT_WIDGET)
            continue;
        say(p->x, PLACE_COMMENT, number, poppler_annot_get_contents(a));
        if (POPPLER_IS_ANNOT_MARKUP(a)) {
            say(p->x, PLACE_COMMENT, number, poppler_annot_markup_get_subject(POPPLER_ANNOT_MARKUP(a)));
            say(p->x, PLACE_COMMENT, number, poppler_annot_markup_get_label(POPPLER_ANNOT_MARKUP(a)));
        }
        if (!POPPLER_IS_ANNOT_FILE_ATTACHMENT(a))
            continue;
        file = poppler_annot_file_attachment_get_attachment(POPPLER_ANNOT_FILE_ATTACHMENT(a));
        if (file) {
            attachment(p, file);
            g_object_unref(file);
        }
    }
    poppler_page_free_annot_mapping(list);
}

static void field(struct pdf *p, PopplerFormField *f, unsigned number)
{
    switch (poppler_form_field_get_field_type(f)) {
    case POPPLER_FORM_FIELD_TEXT:
        say(p->x, PLACE_BODY, number, poppler_form_field_text_get_text(f));
        break;
    case POPPLER_FORM_FIELD_CHOICE:
        for (gint i = 0, n = poppler_form_field_choice_get_n_items(f); i < n && i < 1000; i++)
            if (poppler_form_field_choice_is_item_selected(f, i))
                say(p->x, PLACE_BODY, number, poppler_form_field_choice_get_item(f, i));
        if (poppler_form_field_choice_is_editable(f))
            say(p->x, PLACE_BODY, number, poppler_form_field_choice_get_text(f));
        break;
    default:
        break;
    }
    say(p->x, PLACE_HIDDEN, number, poppler_form_field_get_alternate_ui_name(f));
    action(p, poppler_form_field_get_action(f));
}

static void page_fields(struct pdf *p, PopplerPage *page, unsigned number)
{
    GList *list = poppler_page_get_form_field_mapping(page);

    for (GList *l = list; l && p->annots < ANNOTS_MAX; l = l->next, p->annots++)
        field(p, ((PopplerFormFieldMapping *)l->data)->field, number);
    poppler_page_free_form_field_mapping(list);
}

static void pages(struct pdf *p)
{
    int n = poppler_document_get_n_pages(p->doc);
    unsigned missing = 0;

    for (int i = 0; i < n && missing < MISSING_PAGES_MAX; i++) {
        PopplerPage *page;
        bool late = extract_expired(p->x);

        if (late || i == PAGES_MAX) {
            extract_unread(p->x, late ? UNREAD_TIMEOUT : UNREAD_TOO_LARGE);
            return;
        }
        page = poppler_document_get_page(p->doc, i);
        if (!page) {
            missing++;
            p->pages_missing++;
            continue;
        }
        missing = 0;
        if (page_text(p, page, (unsigned)i + 1))
            p->pages_text++;
        else
            page_scans(p, page, (unsigned)i + 1);
        page_annots(p, page, (unsigned)i + 1);
        page_fields(p, page, (unsigned)i + 1);
        page_links(p, page);
        g_object_unref(page);
    }
}

/* ---- the document ---- */

static void outline(struct pdf *p, PopplerIndexIter *iter, unsigned depth)
{
    if (!iter)
        return;
    do {
        PopplerAction *a = poppler_index_iter_get_action(iter);
        PopplerIndexIter *child;

        if (a) {
            say(p->x, PLACE_METADATA, 0, g_strdup(a->any.title));
            poppler_action_free(a);
        }
        child = depth < OUTLINE_DEPTH_MAX ? poppler_index_iter_get_child(iter) : NULL;
        outline(p, child, depth + 1);
        poppler_index_iter_free(child);
    } while (++p->titles < OUTLINE_MAX && !extract_expired(p->x) && poppler_index_iter_next(iter));
}

static void information(struct pdf *p)
{
    static char *(*const get[])(PopplerDocument *) = {
        poppler_document_get_title,    poppler_document_get_author,  poppler_document_get_subject,
        poppler_document_get_keywords, poppler_document_get_creator, poppler_document_get_producer,
    };
    PopplerIndexIter *iter = poppler_index_iter_new(p->doc);
    char *xmp = poppler_document_get_metadata(p->doc);

    for (size_t i = 0; i < GH_COUNT(get); i++)
        say(p->x, PLACE_METADATA, 0, get[i](p->doc));
    outline(p, iter, 0);
    poppler_index_iter_free(iter);
    if (xmp && *xmp)
        sax_label_read(p->x, span_str(xmp), false);
    g_free(xmp);
}

static void refuse(struct extract *x, const GError *err)
{
    if (g_error_matches(err, POPPLER_ERROR, POPPLER_ERROR_ENCRYPTED)) {
        extract_feature(x, FEATURE_ENCRYPTED, 1);
        extract_unread_all(x, UNREAD_ENCRYPTED);
        return;
    }
    extract_unread_all(x, UNREAD_CORRUPT);
}

void x_pdf(struct extract *x, struct span in)
{
    struct pdf p = {.x = x};
    GError *err = NULL;
    GBytes *bytes;

    if (in.n > INT_MAX) {
        extract_unread_all(x, UNREAD_TOO_LARGE);
        return;
    }
    bytes = g_bytes_new_static(in.p, in.n);
    p.doc = poppler_document_new_from_bytes(bytes, NULL, &err);
    x_pdf_raw_features(in, &p.javascript, &p.external);
    if (!p.doc) {
        refuse(x, err);
        g_clear_error(&err);
        goto done;
    }
    information(&p);
    x_pdf_raw_labels(x, in);
    pages(&p);
    attachments(&p);
    if (p.pages_missing || poppler_document_get_n_pages(p.doc) <= 0)
        extract_unread(x, UNREAD_CORRUPT);
    if (!p.javascript && !extract_expired(x))
        p.javascript = poppler_document_has_javascript(p.doc);
    g_object_unref(p.doc);
done:
    if (p.javascript)
        extract_feature(x, FEATURE_JAVASCRIPT, 1);
    if (p.external)
        extract_feature(x, FEATURE_EXTERNAL_REFS, p.external);
    g_bytes_unref(bytes);
}
