/* SPDX-License-Identifier: GPL-3.0-or-later
 * Invitations: the officer's side, and the appliance that comes with one. What proves the appliance is inside the sealed
 * request; whoever has the right secret is heard however often others failed, from whatever address. */
#include "console/invite.h"
#include "base/log.h"
#include "console/api/fleet.h"
#include "console/api/once.h"
#include "console/store/access.h"

#include <stdio.h>

void api_invitations_list(struct worker *w, struct request *r)
{
    struct jw j;

    if (!query_fields(r, NULL, 0))
        return;
    reply_json(r, 200, &j);
    jw_obj(&j);
    reply_object_end(r, &j, invitation_list(w->db, seal_keys_public(w->app->keys), &j));
}

static bool number(struct request *r, const char *name, int64_t lo, int64_t hi, int64_t otherwise, int64_t *ret)
{
    const struct json *v = json_get(r->json, name);

    *ret = otherwise;
    if (!v || v->type == JSON_NULL)
        return true;
    if (v->type == JSON_NUMBER && v->integer && v->i >= lo && v->i <= hi) {
        *ret = v->i;
        return true;
    }
    reply_problem_say(r, PROBLEM_BAD_FIELD, "'%s' is a number from %lld to %lld.", name, (long long)lo, (long long)hi);
    return false;
}

static bool read_invite(struct worker *w, struct request *r, struct invite_wish *i, char name[static INVITATION_NAME], char url[static FLEET_URL])
{
    static const char *const names[] = {"hours", "unit", "name", "url"};
    char unit[UNIT_NAME + 1];
    struct span v = {NULL, 0};

    if (!body_fields(r, names, GH_COUNT(names)) || !number(r, "hours", 1, INVITATION_HOURS_MAX, INVITATION_HOURS, &i->hours) ||
        !number(r, "unit", 1, INT64_MAX, 0, &i->unit) || !body_text(r, "name", INVITATION_NAME - 1, false, &v) || !fleet_url(w, r, url))
        return false;
    v = span_trim(v);
    if (v.n && !enrol_name_is_good(v)) {
        reply_problem_say(r, PROBLEM_BAD_FIELD, "'name' is text without control characters.");
        return false;
    }
    if (i->unit && unit_name(w->db, i->unit, unit) != 0) {
        reply_problem_say(r, PROBLEM_BAD_FIELD, "'unit' is the number of no unit.");
        return false;
    }
    snprintf(name, INVITATION_NAME, "%.*s", (int)v.n, v.n ? (const char *)v.p : "");
    i->name = name;
    i->url = url;
    i->by = r->who.name;
    invite_host(w->app->keys, w->app->committee, w->app->pin, &i->host);
    return true;
}

static void put_made(struct jw *j, const struct invite_wish *i, const struct invite_made *m, bool secret)
{
    struct writer file;

    writer_init(&file, INVITE_FILE_MAX);
    invite_file(i, m, i->url, &file);
    jw_obj(j);
    jw_ki64(j, "id", m->id);
    jw_ktime(j, "until", m->until);
    jw_kcstr(j, "url", i->url);
    if (secret) {
        jw_kcstr(j, "code", m->code);
        jw_kraw(j, "file", span_trim(writer_span(&file)));
    }
    jw_end_obj(j);
    seal_wipe(file.p, file.n);
    writer_done(&file);
}

void api_invitations_add(struct worker *w, struct request *r)
{
    char name[INVITATION_NAME], url[FLEET_URL];
    struct invite_made m = {.code = ""};
    struct invite_wish i = {.unit = 0};
    struct writer kept;
    struct db *d;
    struct jw j;
    int rc;

    if (!read_invite(w, r, &i, name, url) || !once_begin(w, r, &d))
        return;
    rc = invite_make(d, &i, r->address, &m);
    if (rc == ST_LIMIT) {
        reply_problem_say(r, PROBLEM_WRONG_STATE, "%d invitations wait already: withdraw one first.", INVITATIONS_OPEN);
        (void)once_end(w, r, d, 0);
        return;
    }
    writer_init(&kept, INVITE_FILE_MAX);
    jw_init(&j, &kept);
    put_made(&j, &i, &m, false);
    reply_json(r, 200, &j);
    put_made(&j, &i, &m, true);
    reply_json_end(r);
    (void)once_end_keep(w, r, d, rc, writer_span(&kept));
    writer_done(&kept);
    seal_wipe(&m, sizeof(m));
}

/* A step that failed for a reason of the officer's; true: the reply is written. */
static bool said_why(struct request *r, int rc)
{
    if (rc == ST_NOT_FOUND)
        reply_problem_say(r, PROBLEM_NOT_FOUND, "There is no such invitation.");
    else if (rc == ST_EXISTS)
        reply_problem_say(r, PROBLEM_WRONG_STATE, "This invitation was used, withdrawn or is over, or no appliance waits with it.");
    else if (rc == ST_DENIED)
        reply_problem_say(r, PROBLEM_BAD_FIELD, "'phrase' is not what the appliance shows: another one may be asking with this code. "
                                                "Withdraw the invitation.");
    else
        return false;
    return true;
}

void api_invitation_withdraw(struct worker *w, struct request *r)
{
    struct db *d;
    int rc;

    if (!once_begin(w, r, &d))
        return;
    rc = invite_withdraw(d, r->id, r->who.name, r->address);
    if (said_why(r, rc))
        rc = 0;
    else if (!rc)
        r->reply.status = 204;
    (void)once_end(w, r, d, rc);
}

void api_invitation_approve(struct worker *w, struct request *r)
{
    static const char *const names[] = {"phrase"};
    struct span typed = {NULL, 0};
    struct enrol_request q;
    char phrase[128];
    struct db *d;
    struct jw j;
    int rc;

    if (!body_fields(r, names, 1) || !body_text(r, "phrase", sizeof(phrase) - 1, true, &typed) || !once_begin(w, r, &d))
        return;
    rc = invite_approve(d, r->id, seal_keys_public(w->app->keys), typed, r->who.name, r->address, &q, phrase);
    if (said_why(r, rc)) {
        (void)once_end(w, r, d, 0);
        return;
    }
    reply_json(r, 200, &j);
    jw_obj(&j);
    jw_kcstr(&j, "name", rc ? "" : q.name);
    jw_kcstr(&j, "phrase", rc ? "" : phrase);
    jw_end_obj(&j);
    reply_json_end(r);
    (void)once_end(w, r, d, rc);
}

/* ---- the appliance's side ---- */

void api_enrol_console(struct worker *w, struct request *r)
{
    struct invitation_host h;
    struct writer text;
    struct jw j;

    if (!query_fields(r, NULL, 0))
        return;
    invite_host(w->app->keys, w->app->committee, w->app->pin, &h);
    writer_init(&text, INVITE_FILE_MAX);
    invitation_host_write(&h, &text);
    reply_json(r, 200, &j);
    jw_raw(&j, writer_span(&text));
    reply_json_end(r);
    writer_done(&text);
}

static void record_stranger(struct app *app, const struct request *r)
{
    char detail[64] = "";
    uint64_t held;
    struct db *d;
    int rc;

    if (!app_gate(app, GATE_FORGERY, &held) || !(d = store_begin(app->store, &rc)))
        return;
    if (held)
        snprintf(detail, sizeof(detail), "%llu more were not listed", (unsigned long long)held);
    rc = store_end(app->store, audit_append(d, "-", r->address, "invitation_refused", "-", detail));
    log_warn("%s asked to be enrolled with a code that this console did not give%s", r->address, rc ? " (not in the audit)" : "");
}

/* Who fails is counted by address, and waits; who has the secret never does. */
static void refuse_stranger(struct worker *w, struct request *r)
{
    uint8_t key[1 + sizeof(r->address_key)] = {'J'}; /* not those of people who sign in from there */
    uint64_t wait;

    memcpy(key + 1, r->address_key, sizeof(r->address_key));
    wait = throttle_begin(w->app->throttle, THROTTLE_ADDRESS, span_of(key, sizeof(key)));

    if (!wait) {
        record_stranger(w->app, r);
        reply_problem(r, PROBLEM_NOT_INVITED);
        return;
    }
    wait = (wait + 999) / 1000;
    reply_problem_with(r, PROBLEM_SLOW_DOWN, "retry_after", wait, NULL);
    reply_header(r, "Retry-After", arena_printf(r->arena, "%llu", (unsigned long long)wait));
}

static void reply_waiting(struct request *r)
{
    struct jw j;

    reply_json(r, 202, &j);
    jw_obj(&j);
    jw_kcstr(&j, "state", "waiting");
    jw_end_obj(&j);
    reply_json_end(r);
}

static void reply_let_in(struct worker *w, struct request *r, const struct invitation_row *row, const struct enrol_request *q)
{
    const struct enrol_answer a = {.url = *row->url ? row->url : w->app->url,
                                   .pin = w->app->pin,
                                   .console = *seal_keys_public(w->app->keys),
                                   .committee = *w->app->committee};
    struct writer answer;
    char phrase[128];
    struct jw j;

    writer_init(&answer, ENROL_FILE_MAX);
    if (enrol_write(q, &a, &answer, phrase, sizeof(phrase)) != 0) {
        app_fail(r, ST_LIMIT);
    } else {
        reply_json(r, 200, &j);
        jw_raw(&j, span_trim(writer_span(&answer)));
        reply_json_end(r);
    }
    writer_done(&answer);
}

/* The first time; two at once: the second one finds it taken, and hears so when it asks again. */
static void record_join(struct worker *w, struct request *r, const struct invitation_row *row, const struct enrol_request *q, struct span text)
{
    uint8_t id[SEAL_ID];
    char object[64];
    int rc;
    struct db *d = store_begin(w->app->store, &rc);

    if (d) {
        seal_id(&q->keys, id);
        snprintf(object, sizeof(object), "invitation %lld", (long long)row->id);
        rc = invitation_join(d, row->id, id, text, r->address);
        if (!rc)
            rc = audit_append(d, "-", r->address, "enrolment_asked", object, q->name);
        if (rc == ST_EXISTS)
            store_rollback(w->app->store);
        else
            rc = store_end(w->app->store, rc);
    }
    if (rc == ST_EXISTS)
        reply_problem(r, PROBLEM_INVITATION_OVER);
    else if (rc)
        app_fail(r, rc);
    else
        reply_waiting(r);
}

static void answer_join(struct worker *w, struct request *r, const uint8_t hash[static SEAL_HASH], struct span text)
{
    struct invitation_row row = {.id = 0};
    enum invite_heard heard = INVITE_STRANGER;
    struct enrol_request q;
    int rc;

    writer_init(&row.request, ENROL_FILE_MAX);
    rc = invite_hear(w->db, hash, text, &row, &q, &heard);
    writer_done(&row.request);
    if (rc)
        app_fail(r, rc);
    else if (heard == INVITE_STRANGER)
        refuse_stranger(w, r);
    else if (heard == INVITE_MALFORMED)
        reply_problem(r, PROBLEM_BAD_ENVELOPE);
    else if (heard == INVITE_NEW)
        record_join(w, r, &row, &q, text);
    else if (heard == INVITE_WAITS)
        reply_waiting(r);
    else if (heard == INVITE_LET_IN)
        reply_let_in(w, r, &row, &q);
    else
        reply_problem_say(r, PROBLEM_INVITATION_OVER, "%s",
                          heard == INVITE_TAKEN ? "Another appliance asked with this invitation. If that was not you, tell the console's officer."
                                                : "This invitation was withdrawn, or its time is over.");
}

void api_enrol_join(struct worker *w, struct request *r)
{
    uint8_t hash[SEAL_HASH];
    struct writer text;
    int rc;

    writer_init(&text, INVITATION_JOIN_MAX);
    rc = invitation_open(writer_span(&r->body), w->app->keys, hash, &text);
    if (rc == ST_MALFORMED)
        reply_problem(r, PROBLEM_BAD_ENVELOPE);
    else if (rc == ST_BAD_SIGNATURE)
        refuse_stranger(w, r);
    else if (rc)
        app_fail(r, rc);
    else
        answer_join(w, r, hash, writer_span(&text));
    writer_done(&text);
}
