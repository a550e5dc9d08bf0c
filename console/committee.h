/* SPDX-License-Identifier: GPL-3.0-or-later
 * committee: `gatehouse console committee`: who opens evidence. The divided key lies as committee.shares in
 * the console's state directory; nothing in it is secret to less than a quorum of members. For the machine's
 * operator, beside a running console. */
#ifndef GH_CONSOLE_COMMITTEE_H
#define GH_CONSOLE_COMMITTEE_H

#include "base/committee.h"
#include "base/conf.h"

#define COMMITTEE_FILE "committee.shares"

/* argv[0] is "committee"; the result is the exit code. */
int committee_command(int argc, char **argv);
/* The file as it lies there now. ST_NOT_FOUND: the key was never divided. bytes: initialised here, holds what
 * ret points into; the caller's to free, also after a failure. */
int committee_load(const struct conf *c, struct writer *bytes, struct committee *ret);

#endif
