/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/carry.h"
#include "base/arena.h"
#include "base/digest.h"
#include "base/envelope.h"
#include "base/file.h"
#include "base/receipt.h"
#include "base/text.h"
#include "console/store/intake.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMES_MAX (64u << 20)
#define PEEK_ARENA (ENVELOPE_PLAIN_MAX + (16u << 20))
#define BOXES_MAX 4096 /* appliances in one import that get a receipt */

/* One file, and where it stands in its chain, so that files are taken in order. */
struct entry {
    const char *path;
    uint8_t id[SEAL_ID];
    uint64_t number; /* 0: it could not be read so far, intake says why */
};
/* An appliance as it is after the last of its files. */
struct box {
    uint8_t id[SEAL_ID], hash[SEAL_HASH];
    char name[128];
    uint64_t number; /* newest batch without a hole */
    int64_t row;
    bool by_old; /* it knows the console's keys before, not those of now */
};
struct import {
    struct state *state;
    struct arena *names;
    struct entry *files;
    size_t n, cap;
    struct box *boxes;
    size_t n_boxes;
    struct writer bytes;
    uint64_t taken, known, ahead, refused, alerts;
    bool too_many;
};

const char *carry_tame(const char *text, char *buf, size_t cap)
{
    struct span s = span_str(text);
    size_t at = 0;
    struct writer w;

    writer_fixed(&w, buf, cap > 8 ? cap - 8 : 0);
    while (at < s.n && writer_ok(&w)) {
        uint32_t cp = text_next(s, &at);
        text_put(&w, cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x2028 || cp == 0x2029 ? '?' : cp);
    }
    buf[w.n] = 0;
    return buf;
}

static void refuse(struct import *i, const char *path, const char *why)
{
    char tame[600];

    i->refused++;
    printf("refused: %s: %s\n", carry_tame(path, tame, sizeof(tame)), why);
}

static int add_file(struct import *i, const char *path)
{
    struct entry *v;

    if (i->n == CARRY_FILES) {
        i->too_many = true;
        return 0;
    }
    if (i->n == i->cap) {
        size_t cap = i->cap ? 2 * i->cap : 256;
        v = realloc(i->files, cap * sizeof(*v));
        if (!v)
            return ST_NOMEM;
        i->files = v;
        i->cap = cap;
    }
    i->files[i->n] = (struct entry){.path = arena_dup(i->names, path, strlen(path))};
    return i->files[i->n++].path ? 0 : ST_NOMEM;
}

static int add_directory(struct import *i, const char *path, DIR *dir)
{
    const size_t suffix = strlen(CARRY_SUFFIX);
    struct dirent *e;
    int rc = 0;

    while (!rc && (errno = 0, e = readdir(dir))) {
        char file[PATH_MAX];
        size_t n = strlen(e->d_name);
        if (n <= suffix || strcmp(e->d_name + n - suffix, CARRY_SUFFIX) != 0)
            continue;
        if ((size_t)snprintf(file, sizeof(file), "%s/%s", path, e->d_name) < sizeof(file))
            rc = add_file(i, file);
        else
            refuse(i, e->d_name, "its path is too long");
    }
    return rc ? rc : errno ? status_from_errno(errno) : 0;
}

/* A regular file of bounded size, and no link: what is on a stick leads nowhere else. */
static int read_file(const char *path, struct writer *w)
{
    writer_clear(w);
    return file_read_regular(path, ENVELOPE_MAX, w);
}

/* Sealed to the console, or to what it was before its keys changed. */
static int open_either(const struct import *i, struct writer *plain)
{
    int rc = envelope_open(writer_span(&i->bytes), i->state->keys, plain);

    if (rc != ST_BAD_SIGNATURE || !i->state->old)
        return rc;
    writer_clear(plain);
    return envelope_open(writer_span(&i->bytes), i->state->old, plain);
}

/* Whose it is and its number, nothing else: it is judged later, and may still be anything. */
static void peek(struct import *i, struct entry *e, struct writer *plain)
{
    struct arena *a = arena_new(PEEK_ARENA);
    uint8_t sig[SEAL_SIGNATURE];
    struct batch_header h;
    struct record *r;
    size_t n;

    writer_clear(plain);
    if (a && read_file(e->path, &i->bytes) == 0 &&
        open_either(i, plain) == 0 &&
        batch_unpack(writer_span(plain), a, &h, &r, &n, sig) == 0) {
        e->number = h.number;
        memcpy(e->id, h.appliance, SEAL_ID);
    }
    arena_free(a);
}

static int in_order(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int d = memcmp(x->id, y->id, SEAL_ID);

    if (!d && x->number != y->number)
        d = x->number < y->number ? -1 : 1;
    return d ? d : strcmp(x->path, y->path);
}

static struct box *box_of(struct import *i, const struct intake *in)
{
    struct box *b;

    for (size_t k = i->n_boxes; k-- > 0;)
        if (!memcmp(i->boxes[k].id, in->id, SEAL_ID))
            return &i->boxes[k];
    if (i->n_boxes == BOXES_MAX || !in->batch)
        return NULL;
    b = &i->boxes[i->n_boxes++];
    memcpy(b->id, in->id, SEAL_ID);
    snprintf(b->name, sizeof(b->name), "%s", in->name);
    b->row = in->appliance;
    return b;
}

static void note(struct import *i, const struct intake *in)
{
    struct box *b = box_of(i, in);

    if (!b)
        return;
    b->number = in->number;
    memcpy(b->hash, in->hash, SEAL_HASH);
    b->by_old = in->by_old;
    i->alerts += in->alerts;
}

/* 0, or the machine's fault: then nothing more is tried. */
static int take(struct import *i, const struct entry *e)
{
    const struct intake_way way = {.ahead = true, .old = i->state->old};
    struct intake in;
    int rc = read_file(e->path, &i->bytes);

    if (rc) {
        refuse(i, e->path,
               rc == ST_MALFORMED ? "it is no regular file"
               : rc == ST_LIMIT   ? "it is longer than any batch"
                                  : status_text(rc));
        return 0;
    }
    rc = intake_take(i->state->store, i->state->keys, writer_span(&i->bytes), &way, &in);
    if (rc)
        return rc;
    switch (in.outcome) {
    case INTAKE_TAKEN:
        i->taken++;
        break;
    case INTAKE_AHEAD:
        i->ahead += in.first_seq != 0;
        i->known += in.first_seq == 0;
        break;
    case INTAKE_KNOWN:
        i->known++;
        break;
    case INTAKE_HELLO:
    case INTAKE_HOLE:
        refuse(i, e->path, "it is no batch that can be taken");
        return 0;
    case INTAKE_UNKNOWN: {
        char why[128];
        snprintf(why, sizeof(why), "appliance %s is not enrolled here, or was retired", in.identity);
        refuse(i, e->path, why);
        return 0;
    }
    case INTAKE_FORGED:
    case INTAKE_MALFORMED:
        refuse(i, e->path, in.why);
        return 0;
    }
    note(i, &in);
    return 0;
}

static int collect(struct import *i, const char *const *paths, size_t n, const char **ret_dir)
{
    struct writer plain;
    int rc = 0;

    for (size_t k = 0; k < n && !rc; k++) {
        DIR *dir = opendir(paths[k]);
        if (!dir && errno != ENOTDIR) {
            fprintf(stderr, "gatehouse console import: %s: %s\n", paths[k], strerror(errno));
            return ST_USAGE;
        }
        rc = dir ? add_directory(i, paths[k], dir) : add_file(i, paths[k]);
        if (dir && !*ret_dir)
            *ret_dir = paths[k];
        if (dir)
            closedir(dir);
    }
    writer_init(&plain, ENVELOPE_MAX);
    for (size_t k = 0; k < i->n && !rc; k++)
        peek(i, &i->files[k], &plain);
    writer_done(&plain);
    if (!rc && i->n)
        qsort(i->files, i->n, sizeof(*i->files), in_order);
    return rc;
}

/* What is missing of an appliance: 0 when nothing is. */
static uint64_t tell_holes(struct import *i, const struct box *b)
{
    uint64_t missing = 0, next = b->number + 1;
    struct db_stmt *s;
    struct db *d;
    int rc = store_reader(i->state->store, &d);

    if (rc)
        return 0;
    rc = db_query(d, &s, "SELECT number FROM ahead WHERE appliance = ? ORDER BY number", "i", b->row);
    while (!rc && db_step(s) == 1) {
        uint64_t number = (uint64_t)db_i64(s, 0);
        if (number > next)
            printf("missing: %s: batches %" PRIu64 " to %" PRIu64 "\n", b->name, next, number - 1);
        missing += number - next;
        next = number + 1;
    }
    db_close(d);
    if (missing)
        printf("         on that appliance: gatehouse journal export --since %" PRIu64 " DIR\n",
               b->number + 1);
    return missing;
}

static int write_receipt(const struct import *i, const struct box *b, const char *dir)
{
    char path[PATH_MAX], hex[2 * SEAL_ID + 1];
    struct receipt r = {.number = b->number};
    struct writer w;
    int rc;

    memcpy(r.appliance, b->id, SEAL_ID);
    memcpy(r.hash, b->hash, SEAL_HASH);
    digest_hex(b->id, SEAL_ID, hex);
    if ((size_t)snprintf(path, sizeof(path), "%s/receipt-%s.json", dir, hex) >= sizeof(path))
        return ST_LIMIT;
    writer_init(&w, RECEIPT_MAX);
    rc = receipt_write(&r, b->by_old ? i->state->old : i->state->keys, &w);
    if (!rc)
        rc = file_replace(path, writer_span(&w), 0644);
    writer_done(&w);
    if (!rc && b->by_old) { /* how it hears of the new ones */
        char keys[PATH_MAX + 32];
        snprintf(keys, sizeof(keys), "%s/console-keys.ghk", dir);
        rc = file_replace(keys, span_of(i->state->succession, SUCCESSION_SIZE), 0644);
        printf("keys:    %s does not know this console's new keys yet: there 'gatehouse enrol accept %s'\n", b->name, keys);
    }
    if (rc)
        fprintf(stderr, "gatehouse console import: %s: %s\n", path, status_text(rc));
    else
        printf("receipt: %s: everything up to batch %" PRIu64 ": %s\n", b->name, b->number, path);
    return rc;
}

static int write_audit(struct import *i, const char *what, uint64_t missing)
{
    char detail[256], tame[600];
    int rc;
    struct db *d = store_begin(i->state->store, &rc);

    if (!d)
        return rc;
    snprintf(detail, sizeof(detail),
             "%zu files: %" PRIu64 " batches new, %" PRIu64 " ahead of missing ones, %" PRIu64
             " known, %" PRIu64 " refused; %" PRIu64 " missing; %zu appliances",
             i->n, i->taken, i->ahead, i->known, i->refused, missing, i->n_boxes);
    rc = audit_append(d, "console", NULL, "batches_imported", carry_tame(what, tame, sizeof(tame)), detail);
    return store_end(i->state->store, rc);
}

static int run(struct import *i, const char *const *paths, size_t n, const char *receipts)
{
    const char *dir = NULL;
    uint64_t missing = 0;
    int rc = collect(i, paths, n, &dir), wrote = 0;

    if (rc)
        return rc;
    for (size_t k = 0; k < i->n && !rc; k++)
        rc = take(i, &i->files[k]);
    for (size_t k = 0; k < i->n_boxes; k++)
        missing += tell_holes(i, &i->boxes[k]);
    if (write_audit(i, paths[0], missing) != 0 && !rc)
        rc = ST_IO;
    if (receipts)
        dir = receipts;
    for (size_t k = 0; k < i->n_boxes && dir; k++)
        if (i->boxes[k].number && write_receipt(i, &i->boxes[k], dir) != 0)
            wrote = ST_IO;
    printf("%zu files: %" PRIu64 " batches new, %" PRIu64 " ahead of missing ones, %" PRIu64
           " known, %" PRIu64 " refused; %" PRIu64 " missing; %" PRIu64 " alerts\n",
           i->n, i->taken, i->ahead, i->known, i->refused, missing, i->alerts);
    if (i->too_many)
        printf("only the first %d files were looked at: give the rest to another import\n", CARRY_FILES);
    return rc ? rc : wrote ? wrote : i->refused || missing || i->too_many;
}

int carry_import(struct state *s, const char *const *paths, size_t n, const char *receipts)
{
    struct import i = {.state = s};
    int rc;

    writer_init(&i.bytes, ENVELOPE_MAX + 65536);
    i.names = arena_new(NAMES_MAX);
    i.boxes = i.names ? arena_array(i.names, BOXES_MAX, sizeof(*i.boxes)) : NULL;
    rc = i.boxes ? run(&i, paths, n, receipts) : ST_NOMEM;
    writer_done(&i.bytes);
    arena_free(i.names);
    free(i.files);
    if (rc < 0 && rc != ST_USAGE)
        fprintf(stderr, "gatehouse console import: stopped: %s. What was taken is kept; import again\n",
                status_text(rc));
    return rc >= 0 ? rc : rc == ST_USAGE ? 2 : 3;
}
