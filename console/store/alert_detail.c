/* SPDX-License-Identifier: GPL-3.0-or-later
 * One alert with everything around it: what the appliance reported, the connection's later facts, the
 * history, and where else the same document was seen. */
#include "base/event.h"
#include "console/store/alerts.h"
#include "console/store/appliances.h"
#include "console/store/pcaps.h"
#include "console/store/unlock.h"

#include <stdio.h>

#define RELATED_MAX 20
#define FLOW_EVENTS_MAX 50
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

/* The event's text, copied into the arena and parsed; *ret stays NULL when it is gone or no JSON. */
static int load(struct db *d, struct arena *a, const char *sql, int64_t x, int64_t y, struct span *ret_text,
                struct json **ret)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, sql, "ii", x, y);

    if (rc || (rc = db_step(s)) != 1)
        return rc;
    ret_text->n = db_text(s, 0).n;
    ret_text->p = (const uint8_t *)arena_dup(a, db_text(s, 0).p, db_text(s, 0).n);
    db_reset(s);
    if (!ret_text->p)
        return ST_NOMEM;
    rc = json_parse(a, *ret_text, JSON_DEPTH, ret, NULL);
    return rc == ST_NOMEM ? rc : 0;
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

static int put_sightings(struct db *d, const struct sight *who, const struct subject *u, struct jw *j)
{
    int64_t transfers = 0, alerts = 0, first = 0, last = 0;
    char sql[SIGHT_SQL + 256], scope[SIGHT_SQL];
    struct db_stmt *s;
    int rc = 0;

    if (sight_all_units(who))
        snprintf(sql, sizeof(sql), "SELECT transfers, alerts, first, last FROM document WHERE sha256 = ?");
    else
        snprintf(sql, sizeof(sql),
                 "SELECT coalesce(sum(type = %d), 0), coalesce(sum(type = %d), 0), min(time), max(time) FROM "
                 "event e WHERE sha256 = ? AND %s",
                 EVENT_FILEINFO, EVENT_ALERT, sight_scope_sql(who, "e.appliance", scope));
    if (u->has_sha256 && u->clear) {
        rc = db_query(d, &s, sql, "b", span_of(u->sha256, sizeof(u->sha256)));
        if (!rc && (rc = db_step(s)) == 1) {
            transfers = db_i64(s, 0);
            alerts = db_i64(s, 1);
            first = db_i64(s, 2);
            last = db_i64(s, 3);
            db_reset(s);
            rc = 0;
        }
    }
    jw_ki64(j, "same_document_total", alerts > 0 ? alerts - 1 : 0);
    jw_ki64(j, "sightings", transfers);
    jw_ktime(j, "first_seen", first);
    jw_ktime(j, "last_seen", last);
    return rc;
}

static int put_same_flow(struct db *d, const struct subject *u, struct jw *j)
{
    struct db_stmt *s;
    int rc = 0;

    jw_karr(j, "same_flow");
    if (u->has_flow)
        rc = db_query(d, &s,
                      "SELECT id, time, type FROM event WHERE flow = ? AND appliance = ? AND id <> ? ORDER "
                      "BY id LIMIT ?",
                      "iiii", u->flow, u->appliance, u->event, (int64_t)FLOW_EVENTS_MAX);
    while (u->has_flow && !rc && (rc = db_step(s)) == 1) {
        jw_obj(j);
        jw_ki64(j, "id", db_i64(s, 0));
        jw_ktime(j, "time", db_i64(s, 1));
        jw_kcstr(j, "type", event_type_name((enum event_type)db_i64(s, 2)));
        jw_end_obj(j);
        rc = 0;
    }
    jw_end_arr(j);
    return rc;
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
        rc = load(d, a, "SELECT json FROM event WHERE id = ? AND ? = 0", u.event, 0, &text, &event);
    if (!rc && u.has_flow)
        rc = load(
            d, a,
            "SELECT json FROM event WHERE flow = ? AND appliance = ? AND type = 0 ORDER BY id DESC LIMIT 1",
            u.flow, u.appliance, &flow_text, &flow);
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
    jw_key(j, "sensor");
    if (!rc)
        rc = appliance_one(d, u.appliance, j);
    jw_kobj(j, "related");
    if (!rc)
        rc = put_same_document(d, &wider, &u, j);
    if (!rc)
        rc = put_sightings(d, &wider, &u, j);
    if (!rc)
        rc = put_same_flow(d, &u, j);
    jw_end_obj(j);
    jw_end_obj(j);
    return rc;
}
