/* SPDX-License-Identifier: GPL-3.0-or-later
 * Elastic Common Schema 8.11. */
#include "console/outputs/format.h"
#include "console/store/store.h"

#define ECS_VERSION "8.11.0"

/* event.category and event.type of an event that is no alert, by event_type. */
static const struct {
    const char *event_type, *category, *type;
} kinds[] = {
    {"fileinfo", "file", "access"},     {"audit", "configuration", "info"},
    {"stats", "process", "info"},       {"smtp", "email", "info"},
    {"imap", "email", "info"},          {"pop3", "email", "info"},
    {"http", "web", "access"},          {"krb5", "authentication", "info"},
    {"ldap", "authentication", "info"}, {"anomaly", "intrusion_detection", "info"},
};
struct copy {
    const char *key, *path;
};
static const struct copy source[] = {{"ip", "src_ip"}, {"port", "src_port"}};
static const struct copy destination[] = {{"ip", "dest_ip"}, {"port", "dest_port"}};
static const struct copy file[] = {
    {"name", "fileinfo.filename"}, {"size", "fileinfo.size"}, {"mime_type", "fileinfo.mimetype"}};
static const struct copy file_hash[] = {{"sha256", "fileinfo.sha256"}, {"md5", "fileinfo.md5"}};
static const struct copy rule[] = {{"id", "alert.signature_id"},
                                   {"name", "alert.signature"},
                                   {"category", "alert.category"},
                                   {"ruleset", "gatehouse.verdict.policy"}};
static const struct copy url[] = {{"domain", "http.hostname"}, {"path", "http.url"}};
static const struct copy tls[] = {{"version", "tls.version"}};
static const struct copy tls_client[] = {{"server_name", "tls.sni"}, {"ja3", "tls.ja3.hash"}};

static bool any(const struct format_event *f, const struct copy *c, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (format_has(f, c[i].path))
            return true;
    return false;
}

/* ids are text in ECS, whatever they are here. */
static void copy_all(const struct format_event *f, struct jw *j, const struct copy *c, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!strcmp(c[i].key, "id"))
            jw_kcstr(j, "id", format_text(f, c[i].path));
        else
            format_copy(f, j, c[i].key, c[i].path);
    }
}

static void put_object(const struct format_event *f, struct jw *j, const char *key, const struct copy *c,
                       size_t n)
{
    if (!any(f, c, n))
        return;
    jw_kobj(j, key);
    copy_all(f, j, c, n);
    jw_end_obj(j);
}

static void put_list(struct jw *j, const char *key, const char *value)
{
    jw_karr(j, key);
    jw_cstr(j, value);
    jw_end_arr(j);
}

static void put_event(const struct format_event *f, struct jw *j)
{
    const char *category = "network", *type = "info";

    for (size_t i = 0; i < GH_COUNT(kinds); i++)
        if (!strcmp(kinds[i].event_type, f->type)) {
            category = kinds[i].category;
            type = kinds[i].type;
        }
    if (!strcmp(f->type, "flow"))
        type = "connection";
    jw_kobj(j, "event");
    jw_kcstr(j, "kind", f->severity ? "alert" : !strcmp(f->type, "stats") ? "metric" : "event");
    put_list(j, "category", f->severity ? "intrusion_detection" : category);
    put_list(j, "type", f->severity ? "info" : type);
    jw_kcstr(j, "module", "gatehouse");
    jw_key(j, "dataset");
    jw_cstr(j, arena_printf(f->arena, "gatehouse.%s", f->type));
    jw_key(j, "id");
    jw_cstr(j, arena_printf(f->arena, "%lld", (long long)f->about->row));
    if (f->severity)
        jw_ki64(j, "severity", f->severity);
    jw_kcstr(j, "action", format_text(f, "gatehouse.verdict.action"));
    jw_kcstr(j, "reason", format_text(f, "gatehouse.verdict.reason"));
    jw_end_obj(j);
}

static void put_network(const struct format_event *f, struct jw *j)
{
    const char *proto = format_text(f, "proto");
    char *lower = proto ? arena_dup(f->arena, proto, strlen(proto)) : NULL;

    for (char *c = lower; c && *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c + ('a' - 'A'));
    if (!proto && !format_has(f, "app_proto") && !format_has(f, "community_id"))
        return;
    jw_kobj(j, "network");
    jw_kcstr(j, "transport", lower);
    format_copy(f, j, "protocol", "app_proto");
    format_copy(f, j, "community_id", "community_id");
    jw_end_obj(j);
}

static void put_file(const struct format_event *f, struct jw *j)
{
    if (!format_has(f, "fileinfo"))
        return;
    jw_kobj(j, "file");
    copy_all(f, j, file, GH_COUNT(file));
    put_object(f, j, "hash", file_hash, GH_COUNT(file_hash));
    jw_end_obj(j);
}

static void put_web(const struct format_event *f, struct jw *j)
{
    const char *agent = format_text(f, "http.http_user_agent");

    put_object(f, j, "url", url, GH_COUNT(url));
    if (format_has(f, "http.http_method")) {
        jw_kobj(j, "http");
        jw_kobj(j, "request");
        format_copy(f, j, "method", "http.http_method");
        jw_end_obj(j);
        jw_end_obj(j);
    }
    if (agent) {
        jw_kobj(j, "user_agent");
        jw_kcstr(j, "original", agent);
        jw_end_obj(j);
    }
    if (any(f, tls, GH_COUNT(tls)) || any(f, tls_client, GH_COUNT(tls_client))) {
        jw_kobj(j, "tls");
        copy_all(f, j, tls, GH_COUNT(tls));
        put_object(f, j, "client", tls_client, GH_COUNT(tls_client));
        jw_end_obj(j);
    }
}

void format_ecs(const struct format_event *f, struct jw *j)
{
    char time[TIME_TEXT];

    jw_kcstr(j, "@timestamp", time_text(f->time_us, time));
    jw_kobj(j, "ecs");
    jw_kcstr(j, "version", ECS_VERSION);
    jw_end_obj(j);
    jw_kcstr(j, "message", format_text(f, "alert.signature"));
    put_event(f, j);
    put_object(f, j, "source", source, GH_COUNT(source));
    put_object(f, j, "destination", destination, GH_COUNT(destination));
    put_network(f, j);
    put_file(f, j);
    put_object(f, j, "rule", rule, GH_COUNT(rule));
    put_web(f, j);
    jw_kobj(j, "observer");
    jw_kcstr(j, "vendor", "Gatehouse");
    jw_kcstr(j, "product", "Gatehouse");
    jw_kcstr(j, "type", "ids");
    jw_kstr(j, "name", f->about->appliance);
    jw_kstr(j, "serial_number", f->about->identity);
    jw_end_obj(j);
    if (f->level) {
        jw_kobj(j, "labels");
        jw_kcstr(j, "level", f->level);
        jw_end_obj(j);
    }
}
