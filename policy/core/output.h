/* SPDX-License-Identifier: GPL-3.0-or-later
 * output: event lines for other programs, to standard output, a file that is rotated, or a Unix socket
 * (base/outlet.h).
 *
 * Two ways to deal with who does not take them:
 *  - strict (inspect): whoever reads is waited for; what cannot be written ends the work (output_rc).
 *  - otherwise (run): nothing is ever waited for. Lines that cannot be written now stay in a buffer of
 * output.eve_buffer bytes; what does not fit is lost, counted by reason and said once. When the reader is
 * back or the disk has room again, the buffer goes on where it stopped. A line is written whole or not at
 * all: what a full disk cut is taken back.
 *
 * Everything is opened before the jail. A file is opened again (signal, rotation) by its name in the
 * directory that was opened then; a socket can only be connected anew by the keeper, who is asked through
 * `closed` and answers with output_take. One thread; callbacks from the loop. */
#ifndef GH_CORE_OUTPUT_H
#define GH_CORE_OUTPUT_H

#include "base/conf.h"
#include "base/event.h"
#include "base/json.h"
#include "base/loop.h"

struct output;

struct output_counts {
    uint64_t written;
    /* lost, by reason: the reader was too slow, was gone, the disk was full or failed, the line was too long
     * for a datagram or the buffer */
    uint64_t slow, closed, full, too_long;
};

/* Opens what the configuration names; strict without a name means standard output. *ret stays NULL when
 * nothing is to be written. 0 or a code with a sentence in err; a socket nobody listens on is an error only
 * when strict. */
int output_open(const struct conf *conf, bool strict, struct output **ret, char *err, size_t cap);
void output_close(struct output *o); /* writes what can be written now; NULL is fine */
/* The directory that must stay writable in the jail: its descriptor, -1 without one. */
int output_dir(const struct output *o);
/* In the jail: warns when the file's directory cannot be written, so that it could not be rotated. loop is
 * borrowed; closed(arg) is called when the socket's reader is gone, and again whenever it is found gone. */
void output_start(struct output *o, struct loop *loop, void (*closed)(void *arg), void *arg);

/* One line, a JSON object without its end; false when its type is not wanted. NULL o: nothing, false. */
bool output_put(struct output *o, enum event_type type, struct span json);
/* Writes what waits. Strict: 0 or the failure, which stays. */
int output_flush(struct output *o);
int output_rc(const struct output *o);
/* Time goes by: rotates, tries again. */
void output_tick(struct output *o, uint64_t now_ms);
/* More than half of the buffer waits, and output.eve_wait says that nothing may be lost. */
bool output_pressing(const struct output *o);
/* Opens the file again (it was moved away). */
void output_reopen(struct output *o);
/* A connected socket from the keeper; taken over. */
void output_take(struct output *o, int fd);
/* NULL when o is NULL. Lines in the buffer are in none of them. */
const struct output_counts *output_counts(const struct output *o);
/* "output":{"written":N,"lost":{…}} */
void output_facts(const struct output_counts *n, struct jw *j);

#endif
