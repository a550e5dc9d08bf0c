/* SPDX-License-Identifier: GPL-3.0-or-later
 * map: fixed-capacity hash table with age order, for tables that a hostile peer can fill.
 *
 * Keys are byte strings of one fixed size, values are fixed-size structs stored in the table. When full, the caller
 * decides: map_insert returns NULL and map_oldest names the entry least recently touched. SipHash-like keyed hashing
 * (a random key per table unless seeded) so that nobody can aim at one bucket. One thread. Values never move. */
#ifndef GH_BASE_MAP_H
#define GH_BASE_MAP_H

#include "base/status.h"

struct map;

/* Table for at most capacity entries; memory is taken at once: capacity * (key + value + 24) bytes and buckets. */
struct map *map_new(size_t capacity, size_t key_size, size_t value_size);
void map_free(struct map *m);
/* The value of key, or NULL; touched = true also makes it the youngest. */
void *map_find(struct map *m, const void *key, bool touch);
/* A zeroed value for a new key (must not exist yet), youngest; NULL when full. */
void *map_insert(struct map *m, const void *key);
void map_remove(struct map *m, const void *key);
/* Value of the entry least recently touched, or NULL when empty; its key through ret_key when not NULL. */
void *map_oldest(struct map *m, const void **ret_key);
size_t map_count(const struct map *m);
size_t map_capacity(const struct map *m);

#endif
