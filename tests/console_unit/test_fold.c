/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/fold.h"
#include "tests/check.h"

static const struct {
    const char *text, *want;
} rows[] = {
    {"Công điện", "cong dien"},
    {"CÔNG ĐIỆN", "cong dien"},
    {"cong dien", "cong dien"},
    {"Co\xcc\x82ng d\xcc\xa3ie\xcc\xa3\xcc\x82n", "cong dien"}, /* NFD */
    {"TUYỆT MẬT", "tuyet mat"},
    {"Nguyễn Hữu Thọ, ưỡn ẹo, Ỹ ỷ Ợ", "nguyen huu tho, uon eo, y y o"},
    {"Straße Ærø Łódź", "straße Æro lodz"}, /* ß and æ are letters of their own */
    {"Ελλάδα 机密", "Ελλάδα 机密"},
    {"", ""},
    {"\xff", "\xef\xbf\xbd"},
};

int main(void)
{
    const char *p[4];
    struct writer w;

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        writer_init(&w, 4096);
        fold_text(&w, span_str(rows[i].text));
        check_row(rows[i].text);
        CHECK_STR(writer_cstr(&w), rows[i].want);
        writer_done(&w);
    }
    writer_init(&w, 4096);
    check_row("patterns");
    CHECK(fold_patterns(&w, span_str("  Công\t50%_\\ x y z"), p, 4) == 4);
    CHECK_STR(p[0], "%cong%");
    CHECK_STR(p[1], "%50\\%\\_\\\\%");
    CHECK_STR(p[3], "%y%");
    writer_done(&w);
    writer_init(&w, 4);
    check_row("too small");
    CHECK(fold_patterns(&w, span_str("longer"), p, 4) == 0);
    writer_done(&w);
    return check_end();
}
