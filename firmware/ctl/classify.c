/* SPDX-License-Identifier: GPL-3.0-or-later
 * gatehouse classify: documents from disk to one JSON line each, read by the same sandboxed workers as on the wire and
 * judged by the same policy. This process plays the core's part: it hands out sealed copies and never parses a document. */
#include "base/clock.h"
#include "base/log.h"
#include "firmware/ctl/classify_json.h"
#include "firmware/ctl/classify_list.h"
#include "firmware/ctl/ctl.h"
#include "firmware/ctl/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define WINDOW 32          /* files in flight: bounds memory, and keeps every worker busy */
#define RESULT_MAX (512u << 20)
#define CLASSIFY_RESTARTS 50

enum slot_state { SLOT_FREE, SLOT_SCAN, SLOT_POLICY, SLOT_DONE };
struct slot {
    enum slot_state state;
    size_t file;      /* index in the list */
    int memfd;        /* kept until answered, so that it can be sent again */
    struct writer json;
};
struct classify {
    struct ctl_options opt;
    struct classify_list list;
    bool text;
    struct loop *loop;
    struct keeper *keeper;
    struct msg_chan *scan, *policy;
    struct loop_io *scan_io, *policy_io;
    struct slot slots[WINDOW];
    size_t next, printed; /* files handed out, lines written */
    bool policy_dead, blocked;
    int rc;
    uint64_t told_ms;
};

static void pump(struct classify *c);

static struct slot *slot_of(struct classify *c, size_t file)
{
    return &c->slots[file % WINDOW];
}

static void watch(struct loop_io *io, struct msg_chan *chan)
{
    if (io)
        loop_io_set(io, EPOLLIN | (msg_pending(chan) ? EPOLLOUT : 0u));
}

/* A sealed copy of the file: from here on nobody can change what is examined. Negative code on failure. */
static int copy_sealed(const char *path, uint64_t max)
{
    int in = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), out = -1, rc;
    struct stat st;
    uint64_t left;

    if (in < 0)
        return status_from_errno(errno);
    rc = fstat(in, &st) != 0 ? status_from_errno(errno) : !S_ISREG(st.st_mode) ? ST_UNSUPPORTED : 0;
    if (!rc && (uint64_t)st.st_size > max)
        rc = ST_LIMIT;
    if (!rc && (out = memfd_create("document", MFD_CLOEXEC | MFD_ALLOW_SEALING)) < 0)
        rc = status_from_errno(errno);
    for (left = rc ? 0 : (uint64_t)st.st_size; !rc && left;) {
        ssize_t n = sendfile(out, in, NULL, left > 1 << 30 ? 1 << 30 : left);
        if (n < 0)
            rc = status_from_errno(errno);
        if (n <= 0)
            break; /* it became shorter meanwhile: what is there is examined */
        left -= (uint64_t)n;
    }
    if (!rc)
        rc = msg_memfd_seal(out);
    close(in);
    if (rc && out >= 0)
        close(out);
    return rc ? rc : out;
}

static void send_scan(struct classify *c, const struct slot *s)
{
    struct writer w;
    const char *path = c->list.v[s->file];
    size_t n = strlen(path);
    int fd;

    if (!c->scan)
        return; /* sent again when it is back */
    writer_init(&w, 8192);
    writer_le(&w, s->file + 1, 8);
    writer_u8(&w, c->text ? 1 : 0);
    if (n > 4096)
        n = 4096;
    writer_le(&w, n, 2);
    writer_bytes(&w, path, n);
    fd = fcntl(s->memfd, F_DUPFD_CLOEXEC, 3);
    if (fd < 0 || msg_post(c->scan, MSG_SCAN, writer_span(&w), fd) != 0) {
        log_error("%s cannot be handed to gh-scan", path);
        if (fd >= 0)
            close(fd);
    }
    writer_done(&w);
    watch(c->scan_io, c->scan);
}

static void send_policy(struct classify *c, struct slot *s)
{
    struct writer w;
    int rc, fd = -1;

    writer_init(&w, RESULT_MAX);
    writer_le(&w, s->file + 1, 8);
    rc = classify_facts(writer_span(&s->json), &w);
    if (!rc && w.n > MSG_MAX) {
        fd = msg_memfd("facts", span_part(writer_span(&w), 8, w.n));
        rc = fd < 0 ? fd : 0;
        w.n = 8;
    }
    if (!rc)
        rc = msg_post(c->policy, MSG_DECIDE, writer_span(&w), fd);
    writer_done(&w);
    if (rc) {
        log_warn("%s: the policy cannot be asked: %s", c->list.v[s->file], status_text(rc));
        if (fd >= 0)
            close(fd);
        s->state = SLOT_DONE;
    }
    watch(c->policy_io, c->policy);
}

static void judged(struct classify *c, struct slot *s)
{
    s->state = SLOT_POLICY;
    if (c->policy)
        send_policy(c, s);
    else if (c->policy_dead)
        s->state = SLOT_DONE;
}

static void on_findings(struct classify *c, const struct msg *m)
{
    struct reader r = reader_span(m->body);
    uint64_t id = reader_le64(&r);
    struct slot *s = id && id <= c->list.n ? slot_of(c, (size_t)id - 1) : NULL;
    struct span json = reader_rest(&r);
    int rc = 0;

    if (!s || s->state != SLOT_SCAN || s->file != id - 1)
        return; /* an answer that came twice after a restart */
    if (m->fd >= 0)
        rc = msg_map(m->fd, RESULT_MAX, &json);
    if (rc) {
        log_error("%s: its findings cannot be taken over: %s", c->list.v[s->file], status_text(rc));
        classify_unread(&s->json, c->list.v[s->file], s->memfd, "crash");
    } else {
        writer_put(&s->json, json);
        if (m->fd >= 0)
            msg_unmap(json);
    }
    close(s->memfd);
    s->memfd = -1;
    judged(c, s);
}

static void on_decision(struct classify *c, const struct msg *m)
{
    struct reader r = reader_span(m->body);
    uint64_t id = reader_le64(&r);
    struct slot *s = id && id <= c->list.n ? slot_of(c, (size_t)id - 1) : NULL;
    bool blocked = false;

    if (!s || s->state != SLOT_POLICY || s->file != id - 1)
        return;
    if (classify_verdict(&s->json, reader_rest(&r), &blocked) != 0)
        log_warn("%s: the policy's answer is not understood", c->list.v[s->file]);
    c->blocked = c->blocked || blocked;
    s->state = SLOT_DONE;
}

static void on_chan(struct classify *c, struct msg_chan **chan, struct loop_io **io,
                    void (*fn)(struct classify *, const struct msg *))
{
    struct msg m;
    int rc = msg_flush(*chan);

    while ((rc == 0 || rc == ST_AGAIN) && (rc = msg_receive(*chan, &m, false)) == 0) {
        fn(c, &m);
        if (m.fd >= 0)
            close(m.fd);
    }
    if (rc == ST_AGAIN) {
        watch(*io, *chan);
    } else {
        loop_io_remove(*io);
        msg_chan_free(*chan);
        *chan = NULL;
        *io = NULL;
    }
    pump(c);
}

static void on_scan_io(void *arg, uint32_t events)
{
    struct classify *c = arg;
    (void)events;
    on_chan(c, &c->scan, &c->scan_io, on_findings);
}

static void on_policy_io(void *arg, uint32_t events)
{
    struct classify *c = arg;
    (void)events;
    on_chan(c, &c->policy, &c->policy_io, on_decision);
}

/* A channel, first or after a restart: whatever that process still owes is asked for again. */
static void on_peer(void *arg, enum role role, int fd)
{
    struct classify *c = arg;
    struct msg_chan **chan = role == ROLE_SCAN ? &c->scan : &c->policy;
    struct loop_io **io = role == ROLE_SCAN ? &c->scan_io : &c->policy_io;

    loop_io_remove(*io);
    msg_chan_free(*chan);
    *chan = msg_chan_new(fd, ROLE_CORE, role);
    gh_check(*chan);
    *io = loop_io_add(c->loop, fd, EPOLLIN, role == ROLE_SCAN ? on_scan_io : on_policy_io, c);
    gh_check(*io);
    for (size_t i = 0; i < WINDOW; i++) {
        struct slot *s = &c->slots[i];
        if (role == ROLE_SCAN && s->state == SLOT_SCAN)
            send_scan(c, s);
        else if (role == ROLE_POLICY && s->state == SLOT_POLICY)
            send_policy(c, s);
    }
}

static enum keeper_answer on_ended(void *arg, enum role role, int status)
{
    struct classify *c = arg;

    if (keeper_stopping(c->keeper))
        return KEEPER_ENDED;
    if ((WIFEXITED(status) && WEXITSTATUS(status) == 2) || keeper_restarts(c->keeper, role) >= CLASSIFY_RESTARTS) {
        log_error("gh-%s cannot go on; giving up", role_name(role));
        c->rc = WIFEXITED(status) && WEXITSTATUS(status) == 2 ? 2 : 3;
        keeper_stop(c->keeper, 500);
        return KEEPER_ENDED;
    }
    return KEEPER_RESTART;
}

static void take_file(struct classify *c, size_t file)
{
    struct slot *s = slot_of(c, file);
    const char *path = c->list.v[file];
    int fd = copy_sealed(path, c->opt.conf.scan_document_max);

    writer_init(&s->json, RESULT_MAX);
    s->file = file;
    s->memfd = -1;
    if (fd < 0) {
        fprintf(stderr, "gatehouse classify: %s: %s\n", path, fd == ST_LIMIT ? "larger than scan.document_max" : status_text(fd));
        classify_unread(&s->json, path, -1, fd == ST_LIMIT ? "too_large" : "unsupported");
        judged(c, s);
        return;
    }
    s->memfd = fd;
    s->state = SLOT_SCAN;
    send_scan(c, s);
}

static void progress(struct classify *c)
{
    uint64_t now = clock_mono_ms();

    if (!isatty(STDERR_FILENO) || isatty(STDOUT_FILENO) || now - c->told_ms < 200)
        return;
    c->told_ms = now;
    fprintf(stderr, "\r%zu of %zu documents", c->printed, c->list.n);
    if (c->printed == c->list.n)
        fputc('\n', stderr);
}

/* Hands out files while slots are free, writes finished lines in order. */
static void pump(struct classify *c)
{
    for (;;) {
        struct slot *s = slot_of(c, c->printed);
        if (c->printed < c->next && s->state == SLOT_DONE) {
            writer_u8(&s->json, '\n');
            if (fwrite(s->json.p, 1, s->json.n, stdout) != s->json.n || fflush(stdout) != 0) {
                log_error("standard output: %s", strerror(errno));
                c->rc = 3;
                keeper_stop(c->keeper, 500);
                return;
            }
            writer_done(&s->json);
            s->state = SLOT_FREE;
            c->printed++;
            progress(c);
        } else if (c->next < c->list.n && c->next - c->printed < WINDOW) {
            take_file(c, c->next++);
        } else {
            break;
        }
    }
    if (c->printed == c->list.n)
        keeper_stop(c->keeper, 2000);
}

static void on_interrupt(void *arg)
{
    struct classify *c = arg;
    c->rc = 3;
    keeper_stop(c->keeper, 1000);
}

static int parse(struct classify *c, int argc, char **argv)
{
    static const char *const known[] = {"-c", "--set", "--text"};
    bool any = false;

    for (int i = 1; i < argc; i++) {
        if (ctl_option(&c->opt, argc, argv, &i))
            continue;
        if (!strcmp(argv[i], "--text")) {
            c->text = true;
        } else if (argv[i][0] == '-' && argv[i][1] && strcmp(argv[i], "--") != 0) {
            return ctl_unknown("classify", argv[i], known, GH_COUNT(known));
        } else if (strcmp(argv[i], "--") != 0) {
            any = true;
            classify_list_add(&c->list, argv[i]);
        }
    }
    if (c->opt.failed)
        return 2;
    return any ? 0 : ctl_usage("classify", "which documents? Name files or directories");
}

int command_classify(int argc, char **argv)
{
    static struct classify c;
    const struct keeper_hooks hooks = {.arg = &c, .ended = on_ended, .peer = on_peer};
    int rc;

    ctl_options_init(&c.opt);
    rc = parse(&c, argc, argv);
    if (rc || !c.list.n)
        return rc ? rc : c.list.missing ? 2 : 0;
    c.loop = loop_new();
    gh_check(c.loop);
    loop_signal(c.loop, SIGINT, on_interrupt, &c);
    loop_signal(c.loop, SIGTERM, on_interrupt, &c);
    c.keeper = keeper_new(c.loop, c.opt.conf_args, &hooks);
    keeper_add(c.keeper, ROLE_SCAN, "gh-scan", NULL, -1, -1, -1);
    keeper_add(c.keeper, ROLE_POLICY, "gh-policy", NULL, -1, -1, -1);
    keeper_link_self(c.keeper, ROLE_SCAN);
    keeper_link_self(c.keeper, ROLE_POLICY);
    if (keeper_start(c.keeper) != 0) {
        c.rc = 3;
    } else {
        pump(&c);
        loop_run(c.loop);
    }
    if (!c.rc)
        c.rc = c.list.missing ? 2 : c.blocked;
    keeper_free(c.keeper);
    loop_io_remove(c.scan_io);
    loop_io_remove(c.policy_io);
    msg_chan_free(c.scan);
    msg_chan_free(c.policy);
    loop_free(c.loop);
    for (size_t i = 0; i < WINDOW; i++) {
        if (c.slots[i].state != SLOT_FREE)
            writer_done(&c.slots[i].json);
        if (c.slots[i].state == SLOT_SCAN && c.slots[i].memfd >= 0)
            close(c.slots[i].memfd);
    }
    classify_list_done(&c.list);
    return c.rc;
}
