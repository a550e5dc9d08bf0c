/* SPDX-License-Identifier: GPL-3.0-or-later
 * status: the one table of error codes, and the check for our own bugs.
 *
 * A function that can fail returns 0 (ST_OK) or a negative ST_ code and leaves its results untouched on failure.
 * Malformed input is usually not an error but a fact that the caller counts. Thread-safe, no state. */
#ifndef GH_BASE_STATUS_H
#define GH_BASE_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum status_index {
#define STATUS(name, sentence, fault) ST_IX_##name,
#include "base/status.def"
#undef STATUS
    ST_IX_COUNT
};
enum status {
#define STATUS(name, sentence, fault) ST_##name = -ST_IX_##name,
#include "base/status.def"
#undef STATUS
};

/* Short name ("NOMEM") and sentence of a code; never NULL, also for unknown codes. */
const char *status_name(int code);
const char *status_text(int code);
/* The code that fits an errno value best; of a call that failed, so never ST_OK: an errno of 0 is ST_IO. */
int status_of_errno(int err);
static inline int status_from_errno(int err)
{
    int code = status_of_errno(err);
    return code < 0 ? code : ST_IO;
}

/* Always-on check for our own bugs: prints file, line and expression, then aborts. The keeper reports the death. */
#define gh_check(expr) ((expr) ? (void)0 : status_bug(__FILE__, __LINE__, #expr))
_Noreturn void status_bug(const char *file, int line, const char *expr);

#define GH_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
