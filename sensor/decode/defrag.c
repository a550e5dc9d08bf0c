/* SPDX-License-Identifier: GPL-3.0-or-later
 * A datagram is a set of pages of PAGE bytes, made when a byte falls into them, and two bits for each unit of
 * 8 bytes, the grain of fragment offsets: it is here, and a piece begins here. So a fragment costs its own
 * length, whatever the others look like: no list to walk, nothing to sort, no quadratic case; and a tiny
 * fragment holds one page, not 64 KiB. */
#include "sensor/decode/defrag.h"
#include "base/map.h"

#include <stdlib.h>

#define UNIT 8
#define PAGE 2048
#define PAGES ((DEFRAG_DATAGRAM_MAX + PAGE) / PAGE)
#define PAGE_UNITS (PAGE / UNIT)
#define HEADER_MAX 2048 /* IP header and, for IPv6, the extension headers up to the fragment header */
#define MEMORY_MIN (256 * 1024)
#define OUT_SIZE (HEADER_MAX + DEFRAG_DATAGRAM_MAX + 1)

struct page {
    uint8_t have[PAGE_UNITS / 8];
    uint8_t begin[PAGE_UNITS / 8]; /* what is left of a fragment's bytes begins at this unit */
    uint8_t bytes[PAGE];
};
/* RFC 791 and 8200: what tells datagrams apart; and where they were seen, so that tenants with the same
 * addresses in different VLANs or tunnels do not mix. */
struct key {
    uint8_t src[16], dst[16];
    uint8_t tunnel_src[16], tunnel_dst[16];
    uint32_t id;
    uint16_t vlan[2];
    uint8_t ipv6, proto, pad[2];
};
struct datagram {
    uint64_t first_us;
    uint32_t packets;
    uint32_t units; /* of 8 bytes that are here */
    uint32_t total; /* bytes of the whole, known with the last fragment */
    uint32_t end;   /* highest byte so far */
    bool have_last;
    uint8_t *header; /* of the first fragment */
    uint16_t header_len;
    struct page *page[PAGES];
};
struct defrag {
    struct map *map;
    struct defrag_options opt;
    struct defrag_counts counts;
    uint8_t *out[2]; /* two, so that a datagram found inside a reassembled one leaves that alone */
    unsigned turn;
};

struct defrag *defrag_new(const struct defrag_options *opt)
{
    struct defrag *d = calloc(1, sizeof(*d));

    if (!d)
        return NULL;
    d->opt = *opt;
    if (d->opt.memory < MEMORY_MIN)
        d->opt.memory = MEMORY_MIN;
    if (!d->opt.datagrams)
        d->opt.datagrams = 1;
    d->map = map_new(d->opt.datagrams, sizeof(struct key), sizeof(struct datagram));
    for (size_t i = 0; i < GH_COUNT(d->out); i++)
        d->out[i] = malloc(OUT_SIZE);
    if (!d->map || !d->out[0] || !d->out[1]) {
        defrag_free(d);
        return NULL;
    }
    return d;
}

static void release(struct defrag *d, const struct key *key, struct datagram *g)
{
    for (size_t i = 0; i < PAGES; i++) {
        if (g->page[i])
            d->counts.memory -= sizeof(struct page);
        free(g->page[i]);
    }
    d->counts.memory -= g->header_len;
    d->counts.held -= g->packets;
    free(g->header);
    map_remove(d->map, key);
}

/* The oldest datagram goes; its fragments are counted in *lost. False when there is none. */
static bool drop_oldest(struct defrag *d, uint64_t *lost)
{
    const void *at;
    struct datagram *g = map_oldest(d->map, &at);
    struct key key;

    if (!g)
        return false;
    memcpy(&key, at, sizeof(key));
    *lost += g->packets;
    release(d, &key, g);
    return true;
}

void defrag_free(struct defrag *d)
{
    if (!d)
        return;
    if (d->map)
        defrag_flush(d);
    map_free(d->map);
    free(d->out[0]);
    free(d->out[1]);
    free(d);
}

void defrag_expire(struct defrag *d, uint64_t now_us)
{
    for (struct datagram *g; (g = map_oldest(d->map, NULL));) {
        /* A clock that went back makes nothing old. */
        if (now_us < g->first_us || now_us - g->first_us <= d->opt.timeout_us)
            return;
        drop_oldest(d, &d->counts.lost_incomplete);
    }
}

void defrag_flush(struct defrag *d)
{
    while (drop_oldest(d, &d->counts.lost_incomplete))
        continue;
}

const struct defrag_counts *defrag_counts(const struct defrag *d)
{
    return &d->counts;
}

static struct key key_of(const struct packet *p)
{
    struct key k;

    memset(&k, 0, sizeof(k));
    memcpy(k.src, p->src, 16);
    memcpy(k.dst, p->dst, 16);
    if (p->tunnel) {
        memcpy(k.tunnel_src, p->tunnel_src, 16);
        memcpy(k.tunnel_dst, p->tunnel_dst, 16);
    }
    k.id = p->fragment_id;
    k.vlan[0] = p->n_vlan > 0 ? p->vlan[0] : 0;
    k.vlan[1] = p->n_vlan > 1 ? p->vlan[1] : 0;
    k.ipv6 = p->ipv6;
    k.proto = p->ipv6 ? 0 : p->proto; /* RFC 8200: next headers may differ, the first fragment's counts */
    return k;
}

/* Memory for n more bytes of datagram g: older datagrams make room, but never g itself. */
static bool make_room(struct defrag *d, const struct datagram *g, size_t n)
{
    while (d->counts.memory + n > d->opt.memory) {
        if (map_oldest(d->map, NULL) == g)
            return false;
        drop_oldest(d, &d->counts.lost_full);
    }
    return true;
}

static struct page *page_of(struct defrag *d, struct datagram *g, size_t i)
{
    if (!g->page[i] && make_room(d, g, sizeof(struct page))) {
        g->page[i] = calloc(1, sizeof(struct page));
        if (g->page[i])
            d->counts.memory += sizeof(struct page);
    }
    return g->page[i];
}

struct news {
    uint32_t fresh, old; /* units */
    bool conflict;
};

static bool unit_bit(const struct datagram *g, size_t unit, bool begin)
{
    const struct page *page = unit / PAGE_UNITS < PAGES ? g->page[unit / PAGE_UNITS] : NULL;
    size_t i = unit % PAGE_UNITS;

    return page && (begin ? page->begin : page->have)[i / 8] >> (i % 8) & 1;
}

static void begin_set(struct page *page, size_t unit, bool on)
{
    uint8_t *to = &page->begin[unit % PAGE_UNITS / 8], bit = (uint8_t)(1u << unit % 8);

    *to = (uint8_t)(on ? *to | bit : *to & ~bit);
}

/* The older piece that is met at unit, against the newer one from first to end: who wins? */
static bool newest(const struct datagram *g, enum target_policy policy, size_t unit, size_t first, size_t end)
{
    int begins = unit > first ? 1 : unit_bit(g, unit, true) ? 0 : -1, ends = 1;

    for (size_t u = unit + 1; ends > 0; u++) {
        if (!unit_bit(g, u, false) || unit_bit(g, u, true))
            ends = u < end ? -1 : 0;
        else if (u == end)
            break;
    }
    return target_newer_wins(policy, TARGET_IP, begins, ends);
}

/* Puts the fragment's bytes where none are yet, and where they win. False when memory is short. */
static bool put(struct defrag *d, struct datagram *g, enum target_policy policy, size_t offset,
                struct span bytes, struct news *news)
{
    struct reader in = reader_span(bytes);
    size_t first = offset / UNIT, end = first + (bytes.n + UNIT - 1) / UNIT;
    bool wins = false, newer = false, held = false;

    for (size_t unit = first; unit < end; unit++) {
        size_t in_page = unit % PAGE_UNITS, n = reader_left(&in) < UNIT ? reader_left(&in) : UNIT;
        struct page *page = page_of(d, g, unit / PAGE_UNITS);
        uint8_t *to, here[UNIT];
        if (!page)
            return false;
        to = page->bytes + in_page * UNIT;
        reader_copy(&in, here, n);
        held = unit_bit(g, unit, false);
        if (held && (unit == first || unit_bit(g, unit, true)))
            wins = newest(g, policy, unit, first, end);
        news->old += held;
        news->fresh += !held;
        g->units += !held;
        news->conflict |= held && memcmp(to, here, n) != 0;
        if (held && !wins) {
            newer = false;
            continue;
        }
        memcpy(to, here, n);
        page->have[in_page / 8] |= (uint8_t)(1u << in_page % 8);
        begin_set(page, unit, !newer);
        newer = true;
    }
    if (held && wins && unit_bit(g, end, false)) /* what is left of the older piece begins behind */
        begin_set(g->page[end / PAGE_UNITS], end, true);
    return true;
}

/* The first fragment's header leads the datagram. For IPv6 its fragment header stays and says "whole" (RFC
 * 6946), so that no header before it has to be rewritten. */
static bool keep_header(struct defrag *d, struct datagram *g, const struct packet *p)
{
    if (g->header || p->fragment_offset)
        return true;
    if (!make_room(d, g, p->l3_header))
        return false;
    g->header = malloc(p->l3_header);
    if (!g->header)
        return false;
    memcpy(g->header, p->l3.p, p->l3_header);
    g->header_len = (uint16_t)p->l3_header;
    d->counts.memory += p->l3_header;
    return true;
}

static void patch16(uint8_t *p, size_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static struct span assemble(struct defrag *d, const struct datagram *g, bool ipv6)
{
    uint8_t *out = d->out[d->turn ^= 1];
    size_t length = (size_t)g->header_len + g->total;

    memcpy(out, g->header, g->header_len);
    for (size_t at = 0; at < g->total; at += PAGE)
        memcpy(out + g->header_len + at, g->page[at / PAGE]->bytes,
               g->total - at < PAGE ? g->total - at : PAGE);
    if (ipv6) {
        patch16(out + 4, length - 40 <= UINT16_MAX ? length - 40 : 0); /* 0: as long as the bytes */
        patch16(out + g->header_len - 6, 0);
    } else {
        patch16(out + 2, length <= UINT16_MAX ? length : 0);
        patch16(out + 6, 0);
        patch16(out + 10, 0);
    }
    return span_of(out, length);
}

/* Is the fragment one that a datagram can be made of? Trims *bytes to the grain. */
static bool sound(const struct packet *p, struct span *bytes)
{
    size_t fixed =
        p->ipv6 ? 40 + 8 : 0; /* what does not count in IPv6's length, and the fragment header that goes */

    *bytes = p->l4;
    if (p->cut || !bytes->n || p->l3_header > HEADER_MAX || p->l3_header < (p->ipv6 ? 48 : 20))
        return false;
    if (p->more_fragments) {
        if (p->ipv6 && bytes->n % UNIT)
            return false; /* RFC 8200: an error */
        bytes->n -= bytes->n % UNIT;
    }
    return bytes->n && p->l3_header - fixed + p->fragment_offset + bytes->n <= DEFRAG_DATAGRAM_MAX;
}

static struct datagram *find(struct defrag *d, const struct key *key, uint64_t now_us)
{
    struct datagram *g = map_find(d->map, key, false); /* age counts from the first fragment on */

    if (g)
        return g;
    if (map_count(d->map) == map_capacity(d->map))
        drop_oldest(d, &d->counts.lost_full);
    g = map_insert(d->map, key);
    if (g)
        g->first_us = now_us;
    return g;
}

/* Does the fragment fit what is known of the datagram's end? A second, different end, or bytes behind the
 * end, do not. */
static bool fits(struct datagram *g, const struct packet *p, size_t n)
{
    uint32_t end = (uint32_t)(p->fragment_offset + n);

    if (g->have_last && (end > g->total || (!p->more_fragments && end != g->total)))
        return false;
    if (!p->more_fragments) {
        if (end < g->end)
            return false;
        g->have_last = true;
        g->total = end;
    }
    if (end > g->end)
        g->end = end;
    return true;
}

static enum packet_verdict lose(uint64_t *counter, enum packet_verdict why)
{
    ++*counter;
    return why;
}

enum packet_verdict defrag_add(struct defrag *d, const struct packet *p, struct defrag_result *ret)
{
    struct key key = key_of(p);
    struct datagram *g;
    struct span bytes;
    struct news news = {0};
    enum target_policy policy;

    *ret = (struct defrag_result){0};
    d->counts.in++;
    defrag_expire(d, p->ts_us);
    if (!sound(p, &bytes))
        return lose(&d->counts.lost_malformed, PACKET_FRAGMENT_BAD);
    g = find(d, &key, p->ts_us);
    if (!g)
        return lose(&d->counts.lost_full, PACKET_FRAGMENT_FULL);
    if (!fits(g, p, bytes.n)) {
        ret->conflict = true;
        d->counts.conflicts++;
        return lose(&d->counts.lost_malformed, PACKET_FRAGMENT_BAD);
    }
    g->packets++;
    d->counts.held++;
    policy = d->opt.targets ? targets_find(d->opt.targets, p->dst, p->ipv6) : TARGET_FIRST;
    if (!keep_header(d, g, p) || !put(d, g, policy, p->fragment_offset, bytes, &news)) {
        d->counts.lost_full += g->packets;
        release(d, &key, g);
        return PACKET_FRAGMENT_FULL;
    }
    ret->overlap = news.old && news.fresh;
    ret->conflict = news.conflict;
    d->counts.duplicates += !news.fresh;
    d->counts.overlaps += ret->overlap;
    d->counts.conflicts += news.conflict;
    if (!g->have_last || !g->header || g->units < (g->total + UNIT - 1) / UNIT)
        return PACKET_FRAGMENT;
    ret->l3 = assemble(d, g, p->ipv6);
    ret->packets = g->packets;
    d->counts.delivered += g->packets;
    d->counts.datagrams++;
    release(d, &key, g);
    return PACKET_OK;
}
