/* SPDX-License-Identifier: GPL-3.0-or-later
 * Appliances hand in their batches. What proves them is inside the envelope; the address is only noted. */
#include "console/store/intake.h"
#include "base/base64.h"
#include "base/log.h"
#include "base/succession.h"
#include "console/api/app.h"
#include "console/api/upload.h"
#include "console/store/goods.h"
#include "console/store/pcaps.h"

#include <stdio.h>

static void reply_number(struct request *r, int status, const char *key, uint64_t number)
{
    struct jw j;

    reply_json(r, status, &j);
    jw_obj(&j);
    jw_ku64(&j, key, number);
    jw_end_obj(&j);
    reply_json_end(r);
}

/* An answer that comes by a broker says whose receipt it is. */
static void put_whose(const struct request *r, const struct intake *i, struct jw *j)
{
    if (r->stored_us)
        jw_kcstr(j, "appliance", i->identity);
}

/* The receipt; and what is wished for, to whom is up to date: an old batch may have been copied by anybody.
 */
static void reply_receipt(struct worker *w, struct request *r, const struct intake *i, bool wishes)
{
    struct jw j;
    int rc;

    reply_json(r, 200, &j);
    jw_obj(&j);
    jw_ku64(&j, "receipt", i->number);
    put_whose(r, i, &j);
    rc = wishes ? pcap_wishes(w->db, i->appliance, &j) : 0;
    if (!rc && wishes)
        rc = goods_wishes(w->db, i->by_old ? w->app->old : w->app->keys, i->appliance, &j);
    if (i->by_old) {
        char word[BASE64_SIZE(SUCCESSION_SIZE)];
        jw_kcstr(&j, "keys", base64_encode(w->app->succession, SUCCESSION_SIZE, word, sizeof(word)));
    }
    jw_end_obj(&j);
    if (rc) /* wishes can wait, the receipt cannot */
        reply_number(r, 200, "receipt", i->number);
    else
        reply_json_end(r);
}

static void record_refusal(struct app *app, const struct request *r, const struct intake *i)
{
    char detail[256];
    uint64_t held;
    struct db *d;
    int rc;

    if (!app_gate(app, GATE_FORGERY, &held) || !(d = store_begin(app->store, &rc)))
        return;
    snprintf(detail, sizeof(detail), "%s", i->why ? i->why : "Unknown or retired appliance.");
    if (held)
        snprintf(detail + strlen(detail), sizeof(detail) - strlen(detail), " %llu more were not listed.",
                 (unsigned long long)held);
    rc = audit_append(d, "-", r->address, "batch_refused", i->name[0] ? i->name : i->identity, detail);
    if (!rc)
        (void)store_commit(app->store);
    else
        store_rollback(app->store);
    log_warn("a batch from %s was refused: %s", r->address, detail);
}

/* Taken before its turn: not yet part of the receipt. */
static void reply_ahead(struct request *r, const struct intake *i)
{
    struct jw j;

    reply_json(r, 202, &j);
    jw_obj(&j);
    jw_ku64(&j, "receipt", i->number);
    jw_ku64(&j, "ahead", i->batch);
    put_whose(r, i, &j);
    jw_end_obj(&j);
    reply_json_end(r);
}

static void reply(struct worker *w, struct request *r, const struct intake *i)
{
    switch (i->outcome) {
    case INTAKE_TAKEN:
        reply_receipt(w, r, i, !r->stored_us);
        break;
    case INTAKE_KNOWN:
    case INTAKE_HELLO:
        reply_receipt(w, r, i, !r->stored_us && (i->newest || i->outcome == INTAKE_HELLO));
        break;
    case INTAKE_AHEAD:
        reply_ahead(r, i);
        break;
    case INTAKE_HOLE:
        reply_number(r, 409, "expect", i->number);
        break;
    case INTAKE_UNKNOWN:
        reply_problem(r, PROBLEM_UNKNOWN_APPLIANCE);
        break;
    case INTAKE_FORGED:
        reply_problem_say(r, PROBLEM_BAD_SIGNATURE, "%s", i->why);
        break;
    case INTAKE_MALFORMED:
        reply_problem_say(r, PROBLEM_BAD_ENVELOPE, "%s", i->why);
        break;
    }
}

static void take(struct worker *w, struct request *r, struct span envelope, bool ahead)
{
    const struct intake_way way = {
        .address = r->address, .ahead = ahead || r->stored_us, .stored_us = r->stored_us, .old = w->app->old};
    struct app *app = w->app;
    struct intake i;
    int rc = intake_take(app->store, app->keys, envelope, &way, &i);

    if (rc) {
        app_fail(r, rc);
        return;
    }
    r->by_old = i.by_old;
    atomic_fetch_add(&app->intake[i.outcome], 1);
    if (i.outcome >= INTAKE_UNKNOWN)
        record_refusal(app, r, &i);
    reply(w, r, &i);
    if (i.first_seq) /* new alerts, and those of which more is known now */
        app_publish(app, w->db);
}

void api_intake(struct worker *w, struct request *r)
{
    take(w, r, writer_span(&r->body), false);
}

void api_intake_ahead(struct worker *w, struct request *r)
{
    take(w, r, writer_span(&r->body), true);
}

void api_intake_part(struct worker *w, struct request *r)
{
    struct upload_piece p;
    struct span whole;
    uint32_t have;
    int rc = upload_piece_read(writer_span(&r->body), ENVELOPE_MAX + 64, &p);

    if (rc) {
        reply_problem(r, PROBLEM_BAD_ENVELOPE);
        return;
    }
    rc = uploads_add(w->app->uploads, r->address_key, &p, &have, &whole);
    if (rc < 0)
        app_fail(r, rc);
    else if (rc)
        take(w, r, whole, p.ahead);
    else
        reply_number(r, 200, "have", have);
}
