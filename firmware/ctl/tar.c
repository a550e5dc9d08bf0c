/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/ctl/tar.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define BLOCK 512

static int put(int fd, const void *p, size_t n)
{
    const uint8_t *at = p;

    while (n) {
        ssize_t w = write(fd, at, n);
        if (w < 0 && errno == EINTR)
            continue;
        if (w <= 0)
            return w < 0 ? status_from_errno(errno) : ST_FULL;
        at += w;
        n -= (size_t)w;
    }
    return 0;
}

int tar_file(int fd, const char *name, struct span bytes, uint64_t seconds)
{
    char h[BLOCK] = {0};
    unsigned sum = 0;
    int rc;

    if (strlen(name) > 99 || bytes.n > 1u << 30)
        return ST_LIMIT;
    memcpy(h, name, strlen(name));
    snprintf(h + 100, 8, "%07o", 0600u);
    snprintf(h + 108, 8, "%07o", 0u);
    snprintf(h + 116, 8, "%07o", 0u);
    snprintf(h + 124, 12, "%011llo", (unsigned long long)bytes.n);
    snprintf(h + 136, 12, "%011llo", (unsigned long long)(seconds & 077777777777ull));
    memset(h + 148, ' ', 8);
    h[156] = '0';
    memcpy(h + 257, "ustar\00000", 8);
    for (size_t i = 0; i < BLOCK; i++)
        sum += (uint8_t)h[i];
    snprintf(h + 148, 8, "%06o", sum & 0777777u);
    rc = put(fd, h, BLOCK);
    if (!rc)
        rc = put(fd, bytes.p, bytes.n);
    memset(h, 0, BLOCK);
    if (!rc && bytes.n % BLOCK)
        rc = put(fd, h, BLOCK - bytes.n % BLOCK);
    return rc;
}

int tar_end(int fd)
{
    static const char nothing[2 * BLOCK];

    return put(fd, nothing, sizeof(nothing));
}
