/* SPDX-License-Identifier: GPL-3.0-or-later
 * store_files: what a test's console.db leaves in its directory. */
#ifndef GH_TESTS_STORE_FILES_H
#define GH_TESTS_STORE_FILES_H

#include "base/status.h"

#include <stdio.h>
#include <unistd.h>

/* Removes them, once the store is closed; the directory stays. */
static inline void store_files_remove(const char *dir)
{
    static const char *const files[] = {"console.db", "console.db-wal", "console.db-shm"};
    char path[96];

    for (size_t i = 0; i < GH_COUNT(files); i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
        unlink(path);
    }
}

#endif
