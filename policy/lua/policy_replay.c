/* SPDX-License-Identifier: GPL-3.0-or-later
 * gatehouse policy replay and diff: recorded events judged again. Only events with a document are judged
 * live, so only these are judged here. */
#include "policy/lua/policy_cmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LINE_MAX_BYTES (256u << 20)
#define PROGRESS_EVERY 20000
#define LIST_MAX 1000 /* differences printed; all are counted */

struct replay {
    struct policy_cmd *c;
    struct bundle *old, *now; /* old NULL: the recorded verdict is the old one */
    struct arena *a;
    uint64_t lines, judged, changed, bad, by_action[ACTION_COUNT];
};

static void put_change(const struct replay *r, const struct json *e, const char *was, const char *was_rule,
                       const struct verdict *v)
{
    const char *rule = v->rule ? v->rule->id : "otherwise";
    const char *name = json_cstr(json_path(e, "fileinfo.filename"), "");

    if (r->changed > LIST_MAX)
        return;
    if (r->c->json) {
        struct writer w;
        struct jw j;
        writer_init(&w, 65536);
        jw_init(&j, &w);
        jw_obj(&j);
        jw_ku64(&j, "line", r->lines);
        jw_kcstr(&j, "timestamp", json_cstr(json_get(e, "timestamp"), NULL));
        jw_kcstr(&j, "sha256", json_cstr(json_path(e, "fileinfo.sha256"), NULL));
        jw_kcstr(&j, "filename", name);
        jw_kcstr(&j, "old", was);
        jw_kcstr(&j, "old_rule", was_rule);
        jw_kcstr(&j, "new", action_name(v->action));
        jw_kcstr(&j, "new_rule", rule);
        jw_end_obj(&j);
        printf("%s\n", writer_cstr(&w));
        writer_done(&w);
        return;
    }
    printf("line %llu %s %.60s: %s (%s) -> %s (%s): %s\n", (unsigned long long)r->lines,
           json_cstr(json_get(e, "timestamp"), ""), name, was, was_rule, action_name(v->action), rule,
           v->reason_en);
}

static void judge_line(struct replay *r, struct span line)
{
    static struct decision was, now;
    struct json *e;
    const struct json *verdict;
    const char *old_action, *old_rule;

    r->lines++;
    arena_reset(r->a);
    if (!line.n)
        return;
    if (json_parse(r->a, line, 128, &e, NULL) != 0) {
        r->bad++;
        return;
    }
    if (strcmp(json_cstr(json_get(e, "event_type"), ""), "fileinfo") != 0 ||
        !json_path(e, "gatehouse.document"))
        return;
    if (bundle_decide(r->now, r->a, line, r->c->safe, &now) != 0 ||
        (r->old && bundle_decide(r->old, r->a, line, r->c->safe, &was) != 0)) {
        r->bad++;
        return;
    }
    r->judged++;
    r->by_action[now.v[0].action]++;
    verdict = json_path(e, "gatehouse.document.verdict");
    old_action = r->old ? action_name(was.v[0].action) : json_cstr(json_get(verdict, "action"), NULL);
    old_rule = r->old ? (was.v[0].rule ? was.v[0].rule->id : "otherwise")
                      : json_cstr(json_get(verdict, "rule"), "?");
    if (old_action && strcmp(old_action, action_name(now.v[0].action)) != 0) {
        r->changed++;
        put_change(r, e, old_action, old_rule, &now.v[0]);
    }
}

static int read_events(struct replay *r, const char *path)
{
    FILE *f = strcmp(path, "-") ? fopen(path, "re") : stdin;
    bool bar = isatty(STDERR_FILENO);
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;

    if (!f) {
        fprintf(stderr, "gatehouse policy: %s cannot be read\n", path);
        return 2;
    }
    while ((n = getline(&line, &cap, f)) >= 0) {
        if ((size_t)n > LINE_MAX_BYTES) {
            r->lines++;
            r->bad++;
            continue;
        }
        judge_line(r, span_trim(span_of(line, (size_t)n)));
        if (bar && r->lines % PROGRESS_EVERY == 0)
            fprintf(stderr, "\r%llu events read, %llu judged, %llu differ", (unsigned long long)r->lines,
                    (unsigned long long)r->judged, (unsigned long long)r->changed);
    }
    if (bar && r->lines >= PROGRESS_EVERY)
        fprintf(stderr, "\n");
    free(line);
    if (f != stdin)
        fclose(f);
    return 0;
}

static int summary(const struct replay *r)
{
    FILE *to = r->c->json ? stderr : stdout;

    if (r->changed > LIST_MAX)
        fprintf(to, "%llu more differences are not listed\n", (unsigned long long)(r->changed - LIST_MAX));
    fprintf(to, "%llu events read, %llu with a document judged:", (unsigned long long)r->lines,
            (unsigned long long)r->judged);
    for (int i = 0; i < ACTION_COUNT; i++)
        fprintf(to, " %s %llu", action_name((enum action)i), (unsigned long long)r->by_action[i]);
    fprintf(to, "\n%llu would change", (unsigned long long)r->changed);
    if (r->bad)
        fprintf(to, "; %llu lines are no events and were not judged", (unsigned long long)r->bad);
    fprintf(to, "\n");
    return r->bad ? 2 : r->changed ? 1 : 0;
}

static int run(struct replay *r, const char *path)
{
    int rc = 2;

    r->a = arena_new(768u << 20);
    if (r->now && r->a)
        rc = read_events(r, path);
    if (!rc)
        rc = summary(r);
    arena_free(r->a);
    bundle_free(r->now);
    bundle_free(r->old);
    return rc;
}

int policy_cmd_replay(struct policy_cmd *c, int argc, char **argv)
{
    struct replay r = {.c = c};
    char dir[1024];

    if (argc < 1 || argc > 2) {
        fprintf(stderr, "usage: gatehouse policy replay [DIR] EVE.json\n");
        return 2;
    }
    policy_default_dir(argc == 2 ? argv[0] : c->conf.policy_dir, dir, sizeof(dir));
    r.now = policy_cmd_load(c, dir);
    return run(&r, argv[argc - 1]);
}

int policy_cmd_diff(struct policy_cmd *c, int argc, char **argv)
{
    struct replay r = {.c = c};

    if (argc != 3) {
        fprintf(stderr, "usage: gatehouse policy diff OLD NEW EVE.json\n");
        return 2;
    }
    r.old = policy_cmd_load(c, argv[0]);
    r.now = r.old ? policy_cmd_load(c, argv[1]) : NULL;
    return run(&r, argv[2]);
}
