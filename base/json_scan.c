/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/json.h"
#include "base/text.h"

struct scan {
    struct span in;
    size_t at;
    json_member_fn *member; /* for the outermost object's members only */
    void *arg;
};

static int value(struct scan *s, unsigned depth);

/* The next byte, 0 at the end: no value begins with it. */
static uint8_t peek(const struct scan *s)
{
    return s->at < s->in.n ? s->in.p[s->at] : 0;
}

static void blanks(struct scan *s)
{
    for (uint8_t c = peek(s); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = peek(s))
        s->at++;
}

static bool is_hex4(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= '0' && s.p[i] <= '9') || ((s.p[i] | 32) >= 'a' && (s.p[i] | 32) <= 'f')))
            return false;
    return s.n == 4;
}

/* At a backslash; past what it escapes afterwards. */
static int escape(struct scan *s)
{
    uint8_t c = ++s->at < s->in.n ? s->in.p[s->at] : 0;

    if (c == 'u' && is_hex4(span_part(s->in, s->at + 1, 4)))
        s->at += 4;
    else if (!c || !strchr("\"\\/bfnrt", c))
        return ST_MALFORMED;
    s->at++;
    return 0;
}

#define ONES 0x0101010101010101ull
#define HIGHS 0x8080808080808080ull

/* A bit in each of eight bytes that is not plain: a control, a quote, a backslash or past ASCII. A byte below such a one may be
 * marked in vain, none is missed (after Mycroft's test for a zero byte). */
static uint64_t marks(uint64_t v)
{
    uint64_t quote = v ^ ONES * '"', back = v ^ ONES * '\\';

    return ((v - ONES * 0x20) | (quote - ONES) | (back - ONES) | v) & HIGHS;
}

/* From at on, the first byte of a string that is not plain: nearly all are, and this loop is most of what a scan costs. */
static size_t past_plain(struct span in, size_t at)
{
    uint64_t v;

    for (; in.n - at >= sizeof(v); at += sizeof(v)) {
        memcpy(&v, in.p + at, sizeof(v));
        if (marks(v))
            break;
    }
    while (at < in.n && in.p[at] >= 0x20 && in.p[at] < 0x80 && in.p[at] != '"' && in.p[at] != '\\')
        at++;
    return at;
}

/* At the opening quote; past the closing one afterwards. */
static int string(struct scan *s, struct span *ret)
{
    size_t start = ++s->at;
    bool high = false;

    for (;;) {
        uint8_t c;
        s->at = past_plain(s->in, s->at);
        c = peek(s);
        if (c == '"')
            break;
        if (c < 0x20)
            return s->at < s->in.n ? ST_MALFORMED : ST_TRUNCATED;
        high |= c >= 0x80;
        if (c != '\\')
            s->at++;
        else if (escape(s) != 0)
            return ST_MALFORMED;
    }
    *ret = span_part(s->in, start, s->at++ - start);
    return high && !text_is_utf8(*ret) ? ST_MALFORMED : 0;
}

static size_t digits(struct scan *s)
{
    size_t start = s->at;

    while (peek(s) >= '0' && peek(s) <= '9')
        s->at++;
    return s->at - start;
}

static int number(struct scan *s)
{
    size_t start = s->at, whole;
    bool zero;

    if (peek(s) == '-')
        s->at++;
    zero = peek(s) == '0';
    whole = digits(s);
    if (!whole || (whole > 1 && zero))
        return ST_MALFORMED;
    if (peek(s) == '.') {
        s->at++;
        if (!digits(s))
            return ST_MALFORMED;
    }
    if ((peek(s) | 32) == 'e') {
        s->at++;
        if (peek(s) == '+' || peek(s) == '-')
            s->at++;
        if (!digits(s))
            return ST_MALFORMED;
    }
    return s->at - start < JSON_NUMBER_MAX ? 0 : ST_MALFORMED;
}

static int word(struct scan *s, const char *text)
{
    struct span want = span_str(text);

    if (!span_eq(span_part(s->in, s->at, want.n), want))
        return ST_MALFORMED;
    s->at += want.n;
    return 0;
}

static int one_member(struct scan *s, unsigned depth, bool top)
{
    struct span name = {NULL, 0};
    int rc = peek(s) == '"' ? string(s, &name) : ST_MALFORMED;
    size_t start;

    blanks(s);
    if (!rc && peek(s) != ':')
        rc = ST_MALFORMED;
    s->at++;
    blanks(s);
    start = s->at;
    if (!rc)
        rc = value(s, depth);
    return !rc && top && s->member ? s->member(s->arg, name, span_part(s->in, start, s->at - start)) : rc;
}

/* At the opening bracket; past the closing one afterwards. */
static int members(struct scan *s, unsigned depth, bool object)
{
    uint8_t end = object ? '}' : ']';
    bool top = s->at == 0;
    int rc = depth ? 0 : ST_LIMIT;

    s->at++;
    blanks(s);
    if (!rc && peek(s) == end) {
        s->at++;
        return 0;
    }
    while (!rc) {
        rc = object ? one_member(s, depth - 1, top) : value(s, depth - 1);
        blanks(s);
        if (rc || peek(s) != ',')
            break;
        s->at++;
        blanks(s);
    }
    if (!rc && peek(s) != end)
        rc = s->at < s->in.n ? ST_MALFORMED : ST_TRUNCATED;
    s->at++;
    return rc;
}

static int value(struct scan *s, unsigned depth)
{
    struct span text;

    switch (peek(s)) {
    case '{':
        return members(s, depth, true);
    case '[':
        return members(s, depth, false);
    case '"':
        return string(s, &text);
    case 't':
        return word(s, "true");
    case 'f':
        return word(s, "false");
    case 'n':
        return word(s, "null");
    default:
        return number(s);
    }
}

int json_scan(struct span in, unsigned max_depth, json_member_fn *member, void *arg)
{
    struct scan s = {.in = in, .member = member, .arg = arg};
    int rc = in.n && in.p[0] == '{' ? value(&s, max_depth) : ST_MALFORMED;

    return !rc && s.at != in.n ? ST_MALFORMED : rc;
}
