/* SPDX-License-Identifier: GPL-3.0-or-later
 * opening_files: the files of an opening on the machine where it happens, for the commands of two rooms. What
 * goes wrong is said on stderr, with the file and what to do. */
#ifndef GH_BASE_OPENING_FILES_H
#define GH_BASE_OPENING_FILES_H

#include "base/opening.h"

/* A whole file of at most max bytes into w (initialised here); says what is wrong on stderr. 0 or exit
 * code 2. */
int opening_file_read(const char *path, size_t max, struct writer *w);
/* A new file; says what is wrong on stderr. 0 or an exit code. */
int opening_file_write(const char *path, struct span bytes, unsigned mode);
/* A request as it was read; its bytes stay in w. 0 or exit code 2, said on stderr. */
int opening_request_load(const char *path, struct writer *w, struct opening_request *ret);
/* PATH with suffix in place of nothing: "REQUEST.key". */
#define OPENING_PATH 1024
const char *opening_beside(const char *path, const char *suffix, char buf[static OPENING_PATH]);
/* The committee's key for a request: the request's own key lies beside it, shares are files. Says what is
 * wrong. */
int opening_keys(const char *request_path, const struct opening_request *q, char *const *shares, size_t n,
                 struct seal_keys **ret, unsigned *ret_members);
/* Notes the opening as REQUEST.receipt, and ends the request: its key is overwritten and removed, so that the
 * shares serve no second time. 0 or an exit code. */
int opening_end(const char *request_path, const struct opening_request *q, unsigned members, uint64_t bytes);
/* Names of the members whose bits are set, with commas. */
const char *opening_names(const struct committee *c, unsigned members, char *buf, size_t cap);

#endif
