/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/events.h"
#include "base/event.h"

#include <stdio.h>
#include <stdlib.h>

#define EVENT_ARENA (256u << 20)

/* The record as it came, or what remains of it beyond the clearance. */
static void put_record(struct span json, bool clear, struct jw *j)
{
    struct arena *a;

    jw_key(j, "event");
    if (clear) {
        jw_raw(j, json);
        return;
    }
    a = arena_new(EVENT_ARENA);
    if (!a || sight_put_event(a, json, j) != 0)
        writer_fail(j->w);
    arena_free(a);
}

/* Of which appliance: its identity and its name stay valid until the next statement of the same kind. */
struct told {
    int64_t id, time, flow;
    int type;
    bool has_flow, clear;
    struct span identity, name, json;
};

static void put_told(const struct told *t, struct jw *j)
{
    char number[32];

    jw_obj(j);
    jw_ki64(j, "id", t->id);
    jw_ktime(j, "time", t->time);
    jw_kcstr(j, "type", event_type_name((enum event_type)t->type));
    jw_kobj(j, "appliance");
    jw_khex(j, "id", t->identity.p, t->identity.n);
    jw_kstr(j, "name", t->name);
    jw_end_obj(j);
    snprintf(number, sizeof(number), "%lld", (long long)t->flow);
    jw_key(j, "flow_id");
    jw_cstr(j, t->has_flow ? number : NULL);
    put_record(t->json, t->clear, j);
    jw_kbool(j, "redacted", !t->clear);
    jw_end_obj(j);
}

const char *event_row_columns(const struct sight *who, char buf[static EVENT_COLUMNS])
{
    char clear[SIGHT_SQL];
    int n = snprintf(buf, EVENT_COLUMNS,
                     "r.id, r.time, r.type, (SELECT identity FROM appliance WHERE id = r.appliance), "
                     "(SELECT name FROM appliance WHERE id = r.appliance), r.flow, r.json, %s",
                     sight_clear_sql(who, "r", clear));

    gh_check(n > 0 && n < EVENT_COLUMNS);
    return buf;
}

int64_t event_row_put(struct db_stmt *s, struct jw *j)
{
    const struct told t = {.id = db_i64(s, 0),
                           .time = db_i64(s, 1),
                           .type = (int)db_i64(s, 2),
                           .identity = db_blob(s, 3),
                           .name = db_text(s, 4),
                           .flow = db_i64(s, 5),
                           .has_flow = !db_is_null(s, 5),
                           .json = db_text(s, 6),
                           .clear = db_i64(s, 7) != 0};

    put_told(&t, j);
    return t.id;
}

struct put_arg {
    struct db *d;
    struct jw *j;
};

static int put_found(void *arg, const struct event_row *row, struct span json, bool clear)
{
    struct put_arg *p = arg;
    struct told t = {.id = row->id,
                     .time = row->time,
                     .type = row->type,
                     .flow = row->flow,
                     .has_flow = row->has_flow,
                     .json = json,
                     .clear = clear};
    struct db_stmt *s;
    int rc = db_query(p->d, &s, "SELECT identity, name FROM appliance WHERE id = ?", "i", row->appliance);

    if (rc || (rc = db_step(s)) < 0)
        return rc;
    if (rc) {
        t.identity = db_blob(s, 0);
        t.name = db_text(s, 1);
    }
    put_told(&t, p->j);
    if (rc)
        db_reset(s);
    return 0;
}

int events_put(struct db *d, const struct sight *who, const struct event_row *rows, size_t n, struct jw *j)
{
    struct put_arg p = {d, j};

    return events_load(d, who, rows, n, put_found, &p);
}

int event_list(struct db *d, const struct event_ask *q, int64_t limit, struct jw *j)
{
    struct event_row *rows = calloc((size_t)limit + 1, sizeof(*rows));
    size_t n = 0;
    bool more;
    int rc = rows ? events_find(d, q, (size_t)limit + 1, rows, &n, NULL, NULL) : ST_NOMEM;

    more = n > (size_t)limit;
    n -= more;
    jw_karr(j, "items");
    if (!rc)
        rc = events_put(d, &q->sight, rows, n, j);
    jw_end_arr(j);
    jw_key(j, "next");
    if (more)
        jw_i64(j, rows[n - 1].id);
    else
        jw_null(j);
    free(rows);
    return rc;
}
