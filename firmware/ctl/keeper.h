/* SPDX-License-Identifier: GPL-3.0-or-later
 * keeper: starts the gh-* processes, gives each its channels, restarts what dies, stops all in order.
 *
 * It parses nothing foreign: only its own configuration and the processes' notes. One keeper per command, one thread.
 * Children die with it (parent-death signal, lifeline, and end of their channel). */
#ifndef GH_CTL_KEEPER_H
#define GH_CTL_KEEPER_H

#include "base/conf.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/msg.h"

#include <sys/types.h>

struct keeper;

enum keeper_answer {
    KEEPER_RESTART, /* start it again, later each time it dies quickly */
    KEEPER_ENDED    /* it is done: leave it */
};
struct keeper_hooks {
    void *arg;
    /* A child ended. status as from waitpid. NULL: always KEEPER_RESTART unless stopping. */
    enum keeper_answer (*ended)(void *arg, enum role role, int status);
    /* A child said something about itself (JSON, at most 4 KiB). */
    void (*note)(void *arg, enum role role, struct span json);
    /* Our own end of a link (keeper_link_self), first and after each restart of that child. */
    void (*peer)(void *arg, enum role role, int fd);
};

/* conf_args: "-c", FILE, "--set", … as the user gave them, NULL-ended; handed to every child. Borrowed. */
struct keeper *keeper_new(struct loop *l, char *const *conf_args, const struct keeper_hooks *hooks);
void keeper_free(struct keeper *k); /* kills what still runs */

/* A process of that role from the program exe beside this one, with own arguments (NULL-ended, borrowed). stdin_fd and
 * stdout_fd become its 0 and 1 (-1: /dev/null); extra_fd, when >= 0, becomes its descriptor 4. */
void keeper_add(struct keeper *k, enum role role, const char *exe, char *const *args, int stdin_fd, int stdout_fd, int extra_fd);
/* These two talk to each other. */
void keeper_link(struct keeper *k, enum role a, enum role b);
/* This process talks to role itself, as the core would. */
void keeper_link_self(struct keeper *k, enum role role);
/* gh-lists and its link to the sensor, when the configuration names lists or rules for nDPI. strict: files that cannot be used
 * end it at the start. */
void keeper_add_lists(struct keeper *k, const struct conf *conf, bool strict);
/* An empty message to a child, if it runs (RELOAD). */
void keeper_tell(struct keeper *k, enum role role, enum msg_type type);
/* How much a child says to the log; kept for its next start too. */
void keeper_log_level(struct keeper *k, enum role role, enum log_level level);
/* What the keeper did, a JSON object, to gh-core for an audit event; lost when that does not run. */
void keeper_fact(struct keeper *k, struct span json);
/* A message without a body to a child, if it runs, with a descriptor, which is taken over; -1: without one. */
void keeper_give(struct keeper *k, enum role role, enum msg_type type, int fd);
/* From now on processes are not made here but by the service manager, which waits for a connection to dir/ROLE.sock and
 * starts the process of that name with it as descriptor 3, its own user and its own rights (firmware/package). Files
 * that a process is given as descriptors 0, 1 and 4 do not reach it. dir is borrowed. */
void keeper_by_units(struct keeper *k, const char *dir);
/* A process that was added waits with its start until keeper_release, or is not started again until then. */
void keeper_hold(struct keeper *k, enum role role);
bool keeper_held(const struct keeper *k, enum role role);
void keeper_release(struct keeper *k, enum role role); /* nothing when it is not held */
/* Starts everything added. 0 or a code (logged). */
int keeper_start(struct keeper *k);
/* Ends and starts one child again at once, because that is wanted (a replay begins anew, a policy is read again): no
 * restart that keeper_restarts counts. */
int keeper_restart(struct keeper *k, enum role role);
/* Kills one child, which is then started again as any that died: it is not to be believed any more. */
void keeper_kill(struct keeper *k, enum role role);
/* The child that a note of gh-core calls broken ({"broken":"sensor"}), killed; false when the note is another. */
bool keeper_note_broken(struct keeper *k, enum role from, struct span json);
/* Asks all to finish; after grace_ms kills the rest. The loop stops when the last is gone. Called again: another grace. */
void keeper_stop(struct keeper *k, uint64_t grace_ms);
bool keeper_stopping(const struct keeper *k);
pid_t keeper_pid(const struct keeper *k, enum role role); /* 0 when it does not run */
long keeper_uid(const struct keeper *k, enum role role);  /* whom it became when it locked itself in; -1: it has not said */
unsigned keeper_restarts(const struct keeper *k, enum role role);
/* Directory of this program, without a slash at the end. */
const char *keeper_bin_dir(void);

#endif
