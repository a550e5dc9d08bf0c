/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/core/output_impl.h"
#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define FLUSH_AT (64u << 10)
#define STRICT_BUFFER (512u << 10)
#define STRICT_LONGEST (16u << 20)
#define PIPE_PIECE 4096u /* a pipe that polls writable takes as much without waiting (PIPE_BUF) */
#define RETRY_MS 1000

/* ---- writing ---- */

static size_t lines_in(struct span s)
{
    size_t n = 0;

    for (ptrdiff_t at = 0; (at = span_find_byte(s, '\n', (size_t)at)) >= 0; at++)
        n++;
    return n;
}

static struct span waiting(const struct output *o)
{
    return span_part(writer_span(&o->buf), o->head, o->buf.n);
}

/* Makes room of what is written, but for the beginning of a line that is not written whole. */
static void compact(struct output *o)
{
    size_t from = o->head;

    while (o->mid && from && o->buf.p[from - 1] != '\n')
        from--;
    memmove(o->buf.p, o->buf.p + from, o->buf.n - from);
    o->buf.n -= from;
    o->head -= from;
}

/* The first n waiting bytes are written, or given up. */
static void pass(struct output *o, size_t n)
{
    o->head += n;
    if (o->head == o->buf.n) {
        writer_clear(&o->buf);
        o->head = 0;
    } else if (o->head > o->most / 2) {
        compact(o);
    }
}

static void on_writable(void *arg, uint32_t events)
{
    struct output *o = arg;

    (void)events;
    loop_io_remove(o->io);
    o->io = NULL;
    (void)output_flush(o);
}

/* The reader is gone. What it had of a line that was begun is no line: the next one gets whole lines. */
static void lose_reader(struct output *o)
{
    if (o->gone)
        return;
    o->gone = true;
    loop_io_remove(o->io);
    o->io = NULL;
    if (o->fd > STDOUT_FILENO)
        close(o->fd);
    o->fd = -1;
    if (o->mid) {
        ptrdiff_t end = span_find_byte(waiting(o), '\n', 0);
        o->counts.closed++;
        pass(o, end < 0 ? waiting(o).n : (size_t)end + 1);
        o->mid = false;
    }
    log_warn("output.eve: nobody reads %s any more; up to %llu bytes of events wait for the next reader",
             o->where.kind == OUTLET_STDOUT ? "standard output" : o->where.path, (unsigned long long)o->most);
    if (o->closed)
        o->closed(o->arg);
}

static bool would_wait(int e)
{
    return e == EAGAIN || e == EWOULDBLOCK || e == ENOBUFS;
}

/* One piece of what waits. Bytes taken, 0 when it must be waited, or a negative code. A datagram counts its
 * line's end. */
static ssize_t write_piece(struct output *o, struct span s)
{
    struct pollfd p = {.fd = o->fd, .events = POLLOUT};
    int flags = MSG_NOSIGNAL | (o->strict ? 0 : MSG_DONTWAIT);
    ptrdiff_t end;
    ssize_t n;

    switch (o->where.kind) {
    case OUTLET_STREAM:
        n = send(o->fd, s.p, s.n, flags);
        break;
    case OUTLET_DGRAM:
        end = span_find_byte(s, '\n', 0);
        n = send(o->fd, s.p, (size_t)end, flags);
        if (n < 0 && errno != EMSGSIZE)
            break;
        if (n < 0)
            o->counts.too_long++;
        else
            o->counts.written++;
        return end + 1;
    default:
        if (o->where.kind == OUTLET_STDOUT && !o->strict) {
            if (poll(&p, 1, 0) != 1)
                return 0;
            s = span_part(s, 0, PIPE_PIECE);
        }
        if (o->where.kind == OUTLET_FILE)
            s = output_file_piece(o, s);
        n = write(o->fd, s.p, s.n);
        break;
    }
    if (n >= 0)
        return n;
    if (errno == EINTR || would_wait(errno))
        return 0;
    return errno == EPIPE || errno == ECONNRESET || errno == ECONNREFUSED || errno == ENOTCONN
               ? ST_CLOSED
               : status_from_errno(errno);
}

/* Strict: waits until the socket takes more. */
static void wait_writable(const struct output *o)
{
    struct pollfd p = {.fd = o->fd, .events = POLLOUT};

    (void)poll(&p, 1, 1000);
}

static void written(struct output *o, struct span s)
{
    if (o->where.kind != OUTLET_DGRAM)
        o->counts.written += lines_in(s);
    o->size += s.n;
    o->mid = o->where.kind != OUTLET_DGRAM && s.p[s.n - 1] != '\n';
}

static void failed(struct output *o, int rc)
{
    if (o->strict) {
        o->rc = rc;
        writer_clear(&o->buf);
        o->head = 0;
    } else if (rc == ST_CLOSED && o->where.kind != OUTLET_FILE) {
        lose_reader(o);
    } else {
        output_file_failed(o, rc);
        o->retry_ms = clock_mono_ms() + RETRY_MS;
    }
}

int output_rc(const struct output *o)
{
    return o ? o->rc : 0;
}

int output_flush(struct output *o)
{
    if (!o || o->rc)
        return o ? o->rc : 0;
    if (o->gone || o->io || o->retry_ms > clock_mono_ms())
        return 0;
    while (waiting(o).n) {
        struct span s = waiting(o);
        ssize_t n = write_piece(o, s);
        if (n < 0) {
            failed(o, (int)n);
            return o->rc;
        }
        if (n == 0 && o->strict) {
            wait_writable(o);
            continue;
        }
        if (n == 0) {
            o->io = o->loop ? loop_io_add(o->loop, o->fd, EPOLLOUT, on_writable, o) : NULL;
            return 0; /* what epoll cannot watch is tried again by the tick */
        }
        written(o, span_part(s, 0, (size_t)n));
        pass(o, (size_t)n);
        if (o->where.kind == OUTLET_FILE)
            output_file_written(o);
    }
    return 0;
}

/* ---- lines ---- */

static void lose(struct output *o)
{
    uint64_t *count = o->gone ? &o->counts.closed : o->failing ? &o->counts.full : &o->counts.slow;

    (*count)++;
    if (!o->told && !o->gone && !o->failing)
        log_warn("output.eve: the reader is too slow: events are lost to it, and counted. Said once until it "
                 "has caught up");
    o->told = true;
}

bool output_put(struct output *o, enum event_type type, struct span json)
{
    if (!o || !(o->types >> type & 1))
        return false;
    if (o->rc)
        return true;
    if (json.n >= o->most - FLUSH_AT) {
        o->counts.too_long++;
        if (o->strict)
            o->rc = ST_LIMIT;
        return true;
    }
    if (json.n + 1 > o->most - o->buf.n)
        compact(o);
    if (json.n + 1 > o->most - o->buf.n) {
        lose(o);
        return true;
    }
    writer_put(&o->buf, json);
    writer_u8(&o->buf, '\n');
    if (!writer_ok(&o->buf)) {
        o->rc = ST_NOMEM;
        return true;
    }
    if (o->buf.n - o->head >= (o->strict ? STRICT_BUFFER : FLUSH_AT))
        (void)output_flush(o);
    return true;
}

void output_tick(struct output *o, uint64_t now_ms)
{
    if (!o)
        return;
    (void)output_flush(o);
    if (!o->gone && !o->failing && o->told && o->buf.n - o->head < o->most / 2)
        o->told = false;
    if (o->where.kind == OUTLET_FILE)
        output_file_rotate(o, now_ms);
}

bool output_pressing(const struct output *o)
{
    return o && o->wait && o->buf.n - o->head > o->most / 2;
}

void output_start(struct output *o, struct loop *loop, void (*closed)(void *arg), void *arg)
{
    if (!o)
        return;
    o->loop = loop;
    o->closed = closed;
    o->arg = arg;
    if (o->where.kind == OUTLET_FILE)
        output_file_check(o);
    if (o->gone) {
        log_warn("output.eve: nobody listens on %s yet; events wait for a reader", o->where.path);
        closed(arg);
    }
}

void output_take(struct output *o, int fd)
{
    if (!o || o->where.kind <= OUTLET_FILE || o->strict) {
        close(fd);
        return;
    }
    loop_io_remove(o->io);
    o->io = NULL;
    if (o->fd > STDOUT_FILENO)
        close(o->fd);
    o->fd = fd;
    o->gone = o->mid = o->told = false;
    log_info("output.eve: %s is read again", o->where.path);
    (void)output_flush(o);
}

void output_reopen(struct output *o)
{
    if (o && o->where.kind == OUTLET_FILE)
        output_file_reopen(o);
}

const struct output_counts *output_counts(const struct output *o)
{
    return o ? &o->counts : NULL;
}

void output_facts(const struct output_counts *n, struct jw *j)
{
    const struct {
        const char *name;
        uint64_t n;
    } lost[] = {{"slow", n->slow}, {"closed", n->closed}, {"full", n->full}, {"too_long", n->too_long}};

    jw_kobj(j, "output");
    jw_ku64(j, "written", n->written);
    jw_kobj(j, "lost");
    for (size_t i = 0; i < GH_COUNT(lost); i++)
        if (lost[i].n)
            jw_ku64(j, lost[i].name, lost[i].n);
    jw_end_obj(j);
    jw_end_obj(j);
}

/* ---- life ---- */

int output_open(const struct conf *conf, bool strict, struct output **ret, char *err, size_t cap)
{
    struct outlet where;
    struct output *o;
    struct span wrong;
    int rc = outlet_parse(conf->output_eve, &where);

    if (!rc && where.kind == OUTLET_NONE && strict)
        where = (struct outlet){.kind = OUTLET_STDOUT, .path = ""};
    if (rc || where.kind == OUTLET_NONE)
        return rc;
    o = calloc(1, sizeof(*o));
    gh_check(o);
    *o = (struct output){.where = where,
                         .fd = -1,
                         .dir = -1,
                         .strict = strict,
                         .wait = conf->output_eve_wait,
                         .max = conf->output_eve_max,
                         .every_ms = conf->output_eve_every,
                         .keep = (unsigned)conf->output_eve_keep,
                         .most = strict ? STRICT_BUFFER + STRICT_LONGEST : conf->output_eve_buffer};
    (void)outlet_types(span_str(conf->output_eve_types), &o->types,
                       &wrong); /* the configuration was checked */
    writer_init(&o->buf, o->most);
    if (where.kind == OUTLET_STDOUT)
        o->fd = STDOUT_FILENO;
    else if (where.kind == OUTLET_FILE)
        rc = output_file_open(o, conf, err, cap);
    else if ((o->fd = outlet_connect(&where)) < 0 && (strict || o->fd != ST_CLOSED))
        rc = o->fd;
    if (rc && where.kind != OUTLET_FILE)
        snprintf(err, cap, "output.eve: %s: %s", where.path, status_text(rc));
    if (rc) {
        output_close(o);
        return rc;
    }
    o->gone = o->fd < 0;
    *ret = o;
    return 0;
}

/* What waits is written as far as the other side takes it within a second; the rest is told. */
static void last_words(struct output *o)
{
    size_t left;

    loop_io_remove(o->io);
    o->io = NULL;
    for (int i = 0; i < 10 && o->fd >= 0; i++) {
        struct pollfd p = {.fd = o->fd, .events = POLLOUT};
        if (output_flush(o) != 0 || o->gone || o->failing || !waiting(o).n)
            break;
        loop_io_remove(o->io);
        o->io = NULL;
        (void)poll(&p, 1, 100);
    }
    left = lines_in(waiting(o));
    if (left && !o->strict)
        log_warn("output.eve: %zu events were not written when everything ended", left);
}

void output_close(struct output *o)
{
    if (!o)
        return;
    last_words(o);
    loop_io_remove(o->io);
    if (o->fd > STDOUT_FILENO)
        close(o->fd);
    if (o->dir >= 0)
        close(o->dir);
    writer_done(&o->buf);
    free(o);
}

int output_dir(const struct output *o)
{
    return o ? o->dir : -1;
}
