/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/proc.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

struct proc_chan {
    struct proc *proc;
    struct msg_chan *chan;
    struct loop_io *io;
    proc_msg_fn *fn;
    proc_closed_fn *closed;
    void *arg;
    bool paused, removed, busy;
};

static void chan_free(struct proc_chan *pc)
{
    loop_io_remove(pc->io);
    msg_chan_free(pc->chan);
    free(pc);
}

static void on_chan(void *arg, uint32_t events);

/* A paused channel is taken out of the loop: the hang-up of a peer that has finished would be reported without end, while
 * what it sent before still waits to be read. */
static void chan_watch(struct proc_chan *pc)
{
    uint32_t want = (pc->paused ? 0u : EPOLLIN) | (msg_pending(pc->chan) ? EPOLLOUT : 0u);

    if (pc->removed)
        return;
    if (!want) {
        loop_io_remove(pc->io);
        pc->io = NULL;
    } else if (pc->io) {
        loop_io_set(pc->io, want);
    } else {
        pc->io = loop_io_add(pc->proc->loop, msg_chan_fd(pc->chan), want, on_chan, pc);
        gh_check(pc->io);
    }
}

static void chan_lost(struct proc_chan *pc, int rc)
{
    proc_closed_fn *closed = pc->closed;
    void *arg = pc->arg;

    pc->removed = true;
    chan_free(pc);
    if (closed)
        closed(arg, rc);
}

/* At most this many messages a round, so that one busy peer does not starve the others. */
#define CHAN_BURST 64

static void on_chan(void *arg, uint32_t events)
{
    struct proc_chan *pc = arg;
    struct msg m;
    int rc = 0;

    pc->busy = true;
    if (events & EPOLLOUT)
        rc = msg_flush(pc->chan);
    for (int i = 0; i < CHAN_BURST && (rc == 0 || rc == ST_AGAIN) && !pc->paused && !pc->removed; i++) {
        rc = msg_receive(pc->chan, &m, false);
        if (rc == 0)
            pc->fn(pc->arg, &m);
        else if (rc == ST_AGAIN)
            break;
    }
    pc->busy = false;
    if (pc->removed)
        chan_free(pc);
    else if (rc < 0 && rc != ST_AGAIN)
        chan_lost(pc, rc);
    else
        chan_watch(pc);
}

struct proc_chan *proc_chan_add(struct proc *p, int fd, enum role peer, proc_msg_fn *fn, proc_closed_fn *closed, void *arg)
{
    struct proc_chan *pc = calloc(1, sizeof(*pc));

    if (!pc)
        goto fail;
    *pc = (struct proc_chan){.proc = p, .fn = fn, .closed = closed, .arg = arg};
    pc->chan = msg_chan_new(fd, p->role, peer);
    if (!pc->chan)
        goto fail;
    pc->io = loop_io_add(p->loop, fd, EPOLLIN, on_chan, pc);
    if (pc->io)
        return pc;
    msg_chan_free(pc->chan);
    free(pc);
    return NULL;
fail:
    close(fd);
    free(pc);
    return NULL;
}

int proc_chan_post(struct proc_chan *pc, enum msg_type type, struct span body, int fd)
{
    int rc = msg_post(pc->chan, type, body, fd);
    chan_watch(pc);
    return rc;
}

size_t proc_chan_pending(const struct proc_chan *pc)
{
    return msg_pending_bytes(pc->chan);
}

void proc_chan_pause(struct proc_chan *pc, bool paused)
{
    pc->paused = paused;
    chan_watch(pc);
}

void proc_chan_remove(struct proc_chan *pc)
{
    if (!pc || pc->removed)
        return;
    pc->removed = true;
    if (!pc->busy)
        chan_free(pc);
}

void proc_chan_drain(struct proc_chan *pc)
{
    struct msg m;

    if (!pc || pc->removed)
        return;
    gh_check(!pc->busy);
    pc->busy = true;
    while (!pc->removed && msg_receive(pc->chan, &m, false) == 0)
        pc->fn(pc->arg, &m);
    pc->busy = false;
    chan_free(pc);
}

static void on_keeper(void *arg, uint32_t events)
{
    struct proc *p = arg;
    struct msg m;

    (void)events;
    for (;;) {
        int rc = msg_receive(p->keeper, &m, false);
        if (rc == ST_AGAIN)
            return;
        if (rc != 0) /* the keeper is gone: nobody would restart or stop us */
            _exit(3);
        if (m.type == MSG_STOP) {
            if (p->on_stop)
                p->on_stop(p);
            else
                loop_stop(p->loop);
        } else if (m.type == MSG_ENFORCE_OFF || m.type == MSG_ENFORCE_ON) {
            if (p->on_enforce)
                p->on_enforce(p, m.type == MSG_ENFORCE_ON);
        } else if (m.type == MSG_RELOAD) {
            if (p->on_reload)
                p->on_reload(p);
        } else if (m.type == MSG_OUTPUT && p->on_output) {
            p->on_output(p, m.fd);
        } else if (m.type == MSG_PEER) {
            enum role role = m.body.n ? (enum role)m.body.p[0] : ROLE_ANY;
            if (p->on_peer && role < ROLE_COUNT)
                p->on_peer(p, role, m.fd);
            else
                close(m.fd);
        } else if (m.fd >= 0) {
            close(m.fd);
        }
    }
}

static _Noreturn void usage(const char *name, const char *what)
{
    fprintf(stderr, "%s: %s\nusage: %s [-c FILE] [--set section.key=value]... [--fd N]\n", name, what, name);
    exit(2);
}

/* Takes the common options out of argv; what is left is the process's own. Returns the keeper's descriptor or -1. */
static int common_args(struct proc *p, const char *name, int argc, char **argv, struct writer *err, int *ret_rc)
{
    int fd = -1;

    for (int i = 1; i < argc; i++) {
        bool last = i + 1 == argc;
        if (!strcmp(argv[i], "--")) {
            while (++i < argc)
                p->argv[p->argc++] = argv[i];
        } else if (!strcmp(argv[i], "-c") || !strcmp(argv[i], "--set") || !strcmp(argv[i], "--fd")) {
            if (last)
                usage(name, "an option lacks its value");
            if (!strcmp(argv[i], "-c"))
                *ret_rc |= conf_load(&p->conf, argv[i + 1], err);
            else if (!strcmp(argv[i], "--set"))
                *ret_rc |= conf_set(&p->conf, argv[i + 1], err);
            else
                fd = (int)strtol(argv[i + 1], NULL, 10);
            i++;
        } else {
            p->argv[p->argc++] = argv[i];
        }
    }
    return fd;
}

void proc_start(struct proc *p, enum role role, const char *name, int argc, char **argv)
{
    struct writer err;
    enum log_level level = LOG_LEVEL_INFO;
    int fd, rc = 0;

    memset(p, 0, sizeof(*p));
    p->role = role;
    p->argv = calloc((size_t)argc + 1, sizeof(*p->argv));
    gh_check(p->argv);
    log_open(name, LOG_LEVEL_INFO);
    conf_defaults(&p->conf);
    writer_init(&err, 65536);
    fd = common_args(p, name, argc, argv, &err, &rc);
    if (rc) {
        if (write(STDERR_FILENO, err.p, err.n) < 0)
            exit(3);
        exit(2);
    }
    writer_done(&err);
    if (!log_parse_level(p->conf.node_log_level, &level)) {
        log_error("node.log_level: '%s' is not one of error, warn, info, debug", p->conf.node_log_level);
        exit(2);
    }
    log_open(name, level);
    signal(SIGPIPE, SIG_IGN);
    p->loop = loop_new();
    gh_check(p->loop);
    if (fd < 0)
        return;
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
        log_error("--fd %d: %s; this program is started by 'gatehouse', not by hand", fd, strerror(errno));
        exit(2);
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* never outlive the keeper, however it died */
    p->keeper = msg_chan_new(fd, role, ROLE_KEEPER);
    gh_check(p->keeper);
    p->keeper_io = loop_io_add(p->loop, fd, EPOLLIN, on_keeper, p);
    gh_check(p->keeper_io);
}

void proc_ready(struct proc *p)
{
    if (p->keeper && msg_send(p->keeper, MSG_READY, (struct span){NULL, 0}, -1) != 0)
        log_warn("the keeper does not hear that this process is ready");
}

void proc_note(struct proc *p, struct span json)
{
    if (p->keeper && json.n <= 4096)
        (void)msg_post(p->keeper, MSG_NOTE, json, -1); /* a lost note is replaced by the next one */
}
