/* SPDX-License-Identifier: GPL-3.0-or-later
 * One alert with everything around it: what the appliance reported, the connection's later facts, the
 * history, and where else the same document was seen. */
#include "base/event.h"
#include "base/seal.h"
#include "console/events/find.h"
#include "console/store/alerts.h"
#include "console/store/appliances.h"
#include "console/store/facts.h"
#include "console/store/pcaps.h"
#include "console/store/schema.h"
#include "console/store/unlock.h"

#include <stdio.h>
#include <stdlib.h>

#define RELATED_MAX 20
#define FLOW_EVENTS_MAX 50
#define SIGHTINGS_PART 1000
#define RELATED_MS 3000 /* of a server with events */
#define JSON_DEPTH 64

static const char *const protocols[] = {"http", "smtp", "email", "ftp", "ftp_data", "smb", "nfs", "tftp",
                                        "imap", "pop3", "tls",   "dns", "ssh",      "rdp", "krb5"};
static const char *const connection_members[] = {"community_id", "proto",    "app_proto",
                                                 "direction",    "in_iface", "vlan"};

/* What the alert row names, copied before other statements run. */
struct subject {
    int64_t id, event, appliance, flow;
    bool has_flow, has_sha256, clear;
    uint8_t sha256[32];
};

static int find_subject(struct db *d, const struct sight *who, int64_t id, struct subject *ret)
{
    char sql[2 * SIGHT_SQL + 128], scope[SIGHT_SQL], clear[SIGHT_SQL];
    struct db_stmt *s;
    int rc;

    snprintf(sql, sizeof(sql), "SELECT event, appliance, flow, sha256, %s FROM alert a WHERE id = ? AND %s",
             sight_clear_sql(who, "a", clear), sight_scope_sql(who, "a.appliance", scope));
    rc = db_query(d, &s, sql, "i", id);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    *ret = (struct subject){.id = id, .event = db_i64(s, 0), .appliance = db_i64(s, 1), .flow = db_i64(s, 2)};
    ret->has_flow = !db_is_null(s, 2);
    ret->clear = db_i64(s, 4) != 0;
    ret->has_sha256 = db_blob(s, 3).n == sizeof(ret->sha256);
    if (ret->has_sha256)
        memcpy(ret->sha256, db_blob(s, 3).p, sizeof(ret->sha256));
    db_reset(s);
    return 0;
}

/* The newest that is asked for, copied into the arena and parsed; *ret stays NULL when it is gone or no JSON.
 */
static int load(struct db *d, struct arena *a, const struct event_ask *q, struct span *ret_text,
                struct json **ret)
{
    struct event_row row;
    size_t n = 0;
    int rc = events_find(d, q, 1, &row, &n, NULL, NULL);

    if (rc || !n)
        return rc;
    rc = event_one(d, a, NULL, row.id, &row, ret_text, NULL);
    if (!rc)
        rc = json_parse(a, *ret_text, JSON_DEPTH, ret, NULL);
    return rc == ST_NOMEM || rc == ST_CLOSED || rc == ST_TIMEOUT ? rc : 0;
}

/* The alert's own record lies in the database, wherever the others are. */
static int load_own(struct db *d, struct arena *a, int64_t id, struct span *ret_text, struct json **ret)
{
    struct event_row row;
    int rc = event_one(d, a, NULL, id, &row, ret_text, NULL);

    if (!rc)
        rc = json_parse(a, *ret_text, JSON_DEPTH, ret, NULL);
    return rc == ST_NOMEM ? rc : 0;
}

static void same_flow(struct event_ask *q, const struct subject *u, enum event_order order)
{
    event_ask_init(q, &sight_everything); /* the alert was in scope: so is its appliance */
    q->by_flow = true;
    q->flow = u->flow;
    q->appliance = u->appliance;
    q->order = order;
    q->ms = RELATED_MS;
}

static void put_or_null(struct jw *j, const char *key, const struct json *v)
{
    jw_kraw(j, key, v ? v->raw : span_str("null"));
}

static void put_connection(struct jw *j, const struct subject *u, const struct json *event,
                           const struct json *flow)
{
    char number[32];

    jw_kobj(j, "connection");
    jw_key(j, "flow_id");
    snprintf(number, sizeof(number), "%lld", (long long)u->flow);
    jw_cstr(j, u->has_flow ? number : NULL);
    for (size_t i = u->clear ? 0 : 1; i < GH_COUNT(connection_members); i++) {
        const struct json *v = json_get(event, connection_members[i]);
        put_or_null(j, connection_members[i], v ? v : json_get(flow, connection_members[i]));
    }
    /* the flow event that came at the connection's end knows more than the alert did */
    put_or_null(j, "flow", !u->clear ? NULL : flow ? json_get(flow, "flow") : json_get(event, "flow"));
    put_or_null(j, "ndpi",
                !u->clear                ? NULL
                : json_get(flow, "ndpi") ? json_get(flow, "ndpi")
                                         : json_get(event, "ndpi"));
    jw_end_obj(j);
}

/* Beyond the clearance: that, when, where and how, in the same members. */
static int put_remains(struct jw *j, struct arena *a, const struct subject *u, struct span text,
                       const struct json *event, const struct json *flow)
{
    jw_key(j, "document");
    sight_put_document(json_path(event, "gatehouse.document"), json_get(event, "fileinfo"), j);
    jw_key(j, "verdict");
    sight_put_verdict(json_path(event, "gatehouse.verdict"), j);
    put_or_null(j, "fileinfo", NULL);
    jw_kobj(j, "protocol");
    jw_end_obj(j);
    put_connection(j, u, event, flow);
    jw_key(j, "event");
    return sight_put_event(a, event ? text : span_str("{}"), j);
}

static void put_event(struct jw *j, const struct subject *u, struct span text, const struct json *event,
                      const struct json *flow)
{
    put_or_null(j, "document", json_path(event, "gatehouse.document"));
    put_or_null(j, "verdict", json_path(event, "gatehouse.verdict"));
    put_or_null(j, "fileinfo", json_get(event, "fileinfo"));
    jw_kobj(j, "protocol");
    for (size_t i = 0; i < GH_COUNT(protocols); i++) {
        const struct json *v = json_get(event, protocols[i]);
        if (!v) /* the standard vocabulary has no such object: IMAP */
            v = json_get(json_get(event, "gatehouse"), protocols[i]);
        if (v)
            jw_kraw(j, protocols[i], v->raw);
    }
    jw_end_obj(j);
    put_connection(j, u, event, flow);
    jw_kraw(j, "event", event ? text : span_str("{}"));
}

static int put_same_document(struct db *d, const struct sight *who, const struct subject *u, struct jw *j)
{
    const struct span hash = span_of(u->sha256, sizeof(u->sha256));
    char sql[SIGHT_SQL + 256], scope[SIGHT_SQL];
    struct db_stmt *s;
    int rc = 0;

    snprintf(sql, sizeof(sql),
             "SELECT a.id, a.time, a.state, a.reason, a.facts, p.identity, p.name FROM alert a "
             "CROSS JOIN appliance p ON p.id = a.appliance WHERE a.sha256 = ? AND a.id <> ? AND %s "
             "ORDER BY a.id DESC LIMIT ?",
             sight_scope_sql(who, "a.appliance", scope));
    jw_karr(j, "same_document");
    if (u->has_sha256 && u->clear)
        rc = db_query(d, &s, sql, "bii", hash, u->id, (int64_t)RELATED_MAX);
    while (u->has_sha256 && u->clear && !rc && (rc = db_step(s)) == 1) {
        int64_t state = db_i64(s, 2), reason = db_i64(s, 3);
        jw_obj(j);
        jw_ki64(j, "id", db_i64(s, 0));
        jw_ktime(j, "time", db_i64(s, 1));
        jw_kcstr(j, "state", alert_state_names[state >= 0 && state < ALERT_STATE_COUNT ? state : 0]);
        jw_key(j, "reason");
        jw_cstr(j, close_reason_names[reason >= 0 && reason < REASON_COUNT ? reason : 0]);
        writer_u8(j->w, ',');
        writer_put(j->w, db_text(s, 4));
        jw_kobj(j, "appliance");
        jw_khex(j, "id", db_blob(s, 5).p, db_blob(s, 5).n);
        jw_kstr(j, "name", db_text(s, 6));
        jw_end_obj(j);
        jw_end_obj(j);
        rc = 0;
    }
    jw_end_arr(j);
    return rc;
}

struct sightings {
    int64_t transfers, alerts, first, last;
};

/* Of the units that somebody sees: document by document they are not summed up. */
static int count_sightings(struct db *d, const struct sight *who, const struct subject *u,
                           struct sightings *t)
{
    struct event_row *rows = calloc(SIGHTINGS_PART, sizeof(*rows));
    size_t n = SIGHTINGS_PART;
    struct event_ask q;
    int rc = rows ? 0 : ST_NOMEM;

    event_ask_init(&q, who);
    q.by_sha256 = true;
    memcpy(q.sha256, u->sha256, sizeof(q.sha256));
    q.ms = RELATED_MS;
    while (!rc && n == SIGHTINGS_PART) {
        rc = events_find(d, &q, SIGHTINGS_PART, rows, &n, NULL, NULL);
        for (size_t i = 0; i < n && !rc; i++) {
            t->transfers += rows[i].type == EVENT_FILEINFO;
            t->alerts += rows[i].type == EVENT_ALERT;
            t->first = !t->first || rows[i].time < t->first ? rows[i].time : t->first;
            t->last = rows[i].time > t->last ? rows[i].time : t->last;
            q.high = rows[i].id;
        }
    }
    free(rows);
    return rc;
}

static int put_sightings(struct db *d, const struct sight *who, const struct subject *u, struct jw *j)
{
    struct sightings t = {0, 0, 0, 0};
    struct db_stmt *s;
    int rc = 0;

    if (u->has_sha256 && u->clear && !sight_all_units(who)) {
        rc = count_sightings(d, who, u, &t);
    } else if (u->has_sha256 && u->clear) {
        rc = db_query(d, &s, "SELECT transfers, alerts, first, last FROM document WHERE sha256 = ?", "b",
                      span_of(u->sha256, sizeof(u->sha256)));
        if (!rc && (rc = db_step(s)) == 1) {
            t = (struct sightings){db_i64(s, 0), db_i64(s, 1), db_i64(s, 2), db_i64(s, 3)};
            db_reset(s);
            rc = 0;
        }
    }
    jw_ki64(j, "same_document_total", t.alerts > 0 ? t.alerts - 1 : 0);
    jw_ki64(j, "sightings", t.transfers);
    jw_ktime(j, "first_seen", t.first);
    jw_ktime(j, "last_seen", t.last);
    return rc;
}

static int put_same_flow(struct db *d, const struct subject *u, struct jw *j)
{
    struct event_row *rows = calloc(FLOW_EVENTS_MAX + 1, sizeof(*rows));
    struct event_ask q;
    size_t n = 0, told = 0;
    int rc = rows ? 0 : ST_NOMEM;

    same_flow(&q, u, EVENT_OLDEST);
    if (u->has_flow && !rc)
        rc = events_find(d, &q, FLOW_EVENTS_MAX + 1, rows, &n, NULL, NULL);
    jw_karr(j, "same_flow");
    for (size_t i = 0; i < n && !rc && told < FLOW_EVENTS_MAX; i++) {
        if (rows[i].id == u->event)
            continue;
        told++;
        jw_obj(j);
        jw_ki64(j, "id", rows[i].id);
        jw_ktime(j, "time", rows[i].time);
        jw_kcstr(j, "type", event_type_name((enum event_type)rows[i].type));
        jw_end_obj(j);
    }
    jw_end_arr(j);
    free(rows);
    return rc;
}

/* What else is known, unless the server that has it is away: the alert opens all the same, and says so. */
static int put_related(struct db *d, const struct sight *who, const struct subject *u, struct jw *j)
{
    bool complete;
    int rc;

    jw_kobj(j, "related");
    rc = put_same_document(d, who, u, j);
    if (!rc)
        rc = put_sightings(d, who, u, j);
    complete = rc != ST_CLOSED && rc != ST_TIMEOUT;
    if (!rc)
        rc = put_same_flow(d, u, j);
    else if (!complete)
        jw_kraw(j, "same_flow", span_str("[]"));
    complete = complete && rc != ST_CLOSED && rc != ST_TIMEOUT;
    jw_kbool(j, "complete", complete);
    jw_end_obj(j);
    return complete ? rc : 0;
}

/* The appliance behind a region. Who is no region may say what it likes: it stands behind none. */
static void put_origin(struct db *d, const struct subject *u, const struct json *event, struct jw *j)
{
    const struct json *from = json_path(event, "gatehouse.origin"), *id = json_get(from, "appliance"),
                      *name = json_get(from, "name");
    uint8_t identity[SEAL_ID];

    jw_key(j, "origin");
    if (!id || id->type != JSON_STRING || !facts_hex(id->s, identity, SEAL_ID) || !name ||
        name->type != JSON_STRING ||
        db_number(d, 0, "SELECT kind FROM appliance WHERE id = ?", "i", u->appliance) != APPLIANCE_REGION) {
        jw_null(j);
        return;
    }
    jw_obj(j);
    jw_khex(j, "id", identity, SEAL_ID);
    jw_kstr(j, "name", name->s);
    jw_end_obj(j);
}

int alert_detail(struct db *d, struct arena *a, const struct sight *who, int64_t id, bool opened,
                 const char *me, struct jw *j)
{
    struct sight wider = *who;
    struct span text = {NULL, 0}, flow_text = {NULL, 0};
    struct json *event = NULL, *flow = NULL;
    struct subject u;
    int rc;

    if (opened)
        wider.clear = SIGHT_CLEAR_ALL;
    rc = find_subject(d, &wider, id, &u);

    if (!rc)
        rc = load_own(d, a, u.event, &text, &event);
    if (!rc && u.has_flow) {
        struct event_ask q;
        same_flow(&q, &u, EVENT_NEWEST);
        q.types = 1 << EVENT_FLOW;
        rc = load(d, a, &q, &flow_text, &flow);
        rc = rc == ST_CLOSED || rc == ST_TIMEOUT ? 0 : rc; /* "complete" below says so */
    }
    if (rc)
        return rc;
    jw_obj(j);
    rc = alert_row_members(d, &wider, id, j);
    if (!rc && u.clear)
        put_event(j, &u, text, event, flow);
    else if (!rc)
        rc = put_remains(j, a, &u, text, event, flow);
    if (!rc)
        rc = alert_history(d, id, u.clear, me, j);
    if (!rc && u.clear)
        rc = pcap_put(d, id, j);
    else
        put_or_null(j, "pcap", NULL); /* how large it is tells how large the document is */
    if (!rc)
        rc = unlock_put(d, id, who->user, j);
    put_origin(d, &u, event, j);
    jw_key(j, "sensor");
    if (!rc)
        rc = appliance_one(d, u.appliance, j);
    if (!rc)
        rc = put_related(d, &wider, &u, j);
    jw_end_obj(j);
    return rc;
}
