/* SPDX-License-Identifier: GPL-3.0-or-later
 * Cases: list, one, new, and the steps on them. */
#include "base/writer.h"
#include "console/api/app.h"
#include "console/api/once.h"
#include "console/http/head.h"
#include "console/store/alerts.h"
#include "console/store/cases.h"
#include "console/store/fold.h"

#include <stdio.h>

static const struct span nothing = {NULL, 0};

static bool read_states(struct request *r, int *ret)
{
    const struct span *v = query_get(&r->query, "state");

    *ret = -1;
    if (!v || span_eq(*v, span_str("all")))
        return true;
    for (int i = 0; i < CASE_STATE_COUNT; i++)
        if (span_eq(*v, span_str(case_state_names[i]))) {
            *ret = 1 << i;
            return true;
        }
    reply_problem_say(r, PROBLEM_BAD_QUERY, "'state' is one of open, closed, merged, all.");
    return false;
}

/* A pattern of the folded text in which nothing that was typed means more than itself. */
static const char *pattern(struct arena *a, struct span typed)
{
    struct writer w, folded;
    struct span word;
    char *copy;

    writer_init(&folded, 4096);
    fold_text(&folded, typed);
    word = writer_span(&folded);
    writer_init(&w, 8192);
    writer_u8(&w, '%');
    for (size_t i = 0; i < word.n; i++) {
        if (word.p[i] == '%' || word.p[i] == '_' || word.p[i] == '\\')
            writer_u8(&w, '\\');
        writer_u8(&w, word.p[i]);
    }
    writer_u8(&w, '%');
    copy = writer_ok(&w) ? arena_dup(a, w.p, w.n) : NULL;
    writer_done(&w);
    writer_done(&folded);
    return copy;
}

void api_cases_list(struct worker *w, struct request *r)
{
    static const char *const names[] = {"state", "owner", "q", "before", "limit"};
    const struct span *owner = query_get(&r->query, "owner"), *q = query_get(&r->query, "q");
    struct case_filter f = {.sight = &r->who.sight, .me = r->who.name};
    int64_t limit = PAGE_DEFAULT;
    struct jw j;
    int rc;

    if (!query_fields(r, names, GH_COUNT(names)) || !read_states(r, &f.states) ||
        !query_number(r, "before", 1, INT64_MAX, &f.before) || !query_number(r, "limit", 1, PAGE_MAX, &limit))
        return;
    if (owner)
        f.owner = span_eq(*owner, span_str("me"))       ? r->who.name
                  : span_eq(*owner, span_str("nobody")) ? ""
                                                        : arena_dup(r->arena, owner->p, owner->n);
    if (q && q->n)
        f.word = pattern(r->arena, *q);
    if ((owner && !f.owner) || (q && q->n && !f.word)) {
        app_fail(r, ST_NOMEM);
        return;
    }
    reply_json(r, 200, &j);
    jw_obj(&j);
    rc = case_list(w->db, &f, limit, &j);
    reply_object_end(r, &j, rc);
}

/* Is the case there for this person? With the problem written when not. */
static bool sees(struct db *d, struct request *r)
{
    int rc = case_seen(d, r->id, &r->who.sight, r->who.name);

    if (rc == ST_NOT_FOUND)
        reply_problem_say(r, PROBLEM_NOT_FOUND, "There is no such case.");
    else if (rc)
        app_fail(r, rc);
    return rc == 0;
}

void api_case_get(struct worker *w, struct request *r)
{
    struct jw j;
    int rc;

    if (!query_fields(r, NULL, 0) || !sees(w->db, r))
        return;
    reply_json(r, 200, &j);
    jw_obj(&j);
    rc = case_detail(w->db, r->id, &r->who.sight, r->who.name, &j);
    reply_object_end(r, &j, rc);
}

/* Members of bodies. Each false with the problem written. */
static bool read_text(struct request *r, const char *name, size_t max, bool required, struct span *ret)
{
    *ret = nothing;
    if (!body_text(r, name, max, required, ret))
        return false;
    *ret = span_trim(*ret);
    if ((required && !ret->n) || (ret->n && memchr(ret->p, 0, ret->n))) {
        reply_problem_say(r, PROBLEM_BAD_FIELD, "'%s' must be a text.", name);
        return false;
    }
    return true;
}

static bool read_number(struct request *r, const char *name, int64_t lo, int64_t hi, int64_t *ret)
{
    const struct json *v = json_get(r->json, name);

    if (!v || v->type != JSON_NUMBER || !v->integer || v->i < lo || v->i > hi) {
        reply_problem_say(r, PROBLEM_BAD_FIELD, "'%s' must be a number from %lld to %lld.", name,
                          (long long)lo, (long long)hi);
        return false;
    }
    *ret = v->i;
    return true;
}

/* A person who can work on it, or nobody. */
static bool read_owner(struct db *d, struct request *r, struct span *ret)
{
    struct user u;
    int rc;

    if (!read_text(r, "owner", NAME_SIZE - 1, false, ret))
        return false;
    rc = ret->n ? user_find(d, *ret, &u) : 0;
    if (rc == ST_NOT_FOUND || (!rc && ret->n && !rights_have(u.roles, RIGHT_ACT))) {
        reply_problem_say(r, PROBLEM_BAD_FIELD, "'owner' is nobody who works on cases here.");
        return false;
    }
    if (rc)
        app_fail(r, rc);
    return rc == 0;
}

static int audit(struct db *d, struct request *r, int64_t id, const char *action, const char *detail)
{
    char object[32];

    snprintf(object, sizeof(object), "case %lld", (long long)id);
    return audit_append(d, r->who.name, r->address, action, object, detail);
}

/* The answer of a step: the row as it is now. */
static int answer(struct db *d, struct request *r, int64_t id, int status, int64_t moved)
{
    struct jw j;
    int rc;

    reply_json(r, status, &j);
    jw_obj(&j);
    jw_kobj(&j, "case");
    rc = case_row(d, id, &r->who.sight, &j);
    jw_end_obj(&j);
    jw_ki64(&j, "alerts", moved);
    jw_end_obj(&j);
    reply_json_end(r);
    return rc;
}

void api_case_add(struct worker *w, struct request *r)
{
    static const char *const names[] = {"title", "severity", "owner", "text"};
    struct span title, owner, text;
    int64_t severity, id = 0;
    struct db *d;
    int rc;

    if (!body_fields(r, names, GH_COUNT(names)) || !read_text(r, "title", CASE_TITLE_MAX, true, &title) ||
        !read_number(r, "severity", 1, 4, &severity) || !read_owner(w->db, r, &owner) ||
        !read_text(r, "text", CASE_TEXT_MAX, false, &text) || !once_begin(w, r, &d))
        return;
    rc = case_add(d, title, (int)severity, owner, text, r->who.name, &id);
    if (!rc)
        rc = audit(d, r, id, "case_opened", NULL);
    if (!rc)
        rc = answer(d, r, id, 201, 0);
    (void)once_end(w, r, d, rc);
}

static int do_edit(struct worker *w, struct db *d, struct request *r, const struct case_info *c,
                   int64_t *moved)
{
    struct span title, owner;
    int64_t severity = c->severity;
    int rc = 0;

    (void)moved;
    if (!read_text(r, "title", CASE_TITLE_MAX, false, &title) || !read_owner(w->db, r, &owner) ||
        (json_get(r->json, "severity") && !read_number(r, "severity", 1, 4, &severity)))
        return 0;
    if (title.n)
        rc = case_set_title(d, r->id, r->who.name, title);
    if (!rc && severity != c->severity)
        rc = case_set_severity(d, r->id, r->who.name, (int)severity);
    if (!rc && json_get(r->json, "owner"))
        rc = case_set_owner(d, r->id, r->who.name, owner);
    return rc;
}

static int do_note(struct worker *w, struct db *d, struct request *r, const struct case_info *c,
                   int64_t *moved)
{
    struct span text;

    (void)w, (void)c, (void)moved;
    return read_text(r, "text", CASE_TEXT_MAX, true, &text)
               ? case_note(d, r->id, r->who.name, ENTRY_NOTE, text, 0)
               : 0;
}

static int do_task(struct worker *w, struct db *d, struct request *r, const struct case_info *c,
                   int64_t *moved)
{
    struct span text;
    int rc = read_text(r, "text", 500, true, &text) ? case_task_add(d, r->id, r->who.name, text) : 0;

    (void)w, (void)c, (void)moved;
    if (rc != ST_LIMIT)
        return rc;
    reply_problem_say(r, PROBLEM_BAD_FIELD, "A case has at most %d tasks.", CASE_TASKS_MAX);
    return 0;
}

static int set_task(struct db *d, struct request *r, bool done)
{
    int64_t task;
    int rc =
        read_number(r, "task", 1, INT64_MAX, &task) ? case_task_set(d, r->id, r->who.name, task, done) : 0;

    if (rc != ST_NOT_FOUND)
        return rc;
    reply_problem_say(r, PROBLEM_WRONG_STATE, "The case has no such task, or it is so already.");
    return 0;
}

static int do_task_done(struct worker *w, struct db *d, struct request *r, const struct case_info *c,
                        int64_t *moved)
{
    (void)w, (void)c, (void)moved;
    return set_task(d, r, true);
}

static int do_task_open(struct worker *w, struct db *d, struct request *r, const struct case_info *c,
                        int64_t *moved)
{
    (void)w, (void)c, (void)moved;
    return set_task(d, r, false);
}

/* Its open alerts end as the case does. */
static int close_alerts(struct db *d, struct request *r, enum case_outcome outcome, int64_t *moved)
{
    static const enum close_reason reasons[] = {REASON_NONE, REASON_CONFIRMED, REASON_CONFIRMED,
                                                REASON_PERMITTED, REASON_FALSE_ALARM};
    char text[48];
    struct alert_step step = {
        .action = ACTION_CLOSE, .reason = reasons[outcome], .user = r->who.name, .who = &r->who.sight};
    int64_t *ids;
    size_t n = 0;
    int rc = case_alert_ids(d, r->arena, r->id, ALERT_MANY_MAX, &ids, &n);

    snprintf(text, sizeof(text), "#/cases/%lld", (long long)r->id);
    step.text = span_str(text);
    step.act = alert_act_next(d);
    for (size_t i = 0; i < n && !rc; i++) {
        enum step_outcome done = STEP_DONE;
        int state;
        rc = alert_act(d, ids[i], &step, &done, &state);
        *moved += done == STEP_DONE;
    }
    return rc;
}

static int do_close(struct worker *w, struct db *d, struct request *r, const struct case_info *c,
                    int64_t *moved)
{
    struct span outcome = nothing, text;
    int number = 0, rc;

    (void)w, (void)c;
    if (!body_text(r, "outcome", 32, true, &outcome) || !read_text(r, "text", CASE_TEXT_MAX, false, &text))
        return 0;
    for (int i = 1; i < CASE_OUTCOME_COUNT; i++)
        if (span_eq(outcome, span_str(case_outcome_names[i])))
            number = i;
    if (!number) {
        reply_problem_say(r, PROBLEM_BAD_FIELD,
                          "'outcome' is one of violation, mistake, permitted, unfounded.");
        return 0;
    }
    rc = case_close(d, r->id, r->who.name, (enum case_outcome)number, text);
    if (!rc && json_bool(json_get(r->json, "close_alerts"), false))
        rc = close_alerts(d, r, (enum case_outcome)number, moved);
    return rc;
}

static int do_reopen(struct worker *w, struct db *d, struct request *r, const struct case_info *c,
                     int64_t *moved)
{
    (void)w, (void)c, (void)moved;
    return case_reopen(d, r->id, r->who.name);
}

static int do_merge(struct worker *w, struct db *d, struct request *r, const struct case_info *c,
                    int64_t *moved)
{
    struct case_info other;
    int64_t into;
    int rc;

    (void)w, (void)c;
    if (!read_number(r, "into", 1, INT64_MAX, &into))
        return 0;
    rc = into == r->id ? ST_NOT_FOUND : case_seen(d, into, &r->who.sight, r->who.name);
    if (!rc)
        rc = case_find(d, into, &other);
    if (rc == ST_NOT_FOUND || (!rc && other.state != CASE_OPEN)) {
        reply_problem_say(r, PROBLEM_BAD_FIELD, "'into' is no other open case.");
        return 0;
    }
    return rc ? rc : case_merge(d, r->id, into, r->who.name, moved);
}

static int do_unmerge(struct worker *w, struct db *d, struct request *r, const struct case_info *c,
                      int64_t *moved)
{
    (void)w, (void)c;
    return case_unmerge(d, r->id, r->who.name, moved);
}

static const struct {
    const char *name, *audit;
    unsigned states; /* in which it is possible */
    int (*run)(struct worker *w, struct db *d, struct request *r, const struct case_info *c, int64_t *moved);
} steps[] = {
    {"edit", "case_edited", 1 << CASE_OPEN, do_edit},
    {"note", "case_note", 1 << CASE_OPEN | 1 << CASE_CLOSED, do_note},
    {"task", "case_task", 1 << CASE_OPEN, do_task},
    {"task_done", "case_task_done", 1 << CASE_OPEN, do_task_done},
    {"task_open", "case_task_open", 1 << CASE_OPEN, do_task_open},
    {"close", "case_closed", 1 << CASE_OPEN, do_close},
    {"reopen", "case_reopened", 1 << CASE_CLOSED, do_reopen},
    {"merge", "case_merged", 1 << CASE_OPEN, do_merge},
    {"unmerge", "case_unmerged", 1 << CASE_MERGED, do_unmerge},
};

void api_case_act(struct worker *w, struct request *r)
{
    static const char *const names[] = {"action", "title",   "severity",     "owner", "text",
                                        "task",   "outcome", "close_alerts", "into"};
    struct span action = nothing;
    struct case_info c;
    int64_t moved = 0;
    size_t i = 0;
    struct db *d;
    int rc;

    if (!body_fields(r, names, GH_COUNT(names)) || !body_text(r, "action", 16, true, &action) ||
        !sees(w->db, r))
        return;
    while (i < GH_COUNT(steps) && !span_eq(action, span_str(steps[i].name)))
        i++;
    if (i == GH_COUNT(steps)) {
        reply_problem_say(
            r, PROBLEM_BAD_FIELD,
            "'action' is one of edit, note, task, task_done, task_open, close, reopen, merge, unmerge.");
        return;
    }
    if (!once_begin(w, r, &d))
        return;
    rc = case_find(d, r->id, &c);
    if (!rc && !(steps[i].states >> c.state & 1))
        reply_problem_with(r, PROBLEM_WRONG_STATE, "state", 0, case_state_names[c.state]);
    else if (!rc)
        rc = steps[i].run(w, d, r, &c, &moved);
    if (!rc && !r->reply.status)
        rc = audit(d, r, r->id, steps[i].audit, NULL);
    if (!rc && !r->reply.status)
        rc = answer(d, r, r->id, 200, moved);
    if (once_end(w, r, d, rc))
        app_publish(w->app, w->db);
}
