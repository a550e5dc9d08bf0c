/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/flow_impl.h"

#include <stdlib.h>

/* Hash of one end; keyed, so that nobody can aim flows at one bucket. */
static uint64_t hash_end(const uint64_t k[4], const uint8_t addr[16], uint16_t port)
{
    uint64_t w[2];

    memcpy(w, addr, 16);
    return flow_fold(w[0] ^ k[0], w[1] ^ k[1] ^ (uint64_t)port << 47);
}

/* The same for both directions of a conversation. */
static uint64_t hash_tuple(const uint64_t k[4], const uint8_t a[16], uint16_t ap, const uint8_t b[16],
                           uint16_t bp, uint8_t proto)
{
    return flow_fold((hash_end(k, a, ap) + hash_end(k, b, bp)) ^ k[2], proto ^ k[3]);
}

/* ---- beginnings ---- */

/* Flows may have half of the memory; the other half is for what they carry. */
static bool grow(struct flow_table *t)
{
    struct slab *s;

    if (t->slab_bytes + sizeof(*s) > t->budget->max / 2 || !budget_take(t->budget, sizeof(*s)))
        return false;
    s = malloc(sizeof(*s));
    if (!s) {
        budget_give(t->budget, sizeof(*s));
        return false;
    }
    t->slab_bytes += sizeof(*s);
    s->next = t->slabs;
    t->slabs = s;
    for (size_t i = SLAB_FLOWS; i-- > 0;) {
        s->flows[i].next = t->free;
        t->free = &s->flows[i];
    }
    return true;
}

static void grow_buckets(struct flow_table *t)
{
    size_t n = (t->mask + 1) * 2, bytes = n * sizeof(void *);
    struct flow **fresh;

    if (!budget_take(t->budget, bytes))
        return; /* longer chains, nothing worse */
    fresh = calloc(n, sizeof(void *));
    if (!fresh) {
        budget_give(t->budget, bytes);
        return;
    }
    for (size_t i = 0; i <= t->mask; i++)
        while (t->buckets[i]) {
            struct flow *f = t->buckets[i];
            t->buckets[i] = f->next;
            f->next = fresh[f->hash & (n - 1)];
            fresh[f->hash & (n - 1)] = f;
        }
    free(t->buckets);
    budget_give(t->budget, t->bucket_bytes);
    t->bucket_bytes = bytes;
    t->buckets = fresh;
    t->mask = n - 1;
}

/* The same capture gives the same number, whatever the keys of this table are. */
static uint64_t flow_number(const struct packet *p)
{
    static const uint64_t k[4] = {0x243F6A8885A308D3ull, 0x13198A2E03707344ull, 0xA4093822299F31D0ull,
                                  0x082EFA98EC4E6C89ull};
    uint64_t tuple = hash_tuple(k, p->src, p->src_port, p->dst, p->dst_port, p->proto);
    uint64_t tags =
        (uint64_t)p->vlan[0] << 16 | p->vlan[1] | (uint64_t)p->n_vlan << 32 | (p->tunnel ? 1ull << 40 : 0);

    return (flow_fold(tuple ^ k[0], flow_fold(p->ts_us ^ k[1], p->number ^ tags ^ k[2]) | 1) >> 13) | 1;
}

static struct flow_tunnel *tunnel_of(const struct packet *p)
{
    struct flow_tunnel *tun = malloc(sizeof(*tun));

    if (tun) {
        *tun = (struct flow_tunnel){.name = p->tunnel, .ipv6 = p->tunnel_ipv6};
        memcpy(tun->src, p->tunnel_src, 16);
        memcpy(tun->dst, p->tunnel_dst, 16);
    }
    return tun;
}

static struct flow *begin_flow(struct flow_table *t, const struct packet *p, uint64_t hash,
                               enum direction dir)
{
    struct flow *f;

    if (t->count >= t->limit)
        flow_table_push_out(t, NULL);
    if (!t->free && !grow(t) && !flow_table_push_out(t, NULL)) {
        t->counts.refused++;
        return NULL;
    }
    if (t->count > t->mask / 2) /* a look at a flow that is not the one costs more than two buckets */
        grow_buckets(t);
    f = t->free;
    t->free = f->next;
    memset(f, 0, sizeof(*f));
    f->hash = (uint32_t)hash;
    f->next = t->buckets[f->hash & t->mask];
    t->buckets[f->hash & t->mask] = f;
    f->id = flow_number(p);
    f->start_us = f->last_us = p->ts_us;
    f->proto = p->proto;
    f->ipv6 = p->ipv6;
    memcpy(f->addr[dir], p->src, 16);
    memcpy(f->addr[!dir], p->dst, 16);
    f->port[dir] = p->src_port;
    f->port[!dir] = p->dst_port;
    memcpy(f->mac[dir], p->src_mac, 6);
    memcpy(f->mac[!dir], p->dst_mac, 6);
    if (p->tunnel)
        f->tunnel = tunnel_of(p);
    f->in_tunnel = p->tunnel != NULL;
    t->count++;
    t->counts.opened++;
    flow_list_add(t, f, flow_list_for(f));
    return f;
}

/* ---- the way of a packet ---- */

static bool same_tuple(const struct flow *f, const struct packet *p, enum direction *ret)
{
    if (f->proto != p->proto || f->ipv6 != p->ipv6 || f->in_tunnel != (p->tunnel != NULL))
        return false;
    for (int d = TO_SERVER; d <= TO_CLIENT; d++)
        if (f->port[d] == p->src_port && f->port[!d] == p->dst_port && memcmp(f->addr[d], p->src, 16) == 0 &&
            memcmp(f->addr[!d], p->dst, 16) == 0) {
            *ret = (enum direction)d;
            return true;
        }
    return false;
}

static bool same_vlan(const struct flow *f, const struct packet *p, int dir)
{
    return f->n_vlan[dir] == p->n_vlan && f->vlan[dir][0] == p->vlan[0] && f->vlan[dir][1] == p->vlan[1];
}

static struct flow *find(struct flow_table *t, const struct packet *p, uint64_t hash, enum direction *ret_dir)
{
    struct flow *second = NULL;
    enum direction dir, second_dir = TO_SERVER;

    for (struct flow *f = t->buckets[(uint32_t)hash & t->mask]; f; f = f->next) {
        if (f->hash != (uint32_t)hash || !same_tuple(f, p, &dir))
            continue;
        if (same_vlan(f, p, f->packets[dir] ? dir : !dir)) {
            *ret_dir = dir;
            return f;
        }
        if (!f->packets[dir] && !second) { /* the other direction may have other tags, or none */
            second = f;
            second_dir = dir;
        }
    }
    *ret_dir = second_dir;
    return second;
}

static void count_packet(struct flow_table *t, struct flow *f, const struct packet *p, enum direction dir)
{
    uint8_t list;

    if (!f->packets[dir]) {
        f->n_vlan[dir] = (uint8_t)p->n_vlan;
        memcpy(f->vlan[dir], p->vlan, sizeof(f->vlan[dir]));
        f->icmp_type[dir] = p->icmp_type;
        f->icmp_code[dir] = p->icmp_code;
    }
    if (f->proto == 6)
        flow_tcp_packet(f, p, dir);
    f->packets[dir]++;
    f->bytes[dir] += p->wire_bytes;
    if (p->ts_us > f->last_us)
        f->last_us = p->ts_us;
    if (f->proto != 6 && f->packets[0] && f->packets[1])
        f->state = FLOW_ESTABLISHED;
    list = flow_list_for(f);
    if (list != f->list || t->now_us - f->touched_us > TOUCH_US) {
        flow_list_remove(t, f);
        flow_list_add(t, f, list);
    }
}

/* Is the sender of a flow's first packet client or server? Handshakes tell; without one, who speaks from a
 * well-known port to one that is none is taken for the server, until a parser knows better. */
static enum direction speaker(const struct packet *p)
{
    if (p->proto == 6 && (p->tcp_flags & TCP_SYN))
        return p->tcp_flags & TCP_ACK ? TO_CLIENT : TO_SERVER;
    return p->src_port && p->src_port < 1024 && p->dst_port >= 1024 ? TO_CLIENT : TO_SERVER;
}

struct flow *flow_table_packet(struct flow_table *t, const struct packet *p, enum direction *ret_dir)
{
    uint64_t hash = hash_tuple(t->keys, p->src, p->src_port, p->dst, p->dst_port, p->proto);
    struct flow *f;
    enum direction dir;
    uint32_t client_isn = 0;
    bool reused = false;

    t->now_us = p->now_us;
    t->order = p->order;
    f = find(t, p, hash, &dir);
    if (f && f->proto == 6 && flow_tcp_reuses(f, p, dir)) {
        reused = p->tcp_flags & TCP_ACK;
        client_isn = f->isn[!dir];
        flow_end(t, f, FLOW_REUSE);
        f = NULL;
    }
    if (!f) {
        dir = speaker(p);
        f = begin_flow(t, p, hash, dir);
        if (!f)
            return NULL;
        if (reused) { /* its SYN was seen, as part of the former flow */
            f->isn[!dir] = client_isn;
            f->syns = (uint8_t)(1u << !dir);
        }
    }
    count_packet(t, f, p, dir);
    *ret_dir = dir;
    return f;
}

#define SWAP(array, type)                                                                                    \
    do {                                                                                                     \
        type swap_keep = f->array[0];                                                                        \
        f->array[0] = f->array[1];                                                                           \
        f->array[1] = swap_keep;                                                                             \
    } while (0)
static uint8_t swap_bits(uint8_t two)
{
    return (uint8_t)((two & 1) << 1 | (two >> 1 & 1));
}

void flow_swap(struct flow *f)
{
    uint8_t addr[16], mac[6];
    uint16_t vlan[2];

    memcpy(addr, f->addr[0], 16);
    memcpy(f->addr[0], f->addr[1], 16);
    memcpy(f->addr[1], addr, 16);
    memcpy(mac, f->mac[0], 6);
    memcpy(f->mac[0], f->mac[1], 6);
    memcpy(f->mac[1], mac, 6);
    memcpy(vlan, f->vlan[0], sizeof(vlan));
    memcpy(f->vlan[0], f->vlan[1], sizeof(vlan));
    memcpy(f->vlan[1], vlan, sizeof(vlan));
    SWAP(packets, uint64_t);
    SWAP(bytes, uint64_t);
    SWAP(port, uint16_t);
    SWAP(seq, uint32_t);
    SWAP(isn, uint32_t);
    SWAP(fin_seq, uint32_t);
    SWAP(window, uint16_t);
    SWAP(n_vlan, uint8_t);
    SWAP(tcp_flags, uint8_t);
    SWAP(icmp_type, uint8_t);
    SWAP(icmp_code, uint8_t);
    f->syns = swap_bits(f->syns);
    f->fins = swap_bits(f->fins);
    f->fins_acked = swap_bits(f->fins_acked);
}
#undef SWAP
