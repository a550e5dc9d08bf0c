/* SPDX-License-Identifier: GPL-3.0-or-later
 * carve: one document that crosses the wire: bytes in order, hashed on the way, kept in a memfd only where
 * somebody wants the bytes, sealed at the end. One size limit for all protocols, one memory budget for all
 * open documents; both show.
 *
 * A document with a hole is never glued together: in the memfd the hole is zeros, so that offsets stay true,
 * its fileinfo is TRUNCATED with gaps:true and bears no hash. A document that ends early or passes a limit is
 * TRUNCATED and bears the hash of the bytes that were seen up to there; gatehouse.fileinfo.truncated_by names
 * the limit (document_max or documents_memory). Small documents live in ordinary memory until they end, so
 * that a hundred thousand tiny bodies cost no descriptors.
 *
 * A transfer belongs to the parser that opened it until carve_close or carve_drop. A carver belongs to one
 * thread. */
#ifndef GH_SENSOR_CARVE_H
#define GH_SENSOR_CARVE_H

#include "sensor/decode/proto.h"

#include <stdatomic.h>

struct transfer;

/* The memory of all open documents, of all carvers together. Each takes from it in larger pieces than it
 * needs, so that they seldom meet there. Any thread. */
struct carve_purse {
    atomic_uint_least64_t taken;
    uint64_t max;
};

struct carve_options {
    bool none;                 /* no documents are wanted at all: carve_open gives NULL and counts nothing */
    bool keep;                 /* somebody wants the bytes (scan or -w); otherwise they are only hashed */
    bool md5;                  /* also MD5 */
    uint64_t document_max;     /* most bytes of one document; past it the document is TRUNCATED */
    uint64_t memory_max;       /* most bytes of all open documents together */
    struct carve_purse *purse; /* shared with other carvers, instead of memory_max; borrowed; or NULL */
    uint64_t
        decoded_max; /* most bytes that one compressed body may become (conf sensor.http_decompress_max) */
};
/* How the sealed document leaves the process: fd is the sealed memfd (the callee owns it). */
typedef void carve_emit_fn(void *arg, const struct event_document *d, int fd);

struct carver *carver_new(const struct carve_options *opt, carve_emit_fn *emit, void *arg);
void carver_free(struct carver *c);
/* The options it was made with: a parser that decodes on the way asks here for decoded_max. */
const struct carve_options *carver_options(const struct carver *c);

/* A new document in that direction. name may be empty; tx is the transaction number shown as tx_id. NULL only
 * when memory is short (counted). */
struct transfer *carve_open(struct proto_ctx *cx, enum direction dir, struct span name, uint32_t tx);
/* A better name that came later. */
void carve_name(struct transfer *t, struct span name);
/* Extra members for the enclosing fileinfo event ("http":{…} and the like): one complete "key":value list
 * without braces, copied, at most 16 KiB. */
void carve_context(struct transfer *t, struct span members);
/* The same for members of the event's "gatehouse" object, at most 4 KiB. */
void carve_extra(struct transfer *t, struct span members);
void carve_data(struct transfer *t, struct span bytes);
/* missing bytes: the document is carved on with gaps:true, its hash is not given as complete. */
void carve_gap(struct transfer *t, uint64_t missing);
uint64_t carve_size(const struct transfer *t); /* bytes so far, gaps not counted */
/* A second document that begins with all that t has: for bytes that can be read in two ways, of which both
 * are carved. NULL when memory is short (counted). */
struct transfer *carve_fork(struct transfer *t);
/* t is the bytes from start on of a document of total bytes that crosses in pieces; key tells which one. When
 * all pieces have come whole, in whatever order and over whatever connections, all of it is announced as a
 * document of its own behind the last one. Only where the bytes are kept. */
void carve_piece(struct transfer *t, const uint8_t key[static 32], uint64_t start, uint64_t total);
/* A limit of the parser was reached; its name (a literal) becomes gatehouse.fileinfo.truncated_by. Later
 * bytes are ignored. */
void carve_limit(struct transfer *t, const char *limit);
/* A limit was reached: nothing more is taken, so a decoder may stop its work. */
bool carve_full(const struct transfer *t);
/* The document is over. complete: its protocol says that this is all. Emits fileinfo (state CLOSED when
 * complete and within limits, else TRUNCATED) and the document. Empty documents (no byte, no gap) make no
 * event. */
void carve_close(struct transfer *t, bool complete);
/* It was no document after all: nothing is emitted, nothing counted. */
void carve_drop(struct transfer *t);

/* For the ledger, when no transfer is open: opened = closed + truncated_* + lost_memory + not_documents.
 * Announced by a fileinfo are closed and truncated_*; lost_memory are those that carve_open refused. */
struct carve_counts {
    uint64_t opened, closed, truncated_limit, truncated_gap, truncated_end, lost_memory, not_documents;
    uint64_t open; /* now */
};
const struct carve_counts *carver_counts(const struct carver *c);

#endif
