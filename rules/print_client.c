/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/print_client.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGS_MAX 80
#define NAME_SENT 4096
#define ANSWER_MAX (512u << 20)

static _Noreturn void child(int fd, char **args, size_t n_args)
{
    char *argv[ARGS_MAX + 5] = {"gh-scan", "--fd", "3"};
    int n = 3, null = open("/dev/null", O_RDWR | O_CLOEXEC), chan = fcntl(fd, F_DUPFD_CLOEXEC, 10);

    for (size_t i = 0; i < n_args && i < ARGS_MAX; i++)
        argv[n++] = args[i];
    argv[n] = "--register";
    /* workers send their libraries' messages to standard output: it must lead nowhere */
    if (null < 0 || chan < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(chan, 3) < 0)
        _exit(3);
    execv("/proc/self/exe", argv);
    perror("gatehouse register: gh-scan");
    _exit(3);
}

static int ended(struct print_client *c)
{
    int status = 0;

    while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
        ;
    c->pid = 0;
    return WIFEXITED(status) && WEXITSTATUS(status) ? WEXITSTATUS(status) : 3;
}

static int connect_core(struct print_client *c)
{
    uint8_t role = ROLE_CORE;
    int fds[2], rc = msg_pair(fds);

    if (rc)
        return rc;
    rc = msg_send(c->keeper, MSG_PEER, span_of(&role, 1), fds[1]);
    close(fds[1]);
    c->core = msg_chan_new(fds[0], ROLE_CORE, ROLE_SCAN);
    if (!c->core) {
        close(fds[0]);
        return ST_NOMEM;
    }
    return rc;
}

int print_client_start(struct print_client *c, char **args, size_t n_args)
{
    int fds[2];
    struct msg m = {.fd = -1};
    bool ready;

    *c = (struct print_client){0};
    if (n_args > ARGS_MAX || msg_pair(fds) != 0)
        return 3;
    c->pid = fork();
    if (c->pid == 0)
        child(fds[1], args, n_args);
    close(fds[1]);
    c->keeper = c->pid > 0 ? msg_chan_new(fds[0], ROLE_KEEPER, ROLE_SCAN) : NULL;
    if (!c->keeper)
        close(fds[0]);
    ready = c->keeper && msg_receive(c->keeper, &m, true) == 0 && m.type == MSG_READY && connect_core(c) == 0;
    if (ready)
        return 0;
    msg_chan_free(c->keeper);
    c->keeper = NULL;
    return c->pid > 0 ? ended(c) : 3;
}

/* A sealed copy: what is read cannot be changed meanwhile. Descriptor or negative code. */
static int copy_sealed(const char *path, uint64_t max)
{
    int in = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), out = -1, rc = 0;
    struct stat st = {0};
    uint64_t left;

    if (in < 0)
        return status_from_errno(errno);
    if (fstat(in, &st) != 0)
        rc = status_from_errno(errno);
    else if (!S_ISREG(st.st_mode))
        rc = ST_UNSUPPORTED;
    else if ((uint64_t)st.st_size > max)
        rc = ST_LIMIT;
    else if ((out = memfd_create("document", MFD_CLOEXEC | MFD_ALLOW_SEALING)) < 0)
        rc = status_from_errno(errno);
    for (left = rc ? 0 : (uint64_t)st.st_size; !rc && left;) {
        ssize_t n = sendfile(out, in, NULL, left > 1 << 30 ? 1 << 30 : (size_t)left);
        if (n < 0)
            rc = status_from_errno(errno);
        if (n <= 0)
            break;
        left -= (uint64_t)n;
    }
    if (!rc)
        rc = msg_memfd_seal(out);
    close(in);
    if (rc && out >= 0)
        close(out);
    return rc ? rc : out;
}

int print_client_send(struct print_client *c, uint64_t id, const char *path, uint64_t max)
{
    int fd = copy_sealed(path, max), rc;
    size_t n = strlen(path);
    struct writer w;

    if (fd < 0)
        return fd;
    if (n > NAME_SENT)
        n = NAME_SENT;
    writer_init(&w, 8192);
    writer_le(&w, id, 8);
    writer_u8(&w, 2);
    writer_le(&w, n, 2);
    writer_bytes(&w, path, n);
    rc = writer_ok(&w) ? msg_send(c->core, MSG_SCAN, writer_span(&w), fd) : ST_NOMEM;
    writer_done(&w);
    close(fd);
    return rc;
}

int print_client_receive(struct print_client *c, uint64_t *ret_id, struct writer *out)
{
    struct msg m = {.fd = -1};
    struct reader r;
    struct span json, file = {NULL, 0};
    int rc = msg_receive(c->core, &m, true);

    if (rc)
        return rc == ST_AGAIN ? ST_CLOSED : rc;
    r = reader_span(m.body);
    *ret_id = reader_le64(&r);
    json = reader_rest(&r);
    if (m.type != MSG_FINDINGS || !reader_ok(&r))
        rc = ST_MALFORMED;
    if (m.fd >= 0) {
        if (!rc)
            rc = msg_map(m.fd, ANSWER_MAX, &file);
        close(m.fd);
        json = file;
    }
    if (!rc)
        writer_put(out, json);
    if (file.p)
        msg_unmap(file);
    return rc ? rc : writer_ok(out) ? 0 : ST_NOMEM;
}

void print_client_stop(struct print_client *c)
{
    if (c->pid <= 0)
        return;
    msg_chan_free(c->core);
    msg_chan_free(c->keeper); /* without its keeper it ends by itself */
    (void)kill(c->pid, SIGTERM);
    (void)ended(c);
    *c = (struct print_client){0};
}
