/* SPDX-License-Identifier: GPL-3.0-or-later
 * evidence: documents under quarantine, sealed to the committee's public key as
 * state_dir/evidence/<sha256>.ghe. What is sealed cannot be opened on the appliance. Plain bytes go from the
 * memfd through the cipher to the disk, nowhere else. */
#ifndef GH_CORE_EVIDENCE_H
#define GH_CORE_EVIDENCE_H

#include "base/conf.h"
#include "base/seal.h"
#include "policy/core/docs.h"

/* A key from state_dir/console.json, what enrolment left: whose is "committee" or "console". 0, ST_NOT_FOUND,
 * ST_MALFORMED, ST_NOMEM, ST_IO. */
int evidence_key(const char *state_dir, const char *whose, struct seal_public *ret);

struct evidence;
/* Reads the committee's key from state_dir/console.json (before the jail), makes the directory, counts what
 * lies there. Without a key it opens all the same and says so at each document. NULL when memory is short. */
struct evidence *evidence_open(const struct conf *c);
void evidence_close(struct evidence *e);
bool evidence_has_key(const struct evidence *e);
/* 0 when it lies sealed on the disk now (or did before); otherwise reason (cap bytes) says why not. */
int evidence_seal(struct evidence *e, const struct doc *d, char *reason, size_t cap);
uint64_t evidence_bytes(const struct evidence *e);

#endif
