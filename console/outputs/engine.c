/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/outputs/engine.h"
#include "base/clock.h"
#include "base/log.h"
#include "console/events/find.h"
#include "console/outputs/batch.h"
#include "console/outputs/files.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define ROUND_MS 500
#define SEND_MS 30000
#define TRIAL_MS 6000
#define BACK_OFF_S 2
#define BACK_OFF_MAX_S 900
#define SINGLE_EVENTS 200 /* sent one by one after a batch was refused, to find the one that is not taken */
#define REASON 320
#define COUNT_ROWS 200000 /* skipped in one round */

struct job {
    int64_t output; /* 0: free */
    bool asked, answered;
    uint64_t id;
    struct output as; /* as it was when the batch was made */
    struct out_batch batch;
    int64_t single; /* so many more are sent one by one */
    int rc;
    bool ok, permanent, stale;
    char reason[REASON];
    struct engine *engine;
};
struct engine {
    const struct conf *conf;
    struct store *store;
    const struct seal_keys *keys;
    struct helpers *helpers;
    struct db *db;
    pthread_t thread;
    pthread_mutex_t lock; /* job.answered and what comes with it; stop */
    pthread_cond_t wake;
    bool stop;
    struct job job[OUTPUTS_MAX];
};

/* The batch's secret for a moment. */
static int with_secret(struct db *d, const struct seal_keys *keys, const struct output *o, uint8_t *memory,
                       struct span *ret)
{
    struct writer w;
    int rc;

    *ret = (struct span){NULL, 0};
    if (o->kind != OUTPUT_WEBHOOK || o->auth == OUTPUT_NO_AUTH)
        return 0;
    writer_fixed(&w, memory, SEAL_SECRET + 1);
    rc = output_secret_get(d, o->id, keys, &w);
    if (!rc)
        *ret = writer_span(&w);
    return rc;
}

/* Question and body; the descriptor is the caller's. */
static int question(struct db *d, const struct seal_keys *keys, const struct output *o,
                    const struct out_batch *b, uint64_t timeout_ms, bool trial, struct writer *text,
                    int *ret_fd)
{
    uint8_t *memory = seal_alloc(SEAL_SECRET + 1);
    struct span secret;
    struct jw j;
    int rc = memory ? with_secret(d, keys, o, memory, &secret) : ST_NOMEM;

    if (!rc) {
        jw_init(&j, text);
        rc = out_batch_question(o, b, secret, clock_wall_us(), timeout_ms, trial, &j);
    }
    seal_free(memory);
    if (rc)
        return rc;
    *ret_fd = msg_memfd("batch", writer_span(&b->body));
    return *ret_fd < 0 ? *ret_fd : 0;
}

static void read_answer(struct span json, bool *ok, bool *permanent, bool *stale, char *reason, size_t cap)
{
    struct arena *a = arena_new(1u << 20);
    struct json *j = NULL;

    if (a && json_parse(a, json, 4, &j, NULL) == 0) {
        *ok = json_bool(json_get(j, "ok"), false);
        *permanent = json_bool(json_get(j, "permanent"), false);
        *stale = json_bool(json_get(j, "stale"), false);
        snprintf(reason, cap, "%s", json_cstr(json_get(j, "reason"), json_cstr(json_get(j, "error"), "")));
    }
    arena_free(a);
}

/* On the main thread. */
static void on_answer(void *arg, uint64_t id, int rc, enum ask_state state, struct span json, int fd)
{
    struct job *job = arg;
    struct engine *e = job->engine;

    (void)id;
    if (fd >= 0)
        close(fd);
    if (!rc && state == ASK_MORE)
        return;
    pthread_mutex_lock(&e->lock);
    job->rc = rc;
    job->ok = job->permanent = job->stale = false;
    snprintf(job->reason, sizeof(job->reason), "%s", rc ? "gh-outlet ended; it is started again" : "");
    if (!rc)
        read_answer(json, &job->ok, &job->permanent, &job->stale, job->reason, sizeof(job->reason));
    job->answered = true;
    pthread_cond_signal(&e->wake);
    pthread_mutex_unlock(&e->lock);
}

/* ---- what came of it ---- */

static int64_t back_off(int64_t tries)
{
    int64_t s = BACK_OFF_S;
    uint32_t jitter;

    for (int64_t i = 0; i < tries && s < BACK_OFF_MAX_S; i++)
        s *= 2;
    if (s > BACK_OFF_MAX_S)
        s = BACK_OFF_MAX_S;
    seal_random(&jitter, sizeof(jitter));
    return s * 500000 +
           (int64_t)(jitter % ((uint32_t)s * 500000u)); /* half of it, and a random part of the other half */
}

static int skipped(struct db *d, const struct output *o, const struct out_batch *b)
{
    int rc = b->forgotten ? output_lost(d, o, o->cursor, b->forgotten, "forgotten") : 0;

    return rc || !b->unreadable ? rc : output_lost(d, o, o->cursor, b->unreadable, "unreadable");
}

static void settle(struct engine *e, struct job *job)
{
    const struct output *o = &job->as;
    int64_t now = (int64_t)clock_wall_us();
    struct db *d;
    int rc;

    if (!job->ok && job->permanent && job->batch.n > 1) {
        job->single = SINGLE_EVENTS; /* one of them is not taken: which? */
        return;
    }
    d = store_begin(e->store, &rc);
    if (!d)
        return; /* the same batch comes again */
    if (job->ok) {
        rc = skipped(d, o, &job->batch);
        if (!rc)
            rc = output_sent(d, o, job->batch.upto, (int64_t)job->batch.n, now);
    } else if (job->stale) {
        rc = output_stale(d, o, job->reason, now);
    } else if (job->permanent) {
        rc = output_refused(d, o, job->batch.upto, job->reason, now);
    } else {
        rc = output_failed(d, o, now + back_off(o->tries), job->reason, now);
    }
    rc = store_end(e->store, rc);
    if (rc)
        log_warn("what came of an output cannot be noted: %s; it is sent again", status_text(rc));
    if (job->ok && job->single > 0)
        job->single--;
}

/* ---- the next batch ---- */

/* Too far behind, or its events are gone: skipped, counted, and said. True when something was done. */
static bool skip(struct engine *e, const struct output *o)
{
    int64_t low = events_first(e->db), high = events_newest(e->db), after = o->cursor, n = 0, floor;
    const char *why = "queue_full";
    char reason[REASON] = "";
    struct db *d;
    int rc;

    floor = high - (int64_t)e->conf->console_output_waiting;
    if (o->source == QUERY_EVENTS && low > o->cursor + 1) {
        n = low - o->cursor - 1; /* whether they matched cannot be told any more */
        after = low - 1;
        why = "forgotten";
    } else if (floor > o->cursor) {
        if (floor > o->cursor + COUNT_ROWS)
            floor = o->cursor + COUNT_ROWS;
        if (out_batch_count(e->db, o, &after, floor, &n, reason, sizeof(reason)) != 0)
            return false;
    } else {
        return false;
    }
    d = store_begin(e->store, &rc);
    if (!d)
        return false;
    rc = output_lost(d, o, after, n, why);
    rc = store_end(e->store, rc);
    return rc == 0;
}

static void fail(struct job *job, const char *reason)
{
    job->ok = job->permanent = job->stale = false;
    snprintf(job->reason, sizeof(job->reason), "%s", reason);
}

/* True when a batch was finished here, so that the next may follow at once. */
static bool begin(struct engine *e, struct job *job, const struct output *o)
{
    char reason[REASON] = "";
    struct writer text;
    int fd = -1, rc;

    job->as = *o;
    out_batch_done(&job->batch);
    out_batch_init(&job->batch);
    rc = out_batch_fill(e->db, o, job->single > 0 ? 1 : BATCH_EVENTS, &job->batch, reason, sizeof(reason));
    if (rc) {
        fail(job, *reason ? reason : status_text(rc));
        settle(e, job);
        return false;
    }
    if (job->batch.upto == o->cursor)
        return false;
    if (!job->batch.n) { /* nothing in this range is for this output */
        job->ok = true;
        settle(e, job);
        return true;
    }
    if (o->kind == OUTPUT_FILE) {
        rc = out_file_append(e->conf->console_state_dir, o->target, writer_span(&job->batch.body));
        job->ok = rc == 0;
        if (rc)
            fail(job, rc == ST_FULL ? "the disk is full" : status_text(rc));
        settle(e, job);
        return rc == 0;
    }
    writer_init(&text, ASK_JSON_MAX);
    rc = question(e->db, e->keys, o, &job->batch, SEND_MS, false, &text, &fd);
    job->asked = true; /* before: the answer may come at once */
    job->answered = false;
    if (!rc)
        rc = helpers_ask(e->helpers, ROLE_OUTLET, writer_span(&text), fd, on_answer, job, &job->id);
    seal_wipe(text.p, text.n);
    writer_done(&text);
    if (rc) {
        job->asked = false;
        fail(job, rc == ST_CLOSED ? "gh-outlet does not run; start the console with 'gatehouse console'"
                                  : status_text(rc));
        settle(e, job);
    }
    return false;
}

static struct job *job_of(struct engine *e, int64_t output)
{
    struct job *unused = NULL;

    for (size_t i = 0; i < OUTPUTS_MAX; i++) {
        if (e->job[i].output == output)
            return &e->job[i];
        if (!e->job[i].output && !unused)
            unused = &e->job[i];
    }
    if (unused)
        unused->output = output;
    return unused;
}

static bool still_there(const struct output *all, size_t n, int64_t id)
{
    for (size_t i = 0; i < n; i++)
        if (all[i].id == id)
            return true;
    return false;
}

/* One look at every output; true when there is more to do at once. */
static bool one_round(struct engine *e, struct output *all)
{
    bool more = false;
    size_t n = 0;

    for (size_t i = 0; i < OUTPUTS_MAX; i++) {
        bool answered;
        pthread_mutex_lock(&e->lock);
        answered = e->job[i].asked && e->job[i].answered;
        pthread_mutex_unlock(&e->lock);
        if (answered) {
            e->job[i].asked = false;
            settle(e, &e->job[i]);
            more = true;
        }
    }
    if (output_all(e->db, all, &n) != 0)
        return false;
    for (size_t i = 0; i < OUTPUTS_MAX; i++)
        if (e->job[i].output && !e->job[i].asked && !still_there(all, n, e->job[i].output)) {
            e->job[i].output = 0;
            e->job[i].single = 0;
        }
    for (size_t i = 0; i < n; i++) {
        struct job *job = job_of(e, all[i].id);
        if (!job || job->asked || !all[i].enabled || all[i].next_us > (int64_t)clock_wall_us())
            continue;
        if (skip(e, &all[i]) || begin(e, job, &all[i]))
            more = true;
    }
    return more;
}

static void *run(void *arg)
{
    struct engine *e = arg;
    struct output *all = calloc(OUTPUTS_MAX, sizeof(*all));
    bool more = false;

    gh_check(all);
    for (;;) {
        struct timespec until;
        bool stop;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += ROUND_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        pthread_mutex_lock(&e->lock);
        if (!more && !e->stop)
            (void)pthread_cond_timedwait(&e->wake, &e->lock, &until);
        stop = e->stop;
        pthread_mutex_unlock(&e->lock);
        if (stop)
            break;
        more = one_round(e, all);
    }
    free(all);
    return NULL;
}

struct engine *engine_start(const struct conf *c, struct store *store, const struct seal_keys *keys,
                            struct helpers *helpers)
{
    struct engine *e = calloc(1, sizeof(*e));

    if (!e)
        return NULL;
    e->conf = c;
    e->store = store;
    e->keys = keys;
    e->helpers = helpers;
    pthread_mutex_init(&e->lock, NULL);
    pthread_cond_init(&e->wake, NULL);
    for (size_t i = 0; i < OUTPUTS_MAX; i++) {
        e->job[i].engine = e;
        out_batch_init(&e->job[i].batch);
    }
    if (store_reader(store, &e->db) == 0 && pthread_create(&e->thread, NULL, run, e) == 0)
        return e;
    db_close(e->db);
    free(e);
    return NULL;
}

void engine_stop(struct engine *e)
{
    if (!e)
        return;
    pthread_mutex_lock(&e->lock);
    e->stop = true;
    pthread_cond_signal(&e->wake);
    pthread_mutex_unlock(&e->lock);
    pthread_join(e->thread, NULL);
    for (size_t i = 0; i < OUTPUTS_MAX; i++) {
        if (e->job[i].asked)
            helpers_forget(e->helpers, e->job[i].id);
        out_batch_done(&e->job[i].batch);
    }
    db_close(e->db);
    free(e);
}

int engine_try(const struct conf *c, const struct seal_keys *keys, struct helpers *helpers, struct db *d,
               const struct output *o, bool *ret_ok, char *reason, size_t cap)
{
    struct helpers_answer a = {.fd = -1};
    bool permanent, stale;
    struct out_batch b;
    struct writer text;
    int fd = -1, rc;

    *ret_ok = false;
    out_batch_init(&b);
    writer_init(&text, ASK_JSON_MAX);
    rc = out_batch_trial(o, &b);
    if (!rc && o->kind == OUTPUT_FILE) {
        int bad = out_file_append(c->console_state_dir, o->target, writer_span(&b.body));
        *ret_ok = bad == 0;
        snprintf(reason, cap, "%s", bad ? status_text(bad) : "");
    } else if (!rc) {
        rc = question(d, keys, o, &b, TRIAL_MS - 1000, true, &text, &fd);
        if (!rc)
            rc = helpers_wait(helpers, ROLE_OUTLET, writer_span(&text), fd, TRIAL_MS, &a);
        if (!rc) {
            read_answer(writer_span(&a.json), ret_ok, &permanent, &stale, reason, cap);
            if (a.fd >= 0)
                close(a.fd);
            writer_done(&a.json);
        }
    }
    if (text.p)
        seal_wipe(text.p, text.n);
    writer_done(&text);
    out_batch_done(&b);
    return rc;
}
