/* SPDX-License-Identifier: GPL-3.0-or-later
 * Questions to gh-workbench, as a person asks them: check, test, explain. On a lane of their own: they may
 * take seconds. */
#include "base/log.h"
#include "console/api/once.h"
#include "console/api/sources.h"
#include "console/events/find.h"

#include <stdio.h>
#include <unistd.h>

#define BENCH_MS 20000
#define ANSWER_MAX (8u << 20)
#define ANSWER_DEPTH 24

void bench_pack_files(struct jw *j, const char *member, const struct source_bag *bag)
{
    jw_kobj(j, member);
    for (size_t i = 0; i < bag->n; i++) {
        jw_key_span(j, span_str(bag->v[i].path));
        jw_str(j, bag->v[i].bytes);
    }
    jw_end_obj(j);
}

int bench_bag(struct db *d, struct arena *a, const struct source_version *v, const struct source_files *files,
              struct source_bag *bag)
{
    int rc = source_bag_add(a, files, v->name, bag);

    return rc || v->kind != SOURCE_POLICY ? rc : source_bag_used(d, a, files, "", bag);
}

bool bench_ask(struct app *app, struct arena *a, struct span question, struct span pack, uint64_t timeout_ms,
               struct span *ret, const char **ret_why)
{
    struct helpers_answer answer = {.fd = -1};
    int fd = pack.n ? msg_memfd("pack", pack) : -1, rc;
    struct span mapped = {NULL, 0}, text;
    char *copy = NULL;

    *ret_why = "The workbench (gh-workbench) does not run beside this console.";
    if (pack.n && fd < 0)
        return false;
    rc = helpers_wait(app->helpers, ROLE_WORKBENCH, question, fd, timeout_ms, &answer);
    if (rc) {
        if (rc == ST_TIMEOUT)
            *ret_why = "The workbench did not answer in time.";
        return false;
    }
    text = writer_span(&answer.json);
    if (answer.fd >= 0 && msg_map(answer.fd, ANSWER_MAX, &mapped) == 0)
        text = mapped;
    copy = arena_dup(a, text.p, text.n);
    *ret = span_of(copy, text.n);
    if (mapped.p)
        msg_unmap(mapped);
    if (answer.fd >= 0)
        close(answer.fd);
    if (answer.state != ASK_DONE || !copy) {
        log_warn("the workbench could not answer: %.*s", (int)(text.n < 200 ? text.n : 200),
                 copy ? copy : "not enough memory");
        *ret_why = "The workbench could not answer.";
        copy = NULL;
    }
    writer_done(&answer.json);
    return copy != NULL;
}

bool bench_about(struct worker *w, struct request *r, struct arena *a, const char *op,
                 const struct source_version *v, const struct source_files *files, struct span event,
                 const struct json **ret, struct span *ret_text)
{
    struct source_bag *bag = arena_alloc(a, sizeof(*bag));
    const char *why = "", *question = arena_printf(a, "{\"op\":\"%s\",\"bundle\":\"%s\"}", op, v->name);
    struct json *j = NULL;
    struct writer pack;
    struct jw jw;
    int rc = bag && question ? bench_bag(w->db, a, v, files, bag) : ST_NOMEM;
    bool good;

    if (rc) {
        app_fail(r, rc);
        return false;
    }
    writer_init(&pack, 32u << 20);
    jw_init(&jw, &pack);
    jw_obj(&jw);
    bench_pack_files(&jw, "files", bag);
    if (event.n)
        jw_kstr(&jw, "event", event);
    jw_end_obj(&jw);
    good = writer_ok(&pack) &&
           bench_ask(w->app, a, span_str(question), writer_span(&pack), BENCH_MS, ret_text, &why);
    writer_done(&pack);
    if (!good) {
        reply_problem_say(r, PROBLEM_NO_HELPER, "%s",
                          *why ? why : "The files are too large for the workbench.");
        reply_header(r, "Retry-After", "5");
        return false;
    }
    rc = json_parse(a, *ret_text, ANSWER_DEPTH, &j, NULL);
    *ret = j;
    if (rc)
        app_fail(r, rc == ST_NOMEM ? rc : ST_IO);
    return rc == 0;
}

static void reply_answer(struct request *r, struct span text)
{
    struct jw j;

    reply_json(r, 200, &j);
    jw_raw(&j, text);
    reply_json_end(r);
}

/* A check is asked for while somebody writes; a test is a step, which the audit has. */
static void ask_once(struct worker *w, struct request *r, struct arena *a, bool test,
                     const struct source_version *v, const struct source_files *files)
{
    bool rules = v->kind == SOURCE_RULES;
    const struct json *answer;
    struct span text;
    char what[48];

    if (!once_claim(w, r))
        return;
    snprintf(what, sizeof(what), "version %lld", (long long)v->id);
    if (bench_about(w, r, a,
                    rules  ? "rules"
                    : test ? "test"
                           : "check",
                    v, files, (struct span){NULL, 0}, &answer, &text))
        reply_answer(r, text);
    (void)once_fill(w, r, !test ? NULL : rules ? "rules_tested" : "policy_tested", v->name, what);
}

/* op of the body's files, or the version's own. */
static void ask(struct worker *w, struct request *r, bool test)
{
    static const char *const names[] = {"files"};
    struct arena *a = arena_new(SOURCE_ARENA);
    struct source_files *files = a ? arena_alloc(a, sizeof(*files)) : NULL;
    struct source_version v;

    if (!files) {
        app_fail(r, ST_NOMEM);
    } else if (body_fields(r, names, 1) && version_of(w, r, w->db, a, &v) && files_of(r, a, &v, files)) {
        if (v.kind == SOURCE_LISTS || v.kind == SOURCE_SETTINGS)
            reply_problem_say(r, PROBLEM_NOT_FOUND, "The workbench tries policies and rules.");
        else
            ask_once(w, r, a, test, &v, files);
    }
    arena_free(a);
}

void api_version_check(struct worker *w, struct request *r)
{
    ask(w, r, false);
}

void api_version_test(struct worker *w, struct request *r)
{
    ask(w, r, true);
}

/* An alert stands behind the event that it is about (same n, k = 0), and policies judge that one. */
static int judged_event(struct worker *w, const struct sight *who, const struct event_row *row, int64_t *ret)
{
    struct event_row rows[2];
    struct event_ask q;
    size_t n = 0;
    int rc;

    event_ask_init(&q, who);
    q.by_record = true;
    q.appliance = row->appliance;
    q.run = row->run;
    q.n = row->n;
    q.order = EVENT_NEWEST;
    *ret = row->id;
    do {
        rc = events_find(w->db, &q, GH_COUNT(rows), rows, &n, NULL, NULL);
        for (size_t i = 0; i < n && !rc; i++) {
            if (rows[i].k == 0)
                *ret = rows[i].id;
            q.high = rows[i].id;
        }
    } while (!rc && n == GH_COUNT(rows) && *ret == row->id);
    return rc;
}

/* The text of an event, or of an alert's: only what this person may read. False with the problem written. */
static bool find_event(struct worker *w, struct request *r, struct arena *a, struct span *ret)
{
    const struct json *event = json_get(r->json, "event"), *alert = json_get(r->json, "alert");
    const struct json *given = event ? event : alert;
    const struct sight *who = &r->who.sight;
    struct event_row row;
    bool shown = false;
    int64_t id;
    int rc;

    if (!given || (event && alert) || given->type != JSON_NUMBER || !given->integer) {
        reply_problem_say(r, PROBLEM_BAD_FIELD, "Give one of 'event' and 'alert': its number.");
        return false;
    }
    id = event ? given->i : db_number(w->db, 0, "SELECT event FROM alert WHERE id = ?", "i", given->i);
    rc = event_one(w->db, a, who, id, &row, ret, &shown);
    if (!rc && row.k)
        rc = judged_event(w, who, &row, &id);
    if (!rc && id != row.id)
        rc = event_one(w->db, a, who, id, &row, ret, &shown);
    if (rc)
        app_fail(r, rc);
    else if (!shown)
        reply_problem(r, PROBLEM_CLEARANCE);
    return !rc && shown;
}

void api_version_explain(struct worker *w, struct request *r)
{
    static const char *const names[] = {"files", "event", "alert"};
    struct arena *a = arena_new(SOURCE_ARENA);
    struct source_files *files = a ? arena_alloc(a, sizeof(*files)) : NULL;
    const struct json *answer;
    struct source_version v;
    struct span text, event;

    if (!files) {
        app_fail(r, ST_NOMEM);
    } else if (body_fields(r, names, GH_COUNT(names)) && version_of(w, r, w->db, a, &v) &&
               files_of(r, a, &v, files) && find_event(w, r, a, &event)) {
        if (v.kind != SOURCE_POLICY)
            reply_problem_say(r, PROBLEM_NOT_FOUND, "Only policies explain an event.");
        else if (once_claim(w,
                            r)) { /* behind find_event: a repetition, too, gets only what it may read now */
            if (bench_about(w, r, a, "explain", &v, files, event, &answer, &text))
                reply_answer(r, text);
            (void)once_fill(w, r, NULL, NULL, NULL);
        }
    }
    arena_free(a);
}
