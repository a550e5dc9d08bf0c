/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/link/simulate.h"
#include "base/clock.h"
#include "base/event.h"
#include "base/json.h"

#include <inttypes.h>
#include <stdio.h>

#define JSON_MAX 8192

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
    unsigned appliance;
    char src[40], dest[40];
    struct writer w;
    struct jw j;
};

static const struct {
    unsigned upto; /* of 1000 */
    enum event_type type;
} mix[] = {{620, EVENT_FLOW}, {780, EVENT_DNS},      {880, EVENT_TLS},
           {940, EVENT_HTTP}, {988, EVENT_FILEINFO}, {1000, EVENT_ALERT}};

static enum event_type pick(uint64_t dice)
{
    size_t i = 0;

    while (dice % 1000 >= mix[i].upto)
        i++;
    return mix[i].type;
}

static void put_head(struct sim *s, enum event_type type)
{
    char time[CLOCK_ISO_SIZE];

    jw_kcstr(&s->j, "timestamp", clock_iso(s->us, time));
    jw_ku64(&s->j, "flow_id", s->flow);
    jw_kcstr(&s->j, "event_type", event_type_name(type));
    jw_kcstr(&s->j, "src_ip", s->src);
    jw_ku64(&s->j, "src_port", 1024 + chance(&s->dice) % 60000);
    jw_kcstr(&s->j, "dest_ip", s->dest);
    jw_ku64(&s->j, "dest_port", type == EVENT_DNS ? 53 : type == EVENT_TLS ? 443 : 80);
    jw_kcstr(&s->j, "proto", type == EVENT_DNS ? "UDP" : "TCP");
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
        jw_ku64(&s->j, "status", 200);
    }
    jw_end_obj(&s->j);
}

static void put_document(struct sim *s, bool marked)
{
    static const char *const names[] = {"bao-cao-tuan.docx", "cong-van.pdf", "danh-sach.xlsx",
                                        "thuc-don.odt"};
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
    jw_kbool(&s->j, "stored", marked);
    jw_end_obj(&s->j);
    jw_kobj(&s->j, "gatehouse");
    jw_kobj(&s->j, "document");
    jw_khex(&s->j, "sha256", sha, sizeof(sha));
    jw_kcstr(&s->j, "level", marked ? "mat" : "none");
    jw_kcstr(&s->j, "read", chance(&s->dice) % 50 ? "full" : "partial");
    jw_end_obj(&s->j);
    if (marked) {
        jw_kobj(&s->j, "verdict");
        jw_kcstr(&s->j, "action", "alert");
        jw_kcstr(&s->j, "rule", "marked-document-leaves");
        jw_kcstr(&s->j, "reason", "It bears a marking.");
        jw_end_obj(&s->j);
    }
    jw_end_obj(&s->j);
}

static void put_alert(struct sim *s)
{
    jw_kobj(&s->j, "alert");
    jw_kcstr(&s->j, "action", "allowed");
    jw_ku64(&s->j, "signature_id", 1);
    jw_kcstr(&s->j, "signature", "A marked document leaves");
    jw_kcstr(&s->j, "category", "classified-document");
    jw_ku64(&s->j, "severity", 1 + chance(&s->dice) % 3);
    jw_end_obj(&s->j);
}

static void put_event(struct sim *s, enum event_type type)
{
    jw_init(&s->j, &s->w);
    jw_obj(&s->j);
    put_head(s, type);
    if (type == EVENT_FLOW)
        put_flow(s);
    else if (type == EVENT_DNS || type == EVENT_TLS || type == EVENT_HTTP)
        put_name(s, type);
    if (type == EVENT_ALERT)
        put_alert(s);
    if (type == EVENT_ALERT || type == EVENT_FILEINFO)
        put_document(s, type == EVENT_ALERT);
    jw_end_obj(&s->j);
}

int simulate_records(const struct sim_mix *m, uint64_t number, struct arena *a, struct record **ret)
{
    struct sim s = {.dice = m->seed ^ (uint64_t)m->appliance << 40 ^ number << 8, .appliance = m->appliance};
    struct record *v = arena_array(a, m->records ? m->records : 1, sizeof(*v));
    int rc = v ? 0 : ST_NOMEM;

    writer_init(&s.w, JSON_MAX);
    for (size_t i = 0; i < m->records && !rc; i++) {
        enum event_type type = pick(chance(&s.dice));
        char *json;
        s.flow = chance(&s.dice) >> 12;
        s.us = m->start_us + (number - 1) * m->span_us + m->span_us * i / m->records;
        snprintf(s.src, sizeof(s.src), "192.0.2.%" PRIu64, 1 + chance(&s.dice) % 254);
        snprintf(s.dest, sizeof(s.dest), "198.51.100.%" PRIu64, 1 + chance(&s.dice) % 254);
        writer_clear(&s.w);
        put_event(&s, type);
        json = writer_ok(&s.w) ? arena_dup(a, s.w.p, s.w.n) : NULL;
        if (!json)
            rc = ST_NOMEM;
        v[i] = (struct record){.run = 1 + m->appliance,
                               .n = (number - 1) * m->records + i + 1,
                               .k = type == EVENT_ALERT,
                               .type = (uint8_t)type,
                               .json = span_of(json, s.w.n)};
    }
    writer_done(&s.w);
    *ret = v;
    return rc;
}
