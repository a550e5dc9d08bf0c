/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/link/simulate.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/event.h"
#include "base/json.h"

#include <inttypes.h>
#include <stdio.h>

#define JSON_MAX 8192
#define PACKETS 60 /* of a record, in the ledger */

/* splitmix64 (Steele, Lea, Flood 2014): small, and the same everywhere. */
static uint64_t chance(uint64_t *s)
{
    uint64_t z = *s += 0x9e3779b97f4a7c15ull;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

struct sim {
    uint64_t dice;
    uint64_t flow, us;
    const struct sim_mix *mix;
    char src[40], dest[40];
    struct writer w;
    struct jw j;
};

/* Of 1000 records of each place so many are of that type; the rest are flows. */
static const struct {
    enum event_type type;
    unsigned share[SIM_PLACES];
} mix[] = {{EVENT_DNS, {200, 160, 180}}, {EVENT_TLS, {90, 100, 130}},    {EVENT_HTTP, {50, 60, 50}},
           {EVENT_SMTP, {30, 12, 8}},    {EVENT_FILEINFO, {70, 48, 30}}, {EVENT_ALERT, {8, 12, 6}}};

static const struct {
    const char *level, *shown, *rule, *en, *vi;
    unsigned severity;
} marks[] = {
    {"mat", "MẬT", "state-secrets/marked-leaving", "A classified document is leaving its zone",
     "Tài liệu có dấu mật rời khỏi vùng của nó", 2},
    {"toi_mat", "TỐI MẬT", "state-secrets/marked-leaving", "A classified document is leaving its zone",
     "Tài liệu có dấu mật rời khỏi vùng của nó", 1},
    {"mat", "MẬT", "state-secrets/marked-by-mail", "A classified document goes by mail",
     "Tài liệu có dấu mật được gửi qua thư điện tử", 2},
    {"none", "", "exfil/unread-archive", "A locked archive leaves", "Tệp nén có mật khẩu rời khỏi mạng", 3},
};

enum sim_place simulate_place(enum sim_mix_kind kind, unsigned appliance)
{
    unsigned of = appliance * 37 % 100; /* spread evenly over every hundred */

    return kind == SIM_EVEN ? SIM_OFFICE : of < 60 ? SIM_POST : of < 95 ? SIM_OFFICE : SIM_MINISTRY;
}

size_t simulate_count(enum sim_place place, size_t records)
{
    size_t n = place == SIM_POST ? records / 4 : place == SIM_MINISTRY ? records * 4 : records;

    return n ? n : 1;
}

static enum event_type pick(struct sim *s)
{
    uint64_t dice = chance(&s->dice) % 1000;

    for (size_t i = 0; i < GH_COUNT(mix); i++) {
        if (dice < mix[i].share[s->mix->place])
            return mix[i].type;
        dice -= mix[i].share[s->mix->place];
    }
    return EVENT_FLOW;
}

static void put_head(struct sim *s, enum event_type type)
{
    char time[CLOCK_ISO_SIZE], community[2 + BASE64_SIZE(24)] = "1:";
    uint64_t id[3] = {chance(&s->dice), chance(&s->dice), chance(&s->dice)};
    unsigned port = type == EVENT_DNS ? 53 : type == EVENT_SMTP ? 25 : type == EVENT_HTTP ? 80 : 443;

    base64_encode(id, 20, community + 2, sizeof(community) - 2);
    jw_kcstr(&s->j, "timestamp", clock_iso(s->us, time));
    jw_ku64(&s->j, "flow_id", s->flow);
    jw_kcstr(&s->j, "event_type", event_type_name(type));
    jw_kcstr(&s->j, "src_ip", s->src);
    jw_ku64(&s->j, "src_port", 1024 + chance(&s->dice) % 60000);
    jw_kcstr(&s->j, "dest_ip", s->dest);
    jw_ku64(&s->j, "dest_port", port);
    jw_kcstr(&s->j, "proto", port == 53 ? "UDP" : "TCP");
    jw_kcstr(&s->j, "app_proto", port == 53 ? "dns" : port == 25 ? "smtp" : port == 80 ? "http" : "tls");
    jw_kcstr(&s->j, "community_id", community);
}

static void put_flow(struct sim *s)
{
    uint64_t n = 4 + chance(&s->dice) % 200;

    jw_kobj(&s->j, "flow");
    jw_ku64(&s->j, "pkts_toserver", n);
    jw_ku64(&s->j, "pkts_toclient", n * 3 / 2);
    jw_ku64(&s->j, "bytes_toserver", n * 90);
    jw_ku64(&s->j, "bytes_toclient", n * 900);
    jw_kcstr(&s->j, "state", chance(&s->dice) % 8 ? "closed" : "new");
    jw_kbool(&s->j, "alerted", false);
    jw_end_obj(&s->j);
}

static void put_name(struct sim *s, enum event_type type)
{
    char name[64];

    snprintf(name, sizeof(name), "host-%" PRIu64 ".example.org", chance(&s->dice) % 400);
    jw_kobj(&s->j, type == EVENT_DNS ? "dns" : type == EVENT_TLS ? "tls" : "http");
    jw_kcstr(&s->j, type == EVENT_DNS ? "rrname" : type == EVENT_TLS ? "sni" : "hostname", name);
    if (type == EVENT_DNS)
        jw_kcstr(&s->j, "rrtype", "A");
    if (type == EVENT_HTTP) {
        jw_kcstr(&s->j, "url", "/van-ban/danh-sach");
        jw_kcstr(&s->j, "http_method", chance(&s->dice) % 6 ? "GET" : "POST");
        jw_ku64(&s->j, "status", chance(&s->dice) % 20 ? 200 : 404);
    }
    jw_end_obj(&s->j);
}

static void put_mail(struct sim *s)
{
    static const char *const subjects[] = {"Báo cáo tình hình tuần", "Lịch họp giao ban",
                                           "V/v góp ý dự thảo công văn", "Weekly report"};
    char from[64];

    snprintf(from, sizeof(from), "<can-bo-%" PRIu64 "@bo.example>", chance(&s->dice) % 60);
    jw_kobj(&s->j, "smtp");
    jw_kcstr(&s->j, "mail_from", from);
    jw_end_obj(&s->j);
    jw_kobj(&s->j, "email");
    jw_kcstr(&s->j, "from", from);
    jw_kcstr(&s->j, "subject", subjects[chance(&s->dice) % GH_COUNT(subjects)]);
    jw_end_obj(&s->j);
}

static void put_fact(struct jw *j, const char *path, const char *value)
{
    jw_obj(j);
    jw_kcstr(j, "path", path);
    jw_kcstr(j, "value", value);
    jw_end_obj(j);
}

static void put_verdict(struct sim *s, size_t mark)
{
    struct jw *j = &s->j;

    jw_kobj(j, "verdict");
    jw_kcstr(j, "action", "alert");
    jw_kcstr(j, "policy", "standard@2");
    jw_kcstr(j, "rule", marks[mark].rule);
    jw_kcstr(j, "reason", marks[mark].en);
    jw_kcstr(j, "reason_vi", marks[mark].vi);
    jw_kobj(j, "title");
    jw_kcstr(j, "en", marks[mark].en);
    jw_kcstr(j, "vi", marks[mark].vi);
    jw_end_obj(j);
    jw_ku64(j, "severity", marks[mark].severity);
    jw_key(j, "facts");
    jw_arr(j);
    put_fact(j, "flow.source.zone", chance(&s->dice) % 3 ? "intranet" : "server");
    put_fact(j, "flow.dest.zone", chance(&s->dice) % 4 ? "internet" : "partner");
    put_fact(j, "document.level", marks[mark].level);
    jw_end_arr(j);
    jw_end_obj(j);
}

/* A document that crossed, or an alert about one. A marked one in fifty crosses without that anybody minds.
 */
static void put_document(struct sim *s, bool alert, size_t mark)
{
    static const char *const names[] = {"bao-cao-tuan.docx", "cong-van.pdf", "danh-sach.xlsx",
                                        "thuc-don.odt"};
    bool marked = alert || chance(&s->dice) % 50 == 0, unread = chance(&s->dice) % 50 == 0;
    uint64_t sha[4];
    char name[64];

    for (size_t i = 0; i < GH_COUNT(sha); i++)
        sha[i] = chance(&s->dice);
    snprintf(name, sizeof(name), "%" PRIu64 "-%s", chance(&s->dice) % 10000,
             names[chance(&s->dice) % GH_COUNT(names)]);
    jw_kobj(&s->j, "fileinfo");
    jw_kcstr(&s->j, "filename", name);
    jw_ku64(&s->j, "size", 4000 + chance(&s->dice) % 900000);
    jw_khex(&s->j, "sha256", sha, sizeof(sha));
    jw_kbool(&s->j, "gaps", false);
    jw_kcstr(&s->j, "state", "CLOSED");
    jw_kbool(&s->j, "stored", alert);
    jw_end_obj(&s->j);
    jw_kobj(&s->j, "gatehouse");
    if (alert)
        put_verdict(s, mark);
    jw_kobj(&s->j, "document");
    jw_khex(&s->j, "sha256", sha, sizeof(sha));
    jw_kcstr(&s->j, "level", marked ? marks[mark].level : "none");
    if (marked && *marks[mark].shown) {
        jw_key(&s->j, "markings");
        jw_arr(&s->j);
        jw_obj(&s->j);
        jw_kcstr(&s->j, "text", marks[mark].shown);
        jw_kcstr(&s->j, "level", marks[mark].level);
        jw_kcstr(&s->j, "scheme", "vn");
        jw_end_obj(&s->j);
        jw_end_arr(&s->j);
    }
    jw_kcstr(&s->j, "read", unread ? "none" : "full");
    if (unread)
        jw_kcstr(&s->j, "unread_reason", "encrypted");
    jw_end_obj(&s->j);
    jw_end_obj(&s->j);
}

static void put_alert(struct sim *s, size_t mark)
{
    jw_kobj(&s->j, "alert");
    jw_kcstr(&s->j, "action", "allowed");
    jw_ku64(&s->j, "signature_id", 1 + mark);
    jw_kcstr(&s->j, "signature", marks[mark].en);
    jw_kcstr(&s->j, "category", "classified-document");
    jw_ku64(&s->j, "severity", marks[mark].severity);
    jw_end_obj(&s->j);
}

static void put_part(struct jw *j, const char *name, uint64_t in)
{
    jw_kobj(j, name);
    jw_ku64(j, "in", in);
    jw_ku64(j, "out", in);
    jw_kobj(j, "lost");
    jw_end_obj(j);
    jw_end_obj(j);
}

/* What an appliance saw since its run began. */
static void put_ledger(struct sim *s, uint64_t number)
{
    uint64_t events = number * s->mix->records;
    char time[CLOCK_ISO_SIZE];

    jw_kcstr(&s->j, "timestamp", clock_iso(s->us, time));
    jw_kcstr(&s->j, "event_type", event_type_name(EVENT_STATS));
    jw_kobj(&s->j, "gatehouse");
    jw_kobj(&s->j, "ledger");
    put_part(&s->j, "packets", events * PACKETS);
    put_part(&s->j, "flows", events / 2);
    put_part(&s->j, "events", events);
    jw_end_obj(&s->j);
    jw_kobj(&s->j, "versions");
    jw_kcstr(&s->j, "gatehouse", GH_VERSION);
    jw_kcstr(&s->j, "policy", "standard@2");
    jw_end_obj(&s->j);
    jw_end_obj(&s->j);
}

static void put_event(struct sim *s, enum event_type type, uint64_t number)
{
    size_t mark = chance(&s->dice) % GH_COUNT(marks);

    s->flow = chance(&s->dice) >> 12;
    snprintf(s->src, sizeof(s->src), "192.0.2.%" PRIu64, 1 + chance(&s->dice) % 254);
    snprintf(s->dest, sizeof(s->dest), "198.51.100.%" PRIu64, 1 + chance(&s->dice) % 254);
    writer_clear(&s->w);
    jw_init(&s->j, &s->w);
    jw_obj(&s->j);
    if (type == EVENT_STATS)
        put_ledger(s, number);
    else
        put_head(s, type);
    if (type == EVENT_FLOW)
        put_flow(s);
    else if (type == EVENT_DNS || type == EVENT_TLS || type == EVENT_HTTP)
        put_name(s, type);
    else if (type == EVENT_SMTP)
        put_mail(s);
    if (type == EVENT_ALERT)
        put_alert(s, mark);
    if (type == EVENT_ALERT || type == EVENT_FILEINFO)
        put_document(s, type == EVENT_ALERT, mark);
    jw_end_obj(&s->j);
}

int simulate_records(const struct sim_mix *m, uint64_t number, struct arena *a, struct record **ret,
                     size_t *ret_alerts)
{
    struct sim s = {.dice = m->seed ^ (uint64_t)m->appliance << 40 ^ number << 8, .mix = m};
    struct record *v = arena_array(a, m->records ? m->records : 1, sizeof(*v));
    size_t alerts = 0;
    int rc = v ? 0 : ST_NOMEM;

    writer_init(&s.w, JSON_MAX);
    for (size_t i = 0; i < m->records && !rc; i++) {
        enum event_type type = i && i + 1 == m->records ? EVENT_STATS : pick(&s);
        char *json;
        s.us = m->start_us + (number - 1) * m->span_us + m->span_us * i / m->records;
        put_event(&s, type, number);
        json = writer_ok(&s.w) ? arena_dup(a, s.w.p, s.w.n) : NULL;
        if (!json)
            rc = ST_NOMEM;
        alerts += type == EVENT_ALERT;
        v[i] = (struct record){.run = 1 + m->appliance,
                               .n = (number - 1) * m->records + i + 1,
                               .k = type == EVENT_ALERT,
                               .type = (uint8_t)type,
                               .json = span_of(json, s.w.n)};
    }
    writer_done(&s.w);
    *ret = v;
    *ret_alerts = alerts;
    return rc;
}
