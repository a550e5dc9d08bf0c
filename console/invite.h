/* SPDX-License-Identifier: GPL-3.0-or-later
 * invite: what the page and the command line do alike with invitations (store/invitations.h): making one,
 * hearing who comes with it, the officer's yes. Database handles are those of the caller's transaction. */
#ifndef GH_CONSOLE_INVITE_H
#define GH_CONSOLE_INVITE_H

#include "base/conf.h"
#include "base/invitation.h"
#include "console/enrol.h"
#include "console/store/invitations.h"

#define INVITE_FILE_MAX 8192

/* What appliances must know of this console. */
void invite_host(const struct seal_keys *console, const struct seal_public *committee, const char *pin, struct invitation_host *ret);

struct invite_wish {
    struct invitation_host host;
    const char *name, *url, *by; /* NULL or "": the appliance's own, the console's own */
    int64_t unit, hours;
};
struct invite_made {
    int64_t id, until;
    char code[INVITATION_CODE];
};
/* A new invitation and its entry in the audit. ST_LIMIT: too many wait. The code is shown once and kept nowhere. */
int invite_make(struct db *d, const struct invite_wish *i, const char *address, struct invite_made *ret);
/* The same for a stick: JSON with the code, the address and the console's keys. url: as the appliance sees it. */
void invite_file(const struct invite_wish *i, const struct invite_made *m, const char *url, struct writer *out);

/* Somebody comes with a request and the hash of a secret. *row is filled as far as it is known. */
enum invite_heard { INVITE_STRANGER, INVITE_MALFORMED, INVITE_NEW, INVITE_WAITS, INVITE_LET_IN, INVITE_OVER, INVITE_TAKEN };
/* NEW: it is to be recorded with invitation_join. TAKEN: another one used it. 0, or a code of the database. */
int invite_hear(struct db *d, const uint8_t hash[static SEAL_HASH], struct span request, struct invitation_row *row, struct enrol_request *q,
                enum invite_heard *ret);

/* The officer compared the words: enrols, puts it into its unit, audits. q and phrase (128 bytes) get who it is. 0; ST_NOT_FOUND;
 * ST_EXISTS: nobody waits with it; ST_DENIED: other words. */
int invite_approve(struct db *d, int64_t id, const struct seal_public *console, struct span typed, const char *by, const char *address,
                   struct enrol_request *q, char phrase[static 128]);
/* A request that came as a file is let in; the invitation in it, if there is one, is used up. As enrol_take; ST_DENIED: its invitation
 * is none of this console's, is over, or was used by another. */
int invite_enrol(struct db *d, const struct seal_keys *console, struct enrol_request *r, const char *by, const char *address);
/* ST_NOT_FOUND, ST_EXISTS. */
int invite_withdraw(struct db *d, int64_t id, const char *by, const char *address);

#endif
