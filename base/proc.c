/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/proc.h"
#include "base/log.h"
#include "base/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#define ARGS_MOST 512

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

bool proc_chan_take(struct proc *p, enum role want, enum role role, int fd, struct proc_chan **pc, proc_msg_fn *fn,
                    proc_closed_fn *closed, void *arg)
{
    if (role != want) {
        close(fd);
        return false;
    }
    proc_chan_remove(*pc);
    *pc = proc_chan_add(p, fd, role, fn, closed, arg);
    return *pc != NULL;
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
        } else if (m.type == MSG_LOG_LEVEL) {
            if (m.body.n == 1 && m.body.p[0] <= LOG_LEVEL_DEBUG)
                log_set_level((enum log_level)m.body.p[0]);
        } else if (m.type == MSG_FACT) {
            if (p->on_fact)
                p->on_fact(p, m.body);
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

/* Last words: a keeper that is not the parent would not learn that the configuration is at fault (2) or all is done (0). */
static void on_ended(int status, void *arg)
{
    static struct proc *told;
    struct proc *p = arg;
    uint8_t code = (uint8_t)status;

    if (told || p->pid != getpid()) /* a child of ours that ends */
        return;
    told = p;
    if (p->keeper && msg_post(p->keeper, MSG_ENDED, span_of(&code, 1), -1) == 0)
        (void)msg_flush(p->keeper);
}

/* Gives the keeper the end of a pipe: when that closes, wanted or because the keeper is gone, the kernel kills us. */
static void give_lifeline(struct proc *p)
{
    int fds[2];

    if (pipe2(fds, O_CLOEXEC) != 0 || fcntl(fds[0], F_SETOWN, getpid()) != 0 || fcntl(fds[0], F_SETSIG, SIGKILL) != 0 ||
        fcntl(fds[0], F_SETFL, O_ASYNC | O_NONBLOCK) != 0 || msg_send(p->keeper, MSG_LIFELINE, (struct span){NULL, 0}, fds[1]) != 0) {
        log_error("the keeper cannot be given a lifeline: %s", strerror(errno));
        exit(3);
    }
    close(fds[1]);
}

/* Did a socket unit start this process, for the connection that is descriptor 3? */
static bool started_by_socket(int fd)
{
    const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");

    return fd == 3 && pid && fds && strtol(pid, NULL, 10) == (long)getpid() && !strcmp(fds, "1");
}

/* "gh-*" in node.user becomes this process's own name. */
static bool expand_user(struct conf *c, const char *role)
{
    char *star = strchr(c->node_user, '*'), user[CONF_TEXT];

    if (!star)
        return true;
    if (snprintf(user, sizeof(user), "%.*s%s%s", (int)(star - c->node_user), c->node_user, role, star + 1) >= (int)sizeof(user))
        return false;
    memcpy(c->node_user, user, sizeof(user));
    return !strchr(user, '*');
}

static _Noreturn void usage(const char *name, const char *what)
{
    fprintf(stderr, "%s: %s\nusage: %s [-c FILE] [--set section.key=value]... [--fd N]\n", name, what, name);
    exit(2);
}

#define PROC_CONF_ARGS 256 /* words of a command line that name the configuration */

/* What the console set from afar holds for the appliance's processes, not for a console beside it. */
static void overlay(struct proc *p, int argc, char **argv)
{
    static char *args[PROC_CONF_ARGS];
    size_t n = 0;

    if (p->role == ROLE_CONSOLE || p->role == ROLE_OUTLET || p->role == ROLE_WORKBENCH || p->role == ROLE_REPORT || p->role == ROLE_NATS ||
        p->role == ROLE_REGION)
        return;
    for (int i = 1; i + 1 < argc && strcmp(argv[i], "--") != 0 && n + 2 <= PROC_CONF_ARGS; i++)
        if (!strcmp(argv[i], "-c") || !strcmp(argv[i], "--set")) {
            args[n++] = argv[i];
            args[n++] = argv[++i];
        }
    settings_overlay(&p->conf, args, n);
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

/* The command line of a process that a unit started comes by its channel: the same words that a child of the keeper gets.
 * They live as long as the process. */
static void args_from_keeper(struct proc *p, const char *name, struct writer *err, int *ret_rc)
{
    char *argv[ARGS_MOST] = {(char *)name}, *text;
    const char *end;
    int argc = 1;
    struct msg m;

    if (msg_receive(p->keeper, &m, true) != 0 || m.type != MSG_ARGS || (m.body.n && m.body.p[m.body.n - 1] != 0)) {
        log_error("the keeper gave no arguments");
        exit(3);
    }
    text = p->argv_text = malloc(m.body.n + 1);
    gh_check(text);
    memcpy(text, m.body.p, m.body.n);
    for (end = text + m.body.n; text < end && argc < ARGS_MOST; text += strlen(text) + 1)
        argv[argc++] = text;
    free(p->argv);
    p->argv = calloc((size_t)argc + 1, sizeof(*p->argv));
    gh_check(p->argv);
    p->argc = 0;
    (void)common_args(p, name, argc, argv, err, ret_rc);
}

static void join_keeper(struct proc *p, int fd)
{
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
        log_error("--fd %d: %s; this program is started by 'gatehouse', not by hand", fd, strerror(errno));
        exit(2);
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* never outlive the keeper, however it died */
    p->keeper = msg_chan_new(fd, p->role, ROLE_KEEPER);
    gh_check(p->keeper);
    p->pid = getpid();
    (void)on_exit(on_ended, p);
    if (started_by_socket(fd))
        give_lifeline(p);
    p->keeper_io = loop_io_add(p->loop, fd, EPOLLIN, on_keeper, p);
    gh_check(p->keeper_io);
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
    if (!rc)
        overlay(p, argc, argv);
    signal(SIGPIPE, SIG_IGN);
    p->loop = loop_new();
    gh_check(p->loop);
    if (fd >= 0)
        join_keeper(p, fd);
    if (fd >= 0 && started_by_socket(fd))
        args_from_keeper(p, name, &err, &rc);
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
    if (!expand_user(&p->conf, role_name(role))) {
        log_error("node.user: '%s': only one '*' may stand in it", p->conf.node_user);
        exit(2);
    }
    log_open(name, level);
}

void proc_ready(struct proc *p)
{
    struct {
        uint32_t pid, uid;
    } who = {(uint32_t)getpid(), (uint32_t)geteuid()};

    if (p->keeper && msg_send(p->keeper, MSG_READY, span_of((const uint8_t *)&who, sizeof(who)), -1) != 0)
        log_warn("the keeper does not hear that this process is ready");
}

void proc_note(struct proc *p, struct span json)
{
    if (p->keeper && json.n <= 4096)
        (void)msg_post(p->keeper, MSG_NOTE, json, -1); /* a lost note is replaced by the next one */
}
