/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/smb_file.h"
#include "sensor/decode/smb_event.h"
#include "sensor/decode/smb_state.h"

#include <stdlib.h>

#define FILE_CHARGE (sizeof(struct smb_file) + 2 * SMB_NAME_MAX)

/* ---- blocks that came too early ---- */

static void block_free(struct smb *s, struct smb_track *t, struct smb_block *b)
{
    t->blocks--;
    s->files.held -= sizeof(*b) + b->cap;
    proto_release(s->cx, sizeof(*b) + b->cap);
    free(b);
}

static struct smb_block *block_take(struct smb_track *t)
{
    struct smb_block *b = t->first;

    t->first = b->next;
    if (!t->first)
        t->last = NULL;
    return b;
}

static void drop_blocks(struct smb *s, struct smb_track *t)
{
    while (t->first)
        block_free(s, t, block_take(t));
}

static struct smb_block *block_new(struct smb *s, struct smb_track *t, uint64_t offset, uint64_t cap)
{
    uint32_t n = cap < SMB_BLOCK ? (uint32_t)cap : SMB_BLOCK;
    size_t size = sizeof(struct smb_block) + n;
    struct smb_block *b;

    if (t->blocks >= SMB_BLOCKS_MAX || size > SMB_HELD_MAX - s->files.held || !proto_charge(s->cx, size))
        return NULL;
    b = malloc(size);
    if (!b) {
        proto_release(s->cx, size);
        return NULL;
    }
    b->next = NULL;
    b->offset = offset;
    b->n = 0;
    b->cap = n;
    t->blocks++;
    s->files.held += size;
    return b;
}

static uint64_t block_end(const struct smb_block *b)
{
    return b->offset + b->n;
}

/* Passes on the blocks that continue what was carved. */
static void drain(struct smb *s, struct smb_track *t)
{
    while (t->first && t->first->offset <= t->next) {
        struct smb_block *b = block_take(t);
        if (block_end(b) > t->next) {
            carve_data(t->t, span_part(span_of(b->data, b->n), (size_t)(t->next - b->offset), b->n));
            t->next = block_end(b);
        }
        block_free(s, t, b);
    }
}

/* What lies before offset will not be waited for. */
static void give_up(struct smb *s, struct smb_track *t, uint64_t offset)
{
    carve_gap(t->t, offset - t->next);
    t->next = offset;
    drain(s, t);
}

/* The last block at or before offset, or NULL. Most data follows the last one. */
static struct smb_block *block_before(const struct smb_track *t, uint64_t offset)
{
    struct smb_block *at = NULL;

    if (t->last && t->last->offset <= offset)
        return t->last;
    for (struct smb_block *b = t->first; b && b->offset <= offset; b = b->next)
        at = b;
    return at;
}

/* Holds some of bytes, which begin behind a hole; how many (those of them that are there already count), or 0
 * when there is no room. */
static size_t hold(struct smb *s, struct smb_track *t, uint64_t offset, struct span bytes, uint64_t more)
{
    struct smb_block *before = block_before(t, offset), *b = before;
    struct smb_block *after = before ? before->next : t->first;
    size_t n = bytes.n;

    if (b && offset < block_end(b))
        return block_end(b) - offset < n ? (size_t)(block_end(b) - offset) : n;
    if (after && after->offset - offset < n + more) {
        if (after->offset - offset < n)
            n = (size_t)(after->offset - offset);
        more = after->offset - offset - n;
    }
    if (!b || block_end(b) != offset || b->n == b->cap) {
        b = block_new(s, t, offset, n + more);
        if (!b)
            return 0;
        b->next = after;
        if (before)
            before->next = b;
        else
            t->first = b;
        if (!after)
            t->last = b;
    }
    if (n > b->cap - b->n)
        n = b->cap - b->n;
    memcpy(b->data + b->n, bytes.p, n);
    b->n += (uint32_t)n;
    return n;
}

/* ---- tracks ---- */

static void begin(struct smb *s, struct smb_file *f, enum smb_way way, enum direction dir, uint64_t offset)
{
    struct smb_track *t = &f->track[way];

    t->open = true;
    t->dir = dir;
    t->tx = s->cx->tx_next++;
    t->t = carve_open(s->cx, dir, writer_span(&f->name), t->tx);
    if (t->finished) /* this is more of what was whole already */
        carve_gap(t->t, t->next);
    else if (way == SMB_WRITTEN && offset && f->have_size && offset == f->size)
        give_up(s, t, offset); /* something is appended: the beginning was there before */
}

static void put_track(struct smb *s, struct smb_track *t, uint64_t offset, struct span bytes, uint64_t more)
{
    while (bytes.n) {
        size_t n;
        if (carve_full(t->t)) { /* of no use, but what follows must not look new */
            drop_blocks(s, t);
            if (offset + bytes.n > t->next)
                t->next = offset + bytes.n;
            return;
        }
        if (offset < t->next) {
            n = t->next - offset < bytes.n ? (size_t)(t->next - offset) : bytes.n;
        } else if (offset == t->next) {
            n = bytes.n;
            if (t->first && t->first->offset - offset < n)
                n = (size_t)(t->first->offset - offset);
            carve_data(t->t, span_part(bytes, 0, n));
            t->next += n;
            if (t->first)
                drain(s, t);
        } else {
            n = hold(s, t, offset, bytes, more);
            if (!n) {
                proto_anomaly(s->cx, t->dir, "smb.reorder_limit");
                give_up(s, t, t->first && t->first->offset < offset ? t->first->offset : offset);
            }
        }
        bytes = span_part(bytes, n, bytes.n);
        offset += n;
    }
}

/* That way is over; closed: by the protocol. */
static void finish(struct smb *s, struct smb_file *f, enum smb_way way, bool closed)
{
    struct smb_track *t = &f->track[way];
    struct writer members;
    bool whole = closed; /* all that the client wanted has come; that may be less than the file */

    if (!t->open)
        return;
    while (t->first)
        give_up(s, t, t->first->offset);
    if (way == SMB_READ)
        whole = closed || f->end_seen || (f->have_size && t->next >= f->size);
    else if (way == SMB_REWRITTEN)
        whole = closed && t->next >= f->track[SMB_WRITTEN].next;
    else if (f->have_planned)
        whole = closed && t->next >= f->planned;
    t->open = false;
    t->finished = true;
    smb_event_file(s, f, way);
    writer_init(&members, 8 * SMB_NAME_MAX);
    smb_event_file_members(s, f, way, &members);
    carve_name(t->t, writer_span(&f->name));
    carve_context(t->t, writer_span(&members));
    carve_close(t->t, whole);
    writer_done(&members);
    t->t = NULL;
}

/* A DCE/RPC fragment at the beginning of a file whose share is not known: a named pipe ([C706] 12.6.3). */
static bool is_rpc(struct span bytes)
{
    struct reader r = reader_span(bytes);
    uint8_t major = reader_u8(&r), minor = reader_u8(&r);
    bool version = major == 5 && minor <= 1;
    bool type = reader_u8(&r) <= 19;

    reader_skip(&r, 1);
    uint32_t representation = reader_be32(&r);
    size_t n = reader_le16(&r);
    return reader_ok(&r) && version && type && representation == 0x10000000 && n >= 16;
}

void smb_file_put(struct smb *s, struct smb_file *f, enum smb_way way, enum direction dir, uint64_t offset,
                  struct span bytes, uint64_t more)
{
    struct smb_track *t = &f->track[way];

    if (f->pipe || !bytes.n || offset > INT64_MAX - bytes.n || more > INT64_MAX)
        return;
    f->used = ++s->files.clock;
    if (!f->share.n && !t->open && !t->finished && is_rpc(bytes)) {
        f->pipe = true;
        return;
    }
    if (way == SMB_WRITTEN && t->open && offset < t->next) {
        struct span again =
            span_part(bytes, 0, (size_t)(t->next - offset < bytes.n ? t->next - offset : bytes.n));
        proto_anomaly(s->cx, dir, "smb.file_overlap");
        if (!f->track[SMB_REWRITTEN].open)
            begin(s, f, SMB_REWRITTEN, dir, offset);
        put_track(s, &f->track[SMB_REWRITTEN], offset, again, more);
        bytes = span_part(bytes, again.n, bytes.n);
        offset += again.n;
    }
    if (!t->open) {
        if (t->finished && offset + bytes.n <= t->next)
            return; /* read again */
        begin(s, f, way, dir, offset);
    }
    put_track(s, t, offset, bytes, more);
    if (way == SMB_READ && !more && f->have_size && f->size && t->next == f->size)
        finish(s, f, way, true);
}

static void finish_written(struct smb *s, struct smb_file *f, bool closed)
{
    finish(s, f, SMB_WRITTEN, closed);
    finish(s, f, SMB_REWRITTEN, closed);
}

void smb_file_closing(struct smb *s, struct smb_file *f, bool wait)
{
    f->closing = true;
    if (f->known || !wait)
        finish_written(s, f, true);
}

/* ---- files ---- */

struct smb_file *smb_file_new(struct smb *s, unsigned version)
{
    struct smb_file *f;

    if (!proto_charge(s->cx, FILE_CHARGE)) {
        proto_anomaly(s->cx, TO_SERVER, "smb.memory");
        return NULL;
    }
    f = calloc(1, sizeof(*f));
    if (!f) {
        proto_release(s->cx, FILE_CHARGE);
        return NULL;
    }
    f->version = version;
    f->refs = 1;
    writer_init(&f->name, SMB_NAME_MAX);
    writer_init(&f->share, SMB_NAME_MAX);
    return f;
}

struct smb_file *smb_file_ref(struct smb_file *f)
{
    if (f)
        f->refs++;
    return f;
}

void smb_file_unref(struct smb *s, struct smb_file *f)
{
    if (!f || --f->refs)
        return;
    finish_written(s, f, f->closing);
    finish(s, f, SMB_READ, false);
    writer_done(&f->name);
    writer_done(&f->share);
    free(f);
    proto_release(s->cx, FILE_CHARGE);
}

void smb_file_share(struct smb_file *f, const struct smb_tree *t)
{
    if (!t)
        return;
    writer_clear(&f->share);
    writer_put(&f->share, writer_span(&t->share));
    f->pipe = t->pipe;
}

static struct smb_file **bucket_of(struct smb *s, const uint8_t id[SMB_ID])
{
    uint32_t h = 2166136261u;

    for (size_t i = 0; i < SMB_ID; i++)
        h = (h ^ id[i]) * 16777619u;
    return &s->files.bucket[(h ^ h >> 16) % SMB_FILE_BUCKETS];
}

struct smb_file *smb_file_find(struct smb *s, uint64_t session, const uint8_t id[SMB_ID])
{
    for (struct smb_file *f = *bucket_of(s, id); f; f = f->next)
        if (f->session == session && !memcmp(f->id, id, SMB_ID))
            return f;
    return NULL;
}

/* True when it was in the list: the reference of the list is the caller's now. */
static bool unlist(struct smb *s, struct smb_file *f)
{
    struct smb_file **at = bucket_of(s, f->id);

    if (!f->listed)
        return false;
    while (*at != f)
        at = &(*at)->next;
    *at = f->next;
    f->next = NULL;
    f->listed = false;
    s->files.count--;
    return true;
}

void smb_file_close(struct smb *s, struct smb_file *f, bool closed)
{
    smb_file_ref(f);
    finish_written(s, f, closed || f->closing);
    finish(s, f, SMB_READ, closed);
    if (unlist(s, f))
        f->refs--; /* never the last: there is ours */
    smb_file_unref(s, f);
}

static void evict(struct smb *s)
{
    struct smb_file *oldest = NULL;

    for (size_t i = 0; i < SMB_FILE_BUCKETS; i++)
        for (struct smb_file *f = s->files.bucket[i]; f; f = f->next)
            if (!oldest || f->used < oldest->used)
                oldest = f;
    if (!oldest)
        return;
    proto_anomaly(s->cx, TO_SERVER, "smb.too_many_files_open");
    smb_file_close(s, oldest, false);
}

/* What is known of f, for a file that nobody knew. */
static void learn(struct smb_file *to, struct smb_file *f)
{
    struct writer empty = to->name;

    to->name = f->name;
    f->name = empty;
    writer_clear(&to->share);
    writer_put(&to->share, writer_span(&f->share));
    to->tree = f->tree;
    to->known = true;
    to->pipe |= f->pipe;
    to->directory = f->directory;
    to->have_size = f->have_size;
    to->size = f->size;
}

struct smb_file *smb_file_list(struct smb *s, struct smb_file *f, uint64_t session, const uint8_t id[SMB_ID])
{
    struct smb_file *old = smb_file_find(s, session, id), **at;

    if (f->listed)
        return f;
    if (old && !old->known && f->known) {
        learn(old, f);
        return old;
    }
    if (old)
        smb_file_close(s, old, true);
    if (s->files.count >= SMB_FILES_MAX)
        evict(s);
    memcpy(f->id, id, SMB_ID);
    f->session = session;
    f->used = ++s->files.clock;
    f->listed = true;
    at = bucket_of(s, id);
    f->next = *at;
    *at = smb_file_ref(f);
    s->files.count++;
    return f;
}

void smb_files_done(struct smb *s)
{
    for (size_t i = 0; i < SMB_FILE_BUCKETS; i++)
        while (s->files.bucket[i])
            smb_file_close(s, s->files.bucket[i], false);
}
