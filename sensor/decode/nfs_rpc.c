/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/nfs_rpc.h"

#define AUTH_MAX 400u
#define MARK_LAST 0x80000000u

struct span xdr_fixed(struct reader *r, size_t n)
{
    struct span s = reader_take(r, n);

    /* A last one may lack its padding. */
    reader_skip(r, (4 - n % 4) % 4 < reader_left(r) ? (4 - n % 4) % 4 : reader_left(r));
    return s;
}

struct span xdr_opaque(struct reader *r, size_t max)
{
    uint32_t n = reader_be32(r);

    if (n > max)
        r->bad = true;
    return xdr_fixed(r, n);
}

static void read_unix(struct span body, struct rpc_call *ret)
{
    struct reader r = reader_span(body);

    reader_be32(&r); /* stamp */
    ret->machine = xdr_opaque(&r, RPC_MACHINE_MAX);
    ret->uid = reader_be32(&r);
    ret->gid = reader_be32(&r);
    ret->has_ids = reader_ok(&r);
    if (!ret->has_ids)
        ret->machine.n = 0;
}

static void read_gss(struct span body, struct rpc_call *ret)
{
    struct reader r = reader_span(body);
    uint32_t version = reader_be32(&r), procedure = reader_be32(&r);

    reader_be32(&r); /* sequence number */
    uint32_t service = reader_be32(&r);
    /* Procedures that make or end a context carry their arguments plain. */
    ret->gss = !reader_ok(&r) || version != 1 || procedure != 0 || service > GSS_PRIVACY
                   ? GSS_NONE
                   : (enum rpc_gss)service;
}

void rpc_unwrap(struct reader *r, enum rpc_gss gss)
{
    if (gss == GSS_INTEGRITY) {
        reader_be32(r); /* length of what follows up to the checksum */
        reader_be32(r); /* sequence number */
    }
}

bool rpc_call_read(struct reader *r, struct rpc_call *ret)
{
    struct span credential;
    uint32_t type, rpc_version;

    *ret = (struct rpc_call){.xid = reader_be32(r)};
    type = reader_be32(r);
    rpc_version = reader_be32(r);
    if (type != 0 || rpc_version != 2)
        return false;
    ret->program = reader_be32(r);
    ret->version = reader_be32(r);
    ret->procedure = reader_be32(r);
    ret->auth = reader_be32(r);
    credential = xdr_opaque(r, AUTH_MAX);
    reader_be32(r);
    xdr_opaque(r, AUTH_MAX);
    if (!reader_ok(r))
        return false;
    if (ret->auth == RPC_AUTH_UNIX)
        read_unix(credential, ret);
    else if (ret->auth == RPC_AUTH_GSS)
        read_gss(credential, ret);
    rpc_unwrap(r, ret->gss);
    return reader_ok(r);
}

bool rpc_reply_read(struct reader *r, uint32_t *ret_xid)
{
    uint32_t type, rejected;

    *ret_xid = reader_be32(r);
    type = reader_be32(r);
    rejected = reader_be32(r);
    if (type != 1 || rejected)
        return false;
    reader_be32(r);
    xdr_opaque(r, AUTH_MAX);
    return reader_be32(r) == 0 && reader_ok(r);
}

bool rpc_plausible(struct span s, bool call, bool *ret_more)
{
    struct reader r = reader_span(s);
    uint32_t mark = reader_be32(&r), type, third, fourth;

    reader_be32(&r);
    type = reader_be32(&r);
    third = reader_be32(&r);
    fourth = reader_be32(&r);
    *ret_more = !reader_ok(&r);
    if (*ret_more) {
        r = reader_span(s);
        mark = reader_be32(&r);
        *ret_more = !reader_ok(&r) || ((mark & ~MARK_LAST) >= 24 && (mark & ~MARK_LAST) <= NFS_RECORD_MAX);
        return false;
    }
    if ((mark & ~MARK_LAST) < 24 || (mark & ~MARK_LAST) > NFS_RECORD_MAX)
        return false;
    return call ? type == 0 && third == 2 && fourth == NFS_PROGRAM : type == 1 && third == 0 && fourth <= 6;
}

/* ---- records ---- */

void rpc_stream_init(struct rpc_stream *s)
{
    *s = (struct rpc_stream){0};
    writer_init(&s->record, NFS_RECORD_MAX);
}

static void forget(struct rpc_stream *s, struct proto_ctx *cx)
{
    writer_done(&s->record);
    writer_init(&s->record, NFS_RECORD_MAX);
    proto_release(cx, s->charged);
    s->charged = 0;
}

void rpc_stream_done(struct rpc_stream *s, struct proto_ctx *cx)
{
    forget(s, cx);
    writer_done(&s->record);
}

/* A fragment begins; its bytes are paid for at once. */
static void fragment(struct rpc_stream *s, struct proto_ctx *cx, enum direction dir)
{
    struct reader r = reader_of(s->mark, sizeof(s->mark));
    uint32_t mark = reader_be32(&r);

    s->mark_n = 0;
    s->last = mark & MARK_LAST;
    s->left = mark & ~MARK_LAST;
    if (s->broken)
        return;
    if (s->left > NFS_RECORD_MAX - s->charged || !proto_charge(cx, (size_t)s->left)) {
        proto_anomaly(cx, dir, "nfs.record_too_long");
        s->broken = true;
        forget(s, cx);
        return;
    }
    s->charged += (size_t)s->left;
}

static void fragment_over(struct rpc_stream *s, struct proto_ctx *cx, enum direction dir,
                          rpc_record_fn *record, void *arg)
{
    if (!s->last)
        return;
    if (!s->broken && writer_ok(&s->record))
        record(arg, dir, writer_span(&s->record));
    s->broken = false;
    forget(s, cx);
}

void rpc_stream_feed(struct rpc_stream *s, struct proto_ctx *cx, enum direction dir, struct span bytes,
                     rpc_record_fn *record, void *arg)
{
    bool more;

    if (s->lost) { /* records mostly begin with a segment */
        if (!rpc_plausible(bytes, dir == TO_SERVER, &more))
            return;
        s->lost = false;
    }
    while (bytes.n) {
        if (!s->left) {
            s->mark[s->mark_n++] = bytes.p[0];
            bytes = span_part(bytes, 1, bytes.n);
            if (s->mark_n < sizeof(s->mark))
                continue;
            fragment(s, cx, dir);
            if (!s->left)
                fragment_over(s, cx, dir, record, arg);
            continue;
        }
        struct span part = span_part(bytes, 0, s->left < bytes.n ? (size_t)s->left : bytes.n);
        bytes = span_part(bytes, part.n, bytes.n);
        s->left -= part.n;
        if (!s->broken && !s->left && s->last && !s->record.n) { /* whole in one piece */
            record(arg, dir, part);
            forget(s, cx);
            continue;
        }
        if (!s->broken)
            writer_put(&s->record, part);
        if (!s->left)
            fragment_over(s, cx, dir, record, arg);
    }
}

void rpc_stream_gap(struct rpc_stream *s, struct proto_ctx *cx, uint64_t missing)
{
    forget(s, cx);
    s->broken = true;
    if (!s->lost && missing <= s->left) {
        s->left -= missing;
        if (!s->left && s->last)
            s->broken = false;
        return;
    }
    s->lost = true;
    s->broken = false;
    s->left = 0;
    s->mark_n = 0;
}
