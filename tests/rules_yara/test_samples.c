/* SPDX-License-Identifier: GPL-3.0-or-later
 * Sample files: how they are read, and that a wrong rule is found out by them. */
#include "rules/rule_samples.h"
#include "tests/check.h"
#include "tests/rules_yara/rule_dir_made.h"

static const struct {
    const char *name, *in;
    int rc;
    size_t n;
    const char *rule, *bytes; /* of the last sample */
    size_t bytes_n;
    const char *told;
} parses[] = {
    {"empty", "", 0, 0, NULL, NULL, 0, NULL},
    {"comments", "# x\n\n# y", 0, 0, NULL, NULL, 0, NULL},
    {"one", "== r positive: why\nline\n\nlast\n\n", 0, 1, "r", "line\n\nlast", 10, NULL},
    {"two", "== a negative\nx\n== b positive\ny", 0, 2, "b", "y", 1, NULL},
    {"no line end behind the header", "== a negative", 0, 1, "a", "", 0, NULL},
    {"escaped", "== a positive escaped\n\\x00A\\n\\\n\\\\\\0\n", ST_USAGE, 0, NULL, NULL, 0,
     "f:1: error: an escape"},
    {"escaped well", "== a positive escaped\n\\x00A\\n\nB\\\\\\0\n", 0, 1, "a", "\0A\nB\\\0", 6, NULL},
    {"padded", "== a positive pad=3\nB", 0, 1, "a", "\0\0\0B", 4, NULL},
    {"text before", "hello\n== a positive\n", ST_USAGE, 0, NULL, NULL, 0, "f:1: error: only comments"},
    {"neither", "\n== a perhaps\n", ST_USAGE, 0, NULL, NULL, 0, "f:2: error: a sample starts"},
    {"unknown word", "== a positive fast\n", ST_USAGE, 0, NULL, NULL, 0, "f:1: error: only escaped"},
    {"pad too long", "== a positive pad=99999999\n", ST_USAGE, 0, NULL, NULL, 0, "f:1: error: only escaped"},
};

static void check_parses(void)
{
    struct arena *a = arena_new(16 << 20);

    gh_check(a);
    for (size_t i = 0; i < GH_COUNT(parses); i++) {
        struct rule_samples s;
        struct writer err;
        check_row(parses[i].name);
        writer_init(&err, 4096);
        CHECK(rule_samples_parse("f", span_str(parses[i].in), a, &s, &err) == parses[i].rc);
        CHECK(parses[i].told ? strstr(writer_cstr(&err), parses[i].told) != NULL : err.n == 0);
        if (!parses[i].rc) {
            CHECK_U64(s.n, parses[i].n);
            if (s.n == parses[i].n && s.n) {
                CHECK(span_eq(s.v[s.n - 1].rule, span_str(parses[i].rule)));
                CHECK(span_eq(s.v[s.n - 1].bytes, span_of(parses[i].bytes, parses[i].bytes_n)));
            }
        }
        writer_done(&err);
    }
    arena_free(a);
}

#define RULES                                                                                                \
    "rule a { strings: $x = \"aa\" condition: $x }\nrule b { meta: scan = \"text\" strings: $x = \"BB\" "    \
    "condition: $x }\n"

static const struct {
    const char *name, *samples;
    size_t tried, faults, without;
    const char *told;
} runs[] = {
    {"all well", "== a positive\naa\n== a negative\nx\n== b positive\nbB\n== b negative\nx", 4, 0, 0, NULL},
    {"missed", "== a positive\nxx\n== a negative\nx\n== b positive\nbb\n== b negative\nx", 4, 1, 0,
     "r.samples:1: error: rule a does not match its positive sample"},
    {"false", "== a positive\naa\n== a negative\naa\n== b positive\nbb\n== b negative\nx", 4, 1, 0,
     "r.samples:3: error: rule a matches this negative sample, by $x at offset 0 of the bytes"},
    {"false of another rule", "== a positive\naa\n== a negative\nBB\n== b positive\nbb\n== b negative\nx", 4,
     1, 0, "r.samples:3: error: rule b matches this negative sample, by $x at offset 0 of the folded text"},
    {"allowed of another rule",
     "== a positive\naa\n== a negative also=c,b\nBB\n== b positive\nbb\n== b negative\nx", 4, 0, 0, NULL},
    {"never allowed of itself",
     "== a positive\naa\n== a negative also=a\naa\n== b positive\nbb\n== b negative\nx", 4, 1, 0,
     "rule a matches"},
    {"for none", "== none negative\naa\n", 1, 1, 2, "rule a matches"},
    {"unknown rule", "== z positive\naa\n", 0, 1, 2, "the set has no rule of this name"},
    {"without", "== a positive\naa\n", 1, 0, 2, "r.yar:1: warning: rule a has no negative sample"},
    {"broken file", "oops\n", 0, 1, 2, "r.samples:1: error: only comments"},
    {"no file", NULL, 0, 0, 2, "r.yar:2: warning: rule b has no positive sample"},
};

static void check_runs(void)
{
    for (size_t i = 0; i < GH_COUNT(runs); i++) {
        const struct made_file files[] = {{"r.yar", RULES},
                                          {runs[i].samples ? "r.samples" : NULL, runs[i].samples}};
        const char *dir = made_dir(files, 2);
        struct rule_samples_report report = {0};
        struct rule_set *s = NULL;
        struct writer err;
        check_row(runs[i].name);
        writer_init(&err, 65536);
        gh_check(rule_set_load(dir, &s, &err, NULL) == 0);
        CHECK(rule_samples_run(s, dir, &err, &report) == 0);
        CHECK_U64(report.samples, runs[i].tried);
        CHECK_U64(report.faults, runs[i].faults);
        CHECK_U64(report.without, runs[i].without);
        CHECK(runs[i].told ? strstr(writer_cstr(&err), runs[i].told) != NULL : err.n == 0);
        if (runs[i].told && !strstr(writer_cstr(&err), runs[i].told))
            fprintf(stderr, "told: %s", writer_cstr(&err));
        rule_set_free(s);
        writer_done(&err);
        made_remove();
    }
}

int main(void)
{
    if (rule_fold_warm_up() != 0)
        return EXIT_FAILURE;
    check_parses();
    check_runs();
    return check_end();
}
