/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_wpd: WordPerfect 5 and 6 and later: a stream of characters and functions, whose lengths are known or
 * written in them. Notes, headers and footers are functions with text of their own in version 5, packets of
 * text in version 6. Layout from Corel's published "WordPerfect File Format" and what libwpd knows of it. */
#include "rules/formats.h"

#include "base/text.h"

#define PACKETS_MAX 65536u
#define PACKET 14u
#define PACKET_TEXT 8u
#define NESTING_MAX 4

struct wpd {
    struct extract *x;
    struct span in;
    enum place place;
    struct writer line;
    bool six;
    unsigned depth;
};

static void flush(struct wpd *w)
{
    extract_text(w->x, w->place, 0, writer_span(&w->line), NULL);
    writer_clear(&w->line);
}

static void put(struct wpd *w, uint32_t cp)
{
    text_put(&w->line, cp);
    if (cp == '\n' || w->line.n > 60000)
        flush(w);
}

static void place_set(struct wpd *w, enum place place)
{
    if (place == w->place)
        return;
    flush(w);
    if (w->place == PLACE_HIDDEN)
        extract_line(w->x, PLACE_HIDDEN, 0);
    w->place = place;
}

/* Character sets 1 (letters of many nations) and 4 (typography); of the others only that there was one. */
static void extended(struct wpd *w, uint8_t c, uint8_t set)
{
    static const uint16_t letters[] = {
        /* from 26 on */
        0xc1,  0xe1,  0xc2,  0xe2,  0xc4,  0xe4,  0xc0,  0xe0,  0xc5,  0xe5,  0xc6,  0xe6,  0xc7,
        0xe7,  0xc9,  0xe9,  0xca,  0xea,  0xcb,  0xeb,  0xc8,  0xe8,  0xcd,  0xed,  0xce,  0xee,
        0xcf,  0xef,  0xcc,  0xec,  0xd1,  0xf1,  0xd3,  0xf3,  0xd4,  0xf4,  0xd6,  0xf6,  0xd2,
        0xf2,  0xda,  0xfa,  0xdb,  0xfb,  0xdc,  0xfc,  0xd9,  0xf9,  0x178, 0xff,  0xc3,  0xe3,
        0x110, 0x111, 0xd8,  0xf8,  0xd5,  0xf5,  0xdd,  0xfd,  0xd0,  0xf0,  0xde,  0xfe,  0x102,
        0x103, 0x100, 0x101, 0x104, 0x105, 0x106, 0x107, 0x10c, 0x10d, 0x108, 0x109, 0x10a, 0x10b,
        0x10e, 0x10f, 0x11a, 0x11b, 0x116, 0x117, 0x112, 0x113, 0x118, 0x119};
    static const uint16_t signs[] = {
        0x25cf, 0x25cb, 0x25a0, 0x2022, 0x2a,   0xb6,   0xa7,   0xa1,   0xbf,   0xab,   0xbb,  0xa3, 0xa5,
        0x20a7, 0x192,  0xaa,   0xba,   0xbd,   0xbc,   0xa2,   0xb2,   0x207f, 0xae,   0xa9,  0xa4, 0xbe,
        0xb3,   0x201b, 0x2019, 0x2018, 0x201f, 0x201d, 0x201c, 0x2013, 0x2014, 0x2039, 0x203a};

    if (set == 0 && c >= ' ' && c < 0x7f)
        put(w, c);
    else if (set == 1 && c == 23)
        put(w, 0xdf);
    else if (set == 1 && c >= 26 && (size_t)c - 26 < GH_COUNT(letters))
        put(w, letters[c - 26]);
    else if (set == 4 && c < GH_COUNT(signs))
        put(w, signs[c]);
    else
        put(w, TEXT_REPLACEMENT);
}

static void text5(struct wpd *w, struct span in);

/* Functions of varying length: four bytes of head with the length, the same at the end. */
static void group5(struct wpd *w, struct reader *r, uint8_t code)
{
    uint8_t sub = reader_u8(r);
    uint16_t n = reader_le16(r);
    struct span body = reader_take(r, n < reader_left(r) ? n : reader_left(r));
    enum place before = w->place;
    size_t head = code == 0xD5 ? 18 : code == 0xD6 ? 6 : body.n;

    (void)sub;
    if (head + 8 >= body.n || w->depth >= NESTING_MAX)
        return;
    put(w, '\n');
    w->depth++;
    w->place = code == 0xD5 ? PLACE_HEADER : PLACE_NOTES;
    text5(w, span_part(body, head, body.n - head - 4));
    put(w, '\n');
    w->place = before;
    w->depth--;
}

static void text5(struct wpd *w, struct span in)
{
    static const uint8_t fixed[] = {4, 9, 11, 3,
                                    3, 5, 6,  7}; /* lengths of 0xC0 and on, themselves included */
    struct reader r = reader_span(in);

    while (reader_left(&r) && !(r.pos % 4096 == 0 && extract_expired(w->x))) {
        uint8_t c = reader_u8(&r);
        if (c >= ' ' && c < 0x7f) {
            put(w, c);
        } else if (c == 0x0A || c == 0x0C || c == 0x8C || c == 0x99) {
            put(w, '\n');
        } else if (c == 0x0D || c == 0x0B || c == 0xA0) {
            put(w, ' ');
        } else if (c == 0xA9) {
            put(w, '-');
        } else if (c == 0xC0) {
            uint8_t ch = reader_u8(&r), set = reader_u8(&r);
            extended(w, ch, set);
            reader_skip(&r, 1);
        } else if (c > 0xC0 && c < 0xD0) {
            if (c == 0xC1 || c == 0xC2)
                put(w, '\t');
            reader_skip(&r, (size_t)c - 0xC0 < GH_COUNT(fixed) ? fixed[c - 0xC0] - 1u : 0);
        } else if (c >= 0xD0 && c < 0xFF) {
            group5(w, &r, c);
        }
    }
}

static void text6(struct wpd *w, struct span in)
{
    static const uint8_t fixed[] = {4, 5, 3, 3, 3, 3, 4, 4, 4, 5, 5, 6, 6, 8, 8}; /* of 0xF0 and on */
    static const uint8_t first[] = {0xe5, 0xc5, 0xe6, 0xc6, 0xe4, 0xc4, 0xe1, 0xe0, 0xe2, 0xe3, 0xc3,
                                    0xe7, 0xc7, 0xeb, 0xe9, 0xc9, 0xe8, 0xea, 0xed, 0xf1, 0xd1, 0xf8,
                                    0xd8, 0xf5, 0xd5, 0xf6, 0xd6, 0xfc, 0xdc, 0xfa, 0xf9, 0xdf};
    struct reader r = reader_span(in);
    enum place home = w->place;

    while (reader_left(&r) && !(r.pos % 4096 == 0 && extract_expired(w->x))) {
        uint8_t c = reader_u8(&r);
        if (c > ' ' && c < 0x7f) {
            put(w, c);
        } else if (c >= 1 && c <= GH_COUNT(first)) {
            put(w, first[c - 1]);
        } else if (c == 0x80 || c == 0x81 || c == 0xCD || c == 0xCE || c == 0xCF) {
            put(w, ' ');
        } else if (c == 0x84) {
            put(w, '-');
        } else if (c == 0x87 || (c >= 0xB7 && c <= 0xCC)) { /* ends of lines, rows, pages */
            put(w, '\n');
        } else if (c == 0xF0) {
            uint8_t ch = reader_u8(&r), set = reader_u8(&r);
            extended(w, ch, set);
            reader_skip(&r, 1);
        } else if (c == 0xF1) { /* deleted text that may be brought back stands between two of these */
            uint8_t which = reader_u8(&r);
            reader_skip(&r, fixed[1] - 2u);
            place_set(w, which == 0 ? PLACE_HIDDEN : home);
        } else if (c > 0xF1 && c < 0xFF) {
            reader_skip(&r, fixed[c - 0xF0] - 1u);
        } else if (c >= 0xD0 && c < 0xF0) {
            uint8_t sub = reader_u8(&r);
            uint16_t n = reader_le16(&r);
            if (c == 0xD0)
                put(w, sub >= 1 && sub <= 3 ? ' ' : '\n');
            else if (c == 0xE0)
                put(w, '\t');
            reader_skip(&r, n >= 4 ? n - 4u : 0);
        }
    }
    place_set(w, home);
}

/* Packets of the prefix area that are text: notes, headers, boxes, comments. */
static void packets6(struct wpd *w, uint16_t index)
{
    struct reader r = reader_span(span_part(w->in, index, w->in.n)), e;
    uint16_t count;

    reader_skip(&r, 2);
    count = reader_le16(&r);
    reader_skip(&r, 10);
    w->place = PLACE_NOTES;
    for (unsigned i = 0; i < count && reader_left(&r) >= PACKET; i++) {
        e = reader_sub(&r, PACKET);
        reader_skip(&e, 1);
        uint8_t type = reader_u8(&e);
        reader_skip(&e, 4);
        uint32_t n = reader_le32(&e), at = reader_le32(&e);
        struct span body = at < w->in.n ? span_part(w->in, at, n) : span_of(NULL, 0);
        struct reader b = reader_span(body);
        uint16_t blocks = reader_le16(&b);
        uint32_t from = reader_le32(&b);
        if (type != PACKET_TEXT || !blocks || !reader_ok(&b) || !extract_budget(w->x, body.n))
            continue;
        text6(w, span_part(body, from, body.n));
        put(w, '\n');
    }
}

void x_wpd(struct extract *x, struct span in)
{
    struct reader r = reader_span(in);
    struct wpd w = {.x = x, .in = in, .place = PLACE_BODY};
    uint32_t body;
    uint8_t product, type, major;
    uint16_t key, index;

    reader_skip(&r, 4);
    body = reader_le32(&r);
    product = reader_u8(&r);
    type = reader_u8(&r);
    major = reader_u8(&r);
    reader_skip(&r, 1);
    key = reader_le16(&r);
    index = reader_le16(&r);
    if (!reader_ok(&r) || product != 1 || type != 0x0A || body > in.n || (major != 0 && major != 2)) {
        x_strings(x, in);
        return;
    }
    if (key) {
        extract_unread_all(x, UNREAD_ENCRYPTED);
        return;
    }
    writer_init(&w.line, 65536);
    if (major == 2)
        text6(&w, span_part(in, body, in.n));
    else
        text5(&w, span_part(in, body, in.n));
    put(&w, '\n');
    if (major == 2)
        packets6(&w, index);
    if (extract_expired(x))
        extract_unread(x, UNREAD_TIMEOUT);
    writer_done(&w.line);
}
