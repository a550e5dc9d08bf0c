/* SPDX-License-Identifier: GPL-3.0-or-later
 * look: all that can be said of a bundle without an event: it loads, and nothing in it is misspelt. For
 * `gatehouse policy check` and the workbench. One thread. */
#ifndef GH_POLICY_LOOK_H
#define GH_POLICY_LOOK_H

#include "policy/lua/bundle.h"

/* Loads the bundle in dir and looks through its sources. 0, or a code with "file:line[:column]: sentence" for
 * each fault in err; *ret is there (bundle_free) when it could be loaded, whatever the sources say. */
int bundle_look(const char *dir, const struct cage_limits *lim, struct bundle **ret, struct writer *err);
/* "file:line: warning: sentence" for entries of its lists that hold no more, or end soon. */
void bundle_warn(const struct bundle *b, struct writer *err);

#endif
