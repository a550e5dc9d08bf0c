/* SPDX-License-Identifier: GPL-3.0-or-later
 * What fingerprints are blind to and what they see, and winnowing's promise. */
#include "tests/check.h"
#include "tests/rules_print/office.h"

#define A "Kế hoạch đón đoàn đại biểu cấp cao của nước bạn sang thăm chính thức trong tháng tới"

static const struct {
    const char *name, *a, *b;
    bool same;
} rows[] = {
    {"itself", A, A, true},
    {"case", A, "KẾ HOẠCH ĐÓN ĐOÀN ĐẠI BIỂU CẤP CAO CỦA NƯỚC BẠN SANG THĂM CHÍNH THỨC TRONG THÁNG TỚI", true},
    {"punctuation", A,
     "«Kế hoạch» đón đoàn – đại biểu... cấp cao: của nước bạn; sang thăm (chính thức) trong tháng tới!",
     true},
    {"line ends", A,
     "Kế hoạch đón đoàn đại\r\nbiểu cấp cao của\nnước bạn sang\n\nthăm chính thức trong thá-\nng tới", true},
    {"no diacritics", A,
     "Ke hoach don doan dai bieu cap cao cua nuoc ban sang tham chinh thuc trong thang toi", true},
    {"decomposed", "hoà bình và ổn định ở khu vực Đông Nam Á là lợi ích chung",
     "hoa\u0300 bi\u0300nh va\u0300 o\u0302\u0309n đi\u0323nh o\u031b\u0309 khu vu\u031b\u0323c Đo\u0302ng "
     "Nam A\u0301 la\u0300 lo\u031b\u0323i i\u0301ch chung",
     true},
    {"place of the tone", "thoả thuận hoà bình khoẻ mạnh thuỷ lợi quý uỷ ban hoá học loà xoà",
     "thỏa thuận hòa bình khỏe mạnh thủy lợi quý ủy ban hóa học lòa xòa", true},
    {"blanks between letters", A,
     "K ế h o ạ c h đón đoàn đại biểu cấp cao của nước bạn sang thăm c h í n h thức trong tháng tới", true},
    {"full width", "Plan for the reception 2026 of the delegation in October",
     "Ｐｌａｎ ｆｏｒ ｔｈｅ ｒｅｃｅｐｔｉｏｎ ２０２６ of the delegation in October", true},
    {"ligature, soft hyphen", "the official office of the difficult affair in the field",
     "the oﬃcial of\u00adfice of the diﬃcult affair in the ﬁeld", true},
    {"another number", "Kế hoạch số 12 đón đoàn đại biểu cấp cao nước bạn",
     "Kế hoạch số 13 đón đoàn đại biểu cấp cao nước bạn", false},
    {"another word", A,
     "Kế hoạch tiễn đoàn đại biểu cấp cao của nước bạn rời thăm không chính thức trong năm tới", false},
    {"Russian", "План приёма делегации высокого уровня в следующем месяце",
     "ПЛАН ПРИЁМА ДЕЛЕГАЦИИ — ВЫСОКОГО УРОВНЯ, в следующем месяце", true},
    {"Chinese", "关于下个月接待高级代表团正式访问的工作计划", "关于下个月,接待高级代表团。正式访问的工作计划",
     true},
    {"Chinese, another", "关于下个月接待高级代表团正式访问的工作计划",
     "关于上个月接待普通代表团私人访问的总结报告", false},
};

static bool same(const struct print *a, size_t n, const struct print *b, size_t m)
{
    if (n != m)
        return false;
    for (size_t i = 0; i < n; i++)
        if (a[i].name != b[i].name || a[i].at != b[i].at)
            return false;
    return n > 0;
}

static void test_rows(const struct print_key *k)
{
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        size_t n, m;
        struct print *a = office_prints(k, span_str(rows[i].a), &n),
                     *b = office_prints(k, span_str(rows[i].b), &m);
        check_row(rows[i].name);
        CHECK(n > 0);
        CHECK(same(a, n, b, m) == rows[i].same);
        free(a);
        free(b);
    }
}

/* Texts that say nothing, or too little, have no fingerprints; rows of the same words few. */
static void test_little(const struct print_key *k)
{
    static const struct {
        const char *name, *text;
        size_t times, most;
    } little[] = {
        {"empty", "", 1, 0},
        {"one letter less than a gram", "abcdefghijklmnopqrstuvwxyz01234", 1, 0},
        {"a gram", "abcdefghijklmnopqrstuvwxyz012345", 1, 1},
        {"zeros", "0000 000 000 00\n", 1000, 0},
        {"dashes", "---- ...... ==== \n", 1000, 0},
        {"a form", "Họ và tên: ............ Ngày sinh: ...... ", 1000, 4},
    };

    for (size_t i = 0; i < GH_COUNT(little); i++) {
        struct writer w;
        struct print *v;
        size_t n;
        writer_init(&w, 1 << 20);
        for (size_t t = 0; t < little[i].times; t++)
            writer_str(&w, little[i].text);
        v = office_prints(k, writer_span(&w), &n);
        check_row(little[i].name);
        for (size_t a = 0; a < n; a++) /* different ones */
            for (size_t b = a + 1; b < n; b++)
                if (v[a].name == v[b].name)
                    v[b--] = v[--n];
        CHECK(n <= little[i].most);
        free(v);
        writer_done(&w);
    }
}

/* Letters only, so that a byte is a unit. */
static void letters(uint64_t seed, char *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (char)('a' + office_random(&seed) % 26);
}

static bool shares(const struct print_key *k, struct span a, struct span b)
{
    size_t n, m;
    struct print *v = office_prints(k, a, &n), *w = office_prints(k, b, &m);
    bool found = false;

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m; j++)
            found |= v[i].name == w[j].name;
    free(v);
    free(w);
    return found;
}

/* Any PRINT_GRAM + PRINT_WINDOW - 1 letters in a row that two texts share show; less than PRINT_GRAM never
 * do. */
static void test_promise(const struct print_key *k)
{
    enum { LONG = 400, T = PRINT_GRAM + PRINT_WINDOW - 1 };
    char a[LONG], b[LONG];

    for (uint64_t i = 0; i < 300; i++) {
        uint64_t r = i;
        size_t from = office_random(&r) % (LONG - T), to = office_random(&r) % (LONG - T);
        letters(2 * i, a, LONG);
        letters(2 * i + 1, b, LONG);
        CHECK(!shares(k, span_of(a, LONG), span_of(b, LONG)));
        memcpy(b + to, a + from, PRINT_GRAM - 1);
        b[to + PRINT_GRAM - 1] = a[from + PRINT_GRAM - 1] == 'x' ? 'y' : 'x';
        if (to)
            b[to - 1] = from && a[from - 1] == 'x' ? 'y' : 'x';
        CHECK(!shares(k, span_of(a, LONG), span_of(b, LONG)));
        memcpy(b + to, a + from, T);
        CHECK(shares(k, span_of(a, LONG), span_of(b, LONG)));
    }
}

/* Pieces of any size make the same fingerprints. */
static void test_pieces(const struct print_key *k)
{
    struct writer w;
    size_t n, m;

    check_row("pieces");
    writer_init(&w, 1 << 20);
    office_prose(5, 3000, &w);
    for (size_t i = 0; i < w.n; i++) /* as rule_fold leaves it */
        if (w.p[i] >= 'A' && w.p[i] <= 'Z')
            w.p[i] += 'a' - 'A';
    struct print_text whole, parts;
    print_begin(&whole, k, 1 << 20);
    print_begin(&parts, k, 1 << 20);
    print_feed(&whole, writer_span(&w));
    for (size_t at = 0; at < w.n;) {
        size_t end = at + 1;
        while (end < w.n && (w.p[end] & 0xC0) == 0x80)
            end++;
        print_feed(&parts, span_part(writer_span(&w), at, end - at));
        at = end;
    }
    const struct print *a = print_end(&whole, &n), *b = print_end(&parts, &m);
    CHECK(same(a, n, b, m));
    CHECK(n > 60 && n < 200); /* about 2 / (PRINT_WINDOW + 1) of the letters */
    print_done(&whole);
    print_done(&parts);

    check_row("ceiling");
    print_begin(&whole, k, 10 * sizeof(struct print));
    print_feed(&whole, writer_span(&w));
    (void)print_end(&whole, &n);
    CHECK(!print_ok(&whole) && n <= 10);
    print_done(&whole);
    writer_done(&w);
}

static void test_keys(const struct print_key *k)
{
    struct print_key *other = office_key(9);
    size_t n, m;
    struct print *a = office_prints(k, span_str(A), &n), *b = office_prints(other, span_str(A), &m);

    check_row("another key");
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m; j++)
            CHECK(a[i].name != b[j].name);
    for (size_t i = 0; i < n; i++)
        CHECK(a[i].name >> PRINT_BITS == 0);
    CHECK(print_key_check(k) != print_key_check(other));
    free(a);
    free(b);
    print_key_free(other);
}

int main(void)
{
    struct print_key *k = office_key(1);

    test_rows(k);
    test_little(k);
    test_promise(k);
    test_pieces(k);
    test_keys(k);
    print_key_free(k);
    return check_end();
}
