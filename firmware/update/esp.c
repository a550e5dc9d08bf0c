/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/update/esp.h"
#include "base/reader.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PREFIX "gatehouse_"
#define SUFFIX ".efi"

static bool number(struct span *s, uint64_t max, uint64_t *ret)
{
    size_t n = 0;
    bool good;

    while (n < s->n && s->p[n] >= '0' && s->p[n] <= '9')
        n++;
    good = span_number(span_part(*s, 0, n), max, ret);
    *s = span_part(*s, n, s->n);
    return good;
}

bool esp_parse(const char *name, struct esp_kernel *ret)
{
    struct span s = span_str(name);
    struct esp_kernel k = {0};
    uint64_t v = 0;

    if (!span_starts(s, PREFIX) || s.n > NAME_MAX)
        return false;
    s = span_part(s, strlen(PREFIX), s.n);
    if (!number(&s, UINT64_MAX / 2, &k.epoch) || !k.epoch)
        return false;
    if (s.n && s.p[0] == '+') {
        s = span_part(s, 1, s.n);
        if (!number(&s, 999, &v))
            return false;
        k.counted = true;
        k.left = (unsigned)v;
        if (s.n && s.p[0] == '-') {
            s = span_part(s, 1, s.n);
            if (!number(&s, 999, &v))
                return false;
            k.done = (unsigned)v;
        }
    }
    if (!span_eq(s, span_str(SUFFIX)))
        return false;
    snprintf(k.name, sizeof(k.name), "%s", name);
    *ret = k;
    return true;
}

void esp_name(uint64_t epoch, int left, char buf[static NAME_MAX + 1])
{
    if (left < 0)
        snprintf(buf, NAME_MAX + 1, PREFIX "%llu" SUFFIX, (unsigned long long)epoch);
    else
        snprintf(buf, NAME_MAX + 1, PREFIX "%llu+%d" SUFFIX, (unsigned long long)epoch, left);
}

static int by_epoch(const void *a, const void *b)
{
    const struct esp_kernel *x = a, *y = b;
    return x->epoch < y->epoch ? 1 : x->epoch > y->epoch ? -1 : strcmp(x->name, y->name);
}

int esp_list(const char *dir, struct esp_kernel *ret)
{
    DIR *d = opendir(dir);
    struct dirent *e;
    int n = 0;

    if (!d)
        return status_from_errno(errno);
    while (n < ESP_KERNELS && (e = readdir(d)) != NULL)
        n += esp_parse(e->d_name, &ret[n]);
    closedir(d);
    qsort(ret, (size_t)n, sizeof(*ret), by_epoch);
    return n;
}

const struct esp_kernel *esp_find(const struct esp_kernel *k, int n, uint64_t epoch)
{
    for (int i = 0; i < n; i++)
        if (k[i].epoch == epoch)
            return &k[i];
    return NULL;
}

int esp_sync(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;

    if (fd < 0)
        return status_from_errno(errno);
    if (fsync(fd) != 0)
        rc = status_from_errno(errno);
    close(fd);
    return rc;
}

/* Linux's vfat makes the new name with no clusters and length 0 and puts both there when it writes the file's inode:
 * that must reach the disk before, or with, the directory, or a power cut leaves an empty kernel. */
static int sync_file(int dir, const char *name)
{
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), rc = 0;

    if (fd < 0)
        return status_from_errno(errno);
    if (syncfs(fd) != 0)
        rc = status_from_errno(errno);
    close(fd);
    return rc;
}

int esp_rename(const char *dir, const char *from, const char *to)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;

    if (fd < 0)
        return status_from_errno(errno);
    if (strcmp(from, to) != 0 && renameat(fd, from, fd, to) != 0)
        rc = status_from_errno(errno);
    else if ((rc = sync_file(fd, to)) == 0 && fsync(fd) != 0)
        rc = status_from_errno(errno);
    close(fd);
    return rc;
}

int esp_remove(const char *dir, const char *name)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;

    if (fd < 0)
        return status_from_errno(errno);
    if (unlinkat(fd, name, 0) != 0 && errno != ENOENT)
        rc = status_from_errno(errno);
    else if (fsync(fd) != 0)
        rc = status_from_errno(errno);
    close(fd);
    return rc;
}
