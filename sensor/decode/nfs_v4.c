/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/nfs_impl.h"

#define OPERATIONS_MAX 64u
#define TAG_MAX 1024u
#define OPAQUE_MAX (64u << 10) /* attributes, owners, links */

enum op {
    OP_ACCESS = 3,
    OP_CLOSE = 4,
    OP_COMMIT = 5,
    OP_CREATE = 6,
    OP_DELEGRETURN = 8,
    OP_GETATTR = 9,
    OP_GETFH = 10,
    OP_LINK = 11,
    OP_LOOKUP = 15,
    OP_LOOKUPP = 16,
    OP_NVERIFY = 17,
    OP_OPEN = 18,
    OP_OPEN_CONFIRM = 20,
    OP_OPEN_DOWNGRADE = 21,
    OP_PUTFH = 22,
    OP_PUTPUBFH = 23,
    OP_PUTROOTFH = 24,
    OP_READ = 25,
    OP_READLINK = 27,
    OP_REMOVE = 28,
    OP_RENAME = 29,
    OP_RENEW = 30,
    OP_RESTOREFH = 31,
    OP_SAVEFH = 32,
    OP_SETATTR = 34,
    OP_VERIFY = 37,
    OP_WRITE = 38,
    OP_RELEASE_LOCKOWNER = 39,
    OP_SEQUENCE = 53,
    OP_READ_PLUS = 68,
};
/* Arguments and results that are of one size; the others have a function. */
static const struct fixed {
    bool known;
    uint8_t arguments, results;
} fixed[] = {
    [OP_ACCESS] = {true, 4, 8},           [OP_CLOSE] = {true, 20, 16},
    [OP_COMMIT] = {true, 12, 8},          [OP_DELEGRETURN] = {true, 16, 0},
    [OP_LOOKUPP] = {true, 0, 0},          [OP_OPEN_CONFIRM] = {true, 20, 16},
    [OP_OPEN_DOWNGRADE] = {true, 28, 16}, [OP_PUTPUBFH] = {true, 0, 0},
    [OP_PUTROOTFH] = {true, 0, 0},        [OP_RENEW] = {true, 8, 0},
    [OP_RESTOREFH] = {true, 0, 0},        [OP_SAVEFH] = {true, 0, 0},
    [OP_SEQUENCE] = {true, 32, 36},
};

static void bitmap(struct reader *r)
{
    uint32_t n = reader_be32(r);

    if (n > 16)
        r->bad = true;
    reader_skip(r, (size_t)n * 4);
}

static void attributes(struct reader *r)
{
    bitmap(r);
    xdr_opaque(r, OPAQUE_MAX);
}

/* ---- arguments ---- */

static void open_arguments(struct reader *r, struct nfs_call *c)
{
    reader_skip(r, 4 + 4 + 4 + 8); /* seqid, access, deny, client */
    xdr_opaque(r, OPAQUE_MAX);     /* owner */
    if (reader_be32(r) == 1) {     /* it may be made */
        uint32_t mode = reader_be32(r);
        if (mode >= 2)
            reader_skip(r, 8);
        if (mode != 2)
            attributes(r);
        c->event = "OPEN";
    }
    switch (reader_be32(r)) { /* what it is claimed by */
    case 0:
    case 3:
        nfs_call_set_name(c, xdr_opaque(r, NFS_NAME_MAX));
        break;
    case 1:
        reader_skip(r, 4);
        break;
    case 2:
        reader_skip(r, 16);
        nfs_call_set_name(c, xdr_opaque(r, NFS_NAME_MAX));
        break;
    case 4:
    case 6:
        break;
    case 5:
        reader_skip(r, 16);
        break;
    default:
        r->bad = true;
    }
}

static void create_arguments(struct reader *r, struct nfs_call *c)
{
    uint32_t type = reader_be32(r);

    if (type == 5)
        xdr_opaque(r, OPAQUE_MAX);
    else if (type == 3 || type == 4)
        reader_skip(r, 8);
    nfs_call_set_name(c, xdr_opaque(r, NFS_NAME_MAX));
    attributes(r);
    c->event = "CREATE";
}

static void write_arguments(struct nfs *s, enum direction dir, struct reader *r, struct nfs_call *c)
{
    struct span data;
    uint64_t offset;

    reader_skip(r, 16);
    offset = reader_be64(r);
    reader_be32(r);
    data = xdr_opaque(r, NFS_RECORD_MAX);
    if (reader_ok(r))
        nfs_files_data(s->files, &c->handle, NFS_WRITE, dir, 4, &c->user, offset, data);
}

/* False: the operation is not known, and so the rest of the compound is not either. */
static bool arguments(struct nfs *s, enum direction dir, struct reader *r, struct nfs_call *c,
                      struct nfs_op *op)
{
    if (op->op < GH_COUNT(fixed) && fixed[op->op].known) {
        reader_skip(r, fixed[op->op].arguments);
        return true;
    }
    switch ((enum op)op->op) {
    case OP_PUTFH:
        nfs_handle_read(r, &c->handle);
        break;
    case OP_GETFH:
    case OP_READLINK:
        break;
    case OP_GETATTR:
        bitmap(r);
        break;
    case OP_SETATTR:
        reader_skip(r, 16);
        attributes(r);
        break;
    case OP_VERIFY:
    case OP_NVERIFY:
        attributes(r);
        break;
    case OP_LOOKUP:
    case OP_LINK:
        nfs_call_set_name(c, xdr_opaque(r, NFS_NAME_MAX));
        break;
    case OP_REMOVE:
        nfs_call_set_name(c, xdr_opaque(r, NFS_NAME_MAX));
        c->event = "REMOVE";
        break;
    case OP_RENAME:
        nfs_call_set_name(c, xdr_opaque(r, NFS_NAME_MAX));
        xdr_opaque(r, NFS_NAME_MAX);
        c->event = "RENAME";
        break;
    case OP_OPEN:
        open_arguments(r, c);
        break;
    case OP_CREATE:
        create_arguments(r, c);
        break;
    case OP_READ:
    case OP_READ_PLUS:
        reader_skip(r, 16);
        op->offset = reader_be64(r);
        reader_be32(r);
        break;
    case OP_WRITE:
        write_arguments(s, dir, r, c);
        break;
    case OP_RELEASE_LOCKOWNER:
        reader_skip(r, 8);
        xdr_opaque(r, OPAQUE_MAX);
        break;
    default:
        return false;
    }
    return true;
}

bool nfs_v4_call(struct nfs *s, enum direction dir, struct reader *r, struct nfs_call *c)
{
    uint32_t n;

    xdr_opaque(r, TAG_MAX);
    reader_be32(r); /* minor version */
    n = reader_be32(r);
    for (uint32_t i = 0; i < n && i < OPERATIONS_MAX && c->n_ops < NFS_OPS; i++) {
        uint32_t number = reader_be32(r);
        struct nfs_op op = {.op = number <= UINT8_MAX ? (uint8_t)number : 0};
        if (!reader_ok(r) || !arguments(s, dir, r, c, &op) || !reader_ok(r))
            break;
        c->ops[c->n_ops++] = op;
    }
    return c->n_ops != 0;
}

/* ---- results ---- */

static void entry(struct reader *r) /* nfsace4 */
{
    reader_skip(r, 12);
    xdr_opaque(r, OPAQUE_MAX);
}

static void open_results(struct reader *r)
{
    reader_skip(r, 16 + 20 + 4); /* stateid, change, flags */
    bitmap(r);
    switch (reader_be32(r)) { /* delegation */
    case 0:
        break;
    case 1:
        reader_skip(r, 16 + 4);
        entry(r);
        break;
    case 2:
        reader_skip(r, 16 + 4 + 4 + 8);
        entry(r);
        break;
    case 3: {
        uint32_t why = reader_be32(r);
        if (why == 1 || why == 2)
            reader_skip(r, 4);
        break;
    }
    default:
        r->bad = true;
    }
}

/* The files that the operations of a compound are about, as its results tell. */
struct current {
    struct nfs_handle handle;
    bool named; /* the handle that comes is that of the call's name */
};

static void read_results(struct nfs *s, enum direction dir, struct reader *r, const struct nfs_call *c,
                         const struct nfs_op *op, const struct current *at)
{
    bool eof = reader_be32(r) != 0;
    uint64_t end = op->offset;
    uint32_t segments = op->op == OP_READ_PLUS ? reader_be32(r) : 1;

    for (uint32_t i = 0; i < segments && reader_ok(r); i++) {
        bool hole = false;
        uint64_t offset = op->offset;
        struct span data = {0};
        if (op->op == OP_READ_PLUS) {
            hole = reader_be32(r) != 0;
            offset = reader_be64(r);
        }
        if (hole)
            end = offset + reader_be64(r);
        else
            data = xdr_opaque(r, NFS_RECORD_MAX);
        if (hole || !reader_ok(r))
            continue;
        end = offset + data.n;
        nfs_files_data(s->files, &at->handle, NFS_READ, dir, 4, &c->user, offset, data);
    }
    if (eof && reader_ok(r))
        nfs_files_eof(s->files, &at->handle, end);
}

static void variable_results(struct nfs *s, enum direction dir, struct reader *r, const struct nfs_call *c,
                             const struct nfs_op *op, struct current *at)
{
    switch ((enum op)op->op) {
    case OP_PUTFH:
        at->handle = c->handle;
        at->named = false;
        break;
    case OP_GETFH:
        nfs_handle_read(r, &at->handle);
        if (reader_ok(r) && at->named)
            nfs_files_name(s->files, &at->handle, nfs_call_name(c));
        break;
    case OP_LOOKUP:
        at->handle.n = 0;
        at->named = true;
        break;
    case OP_OPEN:
        open_results(r);
        if (c->name_n) {
            at->handle.n = 0;
            at->named = true;
        }
        break;
    case OP_CREATE:
        reader_skip(r, 20);
        bitmap(r);
        at->handle.n = 0;
        at->named = true;
        break;
    case OP_GETATTR:
        attributes(r);
        break;
    case OP_SETATTR:
        bitmap(r);
        break;
    case OP_LINK:
    case OP_REMOVE:
        reader_skip(r, 20);
        break;
    case OP_RENAME:
        reader_skip(r, 40);
        break;
    case OP_READLINK:
        xdr_opaque(r, OPAQUE_MAX);
        break;
    case OP_READ:
    case OP_READ_PLUS:
        read_results(s, dir, r, c, op, at);
        break;
    case OP_WRITE:
        reader_be32(r); /* count */
        if (reader_be32(r) && reader_ok(r))
            nfs_files_committed(s->files, &at->handle);
        reader_skip(r, 8);
        break;
    default:
        break;
    }
}

uint32_t nfs_v4_reply(struct nfs *s, enum direction dir, struct reader *r, const struct nfs_call *c)
{
    uint32_t status = reader_be32(r), n;
    struct current at = {.named = false};

    xdr_opaque(r, TAG_MAX);
    n = reader_be32(r);
    for (uint32_t i = 0; i < n && i < c->n_ops; i++) {
        const struct nfs_op *op = &c->ops[i];
        uint32_t number = reader_be32(r), result = reader_be32(r);
        if (!reader_ok(r) || number != op->op)
            break;
        if (op->op == OP_SETATTR && result) /* also then it says which it has set */
            bitmap(r);
        else if (result)
            break;
        else if (op->op < GH_COUNT(fixed) && fixed[op->op].known)
            reader_skip(r, fixed[op->op].results);
        else
            variable_results(s, dir, r, c, op, &at);
        if (!reader_ok(r))
            break;
        if (op->op == OP_CLOSE && !result)
            nfs_files_closed(s->files, &at.handle);
        if (op->op == OP_COMMIT && !result)
            nfs_files_committed(s->files, &at.handle);
        if (op->op == OP_RESTOREFH || op->op == OP_PUTROOTFH || op->op == OP_PUTPUBFH ||
            op->op == OP_LOOKUPP) {
            at.handle.n = 0;
            at.named = false;
        }
    }
    return status;
}
