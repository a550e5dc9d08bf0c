/* SPDX-License-Identifier: GPL-3.0-or-later
 * nfs_file: the files of a connection by their handles, and what is read from and written to each.
 *
 * Reads and writes carry offsets and run in parallel: what comes before its turn waits (NFS_HELD_MAX bytes
 * and NFS_PIECES pieces a connection), and when there is no room the hole is given up. A file that is read
 * again from its start, or written over, begins a new document.
 *
 * NFS 2 and 3 have no close. A read is over at the end of the file. A write is over when the file is written
 * over, when all of it was committed and nothing has followed for NFS_SETTLED_US of packet time,
 * or with the connection. What rests for NFS_IDLE_US is over, too. Decode thread only. */
#ifndef GH_SENSOR_NFS_FILE_H
#define GH_SENSOR_NFS_FILE_H

#include "sensor/decode/carve.h"

#define NFS_FILES 1024u
#define NFS_HANDLE_MAX 128u
#define NFS_NAME_MAX 255u
#define NFS_HELD_MAX (8u << 20)
#define NFS_PIECES 256u
#define NFS_SETTLED_US 5000000u
#define NFS_IDLE_US 60000000u

struct nfs_handle {
    uint8_t p[NFS_HANDLE_MAX];
    uint8_t n; /* 0: none */
};
/* Who transfers it, for its event. */
struct nfs_user {
    uint32_t auth, uid, gid;
    bool has_ids;
};
enum nfs_way { NFS_WRITE, NFS_READ };

struct nfs_files;
/* What is told of a document besides its bytes: called before it ends, to write the nfs event and to append
 * the members of its fileinfo. */
struct nfs_told {
    enum nfs_way way;
    struct span name;
    unsigned version;
    struct nfs_user user;
    uint64_t first, last; /* offsets of its first byte and behind its last one */
    uint64_t chunks;
    uint32_t tx;
    enum direction dir;
};
typedef void nfs_told_fn(void *arg, const struct nfs_told *told, struct writer *members);

struct nfs_files *nfs_files_new(struct proto_ctx *cx, nfs_told_fn *told, void *arg); /* NULL: no memory */
void nfs_files_free(struct nfs_files *x); /* what is open ends; NULL is fine */
/* The handle has that name. */
void nfs_files_name(struct nfs_files *x, const struct nfs_handle *h, struct span name);
/* Its name, or empty. */
struct span nfs_files_name_of(struct nfs_files *x, const struct nfs_handle *h);
/* Bytes of it at that offset. dir: where they travel. */
void nfs_files_data(struct nfs_files *x, const struct nfs_handle *h, enum nfs_way way, enum direction dir,
                    unsigned version, const struct nfs_user *user, uint64_t offset, struct span bytes);
/* Reading came to the end of the file, which is at that offset. */
void nfs_files_eof(struct nfs_files *x, const struct nfs_handle *h, uint64_t offset);
/* All that was written so far is stable. */
void nfs_files_committed(struct nfs_files *x, const struct nfs_handle *h);
/* It was closed, or removed. */
void nfs_files_closed(struct nfs_files *x, const struct nfs_handle *h);
/* Ends what has rested long enough. */
void nfs_files_tick(struct nfs_files *x);

#endif
