/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/mark.h"
#include "tests/check.h"

#define GUID "0a1b2c3d-0000-4111-8222-abcdefabcdef"

static const struct {
    const char *kind, *key, *value;
    enum level level;
    const char *scheme; /* NULL: not asked */
} labels[] = {
    {"msip", "MSIP_Label_11111111-2222-3333-4444-555555555555_Name", "Confidential", LEVEL_CONFIDENTIAL, "label"},
    {"msip", "MSIP_Label_11111111-2222-3333-4444-555555555555_Name", "Highly Confidential", LEVEL_CONFIDENTIAL, NULL},
    {"msip", "MSIP_Label_11111111-2222-3333-4444-555555555555_Name", "Confidential\\All Employees", LEVEL_CONFIDENTIAL, NULL},
    {"msip", "MSIP_Label_11111111-2222-3333-4444-555555555555_Name", "Tối mật", LEVEL_TOI_MAT, "vn"},
    {"msip", "MSIP_Label_11111111-2222-3333-4444-555555555555_Name", "TUYỆT MẬT", LEVEL_TUYET_MAT, "vn"},
    {"msip", "MSIP_Label_11111111-2222-3333-4444-555555555555_Name", "Mật", LEVEL_MAT, "vn"},
    {"msip", "MSIP_Label_11111111-2222-3333-4444-555555555555_Name", "Secret", LEVEL_SECRET, "label"},
    {"msip", "MSIP_Label_11111111-2222-3333-4444-555555555555_Name", "Top Secret", LEVEL_TOP_SECRET, NULL},
    {"msip", "MSIP_Label_11111111-2222-3333-4444-555555555555_Name", "Official-Sensitive", LEVEL_RESTRICTED, NULL},
    {"msip", "MSIP_Label_11111111-2222-3333-4444-555555555555_Name", "Diffusion Restreinte", LEVEL_RESTRICTED, "fr"},
    {"msip", "MSIP_Label_11111111-2222-3333-4444-555555555555_Name", "NATO Restricted", LEVEL_RESTRICTED, "nato"},
    {"msip", "MSIP_Label_11111111-2222-3333-4444-555555555555_Name", "General", LEVEL_NONE, NULL},
    {"msip", "MSIP_Label_11111111-2222-3333-4444-555555555555_Name", "Public", LEVEL_NONE, NULL},
    {"msip", "MSIP_Label_11111111-2222-3333-4444-555555555555_Name", "Non-Confidential", LEVEL_NONE, NULL},
    {"msip", "MSIP_Label_11111111-2222-3333-4444-555555555555_Name", "Không mật", LEVEL_NONE, NULL},
    {"msip", "MSIP_Label_11111111-2222-3333-4444-555555555555_Method", "Confidential", LEVEL_NONE, NULL},
    {"msip", "MSIP_Label_11111111-2222-3333-4444-555555555555_SiteId", "x", LEVEL_NONE, NULL},
    {"msip", "MSIP_Label_" GUID "_Enabled", "true", LEVEL_TOI_MAT, "vn"},
    {"msip", "LabelInfo", "{0A1B2C3D-0000-4111-8222-ABCDEFABCDEF}", LEVEL_TOI_MAT, "vn"},
    {"msip", "LabelInfo", "{99999999-0000-4111-8222-ABCDEFABCDEF}", LEVEL_NONE, NULL},
    {"header", "msip_labels", "MSIP_Label_1_Enabled=true; MSIP_Label_1_Name=Secret; MSIP_Label_1_SiteId=x", LEVEL_SECRET, NULL},
    {"header", "msip_labels", "MSIP_Label_1_Enabled=true", LEVEL_NONE, NULL},
    {"header", "Sensitivity", "Company-Confidential", LEVEL_CONFIDENTIAL, "label"},
    {"header", "Sensitivity", "Private", LEVEL_NONE, NULL},
    {"header", "X-Classification", "SECRET", LEVEL_SECRET, NULL},
    {"header", "X-Classification", "UNCLASSIFIED", LEVEL_NONE, NULL},
    {"header", "X-Classification", "Độ mật: Mật", LEVEL_MAT, "vn"},
    {"header", "x-protective-marking", "VER=2018.3, NS=gov.au, SEC=SECRET, ORIGIN=a@b.example", LEVEL_SECRET, "au"},
    {"header", "X-Protective-Marking", "VER=2018.3, NS=gov.au, SEC=PROTECTED", LEVEL_CONFIDENTIAL, "au"},
    {"header", "X-Protective-Marking", "VER=2018.3, NS=gov.au, SEC=OFFICIAL:Sensitive", LEVEL_RESTRICTED, "au"},
    {"header", "X-Protective-Marking", "VER=2018.3, NS=secret.example, SEC=OFFICIAL", LEVEL_NONE, NULL},
    {"header", "SIO-Label", "marking=\"NATO SECRET\"; fgcolor=black; type=\":ess\"", LEVEL_SECRET, "nato"},
    {"header", "SIO-Label", "fgcolor=black; marking = CONFIDENTIAL", LEVEL_CONFIDENTIAL, "label"},
    {"header", "SIO-Label", "fgcolor=secret; type=x", LEVEL_NONE, NULL},
    {"header", "Subject", "SECRET", LEVEL_NONE, NULL},
    {"stanag4774", "Classification", "SECRET", LEVEL_SECRET, "nato"},
    {"stanag4774", "Classification", "UNCLASSIFIED", LEVEL_NONE, NULL},
    {"stanag4774", "PolicyIdentifier", "SECRET", LEVEL_NONE, NULL},
    {"property", "Classification", "Restricted", LEVEL_RESTRICTED, "label"},
    {"property", "Độ mật", "Tuyệt mật", LEVEL_TUYET_MAT, "vn"},
    {"property", "do_mat", "TOI MAT", LEVEL_TOI_MAT, "vn"},
    {"property", "Security Classification", "RESTREINT UE/EU RESTRICTED", LEVEL_RESTRICTED, "eu"},
    {"property", "Title", "SECRET", LEVEL_NONE, NULL},
    {"property", "Classification", "Handle this with the usual care that we give to all things of this kind, which may be secret or not", LEVEL_NONE, NULL},
    {"tlp", "TLP", "TLP:RED", LEVEL_NONE, NULL},
    {"header", "SIO-Label", "", LEVEL_NONE, NULL},
    {"header", "SIO-Label", "marking=\"SECRET", LEVEL_SECRET, NULL},
    {"header", "SIO-Label", "marking=", LEVEL_NONE, NULL},
};

static const struct {
    const char *text, *language;
} texts[] = {
    {"Báo cáo tổng hợp ý kiến các đơn vị về kế hoạch luân chuyển cán bộ.", "vi"},
    {"MẬT ONG", ""},
    {"ĐỔI MẬT KHẨU", "vi"},
    {"Bao cao cua don vi duoc gui cho nguoi phu trach, khong gui cho nhung nguoi khac.", "vi"},
    {"The delegation of the kingdom signalled in the margins that it could accept the quota.", "en"},
    {"Le bailleur n'a été informé que d'une révision du bail. Le matériel est dans les caisses.", "fr"},
    {"Делегация могла бы согласиться с квотой.", "ru"},
    {"代表团可以接受该配额。", "zh"},
    {"ARRÊT DES TRAVAUX EN FORÊT. INTÉRÊT GÉNÉRAL ET PRÊT À INTÉRÊT. Texte libre pour les habitants.", "fr"},
    {"12345 67890", ""},
    {"", ""},
};

int main(void)
{
    unsigned line = 0;

    check_row("guid table");
    CHECK(mark_label_guids(span_str("# ours\n\n0A1B2C3D-0000-4111-8222-ABCDEFABCDEF toi_mat\r\n"), &line) == 0);
    CHECK(mark_label_guids(span_str("# ours\n0A1B2C3D-0000-4111-8222-ABCDEFABCDEF no_level\n"), &line) == ST_USAGE);
    CHECK_U64(line, 2);
    CHECK(mark_label_guids(span_str("0A1B2C3D secret"), &line) == ST_USAGE);
    for (size_t i = 0; i < GH_COUNT(labels); i++) {
        const char *scheme = "none";
        check_row(labels[i].value);
        enum level level = mark_label(labels[i].kind, span_str(labels[i].key), span_str(labels[i].value), &scheme);
        CHECK_STR(level_name(level), level_name(labels[i].level));
        if (labels[i].scheme)
            CHECK_STR(scheme, labels[i].scheme);
    }
    for (size_t i = 0; i < GH_COUNT(texts); i++) {
        check_row(texts[i].text);
        CHECK_STR(mark_language(span_str(texts[i].text)), texts[i].language);
    }
    return check_end();
}
