/* SPDX-License-Identifier: GPL-3.0-or-later
 * emit: where finished events leave the core. */
#include "base/clock.h"
#include "base/envelope.h"
#include "base/json.h"
#include "base/log.h"
#include "base/map.h"
#include "policy/core/cases.h"
#include "base/journal.h"
#include "policy/core/outdir.h"
#include "policy/core/pcaps.h"
#include "policy/core/splice.h"

#include <stdio.h>

bool emit_alerted(struct core *c, uint64_t flow_id)
{
    return flow_id && map_find(c->alerted, &flow_id, false);
}

/* A flow event whose connection was alerted says so. The result may lie in the scratch buffer. */
static struct span told_alerted(struct core *c, enum event_type type, struct span json)
{
    if (type != EVENT_FLOW || !map_count(c->alerted) || !emit_alerted(c, splice_flow_id(json)))
        return json;
    writer_clear(&c->scratch);
    splice_alerted(&c->scratch, json);
    return writer_span(&c->scratch);
}

void emit_line(void *arg, enum event_type type, struct span json)
{
    struct core *c = arg;

    /* Here, not when it came: the alert may have been decided while the flow event waited in the row. */
    json = told_alerted(c, type, json);
    if (output_put(c->output, type, json))
        c->own.written++;
    else
        c->own.not_wanted++;
    if (output_rc(c->output))
        emit_flush(c);
}

void emit_flush(struct core *c)
{
    const char *where = c->proc.conf.output_eve;
    bool named = *where && strcmp(where, "-") != 0;
    int rc = output_flush(c->output);

    if (rc && (rc != ST_CLOSED || named) && !loop_stopped(c->proc.loop))
        log_error("%s: %s", named ? where : "standard output", status_text(rc));
    if (rc)
        core_end(c, rc == ST_CLOSED && !named ? CORE_UNHEARD : 3);
}

static void remember_alerted(struct core *c, uint64_t flow_id)
{
    const void *oldest = NULL;
    uint64_t id;

    if (!flow_id || map_find(c->alerted, &flow_id, true))
        return;
    if (map_count(c->alerted) == map_capacity(c->alerted) && map_oldest(c->alerted, &oldest)) {
        memcpy(&id, oldest, sizeof(id));
        map_remove(c->alerted, &id);
    }
    (void)map_insert(c->alerted, &flow_id);
}

void emit_plain(struct core *c, uint64_t n, enum event_type type, struct span json)
{
    struct record r = {.run = c->run, .n = n, .type = (uint8_t)type};

    if (c->order) {
        if (order_line(c->order, type, json) != 0)
            core_broken(c, "no memory for waiting events", ST_NOMEM);
        return;
    }
    r.json = told_alerted(c, type, json);
    if (type == EVENT_FLOW && !c->proc.conf.journal_flows) {
        c->own.not_wanted++;
        journal_skip(c->journal, r.run, r.n);
        (void)output_put(c->output, type, r.json);
    } else {
        (void)record_unit(c, &r, 1);
    }
}

bool emit_store(struct core *c, const struct doc *d)
{
    int rc = outdir_store(c->outdir_fd, d->sha256, d->fd, d->size);

    if (rc && !c->rc) { /* the first one is said; the exit code and "stored":false tell the rest */
        log_error("a document cannot be stored: %s", status_text(rc));
        c->rc = 3;
    }
    return rc == 0;
}

/* What was done, written into the verdict. */
static void complete_verdict(struct kase *k)
{
    struct jw j = {.w = &k->verdict.text, .more = 1};

    if (k->verdict.action >= ACTION_QUARANTINE) {
        jw_kbool(&j, "quarantined", k->quarantined);
        if (!k->quarantined)
            jw_kcstr(&j, "quarantine_reason", k->quarantine_reason);
    }
    if (k->verdict.action == ACTION_BLOCK) {
        jw_kbool(&j, "enforced", k->enforced);
        if (*k->enforce_reason)
            jw_kcstr(&j, "enforced_reason", k->enforce_reason);
    }
}

/* An event without a document: as it came, and the verdict when it is more than a log line. */
static void write_event(const struct kase *k, bool alert, struct writer *out)
{
    struct writer members;

    if (!alert && !k->verdict.shadow.n) {
        writer_put(out, writer_span(&k->record));
        return;
    }
    writer_init(&members, CORE_SCRATCH);
    if (alert) {
        writer_str(&members, "\"verdict\":");
        writer_put(&members, writer_span(&k->verdict.text));
        writer_u8(&members, '}');
    }
    if (k->verdict.shadow.n) {
        writer_str(&members, alert ? ",\"shadow\":[" : "\"shadow\":[");
        writer_put(&members, writer_span(&k->verdict.shadow));
        writer_u8(&members, ']');
    }
    splice_fileinfo(out, writer_span(&k->record), false, writer_span(&members));
    writer_done(&members);
}

/* The fileinfo event with document and verdict. */
static void write_fileinfo(const struct kase *k, struct writer *out)
{
    struct writer members;

    writer_init(&members, CORE_SCRATCH);
    writer_str(&members, "\"document\":");
    writer_put(&members, writer_span(&k->document));
    if (k->judged) {
        writer_str(&members, ",\"verdict\":");
        writer_put(&members, writer_span(&k->verdict.text));
        writer_u8(&members, '}');
    }
    writer_u8(&members, '}');
    if (k->verdict.shadow.n) {
        writer_str(&members, ",\"shadow\":[");
        writer_put(&members, writer_span(&k->verdict.shadow));
        writer_u8(&members, ']');
    }
    splice_fileinfo(out, writer_span(&k->record), k->stored, writer_span(&members));
    writer_done(&members);
}

static void write_alert(struct core *c, struct kase *k, struct writer *out)
{
    struct writer document;

    writer_init(&document, CORE_SCRATCH);
    writer_put(&document, writer_span(&k->document));
    if (k->doc)
        writer_u8(&document, '}');
    if (verdict_alert(out, writer_span(&k->record), k->stored, &k->verdict, writer_span(&document)) != 0)
        log_warn("an event is no JSON; its alert tells the document only");
    writer_done(&document);
    pcaps_alert(c->pcaps, k->flow_id, k->n, out);
    remember_alerted(c, k->flow_id);
}

/* The journal's own note that a document was sealed. */
static void write_audit(const struct kase *k, struct writer *out)
{
    char iso[CLOCK_ISO_SIZE];
    struct jw j;

    gh_check(k->doc);
    jw_init(&j, out);
    jw_obj(&j);
    jw_kcstr(&j, "timestamp", clock_iso(clock_wall_us(), iso));
    jw_kcstr(&j, "event_type", "audit");
    jw_kobj(&j, "gatehouse");
    jw_kobj(&j, "audit");
    jw_kcstr(&j, "what", "evidence_sealed");
    jw_khex(&j, "sha256", k->doc->sha256, sizeof(k->doc->sha256));
    jw_ku64(&j, "size", k->doc->size);
    jw_kstr(&j, "file", doc_name(k->doc));
    jw_end_obj(&j);
    jw_end_obj(&j);
    jw_end_obj(&j);
}

static void hand_out(struct core *c, struct kase *k, struct record *r, size_t n)
{
    struct ledger_own own = c->own;

    if (!k->place) {
        if (n == 1 && k->type == EVENT_FLOW && !c->proc.conf.journal_flows) {
            c->own.not_wanted += k->life == c->life;
            journal_skip(c->journal, k->run, k->n);
            return;
        }
        r[0].json = told_alerted(c, k->type, r[0].json);
        (void)record_unit(c, r, n);
        if (k->life != c->life) /* counted when the sensor repeated it */
            c->own = own;
        return;
    }
    for (size_t i = 0; i < n; i++)
        if (order_fill(k->place, (enum event_type)r[i].type, r[i].json) != 0)
            core_broken(c, "no memory for waiting events", ST_NOMEM);
    order_release(c->order, k->place);
}

void emit_case(struct core *c, struct kase *k)
{
    struct writer text[3];
    struct record r[3];
    size_t n = 0;
    bool alert = k->judged && (k->verdict.action >= ACTION_ALERT || k->verdict.fault);

    for (size_t i = 0; i < GH_COUNT(text); i++)
        writer_init(&text[i], CORE_SCRATCH);
    if (k->judged)
        complete_verdict(k);
    if (k->doc)
        write_fileinfo(k, &text[n]);
    else
        write_event(k, alert, &text[n]);
    r[n++].type = (uint8_t)k->type;
    if (alert) {
        write_alert(c, k, &text[n]);
        r[n++].type = EVENT_ALERT;
    }
    if (k->quarantined) {
        write_audit(k, &text[n]);
        r[n++].type = EVENT_AUDIT;
    }
    for (size_t i = 0; i < n; i++)
        r[i] = (struct record){
            .run = k->run, .n = k->n, .k = (uint32_t)i, .type = r[i].type, .json = writer_span(&text[i])};
    if (k->judged && k->verdict.action == ACTION_BLOCK)
        c->blocked = true;
    if (k->life == c->life)
        c->own.added += n - 1;
    hand_out(c, k, r, n);
    for (size_t i = 0; i < GH_COUNT(text); i++)
        writer_done(&text[i]);
    case_free(c, k);
    if (c->sensor_final || c->sensor_gone)
        emit_finish(c);
}

/* Inspect: the last line. */
static void finish_lines(struct core *c, struct span stats)
{
    (void)output_put(c->output, EVENT_STATS, stats);
    c->finished = true;
    core_end(c, c->sensor_final && !c->stopping ? c->blocked : 3);
    emit_flush(c);
}

/* Run: the run's accounts as its event number 0, once. */
static void finish_run(struct core *c, struct span stats)
{
    struct record r = {.run = c->run, .n = 0, .type = EVENT_STATS, .json = stats};
    int rc = 0;

    if (!journal_known(c->journal, c->run, 0)) {
        rc = journal_add(c->journal, &r, 1);
        if (!rc) {
            journal_claim(c->journal, c->run, 0);
            (void)output_put(c->output, EVENT_STATS, stats);
        }
    }
    if (rc || journal_flush(c->journal) != 0)
        return; /* tried again at the next tick */
    c->finished = true;
    (void)output_flush(c->output); /* so that the note below counts the last lines, too */
    log_info("the run is recorded: %llu events, batch %llu", (unsigned long long)c->own.written,
             (unsigned long long)journal_last(c->journal));
    record_note(c);
}

void emit_finish(struct core *c)
{
    char iso[CLOCK_ISO_SIZE];
    struct span when = *c->timestamp ? span_str(c->timestamp) : span_str(clock_iso(clock_wall_us(), iso));

    if (c->finished || c->open_cases || c->open_events ||
        (c->to_stdout ? pcaps_open(c->pcaps) > 0 : !c->sensor_final))
        return;
    writer_clear(&c->scratch);
    if (ledger_event(&c->scratch, writer_span(&c->final), &c->own, when) != 0)
        core_broken(c, "gh-sensor's ledger is no JSON", ST_MALFORMED);
    if (c->to_stdout)
        finish_lines(c, writer_span(&c->scratch));
    else
        finish_run(c, writer_span(&c->scratch));
}
