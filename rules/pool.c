/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/pool.h"
#include "base/log.h"
#include "base/msg.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

struct member {
    struct pool *pool;
    pid_t pid; /* 0: nobody */
    struct msg_chan *chan;
    struct loop_io *io;
    struct loop_timer *timer;
    void *job; /* the document in its hands; NULL: idle */
    uint64_t id;
    uint64_t documents; /* given to it so far */
    bool late, leaving; /* killed by us: too slow; has read enough or spoke nonsense */
};
struct pool {
    struct loop *loop;
    struct worker_config config;
    struct pool_hooks hooks;
    struct pool_stats stats;
    size_t n;
    struct member members[];
};

static void hang_up(struct member *m)
{
    loop_io_remove(m->io);
    loop_timer_remove(m->timer);
    msg_chan_free(m->chan);
    m->io = NULL;
    m->timer = NULL;
    m->chan = NULL;
}

/* An idle worker has nothing to lose and a hostile one deserves no time: both are simply killed; SIGCHLD does
 * the rest. */
static void dismiss(struct member *m)
{
    m->leaving = true;
    hang_up(m);
    kill(m->pid, SIGKILL);
}

/* Takes what the worker says. False when it is gone or speaks nonsense. */
static bool listen_to(struct member *m)
{
    struct msg msg;
    int rc;

    while ((rc = msg_receive(m->chan, &msg, false)) == 0) {
        struct reader r = reader_span(msg.body);
        uint64_t id = reader_le64(&r);
        uint8_t pictures = reader_u8(&r);
        struct span findings = reader_rest(&r);
        void *job = m->job;
        if (!job || !reader_ok(&r) || pictures > 1 || id != m->id || (msg.fd < 0) != (findings.n > 0)) {
            log_warn("document worker %d spoke out of turn; it is replaced", (int)m->pid);
            if (msg.fd >= 0)
                close(msg.fd);
            return false;
        }
        m->job = NULL;
        loop_timer_remove(m->timer);
        m->timer = NULL;
        m->pool->stats.documents++;
        m->pool->hooks.done(m->pool->hooks.arg, job, pictures, findings, msg.fd);
    }
    return rc == ST_AGAIN;
}

static void on_member(void *arg, uint32_t events)
{
    struct member *m = arg;

    (void)events;
    if (!listen_to(m)) { /* it is dying or is made to; what it held is answered for at SIGCHLD */
        hang_up(m);
        kill(m->pid, SIGKILL);
    } else if (!m->job && m->documents >= m->pool->config.conf->scan_worker_documents) {
        dismiss(m);
    }
}

static void on_late(void *arg)
{
    struct member *m = arg;

    m->timer = NULL;
    m->late = true;
    kill(m->pid, SIGKILL);
}

/* Killed by somebody else: by the kernel because memory ran out everywhere, or by hand? */
static bool was_large(const struct member *m, int status, const struct rusage *use)
{
    const struct worker_config *c = &m->pool->config;
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL &&
           (uint64_t)use->ru_maxrss * 1024 > c->usage.data + c->memory / 2;
}

static enum pool_death cause(const struct member *m, int status, const struct rusage *use)
{
    if (m->late)
        return POOL_TIMEOUT;
    if ((WIFEXITED(status) && WEXITSTATUS(status) == WORKER_MEMORY) || was_large(m, status, use))
        return POOL_MEMORY;
    return POOL_CRASH;
}

static void describe(const struct member *m, int status, enum pool_death why)
{
    const struct worker_config *c = &m->pool->config;

    if (why == POOL_TIMEOUT)
        log_warn("document worker %d took longer than scan.%s (%llu ms) and was killed", (int)m->pid,
                 c->pictures ? "ocr_timeout" : "timeout", (unsigned long long)c->timeout_ms);
    else if (why == POOL_MEMORY)
        log_warn("document worker %d reached its memory ceiling (scan.%s)", (int)m->pid,
                 c->pictures ? "ocr_memory" : "worker_memory");
    else if (WIFSIGNALED(status))
        log_warn("document worker %d died of signal %d (%s)", (int)m->pid, WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else
        log_warn("document worker %d ended with status %d", (int)m->pid, WEXITSTATUS(status));
}

static void buried(struct member *m, int status, const struct rusage *use)
{
    struct pool *p = m->pool;
    bool fresh = m->documents <= 1, broken = WIFEXITED(status) && WEXITSTATUS(status) == WORKER_JAIL;
    enum pool_death why;
    void *job;

    if (m->chan && !broken)
        (void)listen_to(m); /* an answer may have been sent just before the end */
    hang_up(m);
    job = m->job;
    why = cause(m, status, use);
    if (job || (!m->leaving && !broken)) {
        describe(m, status, why);
        p->stats.deaths[why]++;
    }
    *m = (struct member){.pool = p};
    if (job)
        p->hooks.died(p->hooks.arg, job, why, fresh);
    if (broken)
        p->hooks.broken(p->hooks.arg);
}

/* Each by its own number: children of other pools are not ours to bury. */
void pool_reap(struct pool *p)
{
    struct rusage use;
    int status;

    for (size_t i = 0; i < p->n; i++) {
        struct member *m = &p->members[i];
        if (m->pid && wait4(m->pid, &status, WNOHANG, &use) == m->pid)
            buried(m, status, &use);
    }
}

struct pool *pool_new(struct loop *l, const struct worker_config *c, const struct pool_hooks *hooks)
{
    struct pool *p = calloc(1, sizeof(*p) + c->workers * sizeof(p->members[0]));

    if (!p)
        return NULL;
    p->loop = l;
    p->config = *c;
    p->hooks = *hooks;
    p->n = c->workers;
    for (size_t i = 0; i < p->n; i++)
        p->members[i].pool = p;
    return p;
}

void pool_free(struct pool *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->n; i++) {
        struct member *m = &p->members[i];
        if (!m->pid)
            continue;
        hang_up(m);
        kill(m->pid, SIGKILL);
        waitpid(m->pid, NULL, 0);
    }
    free(p);
}

/* One more worker in an empty place. */
static int hire(struct member *m)
{
    int fds[2], rc = msg_pair(fds);
    pid_t pid;

    if (rc)
        return rc;
    pid = fork();
    if (pid == 0)
        worker_run(fds[1], &m->pool->config);
    close(fds[1]);
    if (pid < 0) {
        rc = status_from_errno(errno);
        close(fds[0]);
        return rc;
    }
    *m = (struct member){.pool = m->pool, .pid = pid, .chan = msg_chan_new(fds[0], ROLE_SCAN, ROLE_WORKER)};
    if (m->chan)
        m->io = loop_io_add(m->pool->loop, fds[0], EPOLLIN, on_member, m);
    else
        close(fds[0]);
    if (!m->io) {
        dismiss(m);
        return ST_NOMEM;
    }
    m->pool->stats.started++;
    return 0;
}

/* An idle worker, the most experienced first; without one an empty place; NULL when all are busy. */
static struct member *choose(struct pool *p, bool fresh)
{
    struct member *best = NULL, *empty = NULL;

    for (size_t i = 0; i < p->n; i++) {
        struct member *m = &p->members[i];
        if (!m->pid)
            empty = m;
        else if (m->chan && !m->job && !m->late && (!fresh || !m->documents) &&
                 (!best || m->documents > best->documents))
            best = m;
    }
    return best ? best : empty;
}

/* Nobody free and nobody fresh: an idle worker makes room for a fresh one. */
static void make_room(struct pool *p)
{
    for (size_t i = 0; i < p->n; i++) {
        struct member *m = &p->members[i];
        if (m->pid && m->chan && !m->job && m->documents) {
            dismiss(m);
            return;
        }
    }
}

bool pool_ready(const struct pool *p, bool fresh)
{
    return choose((struct pool *)p, fresh) != NULL;
}

int pool_give(struct pool *p, struct span body, int fd, bool fresh, void *job)
{
    struct member *m = choose(p, fresh);
    struct reader r = reader_span(body);
    int rc = m ? 0 : ST_AGAIN;

    if (!m && fresh)
        make_room(p);
    if (!rc && !m->pid)
        rc = hire(m);
    if (!rc) {
        m->timer = loop_timer_add(p->loop, p->config.timeout_ms, false, on_late, m);
        rc = m->timer ? msg_send(m->chan, MSG_WORK, body, fd) : ST_NOMEM;
    }
    if (rc) {
        if (m && m->timer) {
            loop_timer_remove(m->timer);
            m->timer = NULL;
        }
        return ST_AGAIN; /* a worker that died this moment, or a machine short of something: soon again */
    }
    m->job = job;
    m->id = reader_le64(&r);
    m->documents++;
    return 0;
}

size_t pool_busy(const struct pool *p)
{
    size_t n = 0;

    for (size_t i = 0; i < p->n; i++)
        n += p->members[i].job != NULL;
    return n;
}

const struct pool_stats *pool_stats(const struct pool *p)
{
    return &p->stats;
}
