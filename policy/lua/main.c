/* SPDX-License-Identifier: GPL-3.0-or-later
 * gh-policy: judges events by the policy bundle, inside a jail that has no files and no network.
 * As `gatehouse policy …` it is the tool of those who write policies. */
#include "base/clock.h"
#include "base/jail.h"
#include "base/log.h"
#include "base/proc.h"
#include "policy/lua/bundle.h"
#include "policy/lua/policy_cmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DECISION_MAX 60000  /* fits the message; later matches are left out, the deciding one comes first */
#define JUDGED_BATCH 100000 /* bytes of several answers */
#define EVENT_MAX (256u << 20) /* an event in a memfd */
#define ARENA_MAX (768u << 20)

struct judge {
    struct proc proc;
    struct bundle *active, *shadow;
    enum action safe;
    struct proc_chan *core;
    struct arena *arena;
};

static void put_one(struct jw *j, struct bundle *b, struct arena *a, struct span event, enum action safe,
                    bool shadow)
{
    static struct decision d; /* large, one thread */

    if (bundle_decide(b, a, event, safe, &d) == 0)
        decision_json(b, &d, shadow, j);
}

/* An event that cannot even be read gets the safe verdict, too. */
static void put_unreadable(struct jw *j, const struct judge *g)
{
    char name[128];

    snprintf(name, sizeof(name), "%s@%s", g->active->name, g->active->version);
    jw_obj(j);
    jw_kcstr(j, "action", action_name(bundle_safe(g->active, NULL, g->safe)));
    jw_kcstr(j, "policy", name);
    jw_kcstr(j, "rule", "unreadable-event");
    jw_kcstr(j, "reason", "The event could not be read by the policy, so the safe verdict holds.");
    jw_kcstr(j, "reason_vi", "Chính sách không đọc được sự kiện nên áp dụng kết luận an toàn.");
    jw_kobj(j, "title");
    jw_kcstr(j, "en", "The policy failed");
    jw_kcstr(j, "vi", "Chính sách gặp lỗi");
    jw_end_obj(j);
    jw_ku64(j, "severity", 1);
    jw_kcstr(j, "category", "Policy failure");
    jw_karr(j, "facts");
    jw_end_arr(j);
    jw_kcstr(j, "error", "the event is no JSON object, or larger than the policy's memory");
    jw_kbool(j, "shadow", false);
    jw_end_obj(j);
}

/* Many rules matched at once: of the array in w as many verdicts as fit, the deciding one first. */
static void cut_to(struct writer *w, size_t most)
{
    struct arena *a;
    struct json *all = NULL;
    struct writer cut;
    size_t n = 0;

    if (w->n <= most)
        return;
    a = arena_new(64u << 20);
    writer_init(&cut, most + 1);
    writer_u8(&cut, '[');
    if (a && json_parse(a, writer_span(w), 64, &all, NULL) == 0) {
        json_each(v, all)
        {
            if (cut.n + v->raw.n + 2 > most)
                continue;
            if (n++)
                writer_u8(&cut, ',');
            writer_put(&cut, v->raw);
        }
    }
    writer_u8(&cut, ']');
    writer_clear(w);
    writer_put(w, writer_span(&cut));
    writer_done(&cut);
    arena_free(a);
}

static void answer(struct judge *g, uint64_t id, struct span event)
{
    struct writer w, message;
    struct jw j;
    size_t start;

    writer_init(&w, 16u << 20);
    jw_init(&j, &w);
    jw_arr(&j);
    start = w.n;
    arena_reset(g->arena);
    put_one(&j, g->active, g->arena, event, g->safe, false);
    if (w.n == start)
        put_unreadable(&j, g);
    else if (g->shadow)
        put_one(&j, g->shadow, g->arena, event, g->safe, true);
    jw_end_arr(&j);
    cut_to(&w, DECISION_MAX);
    writer_init(&message, DECISION_MAX + 16);
    writer_le(&message, id, 8);
    writer_put(&message, writer_span(&w));
    if (proc_chan_post(g->core, MSG_DECISION, writer_span(&message), -1) != 0)
        log_warn("an answer to the core was lost; the core asks again");
    writer_done(&message);
    writer_done(&w);
}

/* Nothing that anybody must hear: logged at most, and the shadow says the same. */
static bool is_plain(const struct decision *d)
{
    for (size_t i = 0; i < d->n; i++)
        if (d->v[i].error || d->v[i].action > ACTION_LOG)
            return false;
    return true;
}

static void post_judged(struct judge *g, struct writer *w)
{
    if (w->n && proc_chan_post(g->core, MSG_JUDGED, writer_span(w), -1) != 0)
        log_warn("answers to the core were lost; the core asks again");
    writer_clear(w);
}

/* The answer to one event, empty when there is nothing to tell. */
static void judge_event(struct judge *g, struct span event, struct writer *w)
{
    static struct decision d, s; /* large, one thread */
    struct jw j;
    int rc, shadow = -1;

    writer_clear(w);
    arena_reset(g->arena);
    rc = bundle_decide(g->active, g->arena, event, g->safe, &d);
    if (!rc && g->shadow)
        shadow = bundle_decide(g->shadow, g->arena, event, g->safe, &s);
    if (!rc && is_plain(&d) && (shadow || is_plain(&s)))
        return;
    jw_init(&j, w);
    jw_arr(&j);
    if (rc)
        put_unreadable(&j, g);
    else
        decision_json(g->active, &d, false, &j);
    if (!shadow && !rc)
        decision_json(g->shadow, &s, true, &j);
    jw_end_arr(&j);
    cut_to(w, JUDGED_BATCH);
}

/* Several events; what is ready goes back before it is too long on its way. */
static void judge_batch(struct judge *g, struct span body)
{
    struct reader r = reader_span(body);
    uint64_t start = clock_mono_ms();
    struct writer w, one;

    writer_init(&w, MSG_MAX);
    writer_init(&one, 16u << 20);
    while (reader_left(&r)) {
        uint64_t id = reader_le64(&r);
        struct span event = reader_take(&r, reader_le32(&r));
        if (!reader_ok(&r))
            break;
        judge_event(g, event, &one);
        if (w.n + one.n + 12 > JUDGED_BATCH || clock_mono_ms() > start + g->proc.conf.policy_timeout) {
            post_judged(g, &w);
            start = clock_mono_ms();
        }
        writer_le(&w, id, 8);
        writer_le(&w, one.n, 4);
        writer_put(&w, writer_span(&one));
    }
    post_judged(g, &w);
    writer_done(&w);
    writer_done(&one);
}

/* What the core should send, and what holds when no answer comes. */
static void tell_wants(const struct judge *g)
{
    struct writer w;
    uint64_t types = g->active->types | (g->shadow ? g->shadow->types : 0);
    bool order = g->active->remembers || (g->shadow && g->shadow->remembers);

    writer_init(&w, 16);
    writer_le(&w, types | 1ull << EVENT_FILEINFO, 8);
    writer_u8(&w, order);
    writer_u8(&w, (uint8_t)bundle_safe(g->active, NULL, g->safe));
    (void)proc_chan_post(g->core, MSG_WANTS, writer_span(&w), -1); /* if it is lost the core is gone */
    writer_done(&w);
}

static void on_message(void *arg, const struct msg *m)
{
    struct judge *g = arg;
    struct reader r = reader_span(m->body);
    uint64_t id = reader_le64(&r);
    struct span event = reader_rest(&r), mapped = {NULL, 0};

    if (m->fd >= 0) {
        if (msg_map(m->fd, EVENT_MAX, &mapped) == 0)
            event = mapped;
        close(m->fd);
    }
    if (m->type == MSG_DECIDE && reader_ok(&r))
        answer(g, id, event);
    else if (m->type == MSG_JUDGE)
        judge_batch(g, m->body);
    if (mapped.p)
        msg_unmap(mapped);
}

static void on_closed(void *arg, int rc)
{
    struct judge *g = arg;

    (void)rc;
    g->core = NULL;
}

static void on_peer(struct proc *p, enum role role, int fd)
{
    struct judge *g = p->arg;

    if (role != ROLE_CORE) {
        close(fd);
        return;
    }
    proc_chan_remove(g->core);
    g->core = proc_chan_add(p, fd, ROLE_CORE, on_message, on_closed, g);
    if (g->core)
        tell_wants(g);
}

static struct bundle *load(struct judge *g, const char *dir)
{
    const struct conf *c = &g->proc.conf;
    const struct cage_limits lim = {c->policy_memory, c->policy_steps, c->policy_timeout};
    struct bundle *b = NULL;
    struct writer err;

    writer_init(&err, 65536);
    if (bundle_load(dir, &lim, &b, &err) != 0) {
        fprintf(stderr, "%s", writer_cstr(&err));
        log_error("the policy in %s cannot be used. 'gatehouse policy check %s' tells more", dir, dir);
        exit(2);
    }
    writer_done(&err);
    if (bundle_history(b, c->policy_history) != 0) {
        log_error("not enough memory for policy.history");
        exit(3);
    }
    return b;
}

static void note(struct judge *g)
{
    struct writer w;
    struct jw j;
    char text[128];

    writer_init(&w, 4096);
    jw_init(&j, &w);
    jw_obj(&j);
    snprintf(text, sizeof(text), "%s@%s", g->active->name, g->active->version);
    jw_kcstr(&j, "policy", text);
    jw_ku64(&j, "rules", g->active->n_rules);
    if (g->shadow) {
        snprintf(text, sizeof(text), "%s@%s", g->shadow->name, g->shadow->version);
        jw_kcstr(&j, "shadow", text);
    }
    jw_end_obj(&j);
    proc_note(&g->proc, writer_span(&w));
    writer_done(&w);
}

int main(int argc, char **argv)
{
    static struct judge g;
    struct jail_options jail = {.files = 64};
    char err[256], dir[1024];

    /* Started by hand as "gatehouse policy …": argv[0] is "gatehouse". */
    if (argc > 1 && !strcmp(argv[1], "policy"))
        return policy_command(argc - 1, argv + 1);
    proc_start(&g.proc, ROLE_POLICY, "gh-policy", argc, argv);
    g.proc.arg = &g;
    g.proc.on_peer = on_peer;
    if (!action_parse(g.proc.conf.policy_safe_verdict, &g.safe)) {
        log_error("policy.safe_verdict: '%s' is not one of allow, log, alert, quarantine, block",
                  g.proc.conf.policy_safe_verdict);
        return 2;
    }
    policy_default_dir(g.proc.conf.policy_dir, dir, sizeof(dir));
    g.active = load(&g, dir);
    if (*g.proc.conf.policy_shadow)
        g.shadow = load(&g, g.proc.conf.policy_shadow);
    g.arena = arena_new(ARENA_MAX);
    gh_check(g.arena);
    jail.user = g.proc.conf.node_user;
    jail.memory = ARENA_MAX + EVENT_MAX + g.proc.conf.policy_memory * 2 +
                  (256u << 20); /* its history is there already */
    if (jail_enter(JAIL_POLICY, &jail, NULL, err, sizeof(err)) != 0) {
        log_error("cannot lock itself in: %s", err);
        return 3;
    }
    note(&g);
    proc_ready(&g.proc);
    loop_run(g.proc.loop);
    return 0;
}
