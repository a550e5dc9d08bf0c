/* SPDX-License-Identifier: GPL-3.0-or-later
 * forward: what of each event a region's console tells the one above it, by a bundle of the purpose
 * "forwarding" that was opened before (open). One line of the pack is an event's number and its JSON.
 *
 * Answers {"taken": lines, "decided": [{"event", "action", "rule", "failed"}]} in the order of the lines.
 * Fewer lines taken than sent: the time was over. An event that is no JSON object is told redacted. */
#include "base/clock.h"
#include "policy/workbench/bench_impl.h"

static void decide(struct bench *b, struct bench_session *s, uint64_t number, struct span event, struct jw *j)
{
    static struct decision d; /* large, one thread */
    int rc;

    arena_reset(b->arena);
    rc = bundle_decide(s->now, b->arena, event, b->safe, &d);
    s->judged++;
    s->failed += rc || d.v[0].error;
    jw_obj(j);
    jw_ku64(j, "event", number);
    jw_kcstr(j, "action", bundle_action_name(s->now, rc ? (enum action)FORWARD_REDACTED : d.v[0].action));
    jw_kcstr(j, "rule", rc ? "unreadable-event" : d.v[0].rule ? d.v[0].rule->id : "otherwise");
    jw_kbool(j, "failed", rc || d.v[0].error);
    jw_end_obj(j);
}

bool bench_forward(struct bench *b, const struct bench_ask *a, struct jw *j)
{
    struct bench_session *s = bench_session_find(b, a, j);
    uint64_t until = clock_mono_ms() + BENCH_FEED_MS, taken = 0, number;
    struct reader r = reader_span(a->pack_text);
    struct span line;

    if (!s)
        return false;
    if (!s->now->forwarding) {
        bench_problem(j, "this bundle judges traffic; what is forwarded is decided by one with \"purpose\": \"forwarding\"");
        return false;
    }
    jw_obj(j);
    jw_karr(j, "decided");
    while ((!taken || clock_mono_ms() < until) && reader_line(&r, &line)) {
        ptrdiff_t blank = span_find_byte(line, ' ', 0);
        taken++;
        if (blank > 0 && span_number(span_part(line, 0, (size_t)blank), INT64_MAX, &number))
            decide(b, s, number, span_trim(span_part(line, (size_t)blank, line.n)), j);
    }
    jw_end_arr(j);
    jw_ku64(j, "taken", taken);
    jw_end_obj(j);
    s->used_ms = clock_mono_ms();
    return true;
}
