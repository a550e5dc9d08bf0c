/* SPDX-License-Identifier: GPL-3.0-or-later
 * bundle: makes the directory of a release out of an image and a kernel, on the builder's machine. */
#ifndef GH_UPDATE_BUNDLE_H
#define GH_UPDATE_BUNDLE_H

#include "firmware/update/manifest.h"

/* Cuts the files image, uki and sbom (paths; sbom may be NULL), stores each chunk once below dir, writes
 * dir/manifest unsigned. m has what the caller knows: epochs, version, note, root hash, blocks, hardware; the
 * rest is filled in. image has its tree behind its blocks; what of it goes into the release, manifest.h says.
 * The same files give the same bytes. 0, or a negative code with a sentence in why. */
int bundle_make(const char *dir, struct manifest *m, const char *image, const char *uki, const char *sbom,
                char why[static 256]);
/* Reads every chunk and puts image and kernel together in thought: 0 when all is there and every hash is
 * right. */
int bundle_check(const char *dir, const struct manifest *m, char why[static 256]);

#endif
