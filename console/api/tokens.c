/* SPDX-License-Identifier: GPL-3.0-or-later
 * Tokens of programs: made and ended by the person whose rights they are a part of; and a person's own
 * sessions. A token never works where people and their ways in are managed, nor where a second person says
 * yes. */
#include "base/clock.h"
#include "console/api/access.h"
#include "console/api/once.h"

#include <stdio.h>

#define DAYS_MAX 730
#define DAY_US (24ull * 3600 * 1000000)
#define NEVER ((1ull << RIGHT_SELF) | (1ull << RIGHT_PEOPLE) | (1ull << RIGHT_APPROVE))
#define BEARER "Bearer "
#define SECRET_PREFIX "ght_" /* so that a leaked one is recognised as what it is */

int token_who(struct worker *w, struct request *r)
{
    struct span s = r->head.authorization;
    struct token t;
    struct user u;
    int rc;

    if (!span_starts(s, BEARER SECRET_PREFIX))
        return 0;
    s = span_part(s, sizeof(BEARER SECRET_PREFIX) - 1, s.n);
    if (s.n != TOKEN_TEXT - 1)
        return 0;
    rc = token_find(w->db, s, &t);
    if (!rc)
        rc = person_find(w->db, t.user, &u);
    if (!rc)
        rc = sight_load(w->db, t.user, &r->who.sight);
    if (rc)
        return rc == ST_NOT_FOUND ? 0 : rc;
    app_touch(w->app, token_used, t.id, &t.used);
    r->who.token = t.id;
    r->who.token_rights = t.rights & ~NEVER;
    r->who.user = u.id;
    r->who.roles = u.roles;
    r->who.name = arena_printf(r->arena, "%s (%s)", u.name, t.name);
    r->who.sight.token = t.id;
    r->who.sight.token_all = t.all_units;
    return r->who.name ? 0 : ST_NOMEM;
}

void api_tokens_list(struct worker *w, struct request *r)
{
    struct jw j;

    if (!query_fields(r, NULL, 0))
        return;
    reply_json(r, 200, &j);
    jw_obj(&j);
    reply_object_end(r, &j, token_list(w->db, r->who.user, &j));
}

/* Rights that the person has and a token may have; false with the problem written. */
static bool body_rights(struct request *r, uint64_t *ret)
{
    const struct json *v = json_get(r->json, "rights");

    *ret = 0;
    json_each(one, v && v->type == JSON_ARRAY ? v : NULL)
    {
        enum right right = one->type == JSON_STRING ? right_number(one->s) : RIGHT_NONE;
        if (right == RIGHT_NONE || (NEVER >> right & 1) || !rights_have(r->who.roles, right)) {
            reply_problem_say(r, PROBLEM_BAD_FIELD,
                              "'rights' are some of your own; SELF, PEOPLE and APPROVE are for people only.");
            return false;
        }
        *ret |= 1ull << right;
    }
    if (!*ret)
        reply_problem_say(r, PROBLEM_BAD_FIELD, "'rights' is a list of at least one right.");
    return *ret != 0;
}

static bool body_token(struct worker *w, struct request *r, struct token *t, struct units *units)
{
    static const char *const names[] = {"name", "rights", "units", "days"};
    const struct json *days = json_get(r->json, "days");
    struct span name = {NULL, 0};
    bool given;

    *t = (struct token){.user = r->who.user};
    if (r->who.half) {
        reply_problem(r, PROBLEM_SECOND_FACTOR);
        return false;
    }
    if (!body_fields(r, names, GH_COUNT(names)) || !body_text(r, "name", TOKEN_NAME, true, &name) ||
        !body_rights(r, &t->rights) || !body_units(w, r, true, units, &given))
        return false;
    name = span_trim(name);
    if (!name.n || memchr(name.p, 0, name.n)) {
        reply_problem_say(r, PROBLEM_BAD_FIELD, "'name' is a text of 1 to %d bytes.", TOKEN_NAME);
        return false;
    }
    if (!days || days->type != JSON_NUMBER || !days->integer || days->i < 1 || days->i > DAYS_MAX) {
        reply_problem_say(r, PROBLEM_BAD_FIELD, "'days' is a number from 1 to %d.", DAYS_MAX);
        return false;
    }
    memcpy(t->name, name.p, name.n);
    t->expires = clock_wall_us() + (uint64_t)days->i * DAY_US;
    return true;
}

static void put_token(struct jw *j, const struct token *t, int64_t id, const char *secret)
{
    jw_obj(j);
    jw_ki64(j, "id", id);
    jw_kstr(j, "name", span_str(t->name));
    jw_key(j, "token");
    jw_cstr(j, secret);
    jw_ktime(j, "expires", (int64_t)t->expires);
    jw_end_obj(j);
}

void api_tokens_add(struct worker *w, struct request *r)
{
    char secret[TOKEN_TEXT], shown[TOKEN_TEXT + sizeof(SECRET_PREFIX)];
    struct units units;
    struct writer kept;
    int64_t id = 0, have = 0;
    struct token t;
    struct db *d;
    struct jw j;
    int rc;

    if (!body_token(w, r, &t, &units) || !once_begin(w, r, &d))
        return;
    rc = token_count(d, r->who.user, &have);
    if (!rc && have >= TOKENS_MAX) {
        reply_problem_say(r, PROBLEM_BAD_FIELD, "You have %d tokens already: end one first.", TOKENS_MAX);
        once_end(w, r, d, 0);
        return;
    }
    if (!rc)
        rc = token_add(d, &t, &units, &id, secret);
    if (!rc)
        rc = audit_append(d, r->who.name, r->address, "token_made", t.name, NULL);
    snprintf(shown, sizeof(shown), SECRET_PREFIX "%s", rc ? "" : secret);
    writer_init(&kept, 1024);
    jw_init(&j, &kept);
    put_token(&j, &t, id, NULL);
    reply_json(r, 200, &j);
    put_token(&j, &t, id, shown);
    reply_json_end(r);
    once_end_keep(w, r, d, rc, writer_span(&kept));
    writer_done(&kept);
    seal_wipe(secret, sizeof(secret));
    seal_wipe(shown, sizeof(shown));
}

/* Ends a step that leaves nothing to say. */
static bool end_step(struct worker *w, struct request *r, struct db *d, int rc, const char *what)
{
    if (rc == ST_NOT_FOUND) {
        reply_problem_say(r, PROBLEM_NOT_FOUND, "There is no such %s of yours.", what);
        rc = 0;
    } else if (!rc) {
        r->reply.status = 204;
    }
    return once_end(w, r, d, rc);
}

void api_token_end(struct worker *w, struct request *r)
{
    char name[TOKEN_NAME + 1];
    struct db *d;
    int rc;

    if (!once_begin(w, r, &d))
        return;
    rc = token_end(d, r->who.user, r->id, name);
    if (!rc)
        rc = audit_append(d, r->who.name, r->address, "token_ended", name, NULL);
    (void)end_step(w, r, d, rc, "token");
}

void api_sessions_list(struct worker *w, struct request *r)
{
    struct jw j;

    if (!query_fields(r, NULL, 0))
        return;
    reply_json(r, 200, &j);
    jw_obj(&j);
    reply_object_end(r, &j,
                     session_list(w->db, r->who.user, r->who.session, w->app->idle_us, w->app->max_us, &j));
}

void api_session_end_one(struct worker *w, struct request *r)
{
    struct db *d;
    int rc;

    if (!once_begin(w, r, &d))
        return;
    rc = session_end_of(d, r->who.user, r->id);
    if (!rc)
        rc = audit_append(d, r->who.name, r->address, "session_ended", r->who.name, NULL);
    if (end_step(w, r, d, rc, "session"))
        hub_end(w->app->hub, r->id, "event: end\ndata: {\"reason\":\"session\"}\n\n");
}
