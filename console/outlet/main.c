/* SPDX-License-Identifier: GPL-3.0-or-later
 * gh-outlet: the one process of the console that calls others. gh-console asks it over a channel (base/ask.h)
 * to send a batch; it holds no key and no secret for longer than a batch takes, reads nothing but what it is
 * handed, and decides by its own configuration where that may go (send.h).
 *
 * A question: {"do":"send","kind":"webhook"|"syslog","output":N,"target":"…","ca":"PEM","headers":["Name:
 * value"],"timeout_ms":N} with the body in a sealed memfd. The answer:
 * {"ok","permanent","stale","status","reason"}. Main thread: channel. SEND_THREADS threads send; each answer
 * goes back to the main thread over a list and an eventfd. */
#include "base/ask.h"
#include "base/jail.h"
#include "base/json.h"
#include "base/log.h"
#include "console/http/pool.h"
#include "console/outlet/send.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define SEND_THREADS 8
#define SEND_QUEUE 64
#define BODY_MAX (8u << 20)
#define JSON_DEPTH 8
#define ARENA (1u << 20)
#define MEMORY (512u << 20)
#define FILES 256
#define TIMEOUT_MIN 1000
#define TIMEOUT_MAX 60000

struct job {
    uint64_t id;
    struct arena *arena;
    struct batch batch;
    struct span body; /* mapped */
    struct outcome outcome;
    struct job *next;
};
struct outlet {
    struct proc proc;
    struct proc_chan *console;
    struct sender *sender;
    struct pool *pool;
    pthread_mutex_t lock;
    struct job *done;
    int wake;
};

static void job_free(struct job *j)
{
    if (j->body.n)
        msg_unmap(j->body);
    arena_free(j->arena);
    free(j);
}

/* On a thread of the pool. */
static void on_work(void *worker, void *arg)
{
    struct outlet *o = worker;
    struct job *j = arg;
    uint64_t one = 1;

    sender_send(o->sender, &j->batch, &j->outcome);
    pthread_mutex_lock(&o->lock);
    j->next = o->done;
    o->done = j;
    pthread_mutex_unlock(&o->lock);
    if (write(o->wake, &one, sizeof(one)) != (ssize_t)sizeof(one))
        log_warn("the main thread cannot be woken");
}

static void answer(struct outlet *o, const struct job *job)
{
    struct writer w;
    struct jw j;

    writer_init(&w, 4096);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_kbool(&j, "ok", job->outcome.ok);
    jw_kbool(&j, "permanent", job->outcome.permanent);
    jw_kbool(&j, "stale", job->outcome.stale);
    jw_ki64(&j, "status", job->outcome.status);
    jw_kcstr(&j, "reason", job->outcome.reason);
    jw_end_obj(&j);
    if (o->console)
        (void)answer_post(o->console, job->id, ASK_DONE, writer_span(&w), -1);
    writer_done(&w);
}

static void on_done(void *arg, uint32_t events)
{
    struct outlet *o = arg;
    struct job *list, *next;
    uint64_t n;

    (void)events;
    if (read(o->wake, &n, sizeof(n)) < 0)
        return;
    pthread_mutex_lock(&o->lock);
    list = o->done;
    o->done = NULL;
    pthread_mutex_unlock(&o->lock);
    for (; list; list = next) {
        next = list->next;
        answer(o, list);
        job_free(list);
    }
}

/* The question as a batch; its strings live in the job's arena. */
static bool read_batch(struct job *job, struct span text)
{
    struct json *j = NULL;
    const char *kind;
    int64_t timeout;

    if (json_parse(job->arena, text, JSON_DEPTH, &j, NULL) != 0 ||
        strcmp(json_cstr(json_get(j, "do"), ""), "send") != 0)
        return false;
    kind = json_cstr(json_get(j, "kind"), "");
    timeout = json_i64(json_get(j, "timeout_ms"), TIMEOUT_MIN);
    job->batch.syslog = !strcmp(kind, "syslog");
    job->batch.output = json_i64(json_get(j, "output"), 0);
    job->batch.target = json_cstr(json_get(j, "target"), "");
    job->batch.timeout_ms = (uint64_t)(timeout < TIMEOUT_MIN   ? TIMEOUT_MIN
                                       : timeout > TIMEOUT_MAX ? TIMEOUT_MAX
                                                               : timeout);
    if (json_get(j, "ca"))
        job->batch.ca = json_get(j, "ca")->s;
    json_each(h, json_get(j, "headers"))
    {
        if (job->batch.headers == SEND_HEADERS || h->type != JSON_STRING ||
            span_find_byte(h->s, '\n', 0) >= 0 || span_find_byte(h->s, '\r', 0) >= 0)
            return false;
        job->batch.header[job->batch.headers++].line = json_cstr(h, "");
    }
    return job->batch.syslog || !strcmp(kind, "webhook");
}

static void on_ask(struct outlet *o, const struct msg *m)
{
    struct job *job = calloc(1, sizeof(*job));
    struct span text;
    char *copy = NULL;
    uint64_t id = 0;

    if (ask_read(m->body, &id, &text) != 0 || !job || !(job->arena = arena_new(ARENA)) ||
        !(copy = arena_dup(job->arena, text.p, text.n)) || m->fd < 0 ||
        msg_map(m->fd, BODY_MAX, &job->body) != 0 || !read_batch(job, span_of(copy, text.n))) {
        (void)answer_post_error(o->console, id, "the question cannot be read");
        if (job)
            job_free(job);
        return;
    }
    job->id = id;
    job->batch.body = job->body;
    if (!pool_push(o->pool, job)) {
        (void)answer_post_error(o->console, id, "too many batches at once");
        job_free(job);
    }
}

static void on_console(void *arg, const struct msg *m)
{
    struct outlet *o = arg;

    if (m->type == MSG_ASK)
        on_ask(o, m); /* MSG_FORGET needs nothing: its answer goes nowhere */
    if (m->fd >= 0)
        close(m->fd);
}

static void on_console_closed(void *arg, int rc)
{
    struct outlet *o = arg;

    (void)rc;
    o->console = NULL; /* the keeper starts it again, and hands over a new channel */
}

static void on_peer(struct proc *p, enum role role, int fd)
{
    struct outlet *o = p->arg;

    (void)proc_chan_take(p, ROLE_CONSOLE, role, fd, &o->console, on_console, on_console_closed, o);
}

static int lock_in(struct outlet *o)
{
    static const char *const ro[] = {JAIL_RESOLVER, NULL};
    const struct jail_options opt = {
        .user = o->proc.conf.node_user, .ro = ro, .memory = MEMORY, .files = FILES};
    char err[256] = "";
    int abi = 0;

    if (jail_enter(JAIL_UPLINK, &opt, &abi, err, sizeof(err)) == 0)
        return 0;
    log_error("%s", err);
    return 3;
}

int main(int argc, char **argv)
{
    static struct outlet o;
    struct loop_io *wake_io;
    void *workers[SEND_THREADS];
    int rc;

    proc_start(&o.proc, ROLE_OUTLET, "gh-outlet", argc, argv);
    if (o.proc.argc) {
        fprintf(stderr, "gh-outlet: unknown option '%s'\n", o.proc.argv[0]);
        return 2;
    }
    o.proc.arg = &o;
    o.proc.on_peer = on_peer;
    pthread_mutex_init(&o.lock, NULL);
    o.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    o.sender = sender_new(&o.proc.conf);
    wake_io = o.wake >= 0 ? loop_io_add(o.proc.loop, o.wake, EPOLLIN, on_done, &o) : NULL;
    gh_check(wake_io && o.sender);
    rc = lock_in(&o);
    for (size_t i = 0; i < SEND_THREADS; i++)
        workers[i] = &o;
    if (!rc && !(o.pool = pool_new(SEND_THREADS, workers, SEND_QUEUE, on_work)))
        rc = 3;
    if (!rc) {
        proc_ready(&o.proc);
        loop_run(o.proc.loop);
    }
    pool_stop(o.pool);
    pool_free(o.pool);
    on_done(&o, 0);
    loop_io_remove(wake_io);
    close(o.wake);
    proc_chan_remove(o.console);
    sender_free(o.sender);
    return rc;
}
