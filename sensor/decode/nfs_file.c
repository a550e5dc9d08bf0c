/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/nfs_file.h"

#include <stdlib.h>

#define BUCKETS 128u
#define MEMBERS_MAX (8u << 10)

/* Bytes before their turn. */
struct piece {
    struct piece *next; /* by offset */
    uint64_t offset;
    size_t n;
    uint8_t p[];
};
struct track {
    struct transfer *t;
    struct piece *pieces;
    uint64_t first, next; /* offset of its first byte, and of the next one */
    uint64_t eof;         /* end of the file, when has_eof */
    uint64_t chunks;
    uint64_t us; /* last change */
    uint32_t tx;
    unsigned version;
    struct nfs_user user;
    enum direction dir;
    bool open, has_eof, committed;
};
struct file {
    struct file *next;            /* in its bucket */
    struct file *older, *younger; /* by last use */
    struct nfs_handle handle;
    uint8_t name[NFS_NAME_MAX];
    uint8_t name_n;
    struct track track[2];
};
struct nfs_files {
    struct proto_ctx *cx;
    nfs_told_fn *told;
    void *arg;
    struct file *buckets[BUCKETS];
    struct file *oldest, *youngest;
    unsigned count, pieces, open;
    size_t held;
    uint64_t next_tick;
};

struct nfs_files *nfs_files_new(struct proto_ctx *cx, nfs_told_fn *told, void *arg)
{
    struct nfs_files *x = proto_charge(cx, sizeof(*x)) ? calloc(1, sizeof(*x)) : NULL;

    if (!x)
        return NULL;
    x->cx = cx;
    x->told = told;
    x->arg = arg;
    return x;
}

/* ---- tracks ---- */

static void piece_drop(struct nfs_files *x, struct track *t)
{
    struct piece *p = t->pieces;

    t->pieces = p->next;
    x->pieces--;
    x->held -= p->n;
    proto_release(x->cx, sizeof(*p) + p->n);
    free(p);
}

/* Pieces whose turn has come. */
static void drain(struct nfs_files *x, struct track *t)
{
    while (t->pieces && t->pieces->offset <= t->next) {
        const struct piece *p = t->pieces;
        if (p->offset + p->n > t->next) {
            carve_data(t->t, span_part(span_of(p->p, p->n), (size_t)(t->next - p->offset), p->n));
            t->next = p->offset + p->n;
        }
        piece_drop(x, t);
    }
}

static void give_up(struct nfs_files *x, struct track *t)
{
    if (!t->pieces)
        return;
    carve_gap(t->t, t->pieces->offset - t->next);
    t->next = t->pieces->offset;
    drain(x, t);
}

static bool hold(struct nfs_files *x, struct track *t, uint64_t offset, struct span bytes)
{
    struct piece **at = &t->pieces, *p;
    size_t size = sizeof(*p) + bytes.n;

    if (x->pieces >= NFS_PIECES || bytes.n > NFS_HELD_MAX - x->held || !proto_charge(x->cx, size))
        return false;
    p = malloc(size);
    if (!p) {
        proto_release(x->cx, size);
        return false;
    }
    p->offset = offset;
    p->n = bytes.n;
    memcpy(p->p, bytes.p, bytes.n);
    while (*at && (*at)->offset <= offset)
        at = &(*at)->next;
    p->next = *at;
    *at = p;
    x->pieces++;
    x->held += bytes.n;
    return true;
}

static void finish(struct nfs_files *x, struct file *f, enum nfs_way way, bool complete)
{
    struct track *t = &f->track[way];
    struct nfs_told told = {.way = way,
                            .name = span_of(f->name, f->name_n),
                            .version = t->version,
                            .user = t->user,
                            .chunks = t->chunks,
                            .tx = t->tx,
                            .dir = t->dir};
    struct writer members;

    if (!t->open)
        return;
    while (t->pieces)
        give_up(x, t);
    told.first = t->first;
    told.last = t->next;
    t->open = false;
    x->open--;
    writer_init(&members, MEMBERS_MAX);
    x->told(x->arg, &told, &members);
    carve_name(t->t, told.name);
    if (writer_ok(&members))
        carve_context(t->t, writer_span(&members));
    writer_done(&members);
    carve_close(t->t, complete);
    *t = (struct track){0};
}

static void begin(struct nfs_files *x, struct file *f, enum nfs_way way, enum direction dir, uint64_t offset)
{
    struct track *t = &f->track[way];

    *t = (struct track){.open = true, .dir = dir, .tx = x->cx->tx_next++, .first = offset};
    t->t = carve_open(x->cx, dir, span_of(f->name, f->name_n), t->tx);
    x->open++;
    /* A file is read and written from its start, in parallel; a write far behind it appends. */
    if (offset > NFS_HELD_MAX) {
        carve_gap(t->t, offset);
        t->next = offset;
    }
}

/* ---- files ---- */

static struct file **bucket_of(struct nfs_files *x, const struct nfs_handle *h)
{
    uint32_t n = 2166136261u;

    for (size_t i = 0; i < h->n; i++)
        n = (n ^ h->p[i]) * 16777619u;
    return &x->buckets[(n ^ n >> 16) % BUCKETS];
}

static void age_remove(struct nfs_files *x, struct file *f)
{
    if (f->older)
        f->older->younger = f->younger;
    else
        x->oldest = f->younger;
    if (f->younger)
        f->younger->older = f->older;
    else
        x->youngest = f->older;
}

static void age_add(struct nfs_files *x, struct file *f)
{
    f->older = x->youngest;
    f->younger = NULL;
    if (x->youngest)
        x->youngest->younger = f;
    else
        x->oldest = f;
    x->youngest = f;
}

static bool whole_write(const struct track *t)
{
    return t->committed && !t->pieces;
}

static void file_free(struct nfs_files *x, struct file *f)
{
    struct file **at = bucket_of(x, &f->handle);

    finish(x, f, NFS_WRITE, whole_write(&f->track[NFS_WRITE]));
    finish(x, f, NFS_READ, false);
    while (*at != f)
        at = &(*at)->next;
    *at = f->next;
    age_remove(x, f);
    x->count--;
    free(f);
    proto_release(x->cx, sizeof(*f));
}

void nfs_files_free(struct nfs_files *x)
{
    if (!x)
        return;
    while (x->oldest)
        file_free(x, x->oldest);
    proto_release(x->cx, sizeof(*x));
    free(x);
}

static struct file *find(struct nfs_files *x, const struct nfs_handle *h)
{
    for (struct file *f = *bucket_of(x, h); f; f = f->next)
        if (f->handle.n == h->n && !memcmp(f->handle.p, h->p, h->n))
            return f;
    return NULL;
}

static struct file *make(struct nfs_files *x, const struct nfs_handle *h)
{
    struct file *f, **at;

    if (!h->n)
        return NULL;
    f = find(x, h);
    if (f) {
        age_remove(x, f);
        age_add(x, f);
        return f;
    }
    if (x->count >= NFS_FILES)
        file_free(x, x->oldest);
    if (!proto_charge(x->cx, sizeof(*f))) {
        proto_anomaly(x->cx, TO_SERVER, "nfs.no_memory");
        return NULL;
    }
    f = calloc(1, sizeof(*f));
    if (!f) {
        proto_release(x->cx, sizeof(*f));
        return NULL;
    }
    f->handle = *h;
    at = bucket_of(x, h);
    f->next = *at;
    *at = f;
    age_add(x, f);
    x->count++;
    return f;
}

void nfs_files_name(struct nfs_files *x, const struct nfs_handle *h, struct span name)
{
    struct file *f =
        name.n && !span_eq(name, span_str(".")) && !span_eq(name, span_str("..")) ? make(x, h) : NULL;

    if (!f)
        return;
    name = span_part(name, 0, NFS_NAME_MAX);
    f->name_n = (uint8_t)name.n;
    memcpy(f->name, name.p, name.n);
}

struct span nfs_files_name_of(struct nfs_files *x, const struct nfs_handle *h)
{
    const struct file *f = h->n ? find(x, h) : NULL;

    return f ? span_of(f->name, f->name_n) : (struct span){0};
}

void nfs_files_data(struct nfs_files *x, const struct nfs_handle *h, enum nfs_way way, enum direction dir,
                    unsigned version, const struct nfs_user *user, uint64_t offset, struct span bytes)
{
    struct file *f = bytes.n && offset <= INT64_MAX ? make(x, h) : NULL;
    struct track *t;

    if (!f)
        return;
    t = &f->track[way];
    if (t->open && offset < t->next && (way == NFS_WRITE || offset == 0)) /* once more */
        finish(x, f, way, way == NFS_WRITE && whole_write(t));
    if (!t->open)
        begin(x, f, way, dir, offset);
    t->version = version;
    t->user = *user;
    t->us = x->cx->now_us;
    t->committed = false;
    t->chunks++;
    if (offset < t->first)
        t->first = offset;
    if (offset > t->next) {
        if (hold(x, t, offset, bytes))
            return;
        proto_anomaly(x->cx, dir, "nfs.reorder_limit");
        while (t->pieces && t->pieces->offset < offset)
            give_up(x, t);
        if (offset > t->next) {
            carve_gap(t->t, offset - t->next);
            t->next = offset;
        }
    }
    if (offset + bytes.n > t->next) {
        carve_data(t->t, span_part(bytes, (size_t)(t->next - offset), bytes.n));
        t->next = offset + bytes.n;
    }
    drain(x, t);
    if (t->has_eof && t->next >= t->eof)
        finish(x, f, way, true);
}

void nfs_files_eof(struct nfs_files *x, const struct nfs_handle *h, uint64_t offset)
{
    struct file *f = h->n ? find(x, h) : NULL;
    struct track *t = f ? &f->track[NFS_READ] : NULL;

    if (!t || !t->open)
        return;
    t->eof = offset;
    t->has_eof = true;
    if (t->next >= t->eof)
        finish(x, f, NFS_READ, true);
}

void nfs_files_committed(struct nfs_files *x, const struct nfs_handle *h)
{
    struct file *f = h->n ? find(x, h) : NULL;

    if (f && f->track[NFS_WRITE].open)
        f->track[NFS_WRITE].committed = true;
}

void nfs_files_closed(struct nfs_files *x, const struct nfs_handle *h)
{
    struct file *f = h->n ? find(x, h) : NULL;

    if (!f)
        return;
    finish(x, f, NFS_WRITE, true);
    finish(x, f, NFS_READ, false);
}

void nfs_files_tick(struct nfs_files *x)
{
    uint64_t now = x->cx->now_us;

    if (now < x->next_tick || !x->open)
        return;
    x->next_tick = now + 1000000;
    for (struct file *f = x->oldest; f && x->open; f = f->younger)
        for (int way = 0; way < 2; way++) {
            const struct track *t = &f->track[way];
            bool settled = way == NFS_WRITE && whole_write(t);
            if (t->open && now > t->us && now - t->us > (settled ? NFS_SETTLED_US : NFS_IDLE_US))
                finish(x, f, (enum nfs_way)way, settled);
        }
}
