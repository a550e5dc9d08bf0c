/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/rules_yara/rule_dir_made.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64];

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *f)
{
    (void)st;
    (void)flag;
    (void)f;
    return remove(path);
}

const char *made_dir(const struct made_file *files, size_t n)
{
    char path[256];

    snprintf(dir, sizeof(dir), "/tmp/gh-test-yara-XXXXXX");
    gh_check(mkdtemp(dir));
    for (size_t i = 0; i < n && files[i].name; i++) {
        const char *slash = strchr(files[i].name, '/');
        FILE *f;
        if (slash) {
            snprintf(path, sizeof(path), "%s/%.*s", dir, (int)(slash - files[i].name), files[i].name);
            (void)mkdir(path, 0700);
        }
        snprintf(path, sizeof(path), "%s/%s", dir, files[i].name);
        f = fopen(path, "w");
        gh_check(f && fputs(files[i].text, f) >= 0 && fclose(f) == 0);
    }
    return dir;
}

void made_remove(void)
{
    (void)nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
