/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/enforce/nft.h"
#include "base/writer.h"
#include "policy/enforce/nft_wire.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define NFT_WAIT_MS 2000

struct nft {
    int fd; /* SOCK_SEQPACKET to the helper; -1 */
};

bool nft_table_name(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

    return n > 0 && n < 32 && !name[n];
}

/* Of a unit that has the right, so that this process needs none. -1: it does not run. */
static int join_helper(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    if (fd >= 0 && ((size_t)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path) >= sizeof(at.sun_path) ||
                    connect(fd, (const struct sockaddr *)&at, sizeof(at)) != 0)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static int fork_helper(void)
{
    int fds[2];
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
        return -1;
    pid = fork();
    if (pid == 0) {
        close(fds[0]);
        for (int fd = 3; fd < 64; fd++) /* channels of the enforcer are none of its business */
            if (fd != fds[1])
                close(fd);
        _exit(nft_serve(fds[1]));
    }
    close(fds[1]);
    if (pid > 0)
        return fds[0];
    close(fds[0]);
    return -1;
}

struct nft *nft_new(const char *table, uint64_t timeout_ms, const char *helper)
{
    struct nft *n = calloc(1, sizeof(*n));
    struct nft_hello hello = {.timeout_ms = timeout_ms};

    if (!n)
        return NULL;
    n->fd = -1;
    if (!nft_table_name(table))
        return n;
    snprintf(hello.table, sizeof(hello.table), "%s", table);
    n->fd = helper ? join_helper(helper) : fork_helper();
    if (n->fd >= 0 && send(n->fd, &hello, sizeof(hello), MSG_NOSIGNAL) != sizeof(hello)) {
        close(n->fd);
        n->fd = -1;
    }
    return n;
}

void nft_free(struct nft *n)
{
    if (!n)
        return;
    if (n->fd >= 0)
        close(n->fd); /* the helper removes the table and ends */
    free(n);
}

/* One request and its answer. */
static int ask(struct nft *n, const struct nft_pair *p, char *err, size_t cap)
{
    struct pollfd wait = {.fd = n->fd, .events = POLLIN};
    char answer[NFT_ANSWER];

    if (n->fd < 0 || send(n->fd, p, sizeof(*p), MSG_NOSIGNAL) != sizeof(*p)) {
        snprintf(err, cap, "the nftables helper does not run");
        return ST_IO;
    }
    if (poll(&wait, 1, NFT_WAIT_MS) != 1 || recv(n->fd, answer, sizeof(answer), 0) != sizeof(answer)) {
        snprintf(err, cap, "nftables did not answer in time");
        close(n->fd); /* a late answer must not be taken for that of the next pair */
        n->fd = -1;
        return ST_TIMEOUT;
    }
    answer[NFT_ANSWER - 1] = 0;
    if (!answer[0])
        return 0;
    snprintf(err, cap, "nftables: %s", answer);
    return span_find(span_str(answer), span_str("not permitted"), 0) >= 0 ? ST_DENIED : ST_IO;
}

int nft_block(struct nft *n, const struct event_target *t, char *err, size_t cap)
{
    struct nft_pair p = {.op = NFT_BLOCK, .ipv6 = t->ipv6};

    memcpy(p.a, t->client, 16);
    memcpy(p.b, t->server, 16);
    return ask(n, &p, err, cap);
}

int nft_flush(struct nft *n, char *err, size_t cap)
{
    const struct nft_pair p = {.op = NFT_FLUSH};

    return ask(n, &p, err, cap);
}
