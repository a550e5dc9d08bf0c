/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/setup/page.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define WRONG_MOST 10
#define CODE_DIGITS 8

const char *const page_fields[PAGE_FIELDS + 1] = {"code",    "name",    "interface", "management",
                                                  "address", "console", "answer"};

struct page {
    struct setup *s;
    char code[CODE_DIGITS + 1];
    unsigned wrong;
    bool enrolled;
};

static int open_listener(const char *address)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(PAGE_PORT)};
    int fd, on = 1;

    if (*address && inet_pton(AF_INET, address, &a.sin_addr) != 1) {
        errno = EADDRNOTAVAIL;
        return -1;
    }
    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, (const struct sockaddr *)&a, sizeof(a)) != 0 || listen(fd, 8) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool make_code(char code[static CODE_DIGITS + 1])
{
    uint8_t random[CODE_DIGITS];

    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
        return false;
    for (size_t i = 0; i < CODE_DIGITS; i++)
        code[i] = (char)('0' + random[i] % 10);
    code[CODE_DIGITS] = 0;
    return true;
}

/* Output of one of our commands, for the page. */
static int capture(const struct setup *s, char *const *words, char *out, size_t cap)
{
    int fds[2], saved[2] = {fcntl(1, F_DUPFD_CLOEXEC, 10), fcntl(2, F_DUPFD_CLOEXEC, 10)}, rc = 3;
    ssize_t n = 0;

    out[0] = 0;
    if (saved[0] < 0 || saved[1] < 0 || pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0)
        return 3;
    fflush(stdout);
    if (dup2(fds[1], 1) >= 0 && dup2(fds[1], 2) >= 0)
        rc = setup_run(s, words); /* what it says is shorter than a pipe is */
    (void)dup2(saved[0], 1);
    (void)dup2(saved[1], 2);
    n = read(fds[0], out, cap - 1);
    out[n > 0 ? n : 0] = 0;
    for (size_t i = 0; i < 2; i++) {
        close(fds[i]);
        close(saved[i]);
    }
    return rc;
}

static int read_text(const char *path, char *out, size_t cap)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t n = fd >= 0 ? read(fd, out, cap - 1) : -1;

    out[n > 0 ? n : 0] = 0;
    if (fd >= 0)
        close(fd);
    return n > 0 ? 0 : ST_IO;
}

/* Writes the answers and makes the request; out is what the page shows. */
static bool apply(struct page *p, const char *const field[], char *out, size_t cap)
{
    char *const to[] = {p->s->name, p->s->interface, p->s->management, p->s->address, p->s->console};
    char path[64] = "/tmp/gatehouse-request.XXXXXX", key[CONF_TEXT + 32];
    int fd;

    for (size_t i = 0; i < GH_COUNT(to); i++) {
        const struct words *wrong = setup_check(page_fields[i + 1], field[i + 1]);
        if (wrong) {
            snprintf(out, cap, "%s: %s / %s", page_fields[i + 1], wrong->vi, wrong->en);
            return false;
        }
        snprintf(to[i], ASK_TEXT, "%s", field[i + 1]);
    }
    if (setup_write(p->s) != 0) {
        snprintf(out, cap, "%s: không ghi được / cannot be written", p->s->path);
        return false;
    }
    snprintf(key, sizeof(key), "%s/appliance.key", p->s->conf.node_state_dir);
    if (access(key, F_OK) != 0 &&
        capture(p->s, (char *[]){(char *)"keys", (char *)"generate", NULL}, out, cap) != 0)
        return false;
    fd = mkstemp(path);
    if (fd < 0)
        return false;
    close(fd);
    (void)unlink(path); /* the command makes its file itself, and anew */
    if (capture(p->s, (char *[]){(char *)"enrol", (char *)"request", (char *)"-o", path, NULL}, out, cap) !=
        0)
        return false;
    fd = read_text(path, out, cap);
    (void)unlink(path);
    return fd == 0;
}

static bool accept_answer(struct page *p, const char *answer, char *out, size_t cap)
{
    char path[64] = "/tmp/gatehouse-answer.XXXXXX";
    int fd = mkstemp(path);
    size_t n = strlen(answer);
    bool good;

    good = fd >= 0 && write(fd, answer, n) == (ssize_t)n;
    if (fd >= 0)
        close(fd);
    good = good && capture(p->s, (char *[]){(char *)"enrol", (char *)"accept", path, NULL}, out, cap) == 0;
    (void)unlink(path);
    p->enrolled = p->enrolled || good;
    return good;
}

/* A frame of the listener, which may have been taken over: kind, then NUL-ended fields, as many as the kind
 * has. */
static bool answer_frame(struct page *p, const char *frame, size_t n, char *out, size_t cap)
{
    const char *field[PAGE_FIELDS + 1] = {NULL};
    bool all = n && frame[0] == 'A';
    size_t at = 1, count = 0;

    while (at < n && count <= PAGE_FIELDS) {
        const char *end = memchr(frame + at, 0, n - at);
        if (!end)
            break;
        field[count++] = frame + at;
        at = (size_t)(end - frame) + 1;
    }
    if (at != n || count != (all ? PAGE_FIELDS : 2)) {
        snprintf(out, cap, "?");
        return false;
    }
    if (strcmp(field[0], p->code) != 0) {
        p->wrong++;
        snprintf(out, cap, "Sai mã / wrong code");
        return false;
    }
    return all ? apply(p, field, out, cap) : accept_answer(p, field[1], out, cap);
}

static void answer_all(struct page *p, int fd)
{
    static char frame[PAGE_FRAME], out[PAGE_FRAME];

    while (!p->enrolled && p->wrong < WRONG_MOST) {
        ssize_t n = recv(fd, frame, sizeof(frame), 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        out[1] = 0;
        out[0] = answer_frame(p, frame, (size_t)n, out + 1, sizeof(out) - 1) ? '1' : '0';
        if (send(fd, out, strlen(out) + 1, MSG_NOSIGNAL) < 0)
            return;
    }
}

int setup_page(struct setup *s, const char *address)
{
    struct page p = {.s = s};
    int fds[2], listener = open_listener(address);
    pid_t child;

    if (listener < 0 || !make_code(p.code) ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0) {
        fprintf(stderr, "gatehouse setup: port %d: %s\n", PAGE_PORT, strerror(errno));
        return 3;
    }
    child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(fds[0]);
        memset(p.code, 0, sizeof(p.code)); /* what listens does not know it */
        page_serve(listener, fds[1], s->conf.node_management);
    }
    close(listener);
    close(fds[1]);
    printf("http://%s:%d   mã / code: %s\n", *address ? address : "ADDRESS", PAGE_PORT, p.code);
    fflush(stdout);
    if (child > 0)
        answer_all(&p, fds[0]);
    if (p.enrolled)
        sleep(2); /* the six words are on their way to the browser */
    close(fds[0]);
    if (child > 0) {
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
    if (p.wrong >= WRONG_MOST)
        fprintf(stderr, "gatehouse setup: ten wrong codes; start it again for a new one\n");
    return p.enrolled ? 0 : 3;
}
