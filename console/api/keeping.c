/* SPDX-License-Identifier: GPL-3.0-or-later
 * How long events stay, and what must stay. Every change is in the audit. */
#include "console/api/keeping.h"
#include "base/event.h"
#include "console/api/once.h"
#include "console/http/head.h"
#include "console/store/facts.h"
#include "console/store/retention.h"

#include <stdio.h>

#define DAYS_MAX 36500

static void reply_list(struct request *r, struct db *d, int status, int (*list)(struct db *, struct jw *))
{
    struct jw j;
    int rc;

    reply_json(r, status, &j);
    jw_obj(&j);
    rc = list(d, &j);
    reply_object_end(r, &j, rc);
}

void api_retention_list(struct worker *w, struct request *r)
{
    if (query_fields(r, NULL, 0))
        reply_list(r, w->db, 200, retention_list);
}

void api_holds_list(struct worker *w, struct request *r)
{
    if (query_fields(r, NULL, 0))
        reply_list(r, w->db, 200, hold_list);
}

static int type_number(struct span name)
{
    for (int i = 0; i < EVENT_TYPE_COUNT; i++)
        if (span_eq(name, span_str(event_type_name((enum event_type)i))))
            return i;
    return -1;
}

/* -2: there is no such level. */
static int level_of(struct span name)
{
    for (int i = 0; i < LEVEL_COUNT; i++)
        if (span_eq(name, span_str(level_names[i])))
            return i;
    return -2;
}

/* Kind and level as words, either of which may be empty. False with the problem written. */
static bool read_rule(struct request *r, enum problem p, struct span type, struct span level, int64_t days, struct retention_rule *ret)
{
    *ret = (struct retention_rule){-1, -1, days};
    if (type.n && (ret->type = type_number(type)) < 0) {
        reply_problem_say(r, p, "'event_type' is no kind of event.");
        return false;
    }
    if (level.n && (ret->level = level_of(level)) < 0) {
        reply_problem_say(r, p, "'level' is no level.");
        return false;
    }
    if (days < 1 || days > DAYS_MAX) {
        reply_problem_say(r, p, "'days' is a number of 1 to %d.", DAYS_MAX);
        return false;
    }
    return true;
}

void api_retention_preview(struct worker *w, struct request *r)
{
    static const char *const names[] = {"event_type", "level", "days"};
    const struct span *type = query_get(&r->query, "event_type"), *level = query_get(&r->query, "level"), none = {NULL, 0};
    struct retention_rule rule;
    int64_t days = 0;
    struct jw j;
    int rc;

    if (!query_fields(r, names, GH_COUNT(names)) || !query_number(r, "days", 1, DAYS_MAX, &days) ||
        !read_rule(r, PROBLEM_BAD_QUERY, type ? *type : none, level ? *level : none, days, &rule))
        return;
    reply_json(r, 200, &j);
    jw_obj(&j);
    rc = retention_preview(w->db, &rule, &j);
    jw_end_obj(&j);
    db_time_box(w->db, QUERY_TIME_MS);
    if (rc)
        app_fail(r, rc);
    else
        reply_json_end(r);
}

/* Ends a change; the answer is the whole list, which is short. */
static void finish(struct worker *w, struct request *r, struct db *d, int rc, int status,
                   int (*list)(struct db *, struct jw *))
{
    if (rc == ST_EXISTS) {
        reply_problem_say(r, PROBLEM_WRONG_STATE, "There is one already; remove it first.");
        rc = 0;
    } else if (!rc) {
        reply_list(r, d, status, list);
    }
    (void)once_end(w, r, d, rc);
}

void api_retention_add(struct worker *w, struct request *r)
{
    static const char *const names[] = {"event_type", "level", "days"};
    struct span type = {NULL, 0}, level = {NULL, 0};
    struct retention_rule rule;
    char what[96];
    int64_t id;
    struct db *d;
    int rc;

    if (!body_fields(r, names, GH_COUNT(names)) || !body_text(r, "event_type", 32, false, &type) || !body_text(r, "level", 32, false, &level) ||
        !read_rule(r, PROBLEM_BAD_FIELD, type, level, json_i64(json_get(r->json, "days"), 0), &rule) || !once_begin(w, r, &d))
        return;
    rc = retention_add(d, &rule, r->who.name, &id);
    if (rc == ST_FULL) {
        reply_problem_say(r, PROBLEM_WRONG_STATE, "There are %d rules already.", RETENTION_RULES);
        (void)once_end(w, r, d, 0);
        return;
    }
    snprintf(what, sizeof(what), "%.*s %.*s %lld days", (int)type.n, type.n ? (const char *)type.p : "", (int)level.n,
             level.n ? (const char *)level.p : "", (long long)rule.days);
    if (!rc)
        rc = audit_append(d, r->who.name, r->address, "retention_added", what, NULL);
    finish(w, r, d, rc, 201, retention_list);
}

static const char *number_text(int64_t n, char buf[static 24])
{
    snprintf(buf, 24, "%lld", (long long)n);
    return buf;
}

void api_retention_remove(struct worker *w, struct request *r)
{
    char id[24];
    struct db *d;
    int rc;

    if (!once_begin(w, r, &d))
        return;
    rc = retention_remove(d, r->id);
    if (!rc)
        rc = audit_append(d, r->who.name, r->address, "retention_removed", number_text(r->id, id), NULL);
    finish(w, r, d, rc, 200, retention_list);
}

static bool read_hold(struct request *r, enum hold_kind *kind, int64_t *ref, uint8_t identity[static 32], size_t *n, char *reason)
{
    static const char *const names[] = {"kind", "number", "identity", "reason"};
    struct span word = {NULL, 0}, hex = {NULL, 0}, why = {NULL, 0};
    int k = 0;

    if (!body_fields(r, names, GH_COUNT(names)) || !body_text(r, "kind", 16, true, &word) || !body_text(r, "identity", 64, false, &hex) ||
        !body_text(r, "reason", RETENTION_REASON, true, &why))
        return false;
    while (k < HOLD_KIND_COUNT && !span_eq(word, span_str(hold_kind_names[k])))
        k++;
    *kind = (enum hold_kind)k;
    *n = k == HOLD_APPLIANCE ? 16 : k == HOLD_DOCUMENT ? 32 : 0;
    *ref = json_i64(json_get(r->json, "number"), 0);
    if (k == HOLD_KIND_COUNT || !why.n || (*n && !facts_hex(hex, identity, *n)) || (!*n && *ref < 1)) {
        reply_problem_say(r, PROBLEM_BAD_FIELD,
                          "A hold has a kind (appliance, document, alert, case), a reason, and the identity in hex of the first two or the number of the others.");
        return false;
    }
    memcpy(reason, why.p, why.n);
    reason[why.n] = 0;
    return true;
}

void api_hold_add(struct worker *w, struct request *r)
{
    char reason[RETENTION_REASON + 1], what[96], hex[65] = "";
    uint8_t identity[32] = {0};
    enum hold_kind kind;
    struct writer out;
    int64_t ref, id;
    size_t n;
    struct db *d;
    int rc;

    if (!read_hold(r, &kind, &ref, identity, &n, reason) || !once_begin(w, r, &d))
        return;
    rc = hold_add(d, kind, ref, span_of(identity, n), reason, r->who.name, &id);
    writer_fixed(&out, hex, sizeof(hex) - 1);
    writer_hex(&out, identity, n);
    if (n)
        snprintf(what, sizeof(what), "%s %s", hold_kind_names[kind], hex);
    else
        snprintf(what, sizeof(what), "%s %lld", hold_kind_names[kind], (long long)ref);
    if (!rc)
        rc = audit_append(d, r->who.name, r->address, "hold_began", what, reason);
    finish(w, r, d, rc, 201, hold_list);
}

void api_hold_end(struct worker *w, struct request *r)
{
    char id[24];
    struct db *d;
    int rc;

    if (!body_fields(r, NULL, 0) || !once_begin(w, r, &d))
        return;
    rc = hold_end(d, r->id, r->who.name);
    if (!rc)
        rc = audit_append(d, r->who.name, r->address, "hold_ended", number_text(r->id, id), NULL);
    finish(w, r, d, rc, 200, hold_list);
}
