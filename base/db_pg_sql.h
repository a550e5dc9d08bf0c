/* SPDX-License-Identifier: GPL-3.0-or-later
 * db_pg_sql: SQL as it is written here for SQLite, in PostgreSQL's words. Not a translator of everything: of
 * what our own statements use, by tokens, without a grammar. What differs more than a token can say is
 * written so that both understand it: TRUE and FALSE where a condition is meant, (x & y) <> 0, ON
 * CONFLICT(columns) before DO UPDATE, CROSS JOIN always with ON, GROUP BY everything that is no sum. Texts
 * come from this program, never from outside. Pure. */
#ifndef GH_BASE_DB_PG_SQL_H
#define GH_BASE_DB_PG_SQL_H

#include "base/writer.h"

/* One statement: parameters become $1 …; types, hints for SQLite's planner, IS, LIKE, blobs and reserved
 * names are put right. ST_MALFORMED: a token that never ends, or a parameter beyond ?32. */
int pg_sql_statement(struct span sql, struct writer *out);
/* A migration step of several statements, with triggers that only refuse, and full-text tables, which become
 * tables of a row number and a tsvector ("v"). */
int pg_sql_script(struct span sql, struct writer *out);
/* What a new database needs before the first step: functions that SQLite has and PostgreSQL lacks. Run once.
 */
extern const char pg_sql_prelude[];

#endif
