/* SPDX-License-Identifier: GPL-3.0-or-later
 * keeper_impl: what keeper.c (who lives and who dies) and keeper_start.c (how one is born) share; nobody
 * else's. */
#ifndef GH_CTL_KEEPER_IMPL_H
#define GH_CTL_KEEPER_IMPL_H

#include "firmware/ctl/keeper.h"

#define KEEPER_LINKS 16

struct child {
    struct keeper *keeper;
    enum role role;
    const char *exe;
    char *const *args;
    int stdin_fd, stdout_fd, extra_fd;
    pid_t pid;
    struct msg_chan *chan;
    struct loop_io *io;
    struct loop_timer *retry;
    uint64_t started_ms, delay_ms;
    unsigned restarts;
    bool used, alive, held;
    uint32_t ready_pid, uid; /* as it says itself, once it is locked in */
    bool ready;
    int lifeline;  /* of a process that a unit started: closing it kills; -1: none */
    int last_word; /* its exit status, -1 when it did not say */
    int log_level; /* -1: as configured */
};
struct link {
    enum role a, b; /* b == ROLE_KEEPER: our own end */
};
struct keeper {
    struct loop *loop;
    char *const *conf_args;
    const char *units; /* directory of the sockets of keeper_by_units, or NULL */
    struct keeper_hooks hooks;
    struct child children[ROLE_COUNT];
    struct link links[KEEPER_LINKS];
    size_t n_links;
    bool stopping, quiet;
    struct loop_timer *grace;
};

/* Our end of the channel to a new process, which is our own child (c->pid is set) or one that the service
 * manager starts; or a negative code. */
int keeper_start_fork(struct child *c);
int keeper_start_unit(const struct child *c);
/* Then the first message to it: its arguments. */
int keeper_send_args(const struct child *c);

#endif
