/* SPDX-License-Identifier: GPL-3.0-or-later
 * Setting up and giving up the second factor. What changes it asks for the password again: a browser that
 * somebody left open must not be enough. Answers hold secrets and are not kept: a repeated request begins
 * anew. */
#include "console/store/second.h"
#include "console/api/access.h"
#include "console/store/access.h"

#include <stdio.h>

#define SECRET_TEXT ((TOTP_SECRET * 8 + 4) / 5 + 1)

/* The person with the right password; false with the problem written. */
static bool password_again(struct worker *w, struct request *r, struct user *u)
{
    struct span password = {NULL, 0}, name = span_str(r->who.name);
    bool good;

    if (!body_text(r, "password", PASSWORD_MAX, true, &password) || must_wait(w, r, name))
        return false;
    good = user_find(w->db, name, u) == 0 && password_verify(u->hash, password);
    seal_wipe((void *)password.p, password.n);
    seal_wipe(r->body.p, r->body.n);
    if (good) {
        was_good(w, r, name);
        return true;
    }
    record_failure(w->app, r, r->who.name);
    reply_problem(r, PROBLEM_BAD_CREDENTIALS);
    return false;
}

/* Commits what went well; a problem that is written already stays. */
static void end(struct worker *w, struct request *r, int rc)
{
    bool good = !rc && (r->reply.status == 0 || r->reply.status / 100 == 2);

    if (!good)
        store_rollback(w->app->store);
    else
        rc = store_commit(w->app->store);
    if (rc)
        app_fail(r, rc);
}

void api_second_begin(struct worker *w, struct request *r)
{
    static const char *const names[] = {"password"};
    uint8_t secret[TOTP_SECRET];
    char text[SECRET_TEXT];
    struct user u = {0};
    bool has = false;
    struct db *d;
    struct jw j;
    int rc;

    if (!body_fields(r, names, 1) || !password_again(w, r, &u))
        return;
    d = store_begin(w->app->store, &rc);
    if (!d) {
        app_fail(r, rc);
        return;
    }
    rc = second_has(d, u.id, &has);
    if (!rc && has) {
        reply_problem_say(r, PROBLEM_SECOND_STATE, "There is one already: remove it first.");
    } else if (!rc) {
        rc = second_begin(d, w->app->keys, u.id, secret);
        totp_base32(span_of(secret, sizeof(secret)), text, sizeof(text));
        reply_json(r, 200, &j);
        jw_obj(&j);
        jw_kcstr(&j, "secret", text);
        /* names have no letters that a URI must escape; the issuer is fixed text */
        jw_kcstr(
            &j, "uri",
            arena_printf(
                r->arena,
                "otpauth://totp/Gatehouse:%s?secret=%s&issuer=Gatehouse&algorithm=SHA1&digits=6&period=30",
                u.name, text));
        jw_end_obj(&j);
        reply_json_end(r);
        seal_wipe(secret, sizeof(secret));
        seal_wipe(text, sizeof(text));
    }
    end(w, r, rc);
}

/* Ten new codes as the answer. */
static int reply_codes(struct db *d, struct request *r)
{
    char codes[RECOVERY_CODES][RECOVERY_TEXT];
    struct jw j;
    int rc = second_recovery(d, r->who.user, codes);

    reply_json(r, 200, &j);
    jw_obj(&j);
    jw_karr(&j, "recovery_codes");
    for (size_t i = 0; i < RECOVERY_CODES && !rc; i++)
        jw_cstr(&j, codes[i]);
    jw_end_arr(&j);
    jw_end_obj(&j);
    reply_json_end(r);
    seal_wipe(codes, sizeof(codes));
    return rc;
}

void api_second_confirm(struct worker *w, struct request *r)
{
    static const char *const names[] = {"code"};
    struct span code = {NULL, 0}, name = span_str(r->who.name);
    struct db *d;
    int rc;

    if (!body_fields(r, names, 1) || !body_text(r, "code", 16, true, &code) || must_wait(w, r, name))
        return;
    d = store_begin(w->app->store, &rc);
    if (!d) {
        app_fail(r, rc);
        return;
    }
    rc = second_confirm(d, w->app->keys, r->who.user, span_trim(code));
    if (rc == ST_DENIED) {
        reply_problem(r, PROBLEM_BAD_CODE);
        end(w, r, 0);
        return;
    }
    if (!rc)
        rc = session_half(d, r->who.session, false);
    if (!rc)
        rc = session_end_others(d, r->who.user, r->who.session); /* which were begun without it */
    if (!rc)
        rc = audit_append(d, r->who.name, r->address, "second_factor_set", r->who.name, NULL);
    if (!rc)
        rc = reply_codes(d, r);
    end(w, r, rc);
    was_good(w, r, name);
}

/* Password and code again, in a transaction; NULL with the problem written. */
static struct db *both_again(struct worker *w, struct request *r)
{
    static const char *const names[] = {"password", "code"};
    struct span code = {NULL, 0};
    char copy[33] = "";
    struct user u = {0};
    struct db *d;
    int rc, left;

    if (!body_fields(r, names, 2) || !body_text(r, "code", sizeof(copy) - 1, true, &code))
        return NULL;
    if (code.n)
        memcpy(copy, code.p, code.n);
    if (!password_again(w, r, &u))
        return NULL;
    d = store_begin(w->app->store, &rc);
    if (!d) {
        app_fail(r, rc);
        return NULL;
    }
    rc = second_use(d, w->app->keys, u.id, span_trim(span_str(copy)), &left);
    seal_wipe(copy, sizeof(copy));
    if (!rc)
        return d;
    store_rollback(w->app->store);
    if (rc == ST_DENIED) {
        record_failure(w->app, r, r->who.name);
        reply_problem(r, PROBLEM_BAD_CODE);
    } else {
        app_fail(r, rc);
    }
    return NULL;
}

void api_second_remove(struct worker *w, struct request *r)
{
    struct db *d;
    int rc;

    if (second_owed(w->app->conf, r->who.roles)) {
        reply_problem_say(r, PROBLEM_SECOND_STATE,
                          "Your role needs it; an administrator can reset it for a new device.");
        return;
    }
    d = both_again(w, r);
    if (!d)
        return;
    rc = second_remove(d, r->who.user);
    if (!rc)
        rc = audit_append(d, r->who.name, r->address, "second_factor_removed", r->who.name, NULL);
    r->reply.status = 204;
    end(w, r, rc);
}

void api_recovery_codes(struct worker *w, struct request *r)
{
    struct db *d = both_again(w, r);
    int rc;

    if (!d)
        return;
    rc = audit_append(d, r->who.name, r->address, "recovery_codes_made", r->who.name, NULL);
    if (!rc)
        rc = reply_codes(d, r);
    end(w, r, rc);
}
