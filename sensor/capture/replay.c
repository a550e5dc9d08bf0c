/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/capture/replay.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FILE_HEAD 24
#define NAME_SHOWN 120

enum source_step replay_fail(struct replay *r, uint64_t at, const char *fmt, ...)
{
    char what[160];
    size_t n = strlen(r->s.name),
           from = n > NAME_SHOWN ? n - NAME_SHOWN : 0; /* the end of a path tells more */
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(what, sizeof(what), fmt, ap);
    va_end(ap);
    return source_fail(&r->s, "%s: at byte %llu: %s", r->s.name + from, (unsigned long long)at, what);
}

enum source_step replay_short(struct replay *r, uint64_t at, const char *what)
{
    if (r->feed.error)
        return replay_fail(r, at, "cannot be read: %s", strerror(r->feed.error));
    return replay_fail(r, at, "the file ends inside %s", what);
}

/* One record of a pcap file: seconds, fraction, captured length, length on the wire; then the bytes. */
static enum source_step pcap_next(struct replay *r, struct frame *ret)
{
    uint64_t at = feed_offset(&r->feed);
    uint32_t seconds, fraction, captured, wire;
    struct reader in;

    if (!feed_need(&r->feed, r->record_head)) {
        if (!feed_left(&r->feed) && !r->feed.error)
            return SOURCE_END;
        return replay_short(r, at, "a packet header");
    }
    in = reader_span(feed_look(&r->feed, r->record_head));
    seconds = replay_u32(r, &in);
    fraction = replay_u32(r, &in);
    captured = replay_u32(r, &in);
    wire = replay_u32(r, &in);
    if (r->old_lengths && captured > wire) {
        uint32_t swap = captured;
        captured = wire;
        wire = swap;
    }
    if (captured > SOURCE_FRAME_MAX)
        return replay_fail(r, at, "a packet header says %u bytes, more than any frame has (%d)", captured,
                           SOURCE_FRAME_MAX);
    if (!feed_need(&r->feed, r->record_head + captured))
        return replay_short(r, at, "a packet");
    ret->bytes = span_part(feed_take(&r->feed, r->record_head + captured), r->record_head, captured);
    ret->wire_bytes = wire > captured ? wire : captured;
    ret->ts_us = (uint64_t)seconds * 1000000 + fraction / r->divide;
    ret->link_type = r->link_type;
    return SOURCE_FRAME;
}

static const struct {
    uint32_t magic;
    uint32_t divide;
    size_t record_head;
} kinds[] = {
    {0xA1B2C3D4, 1, 16},    /* microseconds */
    {0xA1B23C4D, 1000, 16}, /* nanoseconds */
    {0xA1B2CD34, 1, 24}, /* Kuznetzov's patch: interface index, protocol and packet type behind the lengths */
};

static enum source_step pcap_open(struct replay *r, size_t kind)
{
    struct reader in = reader_span(feed_look(&r->feed, FILE_HEAD));
    unsigned major, minor;

    reader_skip(&in, 4);
    major = replay_u16(r, &in);
    minor = replay_u16(r, &in);
    if (major != 2)
        return replay_fail(r, 4, "pcap version %u.%u is not known", major, minor);
    reader_skip(&in, 12);
    r->old_lengths = minor < 4;
    r->link_type = replay_u32(r, &in) & 0xFFFF; /* above: length of the frame check sequence */
    r->divide = kinds[kind].divide;
    r->record_head = kinds[kind].record_head;
    r->next = pcap_next;
    feed_take(&r->feed, FILE_HEAD);
    return SOURCE_FRAME;
}

/* What the file is, by its first four bytes. SOURCE_FRAME: r->next is set. */
static enum source_step detect(struct replay *r)
{
    struct span head;
    struct reader in;
    uint32_t magic;

    if (!feed_need(&r->feed, FILE_HEAD)) {
        if (!feed_left(&r->feed) && !r->feed.error)
            return replay_fail(r, 0, "the file is empty");
        if (!r->feed.error && feed_left(&r->feed) < 4)
            return replay_fail(r, 0, "too short for a capture file");
    }
    head = feed_look(&r->feed, 4);
    in = reader_span(head);
    magic = reader_be32(&in);
    if (magic == 0x0A0D0D0A) {
        r->next = replay_ng_next;
        return SOURCE_FRAME;
    }
    for (size_t i = 0; i < GH_COUNT(kinds); i++) {
        r->big = magic == kinds[i].magic;
        if (!r->big && __builtin_bswap32(magic) != kinds[i].magic)
            continue;
        if (feed_left(&r->feed) < FILE_HEAD)
            return replay_short(r, 0, "the file header");
        return pcap_open(r, i);
    }
    if (r->feed.error)
        return replay_short(r, 0, "the file header");
    if (magic >> 16 == 0x1F8B || magic == 0x28B52FFD || magic >> 8 == 0xFD377A || magic >> 8 == 0x425A68)
        return replay_fail(r, 0, "the file is compressed: unpack it first");
    return replay_fail(r, 0, "neither pcap nor pcapng");
}

static enum source_step replay_next(struct source *s, struct frame *ret)
{
    struct replay *r = (struct replay *)s;
    enum source_step step = r->next ? SOURCE_FRAME : detect(r);

    if (step != SOURCE_FRAME)
        return step;
    step = r->next(r, ret);
    if (step == SOURCE_FRAME) {
        r->last_us = ret->ts_us;
        ret->block = r->feed.block;
    }
    return step;
}

static void replay_close(struct source *s)
{
    struct replay *r = (struct replay *)s;

    feed_close(&r->feed);
    free(r->interfaces);
    free(s->name);
    free(r);
}

static void replay_while_waiting(struct source *s, source_waiting_fn *fn, void *arg)
{
    struct replay *r = (struct replay *)s;

    r->feed.waiting = fn;
    r->feed.waiting_arg = arg;
}

static const struct source_ops replay_ops = {
    .next = replay_next, .while_waiting = replay_while_waiting, .close = replay_close};

struct source *replay_open(int fd, const char *name)
{
    struct replay *r = calloc(1, sizeof(*r));

    if (!r) {
        close(fd);
        return NULL;
    }
    r->s.ops = &replay_ops;
    r->s.name = strdup(name);
    if (!feed_open(&r->feed, fd) || !r->s.name) {
        replay_close(&r->s);
        return NULL;
    }
    return &r->s;
}
