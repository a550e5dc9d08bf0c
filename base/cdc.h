/* SPDX-License-Identifier: GPL-3.0-or-later
 * cdc: where an image is cut into chunks, by its content: an insertion moves the cuts near it and no others,
 * so that an update of a 30 MB thing costs what changed. Gear hash with normalised cutting (Xia et al.,
 * FastCDC, USENIX ATC 2016). Any thread. The cut points are part of the
 * format: changing a constant makes every appliance fetch everything once. */
#ifndef GH_BASE_CDC_H
#define GH_BASE_CDC_H

#include <stddef.h>
#include <stdint.h>

#define CDC_MIN 4096u
#define CDC_TARGET 16384u
#define CDC_MAX 65536u

/* Bytes of the first chunk of the n bytes at p: CDC_MIN..CDC_MAX, or n when no more than CDC_MIN are there.
 * The caller gives CDC_MAX bytes, or all that are left. 0 only for n = 0. */
size_t cdc_cut(const uint8_t *p, size_t n);

#endif
