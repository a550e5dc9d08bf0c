/* SPDX-License-Identifier: GPL-3.0-or-later
 * Any bytes as policy source (before the first NUL) and as event (after it): through the check and a
 * decision. */
#include "policy/lua/lint.h"
#include "tests/policy/bundle_dir.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct decision d;
    const struct cage_limits lim = {1u << 20, 20000, 50, NULL};
    struct span in = span_of(data, size);
    ptrdiff_t nul = span_find_byte(in, 0, 0);
    struct span source = span_part(in, 0, nul < 0 ? in.n : (size_t)nul);
    struct span event = span_part(in, nul < 0 ? in.n : (size_t)nul + 1, in.n);
    struct arena *a = arena_new(4u << 20);
    struct bundle *b;
    struct writer err;
    char *text = arena_dup(a, source.p, source.n);
    struct lint_names names = {.globals = NULL};

    writer_init(&err, 1u << 20);
    names.globals = cage_names(&names.n_globals);
    (void)lint_source("p", source, &names, &err);
    b = text ? bundle_of(text, "", &lim, &err) : NULL;
    if (b)
        (void)bundle_decide(b, a, event.n ? event : span_str("{}"), ACTION_ALERT, &d);
    bundle_free(b);
    writer_done(&err);
    arena_free(a);
    return 0;
}
