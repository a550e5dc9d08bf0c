/* SPDX-License-Identifier: GPL-3.0-or-later
 * zipper: a zip of stored members made in memory, for tests of the formats that are packed so. */
#ifndef GH_TESTS_ZIPPER_H
#define GH_TESTS_ZIPPER_H

#include "base/writer.h"

struct zipper {
    struct writer out, directory;
    unsigned n;
};
void zipper_init(struct zipper *z);
void zipper_add(struct zipper *z, const char *name, struct span bytes);
/* The whole file; lives until zipper_done. */
struct span zipper_end(struct zipper *z);
void zipper_done(struct zipper *z);

#endif
