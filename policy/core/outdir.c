/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/core/outdir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_STEP (1u << 30)

static int copy(int out, int memfd, uint64_t size)
{
    off_t at = 0; /* of our own: the descriptor's position is shared with the sensor */

    while ((uint64_t)at < size) {
        uint64_t left = size - (uint64_t)at;
        ssize_t n = sendfile(out, memfd, &at, left < COPY_STEP ? (size_t)left : COPY_STEP);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? status_from_errno(errno) : ST_TRUNCATED;
    }
    return 0;
}

int outdir_store(int dir_fd, const uint8_t sha256[static 32], int memfd, uint64_t size)
{
    char name[80], temp[80];
    struct stat st;
    int n, out, rc;

    n = snprintf(name, sizeof(name), "%02x/", sha256[0]);
    for (unsigned i = 0; i < 32; i++)
        n += snprintf(name + n, sizeof(name) - (size_t)n, "%02x", sha256[i]);
    if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
        (uint64_t)st.st_size == size)
        return 0;
    snprintf(temp, sizeof(temp), "%.3s.%.64s", name, name + 3);
    out = openat(dir_fd, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (out < 0 && (errno == ENOENT || errno == EEXIST)) {
        /* The folder is not there yet, or a killed process left its half behind. */
        char folder[3] = {name[0], name[1], 0};
        (void)unlinkat(dir_fd, temp, 0);
        if (mkdirat(dir_fd, folder, 0700) != 0 && errno != EEXIST)
            return status_from_errno(errno);
        out = openat(dir_fd, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    }
    if (out < 0)
        return status_from_errno(errno);
    rc = copy(out, memfd, size);
    if (close(out) != 0 && !rc)
        rc = status_from_errno(errno);
    if (!rc && renameat(dir_fd, temp, dir_fd, name) != 0)
        rc = status_from_errno(errno);
    if (rc)
        (void)unlinkat(dir_fd, temp, 0);
    return rc;
}
