/* SPDX-License-Identifier: GPL-3.0-or-later
 * imap_packed: one direction of an IMAP connection behind COMPRESS DEFLATE (RFC 4978): one raw deflate stream
 * to the end, flushed behind each line.
 *
 * Bounded: IMAP_PACKED_CHARGE of memory; bytes that come out, when they are more than the limit of decoded
 * bytes (sensor.http_decompress_max) and more than IMAP_PACKED_RATIO times what went in: no mails pack so
 * well. Behind a hole a deflate stream cannot be read. Decode thread only. */
#ifndef GH_SENSOR_IMAP_PACKED_H
#define GH_SENSOR_IMAP_PACKED_H

#include "sensor/decode/carve.h"

#define IMAP_PACKED_CHARGE (64u << 10)
#define IMAP_PACKED_RATIO 64u

/* What came out. */
typedef void imap_packed_fn(void *arg, enum direction dir, struct span bytes);

/* Embedded, zeroed by its owner; done when it was started. */
struct imap_packed {
    struct proto_ctx *cx;
    struct inflate *z; /* NULL: not started */
    imap_packed_fn *out;
    void *arg;
    enum direction dir;
    uint64_t fed, came;
    bool over; /* a fault: nothing more comes out */
};

/* False when memory is short. */
bool imap_packed_start(struct imap_packed *p, struct proto_ctx *cx, enum direction dir, imap_packed_fn *out,
                       void *arg);
static inline bool imap_packed_on(const struct imap_packed *p)
{
    return p->z != NULL;
}
void imap_packed_feed(struct imap_packed *p, struct span bytes);
void imap_packed_gap(struct imap_packed *p);
void imap_packed_done(struct imap_packed *p);

#endif
