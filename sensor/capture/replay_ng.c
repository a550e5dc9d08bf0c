/* SPDX-License-Identifier: GPL-3.0-or-later
 * pcapng (draft-ietf-opsawg-pcapng): blocks of type, length, body, length again. A block is never held whole:
 * the head is looked at, the frame is handed out, the rest is stepped over at the next call. So a block of
 * any length fits. */
#include "sensor/capture/replay.h"

#include <stdlib.h>

enum ng_block {
    BLOCK_SECTION = 0x0A0D0D0A,
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 2, /* obsolete */
    BLOCK_SIMPLE = 3,
    BLOCK_ENHANCED = 6
};
#define BLOCK_HEAD 8
#define BLOCK_MIN 12
#define SECTION_MIN 28
#define OPTIONS_MAX (64 * 1024) /* options of an interface that are looked at */
#define OPTION_TSRESOL 9
#define OPTION_TSOFFSET 14

/* Steps over what is left of the block before and checks its closing length. */
static enum source_step finish_block(struct replay *r)
{
    struct reader in;

    if (!r->pending)
        return SOURCE_FRAME;
    if (!feed_skip(&r->feed, r->pending - 4) || !feed_need(&r->feed, 4))
        return replay_short(r, feed_offset(&r->feed), "a block");
    in = reader_span(feed_take(&r->feed, 4));
    r->pending = 0;
    if (replay_u32(r, &in) != r->block_len)
        return replay_fail(r, feed_offset(&r->feed) - 4, "a block's two lengths differ");
    return SOURCE_FRAME;
}

/* Makes the first n bytes of the block's body readable and moves past them; fault when the block is shorter.
 */
static enum source_step block_take(struct replay *r, size_t n, struct reader *ret)
{
    uint64_t at = feed_offset(&r->feed);

    if (r->pending < n + 4)
        return replay_fail(r, at, "a block is too short for its type");
    if (!feed_need(&r->feed, n))
        return replay_short(r, at, "a block");
    *ret = reader_span(feed_take(&r->feed, n));
    r->pending -= n;
    return SOURCE_FRAME;
}

/* A new section: its own byte order, its own interfaces. in stands on the block's head. */
static enum source_step on_section(struct replay *r)
{
    struct reader in;

    if (!feed_need(&r->feed, 16))
        return replay_short(r, feed_offset(&r->feed), "a section header");
    in = reader_span(feed_look(&r->feed, 16));
    reader_skip(&in, 8);
    switch (reader_be32(&in)) {
    case 0x1A2B3C4D:
        r->big = true;
        break;
    case 0x4D3C2B1A:
        r->big = false;
        break;
    default:
        return replay_fail(r, feed_offset(&r->feed) + 8, "a section header without byte-order mark");
    }
    if (replay_u16(r, &in) != 1)
        return replay_fail(r, feed_offset(&r->feed) + 12, "this version of pcapng is not known");
    r->n_interfaces = 0;
    return SOURCE_FRAME;
}

static uint64_t resolution(uint8_t code)
{
    uint64_t v = 1;
    unsigned n = code & 0x7F;

    if (n > (code & 0x80 ? 63u : 19u))
        return 0;
    while (n--)
        v *= code & 0x80 ? 2 : 10;
    return v;
}

static void interface_options(struct replay *r, struct reader *in, struct replay_interface *ifc)
{
    while (reader_left(in) >= 4) {
        uint16_t code = replay_u16(r, in), len = replay_u16(r, in);
        struct reader value = reader_sub(in, len);
        if (!code || !reader_ok(in))
            return;
        if (code == OPTION_TSRESOL && len >= 1)
            ifc->per_second = resolution(reader_u8(&value));
        else if (code == OPTION_TSOFFSET && len >= 8)
            ifc->offset_s = (int64_t)(r->big ? reader_be64(&value) : reader_le64(&value));
        reader_skip(in, -(size_t)len & 3);
    }
}

static enum source_step on_interface(struct replay *r)
{
    struct replay_interface ifc = {.per_second = 1000000};
    struct reader in = {0};
    enum source_step step = block_take(r, 8, &in);
    uint64_t options;

    if (step != SOURCE_FRAME)
        return step;
    ifc.link_type = replay_u16(r, &in);
    reader_skip(&in, 2);
    ifc.snaplen = replay_u32(r, &in);
    options = r->pending - 4;
    step = block_take(r, options < OPTIONS_MAX ? (size_t)options : OPTIONS_MAX, &in);
    if (step != SOURCE_FRAME)
        return step;
    interface_options(r, &in, &ifc);
    if (r->n_interfaces == REPLAY_INTERFACES)
        return replay_fail(r, feed_offset(&r->feed), "more than %d interfaces", REPLAY_INTERFACES);
    if (r->n_interfaces == r->cap_interfaces) {
        size_t cap = r->cap_interfaces ? r->cap_interfaces * 2 : 8;
        struct replay_interface *more = reallocarray(r->interfaces, cap, sizeof(*more));
        if (!more)
            return replay_fail(r, feed_offset(&r->feed), "%s", status_text(ST_NOMEM));
        r->interfaces = more;
        r->cap_interfaces = cap;
    }
    r->interfaces[r->n_interfaces++] = ifc;
    return SOURCE_FRAME;
}

static uint64_t to_us(const struct replay_interface *ifc, uint64_t t, uint64_t fallback)
{
    unsigned __int128 us;
    __int128 moved;

    if (!ifc->per_second)
        return fallback;
    us = ifc->per_second == 1000000 ? t : (unsigned __int128)t * 1000000 / ifc->per_second;
    moved = (__int128)us + (__int128)ifc->offset_s * 1000000;
    return moved < 0 ? 0 : moved > INT64_MAX ? INT64_MAX : (uint64_t)moved;
}

/* The three packet blocks differ only in what precedes the bytes. */
struct packet_head {
    uint32_t interface, captured, wire;
    uint64_t time;
    bool timed;
};

static enum source_step packet_head(struct replay *r, uint32_t type, struct packet_head *h)
{
    struct reader in = {0};
    enum source_step step = block_take(r, type == BLOCK_SIMPLE ? 4 : 20, &in);

    if (step != SOURCE_FRAME)
        return step;
    *h = (struct packet_head){.timed = type != BLOCK_SIMPLE};
    if (type == BLOCK_SIMPLE) {
        uint32_t snaplen = r->n_interfaces ? r->interfaces[0].snaplen : 0;
        h->wire = h->captured = replay_u32(r, &in);
        if (snaplen && h->captured > snaplen)
            h->captured = snaplen;
        if (h->captured > r->pending - 4)
            h->captured = (uint32_t)(r->pending - 4);
        return SOURCE_FRAME;
    }
    if (type == BLOCK_ENHANCED) {
        h->interface = replay_u32(r, &in);
    } else {
        h->interface = replay_u16(r, &in);
        reader_skip(&in, 2); /* drops so far */
    }
    h->time = (uint64_t)replay_u32(r, &in) << 32;
    h->time |= replay_u32(r, &in);
    h->captured = replay_u32(r, &in);
    h->wire = replay_u32(r, &in);
    return SOURCE_FRAME;
}

static enum source_step on_packet(struct replay *r, uint32_t type, struct frame *ret)
{
    uint64_t at = feed_offset(&r->feed) - BLOCK_HEAD;
    struct packet_head h = {0};
    struct reader in = {0};
    enum source_step step = packet_head(r, type, &h);

    if (step != SOURCE_FRAME)
        return step;
    if (h.interface >= r->n_interfaces)
        return replay_fail(r, at, "a packet of interface %u, but only %zu are described", h.interface,
                           r->n_interfaces);
    if (h.captured > SOURCE_FRAME_MAX)
        return replay_fail(r, at, "a packet block says %u bytes, more than any frame has (%d)", h.captured,
                           SOURCE_FRAME_MAX);
    step = block_take(r, h.captured, &in);
    if (step != SOURCE_FRAME)
        return step;
    ret->bytes = reader_rest(&in);
    ret->wire_bytes = h.wire > h.captured ? h.wire : h.captured;
    ret->ts_us = h.timed ? to_us(&r->interfaces[h.interface], h.time, r->last_us) : r->last_us;
    ret->link_type = r->interfaces[h.interface].link_type;
    return SOURCE_FRAME;
}

/* Reads the head of the next block. SOURCE_FRAME: *ret_type is set, the feed stands behind the head. */
static enum source_step next_block(struct replay *r, uint32_t *ret_type)
{
    uint64_t at = feed_offset(&r->feed);
    struct reader in;
    enum source_step step;

    if (!feed_need(&r->feed, BLOCK_HEAD)) {
        if (!feed_left(&r->feed) && !r->feed.error)
            return SOURCE_END;
        return replay_short(r, at, "a block header");
    }
    in = reader_span(feed_look(&r->feed, 4));
    if (reader_be32(&in) == BLOCK_SECTION) { /* the same in both byte orders */
        step = on_section(r);
        if (step != SOURCE_FRAME)
            return step;
    }
    in = reader_span(feed_take(&r->feed, BLOCK_HEAD));
    *ret_type = replay_u32(r, &in);
    r->block_len = replay_u32(r, &in);
    if (r->block_len < (*ret_type == BLOCK_SECTION ? SECTION_MIN : BLOCK_MIN) || r->block_len % 4)
        return replay_fail(r, at, "a block of %u bytes", r->block_len);
    r->pending = r->block_len - BLOCK_HEAD;
    return SOURCE_FRAME;
}

enum source_step replay_ng_next(struct replay *r, struct frame *ret)
{
    for (;;) {
        uint32_t type = 0;
        enum source_step step = finish_block(r);
        if (step == SOURCE_FRAME)
            step = next_block(r, &type);
        if (step != SOURCE_FRAME)
            return step;
        switch (type) {
        case BLOCK_PACKET:
        case BLOCK_SIMPLE:
        case BLOCK_ENHANCED:
            return on_packet(r, type, ret);
        case BLOCK_INTERFACE:
            step = on_interface(r);
            if (step != SOURCE_FRAME)
                return step;
            break;
        case BLOCK_SECTION:
            break;
        default:
            r->s.stats.skipped_blocks++;
            break;
        }
    }
}
