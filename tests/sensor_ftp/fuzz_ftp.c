/* SPDX-License-Identifier: GPL-3.0-or-later
 * A control connection and a data connection: two bytes of command (who, how, length) before each stretch. */
#include "sensor/decode/expect.h"
#include "sensor/decode/ftp.h"
#include "sensor/decode/ftp_data.h"
#include "sensor/decode/ftp_probe.h"
#include "tests/sensor_carve/fake_host.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct data_connection {
    struct proto_ctx cx;
    void *state;
};

static void data_open(struct data_connection *d, const struct proto_host *h, uint16_t port)
{
    if (d->state)
        return;
    d->cx = h->cx;
    d->cx.server_port = port;
    if (!expect_lookup(h->cx.expects, &d->cx, true))
        return;
    d->state = calloc(1, ftp_data_proto.state_size);
    gh_check(d->state && ftp_data_proto.open(d->state, &d->cx) == 0);
}

static void data_close(struct data_connection *d)
{
    if (!d->state)
        return;
    ftp_data_proto.close(d->state, &d->cx);
    free(d->state);
    d->state = NULL;
}

static void data_step(struct data_connection *d, enum direction dir, uint8_t how, struct span s)
{
    if (!d->state)
        return;
    if (how == 0)
        ftp_data_proto.feed(d->state, &d->cx, dir, s);
    else if (how == 1)
        ftp_data_proto.gap(d->state, &d->cx, dir, s.n);
    else if (how == 2)
        ftp_data_proto.end(d->state, &d->cx, dir);
    else if (!ftp_data_proto.lingers(d->state))
        data_close(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct carve_options o = {
        .keep = true, .document_max = 1 << 20, .memory_max = 4 << 20, .decoded_max = 1 << 20};
    static struct budget budget = {0, 64 << 20};
    struct proto_host *h = fake_new(NULL, &o);
    struct data_connection d[2] = {0};
    struct reader r = reader_of(data, size);

    h->cx.expects = expects_new(&budget);
    h->cx.midstream = reader_u8(&r) & 1;
    h->proto = &ftp_proto;
    h->state = calloc(1, ftp_proto.state_size);
    gh_check(h->cx.expects && h->state && ftp_proto.open(h->state, &h->cx) == 0);
    ftp_probe(&h->cx, TO_SERVER, span_of(data, size));
    ftp_probe(&h->cx, TO_CLIENT, span_of(data, size));
    while (reader_left(&r)) {
        uint8_t what = reader_u8(&r);
        size_t n = reader_u8(&r);
        enum direction dir = what & 1 ? TO_CLIENT : TO_SERVER;
        struct span s = reader_take(&r, n < reader_left(&r) ? n : reader_left(&r));
        if (what & 2) {
            data_open(&d[what >> 2 & 1], h, (uint16_t)(256 + (what >> 5)));
            data_step(&d[what >> 2 & 1], dir, what >> 3 & 3, s);
        } else if (what & 4) {
            fake_gap(h, dir, n);
        } else {
            fake_feed(h, dir, s.p, s.n, what & 8 ? 3 : 0);
        }
    }
    data_close(&d[0]);
    data_close(&d[1]);
    fake_close(h);
    expects_free(h->cx.expects);
    gh_check(budget.used == 0);
    h->cx.expects = NULL;
    fake_free(h);
    return 0;
}
