/* SPDX-License-Identifier: GPL-3.0-or-later
 * child: runs a program of ours and waits for it: what it says is kept as one line, to be told as a reason.
 * One at a time; it dies with its parent. */
#ifndef GH_LINK_CHILD_H
#define GH_LINK_CHILD_H

#include "base/reader.h"

#define CHILD_SAYS 256

/* Runs argv[0] from this program's directory; says gets the last line of its error output, or of its output,
 * cleaned. Its exit status; 128 and more: killed, also after timeout_ms; 127: it cannot be started. */
int child_run(char *const argv[], uint64_t timeout_ms, char says[static CHILD_SAYS]);

#endif
