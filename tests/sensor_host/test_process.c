/* SPDX-License-Identifier: GPL-3.0-or-later
 * gh-sensor as its keeper sees it: order of messages, exit status for good, bad and missing files, for a core
 * that goes away, and for STOP in the middle of a replay. */
#include "base/msg.h"
#include "tests/check.h"
#include "tests/sensor_host/frames.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char path[] = "/tmp/gh-test-sensor-XXXXXX";

/* A capture of n one-packet conversations, a hundred in a second: most end long before the capture does. */
static void write_capture(unsigned n)
{
    struct conv c = {.sp = 80};
    struct writer w;
    int fd = mkstemp(path);

    writer_init(&w, 64u << 20);
    writer_le(&w, 0xa1b2c3d4, 4);
    writer_le(&w, 2 | 4 << 16, 4);
    writer_le(&w, 0, 8);
    writer_le(&w, 65535, 4);
    writer_le(&w, 1, 4);
    for (unsigned i = 0; i < n; i++) {
        struct span f;
        c.cp = (uint16_t)(1024 + i % 60000);
        f = frame_udp(&c, 0, "x", 1);
        writer_le(&w, 1700000000 + i / 100, 4);
        writer_le(&w, i % 100, 4);
        writer_le(&w, f.n, 4);
        writer_le(&w, f.n, 4);
        writer_put(&w, f);
    }
    gh_check(fd >= 0 && writer_ok(&w) && write(fd, w.p, w.n) == (ssize_t)w.n);
    gh_check(fchmod(fd, 0644) == 0);
    close(fd);
    writer_done(&w);
}

struct run {
    pid_t pid;
    struct msg_chan *keeper, *core;
};

static void start(struct run *r, char *const *files)
{
    char *args[16] = {(char *)"gh-sensor", (char *)"--fd", (char *)"3",
                      (char *)"--run",     (char *)"9",    (char *)"--"};
    int keeper[2], core[2];
    uint8_t role = ROLE_CORE;

    gh_check(msg_pair(keeper) == 0 && msg_pair(core) == 0);
    for (int i = 0; files[i] && i < 8; i++)
        args[6 + i] = files[i];
    fflush(stdout);
    r->pid = fork();
    if (r->pid == 0) {
        int quiet = open("/dev/null", O_WRONLY);
        dup2(quiet, 2);
        if (keeper[1] == 3)
            fcntl(3, F_SETFD, 0);
        else
            dup2(keeper[1], 3);
        execv(GH_SENSOR_EXE, args);
        _exit(127);
    }
    close(keeper[1]);
    r->keeper = msg_chan_new(keeper[0], ROLE_KEEPER, ROLE_SENSOR);
    r->core = msg_chan_new(core[0], ROLE_CORE, ROLE_SENSOR);
    gh_check(msg_send(r->keeper, MSG_PEER, span_of(&role, 1), core[1]) == 0);
    close(core[1]);
}

static int finish(struct run *r)
{
    int status = 0;

    waitpid(r->pid, &status, 0);
    msg_chan_free(r->keeper);
    msg_chan_free(r->core);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Reads what the core would, to the end. */
struct heard {
    unsigned run, events, ledger, final;
    bool run_first, events_after_final;
};
static void listen_all(struct run *r, struct heard *h)
{
    struct msg m;

    *h = (struct heard){.run_first = true};
    while (msg_receive(r->core, &m, true) == 0) {
        if (m.fd >= 0)
            close(m.fd);
        h->run_first = h->run_first && (h->run || m.type == MSG_RUN);
        h->events_after_final = h->events_after_final || (h->final && m.type == MSG_EVENTS);
        h->run += m.type == MSG_RUN;
        h->events += m.type == MSG_EVENTS;
        h->ledger += m.type == MSG_LEDGER;
        h->final += m.type == MSG_LEDGER && m.body.n > 8 && m.body.p[8];
    }
}

static void test_good(void)
{
    char *files[] = {path, NULL};
    struct run r;
    struct heard h;

    check_row("a good file");
    start(&r, files);
    listen_all(&r, &h);
    CHECK(h.run_first && h.run == 1 && h.events > 0 && h.final == 1 && !h.events_after_final);
    CHECK_U64(finish(&r), 0);
}

static void test_bad(void)
{
    char *files[] = {(char *)"/nonexistent.pcap", (char *)"/etc/passwd", path, NULL};
    struct run r;
    struct heard h;

    check_row("bad files beside a good one");
    start(&r, files);
    listen_all(&r, &h);
    CHECK(h.events > 0 && h.final == 1);
    CHECK_U64(finish(&r), 2);
}

static void test_core_gone(void)
{
    char *files[] = {path, NULL};
    struct run r;
    struct msg m;

    check_row("the core goes away");
    start(&r, files);
    CHECK(msg_receive(r.core, &m, true) == 0);
    msg_chan_free(r.core);
    r.core = NULL;
    CHECK_U64(finish(&r), 3);
}

static void test_stop(void)
{
    char *files[] = {path, NULL};
    struct run r;
    struct heard h;
    struct msg m;

    check_row("STOP in the middle of a replay");
    start(&r, files);
    do /* the core hears the beginning; what follows waits for it */
        gh_check(msg_receive(r.core, &m, true) == 0);
    while (m.type != MSG_EVENTS);
    CHECK(msg_send(r.keeper, MSG_STOP, (struct span){NULL, 0}, -1) == 0);
    listen_all(&r, &h);
    CHECK(h.final == 0); /* the rest of the run is still to come */
    CHECK_U64(finish(&r), 3);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    write_capture(50000);
    test_good();
    test_bad();
    test_core_gone();
    test_stop();
    unlink(path);
    return check_end();
}
