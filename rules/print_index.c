/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/print_index.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC "GHPRINT1"
#define BITS_MIN 8
#define BITS_MAX 24
#define DOC_BITS 24
#define LOW_BITS 40 /* of a fingerprint, in its entry */

struct print_index {
    struct span bytes;
    bool mapped;
    struct print_shape shape;
};

bool print_shape(struct print_shape *s)
{
    if (s->documents > PRINT_DOCUMENTS_MAX || s->bits < BITS_MIN || s->bits > BITS_MAX ||
        s->names > UINT32_MAX || s->entries > UINT64_MAX >> 8)
        return false;
    s->names_at = PRINT_HEADER + (uint64_t)s->documents * PRINT_RECORD;
    s->directory_at = (s->names_at + s->names + 7) / 8 * 8;
    s->entries_at = s->directory_at + 8 * ((UINT64_C(1) << s->bits) + 1);
    s->end = s->entries_at + 8 * s->entries;
    return true;
}

void print_put_header(const struct print_shape *s, const struct print_key *key, struct writer *out)
{
    writer_str(out, MAGIC);
    writer_le(out, PRINT_GRAM, 4);
    writer_le(out, PRINT_WINDOW, 4);
    writer_le(out, print_key_check(key), 8);
    writer_le(out, s->documents, 4);
    writer_le(out, s->bits, 4);
    writer_le(out, s->names, 8);
    writer_le(out, s->entries, 8);
    writer_le(out, s->end, 8);
    writer_le(out, 0, 8);
}

void print_put_record(const struct print_document *d, uint64_t name_at, struct writer *out)
{
    writer_le(out, d->text, 8);
    writer_le(out, d->when, 8);
    writer_le(out, name_at, 4);
    writer_le(out, d->name.n, 4);
    writer_le(out, d->distinct, 4);
    writer_le(out, d->telling, 4);
    writer_bytes(out, d->level, PRINT_LEVEL_SIZE);
    writer_bytes(out, d->scheme, PRINT_LEVEL_SIZE);
    writer_le(out, 0, 8);
}

static int read_header(struct print_index *x, const struct print_key *key)
{
    struct reader r = reader_span(x->bytes);
    struct print_shape *s = &x->shape;
    struct span magic = reader_take(&r, strlen(MAGIC));
    uint32_t gram = reader_le32(&r), window = reader_le32(&r);
    uint64_t check = reader_le64(&r), end;

    s->documents = reader_le32(&r);
    s->bits = reader_le32(&r);
    s->names = reader_le64(&r);
    s->entries = reader_le64(&r);
    end = reader_le64(&r);
    if (!span_eq(magic, span_str(MAGIC)) || !reader_ok(&r))
        return ST_MALFORMED;
    if (gram != PRINT_GRAM || window != PRINT_WINDOW)
        return ST_UNSUPPORTED;
    if (!print_shape(s) || end != s->end)
        return ST_MALFORMED;
    if (s->end != x->bytes.n)
        return s->end > x->bytes.n ? ST_TRUNCATED : ST_MALFORMED;
    return check == print_key_check(key) ? 0 : ST_BAD_SIGNATURE;
}

int print_index_over(struct span bytes, const struct print_key *key, struct print_index **ret)
{
    struct print_index *x = calloc(1, sizeof(*x));
    int rc;

    if (!x)
        return ST_NOMEM;
    x->bytes = bytes;
    rc = read_header(x, key);
    if (rc)
        free(x);
    else
        *ret = x;
    return rc;
}

int print_index_open(const char *path, const struct print_key *key, struct print_index **ret)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), rc = 0;
    struct stat st;
    void *p = MAP_FAILED;

    if (fd < 0)
        return status_from_errno(errno);
    if (fstat(fd, &st) != 0)
        rc = status_from_errno(errno);
    else if (!S_ISREG(st.st_mode) || st.st_size < PRINT_HEADER)
        rc = ST_MALFORMED;
    if (!rc && (p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0)) == MAP_FAILED)
        rc = status_from_errno(errno);
    close(fd);
    if (!rc)
        rc = print_index_over(span_of(p, (size_t)st.st_size), key, ret);
    if (rc && p != MAP_FAILED)
        munmap(p, (size_t)st.st_size);
    if (rc)
        return rc;
    (void)madvise(p, (size_t)st.st_size,
                  MADV_RANDOM); /* a look-up wants one page of a bucket, not its neighbours */
    (*ret)->mapped = true;
    return 0;
}

void print_index_close(struct print_index *x)
{
    if (x && x->mapped)
        munmap((void *)(uintptr_t)x->bytes.p, x->bytes.n);
    free(x);
}

uint32_t print_index_documents(const struct print_index *x)
{
    return x->shape.documents;
}

uint64_t print_index_entries(const struct print_index *x)
{
    return x->shape.entries;
}

static uint64_t number_at(const struct print_index *x, uint64_t off)
{
    struct reader r = reader_span(x->bytes);

    reader_seek(&r, (size_t)off);
    return reader_le64(&r);
}

/* A NUL-ended text of letters, or nothing. */
static void take_word(struct reader *r, char word[static PRINT_LEVEL_SIZE])
{
    reader_copy(r, word, PRINT_LEVEL_SIZE);
    word[PRINT_LEVEL_SIZE - 1] = 0;
    for (size_t i = 0; word[i]; i++)
        if (!((word[i] >= 'a' && word[i] <= 'z') || word[i] == '_'))
            word[0] = 0;
}

bool print_index_document(const struct print_index *x, uint32_t n, struct print_document *ret)
{
    const struct print_shape *s = &x->shape;
    struct reader r = reader_span(x->bytes), names = r;
    struct print_document d = {0};
    uint32_t at, len;

    if (n >= s->documents)
        return false;
    reader_seek(&r, (size_t)(PRINT_HEADER + (uint64_t)n * PRINT_RECORD));
    d.text = reader_le64(&r);
    d.when = reader_le64(&r);
    at = reader_le32(&r);
    len = reader_le32(&r);
    d.distinct = reader_le32(&r);
    d.telling = reader_le32(&r);
    take_word(&r, d.level);
    take_word(&r, d.scheme);
    if (!reader_ok(&r) || at > s->names || len > s->names - at || len > PRINT_NAME_MAX || !len)
        return false;
    reader_seek(&names, (size_t)(s->names_at + at));
    d.name = reader_take(&names, len);
    if (!reader_ok(&names) || !text_is_utf8(d.name))
        return false;
    *ret = d;
    return true;
}

/* Entries of a bucket: from *ret_from to before the result. A damaged directory gives an empty bucket. */
static uint64_t bucket_end(const struct print_index *x, uint64_t bucket, uint64_t *ret_from)
{
    const struct print_shape *s = &x->shape;
    uint64_t from = number_at(x, s->directory_at + 8 * bucket),
             end = number_at(x, s->directory_at + 8 * (bucket + 1));

    if (from > end || end > s->entries)
        from = end = 0;
    *ret_from = from;
    return end;
}

static uint64_t entry_at(const struct print_index *x, uint64_t i)
{
    return number_at(x, x->shape.entries_at + 8 * i);
}

size_t print_index_find(const struct print_index *x, uint64_t name, uint32_t docs[static PRINT_POSTINGS_MAX],
                        bool *ret_common)
{
    uint64_t low = name & ((UINT64_C(1) << LOW_BITS) - 1), lo, hi, end;
    size_t n = 0;

    *ret_common = false;
    if (name >> PRINT_BITS)
        return 0;
    hi = end = bucket_end(x, name >> (PRINT_BITS - x->shape.bits), &lo);
    while (lo < hi) { /* the first entry of this fingerprint */
        uint64_t mid = lo + (hi - lo) / 2;
        if (entry_at(x, mid) >> DOC_BITS < low)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (; lo < end && n < PRINT_POSTINGS_MAX; lo++) {
        uint64_t entry = entry_at(x, lo);
        uint32_t doc = (uint32_t)(entry & PRINT_COMMON);
        if (entry >> DOC_BITS != low)
            break;
        if (doc == PRINT_COMMON) {
            *ret_common = true;
            return 0;
        }
        if (doc >= x->shape.documents || (n && doc <= docs[n - 1]))
            break; /* damaged */
        docs[n++] = doc;
    }
    return n;
}

bool print_index_next(const struct print_index *x, struct print_cursor *c, uint64_t *ret_name,
                      uint32_t *ret_doc)
{
    uint64_t entry, from, buckets = UINT64_C(1) << x->shape.bits;

    while (c->bucket < buckets) {
        uint64_t end = bucket_end(x, c->bucket, &from);
        if (c->pos < from)
            c->pos = from;
        if (c->pos < end)
            break;
        c->bucket++;
    }
    if (c->bucket >= buckets)
        return false;
    entry = entry_at(x, c->pos++);
    *ret_name = c->bucket >> (x->shape.bits - BITS_MIN) << LOW_BITS | entry >> DOC_BITS;
    *ret_doc = (uint32_t)(entry & PRINT_COMMON);
    return true;
}
