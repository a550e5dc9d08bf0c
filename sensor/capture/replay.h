/* SPDX-License-Identifier: GPL-3.0-or-later
 * replay: inside of the file source, shared by replay.c (entry, pcap) and replay_ng.c (pcapng). Only for
 * sensor/capture. */
#ifndef GH_SENSOR_REPLAY_H
#define GH_SENSOR_REPLAY_H

#include "sensor/capture/feed.h"
#include "sensor/capture/source_impl.h"

#define REPLAY_INTERFACES 4096 /* most interfaces of one pcapng section */

struct replay_interface {
    uint64_t per_second; /* time units; 0: a resolution that nobody can mean */
    int64_t offset_s;
    uint32_t snaplen; /* 0: no limit */
    uint16_t link_type;
};
struct replay {
    struct source s;
    struct feed feed;
    enum source_step (*next)(struct replay *r, struct frame *ret); /* the format's reader */
    bool big;                                                      /* byte order of the file or section */
    uint64_t last_us; /* time of the frame before, for frames that carry none */
    /* pcap */
    uint32_t divide;    /* fraction units in a microsecond */
    size_t record_head; /* bytes of a packet header */
    bool old_lengths;   /* before version 2.4 writers disagreed on the order of the two lengths */
    unsigned link_type;
    /* pcapng */
    uint64_t pending; /* bytes of the current block that are still to be stepped over, its closing length
                         included */
    uint32_t block_len;
    struct replay_interface *interfaces;
    size_t n_interfaces, cap_interfaces;
};

/* Faults name file and offset; at counts from the start of the input. */
enum source_step replay_fail(struct replay *r, uint64_t at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The input ended (or failed) inside what. */
enum source_step replay_short(struct replay *r, uint64_t at, const char *what);

static inline uint32_t replay_u32(const struct replay *r, struct reader *in)
{
    return r->big ? reader_be32(in) : reader_le32(in);
}
static inline uint16_t replay_u16(const struct replay *r, struct reader *in)
{
    return r->big ? reader_be16(in) : reader_le16(in);
}

/* The next frame of a pcapng file that starts at the feed's position. */
enum source_step replay_ng_next(struct replay *r, struct frame *ret);

#endif
