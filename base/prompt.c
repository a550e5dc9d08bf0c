/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* Byte by byte: what stands behind the line belongs to the next question. */
static int read_line(int fd, char *buf, size_t cap, size_t *ret_n)
{
    size_t n = 0;

    for (;;) {
        char c;
        ssize_t got = read(fd, &c, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return status_from_errno(errno);
        if (got == 0 || c == '\n')
            break;
        if (n + 1 >= cap)
            return ST_LIMIT;
        buf[n++] = c;
    }
    if (n && buf[n - 1] == '\r')
        n--;
    buf[n] = 0;
    *ret_n = n;
    return n ? 0 : ST_TRUNCATED;
}

static int ask_terminal(const char *prompt, char *buf, size_t cap, size_t *ret_n)
{
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY), rc = ST_NOT_FOUND;
    struct termios was, quiet;

    if (fd < 0)
        return ST_NOT_FOUND;
    if (tcgetattr(fd, &was) == 0) {
        quiet = was;
        quiet.c_lflag &= ~(tcflag_t)ECHO;
        quiet.c_lflag |= ECHONL;
        if (tcsetattr(fd, TCSAFLUSH, &quiet) == 0) {
            rc = write(fd, prompt, strlen(prompt)) < 0 ? ST_IO : read_line(fd, buf, cap, ret_n);
            (void)tcsetattr(fd, TCSAFLUSH, &was);
        }
    }
    close(fd);
    return rc;
}

int prompt_password(const char *prompt, const char *file, char *buf, size_t cap, size_t *ret_n)
{
    int fd, rc;

    if (!file)
        return ask_terminal(prompt, buf, cap, ret_n);
    if (!strcmp(file, "-"))
        return read_line(STDIN_FILENO, buf, cap, ret_n);
    fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return status_from_errno(errno);
    rc = read_line(fd, buf, cap, ret_n);
    close(fd);
    return rc;
}
