/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/yara.h"
#include "rules/yara_source.h"
#include "tests/check.h"

/* What the set of raw rules and the set of text rules see of a file. Blanked rules keep their lines. */
static const struct {
    const char *name, *in;
    size_t rules;
    const char *raw, *text;
} rows[] = {
    {"raw is the default", "rule a { condition: true }\n", 1, "rule a { condition: true }\n",
     "                          \n"},
    {"text is folded", "rule a { meta: scan = \"text\" strings: $a = \"TỐI  MẬT\" condition: $a }", 1, NULL,
     "rule a { meta: scan = \"text\" strings: $a = \"tối mật\" condition: $a }"},
    {"raw is not folded", "rule a { strings: $a = \"TỐI  MẬT\" condition: $a }", 1,
     "rule a { strings: $a = \"TỐI  MẬT\" condition: $a }", NULL},
    {"mixed: lines stay",
     "import \"pe\"\nrule a\n{\n condition: true\n}\nrule b { meta: scan = \"text\" condition: true }\n", 2,
     "import \"pe\"\nrule a\n{\n condition: true\n}\n                                              \n",
     "import \"pe\"\n      \n \n                \n \nrule b { meta: scan = \"text\" condition: true }\n"},
    {"only strings are folded",
     "rule A : TAG { meta: scan = \"text\" d = \"ABC\" strings: $S = \"ABC\" condition: $S or filename == "
     "\"ABC\" }",
     1, NULL,
     "rule A : TAG { meta: scan = \"text\" d = \"ABC\" strings: $S = \"abc\" condition: $S or filename == "
     "\"ABC\" }"},
    {"escapes", "rule a { meta: scan = \"text\" strings: $a = \"\\xC3\\x89\\\"\\\\ \\tX\" condition: $a }", 1,
     NULL, "rule a { meta: scan = \"text\" strings: $a = \"é\\\"\\\\ x\" condition: $a }"},
    {"bytes that are no text stay",
     "rule a { meta: scan = \"text\" strings: $a = \"\\xFFABC\" condition: $a }", 1, NULL,
     "rule a { meta: scan = \"text\" strings: $a = \"\\xFFABC\" condition: $a }"},
    {"expressions keep their escapes",
     "rule a { meta: scan = \"text\" strings: $a = /MẬT\\W\\/[A-Z]\\xAB/ condition: $a }", 1, NULL,
     "rule a { meta: scan = \"text\" strings: $a = /mật\\W\\/[a-z]\\xab/ condition: $a }"},
    {"a wide sign is no operator",
     "rule a { meta: scan = \"text\" strings: $a = /a\xEF\xBC\x8A"
     "b/ condition: $a }",
     1, NULL, "rule a { meta: scan = \"text\" strings: $a = /a\\*b/ condition: $a }"},
    {"braces in comments, strings, hex and expressions",
     "rule a { /* } */ strings: // }\n $a = \"}\" $b = { 41 /* } */ [2-4] 42 } $c = /}{/ condition: any of "
     "them }\n"
     "rule b { condition: true }",
     2, NULL, NULL},
    {"quote in an expression", "rule a { strings: $a = /\"\\/\"/ condition: $a } rule b { condition: true }",
     2, NULL, NULL},
    {"modifiers and tags",
     "global private rule a : x y\n{ condition: true } private rule b { condition: true }", 2, NULL, NULL},
    {"meta named like a section", "rule a { meta: strings = \"x\" scan = \"text\" condition: true }", 1, NULL,
     "rule a { meta: strings = \"x\" scan = \"text\" condition: true }"},
    {"an alphabet is not folded",
     "rule a { meta: scan = \"text\" strings: $a = \"ABC\" base64(\"ABC\") condition: $a }", 1, NULL,
     "rule a { meta: scan = \"text\" strings: $a = \"abc\" base64(\"ABC\") condition: $a }"},
    {"byte order mark", "\xEF\xBB\xBFrule a { condition: true }", 1, NULL, NULL},
    {"no rules", "// nothing\n", 0, "// nothing\n", "// nothing\n"},
};

static const struct {
    const char *name, *in;
    unsigned line;
    const char *what;
} faults[] = {
    {"open string", "rule a {\n strings: $a = \"x\n condition: $a }", 2, "string"},
    {"open expression", "rule a {\n strings: $a = /x\n condition: $a }", 2, "regular expression"},
    {"open comment", "rule a { condition: true }\n/* x", 2, "comment"},
    {"open hex", "rule a {\n strings: $a = { 41 42", 2, "hex"},
    {"open rule", "rule a {\n condition: true\n", 3, "not closed"},
    {"include", "\ninclude \"/etc/passwd\"", 2, "includes are disabled"},
    {"module that opens files", "import \"magic\"\nrule a { condition: true }", 1, "opens files"},
    {"nameless", "rule { condition: true }", 1, "name"},
    {"stray word", "rule a { condition: true }\nhello", 2, "expected"},
    {"no brace", "rule a condition: true", 1, "expected"},
};

static void check_write(struct span in, const struct source *s, bool text, const char *want)
{
    struct writer w;

    writer_init(&w, 1 << 20);
    source_write(in, s, text, &w);
    CHECK(writer_ok(&w));
    if (want)
        CHECK_STR(writer_cstr(&w), want);
    writer_done(&w);
}

int main(void)
{
    struct arena *a = arena_new(16 << 20);
    struct source s;

    if (!a || rule_fold_warm_up() != 0)
        return EXIT_FAILURE;
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct span in = span_str(rows[i].in);
        check_row(rows[i].name);
        CHECK(source_split(in, a, &s) == 0);
        CHECK(!s.fault.what);
        CHECK_U64(s.n_rules, rows[i].rules);
        check_write(in, &s, false, rows[i].raw);
        check_write(in, &s, true, rows[i].text);
    }
    for (size_t i = 0; i < GH_COUNT(faults); i++) {
        check_row(faults[i].name);
        CHECK(source_split(span_str(faults[i].in), a, &s) == 0);
        CHECK(s.fault.what && strstr(s.fault.what, faults[i].what));
        CHECK_U64(s.fault.line, faults[i].line);
    }
    arena_free(a);
    return check_end();
}
