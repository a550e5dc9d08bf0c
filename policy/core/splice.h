/* SPDX-License-Identifier: GPL-3.0-or-later
 * splice: changes to an event's text at places that are known to the byte, so that the hot path never parses
 * JSON.
 *
 * A fileinfo record ends with  "stored":false}}  (the sensor's promise). Strings inside cannot imitate what
 * is looked for here: a quote inside a JSON string is always written \" . Pure functions, any thread. */
#ifndef GH_CORE_SPLICE_H
#define GH_CORE_SPLICE_H

#include "base/writer.h"

/* Does the record say "state":"CLOSED"? */
bool splice_closed(struct span json);
/* Appends json to out with "stored" set and members in its "gatehouse" object, unless members is empty. That
 * object is the sensor's own when the record has one, otherwise a new one at the end. A record without the
 * promised ending keeps its text; members are added all the same. */
void splice_fileinfo(struct writer *out, struct span json, bool stored, struct span members);
/* Appends a flow record to out with "alerted":false made true. */
void splice_alerted(struct writer *out, struct span json);
/* "flow_id" of a record; 0 when there is none. */
uint64_t splice_flow_id(struct span json);
/* Value of a leading "timestamp", empty when the record does not begin with it. */
struct span splice_timestamp(struct span json);

#endif
