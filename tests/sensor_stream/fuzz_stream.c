/* SPDX-License-Identifier: GPL-3.0-or-later
 * Any sequence of segments, acknowledgements and waits: no fault, and the segments add up.
 * Input: u32 first number; steps of u8 kind, u16 offset, u8 length, bytes. The policy is in the number. */
#include "sensor/decode/stream.h"

static volatile uint64_t used;

static void on_data(void *arg, enum direction dir, struct span bytes)
{
    uint64_t *sum = arg;
    (void)dir;
    for (size_t i = 0; i < bytes.n; i++)
        *sum += bytes.p[i]; /* touches every byte, for the sanitizers */
}
static void on_gap(void *arg, enum direction dir, uint64_t missing)
{
    (void)arg;
    (void)dir;
    gh_check(missing > 0);
}
static void on_end(void *arg, enum direction dir)
{
    (void)arg;
    (void)dir;
}
static void on_oddity(void *arg, enum direction dir, enum stream_oddity what)
{
    (void)arg;
    (void)dir;
    (void)what;
}

static void on_other(void *arg, enum direction dir, uint64_t off, struct span bytes)
{
    (void)off;
    on_data(arg, dir, bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct stream_sink sink = {on_data, on_gap, on_end, on_oddity, on_other};
    struct reader r = reader_of(data, size);
    struct budget budget = {.max = 1u << 20};
    struct streams all;
    struct stream s;
    uint64_t sum = 0, now = 0;
    const struct stream_counts *c = &all.counts;
    uint32_t base = reader_le32(&r);

    streams_init(&all, &sink, &budget, 256u << 10);
    stream_init(&s, TO_SERVER, base);
    stream_policy(&s, (enum target_policy)(base % TARGET_POLICY_COUNT));
    while (reader_left(&r)) {
        uint8_t kind = reader_u8(&r);
        uint32_t at = base + ((uint32_t)reader_le16(&r) << (kind & 8 ? 10 : 0));
        struct reader text = reader_sub(&r, reader_u8(&r));
        struct stream_segment seg = {.seq = at, .fin = kind & 4, .doubtful = kind & 16, .now_us = now};
        seg.payload = reader_rest(&text);
        if (kind & 1)
            stream_segment(&all, &s, &sum, &seg);
        else if (kind & 2)
            stream_acked(&all, &s, &sum, at, now);
        else
            now += at;
        gh_check(c->in == c->delivered + c->held + c->lost_memory + c->lost_outside + c->lost_after_end +
                              c->lost_before_start + c->lost_checksum);
        gh_check(budget.used <= budget.max);
    }
    stream_flush(&all, &s, &sum);
    stream_done(&all, &s);
    gh_check(budget.used == 0 && c->held == 0);
    streams_done(&all);
    used = sum; /* so that reading is not optimised away */
    return 0;
}
