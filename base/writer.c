/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/writer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void writer_init(struct writer *w, size_t max)
{
    *w = (struct writer){.max = max};
}

void writer_fixed(struct writer *w, void *buf, size_t cap)
{
    *w = (struct writer){.p = buf, .cap = cap, .max = cap, .fixed = true};
}

void writer_done(struct writer *w)
{
    if (!w->fixed)
        free(w->p);
    *w = (struct writer){.max = w->max};
}

void writer_clear(struct writer *w)
{
    w->n = 0;
    w->bad = false;
}

uint8_t *writer_reserve(struct writer *w, size_t n)
{
    if (w->bad || n > w->max - w->n) {
        w->bad = true;
        return NULL;
    }
    if (n > w->cap - w->n || !w->p) { /* also for no bytes: NULL means failure */
        size_t cap = w->cap < 128 ? 256 : w->cap * 2;
        uint8_t *p;

        if (cap < w->n + n)
            cap = w->n + n;
        if (cap > w->max)
            cap = w->max;
        p = w->fixed ? NULL : realloc(w->p, cap);
        if (!p) {
            w->bad = true;
            return NULL;
        }
        w->p = p;
        w->cap = cap;
    }
    return w->p + w->n;
}

void writer_advance(struct writer *w, size_t n)
{
    gh_check(n <= w->cap - w->n);
    w->n += n;
}

void writer_bytes_grow(struct writer *w, const void *p, size_t n)
{
    uint8_t *to = n ? writer_reserve(w, n) : NULL;
    if (to) {
        memcpy(to, p, n);
        w->n += n;
    }
}

void writer_str(struct writer *w, const char *s)
{
    writer_bytes(w, s, strlen(s));
}

void writer_le(struct writer *w, uint64_t v, unsigned bytes)
{
    uint8_t b[8];
    for (unsigned i = 0; i < bytes && i < 8; i++)
        b[i] = (uint8_t)(v >> (8 * i));
    writer_bytes(w, b, bytes);
}

void writer_be(struct writer *w, uint64_t v, unsigned bytes)
{
    uint8_t b[8];
    for (unsigned i = 0; i < bytes && i < 8; i++)
        b[i] = (uint8_t)(v >> (8 * (bytes - 1 - i)));
    writer_bytes(w, b, bytes);
}

void writer_dec(struct writer *w, uint64_t v)
{
    static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
                                "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
                                "8081828384858687888990919293949596979899";
    char digits[20];
    size_t i = sizeof(digits);

    for (; v >= 100; v /= 100) {
        i -= 2;
        memcpy(digits + i, pairs + 2 * (v % 100), 2);
    }
    if (v >= 10) {
        i -= 2;
        memcpy(digits + i, pairs + 2 * v, 2);
    } else {
        digits[--i] = (char)('0' + v);
    }
    writer_bytes(w, digits + i, sizeof(digits) - i);
}

void writer_hex(struct writer *w, const void *p, size_t n)
{
    static const char hex[] = "0123456789abcdef";
    const uint8_t *b = p;
    uint8_t *to = n <= SIZE_MAX / 2 ? writer_reserve(w, 2 * n) : NULL;

    if (!to)
        return;
    for (size_t i = 0; i < n; i++) {
        to[2 * i] = (uint8_t)hex[b[i] >> 4];
        to[2 * i + 1] = (uint8_t)hex[b[i] & 15];
    }
    w->n += 2 * n;
}

void writer_printf(struct writer *w, const char *fmt, ...)
{
    char small[512];
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(small, sizeof(small), fmt, ap);
    va_end(ap);
    if (n < 0) {
        w->bad = true;
    } else if ((size_t)n < sizeof(small)) {
        writer_bytes(w, small, (size_t)n);
    } else {
        uint8_t *to = writer_reserve(w, (size_t)n + 1);
        if (!to)
            return;
        va_start(ap, fmt);
        vsnprintf((char *)to, (size_t)n + 1, fmt, ap);
        va_end(ap);
        w->n += (size_t)n;
    }
}

const char *writer_cstr(struct writer *w)
{
    uint8_t *end = writer_reserve(w, 1);
    if (!end)
        return "";
    *end = 0;
    return (const char *)w->p;
}
