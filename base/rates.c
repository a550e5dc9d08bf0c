/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/rates.h"

/* Up to the byte before c, which is skipped; false when there is none. */
static bool before(struct span *s, char c, struct span *ret)
{
    for (size_t i = 0; i < s->n; i++) {
        if (s->p[i] != (uint8_t)c)
            continue;
        *ret = span_part(*s, 0, i);
        *s = span_part(*s, i + 1, s->n);
        return true;
    }
    return false;
}

static bool read_size(struct span s, uint64_t *ret)
{
    unsigned shift = 0;

    if (s.n && (s.p[s.n - 1] == 'K' || s.p[s.n - 1] == 'M')) {
        shift = s.p[s.n - 1] == 'K' ? 10 : 20;
        s.n--;
    }
    if (!span_number(s, UINT32_MAX, ret))
        return false;
    *ret <<= shift;
    return !*ret || *ret >= RATES_LEAST;
}

static bool read_one(struct span word, struct rates *r)
{
    struct span from, to;
    uint64_t a, b, rate;

    if (!before(&word, '-', &from) || !before(&word, '=', &to) || !span_number(from, 23, &a) ||
        !span_number(to, 24, &b) || a == b || !read_size(word, &rate))
        return false;
    do
        r->hour[a] = rate;
    while ((a = (a + 1) % 24) != b % 24);
    return true;
}

bool rates_parse(struct span text, uint64_t otherwise, struct rates *ret)
{
    struct rates r;

    for (size_t h = 0; h < 24; h++)
        r.hour[h] = otherwise;
    for (text = span_trim(text); text.n; text = span_trim(text)) {
        struct span word;
        if (!before(&text, ' ', &word)) {
            word = text;
            text.n = 0;
        }
        if (!read_one(word, &r))
            return false;
    }
    *ret = r;
    return true;
}

int rates_check(struct span value, struct writer *err)
{
    struct rates r;

    if (rates_parse(value, 0, &r))
        return 0;
    writer_str(err, "it is hours and bytes a second, at least 256, e.g. '8-18=4K 22-6=64K'");
    return ST_USAGE;
}
