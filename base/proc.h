/* SPDX-License-Identifier: GPL-3.0-or-later
 * proc: what every gh-* process has in common: arguments, configuration, log, loop, the channel to its keeper.
 *
 * A process is started by the keeper (firmware/ctl) as  gh-NAME [-c CONF] [--set s.k=v]... [--fd N] [own options]
 * with descriptor N (default 3) a channel to the keeper. Channels to other processes come as PEER messages, also again
 * when that process was restarted: the old channel is then dead. When the keeper's end closes, the process exits.
 *
 * Or it is started by a socket unit of systemd (firmware/package), whose connection to the keeper is descriptor 3: then the
 * keeper is not the parent and may not kill it, so it hands the keeper its life (LIFELINE), has its
 * arguments from it (ARGS) and says how it ended (ENDED).
 *
 * A '*' in node.user stands for the process's own name: "gh-*" makes gh-sensor run as gh-sensor. proc_start puts it in. */
#ifndef GH_BASE_PROC_H
#define GH_BASE_PROC_H

#include "base/conf.h"
#include "base/loop.h"
#include "base/msg.h"

#include <sys/types.h>

struct proc {
    enum role role;
    struct conf conf;
    struct loop *loop;
    struct msg_chan *keeper; /* NULL when started by hand without --fd */
    struct loop_io *keeper_io;
    void *arg;               /* the process's own state */
    /* A channel to role arrived (first time or after a restart). The callee makes a msg_chan of fd and owns it. */
    void (*on_peer)(struct proc *p, enum role role, int fd);
    void (*on_stop)(struct proc *p); /* default: stop the loop */
    /* OUTPUT: fd is the callee's, -1 for none. Default: nothing. */
    void (*on_output)(struct proc *p, int fd);
    void (*on_enforce)(struct proc *p, bool on); /* the panic switch was turned; default: nothing */
    void (*on_reload)(struct proc *p); /* RELOAD: read your files again; default: nothing */
    void (*on_fact)(struct proc *p, struct span json); /* FACT; default: nothing */
    char **argv;                     /* own options that are left, without the common ones */
    char *argv_text;                 /* where they are, when the keeper sent them */
    int argc;
    pid_t pid;                       /* of the process that called proc_start, not of its children */
};

/* Parses common arguments, loads configuration, opens log and loop, puts the keeper's channel into the loop.
 * Exits 2 with a message on bad usage or configuration. name is printed in logs ("gh-scan"). */
void proc_start(struct proc *p, enum role role, const char *name, int argc, char **argv);
/* Locked in and listening: tells the keeper. */
void proc_ready(struct proc *p);
/* One fact as JSON for `gatehouse status`. */
void proc_note(struct proc *p, struct span json);
/* Puts a channel into the loop: fn for each message (the body is valid during the call, a descriptor is the callee's);
 * closed is called once when the peer is gone or spoke nonsense (rc tells), after which the channel is freed. Posted
 * messages are flushed by the loop. */
struct proc_chan;
typedef void proc_msg_fn(void *arg, const struct msg *m);
typedef void proc_closed_fn(void *arg, int rc);
struct proc_chan *proc_chan_add(struct proc *p, int fd, enum role peer, proc_msg_fn *fn, proc_closed_fn *closed, void *arg);
/* For the on_peer of a process: fd becomes the channel to want, in place of the one before (*pc); from another role it is
 * closed. closed must let go of *pc. False: there is no new channel. */
bool proc_chan_take(struct proc *p, enum role want, enum role role, int fd, struct proc_chan **pc, proc_msg_fn *fn,
                    proc_closed_fn *closed, void *arg);
int proc_chan_post(struct proc_chan *pc, enum msg_type type, struct span body, int fd); /* as msg_post */
size_t proc_chan_pending(const struct proc_chan *pc);
void proc_chan_pause(struct proc_chan *pc, bool paused); /* stop reading: back-pressure */
void proc_chan_remove(struct proc_chan *pc);             /* closes without calling closed; NULL is fine */
/* As proc_chan_remove, but what the peer has sent already is delivered first: the last words of one that has died. Not
 * from inside the channel's own callback. */
void proc_chan_drain(struct proc_chan *pc);

#endif
