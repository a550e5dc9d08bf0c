/* SPDX-License-Identifier: GPL-3.0-or-later
 * gatehouse inspect: captures in, EVE JSON lines out, through the same processes as the appliance. */
#include "base/log.h"
#include "firmware/ctl/ctl.h"
#include "firmware/ctl/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CORE_UNHEARD 4 /* gh-core's status when the reader of our output has left: nothing to complain about */
#define INSPECT_RESTARTS 20 /* of scan and policy together: more means that it cannot be finished */

struct inspect {
    struct ctl_options opt;
    const char *outdir;
    bool documents, scan;
    char threads[16];
    char **captures;
    size_t n_captures;
    char *sensor_args[4096];
    char *core_args[16];
    struct keeper *keeper;
    int sensor_status, core_status;
    bool sensor_ended, core_ended, interrupted;
    int gave_up; /* exit code, when another process could not go on */
};

/* An exit status as people's exit code: a signal or anything unknown is "could not finish". */
static int exit_code(int status)
{
    return WIFEXITED(status) && WEXITSTATUS(status) <= 3 ? WEXITSTATUS(status) : 3;
}

static enum keeper_answer on_ended(void *arg, enum role role, int status)
{
    struct inspect *in = arg;

    if (in->gave_up)
        return KEEPER_ENDED;
    if (role == ROLE_CORE) {
        in->core_status = exit_code(status);
        in->core_ended = true;
        if (in->core_status == 3 && !in->interrupted && !(WIFEXITED(status) && WEXITSTATUS(status) == CORE_UNHEARD))
            log_error("gh-core could not finish: the output is not complete");
        keeper_stop(in->keeper, in->interrupted ? 100 : 2000); /* what is still being read is nobody's any more */
        return KEEPER_ENDED;
    }
    if (role == ROLE_SENSOR) {
        in->sensor_status = exit_code(status);
        in->sensor_ended = true;
        if (WIFSIGNALED(status))
            log_error("gh-sensor was killed by signal %d: what it had not sent yet is lost", WTERMSIG(status));
        return KEEPER_ENDED; /* the core notices the end, finishes its accounts and exits */
    }
    if (keeper_stopping(in->keeper))
        return KEEPER_ENDED;
    if (keeper_restarts(in->keeper, role) >= INSPECT_RESTARTS || (WIFEXITED(status) && WEXITSTATUS(status) == 2)) {
        log_error("gh-%s cannot go on; giving up", role_name(role));
        in->gave_up = WIFEXITED(status) && WEXITSTATUS(status) == 2 ? 2 : 3;
        keeper_stop(in->keeper, 500);
        return KEEPER_ENDED;
    }
    return KEEPER_RESTART;
}

static void on_note(void *arg, enum role role, struct span json)
{
    struct inspect *in = arg;

    (void)keeper_note_broken(in->keeper, role, json);
}

static void on_interrupt(void *arg)
{
    struct inspect *in = arg;

    keeper_stop(in->keeper, in->interrupted ? 0 : 5000); /* asked twice: at once, with the accounts or without */
    in->interrupted = true;
}

static int parse(struct inspect *in, int argc, char **argv)
{
    static const char *const known[] = {"-c", "--set", "-w", "--no-documents", "--no-scan", "--threads"};

    in->documents = in->scan = true;
    in->n_captures = 0;
    in->captures = calloc((size_t)argc, sizeof(*in->captures));
    gh_check(in->captures);
    for (int i = 1; i < argc; i++) {
        const char *v;
        if (ctl_option(&in->opt, argc, argv, &i))
            continue;
        if (!strcmp(argv[i], "--no-documents")) {
            in->documents = in->scan = false;
        } else if (!strcmp(argv[i], "--no-scan")) {
            in->scan = false;
        } else if (!strcmp(argv[i], "-w")) {
            in->outdir = ctl_value(argc, argv, &i);
            if (!in->outdir)
                return 2;
        } else if (!strcmp(argv[i], "--threads")) {
            char *end;
            v = ctl_value(argc, argv, &i);
            if (!v || !*v || strlen(v) >= sizeof(in->threads) || strtol(v, &end, 10) < 0 || strtol(v, &end, 10) > 64 || *end)
                return ctl_usage("inspect", "--threads needs a number from 1 to 64, or 0 for as many as there are processors");
            memcpy(in->threads, v, strlen(v) + 1);
        } else if (argv[i][0] == '-' && argv[i][1]) {
            return ctl_unknown("inspect", argv[i], known, GH_COUNT(known));
        } else {
            in->captures[in->n_captures++] = argv[i];
        }
    }
    if (in->opt.failed)
        return 2;
    if (!in->n_captures)
        return ctl_usage("inspect", "which capture? Name pcap or pcapng files, or - for standard input");
    if (!in->documents && in->outdir)
        return ctl_usage("inspect", "-w and --no-documents contradict each other");
    return 0;
}

/* All named files must be there and readable before anything starts. */
static int check_captures(struct inspect *in)
{
    int rc = 0;

    for (size_t i = 0; i < in->n_captures; i++) {
        struct stat st;
        if (!strcmp(in->captures[i], "-"))
            continue;
        if (stat(in->captures[i], &st) != 0 || access(in->captures[i], R_OK) != 0) {
            fprintf(stderr, "gatehouse inspect: %s: %s\n", in->captures[i], strerror(errno));
            rc = 2;
        } else if (S_ISDIR(st.st_mode)) {
            fprintf(stderr, "gatehouse inspect: %s is a directory: name the capture files in it\n", in->captures[i]);
            rc = 2;
        }
    }
    return rc;
}

static int open_outdir(const char *path)
{
    int fd;

    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        fprintf(stderr, "gatehouse inspect: %s cannot be made: %s\n", path, strerror(errno));
        return -1;
    }
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        fprintf(stderr, "gatehouse inspect: %s: %s\n", path, strerror(errno));
    return fd;
}

static void build_args(struct inspect *in)
{
    size_t n = 0;

    if (!in->documents)
        in->sensor_args[n++] = (char *)"--no-documents";
    else if (in->scan || in->outdir)
        in->sensor_args[n++] = (char *)"--keep";
    if (*in->threads) {
        in->sensor_args[n++] = (char *)"--threads";
        in->sensor_args[n++] = in->threads;
    }
    if (in->scan && in->outdir) /* packets of alerts are stored there, too */
        in->sensor_args[n++] = (char *)"--record";
    in->sensor_args[n++] = (char *)"--";
    for (size_t i = 0; i < in->n_captures && n < GH_COUNT(in->sensor_args) - 1; i++)
        in->sensor_args[n++] = strcmp(in->captures[i], "-") ? in->captures[i] : (char *)"fd:0";
    n = 0;
    in->core_args[n++] = (char *)"--stdout";
    if (!in->scan) {
        in->core_args[n++] = (char *)"--no-scan";
        in->core_args[n++] = (char *)"--no-policy";
    }
    if (in->outdir) {
        in->core_args[n++] = (char *)"--outdir-fd";
        in->core_args[n++] = (char *)"4";
    }
}

static int start(struct inspect *in, struct loop *loop, int outdir_fd)
{
    const struct keeper_hooks hooks = {.arg = in, .ended = on_ended, .note = on_note};

    in->keeper = keeper_new(loop, in->opt.conf_args, &hooks);
    keeper_add(in->keeper, ROLE_SENSOR, "gh-sensor", in->sensor_args, STDIN_FILENO, -1, -1);
    keeper_add(in->keeper, ROLE_CORE, "gh-core", in->core_args, -1, STDOUT_FILENO, outdir_fd);
    if (in->scan) {
        keeper_add(in->keeper, ROLE_SCAN, "gh-scan", NULL, -1, -1, -1);
        keeper_add(in->keeper, ROLE_POLICY, "gh-policy", NULL, -1, -1, -1);
        keeper_link(in->keeper, ROLE_CORE, ROLE_SCAN);
        keeper_link(in->keeper, ROLE_CORE, ROLE_POLICY);
    }
    keeper_link(in->keeper, ROLE_SENSOR, ROLE_CORE);
    keeper_add_lists(in->keeper, &in->opt.conf, true);
    return keeper_start(in->keeper);
}

int command_inspect(int argc, char **argv)
{
    static struct inspect in; /* large argument tables */
    struct loop *loop;
    int rc, outdir_fd = -1;

    ctl_options_init(&in.opt);
    rc = parse(&in, argc, argv);
    if (!rc)
        rc = check_captures(&in);
    if (!rc && in.outdir && (outdir_fd = open_outdir(in.outdir)) < 0)
        rc = 2;
    if (rc)
        return rc;
    build_args(&in);
    loop = loop_new();
    gh_check(loop);
    loop_signal(loop, SIGINT, on_interrupt, &in);
    loop_signal(loop, SIGTERM, on_interrupt, &in);
    rc = start(&in, loop, outdir_fd) ? 3 : 0;
    if (!rc) {
        loop_run(loop);
        rc = in.sensor_ended && in.sensor_status > in.core_status ? in.sensor_status : in.core_status;
        if (!in.core_ended || in.interrupted)
            rc = 3;
        else if (in.core_status == 2) /* it could not begin; that the others found it gone says nothing more */
            rc = 2;
        if (in.gave_up)
            rc = in.gave_up;
    }
    keeper_free(in.keeper);
    loop_free(loop);
    free(in.captures);
    if (outdir_fd >= 0)
        close(outdir_fd);
    return rc;
}
