/* SPDX-License-Identifier: GPL-3.0-or-later
 * smb_state: what the parts of the SMB parser share: one connection. Private to smb*.c; decode thread only.
 */
#ifndef GH_SENSOR_SMB_STATE_H
#define GH_SENSOR_SMB_STATE_H

#include "sensor/decode/smb_file.h"
#include "sensor/decode/smb_table.h"

#define SMB_WHOLE_MAX (160u << 10) /* most bytes of a message that are wanted at once */
#define SMB_EVENTS_MAX 8192u       /* smb events of one connection */
#define SMB_LOOK 16u               /* bytes of data that are seen with a head: they tell a pipe */

/* File data that passes: where it belongs. */
struct smb_chunk {
    struct smb_file *file; /* NULL: nobody wants it; otherwise one reference */
    enum smb_way way;
    uint64_t pad;    /* bytes of the message before the data */
    uint64_t left;   /* bytes of data */
    uint64_t offset; /* of the next byte in the file */
};
/* What a related request of a compound takes from the one before it ([MS-SMB2] 3.3.5.2.7.2). */
struct smb_chain {
    uint64_t session;
    uint32_t tree;
    struct smb_file *file; /* one reference, or NULL */
};
enum smb_where {
    SMB_HUNT,    /* looking for a header */
    SMB_NETBIOS, /* before the four bytes that say a message's length */
    SMB_MARK,    /* before the four bytes that say its kind */
    SMB_FIXED,   /* in the part of a unit's head that all have */
    SMB_HEAD,    /* in what must be there of it at once */
    SMB_DATA     /* behind that: data, and what is of no use */
};
/* One direction. A NetBIOS message holds one unit (SMB 1) or a chain of them (SMB 2). */
struct smb_half {
    enum direction dir;
    enum smb_where where;
    uint8_t kind;       /* first byte of the mark: FF, FE, FD, FC */
    struct writer kept; /* what has come of the part that is wanted whole */
    size_t charged;     /* for kept */
    size_t want;        /* bytes from the start of the unit that must be there */
    uint64_t message;   /* bytes of the message that were not passed yet */
    uint64_t unit;      /* of them, those of the unit */
    struct smb_chunk chunk;
    struct smb_chain chain;
};
struct smb {
    struct proto_ctx *cx;
    struct smb_half half[2];
    struct smb_files files;
    struct smb_requests requests;
    struct smb_trees trees;
    uint16_t dialect;    /* SMB 2 and 3; 0: not known, or SMB 1 */
    char dialect1[32];   /* SMB 1, by name */
    uint64_t negotiate1; /* id of the negotiation in SMB 1 that an SMB 2 answer may follow */
    uint32_t events;
    bool encrypted, compressed; /* said already */
};

/* The data of the message under way: length bytes that begin at byte data of it (offset in the file). Takes a
 * reference of f. Clipped to the message. */
void smb_data(struct smb *s, struct smb_half *h, struct smb_file *f, enum smb_way way, uint64_t offset,
              uint64_t data, uint64_t length);

/* SMB 2 and 3. head: what is there of a message of unit bytes, at least SMB2_HEAD. */
#define SMB2_HEAD 64u
/* How many bytes of it must be there before smb2_unit is called; at most unit. */
size_t smb2_want(struct span head, uint64_t unit);
void smb2_unit(struct smb *s, struct smb_half *h, struct span head, uint64_t unit);
/* SMB 1 likewise, with all its AndX commands. */
#define SMB1_HEAD 33u
size_t smb1_want(struct span head, uint64_t unit);
void smb1_unit(struct smb *s, struct smb_half *h, struct span head, uint64_t unit);

#endif
