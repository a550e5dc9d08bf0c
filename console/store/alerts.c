/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/alerts.h"
#include "console/store/page.h"

#include <stdio.h>

/* A row of the list, and its columns for put_row. */
#define ROW_COLUMNS                                                                                          \
    "SELECT a.id, a.seq, a.time, a.received, a.state, a.severity, a.level, a.facts, p.identity, p.name, "    \
    "a.taken_by, a.reason, a.comments, iif(a.state < 2, " ALERT_DUE(a) ", NULL), a.case_id, "
#define FROM_ALERT "FROM alert a CROSS JOIN appliance p ON p.id = a.appliance "
/* The plus keeps the planner from sorting by time what is wanted by id. */
#define FILTER                                                                                               \
    "a.id < ?1 AND (?2 >> a.state & 1) <> 0 AND (?3 >> a.level & 1) <> 0 AND (?4 >> a.severity & 1) <> 0 "                  \
    "AND (?5 = 0 OR a.appliance = ?5) AND (?6 IS NULL OR a.rule = ?6) AND +a.time >= ?7 AND +a.time < ?8 "   \
    "AND (?9 IS NULL OR a.search LIKE ?9 ESCAPE '\\') AND (?10 IS NULL OR a.search LIKE ?10 ESCAPE '\\') "   \
    "AND (?11 IS NULL OR a.search LIKE ?11 ESCAPE '\\') AND (?12 IS NULL OR a.search LIKE ?12 ESCAPE '\\') "
#define FILTER_ARGS "iiiiisiissssb"
#define SQL_MAX (2048 + 5 * SIGHT_SQL)
#define FACTS_ARENA (1u << 20)
#define OPEN_STATES (1 << ALERT_NEW | 1 << ALERT_ACKNOWLEDGED)

void alert_filter_init(struct alert_filter *f, const struct sight *who)
{
    *f = (struct alert_filter){.states = ALERT_ANY,
                               .levels = ALERT_ANY,
                               .severities = ALERT_ANY,
                               .to = INT64_MAX,
                               .from = INT64_MIN,
                               .before = INT64_MAX,
                               .sight = *who};
}

/* The last two columns of a row: how many alerts have the document, of those that who asks may see; and
 * whether its content is shown. */
static const char *row_tail(const struct sight *who, const char *alias, char buf[static ALERT_COLUMNS])
{
    char scope[SIGHT_SQL], clear[SIGHT_SQL];
    int n;

    if (sight_all_units(who))
        n = snprintf(buf, ALERT_COLUMNS, "(SELECT alerts FROM document WHERE sha256 = %s.sha256), %s", alias,
                     sight_clear_sql(who, alias, clear));
    else
        n = snprintf(buf, ALERT_COLUMNS,
                     "(SELECT count(*) FROM alert o WHERE o.sha256 = %s.sha256 AND %s), %s", alias,
                     sight_scope_sql(who, "o.appliance", scope), sight_clear_sql(who, alias, clear));
    gh_check(n < ALERT_COLUMNS);
    return buf;
}

/* Parts that an index serves stand in the text itself; ?13 is always bound. */
static const char *narrow(const struct alert_filter *f)
{
    if (f->by_sha256)
        return "WHERE a.sha256 = ?13 AND ";
    if (f->states != ALERT_ANY && !(f->states & ~OPEN_STATES))
        return "WHERE a.state < 2 AND ?13 IS NOT NULL AND ";
    return "WHERE ?13 IS NOT NULL AND ";
}

/* join: the row needs its appliance's name. A word search reads every row's text anyway: in the table's own
 * order then. */
static int start(struct db *d, struct db_stmt **ret, const char *head, bool join, const char *tail,
                 const struct alert_filter *f)
{
    const char *plain = f->word[0] && !f->by_sha256 ? "FROM alert a NOT INDEXED " : "FROM alert a ";
    bool by_content = f->word[0] || f->by_sha256; /* a hit would tell what is withheld */
    char sql[SQL_MAX], scope[SIGHT_SQL], clear[SIGHT_SQL];
    int n = snprintf(sql, sizeof(sql), "%s%s%s" FILTER "AND %s AND %s %s", head, join ? FROM_ALERT : plain,
                     narrow(f), sight_scope_sql(&f->sight, "a.appliance", scope),
                     by_content ? sight_clear_sql(&f->sight, "a", clear) : "TRUE", tail);

    gh_check(n > 0 && (size_t)n < sizeof(sql));
    return db_query(d, ret, sql, FILTER_ARGS, f->before, (int64_t)f->states, (int64_t)f->levels,
                    (int64_t)f->severities, f->appliance, f->rule, f->from, f->to, f->word[0], f->word[1],
                    f->word[2], f->word[3], span_of(f->sha256, sizeof(f->sha256)));
}

static const char *name_in(const char *const *names, int64_t count, int64_t i)
{
    return i >= 0 && i < count ? names[i] : NULL;
}

/* What is known of it for good; of one beyond the clearance, what remains. */
static void put_facts(struct span facts, bool clear, struct jw *j)
{
    struct arena *a;

    if (clear && facts.n) {
        writer_u8(j->w, ','); /* members that were written as JSON when the alert came in */
        writer_put(j->w, facts);
    } else if (!clear) {
        a = arena_new(FACTS_ARENA);
        if (!a || sight_put_facts(a, facts, j) != 0)
            writer_fail(j->w);
        arena_free(a);
    }
}

/* The members of a row, in an open object. */
static void put_row(struct db_stmt *s, struct jw *j)
{
    bool clear = db_i64(s, 16) != 0;

    jw_ki64(j, "id", db_i64(s, 0));
    jw_ki64(j, "seq", db_i64(s, 1));
    jw_ktime(j, "time", db_i64(s, 2));
    jw_ktime(j, "received", db_i64(s, 3));
    jw_kcstr(j, "state", name_in(alert_state_names, ALERT_STATE_COUNT, db_i64(s, 4)));
    jw_ki64(j, "severity", db_i64(s, 5));
    jw_kcstr(j, "level", name_in(level_names, LEVEL_COUNT, db_i64(s, 6)));
    put_facts(db_text(s, 7), clear, j);
    jw_kobj(j, "appliance");
    jw_khex(j, "id", db_blob(s, 8).p, db_blob(s, 8).n);
    jw_kstr(j, "name", db_text(s, 9));
    jw_end_obj(j);
    jw_ktext(j, "taken_by", db_text(s, 10));
    jw_key(j, "reason");
    jw_cstr(j, name_in(close_reason_names, REASON_COUNT, db_i64(s, 11)));
    jw_ki64(j, "comments", db_i64(s, 12));
    jw_ktime(j, "due", db_i64(s, 13));
    jw_key(j, "case");
    if (db_is_null(s, 14))
        jw_null(j);
    else
        jw_i64(j, db_i64(s, 14));
    jw_key(j, "same_document");
    if (clear)
        jw_i64(j, db_i64(s, 15));
    else
        jw_null(j);
    jw_kbool(j, "redacted", !clear);
}

const char *alert_row_columns(const struct sight *who, char buf[static ALERT_COLUMNS])
{
    char tail[ALERT_COLUMNS];
    int n = snprintf(buf, ALERT_COLUMNS,
                     "r.id, r.seq, r.time, r.received, r.state, r.severity, r.level, r.facts, "
                     "(SELECT identity FROM appliance WHERE id = r.appliance), "
                     "(SELECT name FROM appliance WHERE id = r.appliance), "
                     "r.taken_by, r.reason, r.comments, iif(r.state < 2, " ALERT_DUE(
                         r) ", NULL), r.case_id, %s, r.event",
                     row_tail(who, "r", tail));

    gh_check(n > 0 && n < ALERT_COLUMNS);
    return buf;
}

int64_t alert_row_put(struct db_stmt *s, struct jw *j)
{
    jw_obj(j);
    put_row(s, j);
    jw_end_obj(j);
    return db_i64(s, 17);
}

static void put_item(struct db_stmt *s, struct jw *j)
{
    jw_obj(j);
    put_row(s, j);
    jw_end_obj(j);
}

int alert_list(struct db *d, const struct alert_filter *f, int64_t limit, struct jw *j)
{
    struct db_stmt *s;
    char tail[64], head[384 + ALERT_COLUMNS], columns[ALERT_COLUMNS];
    int rc;

    snprintf(head, sizeof(head), ROW_COLUMNS "%s ", row_tail(&f->sight, "a", columns));
    snprintf(tail, sizeof(tail), "ORDER BY a.id DESC LIMIT %lld", (long long)limit + 1);
    rc = start(d, &s, head, true, tail, f);
    if (!rc)
        rc = page_put(s, limit, put_item, j);
    return rc;
}

static bool is_everything(const struct alert_filter *f)
{
    return f->states == ALERT_ANY && f->levels == ALERT_ANY && f->severities == ALERT_ANY && !f->appliance &&
           !f->rule && !f->by_sha256 && !f->word[0] && f->from == INT64_MIN && f->to == INT64_MAX &&
           sight_all_units(&f->sight);
}

int alert_counts(struct db *d, const struct alert_filter *filter, struct jw *j)
{
    struct alert_filter f = *filter;
    int64_t count[ALERT_STATE_COUNT] = {0};
    struct db_stmt *s;
    int rc;

    f.states = ALERT_ANY;
    f.before = INT64_MAX;
    if (is_everything(&f)) /* the first page that everybody opens: by index alone */
        rc = db_query(d, &s, "SELECT state, count(*) FROM alert GROUP BY state", "");
    else
        rc = start(d, &s, "SELECT a.state, count(*) ", false, "GROUP BY a.state", &f);
    while (!rc && (rc = db_step(s)) == 1) {
        if (db_i64(s, 0) >= 0 && db_i64(s, 0) < ALERT_STATE_COUNT)
            count[db_i64(s, 0)] = db_i64(s, 1);
        rc = 0;
    }
    jw_kobj(j, "counts");
    for (int i = 0; i < ALERT_STATE_COUNT; i++)
        jw_ki64(j, alert_state_names[i], count[i]);
    jw_end_obj(j);
    return rc;
}

int alert_ids(struct db *d, struct arena *a, const struct alert_filter *f, size_t cap, int64_t **ret,
              size_t *ret_n, int64_t *ret_all)
{
    int64_t *ids = arena_array(a, cap, sizeof(*ids)), all = 0;
    struct db_stmt *s;
    size_t n = 0;
    int rc = ids ? start(d, &s, "SELECT a.id ", false, "ORDER BY a.id DESC", f) : ST_NOMEM;

    while (!rc && (rc = db_step(s)) == 1) {
        if (n < cap)
            ids[n++] = db_i64(s, 0);
        all++;
        rc = 0;
    }
    if (rc)
        return rc;
    *ret = ids;
    *ret_n = n;
    *ret_all = all;
    return 0;
}

int alert_row_members(struct db *d, const struct sight *who, int64_t id, struct jw *j)
{
    char sql[SQL_MAX], columns[ALERT_COLUMNS], scope[SIGHT_SQL];
    struct db_stmt *s;
    int rc;

    snprintf(sql, sizeof(sql), ROW_COLUMNS "%s " FROM_ALERT "WHERE a.id = ? AND %s",
             row_tail(who, "a", columns), sight_scope_sql(who, "a.appliance", scope));
    rc = db_query(d, &s, sql, "i", id);
    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    put_row(s, j);
    db_reset(s);
    return 0;
}

int alert_row(struct db *d, const struct sight *who, int64_t id, struct jw *j)
{
    int rc;

    jw_obj(j);
    rc = alert_row_members(d, who, id, j);
    jw_end_obj(j);
    return rc;
}

int alert_changes(struct db *d, const struct sight *who, int64_t since, int64_t limit, alert_change_fn *fn,
                  void *arg, bool *ret_more)
{
    char sql[SQL_MAX], columns[ALERT_COLUMNS], scope[SIGHT_SQL];
    struct db_stmt *s;
    struct writer w;
    int64_t n = 0;
    int rc;

    snprintf(sql, sizeof(sql),
             ROW_COLUMNS "%s, EXISTS(SELECT 1 FROM step WHERE step.alert = a.id) " FROM_ALERT
                         "WHERE a.seq > ? AND %s ORDER BY a.seq LIMIT ?",
             row_tail(who, "a", columns), sight_scope_sql(who, "a.appliance", scope));
    rc = db_query(d, &s, sql, "ii", since, limit + 1);
    writer_init(&w, 1 << 20);
    *ret_more = false;
    while (!rc && (rc = db_step(s)) == 1) {
        struct jw j;
        rc = 0;
        if (++n > limit) {
            *ret_more = true;
            db_reset(s);
            break;
        }
        writer_clear(&w);
        jw_init(&j, &w);
        jw_obj(&j);
        put_row(s, &j);
        jw_end_obj(&j);
        if (writer_ok(&w))
            fn(arg, db_i64(s, 1), !db_i64(s, 17), writer_span(&w));
    }
    writer_done(&w);
    return rc;
}

int64_t alert_seq(struct db *d)
{
    struct db_stmt *s;
    int64_t seq = 0;

    if (db_query(d, &s, "SELECT max(seq) FROM alert", "") == 0 && db_step(s) == 1) {
        seq = db_i64(s, 0);
        db_reset(s);
    }
    return seq;
}
