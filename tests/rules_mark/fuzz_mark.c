/* SPDX-License-Identifier: GPL-3.0-or-later
 * The first byte chooses the place, the rest is the text; findings must lie inside it. */
#include "rules/mark.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(1 << 22);
    struct mark_list l = {0};

    if (!a || size == 0 || mark_warm_up() != 0) {
        arena_free(a);
        return 0;
    }
    struct mark_text t = {(enum place)(data[0] % PLACE_COUNT), 1, span_of(data + 1, size - 1)};
    if (mark_find(&t, 1, a, &l) == 0)
        for (size_t i = 0; i < l.n; i++)
            gh_check(l.v[i].offset < t.text.n && l.v[i].text.n > 0 && l.v[i].confidence < 1);
    mark_language(t.text);
    mark_label("header", span_str("SIO-Label"), t.text, NULL);
    mark_label("msip", t.text, t.text, NULL);
    arena_free(a);
    return 0;
}
