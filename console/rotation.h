/* SPDX-License-Identifier: GPL-3.0-or-later
 * rotation: the console's own keys change. In console.state_dir, besides what state.h names:
 *
 *   console.key.old      the secret before, until the overlap is over: envelopes sealed to it are still opened
 *   console.succession   the old key's word for the new ones (base/succession.h), told to who still uses the old
 *   console.former       public halves of all keys before, 64 bytes each: what they signed stays provable
 *   tls.key.next tls.crt.next   the certificate that is shown when the overlap is over
 *
 * Each step leaves a state from which the same call goes on. Nodes that share a database share these files, too. */
#ifndef GH_CONSOLE_ROTATION_H
#define GH_CONSOLE_ROTATION_H

#include "console/state.h"

#define ROTATION_DAYS 30
#define ROTATION_DAYS_MAX 400

/* Ends what was cut between two files. Before anything of them is read. */
void rotation_mend(const struct conf *c);
/* What state_open reads of it; all of it may be absent. 0, or ST_*. */
int rotation_load(const struct conf *c, struct state *s);
/* New keys, in force from now on; tls: a new certificate, too, from the end of the overlap on. Exit code, said on stderr. */
int rotation_begin(struct state *s, uint64_t days, bool tls);
/* The overlap is over: what is sealed to the old key here is sealed anew, the old secret is destroyed, the certificate changes. by: for
 * the audit. Exit code. */
int rotation_finish(struct state *s, const char *by);
/* The files as they are now are those that hold: once all are there, also those that a first start makes. */
void rotation_mark(struct state *s);
/* Were the files changed since then (by a command, or copied from another node)? */
bool rotation_changed(const struct state *s);
/* `gatehouse console keys show|rotate|finish`. */
struct rotation_words {
    const char *const *words;
    size_t n;
    const char *days;
    bool tls, now;
};
int rotation_command(struct state *s, const struct rotation_words *w);

#endif
