/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_ole_cfb: compound files (MS-CFB): a file system in a file. All its tables are hostile: every chain is
 * bounded by the number of sectors, the directory tree is walked once per entry, sizes are cut to what the
 * sectors hold. The tables live in the arena; streams are copied out, against the document's budget, because
 * many entries may claim one chain. */
#ifndef GH_RULES_X_OLE_CFB_H
#define GH_RULES_X_OLE_CFB_H

#include "rules/extract.h"

#define CFB_ENTRIES_MAX 65536 /* directory entries that are known */
#define CFB_NAME_MAX 32       /* UTF-16 units of a name, its end included */
#define CFB_ROOT 0u           /* index of the root storage */
#define CFB_NONE UINT32_MAX

enum cfb_type { CFB_EMPTY, CFB_STORAGE, CFB_STREAM, CFB_ROOT_STORAGE = 5 };
struct cfb_entry {
    uint16_t name[CFB_NAME_MAX]; /* ends with 0 */
    enum cfb_type type;
    uint32_t left, right, child; /* indexes, CFB_NONE none */
    uint32_t parent;             /* CFB_NONE: not reached from the root */
    uint32_t start;
    uint64_t size;
};
struct cfb;

/* 0; ST_MALFORMED when header or directory cannot be made out; ST_NOMEM. in must outlive *ret. */
int cfb_open(struct arena *a, struct span in, struct cfb **ret);
/* A table or chain was cut short or looped. */
bool cfb_damaged(const struct cfb *c);
uint32_t cfb_count(const struct cfb *c);
const struct cfb_entry *cfb_at(const struct cfb *c, uint32_t i);
/* Entry of that name in storage parent, ASCII case-insensitive; CFB_NONE when there is none. */
uint32_t cfb_find(const struct cfb *c, uint32_t parent, const char *name);
/* The entry's name is that, or begins so. */
bool cfb_named(const struct cfb *c, uint32_t i, const char *name);
bool cfb_starts(const struct cfb *c, uint32_t i, const char *prefix);
/* The name as UTF-8, control characters as "[6]"; appended to out. */
void cfb_name(const struct cfb *c, uint32_t i, struct writer *out);
/* The stream's bytes appended to out (the caller's ceiling). 0; ST_MALFORMED when its chain is cut (what came
 * before is there); ST_LIMIT (budget or out's ceiling); ST_NOT_FOUND when i is no stream. */
int cfb_read(struct extract *x, const struct cfb *c, uint32_t i, struct writer *out);

#endif
