/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/api/upload.h"
#include "base/program.h"
#include "console/serve.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/jail.h"
#include "base/log.h"
#include "base/proc.h"
#include "console/api/app.h"
#include "console/api/letters.h"
#include "console/api/replays.h"
#include "console/api/reports.h"
#include "console/backup.h"
#include "console/events/ship.h"
#include "console/listen.h"
#include "console/outputs/engine.h"
#include "console/rotation.h"
#include "console/upward/engine.h"
#include "console/state.h"
#include "console/store/audit_head.h"
#include "console/store/intake.h"
#include "console/store/retention.h"
#include "console/store/sources.h"
#include "console/store/rollup.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define SERVER_THREADS 2
#define CONNECTIONS 2048
#define PER_ADDRESS 128 /* an office behind one address: each page holds a stream and a few more */
#define STREAMS 256
#define STREAMS_PER_SESSION 8
#define API_THREADS 3
#define API_QUEUE 256
#define PASSWORD_THREADS 2 /* each takes PASSWORD_MEMORY while it hashes */
#define PASSWORD_QUEUE 32
#define INTAKE_THREADS 6 /* unpack side by side, and share what a commit costs (store_join) */
#define INTAKE_QUEUE 64
#define BENCH_THREADS 2 /* wait for the workbench, at most 20 s */
#define BENCH_QUEUE 16
#define WORKERS (API_THREADS + PASSWORD_THREADS + INTAKE_THREADS + BENCH_THREADS)
#define THROTTLE_ENTRIES 4096
#define PACE_ENTRIES 4096 /* sessions and tokens whose requests are counted */
#define MEMORY (4ull << 30)
#define FILES 4096
#define TICK_MS 1000
#define HEARTBEAT_S 15
#define EXPIRE_S 60
#define NIGHT_S 3 /* within EXPIRE_S: soon after the start, when the last night was missed */
#define ROLLOUT_S 2
#define KEYS_S 2
#define ROOM_S 10
#define FILL_STEP 1000 /* older events filed in the index in one second */
#define ROOM_STEPS 20
#define RETENTION_STEPS 10
#define STREAM_END_MS 2000
#define DAYS_STEP 8

struct serving {
    struct proc proc;
    struct state state;
    struct app app;
    struct worker worker[WORKERS];
    struct db *tick_db;
    struct engine *engine; /* brings events outward */
    struct keeping *keeping; /* brings them to ClickHouse; NULL: they stay */
    struct upward_policy forwarding;
    struct upward *upward; /* and to the console above */
    struct seal_public backup_key;
    int64_t heard;  /* appliances are published up to here */
    bool filed_all; /* the full-text index has all that older versions recorded */
    uint64_t ticks;
    bool anew; /* ends to be started again */
    int listen_fd;
    unsigned port;
    char static_dir[PATH_MAX];
    char url[STATE_URL];
};

/* conf, or "web" beside this program, or where it is installed. */
static void find_static(struct serving *s)
{
    if (*s->proc.conf.console_static_dir) {
        snprintf(s->static_dir, sizeof(s->static_dir), "%s", s->proc.conf.console_static_dir);
        return;
    }
    program_find("web", GH_WEB_DIR, s->static_dir, sizeof(s->static_dir));
}

/* Policies and rules that came with this program, beside it or installed, become versions that people see. */
static void ship_sources(struct serving *s)
{
    char policies[PATH_MAX], rules[PATH_MAX];
    int rc;

    program_find("share/policy", GH_POLICY_DIR, policies, sizeof(policies));
    program_find("rules/yar", GH_RULES_DIR, rules, sizeof(rules));
    rc = sources_ship(s->state.store, policies, rules);
    if (rc)
        log_warn("the policies and rules of %s and %s were not recorded: %s", policies, rules, status_text(rc));
}

/* What decides what goes up, when there is a console above. */
static void read_forwarding(struct serving *s)
{
    char policy[PATH_MAX];

    program_find("share/policy/forwarding/alerts", GH_POLICY_DIR "/forwarding/alerts", policy, sizeof(policy));
    upward_policy_read(&s->forwarding, &s->proc.conf, policy);
}

static void on_peer(struct proc *p, enum role role, int fd)
{
    struct serving *s = p->arg;
    helpers_peer(s->app.helpers, role, fd);
}

static int open_all(struct serving *s)
{
    char err[512] = "", path[STATE_PATH];
    int rc = state_open(&s->proc.conf, true, &s->state);

    if (rc)
        return rc;
    s->listen_fd = listen_open(&s->proc.conf, &s->port, err, sizeof(err));
    if (s->listen_fd < 0) {
        fprintf(stderr, "gh-console: %s\n", err);
        return 2;
    }
    if (*s->proc.conf.console_backup_key) {
        rc = keyfile_load_public(s->proc.conf.console_backup_key, &s->backup_key, NULL, 0);
        if (rc) {
            fprintf(stderr, "gh-console: %s: %s (console.backup_key)\n", s->proc.conf.console_backup_key, status_text(rc));
            return 2;
        }
    }
    state_url(&s->proc.conf, s->port, s->url);
    (void)file_replace(state_path(&s->proc.conf, "url", path), span_str(s->url), 0644); /* for enrol-approve */
    find_static(s);
    if (site_load(s->static_dir, &s->app.site, err, sizeof(err)) != 0) {
        fprintf(stderr, "gh-console: the web page cannot be loaded from %s: %s\n", s->static_dir, err);
        return 2;
    }
    if (!site_count(s->app.site))
        log_warn("there is no web page in %s; the API works all the same", s->static_dir);
    ship_sources(s);
    read_forwarding(s);
    return state_give(&s->proc.conf);
}

static int lock_in(struct serving *s)
{
    const char *rw[] = {s->proc.conf.console_state_dir, *s->proc.conf.console_backup_dir ? s->proc.conf.console_backup_dir : NULL, NULL};
    const struct jail_options opt = {
        .user = s->proc.conf.node_user, .rw = rw, .memory = MEMORY, .files = FILES};
    char err[512] = "";
    int abi = 0;

    if (jail_enter(JAIL_CONSOLE, &opt, &abi, err, sizeof(err)) == 0) {
        log_debug("locked in, Landlock ABI %d", abi);
        return 0;
    }
    log_error("%s", err);
    return 3;
}

static int start_pools(struct serving *s)
{
    static const struct {
        enum lane lane;
        size_t threads, queue;
    } lanes[] = {{LANE_API, API_THREADS, API_QUEUE},
                 {LANE_PASSWORD, PASSWORD_THREADS, PASSWORD_QUEUE},
                 {LANE_INTAKE, INTAKE_THREADS, INTAKE_QUEUE},
                 {LANE_BENCH, BENCH_THREADS, BENCH_QUEUE}};
    size_t next = 0;

    for (size_t i = 0; i < GH_COUNT(lanes); i++) {
        void *workers[WORKERS];
        for (size_t t = 0; t < lanes[i].threads; t++, next++) {
            s->worker[next].app = &s->app;
            if (store_reader(s->state.store, &s->worker[next].db) != 0)
                return 3;
            workers[t] = &s->worker[next];
        }
        s->app.pool[lanes[i].lane] = pool_new(lanes[i].threads, workers, lanes[i].queue, app_work);
        if (!s->app.pool[lanes[i].lane])
            return 3;
    }
    return 0;
}

static void on_server_log(void *arg, const char *line)
{
    (void)arg;
    log_debug("http: %s", line); /* strangers cause most of these: no more than debug */
}

static int start_app(struct serving *s)
{
    struct app *a = &s->app;
    struct db *replay_db = NULL;

    a->conf = &s->proc.conf;
    a->store = s->state.store;
    a->keys = s->state.keys;
    a->old = s->state.old;
    a->succession = s->state.succession;
    a->url = s->url;
    a->pin = s->state.pin;
    a->committee = &s->state.committee;
    a->idle_us = s->proc.conf.console_session_idle * 1000;
    a->max_us = s->proc.conf.console_session_max * 1000;
    a->started_us = clock_wall_us();
    state_hosts(a->conf, a->host_names, sizeof(a->host_names));
    pthread_mutex_init(&a->gate_lock, NULL);
    a->hub = hub_new(STREAMS, STREAMS_PER_SESSION);
    a->uploads = uploads_new();
    gh_check(a->uploads);
    a->throttle = throttle_new(THROTTLE_ENTRIES, (unsigned)a->conf->console_login_rate);
    a->pace = pace_new(PACE_ENTRIES, (unsigned)a->conf->console_request_rate);
    if (!a->hub || !a->throttle || !a->pace || password_hash(span_str("nobody has this password"), a->dummy_hash) != 0 ||
        store_reader(a->store, &s->tick_db) != 0)
        return 3;
    app_publish_begin(a, s->tick_db);
    if (store_reader(a->store, &replay_db) != 0 || !(a->replays = replays_new(a, replay_db)))
        return 3;
    reports_begin(a);
    if (*a->conf->console_nats && !(a->letters = letters_new(a)))
        return 3;
    s->engine = engine_start(a->conf, a->store, a->keys, a->helpers);
    if (s->state.clicks && !(s->keeping = keeping_start(a->store)))
        return 3;
    s->upward = upward_start(a->conf, a->store, a->helpers, &s->forwarding);
    return s->engine && s->upward ? start_pools(s) : 3;
}

static int start_server(struct serving *s)
{
    const struct server_options opt = {.listen_fd = s->listen_fd,
                                       .certificate_pem = (const char *)s->state.tls_crt.p,
                                       .key_pem = (const char *)s->state.tls_key.p,
                                       .threads = SERVER_THREADS,
                                       .connections = CONNECTIONS,
                                       .per_address = PER_ADDRESS,
                                       .host_names = s->app.host_names,
                                       .arg = &s->app,
                                       .route = app_route,
                                       .direct = app_direct,
                                       .submit = app_submit,
                                       .answered = app_answered,
                                       .log = on_server_log};
    char err[256] = "";

    s->app.server = server_start(&opt, err, sizeof(err));
    if (s->app.server)
        return 0;
    log_error("%s", err);
    return 3;
}

/* Until there is an administrator, each start makes a fresh link; the one before ends. */
static int print_welcome(struct serving *s)
{
    char token[TOKEN_TEXT];
    struct db *d;
    int rc;

    printf("Gatehouse console: %s\n", s->url);
    if (!user_any_administrator(s->tick_db)) {
        d = store_begin(s->state.store, &rc);
        if (!d)
            return 3;
        rc = invite_add(d, 1u << USER_ADMINISTRATOR, 0, INVITE_LIFE_US, token);
        if (!rc)
            rc = audit_append(d, "console", NULL, "link_made", "administrator", "first start");
        if (rc) {
            store_rollback(s->state.store);
            return 3;
        }
        if (store_commit(s->state.store) != 0)
            return 3;
        printf("Nobody can sign in yet. Open this link once, within 24 hours, to become the first "
               "administrator:\n"
               "  %s#invite=%s\n",
               s->url, token);
    }
    fflush(stdout);
    return 0;
}

static void end_dead_sessions(struct serving *s)
{
    int64_t ids[STREAMS];
    size_t n = hub_owners(s->app.hub, ids, GH_COUNT(ids));

    for (size_t i = 0; i < n; i++)
        if (!session_alive(s->tick_db, ids[i], s->app.idle_us, s->app.max_us))
            hub_end(s->app.hub, ids[i], "event: end\ndata: {\"reason\":\"session\"}\n\n");
}

static void expire(struct serving *s)
{
    int rc;
    struct db *d = store_begin(s->state.store, &rc);

    if (!d)
        return;
    if (people_expire(d, s->app.idle_us, s->app.max_us) == 0)
        (void)store_commit(s->state.store);
    else
        store_rollback(s->state.store);
}

/* Days that are over get their sums, a few at a time. */
static void sum_days(struct serving *s)
{
    bool more = true;
    struct db *d;
    int rc = 0;

    for (int i = 0; i < DAYS_STEP && more && !rc && (d = store_begin(s->state.store, &rc)) != NULL; i++) {
        rc = rollup_tidy(d, (int64_t)(clock_wall_us() / 1000000), &more);
        rc = store_end(s->state.store, rc);
    }
    if (rc)
        log_error("the sums of days: %s", status_text(rc));
}

/* The log goes to another machine: who writes the past anew here does not reach it there. */
static void sign_audit(struct serving *s)
{
    char text[AUDIT_HEAD_TEXT];
    struct audit_head h;
    int rc;
    struct db *d = audit_head_due(s->tick_db) ? store_begin(s->state.store, &rc) : NULL;

    if (!d)
        return;
    if (audit_head_sign(d, s->state.keys, &h) != 0)
        store_rollback(s->state.store);
    else if (store_commit(s->state.store) == 0)
        log_info("audit head %s", audit_head_text(&h, text));
}

/* The keys were changed beside us, or their overlap is over: the keeper starts this process anew with those that hold now. */
static void look_at_keys(struct serving *s)
{
    if (s->state.old && clock_wall_us() >= s->state.until_us && rotation_finish(&s->state, "-") == 0)
        log_info("the console's keys before are not taken any more");
    if (!rotation_changed(&s->state))
        return;
    log_info("the console's keys changed: it starts anew with the new ones");
    s->anew = true;
    loop_stop(s->proc.loop);
}

static void on_tick(void *arg)
{
    struct serving *s = arg;

    s->ticks++;
    server_sweep(s->app.server);
    letters_tick(s->app.letters);
    if (!s->filed_all)
        s->filed_all = !store_fill_search(s->state.store, FILL_STEP);
    app_publish_appliances(&s->app, s->tick_db, &s->heard);
    app_publish(&s->app, s->tick_db); /* what came in and was done at other nodes */
    if (app_publish_others(&s->app, s->tick_db) || s->ticks % HEARTBEAT_S == 0)
        end_dead_sessions(s);
    if (s->ticks % HEARTBEAT_S == 0) {
        hub_publish(s->app.hub, span_str(": still here\n\n"));
    }
    if (s->ticks % EXPIRE_S == 0) {
        expire(s);
        sum_days(s);
        reports_tick(&s->app, s->tick_db);
        sign_audit(s);
    }
    if (s->ticks % EXPIRE_S == NIGHT_S)
        backup_night(&s->proc.conf, *s->proc.conf.console_backup_key ? &s->backup_key : NULL);
    if (s->ticks % KEYS_S == 0)
        look_at_keys(s);
    if (s->ticks % ROLLOUT_S == 0)
        app_rollouts(&s->app, s->tick_db);
    if (s->ticks % ROOM_S == 0) {
        app_pcap_room(&s->app, s->tick_db);
        for (int i = 0; i < RETENTION_STEPS && retention_step(s->state.store); i++)
            continue;
        for (int i = 0; i < ROOM_STEPS && intake_make_room(s->state.store, s->proc.conf.console_max) > 0; i++)
            continue;
    }
}

static void on_signal(void *arg)
{
    struct serving *s = arg;
    loop_stop(s->proc.loop);
}

/* Workers finish, streams say good-bye, then the connections end. */
static void stop(struct serving *s)
{
    uint64_t until = clock_mono_ms() + STREAM_END_MS;

    helpers_stop(s->app.helpers); /* who waits for an answer need not any more */
    replays_stop(s->app.replays);
    for (int lane = 0; lane < LANE_COUNT; lane++)
        pool_stop(s->app.pool[lane]);
    if (s->app.hub) {
        hub_end(s->app.hub, 0, NULL);
        while (hub_count(s->app.hub) && clock_mono_ms() < until)
            usleep(10000);
    }
    server_stop(s->app.server);
    for (int lane = 0; lane < LANE_COUNT; lane++)
        pool_free(s->app.pool[lane]);
    engine_stop(s->engine);
    keeping_stop(s->keeping);
    upward_stop(s->upward);
    upward_policy_done(&s->forwarding);
    backup_night_end();
    helpers_free(s->app.helpers);
    letters_free(s->app.letters);
    for (size_t i = 0; i < WORKERS; i++)
        db_close(s->worker[i].db);
    db_close(s->tick_db);
    hub_free(s->app.hub);
    uploads_free(s->app.uploads);
    throttle_free(s->app.throttle);
    pace_free(s->app.pace);
    site_free(s->app.site);
    state_close(&s->state);
}

int serve(int argc, char **argv)
{
    static struct serving s;
    int rc;

    proc_start(&s.proc, ROLE_CONSOLE, "gh-console", argc, argv);
    s.listen_fd = -1;
    if (s.proc.argc) {
        fprintf(stderr, "gh-console: unknown option '%s'\n", s.proc.argv[0]);
        return 2;
    }
    s.app.helpers = helpers_new(&s.proc);
    s.proc.arg = &s;
    s.proc.on_peer = on_peer;
    rc = s.app.helpers ? open_all(&s) : 3;
    if (!rc)
        rc = lock_in(&s);
    /* before the first thread, so that all inherit the blocked signals and only the loop hears them */
    if (!rc && (loop_signal(s.proc.loop, SIGINT, on_signal, &s) != 0 ||
                loop_signal(s.proc.loop, SIGTERM, on_signal, &s) != 0))
        rc = 3;
    if (!rc)
        rc = start_app(&s);
    if (!rc)
        rc = start_server(&s);
    if (!rc)
        rc = print_welcome(&s);
    if (!rc) {
        if (!loop_timer_add(s.proc.loop, TICK_MS, true, on_tick, &s))
            rc = 3;
        proc_ready(&s.proc);
        log_info("serving %s", s.url);
        loop_run(s.proc.loop);
        log_info("stopping");
    }
    stop(&s);
    return rc ? rc : s.anew ? 3 : 0; /* to the keeper: once more */
}
