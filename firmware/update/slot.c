/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/update/slot.h"
#include "base/cdc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define LABEL_MAGIC "GHSLOT01"
#define LABEL_DOMAIN "gatehouse-slot-v1"
#define LABEL_BODY (8 + 8 + 8 + 32)
#define INDEX_MAX 1000000u /* chunks: 16 GiB of image */

int file_read_at(int fd, void *to, size_t n, uint64_t off)
{
    uint8_t *p = to;

    while (n) {
        ssize_t got = pread(fd, p, n, (off_t)off);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got ? status_from_errno(errno) : ST_TRUNCATED;
        p += got;
        off += (uint64_t)got;
        n -= (size_t)got;
    }
    return 0;
}

int file_write_at(int fd, const void *p, size_t n, uint64_t off)
{
    const uint8_t *from = p;

    while (n) {
        ssize_t put = pwrite(fd, from, n, (off_t)off);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return put ? status_from_errno(errno) : ST_IO;
        from += put;
        off += (uint64_t)put;
        n -= (size_t)put;
    }
    return 0;
}

int file_hash(int fd, uint64_t n, uint8_t out[static SEAL_HASH])
{
    void *p;

    /* What is hashed must be what the disk holds, not what memory still remembers of the writing. */
    if (fsync(fd) != 0 && errno != EROFS && errno != EINVAL)
        return status_from_errno(errno);
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    p = mmap(NULL, n, PROT_READ, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED)
        return status_from_errno(errno);
    (void)madvise(p, n, MADV_SEQUENTIAL);
    update_file_hash(span_of(p, n), out);
    munmap(p, n);
    return 0;
}

/* ---- labels ---- */

static void read_label(struct slot *s)
{
    uint8_t buf[LABEL_BODY + SEAL_HASH], hash[SEAL_HASH];
    struct span body = span_of(buf, LABEL_BODY);
    struct reader r = reader_of(buf, sizeof(buf));

    s->labelled = false;
    if (file_read_at(s->fd, buf, sizeof(buf), s->capacity - SLOT_LABEL) != 0)
        return;
    seal_hash(LABEL_DOMAIN, &body, 1, hash);
    if (!span_eq(reader_take(&r, 8), span_str(LABEL_MAGIC)) || memcmp(hash, buf + LABEL_BODY, SEAL_HASH) != 0)
        return;
    s->epoch = reader_le64(&r);
    s->image_bytes = reader_le64(&r);
    reader_copy(&r, s->root_hash, sizeof(s->root_hash));
    s->labelled = s->image_bytes <= s->capacity - SLOT_LABEL;
}

int slot_open(struct slot *s, const char *path, bool write)
{
    off_t end;

    *s = (struct slot){.fd = open(path, (write ? O_RDWR : O_RDONLY) | O_CLOEXEC)};
    if (s->fd < 0)
        return status_from_errno(errno);
    end = lseek(s->fd, 0, SEEK_END);
    if (end <= (off_t)SLOT_LABEL) {
        slot_close(s);
        return ST_TRUNCATED;
    }
    s->capacity = (uint64_t)end;
    read_label(s);
    return 0;
}

void slot_close(struct slot *s)
{
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

static int put_label(struct slot *s, const uint8_t block[static SLOT_LABEL])
{
    int rc = file_write_at(s->fd, block, SLOT_LABEL, s->capacity - SLOT_LABEL);

    if (!rc && fdatasync(s->fd) != 0)
        rc = status_from_errno(errno);
    read_label(s);
    return rc;
}

int slot_unlabel(struct slot *s)
{
    const uint8_t zeros[SLOT_LABEL] = {0};

    return put_label(s, zeros);
}

int slot_label(struct slot *s, const struct manifest *m)
{
    uint8_t block[SLOT_LABEL] = {0};
    struct span body = span_of(block, LABEL_BODY);
    struct writer w;
    int rc;

    writer_fixed(&w, block, sizeof(block));
    writer_str(&w, LABEL_MAGIC);
    writer_le(&w, m->epoch, 8);
    writer_le(&w, m->image_bytes, 8);
    writer_bytes(&w, m->root_hash, sizeof(m->root_hash));
    seal_hash(LABEL_DOMAIN, &body, 1, block + LABEL_BODY);
    rc = put_label(s, block);
    return rc ? rc : s->labelled ? 0 : ST_IO;
}

/* ---- chunks that are here already ---- */

struct place {
    uint8_t id[SEAL_HASH];
    uint64_t off;
    uint32_t n;
    int fd;
};
struct chunk_index {
    struct place *at;
    size_t n, cap;
};

struct chunk_index *chunk_index_new(void)
{
    return calloc(1, sizeof(struct chunk_index));
}

void chunk_index_free(struct chunk_index *x)
{
    if (!x)
        return;
    free(x->at);
    free(x);
}

static int compare(const void *a, const void *b)
{
    return memcmp(((const struct place *)a)->id, ((const struct place *)b)->id, SEAL_HASH);
}

static struct place *grow(struct chunk_index *x)
{
    if (x->n == x->cap) {
        size_t cap = x->cap ? 2 * x->cap : 4096;
        struct place *more = cap <= INDEX_MAX * 2 ? realloc(x->at, cap * sizeof(*more)) : NULL;
        if (!more)
            return NULL;
        x->at = more;
        x->cap = cap;
    }
    return &x->at[x->n++];
}

int chunk_index_add(struct chunk_index *x, int fd, uint64_t bytes)
{
    uint8_t *buf = malloc(CDC_MAX);
    int rc = buf ? 0 : ST_NOMEM;

    for (uint64_t off = 0; !rc && off < bytes;) {
        size_t n = bytes - off < CDC_MAX ? (size_t)(bytes - off) : CDC_MAX;
        struct place *p;
        rc = file_read_at(fd, buf, n, off);
        if (rc)
            break;
        n = cdc_cut(buf, n);
        p = grow(x);
        if (!p) {
            rc = ST_NOMEM;
            break;
        }
        *p = (struct place){.off = off, .n = (uint32_t)n, .fd = fd};
        update_chunk_id(span_of(buf, n), p->id);
        off += n;
    }
    free(buf);
    if (x->at)
        qsort(x->at, x->n, sizeof(*x->at), compare);
    return rc;
}

void chunk_index_ids(const struct chunk_index *x, struct writer *w)
{
    for (size_t i = 0; i < x->n; i++)
        writer_bytes(w, x->at[i].id, SEAL_HASH);
}

bool chunk_index_read(const struct chunk_index *x, const struct update_chunk *c, uint8_t *buf)
{
    struct place key;
    const struct place *p;
    uint8_t id[SEAL_HASH];

    memcpy(key.id, c->id, SEAL_HASH);
    p = x->n ? bsearch(&key, x->at, x->n, sizeof(*x->at), compare) : NULL;
    if (!p || p->n != c->n || file_read_at(p->fd, buf, p->n, p->off) != 0)
        return false;
    update_chunk_id(span_of(buf, p->n), id); /* it may have been overwritten since */
    return !memcmp(id, c->id, SEAL_HASH);
}
