/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/upward/engine.h"
#include "base/clock.h"
#include "base/event.h"
#include "base/log.h"
#include "base/parent.h"
#include "console/region/portion.h"
#include "console/upward/splice.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define ROUND_MS 500
#define TROUBLE_MS 5000
#define PEN_MS 60000
#define CHUNK_EVENTS 256
#define CHUNK_BYTES (4u << 20)
#define CHUNK_ARENA (512u << 20)
#define PORTION_FULL (4u << 20) /* from here on a portion goes without waiting */
#define STATE_MS 10000

struct upward {
    const struct conf *conf;
    struct store *store;
    struct helpers *helpers;
    struct upward_policy *policy;
    struct db *db;
    pthread_t thread;
    pthread_mutex_t lock; /* stop */
    pthread_cond_t wake;
    bool stop;
    /* what was decided on and is not on disk at gh-region yet */
    struct writer portion;
    struct forward_sums sums;
    int64_t upto; /* row of the queue up to which everything is in portion or was sent */
    int64_t committed;
    bool urgent;
    uint64_t since_ms, state_ms;
    char trouble[UPWARD_TROUBLE], told[UPWARD_TROUBLE];
    int64_t newest, receipt;
    int64_t told_newest, told_receipt; /* -1: nothing was told */
};
/* Events of one batch, a few at a time. */
struct chunk {
    struct arena *arena;
    struct upward_event ask[CHUNK_EVENTS];
    struct splice_record record[CHUNK_EVENTS];
    size_t n;
    int64_t last; /* row of the last that was read */
};

static bool fail(struct upward *u, const char *why)
{
    snprintf(u->trouble, sizeof(u->trouble), "%s", why);
    return false;
}

/* Everything that is not on disk above is begun anew. */
static void begin_anew(struct upward *u)
{
    writer_clear(&u->portion);
    u->sums.n = 0;
    u->upto = u->committed;
    u->urgent = false;
}

/* Asks gh-region; its answer's numbers are kept. */
static bool ask_pen(struct upward *u, const char *question, struct span pack)
{
    struct helpers_answer answer = {.fd = -1};
    struct arena *a = arena_new(1u << 20);
    int fd = pack.n ? msg_memfd("portion", pack) : -1;
    struct json *j = NULL;
    int rc = !a || (pack.n && fd < 0) ? ST_NOMEM : helpers_wait(u->helpers, ROLE_REGION, span_str(question), fd, PEN_MS, &answer);
    bool good = false;

    if (!rc) {
        rc = json_parse(a, writer_span(&answer.json), 4, &j, NULL);
        good = !rc && answer.state == ASK_DONE;
        if (good) {
            u->newest = json_i64(json_get(j, "newest"), 0);
            u->receipt = json_i64(json_get(j, "receipt"), 0);
        } else {
            fail(u, json_cstr(json_get(j, "error"), "gh-region could not answer"));
        }
        writer_done(&answer.json);
        if (answer.fd >= 0)
            close(answer.fd);
    } else {
        fail(u, rc == ST_CLOSED ? "gh-region does not run" : status_text(rc));
    }
    arena_free(a);
    return good;
}

static bool send_portion(struct upward *u)
{
    if (u->portion.n && !ask_pen(u, "{\"op\":\"record\"}", writer_span(&u->portion)))
        return false;
    writer_clear(&u->portion);
    return true;
}

static bool put_record(struct upward *u, uint64_t run, uint64_t n, uint32_t k, uint8_t type, struct span json)
{
    const struct record r = {run, n, k, type, json};

    if (u->portion.n + json.n + 64 > PORTION_MAX && !send_portion(u))
        return false;
    return portion_put(&r, &u->portion) == 0 || fail(u, "a record is too long to go up");
}

/* ---- one batch ---- */

static int read_chunk(struct upward *u, const struct forward_batch *b, struct chunk *c)
{
    struct db_stmt *s;
    size_t bytes = 0;
    int rc = db_query(u->db, &s,
                      "SELECT id, run, n, k, type, json FROM event WHERE id > ? AND id <= ? AND appliance = ? ORDER BY id "
                      "LIMIT ?",
                      "iiii", c->last, b->last, b->appliance, (int64_t)CHUNK_EVENTS);

    arena_reset(c->arena);
    c->n = 0;
    while (!rc && c->n < CHUNK_EVENTS && bytes < CHUNK_BYTES && (rc = db_step(s)) == 1) {
        struct span json = db_text(s, 5);
        const char *copy = arena_dup(c->arena, json.p, json.n);
        if (!copy) {
            db_reset(s);
            return ST_NOMEM;
        }
        c->last = db_i64(s, 0);
        c->ask[c->n].row = c->last;
        c->record[c->n++] = (struct splice_record){(uint64_t)db_i64(s, 1), (uint64_t)db_i64(s, 2), (uint32_t)db_i64(s, 3),
                                                   (uint8_t)db_i64(s, 4), span_of(copy, json.n)};
        bytes += json.n;
        rc = 0;
    }
    if (!rc)
        db_reset(s);
    return rc;
}

/* An event as it goes up, in the arena. */
static int splice(struct upward *u, const struct forward_batch *b, struct chunk *c, size_t i, bool whole, struct span *ret)
{
    struct writer w;
    char *copy;
    int rc;

    writer_init(&w, c->record[i].json.n + 65536);
    rc = splice_event(c->arena, parent_region(u->conf), b, &c->record[i], whole, &w);
    copy = rc ? NULL : arena_dup(c->arena, w.p, w.n);
    if (!rc && !copy)
        rc = ST_NOMEM;
    if (!rc)
        *ret = span_of(copy, w.n);
    writer_done(&w);
    return rc;
}

/* Those that some rule judges are asked about; the others become what the policy says of others. */
static bool decide(struct upward *u, const struct forward_batch *b, struct chunk *c)
{
    struct upward_event *ask = arena_array(c->arena, CHUNK_EVENTS, sizeof(*ask));
    size_t place[CHUNK_EVENTS], n = 0;

    if (!ask)
        return fail(u, status_text(ST_NOMEM));
    for (size_t i = 0; i < c->n; i++) {
        c->ask[i].to = upward_otherwise(u->policy);
        c->ask[i].rule = span_str("otherwise");
        if (!upward_judges(u->policy, c->record[i].type))
            continue;
        if (splice(u, b, c, i, true, &c->ask[i].text) != 0)
            return fail(u, status_text(ST_NOMEM));
        place[n] = i;
        ask[n++] = c->ask[i];
    }
    if (n && !upward_decide(u->policy, u->helpers, c->arena, ask, n))
        return fail(u, u->policy->trouble);
    for (size_t i = 0; i < n; i++) {
        c->ask[place[i]].to = ask[i].to;
        c->ask[place[i]].rule = ask[i].rule;
    }
    return true;
}

static bool forward_one(struct upward *u, const struct forward_batch *b, struct chunk *c, size_t i, struct forward_sums *sums)
{
    const struct splice_record *r = &c->record[i];
    enum forward_kind to = c->ask[i].to;
    struct span text;

    if (to == FORWARD_GONE_UP && r->json.n > PORTION_RECORD_MAX / 2)
        to = FORWARD_GONE_UP_REDACTED;
    if (to == FORWARD_FILTERED) {
        forward_add(sums, to, c->ask[i].rule, 1);
        return true;
    }
    if (splice(u, b, c, i, to == FORWARD_GONE_UP, &text) != 0)
        return fail(u, status_text(ST_NOMEM));
    forward_add(sums, to, span_str(""), 1);
    u->urgent |= r->type == EVENT_ALERT;
    return put_record(u, splice_run(b->identity, "run", r->run), r->n, r->k, r->type, text);
}

/* Of one batch: what goes up into the portion, then its account. */
static bool one_batch(struct upward *u, const struct forward_batch *b, struct chunk *c)
{
    struct forward_sums *sums = calloc(1, sizeof(*sums));
    struct writer account;
    int64_t seen = 0;
    bool good = sums != NULL;

    c->last = b->first - 1;
    while (good && b->first) {
        int rc = read_chunk(u, b, c);
        if (rc)
            good = fail(u, status_text(rc));
        if (rc || !c->n)
            break;
        good = decide(u, b, c);
        for (size_t i = 0; i < c->n && good; i++)
            good = forward_one(u, b, c, i, sums);
        seen += (int64_t)c->n;
    }
    if (good) {
        forward_add(sums, FORWARD_IN, span_str(""), b->records);
        forward_add(sums, FORWARD_LOST, span_str("duplicate"), b->records - b->stored);
        forward_add(sums, FORWARD_LOST, span_str("forgotten"), b->stored - seen);
        writer_init(&account, 256u << 10);
        good = splice_account(b, sums, (int64_t)clock_wall_us(), &account) == 0 &&
               put_record(u, splice_run(b->identity, "account", 0), b->number, 0, EVENT_STATS, writer_span(&account));
        writer_done(&account);
    }
    for (size_t i = 0; good && i < sums->n; i++)
        forward_add(&u->sums, sums->v[i].kind, span_str(sums->v[i].reason), sums->v[i].n);
    free(sums);
    return good;
}

/* ---- rounds ---- */

static bool commit(struct upward *u)
{
    struct db *d;
    int rc;

    if (u->upto == u->committed)
        return true;
    if (!send_portion(u))
        return false;
    d = store_begin(u->store, &rc);
    if (!d)
        return fail(u, status_text(rc));
    rc = forward_done(d, u->upto, &u->sums);
    rc = store_end(u->store, rc);
    if (rc)
        return fail(u, status_text(rc));
    u->committed = u->upto;
    begin_anew(u);
    return true;
}

/* What people see of it, when it is another than they saw. */
static void tell(struct upward *u)
{
    struct db *d;
    int rc;

    if (u->state_ms && clock_mono_ms() < u->state_ms && !strcmp(u->trouble, u->told))
        return;
    u->state_ms = clock_mono_ms() + STATE_MS / 5;
    if (helpers_have(u->helpers, ROLE_REGION))
        (void)ask_pen(u, "{\"op\":\"state\"}", (struct span){NULL, 0});
    if (strcmp(u->trouble, u->told) != 0) {
        if (*u->trouble)
            log_warn("nothing goes up to the console above: %s; it is tried again", u->trouble);
        else
            log_info("what goes up to the console above is recorded again");
    } else if (u->told_newest == u->newest && u->told_receipt == u->receipt) {
        return;
    }
    u->told_newest = u->newest;
    u->told_receipt = u->receipt;
    snprintf(u->told, sizeof(u->told), "%s", u->trouble);
    d = store_begin(u->store, &rc);
    if (!d)
        return;
    rc = forward_told(d, u->policy->name, u->trouble, u->newest, u->receipt);
    (void)store_end(u->store, rc);
}

/* Does all that can be done now; false: something was in the way. *ret_more: go on at once. */
static bool one_round(struct upward *u, struct chunk *c, bool *ret_more)
{
    struct forward_batch b;
    int rc;

    *ret_more = false;
    if (!upward_policy_open(u->policy, u->helpers))
        return fail(u, *u->policy->trouble ? u->policy->trouble : "there is no policy that says what goes up");
    rc = forward_next(u->db, u->upto, &b);
    if (!rc) {
        if (u->upto == u->committed)
            u->since_ms = clock_mono_ms();
        if (!one_batch(u, &b, c))
            return false;
        u->upto = b.id;
        *ret_more = true;
    } else if (rc != ST_NOT_FOUND) {
        return fail(u, status_text(rc));
    }
    if (u->upto == u->committed)
        return true;
    if (u->portion.n >= PORTION_FULL || (!*ret_more && u->urgent) ||
        clock_mono_ms() >= u->since_ms + u->conf->console_parent_delay)
        return commit(u);
    return true;
}

static bool sleep_until_woken(struct upward *u, uint64_t ms)
{
    struct timespec until;
    bool stop;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += (long)(ms % 1000) * 1000000L;
    until.tv_sec += (time_t)(ms / 1000) + until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&u->lock);
    if (ms && !u->stop)
        (void)pthread_cond_timedwait(&u->wake, &u->lock, &until);
    stop = u->stop;
    pthread_mutex_unlock(&u->lock);
    return !stop;
}

/* Batches that come are queued from now on. */
static bool queue_begins(struct upward *u)
{
    int rc;
    struct db *d = store_begin(u->store, &rc);

    if (!d)
        return false;
    rc = forward_begin(d);
    return store_end(u->store, rc) == 0;
}

static void *run(void *arg)
{
    struct upward *u = arg;
    struct chunk *c = calloc(1, sizeof(*c));
    bool begun = false, more = false, good = true;

    gh_check(c && (c->arena = arena_new(CHUNK_ARENA)));
    while (sleep_until_woken(u, more ? 0 : good ? ROUND_MS : TROUBLE_MS)) {
        more = false;
        good = true;
        if (!begun && !helpers_have(u->helpers, ROLE_REGION))
            continue; /* no region's console, or not yet */
        begun = begun || queue_begins(u);
        if (!begun)
            continue;
        good = one_round(u, c, &more);
        if (good)
            u->trouble[0] = 0;
        else
            begin_anew(u);
        tell(u);
    }
    arena_free(c->arena);
    free(c);
    return NULL;
}

struct upward *upward_start(const struct conf *c, struct store *store, struct helpers *helpers, struct upward_policy *p)
{
    struct upward *u = calloc(1, sizeof(*u));

    if (!u)
        return NULL;
    u->conf = c;
    u->store = store;
    u->helpers = helpers;
    u->policy = p;
    u->told_newest = u->told_receipt = -1;
    writer_init(&u->portion, PORTION_MAX);
    pthread_mutex_init(&u->lock, NULL);
    pthread_cond_init(&u->wake, NULL);
    if (store_reader(store, &u->db) == 0 && pthread_create(&u->thread, NULL, run, u) == 0)
        return u;
    db_close(u->db);
    writer_done(&u->portion);
    free(u);
    return NULL;
}

void upward_stop(struct upward *u)
{
    if (!u)
        return;
    pthread_mutex_lock(&u->lock);
    u->stop = true;
    pthread_cond_signal(&u->wake);
    pthread_mutex_unlock(&u->lock);
    pthread_join(u->thread, NULL);
    db_close(u->db);
    writer_done(&u->portion);
    free(u);
}
