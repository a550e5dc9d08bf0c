/* SPDX-License-Identifier: GPL-3.0-or-later
 * slot: one of the two places that hold a root image: a partition, or a file in tests. The image lies at its
 * beginning, a label in its last 4096 bytes says which one it is. The label is a hint for whoever looks for
 * an image by its root hash (the boot program, the installer); what vouches for the bytes is dm-verity. One
 * process at a time. */
#ifndef GH_UPDATE_SLOT_H
#define GH_UPDATE_SLOT_H

#include "firmware/update/manifest.h"

#define SLOT_LABEL 4096u

struct slot {
    int fd;
    uint64_t capacity; /* bytes, the label's among them */
    bool labelled;     /* what follows is true */
    uint64_t epoch, image_bytes;
    uint8_t root_hash[32];
};

/* Opens path (for writing when write) and reads its label. 0 or a negative code. */
int slot_open(struct slot *s, const char *path, bool write);
void slot_close(struct slot *s);
/* The label goes before the first byte is changed and comes after the last one was checked; both reach the
 * disk here. */
int slot_unlabel(struct slot *s);
int slot_label(struct slot *s, const struct manifest *m);

/* Where each chunk of some files lies. Files are looked through with cdc_cut and must stay open. */
struct chunk_index;
struct chunk_index *chunk_index_new(void); /* NULL when memory is short */
void chunk_index_free(struct chunk_index *x);
/* Adds the first bytes of fd. 0 or a negative code. */
int chunk_index_add(struct chunk_index *x, int fd, uint64_t bytes);
/* Appends the id of each. */
void chunk_index_ids(const struct chunk_index *x, struct writer *w);
/* Reads the chunk c into buf (CDC_MAX bytes) and checks it. False when no file holds it (any more). */
bool chunk_index_read(const struct chunk_index *x, const struct update_chunk *c, uint8_t *buf);

/* The n bytes at off; fewer are an error. */
int file_read_at(int fd, void *to, size_t n, uint64_t off);
int file_write_at(int fd, const void *p, size_t n, uint64_t off);
/* update_file_hash over the first n bytes as they are on the disk. */
int file_hash(int fd, uint64_t n, uint8_t out[static SEAL_HASH]);

#endif
