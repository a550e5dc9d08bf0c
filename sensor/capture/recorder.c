/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/capture/recorder.h"
#include "sensor/capture/recorder_ring.h"

#include <stdlib.h>

#define PCAP_HEAD 24u
#define PCAP_RECORD 16u
#define PCAP_SNAPLEN 262144u
#define PART_BIT (1ull << 63) /* flow ids are below: parts and flows do not meet in one chain */

/* A flow that is recorded on. */
struct mark {
    uint64_t flow, request, until_us; /* until_us 0: to the flow's end */
    unsigned link_type;
    uint32_t frames;
    bool complete;
    struct writer pcap;
};
struct recorder {
    struct recorder_options opt;
    recorder_answer_fn *answer;
    void *arg;
    struct ring all, large; /* large: of flows that had their share of the other */
    struct mark marks[RECORDER_MARKS];
    size_t n_marks;
    size_t marks_max; /* bytes that all marks may hold together */
    uint64_t order;
    struct recorder_counts counts;
};

static size_t power_of_two(size_t n)
{
    size_t p = 1;

    while (p <= n / 2)
        p *= 2;
    return p;
}

struct recorder *recorder_new(const struct recorder_options *opt, recorder_answer_fn *answer, void *arg)
{
    struct recorder *r = calloc(1, sizeof(*r));
    size_t size = opt->size < RECORDER_SIZE_MIN ? RECORDER_SIZE_MIN : opt->size;

    if (!r)
        return NULL;
    r->opt = *opt;
    r->answer = answer;
    r->arg = arg;
    r->marks_max = size / 4;
    if (ring_init(&r->all, power_of_two(size / 2)) == 0 && ring_init(&r->large, power_of_two(size / 4)) == 0)
        return r;
    recorder_free(r);
    return NULL;
}

void recorder_free(struct recorder *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->n_marks; i++)
        writer_done(&r->marks[i].pcap);
    ring_done(&r->all);
    ring_done(&r->large);
    free(r);
}

uint64_t recorder_part_key(const void *name, size_t n)
{
    uint64_t h = 0xCBF29CE484222325ull; /* FNV-1a; the ring mixes its own key in */
    struct reader rd = reader_of(name, n);

    while (reader_left(&rd))
        h = (h ^ reader_u8(&rd)) * 0x100000001B3ull;
    return h | PART_BIT;
}

/* ---- pcap ---- */

static void put_head(struct writer *w, unsigned link_type)
{
    writer_le(w, 0xA1B2C3D4u, 4);
    writer_le(w, 2, 2);
    writer_le(w, 4, 2);
    writer_le(w, 0, 8); /* time zone and accuracy: always 0 */
    writer_le(w, PCAP_SNAPLEN, 4);
    writer_le(w, link_type, 4);
}

static void put_record(struct writer *w, uint64_t ts_us, struct span bytes, size_t wire)
{
    writer_le(w, ts_us / 1000000, 4);
    writer_le(w, ts_us % 1000000, 4);
    writer_le(w, bytes.n, 4);
    writer_le(w, wire, 4);
    writer_put(w, bytes);
}

/* ---- a flow's frames, from the newest back ---- */

struct walk {
    const struct recorder *r;
    uint64_t all, large, parts; /* next places in the two rings; parts of the frame before */
    uint32_t parts_left;
    bool torn; /* parts were overwritten */
};

static struct walk walk_from(const struct recorder *r, uint64_t flow)
{
    return (struct walk){r, ring_find(&r->all, flow), ring_find(&r->large, flow), RING_NONE, 0, false};
}

static struct walk walk_parts(const struct recorder *r, uint64_t parts, uint32_t n)
{
    return (struct walk){r, RING_NONE, RING_NONE, n ? ring_find(&r->all, parts) : RING_NONE, n, false};
}

static const struct ring_entry *walk_next(struct walk *w)
{
    const struct ring_entry *e = w->parts_left ? ring_at(&w->r->all, w->parts) : NULL;
    const struct ring_entry *a = ring_at(&w->r->all, w->all), *l = ring_at(&w->r->large, w->large);

    if (e) {
        w->parts_left--;
        w->parts = e->older;
        return e;
    }
    w->torn = w->torn || w->parts_left;
    w->parts_left = 0;
    e = !a || (l && l->order > a->order) ? l : a;
    if (!e)
        return NULL;
    *(e == a ? &w->all : &w->large) = e->older;
    w->parts_left = e->n_parts;
    w->parts = e->n_parts ? ring_find(&w->r->all, e->parts) : RING_NONE;
    return e;
}

struct found {
    size_t bytes; /* of their records */
    uint32_t frames;
    unsigned link_type;
    bool all;   /* nothing had to be left out */
    bool first; /* the flow's first frame is among them */
};

/* How much is there within max bytes. The link type is that of the newest frame. */
static struct found count_frames(struct walk w, size_t max)
{
    const struct ring_entry *e;
    struct found f = {.all = true};

    while ((e = walk_next(&w))) {
        if (!f.frames)
            f.link_type = e->link_type;
        if (e->link_type != f.link_type) {
            f.all = false;
            continue;
        }
        if (f.bytes + PCAP_RECORD + e->captured > max) {
            f.all = false;
            break;
        }
        f.bytes += PCAP_RECORD + e->captured;
        f.frames++;
        f.all = f.all && !e->cut;
        f.first = f.first || e->first;
    }
    f.all = f.all && !w.torn;
    return f;
}

/* The same frames as records, filled from their end, because they are found newest first. */
static void write_frames(struct walk w, const struct found *f, struct writer *out)
{
    uint8_t *to = writer_reserve(out, f->bytes);
    const struct ring_entry *e;
    struct writer one;

    for (size_t at = f->bytes; to && at && (e = walk_next(&w));) {
        if (e->link_type != f->link_type)
            continue;
        at -= PCAP_RECORD + e->captured;
        writer_fixed(&one, to + at, PCAP_RECORD + e->captured);
        put_record(&one, e->ts_us, ring_bytes(e), e->wire);
    }
    if (to)
        writer_advance(out, f->bytes);
}

/* ---- marks ---- */

static struct mark *find_mark(struct recorder *r, uint64_t flow)
{
    for (size_t i = 0; i < r->n_marks; i++)
        if (r->marks[i].flow == flow)
            return &r->marks[i];
    return NULL;
}

static void tell(struct recorder *r, const struct mark *m, enum recorder_state state)
{
    struct recorder_answer a = {m->request, state, m->complete, m->frames, writer_span(&m->pcap)};

    if (!m->frames || !writer_ok(&m->pcap)) /* there was never one, or memory was short */
        a = (struct recorder_answer){.request = m->request,
                                     .state = state == RECORDER_SO_FAR ? state : RECORDER_GONE};
    r->counts.gone += a.state == RECORDER_GONE;
    r->answer(r->arg, &a);
}

static void finish(struct recorder *r, struct mark *m)
{
    tell(r, m, RECORDER_WHOLE);
    writer_done(&m->pcap);
    *m = r->marks[--r->n_marks];
}

static size_t marks_bytes(const struct recorder *r)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n_marks; i++)
        n += r->marks[i].pcap.n;
    return n;
}

/* Is there room in the recording for another so many bytes? */
static bool mark_room(struct recorder *r, struct mark *m, size_t n)
{
    return n <= m->pcap.max - m->pcap.n && marks_bytes(r) + n <= r->marks_max;
}

/* Adds a frame and its parts to the recording of its flow; false when that must end. */
static bool mark_frame(struct recorder *r, struct mark *m, const struct ring_entry *e, const struct frame *f)
{
    struct found parts = count_frames(walk_parts(r, e->parts, e->n_parts), m->pcap.max);

    if (!m->pcap.n) {
        m->link_type = f->link_type;
        m->complete = e->first;
        put_head(&m->pcap, m->link_type);
    }
    if (f->link_type != m->link_type || (parts.frames && parts.link_type != m->link_type)) {
        m->complete = false;
        return true;
    }
    if (!mark_room(r, m, parts.bytes + PCAP_RECORD + f->bytes.n)) {
        m->complete = false;
        r->counts.stopped++;
        return false;
    }
    write_frames(walk_parts(r, e->parts, e->n_parts), &parts, &m->pcap);
    put_record(&m->pcap, f->ts_us, f->bytes, f->wire_bytes);
    m->complete = m->complete && parts.all;
    m->frames += parts.frames + 1;
    return writer_ok(&m->pcap);
}

/* ---- frames come in ---- */

static struct ring_entry *keep(struct recorder *r, struct ring *ring, uint64_t flow, const struct frame *f)
{
    size_t n = f->bytes.n < ring->size / 8 ? f->bytes.n : ring->size / 8;
    struct ring_entry *e = ring_push(ring, flow, span_part(f->bytes, 0, n));

    e->order = ++r->order;
    e->ts_us = f->ts_us;
    e->wire = (uint32_t)f->wire_bytes;
    e->link_type = (uint16_t)f->link_type;
    e->cut = n < f->bytes.n;
    r->counts.kept++;
    r->counts.bytes += n;
    r->counts.cut += e->cut;
    return e;
}

void recorder_add_part(struct recorder *r, uint64_t key, const struct frame *f)
{
    (void)keep(r, &r->all, key, f);
}

/* Has the flow had its share of the ring for all? */
static bool is_large(const struct recorder *r, uint64_t flow, size_t n)
{
    const struct ring_entry *e = ring_at(&r->all, ring_find(&r->all, flow));

    return e && e->sum + n > r->opt.flow_max;
}

void recorder_add(struct recorder *r, uint64_t flow, bool first, uint64_t parts, uint32_t n_parts,
                  const struct frame *f)
{
    bool large = is_large(r, flow, f->bytes.n);
    struct ring_entry *e = keep(r, large ? &r->large : &r->all, flow, f);
    struct mark *m = r->n_marks ? find_mark(r, flow) : NULL;

    r->counts.large += large;
    e->first = first;
    e->parts = parts;
    e->n_parts = n_parts;
    if (m && !mark_frame(r, m, e, f))
        finish(r, m);
}

/* ---- questions ---- */

static void begin(struct recorder *r, uint64_t flow, struct mark *m)
{
    struct walk w = walk_from(r, flow);
    struct found f = count_frames(w, r->opt.flow_max);

    writer_init(&m->pcap, PCAP_HEAD + 2 * r->opt.flow_max);
    m->link_type = f.link_type;
    m->frames = f.frames;
    m->complete = f.all && f.first;
    if (!f.frames)
        return;
    put_head(&m->pcap, f.link_type);
    write_frames(w, &f, &m->pcap);
}

void recorder_query(struct recorder *r, uint64_t flow, uint64_t request, bool alive, uint64_t now_us)
{
    struct mark *m = find_mark(r, flow), fresh = {.flow = flow, .request = request};
    bool room;

    r->counts.asked++;
    if (m) { /* asked again while it is recorded: the newer question gets the answer */
        m->request = request;
        tell(r, m, RECORDER_SO_FAR);
        return;
    }
    begin(r, flow, &fresh);
    room = r->n_marks < RECORDER_MARKS && mark_room(r, &fresh, fresh.pcap.n);
    if (alive && room) {
        fresh.until_us = r->opt.after_us ? now_us + r->opt.after_us : 0;
        r->marks[r->n_marks] = fresh;
        tell(r, &r->marks[r->n_marks++], RECORDER_SO_FAR);
        return;
    }
    if (alive) {
        fresh.complete = false;
        r->counts.busy++;
    }
    tell(r, &fresh, RECORDER_WHOLE);
    writer_done(&fresh.pcap);
}

bool recorder_knows(const struct recorder *r, uint64_t flow)
{
    for (size_t i = 0; i < r->n_marks; i++)
        if (r->marks[i].flow == flow)
            return true;
    return ring_find(&r->all, flow) != RING_NONE || ring_find(&r->large, flow) != RING_NONE;
}

void recorder_end(struct recorder *r, uint64_t flow)
{
    struct mark *m = r->n_marks ? find_mark(r, flow) : NULL;

    if (m)
        finish(r, m);
}

void recorder_tick(struct recorder *r, uint64_t now_us)
{
    for (size_t i = r->n_marks; i-- > 0;)
        if (r->marks[i].until_us && now_us >= r->marks[i].until_us)
            finish(r, &r->marks[i]);
}

void recorder_flush(struct recorder *r)
{
    while (r->n_marks)
        finish(r, &r->marks[r->n_marks - 1]);
}

void recorder_counts(const struct recorder *r, struct recorder_counts *ret)
{
    *ret = r->counts;
    ret->overwritten = r->all.overwritten + r->large.overwritten;
    ret->recording = r->n_marks;
}
