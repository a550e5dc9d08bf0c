/* SPDX-License-Identifier: GPL-3.0-or-later
 * smb_table: requests that wait for their answer, and the shares of a connection. Both bounded: the oldest
 * request goes first (and is told without an answer), a share that does not fit is not remembered. Decode
 * thread only. */
#ifndef GH_SENSOR_SMB_TABLE_H
#define GH_SENSOR_SMB_TABLE_H

#include "sensor/decode/smb_file.h"

#define SMB_REQUESTS_MAX 1024u
#define SMB_TREES_MAX 256u
#define SMB_FACTS_MAX 16384u
#define SMB_REQUEST_BUCKETS 64u

struct smb_request {
    struct smb_request *next; /* of its bucket */
    struct smb_request *older, *younger;
    enum direction dir; /* in which it travelled */
    unsigned version;
    uint16_t command;
    uint64_t id; /* SMB 2: message id; SMB 1: multiplex and process id */
    uint64_t session;
    uint32_t tree;
    uint32_t tx;
    bool told;             /* it is worth an event; tx is its number */
    struct smb_file *file; /* one reference, or NULL */
    uint64_t offset;
    uint32_t length;
    uint16_t what;       /* information class, subcommand, create options */
    struct writer name;  /* share, or new name, as UTF-8 */
    struct writer facts; /* members of its smb object, JSON */
    size_t charged;
};
struct smb_requests {
    struct smb_request *bucket[SMB_REQUEST_BUCKETS];
    struct smb_request *oldest, *youngest;
    unsigned count;
};
struct smb_tree {
    struct smb_tree *next;
    uint64_t session;
    uint32_t id;
    bool pipe;
    struct writer share;
};
struct smb_trees {
    struct smb_tree *first; /* last used first */
    unsigned count;
};

/* A request to be filled in, already in the table. told: it gets a transaction number. NULL when memory is
 * short. */
struct smb_request *smb_request_new(struct smb *s, enum direction dir, unsigned version, uint16_t command,
                                    uint64_t id, bool told);
/* The one with that id and command; NULL when it was not seen. It stays in the table. */
struct smb_request *smb_request_find(struct smb *s, unsigned version, uint16_t command, uint64_t id);
/* Does one of that command wait for its answer? */
bool smb_request_waits(const struct smb *s, unsigned version, uint16_t command);
/* Another file is the one it means. */
void smb_request_file(struct smb *s, struct smb_request *q, struct smb_file *f);
/* Charges what its writers have taken; false (and they are emptied) when memory is short. */
bool smb_request_charge(struct smb *s, struct smb_request *q);
void smb_request_free(struct smb *s, struct smb_request *q);
/* Tells those that wait for an answer and frees all. */
void smb_requests_done(struct smb *s);

/* NULL when the share is not known. */
struct smb_tree *smb_tree_find(struct smb *s, uint64_t session, uint32_t id);
void smb_tree_add(struct smb *s, uint64_t session, uint32_t id, struct span share, bool pipe);
void smb_tree_remove(struct smb *s, uint64_t session, uint32_t id);
void smb_trees_done(struct smb *s);

#endif
