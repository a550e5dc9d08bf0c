/* SPDX-License-Identifier: GPL-3.0-or-later
 * The pool against workers that misbehave in every way a captured one could. worker_run is this file's own:
 * each document tells it what to do, one letter at a time for each document it is given. */
#include "base/clock.h"
#include "base/log.h"
#include "base/msg.h"
#include "rules/pool.h"
#include "tests/check.h"

#include <signal.h>
#include <unistd.h>

#define WAIT_MS 20000

static uint8_t left; /* what it says of pictures */

static void say(struct msg_chan *c, uint64_t id, const char *json, int fd)
{
    struct writer w;

    writer_init(&w, 4096);
    writer_le(&w, id, 8);
    writer_u8(&w, left);
    writer_str(&w, json);
    (void)msg_send(c, MSG_WORK_DONE, writer_span(&w), fd);
    writer_done(&w);
}

static void act(struct msg_chan *c, char what, uint64_t id)
{
    switch (what) {
    case '.': /* well-behaved */
        say(c, id, "{}", -1);
        break;
    case 'f': /* a long answer */
        say(c, id, "", msg_memfd("x", span_str("{\"long\":1}")));
        break;
    case 'p': /* pictures are left */
        left = 1;
        say(c, id, "{}", -1);
        left = 0;
        break;
    case 'P': /* neither yes nor no */
        left = 2;
        say(c, id, "{}", -1);
        left = 0;
        break;
    case 'x': /* both at once */
        say(c, id, "{}", msg_memfd("x", span_str("{}")));
        break;
    case 'e': /* neither */
        say(c, id, "", -1);
        break;
    case 'w': /* another document's */
        say(c, id + 1, "{}", -1);
        break;
    case '2': /* once more than asked */
        say(c, id, "{}", -1);
        say(c, id, "{}", -1);
        break;
    case 'g': /* no message at all */
        (void)!write(msg_chan_fd(c), "garbage", 7);
        break;
    case 'l': /* an answer with its last breath */
        say(c, id, "{}", -1);
        _exit(1);
    case 'q':
        _exit(3);
    case 's':
        raise(SIGSEGV);
        break;
    case 'k':
        raise(SIGKILL);
        break;
    case 'm':
        _exit(WORKER_MEMORY);
    case 'j':
        _exit(WORKER_JAIL);
    case 'c': /* hangs up and lives on */
        close(msg_chan_fd(c));
        break;
    default: /* hangs */
        break;
    }
}

_Noreturn void worker_run(int fd, const struct worker_config *conf)
{
    struct msg_chan *c = msg_chan_new(fd, ROLE_WORKER, ROLE_SCAN);
    struct msg m;

    (void)conf;
    signal(SIGSEGV, SIG_DFL);
    while (c && msg_receive(c, &m, true) == 0) {
        struct reader r = reader_span(m.body);
        uint64_t id = reader_le64(&r);
        char what;
        reader_skip(&r, 3);
        what = (char)reader_u8(&r);
        act(c, what, id);
    }
    for (;;)
        pause();
}

enum fate { NONE, DONE, DONE_FILE, DONE_LEFT, TIMEOUT, MEMORY, CRASH, CRASH_LATER, BROKEN };
static const char *const fates[] = {"none",    "done",   "done by file", "done, pictures left",
                                    "timeout", "memory", "crash",        "crash, not fresh",
                                    "broken"};

static struct {
    enum fate fate;
    unsigned calls;
} last;

static void on_done(void *arg, void *job, bool pictures, struct span findings, int fd)
{
    (void)arg;
    CHECK(job == &last);
    last.fate = fd >= 0 ? DONE_FILE : pictures ? DONE_LEFT : DONE;
    last.calls++;
    CHECK((fd >= 0) == (findings.n == 0));
    if (fd >= 0)
        close(fd);
}

static void on_died(void *arg, void *job, enum pool_death why, bool fresh)
{
    (void)arg;
    CHECK(job == &last);
    last.calls++;
    last.fate = why == POOL_TIMEOUT ? TIMEOUT : why == POOL_MEMORY ? MEMORY : fresh ? CRASH : CRASH_LATER;
}

static void on_broken(void *arg)
{
    (void)arg;
    last.fate = BROKEN;
}

static void on_child(void *arg)
{
    pool_reap(arg);
}

/* What each document, in one pool of one worker, comes to. */
static const struct {
    const char *name, *documents;
    enum fate want[6];
    uint64_t started; /* workers in all */
} rows[] = {
    {"well-behaved", "...", {DONE, DONE, DONE}, 1},
    {"long answers", "f.f", {DONE_FILE, DONE, DONE_FILE}, 1},
    {"pictures are left", ".p.", {DONE, DONE_LEFT, DONE}, 1},
    {"pictures are left, perhaps", "P.", {CRASH, DONE}, 2},
    {"replaced after four", ".....", {DONE, DONE, DONE, DONE, DONE}, 2},
    {"message and file at once", "x.", {CRASH, DONE}, 2},
    {"neither message nor file", ".e.", {DONE, CRASH_LATER, DONE}, 2},
    {"another's answer", "w.", {CRASH, DONE}, 2},
    {"one answer too many", "2.", {DONE, DONE}, 2},
    {"garbage", "g.", {CRASH, DONE}, 2},
    {"answer with the last breath", "l.", {DONE, DONE}, 2},
    {"exit", "q.", {CRASH, DONE}, 2},
    {"segmentation fault", ".s.", {DONE, CRASH_LATER, DONE}, 2},
    {"killed by somebody", "k.", {CRASH, DONE}, 2},
    {"memory", "m.", {MEMORY, DONE}, 2},
    {"hangs", "h.", {TIMEOUT, DONE}, 2},
    {"hangs up", "c.", {CRASH, DONE}, 2},
    {"cannot lock itself in", "j", {BROKEN}, 1},
};

static enum fate give(struct loop *l, struct pool *p, uint64_t id, char what)
{
    uint64_t until = clock_mono_ms() + WAIT_MS;
    int fd = msg_memfd("document", span_str("x"));
    struct writer w;

    last.fate = NONE;
    last.calls = 0;
    writer_init(&w, 64);
    writer_le(&w, id, 8);
    writer_u8(&w, 0);
    writer_le(&w, 1, 2);
    writer_u8(&w, (uint8_t)what);
    while (pool_give(p, writer_span(&w), fd, false, &last) != 0 && clock_mono_ms() < until)
        (void)loop_once(l, 10);
    while ((last.fate == NONE || last.fate == DONE) && clock_mono_ms() < until) {
        bool done = last.fate == DONE;
        (void)loop_once(l, done ? 30 : 10);
        if (done)
            break; /* and see whether it says more */
    }
    if (what == 'j') /* the death is told first */
        (void)loop_once(l, 10);
    close(fd);
    writer_done(&w);
    return last.fate;
}

int main(void)
{
    static struct conf conf;

    log_open("test", LOG_LEVEL_ERROR);
    conf_defaults(&conf);
    conf.scan_worker_documents = 4;
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        const struct worker_config config = {
            .conf = &conf, .workers = 1, .timeout_ms = 400, .memory = 64u << 20};
        const struct pool_hooks hooks = {.done = on_done, .died = on_died, .broken = on_broken};
        struct loop *l = loop_new();
        struct pool *p;
        gh_check(l);
        p = pool_new(l, &config, &hooks);
        gh_check(p && loop_signal(l, SIGCHLD, on_child, p) == 0);
        check_row(rows[i].name);
        CHECK(pool_ready(p, true) && pool_busy(p) == 0);
        for (size_t k = 0; rows[i].documents[k]; k++) {
            enum fate got = give(l, p, k + 1, rows[i].documents[k]);
            CHECK(got == rows[i].want[k]);
            if (got != rows[i].want[k])
                fprintf(stderr, "document %zu: %s, want %s\n", k, fates[got], fates[rows[i].want[k]]);
            CHECK_U64(last.calls, 1);
            CHECK_U64(pool_busy(p), 0);
        }
        CHECK_U64(pool_stats(p)->started, rows[i].started);
        pool_free(p);
        loop_free(l);
    }
    return check_end();
}
