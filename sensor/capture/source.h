/* SPDX-License-Identifier: GPL-3.0-or-later
 * source: where frames come from. replay.c reads capture files (pcap and pcapng, also from a pipe), live.c an
 * interface.
 *
 *     struct frame f;
 *     while (source_next(s, &f) == SOURCE_FRAME)
 *         ... f.bytes is readable until the next source_next ...
 *
 * A source belongs to one thread. Memory: replay 512 KiB per open file whatever the file says; live the
 * kernel's ring (capture.buffer). Everything is opened before the jail is entered; afterwards only read(2) or
 * recvfrom(2), poll(2) and getsockopt(2) are called. */
#ifndef GH_SENSOR_SOURCE_H
#define GH_SENSOR_SOURCE_H

#include "base/reader.h"
#include "sensor/capture/block.h"

#define SOURCE_FRAME_MAX (256 * 1024) /* longest frame that is delivered */
#define SOURCE_ERROR_SIZE 320         /* room for a sentence of this module */

struct frame {
    struct span bytes;   /* what was captured; belongs to the source, valid until its next call */
    size_t wire_bytes;   /* length on the wire, at least bytes.n */
    uint64_t ts_us;      /* microseconds since 1970 UTC */
    unsigned link_type;  /* LINKTYPE_ value of tcpdump.org, for packet_decode */
    struct block *block; /* where bytes lie: they stay readable for who holds it; NULL: there is none */
};
enum source_step {
    SOURCE_FRAME, /* *ret is filled */
    SOURCE_AGAIN, /* live: nothing there now; wait for source_fd to become readable */
    SOURCE_END,   /* the file ends where it should; stays so */
    SOURCE_FAULT  /* no further frame can be had: source_fault tells why; stays so. Frames before it were
                     delivered. */
};
/* Counters since the source was opened. */
struct source_stats {
    uint64_t frames;          /* delivered */
    uint64_t bytes;           /* captured bytes of these */
    uint64_t skipped_blocks;  /* pcapng blocks of no use to us */
    uint64_t kernel_received; /* live: as the kernel counts, lost ones included */
    uint64_t kernel_drops;    /* live: ring was full: we were too slow */
    uint64_t interface_drops; /* live: lost in the card or its driver */
};
struct source;

/* Reads a capture file from fd: a regular file or a pipe, from its current offset on. Takes fd over (also on
 * failure). name is copied and stands in sentences. Nothing is read yet: a bad file shows at the first
 * source_next. NULL only when memory is short. Formats: pcap with microseconds or nanoseconds, both byte
 * orders, also with the longer packet header of patched kernels (0xa1b2cd34); pcapng with several sections
 * and interfaces. */
struct source *replay_open(int fd, const char *name);

/* What is done meanwhile (ten times a second) when s reads a pipe that has nothing to say: fn returns false
 * when nobody waits any longer, and the input then ends where it is. No effect on an interface. */
typedef bool source_waiting_fn(void *arg);
void source_while_waiting(struct source *s, source_waiting_fn *fn, void *arg);

struct live_options {
    const char *interface; /* name of the interface */
    const char *filter;    /* BPF filter, or "" or NULL */
    size_t buffer;         /* bytes of the kernel ring */
    unsigned snaplen;
    bool promiscuous;
    uint16_t group; /* not 0: number of a group of sockets among which the kernel deals out the frames */
    bool first;     /* of its group: counts for all what the card loses */
};
/* Opens an interface. 0, or ST_DENIED, ST_NOT_FOUND, ST_USAGE (filter), ST_NOMEM, ST_IO with one sentence in
 * err that says what to do. */
int live_open(const struct live_options *opt, struct source **ret, char err[static SOURCE_ERROR_SIZE]);

/* All sockets of a group are open: until now each may have had frames that others got as well. They are let
 * go unseen, and counting begins. */
void live_begin(struct source *s);

enum source_step source_next(struct source *s, struct frame *ret);
/* The fault as one sentence: what is wrong, where; "" when there was none. Lives as long as the source. */
const char *source_fault(const struct source *s);
/* The file's or interface's name as given. */
const char *source_name(const struct source *s);
/* Live: becomes readable when frames are there, and is the packet socket for jail_options.receive_only.
 * Replay: -1. */
int source_fd(const struct source *s);
/* Live: asks the kernel for its counters; cheap enough for once a second. */
void source_stats(struct source *s, struct source_stats *ret);
void source_free(struct source *s); /* closes; NULL is fine */

#endif
