/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/witness.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#define WITNESS_SIZE (JOURNAL_HEAD_SIZE + SEAL_SIGNATURE)

static int open_beside(const char *path, int flags)
{
    const char *slash = strrchr(path, '/');
    char name[PATH_MAX];
    int fd;

    if (snprintf(name, sizeof(name), "%.*s%s", slash ? (int)(slash - path + 1) : 0, path, WITNESS_FILE) >=
        (int)sizeof(name))
        return ST_LIMIT;
    fd = open(name, flags | O_NOFOLLOW | O_CLOEXEC, 0600);
    return fd < 0 ? status_from_errno(errno) : fd;
}

int witness_open(const char *path)
{
    return open_beside(path, O_RDWR | O_CREAT);
}

int witness_read(const char *path, const struct seal_public *appliance, uint64_t *ret_number)
{
    uint8_t bytes[WITNESS_SIZE];
    int fd = open_beside(path, O_RDONLY);
    struct reader r;
    ssize_t n;

    if (fd < 0)
        return fd;
    n = pread(fd, bytes, sizeof(bytes), 0);
    close(fd);
    if (n == 0)
        return ST_NOT_FOUND;
    if (n != (ssize_t)sizeof(bytes) ||
        seal_verify(appliance->sign, JOURNAL_HEAD_DOMAIN, span_of(bytes, JOURNAL_HEAD_SIZE),
                    bytes + JOURNAL_HEAD_SIZE) != 0)
        return ST_BAD_SIGNATURE;
    r = reader_of(bytes, sizeof(bytes));
    (void)reader_le64(&r); /* the oldest */
    *ret_number = reader_le64(&r);
    return 0;
}

void witness_write(int fd, const struct journal_head *h, const uint8_t sig[static SEAL_SIGNATURE])
{
    uint8_t bytes[WITNESS_SIZE];

    journal_head_bytes(h, bytes);
    memcpy(bytes + JOURNAL_HEAD_SIZE, sig, SEAL_SIGNATURE);
    (void)!pwrite(fd, bytes, sizeof(bytes), 0);
}
