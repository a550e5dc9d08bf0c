/* SPDX-License-Identifier: GPL-3.0-or-later
 * goods: what a console hands down to its appliances: policies, rules, lists of indicators, fingerprint
 * indexes, settings, firmware and shadow policies. Layouts in docs/formats.md; pure functions, no state, any
 * thread.
 *
 * Goods are a few files under a name and a version. Their *manifest* names each file and the chunks it is
 * made of (base/cdc.h, cut anew at the beginning of each file), so that a new version costs what changed. A
 * manifest is named by its hash. The *order* is the console's signed word that one appliance shall have that
 * manifest from now on; its serial only grows, for each appliance and kind, so that an old order cannot be
 * replayed: to go back to an older version is a new order.
 *
 * The appliance asks with the order it was given: the console knows its own signature again and keeps no
 * state of who fetches what. Nothing that comes is used before all of it was compared. */
#ifndef GH_BASE_GOODS_H
#define GH_BASE_GOODS_H

#include "base/arena.h"
#include "base/cdc.h"
#include "base/seal.h"

enum goods_kind {
    GOODS_POLICY,       /* a policy bundle: judges */
    GOODS_RULES,        /* YARA rules */
    GOODS_LISTS,        /* lists of indicators, as for lists.dir */
    GOODS_FINGERPRINTS, /* index of registered documents, registered.ghp and registered.key */
    GOODS_SETTINGS,     /* settings.conf, of the keys in goods_settings.h alone */
    GOODS_FIRMWARE,     /* a release: manifest, manifest.sig, image, uki */
    GOODS_SHADOW,       /* a policy bundle: runs beside the one that judges, and decides nothing */
    GOODS_KINDS
};
extern const char *const goods_kind_names[GOODS_KINDS]; /* "policy" */
/* By name; GOODS_KINDS when it is none. */
enum goods_kind goods_kind_of(struct span name);

#define GOODS_NAME 64            /* with the NUL: letters, digits, . _ - @ */
#define GOODS_NOTE 512           /* with the NUL: UTF-8, no control characters */
#define GOODS_PATH 200           /* with the NUL: of a file inside */
#define GOODS_FILES 4096         /* most files */
#define GOODS_CHUNKS 65536       /* most chunks */
#define GOODS_BYTES (2ull << 30) /* most bytes of all files together */
#define GOODS_MANIFEST_MAX (4u << 20)

struct goods_chunk {
    uint32_t n;            /* 1..CDC_MAX */
    uint8_t id[SEAL_HASH]; /* seal_hash("gatehouse-chunk-v1") over them, as in firmware releases */
};
struct goods_file {
    char path[GOODS_PATH]; /* relative, of good parts (goods_path_is_good) */
    uint64_t bytes;
    uint32_t chunk, chunks; /* its first one, and how many */
};
struct goods {
    enum goods_kind kind;
    char name[GOODS_NAME], version[GOODS_NAME], note[GOODS_NOTE];
    struct goods_file *files; /* ascending by path; the arena's */
    struct goods_chunk *chunks;
    uint32_t n_files, n_chunks;
    uint64_t bytes; /* of all files */
};

void goods_chunk_id(struct span bytes, uint8_t out[static SEAL_HASH]);
/* Name of a manifest: hash over its bytes. */
void goods_id(struct span manifest, uint8_t out[static SEAL_HASH]);
bool goods_name_is_good(struct span s);
/* A relative path of parts that hold no '/', do not begin with '.', and are UTF-8 without control characters.
 */
bool goods_path_is_good(struct span s);
/* 0, or ST_LIMIT (the writer's ceiling). The goods are what goods_read would take. */
int goods_write(const struct goods *g, struct writer *out);
/* 0; ST_MALFORMED with *ret_why a constant; ST_NOMEM. Every number is checked against the others. */
int goods_read(struct span manifest, struct arena *a, struct goods *ret, const char **ret_why);

/* ---- orders (goods_order.c) ---- */

struct goods_order {
    uint8_t appliance[SEAL_ID]; /* for this one and no other */
    enum goods_kind kind;
    uint64_t serial;             /* 1 and up; a lower one than was obeyed is refused */
    uint64_t made;               /* µs by the console's clock */
    uint8_t manifest[SEAL_HASH]; /* goods_id; zeros: this kind shall be as the device was made */
    uint32_t manifest_bytes;     /* 0 with zeros */
    uint8_t signature[SEAL_SIGNATURE];
};
#define GOODS_ORDER_SIZE (8 + SEAL_ID + 1 + 8 + 8 + SEAL_HASH + 4 + SEAL_SIGNATURE)
void goods_order_sign(struct goods_order *o, const struct seal_keys *console);
void goods_order_write(const struct goods_order *o, struct writer *out);
/* 0, or ST_MALFORMED. */
int goods_order_read(struct span bytes, struct goods_order *ret);
/* 0, or ST_BAD_SIGNATURE. */
int goods_order_verify(const struct goods_order *o, const struct seal_public *console);

/* ---- asking, and what comes ---- */

#define GOODS_ASK_MOST (1u << 20) /* most bytes of one answer */
#define GOODS_ASK_LEAST (CDC_MAX + 64)
#define GOODS_ASK_CHUNKS 256
enum goods_what { GOODS_ASK_MANIFEST, GOODS_ASK_CHUNK };
struct goods_ask {
    struct goods_order order;
    enum goods_what what;
    uint32_t most;   /* bytes that the answer may have */
    uint32_t offset; /* MANIFEST: from here */
    uint32_t n;      /* CHUNK: how many ids */
    uint8_t ids[GOODS_ASK_CHUNKS][SEAL_HASH];
};
void goods_ask_write(const struct goods_ask *a, struct writer *out);
/* 0, or ST_MALFORMED. */
int goods_ask_read(struct span body, struct goods_ask *ret);

/* An answer is a row of pieces. */
struct goods_piece {
    enum goods_what what;
    uint32_t offset;       /* MANIFEST: of these bytes */
    uint8_t id[SEAL_HASH]; /* CHUNK */
    bool packed, gone;     /* CHUNK: bytes are zstd; the console has it no more (no bytes) */
    uint32_t n;            /* CHUNK: length, unpacked */
    struct span bytes;     /* as they came */
};
#define GOODS_ANSWER_MAGIC "GHDOWN01"
void goods_piece_write(const struct goods_piece *p, struct writer *out);
/* The next one: 1; 0 at the end; ST_MALFORMED. The reader stands behind the magic. */
int goods_piece_next(struct reader *r, struct goods_piece *ret);
/* A chunk's bytes, unpacked and compared with its id, into to (CDC_MAX bytes). 0, ST_MALFORMED or
 * ST_BAD_SIGNATURE. */
int goods_piece_open(const struct goods_piece *p, uint8_t to[static CDC_MAX]);

#endif
