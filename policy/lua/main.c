/* SPDX-License-Identifier: GPL-3.0-or-later
 * gh-policy: judges events by the policy bundle, inside a jail that has no files and no network.
 * As `gatehouse policy …` it is the tool of those who write policies. */
#include "base/jail.h"
#include "base/log.h"
#include "base/proc.h"
#include "policy/lua/bundle.h"
#include "policy/lua/policy_cmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DECISION_MAX 60000 /* fits the message; later matches are left out, the deciding one comes first */
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
    jw_kcstr(j, "action", action_name(g->safe));
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

static void answer(struct judge *g, uint64_t id, struct span event)
{
    struct writer w;
    struct jw j;
    size_t start;

    writer_init(&w, 16u << 20);
    writer_le(&w, id, 8);
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
    if (w.n > DECISION_MAX) { /* many rules matched at once: the deciding one and as many as fit */
        struct arena *a = arena_new(64u << 20);
        struct json *all = NULL;
        if (a && json_parse(a, span_part(writer_span(&w), 8, w.n), 64, &all, NULL) == 0) {
            struct writer cut;
            size_t n = 0;
            writer_init(&cut, DECISION_MAX);
            writer_le(&cut, id, 8);
            writer_u8(&cut, '[');
            json_each(v, all)
            {
                if (cut.n + v->raw.n + 2 > DECISION_MAX)
                    continue;
                if (n++)
                    writer_u8(&cut, ',');
                writer_put(&cut, v->raw);
            }
            writer_u8(&cut, ']');
            writer_done(&w);
            w = cut;
        }
        arena_free(a);
    }
    if (proc_chan_post(g->core, MSG_DECISION, writer_span(&w), -1) != 0)
        log_warn("an answer to the core was lost; the core asks again");
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
    jail.memory = ARENA_MAX + EVENT_MAX + g.proc.conf.policy_memory * 2 + (256u << 20); /* its history is there already */
    if (jail_enter(JAIL_POLICY, &jail, NULL, err, sizeof(err)) != 0) {
        log_error("cannot lock itself in: %s", err);
        return 3;
    }
    note(&g);
    proc_ready(&g.proc);
    loop_run(g.proc.loop);
    return 0;
}
