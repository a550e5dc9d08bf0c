/* SPDX-License-Identifier: GPL-3.0-or-later
 * manifest: what an update bundle says of itself, and who vouches for it. Layouts in docs/formats.md. No file
 * is opened here: bytes in, facts out. Nothing of a manifest may be looked at before manifest_verify said 0.
 *
 * A bundle is a directory: manifest, manifest.sig, chunks/<hex of the id>, sbom. The image is a squashfs; its
 * dm-verity tree, which comes behind it in a slot, is left out when verity.h makes the same one (an image
 * that is longer than its data blocks has it). The UKI is the signed kernel whose command line holds that
 * tree's root hash.
 */
#ifndef GH_UPDATE_MANIFEST_H
#define GH_UPDATE_MANIFEST_H

#include "base/arena.h"
#include "base/seal.h"

#define MANIFEST_MAX (4u << 20) /* bytes; about 120 000 chunks, 1.8 GiB of image */
#define SIGNATURES_MAX 8
#define SIGNATURE_FILE_MAX 1024
#define KEYSET_MAX 1024
#define MANIFEST_VERSION 32 /* with the NUL */
#define MANIFEST_NOTE 1024
#define PRODUCT_GATEHOUSE 1

struct update_chunk {
    uint32_t n;            /* bytes, 1..CDC_MAX */
    uint8_t id[SEAL_HASH]; /* seal_hash("gatehouse-chunk-v1") over them */
};

struct manifest {
    uint16_t product;
    uint32_t hardware;               /* bit mask of the kinds of machine it fits */
    uint64_t epoch;                  /* the release's number: never used twice */
    uint64_t min_epoch;              /* oldest running epoch that it may replace */
    uint64_t floor;                  /* after it proved good, nothing older than this is installed again */
    uint64_t built;                  /* seconds since 1970 */
    uint8_t root_hash[32];           /* of the dm-verity tree */
    uint64_t data_blocks;            /* 4096-byte blocks before the tree */
    uint64_t image_bytes, uki_bytes; /* of what the chunks give */
    uint8_t image_hash[SEAL_HASH], uki_hash[SEAL_HASH], sbom_hash[SEAL_HASH];
    char version[MANIFEST_VERSION], note[MANIFEST_NOTE];
    struct update_chunk *chunks; /* of the image, then of the UKI; the arena's */
    uint32_t n_image, n_uki;
};

/* Who may sign releases, and how many of them must. Signed itself by the root key, which lies off line. */
struct keyset {
    uint32_t version; /* a newer one replaces an older one */
    uint8_t threshold, n;
    uint8_t sign[SIGNATURES_MAX][SEAL_PUBLIC];
};

void update_chunk_id(struct span bytes, uint8_t out[static SEAL_HASH]);
void update_file_hash(struct span bytes, uint8_t out[static SEAL_HASH]); /* of a whole image, UKI or SBOM */

/* 0, or a negative code with *ret_why saying what is wrong (a constant). Chunks are allocated from a. Every
 * field is checked against the others: lengths add up, nothing is left over. */
int manifest_decode(struct arena *a, struct span bytes, struct manifest *ret, const char **ret_why);
/* Whoever writes the image makes its tree. */
bool manifest_leaves_tree_out(const struct manifest *m);
void manifest_encode(const struct manifest *m, struct writer *w);

/* sig: the content of manifest.sig. Counts the valid signatures of different keys of the set; 0 when they
 * reach its threshold, ST_BAD_SIGNATURE when not (*ret_good tells how many did), ST_MALFORMED. */
int manifest_verify(struct span manifest, struct span sig, const struct keyset *keys, unsigned *ret_good);
/* Adds k's signature to those in sig (empty: the first). ST_EXISTS when k has signed, ST_LIMIT when it is
 * full. */
int manifest_sign(struct span manifest, struct span sig, const struct seal_keys *k, struct writer *ret_sig);

/* 0, ST_MALFORMED, or ST_BAD_SIGNATURE when root did not sign it. */
int keyset_decode(struct span bytes, const uint8_t root[static SEAL_PUBLIC], struct keyset *ret);
void keyset_encode(const struct keyset *k, const struct seal_keys *root, struct writer *w);

#endif
