/* SPDX-License-Identifier: GPL-3.0-or-later
 * outbox: what one host has to say, in order, in chunks: events as EVENTS messages carry them, but without
 * their numbers, and documents. Every entry bears its place in the run, so that the outboxes of several hosts
 * can be read as one (outlet.h), in the same order however many they are.
 *
 * The place: at, the number of the frame at work; sub, the order within it. What ends at a beat of the pulse
 * comes before the frame that made it beat: connections that wait for bytes, then idle flows, each in an
 * order of their own; then what the frame's jobs say.
 *
 * A chunk is full at CHUNK_BYTES, CHUNK_ENTRIES, or CHUNK_DOCUMENTS (bytes) and then handed on. An outbox
 * belongs to its host's thread; a chunk to whoever has it. */
#ifndef GH_SENSOR_OUTBOX_H
#define GH_SENSOR_OUTBOX_H

#include "base/event.h"

#define CHUNK_BYTES 65536u
#define CHUNK_ENTRIES 512u
#define CHUNK_DOCUMENTS (1u << 20)

/* sub of a place */
#define PLACE_HOLES 0ull
#define PLACE_ENDS (1ull << 62)
#define PLACE_JOB (2ull << 62)

struct place {
    uint64_t at, sub;
};
struct chunk_entry {
    struct place place;
    uint64_t document; /* number within its host: of the document, or the one that the event names; or 0 */
    size_t start, n;   /* its bytes, in events or in documents */
    bool pcap;         /* an answer of the flight recorder: its bytes are in documents */
    int fd;            /* of a document or pcap; -1: an event, or a pcap without a frame */
};
struct chunk {
    struct chunk *next; /* its owner's */
    struct writer events, documents;
    size_t document_bytes; /* of the documents themselves */
    size_t n, done;        /* done: entries that the reader is through with */
    struct chunk_entry entries[CHUNK_ENTRIES];
};
struct chunk *chunk_new(void); /* NULL when memory is short */
void chunk_clear(struct chunk *c);
void chunk_free(struct chunk *c); /* closes what nobody took; NULL is fine */

/* Takes a full chunk and gives an empty one. */
typedef struct chunk *outbox_fn(void *arg, struct chunk *full);
struct outbox {
    struct chunk *chunk;
    struct place place; /* of what is said now */
    outbox_fn *fn;
    void *arg;
    uint64_t events; /* put in so far */
};
int outbox_init(struct outbox *o, outbox_fn *fn, void *arg);
void outbox_done(struct outbox *o);
/* Room for one more entry; then the event is written at the end of o->chunk->events. */
void outbox_make_room(struct outbox *o);
/* What stands in o->chunk->events from start on is an event. */
void outbox_event(struct outbox *o, size_t start, uint64_t document);
/* A document with its announcement; takes fd over. */
void outbox_document(struct outbox *o, const struct event_document *d, int fd);
/* An answer of the flight recorder, of so many bytes; takes fd over (-1: none). */
void outbox_pcap(struct outbox *o, const struct event_pcap *p, size_t bytes, int fd);
/* Hands on what is there. */
void outbox_flush(struct outbox *o);

#endif
