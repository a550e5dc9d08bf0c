/* SPDX-License-Identifier: GPL-3.0-or-later
 * standing: what became of the newest order of one kind, and what is in force: goods/KIND.json. Read and
 * written by gh-down alone; what cannot be read counts as nothing known. One thread. */
#ifndef GH_LINK_STANDING_H
#define GH_LINK_STANDING_H

#include "base/goods.h"
#include "base/json.h"

#define STANDING_REASON 256

struct standing_goods {
    char name[GOODS_NAME], version[GOODS_NAME]; /* "": as the device was made */
    uint8_t manifest[SEAL_HASH];
    uint64_t serial; /* the directory's name, too */
};
struct standing {
    uint64_t serial;   /* newest order that was dealt with; 0: none */
    const char *state; /* of "running", "waiting", "refused", "failed", "trying"; static */
    char reason[STANDING_REASON];
    struct standing_goods ordered, running, before; /* before: what a trial goes back to */
};
void standing_load(const char *path, struct standing *ret);
int standing_save(const char *path, enum goods_kind kind, const struct standing *s);
/* The object gatehouse.audit. */
void standing_put(enum goods_kind kind, const struct standing *s, struct jw *j);

#endif
