/* SPDX-License-Identifier: GPL-3.0-or-later
 * Other threads only put work into the table and ring the bell (an eventfd); the main thread does all
 * talking. */
#include "console/helpers.h"
#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum question_state { FREE, WAITS /* to be sent */, SENT, FORGOTTEN /* the helper must be told */ };
struct question {
    enum question_state state;
    uint64_t id;
    enum role role;
    struct writer json;
    int fd;
    helpers_fn *fn;
    void *arg;
};
struct helpers {
    struct proc *proc;
    pthread_mutex_t lock;
    int bell;
    struct loop_io *bell_io;
    uint64_t next_id;
    struct question open[HELPERS_OPEN];
    struct peer {
        struct helpers *helpers;
        enum role role;
        struct proc_chan *chan;
    } peer[ROLE_COUNT];
};

static void ring(struct helpers *h)
{
    uint64_t one = 1;

    while (write(h->bell, &one, sizeof(one)) < 0 && errno == EINTR)
        continue;
}

static void question_done(struct question *q)
{
    if (q->fd >= 0)
        close(q->fd);
    writer_done(&q->json);
    *q = (struct question){.fd = -1};
}

/* Ends all questions to a helper that is gone. The lock is not held while somebody else's function runs. */
static void lose(struct helpers *h, enum role role)
{
    for (size_t i = 0; i < HELPERS_OPEN; i++) {
        struct question *q = &h->open[i];
        helpers_fn *fn = NULL;
        void *arg = NULL;
        uint64_t id = 0;

        pthread_mutex_lock(&h->lock);
        if (q->state != FREE && q->role == role) {
            if (q->state != FORGOTTEN)
                fn = q->fn;
            arg = q->arg;
            id = q->id;
            question_done(q);
        }
        pthread_mutex_unlock(&h->lock);
        if (fn)
            fn(arg, id, ST_CLOSED, ASK_FAILED, (struct span){NULL, 0}, -1);
    }
}

static void on_closed(void *arg, int rc)
{
    struct peer *p = arg;

    if (rc == ST_MALFORMED)
        log_error("gh-%s sent something that it cannot have meant: it is replaced", role_name(p->role));
    pthread_mutex_lock(&p->helpers->lock);
    p->chan = NULL;
    pthread_mutex_unlock(&p->helpers->lock);
    lose(p->helpers, p->role);
}

static void on_answer(void *arg, const struct msg *m)
{
    struct peer *p = arg;
    struct helpers *h = p->helpers;
    helpers_fn *fn = NULL;
    void *fn_arg = NULL;
    enum ask_state state;
    struct span json;
    uint64_t id;

    if (m->type != MSG_ANSWER || answer_read(m->body, &id, &state, &json) != 0) {
        log_error("gh-%s answered with something that is no answer", role_name(p->role));
        if (m->fd >= 0)
            close(m->fd);
        return;
    }
    pthread_mutex_lock(&h->lock);
    for (size_t i = 0; i < HELPERS_OPEN; i++) {
        struct question *q = &h->open[i];
        if (q->state != SENT || q->id != id || q->role != p->role)
            continue;
        fn = q->fn;
        fn_arg = q->arg;
        if (state != ASK_MORE)
            question_done(q);
        break;
    }
    pthread_mutex_unlock(&h->lock);
    if (fn)
        fn(fn_arg, id, 0, state, json, m->fd);
    else if (m->fd >= 0)
        close(m->fd);
}

/* Sends what other threads have put into the table. */
static void on_bell(void *arg, uint32_t events)
{
    struct helpers *h = arg;
    uint64_t n;
    bool lost[ROLE_COUNT] = {false};

    (void)events;
    (void)!read(h->bell, &n, sizeof(n));
    pthread_mutex_lock(&h->lock);
    for (size_t i = 0; i < HELPERS_OPEN; i++) {
        struct question *q = &h->open[i];
        struct proc_chan *chan = h->peer[q->role].chan;

        if (q->state == FORGOTTEN) {
            if (chan)
                (void)forget_post(chan, q->id);
            question_done(q);
        } else if (q->state == WAITS) {
            int rc = chan ? ask_post(chan, q->id, writer_span(&q->json), q->fd) : ST_CLOSED;
            if (rc == 0) {
                q->fd = -1;
                q->state = SENT;
                writer_done(&q->json);
            } else {
                lost[q->role] = true;
            }
        }
    }
    pthread_mutex_unlock(&h->lock);
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        if (!lost[i])
            continue;
        if (h->peer[i].chan) { /* it takes nothing any more: the keeper sees the end and starts it again */
            pthread_mutex_lock(&h->lock);
            proc_chan_remove(h->peer[i].chan);
            h->peer[i].chan = NULL;
            pthread_mutex_unlock(&h->lock);
        }
        lose(h, (enum role)i);
    }
}

struct helpers *helpers_new(struct proc *p)
{
    struct helpers *h = calloc(1, sizeof(*h));

    if (!h)
        return NULL;
    h->proc = p;
    h->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (h->bell >= 0)
        h->bell_io = loop_io_add(p->loop, h->bell, EPOLLIN, on_bell, h);
    if (!h->bell_io) {
        if (h->bell >= 0)
            close(h->bell);
        free(h);
        return NULL;
    }
    pthread_mutex_init(&h->lock, NULL);
    for (size_t i = 0; i < HELPERS_OPEN; i++)
        h->open[i].fd = -1;
    return h;
}

void helpers_stop(struct helpers *h)
{
    for (size_t i = 0; h && i < ROLE_COUNT; i++) {
        pthread_mutex_lock(&h->lock);
        proc_chan_remove(h->peer[i].chan);
        h->peer[i].chan = NULL;
        pthread_mutex_unlock(&h->lock);
        lose(h, (enum role)i);
    }
}

void helpers_free(struct helpers *h)
{
    if (!h)
        return;
    helpers_stop(h);
    loop_io_remove(h->bell_io);
    close(h->bell);
    pthread_mutex_destroy(&h->lock);
    free(h);
}

void helpers_peer(struct helpers *h, enum role role, int fd)
{
    struct peer *p = &h->peer[role];

    proc_chan_remove(p->chan);
    if (p->chan)
        lose(h, role);
    *p = (struct peer){.helpers = h, .role = role};
    pthread_mutex_lock(&h->lock);
    p->chan = proc_chan_add(h->proc, fd, role, on_answer, on_closed, p);
    pthread_mutex_unlock(&h->lock);
}

bool helpers_have(struct helpers *h, enum role role)
{
    bool have;

    pthread_mutex_lock(&h->lock);
    have = h->peer[role].chan != NULL;
    pthread_mutex_unlock(&h->lock);
    return have;
}

int helpers_ask(struct helpers *h, enum role role, struct span json, int fd, helpers_fn *fn, void *arg,
                uint64_t *ret_id)
{
    struct question *q = NULL;
    int rc = 0;

    if (json.n > ASK_JSON_MAX)
        rc = ST_FULL;
    pthread_mutex_lock(&h->lock);
    if (!rc && !h->peer[role].chan)
        rc = ST_CLOSED;
    for (size_t i = 0; !rc && !q && i < HELPERS_OPEN; i++) {
        if (h->open[i].state == FREE)
            q = &h->open[i];
    }
    if (q) {
        *q = (struct question){
            .state = WAITS, .id = ++h->next_id, .role = role, .fd = fd, .fn = fn, .arg = arg};
        writer_init(&q->json, ASK_JSON_MAX);
        writer_put(&q->json, json);
        if (writer_ok(&q->json)) {
            *ret_id = q->id;
        } else {
            rc = ST_NOMEM;
            question_done(q);
            fd = -1;
        }
    } else if (!rc) {
        rc = ST_AGAIN;
    }
    pthread_mutex_unlock(&h->lock);
    if (!rc)
        ring(h);
    else if (fd >= 0)
        close(fd);
    return rc;
}

/* False: the last answer was, or is being, given. */
static bool forget(struct helpers *h, uint64_t id)
{
    bool was_open = false;

    pthread_mutex_lock(&h->lock);
    for (size_t i = 0; i < HELPERS_OPEN; i++) {
        struct question *q = &h->open[i];
        if (q->id != id || (q->state != WAITS && q->state != SENT))
            continue;
        was_open = true;
        if (q->state == WAITS)
            question_done(q);
        else
            q->state = FORGOTTEN;
    }
    pthread_mutex_unlock(&h->lock);
    ring(h);
    return was_open;
}

void helpers_forget(struct helpers *h, uint64_t id)
{
    (void)forget(h, id);
}

/* Shared by the one who waits and the main thread: whoever is last frees it. */
struct waiting {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool over, abandoned;
    int rc;
    struct helpers_answer answer;
};

static void waiting_free(struct waiting *w)
{
    writer_done(&w->answer.json);
    if (w->answer.fd >= 0)
        close(w->answer.fd);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

static void on_last(void *arg, uint64_t id, int rc, enum ask_state state, struct span json, int fd)
{
    struct waiting *w = arg;
    bool abandoned;

    (void)id;
    if (!rc && state == ASK_MORE) {
        if (fd >= 0)
            close(fd);
        return;
    }
    pthread_mutex_lock(&w->lock);
    w->over = true;
    w->rc = rc;
    w->answer.state = state;
    w->answer.fd = fd;
    writer_put(&w->answer.json, json);
    if (!writer_ok(&w->answer.json))
        w->rc = ST_NOMEM;
    abandoned = w->abandoned;
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
    if (abandoned)
        waiting_free(w);
}

static struct waiting *waiting_new(void)
{
    struct waiting *w = calloc(1, sizeof(*w));
    pthread_condattr_t attr;

    if (!w)
        return NULL;
    w->answer.fd = -1;
    writer_init(&w->answer.json, ASK_JSON_MAX);
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&w->changed, &attr);
    pthread_condattr_destroy(&attr);
    return w;
}

int helpers_wait(struct helpers *h, enum role role, struct span json, int fd, uint64_t timeout_ms,
                 struct helpers_answer *ret)
{
    struct waiting *w = waiting_new();
    struct timespec until;
    uint64_t id;
    bool mine;
    int rc;

    if (!w && fd >= 0)
        close(fd);
    if (!w)
        return ST_NOMEM;
    rc = helpers_ask(h, role, json, fd, on_last, w, &id);
    if (rc) {
        waiting_free(w);
        return rc;
    }
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(timeout_ms / 1000);
    until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&w->lock);
    while (!w->over && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&w->changed, &w->lock, &until);
    if (w->over) {
        rc = w->rc;
        if (!rc) {
            *ret = w->answer;
            writer_init(&w->answer.json, ASK_JSON_MAX);
            w->answer.fd = -1;
        }
        pthread_mutex_unlock(&w->lock);
        waiting_free(w);
        return rc;
    }
    pthread_mutex_unlock(&w->lock);
    mine = forget(h, id); /* nobody else has it */
    pthread_mutex_lock(&w->lock);
    mine = mine || w->over;
    w->abandoned = !mine;
    pthread_mutex_unlock(&w->lock);
    if (mine)
        waiting_free(w);
    return ST_TIMEOUT;
}
