/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/value.h"

#include "base/text.h"
#include "rules/unicode.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_BYTES ((1u << VALUE_FIRST_BITS) / 8)
#define NAME_MASK (~((UINT64_C(1) << VALUE_LIST_BITS) - 1))

struct value_index {
    struct span bytes;
    bool mapped;
    const uint8_t *key;    /* seal_alloc */
    uint32_t lists, words; /* bit n - 1 of words: there are values of n words */
    uint64_t entries;
    struct span lengths, records, first, table;
};

/* ---- names ---- */

void value_plain(struct span folded, struct writer *out)
{
    struct writer flat;
    struct span s;
    bool blank = true;

    writer_init(&flat, 3 * folded.n + 64);
    unicode_nfd(folded, &flat);
    s = writer_span(&flat);
    for (size_t pos = 0; pos < s.n;) {
        uint32_t cp = text_next(s, &pos);
        if (cp >= 0x300 && cp < 0x370)
            continue; /* a mark */
        if (cp == 0x111)
            cp = 'd';
        if ((cp >= '0' && cp <= '9') || (cp >= 'a' && cp <= 'z') || (cp > 0x7f && unicode_is_letter(cp))) {
            text_put(out, cp);
            blank = false;
        } else if (!blank) {
            writer_u8(out, ' ');
            blank = true;
        }
    }
    writer_done(&flat);
}

uint64_t value_name(const uint8_t *key, const struct value_words *w, unsigned n)
{
    uint8_t buf[VALUE_BYTES_MAX];
    struct writer out;

    writer_fixed(&out, buf, sizeof(buf));
    for (unsigned i = 0; i < n; i++)
        writer_put(&out, w->word[i]);
    return seal_keyed64(key, buf, out.n) & NAME_MASK;
}

uint32_t value_first(const uint8_t *key, struct span word)
{
    uint8_t buf[VALUE_BYTES_MAX + 1] = {'1'}; /* apart from the names of values */
    size_t n = word.n < VALUE_BYTES_MAX ? word.n : VALUE_BYTES_MAX;

    memcpy(buf + 1, word.p, n);
    return (uint32_t)(seal_keyed64(key, buf, n + 1) >> (64 - VALUE_FIRST_BITS));
}

uint64_t value_check(const uint8_t *key)
{
    return seal_keyed64(key, "\0check", 6);
}

/* ---- the index ---- */

static int read_index(struct value_index *v)
{
    struct reader r = reader_span(v->bytes);
    struct span magic = reader_take(&r, 8);
    uint64_t check = reader_le64(&r);

    v->lists = reader_le32(&r);
    v->words = reader_le32(&r);
    v->entries = reader_le64(&r);
    v->lengths = reader_take(&r, 32);
    reader_seek(&r, VALUE_HEADER);
    if (!reader_ok(&r) || !span_eq(magic, span_str(VALUE_MAGIC)) || v->lists > VALUE_LISTS_MAX ||
        v->entries > VALUE_ENTRIES_MAX)
        return ST_MALFORMED;
    v->records = reader_take(&r, (size_t)v->lists * VALUE_RECORD);
    v->first = reader_take(&r, FIRST_BYTES);
    v->table = reader_take(&r, (size_t)v->entries * 8);
    if (!reader_ok(&r))
        return ST_TRUNCATED;
    if (reader_left(&r))
        return ST_MALFORMED;
    return check == value_check(v->key) ? 0 : ST_BAD_SIGNATURE;
}

static int map_file(const char *path, struct span *ret)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), rc = 0;
    struct stat st;
    void *p = MAP_FAILED;

    if (fd < 0)
        return status_from_errno(errno);
    if (fstat(fd, &st) != 0)
        rc = status_from_errno(errno);
    else if (!S_ISREG(st.st_mode) || st.st_size < (off_t)VALUE_HEADER)
        rc = ST_MALFORMED;
    if (!rc && (p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0)) == MAP_FAILED)
        rc = status_from_errno(errno);
    close(fd);
    if (!rc)
        *ret = span_of(p, (size_t)st.st_size);
    return rc;
}

int value_index_over(struct span bytes, const uint8_t *key, struct value_index **ret)
{
    struct value_index *v = calloc(1, sizeof(*v));
    uint8_t *copy = v ? seal_alloc(SEAL_KEY) : NULL;
    int rc = copy ? 0 : ST_NOMEM;

    if (copy)
        memcpy(copy, key, SEAL_KEY);
    if (v) {
        v->key = copy;
        v->bytes = bytes;
    }
    if (!rc)
        rc = read_index(v);
    if (rc)
        value_index_close(v);
    else
        *ret = v;
    return rc;
}

int value_index_open(const char *path, const char *key_path, struct value_index **ret)
{
    struct value_index *v = calloc(1, sizeof(*v));
    uint8_t *key = v ? seal_alloc(SEAL_KEY) : NULL;
    int rc = key ? keyfile_load_secret(key_path, VALUE_KEY_HEAD, key) : ST_NOMEM;

    if (v)
        v->key = key;
    if (!rc)
        rc = map_file(path, &v->bytes);
    if (!rc)
        v->mapped = true;
    if (!rc)
        rc = read_index(v);
    if (rc)
        value_index_close(v);
    else
        *ret = v;
    return rc;
}

void value_index_close(struct value_index *v)
{
    if (!v)
        return;
    if (v->mapped)
        munmap((void *)(uintptr_t)v->bytes.p, v->bytes.n);
    if (v->key)
        seal_free((void *)(uintptr_t)v->key);
    free(v);
}

size_t value_index_lists(const struct value_index *v)
{
    return v->lists;
}

struct value_list value_index_list(const struct value_index *v, size_t i)
{
    struct reader r = reader_span(span_part(v->records, i * VALUE_RECORD, VALUE_RECORD));
    struct value_list l = {0};

    reader_copy(&r, l.name, VALUE_NAME_MAX);
    l.name[VALUE_NAME_MAX - 1] = 0;
    l.threshold = reader_le32(&r);
    reader_skip(&r, 4);
    l.count = reader_le64(&r);
    return l;
}

uint64_t value_index_entries(const struct value_index *v)
{
    return v->entries;
}

uint64_t value_index_entry(const struct value_index *v, uint64_t i)
{
    struct reader r = reader_span(span_part(v->table, (size_t)i * 8, 8));

    return reader_le64(&r);
}

void value_index_masks(const struct value_index *v, uint32_t *words, uint8_t *lengths, uint8_t *first)
{
    *words |= v->words;
    for (size_t i = 0; i < v->lengths.n; i++)
        lengths[i] |= v->lengths.p[i];
    for (size_t i = 0; i < v->first.n; i++)
        first[i] |= v->first.p[i];
}

uint64_t value_index_version(const struct value_index *v)
{
    uint64_t parts[4] = {v->entries, 0, 0, 0};

    /* the records and a sample of the table: an index is never changed in place, only replaced */
    parts[1] = seal_keyed64(v->key, v->records.p, v->records.n);
    parts[2] = seal_keyed64(v->key, v->first.p, v->first.n);
    parts[3] = seal_keyed64(v->key, v->table.p, v->table.n);
    return seal_keyed64(v->key, parts, sizeof(parts));
}

/* ---- text ---- */

void value_begin(struct value_text *t, const struct value_index *v)
{
    t->index = v;
    writer_init(&t->hits, (size_t)VALUE_HITS_MAX * 4);
}

/* All entries of that name: one in each list that has the value. */
static void look_up(struct value_text *t, uint64_t name)
{
    const struct value_index *v = t->index;
    uint64_t low = 0, high = v->entries;

    while (low < high) {
        uint64_t mid = low + (high - low) / 2;
        if (value_index_entry(v, mid) < name)
            low = mid + 1;
        else
            high = mid;
    }
    for (; low < v->entries && (value_index_entry(v, low) & NAME_MASK) == name; low++) {
        uint32_t at = (uint32_t)low;
        writer_bytes(&t->hits, &at, sizeof(at));
    }
}

static bool has_bit(struct span bits, size_t i)
{
    return i / 8 < bits.n && bits.p[i / 8] >> (i % 8) & 1;
}

static bool all_digits(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return true;
}

/* The words from w->word[0] on, taken together one after the other. Numbers are written in groups that nobody
 * agrees on, so that for them any number of words may be a value. */
static void try_words(struct value_text *t, const struct value_words *w)
{
    const struct value_index *v = t->index;
    size_t length = 0;
    bool digits = true, begins = has_bit(v->first, value_first(v->key, w->word[0]));

    for (unsigned n = 1; n <= w->n && n <= VALUE_WORDS_MAX; n++) {
        length += w->word[n - 1].n;
        digits &= all_digits(w->word[n - 1]);
        if (length > VALUE_BYTES_MAX || (!begins && !digits))
            return;
        if (length < VALUE_BYTES_MIN || !has_bit(v->lengths, length))
            continue;
        if (digits || (begins && v->words >> (n - 1) & 1))
            look_up(t, value_name(v->key, w, n));
    }
}

static struct span next_word(struct span s, size_t *pos)
{
    size_t from;

    while (*pos < s.n && s.p[*pos] <= ' ')
        ++*pos;
    from = *pos;
    while (*pos < s.n && s.p[*pos] > ' ')
        ++*pos;
    return span_part(s, from, *pos - from);
}

void value_feed(struct value_text *t, struct span folded)
{
    struct value_words w = {.n = 0};
    struct writer plain;
    size_t pos = 0;

    writer_init(&plain, 3 * folded.n + 64);
    value_plain(folded, &plain);
    for (;;) {
        while (w.n < VALUE_WORDS_MAX) {
            struct span word = next_word(writer_span(&plain), &pos);
            if (!word.n)
                break;
            w.word[w.n++] = word;
        }
        if (!w.n)
            break;
        try_words(t, &w);
        w.n--;
        memmove(w.word, w.word + 1, w.n * sizeof(w.word[0]));
    }
    writer_done(&plain);
}

static int by_number(const void *a, const void *b)
{
    uint32_t x, y;

    memcpy(&x, a, 4);
    memcpy(&y, b, 4);
    return (x > y) - (x < y);
}

bool value_end(struct value_text *t, uint32_t counts[static VALUE_LISTS_MAX])
{
    struct reader r;
    uint32_t last = UINT32_MAX;

    memset(counts, 0, VALUE_LISTS_MAX * sizeof(counts[0]));
    if (t->hits.n)
        qsort(t->hits.p, t->hits.n / 4, 4, by_number);
    r = reader_span(writer_span(&t->hits));
    while (reader_left(&r)) {
        uint32_t at;
        reader_copy(&r, &at, 4);
        if (at != last)
            counts[value_index_entry(t->index, at) & ~NAME_MASK]++;
        last = at;
    }
    for (size_t i = 0; i < VALUE_LISTS_MAX; i++)
        if (i >= t->index->lists || counts[i] < value_index_list(t->index, i).threshold)
            counts[i] = 0;
    return writer_ok(&t->hits);
}

void value_done(struct value_text *t)
{
    writer_done(&t->hits);
}
