/* SPDX-License-Identifier: GPL-3.0-or-later
 * people: users, their sessions, and one-time links. Tokens are 32 random bytes, shown once as 64 hex digits;
 * the database holds their hashes. Reading functions take any database handle; writing ones run in a
 * transaction of the caller's (store_begin) so that the audit entry is part of it. Times are microseconds
 * since 1970. */
#ifndef GH_CONSOLE_PEOPLE_H
#define GH_CONSOLE_PEOPLE_H

#include "base/password.h"
#include "console/store/rights.h"
#include "console/store/store.h"

#define TOKEN_TEXT 65
#define NAME_SIZE 65
#define PASSWORD_MIN 12  /* characters */
#define PASSWORD_MAX 256 /* bytes */

struct user {
    int64_t id;
    unsigned roles; /* bits 1 << enum user_role */
    bool disabled;
    char name[NAME_SIZE], hash[PASSWORD_HASH];
};
struct session {
    int64_t id, user;
    unsigned roles; /* bits 1 << enum user_role */
    bool half;      /* the second factor is owed: nothing but setting it up is allowed */
    char name[NAME_SIZE];
    uint64_t created, seen;
};
struct invite {
    unsigned roles; /* bits 1 << enum user_role */
    int64_t user;   /* 0: for a newcomer */
    char name[NAME_SIZE];
    uint64_t expires;
    /* of a newcomer: what he may see (access.h reads scope) */
    bool all_units;
    char scope[1536];
    unsigned clear;
};

/* 32 random bytes as hex. */
void token_make(char text[static TOKEN_TEXT]);
bool name_is_good(struct span name);
/* Long enough, valid UTF-8, not the user's name, not one of the most common ones. */
bool password_is_good(struct span password, struct span name);

/* 0 or ST_NOT_FOUND. */
int user_find(struct db *d, struct span name, struct user *ret);
bool user_any_administrator(struct db *d);
/* ST_EXISTS when the name is taken. */
int user_add(struct db *d, const char *name, const char *hash, unsigned roles, int64_t *ret_id);
int user_set_hash(struct db *d, int64_t id, const char *hash);

/* New session; its token goes into the cookie. */
int session_add(struct db *d, int64_t user, const char *address, char token[static TOKEN_TEXT]);
/* The session of a cookie's value; ST_NOT_FOUND when there is none or its time (idle, total, in µs) is over.
 */
int session_find(struct db *d, struct span token, uint64_t idle_us, uint64_t max_us, struct session *ret);
/* Still good? */
bool session_alive(struct db *d, int64_t id, uint64_t idle_us, uint64_t max_us);
int session_touch(struct db *d, int64_t id);
int session_end(struct db *d, int64_t id);
/* The second factor is owed, or was given. */
int session_half(struct db *d, int64_t id, bool half);
/* All of a user's but one. */
int session_end_others(struct db *d, int64_t user, int64_t but);
/* Removes what is over: sessions, links, kept answers. */
int people_expire(struct db *d, uint64_t idle_us, uint64_t max_us);

/* New one-time link: for a newcomer with roles, or (user != 0) a new password. Links made before for the same
 * purpose end. */
int invite_add(struct db *d, unsigned roles, int64_t user, uint64_t life_us, char token[static TOKEN_TEXT]);
/* The same for one newcomer among others, with what he may see: scope as units_text has it (NULL: all units). */
int invite_add_person(struct db *d, unsigned roles, const char *scope, unsigned clear, uint64_t life_us,
                      char token[static TOKEN_TEXT]);
int invite_find(struct db *d, struct span token, struct invite *ret);
/* Takes it; ST_NOT_FOUND when it is gone already. */
int invite_use(struct db *d, struct span token);

#endif
