/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/imap_packed.h"
#include "sensor/decode/inflate.h"

static bool on_out(void *arg, struct span bytes)
{
    struct imap_packed *p = arg;

    p->came += bytes.n;
    if (p->came > carver_options(p->cx->carver)->decoded_max && p->came / IMAP_PACKED_RATIO > p->fed) {
        proto_anomaly(p->cx, p->dir, "imap.decompress_limit");
        p->over = true;
        return false;
    }
    p->out(p->arg, p->dir, bytes);
    return true;
}

bool imap_packed_start(struct imap_packed *p, struct proto_ctx *cx, enum direction dir, imap_packed_fn *out,
                       void *arg)
{
    if (!proto_charge(cx, IMAP_PACKED_CHARGE))
        return false;
    *p = (struct imap_packed){.cx = cx, .out = out, .arg = arg, .dir = dir};
    p->z = inflate_new(CODING_RAW, on_out, p);
    if (!p->z)
        proto_release(cx, IMAP_PACKED_CHARGE);
    return p->z != NULL;
}

void imap_packed_feed(struct imap_packed *p, struct span bytes)
{
    if (p->over || !bytes.n)
        return;
    p->fed += bytes.n;
    inflate_feed(p->z, bytes);
    if (p->over || inflate_state(p->z) == INFLATE_GOING)
        return;
    proto_anomaly(p->cx, p->dir, "imap.compression_broken");
    p->over = true;
}

void imap_packed_gap(struct imap_packed *p)
{
    if (!p->over)
        proto_anomaly(p->cx, p->dir, "imap.gap_in_compressed");
    p->over = true;
}

void imap_packed_done(struct imap_packed *p)
{
    if (!p->z)
        return;
    inflate_free(p->z);
    p->z = NULL;
    proto_release(p->cx, IMAP_PACKED_CHARGE);
}
