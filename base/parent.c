/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/parent.h"

#include <stdio.h>
#include <unistd.h>

const char *parent_path(const struct conf *c, const char *name, char path[static PARENT_PATH])
{
    bool own = *c->console_parent_dir;

    snprintf(path, PARENT_PATH, "%s%s%s%s", own ? c->console_parent_dir : c->console_state_dir, own ? "" : "-parent",
             *name ? "/" : "", name);
    return path;
}

static bool there(const struct conf *c, const char *name)
{
    char path[PARENT_PATH];
    return access(parent_path(c, name, path), F_OK) == 0;
}

bool parent_has_keys(const struct conf *c)
{
    return there(c, "appliance.key");
}

bool parent_enrolled(const struct conf *c)
{
    return parent_has_keys(c) && there(c, "console.json");
}

const char *parent_region(const struct conf *c)
{
    return *c->console_region ? c->console_region : c->console_name;
}
