/* SPDX-License-Identifier: GPL-3.0-or-later
 * Hostile policies: each must be stopped within its budgets, with a message that names the line, and the next
 * decision must be as good as ever. */
#include "tests/check.h"
#include "tests/policy/bundle_dir.h"
#include "tests/policy/hostile.h"

#include <time.h>

#define TIMEOUT_MS 100

int main(void)
{
    static struct decision d;
    const struct cage_limits lim = {4u << 20, 1000000, TIMEOUT_MS, NULL};

    for (size_t i = 0; i < GH_COUNT(hostile); i++) {
        struct arena *a = arena_new(8u << 20);
        clock_t start = clock();
        struct writer err;
        struct bundle *b;

        check_row(hostile[i].name);
        writer_init(&err, 65536);
        b = bundle_of(hostile[i].policy, "", &lim, &err);
        CHECK(hostile[i].at_load == !b);
        if (b) {
            /* twice: the first stop must not spoil the second decision */
            for (int n = 0; n < 2; n++) {
                CHECK(bundle_decide(b, a, span_str(hostile_event), ACTION_QUARANTINE, &d) == 0);
                CHECK(d.n == 1 && d.v[0].action == ACTION_QUARANTINE && d.v[0].error);
                writer_clear(&err);
                writer_str(&err, d.v[0].error ? d.v[0].error : "nothing was said");
            }
        }
        if (!says(writer_cstr(&err), hostile[i].message))
            fprintf(stderr, "[%s] said: %s\n", hostile[i].name, writer_cstr(&err));
        CHECK(says(writer_cstr(&err), hostile[i].message));
        /* two decisions and a load, each within three times its budget of processor time */
        CHECK((clock() - start) * 1000 / CLOCKS_PER_SEC < 3 * 3 * TIMEOUT_MS);
        bundle_free(b);
        writer_done(&err);
        arena_free(a);
    }
    bundle_dir_remove();
    return check_end();
}
