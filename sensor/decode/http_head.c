/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/http_head.h"
#include "sensor/decode/mime_word.h"

static const char *const names[HTTP_FIELD_COUNT] = {
#define X(name, text) [HTTP_##name] = text,
    HTTP_FIELDS(X)
#undef X
};

static bool blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

/* Letters, digits and the punctuation of a token (RFC 9110 section 5.6.2). */
static bool token_byte(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c > 32 && c < 127 && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

/* The next run of bytes that are no blanks. */
static struct span word(struct reader *r)
{
    while (reader_left(r) && blank(reader_peek(r, 0)))
        reader_skip(r, 1);
    size_t start = r->pos;
    while (reader_left(r) && !blank(reader_peek(r, 0)))
        reader_skip(r, 1);
    return span_of(r->p ? r->p + start : NULL, r->pos - start);
}

static bool status_line(struct span line, struct http_start *ret)
{
    struct reader r = reader_span(line);
    struct span protocol = word(&r), status = word(&r);
    uint64_t v = 0;

    if (!span_starts_nocase(protocol, "HTTP/"))
        return false;
    if (status.n != 3 || !span_number(status, 999, &v))
        v = 0;
    *ret = (struct http_start){.response = true, .protocol = protocol, .status = (unsigned)v};
    return true;
}

bool http_start_parse(struct span line, bool response, bool strict, struct http_start *ret)
{
    static const char *const old[] = {"GET", "HEAD", "POST", "PUT"};
    struct reader r = reader_span(line);
    struct span method, url, last = {0};

    if (response)
        return status_line(line, ret);
    method = word(&r);
    if (!method.n || method.n > 64)
        return false;
    for (size_t i = 0; i < method.n; i++)
        if (!token_byte(method.p[i]))
            return false;
    while (reader_left(&r) && blank(reader_peek(&r, 0)))
        reader_skip(&r, 1);
    struct span rest = span_trim(reader_rest(&r));
    /* The version is the last word: a URL may have blanks in it. */
    size_t end = rest.n;
    while (end && !blank(rest.p[end - 1]))
        end--;
    last = span_part(rest, end, rest.n);
    if (span_starts_nocase(last, "HTTP/")) {
        url = span_trim(span_part(rest, 0, end));
        *ret = (struct http_start){.method = method, .url = url, .protocol = last};
        return true;
    }
    if (strict || !rest.n)
        return false;
    for (size_t i = 0; i < GH_COUNT(old); i++)
        if (span_eq_nocase(method, old[i])) {
            *ret = (struct http_start){.method = method, .url = rest};
            return true;
        }
    return false;
}

void http_head_init(struct http_head *h)
{
    *h = (struct http_head){0};
    for (int i = 0; i < HTTP_FIELD_COUNT; i++)
        writer_init(&h->field[i], HTTP_VALUE_MAX);
    writer_init(&h->line, 2 * HTTP_VALUE_MAX);
}

void http_head_clear(struct http_head *h)
{
    struct http_head old = *h;

    *h = (struct http_head){.line = old.line};
    writer_clear(&h->line);
    for (int i = 0; i < HTTP_FIELD_COUNT; i++) {
        h->field[i] = old.field[i];
        writer_clear(&h->field[i]);
    }
}

void http_head_done(struct http_head *h)
{
    for (int i = 0; i < HTTP_FIELD_COUNT; i++)
        writer_done(&h->field[i]);
    writer_done(&h->line);
}

static void put(struct writer *w, struct span s)
{
    writer_put(w, span_part(s, 0, w->max - w->n));
}

/* Letters only, in lower case, for words hidden by control bytes: "chu\0nked". */
static bool has_word(struct span s, const char *lower)
{
    size_t at = 0, n = strlen(lower);

    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        if (c < 32 || c >= 127)
            continue;
        if (c >= 'A' && c <= 'Z')
            c |= 0x20;
        at = c == (uint8_t)lower[at] ? at + 1 : c == (uint8_t)lower[0];
        if (at == n)
            return true;
    }
    return false;
}

void http_head_field(struct http_head *h, struct span name, struct span value)
{
    for (int i = 0; i < HTTP_FIELD_COUNT; i++) {
        struct writer *w = &h->field[i];
        if (!span_eq_nocase(name, names[i]))
            continue;
        if (w->n && (i == HTTP_HOST || i == HTTP_CONTENT_TYPE || i == HTTP_DISPOSITION))
            break; /* the first one counts */
        if (w->n)
            put(w, span_str(", "));
        put(w, value);
        break;
    }
}

/* The gathered field is whole. */
static void field_end(struct http_head *h)
{
    struct span line = writer_span(&h->line);

    if (!line.n)
        return;
    if (has_word(line, "chunked"))
        h->chunked_hint = true;
    ptrdiff_t colon = span_find_byte(line, ':', 0);
    struct span name = span_part(line, 0, colon < 0 ? 0 : (size_t)colon);
    struct span value = span_part(line, name.n + 1, line.n);
    /* Blanks and rubbish around a name are forgiven by some receivers. */
    while (name.n && !token_byte(name.p[0]))
        name = span_part(name, 1, name.n);
    while (name.n && !token_byte(name.p[name.n - 1]))
        name.n--;
    if (value.n && value.p[0] == ':') /* "Name:: value" */
        value = span_part(value, 1, value.n);
    while (value.n && blank(value.p[0]))
        value = span_part(value, 1, value.n);
    http_head_field(h, name, span_trim(value));
    writer_clear(&h->line);
}

/* One line as a field, or as the rest of one. Receivers differ on lines that begin with a control byte: as
 * they name no field they are taken for a rest. */
static void field_line(struct http_head *h, struct span line)
{
    bool rest = line.n && (blank(line.p[0]) || (!token_byte(line.p[0]) && span_find_byte(line, ':', 0) < 0));

    if (rest && h->line.n) {
        put(&h->line, span_str(" "));
        put(&h->line, span_trim(line));
        return;
    }
    field_end(h);
    put(&h->line, line);
}

bool http_head_line(struct http_head *h, struct span line)
{
    h->bytes += line.n + 1;
    if (h->bytes > HTTP_HEAD_MAX)
        return false;
    /* A CR alone ends a line for some receivers. */
    for (ptrdiff_t cr = span_find_byte(line, '\r', 0); cr >= 0; cr = span_find_byte(line, '\r', 0)) {
        if (cr)
            field_line(h, span_part(line, 0, (size_t)cr));
        line = span_part(line, (size_t)cr + 1, line.n);
    }
    if (line.n)
        field_line(h, line);
    return true;
}

/* Tokens of a list, by comma, semicolon or blank. */
static struct span token(struct reader *r)
{
    while (reader_left(r) && !token_byte(reader_peek(r, 0)))
        reader_skip(r, 1);
    size_t start = r->pos;
    while (reader_left(r) && token_byte(reader_peek(r, 0)))
        reader_skip(r, 1);
    return span_of(r->p ? r->p + start : NULL, r->pos - start);
}

static void read_codings(struct http_head *h, struct span value)
{
    uint8_t clean[512];
    struct writer w;
    struct reader r = reader_span(value);

    writer_fixed(&w, clean, sizeof(clean));
    while (reader_left(&r)) { /* control bytes inside a word: "def\0late" */
        uint8_t c = reader_u8(&r);
        if (c == '\t' || (c >= ' ' && c < 127))
            writer_u8(&w, c);
    }
    r = reader_span(writer_span(&w));

    for (struct span t = token(&r); t.n; t = token(&r)) {
        enum coding c;
        if (inflate_coding(t, &c) && h->n_coding < HTTP_CODINGS)
            h->coding[h->n_coding++] = c;
        else if (span_eq_nocase(t, "chunked"))
            h->chunked = h->chunked_hint = true;
        else if (!span_eq_nocase(t, "identity"))
            h->coding_unknown = true;
    }
}

/* The first number that stands there; whether it stands there alone. */
static bool first_number(struct span value, uint64_t *ret, bool *ret_plain)
{
    size_t i = 0, n = 0;

    while (i < value.n && (value.p[i] < '0' || value.p[i] > '9'))
        i++;
    while (i + n < value.n && value.p[i + n] >= '0' && value.p[i + n] <= '9')
        n++;
    *ret_plain = i == 0 && n == value.n;
    return span_number(span_part(value, i, n), UINT64_C(1) << 56, ret);
}

void http_head_end(struct http_head *h)
{
    bool plain;

    field_end(h);
    read_codings(h, http_head_get(h, HTTP_CONTENT_ENCODING));
    bool unknown = h->coding_unknown;
    read_codings(h, http_head_get(h, HTTP_TRANSFER_ENCODING));
    h->coding_unknown = unknown; /* unknown transfer codings are noise of evaders */
    struct span length = http_head_get(h, HTTP_CONTENT_LENGTH);
    if (length.n && first_number(length, &h->length, &plain)) {
        h->has_length = true;
        h->ambiguous |= !plain;
    } else if (length.n) {
        h->ambiguous = true;
    }
    h->ambiguous |= h->chunked && h->has_length;
    h->ambiguous |= h->chunked_hint && !h->chunked;
}

bool http_chunk_size(struct span line, bool strict, uint64_t *ret)
{
    uint64_t v = 0;
    size_t i = 0, digits = 0;

    while (i < line.n && !strict && (line.p[i] <= ' ' || line.p[i] >= 127))
        i++;
    if (!strict && line.n - i > 2 && line.p[i] == '0' && (line.p[i + 1] | 0x20) == 'x')
        i += 2;
    for (; i < line.n && mime_hex(line.p[i]) >= 0; i++, digits++) {
        if (v >> 44)
            return false;
        v = v << 4 | (uint64_t)mime_hex(line.p[i]);
    }
    while (strict && i < line.n && blank(line.p[i]))
        i++;
    if (!digits || (strict && i < line.n && line.p[i] != ';'))
        return false;
    *ret = v;
    return true;
}
