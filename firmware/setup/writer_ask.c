/* SPDX-License-Identifier: GPL-3.0-or-later
 * The end of writer.h that asks. */
#include "base/writer.h"
#include "firmware/setup/writer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int writer_connect(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = -1;

    if ((size_t)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path) >= sizeof(at.sun_path))
        errno = ENAMETOOLONG;
    else
        fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&at, sizeof(at)) != 0) {
        int why = errno;
        close(fd);
        errno = why;
        return -1;
    }
    return fd;
}

bool writer_ask(int fd, char kind, const char *const *field, char says[static WRITER_FRAME])
{
    struct writer w;
    ssize_t n = -1;
    bool done;

    writer_init(&w, WRITER_FRAME);
    writer_u8(&w, (uint8_t)kind);
    for (; *field; field++) {
        writer_str(&w, *field);
        writer_u8(&w, 0);
    }
    if (writer_ok(&w) && send(fd, w.p, w.n, MSG_NOSIGNAL) == (ssize_t)w.n)
        n = recv(fd, says, WRITER_FRAME - 1, 0);
    writer_done(&w);
    if (n <= 0) {
        snprintf(says, WRITER_FRAME, "gatehouse-setup-write: không trả lời / does not answer");
        return false;
    }
    says[n] = 0;
    done = says[0] == '1';
    memmove(says, says + 1, (size_t)n);
    return done;
}

bool writer_apply(const struct setup *s, char says[static WRITER_FRAME])
{
    const char *const field[] = {"",        s->name,    s->interface, s->management,
                                 s->inside, s->address, s->console,   NULL};

    return writer_ask(s->writer, 'A', field, says);
}

bool writer_enrol(int fd, const char *answer, char says[static WRITER_FRAME])
{
    return writer_ask(fd, 'E', (const char *const[]){"", answer, NULL}, says);
}

bool writer_set_clock(int fd, uint64_t seconds)
{
    static char says[WRITER_FRAME];
    char text[32];

    snprintf(text, sizeof(text), "%llu", (unsigned long long)seconds);
    return writer_ask(fd, 'T', (const char *const[]){"", text, NULL}, says);
}
