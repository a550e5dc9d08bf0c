/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/print_list.h"
#include "base/text.h"

#include <errno.h>
#include <fts.h>
#include <limits.h>
#include <stdlib.h>

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* The part of path behind its last n components. */
static const char *last_parts(const char *path, size_t n)
{
    const char *p = path + strlen(path);

    while (p > path && (p[-1] != '/' || --n))
        p--;
    return p;
}

static int push(struct print_list *l, const char *path, const char *id)
{
    struct writer w;
    struct print_file f = {0};

    if (l->n == l->cap) {
        size_t cap = l->cap ? l->cap * 2 : 64;
        struct print_file *v = reallocarray(l->v, cap, sizeof(*v));
        if (!v)
            return ST_NOMEM;
        l->v = v;
        l->cap = cap;
    }
    writer_init(&w, 4 * PATH_MAX);
    text_put_clean(&w, span_str(id));
    f.path = strdup(path);
    f.id = writer_ok(&w) ? strdup(writer_cstr(&w)) : NULL;
    writer_done(&w);
    if (!f.path || !f.id) {
        free(f.path);
        free(f.id);
        return ST_NOMEM;
    }
    l->v[l->n++] = f;
    return 0;
}

static int take(struct print_list *l, const FTSENT *e, struct writer *err)
{
    switch (e->fts_info) {
    case FTS_F:
        return push(l, e->fts_accpath, last_parts(e->fts_path, (size_t)e->fts_level + 1));
    case FTS_NS:
    case FTS_DNR:
    case FTS_ERR:
        writer_printf(err, "gatehouse register: %s: %s\n", e->fts_path, strerror(e->fts_errno));
        l->missing = true;
        return 0;
    case FTS_DC:
    case FTS_DEFAULT:
    case FTS_SL:
    case FTS_SLNONE:
        writer_printf(err, "gatehouse register: %s is no regular file and is skipped\n", e->fts_path);
        return 0;
    default:
        return 0;
    }
}

int print_list_add(struct print_list *l, const char *path, struct writer *err)
{
    char *real = realpath(path, NULL), *roots[2] = {real, NULL};
    FTS *fts;
    FTSENT *e;
    int rc = 0;

    if (!real) {
        writer_printf(err, "gatehouse register: %s: %s\n", path, strerror(errno));
        l->missing = true;
        return 0;
    }
    fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
    if (!fts)
        rc = ST_NOMEM;
    for (errno = 0; !rc && (e = fts_read(fts)); errno = 0)
        rc = take(l, e, err);
    if (fts)
        fts_close(fts);
    free(real);
    return rc;
}

static int by_id(const void *a, const void *b)
{
    const struct print_file *p = a, *q = b;
    return strcmp(p->id, q->id);
}

bool print_list_sort(struct print_list *l, size_t *ret_clash)
{
    if (l->n)
        qsort(l->v, l->n, sizeof(*l->v), by_id);
    for (size_t i = 1; i < l->n; i++)
        if (!strcmp(l->v[i - 1].id, l->v[i].id)) {
            *ret_clash = i;
            return false;
        }
    return true;
}

void print_list_done(struct print_list *l)
{
    for (size_t i = 0; i < l->n; i++) {
        free(l->v[i].path);
        free(l->v[i].id);
    }
    free(l->v);
    *l = (struct print_list){0};
}
