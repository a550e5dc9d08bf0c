/* SPDX-License-Identifier: GPL-3.0-or-later
 * Roll-outs: begun by one person, and with console.two_persons approved by another unless the goods were
 * approved as a version already; watched by the console itself (app_rollouts). */
#include "base/log.h"
#include "console/api/once.h"
#include "console/store/appliances.h"
#include "console/store/rollouts.h"

#include <stdio.h>

#define RUNNING_MAX 16
#define NAMED_MAX 1000
#define WAIT_MAX_S (30 * 86400)

void api_rollouts_list(struct worker *w, struct request *r)
{
    struct jw j;
    int rc;

    if (!query_fields(r, NULL, 0))
        return;
    reply_json(r, 200, &j);
    jw_obj(&j);
    jw_kbool(&j, "two_persons", w->app->conf->console_two_persons);
    rc = rollouts_put(w->db, &j);
    reply_object_end(r, &j, rc);
}

static void reply_one(struct request *r, struct db *d, int64_t id)
{
    struct jw j;
    int rc;

    reply_json(r, 200, &j);
    jw_obj(&j);
    rc = rollout_put(d, &r->who.sight, id, &j);
    jw_end_obj(&j);
    reply_json_end(r);
    if (rc == ST_NOT_FOUND)
        reply_problem_say(r, PROBLEM_NOT_FOUND, "There is no such roll-out.");
    else if (rc)
        app_fail(r, rc);
}

void api_rollout_get(struct worker *w, struct request *r)
{
    if (query_fields(r, NULL, 0))
        reply_one(r, w->db, r->id);
}

/* ---- a plan ---- */

static bool number(struct request *r, const char *name, int64_t lo, int64_t hi, int64_t *ret)
{
    const struct json *v = json_get(r->json, name);

    if (!v)
        return true;
    if (v->type != JSON_NUMBER || !v->integer || v->i < lo || v->i > hi) {
        reply_problem_say(r, PROBLEM_BAD_FIELD, "'%s' is a number from %lld to %lld.", name, (long long)lo,
                          (long long)hi);
        return false;
    }
    *ret = v->i;
    return true;
}

static bool read_named(struct db *d, struct request *r, const struct json *list, struct rollout_step *s)
{
    int64_t *ids = list->type == JSON_ARRAY && list->count && list->count <= NAMED_MAX
                       ? arena_array(r->arena, list->count, sizeof(*ids))
                       : NULL;

    json_each(e, ids ? list : NULL)
    {
        if (e->type != JSON_STRING || appliance_find(d, e->s, &ids[s->n]) != 0 ||
            sight_sees_appliance(d, &r->who.sight, ids[s->n++]) != 1) {
            reply_problem_say(r, PROBLEM_BAD_FIELD, "'appliances' names one that is not enrolled here.");
            return false;
        }
    }
    if (!ids)
        reply_problem_say(r, PROBLEM_BAD_FIELD, "'appliances' has 1 to %d ids.", NAMED_MAX);
    s->appliances = ids;
    return ids != NULL;
}

/* {"appliances": […]}, {"ring": "…"}, {"percent": n} or {"all": true}. */
static bool read_step(struct db *d, struct request *r, const struct json *e, struct rollout_step *s)
{
    const struct json *v = e->type == JSON_OBJECT && e->count == 1 ? e->child : NULL;

    *s = (struct rollout_step){.by = STEP_ALL};
    if (v && span_eq(v->key, span_str("appliances"))) {
        s->by = STEP_NAMED;
        return read_named(d, r, v, s);
    }
    if (v && !sight_all_units(&r->who.sight)) {
        reply_problem_say(r, PROBLEM_BAD_FIELD, "You see some units only: name the appliances.");
        return false;
    }
    if (v && span_eq(v->key, span_str("ring")) && v->type == JSON_STRING && goods_name_is_good(v->s)) {
        s->by = STEP_RING;
        s->ring = json_cstr(v, "");
        return true;
    }
    if (v && span_eq(v->key, span_str("percent")) && v->type == JSON_NUMBER && v->integer && v->i > 0 &&
        v->i <= 100) {
        s->by = STEP_PERCENT;
        s->percent = (unsigned)v->i;
        return true;
    }
    if (v && span_eq(v->key, span_str("all")) && v->type == JSON_TRUE)
        return true;
    reply_problem_say(
        r, PROBLEM_BAD_FIELD,
        "A step is {\"appliances\": [ids]}, {\"ring\": name}, {\"percent\": 1..100} or {\"all\": true}.");
    return false;
}

static bool read_plan(struct worker *w, struct request *r, struct rollout_plan *p, bool *ret_shadow)
{
    static const char *const names[] = {"goods",       "steps",       "wait_minutes", "need",
                                        "most_failed", "most_alerts", "why",          "shadow"};
    const struct json *steps = json_get(r->json, "steps"), *goods = json_get(r->json, "goods");
    const struct json *shadow = json_get(r->json, "shadow");
    struct span why = {NULL, 0};
    int64_t minutes = 30;

    *p = (struct rollout_plan){.need = 100, .who = r->who.name};
    if (!body_fields(r, names, GH_COUNT(names)) || !body_text(r, "why", ROLLOUT_WHY_MAX, false, &why) ||
        !number(r, "wait_minutes", 0, WAIT_MAX_S / 60, &minutes) || !number(r, "need", 1, 100, &p->need) ||
        !number(r, "most_failed", 0, 100000, &p->most_failed) ||
        !number(r, "most_alerts", 0, 100000, &p->most_alerts))
        return false;
    p->wait_s = minutes * 60;
    p->why = arena_dup(r->arena, why.p, why.n);
    if (!goods || goods->type != JSON_NUMBER || !goods->integer || !steps || steps->type != JSON_ARRAY ||
        !steps->count || steps->count > ROLLOUT_STEPS_MAX || !p->why) {
        reply_problem_say(r, PROBLEM_BAD_FIELD,
                          "'goods' is the number of what goes down, 'steps' a list of 1 to %d steps.",
                          ROLLOUT_STEPS_MAX);
        return false;
    }
    if (shadow && shadow->type != JSON_TRUE && shadow->type != JSON_FALSE) {
        reply_problem_say(r, PROBLEM_BAD_FIELD, "'shadow' is true or false.");
        return false;
    }
    *ret_shadow = json_bool(shadow, false);
    p->goods = goods->i;
    json_each(e, steps)
    {
        if (!read_step(w->db, r, e, &p->step[p->n++]))
            return false;
    }
    return true;
}

static int audit(struct db *d, const char *who, const char *address, const char *action,
                 const struct rollout *x, const char *detail)
{
    char object[256];

    snprintf(object, sizeof(object), "rollout %lld: %s %s %s, step %lld of %lld", (long long)x->id,
             goods_kind_names[x->kind], x->name, x->version, (long long)x->step + 1, (long long)x->steps);
    return audit_append(d, who, address, action, object, detail);
}

/* Were these goods approved as a version of a source, which nobody approves alone? */
static int is_approved(struct db *d, int64_t goods, bool *ret)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT 1 FROM source_version WHERE goods = ? AND state = 2", "i", goods);

    if (!rc)
        rc = db_step(s);
    *ret = rc == 1;
    if (rc == 1)
        db_reset(s);
    return rc < 0 ? rc : 0;
}

void api_rollout_add(struct worker *w, struct request *r)
{
    struct rollout_plan p;
    struct rollout x;
    bool approved = false, shadow = false;
    const char *fault = "";
    int64_t id = 0;
    struct db *d;
    int rc;

    if (!read_plan(w, r, &p, &shadow) || !once_begin(w, r, &d))
        return;
    rc = is_approved(d, p.goods, &approved); /* of the policy itself, also when it runs as a shadow */
    if (!rc && shadow)
        rc = goods_as_shadow(d, p.goods, r->who.name, &p.goods, &fault);
    if (shadow && (rc == ST_NOT_FOUND || rc == ST_EXISTS || rc == ST_LIMIT || rc == ST_MALFORMED)) {
        reply_problem_say(r, PROBLEM_BAD_FIELD, "%s",
                          rc == ST_EXISTS ? "A shadow of this name and version is there with other content."
                          : rc == ST_NOT_FOUND ? "Only a policy can run as a shadow."
                                               : "This policy is too large to run as a shadow.");
        (void)once_end(w, r, d, 0);
        return;
    }
    if (!rc)
        rc = rollout_add(d, &p, &id);
    if (rc == ST_NOT_FOUND || rc == ST_MALFORMED || rc == ST_EXISTS) {
        reply_problem_say(r, rc == ST_EXISTS ? PROBLEM_WRONG_STATE : PROBLEM_BAD_FIELD, "%s",
                          rc == ST_EXISTS      ? "A roll-out of this kind is under way: end it first."
                          : rc == ST_NOT_FOUND ? "There are no such goods."
                                               : "No appliance is in any of the steps.");
        (void)once_end(w, r, d, 0);
        return;
    }
    if (!rc)
        rc = rollout_find(d, id, &x);
    if (!rc)
        rc = audit(d, r->who.name, r->address, "rollout_proposed", &x, p.why);
    if (!rc && (approved || !w->app->conf->console_two_persons)) {
        rc = rollout_start(d, &x, r->who.name);
        if (!rc)
            rc = audit(d, r->who.name, r->address, "rollout_started", &x, NULL);
    }
    if (!rc)
        reply_one(r, d, id);
    (void)once_end(w, r, d, rc);
}

/* ---- steps of people ---- */

enum act { ACT_APPROVE, ACT_PAUSE, ACT_RESUME, ACT_NEXT, ACT_STOP, ACT_BACK, ACTS };
static const struct {
    const char *audit;
    unsigned from;
} acts[ACTS] = {
    [ACT_APPROVE] = {"rollout_started", 1u << ROLLOUT_PROPOSED},
    [ACT_PAUSE] = {"rollout_paused", 1u << ROLLOUT_RUNNING},
    [ACT_RESUME] = {"rollout_resumed", 1u << ROLLOUT_PAUSED},
    [ACT_NEXT] = {"rollout_next", 1u << ROLLOUT_RUNNING},
    [ACT_STOP] = {"rollout_stopped", 1u << ROLLOUT_PROPOSED | 1u << ROLLOUT_RUNNING | 1u << ROLLOUT_PAUSED},
    [ACT_BACK] = {"rollout_taken_back",
                  1u << ROLLOUT_RUNNING | 1u << ROLLOUT_PAUSED | 1u << ROLLOUT_DONE | 1u << ROLLOUT_STOPPED},
};

static int take(struct db *d, const struct rollout *x, enum act act, const char *who, const char *why)
{
    switch (act) {
    case ACT_APPROVE:
        return rollout_start(d, x, who);
    case ACT_PAUSE:
        return rollout_set_state(d, x, ROLLOUT_PAUSED, why);
    case ACT_RESUME:
        return rollout_set_state(d, x, ROLLOUT_RUNNING, NULL);
    case ACT_NEXT:
        return rollout_next(d, x);
    case ACT_STOP:
        return rollout_set_state(d, x, ROLLOUT_STOPPED, why);
    default:
        return rollout_back(d, x, why);
    }
}

/* A newer roll-out of the kind has the word: taking back an older one would undo that one, too. */
static int is_newest(struct db *d, const struct rollout *x, bool *ret)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT 1 FROM rollout WHERE kind = ? AND id > ? AND step >= 0 LIMIT 1", "ii",
                      (int64_t)x->kind, x->id);

    if (!rc)
        rc = db_step(s);
    *ret = rc != 1;
    if (rc == 1)
        db_reset(s);
    return rc < 0 ? rc : 0;
}

static void run(struct worker *w, struct request *r, enum act act)
{
    static const char *const names[] = {"why"};
    struct span why = {NULL, 0};
    struct rollout x;
    const char *text;
    bool newest = true;
    struct db *d;
    int rc;

    if (!body_fields(r, names, 1) ||
        !body_text(r, "why", ROLLOUT_WHY_MAX, act == ACT_BACK || act == ACT_STOP, &why) ||
        !once_begin(w, r, &d))
        return;
    text = arena_dup(r->arena, why.p, why.n);
    rc = text ? rollout_find(d, r->id, &x) : ST_NOMEM;
    if (rc == ST_NOT_FOUND) {
        reply_problem_say(r, PROBLEM_NOT_FOUND, "There is no such roll-out.");
        rc = 0;
    } else if (!rc && !(acts[act].from >> x.state & 1)) {
        reply_problem_with(r, PROBLEM_WRONG_STATE, "state", 0, rollout_state_names[x.state]);
    } else if (!rc && act == ACT_APPROVE && w->app->conf->console_two_persons &&
               !strcmp(x.made_by, r->who.name)) {
        reply_problem(r, PROBLEM_SELF_APPROVAL);
    } else if (!rc && act == ACT_BACK && ((rc = is_newest(d, &x, &newest)) != 0 || !newest)) {
        if (!rc)
            reply_problem_say(r, PROBLEM_WRONG_STATE,
                              "A newer roll-out of this kind began since: take that one back.");
    } else if (!rc) {
        rc = take(d, &x, act, r->who.name, text);
        if (!rc)
            rc = audit(d, r->who.name, r->address, acts[act].audit, &x, text);
        if (!rc)
            reply_one(r, d, x.id);
    }
    (void)once_end(w, r, d, rc);
}

void api_rollout_approve(struct worker *w, struct request *r)
{
    run(w, r, ACT_APPROVE);
}

void api_rollout_pause(struct worker *w, struct request *r)
{
    run(w, r, ACT_PAUSE);
}

void api_rollout_resume(struct worker *w, struct request *r)
{
    run(w, r, ACT_RESUME);
}

void api_rollout_next(struct worker *w, struct request *r)
{
    run(w, r, ACT_NEXT);
}

void api_rollout_stop(struct worker *w, struct request *r)
{
    run(w, r, ACT_STOP);
}

void api_rollout_back(struct worker *w, struct request *r)
{
    run(w, r, ACT_BACK);
}

void api_ring_set(struct worker *w, struct request *r)
{
    static const char *const names[] = {"appliance", "ring"};
    struct span id = {NULL, 0}, ring = {NULL, 0};
    char object[96], text[GOODS_RING];
    int64_t row;
    struct db *d;
    struct jw j;
    int rc;

    if (!body_fields(r, names, 2) || !body_text(r, "appliance", 64, true, &id) ||
        !body_text(r, "ring", GOODS_RING - 1, true, &ring))
        return;
    if (ring.n && !goods_name_is_good(ring)) {
        reply_problem_say(r, PROBLEM_BAD_FIELD, "A ring's name has letters, digits, '.', '_', '-'.");
        return;
    }
    snprintf(text, sizeof(text), "%.*s", (int)ring.n, ring.n ? (const char *)ring.p : "");
    if (!once_begin(w, r, &d))
        return;
    rc = appliance_find(d, id, &row);
    if (!rc)
        rc = goods_ring_set(d, row, text);
    snprintf(object, sizeof(object), "appliance %.*s", (int)(id.n < 64 ? id.n : 64), (const char *)id.p);
    if (!rc)
        rc = audit_append(d, r->who.name, r->address, "ring_set", object, text);
    reply_json(r, 200, &j);
    jw_obj(&j);
    jw_kcstr(&j, "ring", text);
    jw_end_obj(&j);
    reply_json_end(r);
    (void)once_end(w, r, d, rc);
}

/* ---- by itself ---- */

static int go_on(struct db *d, const struct rollout *x, enum rollout_judgement j, const char *why)
{
    int rc = j == ROLLOUT_GO_ON ? rollout_next(d, x) : rollout_back(d, x, why);

    return rc ? rc
              : audit(d, "console", NULL, j == ROLLOUT_GO_ON ? "rollout_next" : "rollout_taken_back", x, why);
}

void app_rollouts(struct app *app, struct db *reader)
{
    int64_t ids[RUNNING_MAX];
    size_t n = rollouts_running(reader, ids, RUNNING_MAX);

    for (size_t i = 0; i < n; i++) {
        enum rollout_judgement judgement;
        struct rollout x;
        char why[320];
        struct db *d;
        int rc = rollout_find(reader, ids[i], &x);
        if (!rc)
            rc = rollout_judge(reader, &x, &judgement, why, sizeof(why));
        if (rc || judgement == ROLLOUT_WAIT || !(d = store_begin(app->store, &rc)))
            continue;
        rc = rollout_find(d, ids[i], &x); /* a person may have been quicker */
        if (!rc && x.state == ROLLOUT_RUNNING)
            rc = rollout_judge(d, &x, &judgement, why, sizeof(why));
        if (!rc && x.state == ROLLOUT_RUNNING && judgement != ROLLOUT_WAIT) {
            rc = go_on(d, &x, judgement, why);
            if (judgement == ROLLOUT_TURN_BACK)
                log_warn("roll-out %lld of %s %s is taken back: %s", (long long)x.id, x.name, x.version, why);
        }
        if (rc)
            store_rollback(app->store);
        else
            (void)store_commit(app->store); /* otherwise at the next look */
    }
}
