/* SPDX-License-Identifier: GPL-3.0-or-later
 * Open Cybersecurity Schema Framework 1.3.0. Classes and required attributes: docs/outputs.md. */
#include "console/outputs/format.h"

#define OCSF_VERSION "1.3.0"
#define CLASS_DETECTION 2004
#define CLASS_DATA 2006
#define CLASS_NETWORK 4001

/* Class and activity of an event that is no alert, by event_type. */
static const struct ocsf_class {
    const char *event_type;
    int class_uid, activity;
} classes[] = {
    {"flow", CLASS_NETWORK, 2 /* close */},
    {"http", 4002, 99},
    {"dns", 4003, 6 /* traffic */},
    {"dhcp", 4004, 99},
    {"rdp", 4005, 99},
    {"smb", 4006, 99},
    {"ssh", 4007, 99},
    {"ftp", 4008, 99},
    {"ftp_data", 4008, 99},
    {"smtp", 4009, 99},
    {"imap", 4009, 99},
    {"pop3", 4009, 99},
    {"fileinfo", 4010, 99},
    {"stats", 0, 99},
    {"audit", 0, 99},
};

static void endpoint(const struct format_event *f, struct jw *j, const char *key, const char *ip,
                     const char *port)
{
    jw_kobj(j, key);
    format_copy(f, j, "ip", ip);
    format_copy(f, j, "port", port);
    jw_end_obj(j);
}

static void put_file(const struct format_event *f, struct jw *j)
{
    const char *name = format_text(f, "fileinfo.filename"), *sha256 = format_text(f, "fileinfo.sha256");

    jw_kcstr(j, "name", name ? name : "-");
    jw_ki64(j, "type_id", 1); /* a regular file */
    format_copy(f, j, "size", "fileinfo.size");
    if (sha256) {
        jw_karr(j, "hashes");
        jw_obj(j);
        jw_kcstr(j, "algorithm", "SHA-256");
        jw_ki64(j, "algorithm_id", 3);
        jw_kcstr(j, "value", sha256);
        jw_end_obj(j);
        jw_end_arr(j);
    }
}

/* What people must look at. */
static void put_finding(const struct format_event *f, struct jw *j)
{
    const char *title = format_text(f, "alert.signature");

    jw_kobj(j, "finding_info");
    jw_key(j, "uid");
    jw_cstr(j, arena_printf(f->arena, "%.*s-%lld", (int)f->about->identity.n,
                            (const char *)f->about->identity.p, (long long)f->about->row));
    jw_kcstr(j, "title", title ? title : "alert");
    jw_kcstr(j, "desc", format_text(f, "gatehouse.verdict.reason"));
    if (format_has(f, "alert.category")) {
        jw_karr(j, "types");
        jw_cstr(j, format_text(f, "alert.category"));
        jw_end_arr(j);
    }
    jw_end_obj(j);
    jw_karr(j, "evidences");
    jw_obj(j);
    if (format_has(f, "src_ip"))
        endpoint(f, j, "src_endpoint", "src_ip", "src_port");
    if (format_has(f, "dest_ip"))
        endpoint(f, j, "dst_endpoint", "dest_ip", "dest_port");
    if (format_has(f, "fileinfo")) {
        jw_kobj(j, "file");
        put_file(f, j);
        jw_end_obj(j);
    }
    jw_end_obj(j);
    jw_end_arr(j);
    if (f->level) {
        jw_kobj(j, "data_security");
        jw_ki64(j, "detection_pattern_id", 99);
        jw_kcstr(j, "classification", f->level);
        jw_end_obj(j);
    }
}

static void put_protocol(const struct format_event *f, struct jw *j, int class_uid)
{
    endpoint(f, j, "src_endpoint", "src_ip", "src_port");
    endpoint(f, j, "dst_endpoint", "dest_ip", "dest_port");
    jw_kobj(j, "connection_info");
    format_copy(f, j, "protocol_name", "proto");
    jw_ki64(j, "direction_id", 0);
    format_copy(f, j, "community_uid", "community_id");
    jw_end_obj(j);
    if (class_uid == 4002) {
        jw_kobj(j, "http_request");
        format_copy(f, j, "http_method", "http.http_method");
        format_copy(f, j, "user_agent", "http.http_user_agent");
        jw_kobj(j, "url");
        format_copy(f, j, "hostname", "http.hostname");
        format_copy(f, j, "path", "http.url");
        jw_end_obj(j);
        jw_end_obj(j);
    }
    if (class_uid == 4003) {
        jw_kobj(j, "query");
        jw_kcstr(j, "hostname", format_text(f, "dns.rrname") ? format_text(f, "dns.rrname") : "-");
        format_copy(f, j, "type", "dns.rrtype");
        jw_end_obj(j);
    }
    if (class_uid == 4009) {
        jw_ki64(j, "direction_id", 0);
        jw_kobj(j, "email");
        format_copy(f, j, "from", "email.from");
        format_copy(f, j, "subject", "email.subject");
        jw_end_obj(j);
    }
    if (class_uid == 4010) {
        jw_kobj(j, "file");
        put_file(f, j);
        jw_end_obj(j);
    }
}

static void put_metadata(const struct format_event *f, struct jw *j)
{
    jw_kobj(j, "metadata");
    jw_kcstr(j, "version", OCSF_VERSION);
    jw_kobj(j, "product");
    jw_kcstr(j, "name", "Gatehouse");
    jw_kcstr(j, "vendor_name", "Gatehouse");
    jw_kcstr(j, "version", GH_VERSION);
    jw_end_obj(j);
    jw_kcstr(j, "log_name", f->type);
    jw_key(j, "uid");
    jw_cstr(j, arena_printf(f->arena, "%lld", (long long)f->about->row));
    jw_end_obj(j);
    jw_kobj(j, "device");
    jw_kstr(j, "hostname", f->about->appliance);
    jw_kstr(j, "uid", f->about->identity);
    jw_ki64(j, "type_id", 99);
    jw_end_obj(j);
}

void format_ocsf(const struct format_event *f, struct jw *j)
{
    static const int severities[] = {1, 4, 3, 2, 1};
    struct ocsf_class c = {f->type, CLASS_NETWORK, 6};
    int severity = severities[f->severity];

    for (size_t i = 0; i < GH_COUNT(classes); i++)
        if (!strcmp(classes[i].event_type, f->type))
            c = classes[i];
    if (f->severity)
        c = (struct ocsf_class){f->type, format_has(f, "fileinfo") ? CLASS_DATA : CLASS_DETECTION,
                                1 /* create */};
    if (f->severity == 1 && f->level && !strcmp(f->level, "tuyet_mat"))
        severity = 5; /* critical */
    jw_ki64(j, "class_uid", c.class_uid);
    jw_ki64(j, "category_uid", c.class_uid / 1000);
    jw_ki64(j, "activity_id", c.activity);
    jw_ki64(j, "type_uid", (int64_t)c.class_uid * 100 + c.activity);
    jw_ki64(j, "severity_id", severity);
    jw_ki64(j, "time", (int64_t)(f->time_us / 1000));
    jw_kcstr(j, "message", format_text(f, "alert.signature"));
    put_metadata(f, j);
    if (f->severity)
        put_finding(f, j);
    else if (c.class_uid)
        put_protocol(f, j, c.class_uid);
}
