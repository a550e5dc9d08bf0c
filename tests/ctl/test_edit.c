/* SPDX-License-Identifier: GPL-3.0-or-later
 * Setting one key leaves the rest as it was written. */
#include "firmware/setup/edit.h"
#include "tests/check.h"

static const struct {
    const char *name, *text, *value, *want;
} rows[] = {
    {"nothing there", "", "x", "[node]\nname = x\n"},
    {"in its place", "[node]\nname = old # c\nuser = u\n", "x", "[node]\nname = x\nuser = u\n"},
    {"the last one counts", "[node]\nname = a\nname = b\n", "x", "[node]\nname = a\nname = x\n"},
    {"behind the head", "# mine\n[node]\nuser = u\n", "x", "# mine\n[node]\nname = x\nuser = u\n"},
    {"another section's key stays", "[console]\nname = c\n", "x", "[console]\nname = c\n\n[node]\nname = x\n"},
    {"a comment is no key", "[node]\n# name = c\n", "x", "[node]\nname = x\n# name = c\n"},
    {"no line end", "[node]\nname = a", "x", "[node]\nname = x\n"},
    {"no line end, another section", "[scan]\nocr = no", "x", "[scan]\nocr = no\n\n[node]\nname = x\n"},
    {"a head at the end", "[node]", "x", "[node]\nname = x\n"},
    {"quoted where it must be", "", "a #b", "[node]\nname = \"a #b\"\n"},
    {"emptied", "[node]\nname = a\n", "", "[node]\nname =\n"},
    {"a line break is refused", "[node]\n", "a\nb", NULL},
    {"a quote is refused", "[node]\n", "a\"b", NULL},
};

int main(void)
{
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct writer w;
        int rc;
        check_row(rows[i].name);
        writer_init(&w, 65536);
        rc = edit_set(span_str(rows[i].text), "node", "name", rows[i].value, &w);
        CHECK((rc == 0) == (rows[i].want != NULL));
        if (rows[i].want)
            CHECK_STR(writer_cstr(&w), rows[i].want);
        writer_done(&w);
    }
    return check_end();
}
