/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/api/letters.h"
#include "base/log.h"
#include "base/parcel.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LETTER_MAX (10u << 20)
#define JSON_DEPTH 4
#define ARENA (64u << 10)
#define STORED_PATH "/api/v1/intake"
#define STORED_TYPE "application/vnd.gatehouse.envelope"
#define APPLIANCE_TYPES "application/vnd.gatehouse."
#define ID_TEXT 32
#define SOON_MS 500
#define LATER_MS 5000 /* a full disk does not go away at once */

struct letters {
    struct app *app;
    struct arena *arena; /* of what gh-nats says */
    bool asked;
    uint64_t ask, most; /* most bytes that the broker takes */
    pthread_mutex_t lock;
    struct letters_state state;
};
/* One letter while it is a request. */
struct letter {
    struct letters *letters;
    uint64_t number; /* gh-nats's */
    bool stored;
    uint8_t digest[SEAL_HASH], answer_to[SEAL_PUBLIC];
    struct writer plain;
    bool by_old; /* it was sealed to the keys before: so is its answer signed */
};

struct letters *letters_new(struct app *app)
{
    struct letters *l = calloc(1, sizeof(*l));

    if (!l || !(l->arena = arena_new(ARENA))) {
        free(l);
        return NULL;
    }
    l->app = app;
    l->state.wanted = true;
    pthread_mutex_init(&l->lock, NULL);
    return l;
}

void letters_free(struct letters *l)
{
    if (!l)
        return;
    arena_free(l->arena);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

/* ---- the answer ---- */

static void on_answered(void *arg, uint64_t id, int rc, enum ask_state state, struct span json, int fd)
{
    (void)arg;
    (void)id;
    (void)rc; /* without gh-nats the letter comes again */
    (void)state;
    (void)json;
    if (fd >= 0)
        close(fd);
}

static void say_fate(struct letters *l, uint64_t number, const char *fate, uint64_t ms, struct span bytes)
{
    int fd = bytes.n ? msg_memfd("answer", bytes) : -1;
    struct writer w;
    struct jw j;
    uint64_t id;
    int rc;

    writer_init(&w, 512);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_kcstr(&j, "do", "answer");
    jw_ku64(&j, "letter", number);
    jw_kcstr(&j, "fate", fate);
    jw_ku64(&j, "ms", ms);
    jw_end_obj(&j);
    rc = helpers_ask(l->app->helpers, ROLE_NATS, writer_span(&w), fd, on_answered, NULL, &id);
    if (rc)
        log_debug("an answer for the broker: %s", status_text(rc));
    writer_done(&w);
}

static void answer(struct letter *t, int status, struct span body)
{
    struct parcel_answer a = {.status = (uint16_t)status};
    bool good = status == 200 || status == 202;
    struct letters *l = t->letters;
    struct writer w;

    if (!t->stored && body.n + PARCEL_MORE > l->most) { /* the appliance asks for less, then */
        a.status = 503;
        body = (struct span){NULL, 0};
    }
    memcpy(a.digest, t->digest, SEAL_HASH);
    writer_init(&w, body.n + PARCEL_MORE);
    if (parcel_answer_write(&a, body, t->stored ? NULL : t->answer_to, t->by_old ? l->app->old : l->app->keys, &w) != 0)
        writer_clear(&w);
    say_fate(l, t->number, !t->stored || good ? "done" : status >= 500 ? "again" : "never", LATER_MS, writer_span(&w));
    writer_done(&w);
}

static void letter_free(struct letter *t)
{
    writer_done(&t->plain);
    free(t);
}

/* The request is answered; on a worker's thread, or on the main one when it came to no worker. */
static void on_done(struct request *r)
{
    struct letter *t = r->carrier;

    app_answered(t->letters->app, r);
    t->by_old = t->by_old || r->by_old;
    answer(t, r->reply.status, r->reply.body.n ? writer_span(&r->reply.body) : r->reply.fixed);
    letter_free(t);
    request_free(r);
}

/* ---- the letter ---- */

static void refused(struct letters *l, uint64_t number)
{
    pthread_mutex_lock(&l->lock);
    l->state.refused++;
    pthread_mutex_unlock(&l->lock);
    say_fate(l, number, "never", 0, (struct span){NULL, 0});
}

/* Sixteen bytes from their digits, for counting by sender. */
static void count_as(struct request *r, struct span hex)
{
    for (size_t i = 0; i < 2 * sizeof(r->address_key) && i < hex.n; i++) {
        uint8_t c = hex.p[i], v = (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
        r->address_key[i / 2] = (uint8_t)(r->address_key[i / 2] << 4 | (v & 15));
    }
    snprintf(r->address, sizeof(r->address), "nats:%.*s", (int)(hex.n < ID_TEXT ? hex.n : ID_TEXT), (const char *)hex.p);
}

/* Fills the request from what was opened. */
static bool fill(struct request *r, const struct parcel *p, uint64_t max)
{
    r->head.method = HTTP_POST;
    r->head.path = p->path;
    r->head.content_type = p->type;
    r->head.length = p->body.n;
    writer_done(&r->body);
    writer_init(&r->body, max);
    writer_put(&r->body, p->body);
    return writer_ok(&r->body);
}

/* To a worker; what no worker takes is answered here. */
static void submit(struct letters *l, struct letter *t, struct request *r, const struct parcel *p)
{
    enum lane lane = LANE_DIRECT;
    uint64_t max = 0;

    if (!app_route(l->app, r, &lane, &max)) {
        on_done(r);
        return;
    }
    if (!span_starts(p->type, APPLIANCE_TYPES) || !r->route || !r->route->content_type || r->route->right != RIGHT_NONE)
        reply_problem(r, PROBLEM_NOT_FOUND);
    else if (p->body.n > max)
        reply_problem(r, PROBLEM_TOO_LARGE);
    else if (app_submit(l->app, lane, r))
        return;
    else if (t->stored) { /* it waits where it is */
        say_fate(l, t->number, "again", SOON_MS, (struct span){NULL, 0});
        letter_free(t);
        request_free(r);
        return;
    } else
        reply_problem(r, PROBLEM_BUSY);
    on_done(r);
}

static void take(struct letters *l, const struct json *j, struct span bytes)
{
    struct parcel p = {.path = span_str(STORED_PATH), .type = span_str(STORED_TYPE), .body = bytes};
    struct letter *t = calloc(1, sizeof(*t));
    struct request *r = request_new();
    uint64_t number = (uint64_t)json_i64(json_get(j, "letter"), 0);
    bool stored = json_bool(json_get(j, "stored"), false);
    int64_t at = json_i64(json_get(j, "at"), 0);
    int rc = t && r ? 0 : ST_NOMEM;

    if (t) {
        writer_init(&t->plain, PARCEL_BODY + PARCEL_MORE);
        t->letters = l;
        t->number = number;
        t->stored = stored;
        parcel_digest(bytes, t->digest);
    }
    if (!rc && !stored)
        rc = parcel_open(bytes, l->app->keys, &t->plain, &p);
    if (rc == ST_BAD_SIGNATURE && l->app->old) { /* of an appliance that does not know the console's new keys yet */
        writer_clear(&t->plain);
        rc = parcel_open(bytes, l->app->old, &t->plain, &p);
        t->by_old = !rc;
    }
    if (!rc && !fill(r, &p, bytes.n + 1))
        rc = ST_NOMEM;
    if (!rc) {
        memcpy(t->answer_to, p.answer_to, SEAL_PUBLIC);
        r->carrier = t;
        r->done = on_done;
        r->stored_us = stored ? (at > 0 ? at : 1) : 0;
        if (json_get(j, "from"))
            count_as(r, json_get(j, "from")->s);
        submit(l, t, r, &p);
        return;
    }
    if (rc == ST_NOMEM)
        say_fate(l, number, "again", LATER_MS, (struct span){NULL, 0});
    else
        refused(l, number);
    if (t)
        letter_free(t);
    request_free(r);
}

/* ---- gh-nats ---- */

static void hear_state(struct letters *l, const struct json *j)
{
    l->most = (uint64_t)json_i64(json_get(j, "most"), 0);
    pthread_mutex_lock(&l->lock);
    l->state.running = true;
    l->state.there = json_bool(json_get(j, "there"), false);
    snprintf(l->state.trouble, sizeof(l->state.trouble), "%s", json_cstr(json_get(j, "trouble"), ""));
    l->state.taken = (uint64_t)json_i64(json_get(j, "taken"), 0);
    l->state.again = (uint64_t)json_i64(json_get(j, "again"), 0);
    l->state.never = (uint64_t)json_i64(json_get(j, "never"), 0);
    l->state.questions = (uint64_t)json_i64(json_get(j, "questions"), 0);
    l->state.under_way = (uint64_t)json_i64(json_get(j, "under_way"), 0);
    pthread_mutex_unlock(&l->lock);
}

static void on_letter(void *arg, uint64_t id, int rc, enum ask_state state, struct span json, int fd)
{
    struct span bytes = {NULL, 0};
    struct letters *l = arg;
    struct json *j = NULL;

    (void)id;
    if (rc || state != ASK_MORE) { /* gh-nats is gone: asked again when it is back */
        l->asked = false;
        pthread_mutex_lock(&l->lock);
        l->state.running = l->state.there = false;
        pthread_mutex_unlock(&l->lock);
    } else {
        arena_reset(l->arena);
        if (json_parse(l->arena, json, JSON_DEPTH, &j, NULL) != 0)
            log_error("gh-nats said something that it cannot have meant");
        else if (json_get(j, "state"))
            hear_state(l, json_get(j, "state"));
        else if (fd >= 0 && msg_map(fd, LETTER_MAX, &bytes) == 0)
            take(l, j, bytes);
        if (bytes.n)
            msg_unmap(bytes);
    }
    if (fd >= 0)
        close(fd);
}

void letters_tick(struct letters *l)
{
    if (!l || l->asked || !helpers_have(l->app->helpers, ROLE_NATS))
        return;
    l->asked = helpers_ask(l->app->helpers, ROLE_NATS, span_str("{\"do\":\"carry\"}"), -1, on_letter, l, &l->ask) == 0;
}

void letters_state(struct letters *l, struct letters_state *ret)
{
    *ret = (struct letters_state){.wanted = false};
    if (!l)
        return;
    pthread_mutex_lock(&l->lock);
    *ret = l->state;
    pthread_mutex_unlock(&l->lock);
}

void letters_state_put(const struct letters_state *s, struct jw *j)
{
    jw_kbool(j, "connected", s->running && s->there);
    jw_kcstr(j, "trouble", !s->running ? "gh-nats does not run" : s->trouble);
    jw_ku64(j, "taken", s->taken);
    jw_ku64(j, "put_back", s->again);
    jw_ku64(j, "terminated", s->never);
    jw_ku64(j, "questions", s->questions);
    jw_ku64(j, "refused", s->refused);
    jw_ku64(j, "under_way", s->under_way);
}
