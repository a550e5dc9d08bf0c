/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/carve.h"
#include "base/digest.h"
#include "base/msg.h"
#include "base/text.h"
#include "sensor/decode/carve_join.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define SMALL_MAX (64u << 10)   /* bytes kept in ordinary memory before a memfd is made */
#define STAGE_MAX (16u << 10)   /* bytes gathered for one write when there is a memfd */
#define HASH_MAX 2048u          /* bytes gathered for the hash when nobody wants them */
#define NAME_MAX_BYTES 1024u    /* as event_document says */
#define CONTEXT_MAX (16u << 10) /* see carve_context */
#define EXTRA_MAX (4u << 10)    /* see carve_extra */
#define HOLE_MAX (1u << 20)     /* zeros that stand for one hole at most: they are hashed and read */
#define GRANT (256u << 10)      /* taken from the purse at a time */

struct carver {
    struct carve_options opt;
    struct carve_counts counts;
    carve_emit_fn *emit;
    void *arg;
    uint64_t memory;  /* of all open documents */
    uint64_t granted; /* taken from the purse for them and for joins */
    struct carve_purse own, *purse;
    uint64_t next_id;    /* number of the next document that leaves */
    struct joins *joins; /* documents in pieces; NULL until the first piece */
};

struct transfer {
    struct carver *c;
    struct proto_ctx *cx;
    enum direction dir;
    uint32_t tx;
    struct digest *sha256, *md5;
    struct writer stage; /* bytes not hashed nor written yet: all of a small document */
    int fd;              /* the bytes, when there are many; -1 before */
    uint64_t seen;       /* bytes carved */
    uint64_t at;         /* place of the next byte: seen and holes */
    uint64_t hole;       /* missing bytes before the next one; made real only when a byte follows */
    uint64_t charged;
    bool gap;
    const char *limit; /* the limit that was reached, or NULL */
    struct writer name, context, extra;
    uint8_t piece_key[JOIN_KEY];
    uint64_t piece_start, piece_total; /* 0: no piece */
};

struct carver *carver_new(const struct carve_options *opt, carve_emit_fn *emit, void *arg)
{
    struct carver *c = calloc(1, sizeof(*c));

    if (!c)
        return NULL;
    c->opt = *opt;
    c->emit = emit;
    c->arg = arg;
    c->next_id = 1;
    c->own.max = opt->memory_max;
    c->purse = opt->purse ? opt->purse : &c->own;
    return c;
}

void carver_free(struct carver *c)
{
    if (!c)
        return;
    joins_free(c->joins);
    atomic_fetch_sub(&c->purse->taken, c->granted);
    free(c);
}

const struct carve_options *carver_options(const struct carver *c)
{
    return &c->opt;
}

const struct carve_counts *carver_counts(const struct carver *c)
{
    return &c->counts;
}

static bool take_grant(struct carver *c, uint64_t n)
{
    struct carve_purse *p = c->purse;
    uint64_t before = n <= p->max ? atomic_fetch_add(&p->taken, n) : p->max;

    if (n <= p->max && before <= p->max - n) {
        c->granted += n;
        return true;
    }
    if (n <= p->max)
        atomic_fetch_sub(&p->taken, n);
    return false;
}

/* So many bytes are held now: the purse gives more, or gets back what is left over. */
static bool settle(struct carver *c, uint64_t need)
{
    if (need > c->granted)
        return take_grant(c, need - c->granted + GRANT) || take_grant(c, need - c->granted);
    if (c->granted - need > 2 * GRANT) {
        atomic_fetch_sub(&c->purse->taken, c->granted - need - GRANT);
        c->granted = need + GRANT;
    }
    return true;
}

static bool charge(struct transfer *t, uint64_t n)
{
    struct carver *c = t->c;
    uint64_t taken = c->memory + joins_bytes(c->joins);

    if (n > UINT64_MAX - taken || !settle(c, taken + n))
        return false;
    c->memory += n;
    t->charged += n;
    return true;
}

static void transfer_free(struct transfer *t)
{
    t->c->memory -= t->charged;
    (void)settle(t->c, t->c->memory + joins_bytes(t->c->joins));
    digest_free(t->sha256);
    digest_free(t->md5);
    writer_done(&t->stage);
    writer_done(&t->name);
    writer_done(&t->context);
    writer_done(&t->extra);
    if (t->fd >= 0)
        close(t->fd);
    free(t);
}

struct transfer *carve_open(struct proto_ctx *cx, enum direction dir, struct span name, uint32_t tx)
{
    struct carver *c = cx->carver;
    struct transfer *t;

    if (c->opt.none)
        return NULL;
    c->counts.opened++;
    t = calloc(1, sizeof(*t));
    if (!t)
        goto lost;
    *t = (struct transfer){.c = c, .cx = cx, .dir = dir, .tx = tx, .fd = -1};
    writer_init(&t->stage, SMALL_MAX);
    writer_init(&t->name, NAME_MAX_BYTES);
    writer_init(&t->context, CONTEXT_MAX);
    writer_init(&t->extra, EXTRA_MAX);
    t->sha256 = digest_new_sha256();
    if (c->opt.md5)
        t->md5 = digest_new_md5();
    if (!t->sha256 || (c->opt.md5 && !t->md5) || !charge(t, sizeof(*t) + (c->opt.keep ? 0 : HASH_MAX)))
        goto lost_transfer;
    carve_name(t, name);
    c->counts.open++;
    return t;

lost_transfer:
    transfer_free(t);
lost:
    c->counts.lost_memory++;
    return NULL;
}

void carve_name(struct transfer *t, struct span name)
{
    if (!t || !name.n)
        return;
    name = span_part(name, 0, NAME_MAX_BYTES);
    if (name.n == NAME_MAX_BYTES) { /* no half character at the cut */
        size_t whole = text_utf8_prefix(name);
        if (name.n - whole < 4)
            name.n = whole;
    }
    writer_clear(&t->name);
    writer_put(&t->name, name);
}

void carve_context(struct transfer *t, struct span members)
{
    if (!t)
        return;
    writer_clear(&t->context);
    if (members.n <= CONTEXT_MAX)
        writer_put(&t->context, members);
}

void carve_extra(struct transfer *t, struct span members)
{
    if (!t)
        return;
    writer_clear(&t->extra);
    if (members.n <= EXTRA_MAX)
        writer_put(&t->extra, members);
}

void carve_limit(struct transfer *t, const char *limit)
{
    if (t && !t->limit)
        t->limit = limit;
}

bool carve_full(const struct transfer *t)
{
    return !t || t->limit;
}

uint64_t carve_size(const struct transfer *t)
{
    return t ? t->seen : 0;
}

/* Writes at the memfd's end of data; sparse holes cost nothing. */
static bool put_fd(struct transfer *t, struct span bytes, uint64_t at)
{
    struct reader r = reader_span(bytes);

    while (reader_left(&r)) {
        struct reader rest = r;
        struct span left = reader_rest(&rest);
        ssize_t n = pwrite(t->fd, left.p, left.n, (off_t)(at + r.pos));
        if (n <= 0)
            return false;
        reader_skip(&r, (size_t)n);
    }
    return true;
}

static bool make_fd(struct transfer *t)
{
    t->fd = memfd_create("document", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    return t->fd >= 0;
}

/* Hashes what is gathered and, where bytes are kept, writes it into the memfd, which is made when it is first
 * needed. Many small pieces (lines, chunks) would cost more by the calls for each than by their bytes. */
static bool flush(struct transfer *t)
{
    struct span bytes = writer_span(&t->stage);

    if (!bytes.n)
        return true;
    digest_update(t->sha256, bytes.p, bytes.n);
    if (t->md5)
        digest_update(t->md5, bytes.p, bytes.n);
    if (t->c->opt.keep && ((t->fd < 0 && !make_fd(t)) || !put_fd(t, bytes, t->at - bytes.n)))
        return false;
    if (t->stage.cap > STAGE_MAX)
        writer_done(&t->stage);
    writer_clear(&t->stage);
    return true;
}

/* Bytes, or zeros where some are missing, at the document's end. */
static bool put_bytes(struct transfer *t, struct span bytes)
{
    size_t max = !t->c->opt.keep ? HASH_MAX : t->fd < 0 ? SMALL_MAX : STAGE_MAX;

    while (bytes.n) {
        struct span part = span_part(bytes, 0, max - t->stage.n);
        writer_put(&t->stage, part);
        if (!writer_ok(&t->stage))
            return false;
        t->at += part.n;
        bytes = span_part(bytes, part.n, bytes.n);
        if (t->stage.n == max) {
            if ((t->c->opt.keep && t->fd < 0 && !charge(t, STAGE_MAX)) || !flush(t))
                return false;
            max = t->c->opt.keep ? STAGE_MAX : HASH_MAX;
        }
    }
    return true;
}

static bool put_hole(struct transfer *t)
{
    static const uint8_t zeros[4096];

    while (t->hole) {
        size_t n = t->hole < sizeof(zeros) ? (size_t)t->hole : sizeof(zeros);
        if ((t->fd < 0 && !charge(t, n)) || !put_bytes(t, span_of(zeros, n)))
            return false;
        t->hole -= n;
    }
    return true;
}

void carve_data(struct transfer *t, struct span bytes)
{
    uint64_t room;

    if (!t || !bytes.n || t->limit)
        return;
    if (!t->c->opt.keep && t->gap) { /* nobody wants the bytes and there is no hash to give */
        t->seen += bytes.n;
        return;
    }
    room = t->at < t->c->opt.document_max ? t->c->opt.document_max - t->at : 0;
    room = t->hole < room ? room - t->hole : 0;
    if (bytes.n > room) {
        t->limit = "document_max";
        bytes = span_part(bytes, 0, (size_t)room);
        if (!bytes.n)
            return;
    }
    if ((t->c->opt.keep && (!charge(t, bytes.n) || !put_hole(t))) || !put_bytes(t, bytes)) {
        t->limit = "documents_memory";
        return;
    }
    t->seen += bytes.n;
}

/* Copies what from has in its memfd into t. */
static bool copy_fd(struct transfer *t, const struct transfer *from)
{
    uint64_t at = 0, end = from->at - from->stage.n;
    uint8_t buf[16384];

    while (at < end) {
        ssize_t n = pread(from->fd, buf, sizeof(buf), (off_t)at);
        if (n <= 0 || !put_fd(t, span_of(buf, (size_t)n), at))
            return false;
        at += (uint64_t)n;
    }
    return true;
}

struct transfer *carve_fork(struct transfer *from)
{
    struct transfer *t;

    if (!from)
        return NULL;
    t = carve_open(from->cx, from->dir, writer_span(&from->name), from->tx);
    if (!t)
        return NULL;
    digest_free(t->sha256);
    digest_free(t->md5);
    t->sha256 = digest_copy(from->sha256);
    t->md5 = from->md5 ? digest_copy(from->md5) : NULL;
    t->seen = from->seen;
    t->at = from->at;
    t->hole = from->hole;
    t->gap = from->gap;
    t->limit = from->limit;
    writer_put(&t->context, writer_span(&from->context));
    writer_put(&t->extra, writer_span(&from->extra));
    writer_put(&t->stage, writer_span(&from->stage));
    if (!t->sha256 || (from->md5 && !t->md5) || !writer_ok(&t->stage) ||
        (from->c->opt.keep && !charge(t, from->seen)) ||
        (from->fd >= 0 && (!make_fd(t) || !copy_fd(t, from)))) {
        from->c->counts.lost_memory++;
        from->c->counts.open--;
        transfer_free(t);
        return NULL;
    }
    return t;
}

void carve_gap(struct transfer *t, uint64_t missing)
{
    if (!t || !missing)
        return;
    t->gap = true;
    if (missing > HOLE_MAX || t->hole > HOLE_MAX - missing)
        t->hole = HOLE_MAX;
    else
        t->hole += missing;
}

/* Seals the bytes and hands them on. The document's number, or 0 when nothing left. */
static uint64_t hand_on(struct transfer *t, const uint8_t sha256[static SHA256_SIZE], bool complete)
{
    struct carver *c = t->c;
    struct event_document d = {.id = c->next_id,
                               .flow_id = t->cx->flow_id,
                               .size = t->at,
                               .complete = complete,
                               .name = writer_span(&t->name)};
    int fd;

    if (t->fd < 0 || !c->emit || !t->seen)
        return 0;
    fd = t->fd;
    t->fd = -1;
    if (msg_memfd_seal(fd) != 0) {
        close(fd);
        return 0;
    }
    memcpy(d.sha256, sha256, SHA256_SIZE);
    c->next_id++;
    c->emit(c->arg, &d, fd);
    return d.id;
}

/* What the standard vocabulary has no name for. It stands before fileinfo, whose end the core must find. */
static void put_gatehouse(const struct transfer *t, struct jw *j)
{
    if (!t->extra.n && !t->limit)
        return;
    jw_kobj(j, "gatehouse");
    if (t->extra.n)
        jw_raw(j, writer_span(&t->extra));
    if (t->limit) {
        jw_kobj(j, "fileinfo");
        jw_kcstr(j, "truncated_by", t->limit);
        jw_end_obj(j);
    }
    jw_end_obj(j);
}

static void announce(struct transfer *t, bool complete)
{
    uint8_t sha256[SHA256_SIZE], md5[MD5_SIZE];
    bool kept = flush(t);
    struct jw j;

    digest_final(t->sha256, sha256);
    if (t->md5)
        digest_final(t->md5, md5);
    uint64_t id = kept ? hand_on(t, sha256, complete) : 0;
    proto_event_begin(t->cx, EVENT_FILEINFO, t->dir, t->tx, &j);
    if (t->context.n)
        jw_raw(&j, writer_span(&t->context));
    put_gatehouse(t, &j);
    jw_kobj(&j, "fileinfo");
    jw_kstr(&j, "filename", writer_span(&t->name));
    jw_ku64(&j, "size", t->seen);
    if (!t->gap) {
        jw_khex(&j, "sha256", sha256, sizeof(sha256));
        if (t->md5)
            jw_khex(&j, "md5", md5, sizeof(md5));
    }
    jw_kbool(&j, "gaps", t->gap);
    jw_kcstr(&j, "state", complete ? "CLOSED" : "TRUNCATED");
    jw_ku64(&j, "tx_id", t->tx);
    jw_kbool(&j, "stored", false);
    jw_end_obj(&j);
    proto_event_end(t->cx, &j, id);
}

void carve_piece(struct transfer *t, const uint8_t key[static 32], uint64_t start, uint64_t total)
{
    if (!t)
        return;
    memcpy(t->piece_key, key, JOIN_KEY);
    t->piece_start = start;
    t->piece_total = total;
}

/* Gives a whole piece to the others; a transfer with all of the document when it was the last one. */
static struct transfer *join(struct transfer *t)
{
    struct carver *c = t->c;
    struct transfer *whole;
    uint8_t buf[16384];
    ssize_t n;
    int fd;

    if (!t->piece_total || !c->opt.keep || t->piece_total > c->opt.document_max)
        return NULL;
    if (!c->joins)
        c->joins = joins_new(c->purse->max / 4);
    if (!c->joins || (t->fd >= 0 && !flush(t)) ||
        joins_add(c->joins, t->piece_key, t->piece_total, t->piece_start, t->seen, writer_span(&t->stage),
                  t->fd, &fd) != 1)
        return NULL;
    whole = carve_open(t->cx, t->dir, writer_span(&t->name), t->tx);
    carve_context(whole, writer_span(&t->context));
    carve_extra(whole, writer_span(&t->extra));
    while (!carve_full(whole) && (n = pread(fd, buf, sizeof(buf), (off_t)whole->at)) > 0)
        carve_data(whole, span_of(buf, (size_t)n));
    close(fd);
    return whole;
}

void carve_close(struct transfer *t, bool complete)
{
    struct transfer *whole = NULL;
    struct carve_counts *n;

    if (!t)
        return;
    n = &t->c->counts;
    if (!t->seen && !t->gap && !t->limit) {
        carve_drop(t);
        return;
    }
    if (t->limit)
        n->truncated_limit++;
    else if (t->gap)
        n->truncated_gap++;
    else if (!complete)
        n->truncated_end++;
    else
        n->closed++;
    complete = complete && !t->limit && !t->gap;
    if (complete)
        whole = join(t);
    announce(t, complete);
    n->open--;
    transfer_free(t);
    carve_close(whole, true); /* it is no piece itself: no further */
}

void carve_drop(struct transfer *t)
{
    if (!t)
        return;
    t->c->counts.not_documents++;
    t->c->counts.open--;
    transfer_free(t);
}
