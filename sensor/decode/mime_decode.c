/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/mime_decode.h"
#include "sensor/decode/mime_word.h"

/* Decoded bytes on their way to the transfer, so that it is not called for each byte. A mail comes line by
 * line: a larger buffer would cost more to clear than it saves. */
struct sink {
    struct transfer *t;
    size_t n;
    uint8_t buf[510]; /* a multiple of 3 */
};

static void sink_flush(struct sink *s)
{
    carve_data(s->t, span_of(s->buf, s->n));
    s->n = 0;
}

static inline void sink_put(struct sink *s, uint8_t c)
{
    if (s->n == sizeof(s->buf))
        sink_flush(s);
    s->buf[s->n++] = c;
}

enum mime_encoding mime_encoding_of(struct span value)
{
    static const struct {
        const char *name;
        enum mime_encoding encoding;
    } known[] = {{"base64", MIME_BASE64}, {"quoted-printable", MIME_QP},
                 {"x-uuencode", MIME_UU}, {"uuencode", MIME_UU},
                 {"x-uue", MIME_UU},      {"uue", MIME_UU}};

    /* A prefix is enough: "base64;" and "base64 (comment)" are seen. */
    value = span_trim(value);
    for (size_t i = 0; i < GH_COUNT(known); i++)
        if (span_starts_nocase(value, known[i].name))
            return known[i].encoding;
    return MIME_IDENTITY;
}

void mime_decoder_start(struct mime_decoder *d, enum mime_encoding encoding)
{
    *d = (struct mime_decoder){.encoding = encoding};
}

/* Value and one, 65 for padding, 0 for anything else. */
static const uint8_t base64_class[256] = {['A'] = 1,  2,         3,  4,  5,  6,  7,  8,          9,
                                          10,         11,        12, 13, 14, 15, 16, 17,         18,
                                          19,         20,        21, 22, 23, 24, 25, 26,         ['a'] = 27,
                                          28,         29,        30, 31, 32, 33, 34, 35,         36,
                                          37,         38,        39, 40, 41, 42, 43, 44,         45,
                                          46,         47,        48, 49, 50, 51, 52, ['0'] = 53, 54,
                                          55,         56,        57, 58, 59, 60, 61, 62,         ['+'] = 63,
                                          ['/'] = 64, ['='] = 65};

/* Whole groups of four digits, as nearly all of a body is. */
static void base64_groups(struct reader *r, struct sink *s)
{
    while (reader_left(r) >= 4) {
        uint32_t a = base64_class[reader_peek(r, 0)] - 1u, b = base64_class[reader_peek(r, 1)] - 1u,
                 c = base64_class[reader_peek(r, 2)] - 1u, d = base64_class[reader_peek(r, 3)] - 1u;
        uint32_t three = a << 18 | b << 12 | c << 6 | d;
        if ((a | b | c | d) > 63) /* something else among them */
            return;
        if (s->n + 3 > sizeof(s->buf))
            sink_flush(s);
        s->buf[s->n++] = (uint8_t)(three >> 16);
        s->buf[s->n++] = (uint8_t)(three >> 8);
        s->buf[s->n++] = (uint8_t)three;
        reader_skip(r, 4);
    }
}

static void base64_feed(struct mime_decoder *d, struct span in, struct sink *s)
{
    struct reader r = reader_span(in);

    for (;;) {
        if (!d->n_bits)
            base64_groups(&r, s);
        if (!reader_left(&r))
            return;
        uint8_t v = base64_class[reader_u8(&r)];
        if (v == 0)
            continue;
        if (v == 65) { /* the quantum ends; another may follow (joined base64 texts) */
            d->n_bits = 0;
            continue;
        }
        d->bits = d->bits << 6 | (v - 1u);
        d->n_bits += 6;
        if (d->n_bits >= 8) {
            d->n_bits -= 8;
            sink_put(s, (uint8_t)(d->bits >> d->n_bits));
        }
    }
}

static void release(struct mime_decoder *d, struct sink *s)
{
    for (unsigned i = 0; i < d->n_hold; i++)
        sink_put(s, d->hold[i]);
    d->n_hold = 0;
}

/* hold is empty, a run of blanks, or begins with '='. */
static void qp_byte(struct mime_decoder *d, uint8_t c, struct sink *s)
{
    bool eol = c == '\n' || c == '\r', blank = c == ' ' || c == '\t';

    if (d->n_hold && d->hold[0] == '=') {
        uint8_t last = d->hold[d->n_hold - 1];
        if (d->n_hold == 1 && mime_hex(c) >= 0) {
            d->hold[d->n_hold++] = c;
            return;
        }
        if (d->n_hold == 2 && mime_hex(last) >= 0) {
            if (mime_hex(c) >= 0) {
                sink_put(s, (uint8_t)(mime_hex(last) << 4 | mime_hex(c)));
                d->n_hold = 0;
                return;
            }
        } else if (c == '\n') { /* soft line break, "=" blanks CR LF */
            d->n_hold = 0;
            return;
        } else if (last != '\r' && (blank || c == '\r') && d->n_hold < sizeof(d->hold)) {
            d->hold[d->n_hold++] = c;
            return;
        }
        release(d, s);
    }
    if (c == '=') {
        release(d, s);
        d->hold[d->n_hold++] = c;
        return;
    }
    if (blank && d->n_hold < sizeof(d->hold)) {
        d->hold[d->n_hold++] = c;
        return;
    }
    if (eol)
        d->n_hold = 0; /* blanks at a line's end were added on the way (RFC 2045 section 6.7 rule 3) */
    release(d, s);
    sink_put(s, c);
}

/* One line of uuencode: a length and groups of four characters. */
static void uu_line(struct mime_decoder *d, struct sink *s)
{
    struct reader r = reader_of(d->hold, d->n_hold);
    unsigned n = (unsigned)(reader_u8(&r) - 32) & 63;

    while (n && reader_left(&r)) {
        uint32_t v = 0;
        for (int i = 0; i < 4; i++) /* blanks at the end may have been cut off: they are zeros */
            v = v << 6 | (reader_left(&r) ? (uint32_t)(reader_u8(&r) - 32) & 63 : 0);
        for (int i = 16; i >= 0 && n; i -= 8, n--)
            sink_put(s, (uint8_t)(v >> i));
    }
    d->n_hold = 0;
}

static void uu_byte(struct mime_decoder *d, uint8_t c, struct sink *s)
{
    if (c == '\n')
        uu_line(d, s);
    else if (c != '\r' && d->n_hold < sizeof(d->hold))
        d->hold[d->n_hold++] = c;
}

/* yEnc 1.3: every byte plus 42; "=" before those that would do harm, which are 64 more. */
static void yenc_byte(struct mime_decoder *d, uint8_t c, struct sink *s)
{
    if (c == '\r' || c == '\n')
        return;
    if (c == '=' && !d->n_hold) {
        d->n_hold = 1;
        return;
    }
    sink_put(s, (uint8_t)(c - 42 - (d->n_hold ? 64 : 0)));
    d->n_hold = 0;
}

static void decode(struct mime_decoder *d, struct span bytes, struct transfer *t)
{
    struct reader r = reader_span(bytes);
    struct sink s;

    s.t = t;
    s.n = 0;
    if (d->encoding == MIME_BASE64)
        base64_feed(d, bytes, &s);
    else if (d->encoding == MIME_QP)
        while (reader_left(&r))
            qp_byte(d, reader_u8(&r), &s);
    else if (d->encoding == MIME_YENC)
        while (reader_left(&r))
            yenc_byte(d, reader_u8(&r), &s);
    else
        while (reader_left(&r))
            uu_byte(d, reader_u8(&r), &s);
    sink_flush(&s);
}

void mime_decoder_feed(struct mime_decoder *d, struct span bytes, struct transfer *t)
{
    if (!t) /* no document is wanted, or there was no memory for it: it stays so to its end */
        return;
    if (d->encoding == MIME_IDENTITY)
        carve_data(t, bytes);
    else
        decode(d, bytes, t);
}

void mime_decoder_end(struct mime_decoder *d, struct transfer *t)
{
    struct sink s;

    s.t = t;
    s.n = 0;
    if (d->encoding == MIME_UU && d->n_hold)
        uu_line(d, &s);
    else if (d->encoding == MIME_QP && !(d->n_hold == 1 && d->hold[0] == '='))
        release(d, &s);
    sink_flush(&s);
    mime_decoder_start(d, d->encoding);
}
