/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/mime_param.h"
#include "base/text.h"
#include "sensor/decode/mime_word.h"

#define SECTIONS_MAX 100 /* pieces of one parameter, RFC 2231 */
#define PARAMS_MAX 200   /* parameters looked at in one field */
#define VALUE_MAX 8192   /* bytes of one parameter */

struct param {
    struct span name;  /* with its "*0*" */
    struct span value; /* without quotes, escapes still in it */
    bool quoted;
};

struct span mime_value(struct span field)
{
    ptrdiff_t semi = span_find_byte(field, ';', 0);

    return span_trim(semi < 0 ? field : span_part(field, 0, (size_t)semi));
}

/* Past the next ';' that is in no quotes. */
static void skip_to_semicolon(struct reader *r)
{
    while (reader_left(r)) {
        uint8_t c = reader_u8(r);
        if (c == ';')
            return;
        if (c == '"')
            while (reader_left(r) && (c = reader_u8(r)) != '"')
                if (c == '\\' && reader_left(r))
                    reader_skip(r, 1);
    }
}

static struct span quoted_value(struct reader *r)
{
    size_t start = r->pos;

    while (reader_left(r)) {
        uint8_t c = reader_peek(r, 0);
        if (c == '"')
            break;
        reader_skip(r, c == '\\' && reader_left(r) > 1 ? 2 : 1);
    }
    return span_of(r->p + start, r->pos - start);
}

static bool next_param(struct reader *r, struct param *ret)
{
    while (reader_left(r)) {
        size_t start = r->pos;
        while (reader_left(r) && reader_peek(r, 0) != '=' && reader_peek(r, 0) != ';')
            reader_skip(r, 1);
        ret->name = span_trim(span_of(r->p + start, r->pos - start));
        if (reader_peek(r, 0) != '=') {
            if (reader_left(r))
                reader_skip(r, 1);
            continue;
        }
        reader_skip(r, 1);
        while (reader_left(r) && span_trim(span_of(r->p + r->pos, 1)).n == 0)
            reader_skip(r, 1);
        ret->quoted = reader_peek(r, 0) == '"';
        if (ret->quoted) {
            reader_skip(r, 1);
            ret->value = quoted_value(r);
            if (reader_left(r))
                reader_skip(r, 1);
            skip_to_semicolon(r);
            return true;
        }
        start = r->pos;
        while (reader_left(r) && reader_peek(r, 0) != ';')
            reader_skip(r, 1);
        ret->value = span_trim(span_of(r->p + start, r->pos - start));
        if (reader_left(r))
            reader_skip(r, 1);
        return true;
    }
    return false;
}

/* Is it name, name*, name*7 or name*7*? *ret_section is -1 for the first two. */
static bool name_matches(struct span got, const char *name, int *ret_section, bool *ret_extended)
{
    size_t n = strlen(name);
    uint64_t section;

    if (!span_starts_nocase(got, name))
        return false;
    struct span rest = span_part(got, n, got.n);
    *ret_section = -1;
    *ret_extended = false;
    if (!rest.n)
        return true;
    if (rest.p[0] != '*')
        return false;
    rest = span_part(rest, 1, rest.n);
    if (!rest.n) {
        *ret_extended = true;
        return true;
    }
    if (rest.p[rest.n - 1] == '*') {
        *ret_extended = true;
        rest.n--;
    }
    if (!span_number(rest, SECTIONS_MAX - 1, &section))
        return false;
    *ret_section = (int)section;
    return true;
}

/* \" and \\ are escapes; a backslash before anything else is a Windows path that nobody escaped. */
static void put_unescaped(struct writer *out, struct span s)
{
    struct reader r = reader_span(s);

    while (reader_left(&r)) {
        uint8_t c = reader_u8(&r);
        if (c == '\\' && (reader_peek(&r, 0) == '"' || reader_peek(&r, 0) == '\\'))
            c = reader_u8(&r);
        if (c != '\r' && c != '\n')
            writer_u8(out, c);
    }
}

static void put_percent(struct writer *out, struct span s)
{
    struct reader r = reader_span(s);

    while (reader_left(&r)) {
        uint8_t c = reader_u8(&r);
        int hi = mime_hex(reader_peek(&r, 0)), lo = mime_hex(reader_peek(&r, 1));
        if (c == '%' && reader_left(&r) >= 2 && hi >= 0 && lo >= 0) {
            c = (uint8_t)(hi << 4 | lo);
            reader_skip(&r, 2);
        }
        writer_u8(out, c);
    }
}

/* charset'language'rest: returns rest. */
static struct span take_charset(struct span value, struct span *ret_charset)
{
    ptrdiff_t a = span_find_byte(value, '\'', 0);
    ptrdiff_t b = a < 0 ? -1 : span_find_byte(value, '\'', (size_t)a + 1);

    if (b < 0)
        return value;
    *ret_charset = span_part(value, 0, (size_t)a);
    return span_part(value, (size_t)b + 1, value.n);
}

/* The parameter with that section; plain when section is -1 and not extended. */
static bool find_param(struct span field, const char *name, int section, bool extended, struct param *ret,
                       bool *ret_ext)
{
    struct reader r = reader_span(field);
    struct param p;
    int s;
    bool ext;

    for (unsigned i = 0; i < PARAMS_MAX && next_param(&r, &p); i++)
        if (name_matches(p.name, name, &s, &ext) && s == section && (section >= 0 || ext == extended)) {
            *ret = p;
            *ret_ext = ext;
            return true;
        }
    return false;
}

/* RFC 2231 and 5987 forms into out; false when there are none. */
static bool extended_value(struct span field, const char *name, struct writer *out)
{
    struct writer bytes;
    struct span charset = span_str("utf-8");
    struct param p;
    bool ext, found;

    writer_init(&bytes, VALUE_MAX);
    found = find_param(field, name, -1, true, &p, &ext);
    if (found)
        put_percent(&bytes, take_charset(p.value, &charset));
    bool sections = !found;
    for (int i = 0; sections && i < SECTIONS_MAX && find_param(field, name, i, true, &p, &ext); i++) {
        found = true;
        if (!ext)
            put_unescaped(&bytes, p.value);
        else
            put_percent(&bytes, i ? p.value : take_charset(p.value, &charset));
    }
    if (found && !mime_charset_put(out, charset, writer_span(&bytes)))
        text_put_clean(out, writer_span(&bytes));
    writer_done(&bytes);
    return found;
}

bool mime_param(struct span field, const char *name, struct writer *out)
{
    ptrdiff_t semi = span_find_byte(field, ';', 0);
    struct span params = semi < 0 ? (struct span){0} : span_part(field, (size_t)semi + 1, field.n);
    struct writer bytes;
    struct param p;
    bool ext;

    if (extended_value(params, name, out))
        return true;
    if (!find_param(params, name, -1, false, &p, &ext))
        return false;
    writer_init(&bytes, VALUE_MAX);
    if (p.quoted)
        put_unescaped(&bytes, p.value);
    else
        writer_put(&bytes, p.value);
    mime_words_put(out, writer_span(&bytes));
    writer_done(&bytes);
    return true;
}

bool mime_param_file(struct span field, const char *name, struct writer *out)
{
    struct writer whole;
    bool found;

    writer_init(&whole, VALUE_MAX);
    found = mime_param(field, name, &whole);
    if (found) {
        struct span s = writer_span(&whole);
        size_t start = 0;
        for (size_t i = 0; i < s.n; i++)
            if (s.p[i] == '/' || s.p[i] == '\\')
                start = i + 1;
        writer_put(out, span_trim(span_part(s, start, s.n)));
    }
    writer_done(&whole);
    return found;
}
