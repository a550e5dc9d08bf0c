/* SPDX-License-Identifier: GPL-3.0-or-later
 * What remains of a record beyond a person's clearance. Lists of what is kept, not of what is dropped: a
 * member that a later version brings stays hidden until somebody has thought about it. */
#include "console/store/sight.h"

#define JSON_DEPTH 64

/* Members of an event that say that, when, where and how something went, not what it was. */
static const char *const kept_event[] = {"timestamp", "flow_id", "event_type", "in_iface",
                                         "vlan",      "src_ip",  "src_port",   "dest_ip",
                                         "dest_port", "proto",   "app_proto",  "direction"};
static const char *const kept_alert[] = {"action", "gid", "signature_id", "rev", "category", "severity"};
/* "kind" is the type of the file, "read" whether it could be read. */
static const char *const kept_document[] = {"kind", "level", "scheme", "read", "unread_reason"};
static const char *const kept_verdict[] = {"action",   "policy",   "rule",   "title",
                                           "severity", "category", "shadow", "where"};
static const char *const kept_facts[] = {"title",  "category", "rule", "policy",   "action",
                                         "shadow", "src",      "dest", "app_proto"};

static void put_kept(struct jw *j, const struct json *from, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct json *v = json_get(from, names[i]);
        if (v)
            jw_kraw(j, names[i], v->raw);
    }
}

const char *sight_size_class(int64_t bytes)
{
    static const char *const names[] = {"<1 KiB",   "1-10 KiB",   "10-100 KiB", "0.1-1 MiB",
                                        "1-10 MiB", "10-100 MiB", ">100 MiB"};
    static const int64_t below[] = {1 << 10, 10 << 10, 100 << 10, 1 << 20, 10 << 20, 100 << 20};

    if (bytes < 0)
        return NULL;
    for (size_t i = 0; i < GH_COUNT(below); i++)
        if (bytes < below[i])
            return names[i];
    return names[GH_COUNT(below)];
}

static void put_size_class(struct jw *j, const struct json *size)
{
    jw_key(j, "size_class");
    jw_cstr(j, sight_size_class(json_i64(size, -1)));
}

void sight_put_document(const struct json *document, const struct json *fileinfo, struct jw *j)
{
    const struct json *size = json_get(fileinfo, "size");

    if (!document || document->type != JSON_OBJECT) {
        jw_null(j);
        return;
    }
    jw_obj(j);
    put_kept(j, document, kept_document, GH_COUNT(kept_document));
    put_size_class(j, size ? size : json_get(document, "size"));
    jw_kbool(j, "redacted", true);
    jw_end_obj(j);
}

/* Of the facts that decided, only the zones: places. */
static void put_zones(const struct json *facts, struct jw *j)
{
    jw_karr(j, "facts");
    json_each(fact, facts)
    {
        const struct json *path = json_get(fact, "path"), *value = json_get(fact, "value");
        if (!path || path->type != JSON_STRING || !value || value->type != JSON_STRING ||
            span_find(path->s, span_str("zone"), 0) < 0)
            continue;
        jw_obj(j);
        jw_kstr(j, "path", path->s);
        jw_kraw(j, "value", value->raw);
        jw_end_obj(j);
    }
    jw_end_karr(j, "facts");
}

void sight_put_verdict(const struct json *verdict, struct jw *j)
{
    if (!verdict || verdict->type != JSON_OBJECT) {
        jw_null(j);
        return;
    }
    jw_obj(j);
    put_kept(j, verdict, kept_verdict, GH_COUNT(kept_verdict));
    put_zones(json_get(verdict, "facts"), j);
    jw_end_obj(j);
}

static void put_event(const struct json *event, struct jw *j)
{
    const struct json *gatehouse = json_get(event, "gatehouse"), *alert = json_get(event, "alert");
    const struct json *fileinfo = json_get(event, "fileinfo");

    jw_obj(j);
    put_kept(j, event, kept_event, GH_COUNT(kept_event));
    if (alert) {
        jw_kobj(j, "alert");
        put_kept(j, alert, kept_alert, GH_COUNT(kept_alert));
        jw_end_obj(j);
    }
    jw_kobj(j, "gatehouse");
    jw_kbool(j, "redacted", true);
    if (json_get(gatehouse, "document")) {
        jw_key(j, "document");
        sight_put_document(json_get(gatehouse, "document"), fileinfo, j);
    }
    if (json_get(gatehouse, "verdict")) {
        jw_key(j, "verdict");
        sight_put_verdict(json_get(gatehouse, "verdict"), j);
    }
    jw_end_obj(j);
    if (fileinfo) {
        jw_kobj(j, "fileinfo");
        put_size_class(j, json_get(fileinfo, "size"));
        jw_end_obj(j);
    }
    jw_end_obj(j);
}

int sight_put_event(struct arena *a, struct span text, struct jw *j)
{
    struct json *event = NULL;
    int rc = json_parse(a, text, JSON_DEPTH, &event, NULL);

    if (rc == ST_NOMEM)
        return rc;
    put_event(rc == 0 && event->type == JSON_OBJECT ? event : NULL, j);
    return 0;
}

int sight_put_facts(struct arena *a, struct span facts, struct jw *j)
{
    const char *text = arena_printf(a, "{%.*s}", (int)facts.n, (const char *)facts.p);
    const struct json *file;
    struct json *row = NULL;
    int rc = text && facts.n < INT32_MAX ? json_parse(a, span_str(text), JSON_DEPTH, &row, NULL) : ST_NOMEM;

    if (rc == ST_NOMEM)
        return rc;
    jw_key(j, "signature");
    jw_null(j);
    put_kept(j, row, kept_facts, GH_COUNT(kept_facts));
    file = json_get(row, "file");
    jw_key(j, "file");
    if (file && file->type == JSON_OBJECT) {
        const struct json *kind = json_get(file, "kind");
        jw_obj(j);
        jw_kraw(j, "name", span_str("null"));
        jw_kraw(j, "size", span_str("null"));
        put_size_class(j, json_get(file, "size"));
        jw_kraw(j, "kind", kind ? kind->raw : span_str("null"));
        jw_kraw(j, "sha256", span_str("null"));
        jw_end_obj(j);
    } else {
        jw_null(j);
    }
    return 0;
}
