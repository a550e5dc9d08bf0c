/* SPDX-License-Identifier: GPL-3.0-or-later
 * unpack: from chunks to files: goods/KIND/SERIAL/, made beside it and renamed when all of it is on the disk;
 * and the link that says which of them is in force. Only gh-down. One thread. */
#ifndef GH_LINK_UNPACK_H
#define GH_LINK_UNPACK_H

#include "firmware/link/goods_dir.h"

/* goods/KIND of the state directory. */
const char *unpack_kind(const char *state_dir, enum goods_kind kind, char path[static GOODS_DIR_PATH]);
const char *unpack_dir(const char *state_dir, enum goods_kind kind, uint64_t serial,
                       char path[static GOODS_DIR_PATH]);
/* Makes the directory of a serial anew, with all files; of firmware only the signed manifest, the chunks stay
 * where they are. 0 or a code with a sentence in why. */
int unpack_goods(const char *state_dir, const struct goods *g, uint64_t serial, char *why, size_t cap);
/* Lets "active" lead to serial; 0: takes it away. */
int unpack_activate(const char *state_dir, enum goods_kind kind, uint64_t serial);
/* Where it leads; 0: nowhere. */
uint64_t unpack_active(const char *state_dir, enum goods_kind kind);
/* Removes all directories of the kind but these two. */
void unpack_sweep(const char *state_dir, enum goods_kind kind, uint64_t keep, uint64_t and_keep);

#endif
