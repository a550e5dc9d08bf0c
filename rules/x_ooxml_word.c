/* SPDX-License-Identifier: GPL-3.0-or-later
 * WordprocessingML (ECMA-376-1, 17): body, headers, footers, notes and comments; they are all made of
 * paragraphs. */
#include "rules/x_ooxml_word.h"

#include "base/text.h"
#include "rules/x_ooxml_alt.h"

#include <stdlib.h>

#define NEST_MAX 16 /* paragraphs within text boxes within paragraphs */

/* A paragraph or the run in it; a text box opens a new one inside. */
struct frame {
    struct word_format paragraph, run;
    unsigned ppr; /* inside w:pPr: its w:rPr is about the paragraph mark */
};
struct word {
    struct ooxml *o;
    const struct part *part;
    struct alt alt;
    struct frame frames[NEST_MAX];
    unsigned n_frames; /* may count past NEST_MAX; then the last is used */
    unsigned deleted;  /* open w:del, w:moveFrom */
    unsigned text;     /* open w:t and its like */
    bool instruction;  /* …of which the innermost is w:instrText */
    bool hidden_said;  /* hidden text in the open paragraph */
};

static struct frame *frame(struct word *w)
{
    unsigned n = w->n_frames < NEST_MAX ? w->n_frames : NEST_MAX;
    return &w->frames[n ? n - 1 : 0];
}

static void say(struct word *w, struct span s)
{
    struct frame *f = frame(w);
    bool hidden = w->deleted || w->instruction || f->run.hidden || w->part->hidden;

    w->alt.said += s.n;
    w->hidden_said |= hidden;
    extract_text(w->o->x, hidden ? PLACE_HIDDEN : w->part->class->place, w->part->page, s,
                 f->run.font[0] ? f->run.font : NULL);
}

static void line(struct word *w)
{
    extract_line(w->o->x, w->part->class->place, w->part->page);
    if (w->hidden_said)
        extract_line(w->o->x, PLACE_HIDDEN, w->part->page);
    w->hidden_said = false;
}

/* An attribute that is text by itself: description of a picture, word art of a watermark. */
static void say_attribute(struct word *w, const char *value, enum place place)
{
    if (!value || !*value)
        return;
    line(w);
    w->alt.said += strlen(value);
    extract_text(w->o->x, place, w->part->page, span_str(value), NULL);
    extract_line(w->o->x, place, w->part->page);
}

static void paragraph_start(struct word *w)
{
    struct frame *f;

    if (w->n_frames++)
        line(w);
    f = frame(w);
    f->paragraph = word_style_default(w->o->word_styles);
    f->run = f->paragraph;
    f->ppr = 0;
}

/* w:sym: a character of a symbol font; those of the private area are pictures. */
static void symbol(struct word *w, const char *code)
{
    uint8_t buf[4];
    struct writer out;
    unsigned long cp = code ? strtoul(code, NULL, 16) : 0;

    writer_fixed(&out, buf, sizeof(buf));
    if (cp >= 0xE000 && cp < 0xF900)
        cp = ' ';
    if (cp >= ' ' && cp < 0x110000)
        text_put(&out, (uint32_t)cp);
    say(w, writer_span(&out));
}

/* Elements that stand for characters. */
static bool character(struct word *w, struct sax *s, const char *name)
{
    static const struct {
        const char *name, *text;
    } table[] = {{"tab", "\t"}, {"br", "\n"}, {"cr", "\n"}, {"noBreakHyphen", "-"}, {"ptab", "\t"}};

    if (frame(w)->ppr)
        return false;
    for (size_t i = 0; i < GH_COUNT(table); i++)
        if (strcmp(name, table[i].name) == 0) {
            say(w, span_str(table[i].text));
            return true;
        }
    if (strcmp(name, "sym") == 0)
        symbol(w, sax_attr(s, "char"));
    return false;
}

static bool is_text(const char *name)
{
    return strcmp(name, "t") == 0 || strcmp(name, "delText") == 0 || strcmp(name, "instrText") == 0 ||
           strcmp(name, "delInstrText") == 0;
}

static bool is_deletion(const char *name)
{
    return strcmp(name, "del") == 0 || strcmp(name, "moveFrom") == 0;
}

static void word_start(void *ctx, struct sax *s, const char *name)
{
    struct word *w = ctx;
    struct frame *f = frame(w);

    if (alt_start(&w->alt, s, name))
        return;
    if (strcmp(name, "p") == 0) {
        paragraph_start(w);
    } else if (strcmp(name, "r") == 0) {
        f->run = f->paragraph;
    } else if (strcmp(name, "pPr") == 0) {
        f->ppr++;
    } else if (strcmp(name, "pStyle") == 0) {
        word_style_apply(w->o->word_styles, sax_attr(s, "val"), &f->paragraph);
        f->run = f->paragraph;
    } else if (strcmp(name, "rStyle") == 0 && !f->ppr) {
        word_style_apply(w->o->word_styles, sax_attr(s, "val"), &f->run);
    } else if (is_text(name)) {
        w->text++;
        w->instruction = strcmp(name, "instrText") == 0 || strcmp(name, "delInstrText") == 0;
    } else if (is_deletion(name) && !f->ppr) {
        w->deleted++;
    } else if (strcmp(name, "fldSimple") == 0) {
        say_attribute(w, sax_attr(s, "instr"), PLACE_HIDDEN);
    } else if (strcmp(name, "docPr") == 0) {
        say_attribute(w, sax_attr(s, "descr"), PLACE_HIDDEN);
        say_attribute(w, sax_attr(s, "title"), PLACE_HIDDEN);
    } else if (strcmp(name, "textpath") == 0) {
        say_attribute(w, sax_attr(s, "string"), w->part->class->place);
    } else if (!character(w, s, name) && !f->ppr) {
        word_format_apply(&f->run, s, name);
    }
}

static void word_end(void *ctx, struct sax *s, const char *name)
{
    struct word *w = ctx;
    struct frame *f = frame(w);

    if (alt_end(&w->alt, s, name))
        return;
    if (strcmp(name, "p") == 0) {
        line(w);
        if (w->n_frames)
            w->n_frames--;
    } else if (strcmp(name, "pPr") == 0 && f->ppr) {
        f->ppr--;
    } else if (is_text(name) && w->text) {
        w->text--;
        w->instruction = false;
    } else if (is_deletion(name) && !f->ppr && w->deleted) {
        w->deleted--;
    }
}

static void word_text(void *ctx, struct sax *s, struct span utf8)
{
    struct word *w = ctx;

    if (w->text && !w->alt.skip)
        say(w, utf8);
}

void ooxml_word(struct ooxml *o, const struct part *part, struct span bytes)
{
    static const struct sax_handler handler = {word_start, word_end, word_text};
    struct word *w = arena_alloc(o->arena, sizeof(*w));

    if (!w) {
        extract_unread(o->x, UNREAD_TOO_LARGE);
        return;
    }
    w->o = o;
    w->part = part;
    sax_read(o->x, bytes, &handler, w);
    line(w);
}
