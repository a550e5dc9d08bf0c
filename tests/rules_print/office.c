/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/rules_print/office.h"
#include "rules/yara.h"

#include <stdlib.h>

static const char *const syllables[] = {
    "đoàn",  "thăm", "chính", "thức",   "kế",     "hoạch", "báo",  "cáo",   "tình",   "hình", "biển", "đảo",
    "hợp",   "tác",  "song",  "phương", "lãnh",   "sự",    "công", "dân",   "hỗ",     "trợ",  "khẩn", "cấp",
    "thiên", "tai",  "lũ",    "miền",   "núi",    "phía",  "bắc",  "cửa",   "khẩu",   "hàng", "hóa",  "thông",
    "quan",  "kinh", "tế",    "thương", "mại",    "đầu",   "tư",   "nguồn", "vốn",    "vay",  "ưu",   "đãi",
    "dự",    "án",   "cầu",   "đường",  "sắt",    "cao",   "tốc",  "giáo",  "dục",    "học",  "bổng", "sinh",
    "viên",  "trao", "đổi",   "văn",    "nghệ",   "triển", "lãm",  "phiên", "họp",    "lần",  "thứ",  "bảy",
    "ủy",    "ban",  "liên",  "ngành",  "xăng",   "dầu",   "giá",  "thị",   "trường", "nông", "sản",  "cà",
    "phê",   "gạo",  "xuất",  "nhập",   "rừng",   "nước",  "môi",  "khí",   "hậu",    "sông", "hạ",   "lưu",
    "đập",   "thủy", "điện",  "y",      "vắc",    "xin",   "dịch", "bệnh",  "viện",   "lao",  "động", "nghề",
    "cá",    "ngư",  "trại",  "tàu",    "thuyền", "cảng",  "quốc", "luật",  "hiệp",
};
/* What stands in every second letter. Each is shorter than a stretch that counts. */
static const char *const phrases[] = {
    "Kính gửi: Thủ trưởng các đơn vị",
    "Thực hiện ý kiến chỉ đạo của Lãnh đạo Bộ,",
    "Đề nghị các đơn vị nghiên cứu, có ý kiến",
    "gửi về Văn phòng trước ngày",
    "để tổng hợp, báo cáo cấp có thẩm quyền.",
    "Trong quá trình thực hiện, nếu có vướng mắc,",
    "xin trân trọng cảm ơn sự hợp tác của Quý cơ quan.",
    "Nơi nhận: Như trên; Lưu: VT, hồ sơ.",
    "phối hợp chặt chẽ với các bộ, ngành liên quan",
    "theo chức năng, nhiệm vụ được giao",
};

uint64_t office_random(uint64_t *state)
{
    uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

struct print_key *office_key(uint8_t n)
{
    uint8_t secret[SEAL_KEY] = {n, 1, 2, 3};
    struct print_key *k;

    gh_check(seal_init() == 0 && rule_fold_warm_up() == 0);
    k = print_key_new(secret);
    gh_check(k);
    return k;
}

void office_prose(uint64_t seed, size_t chars, struct writer *out)
{
    uint64_t r = seed * 1000003 + 7;
    size_t end = out->n + chars;

    writer_str(out, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc\n");
    while (out->n < end) {
        size_t words = 8 + office_random(&r) % 20;
        for (size_t i = 0; i < words; i++)
            writer_printf(out, "%s ", syllables[office_random(&r) % GH_COUNT(syllables)]);
        if (office_random(&r) % 3 == 0)
            writer_str(out, phrases[office_random(&r) % GH_COUNT(phrases)]);
        writer_str(out, office_random(&r) % 4 ? ", " : ".\n");
    }
    gh_check(writer_ok(out));
}

struct print *office_prints(const struct print_key *k, struct span text, size_t *ret_n)
{
    struct writer folded;
    struct print_text t;
    const struct print *v;
    struct print *copy;

    writer_init(&folded, 64u << 20);
    rule_fold(text, &folded);
    print_begin(&t, k, 64u << 20);
    print_feed(&t, writer_span(&folded));
    v = print_end(&t, ret_n);
    gh_check(print_ok(&t) && writer_ok(&folded));
    copy = reallocarray(NULL, *ret_n + 1, sizeof(*copy));
    gh_check(copy);
    if (*ret_n)
        memcpy(copy, v, *ret_n * sizeof(*copy));
    print_done(&t);
    writer_done(&folded);
    return copy;
}

uint64_t *office_names(const struct print_key *k, struct span text, size_t *ret_n)
{
    struct print *v = office_prints(k, text, ret_n);
    uint64_t *names = reallocarray(NULL, *ret_n + 1, sizeof(*names));

    gh_check(names);
    for (size_t i = 0; i < *ret_n; i++)
        names[i] = v[i].name;
    free(v);
    return names;
}
