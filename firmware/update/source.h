/* SPDX-License-Identifier: GPL-3.0-or-later
 * source: where the files of a release come from: a directory, or the address of one: http://… or https://…,
 * a neighbour's or anybody's. Who brings them does not matter: the manifest is signed, each chunk has its
 * hash. One thread. */
#ifndef GH_UPDATE_SOURCE_H
#define GH_UPDATE_SOURCE_H

#include "base/writer.h"

#define SOURCE_TRIES 5 /* of one file over the network, longer apart each time */

bool source_is_address(const char *where);
/* Appends where/NAME to w, at most max bytes. 0; ST_NOT_FOUND; ST_LIMIT when it is longer; as the line or the
 * disk says. */
int source_read(const char *where, const char *name, size_t max, struct writer *w);

#endif
