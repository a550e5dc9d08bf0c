/* SPDX-License-Identifier: GPL-3.0-or-later
 * keyfile_text: how files of keys are written and read, for keyfile.c and keylock.c only. */
#ifndef GH_BASE_KEYFILE_TEXT_H
#define GH_BASE_KEYFILE_TEXT_H

#include "base/status.h"

#define KEYFILE_TEXT_MAX 1024

/* A new file, whole on the disk or not there; ST_EXISTS rather than to replace a key. */
int keyfile_text_new(const char *path, const char *text, size_t n, unsigned mode);
/* At most cap - 1 bytes, and a NUL behind them. */
int keyfile_text_read(const char *path, char *buf, size_t cap);

#endif
