/* SPDX-License-Identifier: GPL-3.0-or-later
 * open, feed, close: recorded events judged anew, in portions, so that short questions go between and a
 * replay that nobody waits for any more just ends.
 *
 * feed answers {"taken": lines, "changes": [{"event", "type", "subject", "timestamp", "old", "old_rule",
 * "new", "new_rule", "reason", "reason_vi"}], "judged", "skipped", "bad", "failed", "changed", "by_action":
 * {…}, "from_to":
 * [{"from", "to", "n"}], "history_dropped"}; the counts are those of the whole session. Fewer lines taken
 * than sent: the time was over. */
#include "base/clock.h"
#include "policy/workbench/bench_impl.h"

#define CHANGES_MAX 500 /* told of one feed; all are counted */

void bench_session_end(struct bench_session *s)
{
    bundle_free(s->now);
    bundle_free(s->old);
    *s = (struct bench_session){.number = 0};
}

struct bench_session *bench_session_find(struct bench *b, const struct bench_ask *a, struct jw *j)
{
    int64_t number = json_i64(json_get(a->question, "session"), 0);

    for (size_t i = 0; i < BENCH_SESSIONS; i++)
        if (number > 0 && b->session[i].number == (uint64_t)number)
            return &b->session[i];
    bench_problem(j, "there is no such session any more");
    return NULL;
}

static struct bench_session *fresh(struct bench *b)
{
    struct bench_session *s = &b->session[0];

    for (size_t i = 0; i < BENCH_SESSIONS; i++)
        if (!b->session[i].number || (s->number && b->session[i].used_ms < s->used_ms))
            s = &b->session[i];
    bench_session_end(s);
    return s;
}

/* NULL with the faults written into the open object. */
static struct bundle *load(struct bench *b, const char *name, bool *told, struct jw *j)
{
    struct bundle *bundle = NULL;
    struct writer err;

    writer_init(&err, 1u << 20);
    if (bundle_load(name, &b->limits, &bundle, &err) == 0 && bundle_history(bundle, b->history) == 0) {
        writer_done(&err);
        return bundle;
    }
    bundle_free(bundle);
    if (!*told)
        bench_faults(name, &err, j);
    *told = true;
    writer_done(&err);
    return NULL;
}

/* Which events are worth sending. */
static void put_types(const struct bench_session *s, struct jw *j)
{
    uint64_t types = s->now->types | (s->old ? s->old->types : 0) | 1ull << EVENT_FILEINFO;

    jw_karr(j, "judges");
    for (int t = 0; t < EVENT_TYPE_COUNT; t++)
        if (types >> t & 1)
            jw_cstr(j, event_type_name((enum event_type)t));
    jw_end_arr(j);
}

bool bench_open(struct bench *b, const struct bench_ask *a, struct jw *j)
{
    const struct json *old = json_get(a->question, "old");
    const char *now_name = bench_name(a, "new", j), *old_name = NULL;
    struct bench_session *s;
    bool told = false;

    if (!now_name || (old && old->type == JSON_STRING && !(old_name = bench_name(a, "old", j))) ||
        !bench_mount(a, "files", j))
        return false;
    s = fresh(b);
    jw_obj(j);
    s->now = load(b, now_name, &told, j);
    if (s->now && old_name) {
        if (!bench_mount(a, "old_files", j)) {
            bench_session_end(s);
            return false;
        }
        s->old = load(b, old_name, &told, j);
    }
    if (told || !s->now) {
        bench_session_end(s);
    } else {
        s->number = ++b->next;
        s->used_ms = clock_mono_ms();
        jw_ku64(j, "session", s->number);
        jw_kcstr(j, "name", s->now->name);
        jw_kcstr(j, "version", s->now->version);
        jw_kbool(j, "forwarding", s->now->forwarding);
        jw_kcstr(j, "otherwise", bundle_action_name(s->now, s->now->otherwise));
        put_types(s, j);
    }
    jw_kbool(j, "good", !told);
    jw_end_obj(j);
    return true;
}

static void put_change(uint64_t event, enum event_type type, const struct json *e, const struct compared *was,
                       const struct compared *is, const char *reason_vi, struct jw *j)
{
    jw_obj(j);
    jw_ku64(j, "event", event);
    jw_kcstr(j, "type", event_type_name(type));
    jw_kcstr(j, "subject", compare_subject(e));
    jw_kcstr(j, "timestamp", json_cstr(json_get(e, "timestamp"), ""));
    jw_kcstr(j, "old", was->action);
    jw_kcstr(j, "old_rule", was->rule);
    jw_kcstr(j, "new", is->action);
    jw_kcstr(j, "new_rule", is->rule);
    jw_kcstr(j, "reason", is->reason);
    jw_kcstr(j, "reason_vi", reason_vi);
    jw_end_obj(j);
}

static bool is_wanted(const struct bench_session *s, struct span event, enum event_type type)
{
    uint64_t types = s->now->types | (s->old ? s->old->types : 0);

    if (type == EVENT_FILEINFO) /* a document that was never read and judged says nothing */
        return span_find(event, span_str("\"document\""), 0) >= 0;
    return types >> type & 1;
}

static void judge(struct bench *b, struct bench_session *s, uint64_t number, struct span event, size_t *told,
                  struct jw *j)
{
    static struct decision now, old; /* large, one thread */
    enum action from = ACTION_LOG, to;
    struct compared was, is;
    const struct json *e;
    enum event_type type;

    arena_reset(b->arena);
    if (!compare_type(event, &type) || !is_wanted(s, event, type)) {
        s->skipped++;
        return;
    }
    if (bundle_decide(s->now, b->arena, event, b->safe, &now) != 0 ||
        (s->old && bundle_decide(s->old, b->arena, event, b->safe, &old) != 0)) {
        s->bad++;
        return;
    }
    e = s->now->view.last;
    is = compare_decided(&now);
    was = s->old ? compare_decided(&old) : compare_recorded(e, type);
    to = now.v[0].action;
    s->judged++;
    s->failed += now.v[0].error != NULL;
    s->by_action[to]++;
    if (!was.action || !strcmp(was.action, is.action))
        return;
    (void)action_parse(was.action, &from); /* an older version's word counts as log */
    s->from_to[from][to]++;
    s->changed++;
    if (++*told <= CHANGES_MAX)
        put_change(number, type, e, &was, &is, now.v[0].reason_vi, j);
}

static void put_counts(const struct bench_session *s, struct jw *j)
{
    jw_ku64(j, "judged", s->judged);
    jw_ku64(j, "skipped", s->skipped);
    jw_ku64(j, "bad", s->bad);
    jw_ku64(j, "failed", s->failed);
    jw_ku64(j, "changed", s->changed);
    jw_kobj(j, "by_action");
    for (int i = 0; i < ACTION_COUNT; i++)
        jw_ku64(j, action_name((enum action)i), s->by_action[i]);
    jw_end_obj(j);
    jw_karr(j, "from_to");
    for (int i = 0; i < ACTION_COUNT; i++)
        for (int k = 0; k < ACTION_COUNT; k++) {
            if (!s->from_to[i][k])
                continue;
            jw_obj(j);
            jw_kcstr(j, "from", action_name((enum action)i));
            jw_kcstr(j, "to", action_name((enum action)k));
            jw_ku64(j, "n", s->from_to[i][k]);
            jw_end_obj(j);
        }
    jw_end_arr(j);
    jw_ku64(j, "history_dropped", history_dropped(s->now->history));
}

bool bench_feed(struct bench *b, const struct bench_ask *a, struct jw *j)
{
    struct bench_session *s = bench_session_find(b, a, j);
    uint64_t until = clock_mono_ms() + BENCH_FEED_MS, taken = 0, number;
    struct reader r = reader_span(a->pack_text);
    struct span line;
    size_t told = 0;

    if (!s)
        return false;
    jw_obj(j);
    jw_karr(j, "changes");
    while ((!taken || clock_mono_ms() < until) && reader_line(&r, &line)) {
        ptrdiff_t blank = span_find_byte(line, ' ', 0);
        taken++;
        if (blank > 0 && span_number(span_part(line, 0, (size_t)blank), INT64_MAX, &number))
            judge(b, s, number, span_trim(span_part(line, (size_t)blank, line.n)), &told, j);
        else
            s->bad++;
    }
    jw_end_arr(j);
    jw_ku64(j, "taken", taken);
    put_counts(s, j);
    jw_end_obj(j);
    s->used_ms = clock_mono_ms();
    return true;
}

bool bench_close(struct bench *b, const struct bench_ask *a, struct jw *j)
{
    struct bench_session *s = bench_session_find(b, a, j);

    if (!s)
        return false;
    bench_session_end(s);
    jw_obj(j);
    jw_end_obj(j);
    return true;
}
