/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/value_build.h"

#include "base/text.h"
#include "rules/yara.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FIRST_BYTES ((1u << VALUE_FIRST_BITS) / 8)
#define LIST_MASK ((UINT64_C(1) << VALUE_LIST_BITS) - 1)

struct value_build {
    const uint8_t *key;
    struct value_list lists[VALUE_LISTS_MAX];
    size_t n_lists;
    uint32_t words;
    uint8_t lengths[32];
    uint8_t first[FIRST_BYTES];
    uint64_t *v;
    size_t n, cap;
};

struct value_build *value_build_new(const uint8_t *key)
{
    struct value_build *b = calloc(1, sizeof(*b));

    if (b)
        b->key = key;
    return b;
}

void value_build_free(struct value_build *b)
{
    if (b)
        free(b->v);
    free(b);
}

static int push(struct value_build *b, uint64_t entry)
{
    if (b->n >= VALUE_ENTRIES_MAX)
        return ST_LIMIT;
    if (b->n == b->cap) {
        size_t cap = b->cap ? b->cap * 2 : 4096;
        uint64_t *v = reallocarray(b->v, cap, sizeof(*v));
        if (!v)
            return ST_NOMEM;
        b->v = v;
        b->cap = cap;
    }
    b->v[b->n++] = entry;
    return 0;
}

int value_build_take(struct value_build *b, const struct value_index *old, const char *without)
{
    uint8_t number[VALUE_LISTS_MAX] = {0};
    int rc = 0;

    for (size_t i = 0; i < value_index_lists(old); i++) {
        struct value_list l = value_index_list(old, i);
        number[i] = UINT8_MAX;
        if (without && !strcmp(l.name, without))
            continue;
        number[i] = (uint8_t)b->n_lists;
        b->lists[b->n_lists++] = l;
    }
    for (uint64_t i = 0; i < value_index_entries(old) && !rc; i++) {
        uint64_t e = value_index_entry(old, i);
        uint8_t n = number[e & LIST_MASK];
        if (n != UINT8_MAX)
            rc = push(b, (e & ~LIST_MASK) | n);
    }
    value_index_masks(old, &b->words, b->lengths, b->first);
    return rc;
}

int value_build_list(struct value_build *b, const char *name, uint32_t threshold)
{
    size_t n = strlen(name);

    if (!n || n >= VALUE_NAME_MAX || !text_is_utf8(span_str(name)))
        return ST_MALFORMED;
    if (b->n_lists >= VALUE_LISTS_MAX)
        return ST_LIMIT;
    b->lists[b->n_lists] = (struct value_list){.threshold = threshold};
    memcpy(b->lists[b->n_lists++].name, name, n);
    return 0;
}

int value_build_add(struct value_build *b, struct span value)
{
    struct writer folded, plain;
    struct value_words w = {.n = 0};
    struct span s;
    size_t length = 0;
    int rc = ST_MALFORMED;

    writer_init(&folded, 1 << 16);
    writer_init(&plain, 1 << 16);
    rule_fold(span_part(value, 0, 4096), &folded);
    value_plain(writer_span(&folded), &plain);
    s = writer_span(&plain);
    for (size_t at = 0; at < s.n && w.n <= VALUE_WORDS_MAX;) {
        ptrdiff_t end = span_find_byte(s, ' ', at);
        struct span word = span_part(s, at, end < 0 ? s.n : (size_t)end - at);
        at += word.n + 1;
        if (!word.n)
            continue;
        w.word[w.n++] = word;
        length += word.n;
    }
    if (w.n && w.n <= VALUE_WORDS_MAX && length >= VALUE_BYTES_MIN && length <= VALUE_BYTES_MAX) {
        uint32_t first = value_first(b->key, w.word[0]);
        rc = push(b, value_name(b->key, &w, w.n) | (uint64_t)(b->n_lists - 1));
        b->words |= 1u << (w.n - 1);
        b->lengths[length / 8] |= (uint8_t)(1u << (length % 8));
        b->first[first / 8] |= (uint8_t)(1u << (first % 8));
    }
    writer_done(&folded);
    writer_done(&plain);
    return rc;
}

static int by_entry(const void *a, const void *b)
{
    uint64_t x, y;

    memcpy(&x, a, 8);
    memcpy(&y, b, 8);
    return (x > y) - (x < y);
}

static void settle(struct value_build *b)
{
    size_t n = 0;

    if (b->n)
        qsort(b->v, b->n, sizeof(*b->v), by_entry);
    for (size_t i = 0; i < b->n_lists; i++)
        b->lists[i].count = 0;
    for (size_t i = 0; i < b->n; i++) {
        if (n && b->v[n - 1] == b->v[i])
            continue;
        b->v[n++] = b->v[i];
        b->lists[b->v[i] & LIST_MASK].count++;
    }
    b->n = n;
}

static void put_head(const struct value_build *b, struct writer *w)
{
    writer_str(w, VALUE_MAGIC);
    writer_le(w, value_check(b->key), 8);
    writer_le(w, b->n_lists, 4);
    writer_le(w, b->words, 4);
    writer_le(w, b->n, 8);
    writer_bytes(w, b->lengths, sizeof(b->lengths));
    while (w->n < VALUE_HEADER)
        writer_u8(w, 0);
    for (size_t i = 0; i < b->n_lists; i++) {
        writer_bytes(w, b->lists[i].name, VALUE_NAME_MAX);
        writer_le(w, b->lists[i].threshold, 4);
        writer_le(w, 0, 4);
        writer_le(w, b->lists[i].count, 8);
        writer_le(w, 0, 8);
    }
    writer_bytes(w, b->first, sizeof(b->first));
}

static int put_file(const struct value_build *b, FILE *f)
{
    struct writer w;
    bool good;

    writer_init(&w, 1 << 20);
    put_head(b, &w);
    good = writer_ok(&w) && fwrite(w.p, 1, w.n, f) == w.n;
    for (size_t i = 0; i < b->n && good; i += 4096) {
        writer_clear(&w);
        for (size_t k = i; k < b->n && k < i + 4096; k++)
            writer_le(&w, b->v[k], 8);
        good = writer_ok(&w) && fwrite(w.p, 1, w.n, f) == w.n;
    }
    writer_done(&w);
    return good && fflush(f) == 0 && fsync(fileno(f)) == 0 ? 0 : status_from_errno(errno);
}

int value_build_write(struct value_build *b, const char *path, uint64_t *ret_values)
{
    char fresh[4096];
    int n = snprintf(fresh, sizeof(fresh), "%s.new", path), fd, rc;
    FILE *f;

    if (n < 0 || (size_t)n >= sizeof(fresh))
        return ST_LIMIT;
    settle(b);
    fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    f = fd < 0 ? NULL : fdopen(fd, "w");
    if (!f) {
        rc = status_from_errno(errno);
        if (fd >= 0)
            close(fd);
        return rc;
    }
    rc = put_file(b, f);
    if (fclose(f) != 0 && !rc)
        rc = status_from_errno(errno);
    if (!rc && rename(fresh, path) != 0)
        rc = status_from_errno(errno);
    if (rc)
        unlink(fresh);
    *ret_values = b->n_lists ? b->lists[b->n_lists - 1].count : 0;
    return rc;
}
