/* SPDX-License-Identifier: GPL-3.0-or-later
 * msg: typed, sized frames with at most one descriptor over a SOCK_SEQPACKET pair, checked against msgs.def.
 *
 * Frame = u8 type || payload. A channel knows who it is and who is at the other end; a frame that the table does not allow
 * for that pair, direction, length or descriptor gives ST_MALFORMED and the caller closes the channel: the peer is
 * compromised or broken. One thread per channel. */
#ifndef GH_BASE_MSG_H
#define GH_BASE_MSG_H

#include "base/writer.h"

enum role {
    ROLE_ANY,
    ROLE_KEEPER,
    ROLE_SENSOR,
    ROLE_CORE,
    ROLE_SCAN,
    ROLE_WORKER,
    ROLE_POLICY,
    ROLE_ENFORCE,
    ROLE_UPLINK,
    ROLE_CONSOLE,
    ROLE_LISTS,
    ROLE_OUTLET,
    ROLE_WORKBENCH,
    ROLE_REPORT,
    ROLE_DOWN,
    ROLE_NATS,
    ROLE_REGION,
    ROLE_COUNT
};
const char *role_name(enum role r); /* "sensor" */

enum msg_type {
#define MSG(name, number, from, to, max, fd) MSG_##name = number,
#include "base/msgs.def"
#undef MSG
};
#define MSG_MAX 131072 /* longest payload of any row */

struct msg_chan; /* heap; owns its descriptor */
struct msg {
    enum msg_type type;
    struct span body; /* valid until the next receive on this channel */
    int fd;           /* -1, or a descriptor that the receiver owns now */
};

/* A connected pair, close-on-exec, with send buffers that hold at least four largest frames. */
int msg_pair(int fds[static 2]);
struct msg_chan *msg_chan_new(int fd, enum role me, enum role peer);
void msg_chan_free(struct msg_chan *c); /* closes */
int msg_chan_fd(const struct msg_chan *c);
/* Blocking send; fd -1 for none, otherwise it is passed on (the caller keeps and closes its own copy). Waits for a slow
 * receiver: that is the back-pressure. ST_CLOSED when the peer is gone. */
int msg_send(struct msg_chan *c, enum msg_type type, struct span body, int fd);
/* Queues without blocking, sends what it can; the queue is bounded by msg_chan_limit (default 64 MiB, 1024 descriptors):
 * ST_FULL when it would pass. Takes a copy of body, and takes over fd on success. Call msg_flush when writable. */
int msg_post(struct msg_chan *c, enum msg_type type, struct span body, int fd);
int msg_flush(struct msg_chan *c); /* 0 all sent, ST_AGAIN something waits, ST_CLOSED */
bool msg_pending(const struct msg_chan *c);
size_t msg_pending_bytes(const struct msg_chan *c);
void msg_chan_limit(struct msg_chan *c, size_t bytes, size_t fds);
/* 0; ST_AGAIN nothing there (non-blocking when wait is false); ST_CLOSED; ST_MALFORMED. */
int msg_receive(struct msg_chan *c, struct msg *ret, bool wait);

/* A sealed, unnamed file holding bytes (memfd_create; F_SEAL_WRITE|GROW|SHRINK|SEAL). Descriptor or negative ST_. */
int msg_memfd(const char *name, struct span bytes);
int msg_memfd_seal(int fd);
/* 0 when fd is a sealed memfd, whose length cannot change any more: *ret_size. ST_MALFORMED for anything else. */
int msg_memfd_check(int fd, uint64_t *ret_size);
/* Maps a descriptor that must be a sealed memfd of at most max bytes; ST_MALFORMED otherwise. Unmap with msg_unmap. */
int msg_map(int fd, size_t max, struct span *ret);
void msg_unmap(struct span s);

#endif
