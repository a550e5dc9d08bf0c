/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"
#include "base/msg.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum with_fd { NONE, ONE, MAYBE };
struct row {
    enum role from, to;
    uint32_t max;
    uint8_t fd;
    bool known;
};
#define MSG(name, number, from, to, max, fd) [number] = {ROLE_##from, ROLE_##to, max, fd, true},
static const struct row rows[80] = {
#include "base/msgs.def"
};
#undef MSG
static const char *const role_names[ROLE_COUNT] = {"any",    "keeper",  "sensor", "core",   "scan",
                                                   "worker", "policy", "enforce", "uplink", "console", "lists",
                                                   "outlet", "workbench", "report", "down", "nats", "region"};

/* A queued frame. */
struct frame {
    struct frame *next;
    int fd;
    size_t n;
    uint8_t bytes[];
};
struct msg_chan {
    int fd;
    enum role me, peer;
    struct frame *head, **tail;
    size_t queued_bytes, queued_fds, limit_bytes, limit_fds;
    uint8_t *buf; /* receive buffer, MSG_MAX + 1 */
};

const char *role_name(enum role r)
{
    return (size_t)r < ROLE_COUNT ? role_names[r] : "unknown";
}

int msg_pair(int fds[static 2])
{
    int size = 4 * (MSG_MAX + 1024);

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
        return status_from_errno(errno);
    for (int i = 0; i < 2; i++) /* best effort: without it sends only wait more often */
        if (setsockopt(fds[i], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) != 0)
            (void)setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    return 0;
}

struct msg_chan *msg_chan_new(int fd, enum role me, enum role peer)
{
    struct msg_chan *c = calloc(1, sizeof(*c));

    if (!c)
        return NULL;
    c->buf = malloc(MSG_MAX + 1);
    if (!c->buf) {
        free(c);
        return NULL;
    }
    c->fd = fd;
    c->me = me;
    c->peer = peer;
    c->tail = &c->head;
    c->limit_bytes = 64u << 20;
    c->limit_fds = 1024;
    return c;
}

void msg_chan_free(struct msg_chan *c)
{
    if (!c)
        return;
    while (c->head) {
        struct frame *f = c->head;
        c->head = f->next;
        if (f->fd >= 0)
            close(f->fd);
        free(f);
    }
    close(c->fd);
    free(c->buf);
    free(c);
}

int msg_chan_fd(const struct msg_chan *c)
{
    return c->fd;
}

void msg_chan_limit(struct msg_chan *c, size_t bytes, size_t fds)
{
    c->limit_bytes = bytes;
    c->limit_fds = fds;
}

/* Does the table allow this frame between these two? */
static bool allowed(unsigned type, enum role from, enum role to, size_t n, bool has_fd)
{
    const struct row *r = type < GH_COUNT(rows) && rows[type].known ? &rows[type] : NULL;

    if (!r || n > r->max)
        return false;
    if ((r->from != ROLE_ANY && r->from != from) || (r->to != ROLE_ANY && r->to != to))
        return false;
    return r->fd == MAYBE || (r->fd == ONE) == has_fd;
}

/* One frame to the socket; flags 0 or MSG_DONTWAIT. */
static int transmit(int sock, uint8_t type, struct span body, int fd, int flags)
{
    struct iovec iov[2] = {{&type, 1}, {(void *)body.p, body.n}};
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct msghdr m = {.msg_iov = iov, .msg_iovlen = body.n ? 2 : 1};
    ssize_t n;

    if (fd >= 0) {
        struct cmsghdr *h;
        m.msg_control = control.bytes;
        m.msg_controllen = sizeof(control.bytes);
        h = CMSG_FIRSTHDR(&m);
        h->cmsg_level = SOL_SOCKET;
        h->cmsg_type = SCM_RIGHTS;
        h->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(h), &fd, sizeof(int));
    }
    do
        n = sendmsg(sock, &m, MSG_NOSIGNAL | flags);
    while (n < 0 && errno == EINTR);
    if (n >= 0)
        return 0;
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS || errno == ETOOMANYREFS)
        return ST_AGAIN;
    return errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN ? ST_CLOSED : status_from_errno(errno);
}

int msg_send(struct msg_chan *c, enum msg_type type, struct span body, int fd)
{
    int rc;

    gh_check(allowed(type, c->me, c->peer, body.n, fd >= 0));
    while ((rc = msg_flush(c)) == ST_AGAIN || (!rc && (rc = transmit(c->fd, (uint8_t)type, body, fd, MSG_DONTWAIT)) == ST_AGAIN)) {
        struct pollfd p = {.fd = c->fd, .events = POLLOUT};
        /* Too many descriptors in flight leaves the socket writable: wait a moment instead of spinning. */
        if (poll(&p, 1, 1000) > 0 && (p.revents & POLLOUT))
            usleep(50);
    }
    return rc;
}

int msg_post(struct msg_chan *c, enum msg_type type, struct span body, int fd)
{
    struct frame *f;
    int rc;

    gh_check(allowed(type, c->me, c->peer, body.n, fd >= 0));
    rc = c->head ? ST_AGAIN : transmit(c->fd, (uint8_t)type, body, fd, MSG_DONTWAIT);
    if (rc == 0 && fd >= 0)
        close(fd);
    if (rc != ST_AGAIN)
        return rc;
    if (c->queued_bytes + body.n > c->limit_bytes || (fd >= 0 && c->queued_fds >= c->limit_fds))
        return ST_FULL;
    f = malloc(sizeof(*f) + body.n + 1);
    if (!f)
        return ST_NOMEM;
    f->next = NULL;
    f->fd = fd;
    f->n = body.n + 1;
    f->bytes[0] = (uint8_t)type;
    if (body.n)
        memcpy(f->bytes + 1, body.p, body.n);
    *c->tail = f;
    c->tail = &f->next;
    c->queued_bytes += f->n;
    c->queued_fds += fd >= 0;
    return 0;
}

int msg_flush(struct msg_chan *c)
{
    while (c->head) {
        struct frame *f = c->head;
        int rc = transmit(c->fd, f->bytes[0], span_of(f->bytes + 1, f->n - 1), f->fd, MSG_DONTWAIT);
        if (rc)
            return rc;
        c->head = f->next;
        if (!c->head)
            c->tail = &c->head;
        c->queued_bytes -= f->n;
        c->queued_fds -= f->fd >= 0;
        if (f->fd >= 0)
            close(f->fd);
        free(f);
    }
    return 0;
}

bool msg_pending(const struct msg_chan *c)
{
    return c->head != NULL;
}

size_t msg_pending_bytes(const struct msg_chan *c)
{
    return c->queued_bytes;
}

/* The one descriptor of a received message; more than one are closed and make the message invalid. */
static int take_fds(struct msghdr *m, bool *ret_extra)
{
    int first = -1;

    for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h; h = CMSG_NXTHDR(m, h)) {
        size_t n = h->cmsg_len >= CMSG_LEN(0) ? (h->cmsg_len - CMSG_LEN(0)) / sizeof(int) : 0;
        if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
            continue;
        for (size_t i = 0; i < n; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(h) + i * sizeof(int), sizeof(int));
            if (first < 0) {
                first = fd;
            } else {
                close(fd);
                *ret_extra = true;
            }
        }
    }
    return first;
}

int msg_receive(struct msg_chan *c, struct msg *ret, bool wait)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(4 * sizeof(int))];
    } control;
    struct iovec iov = {c->buf, MSG_MAX + 1};
    struct msghdr m = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes)};
    bool extra = false;
    ssize_t n;
    int fd;

    do
        n = recvmsg(c->fd, &m, MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT));
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK ? ST_AGAIN : ST_CLOSED;
    fd = take_fds(&m, &extra);
    if (n == 0) {
        if (fd >= 0)
            close(fd);
        return ST_CLOSED;
    }
    if (extra || (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) || !allowed(c->buf[0], c->peer, c->me, (size_t)n - 1, fd >= 0)) {
        if (fd >= 0)
            close(fd);
        return ST_MALFORMED;
    }
    *ret = (struct msg){.type = (enum msg_type)c->buf[0], .body = span_of(c->buf + 1, (size_t)n - 1), .fd = fd};
    return 0;
}

int msg_memfd_seal(int fd)
{
    if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
        return status_from_errno(errno);
    return 0;
}

int msg_memfd(const char *name, struct span bytes)
{
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING), rc;

    if (fd < 0)
        return status_from_errno(errno);
    rc = file_write(fd, bytes);
    if (!rc)
        rc = msg_memfd_seal(fd);
    if (rc == 0)
        return fd;
    close(fd);
    return rc < 0 ? rc : ST_IO;
}

int msg_memfd_check(int fd, uint64_t *ret_size)
{
    struct stat st;
    int seals = fcntl(fd, F_GET_SEALS);

    /* An unsealed file could shrink under a mapping and kill the reader; a pipe or socket could make it wait for ever. */
    if (seals < 0 || (seals & (F_SEAL_SHRINK | F_SEAL_WRITE)) != (F_SEAL_SHRINK | F_SEAL_WRITE))
        return ST_MALFORMED;
    if (fstat(fd, &st) != 0 || st.st_size < 0)
        return ST_IO;
    *ret_size = (uint64_t)st.st_size;
    return 0;
}

int msg_map(int fd, size_t max, struct span *ret)
{
    uint64_t size = 0;
    int rc = msg_memfd_check(fd, &size);
    void *p;

    if (rc)
        return rc;
    if (size > max)
        return ST_LIMIT;
    if (size == 0) {
        *ret = (struct span){(const uint8_t *)"", 0};
        return 0;
    }
    p = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED)
        return ST_NOMEM;
    *ret = span_of(p, (size_t)size);
    return 0;
}

void msg_unmap(struct span s)
{
    if (s.n)
        munmap((void *)s.p, s.n);
}
