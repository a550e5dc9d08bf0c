/* SPDX-License-Identifier: GPL-3.0-or-later
 * Below goods/ only gh-down writes, and every name was checked (goods_path_is_good): no part of a path begins
 * with a dot, none is a link. */
#include "firmware/link/unpack.h"
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX                                                                                            \
    32 /* of directories: a path has at most 199 bytes, but a sweep need not follow what we never made */

const char *unpack_kind(const char *state_dir, enum goods_kind kind, char path[static GOODS_DIR_PATH])
{
    char name[64];

    snprintf(name, sizeof(name), "goods/%s", goods_kind_names[kind]);
    return goods_dir_path(state_dir, name, path);
}

const char *unpack_dir(const char *state_dir, enum goods_kind kind, uint64_t serial,
                       char path[static GOODS_DIR_PATH])
{
    char name[64];

    snprintf(name, sizeof(name), "goods/%s/%llu", goods_kind_names[kind], (unsigned long long)serial);
    return goods_dir_path(state_dir, name, path);
}

static void remove_tree(int at, const char *name, int depth)
{
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *e;

    if (fd >= 0 && !d)
        close(fd);
    while (d && (e = readdir(d)))
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 && unlinkat(fd, e->d_name, 0) != 0 &&
            depth < DEPTH_MAX)
            remove_tree(fd, e->d_name, depth + 1);
    if (d)
        closedir(d);
    (void)unlinkat(at, name, AT_REMOVEDIR);
}

/* The directories above a file. */
static int make_above(int at, const char *path)
{
    char part[GOODS_PATH];

    for (size_t i = 0; path[i]; i++) {
        if (path[i] != '/')
            continue;
        snprintf(part, sizeof(part), "%.*s", (int)i, path);
        if (mkdirat(at, part, 0750) != 0 && errno != EEXIST)
            return status_from_errno(errno);
    }
    return 0;
}

static int put_file(const char *down, const struct goods *g, const struct goods_file *f, int at,
                    uint8_t *chunk)
{
    int rc = make_above(at, f->path), fd;

    if (rc)
        return rc;
    fd = openat(at, f->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
    if (fd < 0)
        return status_from_errno(errno);
    for (uint32_t i = f->chunk; i < f->chunk + f->chunks && !rc; i++) {
        rc = goods_dir_chunk_read(down, &g->chunks[i], chunk);
        if (!rc)
            rc = file_write(fd, span_of(chunk, g->chunks[i].n));
    }
    if (!rc && fsync(fd) != 0)
        rc = status_from_errno(errno);
    close(fd);
    return rc;
}

/* Image and kernel of a release are written by the installer, from the chunks. */
static bool is_left(const struct goods *g, const struct goods_file *f)
{
    return g->kind == GOODS_FIRMWARE && strcmp(f->path, "manifest") != 0 &&
           strcmp(f->path, "manifest.sig") != 0;
}

static int open_kind(const char *state_dir, enum goods_kind kind)
{
    char path[GOODS_DIR_PATH];

    (void)mkdir(goods_dir_path(state_dir, "goods", path), 0750);
    (void)mkdir(unpack_kind(state_dir, kind, path), 0750); /* that it cannot be made shows at open */
    return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int fill(const char *state_dir, const struct goods *g, int at, char *why, size_t cap)
{
    char down[GOODS_DIR_PATH];
    uint8_t *chunk = malloc(CDC_MAX);
    int rc = chunk ? 0 : ST_NOMEM;

    goods_dir_path(state_dir, "down", down);
    for (uint32_t i = 0; i < g->n_files && !rc; i++) {
        rc = is_left(g, &g->files[i]) ? 0 : put_file(down, g, &g->files[i], at, chunk);
        if (rc)
            snprintf(why, cap, "%s: %s", g->files[i].path, status_text(rc));
    }
    if (!rc && g->kind == GOODS_FIRMWARE && symlinkat("../../../down/chunks", at, "chunks") != 0)
        rc = status_from_errno(errno);
    if (!rc && fsync(at) != 0)
        rc = status_from_errno(errno);
    free(chunk);
    return rc;
}

int unpack_goods(const char *state_dir, const struct goods *g, uint64_t serial, char *why, size_t cap)
{
    char name[32], temp[40];
    int rc = 0, fd = -1, at = open_kind(state_dir, g->kind);

    why[0] = 0;
    if (at < 0)
        rc = status_from_errno(errno);
    snprintf(name, sizeof(name), "%llu", (unsigned long long)serial);
    snprintf(temp, sizeof(temp), "%s.new", name);
    if (!rc) {
        remove_tree(at, temp, 0);
        remove_tree(at, name, 0);
        rc = mkdirat(at, temp, 0750) == 0 && (fd = openat(at, temp, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0
                 ? fill(state_dir, g, fd, why, cap)
                 : status_from_errno(errno);
    }
    if (!rc && (renameat(at, temp, at, name) != 0 || fsync(at) != 0))
        rc = status_from_errno(errno);
    if (rc && !*why)
        snprintf(why, cap, "it cannot be unpacked: %s", status_text(rc));
    if (rc && at >= 0)
        remove_tree(at, temp, 0);
    if (fd >= 0)
        close(fd);
    if (at >= 0)
        close(at);
    return rc;
}

int unpack_activate(const char *state_dir, enum goods_kind kind, uint64_t serial)
{
    int at = open_kind(state_dir, kind), rc = 0;
    char name[32];

    if (at < 0)
        return status_from_errno(errno);
    snprintf(name, sizeof(name), "%llu", (unsigned long long)serial);
    (void)unlinkat(at, "active.new", 0);
    if (serial && (symlinkat(name, at, "active.new") != 0 || renameat(at, "active.new", at, "active") != 0))
        rc = status_from_errno(errno);
    if (!serial && unlinkat(at, "active", 0) != 0 && errno != ENOENT)
        rc = status_from_errno(errno);
    if (!rc && fsync(at) != 0)
        rc = status_from_errno(errno);
    close(at);
    return rc;
}

uint64_t unpack_active(const char *state_dir, enum goods_kind kind)
{
    char path[GOODS_DIR_PATH], link[GOODS_DIR_PATH], to[32];
    ssize_t n;
    uint64_t serial;

    snprintf(link, sizeof(link), "%.800s/active", unpack_kind(state_dir, kind, path));
    n = readlink(link, to, sizeof(to));
    return n > 0 && span_number(span_of(to, (size_t)n), INT64_MAX, &serial) ? serial : 0;
}

void unpack_sweep(const char *state_dir, enum goods_kind kind, uint64_t keep, uint64_t and_keep)
{
    int at = open_kind(state_dir, kind), copy = at >= 0 ? dup(at) : -1;
    DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
    const struct dirent *e;
    uint64_t serial;

    while (d && (e = readdir(d)))
        if (span_number(span_part(span_str(e->d_name), 0, strcspn(e->d_name, ".")), INT64_MAX, &serial) &&
            serial != keep && serial != and_keep)
            remove_tree(at, e->d_name, 0);
    if (d)
        closedir(d);
    else if (copy >= 0)
        close(copy);
    if (at >= 0)
        close(at);
}
