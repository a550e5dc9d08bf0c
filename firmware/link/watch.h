/* SPDX-License-Identifier: GPL-3.0-or-later
 * watch: how the appliance's processes do, from the keeper's status.json: whether what was just put in force
 * can be lived with. One thread. */
#ifndef GH_LINK_WATCH_H
#define GH_LINK_WATCH_H

#include "base/goods.h"

struct watch {
    int64_t pid;      /* of the process that uses the kind; 0: it does not run */
    int64_t restarts; /* of all processes together */
    bool facts;       /* it has told something since it started */
    char fault[200];  /* and this is wrong */
    uint64_t calm_ms; /* since when nothing of this changed */
};
/* False when there is no status. */
bool watch_read(const char *state_dir, enum goods_kind kind, struct watch *ret);

#endif
