/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/link/goods_dir.h"
#include "base/file.h"
#include "base/owner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define ID_TEXT (2 * SEAL_HASH + 1)
#define MANIFEST_ARENA (32u << 20)

static int make(const char *path)
{
    int fd, rc;

    if (mkdir(path, 0750) != 0)
        return errno == EEXIST ? 0 : status_from_errno(errno);
    fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return status_from_errno(errno);
    rc = owner_follow(fd, path);
    close(fd);
    return rc;
}

int goods_dir_make(const char *state_dir)
{
    char path[GOODS_DIR_PATH];
    int rc = make(goods_dir_path(state_dir, "down", path));

    return rc ? rc : make(goods_dir_path(state_dir, "down/chunks", path));
}

const char *goods_dir_path(const char *down, const char *name, char path[static GOODS_DIR_PATH])
{
    if ((size_t)snprintf(path, GOODS_DIR_PATH, "%s/%s", down, name) >= GOODS_DIR_PATH)
        path[0] = 0;
    return path;
}

const char *goods_dir_kind(const char *down, enum goods_kind kind, const char *what,
                           char path[static GOODS_DIR_PATH])
{
    if ((size_t)snprintf(path, GOODS_DIR_PATH, "%s/%s.%s", down, goods_kind_names[kind], what) >=
        GOODS_DIR_PATH)
        path[0] = 0;
    return path;
}

int goods_dir_read(const char *path, size_t max, struct writer *w)
{
    return file_read_regular(path, max, w);
}

int goods_dir_order(const char *down, enum goods_kind kind, const struct seal_public *console,
                    const uint8_t appliance[static SEAL_ID], struct goods_order *ret)
{
    char path[GOODS_DIR_PATH];
    struct goods_order o;
    struct writer w;
    int rc;

    writer_init(&w, 65536 + GOODS_ORDER_SIZE);
    rc = goods_dir_read(goods_dir_kind(down, kind, "order", path), GOODS_ORDER_SIZE, &w);
    if (!rc)
        rc = goods_order_read(writer_span(&w), &o);
    if (!rc && o.kind != kind)
        rc = ST_MALFORMED;
    if (!rc)
        rc = goods_order_verify(&o, console);
    if (!rc && memcmp(o.appliance, appliance, SEAL_ID) != 0)
        rc = ST_DENIED;
    writer_done(&w);
    if (!rc)
        *ret = o;
    return rc;
}

int goods_dir_manifest(const char *path, const struct goods_order *o, struct arena *a,
                       struct writer *manifest, struct goods *ret)
{
    uint8_t id[SEAL_HASH];
    const char *why;
    int rc;

    writer_clear(manifest);
    rc = goods_dir_read(path, GOODS_MANIFEST_MAX, manifest);
    if (rc)
        return rc;
    goods_id(writer_span(manifest), id);
    if (manifest->n != o->manifest_bytes || memcmp(id, o->manifest, SEAL_HASH) != 0)
        return ST_BAD_SIGNATURE;
    rc = goods_read(writer_span(manifest), a, ret, &why);
    return rc ? rc : ret->kind == o->kind ? 0 : ST_MALFORMED;
}

static const char *chunk_path(const char *down, const uint8_t id[static SEAL_HASH],
                              char path[static GOODS_DIR_PATH])
{
    char name[8 + ID_TEXT];
    struct writer w;

    writer_fixed(&w, name, sizeof(name));
    writer_str(&w, "chunks/");
    writer_hex(&w, id, SEAL_HASH);
    return goods_dir_path(down, writer_cstr(&w), path);
}

bool goods_dir_chunk_here(const char *down, const struct goods_chunk *c)
{
    char path[GOODS_DIR_PATH];
    struct stat st;

    return lstat(chunk_path(down, c->id, path), &st) == 0 && S_ISREG(st.st_mode) && st.st_size == (off_t)c->n;
}

int goods_dir_chunk_read(const char *down, const struct goods_chunk *c, uint8_t *to)
{
    char path[GOODS_DIR_PATH];
    uint8_t id[SEAL_HASH];
    struct writer w;
    int rc;

    writer_init(&w, 2 * CDC_MAX + 1);
    rc = goods_dir_read(chunk_path(down, c->id, path), CDC_MAX, &w);
    if (!rc && w.n != c->n)
        rc = ST_TRUNCATED;
    if (!rc) {
        goods_chunk_id(writer_span(&w), id);
        rc = memcmp(id, c->id, SEAL_HASH) ? ST_BAD_SIGNATURE : 0;
    }
    if (!rc)
        memcpy(to, w.p, w.n);
    else if (rc != ST_NOT_FOUND && rc != ST_IO)
        (void)unlink(path); /* a damaged one is fetched again */
    writer_done(&w);
    return rc;
}

int goods_dir_chunk_write(const char *down, const uint8_t id[static SEAL_HASH], struct span bytes)
{
    char path[GOODS_DIR_PATH];

    return file_replace(chunk_path(down, id, path), bytes, 0640);
}

/* ---- sweeping ---- */

struct ids {
    uint8_t (*v)[SEAL_HASH];
    size_t n, cap;
};

static int by_id(const void *a, const void *b)
{
    return memcmp(a, b, SEAL_HASH);
}

/* The chunks that a manifest names, if it is one; false when memory is short. */
static bool collect(const char *path, struct ids *ids)
{
    struct arena *a = arena_new(MANIFEST_ARENA);
    struct writer w;
    struct goods g;
    const char *why;
    bool ok = a != NULL;

    writer_init(&w, GOODS_MANIFEST_MAX + 65536);
    if (ok && goods_dir_read(path, GOODS_MANIFEST_MAX, &w) == 0 &&
        goods_read(writer_span(&w), a, &g, &why) == 0) {
        void *v = realloc(ids->v, (ids->n + g.n_chunks + 1) * SEAL_HASH);
        ok = v != NULL;
        if (ok)
            ids->v = v;
        for (uint32_t i = 0; ok && i < g.n_chunks; i++)
            memcpy(ids->v[ids->n++], g.chunks[i].id, SEAL_HASH);
    }
    writer_done(&w);
    arena_free(a);
    return ok;
}

static bool read_id(const char *name, uint8_t id[static SEAL_HASH])
{
    struct reader r = reader_span(span_str(name));

    for (size_t i = 0; i < SEAL_HASH; i++) {
        unsigned v = 0;
        for (int k = 0; k < 2; k++) {
            uint8_t c = reader_u8(&r);
            bool digit = c >= '0' && c <= '9';
            if (!digit && (c < 'a' || c > 'f'))
                return false;
            v = v << 4 | (unsigned)(digit ? c - '0' : c - 'a' + 10);
        }
        id[i] = (uint8_t)v;
    }
    return !reader_left(&r);
}

void goods_dir_sweep(const char *down)
{
    char path[GOODS_DIR_PATH];
    uint8_t id[SEAL_HASH];
    struct ids ids = {NULL, 0, 0};
    bool ok = true;
    struct dirent *e;
    DIR *dir;

    for (int k = 0; k < GOODS_KINDS && ok; k++)
        ok = collect(goods_dir_kind(down, (enum goods_kind)k, "manifest", path), &ids) &&
             collect(goods_dir_kind(down, (enum goods_kind)k, "part", path), &ids);
    if (ids.n)
        qsort(ids.v, ids.n, SEAL_HASH, by_id);
    dir = ok ? opendir(goods_dir_path(down, "chunks", path)) : NULL;
    while (dir && (e = readdir(dir))) {
        if (e->d_name[0] == '.' ||
            (read_id(e->d_name, id) && ids.n && bsearch(id, ids.v, ids.n, SEAL_HASH, by_id)))
            continue;
        (void)unlinkat(dirfd(dir), e->d_name, 0);
    }
    if (dir)
        closedir(dir);
    free(ids.v);
}
