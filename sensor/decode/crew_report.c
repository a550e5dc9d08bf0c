/* SPDX-License-Identifier: GPL-3.0-or-later
 * Accounts and questions: what is asked of hosts while they work. */
#include "base/log.h"
#include "sensor/capture/recorder.h"
#include "sensor/decode/crew_impl.h"
#include "sensor/decode/lists.h"

struct host_call {
    crew_host_fn *fn;
    void *arg;
};

static bool call_done(struct crew *c, void *arg)
{
    const struct worker *w = arg;

    return !w->call;
}

void crew_call(struct crew *c, void (*fn)(void *arg, struct worker *w), void *arg)
{
    for (unsigned i = 0; i < c->workers.n; i++) {
        struct worker *w = &c->workers.all[i];
        if (!w->running) {
            fn(arg, w);
            continue;
        }
        pthread_mutex_lock(&c->workers.lock);
        w->call = fn;
        w->call_arg = arg;
        crew_wake(w);
        pthread_mutex_unlock(&c->workers.lock);
        crew_wait(c, call_done, w);
    }
}

static void call_host(void *arg, struct worker *w)
{
    const struct host_call *call = arg;

    call->fn(call->arg, w->host);
}

void crew_each(struct crew *c, crew_host_fn *fn, void *arg)
{
    struct host_call call = {fn, arg};

    if (c->host)
        fn(arg, c->host);
    else
        crew_call(c, call_host, &call);
}

void crew_lost(struct crew *c, const char *reason, uint64_t frames)
{
    for (size_t i = 0; i < GH_COUNT(c->lost_before); i++) {
        if (c->lost_before[i].reason && strcmp(c->lost_before[i].reason, reason) != 0)
            continue;
        c->lost_before[i].reason = reason;
        c->lost_before[i].n += frames;
        return;
    }
    gh_check(!"more reasons than there are");
}

static void add_stats(void *arg, struct worker *w)
{
    struct source_stats *sum = arg, s;

    if (!w->source)
        return;
    source_stats(w->source, &s);
    sum->frames += s.frames;
    sum->bytes += s.bytes;
    sum->kernel_received += s.kernel_received;
    sum->kernel_drops += s.kernel_drops;
    sum->interface_drops += s.interface_drops;
}

void crew_source_stats(struct crew *c, struct source_stats *sum)
{
    crew_call(c, add_stats, sum);
}

void crew_lists(struct crew *c, struct lists *l)
{
    lists_unref(c->lists);
    c->lists = lists_ref(l);
    if (c->host)
        host_lists(c->host, l);
    for (unsigned i = 0; i < c->workers.n; i++)
        host_lists(c->workers.all[i].host, l);
}

struct fault {
    struct span reason;
    uint64_t wall_us;
    bool told;
};

static void tell_fault(void *arg, struct proto_host *h)
{
    struct fault *f = arg;

    if (!f->told)
        host_lists_fault(h, f->reason, f->wall_us);
    f->told = true;
}

void crew_lists_fault(struct crew *c, struct span reason, uint64_t wall_us)
{
    struct fault f = {reason, wall_us, false};

    crew_each(c, tell_fault, &f);
}

/* ---- ledger ---- */

static void account(void *arg, struct worker *w)
{
    if (w->front)
        front_account(w->front, arg);
    host_account(w->host, arg);
}

/* Of the events that hosts have said some wait in a chunk: these have not come in yet. */
static void account_sending(const struct crew *c, struct ledger *l, uint64_t said)
{
    const struct outlet *o = &c->outlet;

    ledger_lost(l, LEDGER_EVENTS, "core_slow", o->unsent);
    l->rows[LEDGER_EVENTS].in -= said - o->sent - o->unsent;
    ledger_add(l, LEDGER_EVENTS, 0, o->sent);
    ledger_lost(l, LEDGER_DOCUMENTS, "core_slow", o->documents_unsent);
    l->rows[LEDGER_DOCUMENTS].out -= o->documents_unsent;
}

static void count_events(void *arg, struct proto_host *h)
{
    *(uint64_t *)arg += host_events(h);
}

void crew_ledger(struct crew *c, struct ledger *ret)
{
    uint64_t said = 0;

    ledger_init(ret);
    crew_catch_up(c);
    if (c->front)
        front_account(c->front, ret);
    if (c->host)
        host_account(c->host, ret);
    else
        crew_call(c, account, ret);
    crew_each(c, count_events, &said);
    account_sending(c, ret, said);
    for (size_t i = 0; i < GH_COUNT(c->lost_before); i++)
        if (c->lost_before[i].reason) {
            ledger_lost(ret, LEDGER_PACKETS, c->lost_before[i].reason, c->lost_before[i].n);
            ledger_add(ret, LEDGER_PACKETS, c->lost_before[i].n, 0);
        }
}

static void add_recorder(void *arg, struct proto_host *h)
{
    host_recorder_add(h, arg);
}

/* The flight recorder as one more member of the object that w ends with. */
static void recorder_append(struct crew *c, struct writer *w)
{
    struct recorder_counts r = {0};
    struct jw j = {.w = w, .more = 1};

    crew_each(c, add_recorder, &r);
    if (!r.kept && !r.asked && !c->pcaps_unknown)
        return;
    w->n--; /* the closing brace */
    jw_kobj(&j, "recorder");
    jw_ku64(&j, "kept", r.kept);
    jw_ku64(&j, "bytes", r.bytes);
    jw_ku64(&j, "overwritten", r.overwritten);
    jw_ku64(&j, "of_large_flows", r.large);
    jw_ku64(&j, "cut", r.cut);
    jw_ku64(&j, "asked", r.asked + c->pcaps_unknown);
    jw_ku64(&j, "gone", r.gone + c->pcaps_unknown);
    jw_ku64(&j, "busy", r.busy);
    jw_ku64(&j, "stopped", r.stopped);
    jw_ku64(&j, "recording", r.recording);
    jw_end_obj(&j);
    writer_u8(w, '}');
}

void crew_ledger_send(struct crew *c, bool final)
{
    struct ledger l;
    uint8_t bytes[16384];
    struct writer w;
    struct jw j;

    crew_flush(c);
    crew_ledger(c, &l);
    crew_flush(c);
    if (!ledger_close(&l))
        log_error(
            "the ledger does not add up: this is a fault of ours, see \"unaccounted\" in the stats event");
    writer_fixed(&w, bytes, sizeof(bytes));
    writer_le(&w, c->run, 8);
    writer_u8(&w, final);
    jw_init(&j, &w);
    ledger_write(&l, &j);
    lists_append(c->lists, LISTS_MAX, &w);
    recorder_append(c, &w);
    gh_check(writer_ok(&w));
    if (c->outlet.out.send(c->outlet.out.arg, MSG_LEDGER, writer_span(&w), -1) != 0 && final)
        log_error("the final ledger could not be sent");
}

/* ---- facts ---- */

struct sum {
    struct host_facts hosts;
    uint64_t frames;
};

static void sum_up(void *arg, struct worker *w)
{
    struct sum *s = arg;

    host_facts_add(w->host, &s->hosts);
    if (w->front) {
        s->frames += front_frames(w->front);
        s->hosts.memory += front_memory(w->front);
    }
}

void crew_facts(struct crew *c, size_t core_queue, struct writer *w)
{
    struct sum s = {0};
    uint64_t before = 0;
    struct jw j;

    if (c->front) {
        s.frames = front_frames(c->front);
        s.hosts.memory = front_memory(c->front);
    }
    if (c->host)
        host_facts_add(c->host, &s.hosts);
    else
        crew_call(c, sum_up, &s);
    jw_init(&j, w);
    jw_obj(&j);
    jw_ku64(&j, "packets", s.frames);
    for (size_t i = 0; i < GH_COUNT(c->lost_before); i++) {
        before += c->lost_before[i].n;
        if (c->lost_before[i].reason)
            jw_ku64(&j, c->lost_before[i].reason, c->lost_before[i].n);
    }
    jw_ku64(&j, "packets_lost", before);
    jw_ku64(&j, "threads", c->workers.n ? c->workers.n : 1);
    jw_ku64(&j, "flows", s.hosts.flows);
    jw_ku64(&j, "flows_pushed_out", s.hosts.flows_pushed_out);
    jw_ku64(&j, "memory", s.hosts.memory);
    jw_ku64(&j, "memory_max", s.hosts.memory_max);
    jw_ku64(&j, "documents_open", s.hosts.documents_open);
    jw_ku64(&j, "events", crew_events(c));
    jw_ku64(&j, "events_lost", c->outlet.unsent + s.hosts.events_lost);
    jw_ku64(&j, "core_queue", core_queue);
    jw_end_obj(&j);
    recorder_append(c, w);
}

uint64_t crew_events(const struct crew *c)
{
    return c->outlet.n;
}

/* ---- flows ---- */

struct question {
    uint64_t id;
    struct event_target target;
    bool found;
};

static void ask(void *arg, struct proto_host *h)
{
    struct question *q = arg;

    q->found = q->found || host_target(h, q->id, &q->target);
}

void crew_query(struct crew *c, struct span body)
{
    struct reader r = reader_span(body);
    struct question q = {.id = reader_le64(&r)};
    uint64_t request = reader_le64(&r);
    uint8_t bytes[256];
    struct writer w;

    if (!reader_ok(&r) || reader_left(&r))
        return;
    crew_each(c, ask, &q);
    writer_fixed(&w, bytes, sizeof(bytes));
    writer_le(&w, request, 8);
    writer_u8(&w, q.found);
    event_target_put(&w, &q.target);
    gh_check(writer_ok(&w));
    (void)c->outlet.out.send(c->outlet.out.arg, MSG_FLOW_STATE, writer_span(&w),
                             -1); /* unanswered: the core asks for no reset */
}

struct pcap_question {
    uint64_t id, request;
    bool known;
};

static void ask_pcap(void *arg, struct proto_host *h)
{
    struct pcap_question *q = arg;

    q->known = q->known || host_pcap(h, q->id, q->request);
    host_flush(h);
}

bool crew_pcap(struct crew *c, struct span body)
{
    struct reader r = reader_span(body);
    struct pcap_question q = {.id = reader_le64(&r), .request = reader_le64(&r)};
    struct event_pcap gone = {.request = q.request, .state = EVENT_PCAP_GONE};
    uint8_t bytes[32];
    struct writer w;

    if (!reader_ok(&r) || reader_left(&r))
        return true;
    if (!q.id && !q.request)
        return false;
    crew_each(c, ask_pcap, &q);
    crew_merge(c);
    if (q.known)
        return true;
    c->pcaps_unknown++;
    writer_fixed(&w, bytes, sizeof(bytes));
    event_pcap_put(&w, &gone);
    gh_check(writer_ok(&w));
    (void)c->outlet.out.send(c->outlet.out.arg, MSG_PCAP, writer_span(&w), -1);
    return true;
}
