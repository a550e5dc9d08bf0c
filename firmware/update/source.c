/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/update/source.h"
#include "firmware/link/carrier.h"
#include "firmware/update/floor.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TIMEOUT_MS 30000
#define FIRST_WAIT_US 200000

bool source_is_address(const char *where)
{
    return !strncmp(where, "http://", 7) || !strncmp(where, "https://", 8);
}

static int read_address(const char *where, const char *name, size_t max, struct writer *w)
{
    char url[1024];
    size_t n = strlen(where);
    int rc = ST_LIMIT;

    while (n && where[n - 1] == '/')
        n--;
    if ((size_t)snprintf(url, sizeof(url), "%.*s/%s", (int)n, where, name) >= sizeof(url))
        return ST_LIMIT;
    for (int i = 0; i < SOURCE_TRIES; i++) {
        struct writer got;
        if (i)
            usleep(FIRST_WAIT_US << i);
        writer_init(&got, max);
        rc = carrier_get(url, "", TIMEOUT_MS, &got);
        if (!rc)
            writer_put(w, writer_span(&got));
        writer_done(&got);
        if (rc != ST_CLOSED && rc != ST_TIMEOUT && rc != ST_AGAIN)
            break;
    }
    return rc ? rc : writer_ok(w) ? 0 : ST_LIMIT;
}

int source_read(const char *where, const char *name, size_t max, struct writer *w)
{
    return source_is_address(where) ? read_address(where, name, max, w)
                                    : floor_file_read(where, name, max, w);
}
