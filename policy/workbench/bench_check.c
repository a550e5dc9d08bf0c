/* SPDX-License-Identifier: GPL-3.0-or-later
 * check and test. Both answer {"good", "faults": [{"file", "line", "column", "severity", "text"}], …}; when
 * the bundle could be loaded also what it is, and after a test each result and which rules no test tells
 * apart. */
#include "base/clock.h"
#include "policy/lua/test_run.h"
#include "policy/workbench/bench_impl.h"

static void put_rule(const struct bundle *b, const struct rule *r, struct jw *j)
{
    jw_obj(j);
    jw_kcstr(j, "id", r->id);
    jw_kcstr(j, "title", r->title_en);
    jw_kcstr(j, "title_vi", r->title_vi);
    jw_kcstr(j, "action", bundle_action_name(b, r->action));
    jw_ku64(j, "severity", r->severity);
    jw_kcstr(j, "part", b->parts[r->part].name);
    jw_ki64(j, "line", r->line);
    jw_kbool(j, "off", r->off);
    jw_end_obj(j);
}

static void put_settings(const struct bundle *b, struct jw *j)
{
    jw_karr(j, "settings");
    for (size_t i = 0; i < b->n_parts; i++)
        for (size_t k = 0; k < b->parts[i].n_settings; k++) {
            const struct setting *s = &b->parts[i].settings[k];
            jw_obj(j);
            jw_kcstr(j, "part", b->parts[i].name);
            jw_kcstr(j, "name", s->name);
            jw_kcstr(j, "title", s->title_en);
            jw_kcstr(j, "title_vi", s->title_vi);
            jw_kcstr(j, "initial", s->initial);
            jw_kcstr(j, "now", s->now);
            jw_end_obj(j);
        }
    jw_end_arr(j);
}

/* What the bundle is, as members of an open object. */
static void put_bundle(const struct bench *bench, const struct bundle *b, struct jw *j)
{
    jw_kcstr(j, "name", b->name);
    jw_kcstr(j, "version", b->version);
    jw_kcstr(j, "safe", bundle_action_name(b, bundle_safe(b, NULL, bench->safe)));
    jw_ku64(j, "zones", b->zones.n - 1);
    jw_ku64(j, "memory", cage_memory(b->cage));
    jw_ku64(j, "memory_max", bench->limits.memory);
    jw_karr(j, "uses");
    for (size_t i = 1; i < b->n_parts; i++) {
        jw_obj(j);
        jw_kcstr(j, "name", b->parts[i].name);
        jw_kcstr(j, "version", b->parts[i].version);
        jw_end_obj(j);
    }
    jw_end_arr(j);
    jw_karr(j, "judges");
    for (int t = 0; t < EVENT_TYPE_COUNT; t++)
        if (b->types >> t & 1)
            jw_cstr(j, event_type_name((enum event_type)t));
    jw_end_arr(j);
    jw_karr(j, "rules");
    for (size_t i = 0; i < b->n_rules; i++)
        put_rule(b, &b->rules[i], j);
    jw_end_arr(j);
    put_settings(b, j);
}

bool bench_check(struct bench *b, const struct bench_ask *a, struct jw *j)
{
    const char *name = bench_name(a, "bundle", j);
    struct bundle *bundle;
    struct writer err;
    int rc;

    if (!name || !bench_mount(a, "files", j))
        return false;
    writer_init(&err, 1u << 20);
    rc = bundle_look(name, &b->limits, &bundle, &err);
    if (bundle)
        bundle_warn(bundle, &err);
    jw_obj(j);
    jw_kbool(j, "good", rc == 0);
    bench_faults(name, &err, j);
    if (bundle)
        put_bundle(b, bundle, j);
    jw_end_obj(j);
    bundle_free(bundle);
    writer_done(&err);
    return true;
}

struct testing {
    struct jw *j;
    uint64_t until_ms;
    bool cut; /* not all were run */
};

static bool put_test(void *arg, const struct test_result *r)
{
    struct testing *t = arg;
    struct jw *j = t->j;

    jw_obj(j);
    jw_kcstr(j, "name", r->test->name);
    jw_kcstr(j, "file", r->file);
    jw_ki64(j, "line", r->test->line);
    jw_kbool(j, "good", r->good);
    jw_kcstr(j, "want", r->test->action);
    jw_kcstr(j, "want_rule", r->test->rule);
    jw_kcstr(j, "got", r->rc ? "" : r->action);
    jw_kcstr(j, "got_rule", r->rule);
    jw_kcstr(j, "reason", r->rc ? "the event cannot be decided" : r->reason);
    jw_end_obj(j);
    t->cut = clock_mono_ms() > t->until_ms;
    return !t->cut;
}

static size_t put_uncovered(const struct bundle *b, struct jw *j)
{
    size_t n = 0;

    jw_karr(j, "uncovered");
    for (size_t i = 0; i < b->n_rules; i++) {
        const struct rule *r = &b->rules[i];
        if (rule_is_covered(r))
            continue;
        n++;
        jw_obj(j);
        jw_kcstr(j, "rule", r->id);
        jw_ki64(j, "line", r->line);
        jw_kbool(j, "always", r->matched > 0);
        jw_end_obj(j);
    }
    jw_end_arr(j);
    return n;
}

static void run_tests(struct bench *b, struct bundle *bundle, const char *name, struct writer *err,
                      struct jw *j)
{
    struct testing t = {j, clock_mono_ms() + BENCH_TESTS_MS, false};
    struct test_counts counts;
    size_t uncovered;
    int rc;

    jw_karr(j, "tests");
    rc = bundle_test(bundle, name, &b->limits, b->safe, put_test, &t, &counts, err);
    jw_end_arr(j);
    jw_ku64(j, "count", counts.tests);
    jw_ku64(j, "passed", counts.passed);
    jw_ku64(j, "failed", counts.failed);
    t.cut = t.cut && counts.passed + counts.failed < counts.tests;
    jw_kbool(j, "complete", !rc && !t.cut);
    uncovered = put_uncovered(bundle, j);
    jw_kbool(j, "good", !rc && !t.cut && !counts.failed && !uncovered && counts.tests);
}

bool bench_test(struct bench *b, const struct bench_ask *a, struct jw *j)
{
    const char *name = bench_name(a, "bundle", j);
    struct bundle *bundle;
    struct writer err;

    if (!name || !bench_mount(a, "files", j))
        return false;
    writer_init(&err, 1u << 20);
    jw_obj(j);
    if (bundle_look(name, &b->limits, &bundle, &err) == 0) {
        put_bundle(b, bundle, j);
        run_tests(b, bundle, name, &err, j);
    } else {
        jw_kbool(j, "good", false);
    }
    if (bundle)
        bundle_warn(bundle, &err);
    bench_faults(name, &err, j);
    jw_end_obj(j);
    bundle_free(bundle);
    writer_done(&err);
    return true;
}
