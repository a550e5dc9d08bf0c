/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/supervisor.h"
#include "base/json.h"
#include "base/log.h"
#include "rules/document.h"
#include "rules/pool.h"
#include "rules/queue.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define ANSWERS_MAX                                                                                          \
    (16u << 20) /* bytes of findings that the core has not taken; past that no new document starts */
#define DOCUMENTS_FD_SPARE 64 /* descriptors for everything but queued documents and workers */
#define RETRY_MS 50
#define NOTE_MS 1000

/* Readers, and those that recognise pictures. */
enum lane_kind { LANE_READ, LANE_PICTURES, LANES };
struct lane {
    struct supervisor *owner;
    struct pool *pool; /* NULL: scan.ocr is off */
    struct queue queue;
    size_t max;
};
struct supervisor {
    struct proc *proc;
    struct worker_config config;
    struct lane lanes[LANES];
    struct proc_chan *core;
    unsigned era;
    struct loop_timer *retry, *note;
    bool paused, stopping;
    int rc;
    uint64_t answered, noted, unread[UNREAD_CRASH + 1];
    uint64_t pictures_read, pictures_full, pictures_failed; /* documents */
};

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

static void work(struct supervisor *s, struct lane *l)
{
    while (l->queue.first && !s->retry && (!s->core || proc_chan_pending(s->core) < ANSWERS_MAX)) {
        struct job *j = l->queue.first;
        if (pool_give(l->pool, span_of(j->body, j->n), j->fd, j->fresh, j) != 0) {
            /* All busy: the next answer brings us back here. None busy: the machine refused a process. */
            if (!pool_busy(l->pool))
                s->retry = loop_timer_add(s->proc->loop, RETRY_MS, false, on_retry, s);
            return;
        }
        (void)queue_take(&l->queue);
    }
}

/* Documents in a hurry only ever fill the second queue: that must not stop the others. */
static bool lanes_full(const struct supervisor *s)
{
    return s->lanes[LANE_READ].queue.n >= s->lanes[LANE_READ].max ||
           s->lanes[LANE_PICTURES].queue.n > s->lanes[LANE_PICTURES].max;
}

static bool lanes_empty(const struct supervisor *s)
{
    for (int i = 0; i < LANES; i++)
        if (s->lanes[i].queue.n || (s->lanes[i].pool && pool_busy(s->lanes[i].pool)))
            return false;
    return true;
}

/* After every round of the loop. */
static void on_idle(void *arg)
{
    struct supervisor *s = arg;
    bool full;

    for (int i = 0; i < LANES; i++)
        work(s, &s->lanes[i]);
    full = lanes_full(s) || (s->core && proc_chan_pending(s->core) >= ANSWERS_MAX);
    if (s->core && !s->stopping && full != s->paused) {
        s->paused = full;
        proc_chan_pause(s->core, full);
    }
    if (s->stopping && lanes_empty(s) && (!s->core || !proc_chan_pending(s->core)))
        loop_stop(s->proc->loop);
}

/* A document has been read but for its pictures. True when it waits for those that read them. */
static bool want_pictures(struct supervisor *s, struct job *j)
{
    struct lane *l = &s->lanes[LANE_PICTURES];

    if (!l->pool || j->pictures || j->era != s->era)
        return false;
    if (j->hurried && l->queue.n >= l->max) {
        if (!s->pictures_full++)
            log_warn("more documents with pictures than scan.ocr_queue holds: the words in some stay unread. "
                     "Said once; the status counts them");
        return false;
    }
    j->fresh = false;
    queue_put(&l->queue, j, false);
    return true;
}

static void on_read(void *arg, void *job, bool pictures, struct span findings, int fd)
{
    struct lane *l = arg;

    if (!pictures || !want_pictures(l->owner, job))
        answer(l->owner, job, findings, fd);
    else if (fd >= 0)
        close(fd);
}

static void on_recognised(void *arg, void *job, bool pictures, struct span findings, int fd)
{
    struct lane *l = arg;

    (void)pictures;
    l->owner->pictures_read++;
    answer(l->owner, job, findings, fd);
}

static const enum unread death_reasons[] = {
    [POOL_TIMEOUT] = UNREAD_TIMEOUT, [POOL_MEMORY] = UNREAD_TOO_LARGE, [POOL_CRASH] = UNREAD_CRASH};

static void on_reader_died(void *arg, void *job, enum pool_death why, bool fresh)
{
    struct lane *l = arg;
    struct job *j = job;

    if (why == POOL_TIMEOUT || fresh || j->fresh) {
        answer_unread(l->owner, j, death_reasons[why]);
    } else {
        j->fresh = true;
        queue_put(&l->queue, j, true);
    }
}

/* What was readable without the pictures was read before, but not kept: findings may be large and this is
 * rare. */
static void on_recogniser_died(void *arg, void *job, enum pool_death why, bool fresh)
{
    struct lane *l = arg;
    struct job *j = job;

    if (why == POOL_TIMEOUT || fresh || j->fresh) {
        l->owner->pictures_failed++;
        job_without_pictures(j, death_reasons[why]);
        queue_put(&l->owner->lanes[LANE_READ].queue, j, true);
    } else {
        j->fresh = true;
        queue_put(&l->queue, j, true);
    }
}

static void on_child(void *arg)
{
    struct supervisor *s = arg;

    for (int i = 0; i < LANES; i++)
        if (s->lanes[i].pool)
            pool_reap(s->lanes[i].pool);
}

static void on_broken(void *arg)
{
    struct supervisor *s = ((struct lane *)arg)->owner;

    log_error("document workers cannot be locked in; no document is read outside a cage");
    s->rc = 3;
    loop_stop(s->proc->loop);
}

/* A SCAN from the core. False: it makes no sense, and neither does going on with that core. */
static bool take_scan(struct supervisor *s, const struct msg *m)
{
    struct span in;
    struct job *j;
    int rc = msg_map(m->fd, (size_t)s->config.conf->scan_document_max, &in);

    if (rc == 0)
        msg_unmap(in);
    else if (rc != ST_LIMIT && rc != ST_NOMEM)
        return false;
    j = job_new(m->body, s->era, m->fd);
    if (!j)
        return false;
    if (rc)
        answer_unread(s, j, UNREAD_TOO_LARGE);
    else
        queue_put(&s->lanes[LANE_READ].queue, j, false);
    return true;
}

static void forget_core(struct supervisor *s)
{
    s->core = NULL;
    s->era++;
    s->paused = false;
    for (int i = 0; i < LANES; i++) /* a new core asks again for what it still wants */
        queue_drop_all(&s->lanes[i].queue);
}

static void on_core(void *arg, const struct msg *m)
{
    struct supervisor *s = arg;

    if (m->type == MSG_SCAN && !s->stopping && take_scan(s, m)) {
        if (lanes_full(s) && !s->paused) {
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

static void note_pictures(const struct supervisor *s, struct jw *j)
{
    const struct lane *l = &s->lanes[LANE_PICTURES];

    if (!l->pool)
        return;
    jw_kobj(j, "ocr");
    jw_ku64(j, "documents", s->pictures_read);
    jw_ku64(j, "queued", l->queue.n);
    jw_ku64(j, "busy", pool_busy(l->pool));
    jw_ku64(j, "failed", s->pictures_failed);
    jw_ku64(j, "queue_full", s->pictures_full);
    jw_end_obj(j);
}

static void on_note(void *arg)
{
    struct supervisor *s = arg;
    const struct lane *l = &s->lanes[LANE_READ];
    struct writer w;
    struct jw j;

    if (s->noted == s->answered + 1)
        return; /* nothing new */
    s->noted = s->answered + 1;
    writer_init(&w, 4096);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_ku64(&j, "documents", s->answered);
    jw_ku64(&j, "queued", l->queue.n);
    jw_ku64(&j, "busy", pool_busy(l->pool));
    jw_ku64(&j, "workers_started", pool_stats(l->pool)->started);
    note_pictures(s, &j);
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

/* Each document that waits holds a descriptor: so many of want as the system allows beside used ones. */
static size_t affordable(uint64_t want, uint64_t used)
{
    long most = sysconf(_SC_OPEN_MAX);
    uint64_t left = most > 0 && (uint64_t)most > used ? (uint64_t)most - used : 0;

    if (most <= 0 || want <= left)
        return (size_t)want;
    return left > DOCUMENTS_FD_SPARE ? (size_t)left : DOCUMENTS_FD_SPARE;
}

static bool open_lanes(struct supervisor *s, const struct worker_config *c)
{
    static const struct pool_hooks hooks[LANES] = {
        [LANE_READ] = {.done = on_read, .died = on_reader_died, .broken = on_broken},
        [LANE_PICTURES] = {.done = on_recognised, .died = on_recogniser_died, .broken = on_broken}};
    const struct conf *conf = c->conf;
    const uint64_t workers = conf->scan_workers + (conf->scan_ocr ? conf->scan_ocr_workers : 0);
    struct worker_config configs[LANES] = {*c, *c};

    configs[LANE_READ].workers = (size_t)conf->scan_workers;
    configs[LANE_READ].timeout_ms = conf->scan_timeout;
    configs[LANE_READ].memory = conf->scan_worker_memory;
    configs[LANE_PICTURES].workers = (size_t)conf->scan_ocr_workers;
    configs[LANE_PICTURES].timeout_ms = conf->scan_ocr_timeout;
    configs[LANE_PICTURES].memory = conf->scan_ocr_memory;
    configs[LANE_PICTURES].pictures = true;
    s->lanes[LANE_READ].max = affordable(conf->scan_queue, workers + DOCUMENTS_FD_SPARE);
    s->lanes[LANE_PICTURES].max =
        affordable(conf->scan_ocr_queue, workers + DOCUMENTS_FD_SPARE + s->lanes[LANE_READ].max);
    for (int i = 0; i < LANES; i++) {
        struct lane *l = &s->lanes[i];
        struct pool_hooks h = hooks[i];
        if (i == LANE_PICTURES && !conf->scan_ocr)
            continue;
        h.arg = l;
        l->pool = pool_new(s->proc->loop, &configs[i], &h);
        if (!l->pool)
            return false;
    }
    return true;
}

struct supervisor *supervisor_new(struct proc *p, const struct worker_config *c)
{
    struct supervisor *s = calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    s->proc = p;
    s->config = *c;
    for (int i = 0; i < LANES; i++) {
        s->lanes[i].owner = s;
        queue_init(&s->lanes[i].queue);
    }
    s->note = loop_timer_add(p->loop, NOTE_MS, true, on_note, s);
    if (!open_lanes(s, c) || !s->note || loop_signal(p->loop, SIGCHLD, on_child, s) != 0) {
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
    for (int i = 0; i < LANES; i++) {
        pool_free(s->lanes[i].pool);
        queue_drop_all(&s->lanes[i].queue);
    }
    proc_chan_remove(s->core);
    loop_timer_remove(s->note);
    loop_timer_remove(s->retry);
    free(s);
}

int supervisor_result(const struct supervisor *s)
{
    return s->rc;
}
