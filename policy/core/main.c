/* SPDX-License-Identifier: GPL-3.0-or-later
 * gh-core: joins the sensor's events with documents, findings and decisions, and hands them on in order. */
#include "base/jail.h"
#include "base/log.h"
#include "policy/core/core.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CORE_FILES 8192
#define SCRATCH_MAX (8u << 20)
#define FLUSH_MS 100

static struct core core; /* the process's one state */

void core_end(struct core *c, int rc)
{
    if (rc > c->rc)
        c->rc = rc;
    loop_stop(c->proc.loop);
}

void core_broken(struct core *c, const char *what, int rc)
{
    log_error("%s: %s", what, status_text(rc));
    core_end(c, 3);
}

static void on_peer(struct proc *p, enum role role, int fd)
{
    if (role == ROLE_SENSOR)
        intake_open(p->arg, fd);
    else
        close(fd);
}

static void on_stop(struct proc *p)
{
    core_end(p->arg, core.finished ? 0 : 3);
}

static void on_flush(void *arg)
{
    struct core *c = arg;

    if (lines_flush(&c->lines) != 0)
        core_end(c, 3);
}

static _Noreturn void usage(const char *what)
{
    fprintf(stderr, "gh-core: %s: it is started by 'gatehouse'\n", what);
    exit(2);
}

static void options(struct core *c)
{
    char *end;

    c->scan = c->policy = true;
    c->outdir_fd = -1;
    for (int i = 0; i < c->proc.argc; i++) {
        const char *a = c->proc.argv[i];
        if (!strcmp(a, "--stdout"))
            c->to_stdout = true;
        else if (!strcmp(a, "--no-scan"))
            c->scan = false;
        else if (!strcmp(a, "--no-policy"))
            c->policy = false;
        else if (!strcmp(a, "--live"))
            c->live = true;
        else if (!strcmp(a, "--outdir-fd") && i + 1 < c->proc.argc)
            c->outdir_fd = (int)strtol(c->proc.argv[++i], &end, 10);
        else
            usage(a);
    }
    if (c->outdir_fd >= 0 && fcntl(c->outdir_fd, F_SETFD, FD_CLOEXEC) != 0)
        usage("--outdir-fd names no open descriptor");
}

static void lock_in(struct core *c)
{
    char outdir[64], err[256];
    const char *rw[] = {NULL, NULL};
    struct jail_options opt = {
        .user = c->proc.conf.node_user, .keep_user = !*c->proc.conf.node_user, .files = CORE_FILES};

    if (c->outdir_fd >= 0) {
        snprintf(outdir, sizeof(outdir), "/proc/self/fd/%d", c->outdir_fd);
        rw[0] = outdir;
    }
    opt.rw = rw;
    if (jail_enter(JAIL_CORE, &opt, NULL, err, sizeof(err)) != 0) {
        log_error("cannot lock itself in: %s", err);
        exit(3);
    }
}

int main(int argc, char **argv)
{
    struct core *c = &core;

    proc_start(&c->proc, ROLE_CORE, "gh-core", argc, argv);
    c->proc.arg = c;
    c->proc.on_peer = on_peer;
    c->proc.on_stop = on_stop;
    options(c);
    c->docs = docs_new();
    gh_check(c->docs);
    lines_init(&c->lines, STDOUT_FILENO);
    writer_init(&c->scratch, SCRATCH_MAX);
    writer_init(&c->final, MSG_MAX);
    lock_in(c);
    gh_check(loop_timer_add(c->proc.loop, FLUSH_MS, true, on_flush, c));
    proc_ready(&c->proc);
    loop_run(c->proc.loop);
    lines_done(&c->lines);
    writer_done(&c->scratch);
    writer_done(&c->final);
    docs_free(c->docs);
    return c->rc;
}
