/* SPDX-License-Identifier: GPL-3.0-or-later
 * Files that are moved, rotated and full; sockets that are slow, gone and back. Whatever happens, only whole
 * lines come out, and each line that was put is written, lost by name or still waiting. */
#include "policy/core/output.h"
#include "base/outlet.h"
#include "tests/check.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static char dir[64];
static unsigned closed_calls;

static void on_closed(void *arg)
{
    (void)arg;
    closed_calls++;
}

static const char *path(const char *name)
{
    static char buf[4][160];
    static unsigned next;

    next = (next + 1) % 4;
    snprintf(buf[next], sizeof(buf[next]), "%s/%s", dir, name);
    return buf[next];
}

static struct conf settings(const char *prefix, const char *name)
{
    static struct conf c;

    conf_defaults(&c);
    snprintf(c.output_eve, sizeof(c.output_eve), "%s%s", prefix, path(name));
    return c;
}

static struct output *start(const struct conf *c, struct loop *loop)
{
    struct output *o = NULL;
    char err[512] = "";

    CHECK(output_open(c, false, &o, err, sizeof(err)) == 0);
    CHECK_STR(err, "");
    gh_check(o);
    output_start(o, loop, on_closed, NULL);
    return o;
}

/* Puts {"n":first} … of about size bytes each. */
static void put(struct output *o, unsigned first, unsigned count, size_t size)
{
    char *line = malloc(size + 32);

    gh_check(line);
    for (unsigned i = first; i < first + count; i++) {
        int n = snprintf(line, 32, "{\"n\":%u,\"x\":\"", i);
        memset(line + n, 'x', size);
        memcpy(line + n + size, "\"}", 2);
        CHECK(output_put(o, EVENT_HTTP, span_of(line, (size_t)n + size + 2)));
    }
    free(line);
}

/* Whole lines only, numbers rising; *ret_last is the last one. */
static unsigned check_lines(const char *text, size_t n, long *ret_last)
{
    unsigned lines = 0;

    while (n) {
        const char *end = memchr(text, '\n', n);
        char *stop;
        long number;
        CHECK(end != NULL && !strncmp(text, "{\"n\":", 5));
        if (!end || strncmp(text, "{\"n\":", 5) != 0)
            break;
        number = strtol(text + 5, &stop, 10);
        CHECK(*stop == ',' && number > *ret_last);
        CHECK(end[-1] == '}');
        *ret_last = number;
        lines++;
        n -= (size_t)(end + 1 - text);
        text = end + 1;
    }
    return lines;
}

static unsigned lines_of(const char *name, long *last)
{
    FILE *f = fopen(path(name), "rb");
    char *text = malloc(16 << 20);
    size_t n;
    unsigned lines;

    gh_check(text);
    if (!f) {
        free(text);
        return 0;
    }
    n = fread(text, 1, 16 << 20, f);
    fclose(f);
    lines = check_lines(text, n, last);
    free(text);
    return lines;
}

static void test_file(void)
{
    struct conf c = settings("", "eve.json");
    struct output *o = start(&c, NULL);
    struct stat st;
    long last = -1;

    check_row("file");
    put(o, 0, 3, 10);
    CHECK(output_flush(o) == 0);
    CHECK_U64(lines_of("eve.json", &last), 3);
    CHECK(stat(path("eve.json"), &st) == 0 && (st.st_mode & 0777) == 0640);
    check_row("moved away and opened again");
    CHECK(rename(path("eve.json"), path("old")) == 0);
    put(o, 3, 1, 10);
    output_reopen(o);
    put(o, 4, 2, 10);
    output_close(o);
    last = -1;
    CHECK_U64(lines_of("old", &last), 4);
    CHECK_U64(lines_of("eve.json", &last), 2);
    check_row("goes on behind what is there");
    o = start(&c, NULL);
    put(o, 6, 1, 10);
    output_close(o);
    last = 3;
    CHECK_U64(lines_of("eve.json", &last), 3);
    check_row("a name that is taken");
    o = start(&c, NULL);
    CHECK(unlink(path("eve.json")) == 0 && mkdir(path("eve.json"), 0700) == 0);
    output_reopen(o);
    put(o, 7, 1, 10);
    CHECK(output_flush(o) == 0); /* into the old one */
    CHECK_U64(output_counts(o)->written, 1);
    output_close(o);
    CHECK(rmdir(path("eve.json")) == 0);
}

static void test_refused(void)
{
    static const char *const names[] = {"fifo", "nowhere/eve.json", "link", "."};
    struct output *o;
    char err[512];

    CHECK(mkfifo(path("fifo"), 0600) == 0 && symlink("target", path("link")) == 0);
    for (size_t i = 0; i < GH_COUNT(names); i++) {
        struct conf c = settings("", names[i]);
        check_row(names[i]);
        o = NULL;
        err[0] = 0;
        CHECK(output_open(&c, false, &o, err, sizeof(err)) < 0 && !o);
        CHECK(strstr(err, "output.eve: ") == err);
    }
}

static void test_rotation(void)
{
    struct conf c = settings("", "rot.json");
    struct output *o;
    long last = -1;
    struct stat st;

    check_row("rotation by size");
    c.output_eve_max = 20000;
    c.output_eve_keep = 2;
    o = start(&c, NULL);
    for (unsigned i = 0; i < 100; i++) {
        put(o, i, 1, 1000);
        CHECK(output_flush(o) == 0);
    }
    output_close(o);
    CHECK_U64(lines_of("rot.json.3", &last), 0);
    CHECK(lines_of("rot.json.2", &last) == 20);
    CHECK(lines_of("rot.json.1", &last) == 20);
    (void)lines_of("rot.json", &last);
    CHECK(last == 99 || (stat(path("rot.json"), &st) == 0 && !st.st_size));
    check_row("rotation by time");
    c = settings("", "time.json");
    c.output_eve_every = 1000;
    o = start(&c, NULL);
    put(o, 0, 1, 10);
    output_tick(o, 0);
    CHECK(access(path("time.json.1"), F_OK) != 0);
    output_tick(o, UINT64_MAX / 2);
    CHECK(access(path("time.json.1"), F_OK) == 0);
    output_tick(o, UINT64_MAX / 2 + 5000); /* nothing was written: an empty file is not rotated */
    CHECK(access(path("time.json.2"), F_OK) != 0);
    output_close(o);
}

/* RLIMIT_FSIZE stands for a disk without room. */
static void test_full(void)
{
    struct conf c = settings("", "full.json");
    struct rlimit old, small;
    struct output *o;
    const struct output_counts *n;
    long last = -1;

    check_row("full disk");
    CHECK(getrlimit(RLIMIT_FSIZE, &old) == 0);
    small = old;
    small.rlim_cur = 300000;
    c.output_eve_buffer = 2 << 20;
    o = start(&c, NULL);
    n = output_counts(o);
    signal(SIGXFSZ, SIG_IGN);
    CHECK(setrlimit(RLIMIT_FSIZE, &small) == 0);
    put(o, 0, 4000, 1000);
    CHECK(output_flush(o) == 0);
    CHECK(n->full > 0 && n->slow == 0 && n->written > 0);
    CHECK(lines_of("full.json", &last) == n->written);
    check_row("room again");
    CHECK(setrlimit(RLIMIT_FSIZE, &old) == 0);
    for (int i = 0; i < 100 && n->written + n->full < 4000; i++) {
        usleep(50000); /* it tries once a second */
        output_tick(o, 0);
    }
    CHECK_U64(n->written + n->full, 4000);
    put(o, 4000, 5, 10);
    output_close(o);
    last = -1;
    CHECK(lines_of("full.json", &last) > 2000 && last == 4004);
}

static int listen_on(const char *name, int type)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0), big = 1 << 20;

    snprintf(a.sun_path, sizeof(a.sun_path), "%.100s", path(name));
    (void)unlink(a.sun_path);
    CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0);
    if (type == SOCK_STREAM)
        CHECK(listen(fd, 5) == 0);
    else
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &big, sizeof(big));
    return fd;
}

/* All that comes until the writer has nothing more. */
static size_t drain(int fd, struct output *o, struct loop *loop, char *text, size_t cap)
{
    size_t n = 0;
    ssize_t got;
    int idle = 0;

    while (n < cap && idle < 20) {
        got = recv(fd, text + n, cap - n, MSG_DONTWAIT);
        if (got > 0) {
            n += (size_t)got;
            idle = 0;
            continue;
        }
        idle++;
        (void)loop_once(loop, 1);
        output_tick(o, 0);
    }
    return n;
}

static void test_stream(void)
{
    struct conf c = settings("unix:", "s");
    struct loop *loop = loop_new();
    int door = listen_on("s", SOCK_STREAM), reader, again;
    struct output *o;
    const struct output_counts *n;
    char *text = malloc(8 << 20);
    size_t got, whole;
    long last = -1;

    check_row("socket: a slow reader");
    gh_check(text && loop);
    c.output_eve_buffer = 2 << 20;
    o = start(&c, loop);
    n = output_counts(o);
    reader = accept(door, NULL, NULL);
    put(o, 0, 5000, 1000);
    CHECK(n->slow > 1000 && !output_pressing(o));
    got = drain(reader, o, loop, text, 8 << 20);
    CHECK(check_lines(text, got, &last) == n->written);
    CHECK_U64(n->written + n->slow, 5000);
    put(o, 5000, 10, 10);
    got = drain(reader, o, loop, text, 8 << 20);
    CHECK_U64(check_lines(text, got, &last), 10);
    check_row("the reader goes in the middle of a line");
    put(o, 5010, 1000, 1000);
    (void)output_flush(o);
    got = (size_t)recv(reader, text, 5000, 0);
    CHECK(got == 5000);
    close(reader);
    closed_calls = 0;
    output_tick(o, 0);
    (void)loop_once(loop, 0);
    output_tick(o, 0);
    CHECK_U64(closed_calls, 1);
    CHECK(n->closed <= 1);
    put(o, 6010, 3000, 1000);
    CHECK(n->closed > 100);
    check_row("and is back");
    again = outlet_connect(&(struct outlet){OUTLET_STREAM, path("s")});
    CHECK(again >= 0);
    output_take(o, again);
    reader = accept(door, NULL, NULL);
    got = drain(reader, o, loop, text, 8 << 20);
    whole = check_lines(text, got, &last);
    CHECK(whole > 1000 && last > 6010);
    CHECK_U64(n->written + n->slow + n->closed, 9010);
    close(reader);
    close(door);
    output_close(o);
    check_row("nobody is there yet");
    closed_calls = 0;
    o = start(&c, loop);
    CHECK_U64(closed_calls, 1);
    put(o, 0, 1, 10);
    CHECK_U64(output_counts(o)->written, 0);
    output_close(o);
    free(text);
    loop_free(loop);
}

static void test_wait(void)
{
    struct conf c = settings("unix:", "w");
    int door = listen_on("w", SOCK_STREAM);
    struct output *o;

    check_row("output.eve_wait");
    c.output_eve_buffer = 2 << 20;
    c.output_eve_wait = true;
    o = start(&c, NULL);
    CHECK(!output_pressing(o));
    put(o, 0, 1500, 1000);
    CHECK(output_pressing(o) && output_counts(o)->slow == 0);
    close(door);
    output_close(o);
}

static void test_dgram(void)
{
    struct conf c = settings("unix-dgram:", "d");
    struct loop *loop = loop_new();
    int reader = listen_on("d", SOCK_DGRAM);
    struct output *o = start(&c, loop);
    const struct output_counts *n = output_counts(o);
    char text[2048];

    check_row("datagrams");
    put(o, 0, 2, 10);
    (void)output_flush(o);
    for (int i = 0; i < 2; i++) {
        ssize_t got = recv(reader, text, sizeof(text), MSG_DONTWAIT);
        CHECK(got > 0 && text[got - 1] == '}');
    }
    put(o, 2, 1, 1 << 20);
    put(o, 3, 1, 10);
    (void)output_flush(o);
    CHECK_U64(n->too_long, 1);
    CHECK_U64(n->written, 3);
    closed_calls = 0;
    close(reader);
    put(o, 4, 1, 10);
    (void)output_flush(o);
    CHECK_U64(closed_calls, 1);
    reader = listen_on("d", SOCK_DGRAM);
    output_take(o, outlet_connect(&(struct outlet){OUTLET_DGRAM, path("d")}));
    CHECK_U64(n->written, 4);
    close(reader);
    output_close(o);
    loop_free(loop);
}

static void test_strict(void)
{
    struct conf c = settings("unix:", "x");
    int door = listen_on("x", SOCK_STREAM), reader;
    struct output *o = NULL;
    char err[512];

    check_row("strict");
    snprintf(c.output_eve_types, sizeof(c.output_eve_types), "alert http");
    CHECK(output_open(&c, true, &o, err, sizeof(err)) == 0);
    gh_check(o);
    CHECK(!output_put(o, EVENT_FLOW, span_str("{}")) && output_put(o, EVENT_ALERT, span_str("{}")));
    reader = accept(door, NULL, NULL);
    CHECK(output_flush(o) == 0);
    close(reader);
    put(o, 0, 2, 10);
    CHECK(output_flush(o) == ST_CLOSED && output_rc(o) == ST_CLOSED);
    output_close(o);
    close(door);
    o = NULL;
    CHECK(output_open(&c, true, &o, err, sizeof(err)) == ST_CLOSED && !o);
    CHECK(!output_put(NULL, EVENT_FLOW, span_str("{}")) && !output_counts(NULL) && output_dir(NULL) < 0);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    snprintf(dir, sizeof(dir), "/tmp/gh-output-XXXXXX");
    gh_check(mkdtemp(dir));
    test_file();
    test_refused();
    test_rotation();
    test_full();
    test_stream();
    test_wait();
    test_dgram();
    test_strict();
    char command[128];
    static const char *const left[] = {"old",         "rot.json", "rot.json.1", "rot.json.2", "time.json",
                                       "time.json.1", "fifo",     "link",       "full.json",  "s",
                                       "w",           "d",        "x"};
    for (size_t i = 0; i < GH_COUNT(left); i++)
        (void)unlink(path(left[i]));
    snprintf(command, sizeof(command), "%s", dir);
    CHECK(rmdir(command) == 0);
    return check_end();
}
