/* SPDX-License-Identifier: GPL-3.0-or-later
 * smb_file: the opens of a connection, and what is read from and written to each.
 *
 * Reads and writes carry offsets and may run in parallel, so what comes too early waits in blocks until what
 * lies before it has come (SMB_HELD_MAX bytes a connection). When there is no room the hole is given up: the
 * document goes on behind it, with a gap. A byte that was read is not taken again; one that is written again
 * belongs to a second document.
 *
 * A file is found by its id in its session. Counted references: the table has one, each request that waits
 * for an answer has one, and whoever is given one. Decode thread only. */
#ifndef GH_SENSOR_SMB_FILE_H
#define GH_SENSOR_SMB_FILE_H

#include "sensor/decode/carve.h"

#define SMB_FILES_MAX 1024u
#define SMB_HELD_MAX (16u << 20)
#define SMB_BLOCK (64u << 10) /* bytes of a block at most */
#define SMB_BLOCKS_MAX 2048u  /* blocks of one way of one file */
#define SMB_NAME_MAX 1024u    /* bytes of UTF-8 of a name; longer ones are cut */
#define SMB_FILE_BUCKETS 64u
#define SMB_ID 16u

struct smb;

/* What is written where something was written before is a document of its own: the first one cannot be taken
 * back, and nothing may pass unseen. */
enum smb_way { SMB_WRITTEN, SMB_READ, SMB_REWRITTEN, SMB_WAYS };

struct smb_block {
    struct smb_block *next; /* by offset; they do not overlap */
    uint64_t offset;
    uint32_t n, cap;
    uint8_t data[];
};
/* One way of one file. */
struct smb_track {
    struct transfer *t;
    bool open;     /* has begun and is not finished */
    bool finished; /* was announced once */
    enum direction dir;
    uint32_t tx;
    uint64_t next; /* every byte before it was carved or given up */
    struct smb_block *first, *last;
    uint32_t blocks;
};
struct smb_file {
    struct smb_file *next; /* of its bucket */
    uint8_t id[SMB_ID];
    uint64_t session;
    uint32_t tree;
    unsigned version; /* 1 or 2 */
    unsigned refs;
    bool listed;
    bool known;   /* its open was seen, or at least asked for */
    bool closing; /* the client closed it; the answer is still to come */
    bool pipe, directory;
    bool end_seen; /* the server said so */
    bool have_size, have_planned;
    uint64_t size;    /* when it was opened, or later as the server says */
    uint64_t planned; /* what the client said it will be */
    uint64_t used;    /* for eviction */
    struct writer name, share;
    struct smb_track track[SMB_WAYS];
};
struct smb_files {
    struct smb_file *bucket[SMB_FILE_BUCKETS];
    unsigned count;
    uint64_t clock;
    size_t held;
};

/* A file that nobody knows yet, with one reference for the caller. NULL when memory is short. */
struct smb_file *smb_file_new(struct smb *s, unsigned version);
struct smb_file *smb_file_ref(struct smb_file *f); /* NULL is fine */
void smb_file_unref(struct smb *s, struct smb_file *f);
/* The listed file of that id, without a reference; NULL when there is none. */
struct smb_file *smb_file_find(struct smb *s, uint64_t session, const uint8_t id[SMB_ID]);
/* Its id is known from now on. The file to go on with, without a reference: f, or one that was there already
 * because what was asked of it was seen before its open was answered; that one learns what f knows. A known
 * file with the same id is closed; the longest unused goes when there are too many. */
struct smb_file *smb_file_list(struct smb *s, struct smb_file *f, uint64_t session, const uint8_t id[SMB_ID]);
/* The share that it lies in; NULL: not known. */
struct smb_tree;
void smb_file_share(struct smb_file *f, const struct smb_tree *t);
/* Bytes of it at that offset; dir: in which direction they travel; more: how many of the same read or write
 * are expected behind them (a hint). */
void smb_file_put(struct smb *s, struct smb_file *f, enum smb_way way, enum direction dir, uint64_t offset,
                  struct span bytes, uint64_t more);
/* The client closes it: nothing is written behind that. wait: its name may still come with an answer. */
void smb_file_closing(struct smb *s, struct smb_file *f, bool wait);
/* All is over, and the id means nothing any more. The caller needs a reference of its own to go on. */
void smb_file_close(struct smb *s, struct smb_file *f, bool closed);
/* The connection is over. */
void smb_files_done(struct smb *s);

#endif
