/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/listen.h"
#include "console/state.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 512

static void explain(const struct conf *c, int error, char *err, size_t cap)
{
    const char *what = strerror(error), *todo = "Set console.listen to another address";

    if (error == EADDRINUSE) {
        what = "another program listens there already";
        todo = "Stop it, or set console.listen to another port";
    } else if (error == EACCES) {
        what = "this user may not listen there";
        todo = "Ports below 1024 need root or CAP_NET_BIND_SERVICE; or set console.listen to a port above";
    } else if (error == EADDRNOTAVAIL) {
        what = "this machine has no such address";
    }
    snprintf(err, cap, "%s: %s. %s", c->console_listen, what, todo);
}

static int bind_one(const struct addrinfo *ai)
{
    int on = 1, fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* accepted sockets inherit it */
    if (bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    on = errno;
    close(fd);
    errno = on;
    return -1;
}

int listen_open(const struct conf *c, unsigned *ret_port, char *err, size_t cap)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } own = {.v6 = {0}};
    socklen_t n = sizeof(own);
    char host[256], port[8];
    struct addrinfo *list;
    int fd, rc;

    if (!state_listen(c, host, sizeof(host), port)) {
        snprintf(err, cap, "console.listen: '%s' is not ADDRESS:PORT, like 127.0.0.1:8443 or [::1]:8443",
                 c->console_listen);
        return -1;
    }
    rc = getaddrinfo(host, port, &hints, &list);
    if (rc) {
        snprintf(err, cap, "console.listen: '%s': %s", c->console_listen, gai_strerror(rc));
        return -1;
    }
    fd = bind_one(list);
    if (fd < 0)
        explain(c, errno, err, cap);
    freeaddrinfo(list);
    if (fd < 0)
        return -1;
    if (getsockname(fd, &own.any, &n) == 0)
        *ret_port = ntohs(own.any.sa_family == AF_INET6 ? own.v6.sin6_port : own.v4.sin_port);
    return fd;
}
