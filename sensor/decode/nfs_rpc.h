/* SPDX-License-Identifier: GPL-3.0-or-later
 * nfs_rpc: ONC RPC (RFC 5531) as far as NFS needs it: records out of a TCP stream, heads of calls and
 * replies, XDR (RFC 4506). Decode thread only. */
#ifndef GH_SENSOR_NFS_RPC_H
#define GH_SENSOR_NFS_RPC_H

#include "sensor/decode/proto.h"

#define NFS_RECORD_MAX (4u << 20)
#define NFS_PROGRAM 100003u
#define RPC_MACHINE_MAX 255u

enum rpc_auth { RPC_AUTH_NONE, RPC_AUTH_UNIX, RPC_AUTH_GSS = 6 };
enum rpc_gss { GSS_PLAIN, GSS_NONE, GSS_INTEGRITY, GSS_PRIVACY };

struct rpc_call {
    uint32_t xid, program, version, procedure;
    uint32_t auth; /* flavour as sent */
    enum rpc_gss gss;
    bool has_ids;
    uint32_t uid, gid;
    struct span machine;
};
/* Heads. On true the reader stands at the arguments or the results, those of RPCSEC_GSS with integrity
 * unwrapped; of one with privacy there is nothing to read. */
bool rpc_call_read(struct reader *r, struct rpc_call *ret);
/* gss: what its call said. False also when the call was not accepted or did not succeed. */
bool rpc_reply_read(struct reader *r, uint32_t *ret_xid);
void rpc_unwrap(struct reader *r, enum rpc_gss gss);
/* opaque<max>: its bytes; the reader fails when it is longer. */
struct span xdr_opaque(struct reader *r, size_t max);
/* So many bytes and their padding. */
struct span xdr_fixed(struct reader *r, size_t n);

/* One direction of a TCP connection. */
struct rpc_stream {
    struct writer record; /* the record that has begun, without its marks */
    size_t charged;
    uint8_t mark[4]; /* of the next fragment, as far as it has come */
    unsigned mark_n;
    uint64_t left; /* bytes of the fragment still to come */
    bool last;     /* it is the record's last one */
    bool broken;   /* bytes of the record are missing, or it is too long: it is passed over */
    bool lost;     /* where records begin is not known */
};
/* One whole record. */
typedef void rpc_record_fn(void *arg, enum direction dir, struct span record);
void rpc_stream_init(struct rpc_stream *s);
void rpc_stream_done(struct rpc_stream *s, struct proto_ctx *cx);
void rpc_stream_feed(struct rpc_stream *s, struct proto_ctx *cx, enum direction dir, struct span bytes,
                     rpc_record_fn *record, void *arg);
void rpc_stream_gap(struct rpc_stream *s, struct proto_ctx *cx, uint64_t missing);
/* Could a record, mark included, begin so? A call (of NFS) or a reply. more: bytes are missing to tell. */
bool rpc_plausible(struct span s, bool call, bool *ret_more);

#endif
