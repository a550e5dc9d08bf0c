/* SPDX-License-Identifier: GPL-3.0-or-later
 * Packets of an alert: a person wishes for them, the appliance hands them in piece by piece, a person takes
 * them away. Every wish, arrival and download is in the audit. */
#include "base/log.h"
#include "console/api/app.h"
#include "console/api/once.h"
#include "console/store/alerts.h"
#include "console/store/pcap_files.h"

#include <stdio.h>

#define ROOM_STEPS 20
#define PCAP_TYPE "application/vnd.tcpdump.pcap"

static const char *object_of(int64_t alert, char buf[static 32])
{
    snprintf(buf, 32, "alert %lld", (long long)alert);
    return buf;
}

static void finish(struct worker *w, struct request *r, int rc, bool changed)
{
    rc = store_end(w->app->store, rc);
    if (rc)
        app_fail(r, rc);
    else if (changed)
        app_publish(w->app, w->db);
}

/* The file of the alert in the path; false with the problem written, or *ret_rc. */
static bool find(struct db *d, struct request *r, struct pcap *p, int *ret_rc)
{
    bool named = false, clear = false;
    int rc = sight_alert(d, &r->who.sight, r->id, &clear);

    if (!rc && !clear) {
        *ret_rc = 0;
        reply_problem(r, PROBLEM_CLEARANCE);
        return false;
    }
    if (!rc)
        rc = pcap_of_alert(d, r->id, p, &named);

    *ret_rc = rc == ST_NOT_FOUND ? 0 : rc;
    if (rc == ST_NOT_FOUND && named)
        reply_problem_say(r, PROBLEM_NOT_FOUND,
                          "The appliance has not told yet that it keeps packets of this alert.");
    else if (rc == ST_NOT_FOUND)
        reply_problem_say(r, PROBLEM_NOT_FOUND, "There is no such alert, or no packets of it were kept.");
    return rc == 0;
}

/* ---- people ---- */

static void reply_pcap(struct request *r, struct db *d, int *rc)
{
    struct jw j;

    reply_json(r, 200, &j);
    jw_obj(&j);
    if (!*rc)
        *rc = pcap_put(d, r->id, &j);
    jw_end_obj(&j);
    reply_json_end(r);
}

void api_pcap_want(struct worker *w, struct request *r)
{
    struct pcap p = {.state = PCAP_GONE};
    char object[32];
    struct db *d;
    int rc = 0;

    if (!body_fields(r, NULL, 0) || !once_begin(w, r, &d))
        return;
    if (!find(d, r, &p, &rc) || p.state == PCAP_GONE) {
        if (r->reply.status == 0 && !rc)
            reply_problem_with(r, PROBLEM_WRONG_STATE, "state", 0, pcap_state_names[p.state]);
        (void)once_end(w, r, d, rc);
        return;
    }
    if (p.state == PCAP_KEPT || p.state == PCAP_REFUSED) {
        rc = pcap_want(d, &p, r->who.name);
        if (!rc)
            rc = audit_append(d, r->who.name, r->address, "packets_requested", object_of(r->id, object),
                              p.file);
        pcap_file_drop(w->app->conf->console_state_dir, p.id); /* of a version that is out of date */
    }
    reply_pcap(r, d, &rc);
    if (once_end(w, r, d, rc))
        app_publish(w->app, w->db);
}

/* Who took what away, before it leaves. */
static int note_download(struct worker *w, const struct request *r, const struct pcap *p)
{
    char object[32];
    int rc = 0;
    struct db *d = store_begin(w->app->store, &rc);

    if (!d)
        return rc;
    rc = audit_append(d, r->who.name, r->address, "packets_downloaded", object_of(r->id, object), p->file);
    return store_end(w->app->store, rc);
}

/* It should be here and is not: it can be fetched again. */
static void forget_file(struct worker *w, struct request *r, const struct pcap *p, int why)
{
    int rc = 0;
    struct db *d = store_begin(w->app->store, &rc);

    log_error("packets of %s, %s: %s; they can be fetched again", p->appliance_name, p->file,
              status_text(why));
    if (!d) {
        app_fail(r, rc);
        return;
    }
    rc = pcap_settle(d, p, PCAP_KEPT, NULL);
    reply_problem_with(r, PROBLEM_WRONG_STATE, "state", 0, pcap_state_names[PCAP_KEPT]);
    finish(w, r, rc, true);
}

void api_pcap_get(struct worker *w, struct request *r)
{
    char name[FETCH_NAME + 64];
    struct pcap p;
    int rc = 0;

    if (!query_fields(r, NULL, 0))
        return;
    if (!find(w->db, r, &p, &rc)) {
        if (rc)
            app_fail(r, rc);
        return;
    }
    if (p.state != PCAP_HERE) {
        reply_problem_with(r, PROBLEM_WRONG_STATE, "state", 0, pcap_state_names[p.state]);
        return;
    }
    writer_done(&r->reply.body);
    writer_init(&r->reply.body, EVENT_PCAP_MAX);
    rc = pcap_file_read(w->app->conf->console_state_dir, &p, w->app->keys, w->app->old, &r->reply.body);
    if (rc == ST_NOMEM) {
        app_fail(r, rc);
        return;
    }
    if (rc) {
        forget_file(w, r, &p, rc);
        return;
    }
    rc = note_download(w, r, &p);
    if (rc) {
        app_fail(r, rc);
        return;
    }
    r->reply.status = 200;
    r->reply.content_type = PCAP_TYPE;
    snprintf(name, sizeof(name), "attachment; filename=\"alert-%lld-%s\"", (long long)r->id,
             p.file); /* digits */
    reply_header(r, "Content-Disposition", arena_dup(r->arena, name, strlen(name)));
}

/* ---- appliances ---- */

static void reply_number(struct request *r, int status, const char *key, int64_t number)
{
    struct jw j;

    reply_json(r, status, &j);
    jw_obj(&j);
    jw_ki64(&j, key, number);
    jw_end_obj(&j);
    reply_json_end(r);
}

static const char other_file[] = "The file is not the one that was signed for.";

/* What is to be done with a part. */
enum verdict { PART_NOT_OURS, PART_MISSING, PART_OTHER, PART_ELSEWHERE, PART_TAKEN, PART_LAST };

static enum verdict judge(const struct pcap *p, const struct fetch_part *part)
{
    if (p->state != PCAP_WANTED || !seal_equal(p->token, part->token, FETCH_TOKEN))
        return PART_NOT_OURS;
    if (part->state == FETCH_MISSING)
        return PART_MISSING;
    if (part->total != (uint64_t)p->sealed)
        return PART_OTHER; /* than the one it signed for */
    if (part->offset != (uint64_t)p->have)
        return PART_ELSEWHERE;
    return part->offset + part->bytes.n == part->total ? PART_LAST : PART_TAKEN;
}

static int arrived(struct db *d, const struct request *r, const struct pcap *p, bool sound)
{
    int rc = pcap_settle(d, p, sound ? PCAP_HERE : PCAP_REFUSED, NULL);

    return rc ? rc
              : audit_append(d, "-", r->address, sound ? "packets_received" : "packets_refused",
                             p->appliance_name, p->file);
}

/* Everything has come; it is opened and compared, without keeping the writer meanwhile. This lane has one
 * thread, so nobody else writes to the file. */
static void take_last(struct worker *w, struct request *r, const struct pcap *p)
{
    int proof = pcap_file_prove(w->app->conf->console_state_dir, p, w->app->keys, w->app->old), rc = 0;
    struct pcap now;
    struct db *d;

    if (proof && proof != ST_BAD_SIGNATURE) {
        app_fail(r, proof);
        return;
    }
    d = store_begin(w->app->store, &rc);
    if (!d) {
        app_fail(r, rc);
        return;
    }
    rc = pcap_by_id(d, p->id, &now);
    if (!rc && (now.state != PCAP_WANTED || !seal_equal(now.token, p->token, FETCH_TOKEN))) {
        reply_problem(r, PROBLEM_NOT_FOUND); /* a newer record came between */
        store_rollback(w->app->store);
        return;
    }
    if (!rc)
        rc = arrived(d, r, p, proof == 0);
    if (proof)
        log_warn("packets of %s, %s, are not those that it signed for", p->appliance_name, p->file);
    if (proof)
        reply_problem_say(r, PROBLEM_BAD_SIGNATURE, "%s", other_file);
    else
        reply_number(r, 200, "have", p->sealed);
    finish(w, r, rc, true);
}

/* In a transaction. */
static int take(struct worker *w, struct db *d, struct request *r, struct pcap *p,
                const struct fetch_part *part, enum verdict *ret)
{
    int64_t have = (int64_t)(part->offset + part->bytes.n);
    int rc = pcap_by_id(d, r->id, p);

    *ret = rc ? PART_NOT_OURS : judge(p, part);
    switch (*ret) {
    case PART_NOT_OURS:
        reply_problem(r, PROBLEM_NOT_FOUND);
        return rc == ST_NOT_FOUND ? 0 : rc;
    case PART_MISSING:
        reply_number(r, 200, "have", 0);
        return pcap_settle(d, p, PCAP_GONE, "the appliance no longer keeps it");
    case PART_OTHER:
        reply_problem_say(r, PROBLEM_BAD_SIGNATURE, "%s", other_file);
        return arrived(d, r, p, false);
    case PART_ELSEWHERE:
        reply_number(r, 409, "expect", p->have);
        return 0;
    default:
        reply_number(r, 200, "have", have);
        rc = pcap_file_part(w->app->conf->console_state_dir, p->id, part->offset, part->bytes);
        return rc || *ret == PART_LAST ? rc : pcap_have(d, p, have);
    }
}

void api_fetch_part(struct worker *w, struct request *r)
{
    struct fetch_part part;
    enum verdict verdict;
    struct pcap p;
    struct db *d;
    int rc = 0;

    if (fetch_part_read(writer_span(&r->body), &part) != 0) {
        reply_problem(r, PROBLEM_BAD_ENVELOPE);
        return;
    }
    d = store_begin(w->app->store, &rc);
    if (!d) {
        app_fail(r, rc);
        return;
    }
    rc = take(w, d, r, &p, &part, &verdict);
    finish(w, r, rc, verdict == PART_MISSING || verdict == PART_OTHER);
    if (!rc && verdict == PART_LAST && r->reply.status == 200)
        take_last(w, r, &p);
}

/* ---- room ---- */

void app_pcap_room(struct app *app, struct db *reader)
{
    struct pcap p;
    int64_t bytes;
    struct db *d;
    int rc;

    for (int i = 0; i < ROOM_STEPS; i++) {
        if (pcap_oldest(reader, &p, &bytes) != 0 || (uint64_t)bytes <= app->conf->console_pcap_max ||
            !(d = store_begin(app->store, &rc)))
            return;
        rc = pcap_settle(d, &p, PCAP_KEPT, NULL);
        if (rc) {
            store_rollback(app->store);
            return;
        }
        if (store_commit(app->store) == 0)
            pcap_file_drop(app->conf->console_state_dir, p.id);
    }
}
