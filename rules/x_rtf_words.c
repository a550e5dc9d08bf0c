/* SPDX-License-Identifier: GPL-3.0-or-later
 * THE table of control words. Words that are not here change nothing; an unknown destination is skipped when
 * \* says so. */
#include "rules/x_rtf.h"

#include <stdlib.h>

enum action {
    A_CHAR,  /* a character: value */
    A_LINE,  /* end of a line */
    A_PLACE, /* destination: text of place value */
    A_ENTER, /* destination that is part of the text around it */
    A_BOX,   /* the same, on lines of its own */
    A_DEST,  /* destination value */
    A_FONT,
    A_DEFAULT_FONT,
    A_CHARSET, /* of the font being defined */
    A_CODEPAGE,
    A_ANSI, /* code page of the document: value, or the parameter when 0 */
    A_UC,
    A_UNICODE,
    A_HIDDEN,
    A_DELETED,
    A_PLAIN,
    A_BIN,
    A_UPR,
    A_UD,
    A_PICTURE,
    A_LINKED,
    A_RESULT
};
static const struct word {
    const char *name;
    enum action action;
    int value;
} words[] = {
    /* sorted */
    {"annotation", A_PLACE, PLACE_COMMENT},
    {"ansi", A_ANSI, 1252},
    {"ansicpg", A_ANSI, 0},
    {"atnauthor", A_PLACE, PLACE_COMMENT},
    {"author", A_PLACE, PLACE_METADATA},
    {"background", A_ENTER, 0},
    {"bin", A_BIN, 0},
    {"bullet", A_CHAR, 0x2022},
    {"category", A_PLACE, PLACE_METADATA},
    {"cell", A_CHAR, '\t'},
    {"colortbl", A_DEST, RTF_SKIP},
    {"comment", A_PLACE, PLACE_METADATA},
    {"company", A_PLACE, PLACE_METADATA},
    {"cpg", A_CODEPAGE, 0},
    {"deff", A_DEFAULT_FONT, 0},
    {"deleted", A_DELETED, 0},
    {"do", A_ENTER, 0},
    {"doccomm", A_PLACE, PLACE_METADATA},
    {"docvar", A_PLACE, PLACE_HIDDEN},
    {"dptxbxtext", A_BOX, 0},
    {"emdash", A_CHAR, 0x2014},
    {"emfblip", A_PICTURE, 'e'},
    {"emspace", A_CHAR, ' '},
    {"endash", A_CHAR, 0x2013},
    {"enspace", A_CHAR, ' '},
    {"f", A_FONT, 0},
    {"fcharset", A_CHARSET, 0},
    {"ffdeftext", A_PLACE, PLACE_HIDDEN},
    {"ffhelptext", A_PLACE, PLACE_HIDDEN},
    {"ffstattext", A_PLACE, PLACE_HIDDEN},
    {"field", A_ENTER, 0},
    {"fldinst", A_DEST, RTF_FIELD},
    {"fldrslt", A_ENTER, 0},
    {"fonttbl", A_DEST, RTF_FONTS},
    {"footer", A_PLACE, PLACE_FOOTER},
    {"footerf", A_PLACE, PLACE_FOOTER},
    {"footerl", A_PLACE, PLACE_FOOTER},
    {"footerr", A_PLACE, PLACE_FOOTER},
    {"footnote", A_PLACE, PLACE_NOTES},
    {"formfield", A_DEST, RTF_SKIP},
    {"header", A_PLACE, PLACE_HEADER},
    {"headerf", A_PLACE, PLACE_HEADER},
    {"headerl", A_PLACE, PLACE_HEADER},
    {"headerr", A_PLACE, PLACE_HEADER},
    {"hlinkbase", A_PLACE, PLACE_METADATA},
    {"info", A_DEST, RTF_SKIP},
    {"jpegblip", A_PICTURE, 'j'},
    {"keywords", A_PLACE, PLACE_METADATA},
    {"ldblquote", A_CHAR, 0x201C},
    {"line", A_LINE, 0},
    {"linkval", A_DEST, RTF_SKIP},
    {"listtext", A_DEST, RTF_SKIP},
    {"lquote", A_CHAR, 0x2018},
    {"mac", A_ANSI, 10000},
    {"manager", A_PLACE, PLACE_METADATA},
    {"momath", A_ENTER, 0},
    {"momathpara", A_ENTER, 0},
    {"nestcell", A_CHAR, '\t'},
    {"nestrow", A_LINE, 0},
    {"nesttableprops", A_DEST, RTF_SKIP},
    {"nonesttables", A_DEST, RTF_SKIP},
    {"nonshppict", A_DEST, RTF_SKIP},
    {"objautlink", A_LINKED, 0},
    {"objdata", A_DEST, RTF_OBJECT},
    {"objlink", A_LINKED, 0},
    {"oleclsid", A_DEST, RTF_SKIP},
    {"operator", A_PLACE, PLACE_METADATA},
    {"page", A_LINE, 0},
    {"par", A_LINE, 0},
    {"pc", A_ANSI, 437},
    {"pca", A_ANSI, 850},
    {"pict", A_DEST, RTF_PICTURE},
    {"plain", A_PLAIN, 0},
    {"pngblip", A_PICTURE, 'p'},
    {"pntext", A_DEST, RTF_SKIP},
    {"propname", A_DEST, RTF_NAME},
    {"qmspace", A_CHAR, ' '},
    {"rdblquote", A_CHAR, 0x201D},
    {"result", A_RESULT, 0},
    {"row", A_LINE, 0},
    {"rquote", A_CHAR, 0x2019},
    {"sect", A_LINE, 0},
    {"shp", A_ENTER, 0},
    {"shpinst", A_ENTER, 0},
    {"shppict", A_ENTER, 0},
    {"shprslt", A_DEST, RTF_SKIP}, /* the shape again, for old programs */
    {"shptxt", A_BOX, 0},
    {"sn", A_DEST, RTF_NAME},
    {"softline", A_LINE, 0},
    {"sp", A_ENTER, 0},
    {"staticval", A_DEST, RTF_PROPERTY},
    {"stylesheet", A_DEST, RTF_SKIP},
    {"subject", A_PLACE, PLACE_METADATA},
    {"sv", A_DEST, RTF_SHAPE},
    {"tab", A_CHAR, '\t'},
    {"tc", A_PLACE, PLACE_HIDDEN},
    {"template", A_DEST, RTF_TEMPLATE},
    {"title", A_PLACE, PLACE_METADATA},
    {"u", A_UNICODE, 0},
    {"uc", A_UC, 0},
    {"ud", A_UD, 0},
    {"upr", A_UPR, 0},
    {"userprops", A_ENTER, 0},
    {"v", A_HIDDEN, 0},
    {"xe", A_PLACE, PLACE_HIDDEN},
    {"xmlnstbl", A_DEST, RTF_SKIP},
};

static int word_compare(const void *key, const void *row)
{
    const struct span *k = key;
    const char *name = ((const struct word *)row)->name;
    size_t n = strlen(name);
    int c = memcmp(k->p, name, k->n < n ? k->n : n);

    return c ? c : (k->n > n) - (k->n < n);
}

unsigned rtf_charset_codepage(int32_t charset, unsigned ansi)
{
    static const struct {
        int charset;
        unsigned codepage;
    } table[] = {{0, 1252},   {2, 1252},   {77, 10000}, {128, 932},  {129, 949},  {130, 1361}, {134, 936},
                 {136, 950},  {161, 1253}, {162, 1254}, {163, 1258}, {177, 1255}, {178, 1256}, {186, 1257},
                 {204, 1251}, {222, 874},  {238, 1250}, {254, 437},  {255, 850}};

    for (size_t i = 0; i < GH_COUNT(table); i++)
        if (table[i].charset == charset)
            return table[i].codepage;
    return ansi;
}

static void destination(struct rtf *t, enum rtf_dest dest, enum place place)
{
    bool found = place == PLACE_METADATA || place == PLACE_HIDDEN;

    rtf_flush(t);
    /* Within what is skipped only properties and hidden texts are looked for. */
    if (t->now.dest == RTF_SKIP && (t->now.upr_open || !found))
        return;
    if (dest >= RTF_FIELD)
        writer_clear(&t->field);
    t->now.dest = dest;
    t->now.place = place;
    if (dest == RTF_PICTURE)
        t->picture = NULL;
    t->hex = -1;
}

/* A font number: the text's, or in the font table the one being defined. */
static void font(struct rtf *t, int32_t number)
{
    struct rtf_font *f;

    rtf_flush(t);
    t->now.font = number;
    if (t->now.dest != RTF_FONTS || rtf_font(t, number))
        return;
    if (t->n_fonts >= RTF_FONTS_MAX)
        return;
    f = &t->fonts[t->n_fonts++];
    *f = (struct rtf_font){.number = number, .codepage = t->ansi};
}

static void font_codepage(struct rtf *t, unsigned codepage)
{
    struct rtf_font *f = t->now.dest == RTF_FONTS ? rtf_font(t, t->now.font) : NULL;

    if (f)
        f->codepage = codepage;
}

static void unicode(struct rtf *t, int32_t value)
{
    uint32_t cp = (uint32_t)(value < 0 ? value + 65536 : value);

    t->skip = t->now.uc;
    if (cp >= 0xD800 && cp < 0xDC00) {
        t->high = cp;
        return;
    }
    if (cp >= 0xDC00 && cp < 0xE000 && t->high)
        cp = 0x10000 + ((t->high & 0x3FF) << 10) + (cp & 0x3FF);
    t->high = 0;
    rtf_put(t, cp);
}

/* \bin: raw bytes, of a picture or an object. */
static void binary(struct rtf *t, int32_t n)
{
    struct span s = reader_take(&t->r, n > 0 && (size_t)n < reader_left(&t->r) ? (size_t)n
                                       : n > 0                                 ? reader_left(&t->r)
                                                                               : 0);

    if (t->now.dest == RTF_OBJECT || t->now.dest == RTF_PICTURE)
        writer_put(&t->raw, s);
}

static void act(struct rtf *t, const struct word *w, bool has, int32_t value)
{
    switch (w->action) {
    case A_CHAR:
        rtf_put(t, (uint32_t)w->value);
        break;
    case A_LINE:
        if (t->now.dest == RTF_TEXT)
            rtf_put(t, '\n');
        break;
    case A_PLACE:
        destination(t, RTF_TEXT, (enum place)w->value);
        break;
    case A_DEST:
        destination(t, (enum rtf_dest)w->value, t->now.place);
        break;
    case A_ENTER:
        break;
    case A_BOX:
        rtf_flush(t);
        rtf_line(t);
        t->now.box = true;
        break;
    case A_FONT:
        font(t, has ? value : 0);
        break;
    case A_DEFAULT_FONT:
        t->default_font = value;
        break;
    case A_CHARSET:
        font_codepage(t, rtf_charset_codepage(value, t->ansi));
        break;
    case A_CODEPAGE:
        font_codepage(t, (unsigned)value & 0xFFFF);
        break;
    case A_ANSI:
        t->ansi = w->value ? (unsigned)w->value : (unsigned)value & 0xFFFF;
        break;
    case A_UC:
        t->now.uc = value >= 0 && value < 16 ? (unsigned)value : 1;
        break;
    case A_UNICODE:
        unicode(t, value);
        break;
    case A_HIDDEN:
    case A_DELETED:
        rtf_flush(t);
        *(w->action == A_HIDDEN ? &t->now.hidden : &t->now.deleted) = !has || value;
        break;
    case A_PLAIN:
        rtf_flush(t);
        t->now.hidden = t->now.deleted = false;
        t->now.font = -1;
        break;
    case A_BIN:
        binary(t, value);
        break;
    case A_UPR:
        rtf_flush(t);
        t->now.upr = t->now.dest;
        t->now.upr_open = true;
        t->now.dest = RTF_SKIP;
        break;
    case A_UD:
        if (t->now.upr_open)
            t->now.dest = t->now.upr;
        t->now.upr_open = false;
        break;
    case A_PICTURE:
        t->picture = w->value == 'p' ? "png" : w->value == 'j' ? "jpeg" : "emf";
        break;
    case A_LINKED:
        t->external++;
        break;
    case A_RESULT:
        t->now.result = true;
        break;
    }
}

void rtf_word(struct rtf *t, struct span word, bool has, int32_t value)
{
    const struct word *w =
        word.n ? bsearch(&word, words, GH_COUNT(words), sizeof(words[0]), word_compare) : NULL;

    if (!w) {
        if (t->star) {
            rtf_flush(t);
            t->now.dest = RTF_SKIP;
        }
        return;
    }
    act(t, w, has, has ? value : 1);
}
