/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/events/retain.h"
#include "base/clock.h"
#include "base/log.h"
#include "console/events/find_sql.h"

#define DAY_US INT64_C(86400000000)
#define ASK_MS 30000
#define COUNT_MS 3000
#define CONDITION_MAX (16u << 20)

int far_delete(struct click *c, struct span condition)
{
    struct writer w;
    int rc, sharded;

    /* of a table over several shards each shard deletes its own (docs/stores.md names them so) */
    sharded = click_number(c, 0, ASK_MS, &rc,
                           "SELECT toInt64(count()) FROM system.tables WHERE database = currentDatabase() "
                           "AND name = 'event' AND engine = 'Distributed'") > 0;
    if (rc)
        return rc;
    writer_init(&w, CONDITION_MAX);
    writer_str(&w, sharded ? "ALTER TABLE event_shard ON CLUSTER gatehouse DELETE WHERE "
                           : "ALTER TABLE event DELETE WHERE ");
    writer_put(&w, condition);
    rc = writer_ok(&w) ? click_run(c, writer_span(&w), ASK_MS) : ST_LIMIT;
    writer_done(&w);
    return rc;
}

int far_deleting(struct click *c)
{
    int rc;
    int64_t n = click_number(c, 0, ASK_MS, &rc,
                             "SELECT toInt64(count()) FROM system.mutations WHERE database = "
                             "currentDatabase() AND table IN ('event', 'event_shard') AND is_done = 0");

    return rc ? rc : n > 0;
}

static int put_list(struct db *d, const char *sql, bool hash, struct writer *w, size_t *ret)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, sql, "");

    *ret = 0;
    while (!rc && (rc = db_step(s)) == 1) {
        writer_str(w, (*ret)++ ? "," : "");
        if (hash)
            click_bytes(w, db_blob(s, 0));
        else if (db_is_null(s, 1))
            writer_printf(w, "%lld", (long long)db_i64(s, 0));
        else
            writer_printf(w, "(%lld,%lld)", (long long)db_i64(s, 0), (long long)db_i64(s, 1));
        rc = 0;
    }
    return rc;
}

/* A hold keeps it: the condition of retention.c in ClickHouse's words, with the lists in it. */
static int put_held(struct db *d, struct writer *w)
{
    static const struct {
        const char *before, *sql;
        bool hash;
    } kinds[] = {
        {" OR appliance IN (", "SELECT ref, NULL FROM hold WHERE kind = 0 AND ended ISNULL", false},
        {" OR (bitAnd(flags, 2) != 0 AND sha256 IN (",
         "SELECT identity FROM hold WHERE kind = 1 AND ended ISNULL AND length(identity) = 32", true},
        {" OR (bitAnd(flags, 1) != 0 AND (appliance, flow) IN (",
         "SELECT DISTINCT a.appliance, a.flow FROM alert a JOIN hold h ON (h.kind = 2 AND a.id = h.ref) OR "
         "(h.kind = 3 AND a.case_id = h.ref) "
         "WHERE h.ended ISNULL AND a.flow NOTNULL",
         false},
    };
    int rc = 0;

    writer_str(w, "(1 = 0");
    for (size_t i = 0; i < GH_COUNT(kinds) && !rc; i++) {
        struct writer list;
        size_t n;
        writer_init(&list, CONDITION_MAX);
        rc = put_list(d, kinds[i].sql, kinds[i].hash, &list, &n);
        if (!rc && n) {
            writer_str(w, kinds[i].before);
            writer_put(w, writer_span(&list));
            writer_str(w, i ? "))" : ")");
        }
        if (!writer_ok(&list))
            rc = ST_LIMIT;
        writer_done(&list);
    }
    writer_str(w, ")");
    return rc ? rc : writer_ok(w) ? 0 : ST_LIMIT;
}

static void put_meant(const struct retention_rule *r, int64_t cut, int64_t shipped, struct writer *w)
{
    writer_printf(w, "id <= %lld AND time < %lld AND bitAnd(flags, %d) = 0", (long long)shipped,
                  (long long)cut, FAR_ALERT);
    if (r->type >= 0)
        writer_printf(w, " AND type = %d", r->type);
    if (r->level >= 0)
        writer_printf(w, " AND if(level < 0, 0, level) = %d", r->level);
}

static int count(struct click *c, const struct writer *condition, uint64_t ms, int64_t *ret)
{
    struct writer w, out;
    int rc;

    writer_init(&w, CONDITION_MAX);
    writer_init(&out, 64);
    writer_str(&w, "SELECT toInt64(count()) FROM event WHERE ");
    writer_put(&w, writer_span(condition));
    rc = writer_ok(&w) ? click_ask(c, writer_span(&w), ms, &out) : ST_LIMIT;
    if (!rc && out.n == 8) {
        struct reader r = reader_span(writer_span(&out));
        *ret = (int64_t)reader_le64(&r);
    } else if (!rc) {
        rc = ST_MALFORMED;
    }
    writer_done(&w);
    writer_done(&out);
    return rc;
}

int retain_count(struct db *d, struct click *c, const struct retention_rule *r, int64_t cut, int64_t *ret_go,
                 int64_t *ret_held)
{
    int64_t all = 0, held = 0;
    struct writer w;
    int rc;

    writer_init(&w, CONDITION_MAX);
    put_meant(r, cut, far_shipped(d), &w);
    rc = count(c, &w, COUNT_MS, &all);
    writer_str(&w, " AND ");
    if (!rc)
        rc = put_held(d, &w);
    if (!rc)
        rc = count(c, &w, COUNT_MS, &held);
    writer_done(&w);
    *ret_go = all - held;
    *ret_held = held;
    return rc;
}

/* The oldest that is there now. */
static int note_oldest(struct store *s, struct click *c, struct retention_due *due, int64_t gone, int64_t now,
                       bool over)
{
    int rc, rc2;
    int64_t first = click_number(c, 0, ASK_MS, &rc, "SELECT toInt64(min(id)) FROM event"),
            oldest = click_number(c, 0, ASK_MS, &rc2, "SELECT toInt64(min(time)) FROM event");
    struct db *d;

    if (rc || rc2)
        return rc ? rc : rc2;
    d = store_begin(s, &rc);
    if (!d)
        return rc;
    rc = db_exec(d,
                 "INSERT INTO counter(name, n) VALUES('events_first', ?1), ('events_oldest', ?2) ON "
                 "CONFLICT(name) DO UPDATE SET n = excluded.n",
                 "ii", first, oldest);
    if (!rc)
        rc = db_exec(
            d,
            "UPDATE retention SET at = 0, forgotten = forgotten + ?1, pending = pending + ?1 WHERE id = ?2",
            "ii", gone, due->id);
    if (!rc && gone)
        rc = counter_add(d, "events_forgotten", gone);
    due->gone += gone;
    if (!rc && over)
        rc = retention_end_pass(d, due, now);
    return store_end(s, rc);
}

static int one_step(struct store *s, struct db *d, struct click *c, int64_t now, bool *ret_more)
{
    struct retention_due due;
    struct writer w;
    int64_t left = 0;
    int rc = retention_find_due(d, now, &due);

    *ret_more = false;
    if (rc)
        return rc;
    rc = far_deleting(c);
    if (rc)
        return rc < 0 ? rc : 0; /* it is at it */
    writer_init(&w, CONDITION_MAX);
    put_meant(&due.rule, now - due.rule.days * DAY_US, far_shipped(d), &w);
    writer_str(&w, " AND NOT ");
    rc = put_held(d, &w);
    if (!rc)
        rc = count(c, &w, ASK_MS, &left);
    if (!rc && due.at && left < due.at) { /* how many were to go, when it was begun: those that became old
                                             enough meanwhile are for the next time */
        rc = note_oldest(s, c, &due, due.at, now, true);
        *ret_more = true;
    } else if (!rc && !left && !due.at) {
        rc = note_oldest(s, c, &due, 0, now, true);
        *ret_more = true;
    } else if (!rc) {
        struct db *writer = store_begin(s, &rc);
        if (writer)
            rc =
                store_end(s, db_exec(writer, "UPDATE retention SET at = ? WHERE id = ?", "ii", left, due.id));
        if (!rc)
            rc = far_delete(c, writer_span(&w));
    }
    writer_done(&w);
    return rc;
}

bool retain_step(struct store *s, struct db *d, struct click *c)
{
    bool more;
    int rc = one_step(s, d, c, (int64_t)clock_wall_us(), &more);

    if (rc && rc != ST_NOT_FOUND)
        log_warn("events that are old enough stay for now: %s%s%s", status_text(rc),
                 *click_message(c) ? ": " : "", click_message(c));
    return !rc && more;
}
