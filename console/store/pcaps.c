/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/pcaps.h"
#include "base/clock.h"
#include "base/event.h"
#include "base/seal.h"
#include "base/text.h"
#include "console/store/alerts.h"
#include "console/store/facts.h"

#include <stdio.h>

#define WHY_MAX 256
#define RECORDING_US                                                                                         \
    600000000ll        /* so long an alert's packets may still be on their way to the appliance's disk */
#define TOLD_ALERTS 50 /* alerts of one file whose change is told */

#define COLUMNS                                                                                              \
    "p.id, p.appliance, p.state, p.bytes, p.sealed, p.have, p.sha256, p.token, p.file, a.name "              \
    "FROM pcap p JOIN appliance a ON a.id = p.appliance "

static void read_row(struct db_stmt *s, struct pcap *ret)
{
    int64_t state = db_i64(s, 2);
    struct span sha256 = db_blob(s, 6), token = db_blob(s, 7);
    struct pcap p = {.id = db_i64(s, 0), .appliance = db_i64(s, 1)};

    p.state = state >= 0 && state < PCAP_STATE_COUNT ? (enum pcap_state)state : PCAP_GONE;
    p.bytes = db_i64(s, 3);
    p.sealed = db_i64(s, 4);
    p.have = db_i64(s, 5);
    if (sha256.n == PCAP_SHA256)
        memcpy(p.sha256, sha256.p, PCAP_SHA256);
    if (token.n == FETCH_TOKEN)
        memcpy(p.token, token.p, FETCH_TOKEN);
    snprintf(p.file, sizeof(p.file), "%s", db_cstr(s, 8));
    snprintf(p.appliance_name, sizeof(p.appliance_name), "%s", db_cstr(s, 9));
    db_reset(s);
    *ret = p;
}

/* The alerts that name the file changed, for all who look at them. next_seq: the next change number, or NULL
 * to find it.
 */
static int touch_alerts(struct db *d, int64_t appliance, struct span file, int64_t *next_seq)
{
    int64_t ids[TOLD_ALERTS], seq;
    struct db_stmt *s;
    size_t n = 0;
    int rc = db_query(
        d, &s, "SELECT id FROM alert WHERE capture_file = ? AND appliance = ? ORDER BY id DESC LIMIT ?",
        "tii", file, appliance, (int64_t)TOLD_ALERTS);

    while (!rc && (rc = db_step(s)) == 1) {
        ids[n++] = db_i64(s, 0);
        rc = 0;
    }
    seq = n && !next_seq ? alert_seq(d) + 1 : 0;
    next_seq = next_seq ? next_seq : &seq;
    for (size_t i = 0; i < n && !rc; i++)
        rc = db_exec(d, "UPDATE alert SET seq = ? WHERE id = ?", "ii", (*next_seq)++, ids[i]);
    return rc;
}

static int64_t count_of(const struct json *j, const char *key)
{
    int64_t v = json_i64(json_get(j, key), 0);
    return v > 0 ? v : 0;
}

static struct span text_of(const struct json *v)
{
    return v && v->type == JSON_STRING ? v->s : (struct span){NULL, 0};
}

/* Nothing is known of it, or something else: what was fetched or is on its way is out of date. */
static int tell_stored(struct db *d, int64_t appliance, struct span file, const struct json *audit)
{
    uint8_t sha256[PCAP_SHA256], token[FETCH_TOKEN];

    if (!facts_hex(text_of(json_get(audit, "sha256")), sha256, sizeof(sha256)) ||
        count_of(audit, "bytes") > EVENT_PCAP_MAX || count_of(audit, "sealed_bytes") > PCAP_SEALED_MAX)
        return 0;                      /* no record of a sound appliance: as if it had told nothing */
    seal_random(token, sizeof(token)); /* parts of the file before must not become parts of this one */
    return db_exec(
        d,
        "INSERT INTO pcap(appliance, file, state, packets, bytes, sealed, complete, whole, sha256, told) "
        "VALUES(?1, ?2, 0, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT(appliance, file) DO UPDATE SET "
        "state = iif(state = 1, 1, 0), packets = ?3, bytes = ?4, sealed = ?5, complete = ?6, whole = ?7, "
        "sha256 = ?8, "
        "told = ?9, have = 0, token = iif(state = 1, ?10, NULL), why = NULL WHERE sha256 IS NOT ?8",
        "itiiiiibib", appliance, file, count_of(audit, "packets"), count_of(audit, "bytes"),
        count_of(audit, "sealed_bytes"), (int64_t)json_bool(json_get(audit, "complete"), false),
        (int64_t)json_bool(json_get(audit, "whole"), false), span_of(sha256, sizeof(sha256)),
        (int64_t)clock_wall_us(), span_of(token, sizeof(token)));
}

static int tell_lost(struct db *d, int64_t appliance, struct span file, const struct json *audit)
{
    struct span why = text_of(json_get(audit, "reason"));

    if (why.n > WHY_MAX)
        why = span_part(why, 0, text_utf8_prefix(span_part(why, 0, WHY_MAX)));
    return db_exec(d,
                   "INSERT INTO pcap(appliance, file, state, why, told) VALUES(?1, ?2, 3, ?3, ?4) "
                   "ON CONFLICT(appliance, file) DO UPDATE SET state = 3, why = ?3, token = NULL",
                   "itti", appliance, file, why, (int64_t)clock_wall_us());
}

int pcap_told(struct db *d, int64_t appliance, const struct json *event, int64_t *next_seq)
{
    const struct json *audit = json_path(event, "gatehouse.audit");
    struct span what = text_of(json_get(audit, "what")), file = text_of(json_get(event, "capture_file"));
    int rc;

    if (!fetch_name_is_good(file))
        return 0;
    if (span_eq(what, span_str("pcap_stored")))
        rc = tell_stored(d, appliance, file, audit);
    else if (span_eq(what, span_str("pcap_lost")))
        rc = tell_lost(d, appliance, file, audit);
    else
        return 0;
    return rc || !db_changes(d) ? rc : touch_alerts(d, appliance, file, next_seq);
}

int pcap_by_id(struct db *d, int64_t id, struct pcap *ret)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT " COLUMNS "WHERE p.id = ?", "i", id);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    read_row(s, ret);
    return 0;
}

int pcap_of_alert(struct db *d, int64_t alert, struct pcap *ret, bool *ret_named)
{
    struct db_stmt *s;
    int64_t id = 0;
    int rc = db_query(
        d, &s,
        "SELECT a.capture_file IS NOT NULL, p.id FROM alert a LEFT JOIN pcap p ON p.appliance = a.appliance "
        "AND p.file = a.capture_file WHERE a.id = ?",
        "i", alert);

    *ret_named = false;
    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    *ret_named = db_i64(s, 0) != 0;
    id = db_i64(s, 1);
    db_reset(s);
    return id ? pcap_by_id(d, id, ret) : ST_NOT_FOUND;
}

static void put_number(struct jw *j, const char *key, struct db_stmt *s, int column)
{
    jw_key(j, key);
    if (db_is_null(s, column))
        jw_null(j);
    else
        jw_i64(j, db_i64(s, column));
}

static void put_truth(struct jw *j, const char *key, struct db_stmt *s, int column)
{
    jw_key(j, key);
    if (db_is_null(s, column))
        jw_null(j);
    else
        jw_bool(j, db_i64(s, column) != 0);
}

/* What nothing was told of is being recorded, or was lost with its appliance. */
static const char *state_name(struct db_stmt *s)
{
    bool fresh = db_i64(s, 2) + RECORDING_US > (int64_t)clock_wall_us();
    int64_t state = db_i64(s, 1);

    if (db_is_null(s, 1))
        return fresh ? "recording" : pcap_state_names[PCAP_GONE];
    return pcap_state_names[state >= 0 && state < PCAP_STATE_COUNT ? state : PCAP_GONE];
}

int pcap_put(struct db *d, int64_t alert, struct jw *j)
{
    struct db_stmt *s;
    int rc = db_query(
        d, &s,
        "SELECT a.capture_file, p.state, a.received, p.packets, p.bytes, p.complete, p.whole, p.sha256, "
        "p.why, p.requested, p.requested_by, p.received, p.have, p.sealed FROM alert a LEFT JOIN pcap p ON "
        "p.appliance = a.appliance AND p.file = a.capture_file WHERE a.id = ?",
        "i", alert);

    jw_key(j, "pcap");
    if (rc || (rc = db_step(s)) != 1 || db_is_null(s, 0)) {
        jw_null(j);
        if (rc == 1)
            db_reset(s);
        return rc < 0 ? rc : 0;
    }
    jw_obj(j);
    jw_kstr(j, "file", db_text(s, 0));
    jw_kcstr(j, "state", state_name(s));
    put_number(j, "packets", s, 3);
    put_number(j, "bytes", s, 4);
    put_truth(j, "complete", s, 5);
    put_truth(j, "whole", s, 6);
    jw_key(j, "sha256");
    if (db_blob(s, 7).n)
        jw_hex(j, db_blob(s, 7).p, db_blob(s, 7).n);
    else
        jw_null(j);
    jw_ktext(j, "why", db_text(s, 8));
    jw_ktime(j, "requested", db_i64(s, 9));
    jw_ktext(j, "requested_by", db_text(s, 10));
    jw_ktime(j, "received", db_i64(s, 11));
    jw_ki64(j, "have", db_i64(s, 12));
    jw_ki64(j, "total", db_i64(s, 13));
    jw_end_obj(j);
    db_reset(s);
    return 0;
}

int pcap_want(struct db *d, const struct pcap *p, const char *user)
{
    uint8_t token[FETCH_TOKEN];
    int rc;

    if (p->state != PCAP_KEPT && p->state != PCAP_REFUSED)
        return 0;
    seal_random(token, sizeof(token));
    rc = db_exec(
        d,
        "UPDATE pcap SET state = 1, token = ?, have = 0, requested = ?, requested_by = ?, received = NULL "
        "WHERE id = ?",
        "bisi", span_of(token, sizeof(token)), (int64_t)clock_wall_us(), user, p->id);
    return rc ? rc : touch_alerts(d, p->appliance, span_str(p->file), NULL);
}

int pcap_wishes(struct db *d, int64_t appliance, struct jw *j)
{
    struct db_stmt *s;
    int rc = db_query(
        d, &s,
        "SELECT id, token, file, have FROM pcap WHERE appliance = ? AND state = 1 ORDER BY requested, id "
        "LIMIT ?",
        "ii", appliance, (int64_t)FETCH_WISHES);
    bool any = false;

    while (!rc && (rc = db_step(s)) == 1) {
        if (!any)
            jw_karr(j, "fetch");
        any = true;
        jw_obj(j);
        jw_ki64(j, "id", db_i64(s, 0));
        jw_khex(j, "token", db_blob(s, 1).p, db_blob(s, 1).n);
        jw_kstr(j, "file", db_text(s, 2));
        jw_ki64(j, "have", db_i64(s, 3));
        jw_end_obj(j);
        rc = 0;
    }
    if (any)
        jw_end_arr(j);
    return rc;
}

int pcap_have(struct db *d, const struct pcap *p, int64_t have)
{
    return db_exec(d, "UPDATE pcap SET have = ? WHERE id = ? AND state = 1", "ii", have, p->id);
}

int pcap_settle(struct db *d, const struct pcap *p, enum pcap_state state, const char *why)
{
    int rc = db_exec(d,
                     "UPDATE pcap SET state = ?1, why = nullif(?2, ''), token = NULL, have = 0, "
                     "received = iif(?1 = 2, ?3, received) WHERE id = ?4",
                     "isii", (int64_t)state, why ? why : "", (int64_t)clock_wall_us(), p->id);
    return rc ? rc : touch_alerts(d, p->appliance, span_str(p->file), NULL);
}

int pcap_oldest(struct db *d, struct pcap *ret, int64_t *ret_bytes)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT sum(sealed) FROM pcap WHERE state = 2", "");

    *ret_bytes = 0;
    if (!rc && (rc = db_step(s)) == 1) {
        *ret_bytes = db_i64(s, 0);
        db_reset(s);
        rc = db_query(d, &s, "SELECT " COLUMNS "WHERE p.state = 2 ORDER BY p.received LIMIT 1", "");
    }
    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    read_row(s, ret);
    return 0;
}
