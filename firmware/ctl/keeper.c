/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/ctl/keeper.h"
#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEEPER_LINKS 16
#define KEEPER_ARGS 256
#define CHILD_BURST 32 /* notes taken from one child before the others have their turn */
#define RESTART_FIRST_MS 100
#define RESTART_LAST_MS 10000
#define RESTART_CALM_MS 30000 /* a child that lived this long starts with a clean slate */

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
    bool used;
};
struct link {
    enum role a, b; /* b == ROLE_KEEPER: our own end */
};
struct keeper {
    struct loop *loop;
    char *const *conf_args;
    struct keeper_hooks hooks;
    struct child children[ROLE_COUNT];
    struct link links[KEEPER_LINKS];
    size_t n_links;
    bool stopping, quiet;
    struct loop_timer *grace;
};

const char *keeper_bin_dir(void)
{
    static char dir[PATH_MAX];
    ssize_t n;
    char *slash;

    if (*dir)
        return dir;
    n = readlink("/proc/self/exe", dir, sizeof(dir) - 1);
    dir[n > 0 ? n : 0] = 0;
    slash = strrchr(dir, '/');
    if (slash)
        *slash = 0;
    return dir;
}

static void child_channel_close(struct child *c)
{
    loop_io_remove(c->io);
    msg_chan_free(c->chan);
    c->io = NULL;
    c->chan = NULL;
}

static void on_child(void *arg, uint32_t events)
{
    struct child *c = arg;
    struct msg m;
    int rc = 0;

    (void)events;
    for (int i = 0; i < CHILD_BURST && (rc = msg_receive(c->chan, &m, false)) == 0; i++) {
        if (m.type == MSG_NOTE && c->keeper->hooks.note)
            c->keeper->hooks.note(c->keeper->hooks.arg, c->role, m.body);
        if (m.fd >= 0)
            close(m.fd);
    }
    if (rc == 0 || rc == ST_AGAIN)
        return;
    /* It ended, and SIGCHLD tells the rest; or it only hung up or speaks nonsense, and must not live on unwatched. */
    child_channel_close(c);
    keeper_kill(c->keeper, c->role);
}

/* In the child: descriptors 0, 1, 3 and perhaps 4, everything else closes on exec. */
static _Noreturn void child_exec(const struct child *c, int chan_fd)
{
    char path[PATH_MAX + 64];
    char *argv[KEEPER_ARGS];
    size_t n = 0;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int in = fcntl(c->stdin_fd >= 0 ? c->stdin_fd : null, F_DUPFD_CLOEXEC, 10);
    int out = fcntl(c->stdout_fd >= 0 ? c->stdout_fd : null, F_DUPFD_CLOEXEC, 10);
    int chan = fcntl(chan_fd, F_DUPFD_CLOEXEC, 10);
    int extra = c->extra_fd >= 0 ? fcntl(c->extra_fd, F_DUPFD_CLOEXEC, 10) : -1;
    sigset_t none;

    if (in < 0 || out < 0 || chan < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(chan, 3) < 0 ||
        (extra >= 0 && dup2(extra, 4) < 0))
        _exit(127);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpgid(0, 0); /* Ctrl-C is for the keeper, which stops us in order */
    snprintf(path, sizeof(path), "%s/%s", keeper_bin_dir(), c->exe);
    argv[n++] = (char *)c->exe;
    argv[n++] = (char *)"--fd";
    argv[n++] = (char *)"3";
    for (char *const *a = c->keeper->conf_args; a && *a && n < KEEPER_ARGS - 1; a++)
        argv[n++] = *a;
    for (char *const *a = c->args; a && *a && n < KEEPER_ARGS - 1; a++)
        argv[n++] = *a;
    argv[n] = NULL;
    execv(path, argv);
    fprintf(stderr, "gatehouse: %s cannot be started: %s. Is the installation complete?\n", path, strerror(errno));
    _exit(127);
}

/* One new pair between the two ends of a link, sent to both. */
static void link_connect(struct keeper *k, const struct link *l)
{
    int fds[2], rc;
    uint8_t role;

    if (msg_pair(fds) != 0) {
        log_error("no socket pair for %s and %s: %s", role_name(l->a), role_name(l->b), strerror(errno));
        return;
    }
    role = (uint8_t)(l->b == ROLE_KEEPER ? ROLE_CORE : l->b);
    rc = msg_send(k->children[l->a].chan, MSG_PEER, span_of(&role, 1), fds[0]);
    close(fds[0]);
    if (l->b == ROLE_KEEPER) {
        k->hooks.peer(k->hooks.arg, l->a, fds[1]);
    } else {
        role = (uint8_t)l->a;
        if (!rc)
            rc = msg_send(k->children[l->b].chan, MSG_PEER, span_of(&role, 1), fds[1]);
        close(fds[1]);
    }
    if (rc && rc != ST_CLOSED)
        log_warn("%s and %s cannot be connected: %s", role_name(l->a), role_name(l->b), status_text(rc));
}

static bool runs(const struct keeper *k, enum role r)
{
    return r == ROLE_KEEPER || (k->children[r].pid > 0 && k->children[r].chan);
}

static int child_start(struct child *c)
{
    int fds[2], rc = msg_pair(fds);

    if (rc)
        return rc;
    c->pid = fork();
    if (c->pid == 0)
        child_exec(c, fds[1]);
    close(fds[1]);
    if (c->pid < 0) {
        close(fds[0]);
        c->pid = 0;
        return status_from_errno(errno);
    }
    c->started_ms = clock_mono_ms();
    c->chan = msg_chan_new(fds[0], ROLE_KEEPER, c->role);
    gh_check(c->chan);
    c->io = loop_io_add(c->keeper->loop, fds[0], EPOLLIN, on_child, c);
    gh_check(c->io);
    return 0;
}

static void connect_links_of(struct keeper *k, enum role role)
{
    for (size_t i = 0; i < k->n_links; i++) {
        const struct link *l = &k->links[i];
        if ((l->a == role || l->b == role) && runs(k, l->a) && runs(k, l->b))
            link_connect(k, l);
    }
}

static void on_retry(void *arg)
{
    struct child *c = arg;

    c->retry = NULL;
    if (c->keeper->stopping || c->pid)
        return;
    c->restarts++;
    if (child_start(c) != 0)
        log_error("%s cannot be started again", c->exe);
    else
        connect_links_of(c->keeper, c->role);
}

static void describe(const struct child *c, int status)
{
    if (WIFSIGNALED(status))
        log_warn("%s (process %d) was killed by signal %d (%s); it is started again", c->exe, (int)c->pid,
                 WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        log_warn("%s (process %d) ended with status %d; it is started again", c->exe, (int)c->pid, WEXITSTATUS(status));
}

static void all_gone(struct keeper *k)
{
    for (size_t i = 0; i < ROLE_COUNT; i++)
        if (k->children[i].pid > 0)
            return;
    loop_stop(k->loop);
}

static void child_ended(struct child *c, int status)
{
    struct keeper *k = c->keeper;
    enum keeper_answer answer = KEEPER_RESTART;
    pid_t pid = c->pid;

    child_channel_close(c);
    if (k->hooks.ended) {
        c->pid = 0;
        answer = k->hooks.ended(k->hooks.arg, c->role, status);
    }
    if (k->stopping || answer == KEEPER_ENDED) {
        c->pid = 0;
        if (k->stopping)
            all_gone(k);
        return;
    }
    c->pid = pid;
    describe(c, status);
    c->pid = 0;
    c->delay_ms = clock_mono_ms() - c->started_ms > RESTART_CALM_MS || !c->delay_ms ? RESTART_FIRST_MS : c->delay_ms * 2;
    if (c->delay_ms > RESTART_LAST_MS)
        c->delay_ms = RESTART_LAST_MS;
    c->retry = loop_timer_add(k->loop, c->delay_ms, false, on_retry, c);
}

static void on_sigchld(void *arg)
{
    struct keeper *k = arg;
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (size_t i = 0; i < ROLE_COUNT; i++)
            if (k->children[i].pid == pid)
                child_ended(&k->children[i], status);
}

struct keeper *keeper_new(struct loop *l, char *const *conf_args, const struct keeper_hooks *hooks)
{
    struct keeper *k = calloc(1, sizeof(*k));

    gh_check(k);
    k->loop = l;
    k->conf_args = conf_args;
    k->hooks = *hooks;
    signal(SIGPIPE, SIG_IGN);
    gh_check(loop_signal(l, SIGCHLD, on_sigchld, k) == 0);
    return k;
}

void keeper_free(struct keeper *k)
{
    if (!k)
        return;
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        struct child *c = &k->children[i];
        if (c->pid > 0) {
            kill(c->pid, SIGKILL);
            waitpid(c->pid, NULL, 0);
        }
        child_channel_close(c);
        loop_timer_remove(c->retry);
    }
    loop_timer_remove(k->grace);
    free(k);
}

void keeper_add(struct keeper *k, enum role role, const char *exe, char *const *args, int stdin_fd, int stdout_fd, int extra_fd)
{
    k->children[role] = (struct child){.keeper = k,
                                       .role = role,
                                       .exe = exe,
                                       .args = args,
                                       .stdin_fd = stdin_fd,
                                       .stdout_fd = stdout_fd,
                                       .extra_fd = extra_fd,
                                       .used = true};
}

void keeper_link(struct keeper *k, enum role a, enum role b)
{
    gh_check(k->n_links < KEEPER_LINKS);
    k->links[k->n_links++] = (struct link){a, b};
}

void keeper_link_self(struct keeper *k, enum role role)
{
    keeper_link(k, role, ROLE_KEEPER);
}

void keeper_add_lists(struct keeper *k, const struct conf *conf, bool strict)
{
    static char *strict_args[] = {(char *)"--strict", NULL};

    if (!*conf->lists_dir && !*conf->sensor_ndpi_protocols && !*conf->sensor_ndpi_categories)
        return;
    keeper_add(k, ROLE_LISTS, "gh-lists", strict ? strict_args : NULL, -1, -1, -1);
    keeper_link(k, ROLE_LISTS, ROLE_SENSOR);
}

void keeper_tell(struct keeper *k, enum role role, enum msg_type type)
{
    struct child *c = &k->children[role];

    if (c->pid > 0 && c->chan)
        (void)msg_post(c->chan, type, (struct span){NULL, 0}, -1);
}

void keeper_give(struct keeper *k, enum role role, enum msg_type type, int fd)
{
    struct child *c = &k->children[role];

    if ((c->pid <= 0 || !c->chan || msg_post(c->chan, type, (struct span){NULL, 0}, fd) != 0) && fd >= 0)
        close(fd);
}

int keeper_start(struct keeper *k)
{
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        int rc = k->children[i].used ? child_start(&k->children[i]) : 0;
        if (rc) {
            log_error("%s cannot be started: %s", k->children[i].exe, status_text(rc));
            return rc;
        }
    }
    for (size_t i = 0; i < k->n_links; i++)
        link_connect(k, &k->links[i]);
    return 0;
}

int keeper_restart(struct keeper *k, enum role role)
{
    struct child *c = &k->children[role];
    int rc;

    loop_timer_remove(c->retry);
    c->retry = NULL;
    if (c->pid > 0) {
        kill(c->pid, SIGKILL);
        waitpid(c->pid, NULL, 0);
        c->pid = 0;
        child_channel_close(c);
    }
    rc = child_start(c);
    if (!rc)
        connect_links_of(k, role);
    return rc;
}

void keeper_kill(struct keeper *k, enum role role)
{
    if (k->children[role].pid > 0)
        kill(k->children[role].pid, SIGKILL); /* SIGCHLD tells the rest */
}

bool keeper_note_broken(struct keeper *k, enum role from, struct span json)
{
    char want[64];

    for (size_t i = 0; from == ROLE_CORE && i < ROLE_COUNT; i++) {
        snprintf(want, sizeof(want), "{\"broken\":\"%s\"}", role_name((enum role)i));
        if (!span_eq(json, span_str(want)))
            continue;
        keeper_kill(k, (enum role)i);
        return true;
    }
    return false;
}

static void on_grace(void *arg)
{
    struct keeper *k = arg;

    k->grace = NULL;
    for (size_t i = 0; i < ROLE_COUNT; i++)
        if (k->children[i].pid > 0) {
            if (!k->quiet)
                log_warn("%s did not finish in time and is killed", k->children[i].exe);
            kill(k->children[i].pid, SIGKILL);
        }
}

void keeper_stop(struct keeper *k, uint64_t grace_ms)
{
    bool again = k->stopping;

    k->stopping = true;
    k->quiet = again; /* whoever shortens the grace knows what is cut off */
    loop_timer_remove(k->grace);
    k->grace = loop_timer_add(k->loop, grace_ms, false, on_grace, k);
    for (size_t i = 0; i < ROLE_COUNT && !again; i++) {
        struct child *c = &k->children[i];
        loop_timer_remove(c->retry);
        c->retry = NULL;
        if (c->pid > 0 && c->chan)
            (void)msg_post(c->chan, MSG_STOP, (struct span){NULL, 0}, -1);
    }
    all_gone(k);
}

bool keeper_stopping(const struct keeper *k)
{
    return k->stopping;
}

pid_t keeper_pid(const struct keeper *k, enum role role)
{
    return k->children[role].pid;
}

unsigned keeper_restarts(const struct keeper *k, enum role role)
{
    return k->children[role].restarts;
}
