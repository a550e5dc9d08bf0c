/* SPDX-License-Identifier: GPL-3.0-or-later
 * openings: that a document was opened becomes an event in the appliance's chain. `gatehouse evidence record`
 * leaves a small file evidence/<request>.opened in the state directory, gh-core records it as
 * {"event_type":"audit"} with what: "evidence_opened" and removes the file: in that order, so that after a
 * power cut it is there twice rather than not at all. */
#ifndef GH_CORE_OPENINGS_H
#define GH_CORE_OPENINGS_H

#include "base/conf.h"
#include "base/opening.h"
#include "policy/core/core.h"

#define OPENINGS_SUFFIX ".opened"
#define OPENINGS_NOTE_MAX 16384

/* The command's part; says what is wrong on stderr. 0 or an exit code. ST_DENIED: this appliance's committee
 * is another one. */
int openings_leave(const struct conf *c, const struct opening_request *q, const struct opening_receipt *p);
/* gh-core's part: looks every OPENINGS_EVERY_MS. */
#define OPENINGS_EVERY_MS 5000
void openings_tick(struct core *c, uint64_t now_ms);

#endif
