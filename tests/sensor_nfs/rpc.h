/* SPDX-License-Identifier: GPL-3.0-or-later
 * rpc: builds NFS calls and replies, and plays them to the parser as records of a stream or as datagrams. */
#ifndef GH_TESTS_RPC_H
#define GH_TESTS_RPC_H

#include "sensor/decode/nfs.h"
#include "tests/sensor_carve/fake_host.h"

struct wire {
    struct proto_host *h;
    struct writer m; /* the message under construction */
    bool udp;
    size_t step;     /* pieces that a stream is cut into */
    size_t fragment; /* bytes of a fragment; 0: one */
    uint32_t xid;
};
enum rpc_kind { PLAIN, INTEGRITY, PRIVACY };

void wire_open(struct wire *w, bool udp, size_t step, size_t fragment);
void wire_close(struct wire *w);
/* Heads; the caller appends arguments or results to w->m and sends. */
void call(struct wire *w, uint32_t version, uint32_t procedure, enum rpc_kind kind);
void reply(struct wire *w, uint32_t status);
void send_it(struct wire *w, enum direction dir);

void u32(struct wire *w, uint32_t v);
void u64(struct wire *w, uint64_t v);
void opaque(struct wire *w, const char *s);
/* n bytes that tell their offset in the file. */
void content(struct wire *w, uint64_t offset, size_t n);
void zeros(struct wire *w, size_t n);

#endif
