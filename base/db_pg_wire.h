/* SPDX-License-Identifier: GPL-3.0-or-later
 * db_pg_wire: arguments of a statement as PQexecPrepared takes them: numbers and bytes in the binary form,
 * texts as they are. PostgreSQL has no text with a NUL: it becomes U+FFFD, as a browser would show it. */
#ifndef GH_BASE_DB_PG_WIRE_H
#define GH_BASE_DB_PG_WIRE_H

#include "base/db.h"
#include "base/writer.h"

struct wire {
    const char *value[DB_VALUES];
    int length[DB_VALUES], format[DB_VALUES];
    uint8_t number[DB_VALUES][8];
    char real[DB_VALUES][32];
    struct writer text;
    size_t at[DB_VALUES]; /* in text, + 1; 0: not there */
};

/* any: texts have no type of their own, and go in the text form. values are borrowed until the statement ran.
 * ST_NOMEM. */
int wire_put(struct wire *w, const struct db_value *values, size_t n, bool any);
void wire_done(struct wire *w);

#endif
