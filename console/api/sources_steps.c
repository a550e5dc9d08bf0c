/* SPDX-License-Identifier: GPL-3.0-or-later
 * From a draft to an approved version: propose, withdraw, decide, drop. With console.two_persons nobody who
 * wrote on a version approves it. */
#include "console/api/once.h"
#include "console/api/sources.h"

#include <stdio.h>

enum step { STEP_PROPOSE, STEP_WITHDRAW, STEP_APPROVE, STEP_REFUSE, STEP_DROP };
static const struct {
    const char *audit;
    unsigned from; /* states it may be taken in, bits */
} steps[] = {
    [STEP_PROPOSE] = {"source_proposed", 1u << SOURCE_DRAFT | 1u << SOURCE_REFUSED},
    [STEP_WITHDRAW] = {"source_withdrawn", 1u << SOURCE_PROPOSED},
    [STEP_APPROVE] = {"source_approved", 1u << SOURCE_PROPOSED},
    [STEP_REFUSE] = {"source_refused", 1u << SOURCE_PROPOSED},
    [STEP_DROP] = {"source_dropped", 1u << SOURCE_DRAFT | 1u << SOURCE_REFUSED | 1u << SOURCE_PROPOSED},
};

/* Did this person write any revision that was kept of it, or begin it? */
static int is_writer(struct db *d, const struct source_version *v, const char *who, bool *ret)
{
    struct db_stmt *s;
    int rc = db_query(d, &s,
                      "SELECT 1 FROM source_version WHERE id = ?1 AND (author = ?2 COLLATE NOCASE OR "
                      "proposed_by = ?2 COLLATE "
                      "NOCASE) UNION ALL SELECT 1 FROM source_revision WHERE version = ?1 AND user = ?2 "
                      "COLLATE NOCASE LIMIT 1",
                      "is", v->id, who);

    if (!rc)
        rc = db_step(s);
    *ret = rc == 1;
    if (rc == 1)
        db_reset(s);
    return rc < 0 ? rc : 0;
}

static int approve(struct db *d, struct request *r, struct arena *a, const struct source_version *v,
                   const char *why)
{
    struct source_files *files = arena_alloc(a, sizeof(*files));
    const char *fault = "";
    char label[64] = "";
    int rc = files ? source_files_parse(a, v, files) : ST_NOMEM;

    if (!rc && v->kind == SOURCE_POLICY)
        source_label(a, files, label, sizeof(label));
    if (!rc)
        rc = source_approve(d, a, v, label, r->who.name, why, &fault);
    if (rc == ST_MALFORMED || rc == ST_LIMIT || rc == ST_EXISTS) {
        reply_problem_say(r, PROBLEM_NOT_GOOD, "It cannot go down to appliances: %s.",
                          *fault ? fault : status_text(rc));
        return 0;
    }
    return rc;
}

/* In the transaction, on the version as it is now. */
static int take(struct worker *w, struct db *d, struct request *r, struct arena *a,
                const struct source_version *v, enum step step, const char *why)
{
    bool two = w->app->conf->console_two_persons, writer = false;
    char object[160];
    int rc = 0;

    if (!(steps[step].from >> v->state & 1)) {
        reply_problem_with(r, PROBLEM_WRONG_STATE, "state", 0, source_state_names[v->state]);
        return 0;
    }
    if (step == STEP_APPROVE && two && !(rc = is_writer(d, v, r->who.name, &writer)) && writer) {
        reply_problem(r, PROBLEM_SELF_APPROVAL);
        return 0;
    }
    snprintf(object, sizeof(object), "%s %s, version %lld", source_kind_names[v->kind], v->name,
             (long long)v->id);
    if (!rc)
        rc = audit_append(d, r->who.name, r->address, steps[step].audit, object, why);
    if (rc)
        return rc;
    switch (step) {
    case STEP_PROPOSE:
        rc = source_set_state(d, v, SOURCE_PROPOSED, r->who.name, why);
        if (rc || two)
            return rc;
        rc = audit_append(d, r->who.name, r->address, "source_approved", object, "one person is enough");
        return rc ? rc : approve(d, r, a, v, why);
    case STEP_WITHDRAW:
        return source_set_state(d, v, SOURCE_DRAFT, r->who.name, why);
    case STEP_APPROVE:
        return approve(d, r, a, v, why);
    case STEP_REFUSE:
        return source_set_state(d, v, SOURCE_REFUSED, r->who.name, why);
    case STEP_DROP:
        return source_set_state(d, v, SOURCE_DROPPED, r->who.name, why);
    }
    return ST_IO;
}

static void reply_version(struct request *r, struct db *d, int64_t id)
{
    struct jw j;
    int rc;

    reply_json(r, 200, &j);
    jw_obj(&j);
    rc = source_version_put(d, id, 0, &j);
    reply_object_end(r, &j, rc);
}

/* revision 0: whatever it is. */
static void step_on(struct worker *w, struct request *r, struct arena *a, enum step step, int64_t revision,
                    struct span why)
{
    struct source_version v;
    const char *text = arena_dup(a, why.p, why.n);
    struct db *d;
    int rc = text ? 0 : ST_NOMEM;

    if (rc || !once_begin(w, r, &d)) {
        if (rc)
            app_fail(r, rc);
        return;
    }
    if (version_of(w, r, d, a, &v)) {
        if (revision && revision != v.revision)
            reply_problem_with(r, PROBLEM_EDITED, "revision", (uint64_t)v.revision, NULL);
        else
            rc = take(w, d, r, a, &v, step, text);
        if (!rc && !r->reply.status)
            reply_version(r, d, v.id);
    }
    (void)once_end(w, r, d, rc);
}

/* What is proposed has been tried: a policy by its own tests too. */
static bool is_tried(struct worker *w, struct request *r, struct arena *a, int64_t *ret_revision)
{
    struct source_files *files = arena_alloc(a, sizeof(*files));
    const struct json *answer = NULL;
    struct source_version v;
    struct span text;
    const char *name;

    if (!version_of(w, r, w->db, a, &v))
        return false;
    *ret_revision = v.revision;
    if (v.kind == SOURCE_LISTS || v.kind == SOURCE_SETTINGS)
        return true;
    if (!files || source_files_parse(a, &v, files) != 0) {
        app_fail(r, ST_NOMEM);
        return false;
    }
    if (!bench_about(w, r, a, v.kind == SOURCE_POLICY ? "test" : "rules", &v, files, (struct span){NULL, 0},
                     &answer, &text))
        return false;
    name = json_cstr(json_get(answer, "name"), v.name);
    if (v.kind == SOURCE_POLICY && strcmp(name, v.name) != 0) {
        reply_problem_say(r, PROBLEM_NOT_GOOD, "bundle.json names it '%.64s'; here it is '%s'.", name,
                          v.name);
        return false;
    }
    if (json_bool(json_get(answer, "good"), false) ||
        (v.kind == SOURCE_POLICY && json_get(answer, "tests") &&
         json_i64(json_get(answer, "failed"), 1) == 0 && json_bool(json_get(answer, "complete"), false)))
        return true;
    reply_problem_with(r, PROBLEM_NOT_GOOD, "failed", (uint64_t)json_i64(json_get(answer, "failed"), 0),
                       NULL);
    return false;
}

static void run(struct worker *w, struct request *r, enum step step)
{
    static const char *const names[] = {"why"};
    struct arena *a = arena_new(SOURCE_ARENA);
    struct span why = {NULL, 0};
    int64_t revision = 0;

    if (!a)
        app_fail(r, ST_NOMEM);
    else if (body_fields(r, names, 1) && body_text(r, "why", SOURCE_NOTE_MAX, step == STEP_REFUSE, &why) &&
             (step != STEP_PROPOSE || is_tried(w, r, a, &revision)))
        step_on(w, r, a, step, revision, why);
    arena_free(a);
}

void api_version_propose(struct worker *w, struct request *r)
{
    run(w, r, STEP_PROPOSE);
}

void api_version_withdraw(struct worker *w, struct request *r)
{
    run(w, r, STEP_WITHDRAW);
}

void api_version_approve(struct worker *w, struct request *r)
{
    run(w, r, STEP_APPROVE);
}

void api_version_refuse(struct worker *w, struct request *r)
{
    run(w, r, STEP_REFUSE);
}

void api_version_drop(struct worker *w, struct request *r)
{
    run(w, r, STEP_DROP);
}
