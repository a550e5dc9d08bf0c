/* SPDX-License-Identifier: GPL-3.0-or-later
 * Values that complete what is typed into the search box, from the sums of the last weeks. */
#include "base/clock.h"
#include "console/api/dashboard.h"

#define VALUES_MOST 50
#define BACK_S (INT64_C(30) * 86400)

static const struct {
    const char *field;
    enum rollup_kind kind;
    int part; /* of the name, between separators */
} known[] = {
    {"app_proto", ROLLUP_PROTOCOL, 0},
    {"zone", ROLLUP_ZONE, 0},
    {"dest_zone", ROLLUP_ZONE, 1},
    {"unread", ROLLUP_UNREAD, 0},
};

static struct span part_of(struct span key, int part)
{
    ptrdiff_t end;

    while (part-- > 0) {
        end = span_find_byte(key, ROLLUP_SEP, 0);
        key = span_part(key, end < 0 ? key.n : (size_t)end + 1, key.n);
    }
    end = span_find_byte(key, ROLLUP_SEP, 0);
    return span_part(key, 0, end < 0 ? key.n : (size_t)end);
}

static int put(struct worker *w, struct request *r, enum rollup_kind kind, int part, struct jw *j)
{
    int64_t now = (int64_t)(clock_wall_us() / 1000000), from = now - BACK_S, to = now;
    struct span seen[VALUES_MOST];
    struct rollup_filter f = {.appliances = NULL};
    struct db_stmt *s;
    size_t n = 0;
    int rc = dashboard_scope(w, r, &f.appliances);

    rollup_range(now, &from, &to);
    f.from = from;
    f.to = to;
    if (!rc)
        rc = rollup_query(w->db, &f, kind, false, 10 * VALUES_MOST, &s);
    while (!rc && (rc = db_step(s)) == 1) {
        struct span value = part_of(db_text(s, 0), part);
        char *copy;
        size_t i = 0;
        rc = 0;
        while (i < n && !span_eq(seen[i], value))
            i++;
        if (!value.n || i < n || n == VALUES_MOST)
            continue;
        copy = arena_dup(r->arena, value.p, value.n);
        if (!copy) {
            db_reset(s);
            return ST_NOMEM;
        }
        seen[n++] = span_of(copy, value.n);
        jw_str(j, value);
    }
    return rc;
}

bool values_put(struct worker *w, struct request *r, const char *field, struct jw *j, int *ret_rc)
{
    for (size_t i = 0; i < GH_COUNT(known); i++)
        if (!strcmp(known[i].field, field)) {
            *ret_rc = put(w, r, known[i].kind, known[i].part, j);
            return true;
        }
    return false;
}
