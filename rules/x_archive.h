/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_archive: libarchive, included by x_archive.c alone. */
#ifndef GH_RULES_X_ARCHIVE_H
#define GH_RULES_X_ARCHIVE_H

#include "rules/extract.h"

/* Reads the members of a zip for which wanted says yes; when fewer than expected came, x is told that some
 * were not read. */
void archive_members(struct extract *x, struct span in, size_t expected,
                     bool (*wanted)(void *arg, struct span name), void *arg);
/* The name of what a single packed stream holds: "a/report.txt.xz" -> "report.txt", "b.tgz" -> "b.tar". In
 * x_gzip.c. */
struct span packed_name(struct extract *x);

#endif
