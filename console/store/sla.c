/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/sla.h"
#include "base/clock.h"

#include <stdio.h>

#define MINUTE_US 60000000ll
#define WALK_DAYS 4000 /* a year of minutes at two hours on one day a week */
#define REFILE_STEP 1000
#define PLAN_MAX 8192
#define JSON_DEPTH 8

void sla_default(struct sla *p)
{
    *p = (struct sla){.days = 0x1f, .always = 1u << 1, .from = 7 * 60 + 30, .to = 17 * 60, .zone = 7 * 60};
    p->severity[1] = (struct sla_pair){30, DAY_MINUTES};
    p->severity[2] = (struct sla_pair){120, 2 * DAY_MINUTES};
    p->severity[3] = (struct sla_pair){480, 5 * DAY_MINUTES};
    p->severity[4] = (struct sla_pair){DAY_MINUTES, 10 * DAY_MINUTES};
    p->level[level_number("tuyet_mat")] = p->level[level_number("top_secret")] = (struct sla_pair){15, 480};
}

static bool minutes(const struct json *v, int64_t lo, int64_t *ret)
{
    if (!v || v->type != JSON_NUMBER || !v->integer || v->i < lo || v->i > SLA_MINUTES_MAX)
        return false;
    *ret = v->i;
    return true;
}

static bool pair(const struct json *v, struct sla_pair *ret)
{
    return v && v->type == JSON_OBJECT && v->count == 2 && minutes(json_get(v, "take"), 1, &ret->take) &&
           minutes(json_get(v, "close"), 1, &ret->close);
}

static bool bits(const struct json *v, int64_t lo, int64_t hi, unsigned *ret)
{
    *ret = 0;
    if (!v || v->type != JSON_ARRAY)
        return false;
    json_each(one, v)
    {
        if (one->type != JSON_NUMBER || !one->integer || one->i < lo || one->i > hi)
            return false;
        *ret |= 1u << one->i;
    }
    return true;
}

static const char *read_business(const struct json *v, struct sla *p)
{
    int64_t from, to;
    const struct json *on = json_get(v, "on"), *zone = json_get(v, "zone");
    unsigned days;

    if (!v || v->type != JSON_OBJECT || v->count != 6 || !on ||
        (on->type != JSON_TRUE && on->type != JSON_FALSE))
        return "'business' has on, days, from, to, zone and always";
    if (!bits(json_get(v, "days"), 1, 7, &days) || !days)
        return "'days' has at least one number from 1 (Monday) to 7";
    if (!minutes(json_get(v, "from"), 0, &from) || !minutes(json_get(v, "to"), 0, &to) || to > DAY_MINUTES ||
        to - from < 120)
        return "'from' and 'to' are minutes of the day, at least two hours from each other";
    if (!zone || zone->type != JSON_NUMBER || !zone->integer || zone->i < -840 || zone->i > 840)
        return "'zone' is a number of minutes from -840 to 840";
    if (!bits(json_get(v, "always"), 1, SLA_SEVERITIES, &p->always))
        return "'always' has severities from 1 to 4";
    p->business = on->type == JSON_TRUE;
    p->days = days >> 1;
    p->from = (int)from;
    p->to = (int)to;
    p->zone = (int)zone->i;
    return NULL;
}

const char *sla_read(const struct json *v, struct sla *ret)
{
    const struct json *severity = json_get(v, "severity"), *level = json_get(v, "level");
    struct sla p;
    int n = 0;

    sla_default(&p);
    memset(p.level, 0, sizeof(p.level));
    if (!severity || severity->type != JSON_ARRAY || severity->count != SLA_SEVERITIES)
        return "'severity' has four pairs of 'take' and 'close', the most severe first";
    json_each(one, severity)
    {
        if (!pair(one, &p.severity[++n]))
            return "'take' and 'close' are minutes from 1 to 525600";
    }
    if (!level || level->type != JSON_OBJECT)
        return "'level' is an object of pairs by the name of a level";
    json_each(one, level)
    {
        int i = level_number((const char *)one->key.p);
        if (i == 0)
            return "'level' has a name that is no level";
        if (!pair(one, &p.level[i]))
            return "'take' and 'close' are minutes from 1 to 525600";
    }
    *ret = p;
    return read_business(json_get(v, "business"), ret);
}

static void put_pair(struct jw *j, const struct sla_pair *p)
{
    jw_obj(j);
    jw_ki64(j, "take", p->take);
    jw_ki64(j, "close", p->close);
    jw_end_obj(j);
}

void sla_put(struct jw *j, const struct sla *p)
{
    jw_karr(j, "severity");
    for (int i = 1; i <= SLA_SEVERITIES; i++)
        put_pair(j, &p->severity[i]);
    jw_end_arr(j);
    jw_kobj(j, "level");
    for (int i = 1; i < LEVEL_COUNT; i++)
        if (p->level[i].take) {
            jw_key(j, level_names[i]);
            put_pair(j, &p->level[i]);
        }
    jw_end_obj(j);
    jw_kobj(j, "business");
    jw_kbool(j, "on", p->business);
    jw_karr(j, "days");
    for (int i = 0; i < 7; i++)
        if (p->days >> i & 1)
            jw_i64(j, i + 1);
    jw_end_arr(j);
    jw_ki64(j, "from", p->from);
    jw_ki64(j, "to", p->to);
    jw_ki64(j, "zone", p->zone);
    jw_karr(j, "always");
    for (int i = 1; i <= SLA_SEVERITIES; i++)
        if (p->always >> i & 1)
            jw_i64(j, i);
    jw_end_arr(j);
    jw_end_obj(j);
}

int64_t sla_after(const struct sla *p, int severity, int64_t from_us, int64_t left)
{
    int64_t local, day;

    if (!p->business || p->always >> severity & 1)
        return from_us + left * MINUTE_US;
    local = from_us / MINUTE_US + p->zone;
    day = local / DAY_MINUTES;
    for (int i = 0; i < WALK_DAYS; i++, day++) {
        int64_t start = day * DAY_MINUTES + p->from, end = day * DAY_MINUTES + p->to;
        if (!(p->days >> ((day + 3) % 7) & 1)) /* day 0 was a Thursday */
            continue;
        if (start < local)
            start = local;
        if (start >= end)
            continue;
        if (end - start >= left)
            return (start + left - p->zone) * MINUTE_US;
        left -= end - start;
    }
    return (day * DAY_MINUTES - p->zone) * MINUTE_US;
}

static int64_t shorter(int64_t severity, int64_t level)
{
    return level && level < severity ? level : severity;
}

void sla_times(const struct sla *p, int severity, int level, int64_t received, int64_t *ret_take_by,
               int64_t *ret_close_by)
{
    int s = severity < 1 ? 1 : severity > SLA_SEVERITIES ? SLA_SEVERITIES : severity;
    int l = level < 0 || level >= LEVEL_COUNT ? 0 : level;

    *ret_take_by = sla_after(p, s, received, shorter(p->severity[s].take, p->level[l].take));
    *ret_close_by = sla_after(p, s, received, shorter(p->severity[s].close, p->level[l].close));
}

int sla_load(struct db *d, struct sla *ret)
{
    struct arena *a = arena_new(64 * PLAN_MAX);
    struct json *v = NULL;
    struct db_stmt *s;
    int rc = a ? db_query(d, &s, "SELECT plan FROM sla ORDER BY id DESC LIMIT 1", "") : ST_NOMEM;

    sla_default(ret);
    if (!rc && (rc = db_step(s)) == 1) {
        rc = json_parse(a, db_text(s, 0), JSON_DEPTH, &v, NULL);
        if (!rc && sla_read(v, ret))
            sla_default(ret);
        db_reset(s);
    }
    arena_free(a);
    return rc == ST_MALFORMED ? 0 : rc;
}

int sla_put_author(struct db *d, struct jw *j)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT time, user FROM sla ORDER BY id DESC LIMIT 1", "");
    bool any = !rc && (rc = db_step(s)) == 1;

    jw_ktime(j, "changed", any ? db_i64(s, 0) : 0);
    jw_ktext(j, "by", any ? db_text(s, 1) : (struct span){NULL, 0});
    if (any)
        db_reset(s);
    return rc < 0 ? rc : 0;
}

int sla_save(struct db *d, const struct sla *p, const char *user)
{
    struct writer w;
    struct jw j;
    int rc;

    writer_init(&w, PLAN_MAX);
    jw_init(&j, &w);
    jw_obj(&j);
    sla_put(&j, p);
    jw_end_obj(&j);
    rc = writer_ok(&w) ? db_exec(d, "INSERT INTO sla(plan, time, user) VALUES(?, ?, ?)", "tis",
                                 writer_span(&w), (int64_t)clock_wall_us(), user)
                       : ST_NOMEM;
    writer_done(&w);
    return rc;
}

/* Up to REFILE_STEP alerts with an id above *id, which moves on; *ret_n how many there were. */
static int refile_step(struct db *d, const struct sla *p, bool all, int64_t *id, size_t *ret_n)
{
    struct {
        int64_t id, take_by, close_by;
    } found[REFILE_STEP];
    struct db_stmt *s;
    size_t n = 0;
    int rc = db_query(d, &s,
                      "SELECT id, severity, level, received FROM alert WHERE id > ? AND state < 2 AND "
                      "(? <> 0 OR take_by ISNULL) ORDER BY id LIMIT ?",
                      "iii", *id, (int64_t)all, (int64_t)REFILE_STEP);

    while (!rc && n < REFILE_STEP && (rc = db_step(s)) == 1) {
        *id = found[n].id = db_i64(s, 0);
        sla_times(p, (int)db_i64(s, 1), (int)db_i64(s, 2), db_i64(s, 3), &found[n].take_by,
                  &found[n].close_by);
        n++;
        rc = 0;
    }
    if (!rc && n == REFILE_STEP)
        db_reset(s);
    for (size_t i = 0; i < n && !rc; i++)
        rc = db_exec(d, "UPDATE alert SET take_by = ?, close_by = ? WHERE id = ?", "iii", found[i].take_by,
                     found[i].close_by, found[i].id);
    *ret_n = n;
    return rc;
}

int sla_refile(struct db *d, const struct sla *p, bool all, uint64_t *ret_count)
{
    int64_t id = 0;
    size_t n = REFILE_STEP;
    int rc = 0;

    *ret_count = 0;
    while (!rc && n == REFILE_STEP) {
        rc = refile_step(d, p, all, &id, &n);
        *ret_count += n;
    }
    return rc;
}

int sla_late(struct db *d, const struct sight *who, int64_t now_us, int64_t *ret)
{
    char sql[SIGHT_SQL + 256], scope[SIGHT_SQL];
    struct db_stmt *s;
    int rc;

    snprintf(sql, sizeof(sql), "SELECT count(*) FROM alert WHERE state < 2 AND %s < ? AND %s",
             ALERT_DUE(alert), sight_scope_sql(who, "alert.appliance", scope));
    rc = db_query(d, &s, sql, "i", now_us);
    *ret = 0;
    if (rc || (rc = db_step(s)) != 1)
        return rc;
    *ret = db_i64(s, 0);
    db_reset(s);
    return 0;
}
