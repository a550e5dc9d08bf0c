/* SPDX-License-Identifier: GPL-3.0-or-later
 * db_pg: PostgreSQL behind db.h, for a console that has outgrown one machine. Statements are written for
 * SQLite and put into PostgreSQL's words (db_pg_sql.h). Everything lies in the schema "gatehouse" of the
 * database.
 *
 * db_begin takes a lock that all nodes share, so that writers are one after another as with SQLite: numbers
 * that count up and chains stay without gaps. Rows of a statement are all fetched at its first step: bounded
 * by LIMITs in the texts, and by the server's memory.
 *
 * The connection is made once, before the jail; in the jail there is none to be made. When the server is
 * gone, statements end with ST_CLOSED and on_lost is called once: the process should end and be started
 * again. */
#ifndef GH_BASE_DB_PG_H
#define GH_BASE_DB_PG_H

#include "base/db.h"

/* url: "postgresql://…" or "host=… dbname=…" as libpq takes them; a password belongs in a file (passfile=…),
 * never in the URL on a command line. DB_READ: the connection can only read. err: a sentence for people on
 * failure, without the URL. on_lost may be NULL. 0; ST_USAGE: the address is not understood; ST_DENIED;
 * ST_CLOSED: no server. */
int db_pg_open(const char *url, enum db_mode mode, void (*on_lost)(void), struct db **ret, char *err,
               size_t cap);
/* Does it look like one? */
bool db_pg_is_url(const char *text);

#endif
