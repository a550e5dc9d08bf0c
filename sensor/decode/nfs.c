/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/nfs.h"
#include "sensor/decode/nfs_impl.h"

#include <stdio.h>
#include <stdlib.h>

#define FLOW_CHARGE (2u << 10)
#define NFS_CALLS 512u
#define EARLY_MAX (4u << 20) /* bytes of replies that wait for their calls */

void nfs_handle_read(struct reader *r, struct nfs_handle *ret)
{
    nfs_handle_set(ret, xdr_opaque(r, NFS_HANDLE_MAX));
}

/* ---- events ---- */

static void write_rpc(const struct nfs *s, const struct nfs_user *user, struct jw *j)
{
    jw_kobj(j, "rpc");
    jw_kcstr(j, "auth_type",
             user->auth == RPC_AUTH_UNIX   ? "UNIX"
             : user->auth == RPC_AUTH_GSS  ? "GSS"
             : user->auth == RPC_AUTH_NONE ? "NULL"
                                           : "OTHER");
    if (user->has_ids) {
        jw_kobj(j, "creds");
        jw_kstr(j, "machine_name", span_of(s->machine, s->machine_n));
        jw_ku64(j, "uid", user->uid);
        jw_ku64(j, "gid", user->gid);
        jw_end_obj(j);
    }
    jw_end_obj(j);
}

static void write_file(const struct nfs_told *t, struct jw *j)
{
    jw_kobj(j, "nfs");
    jw_ku64(j, "version", t->version);
    jw_kcstr(j, "procedure", t->way == NFS_READ ? "READ" : "WRITE");
    jw_kstr(j, "filename", t->name);
    jw_kbool(j, "file_tx", true);
    jw_kobj(j, t->way == NFS_READ ? "read" : "write");
    jw_ku64(j, "chunks", t->chunks);
    jw_end_obj(j);
    jw_end_obj(j);
}

/* A document of a file ends: its event and the members of its fileinfo. */
static void told(void *arg, const struct nfs_told *t, struct writer *members)
{
    struct nfs *s = arg;
    struct writer w;
    struct jw j;

    writer_init(&w, members->max);
    jw_init(&j, &w);
    jw_obj(&j);
    write_rpc(s, &t->user, &j);
    write_file(t, &j);
    jw_end_obj(&j);
    if (writer_ok(&w))
        writer_put(members, span_part(writer_span(&w), 1, w.n - 2));
    writer_done(&w);
    proto_event_begin(s->cx, EVENT_NFS, t->dir, t->tx, &j);
    write_rpc(s, &t->user, &j);
    write_file(t, &j);
    proto_event_end(s->cx, &j, 0);
}

/* A procedure that makes, renames or removes something. */
static void log_call(struct nfs *s, enum direction dir, const struct nfs_call *c, uint32_t status)
{
    char text[16];
    struct jw j;

    snprintf(text, sizeof(text), "%u", status);
    proto_event_begin(s->cx, EVENT_NFS, dir, s->cx->tx_next++, &j);
    write_rpc(s, &c->user, &j);
    jw_kobj(&j, "nfs");
    jw_ku64(&j, "version", c->version);
    jw_kcstr(&j, "procedure", c->event);
    jw_kstr(&j, "filename", nfs_call_name(c));
    jw_kcstr(&j, "status", status ? text : "OK");
    jw_end_obj(&j);
    proto_event_end(s->cx, &j, 0);
}

/* ---- calls ---- */

static struct nfs_call *call_find(struct nfs *s, uint32_t xid)
{
    for (struct nfs_call *c = s->calls[xid % GH_COUNT(s->calls)]; c; c = c->next)
        if (c->xid == xid)
            return c;
    return NULL;
}

/* Out of the table; it is the caller's. */
static void call_take(struct nfs *s, struct nfs_call *c)
{
    struct nfs_call **at = &s->calls[c->xid % GH_COUNT(s->calls)];

    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    *(c->older ? &c->older->younger : &s->oldest) = c->younger;
    *(c->younger ? &c->younger->older : &s->youngest) = c->older;
    s->n_calls--;
}

static void call_free(struct nfs *s, struct nfs_call *c)
{
    free(c);
    proto_release(s->cx, sizeof(*c));
}

static struct nfs_call *call_new(struct nfs *s)
{
    struct nfs_call *c;

    if (s->n_calls >= NFS_CALLS) {
        c = s->oldest;
        call_take(s, c);
        call_free(s, c);
        proto_anomaly(s->cx, TO_SERVER, "nfs.calls_forgotten");
    }
    if (!proto_charge(s->cx, sizeof(*c)))
        return NULL;
    c = calloc(1, sizeof(*c));
    if (!c)
        proto_release(s->cx, sizeof(*c));
    return c;
}

static void call_add(struct nfs *s, struct nfs_call *c)
{
    struct nfs_call **at = &s->calls[c->xid % GH_COUNT(s->calls)];

    c->next = *at;
    *at = c;
    c->older = s->youngest;
    *(s->youngest ? &s->youngest->younger : &s->oldest) = c;
    s->youngest = c;
    s->n_calls++;
}

static void early_drop(struct nfs *s, struct nfs_early **at)
{
    struct nfs_early *e = *at;

    *at = e->next;
    if (!*at)
        s->early_end = at;
    s->early_bytes -= e->n;
    proto_release(s->cx, sizeof(*e) + e->n);
    free(e);
}

/* A reply without a call: kept in a stream, where its call may be late; the oldest ones go. */
static void early_add(struct nfs *s, uint32_t xid, struct span record)
{
    size_t size = sizeof(struct nfs_early) + record.n;
    struct nfs_early *e;

    if (s->cx->udp || record.n > EARLY_MAX)
        return;
    while (s->early_bytes > EARLY_MAX - record.n)
        early_drop(s, &s->early);
    if (!proto_charge(s->cx, size))
        return;
    e = malloc(size);
    if (!e) {
        proto_release(s->cx, size);
        return;
    }
    e->next = NULL;
    e->xid = xid;
    e->n = record.n;
    memcpy(e->record, record.p, record.n);
    *s->early_end = e;
    s->early_end = &e->next;
    s->early_bytes += e->n;
}

static void take_reply(struct nfs *s, enum direction dir, struct span record)
{
    struct reader r = reader_span(record), head = r;
    uint32_t xid = reader_be32(&head), status;
    struct nfs_call *c = call_find(s, xid);

    if (!c) {
        early_add(s, xid, record);
        return;
    }
    call_take(s, c);
    if (c->wanted && rpc_reply_read(&r, &xid)) {
        rpc_unwrap(&r, c->gss);
        status = c->version == 4 ? nfs_v4_reply(s, dir, &r, c) : nfs_v3_reply(s, dir, &r, c);
        if (c->event)
            log_call(s, (enum direction) !dir, c, status);
    }
    call_free(s, c);
}

/* The reply to a call that came before it. */
static void early_reply(struct nfs *s, enum direction dir, uint32_t xid)
{
    for (struct nfs_early **at = &s->early; *at; at = &(*at)->next)
        if ((*at)->xid == xid) {
            take_reply(s, dir, span_of((*at)->record, (*at)->n));
            early_drop(s, at);
            return;
        }
}

static void take_call(struct nfs *s, enum direction dir, struct reader *r)
{
    struct rpc_call rpc;
    struct nfs_call *c;

    if (!rpc_call_read(r, &rpc) || rpc.program != NFS_PROGRAM || rpc.version < 2 || rpc.version > 4)
        return;
    if (rpc.gss == GSS_PRIVACY) {
        proto_anomaly(s->cx, dir, "nfs.encrypted");
        return;
    }
    if (call_find(s, rpc.xid)) /* sent again */
        return;
    c = call_new(s);
    if (!c) {
        proto_anomaly(s->cx, dir, "nfs.no_memory");
        return;
    }
    c->xid = rpc.xid;
    c->version = rpc.version;
    c->procedure = rpc.procedure;
    c->gss = rpc.gss;
    c->user = (struct nfs_user){rpc.auth, rpc.uid, rpc.gid, rpc.has_ids};
    if (rpc.has_ids) {
        s->machine_n = (uint8_t)rpc.machine.n;
        if (rpc.machine.n)
            memcpy(s->machine, rpc.machine.p, rpc.machine.n);
    }
    if (rpc.version == 4)
        c->wanted = rpc.procedure == 1 && nfs_v4_call(s, dir, r, c);
    else
        c->wanted = nfs_v3_call(s, dir, r, c);
    call_add(s, c);
    early_reply(s, (enum direction) !dir, rpc.xid);
}

static void take_record(void *arg, enum direction dir, struct span record)
{
    struct nfs *s = arg;
    struct reader r = reader_span(record), look = r;

    nfs_files_tick(s->files);
    reader_be32(&look);
    if (reader_be32(&look) == 0)
        take_call(s, dir, &r);
    else
        take_reply(s, dir, record);
}

/* ---- the parser ---- */

static bool is_call(struct span s)
{
    struct reader r = reader_span(s);
    struct rpc_call c;

    return rpc_call_read(&r, &c) && c.program == NFS_PROGRAM && c.version >= 2 && c.version <= 4;
}

static enum probe nfs_probe(const struct proto_ctx *cx, enum direction dir, struct span first)
{
    bool more, reply_more = false;

    if (cx->udp)
        return dir == TO_SERVER && is_call(first) ? PROBE_YES : PROBE_NO;
    if (dir == TO_SERVER)
        return rpc_plausible(first, true, &more) ? PROBE_YES : more ? PROBE_MORE : PROBE_NO;
    /* Whose reply it is tells the call only. */
    return rpc_plausible(first, false, &reply_more) || reply_more ? PROBE_MORE : PROBE_NO;
}

static int nfs_open(void *state, struct proto_ctx *cx)
{
    struct nfs *s = state;

    if (!proto_charge(cx, FLOW_CHARGE))
        return ST_LIMIT;
    s->cx = cx;
    s->files = nfs_files_new(cx, told, s);
    if (!s->files) {
        proto_release(cx, FLOW_CHARGE);
        return ST_NOMEM;
    }
    s->early_end = &s->early;
    rpc_stream_init(&s->stream[TO_SERVER]);
    rpc_stream_init(&s->stream[TO_CLIENT]);
    return 0;
}

static void nfs_feed(void *state, struct proto_ctx *cx, enum direction dir, struct span bytes)
{
    struct nfs *s = state;

    rpc_stream_feed(&s->stream[dir], cx, dir, bytes, take_record, s);
}

static void nfs_gap(void *state, struct proto_ctx *cx, enum direction dir, uint64_t missing)
{
    struct nfs *s = state;

    proto_anomaly(cx, dir, "nfs.gap");
    rpc_stream_gap(&s->stream[dir], cx, missing);
}

static void nfs_end(void *state, struct proto_ctx *cx, enum direction dir)
{
    (void)state;
    (void)cx;
    (void)dir;
}

static void nfs_close(void *state, struct proto_ctx *cx)
{
    struct nfs *s = state;

    nfs_files_free(s->files);
    while (s->oldest) {
        struct nfs_call *c = s->oldest;
        call_take(s, c);
        call_free(s, c);
    }
    while (s->early)
        early_drop(s, &s->early);
    rpc_stream_done(&s->stream[TO_SERVER], cx);
    rpc_stream_done(&s->stream[TO_CLIENT], cx);
    proto_release(cx, FLOW_CHARGE);
}

static void nfs_datagram(void *state, struct proto_ctx *cx, enum direction dir, struct span bytes)
{
    (void)cx;
    take_record(state, dir, bytes);
}

const struct proto nfs_proto = {
    .name = "nfs",
    .state_size = sizeof(struct nfs),
    .probe = nfs_probe,
    .open = nfs_open,
    .feed = nfs_feed,
    .gap = nfs_gap,
    .end = nfs_end,
    .close = nfs_close,
    .datagram = nfs_datagram,
};
