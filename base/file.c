/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"
#include "base/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define STEP 16384

int file_write(int fd, struct span bytes)
{
    while (bytes.n) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? status_from_errno(errno) : ST_IO;
        bytes = span_part(bytes, (size_t)n, bytes.n);
    }
    return 0;
}

int file_read_fd(int fd, size_t max, struct writer *w)
{
    uint8_t some[STEP];
    size_t got = 0;

    for (;;) {
        ssize_t n = read(fd, some, sizeof(some));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? status_from_errno(errno) : 0;
        if ((size_t)n > max - got)
            return ST_LIMIT;
        writer_put(w, (struct span){some, (size_t)n});
        if (!writer_ok(w))
            return ST_LIMIT;
        got += (size_t)n;
    }
}

static int read_opened(int fd, size_t max, struct writer *w)
{
    int rc = fd < 0 ? status_from_errno(errno) : file_read_fd(fd, max, w);

    if (fd >= 0)
        close(fd);
    return rc;
}

int file_read(const char *path, size_t max, struct writer *w)
{
    return read_opened(open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), max, w);
}

int file_read_regular(const char *path, size_t max, struct writer *w)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    struct stat st;

    if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))) {
        close(fd);
        return ST_UNSUPPORTED;
    }
    return read_opened(fd, max, w);
}

/* The new name is on the disk when its directory is. Not every file system can: then it is as safe as it gets. */
static void sync_directory(const char *path)
{
    char dir[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int fd;

    snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
    fd = open(*dir ? dir : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    close(fd);
}

static int replace(const char *path, struct span bytes, unsigned mode, bool soon)
{
    char temp[PATH_MAX];
    int fd, rc;

    if ((size_t)snprintf(temp, sizeof(temp), "%s.new", path) >= sizeof(temp))
        return ST_LIMIT;
    (void)unlink(temp); /* of a try that was cut off */
    fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0)
        return status_from_errno(errno);
    rc = file_write(fd, bytes);
    if (!rc && !soon && fsync(fd) != 0)
        rc = status_from_errno(errno);
    if (!rc)
        rc = owner_follow(fd, path);
    close(fd);
    if (!rc && rename(temp, path) != 0)
        rc = status_from_errno(errno);
    if (rc)
        (void)unlink(temp);
    else if (!soon)
        sync_directory(path);
    return rc;
}

int file_replace(const char *path, struct span bytes, unsigned mode)
{
    return replace(path, bytes, mode, false);
}

int file_replace_soon(const char *path, struct span bytes, unsigned mode)
{
    return replace(path, bytes, mode, true);
}

int file_settle(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), rc;

    if (fd < 0)
        return status_from_errno(errno);
    rc = syncfs(fd) == 0 ? 0 : status_from_errno(errno);
    close(fd);
    return rc;
}
