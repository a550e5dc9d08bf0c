/* SPDX-License-Identifier: GPL-3.0-or-later
 * event_source: recorded events, line by line: from a file, standard input, or a journal, which `gatehouse
 * journal cat` reads in a process of its own. For the commands; one thread. */
#ifndef GH_POLICY_EVENT_SOURCE_H
#define GH_POLICY_EVENT_SOURCE_H

#include "base/writer.h"

struct event_source;
/* path: a file of EVE lines, "-", or a journal (a file that begins as SQLite's do, or the directory where it
 * lies); since_us is a hint for a journal. NULL after a message. */
struct event_source *event_source_open(const char *path, uint64_t since_us);
/* The next line without its end: 1, 0 at the end, ST_LIMIT for one that is too long (it is skipped). Valid
 * until the next call. */
int event_source_next(struct event_source *s, struct span *ret);
/* 0, or 2 or 3 when the journal could not be read to its end (what it said stands on stderr). */
int event_source_close(struct event_source *s);

#endif
