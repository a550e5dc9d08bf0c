/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/link/down.h"
#include "base/settings.h"
#include "base/base64.h"
#include "base/file.h"
#include "firmware/link/goods_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MOST_FIRST (256u << 10)
#define MANIFEST_ARENA (32u << 20)
#define HAVE_MAX (8u << 20) /* of firmware.have */
#define DAMAGED_MAX                                                                                          \
    5 /* answers in a row that did not fit their hash before the order waits for the next hello */

struct down {
    char dir[GOODS_DIR_PATH - 16]; /* state_dir/down */
    struct seal_public console;
    uint8_t appliance[SEAL_ID];
    struct goods_order orders[GOODS_KINDS];
    bool wanted[GOODS_KINDS];
    int now; /* kind that is being fetched, -1: none */
    struct writer manifest;
    struct arena *arena;
    struct goods goods;
    bool read;     /* goods is the manifest */
    uint32_t next; /* chunks before this one are here */
    uint32_t most; /* of the next answer */
    unsigned damaged;
    struct writer have; /* firmware.have */
    uint64_t bytes, done;
    char trouble[256];
};

struct down *down_new(const char *state_dir, const struct seal_public *console,
                      const uint8_t appliance[static SEAL_ID])
{
    struct down *d = calloc(1, sizeof(*d));

    if (!d)
        return NULL;
    snprintf(d->dir, sizeof(d->dir), "%.512s/down", state_dir);
    d->console = *console;
    memcpy(d->appliance, appliance, SEAL_ID);
    d->now = -1;
    d->most = MOST_FIRST;
    writer_init(&d->manifest, GOODS_MANIFEST_MAX + 65536);
    writer_init(&d->have, HAVE_MAX + 65536);
    d->arena = arena_new(MANIFEST_ARENA);
    if (!d->arena) {
        down_free(d);
        return NULL;
    }
    return d;
}

void down_free(struct down *d)
{
    if (!d)
        return;
    writer_done(&d->manifest);
    writer_done(&d->have);
    arena_free(d->arena);
    free(d);
}

bool down_busy(const struct down *d)
{
    for (int k = 0; k < GOODS_KINDS; k++)
        if (d->wanted[k])
            return true;
    return false;
}

const char *down_trouble(const struct down *d)
{
    return d->trouble;
}

uint64_t down_bytes(const struct down *d)
{
    return d->bytes;
}

uint64_t down_done(const struct down *d)
{
    return d->done;
}

/* An order for us that is newer than the one whose goods are here. */
static bool read_order(const struct down *d, const struct json *j, struct goods_order *ret)
{
    uint8_t bytes[GOODS_ORDER_SIZE];
    struct goods_order here;

    return j->type == JSON_STRING && base64_decode(j->s, bytes, sizeof(bytes)) &&
           goods_order_read(span_of(bytes, sizeof(bytes)), ret) == 0 &&
           goods_order_verify(ret, &d->console) == 0 && memcmp(ret->appliance, d->appliance, SEAL_ID) == 0 &&
           (goods_dir_order(d->dir, ret->kind, &d->console, d->appliance, &here) != 0 ||
            here.serial < ret->serial);
}

static void forget(struct down *d)
{
    d->now = -1;
    d->read = false;
    d->damaged = 0;
    writer_clear(&d->manifest);
    arena_reset(d->arena);
}

void down_take(struct down *d, const struct json *answer)
{
    const struct json *list = json_get(answer, "down");
    bool wanted[GOODS_KINDS] = {false};
    struct goods_order o;

    if (!list || list->type != JSON_ARRAY || list->count > 2 * GOODS_KINDS)
        return;
    json_each(j, list)
    {
        if (!read_order(d, j, &o))
            continue;
        wanted[o.kind] = true;
        if (d->now == (int)o.kind && o.serial != d->orders[o.kind].serial)
            forget(d);
        d->orders[o.kind] = o;
    }
    memcpy(d->wanted, wanted, sizeof(wanted));
    if (d->now >= 0 && !d->wanted[d->now])
        forget(d);
}

static void say(struct down *d, const char *what, int rc)
{
    snprintf(d->trouble, sizeof(d->trouble), "goods of kind %s: %s: %s", goods_kind_names[d->now], what,
             status_text(rc));
}

/* The manifest is whole: is it the one that was ordered? */
static int open_manifest(struct down *d)
{
    const struct goods_order *o = &d->orders[d->now];
    char path[GOODS_DIR_PATH];
    uint8_t id[SEAL_HASH];
    const char *why;
    int rc;

    goods_id(writer_span(&d->manifest), id);
    if (memcmp(id, o->manifest, SEAL_HASH) != 0)
        return ST_BAD_SIGNATURE;
    arena_reset(d->arena);
    rc = goods_read(writer_span(&d->manifest), d->arena, &d->goods, &why);
    if (!rc && d->goods.kind != o->kind)
        rc = ST_MALFORMED;
    if (!rc)
        rc = file_replace(goods_dir_kind(d->dir, o->kind, "part", path), writer_span(&d->manifest), 0640);
    d->read = !rc;
    d->next = 0;
    return rc;
}

static int by_id(const void *a, const void *b)
{
    return memcmp(a, b, SEAL_HASH);
}

/* Also what an image slot holds need not be fetched: the installer takes it from there. */
static bool is_here(const struct down *d, const struct goods_chunk *c)
{
    return goods_dir_chunk_here(d->dir, c) ||
           (d->goods.kind == GOODS_FIRMWARE && d->have.n &&
            bsearch(c->id, d->have.p, d->have.n / SEAL_HASH, SEAL_HASH, by_id));
}

/* Begins with the first kind that is wanted, where an earlier attempt ended. */
static void begin(struct down *d)
{
    char path[GOODS_DIR_PATH];
    uint8_t id[SEAL_HASH];

    forget(d);
    d->now = 0;
    while (!d->wanted[d->now])
        d->now++;
    writer_clear(&d->have);
    if (d->now == GOODS_FIRMWARE &&
        (goods_dir_read(goods_dir_path(d->dir, "../" SETTINGS_FIRMWARE_HAVE, path), HAVE_MAX, &d->have) != 0 ||
         d->have.n % SEAL_HASH))
        writer_clear(&d->have);
    if (d->have.n)
        qsort(d->have.p, d->have.n / SEAL_HASH, SEAL_HASH, by_id);
    if (goods_dir_read(goods_dir_kind(d->dir, (enum goods_kind)d->now, "part", path), GOODS_MANIFEST_MAX,
                       &d->manifest) == 0) {
        goods_id(writer_span(&d->manifest), id);
        if (!memcmp(id, d->orders[d->now].manifest, SEAL_HASH) && open_manifest(d) == 0)
            return;
    }
    writer_clear(&d->manifest);
}

/* Everything is here: the manifest takes its place, then the order. */
static int finish(struct down *d)
{
    const struct goods_order *o = &d->orders[d->now];
    char part[GOODS_DIR_PATH], path[GOODS_DIR_PATH];
    uint8_t bytes[GOODS_ORDER_SIZE];
    struct writer w;
    int rc = 0;

    goods_dir_kind(d->dir, o->kind, "part", part);
    goods_dir_kind(d->dir, o->kind, "manifest", path);
    /* never an order beside a manifest that is not its own */
    if (o->manifest_bytes ? rename(part, path) != 0 : unlink(path) != 0 && errno != ENOENT)
        rc = status_from_errno(errno);
    writer_fixed(&w, bytes, sizeof(bytes));
    goods_order_write(o, &w);
    if (!rc)
        rc = file_replace(goods_dir_kind(d->dir, o->kind, "order", path), writer_span(&w), 0640);
    if (rc) {
        say(d, "cannot be put in place", rc);
        return rc;
    }
    d->wanted[d->now] = false;
    d->done++;
    goods_dir_sweep(d->dir);
    forget(d);
    d->trouble[0] = 0;
    return 0;
}

/* Chunks that are not here, as many as fit the next answer; false when all are here. */
static bool choose(struct down *d, struct goods_ask *ask)
{
    uint64_t sum = 0;
    uint32_t i = d->next;

    while (i < d->goods.n_chunks && is_here(d, &d->goods.chunks[i]))
        i++;
    d->next = i;
    for (; i < d->goods.n_chunks && ask->n < GOODS_ASK_CHUNKS && sum < ask->most; i++) {
        if (is_here(d, &d->goods.chunks[i]))
            continue;
        memcpy(ask->ids[ask->n++], d->goods.chunks[i].id, SEAL_HASH);
        sum += d->goods.chunks[i].n;
    }
    return ask->n > 0;
}

bool down_next(struct down *d, struct writer *body)
{
    static struct goods_ask ask;

    while (down_busy(d)) {
        if (d->now < 0)
            begin(d);
        ask.order = d->orders[d->now];
        ask.most = d->most;
        ask.n = 0;
        ask.offset = (uint32_t)d->manifest.n;
        ask.what = d->read ? GOODS_ASK_CHUNK : GOODS_ASK_MANIFEST;
        if (ask.order.manifest_bytes && (!d->read || choose(d, &ask))) {
            writer_clear(body);
            goods_ask_write(&ask, body);
            return writer_ok(body);
        }
        if (finish(d) != 0)
            return false;
    }
    return false;
}

static int take_piece(struct down *d, const struct goods_piece *p)
{
    static uint8_t bytes[CDC_MAX];
    const struct goods_order *o = &d->orders[d->now];
    int rc;

    if (p->what == GOODS_ASK_MANIFEST) {
        if (d->read || p->offset != d->manifest.n || p->bytes.n > o->manifest_bytes - d->manifest.n)
            return ST_MALFORMED;
        writer_put(&d->manifest, p->bytes);
        if (d->manifest.n < o->manifest_bytes)
            return 0;
        rc = open_manifest(d);
        if (rc)
            writer_clear(&d->manifest);
        return rc;
    }
    if (!d->read)
        return ST_MALFORMED;
    if (p->gone)
        return ST_NOT_FOUND;
    rc = goods_piece_open(p, bytes);
    return rc ? rc : goods_dir_chunk_write(d->dir, p->id, span_of(bytes, p->n));
}

/* Stores what is good in it; a damaged answer is a failure of the line, but not for ever. */
static bool take_answer(struct down *d, struct span answer)
{
    struct reader r = reader_span(answer);
    struct goods_piece p;
    int rc =
        span_eq(reader_take(&r, strlen(GOODS_ANSWER_MAGIC)), span_str(GOODS_ANSWER_MAGIC)) ? 1 : ST_MALFORMED;

    while (rc == 1 && (rc = goods_piece_next(&r, &p)) == 1) {
        int taken = take_piece(d, &p);
        rc = taken ? taken : 1;
    }
    if (!rc) {
        d->damaged = 0;
        d->trouble[0] = 0;
        return true;
    }
    say(d, "the console's answer cannot be taken", rc);
    if (rc == ST_NOT_FOUND || ++d->damaged >= DAMAGED_MAX) {
        d->wanted[d->now] = false; /* until it is offered again */
        forget(d);
    }
    return false;
}

bool down_answered(struct down *d, int rc, long status, struct span answer)
{
    if (d->now < 0)
        return true;
    if (!rc && status == 200) {
        d->bytes += answer.n;
        d->most = d->most * 2 < GOODS_ASK_MOST ? d->most * 2 : GOODS_ASK_MOST;
        return take_answer(d, answer);
    }
    d->most = d->most / 2 > GOODS_ASK_LEAST ? d->most / 2 : GOODS_ASK_LEAST;
    if (rc || status >= 500)
        return false;
    d->wanted[d->now] = false; /* the order does not hold any more: the next answer says what does */
    forget(d);
    return true;
}
