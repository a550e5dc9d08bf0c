/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/worker.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/msg.h"
#include "rules/document.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define RESULT_MAX (400u << 20) /* findings with the text of a document and of all its members */
#define PROBE (16u << 20)
#define HEAD 9 /* bytes of WORK_DONE before the findings */

/* Libraries do not tell that memory was refused: they abort, or fall over the null pointer. An answer must
 * tell the two apart from a mere crash, so the last moment is used to look: the last failed call said ENOMEM,
 * or nothing is left. */
static void on_fatal(int signo)
{
    bool short_of_memory = errno == ENOMEM || signo == SIGXFSZ;

    if (!short_of_memory) {
        void *p = mmap(NULL, PROBE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        short_of_memory = p == MAP_FAILED;
        if (p != MAP_FAILED)
            munmap(p, PROBE);
    }
    if (short_of_memory)
        _exit(WORKER_MEMORY);
    signal(signo, SIG_DFL);
    raise(signo); /* pending until this handler returns; then it ends as what it is */
}

static void prepare_signals(void)
{
    static char stack[32768];
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
#ifndef GH_SANITIZE /* its own handlers print where it happened */
    const stack_t alternative = {.ss_sp = stack, .ss_size = sizeof(stack)};
    const struct sigaction fatal = {.sa_handler = on_fatal, .sa_flags = SA_ONSTACK};
    sigaltstack(&alternative, NULL); /* the stack itself may be what ran over */
    sigaction(SIGABRT, &fatal, NULL);
    sigaction(SIGSEGV, &fatal, NULL);
    sigaction(SIGTRAP, &fatal, NULL); /* glib's way to abort */
    sigaction(SIGXFSZ, &fatal, NULL);
#else
    (void)stack;
    (void)on_fatal;
#endif
}

/* Everything inherited goes but fd and the three standard ones; standard error leads nowhere once *ret_err is
 * closed. */
static void prepare_descriptors(int fd, bool talkative, int *ret_err)
{
    *ret_err = -1;
    if (fd > 3)
        (void)close_range(3, (unsigned)fd - 1, 0);
    (void)close_range((unsigned)fd + 1, ~0u, 0);
    if (talkative)
        return;
    *ret_err = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    if (dup2(STDOUT_FILENO, STDERR_FILENO) < 0) /* the supervisor's standard output is /dev/null */
        _exit(WORKER_JAIL);
}

static void lock_in(const struct worker_config *c, int err_fd)
{
    const struct jail_options opt = {.keep_user = true, /* the supervisor became somebody harmless before */
                                     .memory = c->memory,
                                     .input = c->conf->scan_document_max,
                                     .usage = &c->usage,
                                     .file_size = RESULT_MAX,
                                     .files = 16,
                                     .probe_fd = err_fd >= 0 ? err_fd : 0};
    char err[256];
    int rc = jail_enter(JAIL_WORKER, &opt, NULL, err, sizeof(err));

    if (rc) {
        if (err_fd >= 0)
            dprintf(err_fd, "gh-scan: a document worker cannot lock itself in: %s\n", err);
        else
            log_error("a document worker cannot lock itself in: %s", err);
        _exit(WORKER_JAIL);
    }
    if (err_fd >= 0)
        close(err_fd);
}

/* The answer behind its head in w: in the message, or in a sealed file when it is longer than a message may
 * be. */
static void answer(struct msg_chan *chan, const struct writer *w)
{
    struct span body = writer_span(w);
    int fd = -1;

    if (body.n > MSG_MAX) {
        fd = msg_memfd("findings", span_part(body, HEAD, body.n));
        if (fd < 0)
            _exit(WORKER_MEMORY);
        body = span_part(body, 0, HEAD);
    }
    if (msg_send(chan, MSG_WORK_DONE, body, fd) != 0)
        _exit(WORKER_CLOSED);
    if (fd >= 0)
        close(fd);
}

static void examine(struct msg_chan *chan, const struct worker_config *c, const struct msg *m)
{
    struct reader r = reader_span(m->body);
    struct document_job job = {.conf = c->conf, .rules = c->rules, .prints = c->prints, .values = c->values};
    bool left = false;
    uint64_t id = reader_le64(&r);
    uint8_t flags = reader_u8(&r);
    struct writer w;

    job.want_text = flags & 1;
    job.want_prints = flags & 2 && c->prints;
    job.name = reader_take(&r, reader_le16(&r));
    if (!c->pictures && c->conf->scan_ocr)
        job.ret_pictures = &left;
    job.pictures_why = (enum unread)(flags >> WORK_LEFT_SHIFT & WORK_LEFT_MASK);
    job.deadline_ms = clock_mono_ms() + c->timeout_ms / 5 * 4;
    if (!reader_ok(&r) || msg_map(m->fd, SIZE_MAX, &job.in) != 0)
        _exit(WORKER_MEMORY); /* the supervisor checked both: only the mapping can fail */
    close(m->fd);
    writer_init(&w, RESULT_MAX);
    writer_le(&w, id, 8);
    writer_u8(&w, 0);
    errno = 0;
    if (document_examine(&job, &w) != 0 || !writer_ok(&w) || w.n <= HEAD)
        _exit(WORKER_MEMORY);
    w.p[HEAD - 1] = left;
    answer(chan, &w);
    writer_done(&w);
    msg_unmap(job.in);
}

_Noreturn void worker_run(int fd, const struct worker_config *c)
{
    struct msg_chan *chan;
    struct msg m;
    int err_fd;

    prctl(PR_SET_NAME, c->pictures ? "gh-scan-ocr" : "gh-scan-worker");
    prepare_signals();
    prepare_descriptors(fd, c->talkative, &err_fd);
    lock_in(c, err_fd);
    chan = msg_chan_new(fd, ROLE_WORKER, ROLE_SCAN);
    if (!chan)
        _exit(WORKER_MEMORY);
    while (msg_receive(chan, &m, true) == 0)
        if (m.type == MSG_WORK)
            examine(chan, c, &m);
    _exit(WORKER_CLOSED);
}
