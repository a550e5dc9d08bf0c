/* SPDX-License-Identifier: GPL-3.0-or-later
 * gh-core: joins the sensor's events with documents, findings and decisions, and hands them on in order. Also
 * the commands `gatehouse journal` and `gatehouse evidence`, which work on what it left behind. */
#include "base/clock.h"
#include "base/jail.h"
#include "base/log.h"
#include "base/map.h"
#include "policy/core/cases.h"
#include "policy/core/commands.h"
#include "policy/core/pcaps.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define CORE_FILES 16384
#define CORE_OWN_FILES 256 /* that are no documents */
#define TICK_MS 50
#define NOTE_MS 1000
#define STOP_MS 3000 /* after that what is still open is let go */

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

void core_distrust(struct core *c, enum role role)
{
    struct writer w;

    log_error("gh-%s sent something that it cannot have meant: it is replaced", role_name(role));
    writer_init(&w, 64);
    writer_printf(&w, "{\"broken\":\"%s\"}", role_name(role));
    proc_note(&c->proc, writer_span(&w));
    writer_done(&w);
}

static void on_peer(struct proc *p, enum role role, int fd)
{
    struct core *c = p->arg;

    if (role == ROLE_SENSOR)
        intake_open(c, fd);
    else if (role == ROLE_SCAN && c->scan)
        scanning_peer(c->scanning, fd);
    else if (role == ROLE_POLICY && c->policy)
        judging_peer(c->judging, fd);
    else if (role == ROLE_ENFORCE && c->live)
        acting_peer(c->acting, fd);
    else if (role == ROLE_UPLINK && c->journal)
        record_uplink(c, fd);
    else if (role == ROLE_DOWN && c->journal)
        record_down(c, fd);
    else
        close(fd);
}

/* The sensor is stopped by the same keeper: its last words are waited for, a little. What is still being read
 * or judged is waited for only when it will be recorded; `inspect` was told to end now, and says what it has
 * not read. */
static void on_stop(struct proc *p)
{
    struct core *c = p->arg;

    c->stopping = true;
    c->stop_ms = clock_mono_ms();
    if (c->to_stdout && !c->finished) {
        cases_abandon(c);
        pcaps_abandon(c->pcaps);
    }
}

/* The panic switch: who reads the journal later must see why verdicts were not carried out. */
static void on_enforce(struct proc *p, bool on)
{
    struct core *c = p->arg;

    if (c->journal)
        record_switch(c, on);
}

/* What the keeper did stands in the journal too. */
static void on_fact(struct proc *p, struct span json)
{
    struct core *c = p->arg;

    if (c->journal)
        record_fact(c, json);
}

static void stop_when_done(struct core *c, uint64_t now_ms)
{
    bool late = now_ms > c->stop_ms + STOP_MS;

    if (!late && (c->sensor || c->open_cases || c->open_events))
        return;
    if (c->to_stdout) {
        c->sensor_gone = true;
        pcaps_abandon(c->pcaps);
        emit_finish(c);
        return;
    }
    if (c->live) /* a replay can be repeated, what is live cannot */
        cases_abandon(c);
    if (!record_last(c, now_ms))
        core_end(c, 0);
}

static void on_tick(void *arg)
{
    struct core *c = arg;
    uint64_t now_ms = clock_mono_ms();

    scanning_tick(c->scanning, now_ms);
    judging_tick(c->judging, now_ms);
    acting_tick(c->acting, now_ms);
    pcaps_tick(c->pcaps, now_ms);
    output_tick(c->output, now_ms);
    if (c->to_stdout)
        emit_flush(c);
    if (c->journal)
        record_tick(c, now_ms);
    if (c->sensor_final)
        emit_finish(c);
    if (c->stopping)
        stop_when_done(c, now_ms);
}

static void on_round(void *arg)
{
    struct core *c = arg;

    judging_round(c->judging);
    intake_pressure(c);
    if (c->journal)
        record_tick(c, clock_mono_ms());
}

/* Only the keeper can make sockets. */
static void on_output_closed(void *arg)
{
    struct core *c = arg;

    proc_note(&c->proc, span_str("{\"output\":\"closed\"}"));
}

static void on_output(struct proc *p, int fd)
{
    struct core *c = p->arg;

    if (fd >= 0)
        output_take(c->output, fd);
    else
        output_reopen(c->output);
}

static void on_note(void *arg)
{
    record_note(arg);
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

/* How many documents may be open: each holds a descriptor, and another one on its way to its reader. */
static void size_cases(struct core *c)
{
    struct rlimit r = {0};
    uint64_t files, most;

    (void)getrlimit(RLIMIT_NOFILE, &r);
    files = r.rlim_max < CORE_FILES ? r.rlim_max : CORE_FILES;
    most = files > 2 * CORE_OWN_FILES ? (files - CORE_OWN_FILES) / 2 : CORE_OWN_FILES / 2;
    c->cases_max = most < CASES_MAX ? (size_t)most : CASES_MAX;
}

static void open_all(struct core *c)
{
    enum action safe;
    char err[512];

    if (!action_parse(span_str(c->proc.conf.policy_safe_verdict), &safe)) {
        log_error("policy.safe_verdict: '%s' is not one of allow, log, alert, quarantine, block",
                  c->proc.conf.policy_safe_verdict);
        exit(2);
    }
    size_cases(c);
    c->docs = docs_new();
    c->alerted = map_new(CORE_ALERTED, sizeof(uint64_t), 1);
    c->scanning = scanning_new(c);
    c->judging = judging_new(c, safe);
    c->acting = acting_new(c);
    if (c->to_stdout)
        c->order = order_new(emit_line, c);
    gh_check(c->docs && c->alerted && (c->order || !c->to_stdout));
    writer_init(&c->scratch, CORE_SCRATCH);
    writer_init(&c->final, MSG_MAX);
    if (!c->to_stdout)
        record_open(c);
    else if (seal_init() != 0)
        exit(3);
    else
        c->pcaps = pcaps_new(c);
    if (output_open(&c->proc.conf, c->to_stdout, &c->output, err, sizeof(err)) != 0) {
        log_error("%s", err);
        exit(2);
    }
    if (!c->to_stdout)
        c->own.output = output_counts(c->output);
}

static void close_all(struct core *c)
{
    scanning_free(c->scanning);
    judging_free(c->judging);
    acting_free(c->acting);
    if (!c->to_stdout)
        record_close(c);
    pcaps_free(c->pcaps);
    order_free(c->order);
    output_close(c->output);
    writer_done(&c->scratch);
    writer_done(&c->final);
    map_free(c->alerted);
    docs_free(c->docs);
}

static void lock_in(struct core *c)
{
    char outdir[64], output[64], err[256];
    int abi = 0, dir = output_dir(c->output);
    const char *rw[] = {NULL, NULL, NULL};
    size_t n = 0;
    struct jail_options opt = {.user = c->proc.conf.node_user,
                               .keep_user =
                                   c->to_stdout ? c->outdir_fd >= 0 || dir >= 0 : !*c->proc.conf.node_user,
                               .files = CORE_FILES};

    if (c->outdir_fd >= 0) {
        snprintf(outdir, sizeof(outdir), "/proc/self/fd/%d", c->outdir_fd);
        rw[n++] = outdir;
    } else if (!c->to_stdout) {
        rw[n++] = c->proc.conf.node_state_dir;
    }
    if (dir >= 0) {
        snprintf(output, sizeof(output), "/proc/self/fd/%d", dir);
        rw[n++] = output;
    }
    opt.rw = rw;
    if (jail_enter(JAIL_CORE, &opt, &abi, err, sizeof(err)) != 0) {
        log_error("cannot lock itself in: %s", err);
        exit(3);
    }
    if (!abi && geteuid() == 0)
        log_warn("this kernel has no Landlock, and without node.user this process stays root: its files are "
                 "bounded by nothing. "
                 "Set node.user");
}

int main(int argc, char **argv)
{
    struct core *c = &core;

    if (argc > 1 && !strcmp(argv[1], "journal"))
        return journal_command(argc - 1, argv + 1);
    if (argc > 1 && !strcmp(argv[1], "evidence"))
        return evidence_command(argc - 1, argv + 1);
    proc_start(&c->proc, ROLE_CORE, "gh-core", argc, argv);
    c->proc.arg = c;
    c->proc.on_peer = on_peer;
    c->proc.on_stop = on_stop;
    c->proc.on_enforce = on_enforce;
    c->proc.on_fact = on_fact;
    c->proc.on_output = on_output;
    options(c);
    open_all(c);
    lock_in(c);
    output_start(c->output, c->proc.loop, on_output_closed, c);
    gh_check(loop_timer_add(c->proc.loop, TICK_MS, true, on_tick, c));
    loop_idle(c->proc.loop, on_round, c);
    proc_ready(&c->proc);
    if (c->journal) {
        proc_note(&c->proc, span_str("{\"started\":true}"));
        gh_check(loop_timer_add(c->proc.loop, NOTE_MS, true, on_note, c));
    }
    loop_run(c->proc.loop);
    close_all(c);
    return c->rc;
}
