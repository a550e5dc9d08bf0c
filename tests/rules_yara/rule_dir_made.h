/* SPDX-License-Identifier: GPL-3.0-or-later
 * rule_dir_made: a directory of rule files made for one test. */
#ifndef GH_TESTS_RULE_DIR_MADE_H
#define GH_TESTS_RULE_DIR_MADE_H

#include "base/reader.h"

struct made_file {
    const char *name; /* may stand in one subdirectory: "sub/x.yar" */
    const char *text; /* NULL: no file */
};
/* Makes the directory with n files; its path is good until the next call. Any failure ends the test. */
const char *made_dir(const struct made_file *files, size_t n);
/* Removes what made_dir made. */
void made_remove(void);

#endif
