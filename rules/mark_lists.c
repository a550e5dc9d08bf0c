/* SPDX-License-Identifier: GPL-3.0-or-later
 * What stands around markings: the filter's patterns, field names, caveats, handling instructions, other
 * words with "mật". */
#include "rules/mark_filter.h"
#include "rules/mark_table.h"

/* One anchor at least per row (tested): the rarest piece that every spelling of it has. Letter-spaced forms
 * have anchors of their own. */
static const struct mark_pattern patterns[] = {
    {BIT_ANCHOR,
     "mật|m ậ t|tuyet|t u y e t|toi mat|t o i m a t|t o i  m a t|t o i   m a t|lieu mat|"
     "giai mat|tốc|t ố c|hoa toc|khẩn|k h ẩ n|khan|nội bộ|noi bo|hạn chế|xem xong|thu hồi|"
     "bóc bì|secret|s e c r e t|confiden|c o n f i d|restrict|r e s t r|restrein|classifi|"
     "ue/eu|ue / eu|spécial|special france|non protégé|official|unclas|declass|déclass|"
     "u n c l a s|tlp|секретно|с е к р е т|важности|служебного|рассекреч|дсп|绝密|绝 密|绝　密|絕密|机密|"
     "机 密|机　密|機密|秘密|秘 "
     "密|秘　密|解密|内部资料|\u00ad|\u200b|\u200c|\u200d|\u2060|\ufeff|\uff2d|\uff33|"
     "\uff34|\uff23|s\u0435|\u0455e|e\u0441|\u0441r|r\u0435|\u0441o|c\u043e|\u0435t"},
    {BIT_PORTION, "(s//|(ts//|(c//|(u//|(s)|(ts)|(c)|(u)|(r)|(cts)|(ns)|(nc)|(nr)|(nu)|(s/|(c/|(ts/|(sbu)"},
    {BIT_NUMBER, "số:|số :"},
    {BIT_OFFICE, "hòa xã hội|hoà xã hội|độc lập - tự|độc lập – tự|kính gửi|nơi nhận|lưu: vt|v/v|bản số|"
                 "trích yếu|độ khẩn|đại sứ quán|xa hoi chu nghia|kinh gui|noi nhan"},
    {BIT_US, "e.o. 1|classified by|derived from|declassify on|sipdis|noforn|tags:|orcon|rel to usa|"
             "//nf"},
    {BIT_LETTER, "subject:|objet|subj:|reference:|ref:|to:|copy no|copy number|embassy|ambassade|telegram|"
                 "memorandum|экз|份号|exemplaire|ministry|ministère"},
    {BIT_FICTION,
     "phim|đạo diễn|diễn viên|tiểu thuyết|truyện|nhà xuất bản|khởi chiếu|ca khúc|trò chơi|"
     "nhân vật|vở kịch|tác giả| film|movie| novel|starring|directed by|box office|episode|"
     "thriller|recipe|trailer|video game|lyrics|фильм|роман|电影|小说|le film|1080p|720p|mp3|isbn|"
     "perfume|eau de|cast:|cinema|cinéma"},
    {BIT_LAW, "phân loại|độ mật gồm|bảo vệ bí mật nhà nước|ba mức|câu hỏi|trắc nghiệm|mẫu dấu|"
              "dấu chỉ độ mật|levels of classification|classification level|"
              "security classification system|classification guide|classified information|"
              "means information|damage to national security|damage to the national security|"
              "three levels|niveaux de classification|степени секретности|degrees of secrecy|三级|密级分为|"
              "glossary|definition"},
    {BIT_DISCLAIM, "this e-mail|this email|this message|this communication|this transmission|"
                   "intended recipient|privileged|attachments|disclaimer|confidentiality notice|addressee|"
                   "email này|thư điện tử này|người nhận dự kiến|ce message|ce courriel|destinataire|"
                   "non-disclosure agreement"},
    {BIT_HONEY, "mật ong|mật mía|nuôi ong|tổ ong|nguyên chất|túi mật|sỏi mật|đường phèn|gan mật|thực đơn"},
};

static const char *const fields[] = {"độ mật",
                                     "mức độ mật",
                                     "cấp độ mật",
                                     "mức mật",
                                     "cấp mật",
                                     "độ mật tài liệu",
                                     "độ mật văn bản",
                                     "dấu độ mật",
                                     "do mat",
                                     "muc do mat",
                                     "độ khẩn",
                                     "mức độ khẩn",
                                     "do khan",
                                     "classification",
                                     "security classification",
                                     "classification level",
                                     "overall classification",
                                     "document classification",
                                     "protective marking",
                                     "security marking",
                                     "information classification",
                                     "niveau de classification",
                                     "niveau de protection",
                                     "mention de protection",
                                     "гриф",
                                     "гриф секретности",
                                     "степень секретности",
                                     "密级",
                                     "密级和保密期限"};

/* Caveats and dissemination words of UK, US, NATO, EU; page and copy numbering. */
static const char *const companions[] = {
    "noforn",  "nf",         "orcon",      "propin",  "imcon",   "rel",         "to",      "usa",
    "us",      "uk",         "fvey",       "aus",     "can",     "gbr",         "nzl",     "si",
    "tk",      "hcs",        "comint",     "sci",     "rsen",    "limdis",      "exdis",   "nodis",
    "sipdis",  "stadis",     "sensitive",  "fouo",    "cui",     "sbu",         "eyes",    "only",
    "strap",   "strap1",     "strap2",     "strap3",  "atomal",  "bohemia",     "locsen",  "personal",
    "copy",    "copies",     "no",         "nr",      "of",      "page",        "pages",   "p",
    "pg",      "trang",      "tờ",         "bản",     "số",      "ban",         "so",      "seite",
    "sur",     "ex",         "exemplaire", "n",       "экз",     "экземпляр",   "стр",     "из",
    "n°",      "第",         "页",         "共",      "份",      "umbra",       "gamma",   "talent",
    "keyhole", "releasable", "rd",         "frd",     "aged",    "immediate",   "routine", "priority",
    "flash",   "canzuk",     "australia",  "new",     "zealand", "canada",      "from",    "từ",
    "ngày",    "tháng",      "năm",        "euratom", "limite",  "releaseable", "crypto",  "cryptosecurity",
    "ccia",    "déf",        "spécial",    "france",  "special"};

static const char *const handlings[] = {"chỉ người",
                                        "chỉ phổ biến",
                                        "chỉ lưu hành",
                                        "không sao chụp",
                                        "không phổ biến",
                                        "không được",
                                        "cấm sao",
                                        "cấm phổ biến",
                                        "tài liệu này",
                                        "xem xong",
                                        "thu hồi",
                                        "nộp lại",
                                        "bảo quản",
                                        "not to be copied",
                                        "do not copy",
                                        "do not distribute",
                                        "not for distribution",
                                        "no copies",
                                        "for named",
                                        "handle via",
                                        "for the eyes of",
                                        "ne pas",
                                        "section",
                                        "by hand",
                                        "not releasable",
                                        "releasable to",
                                        "in confidence",
                                        "when completed",
                                        "when filled in",
                                        "with attachments",
                                        "upon removal",
                                        "until",
                                        "personal for",
                                        "addressee only"};

/* What follows a declassification on its line. */
static const char *const releases[] = {
    "authority",          "by",  "per", "under", "in full", "on",  "released", "pursuant",      "eo",
    "publicly disclosed", "par", "le",  "date",  "nw",      "nnd", "акт",      "в соответствии"};

/* "mật" behind or before these is another word, also when a line break or a cell stands between. */
static const char *const joins_before[] = {"bảo",   "bí",   "cơ",    "thân", "cẩn", "túi",
                                           "dịch",  "chim", "trăng", "sỏi",  "gan", "ống",
                                           "đường", "lấy",  "mứt",   "kẹo",  "mã",  "giữ"};
static const char *const joins_after[] = {"khẩu", "mã", "ong", "mía", "thiết", "gấu", "hoa", "ngọt"};

int mark_lists_init(void)
{
    return mark_filter_init(patterns, GH_COUNT(patterns));
}

static unsigned list_at(const struct mark_line *l, unsigned i, const char *const *list, size_t n)
{
    unsigned best = 0;

    for (size_t k = 0; k < n; k++) {
        unsigned words = mark_phrase_at(l, i, list[k]);
        if (words > best)
            best = words;
    }
    return best;
}

unsigned mark_field_at(const struct mark_line *l, unsigned i)
{
    return list_at(l, i, fields, GH_COUNT(fields));
}

bool mark_companion(const struct mark_line *l, unsigned i)
{
    return l->w[i].shape == SHAPE_DIGITS || list_at(l, i, companions, GH_COUNT(companions));
}

bool mark_handling(const struct mark_line *l, unsigned i)
{
    return list_at(l, i, handlings, GH_COUNT(handlings)) != 0;
}

bool mark_release(const struct mark_line *l, unsigned i)
{
    return l->w[i].shape == SHAPE_DIGITS || list_at(l, i, releases, GH_COUNT(releases));
}

static bool in_list(struct span word, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (span_eq(word, span_str(list[i])))
            return true;
    return false;
}

bool mark_joins_before(struct span word)
{
    return in_list(word, joins_before, GH_COUNT(joins_before));
}

bool mark_joins_after(struct span word)
{
    return in_list(word, joins_after, GH_COUNT(joins_after));
}
