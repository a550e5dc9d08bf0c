/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/reports.h"
#include "console/store/page.h"

#include <stdio.h>
#include <time.h>

#define SECOND_US INT64_C(1000000)

const char *const report_kind_names[REPORT_KINDS] = {"week", "month", "own"};
const char *const report_state_names[REPORT_STATES] = {"making", "made", "failed"};

static int64_t at_midnight(int year, int month, int day)
{
    struct tm tm = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_isdst = -1};
    return (int64_t)mktime(&tm);
}

static bool local(int64_t at, struct tm *ret)
{
    time_t t = (time_t)at;
    return localtime_r(&t, ret) != NULL;
}

static void month_of(int year, int month, struct report_order *o)
{
    o->kind = REPORT_MONTH;
    o->from = at_midnight(year, month, 1);
    o->to = at_midnight(year, month + 1, 1); /* mktime knows of the 13th */
}

static void week_of(int year, int month, int day, struct report_order *o)
{
    struct tm tm;
    int64_t at = at_midnight(year, month, day);
    int back = local(at, &tm) ? (tm.tm_wday + 6) % 7 : 0;

    o->kind = REPORT_WEEK;
    o->from = at_midnight(year, month, day - back);
    o->to = at_midnight(year, month, day - back + 7);
}

static bool digits(struct span s, size_t off, size_t n, uint64_t max, int *ret)
{
    uint64_t v;

    if (span_part(s, off, n).n != n || !span_number(span_part(s, off, n), max, &v))
        return false;
    *ret = (int)v;
    return true;
}

bool report_period(struct span text, struct report_order *ret)
{
    int year, month, day;

    if ((text.n != 7 && text.n != 10) || text.p[4] != '-' || !digits(text, 0, 4, 9998, &year) ||
        !digits(text, 5, 2, 12, &month) || year < 2000 || month < 1)
        return false;
    if (text.n == 7) {
        month_of(year, month, ret);
        return true;
    }
    if (text.p[7] != '-' || !digits(text, 8, 2, 31, &day) || day < 1)
        return false;
    week_of(year, month, day, ret);
    return true;
}

void report_last(enum report_kind kind, int64_t now_s, struct report_order *ret)
{
    struct tm tm;

    if (!local(now_s, &tm))
        return;
    if (kind == REPORT_MONTH)
        month_of(tm.tm_year + 1900, tm.tm_mon, ret); /* the month before, also of January */
    else
        week_of(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday - 7, ret);
}

static int count(struct db *d, const char *sql, int64_t arg, int64_t *ret)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, sql, "i", arg);

    *ret = 0;
    if (!rc && (rc = db_step(s)) == 1) {
        *ret = db_i64(s, 0);
        db_reset(s);
        rc = 0;
    }
    return rc;
}

int report_add(struct db *d, const struct report_order *o, int64_t user, struct span data, int64_t now_s,
               int64_t *ret)
{
    int64_t waiting;
    int rc = count(d, "SELECT count(*) FROM report WHERE state = ?", REPORT_MAKING, &waiting);

    if (!rc && waiting >= REPORT_WAITING)
        return ST_AGAIN;
    if (!rc)
        rc = db_exec(d,
                     "INSERT INTO report(kind, state, from_s, to_s, lang, made, made_by, user, data) "
                     "VALUES(?1, ?2, ?3, ?4, ?5, ?6, "
                     "?7, ?8, ?9)",
                     "iiiisisit", (int64_t)o->kind, (int64_t)REPORT_MAKING, o->from, o->to, o->lang,
                     now_s * SECOND_US, o->by, user, data);
    *ret = db_last_id(d);
    return rc;
}

int report_end(struct db *d, int64_t id, int64_t pages, int64_t bytes, struct span sha256, const char *why)
{
    return db_exec(d,
                   "UPDATE report SET state = ?1, pages = ?2, bytes = ?3, sha256 = nullif(?4, x''), why = ?5 "
                   "WHERE id = ?6 AND state = ?7",
                   "iiibsii", (int64_t)(why ? REPORT_FAILED : REPORT_MADE), pages, bytes, sha256, why, id,
                   (int64_t)REPORT_MAKING);
}

int report_give_up(struct db *d)
{
    return db_exec(d, "UPDATE report SET state = ?, why = ? WHERE state = ?", "isi", (int64_t)REPORT_FAILED,
                   "The console ended while it was being made. Make it once more.", (int64_t)REPORT_MAKING);
}

int report_have(struct db *d, const struct report_order *o)
{
    struct db_stmt *s;
    int rc = db_query(
        d, &s,
        "SELECT 1 FROM report WHERE made_by ISNULL AND kind = ? AND from_s = ? AND lang = ? AND state != ?",
        "iisi", (int64_t)o->kind, o->from, o->lang, (int64_t)REPORT_FAILED);

    if (!rc && (rc = db_step(s)) == 1)
        db_reset(s);
    return rc;
}

int report_forget(struct db *d, int64_t *ret)
{
    int rc = count(d, "SELECT id FROM report ORDER BY id DESC LIMIT 1 OFFSET ?", REPORTS_MOST, ret);

    return rc || !*ret ? rc : db_exec(d, "DELETE FROM report WHERE id = ?", "i", *ret);
}

/* "2026-10" for a month, "2026-11-23" for what begins on that day. */
static void name_of(enum report_kind kind, int64_t from, char *buf, size_t cap)
{
    struct tm tm = {.tm_year = 100};

    (void)local(from, &tm);
    strftime(buf, cap, kind == REPORT_MONTH ? "%Y-%m" : "%Y-%m-%d", &tm);
}

static void put(struct db_stmt *s, struct jw *j)
{
    int64_t kind = db_i64(s, 1), state = db_i64(s, 2);
    char name[40];

    gh_check(kind >= 0 && kind < REPORT_KINDS && state >= 0 && state < REPORT_STATES);
    name_of((enum report_kind)kind, db_i64(s, 3), name, sizeof(name));
    jw_obj(j);
    jw_ki64(j, "id", db_i64(s, 0));
    jw_kcstr(j, "kind", report_kind_names[kind]);
    jw_kcstr(j, "state", report_state_names[state]);
    jw_kcstr(j, "name", name);
    jw_ktime(j, "from", db_i64(s, 3) * SECOND_US);
    jw_ktime(j, "to", db_i64(s, 4) * SECOND_US);
    jw_kstr(j, "lang", db_text(s, 5));
    jw_ktime(j, "made", db_i64(s, 6));
    jw_ktext(j, "by", db_text(s, 7));
    jw_ki64(j, "pages", db_i64(s, 8));
    jw_ki64(j, "bytes", db_i64(s, 9));
    jw_key(j, "sha256");
    if (db_is_null(s, 10))
        jw_null(j);
    else
        jw_hex(j, db_blob(s, 10).p, db_blob(s, 10).n);
    jw_ktext(j, "why", db_text(s, 11));
    jw_end_obj(j);
}

int report_list(struct db *d, int64_t user, bool all, int64_t before, int64_t limit, struct jw *j)
{
    struct db_stmt *s;
    int rc = db_query(d, &s,
                      "SELECT id, kind, state, from_s, to_s, lang, made, made_by, pages, bytes, sha256, why "
                      "FROM report WHERE id < ?1 "
                      "AND (?2 = 1 OR user = ?3) ORDER BY id DESC LIMIT ?4",
                      "iiii", before, (int64_t)all, user, limit + 1);
    if (!rc)
        rc = page_put(s, limit, put, j);
    return rc;
}

int report_find(struct db *d, int64_t id, struct report *ret)
{
    struct db_stmt *s;
    int rc = db_query(d, &s,
                      "SELECT kind, state, from_s, lang, user, data, made_by ISNULL FROM report WHERE id = ?",
                      "i", id);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    *ret = (struct report){
        .id = id, .kind = (enum report_kind)db_i64(s, 0), .state = (enum report_state)db_i64(s, 1)};
    name_of(ret->kind, db_i64(s, 2), ret->name, sizeof(ret->name));
    snprintf(ret->lang, sizeof(ret->lang), "%s", db_cstr(s, 3));
    ret->user = db_i64(s, 4);
    ret->scheduled = db_i64(s, 6) != 0;
    writer_init(&ret->data, REPORT_JSON_MAX);
    writer_put(&ret->data, db_text(s, 5));
    rc = writer_ok(&ret->data) ? 0 : ST_NOMEM;
    db_reset(s);
    if (rc)
        report_done(ret);
    return rc;
}

void report_done(struct report *r)
{
    writer_done(&r->data);
}

int report_schedule_get(struct db *d, struct report_schedule *ret)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT week, month FROM report_schedule", "");

    memset(ret, 0, sizeof(*ret));
    if (!rc && (rc = db_step(s)) == 1) {
        snprintf(ret->week, sizeof(ret->week), "%s", db_cstr(s, 0));
        snprintf(ret->month, sizeof(ret->month), "%s", db_cstr(s, 1));
        db_reset(s);
        rc = 0;
    }
    return rc;
}

int report_schedule_set(struct db *d, const struct report_schedule *s)
{
    return db_exec(d, "UPDATE report_schedule SET week = ?, month = ?", "ss", s->week, s->month);
}
