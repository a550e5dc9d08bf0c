/* SPDX-License-Identifier: GPL-3.0-or-later
 * stores_make: small mail stores and help files for tests, built byte by byte. */
#ifndef GH_TESTS_STORES_MAKE_H
#define GH_TESTS_STORES_MAKE_H

#include "base/writer.h"

/* A store with folder "Hộp thư", in it one message with that subject and body (UTF-8, ASCII only) and one
 * attachment. wide: the 64-bit layout. Appended to out. */
void pst_make(struct writer *out, bool wide, const char *subject, const char *body, const char *file,
              struct span bytes);
/* A help file with one page that is not compressed. */
void chm_make(struct writer *out, const char *name, struct span page);

#endif
