/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/x_html_tag.h"

#include <ctype.h>

#define ATTRIBUTES_MAX 256 /* looked at in one tag */

static const struct {
    const char *name;
    unsigned kind;
} rows[] = {
    {"a", HTML_FONT},
    {"address", HTML_BLOCK | HTML_FONT},
    {"area", HTML_VOID},
    {"article", HTML_BLOCK | HTML_FONT},
    {"aside", HTML_BLOCK | HTML_FONT},
    {"b", HTML_FONT},
    {"base", HTML_VOID},
    {"big", HTML_FONT},
    {"blockquote", HTML_BLOCK | HTML_FONT},
    {"body", HTML_BLOCK | HTML_FONT},
    {"br", HTML_BLOCK | HTML_VOID},
    {"caption", HTML_BLOCK | HTML_FONT},
    {"center", HTML_BLOCK | HTML_FONT},
    {"cite", HTML_FONT},
    {"col", HTML_VOID},
    {"dd", HTML_BLOCK | HTML_FONT},
    {"div", HTML_BLOCK | HTML_FONT},
    {"dl", HTML_BLOCK | HTML_FONT},
    {"dt", HTML_BLOCK | HTML_FONT},
    {"em", HTML_FONT},
    {"embed", HTML_VOID},
    {"fieldset", HTML_BLOCK | HTML_FONT},
    {"figcaption", HTML_BLOCK},
    {"figure", HTML_BLOCK | HTML_FONT},
    {"font", HTML_FONT},
    {"footer", HTML_BLOCK},
    {"form", HTML_BLOCK},
    {"h1", HTML_BLOCK | HTML_FONT},
    {"h2", HTML_BLOCK | HTML_FONT},
    {"h3", HTML_BLOCK | HTML_FONT},
    {"h4", HTML_BLOCK | HTML_FONT},
    {"h5", HTML_BLOCK | HTML_FONT},
    {"h6", HTML_BLOCK | HTML_FONT},
    {"head", HTML_BLOCK},
    {"header", HTML_BLOCK},
    {"hr", HTML_BLOCK | HTML_VOID},
    {"html", HTML_BLOCK},
    {"i", HTML_FONT},
    {"iframe", HTML_BLOCK},
    {"img", HTML_VOID},
    {"input", HTML_VOID},
    {"label", HTML_FONT},
    {"legend", HTML_BLOCK},
    {"li", HTML_BLOCK | HTML_FONT},
    {"link", HTML_VOID},
    {"main", HTML_BLOCK | HTML_FONT},
    {"meta", HTML_VOID},
    {"nav", HTML_BLOCK},
    {"noframes", HTML_BLOCK},
    {"noscript", HTML_BLOCK},
    {"ol", HTML_BLOCK | HTML_FONT},
    {"option", HTML_BLOCK},
    {"p", HTML_BLOCK | HTML_FONT},
    {"param", HTML_VOID},
    {"pre", HTML_BLOCK | HTML_FONT | HTML_PRE},
    {"script", HTML_RAW},
    {"section", HTML_BLOCK | HTML_FONT},
    {"select", HTML_BLOCK},
    {"small", HTML_FONT},
    {"source", HTML_VOID},
    {"span", HTML_FONT},
    {"strong", HTML_FONT},
    {"style", HTML_RAW},
    {"summary", HTML_BLOCK},
    {"table", HTML_BLOCK | HTML_FONT},
    {"tbody", HTML_BLOCK | HTML_FONT},
    {"td", HTML_CELL | HTML_FONT},
    {"textarea", HTML_BLOCK | HTML_PRE},
    {"tfoot", HTML_BLOCK},
    {"th", HTML_CELL | HTML_FONT},
    {"thead", HTML_BLOCK},
    {"title", HTML_BLOCK},
    {"tr", HTML_BLOCK | HTML_FONT},
    {"track", HTML_VOID},
    {"u", HTML_FONT},
    {"ul", HTML_BLOCK | HTML_FONT},
    {"wbr", HTML_VOID},
    {"xmp", HTML_BLOCK | HTML_PRE},
};

void html_copy(struct span s, char *buf, size_t cap)
{
    size_t n = s.n < cap - 1 ? s.n : cap - 1;

    if (n)
        memcpy(buf, s.p, n);
    buf[n] = 0;
}

static unsigned kind_of_name(const char *name)
{
    for (size_t i = 0; i < GH_COUNT(rows); i++)
        if (strcmp(rows[i].name, name) == 0)
            return rows[i].kind;
    return 0;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || c == 0;
}

/* Behind the closing quote, or at the next '>' when it is never closed. */
static size_t skip_quoted(struct span s, size_t at, bool no_more[2])
{
    unsigned k = s.p[at] == '\'';
    ptrdiff_t end = no_more[k] ? -1 : span_find_byte(s, s.p[at], at + 1);

    if (end >= 0)
        return (size_t)end + 1;
    no_more[k] = true;
    return at + 1;
}

bool html_tag_read(struct span s, size_t *pos, bool no_more[2], struct html_tag *ret)
{
    size_t at = *pos + 1, n = 0, from;
    bool value = false; /* an '=' stands before: a quote opens a value */

    *ret = (struct html_tag){.name = ""};
    if (at < s.n && s.p[at] == '/') {
        ret->end = true;
        at++;
    }
    if (at >= s.n || !(isalpha(s.p[at]) || s.p[at] == '!' || s.p[at] == '?'))
        return false;
    for (; at < s.n && !is_blank(s.p[at]) && s.p[at] != '>' && s.p[at] != '/'; at++)
        if (n < sizeof(ret->name) - 1)
            ret->name[n++] = (char)tolower(s.p[at]);
    from = at;
    while (at < s.n && s.p[at] != '>') {
        uint8_t c = s.p[at];
        if ((c == '"' || c == '\'') && value)
            at = skip_quoted(s, at, no_more);
        else
            at++;
        value = c == '=' || (value && is_blank(c));
    }
    ret->attributes = span_part(s, from, at - from);
    ret->closed = at > from && s.p[at - 1] == '/';
    ret->kind = kind_of_name(ret->name);
    *pos = at < s.n ? at + 1 : s.n;
    return true;
}

/* One attribute; false at the end. */
static bool next_attribute(struct reader *r, struct span *name, struct span *value)
{
    struct span all = span_of(r->p, r->n);
    size_t from;

    while (reader_left(r) && (is_blank(reader_peek(r, 0)) || reader_peek(r, 0) == '/'))
        reader_skip(r, 1);
    if (!reader_left(r))
        return false;
    from = r->pos;
    while (reader_left(r) && !is_blank(reader_peek(r, 0)) && reader_peek(r, 0) != '=')
        reader_skip(r, 1);
    *name = span_part(all, from, r->pos - from);
    *value = span_of(NULL, 0);
    while (reader_left(r) && is_blank(reader_peek(r, 0)))
        reader_skip(r, 1);
    if (reader_peek(r, 0) != '=')
        return true;
    reader_skip(r, 1);
    while (reader_left(r) && is_blank(reader_peek(r, 0)))
        reader_skip(r, 1);
    from = r->pos;
    if (reader_peek(r, 0) == '"' || reader_peek(r, 0) == '\'') {
        ptrdiff_t end = span_find_byte(all, reader_peek(r, 0), from + 1);
        size_t to = end < 0 ? all.n : (size_t)end;
        *value = span_part(all, from + 1, to - from - 1);
        reader_seek(r, end < 0 ? all.n : to + 1);
        return true;
    }
    while (reader_left(r) && !is_blank(reader_peek(r, 0)))
        reader_skip(r, 1);
    *value = span_part(all, from, r->pos - from);
    return true;
}

struct span html_attribute(const struct html_tag *t, const char *name)
{
    struct reader r = reader_span(t->attributes);
    struct span n, v;

    for (unsigned i = 0; i < ATTRIBUTES_MAX && next_attribute(&r, &n, &v); i++)
        if (span_eq_nocase(n, name))
            return v;
    return span_of(NULL, 0);
}

/* Does a style hold "key: value", blanks apart? */
static bool style_is(struct span style, const char *key, const char *value)
{
    for (size_t at = 0; at < style.n; at++) {
        struct span s = span_part(style, at, style.n);
        if (!span_starts_nocase(s, key))
            continue;
        s = span_trim(span_part(s, strlen(key), s.n));
        if (!span_starts(s, ":"))
            continue;
        s = span_trim(span_part(s, 1, s.n));
        if (span_starts_nocase(s, value))
            return true;
    }
    return false;
}

bool html_is_hidden(const struct html_tag *t)
{
    struct reader r = reader_span(t->attributes);
    struct span n, v;

    for (unsigned i = 0; i < ATTRIBUTES_MAX && next_attribute(&r, &n, &v); i++) {
        if (span_eq_nocase(n, "hidden"))
            return true;
        if (!span_eq_nocase(n, "style"))
            continue;
        v = span_part(v, 0, 1024);
        if (style_is(v, "display", "none") || style_is(v, "visibility", "hidden") ||
            style_is(v, "mso-hide", "all"))
            return true;
    }
    return false;
}

bool html_has_script(const struct html_tag *t)
{
    struct reader r = reader_span(t->attributes);
    struct span n, v;

    if (strcmp(t->name, "script") == 0)
        return true;
    for (unsigned i = 0; i < ATTRIBUTES_MAX && next_attribute(&r, &n, &v); i++)
        if ((n.n > 4 && span_starts_nocase(n, "on") && v.n) ||
            span_starts_nocase(span_trim(v), "javascript:"))
            return true;
    return false;
}

void html_style_font(struct span style, char *buf, size_t cap)
{
    static const char key[] = "font-family";

    buf[0] = 0;
    style = span_part(style, 0, 4096);
    for (size_t at = 0; at < style.n; at++) {
        struct span s = span_part(style, at, style.n);
        size_t n = 0;
        if (!span_starts_nocase(s, key))
            continue;
        s = span_part(s, sizeof(key) - 1, s.n);
        while (s.n && strchr(" :\"'", s.p[0]) && s.p[0])
            s = span_part(s, 1, s.n);
        if (span_starts_nocase(s, "&quot;"))
            s = span_part(s, 6, s.n);
        while (n < s.n && !strchr(";,\"'&", s.p[n]))
            n++;
        html_copy(span_part(s, 0, n), buf, cap);
        return;
    }
}

size_t html_find_end(struct span s, const char *name)
{
    for (ptrdiff_t at = -1; (at = span_find(s, span_str("</"), (size_t)(at + 1))) >= 0;)
        if (span_starts_nocase(span_part(s, (size_t)at + 2, s.n), name))
            return (size_t)at;
    return s.n;
}
