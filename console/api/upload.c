/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/api/upload.h"
#include "base/clock.h"

#include <stdlib.h>

struct upload {
    uint8_t id[UPLOAD_ID], address[UPLOAD_ADDRESS];
    uint32_t total, have;
    uint64_t touched;
    uint8_t *bytes; /* NULL: free place */
};
struct uploads {
    struct upload v[UPLOADS];
    uint64_t turn;  /* grows with each call: which was touched longest ago */
    uint8_t *whole; /* the last one that was complete */
};

struct uploads *uploads_new(void)
{
    return calloc(1, sizeof(struct uploads));
}

static void forget(struct upload *x)
{
    free(x->bytes);
    *x = (struct upload){.bytes = NULL};
}

void uploads_free(struct uploads *u)
{
    if (!u)
        return;
    for (size_t i = 0; i < UPLOADS; i++)
        free(u->v[i].bytes);
    free(u->whole);
    free(u);
}

static struct upload *find(struct uploads *u, const uint8_t *address, const struct upload_piece *p)
{
    for (size_t i = 0; i < UPLOADS; i++)
        if (u->v[i].bytes && u->v[i].total == p->total && !memcmp(u->v[i].id, p->id, UPLOAD_ID) &&
            !memcmp(u->v[i].address, address, UPLOAD_ADDRESS))
            return &u->v[i];
    return NULL;
}

/* The one that was touched longest ago, of an address (NULL: of all); NULL when there is none. */
static struct upload *oldest(struct uploads *u, const uint8_t *address)
{
    struct upload *o = NULL;

    for (size_t i = 0; i < UPLOADS; i++)
        if (u->v[i].bytes && (!address || !memcmp(u->v[i].address, address, UPLOAD_ADDRESS)) &&
            (!o || u->v[i].touched < o->touched))
            o = &u->v[i];
    return o;
}

static void make_room(struct uploads *u, const uint8_t *address, uint32_t total)
{
    for (;;) {
        uint64_t bytes = 0;
        size_t all = 0, own = 0;
        for (size_t i = 0; i < UPLOADS; i++) {
            all += u->v[i].bytes != NULL;
            own += u->v[i].bytes && !memcmp(u->v[i].address, address, UPLOAD_ADDRESS);
            bytes += u->v[i].bytes ? u->v[i].total : 0;
        }
        if (own >= UPLOADS_OF_ONE)
            forget(oldest(u, address));
        else if (all == UPLOADS || (all && bytes + total > UPLOADS_BYTES))
            forget(oldest(u, NULL));
        else
            return;
    }
}

static struct upload *begin(struct uploads *u, const uint8_t *address, const struct upload_piece *p)
{
    struct upload *x = u->v;

    make_room(u, address, p->total);
    while (x->bytes)
        x++;
    x->bytes = malloc(p->total);
    if (!x->bytes)
        return NULL;
    x->total = p->total;
    memcpy(x->id, p->id, UPLOAD_ID);
    memcpy(x->address, address, UPLOAD_ADDRESS);
    return x;
}

int uploads_add(struct uploads *u, const uint8_t address[static UPLOAD_ADDRESS], const struct upload_piece *p,
                uint32_t *ret_have, struct span *ret_whole)
{
    struct upload *x = find(u, address, p);
    uint8_t id[UPLOAD_ID];

    *ret_have = 0;
    if (!x && p->offset)
        return 0; /* it went meanwhile: from the beginning */
    if (!x)
        x = begin(u, address, p);
    if (!x)
        return ST_NOMEM;
    x->touched = ++u->turn;
    if (p->offset <= x->have && p->offset + p->bytes.n > x->have) {
        memcpy(x->bytes + p->offset, p->bytes.p, p->bytes.n);
        x->have = p->offset + (uint32_t)p->bytes.n;
    }
    *ret_have = x->have;
    if (x->have < x->total)
        return 0;
    free(u->whole);
    u->whole = x->bytes;
    *ret_whole = span_of(u->whole, x->total);
    x->bytes = NULL;
    forget(x);
    upload_id(*ret_whole, id);
    if (!memcmp(id, p->id, UPLOAD_ID))
        return 1;
    *ret_have = 0; /* pieces of different sendings: from the beginning */
    return 0;
}
