/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/report_files.h"
#include "base/digest.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 640

static const char *path_of(const char *state_dir, int64_t id, const char *ending, char path[static PATH_SIZE])
{
    snprintf(path, PATH_SIZE, "%s/reports/%lld%s", state_dir, (long long)id, ending);
    return path;
}

int report_file_write(const char *state_dir, int64_t id, struct span pdf, uint8_t ret_sha256[static 32])
{
    char path[PATH_SIZE], temp[PATH_SIZE];
    struct span rest = pdf;
    int fd, rc = 0;

    snprintf(path, sizeof(path), "%s/reports", state_dir);
    (void)mkdir(path, 0700); /* that it is not there shows at open */
    fd = open(path_of(state_dir, id, ".part", temp), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
              0600);
    if (fd < 0)
        return status_from_errno(errno);
    while (rest.n && !rc) {
        ssize_t n = write(fd, rest.p, rest.n);
        if (n > 0)
            rest = span_part(rest, (size_t)n, rest.n);
        else if (n == 0 || errno != EINTR)
            rc = n < 0 ? status_from_errno(errno) : ST_IO;
    }
    if (!rc && fsync(fd) != 0)
        rc = status_from_errno(errno);
    close(fd);
    if (!rc && rename(temp, path_of(state_dir, id, ".pdf", path)) != 0)
        rc = status_from_errno(errno);
    if (rc)
        (void)unlink(temp);
    else
        digest_sha256(pdf.p, pdf.n, ret_sha256);
    return rc;
}

int report_file_read(const char *state_dir, int64_t id, struct writer *out)
{
    char path[PATH_SIZE];

    return file_read_regular(path_of(state_dir, id, ".pdf", path), out->max, out);
}

void report_file_drop(const char *state_dir, int64_t id)
{
    char path[PATH_SIZE];

    (void)unlink(path_of(state_dir, id, ".pdf", path));
}
