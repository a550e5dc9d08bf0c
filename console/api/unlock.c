/* SPDX-License-Identifier: GPL-3.0-or-later
 * Opening what is beyond a clearance: one person asks with a reason, another one who approves and is cleared
 * for it decides. */
#include "console/store/unlock.h"
#include "console/api/access.h"
#include "console/store/alerts.h"

#include <stdio.h>

static const char *object_of(int64_t alert, char buf[static 32])
{
    snprintf(buf, 32, "alert %lld", (long long)alert);
    return buf;
}

void api_unlock_ask(struct worker *w, struct request *r)
{
    static const char *const names[] = {"reason", "minutes"};
    const struct json *minutes = json_get(r->json, "minutes");
    struct span reason = {NULL, 0};
    char object[32];
    int64_t id = 0;
    bool clear;
    struct db *d;
    struct jw j;
    int rc;

    if (!body_fields(r, names, 2) || !body_text(r, "reason", UNLOCK_REASON, true, &reason))
        return;
    reason = span_trim(reason);
    if (!reason.n || memchr(reason.p, 0, reason.n) || !minutes || minutes->type != JSON_NUMBER ||
        !minutes->integer || minutes->i < UNLOCK_MINUTES_MIN || minutes->i > UNLOCK_MINUTES_MAX) {
        reply_problem_say(r, PROBLEM_BAD_FIELD, "'reason' is a text, 'minutes' a number from %d to %d.",
                          UNLOCK_MINUTES_MIN, UNLOCK_MINUTES_MAX);
        return;
    }
    if (!once_begin(w, r, &d))
        return;
    rc = sight_alert(d, &r->who.sight, r->id, &clear);
    if (!rc && !clear)
        rc = unlock_ask(d, r->id, r->who.user, r->who.name, reason, minutes->i, &id);
    if (rc == ST_NOT_FOUND)
        reply_problem_say(r, PROBLEM_NOT_FOUND, "There is no such alert.");
    else if (!rc && clear)
        reply_problem_say(r, PROBLEM_UNLOCK_STATE, "You see all of this alert already.");
    else if (rc == ST_EXISTS)
        reply_problem_say(r, PROBLEM_UNLOCK_STATE,
                          "You have asked for this already, and nobody has answered yet.");
    if (r->reply.status) {
        once_end(w, r, d, 0);
        return;
    }
    if (!rc)
        rc = audit_append(d, r->who.name, r->address, "unlock_asked", object_of(r->id, object),
                          arena_dup(r->arena, reason.p, reason.n));
    reply_json(r, 200, &j);
    jw_obj(&j);
    if (!rc)
        rc = unlock_put(d, r->id, r->who.user, &j);
    jw_end_obj(&j);
    reply_json_end(r);
    if (once_end(w, r, d, rc))
        hub_publish(w->app->hub, span_str("event: unlock\ndata: {}\n\n"));
}

void api_unlocks_list(struct worker *w, struct request *r)
{
    int64_t before, limit;
    bool all = rights_have(r->who.roles, RIGHT_APPROVE) || rights_have(r->who.roles, RIGHT_AUDIT);
    struct jw j;

    if (!page_asked(r, &before, &limit))
        return;
    reply_json(r, 200, &j);
    jw_obj(&j);
    reply_object_end(r, &j, unlock_list(w->db, &r->who.sight, all, before, limit, &j));
}

/* May who decides decide this one? With the problem written when not. */
static bool may_decide(struct db *d, struct request *r, int64_t *ret_alert)
{
    int64_t user;
    bool clear = false;
    int rc = unlock_find(d, r->id, ret_alert, &user);

    if (!rc)
        rc = sight_alert(d, &r->who.sight, *ret_alert, &clear);
    if (rc == ST_NOT_FOUND)
        reply_problem_say(r, PROBLEM_NOT_FOUND, "There is no such question that waits for an answer.");
    else if (rc)
        app_fail(r, rc);
    else if (user == r->who.user)
        reply_problem(r, PROBLEM_OWN_QUESTION);
    else if (!clear)
        reply_problem(r, PROBLEM_CLEARANCE);
    return r->reply.status == 0;
}

void api_unlock_decide(struct worker *w, struct request *r)
{
    static const char *const names[] = {"decision"};
    struct span decision = {NULL, 0};
    char object[32];
    int64_t alert = 0;
    struct db *d;
    struct jw j;
    bool yes;
    int rc;

    if (!body_fields(r, names, 1) || !body_text(r, "decision", 16, true, &decision))
        return;
    yes = span_eq(decision, span_str("grant"));
    if (!yes && !span_eq(decision, span_str("refuse"))) {
        reply_problem_say(r, PROBLEM_BAD_FIELD, "'decision' is grant or refuse.");
        return;
    }
    if (!once_begin(w, r, &d))
        return;
    if (!may_decide(d, r, &alert)) {
        once_end(w, r, d, 0);
        return;
    }
    rc = unlock_decide(d, r->id, yes, r->who.name);
    if (!rc)
        rc = audit_append(d, r->who.name, r->address, yes ? "unlock_granted" : "unlock_refused",
                          object_of(alert, object), NULL);
    reply_json(r, 200, &j);
    jw_obj(&j);
    jw_ki64(&j, "id", r->id);
    jw_kcstr(&j, "state", yes ? "granted" : "refused");
    jw_end_obj(&j);
    reply_json_end(r);
    if (once_end(w, r, d, rc))
        hub_publish(w->app->hub, span_str("event: unlock\ndata: {}\n\n"));
}

/* Is the alert open to who asks? The view is in the audit before anything is shown. */
int unlock_view(struct worker *w, struct request *r, bool *ret_open)
{
    char object[32], detail[64];
    int64_t id = 0;
    struct db *d;
    int rc = r->who.token ? 0 : unlock_open(w->db, r->id, r->who.user, &id);

    *ret_open = false;
    if (rc != 1)
        return rc;
    d = store_begin(w->app->store, &rc);
    if (!d)
        return rc;
    snprintf(detail, sizeof(detail), "unlock %lld", (long long)id);
    rc = audit_append(d, r->who.name, r->address, "content_viewed", object_of(r->id, object), detail);
    if (rc) {
        store_rollback(w->app->store);
        return rc;
    }
    rc = store_commit(w->app->store);
    *ret_open = rc == 0;
    return rc;
}
