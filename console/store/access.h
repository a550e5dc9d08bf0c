/* SPDX-License-Identifier: GPL-3.0-or-later
 * access: people as an administrator sees them, units, sessions, tokens of programs, known browsers. Reading
 * functions take any database handle; changing ones run in the caller's transaction, so that the audit entry
 * is part of it. Secrets are 32 random bytes shown once as 64 hex digits; the database holds hashes. */
#ifndef GH_CONSOLE_ACCESS_H
#define GH_CONSOLE_ACCESS_H

#include "console/store/people.h"

#define UNITS_MAX 64 /* units of one person or token */
#define UNIT_APPLIANCES 4096
#define UNIT_NAME 64  /* bytes */
#define TOKENS_MAX 20 /* of one person, alive */
#define TOKEN_NAME 64 /* bytes */

/* Which units: all, or these. */
struct units {
    bool all;
    size_t n;
    int64_t id[UNITS_MAX];
};
/* Reads "all" or an array of numbers of units that exist. ST_MALFORMED: it is neither, ST_NOT_FOUND: one does
 * not exist. */
int units_read(struct db *d, const struct json *v, struct units *ret);
/* As "1,2,3"; NULL for all. Room: 21 * UNITS_MAX. */
const char *units_text(const struct units *u, char *buf, size_t cap);
void units_parse(struct span text, struct units *ret);
/* Member "units" of an open object: "all" or [{"id","name"}…]; of a person, or of a token. */
int units_put_user(struct db *d, int64_t user, bool all, struct jw *j);
int units_put_token(struct db *d, int64_t token, bool all, struct jw *j);
/* Makes them the person's, or the token's. */
int units_set_user(struct db *d, int64_t user, const struct units *u);
int units_set_token(struct db *d, int64_t token, const struct units *u);

/* "items": all units with their appliances. One as an object: ST_NOT_FOUND. */
int unit_list(struct db *d, struct jw *j);
int unit_one(struct db *d, int64_t id, struct jw *j);
/* ST_EXISTS: the name is taken. */
int unit_add(struct db *d, struct span name, int64_t *ret_id);
int unit_rename(struct db *d, int64_t id, struct span name);
int unit_remove(struct db *d, int64_t id); /* ST_NOT_FOUND */
/* Its appliances become these (row numbers). */
int unit_fill(struct db *d, int64_t id, const int64_t *appliances, size_t n);
int unit_name(struct db *d, int64_t id, char buf[static UNIT_NAME + 1]); /* ST_NOT_FOUND */

/* A person as one object; a page of "items" and "next", newest first. */
int person_put(struct db *d, int64_t id, struct jw *j); /* ST_NOT_FOUND */
int person_list(struct db *d, int64_t before, int64_t limit, struct jw *j);
int person_find(struct db *d, int64_t id, struct user *ret); /* ST_NOT_FOUND */
struct person_change {
    unsigned roles;            /* 0: stays */
    int clear;                 /* -1: stays */
    int disabled;              /* -1: stays */
    const struct units *units; /* NULL: stay */
};
/* ST_DENIED: nobody would be left who administers people. A disabled person's sessions, tokens and links end.
 */
int person_change(struct db *d, int64_t id, const struct person_change *c);

/* "items": sessions that are alive, newest first; current is marked. */
int session_list(struct db *d, int64_t user, int64_t current, uint64_t idle_us, uint64_t max_us,
                 struct jw *j);
/* Ends one of the person's. ST_NOT_FOUND. */
int session_end_of(struct db *d, int64_t user, int64_t id);

/* A token of a program: what it may at most (bits 1 << enum right), for whom, until when (µs). */
struct token {
    int64_t id, user;
    uint64_t rights, expires, used; /* used: 0 never */
    bool all_units;
    char name[TOKEN_NAME + 1];
};
int token_add(struct db *d, const struct token *t, const struct units *u, int64_t *ret_id,
              char secret[static TOKEN_TEXT]);
/* By its secret; ST_NOT_FOUND: none, or its time is over, or its owner is disabled. */
int token_find(struct db *d, struct span secret, struct token *ret);
/* It is used now. */
int token_used(struct db *d, int64_t id);
/* "items" of a person, newest first. */
int token_list(struct db *d, int64_t user, struct jw *j);
int token_count(struct db *d, int64_t user, int64_t *ret);
int token_end(struct db *d, int64_t user, int64_t id, char name[static TOKEN_NAME + 1]); /* ST_NOT_FOUND */

/* A browser from which the person has signed in before. */
int device_add(struct db *d, int64_t user, char secret[static TOKEN_TEXT]);
bool device_known(struct db *d, struct span secret, struct span user_name);

#endif
