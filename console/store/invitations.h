/* SPDX-License-Identifier: GPL-3.0-or-later
 * invitations: who may ask to be enrolled (base/invitation.h), from the code's making to the officer's yes. The
 * secret is known by its hash alone. Changing functions run in the caller's transaction. */
#ifndef GH_CONSOLE_INVITATIONS_H
#define GH_CONSOLE_INVITATIONS_H

#include "console/store/sight.h"
#include "base/seal.h"

#define INVITATION_URL 300
#define INVITATION_NAME 101
#define INVITATION_HOURS_MAX 720
#define INVITATION_HOURS 72
#define INVITATIONS_OPEN 200 /* most that wait at once */

enum invitation_state { INVITATION_OPEN, INVITATION_JOINED, INVITATION_APPROVED, INVITATION_WITHDRAWN, INVITATION_STATES };
struct invitation_row {
    int64_t id, unit; /* unit 0: none */
    enum invitation_state state;
    bool over;                      /* its time */
    char name[INVITATION_NAME];     /* under which the appliance shall be enrolled; "": under its own */
    char url[INVITATION_URL];       /* of the console, as the appliance sees it; "": the console's own */
    uint8_t identity[SEAL_ID];      /* who asked; from JOINED on */
    struct writer request;          /* what it asked with; the caller's, set up before */
};
/* ST_LIMIT: too many wait. by: who made it; until: µs. */
int invitation_add(struct db *d, const struct invitation_row *i, const uint8_t hash[static SEAL_HASH], const char *by, int64_t until,
                   int64_t *ret_id);
/* By its secret's hash, or its number; ST_NOT_FOUND. */
int invitation_by_hash(struct db *d, const uint8_t hash[static SEAL_HASH], struct invitation_row *ret);
int invitation_by_id(struct db *d, int64_t id, struct invitation_row *ret);
/* The appliance asks. ST_EXISTS: somebody else did already, or it is not open any more. */
int invitation_join(struct db *d, int64_t id, const uint8_t identity[static SEAL_ID], struct span request, const char *address);
/* The officer's word; APPROVED from JOINED and in time, WITHDRAWN from OPEN or JOINED. ST_EXISTS: it is in no such state. */
int invitation_end(struct db *d, int64_t id, enum invitation_state state, const char *by);
/* The console has other keys from now on: no open code fits it any more. */
int invitation_withdraw_all(struct db *d, const char *by);
/* "items" of an open object, newest first, at most 200. */
int invitation_list(struct db *d, const struct seal_public *console, struct jw *j);

#endif
