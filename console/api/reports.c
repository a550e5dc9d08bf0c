/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/api/reports.h"
#include "base/clock.h"
#include "console/api/once.h"
#include "console/http/head.h"
#include "console/store/report_files.h"
#include "console/store/reports.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SCHEDULE_AFTER_S                                                                                     \
    7200 /* a period's report is made so long after its end: its last batches shall be in */

static int64_t now_s(void)
{
    return (int64_t)(clock_wall_us() / 1000000);
}

/* ---- the list, and a file of it ---- */

void api_reports_list(struct worker *w, struct request *r)
{
    int64_t before, limit;
    struct report_schedule plan;
    struct jw j;
    int rc;

    if (!page_asked(r, &before, &limit))
        return;
    reply_json(r, 200, &j);
    jw_obj(&j);
    rc = report_list(w->db, r->who.user, sight_all_units(&r->who.sight), before, limit, &j);
    if (!rc)
        rc = report_schedule_get(w->db, &plan);
    jw_kobj(&j, "schedule");
    jw_kcstr(&j, "week", rc ? "" : plan.week);
    jw_kcstr(&j, "month", rc ? "" : plan.month);
    jw_end_obj(&j);
    jw_kbool(&j, "can_draw", helpers_have(w->app->helpers, ROLE_REPORT));
    reply_object_end(r, &j, rc);
}

/* A report that the person may see: whoever sees all units sees all, others what they made. */
static bool find(struct worker *w, struct request *r, struct report *ret)
{
    int rc;

    if (!query_fields(r, NULL, 0))
        return false;
    rc = report_find(w->db, r->id, ret);
    if (!rc && !sight_all_units(&r->who.sight) && ret->user != r->who.user) {
        report_done(ret);
        rc = ST_NOT_FOUND;
    }
    if (rc == ST_NOT_FOUND)
        reply_problem_say(r, PROBLEM_NOT_FOUND, "There is no such report.");
    else if (rc)
        app_fail(r, rc);
    return !rc;
}

static int note_download(struct worker *w, struct request *r, const char *name)
{
    int rc;
    struct db *d = store_begin(w->app->store, &rc);

    if (!d)
        return rc;
    rc = audit_append(d, r->who.name, r->address, "report_downloaded", name, NULL);
    return store_end(w->app->store, rc);
}

/* Ends a download: its name is made of digits. */
static void send_file(struct worker *w, struct request *r, const struct report *p, const char *type,
                      const char *ending, int rc)
{
    char name[96];

    snprintf(name, sizeof(name), "gatehouse-%s-%s.%s", p->name, p->lang, ending);
    if (!rc)
        rc = note_download(w, r, name);
    if (rc) {
        app_fail(r, rc);
        return;
    }
    r->reply.status = 200;
    r->reply.content_type = type;
    reply_header(r, "Content-Disposition", arena_printf(r->arena, "attachment; filename=\"%s\"", name));
}

void api_report_pdf(struct worker *w, struct request *r)
{
    struct report p;
    int rc;

    if (!find(w, r, &p))
        return;
    if (p.state != REPORT_MADE) {
        reply_problem_with(r, PROBLEM_WRONG_STATE, "state", 0, report_state_names[p.state]);
    } else {
        writer_done(&r->reply.body);
        writer_init(&r->reply.body, REPORT_PDF_MAX);
        rc = report_file_read(w->app->conf->console_state_dir, p.id, &r->reply.body);
        send_file(w, r, &p, "application/pdf", "pdf", rc);
    }
    report_done(&p);
}

void api_report_csv(struct worker *w, struct request *r)
{
    struct report p;
    int rc;

    if (!find(w, r, &p))
        return;
    writer_done(&r->reply.body);
    writer_init(&r->reply.body, 4 * REPORT_JSON_MAX);
    rc = report_csv(writer_span(&p.data), p.lang, &r->reply.body);
    send_file(w, r, &p, "text/csv; charset=utf-8", "csv", rc);
    report_done(&p);
}

/* ---- making one ---- */

struct job {
    struct app *app;
    int64_t id;
};

/* A report's end, in a transaction of its own; with the file of a list that has grown too long. */
static void end_report(struct app *app, int64_t id, int64_t pages, struct span pdf, const uint8_t *sha256,
                       const char *why)
{
    int64_t gone = 0;
    int rc;
    struct db *d = store_begin(app->store, &rc);

    if (!d)
        return;
    rc = report_end(d, id, pages, (int64_t)pdf.n, span_of(sha256, sha256 ? 32 : 0), why);
    if (!rc)
        rc = report_forget(d, &gone);
    if (rc)
        store_rollback(app->store);
    else if (store_commit(app->store) == 0 && gone)
        report_file_drop(app->conf->console_state_dir, gone);
}

static void keep(struct job *job, struct span json, int fd)
{
    struct arena *a = arena_new(1u << 16);
    struct json *j = NULL;
    struct span pdf = {NULL, 0};
    uint8_t sha256[32];
    int rc = fd < 0 || !a ? ST_MALFORMED : json_parse(a, json, 4, &j, NULL);

    if (!rc)
        rc = msg_map(fd, REPORT_PDF_MAX, &pdf);
    if (!rc)
        rc = report_file_write(job->app->conf->console_state_dir, job->id, pdf, sha256);
    if (rc)
        end_report(job->app, job->id, 0, (struct span){NULL, 0}, NULL, status_text(rc));
    else
        end_report(job->app, job->id, json_i64(json_get(j, "pages"), 0), pdf, sha256, NULL);
    if (pdf.p)
        msg_unmap(pdf);
    arena_free(a);
}

/* On the main thread. */
static void on_drawn(void *arg, uint64_t id, int rc, enum ask_state state, struct span json, int fd)
{
    struct job *job = arg;

    (void)id;
    if (rc)
        end_report(job->app, job->id, 0, (struct span){NULL, 0}, NULL,
                   "gh-report ended while it drew. Make it once more.");
    else if (state == ASK_DONE)
        keep(job, json, fd);
    else if (state == ASK_FAILED)
        end_report(job->app, job->id, 0, (struct span){NULL, 0}, NULL,
                   "It could not be drawn; the figures are in the CSV file.");
    if (fd >= 0)
        close(fd);
    if (rc || state != ASK_MORE)
        free(job);
}

/* Hands the figures to gh-report. */
static void start(struct app *app, int64_t id, struct span data)
{
    struct job *job = malloc(sizeof(*job));
    int fd = job ? msg_memfd("figures", data) : -1, rc = fd < 0 ? ST_NOMEM : 0;
    uint64_t question;

    if (job)
        *job = (struct job){app, id};
    if (!rc)
        rc = helpers_ask(app->helpers, ROLE_REPORT, span_str("{}"), fd, on_drawn, job, &question);
    if (!rc)
        return;
    free(job);
    end_report(app, id, 0, (struct span){NULL, 0}, NULL,
               rc == ST_CLOSED ? "gh-report does not run beside this console: start it with 'gatehouse "
                                 "console'. The figures are in the CSV file."
                               : status_text(rc));
}

static bool read_language(struct request *r, const char **ret)
{
    struct span lang = span_str("vi");

    if (!body_text(r, "lang", 2, false, &lang))
        return false;
    if (!span_eq(lang, span_str("vi")) && !span_eq(lang, span_str("en"))) {
        reply_problem_say(r, PROBLEM_BAD_FIELD, "'lang' is vi or en.");
        return false;
    }
    *ret = span_eq(lang, span_str("vi")) ? "vi" : "en";
    return true;
}

static bool read_order(struct request *r, struct report_order *o)
{
    static const char *const names[] = {"period", "lang"};
    struct span period = {NULL, 0};

    if (!body_fields(r, names, GH_COUNT(names)) || !body_text(r, "period", 10, true, &period) ||
        !read_language(r, &o->lang))
        return false;
    if (!report_period(period, o) || o->from >= now_s()) {
        reply_problem_say(r, PROBLEM_BAD_FIELD,
                          "'period' is a month such as 2026-10, or a day such as 2026-11-23 for the week it "
                          "is in; it has begun.");
        return false;
    }
    return true;
}

void api_report_make(struct worker *w, struct request *r)
{
    struct report_order o = {.by = r->who.name};
    struct writer data;
    int64_t id = 0;
    struct db *d;
    struct jw j;
    int rc;

    if (!read_order(r, &o))
        return;
    writer_init(&data, REPORT_JSON_MAX);
    rc = report_data(w->db, &o, &r->who.sight, w->app->conf->console_name, now_s(), &data);
    db_time_box(w->db, QUERY_TIME_MS);
    if (rc)
        app_fail(r, rc);
    if (!rc && once_begin(w, r, &d)) {
        rc = report_add(d, &o, r->who.user, writer_span(&data), now_s(), &id);
        if (!rc)
            rc = audit_append(d, r->who.name, r->address, "report_made", report_kind_names[o.kind], o.lang);
        reply_json(r, 200, &j);
        jw_obj(&j);
        jw_ki64(&j, "id", id);
        jw_end_obj(&j);
        reply_json_end(r);
        if (once_end(w, r, d, rc))
            start(w->app, id, writer_span(&data));
    }
    writer_done(&data);
}

/* "", "vi", "en" or "vi,en" */
static bool read_plan(struct request *r, const char *name, char *to, size_t cap)
{
    static const char *const plans[] = {"", "vi", "en", "vi,en"};
    struct span v = {NULL, 0};

    if (!body_text(r, name, 5, true, &v))
        return false;
    for (size_t i = 0; i < GH_COUNT(plans); i++)
        if (span_eq(v, span_str(plans[i]))) {
            snprintf(to, cap, "%s", plans[i]);
            return true;
        }
    reply_problem_say(r, PROBLEM_BAD_FIELD, "'%s' is \"\" (none), vi, en, or vi,en.", name);
    return false;
}

void api_report_schedule(struct worker *w, struct request *r)
{
    static const char *const names[] = {"week", "month"};
    struct report_schedule plan;
    struct db *d;
    struct jw j;
    int rc;

    if (!body_fields(r, names, GH_COUNT(names)) || !read_plan(r, "week", plan.week, sizeof(plan.week)) ||
        !read_plan(r, "month", plan.month, sizeof(plan.month)) || !once_begin(w, r, &d))
        return;
    rc = report_schedule_set(d, &plan);
    if (!rc)
        rc = audit_append(d, r->who.name, r->address, "report_schedule", plan.week, plan.month);
    reply_json(r, 200, &j);
    jw_obj(&j);
    jw_kcstr(&j, "week", plan.week);
    jw_kcstr(&j, "month", plan.month);
    jw_end_obj(&j);
    reply_json_end(r);
    (void)once_end(w, r, d, rc);
}

/* ---- by the schedule ---- */

void reports_begin(struct app *app)
{
    int rc;
    struct db *d = store_begin(app->store, &rc);

    if (!d)
        return;
    if (report_give_up(d) == 0)
        (void)store_commit(app->store);
    else
        store_rollback(app->store);
}

/* Was there anything before the period's end? A console that was born after it has nothing to tell. */
static bool has_figures(struct db *d, int64_t to)
{
    struct db_stmt *s;
    bool any = db_query(d, &s, "SELECT 1 FROM appliance WHERE enrolled < ?", "i", to * 1000000) == 0 &&
               db_step(s) == 1;

    if (any)
        db_reset(s);
    return any;
}

static void make_scheduled(struct app *app, struct db *reader, const struct report_order *o)
{
    struct writer data;
    int64_t id = 0;
    struct db *d;
    int rc;

    writer_init(&data, REPORT_JSON_MAX);
    rc = report_data(reader, o, &sight_everything, app->conf->console_name, now_s(), &data);
    db_time_box(reader, 0);
    if (!rc && (d = store_begin(app->store, &rc)) != NULL) {
        rc = report_add(d, o, 0, writer_span(&data), now_s(), &id);
        if (!rc)
            rc = audit_append(d, "console", NULL, "report_made", report_kind_names[o->kind], o->lang);
        rc = store_end(app->store, rc);
    }
    if (!rc)
        start(app, id, writer_span(&data));
    writer_done(&data);
}

void reports_tick(struct app *app, struct db *reader)
{
    static const char *const langs[] = {"vi", "en"};
    struct report_schedule plan;

    if (!helpers_have(app->helpers, ROLE_REPORT) || report_schedule_get(reader, &plan) != 0)
        return;
    for (int kind = REPORT_WEEK; kind <= REPORT_MONTH; kind++)
        for (size_t i = 0; i < GH_COUNT(langs); i++) {
            struct report_order o = {.lang = langs[i]};
            if (!strstr(kind == REPORT_WEEK ? plan.week : plan.month, langs[i]))
                continue;
            report_last((enum report_kind)kind, now_s() - SCHEDULE_AFTER_S, &o);
            if (has_figures(reader, o.to) && report_have(reader, &o) == 0)
                make_scheduled(app, reader, &o);
        }
}
