/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/link/nats.h"
#include "base/broker.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/parcel.h"

#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define UNDER_WAY 512
#define PARCEL_SPARE 4096 /* head of a message, for the broker's limit */
#define ANSWER_DEPTH 8
#define ANSWER_ARENA (256u << 10)
#define WAIT_MOST_MS 60000 /* for the rate, before one letter */

struct nats {
    struct broker *broker;
    const struct seal_public *console;
    struct seal_keys *me; /* answers are sealed for it; as old as the process */
    uint8_t id[SEAL_ID];
    char batch[BROKER_SUBJECT], answer[BROKER_SUBJECT], ask[BROKER_SUBJECT], inbox[BROKER_SUBJECT], name[2 * SEAL_ID + 1];
    uint64_t timeout_ms, rate, free_at_ms;
    struct {
        uint64_t number;
        uint8_t digest[SEAL_HASH];
    } under_way[UNDER_WAY];
    size_t next;
    struct writer parcel, reply;
    struct arena *arena;
    int wake;
    pthread_mutex_t lock;
    struct broker_msg *waiting[NATS_WAITING]; /* a ring */
    size_t first, count;
    char message[BROKER_TROUBLE + 64];
};

/* On a thread of the library. What finds no room is asked for later. */
static void on_answer(void *arg, struct broker_msg *m)
{
    struct nats *n = arg;
    const uint64_t one = 1;
    bool took;

    pthread_mutex_lock(&n->lock);
    took = n->count < NATS_WAITING;
    if (took)
        n->waiting[(n->first + n->count++) % NATS_WAITING] = m;
    pthread_mutex_unlock(&n->lock);
    if (took)
        (void)!write(n->wake, &one, sizeof(one));
    else
        broker_msg_free(m);
}

static void name_subjects(struct nats *n, const char *prefix)
{
    struct writer w;

    writer_fixed(&w, n->name, sizeof(n->name));
    writer_hex(&w, n->id, SEAL_ID);
    (void)writer_cstr(&w);
    snprintf(n->batch, sizeof(n->batch), "%.64s.batch.%s", prefix, n->name);
    snprintf(n->answer, sizeof(n->answer), "%.64s.answer.%s", prefix, n->name);
    snprintf(n->ask, sizeof(n->ask), "%.64s.ask.%s", prefix, n->name);
    snprintf(n->inbox, sizeof(n->inbox), "%.64s.inbox.%s", prefix, n->name);
}

int nats_new(const struct conf *c, const struct seal_public *console, const uint8_t id[static SEAL_ID], struct nats **ret, char *err,
             size_t cap)
{
    struct nats *n = calloc(1, sizeof(*n));
    struct broker_options opt = {c->uplink_nats,      c->uplink_nats_ca, c->uplink_nats_cert, c->uplink_nats_key,
                                 c->uplink_nats_user, "gh-uplink",       NULL};
    int rc;

    snprintf(err, cap, "%s", status_text(ST_NOMEM));
    if (!n)
        return ST_NOMEM;
    pthread_mutex_init(&n->lock, NULL);
    n->console = console;
    n->timeout_ms = c->uplink_timeout;
    memcpy(n->id, id, SEAL_ID);
    name_subjects(n, c->uplink_nats_prefix);
    writer_init(&n->parcel, PARCEL_BODY + PARCEL_MORE);
    writer_init(&n->reply, PARCEL_BODY + PARCEL_MORE);
    n->arena = arena_new(ANSWER_ARENA);
    n->me = seal_keys_generate();
    n->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    opt.inbox = n->inbox;
    rc = n->arena && n->me && n->wake >= 0 ? broker_new(&opt, &n->broker, err, cap) : ST_NOMEM;
    if (rc) {
        nats_free(n);
        return rc;
    }
    broker_listen(n->broker, n->answer, NULL, on_answer, n);
    *ret = n;
    return 0;
}

void nats_free(struct nats *n)
{
    if (!n)
        return;
    broker_free(n->broker);
    while (n->count) {
        broker_msg_free(n->waiting[n->first]);
        n->first = (n->first + 1) % NATS_WAITING;
        n->count--;
    }
    if (n->wake >= 0)
        close(n->wake);
    seal_keys_free(n->me);
    arena_free(n->arena);
    writer_done(&n->parcel);
    writer_done(&n->reply);
    pthread_mutex_destroy(&n->lock);
    free(n);
}

int nats_start(struct nats *n)
{
    int rc = broker_start(n->broker);

    if (rc)
        broker_trouble(n->broker, n->message);
    return rc;
}

void nats_mend(struct nats *n)
{
    broker_mend(n->broker);
}

int nats_fd(const struct nats *n)
{
    return n->wake;
}

void nats_rate(struct nats *n, uint64_t rate)
{
    n->rate = rate;
}

const char *nats_message(const struct nats *n)
{
    return n->message;
}

/* Before each letter until the line is free again, as the rate counts. */
static void pace(struct nats *n, size_t bytes)
{
    uint64_t now = clock_mono_ms(), wait = n->free_at_ms > now ? n->free_at_ms - now : 0;

    if (!n->rate) {
        n->free_at_ms = now;
        return;
    }
    if (wait > WAIT_MOST_MS)
        wait = WAIT_MOST_MS;
    if (wait)
        (void)poll(NULL, 0, (int)wait);
    n->free_at_ms = now + wait + bytes * 1000 / n->rate;
}

static int failed(struct nats *n, int rc, const char *who)
{
    char trouble[BROKER_TROUBLE];

    broker_trouble(n->broker, trouble);
    if (rc == ST_LIMIT)
        snprintf(n->message, sizeof(n->message), "this is longer than the broker takes (its max_payload)");
    else if (rc == ST_BAD_SIGNATURE)
        snprintf(n->message, sizeof(n->message), "an answer that our console did not sign came over the broker");
    else if (!broker_there(n->broker) || rc == ST_FULL)
        snprintf(n->message, sizeof(n->message), "%s", *trouble ? trouble : "no connection to the broker");
    else
        snprintf(n->message, sizeof(n->message), "%s: %s", who, status_text(rc));
    return rc;
}

static int store(struct nats *n, const struct letter *letter, long *ret_status)
{
    char id[sizeof(n->name) + 48];
    bool known = false;
    int rc;

    snprintf(id, sizeof(id), "%s.%" PRIu64 ".%u", n->name, letter->number, letter->again);
    rc = broker_store(n->broker, n->batch, id, letter->body, n->timeout_ms, &known);
    if (rc)
        return failed(n, rc, "the stream at the broker");
    n->under_way[n->next].number = letter->number;
    parcel_digest(letter->body, n->under_way[n->next].digest);
    n->next = (n->next + 1) % UNDER_WAY;
    *ret_status = known ? 208 : 202;
    return 0;
}

static int ask(struct nats *n, const struct letter *letter, long *ret_status, struct writer *answer)
{
    struct parcel p = {.path = span_str(letter->path), .type = span_str(letter->type), .body = letter->body};
    uint8_t digest[SEAL_HASH];
    struct parcel_answer a;
    int rc;

    memcpy(p.answer_to, seal_keys_public(n->me)->box, SEAL_PUBLIC);
    writer_clear(&n->parcel);
    rc = parcel_seal(&p, n->console, &n->parcel);
    if (!rc)
        rc = broker_ask(n->broker, n->ask, writer_span(&n->parcel), n->timeout_ms, &n->reply);
    if ((rc == ST_NOT_FOUND && broker_there(n->broker)) || (!rc && !n->reply.n)) {
        *ret_status = 503; /* the broker is there, and no console, or one that starts */
        return 0;
    }
    if (rc)
        return failed(n, rc, "the console, over the broker");
    parcel_digest(writer_span(&n->parcel), digest);
    rc = parcel_answer_read(writer_span(&n->reply), n->console, n->me, &a, answer);
    if (!rc && memcmp(a.digest, digest, SEAL_HASH) != 0)
        rc = ST_BAD_SIGNATURE;
    if (rc)
        return failed(n, rc, "the answer over the broker");
    *ret_status = a.status;
    return 0;
}

int nats_post(struct nats *n, const struct letter *letter, long *ret_status, struct writer *answer)
{
    size_t most = broker_most(n->broker);

    writer_clear(answer);
    n->message[0] = 0;
    if (!most)
        return failed(n, ST_CLOSED, "the broker");
    if (letter->body.n + PARCEL_SPARE > most)
        return failed(n, ST_LIMIT, "the broker");
    pace(n, letter->body.n + PARCEL_MORE);
    return letter->number ? store(n, letter, ret_status) : ask(n, letter, ret_status, answer);
}

static struct broker_msg *take(struct nats *n)
{
    struct broker_msg *m = NULL;
    uint64_t count;

    pthread_mutex_lock(&n->lock);
    if (n->count) {
        m = n->waiting[n->first];
        n->first = (n->first + 1) % NATS_WAITING;
        n->count--;
    } else {
        (void)!read(n->wake, &count, sizeof(count));
    }
    pthread_mutex_unlock(&n->lock);
    return m;
}

/* Whose receipt it is: any may be put on this subject. */
static bool is_ours(struct nats *n, struct span body)
{
    struct json *j = NULL;

    arena_reset(n->arena);
    return json_parse(n->arena, body, ANSWER_DEPTH, &j, NULL) == 0 &&
           strcmp(json_cstr(json_get(j, "appliance"), ""), n->name) == 0;
}

bool nats_heard(struct nats *n, struct nats_answer *ret, struct writer *body)
{
    struct broker_msg *m;

    while ((m = take(n)) != NULL) {
        struct parcel_answer a;
        int rc;

        writer_clear(body);
        rc = parcel_answer_read(m->body, n->console, NULL, &a, body);
        broker_msg_free(m);
        if (rc)
            continue;
        *ret = (struct nats_answer){.status = a.status};
        for (size_t i = 0; i < UNDER_WAY && !ret->number; i++)
            if (n->under_way[i].number && !memcmp(n->under_way[i].digest, a.digest, SEAL_HASH))
                ret->number = n->under_way[i].number;
        if (a.status >= 300 ? ret->number > 0 : is_ours(n, writer_span(body)))
            return true;
    }
    return false;
}
