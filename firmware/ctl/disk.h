/* SPDX-License-Identifier: GPL-3.0-or-later
 * disk: who may use how much of it. One table of producers: what each uses now, its quota's key, and what
 * happens at the end of it. The quotas are kept by the producers themselves; here they are counted together,
 * compared with the disk when the appliance starts, and shown. Keeper only, one thread. */
#ifndef GH_CTL_DISK_H
#define GH_CTL_DISK_H

#include "base/conf.h"
#include "base/json.h"

#define DISK_LOOK_MS 60000 /* between two walks over directories */

struct disk {
    const struct conf *conf;
    uint64_t looked_ms;
    uint64_t free, total;
    uint64_t walked[16]; /* by row, of those that are walked */
    bool unread[16];     /* not ours to read */
};

/* Looks, and says in one sentence when the quotas add up to more than the disk has. conf is borrowed. */
void disk_start(struct disk *d, const struct conf *conf);
/* "disk":{"free","total","granted","enough","used":{NAME:{"bytes","max"}}}; core is gh-core's last note or
 * NULL. */
void disk_status(struct disk *d, const struct json *core, struct jw *j);
/* The same for people, from the status; nothing when it has none. */
void disk_print(const struct json *disk);

#endif
