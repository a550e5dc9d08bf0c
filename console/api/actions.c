/* SPDX-License-Identifier: GPL-3.0-or-later
 * Steps on alerts: one, or many with honest counts. The steps, the kept answer under an Idempotency-Key and
 * the audit entry are one transaction; what changed is then told to all streams. */
#include "base/text.h"
#include "console/api/app.h"
#include "console/api/filter.h"
#include "console/api/once.h"
#include "console/api/query.h"
#include "console/store/cases.h"
#include "console/store/search.h"

#include <stdio.h>

#define IDS_MAX 1000
#define FAILED_SHOWN 100

struct many {
    int64_t *ids;
    size_t n;
    int64_t all;
    uint64_t changed, unchanged, missing;
};

static bool name_number(struct span name, const char *const *names, size_t n, int *ret)
{
    for (size_t i = 0; i < n; i++)
        if (names[i] && span_eq(name, span_str(names[i]))) {
            *ret = (int)i;
            return true;
        }
    return false;
}

/* The case that an alert goes into. */
static bool read_case(struct request *r, struct alert_step *step)
{
    const struct json *v = json_get(r->json, "case");

    if ((v != NULL) != (step->action == ACTION_ESCALATE) ||
        (v && (v->type != JSON_NUMBER || !v->integer || v->i < 1))) {
        reply_problem_say(r, PROBLEM_BAD_FIELD,
                          "'case', the number of a case, goes with the action escalate.");
        return false;
    }
    step->to_case = v ? v->i : 0;
    return true;
}

/* The step that the body asks for; false with the problem written. */
static bool read_step(struct request *r, struct alert_step *step)
{
    struct span action = {NULL, 0}, reason = {NULL, 0}, to = {NULL, 0};
    int number = 0;

    *step = (struct alert_step){.user = r->who.name, .who = &r->who.sight};
    if (!body_text(r, "action", 32, true, &action) || !body_text(r, "reason", 32, false, &reason) ||
        !body_text(r, "to", 64, false, &to) || !body_text(r, "text", ALERT_TEXT_MAX, false, &step->text))
        return false;
    if (!name_number(action, alert_action_names, ACTION_COUNT, &number) || number == ACTION_UNDO) {
        reply_problem_say(
            r, PROBLEM_BAD_FIELD,
            "'action' is one of acknowledge, assign, comment, close, reopen, escalate, withdraw.");
        return false;
    }
    step->action = (enum alert_action)number;
    if (to.n) {
        step->to = step->action == ACTION_ASSIGN ? arena_dup(r->arena, to.p, to.n) : NULL;
        if (!step->to) {
            reply_problem_say(r, PROBLEM_BAD_FIELD, "'to' goes with the action assign.");
            return false;
        }
    }
    number = REASON_NONE;
    if (reason.n && !name_number(reason, close_reason_names, REASON_COUNT, &number)) {
        reply_problem_say(r, PROBLEM_BAD_FIELD, "'reason' is one of confirmed, false_alarm, permitted.");
        return false;
    }
    step->reason = (enum close_reason)number;
    if (memchr(step->text.p ? (const void *)step->text.p : "", 0, step->text.n)) {
        reply_problem_say(r, PROBLEM_BAD_FIELD, "'text' has a NUL character.");
        return false;
    }
    step->text = span_trim(step->text);
    if (!read_case(r, step))
        return false;
    if (step->action == ACTION_CLOSE && step->reason == REASON_NONE) {
        reply_problem(r, PROBLEM_REASON_MISSING);
        return false;
    }
    if (step->action == ACTION_COMMENT && !step->text.n) {
        reply_problem(r, PROBLEM_TEXT_MISSING);
        return false;
    }
    return true;
}

/* Is there such a person, such an open case? With the problem written when not. */
static bool has_hands(struct db *d, struct request *r, struct alert_step *step)
{
    struct user u;
    struct case_info c = {.state = CASE_OPEN};
    int rc = step->to ? user_find(d, span_str(step->to), &u) : 0;

    if (!rc && step->to_case) {
        rc = case_find(d, step->to_case, &c);
        if (rc == ST_NOT_FOUND || (!rc && c.state != CASE_OPEN)) {
            reply_problem_say(r, PROBLEM_BAD_FIELD, "'case' is no open case.");
            return false;
        }
    }
    if (rc == ST_NOT_FOUND)
        reply_problem_say(r, PROBLEM_BAD_FIELD, "'to' is nobody who can sign in here.");
    else if (rc)
        app_fail(r, rc);
    return rc == 0;
}

/* Ends the transaction, publishes what changed. */
static void finish(struct worker *w, struct request *r, struct db *d, int rc)
{
    if (once_end(w, r, d, rc))
        app_publish(w->app, w->db);
}

/* The case's own timeline says how many came in. */
static int tell_case(struct db *d, struct request *r, const struct alert_step *step, uint64_t n)
{
    if (step->action != ACTION_ESCALATE || !n)
        return 0;
    return case_note(d, step->to_case, r->who.name, ENTRY_ADDED, step->text, (int64_t)n);
}

static int act_one(struct db *d, struct request *r, const struct alert_step *step)
{
    enum step_outcome outcome;
    bool clear = false;
    int state = 0, rc = alert_act(d, r->id, step, &outcome, &state);
    char object[32];
    struct jw j;

    if (rc)
        return rc;
    if (outcome == STEP_NOT_FOUND) {
        reply_problem_say(r, PROBLEM_NOT_FOUND, "There is no such alert.");
        return 0;
    }
    if (outcome == STEP_WRONG_STATE) {
        reply_problem_with(r, PROBLEM_WRONG_STATE, "state", 0, alert_state_names[state]);
        return 0;
    }
    snprintf(object, sizeof(object), "alert %lld", (long long)r->id);
    rc = audit_append(d, r->who.name, r->address, alert_action_names[step->action], object,
                      close_reason_names[step->reason]);
    if (!rc)
        rc = tell_case(d, r, step, 1);
    reply_json(r, 200, &j);
    jw_obj(&j);
    jw_key(&j, "alert");
    if (!rc)
        rc = alert_row(d, &r->who.sight, r->id, &j);
    if (!rc)
        rc = sight_alert(d, &r->who.sight, r->id, &clear);
    if (!rc)
        rc = alert_history(d, r->id, clear, r->who.name, &j);
    jw_ki64(&j, "undo", step->act);
    jw_end_obj(&j);
    reply_json_end(r);
    return rc;
}

void api_alert_act(struct worker *w, struct request *r)
{
    static const char *const names[] = {"action", "reason", "text", "to", "case"};
    struct alert_step step;
    struct db *d;

    if (!body_fields(r, names, GH_COUNT(names)) || !read_step(r, &step) || !has_hands(w->db, r, &step) ||
        !once_begin(w, r, &d))
        return;
    step.act = alert_act_next(d);
    finish(w, r, d, act_one(d, r, &step));
}

static bool read_ids(struct request *r, const struct json *list, struct many *m)
{
    m->ids = list->count <= IDS_MAX ? arena_array(r->arena, list->count + 1, sizeof(*m->ids)) : NULL;
    if (list->type != JSON_ARRAY || !list->count || !m->ids) {
        reply_problem_say(r, PROBLEM_BAD_FIELD, "'ids' has 1 to %d numbers.", IDS_MAX);
        return false;
    }
    json_each(id, list)
    {
        if (id->type != JSON_NUMBER || !id->integer) {
            reply_problem_say(r, PROBLEM_BAD_FIELD, "'ids' has 1 to %d numbers.", IDS_MAX);
            return false;
        }
        m->ids[m->n++] = id->i;
    }
    m->all = (int64_t)m->n;
    return true;
}

static bool read_filter(struct worker *w, struct request *r, const struct json *filter,
                        struct alert_filter *f)
{
    const char *why = "";

    alert_filter_init(f, &r->who.sight);
    if (filter->type != JSON_OBJECT) {
        reply_problem_say(r, PROBLEM_BAD_FIELD, "'filter' must be an object.");
        return false;
    }
    json_each(m, filter)
    {
        int rc = ST_MALFORMED;
        if (span_eq(m->key, span_str("max_id"))) {
            why = "max_id is a number";
            if (m->type == JSON_NUMBER && m->integer && m->i > 0 && m->i < INT64_MAX) {
                f->before = m->i + 1;
                rc = 0;
            }
        } else if (m->type == JSON_STRING) {
            rc = filter_alert(r->arena, w->db, f, m->key, m->s, &why);
        } else {
            why = "its values are strings";
        }
        if (rc) {
            reply_problem_say(r, PROBLEM_BAD_FIELD, "In 'filter': %s.",
                              rc == ST_NOT_FOUND ? "unknown name" : why);
            return false;
        }
    }
    return true;
}

/* A question of the search box, and the zone of who asks. */
static bool read_query(struct worker *w, struct request *r, const struct json *query, struct query_sql *q)
{
    const struct json *tz = json_get(r->json, "tz");

    if (query->type != JSON_STRING ||
        (tz && (tz->type != JSON_NUMBER || !tz->integer || tz->i < -840 || tz->i > 840))) {
        reply_problem_say(r, PROBLEM_BAD_FIELD,
                          "'query' is a string, 'tz' a number of minutes from -840 to 840.");
        return false;
    }
    return query_of(w, r, query->s, QUERY_ALERTS, (int)json_i64(tz, 0), q);
}

/* More than one call changes, or than there was time to look for: not counted. */
static int find_all(struct worker *w, struct request *r, const struct query_sql *q, struct many *m)
{
    bool complete;
    int rc = search_alert_ids(w->db, r->arena, &r->who.sight, q, ALERT_MANY_MAX, &m->ids, &m->n, &complete);

    db_time_box(w->db, QUERY_TIME_MS);
    m->all = complete ? (int64_t)m->n : -1;
    return rc;
}

static int act_all(struct db *d, struct request *r, const struct alert_step *step, struct many *m,
                   struct jw *j)
{
    char object[96];
    int rc = 0;

    jw_karr(j, "failed");
    for (size_t i = 0; i < m->n && !rc; i++) {
        enum step_outcome outcome;
        int state;
        rc = alert_act(d, m->ids[i], step, &outcome, &state);
        if (rc)
            break;
        m->changed += outcome == STEP_DONE;
        m->unchanged += outcome == STEP_WRONG_STATE;
        m->missing += outcome == STEP_NOT_FOUND;
        if (outcome == STEP_NOT_FOUND && m->missing <= FAILED_SHOWN) {
            jw_obj(j);
            jw_ki64(j, "id", m->ids[i]);
            jw_kcstr(j, "code", "not_found");
            jw_end_obj(j);
        }
    }
    jw_end_arr(j);
    if (!rc)
        rc = tell_case(d, r, step, m->changed);
    snprintf(object, sizeof(object), "%llu alerts", (unsigned long long)m->changed);
    return rc ? rc
              : audit_append(d, r->who.name, r->address, alert_action_names[step->action], object,
                             close_reason_names[step->reason]);
}

void api_alerts_act(struct worker *w, struct request *r)
{
    static const char *const names[] = {"action", "reason", "text",  "to", "case",
                                        "ids",    "filter", "query", "tz"};
    const struct json *ids = json_get(r->json, "ids"), *filter = json_get(r->json, "filter");
    const struct json *query = json_get(r->json, "query");
    struct query_sql q;
    struct alert_filter f;
    struct alert_step step;
    struct many m = {.n = 0};
    struct db *d;
    struct jw j;
    int rc = 0;

    if (!body_fields(r, names, GH_COUNT(names)) || !read_step(r, &step))
        return;
    if (!!ids + !!filter + !!query != 1) {
        reply_problem_say(r, PROBLEM_BAD_FIELD, "Give one of 'ids', 'filter' and 'query'.");
        return;
    }
    if (!has_hands(w->db, r, &step) ||
        !(ids      ? read_ids(r, ids, &m)
          : filter ? read_filter(w, r, filter, &f)
                   : read_query(w, r, query, &q)) ||
        !once_begin(w, r, &d))
        return;
    step.act = alert_act_next(d);
    if (query)
        rc = find_all(w, r, &q, &m);
    if (filter)
        rc = alert_ids(w->db, r->arena, &f, ALERT_MANY_MAX, &m.ids, &m.n, &m.all);
    reply_json(r, 200, &j);
    jw_obj(&j);
    if (!rc)
        rc = act_all(d, r, &step, &m, &j);
    jw_ku64(&j, "matched", m.n);
    jw_ku64(&j, "changed", m.changed);
    jw_ku64(&j, "unchanged", m.unchanged);
    jw_ki64(&j, "remaining", m.all < 0 ? -1 : m.all - (int64_t)m.n);
    jw_key(&j, "undo");
    if (m.changed)
        jw_i64(&j, step.act);
    else
        jw_null(&j);
    jw_end_obj(&j);
    reply_json_end(r);
    finish(w, r, d, rc);
}

void api_act_undo(struct worker *w, struct request *r)
{
    char object[64];
    struct undone u;
    struct db *d;
    struct jw j;
    int rc;

    if (!body_fields(r, NULL, 0) || !once_begin(w, r, &d))
        return;
    rc = alert_undo(d, r->id, r->who.name, &u);
    if (rc == ST_NOT_FOUND) {
        reply_problem_say(r, PROBLEM_NOT_FOUND, "There is nothing of yours to undo under this number.");
        rc = 0;
    } else if (!rc) {
        snprintf(object, sizeof(object), "%llu alerts", (unsigned long long)u.changed);
        rc = audit_append(d, r->who.name, r->address, alert_action_names[ACTION_UNDO], object, NULL);
        reply_json(r, 200, &j);
        jw_obj(&j);
        jw_ku64(&j, "matched", u.matched);
        jw_ku64(&j, "changed", u.changed);
        jw_ku64(&j, "unchanged", u.unchanged);
        jw_end_obj(&j);
        reply_json_end(r);
    }
    finish(w, r, d, rc);
}
