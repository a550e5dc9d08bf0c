/* SPDX-License-Identifier: GPL-3.0-or-later
 * What each process must not be able to do once it is locked in: every trial of base/jail_probe.h in every
 * profile, and the trials that a process makes of itself when the environment asks for them. The workers' is
 * test_cage_worker. */
#include "base/jail_probe.h"
#include "tests/check.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define REPORT_MAX 65536

static char dir[] = "/tmp/gh-cage-XXXXXX"; /* the one directory that files-having profiles may use */
static int packet[2];                      /* packet[1] stands for the packet socket */
static pid_t neighbour;                    /* a process of the same user outside the jail */

static void *in_thread(void *arg)
{
    return arg;
}

/* The sensor's threads, where it has several: made after it is locked in, and nothing but threads. */
static void threads(bool allowed)
{
    const struct jail_options opt = {.threads = allowed};
    pid_t pid = fork();
    int status = 0;

    check_row(allowed ? "sensor with threads" : "sensor without threads");
    if (pid == 0) {
        pthread_t t;
        void *back = NULL;
        char err[256];
        bool made;
        if (jail_enter(JAIL_SENSOR, &opt, NULL, err, sizeof(err)) != 0)
            _exit(2);
        made = pthread_create(&t, NULL, in_thread, err) == 0 && pthread_join(t, &back) == 0 && back == err;
        _exit(made == allowed && fork() < 0 && errno == EPERM ? 0 : 1);
    }
    CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
}

/* The options with which a profile is tried. */
static struct jail_options options(enum jail_profile p)
{
    static const char *const rw[] = {dir, NULL};
    static int packets[2];

    packets[0] = packet[1];
    return (struct jail_options){.rw = p == JAIL_CORE || p == JAIL_UPLINK || p == JAIL_CONSOLE ? rw : NULL,
                                 .receive_only = p == JAIL_SENSOR ? packets : NULL};
}

static void every_trial(enum jail_profile p)
{
    struct jail_options opt = options(p);
    static char row[128]; /* the name of the row outlives this function */
    enum jail_outcome got;

    for (size_t i = 0; i < jail_probe_count(); i++) {
        if (!jail_probe_applies(i, p, &opt))
            continue;
        snprintf(row, sizeof(row), "%s: %s", jail_profile_name(p), jail_probe_name(i));
        check_row(row);
        got = jail_probe_try(i, p, &opt, neighbour);
        CHECK(jail_probe_right(i, p, got));
        CHECK(got != JAIL_ODD);
    }
}

/* A trial that could not fail would be none: in the wrong profile the same call has another end. */
static void trials_can_fail(void)
{
    struct jail_options none = options(JAIL_SENSOR), files = options(JAIL_CORE);
    unsigned differ = 0;

    check_row("the sensor's trials in the uplink's jail");
    for (size_t i = 0; i < jail_probe_count(); i++)
        if (jail_probe_applies(i, JAIL_SENSOR, &none) && jail_probe_applies(i, JAIL_UPLINK, &files))
            differ += !jail_probe_right(i, JAIL_SENSOR, jail_probe_try(i, JAIL_UPLINK, &files, neighbour));
    CHECK(differ >= 3); /* both kinds of sockets, and a question to one */
}

/* A process whose environment asks for it reports, locks itself in and goes on. */
static void of_itself(enum jail_profile p)
{
    struct jail_options opt = options(p);
    static char text[REPORT_MAX];
    char last[64];
    int status = 0, report = memfd_create("report", 0);
    ssize_t n;
    pid_t pid;

    check_row(jail_profile_name(p));
    opt.probe_fd = report;
    pid = fork();
    if (pid == 0) {
        char err[256];
        if (setenv("GATEHOUSE_JAIL_PROBE", "1", 1) != 0 || jail_enter(p, &opt, NULL, err, sizeof(err)) != 0)
            _exit(2);
        _exit(socket(AF_PACKET, SOCK_RAW, 0) < 0 ? 0 : 1);
    }
    CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
    n = pread(report, text, sizeof(text) - 1, 0);
    text[n > 0 ? n : 0] = 0;
    close(report);
    snprintf(last, sizeof(last), "jail %s: ", jail_profile_name(p));
    CHECK(strstr(text, last) && strstr(text, " trials, 0 wrong, "));
    CHECK(strstr(text, "run a program: dies\n") &&
          strstr(text, "map memory to write and execute: refused\n"));
    CHECK(!strstr(text, "must be"));
}

/* As a unit starts it: another user, no capability, and capset refused by the unit's own filter. */
static void in_unit(void)
{
    static struct sock_filter lines[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_capset, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog filter = {.len = GH_COUNT(lines), .filter = lines};
    const struct jail_options opt = {.user = NULL};
    int status = 0;
    pid_t pid = fork();

    check_row("in a unit that forbids capset");
    if (pid == 0) {
        char err[256];
        if ((geteuid() == 0 && setuid(65534) != 0) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
            prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
            _exit(3);
        _exit(jail_enter(JAIL_POLICY, &opt, NULL, err, sizeof(err)) == 0 ? 0 : 2);
    }
    CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
}

int main(void)
{
#ifdef GH_SANITIZE
    fprintf(stderr,
            "sanitizers open files and clone: the jail of this build is permissive, nothing to test\n");
    return CHECK_SKIP;
#endif
    signal(SIGPIPE, SIG_IGN);
    gh_check(mkdtemp(dir) && (geteuid() != 0 || chmod(dir, 0777) == 0));
    gh_check(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, packet) == 0);
    neighbour = fork();
    if (neighbour == 0) {
        if (geteuid() == 0 &&
            setuid(65534) != 0) /* as jail_enter does: one user, so only the jail stands between */
            _exit(1);
        pause();
        _exit(0);
    }
    gh_check(neighbour > 0);
    for (int p = 0; p < JAIL_COUNT; p++) {
        every_trial((enum jail_profile)p);
        of_itself((enum jail_profile)p);
    }
    trials_can_fail();
    threads(true);
    threads(false);
    in_unit();
    kill(neighbour, SIGKILL);
    waitpid(neighbour, NULL, 0);
    rmdir(dir);
    return check_end();
}
