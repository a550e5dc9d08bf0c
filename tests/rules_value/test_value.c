/* SPDX-License-Identifier: GPL-3.0-or-later
 * Lists of exact values: what is the same value, what is not, what the index betrays. */
#include "rules/unicode.h"
#include "rules/value_build.h"
#include "rules/yara.h"
#include "tests/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const uint8_t key[SEAL_KEY] = "a key of thirty-two letters ...";

static struct value_index *make(const char *path, const char *key_path, const char *const *values, size_t n,
                                uint32_t threshold)
{
    struct value_build *b = value_build_new(key);
    struct value_index *v = NULL;
    uint64_t count;

    CHECK(b && value_build_list(b, "people", threshold) == 0);
    for (size_t i = 0; i < n; i++)
        CHECK(value_build_add(b, span_str(values[i])) == 0);
    CHECK(value_build_write(b, path, &count) == 0);
    value_build_free(b);
    CHECK(value_index_open(path, key_path, &v) == 0);
    return v;
}

static uint32_t count_in(const struct value_index *v, const char *text)
{
    uint32_t counts[VALUE_LISTS_MAX];
    struct value_text t;
    struct writer w;

    writer_init(&w, 1 << 20);
    rule_fold(span_str(text), &w);
    value_begin(&t, v);
    value_feed(&t, writer_span(&w));
    CHECK(value_end(&t, counts));
    value_done(&t);
    writer_done(&w);
    return counts[0];
}

static void test_texts(const char *path, const char *key_path)
{
    static const char *const values[] = {"Nguyễn Thị Hòa", "079123456789", "0123 456 789", "AB-12345/C",
                                         "Иван Петров"};
    static const struct {
        const char *name, *text;
        uint32_t count;
    } rows[] = {
        {"as written", "Bà Nguyễn Thị Hòa, sinh năm", 1},
        {"tone on the other vowel, capitals", "NGUYỄN THỊ HOÀ", 1},
        {"without diacritics", "nguyen thi hoa", 1},
        {"decomposed", "Nguye\xCC\x82\xCC\x83n Thi\xCC\xA3 Ho\xCC\x80\x61", 1},
        {"full-width digits", "０７９１２３４５６７８９", 1},
        {"in groups", "079 123 456 789", 1},
        {"with dots, dashes", "079.123-456.789; 0123456789", 2},
        {"groups that the list has and the text has not", "tk 0123456789", 1},
        {"one letter more", "Nguyễn Thị Hòaa", 0},
        {"a longer number", "1079123456789", 0},
        {"a part of it", "079123456", 0},
        {"words in another order", "Hòa Thị Nguyễn", 0},
        {"one value, three times", "079123456789 079123456789 079123456789", 1},
        {"signs between letters", "ab 12345 c", 1},
        {"Cyrillic", "товарищ ИВАН ПЕТРОВ", 1},
        {"at the very end and the very beginning", "079123456789 và Nguyễn Thị Hòa", 2},
        {"nothing", "", 0},
    };
    struct value_index *v = make(path, key_path, values, GH_COUNT(values), 1);

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        check_row(rows[i].name);
        CHECK_U64(count_in(v, rows[i].text), rows[i].count);
    }
    value_index_close(v);
    check_row("below the threshold");
    v = make(path, key_path, values, GH_COUNT(values), 2);
    CHECK_U64(count_in(v, "079123456789"), 0);
    CHECK_U64(count_in(v, "079123456789 và Nguyễn Thị Hòa"), 2);
    value_index_close(v);
}

static void test_refused(void)
{
    static const char *const bad[] = {"", "12345", "a b c", "one two three four five six seven eight nine",
                                      "-----------"};
    struct value_build *b = value_build_new(key);

    check_row("values that are none");
    CHECK(value_build_list(b, "x", 1) == 0);
    CHECK(value_build_list(b, "", 1) == ST_MALFORMED);
    for (size_t i = 0; i < GH_COUNT(bad); i++)
        CHECK(value_build_add(b, span_str(bad[i])) == ST_MALFORMED);
    value_build_free(b);
}

/* What lies on the disk has nothing of the values, also not of one letter more or less, and is of no use with
 * another key. */
static void test_index(const char *path, const char *key_path)
{
    static const char *const values[] = {"secretname", "another name"};
    struct value_index *v = make(path, key_path, values, GH_COUNT(values), 1), *w = NULL;
    uint8_t other[SEAL_KEY] = {9};
    static uint8_t bytes[1 << 20];
    FILE *f = fopen(path, "re");
    size_t n = f ? fread(bytes, 1, sizeof(bytes), f) : 0;
    struct span s = span_of(bytes, n);

    check_row("the file");
    if (f)
        fclose(f);
    CHECK(n > VALUE_HEADER);
    CHECK(span_find(s, span_str("secretname"), 0) < 0 && span_find(s, span_str("another"), 0) < 0);
    CHECK(value_index_over(s, other, &w) == ST_BAD_SIGNATURE);
    CHECK(value_index_over(span_part(s, 0, n - 1), key, &w) == ST_TRUNCATED);
    CHECK(value_index_over(span_part(s, 0, 50), key, &w) == ST_MALFORMED);
    CHECK(value_index_over(s, key, &w) == 0);
    CHECK(value_index_version(w) == value_index_version(v));
    value_index_close(w);
    value_index_close(v);
    check_row("another list: another version");
    v = make(path, key_path, values, 1, 1);
    CHECK(value_index_over(s, key, &w) == 0);
    CHECK(value_index_version(w) != value_index_version(v));
    value_index_close(w);
    value_index_close(v);
}

int main(void)
{
    char dir[] = "/tmp/gh-value-XXXXXX", path[64], key_path[64];

    CHECK(seal_init() == 0 && rule_fold_warm_up() == 0 && mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/index", dir);
    snprintf(key_path, sizeof(key_path), "%s/key", dir);
    CHECK(keyfile_save_secret(key_path, VALUE_KEY_HEAD, key) == 0);
    test_texts(path, key_path);
    test_refused();
    test_index(path, key_path);
    unlink(path);
    unlink(key_path);
    rmdir(dir);
    return check_end();
}
