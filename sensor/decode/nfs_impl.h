/* SPDX-License-Identifier: GPL-3.0-or-later
 * nfs_impl: what the files of nfs share: calls that wait for their reply, and who reads what: nfs_v3.c the
 * procedures of NFS 2 and 3, nfs_v4.c compounds. Private to nfs*.c. */
#ifndef GH_SENSOR_NFS_IMPL_H
#define GH_SENSOR_NFS_IMPL_H

#include "sensor/decode/nfs_file.h"
#include "sensor/decode/nfs_rpc.h"

#define NFS_OPS 24u /* operations of one compound that are followed */

/* An operation of a compound whose result is to be read. */
struct nfs_op {
    uint8_t op;
    uint64_t offset; /* READ */
};
/* A call whose reply has not come. */
struct nfs_call {
    struct nfs_call *next; /* in its bucket */
    struct nfs_call *older, *younger;
    uint32_t xid, version, procedure;
    enum rpc_gss gss;
    struct nfs_user user;
    struct nfs_handle handle; /* of the file, or of the directory that the name is in */
    uint8_t name[NFS_NAME_MAX];
    uint8_t name_n;
    uint64_t offset;
    bool wanted;       /* its reply is of interest */
    const char *event; /* name of the procedure when it makes an event of its own */
    struct nfs_op ops[NFS_OPS];
    unsigned n_ops;
};
/* A reply whose call has not come: the directions of a stream are seen in any order. */
struct nfs_early {
    struct nfs_early *next;
    uint32_t xid;
    size_t n;
    uint8_t record[];
};
struct nfs {
    struct proto_ctx *cx;
    struct nfs_early *early, **early_end;
    size_t early_bytes;
    struct rpc_stream stream[2];
    struct nfs_files *files;
    struct nfs_call *calls[64];
    struct nfs_call *oldest, *youngest;
    unsigned n_calls;
    uint8_t machine[RPC_MACHINE_MAX]; /* that called last */
    uint8_t machine_n;
};

static inline struct span nfs_call_name(const struct nfs_call *c)
{
    return span_of(c->name, c->name_n);
}
static inline void nfs_call_set_name(struct nfs_call *c, struct span name)
{
    name = span_part(name, 0, NFS_NAME_MAX);
    c->name_n = (uint8_t)name.n;
    if (name.n)
        memcpy(c->name, name.p, name.n);
}
/* opaque<NFS_HANDLE_MAX> */
void nfs_handle_read(struct reader *r, struct nfs_handle *ret);
static inline void nfs_handle_set(struct nfs_handle *ret, struct span s)
{
    ret->n = s.n <= NFS_HANDLE_MAX ? (uint8_t)s.n : 0;
    if (ret->n)
        memcpy(ret->p, s.p, ret->n);
}

/* The arguments of c: fills in what its reply needs, carves what is written. False: its reply is of no
 * interest. dir: where the call travels. */
bool nfs_v3_call(struct nfs *s, enum direction dir, struct reader *r, struct nfs_call *c);
bool nfs_v4_call(struct nfs *s, enum direction dir, struct reader *r, struct nfs_call *c);
/* The results for c. Status of the whole. */
uint32_t nfs_v3_reply(struct nfs *s, enum direction dir, struct reader *r, const struct nfs_call *c);
uint32_t nfs_v4_reply(struct nfs *s, enum direction dir, struct reader *r, const struct nfs_call *c);

#endif
