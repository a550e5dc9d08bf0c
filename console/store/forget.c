/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/forget.h"
#include "console/store/search_text.h"

#define ROW_ARENA (256u << 20) /* an event of some MB becomes a tree of a multiple of that */

/* The words of an event that is about to go. */
static int forget_words(struct db *d, struct arena *a, int64_t row, int type, int64_t time, struct span text)
{
    struct json *event = NULL;
    int rc = json_parse(a, text, 64, &event, NULL);

    if (!rc)
        rc = search_text_remove(d, row, type, time, event);
    else if (rc != ST_NOMEM)
        rc = 0; /* no JSON: never filed */
    arena_reset(a);
    return rc;
}

int forget_rows(struct db *d, struct db_stmt *s, int64_t *ret_gone)
{
    struct arena *a = arena_new(ROW_ARENA);
    int64_t low = search_text_low(d), gone = 0;
    int rc = a ? 0 : ST_NOMEM;

    while (!rc && (rc = db_step(s)) == 1) {
        int64_t row = db_i64(s, 0);
        rc = row >= low ? forget_words(d, a, row, (int)db_i64(s, 1), db_i64(s, 2), db_text(s, 3)) : 0;
        if (!rc)
            rc = db_exec(d, "DELETE FROM event WHERE id = ?", "i", row);
        gone++;
    }
    if (rc)
        db_reset(s);
    arena_free(a);
    *ret_gone = gone;
    return rc;
}
