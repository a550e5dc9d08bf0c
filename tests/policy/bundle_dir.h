/* SPDX-License-Identifier: GPL-3.0-or-later
 * bundle_dir: a policy bundle in a temporary directory, made from strings. */
#ifndef GH_TESTS_BUNDLE_DIR_H
#define GH_TESTS_BUNDLE_DIR_H

#include "policy/lua/bundle.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *bundle_dir(void)
{
    static char dir[] = "/tmp/gh-policy-XXXXXX";
    static bool made;

    if (!made && mkdtemp(dir))
        made = true;
    return dir;
}

static inline void bundle_file(const char *name, const char *text)
{
    char path[256];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", bundle_dir(), name);
    f = fopen(path, "w");
    if (!f || fputs(text, f) < 0 || fclose(f) != 0)
        abort();
}

/* Loads policy text with the manifest and zones of the tests; NULL with the faults in err. */
static inline struct bundle *bundle_of(const char *policy, const char *zones, const struct cage_limits *lim,
                                       struct writer *err)
{
    struct bundle *b = NULL;

    bundle_file("bundle.json", "{\"name\":\"t\",\"version\":\"3\",\"utc_offset\":\"+07:00\"}");
    bundle_file("zones.lua", zones);
    bundle_file("policy.lua", policy);
    (void)bundle_load(bundle_dir(), lim, &b, err);
    return b;
}

static inline void bundle_dir_remove(void)
{
    static const char *const names[] = {"bundle.json", "zones.lua", "policy.lua"};
    char path[256];

    for (size_t i = 0; i < GH_COUNT(names); i++) {
        snprintf(path, sizeof(path), "%s/%s", bundle_dir(), names[i]);
        (void)unlink(path);
    }
    (void)rmdir(bundle_dir());
}

#endif
