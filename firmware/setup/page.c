/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/setup/page.h"
#include "firmware/setup/writer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int open_listener(const char *address)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(SETUP_PORT)};
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

/* One process listens, its parent writes. */
static int serve_both(struct setup *s, int listener, const char *address)
{
    int fds[2], rc;
    pid_t child;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
        return 3;
    child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(fds[0]);
        page_serve(listener, fds[1], &s->conf);
    }
    close(listener);
    close(fds[1]);
    rc = child > 0 ? writer_serve(s, fds[0], true, address)
                   : 3; /* the code is made after the child: it does not know it */
    close(fds[0]);
    if (child > 0) {
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
    return rc;
}

int setup_page(struct setup *s, const char *address)
{
    int listener = open_listener(address);

    if (listener < 0) {
        fprintf(stderr, "gatehouse setup: port %d: %s\n", SETUP_PORT, strerror(errno));
        return 3;
    }
    if (s->writer < 0)
        return serve_both(s, listener, address);
    page_serve(listener, s->writer, &s->conf);
}
