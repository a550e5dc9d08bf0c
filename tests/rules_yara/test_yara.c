/* SPDX-License-Identifier: GPL-3.0-or-later
 * Loading rule sets: what is kept, what is left out and how it is told; and scanning. */
#include "base/text.h"
#include "rules/yara.h"
#include "tests/check.h"
#include "tests/rules_yara/rule_dir_made.h"

#define FILES 4

static const struct {
    const char *name;
    struct made_file files[FILES];
    size_t rules, skipped, warnings;
    const char *told; /* in the messages; NULL: nothing is told at all */
} loads[] = {
    {"empty directory", {{NULL, NULL}}, 0, 0, 0, NULL},
    {"other files are not looked at",
     {{"readme.txt", "rule x {"}, {".hidden.yar", "rule x {"}},
     0,
     0,
     0,
     NULL},
    {"two files, one below",
     {{"b.yar", "rule b { condition: true }"}, {"sub/a.yara", "rule a { condition: true }"}},
     2,
     0,
     0,
     NULL},
    {"syntax error names file and line",
     {{"good.yar", "rule good { condition: true }"}, {"sub/bad.yar", "rule bad {\n\n condition: xyzzy }"}},
     1,
     1,
     0,
     "sub/bad.yar:3: error: undefined identifier \"xyzzy\""},
    {"lexical fault",
     {{"a.yar", "rule a {\n strings: $a = \"x\n condition: $a }"}, {"b.yar", "rule b { condition: true }"}},
     1,
     1,
     0,
     "a.yar:2: error: a string is not closed on its line"},
    {"every fault of a file is told",
     {{"a.yar", "rule a { condition: nope1 }\nrule b { condition: nope2 }"},
      {"b.yar", "rule c { condition: true }"}},
     1,
     1,
     0,
     "a.yar:2: error: undefined identifier \"nope2\""},
    {"include",
     {{"a.yar", "include \"/etc/passwd\"\n"}, {"b.yar", "rule b { condition: true }"}},
     1,
     1,
     0,
     "a.yar:1: error: includes are disabled"},
    {"module that opens files",
     {{"a.yar", "import \"magic\"\nrule a { condition: magic.type() contains \"x\" }"}},
     0,
     1,
     0,
     "a.yar:1: error: this module opens files"},
    {"same name in two files, in two kinds",
     {{"a.yar", "rule x { condition: true }"},
      {"b.yar", "\nrule x { meta: scan = \"text\" condition: true }"}},
     1,
     1,
     0,
     "b.yar:2: error: rule \"x\" exists already in a.yar:1"},
    {"slow string",
     {{"a.yar", "rule x {\n strings: $a = /[a-z]+x/\n condition: $a }"}},
     1,
     0,
     1,
     "a.yar:2: warning: "},
    {"a warning is told once though a later file is bad",
     {{"a.yar", "rule x {\n strings: $a = /[a-z]+x/\n condition: $a }"},
      {"b.yar", "rule y { condition: nope }"}},
     1,
     1,
     1,
     "a.yar:2: warning: "},
    {"expression outside ASCII in a class",
     {{"a.yar", "rule x {\n strings: $a = /[ậ]/\n condition: $a }"}},
     0,
     1,
     0,
     "a.yar:2: error: "},
    {"unknown level",
     {{"a.yar", "rule x { meta: level = \"geheim\" condition: true }"}},
     1,
     0,
     1,
     "a.yar:1: warning: meta level"},
    {"a text rule cannot ask a raw one",
     {{"a.yar", "rule r { condition: true }\nrule t { meta: scan = \"text\"\n condition: r }"},
      {"b.yar", "rule b { condition: true }"}},
     1,
     1,
     0,
     "a.yar:3: error: undefined identifier \"r\""},
    {"modules that are there",
     {{"a.yar", "import \"pe\"\nimport \"math\"\nimport \"hash\"\nimport \"elf\"\nrule x { condition: "
                "pe.is_pe or math.entropy(0, filesize) > 7 }"}},
     1,
     0,
     0,
     NULL},
};

static void check_loads(void)
{
    for (size_t i = 0; i < GH_COUNT(loads); i++) {
        struct rule_set *s = NULL;
        struct rule_report report;
        struct writer err;
        check_row(loads[i].name);
        writer_init(&err, 1 << 20);
        CHECK(rule_set_load(made_dir(loads[i].files, FILES), &s, &err, &report) == 0);
        if (s) {
            CHECK_U64(rule_set_count(s), loads[i].rules);
            CHECK_U64(report.skipped, loads[i].skipped);
            CHECK_U64(report.warnings, loads[i].warnings);
            CHECK(strlen(rule_set_version(s)) == 16);
        }
        CHECK(loads[i].told ? strstr(writer_cstr(&err), loads[i].told) != NULL : err.n == 0);
        if (loads[i].told && !strstr(writer_cstr(&err), loads[i].told))
            fprintf(stderr, "told: %s", writer_cstr(&err));
        writer_done(&err);
        rule_set_free(s);
        made_remove();
    }
}

static void check_no_directory(void)
{
    struct rule_set *s = NULL;
    struct writer err;

    check_row("no such directory");
    writer_init(&err, 4096);
    CHECK(rule_set_load("/nonexistent/rules", &s, &err, NULL) == ST_USAGE);
    CHECK(!s && strstr(writer_cstr(&err), "/nonexistent/rules"));
    writer_done(&err);
}

static const struct made_file scan_files[] = {
    {"a.yar", "rule raw_bytes : one two { meta: n = 5 yes = true s = \"q\\\"t\" strings: $x = { 00 ?? FF } "
              "$y = \"never\" "
              "condition: any of them }\n"
              "rule words { meta: scan = \"text\" level = \"toi_mat\" scheme = \"vn\" strings: $a = \"TỐI "
              "MẬT\" condition: $a }\n"
              "private rule hidden { condition: true }\n"
              "rule uses_hidden { condition: hidden and filename matches /\\.exe$/ }\n"
              "rule by_kind { condition: kind == \"pdf\" and level == \"mat\" and mime == \"m\" and lang == "
              "\"vi\" and zone == \"z\" }\n"
              "rule flood { strings: $f = \"q\" condition: #f > 10 }\n"},
};
static const struct {
    const char *name;
    struct span raw;
    const char *text;
    struct rule_vars vars;
    const char *want; /* names, blank-separated, in order */
} scans[] = {
    {"nothing", {(const uint8_t *)"abc", 3}, "abc", {0}, ""},
    {"empty", {(const uint8_t *)"", 0}, "", {.filename = "a.exe"}, ""},
    {"raw", {(const uint8_t *)"..\0x\xFF", 5}, "", {0}, "raw_bytes"},
    {"text", {(const uint8_t *)"x", 1}, "xx TỐI\n MẬT yy", {0}, "words"},
    {"text rules do not see bytes", {(const uint8_t *)"tối mật", 11}, "", {0}, ""},
    {"externals", {(const uint8_t *)"x", 1}, "", {.filename = "run.exe"}, "uses_hidden"},
    {"all externals",
     {(const uint8_t *)"x", 1},
     "",
     {.kind = "pdf", .level = "mat", .mime = "m", .lang = "vi", .zone = "z"},
     "by_kind"},
    {"both",
     {(const uint8_t *)"\0\0\xFF", 3},
     "tối mật",
     {.filename = "x.exe"},
     "raw_bytes uses_hidden words"},
};

static void check_details(const struct rule_match *m)
{
    CHECK_STR(m->rule, "raw_bytes");
    CHECK(m->tags[0] && !strcmp(m->tags[0], "one") && !strcmp(m->tags[1], "two") && !m->tags[2]);
    CHECK(span_eq(m->meta, span_str("{\"n\":5,\"yes\":true,\"s\":\"q\\\"t\"}")));
    CHECK(!m->text && !m->level && m->n_strings == 1 && !strcmp(m->strings[0].id, "$x"));
}

static void check_scans(void)
{
    struct arena *a = arena_new(16 << 20);
    struct rule_set *s = NULL;
    struct writer err;

    writer_init(&err, 65536);
    gh_check(a && rule_set_load(made_dir(scan_files, GH_COUNT(scan_files)), &s, &err, NULL) == 0);
    made_remove();
    for (size_t i = 0; i < GH_COUNT(scans); i++) {
        struct rule_match *v = NULL;
        struct writer folded, names;
        size_t n = 0;
        bool truncated = true;
        check_row(scans[i].name);
        writer_init(&folded, 65536);
        writer_init(&names, 4096);
        rule_fold(span_str(scans[i].text), &folded);
        CHECK(rule_set_scan(s, scans[i].raw, writer_span(&folded), &scans[i].vars, 5, a, &v, &n,
                            &truncated) == 0);
        CHECK(!truncated);
        for (size_t k = 0; k < n; k++)
            writer_printf(&names, "%s%s", k ? " " : "", v[k].rule);
        CHECK_STR(writer_cstr(&names), scans[i].want);
        if (!strcmp(scans[i].name, "raw") && n) {
            check_details(&v[0]);
            CHECK_U64(v[0].strings[0].offset, 2);
        }
        if (!strcmp(scans[i].name, "text") && n)
            CHECK(v[0].text && !strcmp(v[0].level, "toi_mat") && !strcmp(v[0].scheme, "vn") &&
                  v[0].strings[0].offset == 3);
        writer_done(&folded);
        writer_done(&names);
        arena_reset(a);
    }
    rule_set_free(s);
    writer_done(&err);
    arena_free(a);
}

/* More than a million matches of one string, more rules than are told, and an arena that is too small. */
static void check_limits(void)
{
    static uint8_t many[1100000];
    struct writer src, err;
    struct arena *a = arena_new(16 << 20), *tiny = arena_new(512);
    struct rule_match *v = NULL;
    struct rule_set *s = NULL;
    const struct rule_vars vars = {0};
    size_t n = 0;
    bool truncated = false;

    check_row("limits");
    writer_init(&src, 1 << 20);
    writer_init(&err, 65536);
    writer_str(&src, "rule flood { strings: $f = \"q\" condition: $f }\n");
    for (int i = 0; i < RULE_MATCHES_MAX + 20; i++)
        writer_printf(&src, "rule r%d { condition: filesize < 100 }\n", i);
    gh_check(a && tiny &&
             rule_set_load(made_dir(&(struct made_file){"a.yar", writer_cstr(&src)}, 1), &s, &err, NULL) ==
                 0);
    made_remove();
    CHECK(rule_set_scan(s, span_str("x"), (struct span){NULL, 0}, &vars, 5, a, &v, &n, &truncated) == 0);
    CHECK(truncated);
    CHECK_U64(n, RULE_MATCHES_MAX);
    memset(many, 'q', sizeof(many));
    truncated = false;
    CHECK(rule_set_scan(s, span_of(many, sizeof(many)), (struct span){NULL, 0}, &vars, 60, a, &v, &n,
                        &truncated) == 0);
    CHECK(truncated);
    CHECK(n == 1 && !strcmp(v[0].rule, "flood"));
    CHECK(rule_set_scan(s, span_str("x"), (struct span){NULL, 0}, &vars, 5, tiny, &v, &n, &truncated) ==
          ST_NOMEM);
    /* and the scanner is as good as new afterwards */
    truncated = true;
    CHECK(rule_set_scan(s, span_of(many, 200), (struct span){NULL, 0}, &vars, 5, a, &v, &n, &truncated) == 0);
    CHECK(n == 1 && !truncated);
    rule_set_free(s);
    arena_free(a);
    arena_free(tiny);
    writer_done(&src);
    writer_done(&err);
}

static void check_version(void)
{
    static const struct made_file one = {"a.yar", "rule a { condition: true }"},
                                  two = {"a.yar", "rule a { condition: true } "};
    const struct made_file *const files[] = {&one, &one, &two};
    char versions[3][17];
    struct writer err;

    check_row("version follows the sources");
    writer_init(&err, 4096);
    for (int i = 0; i < 3; i++) {
        struct rule_set *s = NULL;
        gh_check(rule_set_load(made_dir(files[i], 1), &s, &err, NULL) == 0);
        snprintf(versions[i], sizeof(versions[i]), "%s", rule_set_version(s));
        rule_set_free(s);
        made_remove();
    }
    CHECK_STR(versions[1], versions[0]);
    CHECK(strcmp(versions[2], versions[0]) != 0);
    writer_done(&err);
}

/* Rules that do not say what they look at see the bytes, then the text as it reads; the others never see
 * that. */
static void check_plain(void)
{
    static const struct made_file files[] = {
        {"a.yar", "rule from_elsewhere { strings: $a = \"T\xe1\xbb\x90I M\xe1\xba\xac"
                  "T 7\" condition: $a and mime == \"x\" }\n"
                  "rule raw_only { meta: scan = \"raw\" strings: $a = \"M\xe1\xba\xac"
                  "T\" condition: $a }\n"
                  "private rule helper { condition: true }\n"
                  "rule in_bytes { strings: $a = \"zip\" condition: $a and helper }"}};
    struct rule_set *s = NULL;
    struct rule_match *m = NULL;
    struct rule_vars vars = {.mime = "x"};
    struct arena *a = arena_new(1 << 20);
    struct writer err;
    size_t n = 0;
    bool truncated = false;

    check_row("plain text");
    writer_init(&err, 4096);
    CHECK(rule_set_load(made_dir(files, 1), &s, &err, NULL) == 0);
    CHECK(rule_set_wants_plain(s));
    CHECK(rule_set_scan(s, span_str("zip bytes"), span_str("t\xe1\xbb\x91i m\xe1\xba\xadt 7"), &vars, 5, a,
                        &m, &n, &truncated) == 0);
    CHECK_U64(n, 1);
    CHECK(rule_set_scan_plain(s, span_str("a zip of T\xe1\xbb\x90I M\xe1\xba\xacT 7"), &vars, 5, a, &m, &n,
                              &truncated) == 0);
    CHECK_U64(n, 2); /* what matched in the bytes is told once */
    if (n == 2) {
        CHECK_STR(m[0].rule, "in_bytes");
        CHECK(!m[0].text);
        CHECK_STR(m[1].rule, "from_elsewhere");
        CHECK(m[1].text && m[1].n_strings == 1 && m[1].strings[0].offset == 9);
    }
    CHECK(!truncated);
    rule_set_free(s);
    made_remove();
    arena_free(a);
    writer_done(&err);
}

/* A private directory beside another: its own faults cost it its own file. */
static void check_directories(void)
{
    static const struct made_file files[] = {{"one/a.yar", "rule a { condition: true }"},
                                             {"two/a.yar", "rule a { condition: true }"},
                                             {"two/b.yar", "rule b { condition: true }"}};
    struct rule_report report = {0};
    struct rule_set *s = NULL;
    struct writer err, list;
    const char *dir = made_dir(files, 3);

    check_row("two directories");
    writer_init(&err, 4096);
    writer_init(&list, 4096);
    writer_printf(&list, "%s/one:%s/two", dir, dir);
    CHECK(rule_set_load(writer_cstr(&list), &s, &err, &report) == 0);
    CHECK_U64(rule_set_count(s), 2);
    CHECK_U64(report.skipped, 1);
    CHECK(strstr(writer_cstr(&err), "exists already in a.yar:1"));
    rule_set_free(s);
    s = NULL;
    writer_clear(&list);
    writer_printf(&list, "%s/one:%s/none", dir, dir);
    CHECK(rule_set_load(writer_cstr(&list), &s, &err, &report) == ST_USAGE);
    made_remove();
    writer_done(&err);
    writer_done(&list);
}

int main(void)
{
    if (rule_fold_warm_up() != 0)
        return EXIT_FAILURE;
    check_loads();
    check_no_directory();
    check_scans();
    check_limits();
    check_version();
    check_plain();
    check_directories();
    return check_end();
}
