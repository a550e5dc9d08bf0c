/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/sensor_recorder/tape.h"

#define PART (1ull << 62) /* in the number of a frame that is a part */

static void take_record(struct tape_answer *a, struct reader *r)
{
    uint64_t seconds = reader_le32(r), us = reader_le32(r);
    uint32_t captured = reader_le32(r), wire = reader_le32(r);
    struct reader bytes = reader_sub(r, captured);
    uint64_t flow = reader_le64(&bytes), number = reader_le64(&bytes);
    bool part = number & PART; /* it stands before the frame that made its datagram whole, whenever it came */

    number &= ~PART;
    a->sound = a->sound && reader_ok(&bytes) && wire >= captured && us < 1000000 &&
               seconds * 1000000 + us == number && (part || number > a->last);
    if (!a->frames) {
        a->first = number;
        a->flow = flow;
    }
    a->flow = a->flow == flow ? flow : 0;
    a->last = part ? a->last : number;
    a->frames++;
}

static void on_answer(void *arg, const struct recorder_answer *got)
{
    struct tape *t = arg;
    struct tape_answer a = {got->request, got->state, got->complete, true, 0, 0, 0, 0, 0, got->pcap.n};
    struct reader r = reader_span(got->pcap);

    if (got->pcap.n) {
        a.sound = reader_le32(&r) == 0xA1B2C3D4u && reader_le16(&r) == 2 && reader_le16(&r) == 4;
        reader_skip(&r, 8);
        a.sound = a.sound && reader_le32(&r) == 262144;
        a.link_type = reader_le32(&r);
        while (reader_left(&r))
            take_record(&a, &r);
    }
    a.sound = a.sound && reader_ok(&r) && a.frames == got->frames;
    gh_check(t->n < TAPE_ANSWERS);
    t->answers[t->n++] = a;
}

void tape_open(struct tape *t, size_t size, size_t flow_max, uint64_t after_us)
{
    const struct recorder_options opt = {size, flow_max, after_us};

    *t = (struct tape){.number = 1000000};
    t->recorder = recorder_new(&opt, on_answer, t);
    gh_check(t->recorder);
}

void tape_close(struct tape *t)
{
    recorder_free(t->recorder);
}

static struct frame make(struct tape *t, uint64_t flow, size_t n, unsigned link_type, uint64_t part)
{
    static uint8_t bytes[TAPE_FRAME_MAX];
    struct writer w;

    writer_fixed(&w, bytes, sizeof(bytes));
    writer_le(&w, flow, 8);
    writer_le(&w, ++t->number | part, 8);
    gh_check(n >= 16 && n <= sizeof(bytes));
    return (struct frame){
        .bytes = span_of(bytes, n), .wire_bytes = n, .ts_us = t->number, .link_type = link_type};
}

uint64_t tape_add(struct tape *t, uint64_t flow, size_t n, bool first, unsigned link_type)
{
    struct frame f = make(t, flow, n, link_type, 0);

    recorder_add(t->recorder, flow, first, 0, 0, &f);
    return t->number;
}

uint64_t tape_part(struct tape *t, uint64_t flow, uint64_t key, size_t n)
{
    struct frame f = make(t, flow, n, 1, PART);

    recorder_add_part(t->recorder, key, &f);
    return t->number;
}

uint64_t tape_whole(struct tape *t, uint64_t flow, uint64_t key, uint32_t n_parts, size_t n)
{
    struct frame f = make(t, flow, n, 1, 0);

    recorder_add(t->recorder, flow, false, key, n_parts, &f);
    return t->number;
}

const struct tape_answer *tape_last(const struct tape *t)
{
    gh_check(t->n);
    return &t->answers[t->n - 1];
}
