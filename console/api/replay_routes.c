/* SPDX-License-Identifier: GPL-3.0-or-later
 * Replays as people ask for them. */
#include "base/clock.h"
#include "console/api/once.h"
#include "console/api/replays.h"
#include "console/api/sources.h"

#include <stdio.h>

#define DAYS_MAX 90
#define DAY_US 86400000000ll

/* The question and the pack of a replay: the body's files or the version's own, and what they are compared
 * with. */
static int pack_up(struct worker *w, struct arena *a, const struct source_version *v,
                   const struct source_files *files, const struct source_version *against,
                   struct jw *question, struct jw *pack)
{
    struct source_bag *bag = arena_alloc(a, sizeof(*bag)), *old = arena_alloc(a, sizeof(*old));
    struct source_files *old_files = arena_alloc(a, sizeof(*old_files));
    int rc = bag && old && old_files ? bench_bag(w->db, a, v, files, bag) : ST_NOMEM;

    if (!rc && against->id)
        rc = source_files_parse(a, against, old_files);
    if (!rc && against->id)
        rc = bench_bag(w->db, a, against, old_files, old);
    if (rc)
        return rc;
    jw_obj(question);
    jw_kcstr(question, "op", "open");
    jw_kcstr(question, "new", v->name);
    jw_key(question, "old");
    if (against->id)
        jw_cstr(question, against->name);
    else
        jw_null(question);
    jw_end_obj(question);
    jw_obj(pack);
    bench_pack_files(pack, "files", bag);
    if (against->id)
        bench_pack_files(pack, "old_files", old);
    jw_end_obj(pack);
    return writer_ok(pack->w) && writer_ok(question->w) ? 0 : ST_LIMIT;
}

static bool read_order(struct worker *w, struct request *r, struct arena *a, const struct source_version *v,
                       struct source_version *against, int64_t *ret_days)
{
    const struct json *days = json_get(r->json, "days"), *other = json_get(r->json, "against");

    *against = (struct source_version){.id = 0};
    if (!days || days->type != JSON_NUMBER || !days->integer || days->i < 1 || days->i > DAYS_MAX) {
        reply_problem_say(r, PROBLEM_BAD_FIELD, "'days' is a number from 1 to %d.", DAYS_MAX);
        return false;
    }
    *ret_days = days->i;
    if (v->kind != SOURCE_POLICY) {
        reply_problem_say(r, PROBLEM_NOT_FOUND, "Only policies judge events.");
        return false;
    }
    if (other && other->type != JSON_NULL &&
        (other->type != JSON_NUMBER || !other->integer || source_version(w->db, a, other->i, against) != 0 ||
         against->kind != SOURCE_POLICY)) {
        reply_problem_say(r, PROBLEM_BAD_FIELD, "'against' is no version of a policy.");
        return false;
    }
    return true;
}

static void start(struct worker *w, struct request *r, struct arena *a, const struct source_version *v,
                  const struct source_files *files, const struct source_version *against, int64_t days)
{
    struct replay_order o = {
        .version = v->id, .against = against->id, .name = v->name, .who = r->who.name, .sight = r->who.sight};
    struct writer question, pack;
    struct jw jq, jp, j;
    int64_t id = 0;
    char what[96];
    int rc;

    if (!once_claim(w, r))
        return;
    writer_init(&question, 4096);
    writer_init(&pack, 32u << 20);
    jw_init(&jq, &question);
    jw_init(&jp, &pack);
    rc = pack_up(w, a, v, files, against, &jq, &jp);
    o.question = writer_span(&question);
    o.pack = writer_span(&pack);
    o.since_us = (int64_t)clock_wall_us() - days * DAY_US;
    if (!rc)
        rc = replays_add(w->app->replays, &o, &id);
    if (rc == ST_AGAIN) {
        reply_problem_say(r, PROBLEM_BUSY, "Your own replay is not finished yet, or too many wait.");
        reply_header(r, "Retry-After", "10");
    } else if (rc) {
        app_fail(r, rc);
    } else {
        reply_json(r, 200, &j);
        jw_obj(&j);
        (void)replays_put(w->app->replays, r->who.name, id, &j);
        jw_end_obj(&j);
        reply_json_end(r);
    }
    snprintf(what, sizeof(what), "version %lld against %lld, %lld days", (long long)v->id,
             (long long)against->id, (long long)days);
    if (!once_fill(w, r, "policy_replayed", v->name, what) && id)
        (void)replays_cancel(w->app->replays, r->who.name,
                             id); /* nothing is judged that the audit does not have */
    writer_done(&question);
    writer_done(&pack);
}

void api_replay_start(struct worker *w, struct request *r)
{
    static const char *const names[] = {"files", "days", "against"};
    struct arena *a = arena_new(SOURCE_ARENA);
    struct source_files *files = a ? arena_alloc(a, sizeof(*files)) : NULL;
    struct source_version v, against;
    int64_t days;

    if (!files)
        app_fail(r, ST_NOMEM);
    else if (body_fields(r, names, GH_COUNT(names)) && version_of(w, r, w->db, a, &v) &&
             read_order(w, r, a, &v, &against, &days) && files_of(r, a, &v, files))
        start(w, r, a, &v, files, &against, days);
    arena_free(a);
}

static void reply_replay(struct worker *w, struct request *r)
{
    struct jw j;
    int rc;

    reply_json(r, 200, &j);
    jw_obj(&j);
    rc = replays_put(w->app->replays, r->who.name, r->id, &j);
    jw_end_obj(&j);
    reply_json_end(r);
    if (rc)
        reply_problem_say(r, PROBLEM_NOT_FOUND,
                          "There is no such replay of yours; a restart of the console forgets them.");
}

void api_replay_get(struct worker *w, struct request *r)
{
    if (query_fields(r, NULL, 0))
        reply_replay(w, r);
}

void api_replays_list(struct worker *w, struct request *r)
{
    struct jw j;

    if (!query_fields(r, NULL, 0))
        return;
    reply_json(r, 200, &j);
    jw_obj(&j);
    replays_put_all(w->app->replays, r->who.name, &j);
    jw_end_obj(&j);
    reply_json_end(r);
}

void api_replay_cancel(struct worker *w, struct request *r)
{
    if (!body_fields(r, NULL, 0))
        return;
    if (replays_cancel(w->app->replays, r->who.name, r->id) == 0)
        reply_replay(w, r);
    else
        reply_problem_say(r, PROBLEM_NOT_FOUND,
                          "There is no such replay of yours; a restart of the console forgets them.");
}
