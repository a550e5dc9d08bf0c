/* SPDX-License-Identifier: GPL-3.0-or-later
 * Events come from the database by time, a few hundred at a time; the workbench says how many it took. */
#include "console/api/replays_impl.h"
#include "base/clock.h"
#include "base/event.h"
#include "console/events/find.h"

#include <stdio.h>
#include <stdlib.h>

#define PORTION_EVENTS 500
#define PORTION_BYTES (4u << 20)
#define BENCH_MS 20000
#define STATEMENT_MS 60000
#define JOB_ARENA (64u << 20)

/* One run of a job, on the thread alone. */
struct run {
    struct replays *p;
    struct job *job;
    struct arena *arena; /* of a portion */
    int64_t session, mask;
    int64_t time, id; /* of the last event that was read */
    struct writer lines;
    size_t n;
    int64_t dim[PORTION_EVENTS]; /* events whose content is withheld */
    size_t n_dim;
    char why[256];
};

/* Asks the workbench; the answer is parsed into the run's arena. */
static const struct json *ask(struct run *u, struct span question, struct span pack)
{
    const char *why = "";
    struct span text;
    struct json *j = NULL;

    if (!bench_ask(u->p->app, u->arena, question, pack, BENCH_MS, &text, &why) ||
        json_parse(u->arena, text, 24, &j, NULL) != 0)
        snprintf(u->why, sizeof(u->why), "%s", *why ? why : "The workbench could not answer.");
    return j;
}

static bool open_session(struct run *u)
{
    const struct json *a = ask(u, writer_span(&u->job->question), writer_span(&u->job->pack));
    const struct json *faults = json_get(a, "faults");

    if (!a)
        return false;
    u->session = json_i64(json_get(a, "session"), 0);
    json_each(t, json_get(a, "judges"))
    {
        enum event_type type;
        if (t->type == JSON_STRING && event_type_parse(t->s, &type))
            u->mask |= 1LL << type;
    }
    if (!u->session)
        snprintf(u->why, sizeof(u->why), "%s:%lld: %.160s",
                 json_cstr(json_get(faults ? faults->child : NULL, "file"), ""),
                 (long long)json_i64(json_get(faults ? faults->child : NULL, "line"), 0),
                 json_cstr(json_get(faults ? faults->child : NULL, "text"), "it cannot be loaded"));
    return u->session != 0;
}

static void put_line(struct run *u, int64_t id, struct span json)
{
    size_t at;

    writer_printf(&u->lines, "%lld ", (long long)id);
    at = u->lines.n;
    writer_put(&u->lines, json);
    for (size_t i = at; writer_ok(&u->lines) && i < u->lines.n; i++)
        if (u->lines.p[i] == '\n' ||
            u->lines.p[i] == '\r') /* white space: inside of a text it would be escaped */
            u->lines.p[i] = ' ';
    writer_u8(&u->lines, '\n');
}

static int put_event(void *arg, const struct event_row *row, struct span json, bool clear)
{
    struct run *u = arg;

    if (u->lines.n >= PORTION_BYTES)
        return ST_FULL; /* the rest comes with the next portion */
    u->id = row->id;
    u->time = row->time;
    put_line(u, u->id, json);
    if (!clear)
        u->dim[u->n_dim++] = u->id;
    u->n++;
    return 0;
}

/* The next events into lines. 1 there are some, 0 the end, negative a fault. */
static int read_portion(struct run *u)
{
    struct event_row *rows = calloc(PORTION_EVENTS, sizeof(*rows));
    struct event_ask q;
    size_t n = 0;
    int rc = rows ? 0 : ST_NOMEM;

    writer_clear(&u->lines);
    u->n = u->n_dim = 0;
    event_ask_init(&q, &u->job->sight);
    q.order = EVENT_BY_TIME;
    q.after_time = u->time;
    q.after_id = u->id;
    q.to = u->job->until_us < INT64_MAX ? u->job->until_us + 1 : INT64_MAX;
    q.types = u->mask;
    q.ms = STATEMENT_MS;
    db_time_box(u->p->db, STATEMENT_MS);
    if (!rc)
        rc = events_find(u->p->db, &q, PORTION_EVENTS, rows, &n, NULL, NULL);
    if (!rc)
        rc = events_load(u->p->db, &u->job->sight, rows, n, put_event, u);
    free(rows);
    return rc && rc != ST_FULL ? rc : u->n > 0;
}

static bool is_dim(const struct run *u, int64_t id)
{
    for (size_t i = 0; i < u->n_dim; i++)
        if (u->dim[i] == id)
            return true;
    return false;
}

/* An alert about an event, 0: none. The alerts' own rows stay in the database. */
static int64_t alert_of(struct run *u, int64_t event)
{
    struct event_row row;
    struct event_ask q;
    size_t n = 0;

    event_ask_init(&q, &sight_everything);
    q.low = event;
    q.high = event + 1;
    if (events_find(u->p->db, &q, 1, &row, &n, NULL, NULL) != 0 || !n)
        return 0;
    return db_number(u->p->db, 0,
                     "SELECT a.id FROM event y JOIN alert a ON a.event = y.id WHERE y.appliance = ? AND "
                     "y.run = ? AND y.n = ? LIMIT 1",
                     "iii", row.appliance, row.run, row.n);
}

static void put_change(struct run *u, const struct json *c, struct writer *out)
{
    static const char *const kept[] = {"type", "timestamp", "old", "old_rule", "new", "new_rule"};
    int64_t event = json_i64(json_get(c, "event"), 0), alert = alert_of(u, event);
    bool dim = is_dim(u, event);
    struct jw j;

    jw_init(&j, out);
    jw_obj(&j);
    jw_ki64(&j, "event", event);
    jw_key(&j, "alert");
    if (alert)
        jw_i64(&j, alert);
    else
        jw_null(&j);
    for (size_t i = 0; i < GH_COUNT(kept); i++)
        jw_kcstr(&j, kept[i], json_cstr(json_get(c, kept[i]), ""));
    jw_kcstr(&j, "subject", dim ? "" : json_cstr(json_get(c, "subject"), ""));
    jw_kcstr(&j, "reason", dim ? "" : json_cstr(json_get(c, "reason"), ""));
    jw_kcstr(&j, "reason_vi", dim ? "" : json_cstr(json_get(c, "reason_vi"), ""));
    jw_kbool(&j, "redacted", dim);
    jw_end_obj(&j);
}

static void put_counts(const struct json *a, struct writer *out)
{
    static const char *const kept[] = {"judged",  "skipped",   "bad",     "failed",
                                       "changed", "by_action", "from_to", "history_dropped"};

    writer_clear(out);
    for (size_t i = 0; i < GH_COUNT(kept); i++) {
        const struct json *v = json_get(a, kept[i]);
        writer_printf(out, ",\"%s\":", kept[i]);
        writer_put(out, v ? v->raw : span_str("null"));
    }
}

/* What a feed said becomes part of the job. */
static void take(struct run *u, const struct json *a)
{
    struct job *job = u->job;
    struct writer one;

    json_each(c, json_get(a, "changes"))
    {
        if (job->n_changes >= REPLAY_CHANGES_MAX)
            break;
        writer_init(&one, 65536);
        put_change(u, c, &one);
        pthread_mutex_lock(&u->p->lock);
        if (writer_ok(&one) && job->changes.n + one.n + 1 < CHANGES_BYTES) {
            if (job->n_changes++)
                writer_u8(&job->changes, ',');
            writer_put(&job->changes, writer_span(&one));
        }
        pthread_mutex_unlock(&u->p->lock);
        writer_done(&one);
    }
    pthread_mutex_lock(&u->p->lock);
    put_counts(a, &job->counts);
    pthread_mutex_unlock(&u->p->lock);
}

static struct span skip_lines(struct span lines, int64_t n)
{
    struct reader r = reader_span(lines);
    struct span line;

    while (n-- > 0 && reader_line(&r, &line))
        continue;
    return reader_rest(&r);
}

static bool stopped(struct run *u)
{
    bool stop;

    pthread_mutex_lock(&u->p->lock);
    stop = u->job->cancel || u->p->ending;
    pthread_mutex_unlock(&u->p->lock);
    return stop;
}

/* False: a fault (why), or nobody waits any more. */
static bool feed(struct run *u)
{
    char question[96];
    struct span rest = writer_span(&u->lines);

    snprintf(question, sizeof(question), "{\"op\":\"feed\",\"session\":%lld}", (long long)u->session);
    while (rest.n) {
        const struct json *a;
        int64_t taken;
        if (stopped(u))
            return false;
        arena_reset(u->arena);
        a = ask(u, span_str(question), rest);
        taken = json_i64(json_get(a, "taken"), 0);
        if (taken <= 0)
            return false;
        take(u, a);
        rest = skip_lines(rest, taken);
    }
    pthread_mutex_lock(&u->p->lock);
    u->job->events += u->n;
    u->job->at_us = u->time;
    pthread_mutex_unlock(&u->p->lock);
    return true;
}

static enum job_state go_through(struct run *u)
{
    uint64_t until = clock_mono_ms() + REPLAY_MAX_MS;
    int more = 1;

    if (!open_session(u))
        return JOB_FAILED;
    u->time = u->job->since_us;
    while (u->job->events < REPLAY_EVENTS_MAX && clock_mono_ms() < until && (more = read_portion(u)) == 1)
        if (!feed(u))
            return *u->why ? JOB_FAILED : JOB_CANCELLED;
    if (more < 0)
        snprintf(u->why, sizeof(u->why), "The events cannot be read: %s.", status_text(more));
    u->job->complete = more == 0;
    return more < 0 ? JOB_FAILED : JOB_DONE;
}

static void close_session(struct run *u)
{
    char question[96];

    snprintf(question, sizeof(question), "{\"op\":\"close\",\"session\":%lld}", (long long)u->session);
    arena_reset(u->arena);
    if (u->session)
        (void)ask(u, span_str(question), (struct span){NULL, 0}); /* gone already: as well */
}

void replay_run(struct replays *p, struct job *job)
{
    static struct run u; /* one thread */
    enum job_state state = JOB_FAILED;

    u = (struct run){.p = p, .job = job, .arena = arena_new(JOB_ARENA)};
    writer_init(&u.lines, PORTION_BYTES + (64u << 20));
    if (u.arena)
        state = go_through(&u);
    pthread_mutex_lock(&p->lock);
    job->state = job->cancel ? JOB_CANCELLED : state;
    job->ended_us = (int64_t)clock_wall_us();
    snprintf(job->why, sizeof(job->why), "%s", u.why);
    writer_done(&job->question);
    writer_done(&job->pack);
    pthread_mutex_unlock(&p->lock);
    if (u.arena)
        close_session(&u);
    writer_done(&u.lines);
    arena_free(u.arena);
}
