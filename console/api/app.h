/* SPDX-License-Identifier: GPL-3.0-or-later
 * app: what all handlers share, and the way of a request from its head to its handler.
 *
 * One struct app per process, filled by serve.c before the first connection; what changes later is
 * thread-safe by itself. Each worker thread has a struct worker with a database reader of its own. */
#ifndef GH_CONSOLE_APP_H
#define GH_CONSOLE_APP_H

#include "base/conf.h"
#include "base/seal.h"
#include "console/helpers.h"
#include "console/http/pace.h"
#include "console/http/pool.h"
#include "console/http/server.h"
#include "console/http/static.h"
#include "console/http/throttle.h"
#include "console/store/people.h"

#include <pthread.h>
#include <stdatomic.h>

#define COOKIE_NAME "__Host-gatehouse"
#define JSON_BODY_MAX 65536
#define QUERY_TIME_MS 10000 /* longest that one statement of a request may run */

/* Lets through so many audit entries of a kind an hour, counts the rest: a stranger must not be able to fill
 * the disk. */
enum gate_kind { GATE_SIGN_IN, GATE_FORGERY, GATE_KINDS };
#define GATE_PER_HOUR 120
struct gate {
    uint64_t since_ms;
    unsigned passed;
    uint64_t held_back;
};
struct app {
    const struct conf *conf;
    struct store *store;
    struct seal_keys *keys;
    const struct seal_keys *old; /* the console's keys before, while appliances may still use them; NULL */
    const uint8_t *succession;   /* their word for the new ones (SUCCESSION_SIZE) */
    struct site *site;
    struct hub *hub;
    pthread_mutex_t tell_lock; /* one tells at a time, from told on */
    int64_t told;              /* change of alerts that all streams were told of */
    int64_t heard_audit;       /* its entry up to which other nodes were heard; main thread */
    struct uploads *uploads;   /* of the intake lane */
    struct throttle *throttle;
    struct pace *pace; /* of sessions and tokens */
    struct pool *pool[LANE_COUNT];
    struct server *server;
    struct replays *replays;        /* recorded events judged anew (replays.h) */
    struct helpers *helpers;        /* processes beside this one (console/helpers.h) */
    struct letters *letters;        /* what comes over a broker (letters.h); NULL: none is configured */
    uint64_t idle_us, max_us;       /* of sessions */
    char dummy_hash[PASSWORD_HASH]; /* what an unknown name is checked against, to take the same time */
    char host_names[1024];
    const char *url, *pin; /* where the console listens, and its certificate's key as appliances pin it */
    const struct seal_public *committee; /* whom evidence is sealed for */
    pthread_mutex_t gate_lock;
    struct gate gate[GATE_KINDS];
    atomic_ullong answers[6]; /* by status / 100 */
    atomic_ullong intake[8];  /* by enum intake_outcome */
    atomic_ullong sign_ins, sign_in_failures;
    uint64_t started_us;
};
struct worker {
    struct app *app;
    struct db *db;
};
struct route {
    enum http_method method;
    const char *path; /* "{id}" stands for a number */
    enum lane lane;
    enum right right; /* that a person needs; RIGHT_NONE: without signing in */
    uint64_t body_max;
    const char *content_type; /* that the body must have; NULL: no body */
    void (*run)(struct worker *w, struct request *r);
};
/* The table (routes.c). */
extern const struct route routes[];
extern const size_t route_count;
/* The row for a method and path; NULL with *ret_other true when only other methods fit. */
const struct route *route_find(const struct route *table, size_t n, enum http_method method, struct span path,
                               int64_t *ret_id, bool *ret_other);

/* Hooks for the server (arg is the app), and the work of a pool thread. */
bool app_route(void *arg, struct request *r, enum lane *lane, uint64_t *body_max);
void app_direct(void *arg, struct request *r);
bool app_submit(void *arg, enum lane lane, struct request *r);
void app_answered(void *arg, const struct request *r);
void app_work(void *worker, void *job);
/* The work without the server: session, role, body, query, handler. */
void app_run(struct worker *w, struct request *r);

/* Writes down that something (a session, a token) is in use, when *seen is longer ago than TOUCH_US. */
#define TOUCH_US 60000000ull
void app_touch(struct app *app, int (*touch)(struct db *, int64_t), int64_t id, uint64_t *seen);
/* Turns a code of a lower layer into a problem, and logs what is our fault or the machine's. */
void app_fail(struct request *r, int rc);
/* May this be written to the audit? *ret_held: how many were held back since the last that passed. */
bool app_gate(struct app *app, enum gate_kind kind, uint64_t *ret_held);
/* Tells all streams of alerts that changed since the last call, by whichever thread, node or program.
 * app_publish_begin, once before the first: from now on. */
void app_publish_begin(struct app *app, struct db *d);
void app_publish(struct app *app, struct db *d);
/* What else was done at other nodes: tells of unlocks and units, and ends streams whose people have other
 * rights now, so that they come back. Nothing when there is one node. True when the audit has something new.
 * Main thread. */
bool app_publish_others(struct app *app, struct db *d);
/* Appliances heard since *since, to all streams. */
void app_publish_appliances(struct app *app, struct db *d, int64_t *since);

/* Lets the oldest fetched packets go when they take more than console.pcap_max; they can be fetched again. */
void app_pcap_room(struct app *app, struct db *reader);

/* Looks at running roll-outs: takes the next step, or takes them back. Main thread, every few seconds. */
void app_rollouts(struct app *app, struct db *reader);

/* Members of a JSON body. body_fields: true when there is an object with no other members than those named;
 * otherwise the problem is written. body_text: a string of at most max bytes; *ret stays when it is absent
 * (then required decides). */
bool body_fields(struct request *r, const char *const *names, size_t n);
bool body_text(struct request *r, const char *name, size_t max, bool required, struct span *ret);
/* True when every query name is one of names; otherwise the problem names the nearest. */
bool query_fields(struct request *r, const char *const *names, size_t n);
/* A number of the query in lo..hi; *ret stays when absent; false with the problem written. */
bool query_number(struct request *r, const char *name, int64_t lo, int64_t hi, int64_t *ret);
/* before and limit, which every list has; *before INT64_MAX and *limit PAGE_DEFAULT when they are absent.
 * page_asked: and no other names. */
#define PAGE_DEFAULT 50
#define PAGE_MAX 200
bool query_page(struct request *r, int64_t *before, int64_t *limit);
bool page_asked(struct request *r, int64_t *before, int64_t *limit);
/* Ends the object of a reply; a failure of the database (rc) replaces what was written. */
void reply_object_end(struct request *r, struct jw *j, int rc);

/* Handlers. */
void api_session_get(struct worker *w, struct request *r);
void api_session_start(struct worker *w, struct request *r);
void api_session_end(struct worker *w, struct request *r);
void api_password_change(struct worker *w, struct request *r);
void api_invite_check(struct worker *w, struct request *r);
void api_invite_accept(struct worker *w, struct request *r);
void api_alerts_list(struct worker *w, struct request *r);
void api_alert_get(struct worker *w, struct request *r);
void api_alert_act(struct worker *w, struct request *r);
void api_act_undo(struct worker *w, struct request *r);
void api_alerts_act(struct worker *w, struct request *r);
void api_alert_groups(struct worker *w, struct request *r);
void api_alerts_sorted(struct worker *w, struct request *r);
void api_hands(struct worker *w, struct request *r);
void api_noise(struct worker *w, struct request *r);
void api_sla_get(struct worker *w, struct request *r);
void api_sla_set(struct worker *w, struct request *r);
void api_views_list(struct worker *w, struct request *r);
void api_view_add(struct worker *w, struct request *r);
void api_view_remove(struct worker *w, struct request *r);
void api_cases_list(struct worker *w, struct request *r);
void api_case_add(struct worker *w, struct request *r);
void api_case_get(struct worker *w, struct request *r);
void api_case_act(struct worker *w, struct request *r);
void api_case_export(struct worker *w, struct request *r);
void api_events_list(struct worker *w, struct request *r);
void api_search(struct worker *w, struct request *r);
void api_search_histogram(struct worker *w, struct request *r);
void api_search_fields(struct worker *w, struct request *r);
void api_appliances_list(struct worker *w, struct request *r);
void api_stats(struct worker *w, struct request *r);
void api_users_list(struct worker *w, struct request *r);
void api_user_change(struct worker *w, struct request *r);
void api_user_link(struct worker *w, struct request *r);
void api_user_sessions(struct worker *w, struct request *r);
void api_user_sessions_end(struct worker *w, struct request *r);
void api_invites_add(struct worker *w, struct request *r);
void api_units_list(struct worker *w, struct request *r);
void api_units_add(struct worker *w, struct request *r);
void api_unit_change(struct worker *w, struct request *r);
void api_unit_remove(struct worker *w, struct request *r);
void api_sessions_list(struct worker *w, struct request *r);
void api_session_end_one(struct worker *w, struct request *r);
void api_tokens_list(struct worker *w, struct request *r);
void api_tokens_add(struct worker *w, struct request *r);
void api_token_end(struct worker *w, struct request *r);
void api_second_begin(struct worker *w, struct request *r);
void api_second_confirm(struct worker *w, struct request *r);
void api_second_remove(struct worker *w, struct request *r);
void api_recovery_codes(struct worker *w, struct request *r);
void api_unlock_ask(struct worker *w, struct request *r);
void api_unlocks_list(struct worker *w, struct request *r);
void api_unlock_decide(struct worker *w, struct request *r);
void api_audit_list(struct worker *w, struct request *r);
void api_audit_csv(struct worker *w, struct request *r);
void api_audit_head(struct worker *w, struct request *r);
void api_stream(struct worker *w, struct request *r);
void api_intake(struct worker *w, struct request *r);
void api_intake_ahead(struct worker *w, struct request *r);
void api_intake_part(struct worker *w, struct request *r);
void api_pcap_want(struct worker *w, struct request *r);
void api_pcap_get(struct worker *w, struct request *r);
void api_fetch_part(struct worker *w, struct request *r);
void api_goods_ask(struct worker *w, struct request *r);
void api_goods_list(struct worker *w, struct request *r);
void api_goods_states(struct worker *w, struct request *r);
void api_goods_assignments(struct worker *w, struct request *r);
void api_sources_list(struct worker *w, struct request *r);
void api_source_add(struct worker *w, struct request *r);
void api_source_get(struct worker *w, struct request *r);
void api_source_draft(struct worker *w, struct request *r);
void api_version_get(struct worker *w, struct request *r);
void api_version_save(struct worker *w, struct request *r);
void api_version_check(struct worker *w, struct request *r);
void api_version_test(struct worker *w, struct request *r);
void api_version_explain(struct worker *w, struct request *r);
void api_version_propose(struct worker *w, struct request *r);
void api_version_withdraw(struct worker *w, struct request *r);
void api_version_approve(struct worker *w, struct request *r);
void api_version_refuse(struct worker *w, struct request *r);
void api_version_drop(struct worker *w, struct request *r);
void api_rollouts_list(struct worker *w, struct request *r);
void api_rollout_add(struct worker *w, struct request *r);
void api_rollout_get(struct worker *w, struct request *r);
void api_rollout_approve(struct worker *w, struct request *r);
void api_rollout_pause(struct worker *w, struct request *r);
void api_rollout_resume(struct worker *w, struct request *r);
void api_rollout_next(struct worker *w, struct request *r);
void api_rollout_stop(struct worker *w, struct request *r);
void api_rollout_back(struct worker *w, struct request *r);
void api_ring_set(struct worker *w, struct request *r);
void api_replay_start(struct worker *w, struct request *r);
void api_replay_get(struct worker *w, struct request *r);
void api_replays_list(struct worker *w, struct request *r);
void api_replay_cancel(struct worker *w, struct request *r);
void api_openapi(struct worker *w, struct request *r);
void api_healthz(struct worker *w, struct request *r);
void api_metrics(struct worker *w, struct request *r);

#endif
