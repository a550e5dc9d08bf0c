/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/print_common.h"
#include "rules/yara.h"

/* Decree 30/2020/NĐ-CP on administrative records prescribes the heading; the rest are the grounds that most
 * decisions cite, with the words before and after them. */
static const char *const phrases[] = {
    "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM Độc lập - Tự do - Hạnh phúc",
    "Căn cứ Luật Tổ chức Chính phủ ngày 19 tháng 6 năm 2015",
    "Căn cứ Luật Tổ chức Chính phủ ngày 18 tháng 02 năm 2025",
    "Căn cứ Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm 2015",
    "Căn cứ Luật Tổ chức chính quyền địa phương ngày 16 tháng 6 năm 2025",
    "Luật sửa đổi, bổ sung một số điều của Luật Tổ chức Chính phủ và Luật Tổ chức chính quyền địa phương "
    "ngày 22 tháng "
    "11 năm 2019",
    "Căn cứ Luật Ban hành văn bản quy phạm pháp luật ngày 22 tháng 6 năm 2015",
    "Căn cứ Luật Ban hành văn bản quy phạm pháp luật ngày 19 tháng 02 năm 2025",
    "Căn cứ Luật Bảo vệ bí mật nhà nước ngày 15 tháng 11 năm 2018",
    "Căn cứ Luật Bảo vệ bí mật nhà nước ngày 10 tháng 12 năm 2025",
    "Căn cứ Nghị định số 26/2020/NĐ-CP ngày 28 tháng 02 năm 2020 của Chính phủ quy định chi tiết một số điều "
    "của Luật "
    "Bảo vệ bí mật nhà nước",
    "Căn cứ Nghị định số 30/2020/NĐ-CP ngày 05 tháng 3 năm 2020 của Chính phủ về công tác văn thư",
    "quy định chức năng, nhiệm vụ, quyền hạn và cơ cấu tổ chức của Bộ",
    "chịu trách nhiệm thi hành Quyết định này kể từ ngày ký",
    "Quyết định này có hiệu lực thi hành kể từ ngày ký ban hành",
    /* What programs put into their files unasked. */
    "Click to edit Master title style Click to edit Master text styles Second level Third level Fourth level "
    "Fifth level",
    "Click to edit the title text format Click to edit the outline text format Second Outline Level Third "
    "Outline Level "
    "Fourth Outline Level Fifth Outline Level Sixth Outline Level Seventh Outline Level",
    "Bấm để chỉnh sửa kiểu tiêu đề của Bản cái Bấm để chỉnh sửa kiểu văn bản của Bản cái Mức hai Mức ba Mức "
    "bốn Mức năm",
    "Attribute VB_Name = \"ThisWorkbook\" Attribute VB_Base = \"0{00020819-0000-0000-C000-000000000046}\" "
    "Attribute VB_GlobalNameSpace = False Attribute VB_Creatable = False Attribute VB_PredeclaredId = True "
    "Attribute VB_Exposed = True Attribute VB_TemplateDerived = False Attribute VB_Customizable = True",
    "Attribute VB_Name = \"ThisDocument\" Attribute VB_Base = \"1Normal.ThisDocument\" Attribute "
    "VB_GlobalNameSpace = "
    "False Attribute VB_Creatable = False Attribute VB_PredeclaredId = True Attribute VB_Exposed = True "
    "Attribute VB_TemplateDerived = True Attribute VB_Customizable = True",
    "Attribute VB_Name = \"Sheet1\" Attribute VB_Base = \"0{00020820-0000-0000-C000-000000000046}\" "
    "Attribute "
    "VB_GlobalNameSpace = False",
};

int print_common_add(struct print_build *b, const struct print_key *key)
{
    int rc = 0;

    for (size_t i = 0; i < GH_COUNT(phrases) && !rc; i++) {
        struct print_text t;
        struct writer folded;
        const struct print *v;
        size_t n;
        writer_init(&folded, 4096);
        rule_fold(span_str(phrases[i]), &folded);
        print_begin(&t, key, 1 << 20);
        t.window = 1; /* every gram: whichever winnowing would choose is known */
        print_feed(&t, writer_span(&folded));
        v = print_end(&t, &n);
        if (!print_ok(&t) || !writer_ok(&folded))
            rc = ST_NOMEM;
        for (size_t k = 0; k < n && !rc; k++)
            rc = print_build_common(b, &v[k].name, 1);
        print_done(&t);
        writer_done(&folded);
    }
    return rc;
}
