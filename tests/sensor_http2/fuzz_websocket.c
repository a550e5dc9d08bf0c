/* SPDX-License-Identifier: GPL-3.0-or-later
 * Behind an upgrade: the first byte says which extensions were agreed, then two bytes of command (direction,
 * hole, piecemeal or all; length) before each stretch. */
#include "sensor/decode/websocket.h"
#include "tests/sensor_carve/fake_host.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct carve_options o = {
        .keep = true, .document_max = 1 << 20, .memory_max = 4 << 20, .decoded_max = 1 << 20};
    static const char *const extensions[] = {"", "permessage-deflate",
                                             "permessage-deflate; client_no_context_takeover",
                                             "permessage-deflate; server_no_context_takeover"};
    struct proto_host *h = fake_new(NULL, &o);
    struct reader r = reader_of(data, size);
    struct http_tx *tx = http_tx_new(&h->cx, 0);
    struct websocket *w = NULL;

    if (tx)
        w = websocket_new(&h->cx, TO_SERVER, tx, span_str(extensions[reader_u8(&r) & 3]));
    if (!w)
        abort();
    while (reader_left(&r)) {
        uint8_t what = reader_u8(&r);
        size_t n = (size_t)(what >> 3) << 8 | reader_u8(&r);
        enum direction dir = what & 1 ? TO_CLIENT : TO_SERVER;
        if ((what & 6) == 6) {
            websocket_gap(w, dir, n);
            continue;
        }
        struct reader part = reader_sub(&r, n < reader_left(&r) ? n : reader_left(&r));
        while (reader_left(&part))
            websocket_feed(w, dir, (what & 6) == 2 ? reader_take(&part, 1) : reader_rest(&part));
    }
    websocket_free(w);
    http_tx_free(&h->cx, tx);
    fake_free(h);
    return 0;
}
