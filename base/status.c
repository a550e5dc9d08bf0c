/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/status.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *name, *sentence;
} table[] = {
#define STATUS(name, sentence, fault) {#name, sentence},
#include "base/status.def"
#undef STATUS
};

const char *status_name(int code)
{
    return code <= 0 && code > -ST_IX_COUNT ? table[-code].name : "UNKNOWN";
}

const char *status_text(int code)
{
    return code <= 0 && code > -ST_IX_COUNT ? table[-code].sentence : "an unknown error";
}

int status_of_errno(int err)
{
    switch (err) {
    case ENOMEM:
        return ST_NOMEM;
    case ENOENT:
        return ST_NOT_FOUND;
    case EEXIST:
        return ST_EXISTS;
    case EACCES:
    case EPERM:
        return ST_DENIED;
    case EAGAIN:
    case EINTR:
        return ST_AGAIN;
    case EPIPE:
    case ECONNRESET:
        return ST_CLOSED;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return ST_FULL;
    case ETIMEDOUT:
        return ST_TIMEOUT;
    case EMFILE:
    case ENFILE:
        return ST_LIMIT;
    default:
        return ST_IO;
    }
}

void status_bug(const char *file, int line, const char *expr)
{
    fprintf(stderr, "%s:%d: this must always hold and did not: %s\n", file, line, expr);
    abort();
}
