/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/report/paper.h"
#include "base/text.h"

#include <cairo-pdf.h>
#include <pango/pangocairo.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
/* What these keep until the process ends is theirs, not ours. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig\nleak:libpango\nleak:libglib\nleak:libcairo\n";
}
const char *__lsan_default_options(void);
const char *__lsan_default_options(void)
{
    return "print_suppressions=0";
}
#endif
#endif

#define MM (72.0 / 25.4)
#define WIDTH (210 * MM)
#define HEIGHT (297 * MM)
#define MARGIN (20 * MM)
#define BOTTOM (HEIGHT - 22 * MM)
#define INSIDE (WIDTH - 2 * MARGIN)
#define PDF_MAX (32u << 20)
#define CELL_PAD 3.0
#define FAMILY "Liberation Serif, DejaVu Serif"
#define FAMILY_NARROW "Liberation Sans, DejaVu Sans"

static const struct style {
    const char *font;
    double before, after; /* points */
    double tone[3];
} styles[PAPER_STYLES] = {
    [PAPER_COVER] = {FAMILY " Bold 24", 6, 8, {.11, .14, .19}},
    [PAPER_COVER_SUB] = {FAMILY " 14", 2, 4, {.25, .29, .35}},
    [PAPER_HEAD] = {FAMILY " Bold 15", 16, 6, {.08, .31, .55}},
    [PAPER_SUB] = {FAMILY " Bold 12", 8, 3, {.11, .14, .19}},
    [PAPER_BODY] = {FAMILY " 12", 0, 5, {.11, .14, .19}},
    [PAPER_STRONG] = {FAMILY " Bold 12", 0, 5, {.11, .14, .19}},
    [PAPER_SMALL] = {FAMILY_NARROW " 8.5", 0, 3, {.34, .38, .44}},
};
#define FONT_CELL FAMILY_NARROW " 9.5"
#define FONT_CELL_HEAD FAMILY_NARROW " Bold 8.5"
#define FONT_FIGURE FAMILY " Bold 22"

struct paper {
    cairo_surface_t *surface;
    cairo_t *cr;
    PangoLayout *layout;
    struct writer pdf;
    struct paper_facts facts;
    unsigned page;
    double y;
    bool too_long;
};

static cairo_status_t on_bytes(void *arg, const unsigned char *bytes, unsigned n)
{
    struct paper *p = arg;

    writer_bytes(&p->pdf, bytes, n);
    return writer_ok(&p->pdf) ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static void tone(struct paper *p, double r, double g, double b)
{
    cairo_set_source_rgb(p->cr, r, g, b);
}

/* What may turn, hide or break what stands around it has no place on paper. */
static bool is_unruly(uint32_t cp)
{
    return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || (cp >= 0x200b && cp <= 0x200f) ||
           (cp >= 0x2028 && cp <= 0x202e) || (cp >= 0x2060 && cp <= 0x206f) || cp == 0xfeff ||
           (cp >= 0xfff9 && cp <= 0xfffb) || (cp >= 0xe0000 && cp <= 0xe0fff);
}

static void set_text(struct paper *p, const char *font, double width, enum paper_align align,
                     struct span text)
{
    PangoFontDescription *d = pango_font_description_from_string(font);
    struct writer w;
    size_t pos = 0;

    text = span_part(text, 0, text_utf8_prefix(span_part(text, 0, PAPER_TEXT_MAX)));
    writer_init(&w, 4 * PAPER_TEXT_MAX);
    while (pos < text.n) {
        uint32_t cp = text_next(text, &pos);
        if (is_unruly(cp))
            writer_u8(&w, ' ');
        else
            text_put(&w, cp);
    }
    pango_layout_set_font_description(p->layout, d);
    pango_font_description_free(d);
    pango_layout_set_width(p->layout, (int)(width * PANGO_SCALE));
    pango_layout_set_wrap(p->layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_auto_dir(p->layout, FALSE);
    pango_layout_set_alignment(p->layout, align == PAPER_CENTRE  ? PANGO_ALIGN_CENTER
                                          : align == PAPER_RIGHT ? PANGO_ALIGN_RIGHT
                                                                 : PANGO_ALIGN_LEFT);
    pango_layout_set_text(p->layout, writer_cstr(&w), (int)w.n);
    writer_done(&w);
}

static double text_height(struct paper *p)
{
    int height;

    pango_layout_get_size(p->layout, NULL, &height);
    return (double)height / PANGO_SCALE;
}

static void show_at(struct paper *p, double x, double y)
{
    cairo_move_to(p->cr, x, y);
    pango_cairo_update_layout(p->cr, p->layout);
    pango_cairo_show_layout(p->cr, p->layout);
}

static void footer(struct paper *p)
{
    char number[32];
    double y = HEIGHT - 15 * MM;

    if (p->page == 1)
        return; /* the cover */
    tone(p, .8, .83, .87);
    cairo_set_line_width(p->cr, .6);
    cairo_move_to(p->cr, MARGIN, y - 4);
    cairo_line_to(p->cr, WIDTH - MARGIN, y - 4);
    cairo_stroke(p->cr);
    tone(p, .34, .38, .44);
    set_text(p, styles[PAPER_SMALL].font, INSIDE * .8, PAPER_LEFT, span_str(p->facts.footer));
    show_at(p, MARGIN, y);
    if (p->facts.total)
        snprintf(number, sizeof(number), "%u / %u", p->page, p->facts.total);
    else
        snprintf(number, sizeof(number), "%u", p->page);
    set_text(p, styles[PAPER_SMALL].font, INSIDE, PAPER_RIGHT, span_str(number));
    show_at(p, MARGIN, y);
}

struct paper *paper_new(const struct paper_facts *f)
{
    struct paper *p = calloc(1, sizeof(*p));

    if (!p)
        return NULL;
    p->facts = *f;
    writer_init(&p->pdf, PDF_MAX);
    p->surface = cairo_pdf_surface_create_for_stream(on_bytes, p, WIDTH, HEIGHT);
    cairo_pdf_surface_restrict_to_version(p->surface, CAIRO_PDF_VERSION_1_5);
    cairo_pdf_surface_set_metadata(p->surface, CAIRO_PDF_METADATA_TITLE, f->title);
    cairo_pdf_surface_set_metadata(p->surface, CAIRO_PDF_METADATA_AUTHOR, f->author);
    cairo_pdf_surface_set_metadata(p->surface, CAIRO_PDF_METADATA_SUBJECT, f->subject);
    cairo_pdf_surface_set_metadata(p->surface, CAIRO_PDF_METADATA_CREATOR, "Gatehouse " GH_VERSION);
    cairo_pdf_surface_set_metadata(p->surface, CAIRO_PDF_METADATA_CREATE_DATE, f->made);
    p->cr = cairo_create(p->surface);
    p->layout = pango_cairo_create_layout(p->cr);
    p->page = 1;
    p->y = MARGIN;
    return p;
}

void paper_page(struct paper *p)
{
    footer(p);
    cairo_show_page(p->cr);
    if (p->page == PAPER_PAGES_MAX)
        p->too_long = true;
    else
        p->page++;
    p->y = MARGIN;
}

int paper_end(struct paper *p, struct writer *out, unsigned *ret_pages, const char **ret_why)
{
    cairo_status_t status;
    int rc = 0;

    footer(p);
    cairo_show_page(p->cr);
    g_object_unref(p->layout);
    status = cairo_status(p->cr);
    cairo_destroy(p->cr);
    cairo_surface_finish(p->surface);
    if (status == CAIRO_STATUS_SUCCESS)
        status = cairo_surface_status(p->surface);
    cairo_surface_destroy(p->surface);
    *ret_why = cairo_status_to_string(status);
    *ret_pages = p->page;
    if (status != CAIRO_STATUS_SUCCESS)
        rc = ST_IO;
    else if (p->too_long)
        rc = ST_LIMIT;
    else
        writer_put(out, writer_span(&p->pdf));
    if (!rc && !writer_ok(out))
        rc = ST_LIMIT;
    writer_done(&p->pdf);
    free(p);
    return rc;
}

void paper_need(struct paper *p, double mm)
{
    if (p->y + mm * MM > BOTTOM && !p->too_long)
        paper_page(p);
}

void paper_space(struct paper *p, double mm)
{
    p->y += mm * MM;
}

/* The lines of the layout, over pages where need be. */
static void show_lines(struct paper *p, const double ink[static 3])
{
    PangoLayoutIter *it = pango_layout_get_iter(p->layout);
    double top = 0;

    do {
        PangoLayoutLine *line = pango_layout_iter_get_line_readonly(it);
        PangoRectangle place;
        int above = 0, below = 0;
        double height;
        pango_layout_iter_get_line_extents(it, NULL, &place);
        pango_layout_iter_get_line_yrange(it, &above, &below);
        height = (double)(below - above) / PANGO_SCALE;
        if (p->y + height > BOTTOM && !p->too_long) {
            /* the layout is used by the footer, too */
            PangoLayout *mine = p->layout;
            p->layout = pango_layout_copy(mine);
            paper_page(p);
            g_object_unref(p->layout);
            p->layout = mine;
        }
        top = (double)(pango_layout_iter_get_baseline(it) - above) / PANGO_SCALE;
        cairo_set_source_rgb(p->cr, ink[0], ink[1], ink[2]);
        cairo_move_to(p->cr, MARGIN + (double)place.x / PANGO_SCALE, p->y + top);
        pango_cairo_show_layout_line(p->cr, line);
        p->y += height;
    } while (pango_layout_iter_next_line(it) && !p->too_long);
    pango_layout_iter_free(it);
}

void paper_text(struct paper *p, enum paper_style style, enum paper_align align, struct span text)
{
    const struct style *s = &styles[style];

    if (p->too_long)
        return;
    if (style == PAPER_HEAD || style == PAPER_SUB)
        paper_need(p, 40);
    if (p->y > MARGIN)
        p->y += s->before;
    if (style == PAPER_HEAD) {
        char name[256], where[64];
        snprintf(name, sizeof(name), "%.*s", (int)(text.n < 200 ? text.n : 200), (const char *)text.p);
        snprintf(where, sizeof(where), "page=%u pos=[%.0f %.0f]", p->page, MARGIN, p->y);
        (void)cairo_pdf_surface_add_outline(p->surface, CAIRO_PDF_OUTLINE_ROOT, name, where,
                                            CAIRO_PDF_OUTLINE_FLAG_OPEN);
    }
    set_text(p, s->font, INSIDE, align, text);
    show_lines(p, s->tone);
    p->y += s->after;
}

void paper_rule(struct paper *p)
{
    tone(p, .7, .09, .11);
    cairo_rectangle(p->cr, MARGIN, p->y, INSIDE, 2);
    cairo_fill(p->cr);
    p->y += 10;
}

static double row_height(struct paper *p, const char *font, const struct paper_column *columns, size_t n,
                         const struct span *cell)
{
    double most = 0;

    for (size_t i = 0; i < n; i++) {
        set_text(p, font, INSIDE * columns[i].part - 2 * CELL_PAD, PAPER_LEFT, cell[i]);
        if (text_height(p) > most)
            most = text_height(p);
    }
    return most + 2 * CELL_PAD;
}

static void show_row(struct paper *p, const char *font, const struct paper_column *columns, size_t n,
                     const struct span *cell, double bar, double height)
{
    double x = MARGIN;

    for (size_t i = 0; i < n; i++) {
        double width = INSIDE * columns[i].part;
        if (i + 1 == n && bar > 0) {
            tone(p, .74, .83, .92);
            cairo_rectangle(p->cr, x + CELL_PAD, p->y + 2, (width - 2 * CELL_PAD) * (bar > 1 ? 1 : bar),
                            height - 4);
            cairo_fill(p->cr);
        }
        tone(p, .11, .14, .19);
        set_text(p, font, width - 2 * CELL_PAD, columns[i].number ? PAPER_RIGHT : PAPER_LEFT, cell[i]);
        show_at(p, x + CELL_PAD, p->y + CELL_PAD);
        x += width;
    }
    p->y += height;
    tone(p, .85, .87, .9);
    cairo_set_line_width(p->cr, .5);
    cairo_move_to(p->cr, MARGIN, p->y);
    cairo_line_to(p->cr, MARGIN + INSIDE, p->y);
    cairo_stroke(p->cr);
}

static void show_head(struct paper *p, const struct paper_column *columns, size_t n)
{
    struct span cell[8];
    double height;

    for (size_t i = 0; i < n; i++)
        cell[i] = span_str(columns[i].head);
    height = row_height(p, FONT_CELL_HEAD, columns, n, cell);
    tone(p, .93, .94, .96);
    cairo_rectangle(p->cr, MARGIN, p->y, INSIDE, height);
    cairo_fill(p->cr);
    show_row(p, FONT_CELL_HEAD, columns, n, cell, 0, height);
}

void paper_table(struct paper *p, const struct paper_column *columns, size_t n_columns,
                 const struct span *cells, size_t n_rows, const double *bar)
{
    gh_check(n_columns <= 8);
    paper_need(p, 25);
    show_head(p, columns, n_columns);
    for (size_t i = 0; i < n_rows && !p->too_long; i++) {
        const struct span *cell = cells + i * n_columns;
        double height = row_height(p, FONT_CELL, columns, n_columns, cell);
        if (p->y + height > BOTTOM) {
            paper_page(p);
            show_head(p, columns, n_columns);
        }
        show_row(p, FONT_CELL, columns, n_columns, cell, bar ? bar[i] : 0, height);
    }
    p->y += 8;
}

void paper_figures(struct paper *p, const struct paper_figure *f, size_t n)
{
    double width = (INSIDE - 8 * (double)(n - 1)) / (double)n, height = 27 * MM;

    paper_need(p, 30);
    for (size_t i = 0; i < n; i++) {
        double x = MARGIN + (width + 8) * (double)i;
        tone(p, .96, .97, .98);
        cairo_rectangle(p->cr, x, p->y, width, height);
        cairo_fill(p->cr);
        if (f[i].red)
            tone(p, .7, .09, .11);
        else
            tone(p, .11, .14, .19);
        set_text(p, FONT_FIGURE, width - 12, PAPER_LEFT, span_str(f[i].number));
        show_at(p, x + 7, p->y + 5);
        tone(p, .25, .29, .35);
        set_text(p, FAMILY_NARROW " 9", width - 12, PAPER_LEFT, span_str(f[i].name));
        show_at(p, x + 7, p->y + 34);
        tone(p, .34, .38, .44);
        set_text(p, FAMILY_NARROW " 7.5", width - 12, PAPER_LEFT, span_str(f[i].below));
        show_at(p, x + 7, p->y + height - 14);
    }
    p->y += height + 10;
}

void paper_bars(struct paper *p, const struct paper_step *steps, size_t n, const char *ceiling, double max)
{
    double left = MARGIN + 34, width = INSIDE - 34, height = 45 * MM, base, w;
    size_t each;

    if (!n || max <= 0)
        return;
    paper_need(p, 58);
    base = p->y + height;
    w = width / (double)n;
    each = (n + 9) / 10;
    tone(p, .85, .87, .9);
    cairo_set_line_width(p->cr, .5);
    for (int i = 0; i < 3; i++) {
        cairo_move_to(p->cr, left, p->y + height * i / 2);
        cairo_line_to(p->cr, left + width, p->y + height * i / 2);
    }
    cairo_stroke(p->cr);
    tone(p, .34, .38, .44);
    set_text(p, FAMILY_NARROW " 7.5", 28, PAPER_RIGHT, span_str(ceiling));
    show_at(p, MARGIN, p->y - 4);
    set_text(p, FAMILY_NARROW " 7.5", 28, PAPER_RIGHT, span_str("0"));
    show_at(p, MARGIN, base - 6);
    for (size_t i = 0; i < n; i++) {
        double h = height * steps[i].n / max;
        tone(p, .7, .09, .11);
        if (steps[i].n > 0) {
            cairo_rectangle(p->cr, left + w * (double)i + w * .12, base - (h > 1 ? h : 1), w * .76,
                            h > 1 ? h : 1);
            cairo_fill(p->cr);
        }
        if (i % each)
            continue;
        tone(p, .34, .38, .44);
        set_text(p, FAMILY_NARROW " 7.5", 60, PAPER_CENTRE, span_str(steps[i].label));
        show_at(p, left + w * ((double)i + .5) - 30, base + 3);
    }
    p->y = base + 22;
}

void paper_sign(struct paper *p, const char *left, const char *right)
{
    paper_need(p, 45);
    p->y += 14;
    tone(p, .11, .14, .19);
    set_text(p, styles[PAPER_STRONG].font, INSIDE / 2, PAPER_CENTRE, span_str(left));
    show_at(p, MARGIN, p->y);
    set_text(p, styles[PAPER_STRONG].font, INSIDE / 2, PAPER_CENTRE, span_str(right));
    show_at(p, MARGIN + INSIDE / 2, p->y);
    p->y += 30 * MM;
}
