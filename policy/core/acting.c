/* SPDX-License-Identifier: GPL-3.0-or-later
 * acting: what a verdict asks for is done, and what came of it is written into the verdict: quarantine seals
 * the document, block also asks gh-enforce to cut the connection. Nothing here decides. */
#include "base/clock.h"
#include "base/event.h"
#include "base/log.h"
#include "policy/core/cases.h"
#include "policy/core/evidence.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ENFORCE_MS 500 /* from the verdict to the enforcer's answer */
#define WANT_RESET 1u
#define WANT_SET 2u

struct acting {
    struct core *core;
    struct proc_chan *chan;
    struct kase *waiting; /* for the sensor or the enforcer */
    bool told;
};

struct acting *acting_new(struct core *c)
{
    struct acting *a = calloc(1, sizeof(*a));

    gh_check(a);
    a->core = c;
    return a;
}

struct kase *acting_pop(struct acting *a)
{
    struct kase *k = a->waiting;

    if (k)
        a->waiting = k->next;
    return k;
}

void acting_free(struct acting *a)
{
    struct kase *k;

    if (!a)
        return;
    while ((k = acting_pop(a)))
        case_free(a->core, k);
    proc_chan_remove(a->chan);
    free(a);
}

static struct kase *take(struct acting *a, uint64_t id)
{
    for (struct kase **link = &a->waiting; *link; link = &(*link)->next) {
        struct kase *k = *link;
        if (k->id != id)
            continue;
        *link = k->next;
        k->next = NULL;
        return k;
    }
    return NULL;
}

static void quarantine(struct acting *a, struct kase *k)
{
    if (!k->doc) {
        snprintf(k->quarantine_reason, sizeof(k->quarantine_reason), "the event carries no document");
        return;
    }
    if (!a->core->evidence) {
        snprintf(k->quarantine_reason, sizeof(k->quarantine_reason), "offline: inspect keeps no evidence");
        return;
    }
    k->quarantined =
        evidence_seal(a->core->evidence, k->doc, k->quarantine_reason, sizeof(k->quarantine_reason)) == 0;
}

/* Whether the connection can be acted upon at all; if not, the reason is in the case. */
static bool may_enforce(struct acting *a, struct kase *k)
{
    const char *why = NULL;

    if (!a->core->live)
        why = "offline: the connection is over";
    else if (!a->core->proc.conf.enforce_enabled)
        why = "enforce.enabled is off";
    else if (!a->chan || !a->core->sensor)
        why = "gh-enforce is not there";
    if (!why)
        return true;
    if (a->core->live && !a->told)
        log_warn("a verdict says block, but nothing is blocked: %s. Said once; every verdict tells it", why);
    a->told = true;
    snprintf(k->enforce_reason, sizeof(k->enforce_reason), "%s", why);
    return false;
}

static void query_flow(struct acting *a, struct kase *k)
{
    struct writer w;
    int rc;

    writer_init(&w, 16);
    writer_le(&w, k->flow_id, 8);
    writer_le(&w, k->id, 8);
    rc = proc_chan_post(a->core->sensor, MSG_FLOW_QUERY, writer_span(&w), -1);
    writer_done(&w);
    if (rc) {
        snprintf(k->enforce_reason, sizeof(k->enforce_reason),
                 "the sensor cannot be asked about the connection");
        emit_case(a->core, k);
        return;
    }
    k->asked_ms = clock_mono_ms();
    k->next = a->waiting;
    a->waiting = k;
}

void acting_take(struct acting *a, struct kase *k)
{
    if (k->judged && k->verdict.action >= ACTION_QUARANTINE)
        quarantine(a, k);
    if (k->judged && k->verdict.action == ACTION_BLOCK && may_enforce(a, k))
        query_flow(a, k);
    else
        emit_case(a->core, k);
}

void acting_flow_state(struct acting *a, struct span body)
{
    struct reader r = reader_span(body);
    uint64_t id = reader_le64(&r);
    bool found = reader_u8(&r) != 0;
    struct kase *k = take(a, id);
    struct event_target target;
    struct writer w;
    int rc = ST_NOT_FOUND;

    if (!k)
        return;
    writer_init(&w, 1024);
    if (found && (rc = event_target_get(&r, &target)) == 0) {
        writer_le(&w, id, 8);
        event_target_put(&w, &target);
        writer_u8(&w, WANT_RESET | WANT_SET);
        rc = a->chan ? proc_chan_post(a->chan, MSG_ENFORCE, writer_span(&w), -1) : ST_CLOSED;
    }
    writer_done(&w);
    if (rc) {
        snprintf(k->enforce_reason, sizeof(k->enforce_reason), "%s",
                 rc == ST_NOT_FOUND ? "the connection was over already" : "gh-enforce cannot be asked");
        emit_case(a->core, k);
        return;
    }
    k->next = a->waiting;
    a->waiting = k;
}

static void on_message(void *arg, const struct msg *m)
{
    struct acting *a = arg;
    struct reader r = reader_span(m->body);
    struct kase *k;
    uint8_t done;
    struct span sentence;

    if (m->fd >= 0)
        close(m->fd);
    if (m->type != MSG_ENFORCED || !(k = take(a, reader_le64(&r))))
        return;
    done = reader_u8(&r);
    sentence = reader_rest(&r);
    k->enforced = done != 0;
    snprintf(k->enforce_reason, sizeof(k->enforce_reason), "%.*s", (int)(sentence.n < 255 ? sentence.n : 255),
             sentence.n ? (const char *)sentence.p : "");
    emit_case(a->core, k);
}

static void on_closed(void *arg, int rc)
{
    struct acting *a = arg;

    a->chan = NULL;
    if (rc == ST_MALFORMED)
        core_distrust(a->core, ROLE_ENFORCE);
}

void acting_peer(struct acting *a, int fd)
{
    proc_chan_remove(a->chan);
    a->chan = proc_chan_add(&a->core->proc, fd, ROLE_ENFORCE, on_message, on_closed, a);
}

void acting_tick(struct acting *a, uint64_t now_ms)
{
    for (struct kase *k = a->waiting, *next; k; k = next) {
        next = k->next;
        if (now_ms < k->asked_ms + ENFORCE_MS)
            continue;
        snprintf(k->enforce_reason, sizeof(k->enforce_reason), "no answer within %d ms", ENFORCE_MS);
        emit_case(a->core, take(a, k->id));
    }
}
