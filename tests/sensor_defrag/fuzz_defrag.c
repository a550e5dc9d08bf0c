/* SPDX-License-Identifier: GPL-3.0-or-later
 * Frames, each behind its 16-bit length, raw IP; reassembled as the decoder does it. The ledger must add up
 * after each. */
#include "sensor/decode/defrag.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct defrag_options o = {.datagrams = 8, .memory = 1, .timeout_us = 100};
    struct defrag *d = defrag_new(&o);
    const struct defrag_counts *c = d ? defrag_counts(d) : NULL;
    struct reader in = reader_of(data, size);
    uint64_t now = 0;

    while (d && reader_left(&in) > 2) {
        uint16_t n = reader_be16(&in);
        struct packet p = {.ts_us = now += n % 32, .number = 1};
        enum packet_verdict v =
            packet_decode(&p, 101, reader_take(&in, n < reader_left(&in) ? n : reader_left(&in)));
        for (unsigned round = 0; v == PACKET_OK && p.fragment && round < 2; round++) {
            struct defrag_result r;
            v = defrag_add(d, &p, &r);
            gh_check(c->in == c->delivered + c->held + c->lost_incomplete + c->lost_malformed + c->lost_full);
            gh_check(c->memory <= 256 * 1024);
            if (v == PACKET_OK)
                v = packet_decode_ip(&p, r.l3);
        }
    }
    if (d) {
        defrag_flush(d);
        gh_check(c->held == 0 && c->memory == 0);
    }
    defrag_free(d);
    return 0;
}
