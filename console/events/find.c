/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/events/find.h"
#include "base/clock.h"
#include "base/log.h"
#include "console/events/find_sql.h"

#include <stdio.h>
#include <stdlib.h>

#define SQL_MAX (1u << 20)
#define FIRST_RANGE (INT64_C(1) << 22) /* numbers of the first step back through ClickHouse */
#define RANGE_MAX (INT64_C(1) << 50)
#define STEP_ROWS 4096 /* asked at once where some are sorted out here */
#define LOAD_BYTES (16u << 20)
#define LOAD_ROWS 512

const struct far *far_of(const struct db *d)
{
    return db_beside(d);
}

int64_t far_shipped(struct db *d)
{
    return far_of(d) ? db_number(d, 0, "SELECT n FROM counter WHERE name = 'events_shipped'", "") : 0;
}

int64_t events_newest(struct db *d)
{
    return db_number(d, 0, "SELECT " EVENTS_NEWEST_SQL, "");
}

int64_t events_first(struct db *d)
{
    int64_t near = db_number(d, 0, "SELECT coalesce(min(id), 0) FROM event", "");
    int64_t far = far_of(d) ? db_number(d, 0, "SELECT n FROM counter WHERE name = 'events_first'", "") : 0;

    return far && (!near || far < near) ? far : near;
}

int64_t events_oldest(struct db *d)
{
    int64_t near = db_number(d, 0, "SELECT time FROM event ORDER BY time LIMIT 1", "");
    int64_t far = far_of(d) ? db_number(d, 0, "SELECT n FROM counter WHERE name = 'events_oldest'", "") : 0;

    return far && (!near || far < near) ? far : near;
}

/* ---- rows ---- */

static void near_row(struct db_stmt *s, struct event_row *r)
{
    struct span hash = db_blob(s, 8);

    *r = (struct event_row){.id = db_i64(s, 0),
                            .appliance = db_i64(s, 1),
                            .run = db_i64(s, 2),
                            .n = db_i64(s, 3),
                            .k = db_i64(s, 4),
                            .type = (int)db_i64(s, 5),
                            .time = db_i64(s, 6),
                            .flow = db_i64(s, 7),
                            .level = db_is_null(s, 9) ? -1 : (int)db_i64(s, 9),
                            .has_flow = !db_is_null(s, 7),
                            .has_sha256 = hash.n == sizeof(r->sha256)};
    if (r->has_sha256)
        memcpy(r->sha256, hash.p, sizeof(r->sha256));
}

/* May its content be shown? 1, 0 or a code. Of a row that is not in the database. */
static int is_clear(struct db *d, const struct sight *who, const struct event_row *r)
{
    char sql[SIGHT_SQL + 256], clear[SIGHT_SQL];
    struct db_value v[] = {{.letter = 'i', .i = r->appliance},
                           {.letter = r->has_flow ? 'i' : 'n', .i = r->flow},
                           {.letter = r->has_sha256 ? 'b' : 'n', .v = span_of(r->sha256, sizeof(r->sha256))},
                           {.letter = r->level >= 0 ? 'i' : 'n', .i = r->level}};
    struct db_stmt *s;
    int rc;

    if (!who || sight_all_levels(who))
        return 1;
    snprintf(sql, sizeof(sql),
             "SELECT %s FROM (SELECT CAST(?1 AS INTEGER) AS appliance, CAST(?2 AS INTEGER) AS flow, CAST(?3 "
             "AS BLOB) AS sha256, "
             "CAST(?4 AS INTEGER) AS level) e",
             sight_clear_sql(who, "e", clear));
    rc = db_query_values(d, &s, sql, v, GH_COUNT(v));
    if (!rc && (rc = db_step(s)) == 1) {
        rc = db_i64(s, 0) != 0;
        db_reset(s);
    }
    return rc;
}

/* ---- what matches ---- */

static int find_near(struct db *d, const struct event_ask *q, int64_t above, size_t limit,
                     struct event_row *rows, size_t *ret_n)
{
    struct db_value values[FIND_VALUES];
    struct db_stmt *s;
    struct writer w;
    size_t n = 0;
    int rc;

    *ret_n = 0;
    writer_init(&w, SQL_MAX);
    writer_str(&w, "SELECT " NEAR_COLUMNS);
    rc = near_where(d, q, above, &w, values, &n);
    find_order(q, "e.", limit, &w);
    if (!rc)
        rc = writer_ok(&w) ? db_query_values(d, &s, writer_cstr(&w), values, n) : ST_NOMEM;
    while (!rc && *ret_n < limit && (rc = db_step(s)) == 1) {
        near_row(s, &rows[(*ret_n)++]);
        rc = 0;
    }
    if (!rc)
        db_reset(s);
    writer_done(&w);
    return rc;
}

/* One statement to ClickHouse; rows that are withheld from who asks are still in it. */
static int ask_far(struct db *d, const struct event_ask *q, int64_t low, int64_t high, size_t limit,
                   uint64_t ms, struct event_row *rows, size_t *ret_n)
{
    struct writer w, out;
    int rc;

    *ret_n = 0;
    writer_init(&w, SQL_MAX);
    writer_init(&out, CLICK_ANSWER_MAX);
    writer_str(&w, "SELECT " FAR_COLUMNS);
    rc = far_where(d, q, low, high, &w);
    find_order(q, "", limit, &w);
    if (!rc)
        rc = writer_ok(&w) ? click_ask(far_of(d)->click, writer_span(&w), ms, &out) : ST_NOMEM;
    if (!rc) {
        struct reader in = reader_span(writer_span(&out));
        while (reader_left(&in) && *ret_n < limit)
            far_row(&in, &rows[(*ret_n)++]);
        rc = reader_ok(&in) ? 0 : ST_MALFORMED;
    }
    writer_done(&w);
    writer_done(&out);
    return rc;
}

/* The way of a question through ClickHouse. */
struct far_walk {
    struct event_ask q; /* its bounds move */
    uint64_t until;
    int64_t range;
};

/* Sorts out what is withheld. */
static int keep_clear(struct db *d, const struct event_ask *q, struct event_row *rows, size_t *n)
{
    size_t kept = 0;

    for (size_t i = 0; i < *n; i++) {
        int rc = q->content ? is_clear(d, &q->sight, &rows[i]) : 1;
        if (rc < 0)
            return rc;
        if (rc)
            rows[kept++] = rows[i];
    }
    *n = kept;
    return 0;
}

/* The part of [walk.q.low, walk.q.high) that the next statement looks at. */
static void far_part(const struct far_walk *w, int64_t *low, int64_t *high)
{
    bool steps = w->q.q && w->q.order == EVENT_NEWEST;

    *low = steps && w->q.high - w->q.low > w->range ? w->q.high - w->range : w->q.low;
    *high = w->q.high;
}

/* Moves past what was looked at: the rows, or with fewer of them than asked all of the part. True: it goes
 * on. */
static bool far_go_on(struct far_walk *w, int64_t low, const struct event_row *last, bool all)
{
    if (all && w->q.order == EVENT_NEWEST) {
        w->q.high = low;
        if (w->range < RANGE_MAX)
            w->range *= 8;
        return w->q.high > w->q.low;
    }
    if (all)
        return false;
    if (w->q.order == EVENT_NEWEST) {
        w->q.high = last->id;
    } else if (w->q.order == EVENT_OLDEST) {
        w->q.low = last->id + 1;
    } else {
        w->q.after_time = last->time;
        w->q.after_id = last->id;
    }
    return w->q.high > w->q.low;
}

/* shipped: numbers up to it. *ret_low: from which on everything was looked at. */
static int find_far(struct db *d, const struct event_ask *q, int64_t shipped, size_t limit,
                    struct event_row *rows, size_t *ret_n, bool *ret_late, int64_t *ret_low)
{
    struct far_walk w = {.q = *q, .until = clock_mono_ms() + q->ms, .range = FIRST_RANGE};
    bool more = shipped > 0;
    int rc = 0;

    *ret_n = 0;
    if (w.q.high > shipped + 1)
        w.q.high = shipped + 1;
    if (w.q.low < 1)
        w.q.low = 1;
    more = more && w.q.high > w.q.low;
    while (!rc && more && *ret_n < limit) {
        uint64_t now = clock_mono_ms();
        int64_t low, high;
        struct event_row last = {.id = 0};
        size_t n = 0, ask = limit - *ret_n;
        if (now >= w.until) {
            rc = ST_TIMEOUT;
            break;
        }
        far_part(&w, &low, &high);
        rc = ask_far(d, &w.q, low, high, ask, w.until - now, rows + *ret_n, &n);
        if (rc)
            break;
        if (n)
            last = rows[*ret_n + n - 1];
        more = far_go_on(&w, low, &last, n < ask);
        rc = keep_clear(d, &w.q, rows + *ret_n, &n);
        *ret_n += n;
    }
    *ret_low = w.q.high;
    *ret_late = rc == ST_TIMEOUT;
    return rc == ST_TIMEOUT ? 0 : rc;
}

static int order_by_time(const void *x, const void *y)
{
    const struct event_row *a = x, *b = y;

    if (a->time != b->time)
        return a->time < b->time ? -1 : 1;
    return a->id < b->id ? -1 : a->id > b->id;
}

/* Both parts may have any of them: the first of both are the first. */
static int find_by_time(struct db *d, const struct event_ask *q, int64_t shipped, size_t limit,
                        struct event_row *rows, size_t *ret_n, bool *late, int64_t *low)
{
    struct event_row *both = calloc(2 * limit, sizeof(*both));
    size_t near = 0, far = 0;
    int rc = both ? find_near(d, q, shipped, limit, both, &near) : ST_NOMEM;

    if (!rc)
        rc = find_far(d, q, shipped, limit, both + near, &far, late, low);
    if (!rc && *late)
        rc = ST_TIMEOUT;
    if (!rc) {
        qsort(both, near + far, sizeof(*both), order_by_time);
        *ret_n = near + far < limit ? near + far : limit;
        memcpy(rows, both, *ret_n * sizeof(*rows));
    }
    free(both);
    return rc;
}

int events_find(struct db *d, const struct event_ask *q, size_t limit, struct event_row *rows, size_t *ret_n,
                bool *ret_late, int64_t *ret_low)
{
    int64_t shipped = far_shipped(d), low = q->low;
    bool late = false;
    size_t n = 0, more = 0;
    int rc = 0;

    *ret_n = 0;
    if (limit && shipped && q->order == EVENT_BY_TIME) {
        rc = find_by_time(d, q, shipped, limit, rows, ret_n, &late, &low);
    } else if (limit) {
        if (shipped && q->order == EVENT_OLDEST)
            rc = find_far(d, q, shipped, limit, rows, &n, &late, &low);
        if (!rc && !late && n < limit)
            rc = find_near(d, q, shipped, limit - n, rows + n, &more);
        n += more;
        if (!rc && shipped && q->order == EVENT_NEWEST && n < limit) {
            rc = find_far(d, q, shipped, limit - n, rows + n, &more, &late, &low);
            n += more;
        }
        *ret_n = n;
    }
    if (!rc && late && !ret_late)
        rc = ST_TIMEOUT;
    if (ret_late)
        *ret_late = late;
    if (ret_low)
        *ret_low = low;
    return rc;
}

/* ---- their records ---- */

struct load {
    struct db *d;
    const struct sight *who;
    event_fn *fn;
    void *arg;
};

static int load_near(const struct load *l, const struct event_row *row)
{
    char sql[SIGHT_SQL + 128], clear[SIGHT_SQL];
    struct db_stmt *s;
    int rc;

    snprintf(sql, sizeof(sql), "SELECT e.json, %s FROM event e WHERE e.id = ?",
             l->who ? sight_clear_sql(l->who, "e", clear) : "TRUE");
    rc = db_query(l->d, &s, sql, "i", row->id);
    if (rc || (rc = db_step(s)) != 1)
        return rc;
    rc = l->fn(l->arg, row, db_text(s, 0), db_i64(s, 1) != 0);
    db_reset(s);
    return rc;
}

/* Those that come next and fit into one answer: their texts by one statement. */
static int load_far(const struct load *l, const struct event_row *rows, size_t n)
{
    struct writer w, out;
    struct reader in;
    int rc;

    writer_init(&w, SQL_MAX);
    writer_init(&out, CLICK_ANSWER_MAX);
    writer_str(&w, "SELECT id, json FROM event PREWHERE id IN (");
    for (size_t i = 0; i < n; i++)
        writer_printf(&w, "%s%lld", i ? "," : "", (long long)rows[i].id);
    writer_str(&w, ")");
    rc = writer_ok(&w) ? click_ask(far_of(l->d)->click, writer_span(&w), 10000, &out) : ST_NOMEM;
    for (size_t i = 0; i < n && !rc; i++) {
        in = reader_span(writer_span(&out));
        while (reader_left(&in)) {
            int64_t id = (int64_t)reader_le64(&in);
            struct span json = click_take_text(&in);
            int clear;
            if (!reader_ok(&in) || id != rows[i].id)
                continue;
            clear = is_clear(l->d, l->who, &rows[i]);
            rc = clear < 0 ? clear : l->fn(l->arg, &rows[i], json, clear);
            break;
        }
        if (!rc && !reader_ok(&in))
            rc = ST_MALFORMED;
    }
    writer_done(&w);
    writer_done(&out);
    return rc;
}

int events_load(struct db *d, const struct sight *who, const struct event_row *rows, size_t n, event_fn *fn,
                void *arg)
{
    const struct load l = {d, who, fn, arg};
    size_t i = 0;
    int rc = 0;

    while (i < n && !rc) {
        size_t end = i, bytes = 0;
        if (!rows[i].far) {
            rc = load_near(&l, &rows[i++]);
            continue;
        }
        do
            bytes += rows[end++].length;
        while (end < n && rows[end].far && end - i < LOAD_ROWS && bytes + rows[end].length < LOAD_BYTES);
        rc = load_far(&l, rows + i, end - i);
        i = end;
    }
    return rc;
}

struct one {
    struct arena *a;
    struct span json;
    bool clear, had;
};

static int keep_one(void *arg, const struct event_row *row, struct span json, bool clear)
{
    struct one *o = arg;

    (void)row;
    o->json = span_of(arena_dup(o->a, json.p, json.n), json.n);
    o->clear = clear;
    o->had = true;
    return o->json.p ? 0 : ST_NOMEM;
}

int event_one(struct db *d, struct arena *a, const struct sight *who, int64_t id, struct event_row *ret,
              struct span *ret_json, bool *ret_clear)
{
    struct one o = {.a = a};
    struct event_ask q;
    size_t n = 0;
    int rc;

    event_ask_init(&q, who ? who : &sight_everything);
    q.low = id;
    q.high = id < INT64_MAX ? id + 1 : id;
    rc = find_near(d, &q, 0, 1, ret, &n); /* also what was shipped and stays */
    if (!rc && !n && far_of(d))
        rc = events_find(d, &q, 1, ret, &n, NULL, NULL);
    if (!rc && !n)
        rc = ST_NOT_FOUND;
    if (!rc)
        rc = events_load(d, who, ret, 1, keep_one, &o);
    *ret_json = o.json;
    if (ret_clear)
        *ret_clear = o.clear;
    return rc ? rc : o.had ? 0 : ST_NOT_FOUND;
}

/* ---- how many ---- */

struct tally {
    int64_t first, width, *bucket, all;
    size_t buckets;
};

static void add(struct tally *t, int64_t second, int64_t n)
{
    int64_t at = (second - t->first) / t->width;

    t->all += n;
    if (second >= t->first && at < (int64_t)t->buckets)
        t->bucket[at] += n;
}

static int count_near(struct db *d, const struct event_ask *q, int64_t above, struct tally *t)
{
    struct db_value values[FIND_VALUES];
    struct db_stmt *s;
    struct writer w;
    size_t n = 0;
    int rc;

    writer_init(&w, SQL_MAX);
    writer_str(&w, "SELECT e.time / 1000000, count(*)");
    rc = near_where(d, q, above, &w, values, &n);
    writer_str(&w, " GROUP BY 1");
    if (!rc)
        rc = writer_ok(&w) ? db_query_values(d, &s, writer_cstr(&w), values, n) : ST_NOMEM;
    while (!rc && (rc = db_step(s)) == 1) {
        add(t, db_i64(s, 0), db_i64(s, 1));
        rc = 0;
    }
    writer_done(&w);
    return rc;
}

static int count_part(struct db *d, const struct event_ask *q, int64_t low, int64_t high, uint64_t ms,
                      struct tally *t)
{
    struct writer w, out;
    int rc;

    writer_init(&w, SQL_MAX);
    writer_init(&out, CLICK_ANSWER_MAX);
    writer_printf(&w,
                  "SELECT toInt64(if(intDiv(time, 1000000) < %lld, -1, intDiv(intDiv(time, 1000000) - %lld, "
                  "%lld))) AS at, toInt64(count())",
                  (long long)t->first, (long long)t->first, (long long)t->width);
    rc = far_where(d, q, low, high, &w);
    writer_str(&w, " GROUP BY at");
    if (!rc)
        rc = writer_ok(&w) ? click_ask(far_of(d)->click, writer_span(&w), ms, &out) : ST_NOMEM;
    if (!rc) {
        struct reader in = reader_span(writer_span(&out));
        while (reader_left(&in)) {
            int64_t at = (int64_t)reader_le64(&in), n = (int64_t)reader_le64(&in);
            if (reader_ok(&in))
                add(t, at < 0 ? t->first - 1 : t->first + at * t->width, n);
        }
        rc = reader_ok(&in) ? 0 : ST_MALFORMED;
    }
    writer_done(&w);
    writer_done(&out);
    return rc;
}

/* Row by row: what is withheld is told by the database's tables. */
static int count_clear(struct db *d, const struct event_ask *q, int64_t low, int64_t high, uint64_t ms,
                       struct tally *t)
{
    struct event_row *rows = calloc(STEP_ROWS, sizeof(*rows));
    struct tally part = *t;
    struct event_ask one = *q;
    size_t n = STEP_ROWS;
    int rc = rows ? 0 : ST_NOMEM;

    gh_check(t->buckets <= 512);
    int64_t bucket[512];
    memcpy(bucket, t->bucket, t->buckets * sizeof(*bucket));
    part.bucket = bucket;
    while (!rc && n == STEP_ROWS) {
        rc = ask_far(d, &one, low, high, STEP_ROWS, ms, rows, &n);
        for (size_t i = 0; i < n && !rc; i++) {
            int clear = is_clear(d, &q->sight, &rows[i]);
            if (clear > 0)
                add(&part, rows[i].time / 1000000, 1);
            rc = clear < 0 ? clear : 0;
        }
        if (n)
            high = rows[n - 1].id;
    }
    free(rows);
    if (rc)
        return rc; /* a part of a range is no count */
    memcpy(t->bucket, bucket, t->buckets * sizeof(*bucket));
    t->all = part.all;
    return 0;
}

int events_count(struct db *d, const struct event_ask *q, int64_t first, int64_t width, int64_t *bucket,
                 size_t buckets, int64_t *ret_all, bool *ret_late, int64_t *ret_low)
{
    struct tally t = {.first = first, .width = width, .bucket = bucket, .buckets = buckets};
    struct far_walk w = {.q = *q, .until = clock_mono_ms() + q->ms, .range = FIRST_RANGE};
    int64_t shipped = far_shipped(d);
    bool by_row = q->content && !sight_all_levels(&q->sight);
    int rc = count_near(d, q, shipped, &t);

    if (w.q.high > shipped + 1)
        w.q.high = shipped + 1;
    if (w.q.low < 1)
        w.q.low = 1;
    w.q.order = EVENT_NEWEST;
    while (!rc && shipped && w.q.high > w.q.low) {
        uint64_t now = clock_mono_ms();
        int64_t low, high;
        if (now >= w.until) {
            rc = ST_TIMEOUT;
            break;
        }
        far_part(&w, &low, &high);
        rc = (by_row ? count_clear : count_part)(d, &w.q, low, high, w.until - now, &t);
        if (!rc)
            (void)far_go_on(&w, low, NULL, true);
    }
    *ret_all = t.all;
    *ret_late = rc == ST_TIMEOUT;
    *ret_low = w.q.high;
    return rc == ST_TIMEOUT ? 0 : rc;
}
