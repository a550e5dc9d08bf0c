/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/outputs/files.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 1024

bool out_file_name_is_good(const char *name)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
    size_t n = strlen(name);

    return n && n <= 64 && name[0] != '.' && strspn(name, letters) == n;
}

static void turn_over(int dir, const char *name)
{
    char from[160], to[160];

    for (unsigned i = OUT_FILE_KEEP; i; i--) {
        snprintf(to, sizeof(to), "%s.log.%u", name, i);
        if (i > 1)
            snprintf(from, sizeof(from), "%s.log.%u", name, i - 1);
        else
            snprintf(from, sizeof(from), "%s.log", name);
        (void)renameat(dir, from, dir, to); /* one that is not there yet */
    }
}

static int append(int dir, const char *name, struct span lines)
{
    char file[160];
    struct stat st;
    int fd, rc = 0;

    snprintf(file, sizeof(file), "%s.log", name);
    if (fstatat(dir, file, &st, AT_SYMLINK_NOFOLLOW) == 0 && (uint64_t)st.st_size + lines.n > OUT_FILE_MAX)
        turn_over(dir, name);
    fd = openat(dir, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd < 0)
        return status_from_errno(errno);
    if (fstat(fd, &st) != 0)
        rc = status_from_errno(errno);
    if (!rc)
        rc = file_write(fd, lines);
    if (!rc && fsync(fd) != 0)
        rc = status_from_errno(errno);
    if (rc && ftruncate(fd, st.st_size) != 0) /* no half line: the whole batch comes again */
        rc = ST_IO;
    close(fd);
    return rc;
}

int out_file_append(const char *state_dir, const char *name, struct span lines)
{
    char path[PATH_SIZE];
    int dir, rc;

    if (!out_file_name_is_good(name))
        return ST_USAGE;
    snprintf(path, sizeof(path), "%s/outputs", state_dir);
    if (mkdir(path, 0750) != 0 && errno != EEXIST)
        return status_from_errno(errno);
    dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return status_from_errno(errno);
    rc = append(dir, name, lines);
    if (!rc && fsync(dir) != 0)
        rc = status_from_errno(errno);
    close(dir);
    return rc;
}
