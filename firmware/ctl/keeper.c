/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/ctl/keeper_impl.h"
#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_BURST 32 /* notes taken from one child before the others have their turn */
#define RESTART_FIRST_MS 100
#define RESTART_LAST_MS 10000
#define RESTART_CALM_MS 30000 /* a child that lived this long starts with a clean slate */

static void child_channel_close(struct child *c)
{
    loop_io_remove(c->io);
    msg_chan_free(c->chan);
    c->io = NULL;
    c->chan = NULL;
}

static void child_ended(struct child *c, int status);

static void lifeline_close(struct child *c)
{
    if (c->lifeline >= 0)
        close(c->lifeline);
    c->lifeline = -1;
}

/* Whoever has a lifeline or is our own child dies now, and its end is noticed as any other; who has neither yet is left to
 * find its channel closed. */
static void child_kill(struct child *c)
{
    bool leash = c->pid > 0 || c->lifeline >= 0;

    if (c->pid > 0)
        kill(c->pid, SIGKILL);
    lifeline_close(c);
    if (!c->alive || c->pid > 0 || (leash && c->chan))
        return;
    child_ended(c, SIGKILL);
}

/* What a child says to its keeper itself; false: it is a note for others. */
static bool own_message(struct child *c, struct msg *m)
{
    if (m->type == MSG_READY) {
        struct reader r = reader_of(m->body.p, m->body.n);
        c->ready_pid = reader_le32(&r);
        c->uid = reader_le32(&r);
        c->ready = reader_ok(&r);
    } else if (m->type == MSG_ENDED) {
        c->last_word = m->body.n == 1 ? m->body.p[0] : -1;
    } else if (m->type == MSG_LIFELINE && c->pid <= 0) {
        lifeline_close(c);
        c->lifeline = m->fd;
        m->fd = -1;
    } else {
        return false;
    }
    return true;
}

static void on_child(void *arg, uint32_t events)
{
    struct child *c = arg;
    struct msg m;
    int rc = 0;

    (void)events;
    for (int i = 0; i < CHILD_BURST && (rc = msg_receive(c->chan, &m, false)) == 0; i++) {
        if (!own_message(c, &m) && m.type == MSG_NOTE && c->keeper->hooks.note)
            c->keeper->hooks.note(c->keeper->hooks.arg, c->role, m.body);
        if (m.fd >= 0)
            close(m.fd);
    }
    if (rc == 0 || rc == ST_AGAIN)
        return;
    /* It ended, and SIGCHLD tells the rest; or it only hung up or speaks nonsense, and must not live on unwatched. */
    child_channel_close(c);
    if (c->pid <= 0 && c->last_word >= 0) {
        lifeline_close(c);
        child_ended(c, c->last_word << 8);
    } else {
        child_kill(c);
    }
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
    return r == ROLE_KEEPER || (k->children[r].alive && k->children[r].chan);
}

static int child_start(struct child *c)
{
    int fd = c->keeper->units ? keeper_start_unit(c) : keeper_start_fork(c);

    if (fd < 0)
        return fd;
    c->alive = true;
    c->ready = false;
    c->last_word = -1;
    c->started_ms = clock_mono_ms();
    c->chan = msg_chan_new(fd, ROLE_KEEPER, c->role);
    gh_check(c->chan);
    c->io = loop_io_add(c->keeper->loop, fd, EPOLLIN, on_child, c);
    gh_check(c->io);
    if (c->keeper->units)
        (void)keeper_send_args(c); /* a lost one shows in its end */
    if (c->log_level >= 0)
        keeper_log_level(c->keeper, c->role, (enum log_level)c->log_level);
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
    if (c->keeper->stopping || c->alive || c->held)
        return;
    c->restarts++;
    if (child_start(c) == 0)
        connect_links_of(c->keeper, c->role);
    else /* its service manager, or memory, may be back in a while */
        c->retry = loop_timer_add(c->keeper->loop, RESTART_LAST_MS, false, on_retry, c);
}

static void describe(const struct child *c, int status)
{
    if (WIFSIGNALED(status) && c->keeper->units)
        log_warn("%s was killed; it is started again ('systemctl status \"gatehouse-%s@*\"' may say why)", c->exe, role_name(c->role));
    else if (WIFSIGNALED(status))
        log_warn("%s (process %d) was killed by signal %d (%s); it is started again", c->exe, (int)c->pid,
                 WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        log_warn("%s (process %d) ended with status %d; it is started again", c->exe, (int)c->pid, WEXITSTATUS(status));
}

static void all_gone(struct keeper *k)
{
    for (size_t i = 0; i < ROLE_COUNT; i++)
        if (k->children[i].alive)
            return;
    loop_stop(k->loop);
}

static void child_ended(struct child *c, int status)
{
    struct keeper *k = c->keeper;
    enum keeper_answer answer = KEEPER_RESTART;
    pid_t pid = c->pid;

    c->alive = false;
    lifeline_close(c);
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
    if (c->held) {
        c->pid = 0;
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
    for (size_t i = 0; i < ROLE_COUNT; i++)
        k->children[i].lifeline = -1;
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
        lifeline_close(c);
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
                                       .lifeline = -1,
                                       .log_level = -1,
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

    if (c->alive && c->chan)
        (void)msg_post(c->chan, type, (struct span){NULL, 0}, -1);
}

void keeper_log_level(struct keeper *k, enum role role, enum log_level level)
{
    struct child *c = &k->children[role];
    uint8_t byte = (uint8_t)level;

    c->log_level = (int)level;
    if (c->alive && c->chan)
        (void)msg_post(c->chan, MSG_LOG_LEVEL, span_of(&byte, 1), -1);
}

void keeper_fact(struct keeper *k, struct span json)
{
    struct child *c = &k->children[ROLE_CORE];

    if (c->alive && c->chan)
        (void)msg_post(c->chan, MSG_FACT, json, -1);
}

void keeper_give(struct keeper *k, enum role role, enum msg_type type, int fd)
{
    struct child *c = &k->children[role];

    if ((!c->alive || !c->chan || msg_post(c->chan, type, (struct span){NULL, 0}, fd) != 0) && fd >= 0)
        close(fd);
}

int keeper_start(struct keeper *k)
{
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        int rc = k->children[i].used && !k->children[i].held ? child_start(&k->children[i]) : 0;
        if (rc) {
            log_error("%s cannot be started: %s", k->children[i].exe, status_text(rc));
            return rc;
        }
    }
    for (size_t i = 0; i < k->n_links; i++)
        if (runs(k, k->links[i].a) && runs(k, k->links[i].b))
            link_connect(k, &k->links[i]);
    return 0;
}

void keeper_by_units(struct keeper *k, const char *dir)
{
    k->units = dir;
}

void keeper_hold(struct keeper *k, enum role role)
{
    k->children[role].held = true;
}

bool keeper_held(const struct keeper *k, enum role role)
{
    return k->children[role].held;
}

void keeper_release(struct keeper *k, enum role role)
{
    struct child *c = &k->children[role];

    if (!c->held)
        return;
    c->held = false;
    if (!c->used || c->alive || k->stopping)
        return;
    if (child_start(c) == 0)
        connect_links_of(k, role);
    else
        c->retry = loop_timer_add(k->loop, RESTART_LAST_MS, false, on_retry, c);
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
    }
    lifeline_close(c);
    child_channel_close(c);
    c->alive = false;
    rc = child_start(c);
    if (!rc)
        connect_links_of(k, role);
    return rc;
}

void keeper_kill(struct keeper *k, enum role role)
{
    child_kill(&k->children[role]);
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
        if (k->children[i].alive) {
            if (!k->quiet)
                log_warn("%s did not finish in time and is killed", k->children[i].exe);
            child_kill(&k->children[i]);
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
        if (c->alive && c->chan)
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
    const struct child *c = &k->children[role];

    return c->pid > 0 ? c->pid : c->alive && c->ready ? (pid_t)c->ready_pid : 0;
}

long keeper_uid(const struct keeper *k, enum role role)
{
    return k->children[role].alive && k->children[role].ready ? (long)k->children[role].uid : -1;
}

unsigned keeper_restarts(const struct keeper *k, enum role role)
{
    return k->children[role].restarts;
}
