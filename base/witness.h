/* SPDX-License-Identifier: GPL-3.0-or-later
 * witness: a second, tiny copy of the journal's signed head, in the file journal.head beside journal.db.
 *
 * SQLite forgets what stands behind the first damaged frame of its log, and a database put back from a copy
 * is whole in itself: in both cases the newest batches are gone and every signature that is left is good. The
 * witness then still names the newest one. It is written after each commit, in place and without waiting for
 * the disk, so it is never ahead of a journal that lost nothing. */
#ifndef GH_BASE_WITNESS_H
#define GH_BASE_WITNESS_H

#include "base/journal.h"

#define WITNESS_FILE "journal.head"

/* Opens or makes the file beside the database path. Descriptor or negative code. */
int witness_open(const char *path);
/* Number of the newest batch that the witness beside the database path knows: 0, ST_NOT_FOUND when there is
 * none (yet), ST_BAD_SIGNATURE when it is not as this appliance wrote it. */
int witness_read(const char *path, const struct seal_public *appliance, uint64_t *ret_number);
/* sig: of the head, in JOURNAL_HEAD_DOMAIN. A failure is not told: the journal itself is written. */
void witness_write(int fd, const struct journal_head *h, const uint8_t sig[static SEAL_SIGNATURE]);

#endif
