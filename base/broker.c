/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/broker_impl.h"

#include <stdio.h>
#include <stdlib.h>

#define CONNECT_MS 5000
#define AGAIN_MS 1000  /* between two tries to connect */
#define JITTER_MS 2000 /* a fleet does not come back in step */
#define PING_MS 10000  /* a dead line is noticed after two of them */
#define PENDING_MSGS 1024
#define PENDING_BYTES (64 << 20)
#define MENDS 5 /* calls of broker_mend between two new beginnings */

int broker_new(const struct broker_options *opt, struct broker **ret, char *err, size_t cap)
{
    struct broker *b = calloc(1, sizeof(*b));
    int rc;

    if (!b)
        return ST_NOMEM;
    pthread_rwlock_init(&b->gate, NULL);
    pthread_mutex_init(&b->lock, NULL);
    snprintf(b->name, sizeof(b->name), "%s", opt->name ? opt->name : "");
    snprintf(b->inbox, sizeof(b->inbox), "%s", opt->inbox ? opt->inbox : "");
    snprintf(b->trouble, sizeof(b->trouble), "not connected yet");
    rc = broker_files_read(opt, &b->files, err, cap);
    if (rc) {
        broker_free(b);
        return rc;
    }
    *ret = b;
    return 0;
}

/* ---- trouble ---- */

void broker_say(struct broker *b, const char *what, natsStatus s)
{
    pthread_mutex_lock(&b->lock);
    if (what)
        snprintf(b->trouble, sizeof(b->trouble), "%s: %s", what, natsStatus_GetText(s));
    else
        b->trouble[0] = 0;
    pthread_mutex_unlock(&b->lock);
}

void broker_trouble(struct broker *b, char out[static BROKER_TROUBLE])
{
    pthread_mutex_lock(&b->lock);
    snprintf(out, BROKER_TROUBLE, "%s", b->trouble);
    pthread_mutex_unlock(&b->lock);
}

int broker_status(natsStatus s)
{
    switch (s) {
    case NATS_OK:
        return 0;
    case NATS_TIMEOUT:
        return ST_TIMEOUT;
    case NATS_NO_RESPONDERS:
    case NATS_NOT_FOUND:
        return ST_NOT_FOUND;
    case NATS_MAX_PAYLOAD:
        return ST_LIMIT;
    case NATS_NO_MEMORY:
        return ST_NOMEM;
    case NATS_CONNECTION_CLOSED:
    case NATS_CONNECTION_DISCONNECTED:
    case NATS_STALE_CONNECTION:
    case NATS_NO_SERVER:
    case NATS_IO_ERROR:
        return ST_CLOSED;
    default:
        return ST_IO;
    }
}

/* On threads of the library. */
static void on_lost(natsConnection *nc, void *arg)
{
    const char *text = NULL;
    natsStatus s = natsConnection_GetLastError(nc, &text);

    broker_say(arg, "no connection to the broker", s == NATS_OK ? NATS_CONNECTION_DISCONNECTED : s);
}

static void on_there(natsConnection *nc, void *arg)
{
    (void)nc;
    broker_say(arg, NULL, NATS_OK);
}

/* A message that the process did not take in time, or a subject that it may not use. */
static void on_fault(natsConnection *nc, natsSubscription *sub, natsStatus s, void *arg)
{
    (void)nc;
    (void)sub;
    if (s != NATS_SLOW_CONSUMER) /* its sender asks again */
        broker_say(arg, "the broker refuses something", s);
}

/* ---- messages ---- */

void broker_msg_free(struct broker_msg *m)
{
    free(m);
}

struct broker_msg *broker_copy(natsMsg *from, bool stored)
{
    int n = natsMsg_GetDataLength(from);
    const char *subject = natsMsg_GetSubject(from), *reply = natsMsg_GetReply(from);
    jsMsgMetaData *meta = NULL;
    struct broker_msg *m = NULL;

    if (n >= 0 && (size_t)n <= BROKER_BODY && subject && strlen(subject) < BROKER_SUBJECT &&
        (!reply || strlen(reply) < BROKER_SUBJECT))
        m = calloc(1, sizeof(*m) + (size_t)n);
    if (!m)
        return NULL;
    snprintf(m->subject, sizeof(m->subject), "%s", subject);
    snprintf(m->reply, sizeof(m->reply), "%s", reply ? reply : "");
    if (n)
        memcpy(m + 1, natsMsg_GetData(from), (size_t)n);
    m->body = span_of(m + 1, (size_t)n);
    if (stored && natsMsg_GetMetaData(&meta, from) == NATS_OK) {
        m->delivered = meta->NumDelivered ? meta->NumDelivered : 1;
        m->stored_us = meta->Timestamp / 1000;
        jsMsgMetaData_Destroy(meta);
    }
    return m;
}

static void on_message(natsConnection *nc, natsSubscription *sub, natsMsg *msg, void *arg)
{
    struct listener *l = arg;
    struct broker_msg *m = broker_copy(msg, false);

    (void)nc;
    (void)sub;
    natsMsg_Destroy(msg);
    if (m)
        l->fn(l->arg, m);
}

/* ---- the connection ---- */

void broker_listen(struct broker *b, const char *subject, const char *queue, broker_fn *fn, void *arg)
{
    gh_check(b->listeners < LISTENERS);
    b->listener[b->listeners++] = (struct listener){b, subject, queue, fn, arg, NULL};
}

static natsStatus on_jwt(char **ret, char **err, void *arg)
{
    (void)err;
    *ret = broker_files_part(&((struct broker *)arg)->files, "BEGIN NATS USER JWT");
    return *ret ? NATS_OK : NATS_ERR;
}

static natsStatus on_nonce(char **err, unsigned char **ret, int *ret_n, const char *nonce, void *arg)
{
    char *seed = broker_files_part(&((struct broker *)arg)->files, "BEGIN USER NKEY SEED");
    natsStatus s = seed ? nats_Sign(seed, nonce, ret, ret_n) : NATS_ERR;

    (void)err;
    if (seed) {
        explicit_bzero(seed, strlen(seed));
        free(seed);
    }
    return s;
}

static natsStatus put_user(struct broker *b, natsOptions *o)
{
    struct span s = span_trim(writer_span(&b->files.user));
    ptrdiff_t colon = span_find_byte(s, ':', 0);
    char name[256], password[512];
    natsStatus st;

    if (!s.n)
        return NATS_OK;
    if (broker_files_credentials(&b->files))
        return natsOptions_SetUserCredentialsCallbacks(o, on_jwt, b, on_nonce, b);
    snprintf(name, sizeof(name), "%.*s", (int)colon, (const char *)s.p);
    snprintf(password, sizeof(password), "%.*s", (int)(s.n - (size_t)colon - 1),
             (const char *)s.p + colon + 1);
    st = natsOptions_SetUserInfo(o, name, password);
    explicit_bzero(password, sizeof(password));
    return st;
}

static natsStatus put_tls(struct broker *b, natsOptions *o)
{
    natsStatus s;

    if (!b->files.tls)
        return NATS_OK;
    s = natsOptions_SetSecure(o, true);
    if (s == NATS_OK)
        s = natsOptions_SetCATrustedCertificates(o, writer_cstr(&b->files.ca));
    if (s == NATS_OK && b->files.cert.n)
        s = natsOptions_SetCertificatesChain(o, writer_cstr(&b->files.cert), writer_cstr(&b->files.key));
    return s;
}

static natsStatus make_options(struct broker *b)
{
    const char *servers[BROKER_SERVERS];
    natsOptions *o = NULL;
    natsStatus s = natsOptions_Create(&o);

    for (int i = 0; i < b->files.n; i++)
        servers[i] = b->files.servers[i];
    if (s == NATS_OK)
        s = natsOptions_SetServers(o, servers, b->files.n);
    if (s == NATS_OK)
        s = natsOptions_SetName(o, b->name);
    if (s == NATS_OK && b->inbox[0])
        s = natsOptions_SetCustomInboxPrefix(o, b->inbox);
    if (s == NATS_OK)
        s = put_tls(b, o);
    if (s == NATS_OK)
        s = put_user(b, o);
    if (s == NATS_OK)
        s = natsOptions_SetTimeout(o, CONNECT_MS);
    if (s == NATS_OK)
        s = natsOptions_SetMaxReconnect(o, -1);
    if (s == NATS_OK)
        s = natsOptions_SetReconnectWait(o, AGAIN_MS);
    if (s == NATS_OK)
        s = natsOptions_SetReconnectJitter(o, JITTER_MS, JITTER_MS);
    if (s == NATS_OK)
        s = natsOptions_SetPingInterval(o, PING_MS);
    if (s == NATS_OK)
        s = natsOptions_SetFailRequestsOnDisconnect(o, true);
    if (s == NATS_OK)
        s = natsOptions_SetIgnoreDiscoveredServers(o, true); /* where it may go is in the configuration */
    if (s == NATS_OK)
        s = natsOptions_SetErrorHandler(o, on_fault, b);
    if (s == NATS_OK)
        s = natsOptions_SetDisconnectedCB(o, on_lost, b);
    if (s == NATS_OK)
        s = natsOptions_SetReconnectedCB(o, on_there, b);
    if (s == NATS_OK)
        s = natsOptions_SetRetryOnFailedConnect(o, true, on_there, b);
    if (s == NATS_OK)
        b->options = o;
    else
        natsOptions_Destroy(o);
    return s;
}

static void disconnect(struct broker *b)
{
    if (b->nc)
        natsConnection_Close(b->nc);
    natsSubscription_Destroy(b->pull);
    b->pull = NULL;
    for (size_t i = 0; i < b->listeners; i++) {
        natsSubscription_Destroy(b->listener[i].sub);
        b->listener[i].sub = NULL;
    }
    jsCtx_Destroy(b->js);
    b->js = NULL;
    natsConnection_Destroy(b->nc);
    b->nc = NULL;
}

static natsStatus join(struct broker *b)
{
    natsStatus s = natsConnection_Connect(&b->nc, b->options);
    bool later = s == NATS_NOT_YET_CONNECTED;

    if (later)
        s = NATS_OK;
    if (s == NATS_OK)
        s = natsConnection_JetStream(&b->js, b->nc, NULL);
    for (size_t i = 0; s == NATS_OK && i < b->listeners; i++) {
        struct listener *l = &b->listener[i];
        s = l->queue ? natsConnection_QueueSubscribe(&l->sub, b->nc, l->subject, l->queue, on_message, l)
                     : natsConnection_Subscribe(&l->sub, b->nc, l->subject, on_message, l);
        if (s == NATS_OK)
            (void)natsSubscription_SetPendingLimits(l->sub, PENDING_MSGS, PENDING_BYTES);
    }
    if (s != NATS_OK) {
        broker_say(b, "the broker cannot be reached", s);
        disconnect(b);
    } else if (later) {
        broker_say(b, "the broker cannot be reached", NATS_NO_SERVER);
    } else {
        broker_say(b, NULL, NATS_OK);
    }
    return s;
}

int broker_start(struct broker *b)
{
    natsStatus s = make_options(b);

    if (s != NATS_OK) {
        broker_say(b, "the options for the broker are refused", s);
        return s == NATS_NO_MEMORY ? ST_NOMEM : ST_USAGE;
    }
    (void)join(b); /* broker_mend tries again */
    return 0;
}

void broker_mend(struct broker *b)
{
    if (b->nc && natsConnection_Status(b->nc) != NATS_CONN_STATUS_CLOSED)
        return;
    if (!b->options || b->mends++ % MENDS)
        return;
    pthread_rwlock_wrlock(&b->gate);
    disconnect(b);
    (void)join(b);
    pthread_rwlock_unlock(&b->gate);
}

bool broker_connected(struct broker *b)
{
    return b->nc && natsConnection_Status(b->nc) == NATS_CONN_STATUS_CONNECTED;
}

bool broker_there(struct broker *b)
{
    bool is;

    pthread_rwlock_rdlock(&b->gate);
    is = broker_connected(b);
    pthread_rwlock_unlock(&b->gate);
    return is;
}

size_t broker_most(struct broker *b)
{
    int64_t n;

    pthread_rwlock_rdlock(&b->gate);
    n = broker_connected(b) ? natsConnection_GetMaxPayload(b->nc) : 0;
    pthread_rwlock_unlock(&b->gate);
    return n > 0 ? (size_t)n : 0;
}

void broker_free(struct broker *b)
{
    if (!b)
        return;
    disconnect(b);
    natsOptions_Destroy(b->options);
    broker_files_done(&b->files);
    pthread_rwlock_destroy(&b->gate);
    pthread_mutex_destroy(&b->lock);
    free(b);
}

/* ---- what is said ---- */

int broker_publish(struct broker *b, const char *subject, struct span body)
{
    natsStatus s;

    pthread_rwlock_rdlock(&b->gate);
    s = broker_connected(b) ? natsConnection_Publish(b->nc, subject, body.p, (int)body.n)
                            : NATS_CONNECTION_DISCONNECTED;
    pthread_rwlock_unlock(&b->gate);
    return broker_status(s);
}

int broker_ask(struct broker *b, const char *subject, struct span body, uint64_t timeout_ms,
               struct writer *answer)
{
    natsMsg *msg = NULL;
    natsStatus s;
    int rc;

    pthread_rwlock_rdlock(&b->gate);
    s = broker_connected(b)
            ? natsConnection_Request(&msg, b->nc, subject, body.p, (int)body.n, (int64_t)timeout_ms)
            : NATS_CONNECTION_DISCONNECTED;
    pthread_rwlock_unlock(&b->gate);
    rc = broker_status(s);
    writer_clear(answer);
    if (!rc)
        writer_bytes(answer, natsMsg_GetData(msg), (size_t)natsMsg_GetDataLength(msg));
    natsMsg_Destroy(msg);
    return !rc && !writer_ok(answer) ? ST_LIMIT : rc;
}
