/* SPDX-License-Identifier: GPL-3.0-or-later
 * explain: {"good", "faults", "verdicts": as in an event's alert, "rules": [{"id", "part", "line", "result":
 * "match"|"no"|"failed"|"not_asked", "error", "reads": [{"path", "value"|null}]}]}. */
#include "policy/workbench/bench_impl.h"

#define VALUE_MOST 1000 /* bytes of a fact that are shown */

static void put_reads(const struct bundle *b, struct jw *j)
{
    jw_karr(j, "reads");
    for (size_t i = 0; i < b->view.n_reads; i++) {
        const struct view_read *r = &b->view.reads[i];
        jw_obj(j);
        jw_kcstr(j, "path", r->path);
        jw_key(j, "value");
        if (!r->value.n)
            jw_null(j);
        else if (r->value.n <= VALUE_MOST)
            jw_raw(j, r->value);
        else
            jw_cstr(j, "…");
        jw_end_obj(j);
    }
    jw_end_arr(j);
}

static void put_rules(struct bundle *b, struct jw *j)
{
    char err[1024];

    jw_karr(j, "rules");
    for (size_t i = 0; i < b->n_rules; i++) {
        const struct rule *r = &b->rules[i];
        int hit = explain_rule(b, i, err, sizeof(err));
        jw_obj(j);
        jw_kcstr(j, "id", r->id);
        jw_kcstr(j, "part", b->parts[r->part].name);
        jw_ki64(j, "line", r->line);
        jw_kcstr(j, "result",
                 hit == EXPLAIN_NOT_ASKED ? "not_asked"
                 : hit < 0                ? "failed"
                 : hit                    ? "match"
                                          : "no");
        jw_kcstr(j, "error", hit < 0 ? err : NULL);
        if (hit != EXPLAIN_NOT_ASKED)
            put_reads(b, j);
        jw_end_obj(j);
    }
    jw_end_arr(j);
}

static bool explain(struct bench *b, struct bundle *bundle, struct span event, struct jw *j)
{
    static struct decision d; /* large, one thread */
    int rc;

    arena_reset(b->arena);
    rc = explain_begin(bundle, b->arena, event);
    if (rc) {
        bench_problem(j, "the event is not one JSON object");
        return false;
    }
    put_rules(bundle, j);
    explain_end(bundle);
    history_clear(bundle->history); /* or the event would count twice */
    jw_karr(j, "verdicts");
    if (bundle_decide(bundle, b->arena, event, b->safe, &d) == 0)
        decision_json(bundle, &d, false, j);
    jw_end_arr(j);
    return true;
}

bool bench_explain(struct bench *b, const struct bench_ask *a, struct jw *j)
{
    const struct json *event = json_get(a->pack, "event");
    const char *name = bench_name(a, "bundle", j);
    struct bundle *bundle;
    struct writer err;
    bool good = true;

    if (!name || !bench_mount(a, "files", j))
        return false;
    if (!event || event->type != JSON_STRING) {
        bench_problem(j, "'event' must be the text of an event");
        return false;
    }
    writer_init(&err, 1u << 20);
    jw_obj(j);
    jw_kbool(j, "good", bundle_look(name, &b->limits, &bundle, &err) == 0);
    bench_faults(name, &err, j);
    if (bundle)
        good = explain(b, bundle, span_trim(event->s), j);
    if (good)
        jw_end_obj(j);
    bundle_free(bundle);
    writer_done(&err);
    return good;
}
