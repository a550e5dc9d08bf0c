/* SPDX-License-Identifier: GPL-3.0-or-later
 * Two copies of the same bytes of a stream say different things: one goes on to the parser, as the receiver's
 * system would have it, the other is kept here, for whoever wants to know what else was said. */
#include "sensor/decode/host_impl.h"

#define OTHER_MAX (64u << 10) /* bytes kept of one direction */

/* Pieces that lie apart are parted by a hole. */
void conn_other(void *arg, enum direction dir, uint64_t off, struct span bytes)
{
    struct conn *c = arg;
    struct conn_other *o = &c->other[dir];

    if (!c->proto || o->full)
        return;
    if (!o->doc) {
        o->doc = carve_open(&c->cx, dir, span_str("overlap"), c->cx.tx_next ? c->cx.tx_next - 1 : 0);
        o->full = !o->doc; /* none are wanted, or memory is short: counted there */
    } else if (off != o->end) {
        carve_gap(o->doc, off > o->end ? off - o->end : 1);
    }
    if (bytes.n > OTHER_MAX - carve_size(o->doc)) {
        bytes.n = (size_t)(OTHER_MAX - carve_size(o->doc));
        o->full = true;
    }
    carve_data(o->doc, bytes);
    if (o->full)
        carve_limit(o->doc, "overlap_max");
    o->end = off + bytes.n;
}

void conn_other_close(struct conn *c)
{
    for (int d = 0; d < 2; d++) {
        if (c->other[d].doc)
            carve_close(c->other[d].doc, false);
        c->other[d].doc = NULL;
    }
}
