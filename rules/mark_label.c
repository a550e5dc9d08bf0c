/* SPDX-License-Identifier: GPL-3.0-or-later
 * Machine-readable labels: what their value says, by the same table as the markings but without context,
 * because a label has none. Sources: MS-OI29500 (MSIP), RFC 7444 (SIO-Label), RFC 2156 (Sensitivity), STANAG
 * 4774, the Australian Email Protective Marking Standard. */
#include "rules/mark.h"

#include "rules/mark_words.h"
#include "rules/mark_table.h"

#define VALUE_WORDS_MAX 16 /* a longer value is a remark, not a label */
#define GUID_SIZE 36
#define GUIDS_MAX 1024

static struct guid_level {
    char guid[GUID_SIZE];
    enum level level;
} guids[GUIDS_MAX];
static size_t n_guids;

/* Commercial and national words that are labels but no markings. "highly confidential" is Microsoft's default
 * name: it says no more than confidential. */
static const struct mark_row label_rows[] = {
    {"highly confidential", "label", LEVEL_CONFIDENTIAL, WEAK, 0},
    {"protected", "au", LEVEL_CONFIDENTIAL, WEAK, 0},
    {"official sensitive", "uk", LEVEL_RESTRICTED, WEAK, 0},
    {"protect", "uk", LEVEL_RESTRICTED, WEAK, 0},
};

static struct mark_row best_of(struct span value)
{
    static const char *const nots[] = {"non", "not", "no", "nicht", "không", "ikke"};
    struct mark_row best = {0};
    struct mark_line l;

    mark_line_read(&l, value, 0, value.n < 512 ? value.n : 512);
    if (l.n > VALUE_WORDS_MAX || l.cut)
        return best;
    for (unsigned i = 0; i < l.n; i++) {
        unsigned longest = 0;
        struct mark_row here = {0};
        bool negated = false;

        for (size_t k = 0; k < GH_COUNT(nots); k++)
            negated |= i > 0 && mark_word_is(&l, i - 1, nots[k]);
        for (size_t r = 0; r < mark_rows_count + GH_COUNT(label_rows); r++) {
            const struct mark_row *row =
                r < mark_rows_count ? &mark_rows[r] : &label_rows[r - mark_rows_count];
            unsigned n = mark_phrase_at(&l, i, row->phrase);
            if (n > longest) {
                longest = n;
                here = *row;
            }
        }
        if (!longest)
            continue;
        if (!negated && level_max(best.level, here.level) != best.level)
            best = here;
        i += longest - 1;
    }
    return best;
}

/* The value of name= in a list like "SEC=SECRET, NS=gov.au" or "marking=\"SECRET\"; type=…"; empty when it is
 * not there. */
static struct span parameter(struct span value, const char *name)
{
    size_t len = strlen(name), at = 0;

    for (; at + len < value.n; at++) {
        struct span here = span_part(value, at, value.n - at);
        uint8_t before = at ? value.p[at - 1] : ' ';
        if (!(before == ' ' || before == ';' || before == ',' || before == '\t') ||
            !span_starts_nocase(here, name))
            continue;
        here = span_part(here, len, here.n - len);
        struct span rest = span_trim(here);
        if (!rest.n || rest.p[0] != '=')
            continue;
        rest = span_trim(span_part(rest, 1, rest.n - 1));
        bool quoted = rest.n && rest.p[0] == '"';
        size_t n = quoted, end;
        while (n < rest.n && rest.p[n] != (quoted ? '"' : ',') && (quoted || rest.p[n] != ';'))
            n++;
        end = n;
        return span_part(rest, quoted, end - quoted);
    }
    return (struct span){0};
}

/* ---- the table of label GUIDs ---- */

static bool is_guid(struct span s)
{
    for (size_t i = 0; i < GUID_SIZE; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        uint8_t b = i < s.n ? s.p[i] : 0;
        bool hex = (b >= '0' && b <= '9') || ((b | 0x20) >= 'a' && (b | 0x20) <= 'f');
        if (dash ? b != '-' : !hex)
            return false;
    }
    return true;
}

static void guid_lower(struct span s, char out[GUID_SIZE])
{
    for (size_t i = 0; i < GUID_SIZE; i++)
        out[i] = (char)(s.p[i] >= 'A' && s.p[i] <= 'F' ? s.p[i] + 32 : s.p[i]);
}

static enum level guid_find(struct span s)
{
    char guid[GUID_SIZE];

    for (size_t at = 0; at + GUID_SIZE <= s.n; at++) {
        struct span here = span_part(s, at, GUID_SIZE);
        if (!is_guid(here))
            continue;
        guid_lower(here, guid);
        for (size_t i = 0; i < n_guids; i++)
            if (memcmp(guids[i].guid, guid, GUID_SIZE) == 0)
                return guids[i].level;
    }
    return LEVEL_NONE;
}

static bool level_parse(struct span s, enum level *ret)
{
    for (enum level l = LEVEL_NONE; l <= LEVEL_TUYET_MAT; l++)
        if (span_eq_nocase(s, level_name(l))) {
            *ret = l;
            return true;
        }
    return false;
}

int mark_label_guids(struct span table, unsigned *ret_line)
{
    struct reader r = reader_span(table);
    unsigned line_no = 0;

    while (reader_left(&r)) {
        struct span line;
        if (!reader_line(&r, &line))
            line = reader_rest(&r);
        line = span_trim(line);
        line_no++;
        if (!line.n || line.p[0] == '#')
            continue;
        struct span rest = span_trim(span_part(line, GUID_SIZE, line.n));
        enum level level;
        *ret_line = line_no;
        if (!is_guid(line) || !level_parse(rest, &level))
            return ST_USAGE;
        if (n_guids == GUIDS_MAX)
            return ST_LIMIT;
        guid_lower(line, guids[n_guids].guid);
        guids[n_guids++].level = level;
    }
    return 0;
}

/* ---- which labels state a level, and where in the value ---- */

enum value_form { WHOLE, MSIP_NAME, MSIP_LIST, PARAMETER };
static const struct {
    const char *kind, *key; /* key "" = any; compared without blanks, dashes and underscores, in lower case */
    enum value_form form;
    const char *parameter;
    const char *scheme; /* of values in plain English words */
} labels[] = {
    {"msip", "", MSIP_NAME, NULL, "label"},
    {"header", "msiplabels", MSIP_LIST, NULL, "label"},
    {"header", "siolabel", PARAMETER, "marking", "label"},
    {"header", "xsiolabel", PARAMETER, "marking", "label"},
    {"header", "xprotectivemarking", PARAMETER, "sec", "au"},
    {"header", "sensitivity", WHOLE, NULL, "label"},
    {"header", "xclassification", WHOLE, NULL, "label"},
    {"header", "xsecurityclassification", WHOLE, NULL, "label"},
    {"header", "xtitusclassification", WHOLE, NULL, "label"},
    {"header", "xtituslabel", WHOLE, NULL, "label"},
    {"header", "xmessageclassification", WHOLE, NULL, "label"},
    {"stanag4774", "classification", WHOLE, NULL, "nato"},
    {"property", "classification", WHOLE, NULL, "label"},
    {"property", "classificationlevel", WHOLE, NULL, "label"},
    {"property", "securityclassification", WHOLE, NULL, "label"},
    {"property", "documentclassification", WHOLE, NULL, "label"},
    {"property", "informationclassification", WHOLE, NULL, "label"},
    {"property", "titusclassification", WHOLE, NULL, "label"},
    {"property", "bjdocumentsecuritylabel", WHOLE, NULL, "label"},
    {"property", "sensitivity", WHOLE, NULL, "label"},
    {"property", "sensitivitylabel", WHOLE, NULL, "label"},
    {"property", "protectivemarking", WHOLE, NULL, "label"},
    {"property", "securitymarking", WHOLE, NULL, "label"},
    {"property", "securitylabel", WHOLE, NULL, "label"},
    {"property", "marking", WHOLE, NULL, "label"},
    {"property", "độmật", WHOLE, NULL, "vn"},
    {"property", "mứcđộmật", WHOLE, NULL, "vn"},
    {"property", "domat", WHOLE, NULL, "vn"},
    {"property", "mucdomat", WHOLE, NULL, "vn"},
    {"property", "niveaudeclassification", WHOLE, NULL, "fr"},
    {"property", "грифсекретности", WHOLE, NULL, "ru"},
    {"property", "密级", WHOLE, NULL, "cn"},
};

/* Key without blanks, dashes and underscores, folded. */
static struct span key_fold(struct span key, char *buf, size_t cap)
{
    struct mark_line l;
    size_t n = 0;

    mark_line_read(&l, key, 0, key.n < 128 ? key.n : 128);
    for (unsigned i = 0; i < l.n; i++) {
        struct span w = mark_word_fold(&l, i);
        if (w.n > cap - n)
            break;
        memcpy(buf + n, w.p, w.n);
        n += w.n;
    }
    return span_of(buf, n);
}

static bool ends_nocase(struct span s, const char *tail)
{
    size_t n = strlen(tail);

    return s.n >= n && span_eq_nocase(span_part(s, s.n - n, n), tail);
}

/* "MSIP_Label_<GUID>_Name=Confidential; MSIP_Label_<GUID>_Enabled=true; …": the value of the first …_Name. */
static struct span msip_name(struct span list)
{
    ptrdiff_t at = span_find(list, span_str("_Name="), 0);

    if (at < 0)
        return (struct span){0};
    list = span_part(list, (size_t)at + 6, list.n);
    ptrdiff_t end = span_find_byte(list, ';', 0);
    return span_part(list, 0, end < 0 ? list.n : (size_t)end);
}

enum level mark_label(const char *kind, struct span key, struct span value, const char **ret_scheme)
{
    char buf[128];
    struct span folded = key_fold(key, buf, sizeof(buf));
    struct mark_row best;

    for (size_t i = 0; i < GH_COUNT(labels); i++) {
        struct span part = value;
        if (strcmp(kind, labels[i].kind) != 0 ||
            (labels[i].key[0] && !span_eq(folded, span_str(labels[i].key))))
            continue;
        if (labels[i].form == MSIP_NAME || labels[i].form == MSIP_LIST) {
            enum level level = labels[i].form == MSIP_NAME ? guid_find(key) : LEVEL_NONE;
            if (level == LEVEL_NONE)
                level = guid_find(value);
            if (level != LEVEL_NONE) {
                if (ret_scheme)
                    *ret_scheme = level >= LEVEL_MAT ? "vn" : labels[i].scheme;
                return level;
            }
            if (labels[i].form == MSIP_LIST)
                part = msip_name(value);
            else if (span_find(key, span_str("MSIP_Label_"), 0) >= 0 && !ends_nocase(key, "_Name"))
                return LEVEL_NONE;
        } else if (labels[i].form == PARAMETER) {
            part = parameter(value, labels[i].parameter);
        }
        best = best_of(part);
        if (best.level != LEVEL_NONE && ret_scheme)
            *ret_scheme = strcmp(best.scheme, "uk") == 0 ? labels[i].scheme : best.scheme;
        return best.level;
    }
    return LEVEL_NONE;
}
