/* SPDX-License-Identifier: GPL-3.0-or-later
 * compact: a parsed JSON value written again without blanks, so that it fits on one line. */
#ifndef GH_CORE_COMPACT_H
#define GH_CORE_COMPACT_H

#include "base/json.h"

#define COMPACT_DEPTH 56 /* deepest input; an event adds a few levels to it and jw counts to 63 */

/* Writes v as the next value of j. without_text leaves out members named "text" of objects that are documents
 * (have "read"). */
void compact_json(struct jw *j, const struct json *v, bool without_text);

/* Whether an earlier member of object has m's name. Of two the first counts everywhere here, but a browser
 * takes the last: so that both see the same, only the first is handed on. For objects of at most
 * COMPACT_MEMBERS, which the caller checks. */
#define COMPACT_MEMBERS 256
bool compact_repeated(const struct json *object, const struct json *m);

#endif
