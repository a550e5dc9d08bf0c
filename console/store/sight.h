/* SPDX-License-Identifier: GPL-3.0-or-later
 * sight: what a signed-in person may see. Two questions, asked of every row that stems from an appliance:
 *
 *   scope      is the appliance in one of the person's units? What is not is not there at all: no row, no
 *              count, 404.
 *   clearance  is its content within the levels the person is cleared for? What is not is seen to have
 *              happened (type, size class, time, places, level, rule), never what it said: no text, file
 *              name, subject, address of a page, person, hash, or anything similar to it.
 *
 * A row's content is withheld when the row, its document anywhere else, or anything else in its connection
 * has a level outside the clearance: the name of a secret file is also in the request that fetched it.
 *
 * How others use it: a handler has r->who.sight. Put sight_scope_sql into every WHERE that reads rows of
 * appliances. Where a row shows content, select sight_clear_sql as one more column and pass what comes back 0
 * through sight_put_*. Where content decides WHICH rows match (words, file names, hashes), put
 * sight_clear_sql into the WHERE: a hit would tell what is withheld. Both texts hold numbers only, never
 * anything from outside. A scheduled job has sight_everything.
 *
 * Any thread; no state but the database's. Changing functions run in the caller's transaction. */
#ifndef GH_CONSOLE_SIGHT_H
#define GH_CONSOLE_SIGHT_H

#include "base/arena.h"
#include "console/store/store.h"

#define SIGHT_CLEAR_ALL ((1u << LEVEL_COUNT) - 1)
#define SIGHT_SQL 768 /* bytes of a condition */

struct sight {
    int64_t user;   /* row of the person; 0: a job of the console's own */
    int64_t token;  /* row of an API token that narrows further; 0: none */
    bool all_units; /* of the person */
    bool token_all; /* the token does not narrow the units (always with token 0) */
    unsigned clear; /* levels whose content is seen: bits 1 << level number (schema.h); bit 0 always */
};
/* Everything: reports and outputs that the committee has ordered for itself. */
extern const struct sight sight_everything;

/* Of a person. ST_NOT_FOUND. */
int sight_load(struct db *d, int64_t user, struct sight *ret);
/* Nothing is out of scope; nothing is withheld. */
bool sight_all_units(const struct sight *s);
bool sight_all_levels(const struct sight *s);

/* "TRUE", or a condition on a column that holds an appliance's row number ("r.appliance", "p.id"). */
const char *sight_scope_sql(const struct sight *s, const char *column, char buf[static SIGHT_SQL]);
/* "TRUE", or a condition that is 1 when the content of a row may be shown and 0 otherwise, never NULL. alias: of
 * a table with the columns appliance, flow, sha256 and level (alert, event). */
const char *sight_clear_sql(const struct sight *s, const char *alias, char buf[static SIGHT_SQL]);
/* The same for one appliance by its row number. 1 yes, 0 no, or an error. */
int sight_sees_appliance(struct db *d, const struct sight *s, int64_t appliance);
/* An alert: 0 with *ret_clear (its content may be shown); ST_NOT_FOUND: there is none in the person's scope.
 */
int sight_alert(struct db *d, const struct sight *s, int64_t alert, bool *ret_clear);

/* What remains of a record whose content is withheld, as one JSON object with "redacted":true in its
 * "gatehouse". The arena holds the parsed record; it may be an event as an appliance sent it, hostile or not:
 * what is not on the short list of members is left out. ST_NOMEM. */
int sight_put_event(struct arena *a, struct span event, struct jw *j);
/* The same of gatehouse.document alone, and of an alert's verdict; NULL writes null. */
void sight_put_document(const struct json *document, const struct json *fileinfo, struct jw *j);
void sight_put_verdict(const struct json *verdict, struct jw *j);
/* The same of the members that an alert's list row keeps (column "facts"), as members of an open object. */
int sight_put_facts(struct arena *a, struct span facts, struct jw *j);
/* Size in classes of ten: "<1 KiB", "1-10 KiB", … ; NULL when it is not known. */
const char *sight_size_class(int64_t bytes);

/* A connection carried something of this level. Called when a record is stored. */
int sight_note_level(struct db *d, int64_t appliance, int64_t flow, int level);

/* Clearance as people write it: the highest level per scheme ("tuyet_mat", "none") to the bits, and back. -1:
 * no such level in that scheme. */
enum sight_scheme { SCHEME_VN, SCHEME_OTHER, SCHEME_COUNT };
extern const char *const sight_scheme_names[SCHEME_COUNT];
int sight_clear_of(enum sight_scheme scheme, struct span highest);
const char *sight_highest(enum sight_scheme scheme, unsigned clear);
/* Member "clearance" of an open object: {"vn": …, "other": …}. */
void sight_put_clearance(unsigned clear, struct jw *j);

#endif
