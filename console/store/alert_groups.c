/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/alert_groups.h"
#include "base/digest.h"
#include "base/event.h"
#include "base/map.h"
#include "console/query/keys.h"
#include "console/store/alerts.h"
#include "console/store/search.h"
#include "console/store/page.h"

#include <stdio.h>
#include <stdlib.h>

#define LABEL_MAX 512
#define SQL_MAX 16384

const char *const group_names[GROUP_COUNT] = {"document", "rule", "host", "appliance"};
const char *const alert_order_names[ORDER_COUNT] = {"due", "severity"};

struct group {
    int64_t alerts, open, late, newest, first, last;
    int severity, level, rank;
    size_t label_n; /* 0: what the alerts have in common is that they have none */
    uint8_t label[LABEL_MAX];
};
struct grouping {
    struct map *map;
    struct group *list[GROUPS_MAX];
    size_t n;
    int64_t now, matched, unsorted;
};

static int add_row(void *arg, struct db_stmt *s)
{
    struct grouping *g = arg;
    struct span label = db_text(s, 7);
    uint8_t key[SHA256_SIZE];
    struct group *x;
    int level = (int)db_i64(s, 4);
    int rank = level >= 0 && level < LEVEL_COUNT ? event_level_rank(span_str(level_names[level])) : 0;

    label = span_part(label, 0, LABEL_MAX);
    digest_sha256(label.n ? (const void *)label.p : "", label.n, key);
    g->matched++;
    x = map_find(g->map, key, false);
    if (!x) {
        x = map_insert(g->map, key);
        if (!x) {
            g->unsorted++;
            return 0;
        }
        g->list[g->n++] = x;
        x->newest = db_i64(s, 1); /* newest first */
        x->first = x->last = db_i64(s, 5);
        x->severity = 4;
        x->label_n = label.n;
        if (label.n)
            memcpy(x->label, label.p, label.n);
    }
    x->alerts++;
    x->open += db_i64(s, 2) < ALERT_CLOSED;
    x->late += !db_is_null(s, 6) && db_i64(s, 6) < g->now;
    if (db_i64(s, 3) < x->severity)
        x->severity = (int)db_i64(s, 3);
    if (rank > x->rank) {
        x->rank = rank;
        x->level = level;
    }
    x->first = x->first < db_i64(s, 5) ? x->first : db_i64(s, 5);
    x->last = x->last > db_i64(s, 5) ? x->last : db_i64(s, 5);
    return 0;
}

static int larger(const void *a, const void *b)
{
    const struct group *x = *(struct group *const *)a, *y = *(struct group *const *)b;

    if (x->alerts != y->alerts)
        return x->alerts < y->alerts ? 1 : -1;
    return x->newest < y->newest ? 1 : x->newest > y->newest ? -1 : 0;
}

/* The question whose answer is the heap. */
static void put_query(struct jw *j, enum group_by by, struct span label)
{
    static const char *const field[] = {"sha256", "rule", "src_ip", "appliance"};
    static const char *const none[] = {"-has:document", "-has:rule", "-has:sender", NULL};
    struct writer w;

    jw_key(j, "query");
    if (!label.n) {
        jw_cstr(j, none[by]);
        return;
    }
    if (by == GROUP_HOST && !key_is_network(label)) {
        jw_null(j); /* an event whose sender is no address: nothing is filed under it */
        return;
    }
    writer_init(&w, 4 * LABEL_MAX);
    writer_printf(&w, "%s:%s", field[by], by == GROUP_RULE ? "\"" : "");
    for (size_t i = 0; i < label.n; i++) {
        if (label.p[i] == '"' || label.p[i] == '\\')
            writer_u8(&w, '\\');
        writer_u8(&w, label.p[i]);
    }
    writer_str(&w, by == GROUP_RULE ? "\"" : "");
    jw_str(j, writer_span(&w));
    writer_done(&w);
}

static int put_group(struct db *d, const struct sight *sight, const struct group *x, enum group_by by,
                     struct jw *j)
{
    struct span label = span_of(x->label, x->label_n);
    int rc;

    jw_obj(j);
    jw_ktext(j, "key", label);
    put_query(j, by, label);
    jw_ki64(j, "alerts", x->alerts);
    jw_ki64(j, "open", x->open);
    jw_ki64(j, "late", x->late);
    jw_ki64(j, "severity", x->severity);
    jw_kcstr(j, "level", level_names[x->level]);
    jw_ktime(j, "first", x->first);
    jw_ktime(j, "last", x->last);
    jw_key(j, "newest");
    rc = alert_row(d, sight, x->newest, j);
    jw_end_obj(j);
    return rc;
}

int alert_groups(struct db *d, const struct query_sql *q, const struct sight *sight, enum group_by by,
                 int64_t now_us, int64_t limit, struct jw *j)
{
    static const char *const label[] = {
        "lower(hex(r.sha256))", "r.rule", "r.host",
        "(SELECT lower(hex(identity)) FROM appliance WHERE id = r.appliance)"};
    struct grouping *g = calloc(1, sizeof(*g));
    char head[2 * SIGHT_SQL], clear[SIGHT_SQL];
    int rc = ST_NOMEM;

    if (g)
        g->map = map_new(GROUPS_MAX, SHA256_SIZE, sizeof(struct group));
    if (g && g->map) {
        g->now = now_us;
        snprintf(head, sizeof(head),
                 "r.event, r.id, r.state, r.severity, r.level, r.time, iif(r.state < 2, %s, NULL), iif(%s, "
                 "%s, NULL)",
                 ALERT_DUE(r), by == GROUP_DOCUMENT ? sight_clear_sql(sight, "r", clear) : "TRUE", label[by]);
        rc = search_alert_rows(d, sight, q, head, add_row, g, j);
    }
    if (!rc) {
        qsort(g->list, g->n, sizeof(g->list[0]), larger); /* NOLINT(bugprone-sizeof-expression): pointers */
        jw_karr(j, "groups");
        for (size_t i = 0; i < g->n && (int64_t)i < limit && !rc; i++)
            rc = put_group(d, sight, g->list[i], by, j);
        jw_end_arr(j);
        jw_ki64(j, "matched", g->matched);
        jw_ki64(j, "others", (int64_t)g->n > limit ? (int64_t)g->n - limit : 0);
        jw_ki64(j, "unsorted", g->unsorted);
    }
    if (g)
        map_free(g->map);
    free(g);
    return rc;
}

/* Where the page before ended. */
static int find_end(struct db *d, enum alert_order order, int64_t id, int64_t *ret)
{
    struct db_stmt *s;
    int rc = db_query(d, &s,
                      order == ORDER_DUE ? "SELECT " ALERT_DUE(r) " FROM alert r WHERE id = ?"
                                         : "SELECT severity FROM alert WHERE id = ?",
                      "i", id);

    if (rc || (rc = db_step(s)) != 1)
        return rc;
    *ret = db_i64(s, 0);
    db_reset(s);
    return 0;
}

static const char *sorted_sql(const struct db *d, struct arena *a, const struct sight *sight,
                              const struct query_sql *q, enum alert_order order)
{
    char columns[ALERT_COLUMNS], scope[SIGHT_SQL], clear[SIGHT_SQL];
    static const char *const sort[] = {
        "r.state < 2 AND " ALERT_DUE(r) " >= ?2 AND (" ALERT_DUE(r) " > ?2 OR r.id > ?3)",
        "r.severity >= ?2 AND (r.severity > ?2 OR r.id < ?3)"};
    static const char *const by[] = {"ORDER BY " ALERT_DUE(r) ", r.id", "ORDER BY r.severity, r.id DESC"};

    return arena_printf(a,
                        "SELECT %s FROM %s WHERE %s AND %s AND +r.time >= ?17 AND +r.time < ?18 AND "
                        "coalesce(?5, ?6, ?7, ?8, ?9, "
                        "?10, ?11, ?12, ?13, ?14, ?15, ?16, '') NOTNULL AND (%s) AND %s AND %s %s LIMIT ?4",
                        alert_row_columns(sight, columns),
                        q->match ? "alert_text f CROSS JOIN alert r ON r.event = f.rowid" : "alert r",
                        !q->match         ? "CAST(?1 AS TEXT) ISNULL"
                        : db_is_sqlite(d) ? "alert_text MATCH ?1"
                                          : "f.v @@ CAST(?1 AS TSQUERY)",
                        sort[order], q->where, sight_scope_sql(sight, "r.appliance", scope),
                        q->content ? sight_clear_sql(sight, "r", clear) : "TRUE", by[order]);
}

static void put_item(struct db_stmt *s, struct jw *j)
{
    (void)alert_row_put(s, j);
}

int alert_sorted(struct db *d, const struct sight *sight, const struct query_sql *q, enum alert_order order,
                 int64_t after, int64_t limit, struct jw *j)
{
    int64_t end = INT64_MIN, id = order == ORDER_DUE ? 0 : INT64_MAX;
    struct arena *a = arena_new(4 * SQL_MAX);
    const char *sql = a ? sorted_sql(d, a, sight, q, order) : NULL;
    struct db_stmt *s;
    int rc = sql ? 0 : ST_NOMEM;

    if (!rc && after) {
        id = after;
        rc = find_end(d, order, after, &end);
    }
    if (!rc)
        rc = db_query(d, &s, sql, "siiissssssssssssii", q->match, end, id, limit + 1, q->slot[0], q->slot[1],
                      q->slot[2], q->slot[3], q->slot[4], q->slot[5], q->slot[6], q->slot[7], q->slot[8],
                      q->slot[9], q->slot[10], q->slot[11], q->from, q->to);
    if (!rc)
        rc = page_put(s, limit, put_item, j);
    arena_free(a);
    return rc;
}
