/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/x_eml_head.h"

#include "rules/charset.h"
#include "rules/x_eml_code.h"

#include <stdio.h>

#define VALUE_MAX (64u << 10) /* of a field that is looked at; the rest is cut */
#define SECTIONS 100          /* of one RFC 2231 parameter */

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static bool line_or_rest(struct reader *r, struct span *ret)
{
    if (reader_line(r, ret))
        return true;
    *ret = reader_rest(r);
    return ret->n > 0;
}

bool head_next(struct reader *r, struct head_field *ret)
{
    struct span all = span_of(r->p, r->n), line;
    size_t from = r->pos, end;
    ptrdiff_t colon;

    if (!line_or_rest(r, &line) || !span_trim(line).n)
        return false;
    colon = span_find_byte(line, ':', 0);
    for (ptrdiff_t i = 0; i < colon; i++)
        if (line.p[i] <= ' ' &&
            !(is_blank(line.p[i]) && !span_trim(span_part(line, (size_t)i, (size_t)(colon - i))).n))
            colon = -1;
    if (colon <= 0) {
        reader_seek(r, from);
        return false;
    }
    ret->name = span_trim(span_part(line, 0, (size_t)colon));
    for (end = r->pos; is_blank(reader_peek(r, 0)); end = r->pos)
        if (!line_or_rest(r, &line))
            break;
    ret->value = span_part(all, from + (size_t)colon + 1, end - from - (size_t)colon - 1);
    return true;
}

/* "=?charset?B?text?=" at the start of s: its length, 0 when there is none. */
static size_t encoded_word(struct span s, struct span *charset, char *how, struct span *text)
{
    ptrdiff_t a, b, c;

    if (!span_starts(s, "=?"))
        return 0;
    s = span_part(s, 0, 4096);
    a = span_find_byte(s, '?', 2);
    b = a < 0 ? -1 : span_find_byte(s, '?', (size_t)a + 1);
    c = b < 0 ? -1 : span_find(s, span_str("?="), (size_t)b + 1);
    if (c < 0 || b != a + 2)
        return 0;
    *charset = span_part(s, 2, (size_t)a - 2);
    *how = (char)(s.p[a + 1] | 0x20);
    *text = span_part(s, (size_t)b + 1, (size_t)(c - b) - 1);
    for (size_t i = 0; i < charset->n; i++)
        if (charset->p[i] == '*') { /* RFC 2231, 5: a language may follow */
            charset->n = i;
            break;
        }
    return *how == 'b' || *how == 'q' ? (size_t)c + 2 : 0;
}

/* Decodes bytes of one charset: a letter may be split over two encoded words. */
static void put_bytes(struct writer *bytes, const char *charset, struct writer *out)
{
    if (!bytes->n)
        return;
    charset_decode(writer_span(bytes), charset_detect(writer_span(bytes), charset, NULL), out);
    writer_clear(bytes);
}

struct words {
    struct writer bytes; /* of encoded words, or raw ones, not yet decoded */
    char charset[48];    /* "" raw */
};

static void take_word(struct words *w, struct span charset, char how, struct span text, struct writer *out)
{
    char name[48];

    snprintf(name, sizeof(name), "%.*s", (int)(charset.n < 47 ? charset.n : 47), (const char *)charset.p);
    if (strcmp(name, w->charset) != 0) {
        put_bytes(&w->bytes, w->charset, out);
        memcpy(w->charset, name, sizeof(name));
    }
    if (how == 'b')
        base64_decode(text, &w->bytes);
    else
        quoted_decode(text, true, &w->bytes);
}

void head_text(struct span value, struct writer *out)
{
    struct words w = {.charset = ""};
    struct span s = span_trim(span_part(value, 0, VALUE_MAX)), charset, text;

    writer_init(&w.bytes, 4 * VALUE_MAX);
    for (size_t at = 0; at < s.n;) {
        char how;
        size_t n = encoded_word(span_part(s, at, s.n), &charset, &how, &text), skip = at;
        if (n) {
            take_word(&w, charset, how, text, out);
            at += n;
            continue;
        }
        while (skip < s.n && (is_blank(s.p[skip]) || s.p[skip] == '\r' || s.p[skip] == '\n'))
            skip++;
        /* Blanks between two encoded words do not count. */
        if (w.charset[0] && skip > at && encoded_word(span_part(s, skip, s.n), &charset, &how, &text)) {
            at = skip;
            continue;
        }
        if (w.charset[0]) {
            put_bytes(&w.bytes, w.charset, out);
            w.charset[0] = 0;
        }
        if (skip > at) { /* a folded line is one blank */
            writer_u8(&w.bytes, ' ');
            at = skip;
        } else {
            writer_u8(&w.bytes, s.p[at++]);
        }
    }
    put_bytes(&w.bytes, w.charset[0] ? w.charset : NULL, out);
    writer_done(&w.bytes);
}

struct span head_main(struct span value)
{
    ptrdiff_t semicolon = span_find_byte(value, ';', 0);

    return span_trim(semicolon < 0 ? value : span_part(value, 0, (size_t)semicolon));
}

/* The raw value of name in "…; name=value; …": quotes taken off, backslashes resolved into out. */
static bool raw_parameter(struct span value, const char *name, struct writer *out)
{
    struct reader r = reader_span(span_part(value, 0, VALUE_MAX));
    struct span all = span_of(r.p, r.n);

    for (;;) {
        ptrdiff_t semicolon = span_find_byte(all, ';', r.pos), equals;
        struct span key;
        bool quoted, wanted;
        if (semicolon < 0)
            return false;
        equals = span_find_byte(all, '=', (size_t)semicolon);
        if (equals < 0)
            return false;
        key = span_trim(span_part(all, (size_t)semicolon + 1, (size_t)(equals - semicolon) - 1));
        reader_seek(&r, (size_t)equals + 1);
        while (reader_left(&r) && reader_peek(&r, 0) <= ' ')
            reader_skip(&r, 1);
        quoted = reader_peek(&r, 0) == '"';
        if (quoted)
            reader_skip(&r, 1);
        wanted = span_eq_nocase(key, name);
        while (reader_left(&r)) {
            uint8_t c = reader_peek(&r, 0);
            if (quoted ? c == '"' : c == ';')
                break;
            if (quoted && c == '\\' && (reader_peek(&r, 1) == '"' || reader_peek(&r, 1) == '\\')) {
                reader_skip(&r, 1);
                c = reader_peek(&r, 0);
            }
            if (wanted && c != '\r' && c != '\n')
                writer_u8(out, c);
            reader_skip(&r, 1);
        }
        if (wanted)
            return true;
    }
}

static void percent_decode(struct span s, struct writer *out)
{
    for (size_t i = 0; i < s.n; i++) {
        int v = 0;
        bool hex = s.p[i] == '%' && i + 2 < s.n;
        for (size_t k = 1; hex && k <= 2; k++) {
            uint8_t c = s.p[i + k] | 0x20;
            hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
            v = v << 4 | (c <= '9' ? c - '0' : c - 'a' + 10);
        }
        writer_u8(out, hex ? (uint8_t)v : s.p[i]);
        i += hex ? 2 : 0;
    }
}

/* "utf-8'vi'T%C3%AAn.docx": charset and language before the value. */
static void extended(struct span s, struct writer *out)
{
    ptrdiff_t a = span_find_byte(s, '\'', 0), b = a < 0 ? -1 : span_find_byte(s, '\'', (size_t)a + 1);
    struct writer bytes;
    char charset[48] = "";

    writer_init(&bytes, VALUE_MAX);
    if (b >= 0)
        snprintf(charset, sizeof(charset), "%.*s", (int)(a < 47 ? a : 47), (const char *)s.p);
    percent_decode(span_part(s, b < 0 ? 0 : (size_t)b + 1, s.n), &bytes);
    put_bytes(&bytes, charset[0] ? charset : NULL, out);
    writer_done(&bytes);
}

bool head_parameter(struct span value, const char *name, struct writer *out)
{
    struct writer raw;
    char key[64];
    bool found = true, coded = false;

    writer_init(&raw, VALUE_MAX);
    snprintf(key, sizeof(key), "%s*", name);
    if (raw_parameter(value, key, &raw)) {
        extended(writer_span(&raw), out);
    } else if (raw_parameter(value, name, &raw)) {
        head_text(writer_span(&raw), out);
    } else {
        for (unsigned i = 0; i < SECTIONS; i++) {
            bool plain, percent;
            snprintf(key, sizeof(key), "%s*%u", name, i);
            plain = raw_parameter(value, key, &raw);
            snprintf(key, sizeof(key), "%s*%u*", name, i);
            percent = !plain && raw_parameter(value, key, &raw);
            coded |= percent;
            found = i || plain || percent;
            if (!plain && !percent)
                break;
        }
        if (found && coded)
            extended(writer_span(&raw), out);
        else if (found)
            head_text(writer_span(&raw), out);
    }
    writer_done(&raw);
    return found;
}
