/* SPDX-License-Identifier: GPL-3.0-or-later
 * gh-down: puts in force what the console ordered this appliance to have (apply.h), once gh-uplink or a stick
 * has brought all of it, and has gh-core record what became of it. Also `gatehouse down`.
 *
 * It starts programs of ours, so it takes no filter of system calls; it has no network, no capabilities and
 * no key, becomes node.user where there is one, and parses nothing but manifests and orders: what goods hold
 * is read by the commands that it starts. */
#include "base/clock.h"
#include "base/jail.h"
#include "base/json.h"
#include "base/log.h"
#include "base/proc.h"
#include "firmware/link/apply.h"
#include "firmware/link/goods_dir.h"
#include "firmware/link/link.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LOOK_MS 500
#define CONF_ARGS 256

struct goods_process {
    struct proc proc;
    struct apply *apply;
    struct proc_chan *core;
    char *conf_args[CONF_ARGS];
};

static void on_take(void *arg, enum goods_kind kind, bool anew)
{
    struct goods_process *g = arg;
    struct writer w;
    struct jw j;

    writer_init(&w, 256);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_kcstr(&j, "goods", goods_kind_names[kind]);
    jw_kbool(&j, "anew", anew);
    jw_end_obj(&j);
    proc_note(&g->proc, writer_span(&w));
    writer_done(&w);
}

static void on_told(void *arg, enum goods_kind kind, struct span json)
{
    struct goods_process *g = arg;

    (void)kind;
    if (g->core && proc_chan_post(g->core, MSG_GOODS, json, -1) != 0)
        log_warn("gh-core does not hear what became of an order; it is told again when it is back");
}

static void on_core(void *arg, const struct msg *m)
{
    (void)arg; /* it says nothing to us */
    if (m->fd >= 0)
        close(m->fd);
}

static void on_core_closed(void *arg, int rc)
{
    struct goods_process *g = arg;

    (void)rc;
    g->core = NULL;
}

static void on_peer(struct proc *p, enum role role, int fd)
{
    struct goods_process *g = p->arg;

    if (proc_chan_take(p, ROLE_CORE, role, fd, &g->core, on_core, on_core_closed, g))
        apply_tell(g->apply);
}

/* What gh-uplink heard of the console itself: verified once more here, then all processes begin anew with it. */
static void look_at_console(struct goods_process *g)
{
    const char *dir = g->proc.conf.node_state_dir;
    char keys[CONF_TEXT + 64], tls[CONF_TEXT + 64];
    struct writer w;
    int rc;

    snprintf(keys, sizeof(keys), "%s/down/" LINK_KEYS_FILE, dir);
    snprintf(tls, sizeof(tls), "%s/down/" LINK_TLS_FILE, dir);
    if (access(tls, F_OK) == 0) {
        rc = link_new_certificate(dir);
        (void)unlink(tls);
        if (rc)
            log_warn("%s/console.json: %s", dir, status_text(rc));
        else
            log_info("the console shows the certificate that it announced");
    }
    if (access(keys, F_OK) != 0)
        return;
    writer_init(&w, 4096);
    rc = goods_dir_read(keys, 4096, &w);
    if (!rc)
        rc = link_succeed(dir, writer_span(&w));
    writer_done(&w);
    (void)unlink(keys);
    if (rc) {
        log_warn("the console's new keys: %s", status_text(rc));
        return;
    }
    log_info("the console has new keys; the old ones vouch for them");
    proc_note(&g->proc, span_str("{\"goods\":\"console\",\"anew\":true}"));
}

static void on_look(void *arg)
{
    struct goods_process *g = arg;

    look_at_console(g);
    apply_look(g->apply, clock_mono_ms());
}

/* What of the command line says which configuration holds. */
static void keep_conf_args(struct goods_process *g, int argc, char **argv)
{
    size_t n = 0;

    for (int i = 1; i + 1 < argc && n + 3 < CONF_ARGS; i++)
        if (!strcmp(argv[i], "-c") || !strcmp(argv[i], "--set")) {
            g->conf_args[n++] = argv[i];
            g->conf_args[n++] = argv[++i];
        }
}

static void become(const struct conf *c)
{
    const struct jail_options opt = {.user = c->node_user, .keep_user = !*c->node_user, .files = 256};
    char err[256];

    if (jail_become(&opt, err, sizeof(err)) != 0) {
        log_error("cannot become who it shall be: %s", err);
        exit(3);
    }
    if (geteuid() == 0)
        log_warn("without node.user this process stays root, and so do the commands that look at what the "
                 "console sends. Set "
                 "node.user");
}

static int command(int argc, char **argv)
{
    static struct proc p; /* what it holds is held to the end */

    proc_start(&p, ROLE_DOWN, "gatehouse", argc, argv);
    return seal_init() != 0 ? 3 : down_command(&p.conf, p.argc, p.argv);
}

int main(int argc, char **argv)
{
    static struct goods_process g; /* the process's one state */
    const struct apply_hooks hooks = {.arg = &g, .take = on_take, .told = on_told};
    struct link_console console;
    struct seal_public own;
    uint8_t id[SEAL_ID];
    char path[CONF_TEXT + 32];
    const struct conf *c = &g.proc.conf;

    if (argc > 1 && !strcmp(argv[1], "down"))
        return command(argc - 1, argv + 1);
    keep_conf_args(&g, argc, argv);
    proc_start(&g.proc, ROLE_DOWN, "gh-down", argc, argv);
    g.proc.arg = &g;
    g.proc.on_peer = on_peer;
    gh_check(seal_init() == 0);
    become(c);
    snprintf(path, sizeof(path), "%s/appliance.pub", c->node_state_dir);
    if (link_console_load(c->node_state_dir, &console) != 0 ||
        keyfile_load_public(path, &own, NULL, 0) != 0) {
        log_error("%s holds no enrolment: 'gatehouse help enrol'", c->node_state_dir);
        return 2;
    }
    seal_id(&own, id);
    g.apply = apply_new(c, g.conf_args, &console.key, id, &hooks);
    if (!g.apply) {
        log_error("%s/goods cannot be made or written", c->node_state_dir);
        return 3;
    }
    proc_ready(&g.proc);
    gh_check(loop_timer_add(g.proc.loop, LOOK_MS, true, on_look, &g));
    loop_run(g.proc.loop);
    proc_chan_remove(g.core);
    apply_free(g.apply);
    return 0;
}
