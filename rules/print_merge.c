/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/print_merge.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFERED 4096    /* entries of a run in memory */
#define COMMON_SHARE 100 /* common: in more than one of so many documents ... */
#define COMMON_MIN 16    /* ... but not before this many */
#define BUCKET_SHIFT 4   /* 8 to 16 entries in a bucket: one or two cache lines */

/* One sorted source. */
struct stream {
    struct print_run run;
    struct print_entry *v;
    size_t n, pos;
    struct print_entry now;
    bool end;
};
struct merge {
    const struct print_sources *src;
    struct stream *streams;
    size_t n;
    struct print_cursor cursor; /* in the old index: the last stream */
    int rc;
};
/* What happens to each fingerprint, the documents in rising order; n 0: it is common. */
typedef void group_fn(void *arg, uint64_t name, const uint32_t *docs, size_t n);

static bool read_more(struct merge *m, struct stream *s)
{
    size_t want = s->run.n < BUFFERED ? (size_t)s->run.n : BUFFERED, bytes = want * sizeof(*s->v), got = 0;

    while (got < bytes) {
        ssize_t n = pread(m->src->fd, (uint8_t *)s->v + got, bytes - got,
                          (off_t)(s->run.first * sizeof(*s->v) + got));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            m->rc = ST_IO;
            return false;
        }
        got += (size_t)n;
    }
    s->run.first += want;
    s->run.n -= want;
    s->n = want;
    s->pos = 0;
    return want > 0;
}

static bool next_of_old(struct merge *m, struct print_entry *ret)
{
    if (!m->src->old || !print_index_next(m->src->old, &m->cursor, &ret->name, &ret->doc))
        return false;
    return true;
}

static void advance(struct merge *m, struct stream *s)
{
    if (!s->v) {
        s->end = !next_of_old(m, &s->now);
    } else if (s->pos < s->n || read_more(m, s)) {
        s->now = s->v[s->pos++];
    } else {
        s->end = true;
    }
}

static void close_streams(struct merge *m)
{
    for (size_t i = 0; m->streams && i < m->n; i++)
        free(m->streams[i].v);
    free(m->streams);
}

static int open_streams(struct merge *m, const struct print_sources *src)
{
    *m = (struct merge){.src = src, .n = src->n_runs + 1};
    m->streams = calloc(m->n, sizeof(*m->streams));
    if (!m->streams)
        return ST_NOMEM;
    for (size_t i = 0; i < src->n_runs; i++) {
        m->streams[i].run = src->runs[i];
        m->streams[i].v = reallocarray(NULL, BUFFERED, sizeof(struct print_entry));
        if (!m->streams[i].v)
            return ST_NOMEM;
    }
    for (size_t i = 0; i < m->n; i++)
        advance(m, &m->streams[i]);
    return m->rc;
}

/* The smallest entry of all streams; false at the end. */
static bool pull(struct merge *m, struct print_entry *ret)
{
    struct stream *best = NULL;

    for (size_t i = 0; i < m->n; i++) {
        struct stream *s = &m->streams[i];
        if (!s->end && (!best || s->now.name < best->now.name ||
                        (s->now.name == best->now.name && s->now.doc < best->now.doc)))
            best = s;
    }
    if (!best || m->rc)
        return false;
    *ret = best->now;
    advance(m, best);
    return true;
}

/* The documents that have one fingerprint. */
struct group {
    uint64_t name;
    uint32_t docs[PRINT_POSTINGS_MAX + 1];
    size_t n, limit;
    bool common;
};

static void group_put(struct group *g, const struct print_sources *src, uint32_t doc)
{
    if (doc == PRINT_COMMON) {
        g->common = true;
    } else if (doc < src->n_docs && !src->docs[doc].dropped && g->n <= g->limit) {
        uint32_t number = src->docs[doc].number;
        if (!g->n || g->docs[g->n - 1] < number)
            g->docs[g->n++] = number;
    }
}

static void group_end(struct group *g, group_fn *fn, void *arg)
{
    if (g->common || g->n > g->limit)
        fn(arg, g->name, NULL, 0);
    else if (g->n)
        fn(arg, g->name, g->docs, g->n);
    g->n = 0;
    g->common = false;
}

static int each_group(const struct print_sources *src, size_t limit, group_fn *fn, void *arg)
{
    struct merge m;
    struct group g = {.limit = limit};
    struct print_entry e;
    int rc = open_streams(&m, src);

    if (!rc) {
        while (pull(&m, &e)) {
            if (e.name != g.name)
                group_end(&g, fn, arg);
            g.name = e.name;
            group_put(&g, src, e.doc);
        }
        group_end(&g, fn, arg);
        rc = m.rc;
    }
    close_streams(&m);
    return rc;
}

struct counts {
    uint32_t *telling; /* by number */
    uint64_t entries, common;
};

static void count(void *arg, uint64_t name, const uint32_t *docs, size_t n)
{
    struct counts *c = arg;

    (void)name;
    c->entries += n ? n : 1;
    c->common += !n;
    for (size_t i = 0; i < n; i++)
        c->telling[docs[i]]++;
}

/* The file under way. */
struct output {
    FILE *f;
    struct print_shape shape;
    uint64_t *directory;
    uint64_t written, bucket;
};

static void put_le(FILE *f, uint64_t v)
{
    uint8_t b[8];

    for (int i = 0; i < 8; i++)
        b[i] = (uint8_t)(v >> (8 * i));
    fwrite(b, 1, sizeof(b), f); /* faults are asked for once, at the end */
}

static void write_group(void *arg, uint64_t name, const uint32_t *docs, size_t n)
{
    static const uint32_t common = PRINT_COMMON;
    struct output *o = arg;
    uint64_t bucket = name >> (PRINT_BITS - o->shape.bits);

    while (o->bucket <= bucket)
        o->directory[o->bucket++] = o->written;
    for (size_t i = 0; i < (n ? n : 1); i++, o->written++)
        put_le(o->f, name << 24 | (n ? docs[i] : common));
}

static void write_head(struct output *o, const struct print_sources *src, const struct print_key *key)
{
    struct writer w;
    uint64_t at = 0;

    writer_init(&w, 4096);
    print_put_header(&o->shape, key, &w);
    for (uint32_t i = 0; i < src->n_docs; i++) {
        if (src->docs[i].dropped)
            continue;
        print_put_record(&src->docs[i].d, at, &w);
        at += src->docs[i].d.name.n;
        fwrite(w.p, 1, w.n, o->f);
        writer_clear(&w);
    }
    fwrite(w.p, 1, w.n, o->f); /* the header of an index without documents */
    writer_done(&w);
    for (uint32_t i = 0; i < src->n_docs; i++)
        if (!src->docs[i].dropped)
            fwrite(src->docs[i].d.name.p, 1, src->docs[i].d.name.n, o->f);
}

static int write_all(struct output *o, const struct print_sources *src, size_t limit,
                     const struct print_key *key)
{
    size_t buckets = (size_t)1 << o->shape.bits;
    int rc;

    o->directory = reallocarray(NULL, buckets + 1, sizeof(*o->directory));
    if (!o->directory)
        return ST_NOMEM;
    write_head(o, src, key);
    if (fseeko(o->f, (off_t)o->shape.entries_at, SEEK_SET) != 0)
        return ST_IO;
    rc = each_group(src, limit, write_group, o);
    while (o->bucket <= buckets)
        o->directory[o->bucket++] = o->written;
    if (!rc && (o->written != o->shape.entries || fseeko(o->f, (off_t)o->shape.directory_at, SEEK_SET) != 0))
        rc = ST_IO;
    for (size_t i = 0; i <= buckets && !rc; i++)
        put_le(o->f, o->directory[i]);
    if (!rc &&
        (fflush(o->f) != 0 || ftruncate(fileno(o->f), (off_t)o->shape.end) != 0 || fsync(fileno(o->f)) != 0))
        rc = errno == ENOSPC ? ST_FULL : ST_IO;
    if (!rc && ferror(o->f))
        rc = ST_IO;
    return rc;
}

static int replace(struct output *o, const struct print_sources *src, size_t limit, const char *path,
                   const struct print_key *key)
{
    struct stat st;
    char *temp;
    int fd, rc = 0;

    if (asprintf(&temp, "%s.new-XXXXXX", path) < 0)
        return ST_NOMEM;
    fd = mkostemp(temp, O_CLOEXEC);
    if (fd < 0)
        rc = status_from_errno(errno);
    if (!rc && fchmod(fd, stat(path, &st) == 0 ? st.st_mode & 0777 : 0640) != 0)
        rc = status_from_errno(errno);
    if (!rc && !(o->f = fdopen(fd, "w")))
        rc = ST_NOMEM;
    if (!rc)
        rc = write_all(o, src, limit, key);
    if (o->f)
        fclose(o->f);
    else if (fd >= 0)
        close(fd);
    if (!rc && rename(temp, path) != 0)
        rc = status_from_errno(errno);
    if (rc && fd >= 0)
        (void)unlink(temp);
    free(o->directory);
    free(temp);
    return rc;
}

static uint32_t bits_for(uint64_t entries)
{
    uint32_t bits = 8;

    while (bits < 24 && entries >> (bits + BUCKET_SHIFT))
        bits++;
    return bits;
}

int print_merge(struct print_sources *s, const char *path, const struct print_key *key,
                struct print_build_stats *ret)
{
    struct counts c = {0};
    struct output o = {0};
    uint32_t n = 0;
    size_t limit;
    int rc = 0;

    for (uint32_t i = 0; i < s->n_docs; i++)
        if (!s->docs[i].dropped) {
            s->docs[i].number = n++;
            o.shape.names += s->docs[i].d.name.n;
        }
    limit = n / COMMON_SHARE < COMMON_MIN ? COMMON_MIN : n / COMMON_SHARE;
    if (limit > PRINT_POSTINGS_MAX)
        limit = PRINT_POSTINGS_MAX;
    c.telling = calloc(n ? n : 1, sizeof(*c.telling));
    if (!c.telling)
        return ST_NOMEM;
    rc = each_group(s, limit, count, &c);
    for (uint32_t i = 0; i < s->n_docs; i++)
        if (!s->docs[i].dropped)
            s->docs[i].d.telling = c.telling[s->docs[i].number];
    free(c.telling);
    o.shape.documents = n;
    o.shape.entries = c.entries;
    o.shape.bits = bits_for(c.entries);
    if (!rc && !print_shape(&o.shape))
        rc = ST_LIMIT;
    if (!rc)
        rc = replace(&o, s, limit, path, key);
    if (!rc)
        *ret = (struct print_build_stats){n, c.entries - c.common, c.common, o.shape.end};
    return rc;
}
