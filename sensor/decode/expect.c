/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/expect.h"
#include "base/map.h"

#include <stdlib.h>

#define PAIR_TTL_US (60ull * 1000000) /* a pair is still one so long after its last control connection */

struct entry {
    const struct proto *proto;
    uint64_t serial;               /* of the announcement; 0: none */
    uint64_t us;                   /* when something was said last */
    bool fresh;                    /* announced, and no connection has come */
    struct expect_member *taken;   /* the connection that has come */
    struct expect_member *waiting; /* those that came before they were announced, in order */
    unsigned n_waiting;
    uint8_t command; /* the note; 0: none */
    bool final, cut;
    uint64_t number;
    uint8_t *name;
    size_t name_n;
};
struct pair {
    const struct proto *proto;
    uint64_t us;
    unsigned open; /* control connections */
    bool blind;
};
struct pair_key {
    uint8_t low[16], high[16];
    uint8_t ipv6;
};
struct expects {
    struct map *keys, *pairs; /* NULL until something is announced */
    struct budget *budget;
    size_t charged;
    struct expect_counts counts;
};

struct expects *expects_new(struct budget *budget)
{
    struct expects *x = calloc(1, sizeof(*x));

    if (x)
        x->budget = budget;
    return x;
}

static void name_free(struct expects *x, struct entry *e)
{
    if (!e->name)
        return;
    free(e->name);
    budget_give(x->budget, e->name_n);
    e->name = NULL;
    e->name_n = 0;
}

/* Its connections are on their own from now on. */
static void entry_forget(struct expects *x, struct entry *e)
{
    struct expect_member *next;

    if (e->taken)
        e->taken->joined = false;
    for (struct expect_member *m = e->waiting; m; m = next) {
        next = m->next;
        m->joined = m->waiting = false;
        m->next = NULL;
    }
    name_free(x, e);
}

void expects_free(struct expects *x)
{
    const void *key;
    struct entry *e;

    if (!x)
        return;
    while (x->keys && (e = map_oldest(x->keys, &key))) {
        struct expect_key copy;
        memcpy(&copy, key, sizeof(copy));
        entry_forget(x, e);
        map_remove(x->keys, &copy);
    }
    map_free(x->keys);
    map_free(x->pairs);
    budget_give(x->budget, x->charged);
    free(x);
}

const struct expect_counts *expect_counts(const struct expects *x)
{
    return &x->counts;
}

static bool tables_made(struct expects *x)
{
    size_t need = EXPECT_KEYS * (sizeof(struct expect_key) + sizeof(struct entry) + 40) +
                  EXPECT_PAIRS * (sizeof(struct pair_key) + sizeof(struct pair) + 40);

    if (x->keys)
        return true;
    if (!budget_take(x->budget, need))
        return false;
    x->keys = map_new(EXPECT_KEYS, sizeof(struct expect_key), sizeof(struct entry));
    x->pairs = map_new(EXPECT_PAIRS, sizeof(struct pair_key), sizeof(struct pair));
    if (x->keys && x->pairs) {
        x->charged = need;
        return true;
    }
    map_free(x->keys);
    map_free(x->pairs);
    x->keys = x->pairs = NULL;
    budget_give(x->budget, need);
    return false;
}

struct expect_key expect_key(const uint8_t addr[static 16], bool ipv6, uint16_t port, bool udp)
{
    struct expect_key k = {.port = {(uint8_t)(port >> 8), (uint8_t)port}, .ipv6 = ipv6, .udp = udp};

    memcpy(k.addr, addr, ipv6 ? 16 : 4);
    return k;
}

/* Packet time may jump, back as well, with another capture. */
static bool within(uint64_t us, uint64_t now_us, uint64_t ttl)
{
    return (now_us > us ? now_us - us : us - now_us) <= ttl;
}

static struct entry *entry_make(struct expects *x, const struct expect_key *key, int *ret_status)
{
    struct entry *e;

    *ret_status = ST_NOMEM;
    if (!tables_made(x))
        return NULL;
    *ret_status = 0;
    if ((e = map_find(x->keys, key, true)) || (e = map_insert(x->keys, key)))
        return e;
    const void *oldest;
    struct expect_key copy;
    e = map_oldest(x->keys, &oldest);
    memcpy(&copy, oldest, sizeof(copy));
    entry_forget(x, e);
    map_remove(x->keys, &copy);
    x->counts.forgotten++;
    *ret_status = ST_LIMIT;
    return map_insert(x->keys, key);
}

static void tell_taken(const struct entry *e)
{
    struct expect_note note = {.command = e->command,
                               .final = e->final,
                               .cut = e->cut,
                               .number = e->number,
                               .name = span_of(e->name, e->name_n)};

    if (e->taken)
        e->taken->told(e->taken->state, e->command ? &note : NULL);
}

static void take(struct expects *x, struct entry *e, struct expect_member *m)
{
    e->fresh = false;
    e->taken = m;
    m->joined = true;
    m->waiting = false;
    x->counts.taken++;
    tell_taken(e);
}

int expect_announce(struct expects *x, const struct expect_key *key, const struct proto *p, uint64_t now_us,
                    uint64_t *ret_serial)
{
    int status;
    struct entry *e = entry_make(x, key, &status);

    *ret_serial = 0;
    if (!e)
        return status;
    *ret_serial = e->serial = ++x->counts.announced;
    if (e->taken)
        e->taken->joined = false;
    e->taken = NULL;

    e->command = 0;
    e->final = e->cut = false;
    name_free(x, e);
    e->proto = p;
    e->us = now_us;
    e->fresh = true;
    if (e->waiting) {
        struct expect_member *m = e->waiting;
        e->waiting = m->next;
        e->n_waiting--;
        m->next = NULL;
        take(x, e, m);
    }
    return status;
}

uint64_t expect_serial(struct expects *x, const struct expect_key *key)
{
    const struct entry *e = x->keys ? map_find(x->keys, key, false) : NULL;

    return e ? e->serial : 0;
}

void expect_tell(struct expects *x, const struct expect_key *key, uint64_t serial,
                 const struct expect_note *note, uint64_t now_us)
{
    struct entry *e = x->keys ? map_find(x->keys, key, true) : NULL;
    size_t n = note->name.n < EXPECT_NAME_MAX ? note->name.n : EXPECT_NAME_MAX;

    if (!e || !serial || e->serial != serial)
        return;
    name_free(x, e);
    e->us = now_us;
    e->command = note->command;
    e->number = note->number;
    e->final = note->final;
    e->cut = note->cut;

    if (n && budget_take(x->budget, n)) {
        e->name = malloc(n);
        if (e->name) {
            memcpy(e->name, note->name.p, n);
            e->name_n = n;
        } else {
            budget_give(x->budget, n);
        }
    }
    tell_taken(e);
}

/* ---- pairs ---- */

static struct pair *pair_find(struct expects *x, const struct proto_ctx *cx, struct pair_key *ret_key)
{
    size_t n = cx->ipv6 ? 16 : 4;
    bool swap = memcmp(cx->client, cx->server, n) > 0;

    memset(ret_key, 0, sizeof(*ret_key));
    ret_key->ipv6 = cx->ipv6;
    memcpy(ret_key->low, swap ? cx->server : cx->client, n);
    memcpy(ret_key->high, swap ? cx->client : cx->server, n);
    return x && x->pairs ? map_find(x->pairs, ret_key, false) : NULL;
}

int expect_pair_begin(struct expects *x, const struct proto_ctx *cx, const struct proto *p)
{
    struct pair_key key, copy;
    struct pair *q = pair_find(x, cx, &key);
    int status = 0;
    const void *oldest;

    if (!tables_made(x))
        return ST_NOMEM;
    if (!q && !(q = map_insert(x->pairs, &key))) {
        map_oldest(x->pairs, &oldest);
        memcpy(&copy, oldest, sizeof(copy));
        map_remove(x->pairs, &copy);
        x->counts.forgotten++;
        status = ST_LIMIT;
        q = map_insert(x->pairs, &key);
    }
    if (!q)
        return ST_NOMEM;
    map_find(x->pairs, &key, true);
    q->proto = p;
    q->open++;
    q->us = cx->now_us;
    return status;
}

void expect_pair_end(struct expects *x, const struct proto_ctx *cx)
{
    struct pair_key key;
    struct pair *q = pair_find(x, cx, &key);

    if (!q)
        return;
    if (q->open)
        q->open--;
    q->us = cx->now_us;
}

void expect_pair_blind(struct expects *x, const struct proto_ctx *cx)
{
    struct pair_key key;
    struct pair *q = pair_find(x, cx, &key);

    if (q)
        q->blind = true;
}

static bool pair_valid(const struct pair *q, const struct proto_ctx *cx)
{
    return q && (q->open || within(q->us, cx->now_us, PAIR_TTL_US));
}

bool expect_is_blind(struct expects *x, const struct proto_ctx *cx)
{
    struct pair_key key;
    struct pair *q = pair_find(x, cx, &key);

    return pair_valid(q, cx) && q->blind;
}

/* ---- connections ---- */

/* The announcement for cx that no connection has taken yet; *ret_key is its key, or that of the end which is
 * thought to listen. */
static struct entry *fresh_for(struct expects *x, const struct proto_ctx *cx, struct expect_key *ret_key)
{
    struct entry *e;

    for (int i = 0; i < 2; i++) {
        /* Who listens is the server; where no handshake was seen it may be the other one. */
        *ret_key = i ? expect_key(cx->client, cx->ipv6, cx->client_port, cx->udp)
                     : expect_key(cx->server, cx->ipv6, cx->server_port, cx->udp);
        e = x->keys ? map_find(x->keys, ret_key, false) : NULL;
        if (e && e->fresh && within(e->us, cx->now_us, EXPECT_TTL_US))
            return e;
    }
    *ret_key = expect_key(cx->server, cx->ipv6, cx->server_port, cx->udp);
    return NULL;
}

const struct proto *expect_lookup(struct expects *x, const struct proto_ctx *cx, bool unknown)
{
    struct expect_key key;
    struct pair_key pair_key;
    struct entry *e;
    struct pair *q;

    if (!x || !x->keys)
        return NULL;
    e = fresh_for(x, cx, &key);
    if (e)
        return e->proto;
    if (!unknown || cx->udp)
        return NULL;
    q = pair_find(x, cx, &pair_key);
    return pair_valid(q, cx) ? q->proto : NULL;
}

void expect_join(struct expects *x, struct expect_member *m, const struct proto_ctx *cx)
{
    struct entry *e;
    int status;

    m->joined = m->waiting = false;
    m->next = NULL;
    if (!x)
        return;
    e = fresh_for(x, cx, &m->key);
    if (e) {
        take(x, e, m);
        return;
    }
    e = entry_make(x, &m->key, &status);
    if (!e || e->n_waiting >= EXPECT_WAIT)
        return;
    struct expect_member **at = &e->waiting;
    while (*at)
        at = &(*at)->next;
    *at = m;
    e->n_waiting++;
    m->joined = m->waiting = true;
}

void expect_leave(struct expects *x, struct expect_member *m)
{
    struct entry *e = x && x->keys && m->joined ? map_find(x->keys, &m->key, false) : NULL;

    if (!e)
        return;
    if (e->taken == m)
        e->taken = NULL;
    for (struct expect_member **at = &e->waiting; m->waiting && *at; at = &(*at)->next)
        if (*at == m) {
            *at = m->next;
            e->n_waiting--;
            break;
        }
    m->joined = m->waiting = false;
    m->next = NULL;
    if (!e->fresh && !e->taken && !e->waiting) {
        name_free(x, e);
        map_remove(x->keys, &m->key);
    }
}
