/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/json.h"
#include "base/text.h"

#include <stdlib.h>

struct parser {
    struct arena *a;
    struct reader r;
    unsigned depth, max_depth;
    int rc; /* first failure */
};

static int value(struct parser *p, struct json *v);

static int fail(struct parser *p, int rc)
{
    if (!p->rc)
        p->rc = rc;
    return rc;
}

static void blanks(struct parser *p)
{
    if (reader_peek(&p->r, 0) > ' ')
        return;
    for (;;) {
        uint8_t c = reader_peek(&p->r, 0);
        if ((c != ' ' && c != '\t' && c != '\n' && c != '\r') || !reader_left(&p->r))
            return;
        reader_skip(&p->r, 1);
    }
}

static bool word(struct parser *p, const char *text)
{
    struct span s = reader_take(&p->r, strlen(text));
    return reader_ok(&p->r) && span_eq(s, span_str(text));
}

static int hex4(struct parser *p, uint32_t *ret)
{
    struct span s = reader_take(&p->r, 4);
    uint32_t v = 0;

    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        unsigned d = c >= '0' && c <= '9' ? c - (unsigned)'0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10u : 16u;
        if (d == 16)
            return fail(p, ST_MALFORMED);
        v = v << 4 | d;
    }
    if (s.n != 4)
        return fail(p, ST_TRUNCATED);
    *ret = v;
    return 0;
}

/* What follows a backslash; surrogate pairs are joined, lone ones become U+FFFD. */
static int escaped(struct parser *p, struct writer *w)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    uint8_t c = reader_u8(&p->r);
    const char *hit = c ? strchr(from, c) : NULL;
    uint32_t cp = 0, low = 0;

    if (hit) {
        writer_u8(w, (uint8_t)to[hit - from]);
        return 0;
    }
    if (c != 'u')
        return fail(p, ST_MALFORMED);
    if (hex4(p, &cp) != 0)
        return p->rc;
    if (cp >= 0xD800 && cp <= 0xDBFF && reader_peek(&p->r, 0) == '\\' && reader_peek(&p->r, 1) == 'u') {
        size_t here = p->r.pos;
        reader_skip(&p->r, 2);
        if (hex4(p, &low) != 0)
            return p->rc;
        if (low >= 0xDC00 && low <= 0xDFFF)
            cp = 0x10000 + ((cp - 0xD800) << 10) + (low - 0xDC00);
        else
            reader_seek(&p->r, here); /* not its other half: read it again by itself */
    }
    text_put(w, cp);
    return 0;
}

#define ONES 0x0101010101010101ull
#define HIGHS 0x8080808080808080ull

/* Some bit of the result is set when one of the eight bytes is a quote, a backslash, a control character or not ASCII. */
static uint64_t special(uint64_t w)
{
    uint64_t quote = w ^ ONES * '"', slash = w ^ ONES * '\\';

    return ((quote - ONES) | (slash - ONES) | (w - ONES * 0x20) | w) & HIGHS;
}

/* Length of the plain ASCII at the start of s, at least up to a multiple of eight before what is not plain. */
static size_t plain_prefix(struct span s)
{
    size_t n = 0;
    uint64_t w;

    while (s.n - n >= sizeof(w)) {
        memcpy(&w, s.p + n, sizeof(w));
        if (special(w))
            break;
        n += sizeof(w);
    }
    return n;
}

/* Behind the opening quote. A string without escapes still is copied, so that it ends with a NUL. */
static int string(struct parser *p, struct span *ret)
{
    struct span rest = span_part((struct span){p->r.p, p->r.n}, p->r.pos, reader_left(&p->r));
    size_t n = plain_prefix(rest), plain = 0;
    bool escapes = false, ascii = true;

    for (; n < rest.n && rest.p[n] != '"'; n++) {
        if (rest.p[n] < 0x20)
            return fail(p, ST_MALFORMED);
        ascii = ascii && rest.p[n] < 0x80;
        if (rest.p[n] == '\\') {
            if (!escapes)
                plain = n;
            escapes = true;
            n++;
            ascii = ascii && n < rest.n && rest.p[n] < 0x80;
        }
    }
    if (n >= rest.n)
        return fail(p, ST_TRUNCATED);
    if (!ascii && !text_is_utf8(span_part(rest, 0, n)))
        return fail(p, ST_MALFORMED);
    char *to = arena_alloc(p->a, n + 1);
    if (!to)
        return fail(p, ST_NOMEM);
    if (!escapes) {
        memcpy(to, rest.p, n);
        reader_skip(&p->r, n + 1);
        *ret = span_of(to, n);
        return 0;
    }
    struct writer w;
    writer_fixed(&w, to, n + 1);
    writer_bytes(&w, rest.p, plain);
    reader_skip(&p->r, plain);
    while (!p->rc && reader_ok(&p->r)) {
        uint8_t c = reader_u8(&p->r);
        if (c == '"')
            break;
        if (c == '\\')
            escaped(p, &w);
        else
            writer_u8(&w, c);
    }
    *ret = span_of(to, w.n);
    to[w.n] = 0; /* decoded is never longer than written */
    return p->rc;
}

static size_t digits(struct parser *p)
{
    size_t n = 0;
    while (reader_peek(&p->r, 0) >= '0' && reader_peek(&p->r, 0) <= '9') {
        reader_skip(&p->r, 1);
        n++;
    }
    return n;
}

/* The common kind: up to 18 digits and nothing else. False: the number at p is of another kind. */
static bool small_number(struct parser *p, struct json *v)
{
    struct span rest = span_part((struct span){p->r.p, p->r.n}, p->r.pos, reader_left(&p->r));
    size_t sign = rest.n && rest.p[0] == '-', n = sign;
    int64_t i = 0;
    uint8_t end;

    for (; n < rest.n && n < sign + 18 && rest.p[n] >= '0' && rest.p[n] <= '9'; n++)
        i = i * 10 + (rest.p[n] - '0');
    end = n < rest.n ? rest.p[n] : ' ';
    if (n == sign || (rest.p[sign] == '0' && n > sign + 1) || end == '.' || (end | 32) == 'e' || (end >= '0' && end <= '9'))
        return false;
    reader_skip(&p->r, n);
    v->type = JSON_NUMBER;
    v->integer = true;
    v->i = sign ? -i : i;
    v->d = sign ? -(double)i : (double)i; /* -0 stays what it is */
    return true;
}

static int number(struct parser *p, struct json *v)
{
    size_t start = p->r.pos, whole;
    char text[JSON_NUMBER_MAX];
    bool fraction = false;
    uint8_t first;

    if (reader_peek(&p->r, 0) == '-')
        reader_skip(&p->r, 1);
    first = reader_peek(&p->r, 0);
    whole = digits(p);
    if (!whole || (first == '0' && whole > 1))
        return fail(p, ST_MALFORMED);
    if (reader_peek(&p->r, 0) == '.') {
        fraction = true;
        reader_skip(&p->r, 1);
        if (!digits(p))
            return fail(p, ST_MALFORMED);
    }
    if ((reader_peek(&p->r, 0) | 32) == 'e') {
        fraction = true;
        reader_skip(&p->r, 1);
        if (reader_peek(&p->r, 0) == '+' || reader_peek(&p->r, 0) == '-')
            reader_skip(&p->r, 1);
        if (!digits(p))
            return fail(p, ST_MALFORMED);
    }
    struct span s = span_part((struct span){p->r.p, p->r.n}, start, p->r.pos - start);
    if (s.n >= sizeof(text))
        return fail(p, ST_MALFORMED);
    memcpy(text, s.p, s.n);
    text[s.n] = 0;
    v->type = JSON_NUMBER;
    v->d = strtod(text, NULL);
    if (!fraction && s.n <= 18) {
        v->integer = true;
        v->i = strtoll(text, NULL, 10);
    } else {
        v->i = v->d >= 9e18 ? INT64_MAX : v->d <= -9e18 ? INT64_MIN : (int64_t)v->d;
        v->integer = !fraction && v->d < 9e18 && v->d > -9e18;
        if (v->integer)
            v->i = strtoll(text, NULL, 10);
    }
    return 0;
}

/* Members or elements until close; object tells which. */
static int children(struct parser *p, struct json *v, bool object)
{
    uint8_t close = object ? '}' : ']';
    struct json **link = &v->child;

    if (++p->depth > p->max_depth)
        return fail(p, ST_LIMIT);
    blanks(p);
    if (reader_peek(&p->r, 0) == close) {
        reader_skip(&p->r, 1);
        p->depth--;
        return 0;
    }
    for (;;) {
        struct json *c = arena_alloc(p->a, sizeof(*c));
        if (!c)
            return fail(p, ST_NOMEM);
        blanks(p);
        if (object) {
            if (reader_u8(&p->r) != '"' || string(p, &c->key) != 0)
                return fail(p, ST_MALFORMED);
            blanks(p);
            if (reader_u8(&p->r) != ':')
                return fail(p, ST_MALFORMED);
        }
        if (value(p, c) != 0)
            return p->rc;
        *link = c;
        link = &c->next;
        v->count++;
        blanks(p);
        uint8_t sep = reader_u8(&p->r);
        if (sep == close)
            break;
        if (sep != ',')
            return fail(p, reader_ok(&p->r) ? ST_MALFORMED : ST_TRUNCATED);
    }
    p->depth--;
    return 0;
}

static int value(struct parser *p, struct json *v)
{
    size_t start;
    bool good = true;

    blanks(p);
    start = p->r.pos;
    switch (reader_peek(&p->r, 0)) {
    case '{':
    case '[':
        v->type = reader_u8(&p->r) == '{' ? JSON_OBJECT : JSON_ARRAY;
        children(p, v, v->type == JSON_OBJECT);
        break;
    case '"':
        reader_skip(&p->r, 1);
        v->type = JSON_STRING;
        string(p, &v->s);
        break;
    case 't':
        v->type = JSON_TRUE;
        good = word(p, "true");
        break;
    case 'f':
        v->type = JSON_FALSE;
        good = word(p, "false");
        break;
    case 'n':
        v->type = JSON_NULL;
        good = word(p, "null");
        break;
    default:
        if (!small_number(p, v))
            number(p, v);
    }
    if (!good || !reader_ok(&p->r))
        return fail(p, ST_MALFORMED);
    v->raw = span_part((struct span){p->r.p, p->r.n}, start, p->r.pos - start);
    return p->rc;
}

int json_parse(struct arena *a, struct span text, unsigned max_depth, struct json **ret, size_t *ret_where)
{
    struct parser p = {.a = a, .r = reader_span(text), .max_depth = max_depth};
    struct json *v = arena_alloc(a, sizeof(*v));

    if (!v)
        return ST_NOMEM;
    if (value(&p, v) == 0) {
        blanks(&p);
        if (reader_left(&p.r))
            fail(&p, ST_MALFORMED);
    }
    if (p.rc) {
        if (ret_where)
            *ret_where = p.r.pos;
        return p.rc;
    }
    *ret = v;
    return 0;
}

static const struct json *member(const struct json *j, struct span key)
{
    if (!j || j->type != JSON_OBJECT)
        return NULL;
    json_each(c, j)
        if (span_eq(c->key, key))
            return c;
    return NULL;
}

const struct json *json_get(const struct json *j, const char *key)
{
    return member(j, span_str(key));
}

const struct json *json_path(const struct json *j, const char *path)
{
    struct span rest = span_str(path);

    while (j && rest.n) {
        ptrdiff_t dot = span_find_byte(rest, '.', 0);
        struct span key = dot < 0 ? rest : span_part(rest, 0, (size_t)dot);
        j = member(j, key);
        rest = dot < 0 ? span_part(rest, rest.n, 0) : span_part(rest, (size_t)dot + 1, rest.n);
    }
    return j;
}

const char *json_cstr(const struct json *j, const char *fallback)
{
    return j && j->type == JSON_STRING ? (const char *)j->s.p : fallback;
}

int64_t json_i64(const struct json *j, int64_t fallback)
{
    return j && j->type == JSON_NUMBER ? j->i : fallback;
}

bool json_bool(const struct json *j, bool fallback)
{
    return j && (j->type == JSON_TRUE || j->type == JSON_FALSE) ? j->type == JSON_TRUE : fallback;
}
