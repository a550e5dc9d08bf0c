/* SPDX-License-Identifier: GPL-3.0-or-later
 * People, their links, units and sessions, as an administrator manages them. What is changed is audited with
 * what it became. Secrets are in the first answer only: what is kept under an Idempotency-Key has null in
 * their place. */
#include "base/clock.h"
#include "console/api/access.h"
#include "console/api/once.h"
#include "console/http/head.h"
#include "console/store/appliances.h"
#include "console/store/second.h"
#include "console/serve.h"

#include <stdio.h>

#define DETAIL 1024

bool body_roles(struct request *r, bool required, unsigned *ret)
{
    const struct json *v = json_get(r->json, "roles");

    if (!v && !required)
        return true;
    if (v && v->type == JSON_ARRAY && v->count) {
        unsigned roles = 0;
        bool good = true;
        json_each(one, v)
        {
            int n = one->type == JSON_STRING ? user_role_number(one->s) : -1;
            good = good && n >= 0;
            roles |= n >= 0 ? 1u << n : 0;
        }
        if (good) {
            *ret = roles;
            return true;
        }
    }
    reply_problem_say(
        r, PROBLEM_BAD_FIELD,
        "'roles' is a list of viewer, analyst, policy_author, approver, administrator, auditor.");
    return false;
}

bool body_units(struct worker *w, struct request *r, bool required, struct units *ret, bool *ret_given)
{
    const struct json *v = json_get(r->json, "units");
    int rc;

    *ret_given = v != NULL;
    if (!v && !required)
        return true;
    rc = units_read(w->db, v, ret);
    if (rc == ST_MALFORMED)
        reply_problem_say(r, PROBLEM_BAD_FIELD,
                          "'units' is \"all\" or a list of at most %d numbers of units.", UNITS_MAX);
    else if (rc == ST_NOT_FOUND)
        reply_problem_say(r, PROBLEM_BAD_FIELD, "'units' names a unit that does not exist.");
    else if (rc)
        app_fail(r, rc);
    return rc == 0;
}

/* {"vn": …, "other": …} to bits. */
static bool body_clearance(struct request *r, bool required, int *ret)
{
    const struct json *v = json_get(r->json, "clearance");
    int clear = 1;

    if (!v && !required)
        return true;
    if (v && v->type == JSON_OBJECT && v->count == SCHEME_COUNT) {
        for (int i = 0; i < SCHEME_COUNT && clear >= 0; i++) {
            const struct json *level = json_get(v, sight_scheme_names[i]);
            int bits =
                level && level->type == JSON_STRING ? sight_clear_of((enum sight_scheme)i, level->s) : -1;
            clear = bits < 0 ? -1 : clear | bits;
        }
        if (clear >= 0) {
            *ret = clear;
            return true;
        }
    }
    reply_problem_say(r, PROBLEM_BAD_FIELD,
                      "'clearance' is {\"vn\": none, mat, toi_mat or tuyet_mat, \"other\": none, restricted, "
                      "confidential, secret or top_secret}.");
    return false;
}

/* "roles analyst approver; units 1,2; clearance toi_mat/none" */
static const char *describe(unsigned roles, const struct units *u, int clear, int disabled,
                            char buf[static DETAIL])
{
    char list[21 * UNITS_MAX];
    struct writer w;

    writer_fixed(&w, buf, DETAIL - 1);
    if (roles)
        writer_str(&w, "roles");
    for (unsigned i = 0; i < USER_ROLES; i++)
        if (roles >> i & 1)
            writer_printf(&w, " %s", user_role_name(i));
    if (u)
        writer_printf(&w, "; units %.600s", u->all ? "all" : units_text(u, list, sizeof(list)));
    if (clear >= 0)
        writer_printf(&w, "; clearance %s, %s", sight_highest(SCHEME_VN, (unsigned)clear),
                      sight_highest(SCHEME_OTHER, (unsigned)clear));
    if (disabled >= 0)
        writer_str(&w, disabled ? "; disabled" : "; enabled");
    buf[w.n] = 0;
    return buf;
}

void api_users_list(struct worker *w, struct request *r)
{
    int64_t before, limit;
    struct jw j;

    if (!page_asked(r, &before, &limit))
        return;
    reply_json(r, 200, &j);
    jw_obj(&j);
    reply_object_end(r, &j, person_list(w->db, before, limit, &j));
}

/* The person of the path; false with the problem written. */
static bool find_person(struct db *d, struct request *r, struct user *u)
{
    int rc = person_find(d, r->id, u);

    if (rc == ST_NOT_FOUND)
        reply_problem_say(r, PROBLEM_NOT_FOUND, "There is no such person.");
    else if (rc)
        app_fail(r, rc);
    return rc == 0;
}

/* Live streams of the person's sessions end, so that they come back with what is seen now. */
static void restart_streams(struct app *app, struct db *d, int64_t user, const char *why)
{
    int64_t ids[64];
    struct db_stmt *s;
    size_t n = 0;

    if (db_query(d, &s, "SELECT id FROM session WHERE user = ? ORDER BY id DESC LIMIT 64", "i", user) == 0)
        while (n < GH_COUNT(ids) && db_step(s) == 1)
            ids[n++] = db_i64(s, 0);
    for (size_t i = 0; i < n; i++)
        hub_end(app->hub, ids[i], why);
}

void api_user_change(struct worker *w, struct request *r)
{
    static const char *const names[] = {"roles", "units", "clearance", "disabled", "reset_second_factor"};
    const struct json *disabled = json_get(r->json, "disabled"),
                      *reset = json_get(r->json, "reset_second_factor");
    struct person_change c = {.clear = -1, .disabled = -1};
    char detail[DETAIL];
    struct units units;
    struct user u;
    bool given = false;
    struct db *d;
    struct jw j;
    int rc;

    if (!body_fields(r, names, GH_COUNT(names)) || !find_person(w->db, r, &u) ||
        !body_roles(r, false, &c.roles) || !body_units(w, r, false, &units, &given) ||
        !body_clearance(r, false, &c.clear))
        return;
    if ((disabled && disabled->type != JSON_TRUE && disabled->type != JSON_FALSE) ||
        (reset && reset->type != JSON_TRUE)) {
        reply_problem_say(r, PROBLEM_BAD_FIELD,
                          "'disabled' is true or false, 'reset_second_factor' is true.");
        return;
    }
    c.disabled = disabled ? disabled->type == JSON_TRUE : -1;
    c.units = given ? &units : NULL;
    if (!once_begin(w, r, &d))
        return;
    rc = person_change(d, r->id, &c);
    if (rc == ST_DENIED) {
        reply_problem(r, PROBLEM_LAST_ADMINISTRATOR);
        once_end(w, r, d, 0);
        return;
    }
    if (!rc && reset)
        rc = second_remove(d, r->id);
    if (!rc && reset)
        rc = audit_append(d, r->who.name, r->address, "second_factor_reset", u.name, NULL);
    describe(c.roles, c.units, c.clear, c.disabled, detail);
    if (!rc && detail[0])
        rc = audit_append(d, r->who.name, r->address, "user_changed", u.name, detail);
    reply_json(r, 200, &j);
    if (!rc)
        rc = person_put(d, r->id, &j);
    reply_json_end(r);
    if (once_end(w, r, d, rc))
        restart_streams(w->app, w->db, r->id, NULL);
}

/* Answers with a link's token; under an Idempotency-Key the token is not kept. */
static void reply_link(struct worker *w, struct request *r, struct db *d, const char *token, int rc)
{
    uint64_t until = clock_wall_us() + INVITE_LIFE_US;
    struct writer kept;
    struct jw j;

    writer_init(&kept, 1024);
    for (int secret = 0; secret < 2; secret++) {
        if (secret)
            reply_json(r, 200, &j);
        else
            jw_init(&j, &kept);
        jw_obj(&j);
        jw_key(&j, "token");
        jw_cstr(&j, secret ? token : NULL);
        jw_ktime(&j, "expires", (int64_t)until);
        jw_end_obj(&j);
    }
    reply_json_end(r);
    once_end_keep(w, r, d, rc, writer_span(&kept));
    writer_done(&kept);
}

void api_invites_add(struct worker *w, struct request *r)
{
    static const char *const names[] = {"roles", "units", "clearance"};
    char token[TOKEN_TEXT], detail[DETAIL], list[21 * UNITS_MAX];
    unsigned roles = 0;
    struct units units;
    bool given;
    int clear = -1, rc;
    struct db *d;

    if (!body_fields(r, names, GH_COUNT(names)) || !body_roles(r, true, &roles) ||
        !body_units(w, r, true, &units, &given) || !body_clearance(r, true, &clear) || !once_begin(w, r, &d))
        return;
    rc = invite_add_person(d, roles, units_text(&units, list, sizeof(list)), (unsigned)clear, INVITE_LIFE_US,
                           token);
    if (!rc)
        rc = audit_append(d, r->who.name, r->address, "link_made", "for a newcomer",
                          describe(roles, &units, clear, -1, detail));
    reply_link(w, r, d, token, rc);
    seal_wipe(token, sizeof(token));
}

void api_user_link(struct worker *w, struct request *r)
{
    char token[TOKEN_TEXT];
    struct user u;
    struct db *d;
    int rc;

    if (!body_fields(r, NULL, 0) || !find_person(w->db, r, &u) || !once_begin(w, r, &d))
        return;
    rc = invite_add(d, u.roles, u.id, INVITE_LIFE_US, token);
    if (!rc)
        rc = audit_append(d, r->who.name, r->address, "link_made", u.name, "for a new password");
    reply_link(w, r, d, token, rc);
    seal_wipe(token, sizeof(token));
}

void api_user_sessions(struct worker *w, struct request *r)
{
    struct user u;
    struct jw j;

    if (!query_fields(r, NULL, 0) || !find_person(w->db, r, &u))
        return;
    reply_json(r, 200, &j);
    jw_obj(&j);
    reply_object_end(r, &j, session_list(w->db, r->id, r->who.session, w->app->idle_us, w->app->max_us, &j));
}

void api_user_sessions_end(struct worker *w, struct request *r)
{
    static const char last[] = "event: end\ndata: {\"reason\":\"session\"}\n\n";
    struct user u;
    struct db *d;
    int rc;

    if (!find_person(w->db, r, &u))
        return;
    restart_streams(w->app, w->db, r->id, last);
    if (!once_begin(w, r, &d))
        return;
    rc = session_end_others(d, r->id, 0);
    if (!rc)
        rc = db_exec(d, "DELETE FROM token WHERE user = ?", "i", r->id);
    if (!rc)
        rc = audit_append(d, r->who.name, r->address, "sessions_ended", u.name, "and tokens");
    if (!rc)
        r->reply.status = 204;
    (void)once_end(w, r, d, rc);
}

/* ---- units ---- */

void api_units_list(struct worker *w, struct request *r)
{
    struct jw j;

    if (!query_fields(r, NULL, 0))
        return;
    reply_json(r, 200, &j);
    jw_obj(&j);
    reply_object_end(r, &j, unit_list(w->db, &j));
}

struct unit_body {
    struct span name;
    bool has_appliances;
    int64_t *appliance;
    size_t n;
};

static bool unit_body(struct worker *w, struct request *r, bool required, struct unit_body *b)
{
    static const char *const names[] = {"name", "appliances"};
    const struct json *list = json_get(r->json, "appliances");

    *b = (struct unit_body){.name = {NULL, 0}};
    if (!body_fields(r, names, 2) || !body_text(r, "name", UNIT_NAME, required, &b->name))
        return false;
    b->name = span_trim(b->name);
    if ((required || json_get(r->json, "name")) && (!b->name.n || memchr(b->name.p, 0, b->name.n))) {
        reply_problem_say(r, PROBLEM_BAD_FIELD, "'name' is a text of 1 to %d bytes.", UNIT_NAME);
        return false;
    }
    if (!list)
        return true;
    b->has_appliances = true;
    b->appliance = list->type == JSON_ARRAY && list->count <= UNIT_APPLIANCES
                       ? arena_array(r->arena, list->count + 1, sizeof(*b->appliance))
                       : NULL;
    json_each(one, b->appliance ? list : NULL)
    {
        if (one->type != JSON_STRING || one->s.n != 2 * SEAL_ID ||
            appliance_find(w->db, one->s, &b->appliance[b->n]) != 0) {
            reply_problem_say(r, PROBLEM_BAD_FIELD, "'appliances' names one that is not enrolled here.");
            return false;
        }
        b->n++;
    }
    if (!b->appliance)
        reply_problem_say(r, PROBLEM_BAD_FIELD, "'appliances' is a list of identities of 32 hex digits.");
    return b->appliance != NULL;
}

static void unit_save(struct worker *w, struct request *r, struct db *d, int rc, const struct unit_body *b,
                      int64_t id, const char *action)
{
    char name[UNIT_NAME + 1] = "", detail[64];
    struct jw j;

    if (!rc && b->has_appliances)
        rc = unit_fill(d, id, b->appliance, b->n);
    if (!rc)
        rc = unit_name(d, id, name);
    snprintf(detail, sizeof(detail), "%zu appliances", b->n);
    if (!rc)
        rc = audit_append(d, r->who.name, r->address, action, name, b->has_appliances ? detail : NULL);
    if (rc == ST_EXISTS) {
        reply_problem(r, PROBLEM_NAME_TAKEN);
        rc = 0;
    } else if (rc == ST_NOT_FOUND) {
        reply_problem_say(r, PROBLEM_NOT_FOUND, "There is no such unit.");
        rc = 0;
    } else {
        reply_json(r, 200, &j);
        if (!rc)
            rc = unit_one(d, id, &j);
        reply_json_end(r);
    }
    if (once_end(w, r, d, rc)) /* whose unit it is sees something else now */
        hub_publish(w->app->hub, span_str("event: reset\ndata: {\"reason\":\"scope\"}\n\n"));
}

void api_units_add(struct worker *w, struct request *r)
{
    struct unit_body b;
    int64_t id = 0;
    struct db *d;
    int rc;

    if (!unit_body(w, r, true, &b) || !once_begin(w, r, &d))
        return;
    rc = unit_add(d, b.name, &id);
    unit_save(w, r, d, rc, &b, id, "unit_added");
}

void api_unit_change(struct worker *w, struct request *r)
{
    struct unit_body b;
    struct db *d;

    if (!unit_body(w, r, false, &b) || !once_begin(w, r, &d))
        return;
    unit_save(w, r, d, b.name.n ? unit_rename(d, r->id, b.name) : 0, &b, r->id, "unit_changed");
}

void api_unit_remove(struct worker *w, struct request *r)
{
    char name[UNIT_NAME + 1];
    struct db *d;
    int rc;

    if (!once_begin(w, r, &d))
        return;
    rc = unit_name(d, r->id, name);
    if (!rc)
        rc = unit_remove(d, r->id);
    if (!rc)
        rc = audit_append(d, r->who.name, r->address, "unit_removed", name, NULL);
    if (rc == ST_NOT_FOUND) {
        reply_problem_say(r, PROBLEM_NOT_FOUND, "There is no such unit.");
        rc = 0;
    } else if (!rc) {
        r->reply.status = 204;
    }
    (void)once_end(w, r, d, rc);
}
