/* SPDX-License-Identifier: GPL-3.0-or-later
 * gh-workbench: a helper of the console that tries what people write, in a jail without files and network.
 * One question after the other; a long one comes in portions (bench.h). */
#include "base/ask.h"
#include "base/bench_op.h"
#include "base/jail.h"
#include "base/log.h"
#include "policy/workbench/bench.h"

#include <stdio.h>
#include <unistd.h>

#define HEAD_ROOM (768u << 20) /* pack, its tree, answer, one event; the cages come on top */

struct workbench {
    struct proc proc;
    struct proc_chan *console;
    struct bench *bench;
};

/* A long answer goes in a memfd, and an empty object in the frame. */
static void answer(struct workbench *w, uint64_t id, bool good, const struct writer *out)
{
    enum ask_state state = good ? ASK_DONE : ASK_FAILED;
    struct span text = writer_span(out);
    int fd = text.n > ASK_JSON_MAX ? msg_memfd("answer", text) : -1, rc;

    if (text.n > ASK_JSON_MAX && fd < 0) {
        rc = answer_post_error(w->console, id, "not enough memory for the answer");
    } else {
        rc = answer_post(w->console, id, state, fd >= 0 ? span_str("{}") : text, fd);
        if (rc && fd >= 0)
            close(fd);
    }
    if (rc)
        log_warn("an answer to the console was lost");
}

/* Is it a question of the rules' room? Then the set's name. */
static bool is_rules(struct span question, char name[static BUNDLE_NAME])
{
    struct arena *a = arena_new(1u << 20);
    struct json *q = NULL;
    bool is = a && json_parse(a, question, 4, &q, NULL) == 0 &&
              !strcmp(json_cstr(json_get(q, "op"), ""), bench_rules.name);

    snprintf(name, BUNDLE_NAME, "%s", json_cstr(json_get(q, "bundle"), ""));
    arena_free(a);
    return is && *name && !strchr(name, '/') && !strchr(name, ':');
}

static void on_ask(struct workbench *w, uint64_t id, struct span question, int fd)
{
    struct span pack = {NULL, 0};
    char name[BUNDLE_NAME];
    struct writer out;
    bool good;

    if (fd >= 0 && msg_map(fd, BENCH_PACK_MAX, &pack) != 0) {
        (void)answer_post_error(w->console, id, "the pack is no sealed memory, or longer than %u MiB",
                                BENCH_PACK_MAX >> 20);
        return;
    }
    writer_init(&out, BENCH_ANSWER_MAX);
    good = is_rules(question, name) ? bench_rules.run(name, pack, &out)
                                    : bench_answer(w->bench, question, pack, &out);
    answer(w, id, good, &out);
    writer_done(&out);
    if (pack.p)
        msg_unmap(pack);
}

static void on_message(void *arg, const struct msg *m)
{
    struct workbench *w = arg;
    struct span question;
    uint64_t id;

    /* FORGET: every answer is under way already when the next message is read */
    if (m->type == MSG_ASK && ask_read(m->body, &id, &question) == 0)
        on_ask(w, id, question, m->fd);
    if (m->fd >= 0)
        close(m->fd);
}

static void on_closed(void *arg, int rc)
{
    struct workbench *w = arg;

    (void)rc;
    w->console = NULL;
}

static void on_peer(struct proc *p, enum role role, int fd)
{
    struct workbench *w = p->arg;

    (void)proc_chan_take(p, ROLE_CONSOLE, role, fd, &w->console, on_message, on_closed, w);
}

int main(int argc, char **argv)
{
    static struct workbench w; /* as long as the process */
    struct jail_options jail = {.files = 64};
    char err[256] = "";

    proc_start(&w.proc, ROLE_WORKBENCH, "gh-workbench", argc, argv);
    w.proc.arg = &w;
    w.proc.on_peer = on_peer;
    if (w.proc.argc) {
        log_error("unknown option '%s'", w.proc.argv[0]);
        return 2;
    }
    if (bench_rules.warm_up() != 0) {
        log_error("the libraries that read rules cannot be set up");
        return 3;
    }
    w.bench = bench_new(&w.proc.conf);
    gh_check(w.bench);
    jail.user = w.proc.conf.node_user;
    jail.memory = HEAD_ROOM + w.proc.conf.policy_memory * (2 * BENCH_SESSIONS + 2);
    jail.input = BENCH_PACK_MAX;
    if (jail_enter(JAIL_POLICY, &jail, NULL, err, sizeof(err)) != 0) {
        log_error("cannot lock itself in: %s", err);
        return 3;
    }
    proc_ready(&w.proc);
    loop_run(w.proc.loop);
    bench_free(w.bench);
    return 0;
}
