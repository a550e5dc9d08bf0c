/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/core/pcaps.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/event.h"
#include "base/log.h"
#include "base/map.h"
#include "policy/core/outdir.h"
#include "policy/core/pcap_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SLACK_MS                                                                                             \
    60000 /* beyond the time that a recording takes: then the sensor will not answer any more                \
           */
#define MINUTE_MS 60000
#define AUDIT_MAX 4096
#define PCAP_HEAD 24

/* A connection whose packets were asked for. */
struct recording {
    struct recording *older, *younger; /* in the list of open ones */
    uint64_t flow, n;                  /* n: event of the alert that began it */
    uint64_t asked_ms;
    bool open, stored; /* waits for an answer; something of it lies on the disk */
};
struct pcaps {
    struct core *core;
    struct pcap_store *store; /* NULL with --stdout */
    struct map *recordings;   /* by flow_id */
    struct recording *oldest, *youngest;
    size_t open;
    bool possible, done_told, trouble_told;
    uint64_t minute_ms;
    unsigned this_minute;
    uint64_t asked, kept, lost, refused;
};

struct pcaps *pcaps_new(struct core *c)
{
    struct pcaps *p = calloc(1, sizeof(*p));
    uint8_t nothing[SHA256_SIZE];
    const char *why;

    gh_check(p);
    p->core = c;
    p->recordings = map_new(PCAPS_MAX, sizeof(uint64_t), sizeof(struct recording));
    gh_check(p->recordings);
    digest_sha256("", 0, nothing); /* libcrypto reads its configuration now, not in the jail */
    p->possible = c->proc.conf.sensor_recorder > 0;
    if (c->to_stdout) {
        p->possible = p->possible && c->outdir_fd >= 0;
        return p;
    }
    p->store = pcap_store_open(&c->proc.conf);
    gh_check(p->store);
    why = pcap_store_why_not(p->store);
    if (p->possible && why)
        log_info("no packets of alerts are kept: %s", why);
    p->possible = p->possible && !why;
    return p;
}

void pcaps_free(struct pcaps *p)
{
    if (!p)
        return;
    pcap_store_close(p->store);
    map_free(p->recordings);
    free(p);
}

size_t pcaps_open(const struct pcaps *p)
{
    return p->open;
}

static const char *name_of(const struct pcaps *p, const struct recording *r, char name[static PCAP_NAME])
{
    if (p->store)
        snprintf(name, PCAP_NAME, "%llu-%llu.pcap", (unsigned long long)r->flow, (unsigned long long)r->n);
    else
        snprintf(name, PCAP_NAME, OUTDIR_PCAP "/%llu.pcap", (unsigned long long)r->flow);
    return name;
}

/* ---- the list of open ones ---- */

static void open_add(struct pcaps *p, struct recording *r)
{
    r->open = true;
    r->older = p->youngest;
    r->younger = NULL;
    *(p->youngest ? &p->youngest->younger : &p->oldest) = r;
    p->youngest = r;
    p->open++;
}

static void open_remove(struct pcaps *p, struct recording *r)
{
    *(r->older ? &r->older->younger : &p->oldest) = r->younger;
    *(r->younger ? &r->younger->older : &p->youngest) = r->older;
    r->open = false;
    p->open--;
}

/* ---- records ---- */

struct stored {
    uint32_t frames;
    bool complete, whole;
    uint64_t bytes, sealed;
    uint8_t sha256[SHA256_SIZE];
};

/* What the file is, or (why) that there will be none. */
static void record(struct pcaps *p, const struct recording *r, const struct stored *s, const char *why)
{
    char iso[CLOCK_ISO_SIZE], name[PCAP_NAME];
    struct writer w;
    struct jw j;

    if (!p->store)
        return;
    writer_init(&w, AUDIT_MAX);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_kcstr(&j, "timestamp", clock_iso(clock_wall_us(), iso));
    jw_kcstr(&j, "event_type", "audit");
    jw_ku64(&j, "flow_id", r->flow);
    jw_kcstr(&j, "capture_file", name_of(p, r, name));
    jw_kobj(&j, "gatehouse");
    jw_kobj(&j, "audit");
    jw_kcstr(&j, "what", s ? "pcap_stored" : "pcap_lost");
    if (!s) {
        jw_kcstr(&j, "reason", why);
    } else {
        jw_ku64(&j, "packets", s->frames);
        jw_ku64(&j, "bytes", s->bytes);
        jw_ku64(&j, "sealed_bytes", s->sealed);
        jw_kbool(&j, "complete", s->complete);
        jw_kbool(&j, "whole", s->whole);
        jw_khex(&j, "sha256", s->sha256, sizeof(s->sha256));
    }
    jw_end_obj(&j);
    jw_end_obj(&j);
    jw_end_obj(&j);
    record_own(p->core, EVENT_AUDIT, writer_span(&w));
    writer_done(&w);
}

/* No (further) answer will come; what lies there already stays, and its record with it. */
static void give_up(struct pcaps *p, struct recording *r, const char *why)
{
    open_remove(p, r);
    if (r->stored)
        return;
    p->lost++;
    p->core->own.pcaps_lost++;
    record(p, r, NULL, why);
}

/* ---- questions ---- */

/* Live, a storm of alerts must not become a storm of files. */
static bool may_ask(struct pcaps *p)
{
    uint64_t now = clock_mono_ms();

    if (!p->core->live)
        return true;
    if (now - p->minute_ms >= MINUTE_MS || !p->minute_ms) {
        p->minute_ms = now;
        p->this_minute = 0;
    }
    return p->this_minute++ < PCAPS_A_MINUTE;
}

static bool post(struct pcaps *p, uint64_t flow_id, uint64_t request)
{
    struct writer w;
    int rc;

    if (!p->core->sensor)
        return false;
    writer_init(&w, 16);
    writer_le(&w, flow_id, 8);
    writer_le(&w, request, 8);
    rc = proc_chan_post(p->core->sensor, MSG_PCAP_QUERY, writer_span(&w), -1);
    writer_done(&w);
    return rc == 0;
}

/* A place for a connection that was not asked for yet; NULL when all places wait for answers. */
static struct recording *new_recording(struct pcaps *p, uint64_t flow_id)
{
    const void *key = NULL;
    const struct recording *oldest;
    uint64_t id;

    if (map_count(p->recordings) == map_capacity(p->recordings)) {
        oldest = map_oldest(p->recordings, &key);
        if (!oldest || oldest->open)
            return NULL;
        memcpy(&id, key, sizeof(id));
        map_remove(p->recordings, &id);
    }
    return map_insert(p->recordings, &flow_id);
}

/* The recording whose file an alert names: a running one, or a new one. NULL: there is none to be had. */
static struct recording *recording_for(struct pcaps *p, uint64_t flow_id, uint64_t n)
{
    struct recording *r = map_find(p->recordings, &flow_id, true);

    if (r && (r->open || !p->core->live)) /* a replay's file is the whole connection, whoever asks again */
        return r;
    if (!may_ask(p) || (!r && !(r = new_recording(p, flow_id))) || !post(p, flow_id, flow_id)) {
        p->refused++;
        p->core->own.pcaps_refused++;
        if (r && !r->flow)
            map_remove(p->recordings, &flow_id);
        return NULL;
    }
    *r = (struct recording){.flow = flow_id, .n = n, .asked_ms = clock_mono_ms()};
    open_add(p, r);
    p->asked++;
    p->core->own.pcaps_asked++;
    return r;
}

void pcaps_alert(struct pcaps *p, uint64_t flow_id, uint64_t n, struct writer *alert)
{
    const struct recording *r = p->possible && flow_id ? recording_for(p, flow_id, n) : NULL;
    char name[PCAP_NAME];

    if (!r || alert->n < 2 || !writer_ok(alert))
        return;
    alert->n--; /* its closing brace */
    writer_printf(alert, ",\"capture_file\":\"%s\"}", name_of(p, r, name));
}

/* ---- answers ---- */

static int hash(int fd, struct stored *s)
{
    struct span bytes;
    int rc = msg_map(fd, EVENT_PCAP_MAX, &bytes);

    if (rc)
        return rc;
    digest_sha256(bytes.p, bytes.n, s->sha256);
    msg_unmap(bytes);
    return 0;
}

/* Puts the file where it belongs; says what went wrong, once. */
static int keep(struct pcaps *p, struct recording *r, int fd, struct stored *s)
{
    char name[PCAP_NAME];
    int rc;

    if (!p->store)
        rc = outdir_pcap(p->core->outdir_fd, r->flow, fd, s->bytes);
    else if ((rc = hash(fd, s)) == 0)
        rc = pcap_store_put(p->store, name_of(p, r, name), fd, s->bytes, &s->sealed);
    if (rc && !p->trouble_told)
        log_warn("the packets of an alert cannot be stored: %s. Said once; the counts tell the rest",
                 status_text(rc));
    p->trouble_told = p->trouble_told || rc;
    return rc;
}

static void take_file(struct pcaps *p, struct recording *r, const struct event_pcap *a, int fd,
                      uint64_t bytes)
{
    struct stored s = {a->frames, a->complete, a->state == EVENT_PCAP_WHOLE, bytes, 0, {0}};
    int rc;

    if (!s.whole && !p->store)
        return; /* the whole is still to come */
    rc = keep(p, r, fd, &s);
    if (rc && s.whole)
        give_up(p, r, status_text(rc));
    if (rc)
        return;
    record(p, r, &s, NULL);
    p->kept += !r->stored;
    p->core->own.pcaps_kept += !r->stored;
    r->stored = true;
    if (s.whole)
        open_remove(p, r);
}

int pcaps_answer(struct pcaps *p, struct span body, int fd)
{
    struct event_pcap a;
    struct recording *r;
    uint64_t bytes = 0;
    int rc = event_pcap_get(body, &a);

    if (!rc && (a.frames > 0) != (fd >= 0))
        rc = ST_MALFORMED;
    if (!rc && fd >= 0)
        rc = msg_memfd_check(fd, &bytes);
    if (!rc && fd >= 0 && (bytes < PCAP_HEAD || bytes > EVENT_PCAP_MAX))
        rc = ST_MALFORMED;
    r = rc ? NULL : map_find(p->recordings, &a.request, false);
    if (r && r->open && fd >= 0)
        take_file(p, r, &a, fd, bytes);
    else if (r && r->open && a.state != EVENT_PCAP_SO_FAR)
        give_up(p, r, "its packets were overwritten before the alert");
    if (fd >= 0)
        close(fd);
    return rc;
}

void pcaps_abandon(struct pcaps *p)
{
    while (p->oldest)
        give_up(p, p->oldest, "the sensor ended before it answered");
}

void pcaps_begin(struct pcaps *p)
{
    pcaps_abandon(p);
    p->done_told = false;
}

void pcaps_tick(struct pcaps *p, uint64_t now_ms)
{
    const struct core *c = p->core;
    uint64_t patience = SLACK_MS + (c->live ? (uint64_t)c->proc.conf.sensor_recorder_after : 0);

    /* A replay records on until the connection ends, which may be as late as the replay. */
    while (p->oldest && (c->live || c->sensor_final) && now_ms > p->oldest->asked_ms + patience)
        give_up(p, p->oldest, "the sensor did not answer");
    if (c->live || !c->sensor_final || c->open_cases || c->open_events || p->open || p->done_told ||
        !p->possible)
        return;
    p->done_told = post(p, 0, 0);
}

void pcaps_facts(const struct pcaps *p, struct jw *j)
{
    jw_ku64(j, "pcaps_asked", p->asked);
    jw_ku64(j, "pcaps_kept", p->kept);
    jw_ku64(j, "pcaps_lost", p->lost);
    jw_ku64(j, "pcaps_refused", p->refused);
    if (!p->store)
        return;
    jw_ku64(j, "pcaps_dropped", pcap_store_dropped(p->store));
    jw_ku64(j, "pcap_bytes", pcap_store_bytes(p->store));
}
