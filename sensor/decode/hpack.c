/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/hpack.h"
#include "sensor/decode/hpack_huffman.h"

#include <stdlib.h>

#define ENTRY_EXTRA 32u        /* RFC 7541 section 4.1 */
#define INTEGER_MAX (1u << 28) /* more is hostile: no block is as long */
#define RING_FIRST 64u

static const struct {
    const char *name, *value;
} fixed[] = {
    {":authority", ""},
    {":method", "GET"},
    {":method", "POST"},
    {":path", "/"},
    {":path", "/index.html"},
    {":scheme", "http"},
    {":scheme", "https"},
    {":status", "200"},
    {":status", "204"},
    {":status", "206"},
    {":status", "304"},
    {":status", "400"},
    {":status", "404"},
    {":status", "500"},
    {"accept-charset", ""},
    {"accept-encoding", "gzip, deflate"},
    {"accept-language", ""},
    {"accept-ranges", ""},
    {"accept", ""},
    {"access-control-allow-origin", ""},
    {"age", ""},
    {"allow", ""},
    {"authorization", ""},
    {"cache-control", ""},
    {"content-disposition", ""},
    {"content-encoding", ""},
    {"content-language", ""},
    {"content-length", ""},
    {"content-location", ""},
    {"content-range", ""},
    {"content-type", ""},
    {"cookie", ""},
    {"date", ""},
    {"etag", ""},
    {"expect", ""},
    {"expires", ""},
    {"from", ""},
    {"host", ""},
    {"if-match", ""},
    {"if-modified-since", ""},
    {"if-none-match", ""},
    {"if-range", ""},
    {"if-unmodified-since", ""},
    {"last-modified", ""},
    {"link", ""},
    {"location", ""},
    {"max-forwards", ""},
    {"proxy-authenticate", ""},
    {"proxy-authorization", ""},
    {"range", ""},
    {"referer", ""},
    {"refresh", ""},
    {"retry-after", ""},
    {"server", ""},
    {"set-cookie", ""},
    {"strict-transport-security", ""},
    {"transfer-encoding", ""},
    {"user-agent", ""},
    {"vary", ""},
    {"via", ""},
    {"www-authenticate", ""},
};

struct entry {
    uint8_t *p; /* name, then value; NULL when it could not be kept */
    uint32_t n_name, n_value;
    bool unknown; /* its name is */
};

struct hpack {
    struct proto_ctx *cx;
    struct entry *ring; /* of ring_cap, a power of two; newest is the last one entered */
    uint32_t ring_cap, n, newest;
    size_t size;               /* of the entries, as section 4.1 counts */
    size_t keep;               /* charged */
    uint64_t max;              /* what the encoder says it uses */
    bool whole;                /* every entry that the encoder has is known */
    size_t copied;             /* by this block, for names by reference */
    struct writer name, value; /* the field that is read */
};

/* One field while it is read. */
struct field {
    struct span name, value;
    bool known; /* its name is */
};

struct hpack *hpack_new(struct proto_ctx *cx)
{
    struct hpack *h;

    if (!proto_charge(cx, HPACK_TABLE_MIN))
        return NULL;
    h = calloc(1, sizeof(*h));
    if (!h) {
        proto_release(cx, HPACK_TABLE_MIN);
        return NULL;
    }
    *h = (struct hpack){.cx = cx,
                        .keep = HPACK_TABLE_MIN,
                        .max = cx->midstream ? HPACK_TABLE_MAX
                                             : HPACK_TABLE_MIN, /* what was agreed before is unknown */
                        .whole = !cx->midstream};
    writer_init(&h->name, HPACK_STRING_MAX);
    writer_init(&h->value, HPACK_STRING_MAX);
    return h;
}

static struct entry *entry_at(const struct hpack *h, uint32_t age)
{
    return &h->ring[(h->newest - age) & (h->ring_cap - 1)];
}

static size_t entry_size(const struct entry *e)
{
    return (size_t)e->n_name + e->n_value + ENTRY_EXTRA;
}

static void evict(struct hpack *h)
{
    struct entry *e = entry_at(h, h->n - 1);

    h->size -= e->p ? entry_size(e) : ENTRY_EXTRA;
    free(e->p);
    *e = (struct entry){0};
    h->n--;
}

static void forget(struct hpack *h)
{
    while (h->n)
        evict(h);
}

void hpack_lost(struct hpack *h)
{
    if (!h)
        return;
    forget(h);
    h->whole = false;
}

void hpack_free(struct hpack *h)
{
    if (!h)
        return;
    forget(h);
    free(h->ring);
    writer_done(&h->name);
    writer_done(&h->value);
    proto_release(h->cx, h->keep);
    free(h);
}

/* The encoder says how much it uses. Not more than that is kept for it, nor less than before. */
static void resize(struct hpack *h, uint64_t max)
{
    size_t want = max < HPACK_TABLE_MAX ? (size_t)max : HPACK_TABLE_MAX;

    h->max = max;
    if (want > h->keep && proto_charge(h->cx, want - h->keep))
        h->keep = want;
}

static bool ring_grow(struct hpack *h)
{
    uint32_t cap = h->ring_cap ? 2 * h->ring_cap : RING_FIRST;
    struct entry *ring = calloc(cap, sizeof(*ring));

    if (!ring)
        return false;
    for (uint32_t i = 0; i < h->n; i++)
        ring[h->n - 1 - i] = *entry_at(h, i);
    free(h->ring);
    h->ring = ring;
    h->ring_cap = cap;
    h->newest = h->n - 1;
    return true;
}

/* Enters a field. What cannot be kept is entered as unknown, so that the numbers of the others stay right.
 * False when names by reference have copied too much. */
static bool enter(struct hpack *h, const struct field *f)
{
    size_t size = f->name.n + f->value.n + ENTRY_EXTRA;
    struct entry e = {.unknown = !f->known};

    if (size > h->max) { /* section 4.4: an entry that is too large empties the table */
        forget(h);
        h->whole = true;
        return true;
    }
    h->copied += f->name.n;
    if (h->copied > HPACK_COPY_MAX)
        return false;
    if (size <= h->keep)
        e.p = malloc(f->name.n + f->value.n + 1);
    if (e.p) {
        struct writer w;
        e.n_name = (uint32_t)f->name.n;
        e.n_value = (uint32_t)f->value.n;
        writer_fixed(&w, e.p, f->name.n + f->value.n + 1);
        writer_put(&w, f->name);
        writer_put(&w, f->value);
    } else {
        e.unknown = true;
        size = ENTRY_EXTRA;
    }
    while (h->n && h->size + size > h->keep) {
        h->whole &= h->max <= h->keep; /* the encoder has it still */
        evict(h);
    }
    if (h->n == h->ring_cap && !ring_grow(h)) {
        free(e.p);
        hpack_lost(h);
        return true;
    }
    h->newest = (h->newest + 1) & (h->ring_cap - 1);
    h->ring[h->newest] = e;
    h->size += size;
    h->n++;
    return true;
}

/* Section 5.1: the low bits of first, and more bytes when they are all ones. */
static bool integer(struct reader *r, uint8_t first, unsigned bits, uint32_t *ret)
{
    uint32_t v = first & ((1u << bits) - 1);
    uint64_t more = 0;
    unsigned shift = 0;

    if (v == (1u << bits) - 1) {
        uint8_t c;
        do {
            c = reader_u8(r);
            more |= (uint64_t)(c & 0x7f) << shift;
            shift += 7;
        } while ((c & 0x80) && shift < 35);
        if (!reader_ok(r) || (c & 0x80) || more > INTEGER_MAX)
            return false;
    }
    *ret = v + (uint32_t)more;
    return true;
}

/* Section 5.2. *ret lies in the block or in w. */
static bool string(struct reader *r, struct writer *w, struct span *ret)
{
    uint8_t first = reader_u8(r);
    uint32_t n;

    if (!integer(r, first, 7, &n))
        return false;
    struct span s = reader_take(r, n);
    if (!reader_ok(r))
        return false;
    if (first & 0x80) {
        writer_clear(w);
        if (!hpack_huffman(s, w))
            return false;
        s = writer_span(w);
    }
    *ret = s;
    return true;
}

/* The field, or only its name, with that number (section 2.3.3). False when there is none. */
static bool look_up(struct hpack *h, uint32_t index, struct field *ret)
{
    if (!index)
        return false;
    if (index <= GH_COUNT(fixed)) {
        *ret = (struct field){span_str(fixed[index - 1].name), span_str(fixed[index - 1].value), true};
        return true;
    }
    index -= GH_COUNT(fixed) + 1;
    if (index >= h->n) {
        *ret = (struct field){0};
        return !h->whole;
    }
    const struct entry *e = entry_at(h, index);
    struct span all = span_of(e->p, (size_t)e->n_name + e->n_value);
    *ret = (struct field){span_part(all, 0, e->n_name), span_part(all, e->n_name, e->n_value), !e->unknown};
    return true;
}

/* A literal (section 6.2); index of its name in the low bits of first, or 0. */
static bool literal(struct hpack *h, struct reader *r, uint8_t first, unsigned bits, struct field *ret)
{
    uint32_t index;

    if (!integer(r, first, bits, &index))
        return false;
    *ret = (struct field){.known = true};
    if (index ? !look_up(h, index, ret) : !string(r, &h->name, &ret->name))
        return false;
    if (index && ret->known && index > GH_COUNT(fixed)) { /* its entry may be evicted by the new one */
        writer_clear(&h->name);
        writer_put(&h->name, ret->name);
        ret->name = writer_span(&h->name);
    }
    return string(r, &h->value, &ret->value);
}

/* Section 6: the next field, or a size update (then *ret_field is false). */
static bool representation(struct hpack *h, struct reader *r, struct field *ret, bool *ret_field)
{
    uint8_t first = reader_u8(r);
    uint32_t v;

    *ret_field = true;
    if (first & 0x80)
        return integer(r, first, 7, &v) && look_up(h, v, ret);
    if (first & 0x40)
        return literal(h, r, first, 6, ret) && enter(h, ret);
    if (!(first & 0x20)) /* not indexed, or never */
        return literal(h, r, first, 4, ret);
    *ret_field = false;
    if (!integer(r, first, 5, &v))
        return false;
    resize(h, v);
    return true;
}

/* Long strings are rare: their memory is not held. */
static void scratch_done(struct writer *w)
{
    if (w->cap <= HPACK_TABLE_MIN)
        return;
    writer_done(w);
    writer_init(w, HPACK_STRING_MAX);
}

enum hpack_result hpack_block(struct hpack *h, struct span block, hpack_field_fn *fn, void *arg)
{
    enum hpack_result result = HPACK_OK;
    struct reader r = reader_span(block);
    struct field f = {0};
    bool is_field;

    h->copied = 0;
    while (reader_left(&r)) {
        if (!representation(h, &r, &f, &is_field)) {
            hpack_lost(h);
            result = HPACK_MALFORMED;
            break;
        }
        if (!is_field)
            continue;
        if (!f.known)
            result = HPACK_UNKNOWN;
        fn(arg, f.known ? f.name : span_of(NULL, 0), f.value);
    }
    scratch_done(&h->name);
    scratch_done(&h->value);
    return result;
}
