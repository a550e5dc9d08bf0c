/* SPDX-License-Identifier: GPL-3.0-or-later
 * Portion marks, file names and recognised text: the forms that are not lines of words. */
#include "base/text.h"
#include "rules/mark_context.h"

/* ---- portion marks: US CAPCO register, NATO and UK paragraph marks ---- */

struct portion {
    const char *letters;
    struct mark_row bare, slashed; /* "(S)", "(S//NF)" */
};
#define PORTION(letters, level, scheme, flags)                                                               \
    {                                                                                                        \
        letters, {"(" letters ")", scheme, LEVEL_##level, WEAK, flags},                                      \
        {                                                                                                    \
            "(" letters "//)", scheme, LEVEL_##level, STRONG, flags                                          \
        }                                                                                                    \
    }
static const struct portion portions[] = {
    PORTION("TS", TOP_SECRET, "us", 0),     PORTION("S", SECRET, "us", 0),
    PORTION("C", CONFIDENTIAL, "us", 0),    PORTION("U", NONE, "us", ROW_NOTE),
    PORTION("SBU", NONE, "us", ROW_NOTE),   PORTION("R", RESTRICTED, "uk", 0),
    PORTION("CTS", TOP_SECRET, "nato", 0),  PORTION("NS", SECRET, "nato", 0),
    PORTION("NC", CONFIDENTIAL, "nato", 0), PORTION("NR", RESTRICTED, "nato", 0),
    PORTION("NU", NONE, "nato", ROW_NOTE),
};

/* Only a list number or bullet may stand before a portion mark. */
static bool starts_line(struct span text, size_t open)
{
    size_t from, to, seen = 0;
    bool cut;

    mark_line_bounds(text, open, 24, &from, &to, &cut);
    if (cut && open - from >= 20)
        return false;
    for (; from < open; from++) {
        uint8_t b = text.p[from];
        bool letter = (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z');
        seen += letter || (b >= '0' && b <= '9');
        if (seen > 4 || (letter && seen > 1))
            return false;
    }
    return true;
}

/* Caveats up to the closing bracket; 0 when there is none near or small letters stand there. */
static size_t caveats_end(struct span text, size_t pos)
{
    struct reader r = reader_span(span_part(text, pos, 60));

    while (reader_left(&r)) {
        uint8_t b = reader_u8(&r);
        if (b == ')')
            return pos + r.pos;
        if (!((b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9') || b == ' ' || b == ',' || b == '/' ||
              b == '-' || b == '&'))
            return 0;
    }
    return 0;
}

void mark_portion(struct mark_case *c, size_t text, size_t hit)
{
    struct span s = c->texts[text].text, near = span_part(s, hit > 6 ? hit - 6 : 0, hit > 6 ? 6 : hit);
    struct mark_candidate found = {.text = text, .form = FORM_PORTION, .shape = SHAPE_UPPER};
    size_t open = hit, n = 0;
    bool slashed;

    while (open > hit - near.n && s.p[open - 1] != '(')
        open--;
    if (open == hit - near.n)
        return;
    while (open + n < s.n && s.p[open + n] >= 'A' && s.p[open + n] <= 'Z')
        n++;
    slashed = open + n < s.n && s.p[open + n] == '/';
    found.at = open - 1;
    found.end = slashed ? caveats_end(s, open + n) : open + n + 1;
    if (!n || !found.end || found.end > s.n || s.p[found.end - 1] != ')' || !starts_line(s, open - 1))
        return;
    if (c->n && c->v[c->n - 1].text == text && c->v[c->n - 1].at == found.at)
        return; /* "(S/" and "(S//" are both patterns */
    for (size_t i = 0; i < GH_COUNT(portions); i++)
        if (span_eq(span_part(s, open, n), span_str(portions[i].letters))) {
            found.row = slashed ? &portions[i].slashed : &portions[i].bare;
            mark_case_add(c, &found);
        }
}

/* ---- file names ---- */

/* Dots, underscores and dashes part words in names. A marking of two words in capitals counts anywhere in the
 * name; a single word only in brackets, or in front with something behind a dash. */
void mark_context_name(struct mark_case *c, size_t text)
{
    struct span s = c->texts[text].text;
    struct mark_line l;
    unsigned words;

    mark_line_read(&l, s, 0, s.n < 512 ? s.n : 512);
    for (unsigned i = 0; i < l.n; i += words) {
        const struct mark_row *row = mark_row_at(&l, i, (words = 1, &words));
        uint32_t after = i + words < l.n ? l.w[i + words].before : l.after;
        struct mark_candidate found = {.row = row, .text = text, .form = FORM_NAME, .shape = SHAPE_UPPER};
        bool boxed;

        if (!row || mark_words_shape(&l, i, words) == SHAPE_LOWER ||
            mark_words_shape(&l, i, words) == SHAPE_MIXED)
            continue;
        boxed = (l.w[i].before & GAP_OPEN && after & GAP_CLOSE) || after & GAP_STAR ||
                (i == 0 && after & GAP_DASH && mark_words_shape(&l, i, words) == SHAPE_UPPER &&
                 i + words + 1 < l.n);
        if (mark_words_shape(&l, i, words) == SHAPE_TITLE && !(boxed && row->strength > WEAK))
            continue;
        if (row->strength == WEAK && !boxed)
            continue;
        found.at = l.w[i].at;
        found.end = l.w[i + words - 1].end;
        mark_case_add(c, &found);
    }
}

/* ---- recognised text ---- */

static const struct {
    const char *letters;
    unsigned distance; /* misread letters that are still believed */
    struct mark_row row;
} stamps[] = {
    {"tuyetmat", 2, {"tuyet mat", "vn", LEVEL_TUYET_MAT, MEDIUM, ROW_STRIPPED}},
    {"toimat", 1, {"toi mat", "vn", LEVEL_TOI_MAT, MEDIUM, ROW_STRIPPED}},
    {"mat", 0, {"mat", "vn", LEVEL_MAT, WEAK, ROW_STRIPPED}},
    {"giaimat", 1, {"giai mat", "vn", LEVEL_NONE, MEDIUM, ROW_STRIPPED | ROW_NOTE | ROW_CANCELS}},
};

/* Letters of the line without their marks; false when it is no short line of capitals. */
static bool capitals(struct span line, char *out, size_t cap)
{
    size_t n = 0, lower = 0;

    for (size_t pos = 0; pos < line.n;) {
        uint32_t cp = text_next(line, &pos), bare = mark_strip_letter(cp);
        if (cp == '"' || cp == 0x201C || cp == 0x201D)
            return false;
        if (bare >= '0' && bare <= '9')
            return false;
        if (bare < 0x80 && (bare < 'a' || bare > 'z'))
            continue;
        if (bare >= 0x80 && (bare < 0xC0 || bare > 0x24F))
            continue; /* dirt on the page */
        if (n + 1 >= cap)
            return false;
        lower += mark_fold_letter(cp) == cp && cp < 0x80;
        out[n++] = bare < 0x80 ? (char)bare : 'f'; /* some letter that is none of ours */
    }
    out[n] = '\0';
    return n >= 3 && lower <= 1;
}

static void ocr_line(struct mark_case *c, size_t text, struct span line, size_t at)
{
    char letters[13];
    unsigned best = 99;
    struct mark_candidate found = {
        .text = text, .at = at, .end = at + line.n, .form = FORM_OCR, .shape = SHAPE_UPPER};

    if (line.n > 64 || !capitals(line, letters, sizeof(letters)))
        return;
    for (size_t i = 0; i < GH_COUNT(stamps); i++) {
        unsigned d = text_distance(letters, stamps[i].letters);
        if (d <= stamps[i].distance && d < best) {
            best = d;
            found.row = &stamps[i].row;
        }
    }
    if (found.row)
        mark_case_add(c, &found);
}

void mark_ocr(struct mark_case *c, size_t text)
{
    struct reader r = reader_span(c->texts[text].text);

    while (reader_left(&r)) {
        size_t at = r.pos;
        struct span line;
        if (!reader_line(&r, &line)) {
            at = r.pos;
            line = reader_rest(&r);
        }
        struct span trimmed = span_trim(line);
        if (trimmed.n)
            ocr_line(c, text, trimmed, at + (size_t)(trimmed.p - line.p));
    }
}
