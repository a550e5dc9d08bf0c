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

/* Copies into folder/file, which is there afterwards whole or not at all. */
static int store_in(int dir_fd, const char *folder, const char *file, int memfd, uint64_t size)
{
    char name[80], temp[80];
    int out, rc;

    snprintf(name, sizeof(name), "%.8s/%.68s", folder, file);
    snprintf(temp, sizeof(temp), "%.8s.%.68s", folder, file);
    out = openat(dir_fd, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (out < 0 && errno == EEXIST) { /* a killed process left its half behind */
        (void)unlinkat(dir_fd, temp, 0);
        out = openat(dir_fd, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    }
    if (out < 0)
        return status_from_errno(errno);
    rc = copy(out, memfd, size);
    if (close(out) != 0 && !rc)
        rc = status_from_errno(errno);
    if (!rc && renameat(dir_fd, temp, dir_fd, name) != 0) {
        rc = errno == ENOENT && mkdirat(dir_fd, folder, 0700) != 0 && errno != EEXIST
                 ? status_from_errno(errno)
                 : 0;
        if (!rc && renameat(dir_fd, temp, dir_fd, name) != 0)
            rc = status_from_errno(errno);
    }
    if (rc)
        (void)unlinkat(dir_fd, temp, 0);
    return rc;
}

int outdir_store(int dir_fd, const uint8_t sha256[static 32], int memfd, uint64_t size)
{
    char name[80], folder[3];
    struct stat st;
    int n;

    snprintf(folder, sizeof(folder), "%02x", sha256[0]);
    n = snprintf(name, sizeof(name), "%s/", folder);
    for (unsigned i = 0; i < 32; i++)
        n += snprintf(name + n, sizeof(name) - (size_t)n, "%02x", sha256[i]);
    if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
        (uint64_t)st.st_size == size)
        return 0;
    return store_in(dir_fd, folder, name + 3, memfd, size);
}

int outdir_pcap(int dir_fd, uint64_t flow_id, int memfd, uint64_t size)
{
    char file[40];

    snprintf(file, sizeof(file), "%llu.pcap", (unsigned long long)flow_id);
    return store_in(dir_fd, OUTDIR_PCAP, file, memfd, size);
}
