/* SPDX-License-Identifier: GPL-3.0-or-later
 * Documents and runs of entries; print_merge.c makes the file of them. */
#include "rules/print_build.h"
#include "rules/print_merge.h"
#include "rules/print_table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define RUN_ENTRIES (2u << 20) /* sorted at a time: 32 MiB */

struct print_build {
    char *path;
    const struct print_key *key;
    struct print_sources src;
    uint32_t cap;
    struct print_table by_name, by_text;
    struct print_entry *run;
    size_t n_run;
    const struct print_index *old; /* taken over */
    int fd;                        /* the unnamed file */
    uint64_t put_by;               /* entries in it */
};

struct print_build *print_build_new(const char *path, const struct print_key *key)
{
    struct print_build *b = calloc(1, sizeof(*b));

    if (!b)
        return NULL;
    b->fd = -1;
    b->key = key;
    b->path = strdup(path);
    b->run = reallocarray(NULL, RUN_ENTRIES, sizeof(*b->run));
    if (!b->path || !b->run) {
        print_build_free(b);
        return NULL;
    }
    return b;
}

void print_build_free(struct print_build *b)
{
    if (!b)
        return;
    for (uint32_t i = 0; i < b->src.n_docs; i++)
        free(b->src.docs[i].name);
    free(b->src.docs);
    print_table_done(&b->by_name);
    print_table_done(&b->by_text);
    free(b->run);
    free(b->path);
    if (b->fd >= 0)
        close(b->fd);
    free(b);
}

static int by_entry(const void *a, const void *b)
{
    const struct print_entry *p = a, *q = b;

    if (p->name != q->name)
        return p->name < q->name ? -1 : 1;
    return p->doc < q->doc ? -1 : p->doc > q->doc;
}

/* A file without name in the directory of the index: gone when we are. */
static int open_unnamed(const char *path)
{
    char *name;
    int fd;

    if (asprintf(&name, "%s.runs-XXXXXX", path) < 0)
        return ST_NOMEM;
    fd = mkostemp(name, O_CLOEXEC);
    if (fd >= 0)
        (void)unlink(name);
    else
        fd = status_from_errno(errno);
    free(name);
    return fd;
}

/* The entries in memory become a sorted run of the file. */
static int put_by(struct print_build *b)
{
    struct print_sources *s = &b->src;
    const uint8_t *p = (const uint8_t *)b->run;
    size_t left = b->n_run * sizeof(*b->run);

    if (!left)
        return 0;
    if (s->n_runs == PRINT_RUNS_MAX)
        return ST_LIMIT;
    if (b->fd < 0)
        b->fd = open_unnamed(b->path);
    if (b->fd < 0)
        return b->fd;
    qsort(b->run, b->n_run, sizeof(*b->run), by_entry);
    while (left) {
        ssize_t n = write(b->fd, p, left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 && errno == ENOSPC ? ST_FULL : ST_IO;
        p += n;
        left -= (size_t)n;
    }
    s->runs[s->n_runs++] = (struct print_run){b->put_by, b->n_run};
    b->put_by += b->n_run;
    b->n_run = 0;
    return 0;
}

static int put_entry(struct print_build *b, uint64_t name, uint32_t doc)
{
    int rc = b->n_run == RUN_ENTRIES ? put_by(b) : 0;

    if (!rc)
        b->run[b->n_run++] = (struct print_entry){name, doc};
    return rc;
}

static uint64_t hash64(const char *domain, struct span s)
{
    uint8_t hash[SEAL_HASH];
    struct reader r;

    seal_hash(domain, &s, 1, hash);
    r = reader_of(hash, sizeof(hash));
    return reader_le64(&r);
}

/* The live document of this name, or NULL. */
static struct print_made *find_name(const struct print_build *b, struct span name)
{
    uint64_t key = hash64("gatehouse-print-name-v1", name);
    uint32_t i;

    for (size_t pos = 0; print_table_next(&b->by_name, key, &pos, &i);)
        if (!b->src.docs[i].dropped && span_eq(b->src.docs[i].d.name, name))
            return &b->src.docs[i];
    return NULL;
}

/* A live document of the same fingerprints and level. */
static struct print_made *find_text(const struct print_build *b, const struct print_document *d)
{
    uint32_t i;

    for (size_t pos = 0; print_table_next(&b->by_text, d->text, &pos, &i);) {
        struct print_made *m = &b->src.docs[i];
        if (!m->dropped && m->d.text == d->text && !strcmp(m->d.level, d->level))
            return m;
    }
    return NULL;
}

static int append(struct print_build *b, const struct print_document *d)
{
    struct print_sources *s = &b->src;
    char *name;
    int rc;

    if (s->n_docs == PRINT_DOCUMENTS_MAX)
        return ST_LIMIT;
    if (s->n_docs == b->cap) {
        uint32_t cap = b->cap ? b->cap * 2 : 256;
        struct print_made *v = reallocarray(s->docs, cap, sizeof(*v));
        if (!v)
            return ST_NOMEM;
        s->docs = v;
        b->cap = cap;
    }
    name = malloc(d->name.n + 1);
    if (!name)
        return ST_NOMEM;
    memcpy(name, d->name.p, d->name.n);
    s->docs[s->n_docs] = (struct print_made){.d = *d, .name = name};
    s->docs[s->n_docs++].d.name = span_of(name, d->name.n);
    rc = print_table_put(&b->by_name, hash64("gatehouse-print-name-v1", d->name), s->n_docs - 1);
    return rc ? rc : print_table_put(&b->by_text, d->text, s->n_docs - 1);
}

static int by_number(const void *a, const void *b)
{
    const uint64_t *p = a, *q = b;

    return *p < *q ? -1 : *p > *q;
}

int print_build_add(struct print_build *b, const struct print_document *d, const uint64_t *names, size_t n,
                    struct span *ret_same)
{
    uint64_t *sorted = n ? reallocarray(NULL, n, sizeof(*sorted)) : NULL;
    struct print_document own = *d;
    struct print_made *same;
    size_t kept = 0;
    int rc = 0;

    if (n && !sorted)
        return ST_NOMEM;
    for (size_t i = 0; i < n; i++)
        sorted[i] = names[i];
    if (n)
        qsort(sorted, n, sizeof(*sorted), by_number);
    for (size_t i = 0; i < n; i++)
        if (!i || sorted[i] != sorted[kept - 1])
            sorted[kept++] = sorted[i];
    if (kept < 2 || !d->name.n || d->name.n > PRINT_NAME_MAX)
        rc = ST_USAGE;
    if (!rc) {
        own.text = hash64("gatehouse-print-text-v1", span_of(sorted, kept * sizeof(*sorted)));
        own.distinct = (uint32_t)kept;
        same = find_text(b, &own);
        if (same && !span_eq(same->d.name, d->name)) {
            *ret_same = same->d.name;
            rc = ST_EXISTS;
        }
    }
    if (!rc) {
        (void)print_build_remove(b, d->name);
        rc = append(b, &own);
    }
    for (size_t i = 0; i < kept && !rc; i++)
        rc = put_entry(b, sorted[i], b->src.n_docs - 1);
    free(sorted);
    return rc;
}

int print_build_common(struct print_build *b, const uint64_t *names, size_t n)
{
    int rc = 0;

    for (size_t i = 0; i < n && !rc; i++)
        rc = put_entry(b, names[i], PRINT_COMMON);
    return rc;
}

int print_build_take(struct print_build *b, const struct print_index *x)
{
    int rc = 0;

    gh_check(!b->src.n_docs && !b->src.old);
    for (uint32_t i = 0; i < print_index_documents(x) && !rc; i++) {
        struct print_document d = {.name = span_str("?")};
        bool good = print_index_document(x, i, &d);
        rc = append(b, &d);
        if (!rc && !good)
            b->src.docs[i].dropped = true;
    }
    b->src.old = x;
    return rc;
}

bool print_build_remove(struct print_build *b, struct span name)
{
    struct print_made *m = find_name(b, name);

    if (m)
        m->dropped = true;
    return m != NULL;
}

int print_build_write(struct print_build *b, struct print_build_stats *ret)
{
    int rc = put_by(b);

    b->src.fd = b->fd;
    return rc ? rc : print_merge(&b->src, b->path, b->key, ret);
}
