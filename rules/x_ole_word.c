/* SPDX-License-Identifier: GPL-3.0-or-later
 * The text of Word's binary documents: a header of offsets (FIB), a table of pieces, and character positions
 * that run through body, notes, headers, comments and text boxes one after the other (MS-DOC 2.3, 2.4). */
#include "rules/x_ole_word.h"

#include "base/text.h"
#include "rules/charset.h"

#include <stdio.h>

#define PIECES_MAX 1000000
#define FIELD_DEPTH_MAX 16
#define RUN_TEXT_MAX 65536u
#define STORIES_MAX 100000 /* headers and footers of all sections */

enum { /* offsets in the FIB of Word 97 and later */
       FIB_FLAGS = 0x0A,
       FIB_COUNTS = 0x4C,
       FIB_HEADERS = 0xF2,
       FIB_CLX = 0x1A2,
};
enum { /* of Word 6 and 95 */
       FIB6_MIN = 0x18,
       FIB6_COUNTS = 0x34,
       FIB6_CLX = 0x160,
};
enum { FLAG_COMPLEX = 0x0004, FLAG_ENCRYPTED = 0x0100, FLAG_TABLE1 = 0x0200 };
enum story {
    STORY_BODY,
    STORY_FOOTNOTES,
    STORY_HEADERS,
    STORY_MACROS,
    STORY_COMMENTS,
    STORY_ENDNOTES,
    STORY_BOXES,
    STORY_HEADER_BOXES,
    STORY_COUNT
};

struct doc {
    struct ole *o;
    struct span main, table;
    bool old;                   /* Word 6 or 95 */
    unsigned codepage;          /* of 8-bit pieces */
    uint32_t ends[STORY_COUNT]; /* character position where each story ends */
    struct span headers;        /* positions of the headers' texts, 4 bytes each */
    struct doc_fonts fonts;
    /* the text under way */
    struct writer out;
    enum place place;
    const char *font;
    bool field[FIELD_DEPTH_MAX]; /* open fields: true in the instruction */
    unsigned fields;
    bool after_cell; /* the last character ended a cell */
    uint16_t high;   /* first half of a surrogate pair */
};

static uint16_t u16(struct span s, size_t at)
{
    struct reader r = reader_span(span_part(s, at, 2));
    return reader_le16(&r);
}

static uint32_t u32(struct span s, size_t at)
{
    struct reader r = reader_span(span_part(s, at, 4));
    return reader_le32(&r);
}

static void flush(struct doc *d)
{
    if (d->out.n)
        extract_text(d->o->x, d->place, 0, writer_span(&d->out), d->font);
    writer_clear(&d->out);
}

static void set(struct doc *d, enum place place, const char *font)
{
    if (place == d->place && font == d->font)
        return;
    flush(d);
    d->place = place;
    d->font = font;
}

/* ---- where a character belongs ---- */

/* The headers' texts come in sixes: even, odd header, even, odd footer, first header, first footer; the first
 * six are the separators of notes (2.3.3). */
static enum place header_place(const struct doc *d, uint32_t cp)
{
    size_t n = d->headers.n / 4, low = 0, high = n;

    if (n < 2)
        return PLACE_HEADER;
    while (high - low > 1) {
        size_t mid = low + (high - low) / 2;
        if (u32(d->headers, mid * 4) <= cp)
            low = mid;
        else
            high = mid;
    }
    if (low < 6)
        return PLACE_NOTES;
    return low % 6 == 2 || low % 6 == 3 || low % 6 == 5 ? PLACE_FOOTER : PLACE_HEADER;
}

static enum place story_place(const struct doc *d, uint32_t cp, uint32_t *ret_end)
{
    static const enum place places[STORY_COUNT] = {PLACE_BODY,    PLACE_NOTES, PLACE_HEADER, PLACE_HIDDEN,
                                                   PLACE_COMMENT, PLACE_NOTES, PLACE_BODY,   PLACE_HEADER};
    unsigned s = 0;

    while (s < STORY_COUNT - 1 && cp >= d->ends[s])
        s++;
    *ret_end = d->ends[s];
    if (s != STORY_HEADERS)
        return places[s];
    *ret_end = cp + 1; /* asked again for each character: the texts are short */
    return header_place(d, cp - d->ends[STORY_FOOTNOTES]);
}

/* ---- characters ---- */

static void put(struct doc *d, uint32_t cp)
{
    if (d->out.n >= RUN_TEXT_MAX)
        flush(d);
    text_put(&d->out, cp);
}

/* Fields: 0x13 begins the instruction, 0x14 the result, 0x15 ends it. */
static void field_mark(struct doc *d, uint32_t c)
{
    if (c == 0x13) {
        if (d->fields < FIELD_DEPTH_MAX)
            d->field[d->fields] = true;
        d->fields++;
    } else if (c == 0x14 && d->fields) {
        if (d->fields <= FIELD_DEPTH_MAX)
            d->field[d->fields - 1] = false;
    } else if (c == 0x15 && d->fields) {
        d->fields--;
    }
}

static bool in_instruction(const struct doc *d)
{
    for (unsigned i = 0; i < d->fields && i < FIELD_DEPTH_MAX; i++)
        if (d->field[i])
            return true;
    return false;
}

/* What Word's special characters are in text; 0: nothing. */
static uint32_t special(struct doc *d, uint32_t c)
{
    switch (c) {
    case 0x07: /* end of a cell; a second one ends the row */
        d->after_cell = !d->after_cell;
        return d->after_cell ? '\t' : '\n';
    case 0x09:
        return '\t';
    case 0x0A:
    case 0x0B:
    case 0x0C:
    case 0x0D:
    case 0x0E:
        return '\n';
    case 0x1E:
        return '-';
    default:
        return 0; /* pictures, marks of notes, optional hyphens */
    }
}

static void character(struct doc *d, uint32_t c, enum place place, const struct doc_format *f)
{
    if (c >= 0x13 && c <= 0x15) {
        bool was = in_instruction(d);
        field_mark(d, c);
        if (was && !in_instruction(d)) {
            set(d, PLACE_HIDDEN, d->font);
            put(d, '\n');
        }
        return;
    }
    if (c < 0x20 && !(c = special(d, c)))
        return;
    if (c != '\t' && c != '\n')
        d->after_cell = false;
    if (c >= 0xD800 && c < 0xDC00) {
        d->high = (uint16_t)c;
        return;
    }
    if (c >= 0xDC00 && c < 0xE000 && d->high)
        c = 0x10000 + ((d->high & 0x3FFu) << 10) + (c & 0x3FF);
    d->high = 0;
    set(d, f->hidden || in_instruction(d) ? PLACE_HIDDEN : place, f->font);
    put(d, c);
}

/* ---- pieces ---- */

/* An 8-bit character: windows-1252 in Word 97 and later, the language's code page before. */
static void map_bytes(unsigned codepage, uint32_t map[256])
{
    char name[16];

    snprintf(name, sizeof(name), "cp%u", codepage);
    for (unsigned i = 0; i < 256; i++) {
        uint8_t b = (uint8_t)i, buf[16];
        struct writer w;
        size_t pos = 0;

        map[i] = i;
        if (i < 0x80)
            continue;
        writer_fixed(&w, buf, sizeof(buf));
        charset_decode(span_of(&b, 1), charset_known(name) ? name : "windows-1252", &w);
        if (writer_ok(&w) && w.n)
            map[i] = text_next(writer_span(&w), &pos);
    }
}

/* n characters from file offset at, the first of which has position cp. */
static bool piece(struct doc *d, uint32_t at, uint32_t cp, uint32_t n, bool wide, const uint32_t map[256])
{
    struct reader r = reader_span(d->main);
    struct doc_format f = {0};
    uint32_t story_end = 0;
    enum place place = PLACE_BODY;

    reader_seek(&r, at);
    for (uint32_t i = 0; i < n; i++, cp++) {
        uint32_t here = (uint32_t)r.pos;
        if (reader_left(&r) < (wide ? 2u : 1u))
            return false;
        if (cp >= story_end)
            place = story_place(d, cp, &story_end);
        if (here >= f.end)
            f = doc_format_at(&d->fonts, here);
        if ((i & 0xFFFF) == 0xFFFF && extract_expired(d->o->x)) {
            extract_unread(d->o->x, UNREAD_TIMEOUT);
            return true;
        }
        character(d, wide ? reader_le16(&r) : map[reader_u8(&r)], place, &f);
    }
    return true;
}

/* The piece table inside the CLX (2.9.38): property lists before it are passed over. */
static struct span piece_table(struct span clx)
{
    struct reader r = reader_span(clx);

    while (reader_left(&r)) {
        uint8_t type = reader_u8(&r);
        if (type == 1)
            reader_skip(&r, reader_le16(&r));
        else if (type == 2)
            return reader_take(&r, reader_le32(&r));
        else
            break;
    }
    return span_of(NULL, 0);
}

static bool pieces(struct doc *d, struct span table)
{
    size_t n = table.n >= 4 ? (table.n - 4) / 12 : 0;
    uint32_t map[256];
    bool whole = true;

    map_bytes(d->codepage, map);
    for (size_t i = 0; i < n && i < PIECES_MAX; i++) {
        uint32_t from = u32(table, i * 4), to = u32(table, i * 4 + 4);
        uint32_t fc = u32(table, (n + 1) * 4 + i * 8 + 2);
        bool narrow = d->old || (fc & 0x40000000u);
        if (to <= from || to - from > d->main.n) {
            whole &= to == from;
            continue;
        }
        if (!d->old)
            fc = narrow ? (fc & 0x3FFFFFFFu) / 2 : fc & 0x3FFFFFFFu;
        whole &= piece(d, fc, from, to - from, !narrow, map);
    }
    return whole && n;
}

/* ---- the document ---- */

static void stories(struct doc *d, size_t at)
{
    uint64_t end = 0;

    for (unsigned s = 0; s < STORY_COUNT; s++) {
        end += u32(d->main, at + s * 4) & 0x7FFFFFFFu;
        d->ends[s] = end < UINT32_MAX ? (uint32_t)end : UINT32_MAX;
    }
}

/* Code page of a language id, as Word 6 and 95 used it. */
static unsigned language_codepage(uint16_t lid)
{
    static const struct {
        uint8_t primary;
        unsigned codepage;
    } table[] = {{0x01, 1256}, {0x02, 1251}, {0x04, 936},  {0x05, 1250}, {0x08, 1253}, {0x0D, 1255},
                 {0x0E, 1250}, {0x11, 932},  {0x12, 949},  {0x15, 1250}, {0x18, 1250}, {0x19, 1251},
                 {0x1A, 1250}, {0x1B, 1250}, {0x1E, 874},  {0x1F, 1254}, {0x22, 1251}, {0x23, 1251},
                 {0x24, 1250}, {0x25, 1257}, {0x26, 1257}, {0x27, 1257}, {0x2A, 1258}, {0x2F, 1251}};

    for (size_t i = 0; i < GH_COUNT(table); i++)
        if (table[i].primary == (lid & 0xFF))
            return table[i].codepage;
    return 1252;
}

static bool read_old(struct doc *d, uint16_t flags)
{
    uint32_t min = u32(d->main, FIB6_MIN), max = u32(d->main, FIB6_MIN + 4);
    uint32_t map[256];
    struct span clx = span_part(d->main, u32(d->main, FIB6_CLX), u32(d->main, FIB6_CLX + 4));

    stories(d, FIB6_COUNTS);
    d->codepage = language_codepage(u16(d->main, 6));
    if (flags & FLAG_COMPLEX)
        return pieces(d, piece_table(clx));
    map_bytes(d->codepage, map);
    return max > min && max <= d->main.n && piece(d, min, 0, max - min, false, map);
}

static bool read_new(struct doc *d)
{
    struct span clx = span_part(d->table, u32(d->main, FIB_CLX), u32(d->main, FIB_CLX + 4));

    stories(d, FIB_COUNTS);
    d->headers = span_part(d->table, u32(d->main, FIB_HEADERS), u32(d->main, FIB_HEADERS + 4));
    d->headers = span_part(d->headers, 0, STORIES_MAX * 4);
    doc_fonts_read(d->o, d->main, d->table, &d->fonts);
    return pieces(d, piece_table(clx));
}

void ole_word(struct ole *o, uint32_t storage)
{
    struct doc d = {.o = o, .codepage = 1252, .place = PLACE_BODY};
    struct writer main, table;
    uint16_t ident, version, flags;
    bool good;

    writer_init(&table, 0);
    writer_init(&d.out, RUN_TEXT_MAX + 16);
    ole_load_named(o, storage, "WordDocument", &main);
    d.main = writer_span(&main);
    ident = u16(d.main, 0);
    version = u16(d.main, 2);
    flags = u16(d.main, FIB_FLAGS);
    d.old = version < 0xC1;
    if (flags & FLAG_ENCRYPTED) {
        extract_unread_all(o->x, UNREAD_ENCRYPTED);
        goto done;
    }
    if (ident != 0xA5EC && ident != 0xA5DC && ident != 0xA697 && ident != 0xA699) {
        extract_unread(o->x, UNREAD_CORRUPT);
        goto done;
    }
    if (!d.old)
        ole_load_named(o, storage, flags & FLAG_TABLE1 ? "1Table" : "0Table", &table);
    d.table = writer_span(&table);
    good = d.old ? read_old(&d, flags) : read_new(&d);
    flush(&d);
    extract_line(o->x, PLACE_BODY, 0);
    if (!good)
        extract_unread(o->x, UNREAD_CORRUPT);
done:
    writer_done(&main);
    writer_done(&table);
    writer_done(&d.out);
}
