/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_chm: Windows help files: their pages become members. The only file that includes libmspack, which gets
 * its input from memory and its memory from a counted purse. */
#include "rules/formats.h"

#include <limits.h>
#include <mspack.h>
#include <stdlib.h>

#define MEMORY_MAX (96u << 20) /* of the library: directory, window, buffers */
#define MEMBER_MAX (64u << 20)

struct purse {
    struct mspack_system sys;
    struct purse *outer; /* of the help file that this one lies in */
    struct extract *x;
    struct span in;
    struct writer out;
    size_t held;
    bool refused; /* budget or time */
};
struct memory_file {
    struct mspack_file base; /* first: what the library holds */
    struct purse *purse;
    size_t pos;
    bool output;
};
struct block {
    size_t n;
    struct purse *purse;
};

/* The library copies the table of functions and hands on the copy, so that no purse can be told from it. */
static struct purse *purse_now;

/* Nor from what it frees: each block carries its purse. */
static void *take(struct mspack_system *self, size_t n)
{
    struct purse *p = purse_now;
    struct block *b;

    (void)self;
    if (n > MEMORY_MAX || p->held > MEMORY_MAX - n)
        return NULL;
    b = malloc(sizeof(*b) + n);
    if (!b)
        return NULL;
    p->held += n;
    *b = (struct block){n, p};
    return b + 1;
}

static void give_back(void *mem)
{
    struct block *b = mem;

    if (!b)
        return;
    b--;
    b->purse->held -= b->n;
    free(b);
}

static struct mspack_file *file_open(struct mspack_system *self, const char *name, int mode)
{
    struct memory_file *f = take(self, sizeof(*f));

    (void)name;
    if (!f)
        return NULL;
    *f = (struct memory_file){.purse = purse_now, .output = mode == MSPACK_SYS_OPEN_WRITE};
    return &f->base;
}

static void file_close(struct mspack_file *f)
{
    give_back(f);
}

static int file_read(struct mspack_file *file, void *buf, int n)
{
    struct memory_file *f = (struct memory_file *)file;
    struct span s;

    if (f->output || n < 0 || f->purse->refused || extract_expired(f->purse->x))
        return -1;
    s = span_part(f->purse->in, f->pos, (size_t)n);
    if (s.n)
        memcpy(buf, s.p, s.n);
    f->pos += s.n;
    return (int)s.n;
}

static int file_write(struct mspack_file *file, void *buf, int n)
{
    struct memory_file *f = (struct memory_file *)file;
    struct purse *p = f->purse;

    if (!f->output || n < 0 || !extract_budget(p->x, (uint64_t)n)) {
        p->refused = true;
        return -1;
    }
    writer_bytes(&p->out, buf, (size_t)n);
    return writer_ok(&p->out) ? n : -1;
}

static int file_seek(struct mspack_file *file, off_t offset, int mode)
{
    struct memory_file *f = (struct memory_file *)file;
    off_t base = mode == MSPACK_SYS_SEEK_CUR   ? (off_t)f->pos
                 : mode == MSPACK_SYS_SEEK_END ? (off_t)f->purse->in.n
                                               : 0;

    if (f->output || offset < -base || offset > (off_t)f->purse->in.n - base)
        return -1;
    f->pos = (size_t)(base + offset);
    return 0;
}

static off_t file_tell(struct mspack_file *file)
{
    struct memory_file *f = (struct memory_file *)file;
    return (off_t)f->pos;
}

static void message(struct mspack_file *f, const char *format, ...)
{
    (void)f;
    (void)format;
}

static void copy(void *from, void *to, size_t n)
{
    memcpy(to, from, n);
}

static int by_place(const void *a, const void *b)
{
    const struct mschmd_file *x = *(struct mschmd_file *const *)a, *y = *(struct mschmd_file *const *)b;

    if (x->section->id != y->section->id)
        return x->section->id < y->section->id ? -1 : 1;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

/* Pages and pictures; names with '#', '$' or ':' in front are the help program's indexes. */
static bool is_page(const struct mschmd_file *f)
{
    const char *name = f->filename && f->filename[0] == '/' ? f->filename + 1 : f->filename;

    return name && name[0] && !strchr("#$:", name[0]) && name[strlen(name) - 1] != '/';
}

/* 0, or ST_LIMIT: no more members. */
static int page(struct purse *p, struct mschm_decompressor *d, struct mschmd_file *f)
{
    struct span name = span_str(f->filename[0] == '/' ? f->filename + 1 : f->filename);
    int rc, error;

    writer_init(&p->out, MEMBER_MAX);
    error = d->extract(d, f, "");
    if (error && !p->out.n) {
        extract_child_unread(p->x, name, f->length > 0 ? (uint64_t)f->length : 0,
                             p->refused ? UNREAD_TOO_LARGE : UNREAD_CORRUPT);
        rc = p->refused ? ST_LIMIT : 0;
    } else {
        rc = extract_child_part(p->x, name, writer_span(&p->out),
                                !error               ? UNREAD_NONE
                                : writer_ok(&p->out) ? UNREAD_CORRUPT
                                                     : UNREAD_TOO_LARGE);
    }
    writer_done(&p->out);
    return rc;
}

static void pages(struct purse *p, struct mschm_decompressor *d, struct mschmd_header *h)
{
    size_t n = 0;
    struct mschmd_file **list;

    for (struct mschmd_file *f = h->files; f; f = f->next)
        n += is_page(f);
    list = arena_array(extract_arena(p->x), n + 1, sizeof(struct mschmd_file *));
    if (!list) {
        extract_unread_all(p->x, UNREAD_TOO_LARGE);
        return;
    }
    n = 0;
    for (struct mschmd_file *f = h->files; f; f = f->next)
        if (is_page(f))
            list[n++] = f;
    qsort(list, n, sizeof(struct mschmd_file *), by_place);
    for (size_t i = 0; i < n; i++) {
        if (extract_expired(p->x)) {
            extract_unread(p->x, UNREAD_TIMEOUT);
            return;
        }
        if (page(p, d, list[i]) == ST_LIMIT)
            return;
    }
}

void x_chm(struct extract *x, struct span in)
{
    struct purse p = {.sys = {file_open, file_close, file_read, file_write, file_seek, file_tell, message,
                              take, give_back, copy, NULL},
                      .x = x,
                      .outer = purse_now,
                      .in = in};
    struct mschm_decompressor *d;
    struct mschmd_header *h;

    purse_now = &p;
    d = in.n <= INT_MAX ? mspack_create_chm_decompressor(&p.sys) : NULL;
    h = d ? d->open(d, "") : NULL;

    if (h)
        pages(&p, d, h);
    else
        extract_unread_all(x,
                           d && d->last_error(d) != MSPACK_ERR_NOMEMORY ? UNREAD_CORRUPT : UNREAD_TOO_LARGE);
    if (h)
        d->close(d, h);
    if (d)
        mspack_destroy_chm_decompressor(d);
    purse_now = p.outer;
}
