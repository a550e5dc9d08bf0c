/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/front.h"
#include "base/writer.h"
#include "sensor/capture/recorder.h"
#include "sensor/decode/defrag.h"
#include "sensor/decode/pulse.h"

#include <stdlib.h>

#define REASSEMBLIES 4             /* fragments in tunnels in fragments … */
#define HOLES_US 500000u           /* how often connections that wait for bytes are looked at */
#define DECODE_ANOMALIES_MAX 1000u /* told of packets without a flow; the rest is only counted */
#define JOBS_BITS 4                /* of packet.order: jobs of one frame */

struct front {
    front_fn *fn;
    void *arg;
    bool hold, parts; /* parts: frames of datagrams that are not whole are handed on, too */
    struct pulse pulse;
    uint64_t next_holes_us;
    struct targets targets;
    struct defrag *defrag;
    uint64_t frames;
    uint64_t packets_out; /* fragments within a reassembled datagram: see reassemble */
    uint64_t lost[PACKET_VERDICT_COUNT];
    uint64_t anomalies;
};

struct front *front_new(const struct conf *conf, unsigned share, bool hold, front_fn *fn, void *arg)
{
    struct front *f = calloc(1, sizeof(*f));
    struct defrag_options opt = {conf->sensor_fragments / share, conf->sensor_memory / 8 / share,
                                 conf->sensor_fragment_timeout * 1000, NULL};

    if (!f)
        return NULL;
    targets_configured(&f->targets, conf->sensor_tcp_policy, conf->sensor_targets);
    opt.targets = &f->targets;
    f->fn = fn;
    f->arg = arg;
    f->hold = hold;
    f->parts = conf->sensor_recorder > 0;
    f->defrag = defrag_new(&opt);
    if (f->defrag)
        return f;
    free(f);
    return NULL;
}

void front_free(struct front *f)
{
    if (!f)
        return;
    defrag_free(f->defrag);
    free(f);
}

/* ---- jobs ---- */

static void give(struct front *f, struct job *j)
{
    f->fn(f->arg, j);
    j->p.order++;
}

static void give_tick(struct front *f, uint64_t ts_us, uint64_t number)
{
    struct job j;

    j.kind = JOB_TICK;
    j.holes = f->pulse.now_us >= f->next_holes_us;
    j.frame = j.datagram = NULL;
    j.p.ts_us = ts_us;
    j.p.now_us = f->pulse.now_us;
    j.p.number = number;
    j.p.order = number << JOBS_BITS;
    if (j.holes)
        f->next_holes_us = f->pulse.now_us + HOLES_US;
    defrag_expire(f->defrag, ts_us);
    f->fn(f->arg, &j);
}

/* The conversation of the tunnel's ends. */
static void give_outer(struct front *f, struct job *j)
{
    struct job outer;

    outer.kind = JOB_OUTER;
    outer.frame = j->frame;
    outer.datagram = j->datagram;
    if (!packet_outer(&j->p, &outer.p))
        return;
    f->fn(f->arg, &outer);
    j->p.order++;
}

static void give_anomaly(struct front *f, struct job *j, const char *name)
{
    if (++f->anomalies > DECODE_ANOMALIES_MAX)
        return;
    j->kind = JOB_ANOMALY;
    j->anomaly = name;
    give(f, j);
}

/* ---- fragments ---- */

/* The reassembled bytes, in a block of their own where jobs are kept. */
static bool own_datagram(struct front *f, struct job *j, struct span *l3)
{
    struct block *b;

    if (!f->hold)
        return true;
    b = block_new(l3->n);
    if (!b)
        return false;
    memcpy(b->bytes, l3->p, l3->n);
    *l3 = span_of(b->bytes, l3->n);
    block_release(j->datagram);
    j->datagram = b;
    return true;
}

/* What the fragments of one datagram have in common. */
static uint64_t part_key(const struct packet *p)
{
    uint8_t name[16 + 16 + 4 + 1];
    struct writer w;

    writer_fixed(&w, name, sizeof(name));
    writer_bytes(&w, p->src, 16);
    writer_bytes(&w, p->dst, 16);
    writer_le(&w, p->fragment_id, 4);
    writer_u8(&w, p->proto);
    return recorder_part_key(name, sizeof(name));
}

/* Waits for the other fragments. True when the datagram is whole, with j->p decoded anew; j->frames are those
 * it came in. */
static bool reassemble(struct front *f, struct job *j)
{
    struct packet *p = &j->p;
    struct defrag_result r;
    enum packet_verdict v;

    if (j->frames > 1) { /* fragments within a reassembled datagram: the last frame stands for this one */
        f->packets_out += j->frames - 1;
        j->frames = 1;
    }
    if (f->parts)
        j->part = part_key(p);
    v = defrag_add(f->defrag, p, &r);
    if (r.conflict)
        give_anomaly(f, j, p->ipv6 ? "decoder.ipv6.frag_overlap" : "decoder.ipv4.frag_overlap");
    if (v == PACKET_FRAGMENT && f->parts) {
        j->kind = JOB_PART;
        give(f, j);
    }
    if (v != PACKET_OK)
        return false; /* accounted by defrag */
    j->frames = r.packets;
    if (!own_datagram(f, j, &r.l3)) {
        f->lost[PACKET_FRAGMENT_FULL] += j->frames;
        return false;
    }
    p->wire_bytes = r.l3.n;
    v = packet_decode_ip(p, r.l3);
    if (v != PACKET_OK)
        f->lost[v] += j->frames;
    return v == PACKET_OK;
}

/* ---- the way of a frame ---- */

static void take(struct front *f, struct job *j)
{
    for (int i = 0; j->p.fragment; i++) {
        if (j->p.tunnel)
            give_outer(f, j);
        if (i == REASSEMBLIES) {
            f->lost[PACKET_TOO_DEEP] += j->frames;
            return;
        }
        if (!reassemble(f, j))
            return;
    }
    if (j->p.tunnel) {
        give_outer(f, j);
        j->p.wire_bytes = j->p.l3.n;
    }
    j->kind = JOB_PACKET;
    give(f, j);
}

void front_frame(struct front *f, const struct frame *in)
{
    struct job j = {.frames = 1, .frame = in->block};
    enum packet_verdict v;

    j.p.ts_us = in->ts_us;
    j.p.number = ++f->frames;
    j.p.order = j.p.number << JOBS_BITS;
    j.p.wire_bytes = in->wire_bytes;
    j.p.frame = in->bytes;
    j.p.link_type = in->link_type;
    j.p.frame_wire = in->wire_bytes;
    if (pulse_at(&f->pulse, in->ts_us))
        give_tick(f, in->ts_us, j.p.number);
    j.p.now_us = f->pulse.now_us;
    v = packet_decode(&j.p, in->link_type, in->bytes);
    if (v == PACKET_OK)
        take(f, &j);
    else
        f->lost[v]++;
    block_release(j.datagram);
}

void front_tick(struct front *f, uint64_t wall_us)
{
    if (pulse_at(&f->pulse, wall_us))
        give_tick(f, wall_us, f->frames);
}

void front_finish(struct front *f)
{
    struct job j = {.kind = JOB_FINISH};

    defrag_flush(f->defrag);
    j.p.number = f->frames + 1;
    j.p.order = j.p.number << JOBS_BITS;
    j.p.ts_us = f->pulse.last_ts;
    j.p.now_us = f->pulse.now_us;
    f->fn(f->arg, &j);
}

/* ---- accounts ---- */

uint64_t front_frames(const struct front *f)
{
    return f->frames;
}

size_t front_memory(const struct front *f)
{
    return defrag_counts(f->defrag)->memory;
}

void front_account(const struct front *f, struct ledger *l)
{
    const struct defrag_counts *d = defrag_counts(f->defrag);

    for (size_t v = 0; v < PACKET_VERDICT_COUNT; v++)
        ledger_lost(l, LEDGER_PACKETS, packet_verdict_name((enum packet_verdict)v), f->lost[v]);
    ledger_lost(l, LEDGER_PACKETS, packet_verdict_name(PACKET_FRAGMENT_LOST), d->lost_incomplete);
    ledger_lost(l, LEDGER_PACKETS, packet_verdict_name(PACKET_FRAGMENT_BAD), d->lost_malformed);
    ledger_lost(l, LEDGER_PACKETS, packet_verdict_name(PACKET_FRAGMENT_FULL), d->lost_full);
    ledger_add(l, LEDGER_PACKETS, f->frames - d->held, f->packets_out);
}
