/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/ioc_build.h"
#include "base/ioc_hash.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define UNTIL 4 /* behind each key while it is built: seconds, 0 for ever */
#define FIRST_ROWS 256
#define BUFFER (256u << 10)
#define FEW 24 /* as many rows are sorted by inserting */

/* Rows of one section: key and until. */
struct heap {
    uint8_t *rows;
    size_t n, cap;
    size_t width;
};
struct ioc_build {
    struct heap plain[IOC_CLASS_COUNT]; /* classes without lengths */
    struct heap net4[33], net6[129];
    uint64_t memory, memory_max, added;
};
struct out {
    int fd, rc;
    uint64_t at;
    size_t n;
    uint8_t *buf;
    struct ioc_sum *sum;
};

struct ioc_build *ioc_build_new(uint64_t memory_max)
{
    struct ioc_build *b = calloc(1, sizeof(*b));

    if (b)
        b->memory_max = memory_max;
    return b;
}

/* The heap of a class and length. NULL: there is none (bits of a class without lengths). */
static struct heap *heap_of(struct ioc_build *b, enum ioc_class cls, unsigned bits)
{
    switch (cls) {
    case IOC_C_IP4:
        return bits >= 1 && bits <= 32 ? &b->net4[bits] : NULL;
    case IOC_C_IP6:
        return bits >= 1 && bits <= 128 ? &b->net6[bits] : NULL;
    default:
        return bits ? NULL : &b->plain[cls];
    }
}

static void heap_done(struct heap *h)
{
    free(h->rows);
    *h = (struct heap){0};
}

static void forget(struct ioc_build *b)
{
    for (size_t i = 0; i < GH_COUNT(b->plain); i++)
        heap_done(&b->plain[i]);
    for (size_t i = 0; i < GH_COUNT(b->net4); i++)
        heap_done(&b->net4[i]);
    for (size_t i = 0; i < GH_COUNT(b->net6); i++)
        heap_done(&b->net6[i]);
    b->memory = b->added = 0;
}

void ioc_build_free(struct ioc_build *b)
{
    if (!b)
        return;
    forget(b);
    free(b);
}

uint64_t ioc_build_added(const struct ioc_build *b)
{
    return b->added;
}

static int grow(struct ioc_build *b, struct heap *h)
{
    size_t cap = h->cap ? h->cap + h->cap / 2 : FIRST_ROWS, more = (cap - h->cap) * h->width;
    uint8_t *rows;

    if (b->memory + more > b->memory_max) {
        more = (size_t)(b->memory_max - b->memory);
        cap = h->cap + more / h->width;
        more = (cap - h->cap) * h->width;
        if (cap == h->cap)
            return ST_LIMIT;
    }
    rows = realloc(h->rows, cap * h->width);
    if (!rows)
        return ST_NOMEM;
    h->rows = rows;
    h->cap = cap;
    b->memory += more;
    return 0;
}

static struct writer row_writer(const struct heap *h, size_t i)
{
    struct writer w;

    writer_fixed(&w, h->rows + i * h->width, h->width);
    return w;
}

int ioc_build_add(struct ioc_build *b, const struct ioc_entry *e)
{
    struct heap *h = heap_of(b, e->cls, e->bits);
    struct writer w;
    int rc;

    gh_check(h);
    h->width = ioc_class_key(e->cls) + UNTIL;
    if (h->n == h->cap) {
        rc = grow(b, h);
        if (rc)
            return rc;
    }
    w = row_writer(h, h->n);
    writer_bytes(&w, e->key, h->width - UNTIL);
    writer_le(&w, e->until > UINT32_MAX ? 0 : e->until, UNTIL);
    h->n++;
    b->added++;
    return 0;
}

/* ---- sorting ---- */

static uint8_t *row(const struct heap *h, size_t i)
{
    return h->rows + i * h->width;
}

static void swap(const struct heap *h, size_t i, size_t k)
{
    uint8_t t[IOC_KEY_MAX + UNTIL];

    if (i == k)
        return;
    memcpy(t, row(h, i), h->width);
    memcpy(row(h, i), row(h, k), h->width);
    memcpy(row(h, k), t, h->width);
}

static void sort_few(const struct heap *h, size_t from, size_t n)
{
    for (size_t i = from + 1; i < from + n; i++)
        for (size_t k = i; k > from && memcmp(row(h, k - 1), row(h, k), h->width) > 0; k--)
            swap(h, k - 1, k);
}

/* By the byte at place, in its place, then each heap of equal bytes by the next one. Takes n times the width,
 * whatever the rows are; the depth is the width. */
static void sort_rows(const struct heap *h, size_t from, size_t n, size_t place)
{
    size_t begin[257] = {0}, next[256];

    if (n <= FEW || place == h->width) {
        if (place < h->width)
            sort_few(h, from, n);
        return;
    }
    for (size_t i = 0; i < n; i++)
        begin[row(h, from + i)[place] + 1]++;
    for (size_t c = 0; c < 256; c++) {
        begin[c + 1] += begin[c];
        next[c] = begin[c];
    }
    for (size_t c = 0; c < 256; c++)
        while (next[c] < begin[c + 1]) {
            uint8_t is = row(h, from + next[c])[place];
            if (is == c)
                next[c]++;
            else
                swap(h, from + next[c], from + next[is]++);
        }
    for (size_t c = 0; c < 256; c++)
        if (begin[c + 1] - begin[c] > 1)
            sort_rows(h, from + begin[c], begin[c + 1] - begin[c], place + 1);
}

static uint32_t until_of(const struct heap *h, size_t i)
{
    struct reader r = reader_of(row(h, i) + h->width - UNTIL, UNTIL);

    return reader_le32(&r);
}

/* One row a key stays, that which lasts longest. Returns how many went. */
static size_t drop_doubles(struct heap *h)
{
    size_t kept = 0, n = h->n;

    for (size_t i = 0; i < n; i++) {
        if (kept && !memcmp(row(h, kept - 1), row(h, i), h->width - UNTIL)) {
            uint32_t a = until_of(h, kept - 1), b = until_of(h, i);
            if (a && (!b || b > a))
                memcpy(row(h, kept - 1), row(h, i), h->width);
            continue;
        }
        if (kept != i)
            memcpy(row(h, kept), row(h, i), h->width);
        kept++;
    }
    h->n = kept;
    return n - kept;
}

static bool ever_ends(const struct heap *h)
{
    for (size_t i = 0; i < h->n; i++)
        if (until_of(h, i))
            return true;
    return false;
}

/* ---- writing ---- */

static void out_flush(struct out *o)
{
    size_t done = 0;

    while (!o->rc && done < o->n) {
        ssize_t n = pwrite(o->fd, o->buf + done, o->n - done, (off_t)o->at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            o->rc = n < 0 ? status_from_errno(errno) : ST_FULL;
            break;
        }
        done += (size_t)n;
        o->at += (uint64_t)n;
    }
    o->n = 0;
}

static void out_put(struct out *o, const void *p, size_t n)
{
    ioc_sum_add(o->sum, span_of(p, n));
    if (n > BUFFER - o->n)
        out_flush(o);
    memcpy(o->buf + o->n, p, n);
    o->n += n;
}

struct section_plan {
    struct heap *heap;
    enum ioc_class cls;
    uint8_t bits;
    uint8_t width;
};

/* Sections in the order of class and length. */
static size_t plan(struct ioc_build *b, struct section_plan out[static IOC_SECTIONS_MAX],
                   uint64_t *ret_doubles)
{
    size_t n = 0;

    for (unsigned cls = 1; cls < IOC_CLASS_COUNT; cls++)
        for (unsigned bits = 0; bits <= 128; bits++) {
            struct heap *h = heap_of(b, (enum ioc_class)cls, bits);
            if (!h || !h->n)
                continue;
            sort_rows(h, 0, h->n, 0);
            *ret_doubles += drop_doubles(h);
            gh_check(n < IOC_SECTIONS_MAX);
            out[n++] = (struct section_plan){h, (enum ioc_class)cls, (uint8_t)bits,
                                             (uint8_t)(ever_ends(h) ? h->width : h->width - UNTIL)};
        }
    return n;
}

static void put_header(struct writer *w, const char *name, uint64_t built_s, const struct section_plan *s,
                       size_t n)
{
    uint64_t at = IOC_HEADER + n * IOC_SECTION, entries = 0, size = at;
    char padded[IOC_NAME_MAX + 1] = {0};
    static const uint8_t zeros[IOC_DIGEST + 16];

    for (size_t i = 0; i < n; i++) {
        size += s[i].heap->n * s[i].width;
        entries += s[i].heap->n;
    }
    memcpy(padded, name, strnlen(name, IOC_NAME_MAX));
    writer_str(w, IOC_MAGIC);
    writer_le(w, IOC_HEADER, 4);
    writer_le(w, n, 4);
    writer_le(w, size, 8);
    writer_le(w, built_s, 8);
    writer_le(w, entries, 8);
    writer_le(w, 0, 8);
    writer_bytes(w, padded, sizeof(padded));
    writer_bytes(w, zeros, sizeof(zeros));
    for (size_t i = 0; i < n; i++) {
        writer_u8(w, (uint8_t)s[i].cls);
        writer_u8(w, s[i].bits);
        writer_u8(w, (uint8_t)(s[i].heap->width - UNTIL));
        writer_u8(w, s[i].width);
        writer_le(w, 0, 4);
        writer_le(w, s[i].heap->n, 8);
        writer_le(w, at, 8);
        writer_le(w, 0, 8);
        at += s[i].heap->n * s[i].width;
    }
}

int ioc_build_write(struct ioc_build *b, const char *name, uint64_t built_s, int fd, uint64_t *ret_doubles)
{
    static const size_t head_max = IOC_HEADER + IOC_SECTIONS_MAX * IOC_SECTION;
    struct section_plan sections[IOC_SECTIONS_MAX];
    struct out o = {.fd = fd, .buf = malloc(BUFFER), .sum = ioc_sum_new()};
    uint64_t doubles = 0;
    uint8_t digest[IOC_DIGEST];
    struct writer head;
    size_t n;

    writer_init(&head, head_max);
    n = plan(b, sections, &doubles);
    put_header(&head, name, built_s, sections, n);
    if (!o.buf || !o.sum || !writer_ok(&head)) {
        ioc_sum_free(o.sum);
        o.rc = ST_NOMEM;
        goto done;
    }
    out_put(&o, head.p, head.n);
    for (size_t s = 0; s < n; s++)
        for (size_t i = 0; i < sections[s].heap->n; i++)
            out_put(&o, row(sections[s].heap, i), sections[s].width);
    out_flush(&o);
    ioc_sum_end(o.sum, digest);
    o.at = IOC_DIGEST_AT;
    memcpy(o.buf, digest, sizeof(digest));
    o.n = sizeof(digest);
    out_flush(&o);
    if (ret_doubles)
        *ret_doubles = doubles;
done:
    writer_done(&head);
    free(o.buf);
    forget(b);
    return o.rc;
}
