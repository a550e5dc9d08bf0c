/* SPDX-License-Identifier: GPL-3.0-or-later
 * Copies of registered documents among documents of the same kind. */
#include "rules/print_common.h"
#include "rules/print_match.h"
#include "tests/check.h"
#include "tests/rules_print/office.h"

#include <unistd.h>

enum { DOCUMENTS = 60, PAGE = 3000 };

static char dir[] = "/tmp/gh-test-print-XXXXXX";
static char path[64];
static struct print_key *key;
static struct writer texts[DOCUMENTS];

static struct print_index *register_all(void)
{
    struct print_build *b = print_build_new(path, key);
    struct print_build_stats st;
    struct print_index *x = NULL;

    gh_check(b && print_common_add(b, key) == 0);
    for (uint64_t i = 0; i < DOCUMENTS; i++) {
        struct print_document d = {.level = "toi_mat", .scheme = "vn"};
        struct span same;
        char name[16];
        uint64_t *v;
        size_t n;
        snprintf(name, sizeof(name), "doc %02d", (int)i);
        d.name = span_str(name);
        writer_init(&texts[i], 1 << 20);
        office_prose(i, (1 + i % 5) * PAGE, &texts[i]);
        v = office_names(key, writer_span(&texts[i]), &n);
        CHECK(print_build_add(b, &d, v, n, &same) == 0);
        free(v);
    }
    CHECK(print_build_write(b, &st) == 0);
    print_build_free(b);
    CHECK(print_index_open(path, key, &x) == 0);
    gh_check(x);
    return x;
}

struct found {
    size_t n;
    struct print_similar best;
    bool high, more;
};
static struct found look(const struct print_index *x, struct span text)
{
    struct arena *a = arena_new(1 << 20);
    struct print_similar *list = NULL;
    struct found f = {0};
    size_t n;
    struct print *v = office_prints(key, text, &n);

    gh_check(a);
    CHECK(print_match(x, v, n, a, &list, &f.n, &f.more) == 0);
    if (f.n) {
        f.best = list[0];
        f.high = print_similar_high(&list[0]);
    }
    free(v);
    arena_free(a);
    return f;
}

static bool is(const struct found *f, int doc)
{
    char name[16];

    snprintf(name, sizeof(name), "doc %02d", doc);
    return f->n == 1 && span_eq(f->best.document.name, span_str(name));
}

static void test_whole(const struct print_index *x)
{
    for (int i = 0; i < DOCUMENTS; i++) {
        struct found f = look(x, writer_span(&texts[i]));
        check_row("whole");
        CHECK(is(&f, i) && f.best.containment == 1 && f.best.share == 1 && f.high);
    }
}

/* Each tenth line gone, or a word of each changed. */
static void test_edited(const struct print_index *x)
{
    struct span all = writer_span(&texts[4]), line;
    struct reader r = reader_span(all);
    struct writer w;
    struct found f;

    check_row("edited");
    writer_init(&w, 1 << 20);
    for (size_t i = 0; reader_line(&r, &line); i++) {
        if (i % 10 == 3)
            continue;
        writer_put(&w, span_part(line, 0, line.n / 2 < 60 ? 0 : 60));
        writer_str(&w, i % 3 ? " " : " thêm vài chữ mới ");
        writer_put(&w, span_part(line, line.n / 2 < 60 ? 0 : 60, SIZE_MAX));
        writer_str(&w, "\r\n");
    }
    f = look(x, writer_span(&w));
    CHECK(is(&f, 4) && f.best.containment > 0.5 && f.best.containment < 1 && f.high);
    writer_done(&w);
}

/* 150 characters out of the middle of each document, inside another one of 50 pages. */
static void test_paragraph(const struct print_index *x)
{
    struct writer w;
    int found = 0;

    check_row("one paragraph");
    for (int i = 0; i < DOCUMENTS; i++) {
        struct span text = writer_span(&texts[i]);
        size_t at = text.n / 2, chars = 0, end;
        while ((text.p[at] & 0xC0) == 0x80)
            at++;
        for (end = at; end < text.n && chars < 150; end++)
            chars += (text.p[end] & 0xC0) != 0x80;
        while (end < text.n && (text.p[end] & 0xC0) == 0x80)
            end++;
        writer_init(&w, 1 << 20);
        office_prose(100000 + (uint64_t)i, 25 * PAGE, &w);
        writer_put(&w, span_part(text, at, end - at));
        office_prose(200000 + (uint64_t)i, 25 * PAGE, &w);
        struct found f = look(x, writer_span(&w));
        found += is(&f, i);
        CHECK(!f.n || (!f.high && f.best.share < 0.01));
        writer_done(&w);
    }
    CHECK_U64(found, DOCUMENTS);
}

static void test_unrelated(const struct print_index *x)
{
    int alarms = 0;

    check_row("1000 unrelated documents of the same offices");
    for (uint64_t i = 0; i < 1000; i++) {
        struct writer w;
        writer_init(&w, 1 << 20);
        office_prose(500000 + i, 500 + i % 4 * PAGE, &w);
        alarms += look(x, writer_span(&w)).n != 0;
        writer_done(&w);
    }
    CHECK_U64(alarms, 0);
}

/* An excerpt that is the whole text: its document's level counts though it is little of it. */
static void test_excerpt(const struct print_index *x)
{
    struct span text = writer_span(&texts[9]); /* five pages */
    struct found f = look(x, span_part(text, 6000, 1500));

    check_row("excerpt");
    CHECK(is(&f, 9) && f.best.containment < 0.2 && f.best.share > 0.9 && f.high);
    f = look(
        x,
        span_str(
            "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc\nCăn cứ Luật Tổ chức Chính phủ "
            "ngày 19 tháng 6 năm 2015; Căn cứ Luật Bảo vệ bí mật nhà nước ngày 15 tháng 11 năm 2018;"));
    CHECK(f.n == 0);
    f = look(x, span_str(""));
    CHECK(f.n == 0);
}

/* More documents than are told. */
static void test_many(const struct print_index *x)
{
    struct writer w;
    struct found f;

    check_row("a collection");
    writer_init(&w, 8 << 20);
    for (int i = 0; i < DOCUMENTS; i++)
        writer_put(&w, writer_span(&texts[i]));
    f = look(x, writer_span(&w));
    CHECK(f.n == PRINT_SIMILAR_MAX && !f.more && f.best.containment > 0.9 && f.best.share < 0.1);
    writer_done(&w);
}

int main(void)
{
    struct print_index *x;

    key = office_key(1);
    gh_check(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/index", dir);
    x = register_all();
    test_whole(x);
    test_edited(x);
    test_paragraph(x);
    test_unrelated(x);
    test_excerpt(x);
    test_many(x);
    for (int i = 0; i < DOCUMENTS; i++)
        writer_done(&texts[i]);
    print_index_close(x);
    print_key_free(key);
    unlink(path);
    rmdir(dir);
    return check_end();
}
