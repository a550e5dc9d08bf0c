/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/query/tsquery.h"
#include "tests/check.h"

static const struct {
    const char *match, *want; /* NULL: no expression of ours */
} table[] = {
    {"keys : k01", "((((('kk01')))))"},
    {"(words : \"tai lieu\" *)", NULL},
    {"NOT keys : a", NULL},
    {"keys : ", NULL},
    {"other : \"x\"", NULL},
    {"(keys : a", NULL},
    {"words : \"x", NULL},
    {"keys : a b", NULL},
};

static const struct {
    const char *text, *want;
} vectors[] = {
    {"Bao cao_2026.docx", "'fbao':1 'fcao':2 'f2026':3 'fdocx':4 "},
    {"", ""},
    {"it's \\ a 'quote'", "'fit':1 'fs':2 'fa':3 'fquote':4 "},
    {"công điện", "'fcông':1 'fđiện':2 "},
    {"a\xef\xbf\xbd"
     "b\x01"
     "c",
     "'fa':1 'fb':2 'fc':3 "},
};

int main(void)
{
    struct writer w;
    struct span column[COLUMNS] = {{NULL, 0}};

    writer_init(&w, 65536);
    for (size_t i = 0; i < GH_COUNT(vectors); i++) {
        check_row(vectors[i].text);
        writer_clear(&w);
        column[COLUMN_FILE] = span_str(vectors[i].text);
        tsvector_put(column, &w);
        CHECK(span_eq(writer_span(&w), span_str(vectors[i].want)));
    }
    for (size_t i = 0; i < GH_COUNT(table); i++) {
        int rc;
        check_row(table[i].match);
        writer_clear(&w);
        rc = tsquery_put(span_str(table[i].match), &w);
        if (i == 1) { /* the words in their order, the last of them begun */
            CHECK(rc == 0 && span_find(writer_span(&w), span_str("'wtai' <-> 'wlieu':*"), 0) > 0);
            continue;
        }
        CHECK((rc == 0) == (table[i].want != NULL));
        if (table[i].want)
            CHECK(span_find(writer_span(&w), span_str("'kk01'"), 0) >= 0);
    }
    writer_clear(&w);
    CHECK(tsquery_put(
              span_str(
                  "({file host mail words} : \"a b\" AND keys : (k1 OR k2)) NOT words : \"c\" NOT keys : k3"),
              &w) == 0);
    CHECK(span_find(writer_span(&w), span_str(" & !"), 0) > 0 &&
          span_find(writer_span(&w), span_str("'fa' <-> 'fb'"), 0) > 0);
    writer_done(&w);
    return check_end();
}
