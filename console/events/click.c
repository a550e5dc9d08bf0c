/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/events/click_link.h"
#include "base/log.h"
#include "base/reader.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONNECTIONS 64
#define STATEMENT 2048

struct click {
    int fd, watched;
    struct writer answer;
    char database[LINK_DATABASE], message[CLICK_MESSAGE];
};
struct clicks {
    pid_t pid;
    pthread_mutex_t lock;
    size_t n, taken;
    struct click click[CONNECTIONS];
};

/* The child: nothing of the parent's is left to it but its ends of the pairs. */
static _Noreturn void be_link(struct link_setup *s, int *fds, size_t n)
{
    int low = 3;

    signal(SIGINT, SIG_IGN); /* it ends when the console closes the sockets */
    signal(SIGTERM, SIG_IGN);
    prctl(PR_SET_NAME, "gh-console-link");
    for (size_t i = 0; i < n; i++) { /* in order of their numbers: they were made so */
        if (fds[i] > low)
            close_range((unsigned)low, (unsigned)fds[i] - 1, 0);
        low = fds[i] + 1;
    }
    close_range((unsigned)low, ~0u, 0);
    _exit(link_serve(s, fds, n));
}

static bool make_pairs(struct clicks *c, int *theirs, size_t n)
{
    for (; c->n < n; c->n++) {
        int pair[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
            return false;
        c->click[c->n] = (struct click){.fd = pair[1], .watched = -1};
        writer_init(&c->click[c->n].answer, CLICK_ANSWER_MAX);
        theirs[c->n] = pair[0];
    }
    return true;
}

int clicks_start(const struct click_address *a, size_t connections, struct clicks **ret, char *err,
                 size_t cap)
{
    struct clicks *c = calloc(1, sizeof(*c));
    int theirs[CONNECTIONS], rc;
    struct link_setup setup;

    gh_check(connections <= CONNECTIONS);
    if (!c)
        return ST_NOMEM;
    pthread_mutex_init(&c->lock, NULL);
    rc = link_setup(a, &setup, err, cap);
    if (!rc && !make_pairs(c, theirs, connections))
        rc = status_from_errno(errno);
    for (size_t i = 0; i < c->n; i++)
        snprintf(c->click[i].database, sizeof(c->click[i].database), "%s", setup.database);
    if (!rc) {
        c->pid = fork();
        if (c->pid == 0)
            be_link(&setup, theirs, c->n);
        rc = c->pid < 0 ? status_from_errno(errno) : 0;
    }
    for (size_t i = 0; i < c->n; i++)
        close(theirs[i]);
    link_setup_done(&setup);
    if (rc)
        clicks_stop(c);
    else
        *ret = c;
    return rc;
}

void clicks_stop(struct clicks *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->n; i++) {
        close(c->click[i].fd);
        writer_done(&c->click[i].answer);
    }
    if (c->pid > 0)
        (void)waitpid(c->pid, NULL, 0);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

struct click *clicks_take(struct clicks *c)
{
    struct click *one = NULL;

    pthread_mutex_lock(&c->lock);
    if (c->taken < c->n)
        one = &c->click[c->taken++];
    pthread_mutex_unlock(&c->lock);
    return one;
}

/* Nothing can be asked any more, and another process cannot be made from here. */
static _Noreturn void lost(void)
{
    log_error("the process that speaks with ClickHouse is gone");
    _exit(3);
}

/* Waits for the answer, and meanwhile for whoever asked to go away. */
static void await(struct click *c)
{
    struct pollfd p[2] = {{.fd = c->fd, .events = POLLIN}, {.fd = c->watched, .events = POLLRDHUP}};
    nfds_t n = c->watched >= 0 ? 2 : 1;

    for (;;) {
        if (poll(p, n, -1) < 0 && errno != EINTR)
            lost();
        if (p[0].revents)
            return;
        if (n == 2 && p[1].revents) {
            const uint8_t cancel = LINK_CANCEL;
            if (!link_write(c->fd, &cancel, 1))
                lost();
            n = 1;
        }
    }
}

static int exchange(struct click *c, enum link_kind kind, struct span sql, struct span body, uint64_t ms,
                    struct writer *out)
{
    struct link_head h = {.mark = LINK_REQUEST,
                          .kind = (uint8_t)kind,
                          .ms = (uint32_t)(ms < 3600000 ? ms : 3600000),
                          .sql = sql.n,
                          .body = body.n};
    struct link_answer a;
    uint8_t *to;

    c->message[0] = 0;
    if (sql.n > LINK_SQL_MAX || body.n > CLICK_INSERT_MAX)
        return ST_LIMIT;
    if (!link_write(c->fd, &h, sizeof(h)) || !link_write(c->fd, sql.p, sql.n) ||
        !link_write(c->fd, body.p, body.n))
        lost();
    await(c);
    if (!link_read(c->fd, &a, sizeof(a)))
        lost();
    writer_clear(&c->answer);
    to = writer_reserve(&c->answer, a.n ? a.n : 1);
    if (!to || (a.n && !link_read(c->fd, to, a.n)))
        lost(); /* without room for it there is no way on in the stream */
    writer_advance(&c->answer, a.n);
    if (a.rc) {
        snprintf(c->message, sizeof(c->message), "%.*s", (int)(a.n < CLICK_MESSAGE ? a.n : CLICK_MESSAGE - 1),
                 (const char *)to);
        return a.rc;
    }
    if (out)
        writer_put(out, writer_span(&c->answer));
    return out && !writer_ok(out) ? ST_NOMEM : 0;
}

int click_ask(struct click *c, struct span sql, uint64_t ms, struct writer *out)
{
    struct writer w;
    int rc;

    writer_init(&w, LINK_SQL_MAX);
    writer_put(&w, sql);
    writer_str(&w, " FORMAT RowBinary");
    rc = writer_ok(&w) ? exchange(c, LINK_ASK, writer_span(&w), (struct span){NULL, 0}, ms, out) : ST_LIMIT;
    writer_done(&w);
    return rc;
}

int64_t click_number(struct click *c, int64_t otherwise, uint64_t ms, int *ret_rc, const char *sql, ...)
{
    char text[STATEMENT];
    struct writer out;
    struct reader r;
    va_list ap;
    int n, rc;

    va_start(ap, sql);
    n = vsnprintf(text, sizeof(text), sql, ap);
    va_end(ap);
    gh_check(n > 0 && n < STATEMENT);
    writer_init(&out, 64);
    rc = click_ask(c, span_str(text), ms, &out);
    r = reader_span(writer_span(&out));
    if (!rc && out.n == 8)
        otherwise = (int64_t)reader_le64(&r);
    else if (!rc)
        rc = ST_MALFORMED;
    writer_done(&out);
    if (ret_rc)
        *ret_rc = rc;
    return otherwise;
}

int click_run(struct click *c, struct span sql, uint64_t ms)
{
    return exchange(c, LINK_RUN, sql, (struct span){NULL, 0}, ms, NULL);
}

int click_insert(struct click *c, const char *table, struct span rows, uint64_t ms)
{
    char sql[256];

    snprintf(sql, sizeof(sql), "INSERT INTO %s FORMAT RowBinary", table);
    return exchange(c, LINK_INSERT, span_str(sql), rows, ms, NULL);
}

int click_inserting(struct click *c)
{
    int rc;
    int64_t n = click_number(
        c, 0, 5000, &rc,
        "SELECT toInt64(count()) FROM system.processes WHERE query_id = 'gatehouse-ship-%.40s'", c->database);

    return rc ? -1 : n > 0;
}

const char *click_message(const struct click *c)
{
    return c->message;
}

void click_watch(struct click *c, int fd)
{
    c->watched = fd;
}

void click_text(struct writer *w, struct span s)
{
    static const char hex[] = "0123456789abcdef";

    writer_u8(w, '\'');
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        if ((c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == ' ') {
            writer_u8(w, c);
        } else {
            writer_str(w, "\\x");
            writer_u8(w, (uint8_t)hex[c >> 4]);
            writer_u8(w, (uint8_t)hex[c & 15]);
        }
    }
    writer_u8(w, '\'');
}

void click_bytes(struct writer *w, struct span s)
{
    writer_str(w, "unhex('");
    writer_hex(w, s.p, s.n);
    writer_str(w, "')");
}

void click_put_count(struct writer *w, uint64_t n)
{
    for (; n >= 128; n >>= 7)
        writer_u8(w, (uint8_t)(n | 128));
    writer_u8(w, (uint8_t)n);
}

void click_put_text(struct writer *w, struct span s)
{
    click_put_count(w, s.n);
    writer_put(w, s);
}

struct span click_take_text(struct reader *r)
{
    uint64_t n = 0;
    unsigned shift = 0;
    uint8_t c;

    do {
        c = reader_u8(r);
        n |= (uint64_t)(c & 127) << shift;
        shift += 7;
    } while (c & 128 && shift < 63);
    if (c & 128)
        r->bad = true; /* no text is that long */
    return reader_take(r, n < SIZE_MAX ? (size_t)n : SIZE_MAX);
}
