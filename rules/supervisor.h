/* SPDX-License-Identifier: GPL-3.0-or-later
 * supervisor: takes SCAN from the core, keeps the queue, gives documents to the pool, passes findings back,
 * answers for the dead. It parses no document: it maps one only to hash it, and to compare its first bytes
 * with a table, when its reader is dead.
 *
 * A document whose pictures want recognising (OCR, a second a page) is first read without them by a pool of
 * readers; when there are such pictures it goes into a second queue, and a second pool with ceilings of its
 * own reads it again, pictures and all. So nobody waits for pictures but who has some. When that fails, it is
 * read a last time without, and its pictures are unread by the reason of the failure.
 *
 * Every SCAN gets exactly one FINDINGS, in whatever order the readings end. The queue holds at most
 * scan.queue documents, that for pictures scan.ocr_queue; beyond that, and while the core does not take its
 * answers, nothing more is read from the core: back-pressure (what was taken before is read on: the second
 * queue may hold as many more). A SCAN with flag 4 is in a hurry: its pictures are unread ("timeout") when
 * the second queue is full. A document is blamed for a worker's death only when that worker had read nothing
 * before; otherwise it is read once more by a fresh one, so that the answer never depends on who came before.
 * One thread. */
#ifndef GH_RULES_SUPERVISOR_H
#define GH_RULES_SUPERVISOR_H

#include "base/proc.h"
#include "rules/worker.h"

struct supervisor;

/* Takes over p->on_peer, p->on_stop and p->arg, and the loop's idle hook. c is copied, what it points to is
 * borrowed. NULL when memory or signals are refused. Nothing is forked before the first document. */
struct supervisor *supervisor_new(struct proc *p, const struct worker_config *c);
void supervisor_free(struct supervisor *s); /* kills its workers; NULL is fine */
/* What main should exit with: 0, or 3 when workers cannot be locked in. */
int supervisor_result(const struct supervisor *s);

#endif
