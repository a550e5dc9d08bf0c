/* SPDX-License-Identifier: GPL-3.0-or-later
 * gatehouse policy replay, diff and shadow: recorded events judged again, in the order in which they were
 * recorded. Judged are the documents, and the other events that a rule of the policy speaks of. */
#include "base/clock.h"
#include "policy/lua/compare.h"
#include "policy/lua/event_source.h"
#include "policy/lua/policy_cmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PROGRESS_EVERY 20000
#define LIST_MAX 1000 /* differences printed; all are counted */

struct replay {
    struct policy_cmd *c;
    struct bundle *old, *now; /* old NULL: the recorded verdict is the old one; both NULL: shadow */
    struct arena *a;
    uint64_t lines, judged, changed, bad, left_out, by_action[ACTION_COUNT];
    uint64_t from_to[ACTION_COUNT][ACTION_COUNT];
    uint64_t started_us;
};
static void change_json(const struct replay *r, const struct json *e, const struct compared *old,
                        const struct compared *new)
{
    struct writer w;
    struct jw j;

    writer_init(&w, 65536);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_ku64(&j, "line", r->lines);
    jw_kcstr(&j, "timestamp", json_cstr(json_get(e, "timestamp"), NULL));
    jw_kcstr(&j, "event_type", json_cstr(json_get(e, "event_type"), NULL));
    jw_kcstr(&j, "sha256", json_cstr(json_path(e, "fileinfo.sha256"), NULL));
    jw_kcstr(&j, "filename", json_cstr(json_path(e, "fileinfo.filename"), NULL));
    jw_kcstr(&j, "subject", compare_subject(e));
    jw_kcstr(&j, "old", old->action);
    jw_kcstr(&j, "old_rule", old->rule);
    jw_kcstr(&j, "new", new->action);
    jw_kcstr(&j, "new_rule", new->rule);
    jw_end_obj(&j);
    printf("%s\n", writer_cstr(&w));
    writer_done(&w);
}

static void compare(struct replay *r, const struct json *e, const struct compared *old,
                    const struct compared *new)
{
    enum action from = ACTION_LOG, to = ACTION_LOG;

    if (!old->action || !strcmp(old->action, new->action))
        return;
    if (action_parse(old->action, &from) && action_parse(new->action, &to))
        r->from_to[from][to]++;
    if (++r->changed > LIST_MAX)
        return;
    if (r->c->json)
        change_json(r, e, old, new);
    else
        printf("line %llu %s %s %.60s: %s (%s) -> %s (%s): %s\n", (unsigned long long)r->lines,
               json_cstr(json_get(e, "timestamp"), ""), json_cstr(json_get(e, "event_type"), ""),
               compare_subject(e), old->action, old->rule, new->action, new->rule, new->reason);
}

static bool too_old(const struct replay *r, const struct json *e)
{
    const char *stamp = json_cstr(json_get(e, "timestamp"), "");
    uint64_t us;

    return r->c->since_us && clock_parse_iso(stamp, strlen(stamp), &us) && us < r->c->since_us;
}

static void judge_line(struct replay *r, struct span line, enum event_type type)
{
    static struct decision was, now;
    const struct json *e;
    struct compared before, after;

    if (bundle_decide(r->now, r->a, line, r->c->safe, &now) != 0 ||
        (r->old && bundle_decide(r->old, r->a, line, r->c->safe, &was) != 0)) {
        r->bad++;
        return;
    }
    e = r->now->view.last;
    r->judged++;
    r->by_action[now.v[0].action]++;
    before = r->old ? compare_decided(&was) : compare_recorded(e, type);
    after = compare_decided(&now);
    compare(r, e, &before, &after);
}

/* What the shadow said beside the policy, when that was recorded. */
static void shadow_line(struct replay *r, struct span line, enum event_type type)
{
    struct compared before, after;
    const struct json *shadow;
    enum action a = ACTION_LOG;
    struct json *e;

    if (span_find(line, span_str("\"shadow\""), 0) < 0)
        return;
    if (json_parse(r->a, line, 128, &e, NULL) != 0) {
        r->bad++;
        return;
    }
    shadow = json_path(e, "gatehouse.shadow");
    if (!shadow || !shadow->child || too_old(r, e))
        return;
    before = compare_recorded(e, type);
    after = compare_verdict(shadow->child);
    if (!after.action)
        return;
    r->judged++;
    if (action_parse(after.action, &a))
        r->by_action[a]++;
    compare(r, e, &before, &after);
}

/* Documents that were never read and judged have no gatehouse.document. */
static bool wanted(const struct replay *r, struct span line, enum event_type type)
{
    uint64_t types = (r->now ? r->now->types : 0) | (r->old ? r->old->types : 0);

    if (type == EVENT_FILEINFO)
        return span_find(line, span_str("\"document\""), 0) >= 0;
    return !r->now ? schema_judged(type) : types >> type & 1;
}

static void take_line(struct replay *r, struct span line)
{
    enum event_type type;
    struct json *e = NULL;

    r->lines++;
    arena_reset(r->a);
    if (!line.n)
        return;
    if (!compare_type(line, &type)) {
        r->bad += json_parse(r->a, line, 128, &e, NULL) != 0 || e->type != JSON_OBJECT;
        return;
    }
    if (!wanted(r, line, type))
        return;
    if (!r->now) {
        shadow_line(r, line, type);
        return;
    }
    if (r->c->since_us && json_parse(r->a, line, 128, &e, NULL) == 0 && too_old(r, e)) {
        r->left_out++;
        return;
    }
    judge_line(r, line, type);
}

static void progress(const struct replay *r, bool end)
{
    double seconds = (double)(clock_mono_us() - r->started_us) / 1e6;

    fprintf(stderr, "\r%llu events read, %llu judged, %llu differ, %.0f s%s", (unsigned long long)r->lines,
            (unsigned long long)r->judged, (unsigned long long)r->changed, seconds, end ? "\n" : "");
}

static int read_events(struct replay *r, const char *path)
{
    struct event_source *s = event_source_open(path, r->c->since_us);
    bool bar = isatty(STDERR_FILENO);
    struct span line;
    int rc;

    if (!s)
        return 2;
    r->started_us = clock_mono_us();
    while ((rc = event_source_next(s, &line)) != 0) {
        if (rc == 1)
            take_line(r, line);
        else
            r->bad++;
        if (bar && r->lines % PROGRESS_EVERY == 0)
            progress(r, false);
    }
    if (bar && r->lines >= PROGRESS_EVERY)
        progress(r, true);
    return event_source_close(s);
}

static void matrix(const struct replay *r, FILE *to)
{
    for (int a = 0; a < ACTION_COUNT; a++)
        for (int b = 0; b < ACTION_COUNT; b++)
            if (r->from_to[a][b])
                fprintf(to, "  %s -> %s: %llu\n", action_name((enum action)a), action_name((enum action)b),
                        (unsigned long long)r->from_to[a][b]);
}

static int summary(const struct replay *r)
{
    FILE *to = r->c->json ? stderr : stdout;

    if (r->changed > LIST_MAX)
        fprintf(to, "%llu more differences are not listed\n", (unsigned long long)(r->changed - LIST_MAX));
    fprintf(to, "%llu events read, %llu %s:", (unsigned long long)r->lines, (unsigned long long)r->judged,
            r->now ? "judged" : "with a shadow's verdict");
    for (int i = 0; i < ACTION_COUNT; i++)
        fprintf(to, " %s %llu", action_name((enum action)i), (unsigned long long)r->by_action[i]);
    fprintf(to, "\n%llu would change", (unsigned long long)r->changed);
    if (r->left_out)
        fprintf(to, "; %llu are older and were left out", (unsigned long long)r->left_out);
    if (r->bad)
        fprintf(to, "; %llu lines are no events and were not judged", (unsigned long long)r->bad);
    fprintf(to, "\n");
    matrix(r, to);
    if (r->now && history_dropped(r->now->history))
        fprintf(to, "%llu entries of the history were lost for want of room (policy.history)\n",
                (unsigned long long)history_dropped(r->now->history));
    return r->bad ? 2 : r->changed ? 1 : 0;
}

static int run(struct replay *r, const char *path)
{
    int rc = 2;

    r->a = arena_new(768u << 20);
    if (r->a)
        rc = read_events(r, path);
    if (!rc)
        rc = summary(r);
    arena_free(r->a);
    bundle_free(r->now);
    bundle_free(r->old);
    return rc;
}

static struct bundle *load(const struct policy_cmd *c, const char *dir)
{
    struct bundle *b = policy_cmd_load(c, dir);

    if (b && b->forwarding)
        fprintf(stderr, "%s: this bundle decides what a console forwards; 'gatehouse policy explain' tries it\n", dir);
    else if (b && bundle_history(b, c->conf.policy_history) == 0)
        return b;
    bundle_free(b);
    return NULL;
}

int policy_cmd_replay(struct policy_cmd *c, int argc, char **argv)
{
    struct replay r = {.c = c};
    char dir[1024];

    if (argc < 1 || argc > 2) {
        fprintf(stderr, "usage: gatehouse policy replay [DIR] EVE.json|--journal PATH [--since TIME]\n");
        return 2;
    }
    policy_default_dir(argc == 2 ? argv[0] : c->conf.policy_dir, dir, sizeof(dir));
    r.now = load(c, dir);
    return r.now ? run(&r, argv[argc - 1]) : 2;
}

int policy_cmd_diff(struct policy_cmd *c, int argc, char **argv)
{
    struct replay r = {.c = c};

    if (argc != 3) {
        fprintf(stderr, "usage: gatehouse policy diff OLD NEW EVE.json|--journal PATH [--since TIME]\n");
        return 2;
    }
    r.old = load(c, argv[0]);
    r.now = r.old ? load(c, argv[1]) : NULL;
    if (r.now)
        return run(&r, argv[2]);
    bundle_free(r.old);
    return 2;
}

int policy_cmd_shadow(struct policy_cmd *c, int argc, char **argv)
{
    struct replay r = {.c = c};

    if (argc != 1) {
        fprintf(stderr, "usage: gatehouse policy shadow EVE.json|--journal PATH [--since TIME]\n");
        return 2;
    }
    return run(&r, argv[0]);
}
