/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/core_proc/fake.h"
#include "base/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void run_core(const struct fake *f, int chan, char *const *options, int outdir_fd)
{
    char *argv[32] = {(char *)"gh-core", (char *)"--fd", (char *)"3"};
    size_t n = 3;
    int fds[3] = {fcntl(f->out, F_DUPFD, 20), fcntl(chan, F_DUPFD, 20),
                  outdir_fd < 0 ? -1 : fcntl(outdir_fd, F_DUPFD, 20)};

    for (size_t i = 0; options[i] && n < GH_COUNT(argv) - 1; i++)
        argv[n++] = options[i];
    if (dup2(fds[0], 1) < 0 || dup2(fds[1], 3) < 0 || (fds[2] >= 0 && dup2(fds[2], 4) < 0))
        _exit(126);
    closefrom(fds[2] >= 0 ? 5 : 4);
    execv(GH_CORE, argv);
    _exit(127);
}

void fake_start(struct fake *f, char *const *options, int outdir_fd)
{
    int out = memfd_create("out", MFD_CLOEXEC);

    gh_check(out >= 0);
    fake_start_on(f, options, outdir_fd, out);
}

void fake_start_on(struct fake *f, char *const *options, int outdir_fd, int out)
{
    int fds[2];

    signal(SIGPIPE, SIG_IGN);
    gh_check(msg_pair(fds) == 0);
    f->out = out;
    f->pid = fork();
    if (f->pid == 0)
        run_core(f, fds[1], options, outdir_fd);
    close(fds[1]);
    f->keeper = msg_chan_new(fds[0], ROLE_KEEPER, ROLE_CORE);
    gh_check(f->keeper);
}

struct msg_chan *fake_peer(struct fake *f, enum role role)
{
    uint8_t byte = (uint8_t)role;
    struct msg_chan *c;
    int fds[2];

    gh_check(msg_pair(fds) == 0);
    gh_check(msg_send(f->keeper, MSG_PEER, span_of(&byte, 1), fds[0]) == 0);
    close(fds[0]);
    c = msg_chan_new(fds[1], role, ROLE_CORE);
    gh_check(c);
    if (role == ROLE_POLICY)
        fake_wants(c, 1ull << EVENT_FILEINFO, false);
    return c;
}

void fake_wants(struct msg_chan *policy, uint64_t types, bool order)
{
    struct writer w;

    writer_init(&w, 16);
    writer_le(&w, types, 8);
    writer_u8(&w, order);
    writer_u8(&w, 0xff); /* the configured safe verdict */
    gh_check(msg_send(policy, MSG_WANTS, writer_span(&w), -1) == 0);
    writer_done(&w);
}

int fake_end(struct fake *f)
{
    int status = 0;

    for (int i = 0; i < 2000 && waitpid(f->pid, &status, WNOHANG) == 0; i++) {
        usleep(10000);
        if (i == 1999) {
            kill(f->pid, SIGKILL);
            waitpid(f->pid, &status, 0);
        }
    }
    msg_chan_free(f->keeper);
    f->keeper = NULL;
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

char *fake_output(struct fake *f)
{
    struct stat st;
    char *text;

    gh_check(fstat(f->out, &st) == 0);
    text = calloc(1, (size_t)st.st_size + 1);
    gh_check(text && pread(f->out, text, (size_t)st.st_size, 0) == st.st_size);
    close(f->out);
    return text;
}

bool fake_receive(struct msg_chan *c, struct msg *m, int ms)
{
    struct pollfd p = {.fd = msg_chan_fd(c), .events = POLLIN};

    return poll(&p, 1, ms) > 0 && msg_receive(c, m, false) == 0;
}

void fake_run(struct msg_chan *sensor, uint64_t run, bool live)
{
    struct writer w;

    writer_init(&w, 256);
    writer_le(&w, run, 8);
    writer_u8(&w, live);
    writer_str(&w, "test");
    gh_check(msg_send(sensor, MSG_RUN, writer_span(&w), -1) == 0);
    writer_done(&w);
}

void fake_event(struct msg_chan *sensor, uint64_t n, enum event_type type, uint64_t document,
                const char *json)
{
    struct event_record r = {.n = n, .type = type, .document = document, .json = span_str(json)};
    struct writer w;

    writer_init(&w, MSG_MAX);
    event_record_put(&w, &r);
    (void)msg_send(sensor, MSG_EVENTS, writer_span(&w), -1);
    writer_done(&w);
}

void fake_fileinfo(struct msg_chan *sensor, uint64_t n, uint64_t document, const char *name, bool closed)
{
    char json[2048];

    snprintf(
        json, sizeof(json),
        "{\"timestamp\":\"2026-01-02T03:04:%02d.000000+0000\",\"flow_id\":%d,\"event_type\":\"fileinfo\","
        "\"src_ip\":\"10.0.0.1\",\"dest_ip\":\"10.0.0.2\",\"proto\":\"TCP\",\"http\":{\"hostname\":\"h\"},"
        "\"fileinfo\":{\"filename\":\"%s\",\"size\":5,\"state\":\"%s\",\"stored\":false}}",
        (int)n % 60, 1000 + (int)document, name, closed ? "CLOSED" : "TRUNCATED");
    fake_event(sensor, n, EVENT_FILEINFO, document, json);
}

void fake_document(struct msg_chan *sensor, uint64_t id, const char *name, const char *text, bool complete)
{
    struct event_document d = {
        .id = id, .flow_id = 1000 + id, .size = strlen(text), .complete = complete, .name = span_str(name)};
    int fd = msg_memfd("document", span_str(text));
    struct writer w;

    gh_check(fd >= 0);
    digest_sha256(text, strlen(text), d.sha256);
    writer_init(&w, MSG_MAX);
    event_document_put(&w, &d);
    (void)msg_send(sensor, MSG_DOCUMENT, writer_span(&w), fd);
    close(fd);
    writer_done(&w);
}

void fake_ledger(struct msg_chan *sensor, uint64_t run, uint64_t events, uint64_t documents)
{
    struct writer w;

    writer_init(&w, MSG_MAX);
    writer_le(&w, run, 8);
    writer_u8(&w, 1);
    writer_printf(
        &w,
        "{\"packets\":{\"in\":10,\"out\":9,\"lost\":{\"short\":1}},\"segments\":{\"in\":0,\"out\":0,\"lost\":"
        "{}},"
        "\"flows\":{\"in\":1,\"out\":1,\"lost\":{}},\"documents\":{\"in\":%d,\"out\":%d,\"lost\":{}},"
        "\"events\":{\"in\":%d,\"out\":%d,\"lost\":{}}}",
        (int)documents, (int)documents, (int)events, (int)events);
    (void)msg_send(sensor, MSG_LEDGER, writer_span(&w), -1);
    writer_done(&w);
}

static void answer(struct msg_chan *c, enum msg_type type, uint64_t id, const char *json)
{
    struct writer w;

    writer_init(&w, MSG_MAX);
    writer_le(&w, id, 8);
    writer_str(&w, json);
    (void)msg_send(c, type, writer_span(&w), -1);
    writer_done(&w);
}

void fake_findings(struct msg_chan *scan, uint64_t id, const char *json)
{
    answer(scan, MSG_FINDINGS, id, json);
}

void fake_decision(struct msg_chan *policy, uint64_t id, const char *json)
{
    answer(policy, MSG_DECISION, id, json);
}

uint64_t fake_asked(struct msg_chan *c, enum msg_type type)
{
    struct msg m;
    struct reader r;

    if (!fake_receive(c, &m, 5000) || m.type != type)
        return 0;
    if (m.fd >= 0)
        close(m.fd);
    r = reader_span(m.body);
    return reader_le64(&r);
}
