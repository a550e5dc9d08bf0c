/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/link/uplink_impl.h"
#include "base/envelope.h"
#include "base/fetch.h"
#include "base/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define ANSWER_MAX (GOODS_ASK_MOST + 65536)
#define ANSWER_DEPTH 8
#define UNHEARD_MS 3600000 /* between hellos to a console that does not know them */
#define AWAY_MS 30000      /* between alerts ahead, when the broker is there and no console answers */
#define INTAKE_PATH "/api/v1/intake"
#define AHEAD_PATH "/api/v1/intake/ahead"
#define PIECE_PATH "/api/v1/intake/part"


struct uplink *uplink_new(struct queue *q, const struct seal_public *console,
                          const struct uplink_hooks *hooks)
{
    struct uplink *u = calloc(1, sizeof(*u));

    if (!u)
        return NULL;
    u->queue = q;
    u->console = *console;
    u->hooks = *hooks;
    writer_init(&u->batch, ENVELOPE_PLAIN_MAX);
    writer_init(&u->sealed, ENVELOPE_PLAIN_MAX + 4096);
    writer_init(&u->answer, ANSWER_MAX);
    u->arena = arena_new(1 << 20);
    if (!u->arena) {
        uplink_free(u);
        return NULL;
    }
    return u;
}

void uplink_free(struct uplink *u)
{
    if (!u)
        return;
    writer_done(&u->batch);
    writer_done(&u->sealed);
    writer_done(&u->answer);
    arena_free(u->arena);
    free(u);
}

void uplink_listen(struct uplink *u, struct wishes *wishes, const uint8_t id[static SEAL_ID],
                   uint64_t hello_ms)
{
    u->wishes = wishes;
    u->hello_ms = hello_ms;
    memcpy(u->id, id, SEAL_ID);
}

void uplink_fetch(struct uplink *u, struct down *down)
{
    u->down = down;
}

void uplink_in_order(struct uplink *u)
{
    u->in_order = true;
}

void uplink_last(struct uplink *u)
{
    u->wishes = NULL;
    u->down = NULL;
}

void uplink_over_broker(struct uplink *u, uint64_t most)
{
    u->broker = true;
    u->broker_most = most;
}

uint64_t uplink_sent(const struct uplink *u)
{
    return u->sent;
}

uint64_t uplink_next(const struct uplink *u)
{
    return u->next;
}

uint64_t uplink_newest(const struct uplink *u)
{
    return u->newest;
}

const char *uplink_trouble(const struct uplink *u)
{
    return u->trouble;
}

/* Half of the time is certain, the other half by chance. */
uint64_t uplink_back_off(struct uplink *u, uint64_t now_ms)
{
    uint32_t chance;
    uint64_t ms;

    u->wait_ms = u->wait_ms ? u->wait_ms * 2 : UPLINK_FIRST_MS;
    if (u->wait_ms > UPLINK_LAST_MS)
        u->wait_ms = UPLINK_LAST_MS;
    seal_random(&chance, sizeof(chance));
    ms = u->wait_ms / 2 + chance % (u->wait_ms / 2 + 1);
    u->not_before_ms = now_ms + ms;
    return ms;
}

uint64_t uplink_answered(struct uplink *u, const char *key)
{
    struct json *j = NULL;
    int64_t v;

    arena_reset(u->arena);
    if (json_parse(u->arena, writer_span(&u->answer), ANSWER_DEPTH, &j, NULL) != 0)
        return 0;
    v = json_i64(json_get(j, key), 0);
    return v > 0 ? (uint64_t)v : 0;
}

static int fetch(struct uplink *u, uint64_t number)
{
    int rc;

    u->sealed_is = 0;
    writer_clear(&u->batch);
    writer_clear(&u->sealed);
    rc = queue_read(u->queue, number, &u->batch);
    return rc ? rc : envelope_seal(writer_span(&u->batch), &u->console, &u->sealed);
}

/* Where to begin, and whether there is anything. */
static int look(struct uplink *u)
{
    uint64_t first, last, receipt;
    int rc = queue_bounds(u->queue, &first, &last, &receipt);

    if (rc)
        return rc;
    u->newest = last;
    if (!u->next || u->next > last + 1)
        u->next = receipt + 1;
    if (u->next < first)
        u->next = first; /* what was trimmed had been received */
    if (u->sent < receipt)
        u->sent = receipt;
    if (u->broker && !u->window.most)
        window_init(&u->window, u->broker_most, u->next - 1);
    return 0;
}

static void arrived(struct uplink *u, uint64_t number)
{
    u->wait_ms = u->not_before_ms = 0;
    u->trouble[0] = 0;
    u->sent = number;
    u->next = number + 1;
    u->hooks.receipt(u->hooks.arg, number);
}

/* Whoever still seals to the console's old keys is told of the new ones. */
static void hear_keys(struct uplink *u)
{
    struct json *j = NULL;

    arena_reset(u->arena);
    if (u->hooks.keys && json_parse(u->arena, writer_span(&u->answer), ANSWER_DEPTH, &j, NULL) == 0 && json_get(j, "keys"))
        u->hooks.keys(u->hooks.arg, json_cstr(json_get(j, "keys"), ""));
}

void uplink_hear_wishes(struct uplink *u)
{
    struct json *j = NULL;

    hear_keys(u);
    arena_reset(u->arena);
    if (!u->wishes || json_parse(u->arena, writer_span(&u->answer), ANSWER_DEPTH, &j, NULL) != 0)
        return;
    wishes_take(u->wishes, j);
    if (u->down)
        down_take(u->down, j);
}

/* What the console said. True when things go on at once. */
static bool understand(struct uplink *u, long status)
{
    uint64_t receipt = status == 200 ? uplink_answered(u, "receipt") : 0,
             expect = status == 409 ? uplink_answered(u, "expect") : 0;

    if (receipt && receipt <= u->newest) {
        arrived(u, receipt);
        uplink_hear_wishes(u);
        return true;
    }
    if (receipt) {
        snprintf(u->trouble, sizeof(u->trouble),
                 "the console has a batch %" PRIu64
                 " of this appliance, which this journal never wrote: was the journal replaced?",
                 receipt);
        return false;
    }
    if (expect && expect != u->next && expect <= u->newest + 1) {
        writer_clear(&u->batch);
        if (expect > 1 ||
            u->sent) /* it has all before the one it waits for, and no more, whatever it said once */
            arrived(u, expect - 1);
        u->next = expect;
        if (expect > u->newest || queue_read(u->queue, expect, &u->batch) == 0)
            return true;
        snprintf(u->trouble, sizeof(u->trouble),
                 "the console expects batch %" PRIu64
                 ", which this journal no longer has: a person may give it up there, with 'gatehouse console "
                 "accept-hole'",
                 expect);
    } else if (status == 403) {
        snprintf(u->trouble, sizeof(u->trouble),
                 "the console does not know this appliance (or has retired it)");
    } else if (status == 400) {
        snprintf(u->trouble, sizeof(u->trouble), "the console refuses batch %" PRIu64 " as malformed",
                 u->next);
    } else {
        snprintf(u->trouble, sizeof(u->trouble), "the console answers with status %ld", status);
    }
    return false;
}

/* Posts one letter; a failure to get through becomes the trouble. leave: the batch that a broker may keep. */
static int post_or_leave(struct uplink *u, const char *path, const char *type, struct span body, uint64_t leave, long *ret_status)
{
    const struct letter letter = {path, type, body, !strcmp(type, LINK_ASK) ? GOODS_ASK_MOST : 0, leave, u->window.again};
    int rc = u->hooks.post(u->hooks.arg, &letter, ret_status, &u->answer);

    if (rc)
        snprintf(u->trouble, sizeof(u->trouble), "the console cannot be reached: %s",
                 u->hooks.message(u->hooks.arg));
    return rc;
}

static int post(struct uplink *u, const char *path, const char *type, struct span body, long *ret_status)
{
    return post_or_leave(u, path, type, body, 0, ret_status);
}

/* Each sealing makes other bytes, so these stay until all of them are there. */
static int fetch_for_pieces(struct uplink *u)
{
    int rc = u->sealed_is == u->next ? 0 : fetch(u, u->next);

    if (!rc && u->sealed_is != u->next) {
        u->sealed_is = u->next;
        u->at = 0;
    }
    return rc;
}

static void piece_failed(struct uplink *u)
{
    u->piece = u->piece / 2 > UPLINK_PIECE_LEAST ? u->piece / 2 : UPLINK_PIECE_LEAST;
}

/* The next piece; the last one is answered as the whole would be. */
static uint64_t send_piece(struct uplink *u, uint64_t now_ms)
{
    struct upload_piece p = {.total = (uint32_t)u->sealed.n, .offset = u->at, .ahead = u->broker};
    struct writer body;
    uint64_t have;
    long status = 0;
    int rc;

    p.bytes = span_part(writer_span(&u->sealed), u->at, u->piece);
    upload_id(writer_span(&u->sealed), p.id);
    writer_init(&body, UPLOAD_PIECE_MAX + 64);
    upload_piece_write(&p, &body);
    rc = post(u, PIECE_PATH, LINK_PIECE, writer_span(&body), &status);
    writer_done(&body);
    if (!rc && (status == 404 || status == 405 || status == 415)) {
        u->whole_only = true;
        u->piece = 0;
        return 0;
    }
    if (rc || status >= 500) {
        piece_failed(u);
        if (!rc)
            snprintf(u->trouble, sizeof(u->trouble), "the console answers with status %ld", status);
        return uplink_back_off(u, now_ms);
    }
    u->piece = u->piece * 2;
    if (u->piece > UPLINK_PIECE_MOST)
        u->piece = 0;
    u->wait_ms = 0;
    u->trouble[0] = 0;
    have = status == 200 ? uplink_answered(u, "have") : 0;
    if (status == 200 && !uplink_answered(u, "receipt") && have <= u->sealed.n) {
        u->at = (uint32_t)have;
        if (!u->piece && have)
            u->piece = UPLINK_PIECE_MOST; /* this one to its end */
        return 0;
    }
    u->sealed_is = 0;
    if (u->broker && (status == 200 || status == 202))
        (void)uplink_left(u, status, now_ms);
    if (u->broker && uplink_told(u, status, now_ms))
        return 0;
    return understand(u, status) ? 0 : uplink_back_off(u, now_ms);
}

static uint64_t send_batch(struct uplink *u, uint64_t now_ms)
{
    long status = 0;
    int rc = u->piece ? fetch_for_pieces(u) : fetch(u, u->next);

    if (!rc && u->piece && u->sealed.n > u->piece) {
        u->part_turn = true;
        u->hello_at_ms = now_ms + u->hello_ms;
        return send_piece(u, now_ms);
    }
    if (rc) {
        snprintf(u->trouble, sizeof(u->trouble), "batch %" PRIu64 " cannot be read from the journal: %s",
                 u->next, status_text(rc));
        return uplink_back_off(u, now_ms);
    }
    u->part_turn = true;
    if (!u->broker)
        u->hello_at_ms = now_ms + u->hello_ms; /* whoever reports has said hello */
    rc = post_or_leave(u, INTAKE_PATH, LINK_ENVELOPE, writer_span(&u->sealed), u->broker ? u->next : 0, &status);
    if (!rc && u->broker && (status == 202 || status == 208))
        return uplink_left(u, status, now_ms);
    if (rc && !u->whole_only && u->sealed.n > UPLINK_PIECE_LEAST && (!u->broker || rc == ST_LIMIT)) {
        u->piece = u->sealed.n < UPLINK_PIECE_MOST ? (uint32_t)u->sealed.n : UPLINK_PIECE_MOST;
        piece_failed(u);
    }
    return !rc && understand(u, status) ? 0 : uplink_back_off(u, now_ms);
}

/* A batch with an alert that stands behind others, and was not yet brought ahead of them. */
static bool alert_waits(struct uplink *u, uint64_t now_ms, uint64_t *ret)
{
    uint64_t from = u->ahead > u->next ? u->ahead : u->next;

    return !u->in_order && now_ms >= u->ahead_at_ms && queue_alert(u->queue, from, ret) == 0;
}

/* What the console says to a batch ahead of its turn does not move the queue: that asks again when it gets
 * there. */
static uint64_t send_ahead(struct uplink *u, uint64_t number, uint64_t now_ms)
{
    long status = 0;
    int rc = fetch(u, number);

    if (rc) {
        u->ahead = number; /* trimmed this moment, or unreadable: the queue will tell */
        return 0;
    }
    rc = post(u, AHEAD_PATH, LINK_ENVELOPE, writer_span(&u->sealed), &status);
    if (u->broker && (rc || status >= 500)) { /* batches can be left all the same */
        u->ahead_at_ms = now_ms + AWAY_MS;
        return 0;
    }
    if (rc)
        return uplink_back_off(u, now_ms);
    if (status == 404 || status == 405) { /* a console of an earlier version */
        u->ahead_at_ms = now_ms + UNHEARD_MS;
        return 0;
    }
    if (status == 202 || status == 200) {
        u->wait_ms = 0;
        u->trouble[0] = 0;
        u->ahead = number;
        return 0;
    }
    if (status == 409) { /* enough went ahead within this hour */
        u->wait_ms = 0;
        u->trouble[0] = 0;
        u->ahead = number;
        return 0;
    }
    if (status == 403 || status == 400)
        u->ahead = number; /* the same will be said, and understood, in its turn */
    snprintf(u->trouble, sizeof(u->trouble), "the console answers with status %ld", status);
    return uplink_back_off(u, now_ms);
}

static uint64_t send_part(struct uplink *u, uint64_t now_ms)
{
    char path[WISHES_PATH];
    long status = 0;
    int rc;

    u->part_turn = false;
    if (!wishes_next(u->wishes, &u->batch, path))
        return 0;
    rc = post(u, path, LINK_PART, writer_span(&u->batch), &status);
    if (!wishes_answered(u->wishes, rc, status, uplink_answered(u, "have"), uplink_answered(u, "expect"))) {
        if (!rc)
            snprintf(u->trouble, sizeof(u->trouble), "the console answers with status %ld", status);
        return uplink_back_off(u, now_ms);
    }
    u->wait_ms = 0;
    u->trouble[0] = 0;
    if (!wishes_count(u->wishes))
        u->hello_at_ms = 0; /* are there more? */
    return 0;
}

static uint64_t send_ask(struct uplink *u, uint64_t now_ms)
{
    long status = 0;
    bool good;
    int rc;

    u->part_turn = false;
    if (!down_next(u->down, &u->batch)) {
        snprintf(u->trouble, sizeof(u->trouble), "%s", down_trouble(u->down));
        return down_busy(u->down) ? uplink_back_off(u, now_ms) : 0;
    }
    rc = post(u, DOWN_PATH, LINK_ASK, writer_span(&u->batch), &status);
    good = down_answered(u->down, rc, status, writer_span(&u->answer));
    if (!good && !rc)
        snprintf(u->trouble, sizeof(u->trouble), "%s",
                 *down_trouble(u->down) ? down_trouble(u->down) : "the console is busy");
    if (!good)
        return uplink_back_off(u, now_ms);
    u->wait_ms = 0;
    u->trouble[0] = 0;
    return 0;
}

/* Wishes and orders take turns. */
static uint64_t send_other(struct uplink *u, uint64_t now_ms)
{
    bool wished = wishes_count(u->wishes) > 0, ordered = u->down && down_busy(u->down);

    u->down_turn = ordered && (!wished || !u->down_turn);
    return u->down_turn ? send_ask(u, now_ms) : send_part(u, now_ms);
}

static uint64_t send_hello(struct uplink *u, uint64_t now_ms)
{
    struct fetch_hello h;
    long status = 0;
    int rc = queue_head(u->queue, &h);

    u->hello_at_ms = now_ms + u->hello_ms;
    if (rc)
        return u->hello_ms; /* said when there is something to send */
    memcpy(h.appliance, u->id, SEAL_ID);
    writer_clear(&u->batch);
    writer_clear(&u->sealed);
    fetch_hello_write(&h, &u->batch);
    rc = envelope_seal(writer_span(&u->batch), &u->console, &u->sealed);
    if (!rc)
        rc = post(u, INTAKE_PATH, LINK_ENVELOPE, writer_span(&u->sealed), &status);
    if (u->broker)
        return uplink_hello_told(u, rc, status, now_ms);
    if (!rc && status == 400) { /* a console of an earlier version does not know hellos: it is well */
        u->hello_at_ms = now_ms + UNHEARD_MS;
        return u->hello_ms;
    }
    return !rc && understand(u, status) ? 0 : uplink_back_off(u, now_ms);
}

/* Over a broker hellos go by the clock, and whenever a receipt is missed. */
static uint64_t next_question(struct uplink *u, uint64_t now_ms)
{
    uint64_t hello = now_ms < u->hello_at_ms ? u->hello_at_ms - now_ms : 0, ask = window_ask_in(&u->window, now_ms);

    if (!u->wishes || !u->newest)
        return ask;
    if (!hello)
        return send_hello(u, now_ms);
    return hello < ask ? hello : ask;
}

uint64_t uplink_step(struct uplink *u, uint64_t now_ms)
{
    bool wished = u->wishes && (wishes_count(u->wishes) > 0 || (u->down && down_busy(u->down)));
    uint64_t alert;
    bool full;
    int rc;

    if (u->broker && u->window.most)
        uplink_hear(u, now_ms);
    if (now_ms < u->not_before_ms)
        return u->not_before_ms - now_ms;
    rc = look(u);
    if (rc == ST_NOT_FOUND)
        return UINT64_MAX;
    if (rc) {
        snprintf(u->trouble, sizeof(u->trouble), "batch %" PRIu64 " cannot be read from the journal: %s",
                 u->next, status_text(rc));
        return uplink_back_off(u, now_ms);
    }
    full = u->broker && window_full(&u->window);
    if (u->next < u->newest && (!u->broker || full) && alert_waits(u, now_ms, &alert))
        return send_ahead(u, alert, now_ms);
    if (u->broker && window_ask_in(&u->window, now_ms) == 0)
        return send_hello(u, now_ms);
    if (u->next <= u->newest && !full && !(wished && u->part_turn))
        return send_batch(u, now_ms);
    if (wished)
        return send_other(u, now_ms);
    if (u->broker)
        return next_question(u, now_ms);
    if (!u->wishes || !u->newest)
        return UINT64_MAX;
    return now_ms < u->hello_at_ms ? u->hello_at_ms - now_ms : send_hello(u, now_ms);
}
