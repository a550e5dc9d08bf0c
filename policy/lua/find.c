/* SPDX-License-Identifier: GPL-3.0-or-later
 * Where bundles and their files are. */
#include "policy/lua/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

int bundle_read_file(const char *dir, const char *name, struct writer *w)
{
    char path[1024];
    uint8_t *to;
    ssize_t n = -1;
    int fd;

    if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) >= sizeof(path))
        return ST_LIMIT;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? ST_NOT_FOUND : ST_IO;
    while (w->n <= BUNDLE_FILE_MAX && (to = writer_reserve(w, 4096)) && (n = read(fd, to, 4096)) > 0)
        writer_advance(w, (size_t)n);
    close(fd);
    return n < 0 ? ST_IO : w->n > BUNDLE_FILE_MAX || !writer_ok(w) ? ST_LIMIT : 0;
}

void bundle_installed(char *buf, size_t cap)
{
    char exe[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
    char *slash;

    exe[n > 0 ? n : 0] = 0;
    slash = strrchr(exe, '/');
    if (slash)
        *slash = 0;
    snprintf(buf, cap, "%s/share/policy", exe);
    if (access(buf, R_OK) != 0)
        snprintf(buf, cap, "/usr/share/gatehouse/policy");
}

static bool is_bundle(const char *dir)
{
    char path[1024];

    return (size_t)snprintf(path, sizeof(path), "%s/bundle.json", dir) < sizeof(path) &&
           access(path, R_OK) == 0;
}

int bundle_find(const char *dir, const char *name, char *ret, size_t cap)
{
    char base[PATH_MAX], installed[PATH_MAX];

    if (!*name || strspn(name, NAME_CHARS) != strlen(name) || strlen(name) >= BUNDLE_NAME)
        return ST_NOT_FOUND;
    if ((size_t)snprintf(ret, cap, "%s/used/%s", dir, name) < cap && is_bundle(ret))
        return 0;
    /* a used bundle's own ones lie beside it: dir/used/a may use dir/used/b */
    if (realpath(dir, base)) {
        char *slash = strrchr(base, '/');
        if (slash)
            *slash = 0;
        if ((size_t)snprintf(ret, cap, "%s/%s", base, name) < cap && is_bundle(ret))
            return 0;
    }
    bundle_installed(installed, sizeof(installed));
    if ((size_t)snprintf(ret, cap, "%s/%s", installed, name) < cap && is_bundle(ret))
        return 0;
    return ST_NOT_FOUND;
}
