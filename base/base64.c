/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/base64.h"

#define DECODE_MAX 1024

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const char *base64_encode(const void *p, size_t n, char *buf, size_t cap)
{
    struct reader r = reader_of(p, n);
    struct writer w;

    gh_check(cap >= BASE64_SIZE(n));
    writer_fixed(&w, buf, cap);
    while (reader_left(&r)) {
        unsigned have = reader_left(&r) < 3 ? (unsigned)reader_left(&r) : 3;
        uint32_t v = (uint32_t)reader_be(&r, have) << (8 * (3 - have));
        for (unsigned i = 0; i < 4; i++)
            writer_u8(&w, (uint8_t)(i <= have ? letters[v >> (18 - 6 * i) & 63] : '='));
    }
    writer_u8(&w, 0);
    gh_check(writer_ok(&w));
    return buf;
}

static int value_of(uint8_t c)
{
    const char *hit = c ? strchr(letters, c) : NULL;
    return hit ? (int)(hit - letters) : -1;
}

bool base64_decode(struct span text, void *p, size_t n)
{
    uint8_t out[DECODE_MAX];
    struct reader r = reader_span(text);
    struct writer w;
    size_t pads = (3 - n % 3) % 3;

    if (n > sizeof(out) || text.n != (n + 2) / 3 * 4)
        return false;
    writer_fixed(&w, out, n);
    while (reader_left(&r)) {
        uint32_t v = 0;
        unsigned last = reader_left(&r) == 4 ? (unsigned)pads : 0;
        for (unsigned i = 0; i < 4; i++) {
            uint8_t c = reader_u8(&r);
            int d = i >= 4 - last ? (c == '=' ? 0 : -1) : value_of(c);
            if (d < 0)
                return false;
            v = v << 6 | (uint32_t)d;
        }
        if (v & ((1u << (8 * last)) - 1))
            return false; /* bits behind the last byte: a second spelling of the same bytes */
        writer_be(&w, v >> (8 * last), 3 - last);
    }
    if (!writer_ok(&w) || w.n != n)
        return false;
    memcpy(p, out, n);
    return true;
}
