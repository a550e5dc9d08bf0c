/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/intake_rows.h"
#include "base/digest.h"
#include "base/event.h"
#include "console/events/find.h"
#include "console/store/evidence.h"
#include "console/store/facts.h"
#include "console/store/goods.h"
#include "console/store/pcaps.h"
#include "console/store/regions.h"
#include "console/store/rollup.h"
#include "console/store/search_text.h"
#include "console/store/sight.h"

/* A record is at most some MB of JSON; its tree takes a multiple of that. One arena for each record. */
#define RECORD_ARENA (256u << 20)
#define HOUR_US 3600000000ll
#define NOTE_DEPTH 8

void digest_identity(const uint8_t *id, char out[static 2 * SEAL_ID + 1])
{
    out[0] = 0;
    if (id)
        digest_hex(id, SEAL_ID, out);
}

int intake_rows_begin(struct db *d, struct intake_sums *s)
{
    struct db_stmt *q;
    int rc;

    s->rollup = rollup_new(s->appliance);
    if (!s->rollup)
        return ST_NOMEM;
    rc = db_query(d, &q, "SELECT max(seq) FROM alert", "");

    if (rc || (rc = db_step(q)) != 1)
        return rc ? rc : ST_IO;
    s->first_seq = s->next_seq = db_i64(q, 0) + 1;
    db_reset(q);
    if (far_of(d)) /* rows go: the database alone would give their numbers again */
        s->next_event = events_newest(d) + 1;
    return sla_load(d, &s->sla);
}

static int write_hours(struct db *d, struct intake_sums *s)
{
    int rc = 0;

    for (size_t i = 0; i < s->hours && !rc; i++) {
        rc = db_exec(d,
                     "INSERT INTO hour_sum(hour, appliance, alerts, events, documents, unread) VALUES(?1, ?2, "
                     "?3, ?4, ?5, ?6) ON CONFLICT(hour, appliance) DO UPDATE SET alerts = alerts + ?3, events = "
                     "events + ?4, documents = documents + ?5, unread = unread + ?6",
                     "iiiiii", s->hour[i].hour, s->appliance, s->hour[i].alerts, s->hour[i].events,
                     s->hour[i].documents, s->hour[i].unread);
        for (int l = 0; l < LEVEL_COUNT && !rc; l++)
            if (s->hour[i].level[l])
                rc = db_exec(d,
                             "INSERT INTO hour_level(hour, appliance, level, n) VALUES(?1, ?2, ?3, ?4) ON "
                             "CONFLICT(hour, appliance, level) DO UPDATE SET n = n + ?4",
                             "iiii", s->hour[i].hour, s->appliance, (int64_t)l, s->hour[i].level[l]);
    }
    s->hours = 0;
    return rc;
}

/* Sums go by the hour in which the appliance signed the batch: for a replayed capture that is now, for a post
 * behind a thin link it is when it happened. */
static int count_hour(struct db *d, struct intake_sums *s, const struct facts *f, int64_t signed_us)
{
    int64_t hour = signed_us / HOUR_US * 3600;
    size_t i = 0;

    while (i < s->hours && s->hour[i].hour != hour)
        i++;
    if (i == SUM_HOURS) {
        int rc = write_hours(d, s);
        if (rc)
            return rc;
        i = 0;
    }
    if (i == s->hours) {
        memset(&s->hour[i], 0, sizeof(s->hour[i]));
        s->hour[i].hour = hour;
        s->hours++;
    }
    s->hour[i].events++;
    s->hour[i].alerts += f->type == EVENT_ALERT;
    if (f->type == EVENT_FILEINFO) {
        s->hour[i].documents++;
        if (f->level >= 0)
            s->hour[i].level[f->level]++;
        s->hour[i].unread += f->unread;
        s->unread += f->unread;
    }
    return 0;
}

static int add_document(struct db *d, const struct facts *f)
{
    int64_t alert = f->type == EVENT_ALERT, transfer = f->type == EVENT_FILEINFO;

    if (!f->has_sha256 || (!alert && !transfer))
        return 0;
    return db_exec(
        d,
        "INSERT INTO document(sha256, first, last, transfers, alerts, level) VALUES(?1, ?2, ?2, ?3, ?4, ?5) "
        "ON CONFLICT(sha256) DO UPDATE SET first = min(first, ?2), last = max(last, ?2), "
        "transfers = transfers + ?3, alerts = alerts + ?4, level = max(level, ?5)",
        "biiii", span_of(f->sha256, sizeof(f->sha256)), f->time, transfer, alert,
        (int64_t)(f->level > 0 ? f->level : 0));
}

static int add_alert(struct db *d, struct intake_sums *s, const struct facts *f, int64_t event)
{
    int64_t take_by, close_by;

    s->alerts++;
    sla_times(&s->sla, f->severity, f->level, s->now, &take_by, &close_by);
    return db_exec(
        d,
        "INSERT INTO alert(seq, event, appliance, time, received, state, severity, level, rule, flow, "
        "sha256, "
        "facts, search, capture_file, host, take_by, close_by) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, nullif(?9, ''), "
        "iif(?14 & 1, ?10, NULL), iif(?14 & 2, ?11, NULL), ?12, ?13, nullif(?15, ''), nullif(?16, ''), ?17, ?18)",
        "iiiiiiiitibttittii", s->next_seq++, event, s->appliance, f->time, s->now, (int64_t)ALERT_NEW,
        (int64_t)f->severity, (int64_t)f->level, f->rule, f->flow, span_of(f->sha256, sizeof(f->sha256)),
        f->row, f->search, (int64_t)(f->has_flow | f->has_sha256 << 1), f->capture_file,
        f->host, take_by, close_by);
}

static int add_stats(struct db *d, const struct intake_sums *s, const struct facts *f)
{
    int rc = 0;

    if (f->ledger.n)
        rc = db_exec(d, "UPDATE appliance SET ledger = ?, ledger_time = ?, lost = ? WHERE id = ?", "tiii",
                     f->ledger, f->time, (int64_t)f->lost, s->appliance);
    if (!rc && f->versions.n)
        rc = db_exec(d, "UPDATE appliance SET versions = ? WHERE id = ?", "ti", f->versions, s->appliance);
    return rc;
}

/* A record that ClickHouse has is known, as one that is still here. */
static int add_far(struct db *d, const struct intake_sums *s, const struct record *r, const struct facts *f)
{
    return db_exec(
        d,
        "INSERT INTO event(appliance, run, n, k, type, time, flow, community, sha256, level, json, id) "
        "SELECT ?1, ?2, ?3, ?4, ?5, ?6, iif(?12 & 1, ?7, NULL), nullif(?8, ''), iif(?12 & 2, ?9, NULL), "
        "iif(?12 & 4, ?10, NULL), ?11, ?13 WHERE NOT EXISTS(SELECT 1 FROM (SELECT last FROM event_shipped WHERE appliance = ?1 AND run = ?2 "
        "AND k = ?4 AND first <= ?3 ORDER BY first DESC LIMIT 1) x WHERE last >= ?3) ON CONFLICT DO NOTHING",
        "iiiiiiitbitii", s->appliance, (int64_t)r->run, (int64_t)r->n, (int64_t)r->k, (int64_t)f->type,
        f->time, f->flow, f->community, span_of(f->sha256, sizeof(f->sha256)), (int64_t)f->level, f->json,
        (int64_t)(f->has_flow | f->has_sha256 << 1 | (f->level >= 0) << 2), s->next_event);
}

static int add_event(struct db *d, const struct intake_sums *s, const struct record *r, const struct facts *f)
{
    if (s->next_event)
        return add_far(d, s, r, f);
    return db_exec(
        d,
        "INSERT INTO event(appliance, run, n, k, type, time, flow, community, sha256, level, json) "
        "VALUES(?1, ?2, ?3, ?4, ?5, ?6, iif(?12 & 1, ?7, NULL), nullif(?8, ''), iif(?12 & 2, ?9, NULL), "
        "iif(?12 & 4, ?10, NULL), ?11) ON CONFLICT DO NOTHING",
        "iiiiiiitbiti", s->appliance, (int64_t)r->run, (int64_t)r->n, (int64_t)r->k, (int64_t)f->type,
        f->time, f->flow, f->community, span_of(f->sha256, sizeof(f->sha256)), (int64_t)f->level, f->json,
        (int64_t)(f->has_flow | f->has_sha256 << 1 | (f->level >= 0) << 2));
}

/* Also the note that a record was no JSON is filed: under its type and its time. */
static int file_words(struct db *d, struct arena *a, int64_t row, const struct facts *f)
{
    const struct json *event = f->event;
    struct json *note = NULL;
    int rc = 0;

    if (!event) {
        rc = json_parse(a, f->json, NOTE_DEPTH, &note, NULL);
        event = note;
    }
    return rc ? rc : search_text_add(d, row, f->type, f->time, event);
}

/* What an appliance says of itself. */
static int take_told(struct db *d, struct intake_sums *s, const struct facts *f)
{
    int rc = 0;

    if (f->type == EVENT_STATS)
        return add_stats(d, s, f);
    if (f->type != EVENT_AUDIT || !f->event)
        return 0;
    rc = pcap_told(d, s->appliance, f->event, &s->next_seq);
    if (!rc)
        rc = evidence_told(d, s->appliance, f->time, f->event);
    return rc ? rc : goods_told(d, s->appliance, f->event);
}

int intake_row(struct db *d, struct intake_sums *s, const struct record *r, uint64_t batch_us)
{
    struct arena *a = arena_new(RECORD_ARENA);
    struct facts f;
    int64_t event, when = batch_us < (uint64_t)s->now ? (int64_t)batch_us : s->now;
    int rc = a ? facts_of(a, r, (uint64_t)when, &f) : ST_NOMEM;

    if (!rc)
        rc = add_event(d, s, r, &f);
    if (rc || db_changes(d) == 0) {
        s->duplicates += rc == 0;
        arena_free(a);
        return rc;
    }
    event = s->next_event ? s->next_event++ : db_last_id(d);
    s->first_event = s->first_event ? s->first_event : event;
    s->last_event = event;
    s->stored++;
    if (s->region)
        f.capture_file = (struct span){NULL, 0}; /* its packets can be had in the region alone */
    s->malformed += f.malformed;
    rc = count_hour(d, s, &f, when);
    if (!rc)
        rc = rollup_event(d, s->rollup, &f, r->run, when);
    if (!rc)
        rc = file_words(d, a, event, &f);
    if (!rc)
        rc = add_document(d, &f);
    if (!rc && f.has_flow)
        rc = sight_note_level(d, s->appliance, f.flow, f.level);
    if (!rc && f.type == EVENT_ALERT && !f.malformed)
        rc = add_alert(d, s, &f, event);
    if (!rc)
        rc = s->region ? origin_row(d, s->appliance, &f, s->now) : take_told(d, s, &f);
    arena_free(a);
    return rc;
}

int intake_rows_end(struct db *d, struct intake_sums *s)
{
    int rc = write_hours(d, s);

    if (!rc && s->unread)
        rc = counter_add(d, "documents_unread", s->unread);
    return rc ? rc : rollup_write(d, s->rollup);
}

void intake_rows_done(struct intake_sums *s)
{
    rollup_free(s->rollup);
    s->rollup = NULL;
}
