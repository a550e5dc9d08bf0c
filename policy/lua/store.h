/* SPDX-License-Identifier: GPL-3.0-or-later
 * store: the policies that an appliance keeps, in state_dir/policies:
 *
 *     NAME@NUMBER/     a promoted bundle with all that it uses, unchanged since
 *     active           a link to the one in force; previous: to the one before it
 *     good/            a copy of what was loaded last: used when the present one cannot be
 *     NAME.floor       lower numbers of that bundle are refused
 *
 * Each step is one rename: whenever the machine loses power, the old or the new is in force. */
#ifndef GH_POLICY_STORE_H
#define GH_POLICY_STORE_H

#include "policy/lua/sign.h"

#define STORE_PATH 1024

/* Where a link ("active", "previous", "good") leads; ST_NOT_FOUND when there is nothing. */
int store_find(const char *state_dir, const char *link, char ret[static STORE_PATH]);
/* Copies the bundle in dir and makes it the active one. note->number 0: numbered here. 0, or a code with the
 * sentence in err: ST_DENIED a number below the floor or not above the active one, ST_EXISTS it is the active
 * one. */
int store_promote(const char *state_dir, const char *dir, struct sign_note *note, struct writer *err);
/* The previous one becomes active, and the active one previous. */
int store_rollback(const char *state_dir, char ret[static STORE_PATH], struct writer *err);
/* Is that number one that the floor lets through? */
bool store_floor(const char *state_dir, const struct sign_note *note, uint64_t *ret_floor);
/* Keeps a copy of what was loaded well, unless it is that copy. Without effect where the directory cannot be
 * written. */
void store_keep_good(const char *state_dir, const char *dir);

#endif
