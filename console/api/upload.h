/* SPDX-License-Identifier: GPL-3.0-or-later
 * upload: envelopes that come in pieces over lines that break. Nobody is known before the whole is here and
 * opened, so what a stranger can make wait is bounded: so many bytes, so many uploads, so many of one
 * address; the one that was touched longest ago goes first, and its sender begins anew. In memory; the intake
 * lane has one thread, which alone calls this. */
#ifndef GH_CONSOLE_UPLOAD_H
#define GH_CONSOLE_UPLOAD_H

#include "base/fetch.h"

#define UPLOADS 64
#define UPLOADS_OF_ONE 8
#define UPLOADS_BYTES (64u << 20)
#define UPLOAD_ADDRESS 16

struct uploads;
struct uploads *uploads_new(void); /* NULL when memory is short */
void uploads_free(struct uploads *u);
/* Adds a piece. 1: the whole is in *ret_whole, valid until the next call; 0: *ret_have bytes of it are here,
 * the next piece begins there; ST_NOMEM. */
int uploads_add(struct uploads *u, const uint8_t address[static UPLOAD_ADDRESS], const struct upload_piece *p,
                uint32_t *ret_have, struct span *ret_whole);

#endif
