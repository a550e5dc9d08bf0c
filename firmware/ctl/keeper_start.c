/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/ctl/keeper_impl.h"
#include "base/program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define KEEPER_ARGS 256

const char *keeper_bin_dir(void)
{
    static char dir[PATH_MAX];

    if (!*dir)
        (void)program_beside("", dir, sizeof(dir));
    return dir;
}

/* In the child: descriptors 0, 1, 3 and perhaps 4, everything else closes on exec. */
static _Noreturn void child_exec(const struct child *c, int chan_fd)
{
    char path[PATH_MAX + 64];
    char *argv[KEEPER_ARGS];
    size_t n = 0;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int in = fcntl(c->stdin_fd >= 0 ? c->stdin_fd : null, F_DUPFD_CLOEXEC, 10);
    int out = fcntl(c->stdout_fd >= 0 ? c->stdout_fd : null, F_DUPFD_CLOEXEC, 10);
    int chan = fcntl(chan_fd, F_DUPFD_CLOEXEC, 10);
    int extra = c->extra_fd >= 0 ? fcntl(c->extra_fd, F_DUPFD_CLOEXEC, 10) : -1;
    sigset_t none;

    if (in < 0 || out < 0 || chan < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(chan, 3) < 0 ||
        (extra >= 0 && dup2(extra, 4) < 0))
        _exit(127);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpgid(0, 0); /* Ctrl-C is for the keeper, which stops us in order */
    snprintf(path, sizeof(path), "%s/%s", keeper_bin_dir(), c->exe);
    argv[n++] = (char *)c->exe;
    argv[n++] = (char *)"--fd";
    argv[n++] = (char *)"3";
    for (char *const *a = c->keeper->conf_args; a && *a && n < KEEPER_ARGS - 1; a++)
        argv[n++] = *a;
    for (char *const *a = c->args; a && *a && n < KEEPER_ARGS - 1; a++)
        argv[n++] = *a;
    argv[n] = NULL;
    execv(path, argv);
    fprintf(stderr, "gatehouse: %s cannot be started: %s. Is the installation complete?\n", path,
            strerror(errno));
    _exit(127);
}

int keeper_start_fork(struct child *c)
{
    int fds[2], rc = msg_pair(fds);

    if (rc)
        return rc;
    c->pid = fork();
    if (c->pid == 0)
        child_exec(c, fds[1]);
    close(fds[1]);
    if (c->pid < 0) {
        rc = status_from_errno(errno);
        close(fds[0]);
        c->pid = 0;
    }
    return rc ? rc : fds[0];
}

/* The words behind the program's name, as child_exec gives them. */
static void add_words(struct writer *w, char *const *words)
{
    for (char *const *a = words; a && *a; a++) {
        writer_str(w, *a);
        writer_u8(w, 0);
    }
}

int keeper_send_args(const struct child *c)
{
    struct writer w;
    int rc;

    writer_init(&w, 65536);
    add_words(&w, c->keeper->conf_args);
    add_words(&w, c->args);
    rc = writer_ok(&w) ? msg_post(c->chan, MSG_ARGS, writer_span(&w), -1) : ST_LIMIT;
    writer_done(&w);
    return rc;
}

int keeper_start_unit(const struct child *c)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int size = 4 * (MSG_MAX + 1024), rc = 0, fd;

    if (snprintf(to.sun_path, sizeof(to.sun_path), "%s/%s.sock", c->keeper->units, role_name(c->role)) >=
        (int)sizeof(to.sun_path))
        return ST_LIMIT;
    fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return status_from_errno(errno);
    if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0) {
        rc = status_from_errno(errno);
        log_error("%s: %s. Is the socket unit of %s running?", to.sun_path, strerror(errno), c->exe);
        close(fd);
    } else {
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    }
    return rc ? rc : fd;
}
