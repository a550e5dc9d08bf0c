/* SPDX-License-Identifier: GPL-3.0-or-later
 * Frames, parts, questions and ends in any order: every answer is a sound file of that flow alone, and what
 * is counted adds up. Each step is 4 bytes: what, whose, length. */
#include "tests/sensor_recorder/tape.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void step(struct tape *t, struct reader *r)
{
    uint8_t what = reader_u8(r), whose = reader_u8(r);
    size_t bytes = 16 + reader_le16(r) * 4u;
    uint64_t flow = 1 + whose % 5, key = recorder_part_key(&whose, 1);

    switch (what % 8) {
    case 0:
        recorder_query(t->recorder, flow, t->number, what & 8, t->number);
        break;
    case 1:
        recorder_end(t->recorder, flow);
        break;
    case 2:
        recorder_tick(t->recorder, t->number);
        break;
    case 3:
        tape_part(t, flow, key, bytes);
        break;
    case 4:
        tape_whole(t, flow, key, what >> 4, bytes);
        break;
    default:
        tape_add(t, flow, bytes, what & 8, what & 16 ? 1 : 113);
    }
    for (; t->n; t->n--)
        gh_check(t->answers[t->n - 1].sound && (!t->answers[t->n - 1].frames || t->answers[t->n - 1].flow));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct reader r = reader_of(data, n);
    struct recorder_counts c;
    struct tape t;

    tape_open(&t, 4u << 20, 1024 + reader_u8(&r) * 2048u, 1 + reader_u8(&r));
    while (reader_left(&r) >= 4)
        step(&t, &r);
    recorder_flush(t.recorder);
    recorder_counts(t.recorder, &c);
    gh_check(c.overwritten <= c.kept && c.recording == 0);
    tape_close(&t);
    return 0;
}
