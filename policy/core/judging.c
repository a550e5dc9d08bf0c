/* SPDX-License-Identifier: GPL-3.0-or-later
 * judging: the policy is asked about each document, with a deadline. Whatever happens to it, a verdict comes
 * out: its own, or the configured safe one, which then is an alert that names the fault. */
#include "base/clock.h"
#include "base/log.h"
#include "policy/core/cases.h"
#include "policy/core/splice.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define WINDOW 16            /* cases at the policy at a time */
#define ANSWER_SPARE_MS 2000 /* for the machine being busy */
#define ABSENT_MS 15000      /* a policy that does not come (back) in that time is absent */
#define EVENT_MOST (16u << 20)

struct judging {
    struct core *core;
    struct proc_chan *chan;
    enum action safe;
    struct kase *first, *last; /* asked ones at the front, in the order of asking */
    size_t asked;
    uint64_t absent_ms; /* since when there is no policy */
    bool told;          /* the fault was logged */
};

struct judging *judging_new(struct core *c, enum action safe)
{
    struct judging *j = calloc(1, sizeof(*j));

    gh_check(j);
    j->core = c;
    j->safe = safe;
    j->absent_ms = clock_mono_ms();
    return j;
}

/* Out of the list, wherever it stands. */
static void unlink_case(struct judging *j, struct kase *k)
{
    struct kase *before = NULL;

    for (struct kase *at = j->first; at && at != k; at = at->next)
        before = at;
    *(before ? &before->next : &j->first) = k->next;
    if (j->last == k)
        j->last = before;
    if (k->asked_ms)
        j->asked--;
    k->next = NULL;
}

struct kase *judging_pop(struct judging *j)
{
    struct kase *k = j->first;

    if (k)
        unlink_case(j, k);
    return k;
}

void judging_free(struct judging *j)
{
    struct kase *k;

    if (!j)
        return;
    while ((k = judging_pop(j)))
        case_free(j->core, k);
    proc_chan_remove(j->chan);
    free(j);
}

static void decided(struct judging *j, struct kase *k)
{
    k->judged = true;
    acting_take(j->core->acting, k);
}

static void fault(struct judging *j, struct kase *k, const char *reason, const char *reason_vi)
{
    if (!j->told)
        log_error("%s; the safe verdict '%s' is applied and alerted. Said once; every alert names it", reason,
                  action_name(j->safe));
    j->told = true;
    unlink_case(j, k);
    verdict_fault(&k->verdict, j->safe, reason, reason_vi);
    decided(j, k);
}

/* The complete fileinfo event as the policy sees it. */
static int ask(struct judging *j, const struct kase *k)
{
    struct writer w, members;
    int rc, fd = -1;

    writer_init(&w, EVENT_MOST);
    writer_init(&members, EVENT_MOST);
    writer_str(&members, "\"document\":");
    writer_put(&members, writer_span(&k->document));
    writer_u8(&members, '}');
    writer_le(&w, k->id, 8);
    splice_fileinfo(&w, writer_span(&k->record), k->stored, writer_span(&members));
    rc = writer_ok(&w) && writer_ok(&members) ? 0 : ST_LIMIT;
    if (!rc && w.n > MSG_MAX) {
        fd = msg_memfd("event", span_part(writer_span(&w), 8, w.n));
        rc = fd < 0 ? fd : 0;
        w.n = 8;
    }
    if (!rc && (rc = proc_chan_post(j->chan, MSG_DECIDE, writer_span(&w), fd)) != 0 && fd >= 0)
        close(fd);
    writer_done(&w);
    writer_done(&members);
    return rc;
}

static void pump(struct judging *j)
{
    for (struct kase *k = j->first, *next; j->chan && k && j->asked < WINDOW; k = next) {
        int rc;
        next = k->next;
        if (k->asked_ms)
            continue;
        rc = ask(j, k);
        if (rc == ST_CLOSED)
            return; /* its end is noticed by the loop */
        if (rc) {
            fault(j, k, "the event cannot be handed to the policy",
                  "không thể chuyển sự kiện cho chính sách");
            continue;
        }
        k->asked_ms = clock_mono_ms();
        j->asked++;
    }
}

static void take_decision(struct judging *j, struct span body)
{
    struct reader r = reader_span(body);
    uint64_t id = reader_le64(&r);
    struct kase *k = j->first;
    int rc;

    while (k && (k->id != id || !k->asked_ms))
        k = k->next;
    if (!k)
        return; /* too late: it has a verdict already */
    rc = verdict_read(reader_rest(&r), &k->verdict);
    if (rc) {
        fault(j, k, "the policy's answer is not understood", "không hiểu câu trả lời của chính sách");
        return;
    }
    snprintf(j->core->own.policy, sizeof(j->core->own.policy), "%s", k->verdict.policy);
    unlink_case(j, k);
    decided(j, k);
}

static void on_message(void *arg, const struct msg *m)
{
    struct judging *j = arg;

    if (m->type == MSG_DECISION)
        take_decision(j, m->body);
    if (m->fd >= 0)
        close(m->fd);
    pump(j);
}

static void on_closed(void *arg, int rc)
{
    struct judging *j = arg;

    j->chan = NULL;
    j->absent_ms = clock_mono_ms();
    if (rc == ST_MALFORMED)
        core_distrust(j->core, ROLE_POLICY);
    for (struct kase *k = j->first, *next; k; k = next) {
        next = k->next;
        if (!k->asked_ms)
            continue;
        k->asked_ms = 0;
        j->asked--;
        if (++k->deaths >= 2)
            fault(j, k, "the policy process died twice while it had this document",
                  "tiến trình chính sách đã chết hai lần khi xét tài liệu này");
    }
}

void judging_peer(struct judging *j, int fd)
{
    if (j->chan) {
        proc_chan_remove(j->chan);
        on_closed(j, ST_CLOSED);
    }
    j->chan = proc_chan_add(&j->core->proc, fd, ROLE_POLICY, on_message, on_closed, j);
    pump(j);
}

void judging_take(struct judging *j, struct kase *k)
{
    if (!j->core->policy) {
        acting_take(j->core->acting, k);
        return;
    }
    k->asked_ms = 0;
    k->next = NULL;
    *(j->last ? &j->last->next : &j->first) = k;
    j->last = k;
    pump(j);
}

void judging_tick(struct judging *j, uint64_t now_ms)
{
    uint64_t patience = ANSWER_SPARE_MS + WINDOW * j->core->proc.conf.policy_timeout;
    bool absent = !j->chan && now_ms > j->absent_ms + ABSENT_MS;

    for (struct kase *k = j->first, *next; k; k = next) {
        next = k->next;
        if (k->asked_ms && now_ms > k->asked_ms + patience)
            fault(j, k, "the policy did not answer in time", "chính sách không trả lời kịp thời");
        else if (absent)
            fault(j, k, "the policy process is not there", "tiến trình chính sách không hoạt động");
    }
    pump(j);
}
