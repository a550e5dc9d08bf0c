/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/rule_samples.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(32 << 20);
    struct rule_samples s;
    struct writer err;

    gh_check(a);
    writer_init(&err, 4096);
    if (rule_samples_parse("f", span_of(data, size), a, &s, &err) == 0)
        for (size_t i = 0; i < s.n; i++)
            gh_check(s.v[i].name && (s.v[i].bytes.p || !s.v[i].bytes.n));
    writer_done(&err);
    arena_free(a);
    return 0;
}
