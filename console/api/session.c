/* SPDX-License-Identifier: GPL-3.0-or-later
 * Signing in and out, one-time links. Password work runs in its own lane: its threads bound how many hashes
 * of 64 MiB each are computed at a time. */
#include "base/clock.h"
#include "base/log.h"
#include "console/api/access.h"
#include "console/http/head.h"
#include "console/store/second.h"

#include <stdio.h>

static const char clear_cookie[] = COOKIE_NAME "=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict";

#define DEVICE_COOKIE "__Host-gatehouse-browser"
#define DEVICE_DAYS 400

bool second_owed(const struct conf *c, unsigned roles)
{
    struct span rest = span_str(c->console_second_factor);

    while (rest.n) {
        ptrdiff_t end = span_find_byte(rest, ' ', 0);
        struct span one = span_part(rest, 0, end < 0 ? rest.n : (size_t)end);
        int role = user_role_number(one);
        if (role >= 0 && roles >> role & 1)
            return true;
        rest = span_part(rest, one.n + 1, rest.n);
    }
    return false;
}

static void put_user(struct request *r, struct db *d, struct jw *j)
{
    bool has = false;

    jw_kobj(j, "user");
    jw_kcstr(j, "name", r->who.name);
    rights_write(j, r->who.half ? 0 : r->who.roles);
    (void)second_has(d, r->who.user, &has);
    jw_kbool(j, "second_factor", has);
    jw_kbool(j, "second_factor_owed", r->who.half);
    (void)units_put_user(d, r->who.user, r->who.sight.all_units, j);
    sight_put_clearance(r->who.sight.clear, j);
    jw_end_obj(j);
}

static void put_session(struct app *app, struct request *r, struct db *d, int status)
{
    struct jw j;

    reply_json(r, status, &j);
    jw_obj(&j);
    jw_kbool(&j, "signed_in", r->who.session != 0);
    jw_kbool(&j, "setup", !user_any_administrator(d));
    if (r->who.session) {
        put_user(r, d, &j);
        jw_ktime(&j, "idle_until", (int64_t)r->who.idle_until_us);
        jw_ktime(&j, "ends", (int64_t)r->who.ends_us);
    }
    jw_kobj(&j, "console");
    jw_kcstr(&j, "name", app->conf->console_name);
    jw_kcstr(&j, "version", GH_VERSION);
    jw_end_obj(&j);
    jw_end_obj(&j);
    reply_json_end(r);
}

void api_session_get(struct worker *w, struct request *r)
{
    if (query_fields(r, NULL, 0))
        put_session(w->app, r, w->db, 200);
}

static int begin_device(struct db *d, struct request *r, int64_t user, const char *name)
{
    char token[TOKEN_TEXT];
    struct span have;
    int rc;

    if (cookie_find(r->head.cookie, DEVICE_COOKIE, &have) && device_known(d, have, span_str(name)))
        return 0;
    rc = device_add(d, user, token);
    reply_header(r, "Set-Cookie",
                 arena_printf(r->arena, "%s=%s; Path=/; Max-Age=%d; Secure; HttpOnly; SameSite=Strict", DEVICE_COOKIE,
                              token, DEVICE_DAYS * 86400));
    seal_wipe(token, sizeof(token));
    return rc;
}

/* A new session in the caller's transaction; the one that the request came with ends. */
static int begin_session(struct app *app, struct db *d, struct request *r, int64_t user, const char *name,
                         unsigned roles, const char *action)
{
    char token[TOKEN_TEXT];
    uint64_t now = clock_wall_us();
    bool has = false;
    int rc = r->who.session ? session_end(d, r->who.session) : 0;

    if (!rc)
        rc = session_add(d, user, r->address, token);
    if (rc)
        return rc;
    r->who.session = db_last_id(d);
    rc = sight_load(d, user, &r->who.sight);
    if (!rc)
        rc = second_has(d, user, &has);
    r->who.half = !rc && !has && second_owed(app->conf, roles);
    if (!rc && r->who.half)
        rc = session_half(d, r->who.session, true);
    if (!rc)
        rc = audit_append(d, name, r->address, action, name, NULL);
    r->who.user = user;
    r->who.roles = roles;
    r->who.name = arena_dup(r->arena, name, strlen(name));
    r->who.idle_until_us = now + app->idle_us;
    r->who.ends_us = now + app->max_us;
    reply_header(
        r, "Set-Cookie",
        arena_printf(r->arena, "%s=%s; Path=/; Secure; HttpOnly; SameSite=Strict", COOKIE_NAME, token));
    seal_wipe(token, sizeof(token));
    return rc ? rc : begin_device(d, r, user, name);
}

/* A browser from which the person has signed in before is counted by itself: whoever fails with a name from
 * elsewhere does not make its owner wait. */
static struct span name_key(struct worker *w, const struct request *r, struct span name)
{
    struct span device;

    return cookie_find(r->head.cookie, DEVICE_COOKIE, &device) && device.n == TOKEN_TEXT - 1 &&
                   device_known(w->db, device, name)
               ? device
               : name;
}

bool must_wait(struct worker *w, struct request *r, struct span name)
{
    struct span address = span_of(r->address_key, sizeof(r->address_key));
    struct throttle *t = w->app->throttle;
    struct span key = name.n ? name_key(w, r, name) : name;
    uint64_t wait = throttle_begin(t, THROTTLE_ADDRESS, address);

    if (!wait && name.n) {
        wait = throttle_begin(t, THROTTLE_NAME, key);
        if (wait)
            throttle_good(t, THROTTLE_ADDRESS, address);
    }
    if (!wait)
        return false;
    wait = (wait + 999) / 1000;
    reply_problem_with(r, PROBLEM_SLOW_DOWN, "retry_after", wait, NULL);
    reply_header(r, "Retry-After", arena_printf(r->arena, "%llu", (unsigned long long)wait));
    return true;
}

void was_good(struct worker *w, const struct request *r, struct span name)
{
    throttle_good(w->app->throttle, THROTTLE_ADDRESS, span_of(r->address_key, sizeof(r->address_key)));
    if (name.n)
        throttle_good(w->app->throttle, THROTTLE_NAME, name_key(w, r, name));
}

void record_failure(struct app *app, struct request *r, const char *name)
{
    char detail[64] = "";
    uint64_t held;
    struct db *d;
    int rc;

    atomic_fetch_add(&app->sign_in_failures, 1);
    if (!app_gate(app, GATE_SIGN_IN, &held) || !(d = store_begin(app->store, &rc)))
        return;
    if (held)
        snprintf(detail, sizeof(detail), "%llu more were not listed", (unsigned long long)held);
    rc = audit_append(d, "-", r->address, "sign_in_failed", name, detail);
    if (!rc)
        (void)store_commit(app->store);
    else
        store_rollback(app->store);
}

/* The second factor of who has given the right password. True when it was given, or there is none; otherwise
 * the problem is written. */
static bool second_given(struct worker *w, struct db *d, struct request *r, const struct user *u, struct span code,
                         int *ret_rc)
{
    char detail[64];
    bool has = false;
    int left = -1;

    *ret_rc = second_has(d, u->id, &has);
    if (*ret_rc || !has)
        return !*ret_rc;
    if (!code.n) {
        was_good(w, r, span_str(u->name)); /* the password was right: the attempt goes on */
        reply_problem(r, PROBLEM_CODE_NEEDED);
        return false;
    }
    *ret_rc = second_use(d, w->app->keys, u->id, code, &left);
    if (*ret_rc == ST_DENIED) {
        *ret_rc = 0;
        reply_problem(r, PROBLEM_BAD_CODE);
        return false;
    }
    if (!*ret_rc && left >= 0) {
        snprintf(detail, sizeof(detail), "%d left", left);
        *ret_rc = audit_append(d, u->name, r->address, "recovery_code_used", u->name, detail);
    }
    return !*ret_rc;
}

static void start_session(struct worker *w, struct request *r, const struct user *u, struct span code)
{
    int rc;
    struct db *d = store_begin(w->app->store, &rc);

    if (d && second_given(w, d, r, u, code, &rc)) {
        rc = begin_session(w->app, d, r, u->id, u->name, u->roles, "sign_in");
        if (!rc)
            put_session(w->app, r, d, 200);
    }
    if (d && (rc || r->reply.status != 200))
        store_rollback(w->app->store);
    else if (d)
        rc = store_commit(w->app->store);
    if (rc) {
        app_fail(r, rc);
    } else if (r->reply.status == 200) {
        was_good(w, r, span_str(u->name));
        atomic_fetch_add(&w->app->sign_ins, 1);
    } else if (code.n) {
        record_failure(w->app, r, u->name);
    }
}

void api_session_start(struct worker *w, struct request *r)
{
    static const char *const names[] = {"name", "password", "code"};
    struct user u = {0};
    struct span name = {NULL, 0}, password = {NULL, 0}, code = {NULL, 0};
    bool known, good;

    if (!body_fields(r, names, GH_COUNT(names)) || !body_text(r, "name", NAME_SIZE - 1, true, &name) ||
        !body_text(r, "password", PASSWORD_MAX, true, &password) || !body_text(r, "code", 32, false, &code) ||
        must_wait(w, r, name))
        return;
    known = name_is_good(name) && user_find(w->db, name, &u) == 0;
    good = password_verify(known ? u.hash : w->app->dummy_hash, password) && known && !u.disabled;
    seal_wipe((void *)password.p, password.n);
    if (good)
        start_session(w, r, &u, span_trim(code));
    seal_wipe(r->body.p, r->body.n);
    if (good)
        return;
    record_failure(w->app, r,
                   known ? u.name : NULL); /* what is no name may be a password typed in the wrong field */
    reply_problem(r, PROBLEM_BAD_CREDENTIALS);
}

void api_session_end(struct worker *w, struct request *r)
{
    int rc;
    struct db *d = store_begin(w->app->store, &rc);

    if (d) {
        rc = session_end(d, r->who.session);
        if (!rc)
            rc = audit_append(d, r->who.name, r->address, "sign_out", r->who.name, NULL);
        rc = store_end(w->app->store, rc);
    }
    if (rc) {
        app_fail(r, rc);
        return;
    }
    hub_end(w->app->hub, r->who.session, "event: end\ndata: {\"reason\":\"session\"}\n\n");
    reply_header(r, "Set-Cookie", clear_cookie);
    r->reply.status = 204;
}

void api_password_change(struct worker *w, struct request *r)
{
    static const char *const names[] = {"old", "new"};
    char hash[PASSWORD_HASH];
    struct user u = {0};
    struct span old = {NULL, 0}, new = {NULL, 0}, name = span_str(r->who.name);
    struct db *d;
    int rc;

    if (!body_fields(r, names, 2) || !body_text(r, "old", PASSWORD_MAX, true, &old) ||
        !body_text(r, "new", PASSWORD_MAX, true, &new) || must_wait(w, r, name))
        return;
    if (user_find(w->db, name, &u) != 0 || !password_verify(u.hash, old)) {
        record_failure(w->app, r, r->who.name);
        reply_problem(r, PROBLEM_BAD_CREDENTIALS);
        return;
    }
    was_good(w, r, name);
    if (!password_is_good(new, name)) {
        reply_problem(r, PROBLEM_WEAK_PASSWORD);
        return;
    }
    rc = password_hash(new, hash);
    seal_wipe((void *)old.p, old.n);
    seal_wipe((void *)new.p, new.n);
    d = rc ? NULL : store_begin(w->app->store, &rc);
    if (d) {
        rc = user_set_hash(d, u.id, hash);
        if (!rc)
            rc = session_end_others(d, u.id, r->who.session);
        if (!rc)
            rc = audit_append(d, u.name, r->address, "password_changed", u.name, NULL);
        rc = store_end(w->app->store, rc);
    }
    seal_wipe(r->body.p, r->body.n);
    if (rc)
        app_fail(r, rc);
    else
        r->reply.status = 204;
}

/* The invite that the token stands for; otherwise the request is answered. A good one ends the caller's
 * waiting. */
static bool good_invite(struct worker *w, struct request *r, struct span token, struct invite *ret)
{
    int rc = invite_find(w->db, token, ret);

    if (rc == ST_NOT_FOUND)
        reply_problem(r, PROBLEM_LINK_USED);
    else if (rc)
        app_fail(r, rc);
    else
        was_good(w, r, (struct span){NULL, 0});
    return !rc;
}

void api_invite_check(struct worker *w, struct request *r)
{
    static const char *const names[] = {"token"};
    struct span token = {NULL, 0};
    struct invite i;
    struct jw j;

    if (!body_fields(r, names, 1) || !body_text(r, "token", 128, true, &token) ||
        must_wait(w, r, (struct span){NULL, 0}))
        return;
    if (!good_invite(w, r, token, &i))
        return;
    reply_json(r, 200, &j);
    jw_obj(&j);
    rights_write_roles(&j, i.roles);
    jw_key(&j, "name");
    jw_cstr(&j, i.user ? i.name : NULL);
    jw_ktime(&j, "expires", (int64_t)i.expires);
    jw_end_obj(&j);
    reply_json_end(r);
}

/* What the link's maker wanted the newcomer to see. */
static int set_sight(struct db *d, int64_t user, const struct invite *i)
{
    const struct person_change c = {.clear = (int)i->clear, .disabled = -1, .units = NULL};
    struct units units = {.all = true};
    int rc = person_change(d, user, &c);

    if (!i->all_units)
        units_parse(span_str(i->scope), &units);
    return rc ? rc : units_set_user(d, user, &units);
}

/* The user that a link makes or gives a new password, in the caller's transaction. */
static int take_invite(struct app *app, struct db *d, struct request *r, const struct invite *i,
                       struct span token, const char *name, const char *hash)
{
    int64_t user = i->user;
    bool has = false;
    int rc = invite_use(d, token);

    if (!rc && user)
        rc = user_set_hash(d, user, hash);
    else if (!rc)
        rc = user_add(d, name, hash, i->roles, &user);
    if (!rc && !i->user)
        rc = set_sight(d, user, i);
    if (!rc && i->user)
        rc = session_end_others(d, user, 0);
    if (!rc && i->user)
        rc = second_has(d, user, &has);
    if (!rc && has) { /* a link alone does not open what needs two factors */
        rc = audit_append(d, name, r->address, "password_reset", name, NULL);
        r->who.session = 0;
    } else if (!rc) {
        rc = begin_session(app, d, r, user, name, i->roles, i->user ? "password_reset" : "user_added");
    }
    if (!rc)
        put_session(app, r, d, 201);
    return rc;
}

void api_invite_accept(struct worker *w, struct request *r)
{
    static const char *const names[] = {"token", "name", "password"};
    struct span token = {NULL, 0}, name = {NULL, 0}, password = {NULL, 0};
    char hash[PASSWORD_HASH];
    struct invite i;
    struct db *d;
    int rc;

    if (!body_fields(r, names, 3) || !body_text(r, "token", 128, true, &token) ||
        !body_text(r, "name", 256, false, &name) || !body_text(r, "password", 1024, true, &password) ||
        must_wait(w, r, (struct span){NULL, 0}))
        return;
    if (!good_invite(w, r, token, &i))
        return;
    if (i.user)
        name = span_str(i.name);
    if (!name_is_good(name)) {
        reply_problem(r, PROBLEM_BAD_NAME);
        return;
    }
    if (!password_is_good(password, name)) {
        reply_problem(r, PROBLEM_WEAK_PASSWORD);
        return;
    }
    rc = password_hash(password, hash);
    seal_wipe((void *)password.p, password.n);
    seal_wipe(r->body.p, r->body.n);
    d = rc ? NULL : store_begin(w->app->store, &rc);
    if (d) {
        rc = take_invite(w->app, d, r, &i, token, arena_dup(r->arena, name.p, name.n), hash);
        rc = store_end(w->app->store, rc);
    }
    if (!rc)
        return;
    if (rc == ST_EXISTS)
        reply_problem(r, PROBLEM_NAME_TAKEN);
    else if (rc == ST_NOT_FOUND)
        reply_problem(r, PROBLEM_LINK_USED);
    else
        app_fail(r, rc);
}
