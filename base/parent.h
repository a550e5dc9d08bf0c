/* SPDX-License-Identifier: GPL-3.0-or-later
 * parent: where a region's console keeps what makes it an appliance of the console above it: keys, answer to
 * its enrolment, journal. Apart from the console's own state directory, so that gh-console, which parses what
 * strangers send, cannot read the key. Pure. */
#ifndef GH_BASE_PARENT_H
#define GH_BASE_PARENT_H

#include "base/conf.h"

#define PARENT_PATH (CONF_TEXT + 64)
/* name "": the directory itself. Returns path. */
const char *parent_path(const struct conf *c, const char *name, char path[static PARENT_PATH]);
/* The same for a console's configuration: is it a region's, with keys of its own for a console above? */
bool parent_has_keys(const struct conf *c);
/* And was it let in there? */
bool parent_enrolled(const struct conf *c);
/* The name under which this console reports. */
const char *parent_region(const struct conf *c);

#endif
