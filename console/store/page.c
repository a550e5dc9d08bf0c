/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/page.h"

int page_put(struct db_stmt *s, int64_t limit, page_row_fn *put, struct jw *j)
{
    int64_t n = 0, last = 0;
    int rc;

    jw_karr(j, "items");
    while ((rc = db_step(s)) == 1) {
        rc = 0;
        if (++n > limit) {
            db_reset(s);
            break;
        }
        last = db_i64(s, 0);
        put(s, j);
    }
    jw_end_arr(j);
    jw_key(j, "next");
    if (n > limit)
        jw_i64(j, last);
    else
        jw_null(j);
    return rc;
}
