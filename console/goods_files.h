/* SPDX-License-Identifier: GPL-3.0-or-later
 * goods_files: goods from and to directories: what an officer adds, and what a stick carries to an appliance
 * (laid out like its down/ directory). */
#ifndef GH_CONSOLE_GOODS_FILES_H
#define GH_CONSOLE_GOODS_FILES_H

#include "base/arena.h"
#include "console/store/goods.h"

#define GOODS_FILES_BYTES (256u << 20) /* most of one addition */

struct goods_files {
    struct goods_input *v;
    size_t n;
    struct arena *arena;
};
/* All regular files below path (a single file under its own name), links and dot files left out. Of a
 * firmware release the chunks are put together to image and uki. 0, or a code, *ret_why a sentence or "".
 * Free in any case. */
int goods_files_read(struct goods_files *f, enum goods_kind kind, const char *path, const char **ret_why);
void goods_files_free(struct goods_files *f);
/* Orders, manifests and chunks for an appliance into dir. *ret_n: orders. */
int goods_files_export(struct db *d, const struct seal_keys *keys, int64_t appliance, const char *dir,
                       size_t *ret_n);

#endif
