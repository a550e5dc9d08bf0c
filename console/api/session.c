/* SPDX-License-Identifier: GPL-3.0-or-later
 * Signing in and out, one-time links. Password work runs in its own lane: its threads bound how many hashes
 * of 64 MiB each are computed at a time. */
#include "base/clock.h"
#include "base/log.h"
#include "console/api/app.h"
#include "console/http/head.h"

#include <stdio.h>

static const char clear_cookie[] = COOKIE_NAME "=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict";

static void put_session(struct app *app, struct request *r, struct db *d, int status)
{
    struct jw j;

    reply_json(r, status, &j);
    jw_obj(&j);
    jw_kbool(&j, "signed_in", r->who.session != 0);
    jw_kbool(&j, "setup", !user_any_administrator(d));
    if (r->who.session) {
        jw_kobj(&j, "user");
        jw_kcstr(&j, "name", r->who.name);
        rights_write(&j, r->who.roles);
        jw_end_obj(&j);
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

/* A new session in the caller's transaction; the one that the request came with ends. */
static int begin_session(struct app *app, struct db *d, struct request *r, int64_t user, const char *name,
                         unsigned roles, const char *action)
{
    char token[TOKEN_TEXT];
    uint64_t now = clock_wall_us();
    int rc = r->who.session ? session_end(d, r->who.session) : 0;

    if (!rc)
        rc = session_add(d, user, r->address, token);
    if (rc)
        return rc;
    r->who.session = db_last_id(d);
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
    return rc;
}

/* The request's problem is written when the address or the name must wait. */
static bool must_wait(struct app *app, struct request *r, struct span name)
{
    struct span address = span_of(r->address_key, sizeof(r->address_key));
    uint64_t wait = throttle_begin(app->throttle, THROTTLE_ADDRESS, address);

    if (!wait && name.n) {
        wait = throttle_begin(app->throttle, THROTTLE_NAME, name);
        if (wait)
            throttle_good(app->throttle, THROTTLE_ADDRESS, address);
    }
    if (!wait)
        return false;
    wait = (wait + 999) / 1000;
    reply_problem_with(r, PROBLEM_SLOW_DOWN, "retry_after", wait, NULL);
    reply_header(r, "Retry-After", arena_printf(r->arena, "%llu", (unsigned long long)wait));
    return true;
}

static void was_good(struct app *app, const struct request *r, struct span name)
{
    throttle_good(app->throttle, THROTTLE_ADDRESS, span_of(r->address_key, sizeof(r->address_key)));
    if (name.n)
        throttle_good(app->throttle, THROTTLE_NAME, name);
}

static void record_failure(struct app *app, struct request *r, const char *name)
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

void api_session_start(struct worker *w, struct request *r)
{
    static const char *const names[] = {"name", "password"};
    struct user u = {0};
    struct span name = {NULL, 0}, password = {NULL, 0};
    struct db *d;
    bool known, good;
    int rc;

    if (!body_fields(r, names, 2) || !body_text(r, "name", NAME_SIZE - 1, true, &name) ||
        !body_text(r, "password", PASSWORD_MAX, true, &password) || must_wait(w->app, r, name))
        return;
    known = name_is_good(name) && user_find(w->db, name, &u) == 0;
    good = password_verify(known ? u.hash : w->app->dummy_hash, password) && known;
    seal_wipe((void *)password.p, password.n);
    seal_wipe(r->body.p, r->body.n);
    if (!good) {
        record_failure(w->app, r,
                       known ? u.name
                             : NULL); /* what is no name may be a password typed in the wrong field */
        reply_problem(r, PROBLEM_BAD_CREDENTIALS);
        return;
    }
    was_good(w->app, r, name);
    atomic_fetch_add(&w->app->sign_ins, 1);
    d = store_begin(w->app->store, &rc);
    if (d) {
        rc = begin_session(w->app, d, r, u.id, u.name, u.roles, "sign_in");
        if (!rc)
            put_session(w->app, r, d, 200);
        if (rc)
            store_rollback(w->app->store);
        else
            rc = store_commit(w->app->store);
    }
    if (rc)
        app_fail(r, rc);
}

void api_session_end(struct worker *w, struct request *r)
{
    int rc;
    struct db *d = store_begin(w->app->store, &rc);

    if (d) {
        rc = session_end(d, r->who.session);
        if (!rc)
            rc = audit_append(d, r->who.name, r->address, "sign_out", r->who.name, NULL);
        if (rc)
            store_rollback(w->app->store);
        else
            rc = store_commit(w->app->store);
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
        !body_text(r, "new", PASSWORD_MAX, true, &new) || must_wait(w->app, r, name))
        return;
    if (user_find(w->db, name, &u) != 0 || !password_verify(u.hash, old)) {
        record_failure(w->app, r, r->who.name);
        reply_problem(r, PROBLEM_BAD_CREDENTIALS);
        return;
    }
    was_good(w->app, r, name);
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
        if (rc)
            store_rollback(w->app->store);
        else
            rc = store_commit(w->app->store);
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
        was_good(w->app, r, (struct span){NULL, 0});
    return !rc;
}

void api_invite_check(struct worker *w, struct request *r)
{
    static const char *const names[] = {"token"};
    struct span token = {NULL, 0};
    struct invite i;
    struct jw j;

    if (!body_fields(r, names, 1) || !body_text(r, "token", 128, true, &token) ||
        must_wait(w->app, r, (struct span){NULL, 0}))
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

/* The user that a link makes or gives a new password, in the caller's transaction. */
static int take_invite(struct app *app, struct db *d, struct request *r, const struct invite *i,
                       struct span token, const char *name, const char *hash)
{
    int64_t user = i->user;
    int rc = invite_use(d, token);

    if (!rc && user)
        rc = user_set_hash(d, user, hash);
    else if (!rc)
        rc = user_add(d, name, hash, i->roles, &user);
    if (!rc && i->user)
        rc = session_end_others(d, user, 0);
    if (!rc)
        rc = begin_session(app, d, r, user, name, i->roles, i->user ? "password_reset" : "user_added");
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
        must_wait(w->app, r, (struct span){NULL, 0}))
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
        if (rc)
            store_rollback(w->app->store);
        else
            rc = store_commit(w->app->store);
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
