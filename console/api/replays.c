/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/api/replays_impl.h"
#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>

#define OPEN_MAX 6 /* that wait or run */

static const char *const state_names[] = {"waiting", "running", "done", "failed", "cancelled"};

static int64_t now_us(void)
{
    return (int64_t)clock_wall_us();
}

static void job_free(struct job *j)
{
    writer_done(&j->question);
    writer_done(&j->pack);
    writer_done(&j->changes);
    writer_done(&j->counts);
    *j = (struct job){.id = 0};
}

static struct job *next_job(struct replays *p)
{
    struct job *best = NULL;

    for (size_t i = 0; i < REPLAYS_KEPT; i++)
        if (p->job[i].id && p->job[i].state == JOB_WAITS && (!best || p->job[i].id < best->id))
            best = &p->job[i];
    return best;
}

static void *work(void *arg)
{
    struct replays *p = arg;

    pthread_mutex_lock(&p->lock);
    while (!p->ending) {
        struct job *job = next_job(p);
        if (!job) {
            pthread_cond_wait(&p->wake, &p->lock);
            continue;
        }
        job->state = JOB_RUNS;
        job->begun_us = now_us();
        pthread_mutex_unlock(&p->lock);
        replay_run(p, job);
        pthread_mutex_lock(&p->lock);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

struct replays *replays_new(struct app *app, struct db *db)
{
    struct replays *p = calloc(1, sizeof(*p));

    if (!p)
        return NULL;
    p->app = app;
    p->db = db;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->wake, NULL);
    if (pthread_create(&p->thread, NULL, work, p) == 0)
        return p;
    free(p);
    return NULL;
}

void replays_stop(struct replays *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->ending = true;
    pthread_cond_signal(&p->wake);
    pthread_mutex_unlock(&p->lock);
    pthread_join(p->thread, NULL);
    for (size_t i = 0; i < REPLAYS_KEPT; i++)
        job_free(&p->job[i]);
    db_close(p->db);
    pthread_cond_destroy(&p->wake);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

static bool is_open(const struct job *j)
{
    return j->id && (j->state == JOB_WAITS || j->state == JOB_RUNS);
}

/* A free place, or that of the oldest finished one. */
static struct job *place(struct replays *p)
{
    struct job *best = NULL;

    for (size_t i = 0; i < REPLAYS_KEPT; i++)
        if (!is_open(&p->job[i]) && (!best || p->job[i].id < best->id))
            best = &p->job[i];
    return best;
}

int replays_add(struct replays *p, const struct replay_order *o, int64_t *ret_id)
{
    size_t open = 0;
    struct job *j;
    bool mine = false;
    int rc = 0;

    pthread_mutex_lock(&p->lock);
    for (size_t i = 0; i < REPLAYS_KEPT; i++) {
        open += is_open(&p->job[i]);
        mine |= is_open(&p->job[i]) && !strcmp(p->job[i].who, o->who);
    }
    j = place(p);
    if (mine || open >= OPEN_MAX || !j) {
        rc = ST_AGAIN;
    } else {
        job_free(j);
        *j = (struct job){.id = ++p->next, .version = o->version, .against = o->against, .sight = o->sight};
        snprintf(j->name, sizeof(j->name), "%.48s", o->name);
        snprintf(j->who, sizeof(j->who), "%.64s", o->who);
        writer_init(&j->question, 4096);
        writer_init(&j->pack, o->pack.n + 1);
        writer_init(&j->changes, CHANGES_BYTES + 1);
        writer_init(&j->counts, 65536);
        writer_put(&j->question, o->question);
        writer_put(&j->pack, o->pack);
        j->since_us = j->at_us = o->since_us;
        j->until_us = now_us();
        *ret_id = j->id;
        if (!writer_ok(&j->question) || !writer_ok(&j->pack)) {
            job_free(j);
            rc = ST_NOMEM;
        }
        pthread_cond_signal(&p->wake);
    }
    pthread_mutex_unlock(&p->lock);
    return rc;
}

static struct job *own(struct replays *p, const char *who, int64_t id)
{
    for (size_t i = 0; i < REPLAYS_KEPT; i++)
        if (p->job[i].id == id && id && !strcmp(p->job[i].who, who))
            return &p->job[i];
    return NULL;
}

static void put_job(const struct job *job, bool changes, struct jw *j)
{
    jw_ki64(j, "id", job->id);
    jw_kcstr(j, "state", state_names[job->state]);
    jw_kcstr(j, "name", job->name);
    jw_ki64(j, "version", job->version);
    jw_key(j, "against");
    if (job->against)
        jw_i64(j, job->against);
    else
        jw_null(j);
    jw_ktime(j, "since", job->since_us);
    jw_ktime(j, "until", job->until_us);
    jw_ktime(j, "at", job->at_us);
    jw_ktime(j, "begun", job->begun_us);
    jw_ktime(j, "ended", job->ended_us);
    jw_ku64(j, "events", job->events);
    jw_kbool(j, "complete", job->complete);
    jw_ktext(j, "why", span_str(job->why));
    jw_key(j, "counts");
    if (job->counts.n) {
        struct span members = writer_span(&job->counts);
        struct writer w;
        writer_init(&w, 65536);
        writer_u8(&w, '{');
        writer_put(&w, span_part(members, 1, members.n));
        writer_u8(&w, '}');
        jw_raw(j, writer_span(&w));
        writer_done(&w);
    } else {
        jw_null(j);
    }
    if (!changes)
        return;
    jw_karr(j, "changes");
    if (job->changes.n)
        jw_raw(j, writer_span(&job->changes));
    jw_end_arr(j);
}

int replays_put(struct replays *p, const char *who, int64_t id, struct jw *j)
{
    const struct job *job;

    pthread_mutex_lock(&p->lock);
    job = own(p, who, id);
    if (job)
        put_job(job, true, j);
    pthread_mutex_unlock(&p->lock);
    return job ? 0 : ST_NOT_FOUND;
}

void replays_put_all(struct replays *p, const char *who, struct jw *j)
{
    int64_t below = INT64_MAX;

    jw_karr(j, "items");
    pthread_mutex_lock(&p->lock);
    for (size_t k = 0; k < REPLAYS_KEPT; k++) {
        const struct job *best = NULL;
        for (size_t i = 0; i < REPLAYS_KEPT; i++)
            if (p->job[i].id && p->job[i].id < below && !strcmp(p->job[i].who, who) &&
                (!best || p->job[i].id > best->id))
                best = &p->job[i];
        if (!best)
            break;
        below = best->id;
        jw_obj(j);
        put_job(best, false, j);
        jw_end_obj(j);
    }
    pthread_mutex_unlock(&p->lock);
    jw_end_arr(j);
}

int replays_cancel(struct replays *p, const char *who, int64_t id)
{
    struct job *job;
    int rc = ST_NOT_FOUND;

    pthread_mutex_lock(&p->lock);
    job = own(p, who, id);
    if (job) {
        rc = 0;
        job->cancel = true;
        if (job->state == JOB_WAITS) {
            job->state = JOB_CANCELLED;
            job->ended_us = now_us();
        }
    }
    pthread_mutex_unlock(&p->lock);
    return rc;
}
