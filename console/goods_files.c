/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/goods_files.h"
#include "base/digest.h"
#include "base/file.h"
#include "console/state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 8
#define ROOM (64u << 10) /* beside the bytes: names and the table */

/* ---- reading ---- */

static int take(struct goods_files *f, int fd, const char *name)
{
    struct goods_input *v = realloc(f->v, (f->n + 1) * sizeof(*v));
    struct stat st;
    uint8_t *to;
    size_t have = 0;
    char *copy;

    if (!v)
        return ST_NOMEM;
    f->v = v;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return ST_MALFORMED;
    to = st.st_size <= (off_t)GOODS_FILES_BYTES ? arena_alloc(f->arena, (size_t)st.st_size + 1) : NULL;
    copy = arena_dup(f->arena, name, strlen(name) + 1);
    if (!to || !copy || f->n == GOODS_FILES)
        return ST_LIMIT;
    while (have < (size_t)st.st_size) {
        ssize_t n = read(fd, to + have, (size_t)st.st_size - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? status_from_errno(errno) : ST_TRUNCATED;
        have += (size_t)n;
    }
    f->v[f->n++] = (struct goods_input){copy, span_of(to, have)};
    return 0;
}

static int walk(struct goods_files *f, int at, const char *prefix, int depth)
{
    DIR *d = fdopendir(at);
    const struct dirent *e;
    int rc = 0;

    if (!d) {
        rc = status_from_errno(errno);
        close(at);
        return rc;
    }
    while (!rc && (e = readdir(d))) {
        char name[PATH_MAX];
        struct stat st;
        int fd;
        if (e->d_name[0] == '.' || fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        if ((size_t)snprintf(name, sizeof(name), "%s%s%s", prefix, *prefix ? "/" : "", e->d_name) >=
            sizeof(name)) {
            rc = ST_LIMIT;
        } else if (S_ISREG(st.st_mode)) {
            fd = openat(dirfd(d), e->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
            rc = fd >= 0 ? take(f, fd, name) : status_from_errno(errno);
            if (fd >= 0)
                close(fd);
        } else if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX) {
            fd = openat(dirfd(d), e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            rc = fd >= 0 ? walk(f, fd, name, depth + 1) : status_from_errno(errno);
        }
    }
    closedir(d);
    return rc;
}

static const struct goods_input *find(const struct goods_files *f, const char *path)
{
    for (size_t i = 0; i < f->n; i++)
        if (!strcmp(f->v[i].path, path))
            return &f->v[i];
    return NULL;
}

/* What is needed of a release's manifest (docs/formats.md, Releases): the chunks of image and kernel. */
static bool read_release(struct span manifest, uint32_t *ret_image, uint32_t *ret_uki,
                         struct reader *ret_chunks)
{
    struct reader r = reader_span(manifest);

    if (!span_eq(reader_take(&r, 8), span_str("GHUPD001")))
        return false;
    reader_skip(&r, 2 + 2 + 4 + 4 * 8 + 32 + 8 + 8 + 8 + 3 * SEAL_HASH);
    reader_skip(&r, reader_u8(&r));
    reader_skip(&r, reader_le16(&r));
    *ret_image = reader_le32(&r);
    *ret_uki = reader_le32(&r);
    *ret_chunks = r;
    return reader_ok(&r) && reader_left(&r) == ((size_t)*ret_image + *ret_uki) * (4 + SEAL_HASH);
}

static int join(const struct goods_files *f, struct reader *r, uint32_t n, struct writer *out)
{
    uint8_t id[SEAL_HASH];
    char path[8 + 2 * SEAL_HASH + 1];

    for (uint32_t i = 0; i < n; i++) {
        const struct goods_input *chunk;
        uint32_t bytes = reader_le32(r);
        reader_copy(r, id, SEAL_HASH);
        snprintf(path, sizeof(path), "chunks/");
        digest_hex(id, SEAL_HASH, path + 7);
        chunk = find(f, path);
        if (!chunk || chunk->bytes.n != bytes)
            return ST_NOT_FOUND;
        writer_put(out, chunk->bytes);
    }
    return writer_ok(out) ? 0 : ST_LIMIT;
}

/* A release as it is signed, image and kernel whole: so they are cut as the release's chunks are. */
static int join_release(struct goods_files *f, const char **ret_why)
{
    const struct goods_input *manifest = find(f, "manifest"), *sig = find(f, "manifest.sig");
    struct goods_input made[4];
    uint32_t n[2];
    struct reader r;
    int rc = 0;

    *ret_why = "it is no signed release: manifest, manifest.sig and chunks are needed";
    if (!manifest || !sig || !read_release(manifest->bytes, &n[0], &n[1], &r))
        return ST_MALFORMED;
    made[0] = *manifest;
    made[1] = *sig;
    for (size_t i = 0; i < 2 && !rc; i++) {
        struct writer w;
        uint8_t *to;
        writer_init(&w, GOODS_FILES_BYTES);
        rc = join(f, &r, n[i], &w);
        to = rc ? NULL : arena_alloc(f->arena, w.n + 1);
        if (to && w.n)
            memcpy(to, w.p, w.n);
        made[2 + i] = (struct goods_input){i ? "uki" : "image", span_of(to, w.n)};
        rc = rc ? rc : to ? 0 : ST_LIMIT;
        writer_done(&w);
    }
    if (rc) {
        *ret_why = rc == ST_NOT_FOUND ? "a chunk of the release is missing" : "the release is too large";
        return rc;
    }
    memcpy(f->v, made, sizeof(made));
    f->n = GH_COUNT(made);
    return 0;
}

int goods_files_read(struct goods_files *f, enum goods_kind kind, const char *path, const char **ret_why)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), rc = 0;
    const char *slash = strrchr(path, '/');
    struct stat st;

    *f = (struct goods_files){.arena = arena_new(2u * GOODS_FILES_BYTES + ROOM)};
    *ret_why = "";
    if (!f->arena)
        rc = ST_NOMEM;
    else if (fd < 0 || fstat(fd, &st) != 0)
        rc = status_from_errno(errno);
    else if (S_ISDIR(st.st_mode)) {
        rc = walk(f, fd, "", 0);
        fd = -1;
    } else {
        rc = take(f, fd, kind == GOODS_SETTINGS ? "settings.conf" : slash ? slash + 1 : path);
    }
    if (fd >= 0)
        close(fd);
    if (!rc && kind == GOODS_FIRMWARE)
        rc = join_release(f, ret_why);
    return rc;
}

void goods_files_free(struct goods_files *f)
{
    free(f->v);
    arena_free(f->arena);
    f->v = NULL;
    f->arena = NULL;
    f->n = 0;
}

/* ---- writing ---- */

static int put(const char *dir, const char *name, struct span bytes)
{
    char path[PATH_MAX];
    int fd, rc = 0;

    if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) >= sizeof(path))
        return ST_LIMIT;
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return status_from_errno(errno);
    rc = file_write(fd, bytes);
    if (!rc && fsync(fd) != 0)
        rc = status_from_errno(errno);
    close(fd);
    return rc;
}

static int put_chunks(struct db *d, const struct goods_order *o, const struct goods *g, const char *dir)
{
    uint8_t *bytes = malloc(CDC_MAX);
    char name[8 + 2 * SEAL_HASH + 1] = "chunks/";
    struct goods_piece p;
    struct writer w;
    int rc = bytes ? 0 : ST_NOMEM;

    writer_init(&w, 2 * CDC_MAX);
    for (uint32_t i = 0; i < g->n_chunks && !rc; i++) {
        rc = goods_chunk_of(d, o->manifest, g->chunks[i].id, &w, &p);
        if (!rc)
            rc = goods_piece_open(&p, bytes);
        digest_hex(g->chunks[i].id, SEAL_HASH, name + 7);
        if (!rc)
            rc = put(dir, name, span_of(bytes, p.n));
    }
    writer_done(&w);
    free(bytes);
    return rc;
}

/* Chunks, then the manifest, then the order: a stick that is pulled out too early holds no order. */
static int put_order(struct db *d, const struct goods_order *o, const char *dir)
{
    struct arena *a = arena_new(32u << 20);
    char name[64];
    uint8_t bytes[GOODS_ORDER_SIZE];
    const char *why;
    struct writer manifest, w;
    struct goods g;
    int rc = a ? 0 : ST_NOMEM;

    writer_init(&manifest, GOODS_MANIFEST_MAX);
    if (!rc && o->manifest_bytes) {
        rc = goods_manifest(d, o->manifest, &manifest);
        if (!rc)
            rc = goods_read(writer_span(&manifest), a, &g, &why);
        if (!rc)
            rc = put_chunks(d, o, &g, dir);
        snprintf(name, sizeof(name), "%s.manifest", goods_kind_names[o->kind]);
        if (!rc)
            rc = put(dir, name, writer_span(&manifest));
    }
    writer_fixed(&w, bytes, sizeof(bytes));
    goods_order_write(o, &w);
    snprintf(name, sizeof(name), "%s.order", goods_kind_names[o->kind]);
    if (!rc)
        rc = put(dir, name, writer_span(&w));
    writer_done(&manifest);
    arena_free(a);
    return rc;
}

int goods_files_export(struct db *d, const struct seal_keys *keys, int64_t appliance, const char *dir,
                       size_t *ret_n)
{
    char chunks[PATH_MAX];
    struct goods_order o;
    int rc = 0;

    *ret_n = 0;
    if ((size_t)snprintf(chunks, sizeof(chunks), "%s/chunks", dir) >= sizeof(chunks))
        return ST_LIMIT;
    if ((mkdir(dir, 0755) != 0 && errno != EEXIST) || (mkdir(chunks, 0755) != 0 && errno != EEXIST))
        return status_from_errno(errno);
    for (int k = 0; k < GOODS_KINDS && !rc; k++) {
        rc = goods_order_of(d, keys, appliance, (enum goods_kind)k, &o);
        if (rc == ST_NOT_FOUND) {
            rc = 0;
            continue;
        }
        if (!rc)
            rc = put_order(d, &o, dir);
        *ret_n += !rc;
    }
    return rc;
}
