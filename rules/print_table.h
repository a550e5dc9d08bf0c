/* SPDX-License-Identifier: GPL-3.0-or-later
 * print_table: numbers by a 64-bit key, several for one key: how a document under registration is found among
 * 100 000 by its name or its text. Grows by itself; nothing is taken out. One thread. */
#ifndef GH_RULES_PRINT_TABLE_H
#define GH_RULES_PRINT_TABLE_H

#include "base/status.h"

struct print_slot {
    uint64_t key;
    uint32_t value; /* + 1; 0: empty */
};
struct print_table {
    struct print_slot *v;
    size_t cap, n;
};
int print_table_put(struct print_table *t, uint64_t key, uint32_t value); /* 0 or ST_NOMEM */
/* The next value of key from *pos on (0 at first); false when there is none left. */
bool print_table_next(const struct print_table *t, uint64_t key, size_t *pos, uint32_t *ret);
void print_table_done(struct print_table *t);

#endif
