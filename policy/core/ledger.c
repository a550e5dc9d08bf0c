/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/core/ledger.h"
#include "base/json.h"
#include "policy/core/output.h"

#define LEDGER_ARENA (4u << 20)
#define LEDGER_DEPTH 12

/* One category while it is put together. */
struct account {
    uint64_t in, out, lost;
    const struct json *sensor;
};

static uint64_t number(const struct json *j, const char *key)
{
    int64_t v = json_i64(json_get(j, key), 0);
    return v > 0 ? (uint64_t)v : 0;
}

static uint64_t over(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

static void loss(struct jw *j, struct account *a, const char *reason, uint64_t n)
{
    if (!n)
        return;
    jw_ku64(j, reason, n);
    a->lost += n;
}

static void losses_of_sensor(struct jw *j, struct account *a)
{
    const struct json *lost = json_get(a->sensor, "lost");

    if (!lost || lost->type != JSON_OBJECT)
        return;
    json_each(l, lost)
    {
        if (!l->integer || l->i <= 0)
            continue;
        jw_key_span(j, l->key);
        jw_u64(j, (uint64_t)l->i);
        a->lost += (uint64_t)l->i;
    }
}

/* in comes last: it is known only when all losses are, so lost is written to a buffer of its own. */
static void category(struct jw *j, const char *name, const struct json *sensor, const struct ledger_own *own,
                     void (*fill)(struct jw *, struct account *, const struct ledger_own *))
{
    struct account a = {.sensor = sensor};
    struct writer lost;
    struct jw lj;

    writer_init(&lost, 65536);
    jw_init(&lj, &lost);
    jw_obj(&lj);
    losses_of_sensor(&lj, &a);
    a.in = number(sensor, "in");
    a.out = number(sensor, "out");
    if (fill)
        fill(&lj, &a, own);
    loss(&lj, &a, "unexplained", over(a.in, a.out + a.lost));
    if (a.out + a.lost > a.in)
        a.in = a.out + a.lost;
    jw_end_obj(&lj);
    jw_kobj(j, name);
    jw_ku64(j, "in", a.in);
    jw_ku64(j, "out", a.out);
    jw_kraw(j, "lost", writer_span(&lost));
    json_each(m, sensor) /* what the sensor adds to its accounts stays */
        if (!span_eq(m->key, span_str("in")) && !span_eq(m->key, span_str("out")) &&
            !span_eq(m->key, span_str("lost")))
    {
        jw_key_span(j, m->key);
        jw_raw(j, m->raw);
    }
    jw_end_obj(j);
    writer_done(&lost);
}

static void fill_documents(struct jw *j, struct account *a, const struct ledger_own *own)
{
    uint64_t malformed = own->malformed_documents < a->out ? own->malformed_documents : a->out, n;

    a->out -= malformed;
    n = own->scan_queue < a->out ? own->scan_queue : a->out;
    a->out -= n;
    loss(j, a, "scan_queue", n);
    loss(j, a, "malformed", malformed);
}

static void fill_events(struct jw *j, struct account *a, const struct ledger_own *own)
{
    static const char *const shed[SHED_CLASSES] = {"journal_connections", "journal_logs",
                                                   "journal_documents"};
    uint64_t sent = a->out, dropped = own->journal_full + own->not_wanted + own->malformed;
    uint64_t open;

    for (size_t i = 0; i < SHED_CLASSES; i++)
        dropped += own->shed[i];
    open = over(own->received + own->added, own->written + dropped);

    /* Without the sensor's own account, what arrived is all that is known of it. */
    if (!a->sensor)
        a->in = sent = own->received;
    a->in = over(a->in + own->added + over(own->received, sent), open);
    a->out = own->written;
    loss(j, a, "sensor_link", over(sent, own->received));
    loss(j, a, "journal_full", own->journal_full);
    for (size_t i = 0; i < SHED_CLASSES; i++)
        loss(j, a, shed[i], own->shed[i]);
    loss(j, a, "not_wanted", own->not_wanted);
    loss(j, a, "malformed", own->malformed);
}

static void put_pcaps(struct jw *j, const struct ledger_own *own)
{
    jw_kobj(j, "pcaps");
    jw_ku64(j, "asked", own->pcaps_asked);
    jw_ku64(j, "kept", own->pcaps_kept);
    jw_ku64(j, "lost", own->pcaps_lost);
    jw_ku64(j, "refused", own->pcaps_refused);
    jw_end_obj(j);
}

int ledger_event(struct writer *out, struct span sensor, const struct ledger_own *own, struct span timestamp)
{
    static const char *const plain[] = {"packets", "segments", "flows"};
    struct arena *a = arena_new(LEDGER_ARENA);
    const struct json *recorder, *lists;
    struct json *s = NULL;
    struct jw j;
    int rc = a ? 0 : ST_NOMEM;

    if (!rc && sensor.n)
        rc = json_parse(a, sensor, LEDGER_DEPTH, &s, NULL);
    jw_init(&j, out);
    jw_obj(&j);
    jw_kstr(&j, "timestamp", timestamp);
    jw_kcstr(&j, "event_type", "stats");
    jw_kobj(&j, "stats");
    jw_kobj(&j, "decoder");
    jw_ku64(&j, "pkts", number(json_get(s, "packets"), "in"));
    jw_end_obj(&j);
    jw_end_obj(&j);
    jw_kobj(&j, "gatehouse");
    jw_kobj(&j, "ledger");
    for (size_t i = 0; i < GH_COUNT(plain); i++)
        category(&j, plain[i], json_get(s, plain[i]), own, NULL);
    category(&j, "documents", json_get(s, "documents"), own, fill_documents);
    category(&j, "events", json_get(s, "events"), own, fill_events);
    jw_end_obj(&j);
    recorder = json_get(s, "recorder");
    if (recorder && recorder->type == JSON_OBJECT)
        jw_kraw(&j, "recorder", recorder->raw);
    if (own->pcaps_asked + own->pcaps_refused > 0)
        put_pcaps(&j, own);
    lists = json_get(s, "lists");
    if (lists && lists->type == JSON_ARRAY)
        jw_kraw(&j, "lists", lists->raw);
    if (own->output)
        output_facts(own->output, &j);
    jw_kobj(&j, "versions");
    jw_kcstr(&j, "gatehouse", GH_VERSION);
    jw_kcstr(&j, "policy", *own->policy ? own->policy : NULL);
    jw_end_obj(&j);
    jw_end_obj(&j);
    jw_end_obj(&j);
    arena_free(a);
    return rc;
}
