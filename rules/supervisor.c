/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/supervisor.h"
#include "base/json.h"
#include "base/log.h"
#include "rules/document.h"
#include "rules/pool.h"

#include <stdlib.h>
#include <unistd.h>

#define ANSWERS_MAX                                                                                          \
    (16u << 20) /* bytes of findings that the core has not taken; past that no new document starts */
#define DOCUMENTS_FD_SPARE 64 /* descriptors for everything but queued documents and workers */
#define RETRY_MS 50
#define NOTE_MS 1000

/* One SCAN not answered yet. */
struct job {
    struct job *next;
    uint64_t id;
    unsigned era; /* of the core that asked; the answer to a core that is gone is nobody's */
    int fd;
    bool fresh; /* only for a worker that has read nothing */
    size_t n;
    uint8_t body[]; /* as received */
};
struct supervisor {
    struct proc *proc;
    struct worker_config config;
    struct pool *pool;
    struct proc_chan *core;
    unsigned era;
    struct job *first, **last;
    size_t queued, queue_max;
    struct loop_timer *retry, *note;
    bool paused, stopping;
    int rc;
    uint64_t answered, noted, unread[UNREAD_CRASH + 1];
};

static void job_free(struct job *j)
{
    if (j->fd >= 0)
        close(j->fd);
    free(j);
}

static void enqueue(struct supervisor *s, struct job *j, bool front)
{
    if (front) {
        j->next = s->first;
        s->first = j;
        if (s->last == &s->first)
            s->last = &j->next;
    } else {
        j->next = NULL;
        *s->last = j;
        s->last = &j->next;
    }
    s->queued++;
}

static struct job *dequeue(struct supervisor *s)
{
    struct job *j = s->first;

    s->first = j->next;
    if (!s->first)
        s->last = &s->first;
    s->queued--;
    return j;
}

/* Findings to the core, unless it is another core by now. Takes the job and fd. */
static void answer(struct supervisor *s, struct job *j, struct span findings, int fd)
{
    struct writer w;
    int rc = ST_CLOSED;

    if (s->core && j->era == s->era) {
        writer_init(&w, MSG_MAX);
        writer_le(&w, j->id, 8);
        writer_put(&w, findings);
        rc = writer_ok(&w) ? proc_chan_post(s->core, MSG_FINDINGS, writer_span(&w), fd) : ST_LIMIT;
        writer_done(&w);
        if (rc && rc != ST_CLOSED)
            log_error("findings cannot be passed on to the core: %s", status_text(rc));
    }
    if (rc && fd >= 0)
        close(fd);
    s->answered++;
    job_free(j);
}

static struct span job_name(const struct job *j)
{
    struct reader r = reader_of(j->body, j->n);
    reader_skip(&r, 9);
    return reader_take(&r, reader_le16(&r));
}

/* The answer for a document that nobody has read: its name, size, hash, and why. */
static void answer_unread(struct supervisor *s, struct job *j, enum unread why)
{
    struct span in = {NULL, 0};
    struct writer w;
    int rc = msg_map(j->fd, SIZE_MAX, &in);

    writer_init(&w, MSG_MAX - 8);
    if (!rc)
        rc = document_unread(in, job_name(j), why, &w);
    if (rc) { /* no memory even for that: the least that is a true answer */
        writer_clear(&w);
        writer_printf(
            &w, "{\"level\":\"none\",\"level_source\":\"none\",\"read\":\"none\",\"unread_reason\":\"%s\"}",
            unread_name(why));
    }
    if (in.p)
        msg_unmap(in);
    s->unread[why]++;
    answer(s, j, writer_span(&w), -1);
    writer_done(&w);
}

static void on_retry(void *arg)
{
    struct supervisor *s = arg;
    s->retry = NULL; /* the loop's idle hook tries again */
}

static void work(struct supervisor *s)
{
    while (s->first && !s->retry && (!s->core || proc_chan_pending(s->core) < ANSWERS_MAX)) {
        struct job *j = s->first;
        if (pool_give(s->pool, span_of(j->body, j->n), j->fd, j->fresh, j) != 0) {
            /* All busy: the next answer brings us back here. None busy: the machine refused a process. */
            if (!pool_busy(s->pool))
                s->retry = loop_timer_add(s->proc->loop, RETRY_MS, false, on_retry, s);
            return;
        }
        (void)dequeue(s);
    }
}

/* After every round of the loop. */
static void on_idle(void *arg)
{
    struct supervisor *s = arg;
    bool full;

    work(s);
    full = s->queued >= s->queue_max || (s->core && proc_chan_pending(s->core) >= ANSWERS_MAX);
    if (s->core && !s->stopping && full != s->paused) {
        s->paused = full;
        proc_chan_pause(s->core, full);
    }
    if (s->stopping && !s->first && !pool_busy(s->pool) && (!s->core || !proc_chan_pending(s->core)))
        loop_stop(s->proc->loop);
}

static void on_done(void *arg, void *job, struct span findings, int fd)
{
    answer(arg, job, findings, fd);
}

static void on_died(void *arg, void *job, enum pool_death why, bool fresh)
{
    static const enum unread reasons[] = {
        [POOL_TIMEOUT] = UNREAD_TIMEOUT, [POOL_MEMORY] = UNREAD_TOO_LARGE, [POOL_CRASH] = UNREAD_CRASH};
    struct supervisor *s = arg;
    struct job *j = job;

    if (why == POOL_TIMEOUT || fresh || j->fresh) {
        answer_unread(s, j, reasons[why]);
    } else {
        j->fresh = true;
        enqueue(s, j, true);
    }
}

static void on_broken(void *arg)
{
    struct supervisor *s = arg;

    log_error("document workers cannot be locked in; no document is read outside a cage");
    s->rc = 3;
    loop_stop(s->proc->loop);
}

/* A SCAN from the core. False: it makes no sense, and neither does going on with that core. */
static bool take_scan(struct supervisor *s, const struct msg *m)
{
    struct reader r = reader_span(m->body);
    struct span in, name;
    struct job *j;
    int rc = msg_map(m->fd, (size_t)s->config.conf->scan_document_max, &in);

    if (rc == 0)
        msg_unmap(in);
    else if (rc != ST_LIMIT && rc != ST_NOMEM)
        return false;
    j = calloc(1, sizeof(*j) + m->body.n);
    if (!j)
        return false;
    *j = (struct job){.id = reader_le64(&r), .era = s->era, .fd = m->fd, .n = m->body.n};
    memcpy(j->body, m->body.p, m->body.n);
    reader_skip(&r, 1);
    name = reader_take(&r, reader_le16(&r));
    if (!reader_ok(&r) || reader_left(&r) || !name.p) {
        j->fd = -1;
        job_free(j);
        return false;
    }
    if (rc)
        answer_unread(s, j, UNREAD_TOO_LARGE);
    else
        enqueue(s, j, false);
    return true;
}

static void forget_core(struct supervisor *s)
{
    s->core = NULL;
    s->era++;
    s->paused = false;
    while (s->first) /* a new core asks again for what it still wants */
        job_free(dequeue(s));
}

static void on_core(void *arg, const struct msg *m)
{
    struct supervisor *s = arg;

    if (m->type == MSG_SCAN && !s->stopping && take_scan(s, m)) {
        if (s->queued >= s->queue_max && !s->paused) {
            s->paused = true;
            proc_chan_pause(s->core, true);
        }
        return;
    }
    if (m->fd >= 0)
        close(m->fd);
    if (!s->stopping) {
        log_error("the core sent something that is no document; its channel is closed");
        proc_chan_remove(s->core);
        forget_core(s);
    }
}

static void on_core_closed(void *arg, int rc)
{
    if (rc != ST_CLOSED)
        log_error("the channel to the core: %s", status_text(rc));
    forget_core(arg);
}

static void on_peer(struct proc *p, enum role role, int fd)
{
    struct supervisor *s = p->arg;

    if (role != ROLE_CORE || s->stopping) {
        close(fd);
        return;
    }
    proc_chan_remove(s->core);
    forget_core(s);
    s->core = proc_chan_add(p, fd, ROLE_CORE, on_core, on_core_closed, s);
    if (!s->core)
        log_error("no memory for the channel to the core");
}

/* What was taken on is finished; the keeper's patience bounds it. */
static void on_stop(struct proc *p)
{
    struct supervisor *s = p->arg;

    s->stopping = true;
    if (s->core)
        proc_chan_pause(s->core, true);
}

static void on_note(void *arg)
{
    struct supervisor *s = arg;
    const struct pool_stats *st = pool_stats(s->pool);
    struct writer w;
    struct jw j;

    if (s->noted == s->answered + 1)
        return; /* nothing new */
    s->noted = s->answered + 1;
    writer_init(&w, 4096);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_ku64(&j, "documents", s->answered);
    jw_ku64(&j, "queued", s->queued);
    jw_ku64(&j, "busy", pool_busy(s->pool));
    jw_ku64(&j, "workers_started", st->started);
    jw_kobj(&j, "unread");
    for (int u = UNREAD_NONE + 1; u <= UNREAD_CRASH; u++)
        if (s->unread[u])
            jw_ku64(&j, unread_name((enum unread)u), s->unread[u]);
    jw_end_obj(&j);
    jw_ku64(&j, "rules", rule_set_count(s->config.rules));
    jw_kcstr(&j, "rules_version", rule_set_version(s->config.rules));
    if (s->config.prints && s->config.prints->index)
        jw_ku64(&j, "registered", print_index_documents(s->config.prints->index));
    jw_end_obj(&j);
    proc_note(s->proc, writer_span(&w));
    writer_done(&w);
}

struct supervisor *supervisor_new(struct proc *p, const struct worker_config *c)
{
    struct supervisor *s = calloc(1, sizeof(*s));
    const struct pool_hooks hooks = {.arg = s, .done = on_done, .died = on_died, .broken = on_broken};
    long files = sysconf(_SC_OPEN_MAX);

    if (!s)
        return NULL;
    s->proc = p;
    s->config = *c;
    s->last = &s->first;
    s->queue_max = (size_t)c->conf->scan_queue;
    if (files > 0 && s->queue_max + c->conf->scan_workers + DOCUMENTS_FD_SPARE > (size_t)files)
        s->queue_max = (size_t)files > c->conf->scan_workers + 2 * DOCUMENTS_FD_SPARE
                           ? (size_t)files - c->conf->scan_workers - DOCUMENTS_FD_SPARE
                           : DOCUMENTS_FD_SPARE;
    s->pool = pool_new(p->loop, c, &hooks);
    s->note = loop_timer_add(p->loop, NOTE_MS, true, on_note, s);
    if (!s->pool || !s->note) {
        supervisor_free(s);
        return NULL;
    }
    p->arg = s;
    p->on_peer = on_peer;
    p->on_stop = on_stop;
    loop_idle(p->loop, on_idle, s);
    return s;
}

void supervisor_free(struct supervisor *s)
{
    if (!s)
        return;
    pool_free(s->pool);
    proc_chan_remove(s->core);
    loop_timer_remove(s->note);
    loop_timer_remove(s->retry);
    while (s->first)
        job_free(dequeue(s));
    free(s);
}

int supervisor_result(const struct supervisor *s)
{
    return s->rc;
}
