/* SPDX-License-Identifier: GPL-3.0-or-later
 * Splitting a rule file: never outside it, and both halves have the lines of the whole. */
#include "rules/yara.h"
#include "rules/yara_source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t lines(struct span s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += s.p[i] == '\n';
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool warm;
    struct arena *a = arena_new(16 << 20);
    struct span in = span_of(data, size);
    struct source s;

    if (!warm)
        gh_check(rule_fold_warm_up() == 0);
    warm = true;
    gh_check(a);
    if (source_split(in, a, &s) == 0) {
        for (int text = 0; text < 2; text++) {
            struct writer w;
            writer_init(&w, 64 << 20);
            source_write(in, &s, text, &w);
            gh_check(writer_ok(&w) && lines(writer_span(&w)) == lines(in));
            writer_done(&w);
        }
    }
    arena_free(a);
    return 0;
}
