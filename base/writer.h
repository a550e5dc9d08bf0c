/* SPDX-License-Identifier: GPL-3.0-or-later
 * writer: bounded builder of bytes: grows by itself up to its ceiling, then refuses, stickily.
 *
 * A writer owns its buffer unless made by writer_fixed(). Failure (ceiling or memory) is sticky: ask writer_ok() once at
 * the end. One thread. */
#ifndef GH_BASE_WRITER_H
#define GH_BASE_WRITER_H

#include "base/reader.h"

struct writer {
    uint8_t *p;
    size_t n;   /* bytes written */
    size_t cap; /* bytes allocated */
    size_t max; /* ceiling */
    bool fixed; /* buffer belongs to the caller */
    bool bad;   /* something did not fit */
};

/* Empty writer that may grow to max bytes; allocates on first use. */
void writer_init(struct writer *w, size_t max);
/* Writer over a caller's buffer. */
void writer_fixed(struct writer *w, void *buf, size_t cap);
void writer_done(struct writer *w); /* frees, may be called twice */
/* Forgets the content and the failure, keeps the buffer. */
void writer_clear(struct writer *w);
static inline bool writer_ok(const struct writer *w)
{
    return !w->bad;
}
static inline struct span writer_span(const struct writer *w)
{
    return (struct span){w->p, w->n};
}
/* Makes it a failure: what should have been written could not be made. */
static inline void writer_fail(struct writer *w)
{
    w->bad = true;
}
/* Room for n more bytes, or NULL and failure; the caller fills them and calls writer_advance. */
uint8_t *writer_reserve(struct writer *w, size_t n);
void writer_advance(struct writer *w, size_t n);
/* The way of writer_bytes when there is no room yet. */
void writer_bytes_grow(struct writer *w, const void *p, size_t n);
static inline void writer_bytes(struct writer *w, const void *p, size_t n)
{
    if (n > w->cap - w->n || w->bad || !n) {
        writer_bytes_grow(w, p, n);
        return;
    }
    memcpy(w->p + w->n, p, n);
    w->n += n;
}
static inline void writer_put(struct writer *w, struct span s)
{
    writer_bytes(w, s.p, s.n);
}
void writer_str(struct writer *w, const char *s);
static inline void writer_u8(struct writer *w, uint8_t v)
{
    writer_bytes(w, &v, 1);
}
void writer_le(struct writer *w, uint64_t v, unsigned bytes);
void writer_be(struct writer *w, uint64_t v, unsigned bytes);
void writer_dec(struct writer *w, uint64_t v);
void writer_hex(struct writer *w, const void *p, size_t n);
void writer_printf(struct writer *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* NUL after the content (not counted), so that it can be used as a string; "" on failure. */
const char *writer_cstr(struct writer *w);

#endif
