/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/x_rtf.h"

#include "base/text.h"
#include "rules/charset.h"
#include "rules/formats.h"

#include <stdio.h>

#define WORD_MAX 32    /* letters of a control word */
#define DIGITS_MAX 10  /* of its number */
#define TOKENS 0x3FFFu /* between looks at the clock */

struct rtf_font *rtf_font(struct rtf *t, int number)
{
    if (number >= 0 && (unsigned)number < t->n_fonts && t->fonts[number].number == number)
        return &t->fonts[number];
    for (unsigned i = t->n_fonts; i-- > 0;)
        if (t->fonts[i].number == number)
            return &t->fonts[i];
    return NULL;
}

static const struct rtf_font *font_now(struct rtf *t)
{
    return rtf_font(t, t->now.font < 0 ? t->default_font : t->now.font);
}

static bool is_vietnamese(const struct rtf_font *f)
{
    bool capital;
    return f && charset_font_kind(f->name, &capital);
}

static enum place place_now(const struct rtf *t)
{
    return t->now.hidden || t->now.deleted ? PLACE_HIDDEN : t->now.place;
}

static bool in_field(const struct rtf *t)
{
    return t->now.dest >= RTF_FIELD;
}

static void emit(struct rtf *t, struct span utf8)
{
    const struct rtf_font *f = t->now.place == PLACE_METADATA ? NULL : font_now(t);
    enum place place = place_now(t);

    if (in_field(t)) {
        writer_put(&t->field, utf8);
    } else if (t->now.dest == RTF_TEXT && utf8.n) {
        extract_text(t->x, place, 0, utf8, f && f->name[0] ? f->name : NULL);
        t->said[place] = true;
    }
}

/* The bytes gathered, decoded to the text gathered. */
static void settle(struct rtf *t)
{
    const struct rtf_font *f =
        t->now.place == PLACE_METADATA ? NULL : font_now(t); /* properties have no font */
    unsigned codepage = is_vietnamese(f) ? 1252 : f ? f->codepage : t->ansi;
    char name[16];

    if (!t->raw.n || t->now.dest == RTF_OBJECT || t->now.dest == RTF_PICTURE)
        return;
    snprintf(name, sizeof(name), "cp%u", codepage);
    charset_decode(writer_span(&t->raw), charset_known(name) ? name : "windows-1252", &t->out);
    writer_clear(&t->raw);
}

void rtf_flush(struct rtf *t)
{
    settle(t);
    if (t->out.n)
        emit(t, writer_span(&t->out));
    writer_clear(&t->out);
}

void rtf_put(struct rtf *t, uint32_t cp)
{
    if (t->now.dest != RTF_TEXT && !in_field(t))
        return;
    if (cp < 0x80) {
        writer_u8(&t->raw, (uint8_t)cp);
        return;
    }
    settle(t);
    text_put(&t->out, cp);
    if (t->out.n >= RTF_RAW_MAX)
        rtf_flush(t);
}

void rtf_line(struct rtf *t)
{
    for (int p = 0; p < PLACE_COUNT; p++)
        if (t->said[p]) {
            extract_line(t->x, (enum place)p, 0);
            t->said[p] = false;
        }
}

static void hex_digit(struct rtf *t, uint8_t c)
{
    int d = c >= '0' && c <= '9'                     ? c - '0'
            : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                     : -1;

    if (d < 0)
        return;
    if (t->hex >= 0)
        writer_u8(&t->raw, (uint8_t)(t->hex << 4 | d));
    t->hex = t->hex >= 0 ? -1 : d;
}

/* A byte of the document, or one that \'hh stands for. */
static void byte(struct rtf *t, uint8_t c)
{
    struct rtf_font *f;

    if (t->skip) {
        t->skip--;
        return;
    }
    switch (t->now.dest) {
    case RTF_SKIP:
        return;
    case RTF_OBJECT:
    case RTF_PICTURE:
        hex_digit(t, c);
        return;
    case RTF_FONTS:
        f = c == ';' ? NULL : rtf_font(t, t->now.font);
        if (f && strlen(f->name) < RTF_FONT_MAX - 1)
            f->name[strlen(f->name)] = (char)c;
        return;
    default:
        writer_u8(&t->raw, c);
        if (t->raw.n >= RTF_RAW_MAX)
            rtf_flush(t);
    }
}

static void open_group(struct rtf *t)
{
    rtf_flush(t);
    t->skip = 0;
    t->star = false;
    if (t->depth >= RTF_DEPTH_MAX) {
        t->too_deep++;
        return;
    }
    t->stack[t->depth++] = t->now;
}

/* What the group gathered is whole now, unless the group around it gathers the same. */
static void close_group(struct rtf *t)
{
    struct rtf_state was = t->now;

    rtf_flush(t);
    t->skip = 0;
    t->star = false;
    if (t->too_deep) {
        t->too_deep--;
        return;
    }
    if (!t->depth)
        return;
    t->now = t->stack[--t->depth];
    t->closed = t->depth == 0;
    if (was.box && !t->now.box)
        rtf_line(t);
    if (was.dest == t->now.dest && was.place == t->now.place)
        return;
    if (was.dest == RTF_TEXT && was.place != t->now.place)
        extract_line(t->x, was.place, 0);
    if (was.dest == RTF_OBJECT && t->now.dest != RTF_OBJECT) {
        rtf_object(t, writer_span(&t->raw));
        writer_clear(&t->raw);
    } else if (was.dest == RTF_PICTURE && t->now.dest != RTF_PICTURE) {
        rtf_picture(t, writer_span(&t->raw));
        writer_clear(&t->raw);
    } else if (was.dest >= RTF_FIELD && was.dest != t->now.dest) {
        rtf_field_end(t, was.dest);
    }
}

static bool is_letter(uint8_t c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static void control_word(struct rtf *t)
{
    size_t from = t->r.pos, n = 0;
    bool minus = false, has = false;
    int64_t value = 0;
    struct span word;

    while (n < WORD_MAX && is_letter(reader_peek(&t->r, n)))
        n++;
    word = reader_take(&t->r, n);
    if (reader_peek(&t->r, 0) == '-') {
        minus = true;
        reader_skip(&t->r, 1);
    }
    for (n = 0; n < DIGITS_MAX && reader_peek(&t->r, 0) >= '0' && reader_peek(&t->r, 0) <= '9'; n++) {
        value = value * 10 + (reader_u8(&t->r) - '0');
        has = true;
    }
    if (reader_peek(&t->r, 0) == ' ')
        reader_skip(&t->r, 1);
    value = value > INT32_MAX ? INT32_MAX : value;
    if (t->skip && t->r.pos > from && !(word.n == 1 && word.p[0] == 'u') && !span_eq(word, span_str("bin"))) {
        t->skip--; /* a control word stands for one character after \u */
        return;
    }
    rtf_word(t, word, has, (int32_t)(minus ? -value : value));
    t->star = false;
}

static void control_symbol(struct rtf *t, uint8_t c)
{
    int high, low;

    switch (c) {
    case '\'':
        high = reader_u8(&t->r);
        low = reader_u8(&t->r);
        high = high >= '0' && high <= '9' ? high - '0' : ((high | 0x20) - 'a' + 10) & 15;
        low = low >= '0' && low <= '9' ? low - '0' : ((low | 0x20) - 'a' + 10) & 15;
        byte(t, (uint8_t)(high << 4 | low));
        break;
    case '*':
        t->star = true;
        break;
    case '~':
        rtf_put(t, 0xA0);
        break;
    case '_':
        rtf_put(t, 0x2011);
        break;
    case '\r':
    case '\n':
        rtf_put(t, '\n');
        break;
    case '\t':
        rtf_put(t, '\t');
        break;
    case '\\':
    case '{':
    case '}':
        byte(t, c);
        break;
    default: /* an optional hyphen and index marks are no text */
        break;
    }
}

static void token(struct rtf *t)
{
    uint8_t c = reader_u8(&t->r);

    if (c == '{') {
        open_group(t);
    } else if (c == '}') {
        close_group(t);
    } else if (c == '\\') {
        if (is_letter(reader_peek(&t->r, 0)))
            control_word(t);
        else
            control_symbol(t, reader_u8(&t->r));
    } else if (c != '\r' && c != '\n' && c != 0) {
        byte(t, c);
    }
}

static void finish(struct rtf *t)
{
    if (t->too_deep || t->r.bad)
        extract_unread(t->x, t->too_deep ? UNREAD_TOO_DEEP : UNREAD_CORRUPT);
    while (t->depth)
        close_group(t);
    rtf_flush(t);
    rtf_line(t);
    if (t->external)
        extract_feature(t->x, FEATURE_EXTERNAL_REFS, t->external);
}

void x_rtf(struct extract *x, struct span in)
{
    struct rtf *t = arena_alloc(extract_arena(x), sizeof(*t));

    if (t) {
        t->stack = arena_array(extract_arena(x), RTF_DEPTH_MAX, sizeof(*t->stack));
        t->fonts = arena_array(extract_arena(x), RTF_FONTS_MAX, sizeof(*t->fonts));
    }
    if (!t || !t->stack || !t->fonts) {
        extract_unread_all(x, UNREAD_TOO_LARGE);
        return;
    }
    t->x = x;
    t->r = reader_span(in);
    t->ansi = 1252;
    t->now = (struct rtf_state){.dest = RTF_TEXT, .place = PLACE_BODY, .uc = 1, .font = -1};
    writer_init(&t->raw, RTF_OBJECT_MAX);
    writer_init(&t->out, 8 * RTF_RAW_MAX);
    writer_init(&t->field, RTF_FIELD_MAX);
    while (reader_left(&t->r)) {
        if ((++t->tokens & TOKENS) == 0 && extract_expired(x)) {
            extract_unread(x, UNREAD_TIMEOUT);
            break;
        }
        token(t);
        if (t->closed)
            break; /* what follows the outermost group is no part of the document */
    }
    finish(t);
    writer_done(&t->raw);
    writer_done(&t->out);
    writer_done(&t->field);
}
