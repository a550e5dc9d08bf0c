/* SPDX-License-Identifier: GPL-3.0-or-later
 * goods_dir: what the console handed down, as it lies in the appliance's state directory:
 *
 *     down/KIND.order, KIND.manifest   the newest order of which everything is here
 *     down/KIND.part                   the manifest of one that is still being fetched
 *     down/chunks/<hex of id>          chunks of both, each compared with its id when it came
 *     update/firmware.have             ids that the image slots hold (32 bytes each; gatehouse firmware have)
 *     goods/KIND/SERIAL/               the files of an order that was obeyed, and of the one before it
 *     goods/KIND/active                a link to the one in force
 *     goods/KIND.json                  what became of the newest order
 *
 * gh-uplink writes below down/ and nowhere else; gh-down believes nothing that lies there before it has
 * compared it once more, and writes below goods/. A stick for an appliance is laid out like down/. Every file
 * is replaced as a whole; the order comes last. One thread. */
#ifndef GH_LINK_GOODS_DIR_H
#define GH_LINK_GOODS_DIR_H

#include "base/conf.h"
#include "base/goods.h"

#define GOODS_DIR_PATH (CONF_TEXT + 400)

/* dir/down, dir/down/chunks. */
int goods_dir_make(const char *state_dir);
/* path of dir/down/NAME; "" when it is too long. */
const char *goods_dir_path(const char *down, const char *name, char path[static GOODS_DIR_PATH]);
const char *goods_dir_kind(const char *down, enum goods_kind kind, const char *what,
                           char path[static GOODS_DIR_PATH]);
/* A whole regular file of at most max bytes. ST_NOT_FOUND, ST_LIMIT, or as open says. */
int goods_dir_read(const char *path, size_t max, struct writer *w);

/* Order and manifest in down, read and compared with each other, with the console's key and the appliance.
 * The goods live in a, bytes in manifest. ST_NOT_FOUND: there is no order. */
int goods_dir_order(const char *down, enum goods_kind kind, const struct seal_public *console,
                    const uint8_t appliance[static SEAL_ID], struct goods_order *ret);
int goods_dir_manifest(const char *path, const struct goods_order *o, struct arena *a,
                       struct writer *manifest, struct goods *ret);

bool goods_dir_chunk_here(const char *down, const struct goods_chunk *c);
/* Into to (CDC_MAX bytes), compared with its id. */
int goods_dir_chunk_read(const char *down, const struct goods_chunk *c, uint8_t *to);
int goods_dir_chunk_write(const char *down, const uint8_t id[static SEAL_HASH], struct span bytes);
/* Removes chunks that none of the manifests in down names. */
void goods_dir_sweep(const char *down);

#endif
