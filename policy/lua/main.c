/* SPDX-License-Identifier: GPL-3.0-or-later
 * gh-policy: judges events by the policy bundle, inside a jail that has no files and no network.
 * As `gatehouse policy …` it is the tool of those who write policies. */
#include "base/clock.h"
#include "base/jail.h"
#include "base/log.h"
#include "base/proc.h"
#include "policy/lua/bundle.h"
#include "policy/lua/policy_cmd.h"
#include "policy/lua/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DECISION_MAX 60000  /* fits the message; later matches are left out, the deciding one comes first */
#define JUDGED_BATCH 100000 /* bytes of several answers */
#define NOTE_MS 2000
#define EVENT_MAX (256u << 20) /* an event in a memfd */
#define ARENA_MAX (768u << 20)

struct judge {
    struct proc proc;
    struct bundle *active, *shadow;
    enum action safe;
    struct proc_chan *core;
    struct arena *arena;
    bool appliance; /* `gatehouse run`: what was promoted is in force, and a faulty policy is no reason to end
                     */
    char fault[256]; /* the policy in force is not the one that should be */
    bool shadow_fault; /* the one that should run beside cannot be used */
    uint64_t shadow_judged, shadow_differs;
};

static void count_shadow(struct judge *g, const struct decision *d, const struct decision *s)
{
    g->shadow_judged++;
    g->shadow_differs += d->v[0].action != s->v[0].action;
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
    static struct decision d, s; /* large, one thread */
    struct writer w, message;
    struct jw j;

    writer_init(&w, 16u << 20);
    jw_init(&j, &w);
    jw_arr(&j);
    arena_reset(g->arena);
    if (bundle_decide(g->active, g->arena, event, g->safe, &d) != 0) {
        put_unreadable(&j, g);
    } else {
        decision_json(g->active, &d, false, &j);
        if (g->shadow && bundle_decide(g->shadow, g->arena, event, g->safe, &s) == 0) {
            count_shadow(g, &d, &s);
            decision_json(g->shadow, &s, true, &j);
        }
    }
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
    if (!shadow)
        count_shadow(g, &d, &s);
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

    if (proc_chan_take(p, ROLE_CORE, role, fd, &g->core, on_message, on_closed, g))
        tell_wants(g);
}

/* One bundle, verified when it must be. NULL with the sentences in err. */
static struct bundle *load(struct judge *g, const char *dir, bool verify, struct writer *err)
{
    const struct conf *c = &g->proc.conf;
    const struct cage_limits lim = {c->policy_memory, c->policy_steps, c->policy_timeout, c->policy_inside};
    struct sign_note note;
    struct bundle *b = NULL;
    uint64_t floor;

    if (verify && sign_check(dir, c->policy_trust, &note, err) != 0)
        return NULL;
    if (verify && !store_floor(c->node_state_dir, &note, &floor)) {
        writer_printf(err, "%s: number %llu is below the floor of %s, %llu\n", dir,
                      (unsigned long long)note.number, note.name, (unsigned long long)floor);
        return NULL;
    }
    if (bundle_load(dir, &lim, &b, err) != 0)
        return NULL;
    if (b->forwarding) {
        writer_printf(err, "%s: this bundle decides what a console forwards (bundle.json: purpose); it judges no traffic\n",
                      dir);
        bundle_free(b);
        return NULL;
    }
    if (bundle_history(b, c->policy_history) != 0) {
        log_error("not enough memory for policy.history");
        exit(3);
    }
    return b;
}

/* Why the bundle in dir is not in force, for the status and the console: the first line of says, without the path
 * of this machine. */
static void tell_fault(struct judge *g, const char *dir, const char *says)
{
    const char *name = strrchr(dir, '/');
    size_t n = strlen(dir);

    name = name ? name + 1 : dir;
    if (strncmp(says, dir, n) == 0)
        says += n + (says[n] == '/');
    n = strcspn(says, "\n");
    snprintf(g->fault, sizeof(g->fault), "%.40s cannot be used%s%.*s; %.30s@%.12s is kept in force", name, n ? ": " : "",
             (int)(n < 90 ? n : 90), says, g->active->name, g->active->version);
}

/* The policy in force, and when it cannot be used the last one that could: what is configured, or promoted,
 * or the standard one; then what was loaded last; then the one before. */
static void load_active(struct judge *g)
{
    static const char *const links[] = {"active", "good", "previous"};
    const struct conf *c = &g->proc.conf;
    char dir[1024], first[1024];
    struct writer err;

    writer_init(&err, 65536);
    policy_default_dir(c->policy_dir, first, sizeof(first));
    if (!*c->policy_dir && g->appliance)
        (void)store_find(c->node_state_dir, links[0], first);
    g->active = load(g, first, *c->policy_trust && (*c->policy_dir || strstr(first, "/policies/")), &err);
    if (g->active && g->appliance)
        store_keep_good(c->node_state_dir, first);
    for (size_t i = 1; !g->active && g->appliance && i < GH_COUNT(links); i++) {
        if (store_find(c->node_state_dir, links[i], dir) != 0)
            continue;
        g->active = load(g, dir, *c->policy_trust != 0, &err);
        if (g->active) {
            fprintf(stderr, "%s", writer_cstr(&err));
            log_error("the policy in %s cannot be used; %s@%s is kept in force", first, g->active->name,
                      g->active->version);
            tell_fault(g, first, writer_cstr(&err));
        }
    }
    if (!g->active) {
        fprintf(stderr, "%s", writer_cstr(&err));
        log_error("the policy in %s cannot be used. 'gatehouse policy check %s' tells more", first, first);
        exit(2);
    }
    writer_done(&err);
}

/* A shadow decides nothing: it need not be signed, and without it the rest goes on. */
static void load_shadow(struct judge *g)
{
    struct writer err;

    if (!*g->proc.conf.policy_shadow)
        return;
    writer_init(&err, 65536);
    g->shadow = load(g, g->proc.conf.policy_shadow, false, &err);
    if (!g->shadow) {
        fprintf(stderr, "%s", writer_cstr(&err));
        log_error("the policy in %s (policy.shadow) cannot be used", g->proc.conf.policy_shadow);
        if (!g->appliance)
            exit(2);
        g->shadow_fault = true;
    }
    writer_done(&err);
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
    if (*g->fault)
        jw_kcstr(&j, "fault", g->fault);
    if (g->shadow_fault)
        jw_kcstr(&j, "shadow_fault",
                 "the shadow policy cannot be used; the policy in force judges as before");
    if (g->shadow) {
        snprintf(text, sizeof(text), "%s@%s", g->shadow->name, g->shadow->version);
        jw_kcstr(&j, "shadow", text);
        jw_ku64(&j, "shadow_judged", g->shadow_judged);
        jw_ku64(&j, "shadow_differs", g->shadow_differs);
    }
    if (history_dropped(g->active->history))
        jw_ku64(&j, "history_dropped", history_dropped(g->active->history));
    jw_end_obj(&j);
    proc_note(&g->proc, writer_span(&w));
    writer_done(&w);
}

static void on_note(void *arg)
{
    note(arg);
}

int main(int argc, char **argv)
{
    static struct judge g;
    struct jail_options jail = {.files = 64};
    char err[256];

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
    g.appliance = g.proc.argc > 0 && !strcmp(g.proc.argv[0], "--appliance");
    if (seal_init() != 0)
        return 3;
    load_active(&g);
    load_shadow(&g);
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
    if (g.appliance)
        gh_check(loop_timer_add(g.proc.loop, NOTE_MS, true, on_note, &g));
    proc_ready(&g.proc);
    loop_run(g.proc.loop);
    return 0;
}
