/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/setup/writer.h"
#include "base/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define WRONG_MOST 10
#define CODE_DIGITS 8
#define LOOK_MS 1000
#define CLOCK_MOST 4102444800u /* 2100 */
#define ASKS_USER "gh-setup"
#define CHANNEL 3

const char *const writer_fields[WRITER_FIELDS + 1] = {"code",   "name",    "interface", "management",
                                                      "inside", "address", "console",   "answer"};

struct desk {
    struct setup *s;
    char code[CODE_DIGITS + 1]; /* "": whoever asks sits here */
    unsigned wrong;
    bool enrolled;
};

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

/* The request that the console's officer answers. */
static bool make_request(struct desk *p, char *out, size_t cap)
{
    char path[64] = "/tmp/gatehouse-request.XXXXXX";
    int fd = mkstemp(path), rc;

    if (fd < 0)
        return false;
    close(fd);
    (void)unlink(path); /* the command makes its file itself, and anew */
    if (capture(p->s, (char *[]){(char *)"enrol", (char *)"request", (char *)"-o", path, NULL}, out, cap) !=
        0)
        return false;
    rc = read_text(path, out, cap);
    (void)unlink(path);
    return rc == 0;
}

/* Writes the answers and makes the request; out is what who asked shows. */
static bool apply(struct desk *p, const char *const field[], char *out, size_t cap)
{
    char *const to[] = {p->s->name,   p->s->interface, p->s->management,
                        p->s->inside, p->s->address,   p->s->console};
    char key[CONF_TEXT + 32];

    for (size_t i = 0; i < GH_COUNT(to); i++) {
        const struct words *wrong = setup_check(writer_fields[i + 1], field[i + 1], p->s->writer >= 0);
        if (wrong) {
            snprintf(out, cap, "%s: %s / %s", writer_fields[i + 1], wrong->vi, wrong->en);
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
    if (!make_request(p, out, cap))
        return false;
    if (p->s->restart)
        (void)setup_systemctl("restart", "gatehouse.service"); /* it is written all the same, for the next start */
    return true;
}

static bool accept_answer(struct desk *p, const char *answer, char *out, size_t cap)
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
    if (good && p->s->restart)
        (void)setup_systemctl("restart", "gatehouse.service");
    return good;
}

/* No code: only who sits at the machine says what time it is. A unit of its own has the right to set it. */
static bool set_clock(const struct desk *p, const char *seconds)
{
    char unit[64];
    uint64_t n = 0;

    if (*p->code || !span_number(span_str(seconds), CLOCK_MOST, &n))
        return false;
    snprintf(unit, sizeof(unit), "gatehouse-clock-set@%llu.service", (unsigned long long)n);
    return setup_systemctl("start", unit) == 0;
}

static bool answer_frame(struct desk *p, const char *frame, size_t n, char *out, size_t cap)
{
    const char *field[WRITER_FIELDS + 1] = {NULL};
    char kind = n ? frame[0] : 0;
    size_t at = 1, count = 0;

    out[0] = 0;
    while (at < n && count <= WRITER_FIELDS) {
        const char *end = memchr(frame + at, 0, n - at);
        if (!end)
            break;
        field[count++] = frame + at;
        at = (size_t)(end - frame) + 1;
    }
    if (at != n || !kind || !strchr("AET", kind) || count != (kind == 'A' ? WRITER_FIELDS : 2)) {
        snprintf(out, cap, "?");
        return false;
    }
    if (*p->code && strcmp(field[0], p->code) != 0) {
        p->wrong++;
        if (p->wrong < WRONG_MOST)
            sleep(1); /* who guesses has all the time of the world, and will need it */
        snprintf(out, cap, "Sai mã / wrong code");
        return false;
    }
    return kind == 'A'   ? apply(p, field, out, cap)
           : kind == 'E' ? accept_answer(p, field[1], out, cap)
                         : set_clock(p, field[1]);
}

/* A frame came (its length), the other end is gone (0), or the post was enrolled in another way (-1). */
static ssize_t next_frame(const struct desk *p, int fd, char *frame, size_t cap)
{
    char joined[CONF_TEXT + 32];
    struct pollfd wait = {.fd = fd, .events = POLLIN};

    snprintf(joined, sizeof(joined), "%s/console.json", p->s->conf.node_state_dir);
    for (;;) {
        int ready = poll(&wait, 1, LOOK_MS);
        ssize_t n;
        if (ready == 0 && access(joined, F_OK) == 0)
            return -1;
        if (ready <= 0)
            continue;
        n = recv(fd, frame, cap, 0);
        if (n >= 0 || errno != EINTR)
            return n < 0 ? 0 : n;
    }
}

int writer_serve(struct setup *s, int fd, bool code, const char *address)
{
    static char frame[WRITER_FRAME], out[WRITER_FRAME];
    struct desk p = {.s = s};
    ssize_t n = 0;

    if (code && !make_code(p.code))
        return 3;
    if (code)
        printf("http://%s:%d   mã / code: %s\n", *address ? address : "ADDRESS", SETUP_PORT, p.code);
    fflush(stdout);
    while (!p.enrolled && p.wrong < WRONG_MOST && (n = next_frame(&p, fd, frame, sizeof(frame))) > 0) {
        out[1] = 0;
        out[0] = answer_frame(&p, frame, (size_t)n, out + 1, sizeof(out) - 1) ? '1' : '0';
        if (send(fd, out, strlen(out) + 1, MSG_NOSIGNAL) < 0)
            break;
    }
    if (p.enrolled && code)
        sleep(2); /* the six words are on their way to the browser */
    if (n < 0)
        printf("gatehouse setup: the post was enrolled meanwhile: nothing more is asked\n");
    if (p.wrong >= WRONG_MOST)
        fprintf(stderr, "gatehouse setup: ten wrong codes; start it again for a new one\n");
    return p.enrolled || n <= 0 ? 0 : 3;
}

int writer_unit(struct setup *s)
{
    const struct passwd *pw = getpwnam(ASKS_USER);
    struct ucred who;
    socklen_t n = sizeof(who);

    if (getsockopt(CHANNEL, SOL_SOCKET, SO_PEERCRED, &who, &n) != 0) {
        fprintf(stderr,
                "gatehouse setup --write: it is started by gatehouse-setup-write.socket, not by hand\n");
        return 2;
    }
    (void)fcntl(CHANNEL, F_SETFD, FD_CLOEXEC);
    s->writer = CHANNEL; /* the cards are in another network than ours */
    return writer_serve(s, CHANNEL, who.uid != 0 && !(pw && pw->pw_uid == who.uid), "");
}
