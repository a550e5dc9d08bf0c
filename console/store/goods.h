/* SPDX-License-Identifier: GPL-3.0-or-later
 * goods: what the console hands down (base/goods.h), who shall have which, and what came of it.
 *
 *     goods_add ──▶ goods ──goods_assign──▶ an assignment: of all, of a ring, or of one appliance
 *                                               │ goods_settle: the most special one that is there holds
 *                                               ▼
 *                     goods_want (appliance, kind): goods and a serial, new whenever the goods change
 *                                               │ the answer to a hello or newest batch bears the signed
 * order ▼ fetching ▶ running │ waiting (for a restart) │ refused │ failed: what the appliance reports,
 * signed, in its chain
 *
 * Bytes lie in the database, chunk by chunk, each once: several nodes share them, a backup holds them.
 * Writing functions run in the caller's transaction; they end with goods_settle, so the caller need not call
 * it, but for a new appliance. Text that comes from people must be checked with goods_name_is_good first. */
#ifndef GH_CONSOLE_GOODS_H
#define GH_CONSOLE_GOODS_H

#include "base/goods.h"
#include "console/store/store.h"

#define GOODS_RING 64 /* a ring's name, as goods_name_is_good */

/* One file of new goods; both borrowed. */
struct goods_input {
    const char *path;
    struct span bytes;
};
/* Adds goods. files in any order, paths checked. who: user's name. *ret_id. 0; ST_EXISTS: kind, name and
 * version are there with other content (the same content gives its id and 0); ST_MALFORMED with *ret_why: a
 * name or path that is not taken, twice the same; ST_LIMIT. */
int goods_add(struct db *d, enum goods_kind kind, const char *name, const char *version, const char *note,
              const struct goods_input *files, size_t n, const char *who, int64_t *ret_id,
              const char **ret_why);
/* Goods of kind shadow with the name, version and files of a policy: made once, the chunks shared. 0;
 * ST_NOT_FOUND: no such policy; ST_LIMIT: larger than GOODS_SHADOW_BYTES; else as goods_add. */
#define GOODS_SHADOW_BYTES (8u << 20)
int goods_as_shadow(struct db *d, int64_t policy, const char *who, int64_t *ret_id, const char **ret_why);
/* Removes goods that nobody shall have; ST_EXISTS while an assignment names them. */
int goods_remove(struct db *d, int64_t id);

/* Whom an assignment is for: all three NULL/0 is everybody. An appliance's own goes before its ring's, that
 * before everybody's. */
struct goods_target {
    int64_t appliance; /* row number, 0: none */
    const char *ring;  /* NULL: none */
};
/* From now on the target shall have these goods; replaces the target's earlier assignment of the kind. id 0:
 * what the device was made with. 0; ST_NOT_FOUND: no such goods (of that kind), appliance. */
int goods_assign(struct db *d, const struct goods_target *t, enum goods_kind kind, int64_t id,
                 const char *who);
/* The target has no assignment of the kind any more: a more general one holds, or what was ordered last
 * stays. */
int goods_unassign(struct db *d, const struct goods_target *t, enum goods_kind kind);
/* The ring that an appliance belongs to; NULL or "": none. ST_NOT_FOUND. */
int goods_ring_set(struct db *d, int64_t appliance, const char *ring);
/* Brings goods_want up to date with assignments, rings and appliances. */
int goods_settle(struct db *d);

/* A signed record of an appliance: audit, what = goods. Others are none of ours. */
int goods_told(struct db *d, int64_t appliance, const struct json *event);
/* "down" of an open object: the orders that the appliance has not answered yet, base64. keys sign. */
int goods_wishes(struct db *d, const struct seal_keys *keys, int64_t appliance, struct jw *j);
/* The order of one kind, signed, whether answered or not; ST_NOT_FOUND when none holds. */
int goods_order_of(struct db *d, const struct seal_keys *keys, int64_t appliance, enum goods_kind kind,
                   struct goods_order *ret);

/* So many bytes of an order's goods were handed out. */
int goods_fetching(struct db *d, int64_t appliance, enum goods_kind kind, uint64_t serial, int64_t bytes);

enum goods_state {
    GOODS_WANTED,   /* ordered; nothing heard yet */
    GOODS_FETCHING, /* it asked for chunks */
    GOODS_RUNNING,
    GOODS_WAITING, /* all of it is there; firmware waits for a restart */
    GOODS_REFUSED, /* it would not take it: reason */
    GOODS_FAILED,  /* it took it, it did not work, what was before is back: reason */
    GOODS_STATES
};
extern const char *const goods_state_names[GOODS_STATES];
/* Lists as members of an open object: "items". Of goods: {id, kind, name, version, note, manifest, bytes,
 * files, added, added_by}. kind GOODS_KINDS: all. */
int goods_list(struct db *d, enum goods_kind kind, struct jw *j);
/* Of assignments: {target: "all"|"ring"|"appliance", ring, appliance (hex), appliance_name, kind, goods,
 * name, version, assigned, assigned_by}. */
int goods_assignments(struct db *d, struct jw *j);
/* Of states: one for each appliance and kind where something is ordered or was told: {appliance (hex),
 * appliance_name, ring, kind, serial, wanted: {goods, name, version}|null, state, reason, running: {name,
 * version, serial}|null, told, have, total}. appliance 0: all; kind GOODS_KINDS: all. */
int goods_states(struct db *d, int64_t appliance, enum goods_kind kind, struct jw *j);
/* One appliance and kind for programs. ST_NOT_FOUND when nothing is ordered and nothing was told. */
struct goods_standing {
    enum goods_state state;
    int64_t wanted, running; /* goods ids, 0: none, or goods that were removed since */
    uint64_t serial;
    int64_t told; /* µs, 0: never */
    char reason[256];
};
int goods_state(struct db *d, int64_t appliance, enum goods_kind kind, struct goods_standing *ret);

/* ---- bytes (goods_bytes.c) ---- */

/* Manifest of goods by its hash. ST_NOT_FOUND. */
int goods_manifest(struct db *d, const uint8_t id[static SEAL_HASH], struct writer *out);
/* A chunk of those goods, packed when that is shorter. ST_NOT_FOUND when it is none of theirs. */
int goods_chunk_of(struct db *d, const uint8_t manifest[static SEAL_HASH],
                   const uint8_t chunk[static SEAL_HASH], struct writer *out, struct goods_piece *ret);
/* One file of goods, whole: for people and tests. ST_NOT_FOUND. */
int goods_file(struct db *d, int64_t id, const char *path, struct writer *out);

#endif
