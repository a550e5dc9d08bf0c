/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/core/cases.h"
#include "base/log.h"
#include "base/journal.h"
#include "policy/core/splice.h"

#include <stdlib.h>

#define RECORD_MOST 131072u
#define DOCUMENT_MOST (FINDINGS_KEPT + 65536u)

void case_free(struct core *c, struct kase *k)
{
    judging_forget(c->judging, k);
    if (k->doc) {
        c->open_cases--;
        c->open_bytes -= k->doc->size;
    } else {
        c->open_events--;
    }
    doc_free(k->doc);
    writer_done(&k->record);
    writer_done(&k->document);
    verdict_done(&k->verdict);
    free(k);
}

bool cases_full(const struct core *c)
{
    return c->open_cases >= c->cases_max || c->open_cases >= c->proc.conf.scan_queue ||
           c->open_bytes > c->proc.conf.sensor_documents_memory || c->open_events >= EVENTS_OPEN_MAX ||
           (c->order && order_bytes(c->order) > CORE_ORDER_BYTES);
}

/* Live nothing waits: beyond scan.queue the readers' stage lets documents go unread, and this is the wall
 * behind it. */
static bool at_the_wall(const struct core *c)
{
    return c->open_cases >= c->cases_max || c->open_bytes > c->proc.conf.sensor_documents_memory;
}

/* The unread_reason for bytes that never came, if any. */
static const char *missing(const struct core *c, const struct doc *d)
{
    if (d->complete)
        return NULL;
    return d->size >= c->proc.conf.sensor_document_max ? "too_large" : "corrupt";
}

/* Live, with everything full: it is neither read nor judged by the policy, and both are said. */
static void overrun(struct core *c, struct kase *k)
{
    struct findings *f = findings_unread("timeout");
    enum action safe = ACTION_ALERT;

    gh_check(f);
    c->own.scan_queue++;
    (void)action_parse(span_str(c->proc.conf.policy_safe_verdict), &safe);
    findings_document(&k->document, f, doc_name(k->doc), k->doc->sha256, k->doc->size, k->incomplete);
    free(f);
    verdict_fault(&k->verdict, safe, "more documents at a time than can be read and judged",
                  "quá nhiều tài liệu cùng lúc, không thể đọc và xét hết");
    k->judged = true;
    acting_take(c->acting, k);
}

/* Told to end: what has not been read stays so, and nobody judges it. */
static void unread_case(struct core *c, struct kase *k)
{
    if (k->doc && !k->document.n) {
        struct findings *f = findings_unread("timeout");
        gh_check(f);
        c->own.scan_queue++;
        findings_document(&k->document, f, doc_name(k->doc), k->doc->sha256, k->doc->size, k->incomplete);
        free(f);
    }
    emit_case(c, k);
}

static struct kase *case_new(struct core *c, const struct event_record *e)
{
    struct kase *k = calloc(1, sizeof(*k));

    gh_check(k);
    k->id = ++c->next_case;
    k->run = c->run;
    k->n = e->n;
    k->life = c->life;
    k->type = e->type;
    verdict_init(&k->verdict);
    writer_init(&k->record, RECORD_MOST);
    writer_init(&k->document, DOCUMENT_MOST);
    writer_put(&k->record, e->json);
    if (c->order) {
        k->place = order_hold(c->order);
        gh_check(k->place);
    }
    return k;
}

/* Live, with the policy behind: it leaves unjudged, which is counted and shown. */
static bool too_many_events(struct core *c)
{
    if (!c->live || c->open_events < EVENTS_OPEN_MAX)
        return false;
    if (!c->events_unjudged++)
        log_warn(
            "more events than the policy can judge: some leave unjudged. Said once; the status counts them");
    return true;
}

bool cases_event(struct core *c, const struct event_record *e)
{
    struct kase *k;

    if (!c->policy || !judging_wants(c->judging, e->type) || (c->stopping && c->to_stdout) ||
        too_many_events(c))
        return false;
    k = case_new(c, e);
    k->flow_id = splice_flow_id(e->json);
    c->open_events++;
    judging_expect(c->judging, k);
    judging_take(c->judging, k);
    return true;
}

void cases_take(struct core *c, const struct event_record *e, struct doc *d, bool stored)
{
    struct kase *k = case_new(c, e);
    bool full = c->live && at_the_wall(c);

    k->doc = d;
    k->flow_id = d->flow_id;
    k->stored = stored;
    k->incomplete = missing(c, d);
    c->open_cases++;
    c->open_bytes += d->size;
    judging_expect(c->judging, k);
    if (c->stopping && c->to_stdout)
        unread_case(c, k);
    else if (full)
        overrun(c, k);
    else
        scanning_take(c->scanning, k);
}

void cases_abandon(struct core *c)
{
    struct kase *k;

    while ((k = scanning_pop(c->scanning)) || (k = judging_pop(c->judging)) || (k = acting_pop(c->acting)))
        unread_case(c, k);
}
