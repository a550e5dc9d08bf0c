/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/link/child.h"
#include "base/clock.h"
#include "base/program.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEPT 8192 /* of its output: the last of it */

static _Noreturn void start(char *const argv[], int out)
{
    char path[PATH_MAX];
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    sigset_t none;

    if (!program_beside(argv[0], path, sizeof(path)) || null < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
        _exit(127);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execv(path, argv);
    _exit(127);
}

/* All that it says, until it closes its end or the time is over; the last of it stays in buf. */
static size_t listen_to(int fd, uint64_t until_ms, char buf[static KEPT])
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    size_t have = 0;

    for (;;) {
        uint64_t now = clock_mono_ms();
        ssize_t n;
        if (now >= until_ms || poll(&p, 1, (int)(until_ms - now < 1000 ? until_ms - now : 1000)) < 0)
            break;
        if (!p.revents)
            continue;
        if (have > KEPT / 2) {
            memmove(buf, buf + have - KEPT / 4, KEPT / 4);
            have = KEPT / 4;
        }
        n = read(fd, buf + have, KEPT - have);
        if (n <= 0)
            break;
        have += (size_t)n;
    }
    return have;
}

/* The last line that is not empty, as text for people. */
static void last_line(struct span all, char says[static CHILD_SAYS])
{
    struct writer w;
    struct span line = {NULL, 0};
    size_t at = 0;

    for (size_t from = 0; from < all.n;) {
        ptrdiff_t end = span_find_byte(all, '\n', from);
        struct span l = span_trim(span_part(all, from, (end < 0 ? all.n : (size_t)end) - from));
        if (l.n)
            line = l;
        from = end < 0 ? all.n : (size_t)end + 1;
    }
    line = span_part(line, 0, CHILD_SAYS / 2);
    line = span_part(line, 0, text_utf8_prefix(line) ? text_utf8_prefix(line) : line.n);
    writer_fixed(&w, says, CHILD_SAYS - 1);
    while (at < line.n) {
        uint32_t cp = text_next(line, &at);
        text_put(&w, cp < 0x20 || (cp >= 0x7f && cp < 0xa0) ? ' ' : cp);
    }
    says[writer_ok(&w) ? w.n : 0] = 0;
}

int child_run(char *const argv[], uint64_t timeout_ms, char says[static CHILD_SAYS])
{
    char buf[KEPT];
    uint64_t until = clock_mono_ms() + timeout_ms;
    int fds[2], status = 0;
    pid_t pid, got = 0;
    size_t n;

    says[0] = 0;
    if (pipe2(fds, O_CLOEXEC) != 0)
        return 127;
    pid = fork();
    if (pid == 0)
        start(argv, fds[1]);
    close(fds[1]);
    if (pid < 0) {
        close(fds[0]);
        return 127;
    }
    n = listen_to(fds[0], until, buf);
    close(fds[0]);
    while ((got = waitpid(pid, &status, WNOHANG)) == 0 && clock_mono_ms() < until)
        usleep(10000);
    if (got == 0) {
        kill(pid, SIGKILL);
        got = waitpid(pid, &status, 0);
    }
    last_line(span_of(buf, n), says);
    return got != pid ? 127 : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
