/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/mark_table.h"

#define VN "vn"
// clang-format off
#define LEVEL(phrase, level, scheme, strength, flags) {phrase, scheme, LEVEL_##level, strength, flags}
#define NOTE(phrase, scheme, strength, flags) {phrase, scheme, LEVEL_NONE, strength, ROW_NOTE | (flags)}
// clang-format on

/* Sources by line of docs/markings.md. Longest phrase wins, order does not matter. */
const struct mark_row mark_rows[] = {
    /* Viet Nam: Law 117/2025/QH15, Decree 63/2026, Circular 24/2020/TT-BCA, Decree 30/2020 */
    LEVEL("tuyệt mật", TUYET_MAT, VN, MEDIUM, 0),
    LEVEL("tối mật", TOI_MAT, VN, MEDIUM, 0),
    LEVEL("mật", MAT, VN, WEAK, 0),
    LEVEL("tài liệu tuyệt mật", TUYET_MAT, VN, MEDIUM, 0),
    LEVEL("tài liệu tối mật", TOI_MAT, VN, MEDIUM, 0),
    LEVEL("tài liệu mật", MAT, VN, WEAK, 0),
    LEVEL("văn bản tuyệt mật", TUYET_MAT, VN, MEDIUM, 0),
    LEVEL("văn bản tối mật", TOI_MAT, VN, MEDIUM, 0),
    LEVEL("văn bản mật", MAT, VN, WEAK, 0),
    LEVEL("công văn tuyệt mật", TUYET_MAT, VN, MEDIUM, 0),
    LEVEL("công văn tối mật", TOI_MAT, VN, MEDIUM, 0),
    LEVEL("công văn mật", MAT, VN, WEAK, 0),
    LEVEL("tuyet mat", TUYET_MAT, VN, MEDIUM, ROW_CAPS | ROW_STRIPPED),
    LEVEL("toi mat", TOI_MAT, VN, MEDIUM, ROW_CAPS | ROW_STRIPPED),
    LEVEL("tai lieu mat", MAT, VN, WEAK, ROW_CAPS | ROW_STRIPPED),
    NOTE("giải mật", VN, MEDIUM, ROW_CANCELS),
    NOTE("đã giải mật", VN, MEDIUM, ROW_CANCELS),
    NOTE("giai mat", VN, MEDIUM, ROW_CANCELS | ROW_CAPS | ROW_STRIPPED),
    NOTE("giảm độ mật", VN, MEDIUM, 0),
    NOTE("tăng độ mật", VN, MEDIUM, 0),
    NOTE("điều chỉnh độ mật", VN, MEDIUM, 0),
    NOTE("hỏa tốc", VN, MEDIUM, 0),
    NOTE("hỏa tốc hẹn giờ", VN, MEDIUM, ROW_LEADS),
    NOTE("hoa toc", VN, MEDIUM, ROW_CAPS | ROW_STRIPPED),
    NOTE("thượng khẩn", VN, MEDIUM, 0),
    NOTE("thuong khan", VN, MEDIUM, ROW_CAPS | ROW_STRIPPED),
    NOTE("khẩn", VN, WEAK, 0),
    NOTE("lưu hành nội bộ", VN, STRONG, ROW_TITLE),
    NOTE("tài liệu lưu hành nội bộ", VN, STRONG, ROW_TITLE),
    NOTE("luu hanh noi bo", VN, STRONG, ROW_CAPS | ROW_STRIPPED),
    NOTE("phổ biến hạn chế", VN, STRONG, ROW_TITLE),
    NOTE("xem xong trả lại", VN, STRONG, 0),
    NOTE("tài liệu thu hồi", VN, STRONG, ROW_LEADS),
    NOTE("chỉ người có tên mới được bóc bì", VN, STRONG, ROW_TITLE),
    NOTE("bí mật nhà nước", VN, STRONG, 0),
    NOTE("tài liệu bí mật nhà nước", VN, STRONG, 0),

    /* NATO: AC/35 security policy names; French forms as France and Belgium write them */
    LEVEL("cosmic top secret", TOP_SECRET, "nato", STRONG, ROW_LEADS),
    LEVEL("cosmic très secret", TOP_SECRET, "nato", STRONG, ROW_LEADS),
    LEVEL("cosmic tres secret", TOP_SECRET, "nato", STRONG, ROW_CAPS),
    LEVEL("nato secret", SECRET, "nato", STRONG, 0),
    LEVEL("nato confidential", CONFIDENTIAL, "nato", STRONG, 0),
    LEVEL("nato restricted", RESTRICTED, "nato", STRONG, 0),
    LEVEL("otan secret", SECRET, "nato", STRONG, 0),
    LEVEL("otan confidentiel", CONFIDENTIAL, "nato", STRONG, 0),
    LEVEL("nato confidentiel", CONFIDENTIAL, "nato", STRONG, 0),
    LEVEL("otan diffusion restreinte", RESTRICTED, "nato", STRONG, 0),
    LEVEL("nato diffusion restreinte", RESTRICTED, "nato", STRONG, 0),
    LEVEL("nato secret otan secret", SECRET, "nato", STRONG, 0),
    LEVEL("nato restricted otan diffusion restreinte", RESTRICTED, "nato", STRONG, 0),
    NOTE("nato unclassified", "nato", STRONG, 0),
    NOTE("otan sans classification", "nato", STRONG, 0),
    NOTE("nato declassified", "nato", STRONG, ROW_CANCELS | ROW_LEADS),

    /* European Union: Council Decision 2013/488/EU and its short forms */
    LEVEL("très secret ue eu top secret", TOP_SECRET, "eu", STRONG, 0),
    LEVEL("tres secret ue eu top secret", TOP_SECRET, "eu", STRONG, ROW_CAPS),
    LEVEL("très secret ue", TOP_SECRET, "eu", STRONG, 0),
    LEVEL("tres secret ue", TOP_SECRET, "eu", STRONG, ROW_CAPS),
    LEVEL("eu top secret", TOP_SECRET, "eu", STRONG, 0),
    LEVEL("secret ue eu secret", SECRET, "eu", STRONG, 0),
    LEVEL("secret ue", SECRET, "eu", STRONG, 0),
    LEVEL("eu secret", SECRET, "eu", STRONG, 0),
    LEVEL("confidentiel ue eu confidential", CONFIDENTIAL, "eu", STRONG, 0),
    LEVEL("confidentiel ue", CONFIDENTIAL, "eu", STRONG, 0),
    LEVEL("eu confidential", CONFIDENTIAL, "eu", STRONG, 0),
    LEVEL("restreint ue eu restricted", RESTRICTED, "eu", STRONG, 0),
    LEVEL("restreint ue", RESTRICTED, "eu", STRONG, 0),
    LEVEL("eu restricted", RESTRICTED, "eu", STRONG, 0),
    LEVEL("ts ue eu ts", TOP_SECRET, "eu", STRONG, ROW_CAPS),
    LEVEL("s ue eu s", SECRET, "eu", STRONG, ROW_CAPS),
    LEVEL("c ue eu c", CONFIDENTIAL, "eu", STRONG, ROW_CAPS),
    LEVEL("r ue eu r", RESTRICTED, "eu", STRONG, ROW_CAPS),

    /* France: IGI 1300 since 1 July 2021, and the names before */
    LEVEL("très secret défense", TOP_SECRET, "fr", STRONG, 0),
    LEVEL("tres secret defense", TOP_SECRET, "fr", STRONG, ROW_CAPS),
    LEVEL("très secret", TOP_SECRET, "fr", MEDIUM, 0),
    LEVEL("tres secret", TOP_SECRET, "fr", MEDIUM, ROW_CAPS),
    LEVEL("secret défense", SECRET, "fr", MEDIUM, 0),
    LEVEL("secret defense", SECRET, "fr", MEDIUM, ROW_CAPS),
    LEVEL("confidentiel défense", CONFIDENTIAL, "fr", STRONG, 0),
    LEVEL("confidentiel defense", CONFIDENTIAL, "fr", STRONG, ROW_CAPS),
    LEVEL("confidentiel", CONFIDENTIAL, "fr", WEAK, 0),
    LEVEL("diffusion restreinte", RESTRICTED, "fr", STRONG, ROW_TITLE),
    NOTE("spécial france", "fr", STRONG, 0),
    NOTE("special france", "fr", STRONG, ROW_CAPS),
    NOTE("non protégé", "fr", MEDIUM, 0),
    NOTE("non classifié", "fr", MEDIUM, 0),
    NOTE("déclassifié", "fr", MEDIUM, ROW_CANCELS | ROW_LEADS),
    NOTE("declassifie", "fr", MEDIUM, ROW_CANCELS | ROW_LEADS | ROW_CAPS),

    /* United Kingdom (GSC and before 2014), United States; "us" is chosen by its caveats, mark_context.c */
    LEVEL("top secret", TOP_SECRET, "uk", MEDIUM, 0),
    LEVEL("secret", SECRET, "uk", WEAK, 0),
    LEVEL("confidential", CONFIDENTIAL, "uk", WEAK, 0),
    LEVEL("restricted", RESTRICTED, "uk", WEAK, 0),
    LEVEL("uk top secret", TOP_SECRET, "uk", STRONG, 0),
    LEVEL("uk secret", SECRET, "uk", STRONG, 0),
    LEVEL("uk confidential", CONFIDENTIAL, "uk", STRONG, 0),
    LEVEL("uk restricted", RESTRICTED, "uk", STRONG, 0),
    LEVEL("official sensitive", RESTRICTED, "uk", STRONG, ROW_CAPS),
    LEVEL("uk official sensitive", RESTRICTED, "uk", STRONG, ROW_CAPS),
    NOTE("official", "uk", WEAK, ROW_CAPS),
    NOTE("unclassified", "uk", MEDIUM, ROW_CAPS),
    NOTE("for official use only", "us", STRONG, ROW_CAPS),
    NOTE("unclassified for official use only", "us", STRONG, ROW_CAPS),
    NOTE("unclas", "us", MEDIUM, ROW_CAPS | ROW_LEADS),
    NOTE("unclassified fouo", "us", STRONG, ROW_CAPS),
    NOTE("declassified", "uk", MEDIUM, ROW_CANCELS | ROW_LEADS),
    NOTE("declassified released us department of state", "us", STRONG, ROW_CANCELS | ROW_LEADS | ROW_TITLE),

    /* Russia: law 5485-1, art. 8; ranks by the table of equivalents, not by the English word */
    LEVEL("особой важности", TOP_SECRET, "ru", MEDIUM, ROW_TITLE),
    LEVEL("совершенно секретно особой важности", TOP_SECRET, "ru", STRONG, ROW_TITLE),
    LEVEL("совершенно секретно", SECRET, "ru", MEDIUM, ROW_TITLE),
    LEVEL("сов секретно", SECRET, "ru", MEDIUM, ROW_TITLE),
    LEVEL("секретно", CONFIDENTIAL, "ru", WEAK, ROW_TITLE),
    LEVEL("для служебного пользования", RESTRICTED, "ru", STRONG, ROW_TITLE),
    LEVEL("дсп", RESTRICTED, "ru", WEAK, ROW_CAPS),
    NOTE("рассекречено", "ru", MEDIUM, ROW_CANCELS | ROW_LEADS),
    NOTE("не секретно", "ru", MEDIUM, 0),
    NOTE("несекретно", "ru", MEDIUM, 0),

    /* China: law on guarding state secrets, GB/T 9704-2012; 启用前 is what stands on every old examination
       paper */
    LEVEL("绝密", TOP_SECRET, "cn", WEAK, 0),
    LEVEL("机密", SECRET, "cn", WEAK, 0),
    LEVEL("秘密", CONFIDENTIAL, "cn", WEAK, 0),
    NOTE("绝密 启用前", "cn", STRONG, 0),
    NOTE("机密 启用前", "cn", STRONG, 0),
    NOTE("秘密 启用前", "cn", STRONG, 0),
    NOTE("绝密 启用前 试卷类型", "cn", STRONG, 0),
    NOTE("解密", "cn", WEAK, ROW_CANCELS),
    NOTE("已解密", "cn", MEDIUM, ROW_CANCELS),
    NOTE("内部资料", "cn", MEDIUM, 0),

    /* TLP 2.0 (FIRST) and 1.0: where a paper may go, not what it is: never a level */
    NOTE("tlp red", "tlp", STRONG, ROW_CAPS | ROW_LEADS),
    NOTE("tlp amber", "tlp", STRONG, ROW_CAPS | ROW_LEADS),
    NOTE("tlp amber strict", "tlp", STRONG, ROW_CAPS | ROW_LEADS),
    NOTE("tlp green", "tlp", STRONG, ROW_CAPS | ROW_LEADS),
    NOTE("tlp clear", "tlp", STRONG, ROW_CAPS | ROW_LEADS),
    NOTE("tlp white", "tlp", STRONG, ROW_CAPS | ROW_LEADS),
};
const size_t mark_rows_count = GH_COUNT(mark_rows);

static uint16_t first_row[256], next_row[GH_COUNT(mark_rows) + 1];
_Static_assert(GH_COUNT(mark_rows) < UINT16_MAX, "row numbers are 16 bits");

int mark_table_init(void)
{
    memset(first_row, 0, sizeof(first_row));
    for (size_t i = 0; i < mark_rows_count; i++) {
        uint8_t head = (uint8_t)mark_rows[i].phrase[0];
        next_row[i + 1] = first_row[head];
        first_row[head] = (uint16_t)(i + 1);
    }
    return mark_lists_init();
}

const struct mark_row *mark_row_at(const struct mark_line *l, unsigned i, unsigned *ret_words)
{
    struct span f = mark_word_fold(l, i);
    const struct mark_row *best = NULL;
    size_t best_n = 0;

    for (unsigned r = f.n ? first_row[f.p[0]] : 0; r; r = next_row[r]) {
        const struct mark_row *row = &mark_rows[r - 1];
        unsigned n = mark_phrase_at(l, i, row->phrase);
        size_t len = strlen(row->phrase);

        if (!n || len <= best_n || ((row->flags & ROW_CAPS) && mark_words_shape(l, i, n) != SHAPE_UPPER))
            continue;
        best = row;
        best_n = len;
        *ret_words = n;
    }
    return best;
}
