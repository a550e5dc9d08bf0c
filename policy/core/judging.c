/* SPDX-License-Identifier: GPL-3.0-or-later
 * judging: the policy is asked about each document and each event that it wants, with a deadline. Whatever
 * happens to it, a verdict comes out: its own, or the safe one, which then is an alert that names the fault.
 *
 * All that is to be judged stands in one row. Live, a case joins it when it can be judged. Offline, when the
 * order of events matters to the policy, it joins it as its event comes, and the front waits for what is
 * still being read: so the same capture gives the same verdicts. Documents go one by one, other events in
 * batches; answers come in the order of the questions. */
#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "policy/core/cases.h"
#include "policy/core/splice.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define WINDOW 16            /* documents at the policy at a time */
#define EVENTS_WINDOW 1024   /* events there at a time */
#define BATCH_BYTES 60000    /* of one JUDGE */
#define ANSWER_SPARE_MS 2000 /* for the machine being busy */
#define ABSENT_MS 15000      /* a policy that does not come (back) in that time is absent */
#define LIVE_WANTS_MS 3000   /* so long live packets wait in the kernel for the policy's first word */
#define EVENT_MOST (16u << 20)
#define FLOWS_MAX (4u * (EVENTS_OPEN_MAX + CASES_MAX)) /* more than the row ever holds */

struct judging {
    struct core *core;
    struct proc_chan *chan;
    enum action safe;
    struct kase *first, *last; /* the row */
    struct kase *next;         /* the first that was not asked; NULL: none */
    size_t asked, asked_events;
    uint64_t wants; /* bit by event type */
    bool knows, order_matters;
    uint64_t started_ms;
    uint64_t absent_ms;   /* since when there is no policy */
    uint64_t progress_ms; /* when it answered last */
    struct map *flows;    /* flow_id -> u32: its undecided cases in the row, when order matters */
    struct writer batch;
    bool told; /* the fault was logged */
};

struct judging *judging_new(struct core *c, enum action safe)
{
    struct judging *j = calloc(1, sizeof(*j));

    gh_check(j);
    j->core = c;
    j->safe = safe;
    j->wants = 1ull << EVENT_FILEINFO;
    j->started_ms = j->absent_ms = clock_mono_ms();
    j->flows = map_new(FLOWS_MAX, sizeof(uint64_t), sizeof(uint32_t));
    gh_check(j->flows);
    writer_init(&j->batch, MSG_MAX);
    return j;
}

bool judging_wants(const struct judging *j, enum event_type type)
{
    return j->wants >> type & 1;
}

bool judging_knows(const struct judging *j)
{
    return j->knows || clock_mono_ms() > j->started_ms + (j->core->live ? LIVE_WANTS_MS : ABSENT_MS);
}

static bool in_order(const struct judging *j)
{
    return j->order_matters && !j->core->live;
}

/* ---- the row ---- */

static void flow_count(struct judging *j, const struct kase *k, int by)
{
    uint32_t *n = k->flow_id ? map_find(j->flows, &k->flow_id, false) : NULL;

    if (!k->flow_id)
        return;
    if (!n && by > 0)
        n = map_insert(j->flows, &k->flow_id);
    if (n && (*n += (uint32_t)by) == 0)
        map_remove(j->flows, &k->flow_id);
}

static void append(struct judging *j, struct kase *k)
{
    k->in_row = true;
    k->asked_ms = 0;
    k->row_after = NULL;
    k->row_before = j->last;
    *(j->last ? &j->last->row_after : &j->first) = k;
    j->last = k;
    if (!j->next)
        j->next = k;
    flow_count(j, k, 1);
}

static void count_asked(struct judging *j, const struct kase *k, int by)
{
    *(k->doc ? &j->asked : &j->asked_events) += (size_t)by;
}

void judging_forget(struct judging *j, struct kase *k)
{
    if (!k->in_row)
        return;
    if (k->asked_ms)
        count_asked(j, k, -1);
    if (j->next == k)
        j->next = k->row_after;
    *(k->row_before ? &k->row_before->row_after : &j->first) = k->row_after;
    *(k->row_after ? &k->row_after->row_before : &j->last) = k->row_before;
    k->in_row = false;
    flow_count(j, k, -1);
}

struct kase *judging_pop(struct judging *j)
{
    struct kase *k = j->first;

    while (k && !k->ready) /* it is with its readers */
        k = k->row_after;
    if (k)
        judging_forget(j, k);
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
    map_free(j->flows);
    writer_done(&j->batch);
    free(j);
}

static void decided(struct judging *j, struct kase *k)
{
    judging_forget(j, k);
    k->judged = true;
    acting_take(j->core->acting, k);
}

static void fault(struct judging *j, struct kase *k, const char *reason, const char *reason_vi)
{
    if (!j->told)
        log_error("%s; the safe verdict '%s' is applied and alerted. Said once; every alert names it", reason,
                  action_name(j->safe));
    j->told = true;
    verdict_fault(&k->verdict, j->safe, reason, reason_vi);
    decided(j, k);
}

/* ---- asking ---- */

/* The complete fileinfo event as the policy sees it. */
static int ask_document(struct judging *j, const struct kase *k)
{
    struct writer w, members;
    int rc, fd = -1;

    writer_init(&w, EVENT_MOST);
    writer_init(&members, EVENT_MOST);
    if (k->doc) {
        writer_str(&members, "\"document\":");
        writer_put(&members, writer_span(&k->document));
        writer_u8(&members, '}');
    }
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

static int send_batch(struct judging *j)
{
    int rc = j->batch.n ? proc_chan_post(j->chan, MSG_JUDGE, writer_span(&j->batch), -1) : 0;

    writer_clear(&j->batch);
    return rc;
}

static void put_event(struct judging *j, const struct kase *k)
{
    size_t at;

    writer_le(&j->batch, k->id, 8);
    at = j->batch.n;
    writer_le(&j->batch, 0, 4);
    if (k->type == EVENT_FLOW && emit_alerted(j->core, k->flow_id))
        splice_alerted(&j->batch, writer_span(&k->record));
    else
        writer_put(&j->batch, writer_span(&k->record));
    for (unsigned i = 0; i < 4; i++)
        j->batch.p[at + i] = (uint8_t)((j->batch.n - at - 4) >> (8 * i));
}

/* An event that no JUDGE could hold beside its head. */
static bool is_alone(const struct kase *k)
{
    return k->doc || k->record.n + 32 > MSG_MAX;
}

/* Must it wait for others? For what is being read, and a flow for the verdicts on what it carried. */
static bool must_wait(struct judging *j, const struct kase *k)
{
    const uint32_t *n;

    if (!k->ready)
        return true;
    if (!in_order(j) || k->type != EVENT_FLOW || !k->flow_id)
        return false;
    n = map_find(j->flows, &k->flow_id, false);
    return n && *n > 1;
}

static int ask(struct judging *j, struct kase *k)
{
    int rc = 0;

    if (is_alone(k)) {
        if ((rc = send_batch(j)) == 0) /* in the order of the row */
            rc = ask_document(j, k);
    } else {
        if (j->batch.n && j->batch.n + k->record.n + 32 > BATCH_BYTES)
            rc = send_batch(j);
        if (!rc)
            put_event(j, k);
    }
    return rc;
}

static void pump(struct judging *j)
{
    while (j->chan && j->next && !must_wait(j, j->next)) {
        struct kase *k = j->next;
        int rc;
        if (k->doc ? j->asked >= WINDOW : j->asked_events >= EVENTS_WINDOW)
            break;
        j->next = k->row_after;
        rc = ask(j, k);
        if (rc == ST_CLOSED) { /* its end is noticed by the loop, which asks again */
            j->next = k;
            return;
        }
        if (rc) {
            fault(j, k, "the event cannot be handed to the policy",
                  "không thể chuyển sự kiện cho chính sách");
            continue;
        }
        k->asked_ms = clock_mono_ms();
        count_asked(j, k, 1);
    }
    if (j->chan)
        (void)send_batch(j);
}

/* ---- answers ---- */

static struct kase *find_asked(const struct judging *j, uint64_t id)
{
    struct kase *k = j->first;

    while (k && k != j->next && (k->id != id || !k->asked_ms))
        k = k->row_after;
    return k == j->next ? NULL : k; /* none: too late, it has a verdict already */
}

static void take_decision(struct judging *j, uint64_t id, struct span json)
{
    struct kase *k = find_asked(j, id);
    int rc;

    j->progress_ms = clock_mono_ms();
    if (!k)
        return;
    if (!json.n && !k->doc) { /* nothing to tell */
        k->verdict.action = ACTION_LOG;
        decided(j, k);
        return;
    }
    rc = verdict_read(json, &k->verdict);
    if (rc) {
        fault(j, k, "the policy's answer is not understood", "không hiểu câu trả lời của chính sách");
        return;
    }
    snprintf(j->core->own.policy, sizeof(j->core->own.policy), "%s", k->verdict.policy);
    decided(j, k);
}

static void take_judged(struct judging *j, struct span body)
{
    struct reader r = reader_span(body);

    while (reader_left(&r)) {
        uint64_t id = reader_le64(&r);
        struct span json = reader_take(&r, reader_le32(&r));
        if (!reader_ok(&r))
            return; /* what lacks its answer is overdue soon */
        take_decision(j, id, json);
    }
}

static void take_wants(struct judging *j, struct span body)
{
    struct reader r = reader_span(body);
    uint64_t wants = reader_le64(&r);
    uint8_t order = reader_u8(&r), safe = reader_u8(&r);

    if (!reader_ok(&r))
        return;
    j->wants = wants;
    j->order_matters = (order & 1) || wants & ~(1ull << EVENT_FILEINFO);
    if (safe < ACTION_COUNT) /* otherwise what is configured */
        j->safe = (enum action)safe;
    j->knows = true;
}

static void on_message(void *arg, const struct msg *m)
{
    struct judging *j = arg;
    struct reader r = reader_span(m->body);

    if (m->type == MSG_DECISION) {
        uint64_t id = reader_le64(&r);
        take_decision(j, id, reader_rest(&r));
    } else if (m->type == MSG_JUDGED) {
        take_judged(j, m->body);
    } else if (m->type == MSG_WANTS) {
        take_wants(j, m->body);
    }
    if (m->fd >= 0)
        close(m->fd);
    pump(j);
}

static void on_closed(void *arg, int rc)
{
    struct judging *j = arg;

    j->chan = NULL;
    j->absent_ms = clock_mono_ms();
    writer_clear(&j->batch);
    if (rc == ST_MALFORMED)
        core_distrust(j->core, ROLE_POLICY);
    for (struct kase *k = j->first, *next; k && k != j->next; k = next) {
        bool alone = k->doc != NULL;
        next = k->row_after;
        if (!k->asked_ms)
            continue;
        count_asked(j, k, -1);
        k->asked_ms = 0;
        /* of a batch the first one is the likeliest, and the others go again with it at most as often */
        if (++k->deaths >= (alone ? 2u : 3u))
            fault(j, k, "the policy process died twice while it had this document",
                  "tiến trình chính sách đã chết hai lần khi xét tài liệu này");
    }
    j->next = j->first;
}

void judging_peer(struct judging *j, int fd)
{
    if (j->chan) {
        proc_chan_remove(j->chan);
        on_closed(j, ST_CLOSED);
    }
    j->chan = proc_chan_add(&j->core->proc, fd, ROLE_POLICY, on_message, on_closed, j);
    j->progress_ms = clock_mono_ms();
    pump(j);
}

void judging_expect(struct judging *j, struct kase *k)
{
    if (j->core->policy && in_order(j))
        append(j, k);
}

void judging_take(struct judging *j, struct kase *k)
{
    if (!j->core->policy) {
        acting_take(j->core->acting, k);
        return;
    }
    k->ready = true;
    if (!k->in_row)
        append(j, k);
}

void judging_round(struct judging *j)
{
    pump(j);
}

void judging_tick(struct judging *j, uint64_t now_ms)
{
    uint64_t patience = ANSWER_SPARE_MS + WINDOW * j->core->proc.conf.policy_timeout;
    bool absent = !j->chan && now_ms > j->absent_ms + ABSENT_MS;

    for (struct kase *k = j->first, *next; k; k = next) {
        uint64_t since = k->asked_ms > j->progress_ms ? k->asked_ms : j->progress_ms;
        next = k->row_after;
        if (k->asked_ms && now_ms > since + patience)
            fault(j, k, "the policy did not answer in time", "chính sách không trả lời kịp thời");
        else if (absent && k->ready)
            fault(j, k, "the policy process is not there", "tiến trình chính sách không hoạt động");
        else if (!k->asked_ms && !absent)
            break; /* what stands behind was asked later, or not at all */
    }
    pump(j);
}
