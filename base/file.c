/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"
#include "base/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

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

int file_replace(const char *path, struct span bytes, unsigned mode)
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
    if (!rc && fsync(fd) != 0)
        rc = status_from_errno(errno);
    if (!rc)
        rc = owner_follow(fd, path);
    close(fd);
    if (!rc && rename(temp, path) != 0)
        rc = status_from_errno(errno);
    if (rc)
        (void)unlink(temp);
    else
        sync_directory(path);
    return rc;
}
