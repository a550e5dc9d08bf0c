/* SPDX-License-Identifier: GPL-3.0-or-later
 * Releases made up for the tests: images without meaning, in a directory of their own. */
#ifndef GH_TEST_UPDATE_RELEASE_H
#define GH_TEST_UPDATE_RELEASE_H

#include "firmware/update/manifest.h"

#define IMAGE_BYTES (160u * 4096u)
#define IMAGE_BLOCKS (IMAGE_BYTES / 4096u)
#define KERNEL_BYTES 70000u

extern struct seal_keys *test_signers[3], *test_root, *test_device;
extern struct keyset test_keys; /* the three signers, two needed */

void release_setup(void);    /* keys, and a directory to work in */
void release_teardown(void); /* removes it */
const char *in_dir(const char *name);
void fill(uint8_t *p, size_t n, uint64_t seed); /* bytes without pattern */
void put_file(const char *path, const void *p, size_t n);
uint8_t *get_file(const char *path, size_t *ret_n); /* malloc */
/* Image and kernel of a release: the same for all but a few bytes, which seed tells. */
void make_image(uint8_t image[static IMAGE_BYTES], uint64_t seed);
void make_kernel(uint8_t kernel[static KERNEL_BYTES], uint64_t seed);
/* A bundle "bundle-EPOCH" of that release, signed by the first n_signed signers; its path. Where more says
 * that there are IMAGE_BLOCKS blocks of data, its root hash is that of its tree, which is left out. */
const char *make_bundle(uint64_t epoch, unsigned n_signed, const struct manifest *more);

#endif
