/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/setup/edit.h"

static struct span trim(struct span s)
{
    while (s.n && (s.p[0] == ' ' || s.p[0] == '\t' || s.p[0] == '\r')) {
        s.p++;
        s.n--;
    }
    while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t' || s.p[s.n - 1] == '\r'))
        s.n--;
    return s;
}

static struct span next_line(struct span *rest, bool *whole)
{
    const uint8_t *nl = memchr(rest->p, '\n', rest->n);
    struct span line = span_of(rest->p, nl ? (size_t)(nl - rest->p) : rest->n);

    *whole = nl != NULL;
    *rest = span_of(nl ? nl + 1 : rest->p + rest->n, rest->n - line.n - (nl != NULL));
    return line;
}

/* "[name]" of a section, or nothing. */
static bool is_head(struct span line, struct span *ret)
{
    struct span s = trim(line);

    if (s.n < 2 || s.p[0] != '[' || s.p[s.n - 1] != ']')
        return false;
    *ret = trim(span_of(s.p + 1, s.n - 2));
    return true;
}

static bool sets(struct span line, const char *key)
{
    struct span s = trim(line);
    const uint8_t *equal = s.n ? memchr(s.p, '=', s.n) : NULL;

    return equal && s.p[0] != '#' && span_eq(trim(span_of(s.p, (size_t)(equal - s.p))), span_str(key));
}

static void put(struct writer *out, const char *key, const char *value)
{
    size_t n = strlen(value);
    bool quote = strchr(value, '#') || (n && (value[0] == ' ' || value[n - 1] == ' '));

    if (n)
        writer_printf(out, quote ? "%s = \"%s\"\n" : "%s = %s\n", key, value);
    else
        writer_printf(out, "%s =\n", key);
}

/* Number of the line that sets it last, and of the first head of the section; 0: none. */
static void find(struct span text, const char *section, const char *key, size_t *ret_line, size_t *ret_head)
{
    struct span head = {NULL, 0}, line;
    bool in = false, whole;

    *ret_line = *ret_head = 0;
    for (size_t n = 1; text.n; n++) {
        line = next_line(&text, &whole);
        if (is_head(line, &head)) {
            in = span_eq(head, span_str(section));
            if (in && !*ret_head)
                *ret_head = n;
        } else if (in && sets(line, key)) {
            *ret_line = n;
        }
    }
}

int edit_set(struct span text, const char *section, const char *key, const char *value, struct writer *out)
{
    size_t line_at, head_at, n = 0;
    bool whole = true;

    if (strpbrk(value, "\n\r\""))
        return ST_USAGE;
    find(text, section, key, &line_at, &head_at);
    while (text.n) {
        struct span line = next_line(&text, &whole);
        n++;
        if (n == line_at) {
            put(out, key, value);
            whole = true;
            continue;
        }
        writer_put(out, line);
        if (whole || n == head_at)
            writer_u8(out, '\n');
        if (!line_at && n == head_at) {
            put(out, key, value);
            whole = true;
        }
    }
    if (!line_at && !head_at) {
        if (!whole)
            writer_u8(out, '\n');
        writer_printf(out, "%s[%s]\n", n ? "\n" : "", section);
        put(out, key, value);
    }
    return writer_ok(out) ? 0 : ST_LIMIT;
}
