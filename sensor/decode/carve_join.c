/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/carve_join.h"
#include "base/map.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct stretch {
    uint64_t start, end;
};
struct join {
    int fd;
    uint64_t total, bytes; /* bytes: charged, at most total */
    unsigned n;
    struct stretch have[JOIN_SPANS]; /* in order, apart from one another */
};
struct joins {
    struct map *map;
    uint64_t max, bytes;
};

struct joins *joins_new(uint64_t max)
{
    struct joins *j = calloc(1, sizeof(*j));

    if (!j)
        return NULL;
    j->max = max;
    j->map = map_new(JOINS, JOIN_KEY, sizeof(struct join));
    if (!j->map) {
        free(j);
        return NULL;
    }
    return j;
}

uint64_t joins_bytes(const struct joins *j)
{
    return j ? j->bytes : 0;
}

static void forget(struct joins *j, const void *key, struct join *e)
{
    uint8_t copy[JOIN_KEY];

    memcpy(copy, key, JOIN_KEY); /* the key may lie in the entry */
    j->bytes -= e->bytes;
    if (e->fd >= 0)
        close(e->fd);
    map_remove(j->map, copy);
}

static bool forget_oldest(struct joins *j)
{
    const void *key;
    struct join *e = map_oldest(j->map, &key);

    if (e)
        forget(j, key, e);
    return e != NULL;
}

void joins_free(struct joins *j)
{
    if (!j)
        return;
    while (forget_oldest(j))
        ;
    map_free(j->map);
    free(j);
}

static bool write_all(int fd, struct span bytes, uint64_t at)
{
    while (bytes.n) {
        ssize_t n = pwrite(fd, bytes.p, bytes.n, (off_t)at);
        if (n <= 0)
            return false;
        bytes = span_part(bytes, (size_t)n, bytes.n);
        at += (uint64_t)n;
    }
    return true;
}

static bool copy_piece(const struct join *e, uint64_t start, uint64_t n, struct span small, int fd)
{
    uint8_t buf[16384];

    if (fd < 0)
        return small.n == n && write_all(e->fd, small, start);
    for (uint64_t at = 0; at < n;) {
        ssize_t got = pread(fd, buf, n - at < sizeof(buf) ? n - at : sizeof(buf), (off_t)at);
        if (got <= 0 || !write_all(e->fd, span_of(buf, (size_t)got), start + at))
            return false;
        at += (uint64_t)got;
    }
    return true;
}

/* Adds a stretch to those that are there; false when there would be too many. */
static bool stretch_add(struct join *e, uint64_t start, uint64_t end)
{
    struct stretch out[JOIN_SPANS + 1];
    unsigned n = 0;
    bool placed = false;

    for (unsigned i = 0; i < e->n; i++) {
        struct stretch s = e->have[i];
        if (s.end < start) {
            out[n++] = s;
        } else if (s.start > end) {
            if (!placed)
                out[n++] = (struct stretch){start, end};
            placed = true;
            out[n++] = s;
        } else { /* they touch */
            start = s.start < start ? s.start : start;
            end = s.end > end ? s.end : end;
        }
    }
    if (!placed)
        out[n++] = (struct stretch){start, end};
    if (n > JOIN_SPANS)
        return false;
    memcpy(e->have, out, n * sizeof(out[0]));
    e->n = n;
    return true;
}

static struct join *entry(struct joins *j, const uint8_t *key, uint64_t total)
{
    struct join *e = map_find(j->map, key, true);

    if (e && e->total == total)
        return e;
    if (e)
        forget(j, key, e);
    if (map_count(j->map) == map_capacity(j->map))
        forget_oldest(j);
    e = map_insert(j->map, key);
    if (!e)
        return NULL;
    e->total = total;
    e->fd = memfd_create("document", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (e->fd < 0) {
        forget(j, key, e);
        return NULL;
    }
    return e;
}

/* Room for n more bytes of e: others that are older go first. */
static bool charge(struct joins *j, struct join *e, uint64_t n)
{
    if (n > e->total - e->bytes)
        n = e->total - e->bytes; /* pieces that overlap take no more than the whole */
    while (n > j->max || j->bytes > j->max - n) {
        if (map_oldest(j->map, NULL) == e || !forget_oldest(j))
            return false;
    }
    j->bytes += n;
    e->bytes += n;
    return true;
}

int joins_add(struct joins *j, const uint8_t key[static JOIN_KEY], uint64_t total, uint64_t start, uint64_t n,
              struct span small, int fd, int *ret_fd)
{
    struct join *e;

    if (!n || start >= total || n > total - start || n == total)
        return 0;
    e = entry(j, key, total);
    if (!e)
        return 0;
    if (!charge(j, e, n) || !copy_piece(e, start, n, small, fd) || !stretch_add(e, start, start + n)) {
        forget(j, key, e);
        return 0;
    }
    if (e->n != 1 || e->have[0].start != 0 || e->have[0].end != total)
        return 0;
    *ret_fd = e->fd;
    e->fd = -1;
    forget(j, key, e);
    return 1;
}
