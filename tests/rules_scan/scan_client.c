/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/rules_scan/scan_client.h"
#include "base/clock.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGS_MAX 64
#define START_MS 60000

static _Noreturn void child(int fd, const char *const *sets)
{
    const char *argv[ARGS_MAX] = {"gh-scan", "--fd", "3"};
    int n = 3, null = open("/dev/null", O_RDWR), chan = fcntl(fd, F_DUPFD_CLOEXEC, 10);

    for (; *sets && n < ARGS_MAX - 2; sets++) {
        argv[n++] = "--set";
        argv[n++] = *sets;
    }
    dup2(null, 0);
    dup2(null, 1);
    dup2(chan, 3);
    execv(GH_SCAN, (char **)argv);
    perror(GH_SCAN);
    _exit(127);
}

static bool readable(struct msg_chan *chan, int ms)
{
    struct pollfd p = {.fd = msg_chan_fd(chan),
                       .events = (short)(POLLIN | (msg_pending(chan) ? POLLOUT : 0))};

    if (poll(&p, 1, ms) <= 0)
        return false;
    if (p.revents & POLLOUT)
        (void)msg_flush(chan);
    return p.revents & (POLLIN | POLLHUP);
}

bool scan_start(struct scan_client *c, const char *const *sets, int *ret_status)
{
    int fds[2];
    struct msg m;

    memset(c, 0, sizeof(*c));
    gh_check(msg_pair(fds) == 0);
    c->pid = fork();
    gh_check(c->pid >= 0);
    if (c->pid == 0)
        child(fds[1], sets);
    close(fds[1]);
    c->keeper = msg_chan_new(fds[0], ROLE_KEEPER, ROLE_SCAN);
    gh_check(c->keeper);
    if (readable(c->keeper, START_MS) && msg_receive(c->keeper, &m, false) == 0 && m.type == MSG_READY) {
        scan_connect(c);
        return true;
    }
    *ret_status = scan_wait(c, 5000);
    return false;
}

void scan_connect(struct scan_client *c)
{
    uint8_t role = ROLE_CORE;
    int fds[2];

    msg_chan_free(c->core);
    gh_check(msg_pair(fds) == 0);
    gh_check(msg_send(c->keeper, MSG_PEER, span_of(&role, 1), fds[1]) == 0);
    close(fds[1]);
    c->core = msg_chan_new(fds[0], ROLE_CORE, ROLE_SCAN);
    gh_check(c->core);
}

void scan_send_raw(struct scan_client *c, struct span body, int fd)
{
    gh_check(msg_post(c->core, MSG_SCAN, body, fd) == 0);
}

void scan_send(struct scan_client *c, uint64_t id, bool text, const char *name, struct span bytes)
{
    struct writer w;
    int fd = msg_memfd("document", bytes);

    gh_check(fd >= 0);
    writer_init(&w, 8192);
    writer_le(&w, id, 8);
    writer_u8(&w, text);
    writer_le(&w, strlen(name), 2);
    writer_str(&w, name);
    scan_send_raw(c, writer_span(&w), fd);
    writer_done(&w);
}

bool scan_receive(struct scan_client *c, struct scan_answer *ret, int ms)
{
    uint64_t until = clock_mono_ms() + (uint64_t)ms, now;
    struct msg m;

    while ((now = clock_mono_ms()) < until) {
        struct reader r;
        struct span json;
        if (!readable(c->core, (int)(until - now)))
            continue;
        if (msg_receive(c->core, &m, false) != 0)
            return false;
        r = reader_span(m.body);
        *ret = (struct scan_answer){.id = reader_le64(&r), .by_file = m.fd >= 0};
        json = reader_rest(&r);
        gh_check(m.type == MSG_FINDINGS && reader_ok(&r));
        if (m.fd >= 0) {
            gh_check(json.n == 0 && msg_map(m.fd, SIZE_MAX, &json) == 0);
            close(m.fd);
        }
        ret->json = strndup((const char *)json.p, json.n);
        if (ret->by_file)
            msg_unmap(json);
        return true;
    }
    return false;
}

bool scan_closed(struct scan_client *c, int ms)
{
    struct msg m;
    int rc = ST_AGAIN;

    if (readable(c->core, ms))
        rc = msg_receive(c->core, &m, false);
    return rc == ST_CLOSED;
}

size_t scan_workers(const struct scan_client *c, pid_t *ret, size_t max)
{
    char path[64], line[4096] = "", *end;
    size_t n = 0;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)c->pid, (int)c->pid);
    f = fopen(path, "r");
    gh_check(f);
    if (!fgets(line, sizeof(line), f))
        line[0] = 0; /* no children */
    fclose(f);
    for (char *p = line; n < max; p = end) {
        long pid = strtol(p, &end, 10);
        if (end == p)
            break;
        ret[n++] = (pid_t)pid;
    }
    return n;
}

pid_t scan_await_worker(const struct scan_client *c, pid_t old)
{
    pid_t all[2];

    for (int i = 0; i < 3000; i++) {
        if (scan_workers(c, all, 2) == 1 && all[0] != old)
            return all[0];
        usleep(10000);
    }
    gh_check(!"the worker that was awaited never came");
    return 0;
}

void scan_notes(struct scan_client *c, int ms)
{
    uint64_t until = clock_mono_ms() + (uint64_t)ms, now;
    struct msg m;

    while ((now = clock_mono_ms()) < until) {
        if (!readable(c->keeper, (int)(until - now)) || msg_receive(c->keeper, &m, false) != 0)
            return;
        if (m.type == MSG_NOTE)
            snprintf(c->note, sizeof(c->note), "%.*s", (int)m.body.n, (const char *)m.body.p);
    }
}

void scan_send_stop(struct scan_client *c)
{
    (void)msg_send(c->keeper, MSG_STOP, (struct span){NULL, 0}, -1);
}

int scan_wait(struct scan_client *c, int ms)
{
    int status = -1;

    for (; ms > 0 && waitpid(c->pid, &status, WNOHANG) == 0; ms -= 5, status = -1)
        usleep(5000);
    if (ms <= 0) {
        kill(c->pid, SIGKILL);
        waitpid(c->pid, NULL, 0);
    }
    msg_chan_free(c->core);
    msg_chan_free(c->keeper);
    c->core = c->keeper = NULL;
    return status;
}

int scan_stop(struct scan_client *c)
{
    scan_send_stop(c);
    return scan_wait(c, 30000);
}
