/* SPDX-License-Identifier: GPL-3.0-or-later
 * The index: what was registered is in it, whatever the order and the size; what is common is not; a damaged
 * file is refused or gives nothing, and is never read past its end. */
#include "rules/print_common.h"
#include "tests/check.h"
#include "tests/rules_print/office.h"

#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/gh-test-print-XXXXXX";
static char path[64];
static struct print_key *key;

static struct print_document named(const char *name, const char *level)
{
    struct print_document d = {.name = span_str(name), .when = 1790000000};

    snprintf(d.level, sizeof(d.level), "%s", level);
    snprintf(d.scheme, sizeof(d.scheme), "vn");
    return d;
}

/* Fingerprints of no text: n of them, seed's own. */
static uint64_t *made(uint64_t seed, size_t n)
{
    uint64_t *v = calloc(n + 1, sizeof(*v)), r = seed * 7919;

    gh_check(v);
    for (size_t i = 0; i < n; i++)
        v[i] = office_random(&r) >> (64 - PRINT_BITS);
    return v;
}

static int add_made(struct print_build *b, const char *name, uint64_t seed, size_t n)
{
    struct print_document d = named(name, "mat");
    struct span same = {NULL, 0};
    uint64_t *v = made(seed, n);
    int rc = print_build_add(b, &d, v, n, &same);

    free(v);
    return rc;
}

static struct print_build *begin(void)
{
    struct print_build *b = print_build_new(path, key);
    gh_check(b);
    return b;
}

static struct print_index *finish(struct print_build *b, struct print_build_stats *st)
{
    struct print_index *x = NULL;

    CHECK(print_build_write(b, st) == 0);
    print_build_free(b);
    CHECK(print_index_open(path, key, &x) == 0);
    gh_check(x);
    return x;
}

static bool has(const struct print_index *x, uint64_t name, uint32_t doc)
{
    uint32_t docs[PRINT_POSTINGS_MAX];
    bool common;
    size_t n = print_index_find(x, name, docs, &common);

    for (size_t i = 0; i < n; i++)
        if (docs[i] == doc)
            return true;
    return false;
}

static bool has_all(const struct print_index *x, uint64_t seed, size_t n, uint32_t doc)
{
    uint64_t *v = made(seed, n);
    bool all = true;

    for (size_t i = 0; i < n; i++)
        all &= has(x, v[i], doc);
    free(v);
    return all;
}

/* The number of entries; in order, unless the file is damaged. */
static uint64_t walk(const struct print_index *x, bool damaged)
{
    struct print_cursor c = {0};
    uint64_t name, before = 0, n = 0;
    uint32_t doc;

    while (print_index_next(x, &c, &name, &doc)) {
        CHECK(damaged || name >= before);
        before = name;
        n++;
    }
    return n;
}

static void test_small(void)
{
    struct print_build_stats st;
    struct print_document d;
    struct print_build *b = begin();
    struct span same = {NULL, 0};
    struct print_index *x, *y;
    uint64_t *v = made(1, 50);

    check_row("three documents");
    CHECK(add_made(b, "one", 1, 50) == 0);
    CHECK(add_made(b, "hai ơi", 2, 500) == 0);
    CHECK(add_made(b, "three", 3, 1) == ST_USAGE);
    d = named("copy", "mat");
    CHECK(print_build_add(b, &d, v, 50, &same) == ST_EXISTS && span_eq(same, span_str("one")));
    d = named("copy", "toi_mat"); /* another level is another document */
    CHECK(print_build_add(b, &d, v, 50, &same) == 0);
    d = named("", "mat");
    CHECK(print_build_add(b, &d, v, 50, &same) == ST_USAGE);
    x = finish(b, &st);
    CHECK_U64(st.documents, 3);
    CHECK_U64(print_index_documents(x), 3);
    CHECK_U64(walk(x, false), 600);
    CHECK(has_all(x, 1, 50, 0) && has_all(x, 2, 500, 1) && has_all(x, 1, 50, 2) && !has(x, v[0] ^ 1, 0));
    CHECK(print_index_document(x, 1, &d) && span_eq(d.name, span_str("hai ơi")) && d.telling == 500);
    CHECK_STR(d.level, "mat");
    CHECK_STR(d.scheme, "vn");
    CHECK_U64(d.when, 1790000000);
    CHECK(!print_index_document(x, 3, &d));

    check_row("taken over, replaced, removed");
    b = begin();
    CHECK(print_build_take(b, x) == 0);
    CHECK(add_made(b, "one", 7, 60) == 0);
    CHECK(print_build_remove(b, span_str("copy")) && !print_build_remove(b, span_str("copy")));
    CHECK(add_made(b, "new", 1, 50) == 0); /* that text is free again */
    CHECK(print_build_write(b, &st) == 0);
    print_build_free(b);
    CHECK(has_all(x, 1, 50, 2)); /* the old file lives as long as it is mapped */
    print_index_close(x);
    CHECK(print_index_open(path, key, &y) == 0);
    CHECK_U64(print_index_documents(y), 3);
    CHECK_U64(walk(y, false), 610);
    CHECK(print_index_document(y, 0, &d) && span_eq(d.name, span_str("hai ơi")));
    CHECK(has_all(y, 2, 500, 0) && has_all(y, 7, 60, 1) && has_all(y, 1, 50, 2) && !has(y, v[0], 1));
    print_index_close(y);
    free(v);
}

/* What more documents have than can be named, and what is declared so, is common, and stays so. */
static void test_common(void)
{
    struct print_build_stats st;
    struct print_build *b = begin();
    struct print_document d;
    struct span same;
    struct print_index *x;
    uint64_t *shared = made(99, 10), own[12];
    uint32_t docs[PRINT_POSTINGS_MAX];
    bool common;
    char name[16];

    check_row("common");
    for (uint64_t i = 0; i < 20; i++) {
        uint64_t *v = made(1000 + i, 4);
        memcpy(own, v, 4 * sizeof(*v));
        memcpy(own + 4, shared, 8 * sizeof(*own)); /* 8 in all 20, 2 in the first 5 */
        if (i < 5)
            memcpy(own + 4, shared + 2, 8 * sizeof(*own));
        snprintf(name, sizeof(name), "%d", (int)i);
        d = named(name, "none");
        CHECK(print_build_add(b, &d, own, 12, &same) == 0);
        free(v);
    }
    CHECK(print_build_common(b, shared + 9, 1) == 0);
    x = finish(b, &st);
    CHECK_U64(print_index_find(x, shared[5], docs, &common), 0);
    CHECK(common);
    CHECK_U64(print_index_find(x, shared[9], docs, &common), 0);
    CHECK(common);
    CHECK_U64(print_index_find(x, shared[8], docs, &common), 5);
    CHECK(!common);
    CHECK_U64(print_index_find(x, shared[1], docs, &common), 15);
    CHECK(print_index_document(x, 0, &d) && d.distinct == 12 && d.telling == 5);
    CHECK(print_index_document(x, 19, &d) && d.telling == 6);
    b = begin();
    CHECK(print_build_take(b, x) == 0);
    CHECK(print_build_remove(b, span_str("3")));
    CHECK(print_build_write(b, &st) == 0);
    print_build_free(b);
    print_index_close(x);
    CHECK(print_index_open(path, key, &x) == 0);
    CHECK(print_index_find(x, shared[5], docs, &common) == 0 && common);
    CHECK_U64(print_index_find(x, shared[8], docs, &common), 4);
    print_index_close(x);
    free(shared);
}

/* More entries than are sorted at a time; every one must be there. */
static void test_runs(void)
{
    enum { DOCUMENTS = 50, EACH = 50000 };
    struct print_build_stats st;
    struct print_build *b = begin();
    struct print_index *x;
    char name[16];

    check_row("several runs");
    for (uint64_t i = 0; i < DOCUMENTS; i++) {
        snprintf(name, sizeof(name), "d%d", (int)i);
        CHECK(add_made(b, name, i, EACH) == 0);
    }
    x = finish(b, &st);
    CHECK_U64(st.entries, (uint64_t)DOCUMENTS * EACH);
    for (uint32_t i = 0; i < DOCUMENTS; i += 7)
        CHECK(has_all(x, i, EACH, i));
    CHECK_U64(walk(x, false), (uint64_t)DOCUMENTS * EACH);
    print_index_close(x);
}

/* Everything that can be asked of it. */
static void ask_all(struct span bytes)
{
    struct print_index *x = NULL;
    struct print_document d;
    uint32_t docs[PRINT_POSTINGS_MAX];
    bool common;
    uint64_t *v = made(1, 40);

    if (print_index_over(bytes, key, &x) == 0) {
        CHECK(walk(x, true) <= print_index_entries(x));
        for (uint32_t i = 0; i < 4; i++)
            (void)print_index_document(x, i, &d);
        for (size_t i = 0; i < 40; i++) {
            size_t n = print_index_find(x, v[i], docs, &common);
            for (size_t k = 0; k < n; k++)
                CHECK(docs[k] < print_index_documents(x));
        }
    }
    print_index_close(x);
    free(v);
}

static struct span whole_file(void)
{
    static uint8_t bytes[1 << 16];
    FILE *f = fopen(path, "rb");
    size_t n;

    gh_check(f);
    n = fread(bytes, 1, sizeof(bytes), f);
    fclose(f);
    return span_of(bytes, n);
}

static void test_damaged(void)
{
    struct print_build_stats st;
    struct print_build *b = begin();
    struct print_key *other = office_key(2);
    struct print_index *x = NULL;
    struct span all;

    check_row("damaged");
    CHECK(add_made(b, "one", 1, 40) == 0);
    CHECK(add_made(b, "two", 2, 40) == 0);
    print_index_close(finish(b, &st));
    all = whole_file();
    CHECK(print_index_over(all, other, &x) == ST_BAD_SIGNATURE);
    for (size_t n = 0; n < all.n; n += n < 300 ? 1 : 13) {
        uint8_t *copy = malloc(n + 1); /* so that a read past it is seen */
        gh_check(copy);
        memcpy(copy, all.p, n);
        CHECK(print_index_over(span_of(copy, n), key, &x) != 0);
        free(copy);
    }
    for (size_t i = 0; i < all.n; i++) {
        uint8_t *copy = malloc(all.n);
        gh_check(copy);
        memcpy(copy, all.p, all.n);
        copy[i] ^= (uint8_t)(i % 3 ? 0xFF : 0x01);
        ask_all(span_of(copy, all.n));
        free(copy);
    }
    CHECK(print_index_open("/nonexistent/index", key, &x) == ST_NOT_FOUND);
    CHECK(print_index_open(dir, key, &x) != 0);
    print_key_free(other);

    check_row("cannot be written");
    b = print_build_new("/nonexistent/index", key);
    CHECK(b && add_made(b, "one", 1, 40) == 0 && print_build_write(b, &st) != 0);
    print_build_free(b);
}

static void test_empty(void)
{
    struct print_build_stats st;
    struct print_index *x;
    struct stat s;

    check_row("no document");
    x = finish(begin(), &st);
    CHECK_U64(print_index_documents(x), 0);
    CHECK_U64(walk(x, false), 0);
    CHECK(stat(path, &s) == 0 && (uint64_t)s.st_size == st.bytes);
    print_index_close(x);
}

int main(void)
{
    key = office_key(1);
    gh_check(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/index", dir);
    test_empty();
    test_small();
    test_common();
    test_damaged();
    test_runs();
    unlink(path);
    CHECK(rmdir(dir) == 0); /* nothing else was left there */
    print_key_free(key);
    return check_end();
}
