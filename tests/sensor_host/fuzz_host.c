/* SPDX-License-Identifier: GPL-3.0-or-later
 * Any frames: no fault in packet, fragments, flow, nDPI, stream and parsers, and the ledger adds up.
 * Input: u8 link type, then frames: u16 length, u8 time step, bytes. */
#include "sensor/decode/crew.h"

#include <unistd.h>

static int on_send(void *arg, enum msg_type type, struct span body, int fd)
{
    struct reader r = reader_span(body);
    struct event_record e;
    int rc = 0;

    (void)arg;
    if (type == MSG_EVENTS)
        while ((rc = event_record_next(&r, &e)) == 1)
            ;
    gh_check(rc == 0);
    if (fd >= 0)
        close(fd);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct conf conf;
    static struct crew
        *h; /* nDPI takes long to set up: a pipeline serves many inputs, as captures of one run */
    static unsigned served;
    static uint64_t now = 1700000000000000ull;
    const struct host_out out = {on_send, NULL};
    const struct crew_options opt = {.conf = &conf, .threads = 1, .documents = true, .keep = true};
    struct reader r = reader_of(data, size);
    unsigned link = reader_u8(&r);
    struct ledger l;

    if (served++ % 500 == 0) {
        crew_free(h);
        conf_defaults(&conf);
        conf.sensor_recorder = 1u << 20;
        h = crew_new(&opt, &out);
        gh_check(h);
    }
    while (reader_left(&r)) {
        size_t n = reader_le16(&r);
        struct frame f = {.link_type = link == 255 ? 276 : link};
        now += (uint64_t)reader_u8(&r) * 10000;
        f.ts_us = now;
        f.bytes = reader_take(&r, n < reader_left(&r) ? n : reader_left(&r));
        f.wire_bytes = f.bytes.n;
        crew_frame(h, &f);
    }
    (void)crew_pcap(h, span_part(span_of(data, size), 1, 16)); /* as if the input were a question, too */
    crew_finish(h);
    crew_ledger(h, &l);
    gh_check(ledger_balanced(&l));
    return 0;
}
