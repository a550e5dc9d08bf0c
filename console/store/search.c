/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/search.h"
#include "base/clock.h"
#include "console/store/alerts.h"
#include "console/store/events.h"
#include "console/store/search_far.h"
#include "console/store/search_text.h"

#include <stdio.h>

#define SQL_MAX (24u << 10)
#define FIRST_RANGE 20000 /* rows of the first step back */
#define RANGE_MAX (INT64_C(1) << 40)
#define STATEMENT_MS 10000
#define FORWARD_ROWS 50000
#define SECOND_US INT64_C(1000000)

struct scan {
    struct db *d;
    const struct sight *who;
    const struct query_sql *q;
    enum query_target target;
    const char *head, *tail; /* SELECT list, and what stands behind the conditions */
    int64_t high, low;       /* rows [low, high) of the step under way */
    int64_t range, end;      /* size of the next step, lowest row there is */
    uint64_t until_ms;
    int64_t limit;
    bool words;               /* the question looks words up */
    char table[SEARCH_TABLE]; /* where, in the step under way */
};

static void scan_init(struct scan *c, struct db *d, const struct sight *who, const struct query_sql *q,
                      enum query_target target, int64_t before, uint64_t ms)
{
    bool alerts = target == QUERY_ALERTS;

    memset(c, 0, sizeof(*c));
    c->d = d;
    c->who = who;
    c->q = q;
    c->target = target;
    c->until_ms = clock_mono_ms() + ms;
    c->high = db_number(d, 0, alerts ? "SELECT max(event) + 1 FROM alert" : "SELECT max(id) + 1 FROM event", "");
    c->end = db_number(d, 0, alerts ? "SELECT min(event) FROM alert" : "SELECT min(id) FROM event", "");
    if (before < c->high)
        c->high = before;
    c->low = c->high;
    c->range = q->match ? 25 * FIRST_RANGE : FIRST_RANGE;
    c->words = q->match || strstr(q->where, "event_text");
}

/* Events are filed by the million: a range stays within one table. False: what is there is not filed (yet).
 */
static bool scan_table(struct scan *c)
{
    int64_t start = (c->high - 1) / SEARCH_SHARD * SEARCH_SHARD;

    if (c->target == QUERY_ALERTS) {
        snprintf(c->table, sizeof(c->table), "alert_text");
        return true;
    }
    if (!db_is_sqlite(c->d)) { /* one table, one index */
        snprintf(c->table, sizeof(c->table), "event_text");
        return true;
    }
    if (c->low < start)
        c->low = start;
    search_text_table(c->d, start, c->table);
    return search_text_has(c->d, c->table);
}

/* A condition with the table's name put in. */
static const char *with_table(struct scan *c, struct arena *a, const char *where)
{
    static const char name[] = "event_text";
    struct span rest = span_str(where);
    struct writer w;
    ptrdiff_t at;
    char *text;

    writer_init(&w, SQL_MAX);
    while (c->target == QUERY_EVENTS && (at = span_find(rest, span_str(name), 0)) >= 0) {
        writer_put(&w, span_part(rest, 0, (size_t)at));
        writer_str(&w, c->table);
        rest = span_part(rest, (size_t)at + sizeof(name) - 1, rest.n);
    }
    writer_put(&w, rest);
    text = writer_ok(&w) ? arena_dup(a, w.p, w.n) : NULL;
    writer_done(&w);
    return text;
}

/* What the words ask of the index. */
static const char *matches(const struct scan *c, struct arena *a)
{
    if (!c->q->match)
        return "CAST(?1 AS TEXT) ISNULL AND";
    return db_is_sqlite(c->d) ? arena_printf(a, "%s MATCH ?1 AND", c->table)
                              : "f.v @@ CAST(?1 AS TSQUERY) AND";
}

/* The next range; false when there is none. */
static bool scan_step(struct scan *c)
{
    do {
        c->high = c->low;
        if (c->high <= c->end)
            return false;
        c->low = c->high - c->range > c->end ? c->high - c->range : c->end;
        if (c->range < RANGE_MAX)
            c->range *= 4;
    } while (!scan_table(c) && c->words);
    return true;
}

/* The statement for the range [low, high); 1 with *ret, or an error. */
static int scan_run(struct scan *c, uint64_t now, struct db_stmt **ret)
{
    static const char *const join[] = {[QUERY_ALERTS] = "f CROSS JOIN alert r ON r.event = f.rowid",
                                       [QUERY_EVENTS] = "f CROSS JOIN event r ON r.id = f.rowid"};
    static const char *const all[] = {
        [QUERY_ALERTS] = "alert r INDEXED BY alert_event", [QUERY_EVENTS] = "event r"};
    const struct query_sql *q = c->q;
    const char *id = q->match ? "f.rowid" : c->target == QUERY_ALERTS ? "r.event" : "r.id";
    char *sql = NULL, scope[SIGHT_SQL], clear[SIGHT_SQL];
    struct arena *a = arena_new(4 * SQL_MAX);
    int rc;

    if (a)
        sql = arena_printf(
            a,
            "SELECT %s FROM %s %s WHERE %s %s < ?2 AND %s >= ?3 AND ?4 >= 0 AND +r.time >= ?17 AND "
            "+r.time < ?18 "
            "AND coalesce(?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, '') NOTNULL AND (%s) AND %s "
            "AND %s %s",
            c->head, q->match ? c->table : "", q->match ? join[c->target] : all[c->target],
            matches(c, a), id, id,
            with_table(c, a, q->where), sight_scope_sql(c->who, "r.appliance", scope),
            q->content ? sight_clear_sql(c->who, "r", clear) : "TRUE", c->tail);
    db_time_box(c->d, c->until_ms - now);
    rc = sql ? db_query(c->d, ret, sql, "siiissssssssssssii", q->match, c->high, c->low, c->limit, q->slot[0],
                        q->slot[1], q->slot[2], q->slot[3], q->slot[4], q->slot[5], q->slot[6], q->slot[7],
                        q->slot[8], q->slot[9], q->slot[10], q->slot[11], q->from, q->to)
             : ST_NOMEM;
    arena_free(a);
    return rc ? rc : 1;
}

/* The statement for the next range; 1 with *ret, 0 when there is no more or no time, or an error. */
static int scan_next(struct scan *c, struct db_stmt **ret)
{
    uint64_t now = clock_mono_ms();

    return scan_step(c) && now < c->until_ms ? scan_run(c, now, ret) : 0;
}

/* "searched": how far back was looked. low: lowest row that was. */
static void put_searched(struct scan *c, bool complete, int64_t low, struct jw *j)
{
    int64_t filed = search_text_low(c->d), time;

    db_time_box(c->d, STATEMENT_MS);
    time = db_number(c->d, 0, "SELECT time FROM event WHERE id >= ? ORDER BY id LIMIT 1", "i", low);
    jw_kobj(j, "searched");
    jw_kbool(j, "complete", complete);
    jw_kbool(j, "withheld", c->q->content && !sight_all_levels(c->who));
    jw_ktime(j, "from", complete ? 0 : time);
    jw_ktime(j, "words_from",
             filed > 0 ? db_number(c->d, 0, "SELECT time FROM event WHERE id >= ? ORDER BY id LIMIT 1", "i", filed) : 0);
    jw_end_obj(j);
}

int search_page(struct db *d, const struct sight *who, const struct query_sql *q, enum query_target target,
                int64_t before, int64_t limit, struct jw *j)
{
    struct scan c;
    struct db_stmt *s;
    int64_t n = 0, last = 0;
    bool full = false, late = false;
    char columns[ALERT_COLUMNS];
    int rc = 0;

    if (far_of(d) && target == QUERY_EVENTS)
        return far_page(d, who, q, before, limit, j);
    scan_init(&c, d, who, q, target, before, SEARCH_MS);
    c.head = target == QUERY_ALERTS ? alert_row_columns(who, columns) : event_row_columns(who, columns);
    if (target == QUERY_ALERTS)
        c.tail = q->match ? "ORDER BY f.rowid DESC LIMIT ?4" : "ORDER BY r.event DESC LIMIT ?4";
    else
        c.tail = q->match ? "ORDER BY f.rowid DESC LIMIT ?4" : "ORDER BY r.id DESC LIMIT ?4";
    c.limit = limit + 1;
    last = c.high;
    jw_karr(j, "items");
    while (!rc && !full && (rc = scan_next(&c, &s)) == 1) {
        while ((rc = db_step(s)) == 1) {
            full = ++n > limit;
            if (full) {
                db_reset(s);
                rc = 0;
                break;
            }
            last = target == QUERY_ALERTS ? alert_row_put(s, j) : event_row_put(s, j);
        }
        if (rc == ST_TIMEOUT) {
            late = true;
            rc = 0;
            break;
        }
        if (!rc && !full)
            last = c.low;
        c.limit = limit + 1 - n;
    }
    jw_end_arr(j);
    late = late || (!full && c.low > c.end);
    jw_key(j, "next");
    if ((full || late) && last > 0)
        jw_i64(j, last);
    else
        jw_null(j);
    put_searched(&c, !late, last, j);
    return rc;
}

/* Width of a bucket in seconds: one that people count in. */
int64_t search_width(int64_t seconds)
{
    static const int64_t widths[] = {10,   30,    60,    300,   600,    1800,   3600,
                                     7200, 21600, 43200, 86400, 604800, 2592000};

    for (size_t i = 0; i < GH_COUNT(widths); i++)
        if (seconds / widths[i] < HISTOGRAM_BUCKETS - 1)
            return widths[i];
    return seconds / (HISTOGRAM_BUCKETS - 2) + 1;
}

static int count_range(struct db_stmt *s, int64_t first, int64_t width, int64_t *bucket, int64_t *ret_all)
{
    int64_t found[HISTOGRAM_BUCKETS] = {0}, all = 0;
    int rc;

    while ((rc = db_step(s)) == 1) {
        int64_t at = (db_i64(s, 0) - first) / width;
        all++;
        if (db_i64(s, 0) >= first && at < HISTOGRAM_BUCKETS)
            found[at]++;
    }
    if (rc)
        return rc; /* a part of a range is no count */
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        bucket[i] += found[i];
    *ret_all += all;
    return 0;
}

/* The buckets of what the database has; "searched" is left to put_searched. */
static int count_scan(struct scan *c, int64_t first, int64_t width, int64_t *bucket, int64_t *ret_all, int64_t *ret_low)
{
    struct db_stmt *s;
    int rc = 0;

    c->head = "r.time / 1000000";
    c->tail = "";
    *ret_low = c->high;
    while (!rc && (rc = scan_next(c, &s)) == 1) {
        rc = count_range(s, first, width, bucket, ret_all);
        if (!rc)
            *ret_low = c->low;
    }
    return rc == ST_TIMEOUT ? 0 : rc;
}

int search_histogram(struct db *d, const struct sight *who, const struct query_sql *q,
                     enum query_target target, int64_t now_us, struct jw *j)
{
    int64_t bucket[HISTOGRAM_BUCKETS] = {0}, all = 0, low = 0;
    int64_t from = (q->from > 0 ? q->from : events_oldest(d)) / SECOND_US;
    int64_t to = (q->to < INT64_MAX && q->to > 0 ? q->to : now_us) / SECOND_US;
    int64_t width = search_width(to > from ? to - from : 1), first = from / width * width;
    bool far = far_of(d) && target == QUERY_EVENTS, late = false;
    struct scan c;
    int rc;

    if (far) {
        rc = far_histogram(d, who, q, first, width, bucket, &all, &late, &low);
    } else {
        scan_init(&c, d, who, q, target, INT64_MAX, HISTOGRAM_MS);
        rc = count_scan(&c, first, width, bucket, &all, &low);
    }
    jw_ktime(j, "from", first * SECOND_US);
    jw_ktime(j, "to", to * SECOND_US);
    jw_ki64(j, "width_s", width);
    jw_karr(j, "buckets");
    for (int64_t i = 0; i < HISTOGRAM_BUCKETS && first + i * width <= to; i++)
        jw_i64(j, bucket[i]);
    jw_end_arr(j);
    jw_ki64(j, "matched", all);
    if (far)
        far_put_searched(d, who, q, !late, low, j);
    else
        put_searched(&c, low <= c.end, low, j);
    return rc;
}

int search_alert_ids(struct db *d, struct arena *a, const struct sight *who, const struct query_sql *q,
                     size_t cap, int64_t **ret, size_t *ret_n, bool *ret_complete)
{
    int64_t *ids = arena_array(a, cap, sizeof(*ids));
    struct db_stmt *s;
    struct scan c;
    size_t n = 0;
    int rc = ids ? 0 : ST_NOMEM;

    scan_init(&c, d, who, q, QUERY_ALERTS, INT64_MAX, STATEMENT_MS);
    c.head = "r.id";
    c.tail = q->match ? "ORDER BY f.rowid DESC" : "ORDER BY r.event DESC";
    while (!rc && n < cap && (rc = scan_next(&c, &s)) == 1) {
        while (n < cap && (rc = db_step(s)) == 1)
            ids[n++] = db_i64(s, 0);
        if (n == cap) {
            db_reset(s);
            rc = 0;
        }
    }
    *ret = ids;
    *ret_n = n;
    *ret_complete = !rc && c.low <= c.end && n < cap;
    return rc;
}

int search_alert_rows(struct db *d, const struct sight *who, const struct query_sql *q, const char *head, search_row_fn *fn, void *arg,
                      struct jw *j)
{
    struct db_stmt *s;
    struct scan c;
    int64_t low;
    int rc = 0;

    scan_init(&c, d, who, q, QUERY_ALERTS, INT64_MAX, SEARCH_MS);
    c.head = head;
    c.tail = q->match ? "ORDER BY f.rowid DESC" : "ORDER BY r.event DESC";
    low = c.high;
    while (!rc && (rc = scan_next(&c, &s)) == 1) {
        while ((rc = db_step(s)) == 1) {
            low = db_i64(s, 0); /* newest first: all above were seen */
            rc = fn(arg, s);
            if (rc) {
                db_reset(s);
                break;
            }
        }
        if (!rc)
            low = c.low;
    }
    put_searched(&c, rc == 0 && low <= c.end, low, j);
    return rc == ST_TIMEOUT ? 0 : rc;
}

int search_forward(struct db *d, const struct query_sql *q, enum query_target target, int64_t *after, int64_t upto, size_t limit,
                   search_forward_fn *fn, void *arg)
{
    const char *id = target == QUERY_ALERTS ? "r.event" : "r.id";
    struct db_stmt *s;
    struct scan c;
    char head[64], tail[64];
    int64_t last = *after;
    size_t n = 0;
    int rc = 0;

    if (far_of(d) && target == QUERY_EVENTS)
        return far_forward(d, q, after, upto, limit, fn, arg);
    scan_init(&c, d, &sight_everything, q, target, INT64_MAX, STATEMENT_MS);
    if (upto >= c.high)
        upto = c.high - 1;
    if (last >= upto)
        return 0;
    snprintf(head, sizeof(head), "%s", id);
    snprintf(tail, sizeof(tail), "ORDER BY %s LIMIT ?4", q->match ? "f.rowid" : id);
    c.head = head;
    c.tail = tail;
    c.low = last + 1;
    c.high = last + 1 + FORWARD_ROWS;
    if (c.high > (c.low / SEARCH_SHARD + 1) * SEARCH_SHARD)
        c.high = (c.low / SEARCH_SHARD + 1) * SEARCH_SHARD; /* one table at a time */
    if (c.high > upto + 1)
        c.high = upto + 1;
    c.limit = (int64_t)limit;
    if (scan_table(&c) || !c.words) {
        rc = scan_run(&c, clock_mono_ms(), &s);
        while (rc == 1 && (rc = db_step(s)) == 1) {
            last = db_i64(s, 0);
            n++;
            rc = fn(arg, last);
            if (rc)
                db_reset(s);
            rc = rc ? rc : 1;
        }
    }
    db_time_box(d, STATEMENT_MS);
    if (rc)
        return rc;
    *after = n == limit ? last : c.high - 1;
    return 0;
}
