/* SPDX-License-Identifier: GPL-3.0-or-later
 * Plans and their steps. */
#include "console/store/rollouts.h"
#include "base/clock.h"

#include <stdio.h>

const char *const rollout_state_names[ROLLOUT_STATES] = {"proposed", "running", "paused",
                                                         "done",     "stopped", "back"};

static int64_t now(void)
{
    return (int64_t)clock_wall_us();
}

static int number_of(struct db *d, const char *sql, int64_t arg, int64_t *ret)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, sql, "i", arg);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    *ret = db_i64(s, 0);
    db_reset(s);
    return 0;
}

/* What is wanted of an appliance now: 0 is what it was made with. */
static int put_appliance(struct db *d, int64_t rollout, enum goods_kind kind, int64_t appliance, size_t step)
{
    return db_exec(d,
                   "INSERT INTO rollout_appliance(rollout, appliance, step, before) SELECT ?1, a.id, ?3, "
                   "ifnull((SELECT goods "
                   "FROM goods_want w WHERE w.appliance = a.id AND w.kind = ?4), 0) FROM appliance a WHERE "
                   "a.id = ?2 AND "
                   "a.state = 0 ON CONFLICT DO NOTHING",
                   "iiii", rollout, appliance, (int64_t)step, (int64_t)kind);
}

/* ring "": everybody. */
static int put_ring(struct db *d, int64_t rollout, enum goods_kind kind, const char *ring, size_t step)
{
    return db_exec(d,
                   "INSERT INTO rollout_appliance(rollout, appliance, step, before) SELECT ?1, a.id, ?3, "
                   "ifnull((SELECT goods "
                   "FROM goods_want w WHERE w.appliance = a.id AND w.kind = ?4), 0) FROM appliance a WHERE "
                   "a.state = 0 AND "
                   "(?2 = '' OR a.ring = ?2) ON CONFLICT DO NOTHING",
                   "isii", rollout, ring, (int64_t)step, (int64_t)kind);
}

/* The same ones for the same roll-out, others for another: the order is that of a mixed number. */
static int put_percent(struct db *d, int64_t rollout, enum goods_kind kind, unsigned percent, size_t step)
{
    return db_exec(d,
                   "INSERT INTO rollout_appliance(rollout, appliance, step, before) SELECT ?1, a.id, ?3, "
                   "ifnull((SELECT goods "
                   "FROM goods_want w WHERE w.appliance = a.id AND w.kind = ?4), 0) FROM appliance a WHERE "
                   "a.state = 0 AND "
                   "a.id NOT IN (SELECT appliance FROM rollout_appliance WHERE rollout = ?1) ORDER BY (a.id "
                   "* 2654435761 + ?1 * "
                   "40503) % 65521, a.id LIMIT max(0, ((SELECT count(*) FROM appliance WHERE state = 0) * ?2 "
                   "+ 99) / 100 - "
                   "(SELECT count(*) FROM rollout_appliance WHERE rollout = ?1))",
                   "iiii", rollout, (int64_t)percent, (int64_t)step, (int64_t)kind);
}

static int put_step(struct db *d, int64_t rollout, enum goods_kind kind, const struct rollout_step *s,
                    size_t step)
{
    int rc = 0;

    switch (s->by) {
    case STEP_NAMED:
        for (size_t i = 0; i < s->n && !rc; i++)
            rc = put_appliance(d, rollout, kind, s->appliances[i], step);
        return rc;
    case STEP_RING:
        return put_ring(d, rollout, kind, s->ring, step);
    case STEP_PERCENT:
        return put_percent(d, rollout, kind, s->percent, step);
    default:
        return put_ring(d, rollout, kind, "", step);
    }
}

int rollout_add(struct db *d, const struct rollout_plan *p, int64_t *ret_id)
{
    int64_t kind = 0, n = 0;
    bool everybody = p->n && p->step[p->n - 1].by == STEP_ALL;
    int rc = number_of(d, "SELECT kind FROM goods WHERE id = ?", p->goods, &kind);

    if (!rc)
        rc = number_of(d, "SELECT count(*) FROM rollout WHERE kind = ? AND state IN (0, 1, 2)", kind, &n);
    if (!rc && n)
        return ST_EXISTS;
    if (!rc)
        rc = db_exec(d,
                     "INSERT INTO rollout(kind, goods, state, step, steps, everybody, wait_s, need, "
                     "most_failed, most_alerts, "
                     "made, made_by, why, before_all) VALUES(?1, ?2, 0, -1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, "
                     "?11, (SELECT goods "
                     "FROM goods_assign WHERE kind = ?1 AND appliance = 0 AND ring = ''))",
                     "iiiiiiiiiss", kind, p->goods, (int64_t)p->n, (int64_t)everybody, p->wait_s, p->need,
                     p->most_failed, p->most_alerts, now(), p->who, p->why);
    *ret_id = db_last_id(d);
    for (size_t i = 0; i < p->n && !rc; i++)
        rc = put_step(d, *ret_id, (enum goods_kind)kind, &p->step[i], i);
    if (!rc)
        rc = number_of(d, "SELECT count(*) FROM rollout_appliance WHERE rollout = ?", *ret_id, &n);
    return rc ? rc : n ? 0 : ST_MALFORMED;
}

int rollout_find(struct db *d, int64_t id, struct rollout *ret)
{
    struct db_stmt *s;
    int rc = db_query(d, &s,
                      "SELECT r.id, r.goods, r.step, r.steps, r.since, r.wait_s, r.need, r.most_failed, "
                      "r.most_alerts, r.kind, "
                      "r.state, g.name, g.version, r.made_by FROM rollout r LEFT JOIN goods g ON g.id = "
                      "r.goods WHERE r.id = ?",
                      "i", id);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    *ret = (struct rollout){.id = db_i64(s, 0),
                            .goods = db_i64(s, 1),
                            .step = db_i64(s, 2),
                            .steps = db_i64(s, 3),
                            .since = db_i64(s, 4),
                            .wait_s = db_i64(s, 5),
                            .need = db_i64(s, 6),
                            .most_failed = db_i64(s, 7),
                            .most_alerts = db_i64(s, 8)};
    ret->kind = (enum goods_kind)db_i64(s, 9);
    ret->state = (enum rollout_state)db_i64(s, 10);
    snprintf(ret->name, sizeof(ret->name), "%.63s", db_cstr(s, 11));
    snprintf(ret->version, sizeof(ret->version), "%.63s", db_cstr(s, 12));
    snprintf(ret->made_by, sizeof(ret->made_by), "%.64s", db_cstr(s, 13));
    db_reset(s);
    return 0;
}

/* Rows of appliances; the statement is over before anything is written. */
#define ROWS_MAX 20000
struct rows {
    int64_t appliance, before;
};

static int read_rows(struct db *d, struct arena *a, int64_t id, int64_t first, int64_t last,
                     struct rows **ret, size_t *ret_n)
{
    struct db_stmt *s;
    int rc = db_query(
        d, &s,
        "SELECT appliance, before FROM rollout_appliance WHERE rollout = ? AND step BETWEEN ? AND ? LIMIT ?",
        "iiii", id, first, last, (int64_t)ROWS_MAX);

    *ret_n = 0;
    *ret = arena_array(a, ROWS_MAX, sizeof(**ret));
    if (!*ret)
        rc = ST_NOMEM;
    while (!rc && (rc = db_step(s)) == 1) {
        (*ret)[(*ret_n)++] = (struct rows){db_i64(s, 0), db_i64(s, 1)};
        rc = 0;
    }
    return rc;
}

/* Assigns the appliances of these steps: the goods, or what each had before. */
static int assign(struct db *d, const struct rollout *r, int64_t first, int64_t last, bool back)
{
    struct arena *a = arena_new(1u << 20);
    struct rows *rows = NULL;
    size_t n = 0;
    int rc = a ? read_rows(d, a, r->id, first, last, &rows, &n) : ST_NOMEM;

    for (size_t i = 0; i < n && !rc; i++) {
        const struct goods_target t = {.appliance = rows[i].appliance};
        rc = goods_assign(d, &t, r->kind, back ? rows[i].before : r->goods, "rollout");
        if (rc == ST_NOT_FOUND) /* retired meanwhile, or the goods before are gone */
            rc = 0;
    }
    arena_free(a);
    return rc;
}

/* Also appliances that are enrolled later. */
static int assign_everybody(struct db *d, const struct rollout *r, bool back)
{
    const struct goods_target all = {0};
    struct db_stmt *s;
    int64_t before = 0;
    bool had = false;
    int rc = db_query(d, &s, "SELECT before_all, everybody FROM rollout WHERE id = ?", "i", r->id);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    had = !db_is_null(s, 0);
    before = db_i64(s, 0);
    rc = db_i64(s, 1) ? 1 : 0;
    db_reset(s);
    if (!rc)
        return 0;
    if (!back)
        return goods_assign(d, &all, r->kind, r->goods, "rollout");
    rc = had ? goods_assign(d, &all, r->kind, before, "rollout") : goods_unassign(d, &all, r->kind);
    return rc == ST_NOT_FOUND ? 0 : rc;
}

int rollout_set_state(struct db *d, const struct rollout *r, enum rollout_state state, const char *reason)
{
    bool over = state == ROLLOUT_DONE || state == ROLLOUT_STOPPED || state == ROLLOUT_BACK;

    return db_exec(
        d, "UPDATE rollout SET state = ?1, reason = nullif(?2, ''), ended = iif(?3, ?4, NULL) WHERE id = ?5",
        "isiii", (int64_t)state, reason ? reason : "", (int64_t)over, now(), r->id);
}

int rollout_next(struct db *d, const struct rollout *r)
{
    int64_t step = r->step + 1;
    int rc;

    if (step >= r->steps)
        return rollout_set_state(d, r, ROLLOUT_DONE, NULL);
    rc = assign(d, r, step, step, false);
    if (!rc && step + 1 == r->steps)
        rc = assign_everybody(d, r, false);
    return rc ? rc
              : db_exec(d, "UPDATE rollout SET state = 1, step = ?, since = ? WHERE id = ?", "iii", step,
                        now(), r->id);
}

int rollout_start(struct db *d, const struct rollout *r, const char *who)
{
    int rc =
        db_exec(d, "UPDATE rollout SET approved_by = ?, approved = ? WHERE id = ?", "sii", who, now(), r->id);

    return rc ? rc : rollout_next(d, r);
}

int rollout_back(struct db *d, const struct rollout *r, const char *reason)
{
    int rc = assign(d, r, 0, r->step, true);

    if (!rc && r->step + 1 == r->steps)
        rc = assign_everybody(d, r, true);
    return rc ? rc : rollout_set_state(d, r, ROLLOUT_BACK, reason);
}
