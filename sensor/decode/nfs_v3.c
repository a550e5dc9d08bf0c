/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/nfs_impl.h"

#define V2_HANDLE 32u
#define V2_ATTR 68u
#define V3_ATTR 84u
#define ENTRIES_MAX 8192u /* of one READDIRPLUS */

enum what {
    W_NONE,
    W_LOOKUP,
    W_READ,
    W_WRITE,
    W_MAKE,  /* makes something with a name and a handle */
    W_NAMED, /* does something to a name */
    W_READDIR,
    W_COMMIT
};
static const struct procedure {
    enum what what;
    const char *event;
} v2[] =
    {
        [4] = {W_LOOKUP, NULL},   [6] = {W_READ, NULL},       [8] = {W_WRITE, NULL},
        [9] = {W_MAKE, "CREATE"}, [10] = {W_NAMED, "REMOVE"}, [11] = {W_NAMED, "RENAME"},
        [14] = {W_MAKE, "MKDIR"}, [15] = {W_NAMED, "RMDIR"},
},
  v3[] = {
      [3] = {W_LOOKUP, NULL},     [6] = {W_READ, NULL},      [7] = {W_WRITE, NULL},
      [8] = {W_MAKE, "CREATE"},   [9] = {W_MAKE, "MKDIR"},   [10] = {W_MAKE, "SYMLINK"},
      [12] = {W_NAMED, "REMOVE"}, [13] = {W_NAMED, "RMDIR"}, [14] = {W_NAMED, "RENAME"},
      [17] = {W_READDIR, NULL},   [21] = {W_COMMIT, NULL},
};

static struct procedure procedure_of(const struct nfs_call *c)
{
    const struct procedure *table = c->version == 2 ? v2 : v3;
    size_t n = c->version == 2 ? GH_COUNT(v2) : GH_COUNT(v3);

    return c->procedure < n ? table[c->procedure] : (struct procedure){W_NONE, NULL};
}

static void handle(struct reader *r, const struct nfs_call *c, struct nfs_handle *ret)
{
    if (c->version == 2)
        nfs_handle_set(ret, reader_take(r, V2_HANDLE));
    else
        nfs_handle_read(r, ret);
}

static void written(struct nfs *s, enum direction dir, struct reader *r, struct nfs_call *c)
{
    struct span data;

    if (c->version == 2) {
        reader_be32(r);
        c->offset = reader_be32(r);
        reader_be32(r);
    } else {
        c->offset = reader_be64(r);
        reader_be32(r); /* count */
        reader_be32(r); /* how stable; the reply tells what came of it */
    }
    data = xdr_opaque(r, NFS_RECORD_MAX);
    if (reader_ok(r))
        nfs_files_data(s->files, &c->handle, NFS_WRITE, dir, c->version, &c->user, c->offset, data);
}

bool nfs_v3_call(struct nfs *s, enum direction dir, struct reader *r, struct nfs_call *c)
{
    struct procedure p = procedure_of(c);

    if (p.what == W_NONE)
        return false;
    handle(r, c, &c->handle);
    switch (p.what) {
    case W_READ:
        c->offset = c->version == 2 ? reader_be32(r) : reader_be64(r);
        break;
    case W_WRITE:
        written(s, dir, r, c);
        break;
    case W_LOOKUP:
    case W_MAKE:
    case W_NAMED:
        nfs_call_set_name(c, xdr_opaque(r, NFS_NAME_MAX));
        c->event = p.event;
        break;
    default:
        break;
    }
    return reader_ok(r);
}

/* post_op_attr */
static void attributes(struct reader *r)
{
    if (reader_be32(r))
        reader_skip(r, V3_ATTR);
}

/* post_op_fh3 */
static bool maybe_handle(struct reader *r, struct nfs_handle *ret)
{
    if (!reader_be32(r))
        return false;
    nfs_handle_read(r, ret);
    return reader_ok(r);
}

static void read_result(struct nfs *s, enum direction dir, struct reader *r, const struct nfs_call *c)
{
    uint64_t end = 0;
    bool eof;
    struct span data;

    if (c->version == 2) {
        struct reader attr = reader_sub(r, V2_ATTR);
        reader_skip(&attr, 20);
        end = reader_be32(&attr);
        data = xdr_opaque(r, NFS_RECORD_MAX);
        eof = c->offset + data.n >= end;
    } else {
        attributes(r);
        reader_be32(r); /* count */
        eof = reader_be32(r) != 0;
        data = xdr_opaque(r, NFS_RECORD_MAX);
    }
    if (!reader_ok(r))
        return;
    nfs_files_data(s->files, &c->handle, NFS_READ, dir, c->version, &c->user, c->offset, data);
    if (eof)
        nfs_files_eof(s->files, &c->handle, c->offset + data.n);
}

static void write_result(struct nfs *s, struct reader *r, const struct nfs_call *c)
{
    bool stable = c->version == 2;

    if (!stable) {
        if (reader_be32(r)) /* wcc_data */
            reader_skip(r, 24);
        attributes(r);
        reader_be32(r); /* count */
        stable = reader_be32(r) != 0;
    }
    if (reader_ok(r) && stable)
        nfs_files_committed(s->files, &c->handle);
}

/* READDIRPLUS: names and, mostly, handles. */
static void directory(struct nfs *s, struct reader *r)
{
    struct nfs_handle h;

    attributes(r);
    reader_skip(r, 8);
    for (unsigned i = 0; i < ENTRIES_MAX && reader_be32(r); i++) {
        reader_skip(r, 8);
        struct span name = xdr_opaque(r, NFS_NAME_MAX);
        reader_skip(r, 8);
        attributes(r);
        if (maybe_handle(r, &h))
            nfs_files_name(s->files, &h, name);
        if (!reader_ok(r))
            return;
    }
}

uint32_t nfs_v3_reply(struct nfs *s, enum direction dir, struct reader *r, const struct nfs_call *c)
{
    uint32_t status = reader_be32(r);
    struct nfs_handle h = {.n = 0};

    if (status || !reader_ok(r))
        return status;
    switch (procedure_of(c).what) {
    case W_LOOKUP:
        handle(r, c, &h);
        break;
    case W_MAKE:
        if (c->version == 2)
            handle(r, c, &h);
        else
            maybe_handle(r, &h);
        break;
    case W_READ:
        read_result(s, dir, r, c);
        break;
    case W_WRITE:
        write_result(s, r, c);
        break;
    case W_COMMIT:
        nfs_files_committed(s->files, &c->handle);
        break;
    case W_READDIR:
        directory(s, r);
        break;
    default:
        break;
    }
    if (h.n && reader_ok(r))
        nfs_files_name(s->files, &h, nfs_call_name(c));
    return status;
}
