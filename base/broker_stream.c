/* SPDX-License-Identifier: GPL-3.0-or-later
 * What is stored in a stream of the broker's, and fetched from it. */
#include "base/broker_impl.h"
#include "base/log.h"

#include <stdio.h>

#define ACK_WAIT_S 60
#define DUPLICATES_S 600
#define AGE_S                                                                                                \
    (30ll * 86400) /* what a killed server forgot to let go; what it never brought is given to it again */
#define NS 1000000000ll

void broker_consume(struct broker *b, const char *stream, const char *subject, const char *consumer,
                    unsigned most)
{
    b->stream = stream;
    b->subject = subject;
    b->consumer = consumer;
    b->most = most;
}

int broker_store(struct broker *b, const char *subject, const char *id, struct span body, uint64_t timeout_ms,
                 bool *ret_known)
{
    jsPubOptions opt;
    jsPubAck *ack = NULL;
    jsErrCode code = 0;
    natsStatus s;
    int rc;

    jsPubOptions_Init(&opt);
    opt.MaxWait = (int64_t)timeout_ms;
    opt.MsgId = id;
    pthread_rwlock_rdlock(&b->gate);
    s = broker_connected(b) ? js_Publish(&ack, b->js, subject, body.p, (int)body.n, &opt, &code)
                            : NATS_CONNECTION_DISCONNECTED;
    pthread_rwlock_unlock(&b->gate);
    rc = s != NATS_OK && code ? ST_FULL : broker_status(s);
    if (!rc)
        *ret_known = ack->Duplicate;
    if (rc == ST_FULL) {
        pthread_mutex_lock(&b->lock);
        snprintf(b->trouble, sizeof(b->trouble), "the broker's stream refuses more (error %d)", (int)code);
        pthread_mutex_unlock(&b->lock);
    } else {
        broker_say(b, rc ? "the broker's stream does not take it" : NULL, s);
    }
    jsPubAck_Destroy(ack);
    return rc;
}

static natsStatus ensure_stream(struct broker *b)
{
    jsStreamInfo *info = NULL;
    jsErrCode code = 0;
    natsStatus s = js_GetStreamInfo(&info, b->js, b->stream, NULL, &code);
    jsStreamConfig c;

    if (s == NATS_NOT_FOUND) {
        jsStreamConfig_Init(&c);
        c.Name = b->stream;
        c.Subjects = &b->subject;
        c.SubjectsLen = 1;
        c.Retention = js_WorkQueuePolicy;
        c.Storage = js_FileStorage;
        c.Discard = js_DiscardNew; /* what is refused stays in the appliance's journal */
        c.Duplicates = DUPLICATES_S * NS;
        c.MaxAge = AGE_S * NS;
        s = js_AddStream(&info, b->js, &c, NULL, &code);
        if (s == NATS_OK)
            log_info("the stream %s was made at the broker, without a limit of its size", b->stream);
    }
    jsStreamInfo_Destroy(info);
    return s;
}

static natsStatus ensure_consumer(struct broker *b)
{
    jsConsumerInfo *info = NULL;
    jsErrCode code = 0;
    natsStatus s = js_GetConsumerInfo(&info, b->js, b->stream, b->consumer, NULL, &code);
    jsConsumerConfig c;

    if (s == NATS_NOT_FOUND) {
        jsConsumerConfig_Init(&c);
        c.Durable = b->consumer;
        c.AckPolicy = js_AckExplicit;
        c.DeliverPolicy = js_DeliverAll;
        c.AckWait = ACK_WAIT_S * NS;
        c.MaxDeliver = -1;
        c.MaxAckPending = b->most;
        c.FilterSubject = b->subject;
        s = js_AddConsumer(&info, b->js, b->stream, &c, NULL, &code);
    }
    jsConsumerInfo_Destroy(info);
    return s;
}

static natsStatus open_pull(struct broker *b)
{
    natsStatus s = ensure_stream(b);
    jsErrCode code = 0;
    jsSubOptions opt;

    if (s == NATS_OK)
        s = ensure_consumer(b);
    jsSubOptions_Init(&opt);
    opt.Stream = b->stream;
    opt.Consumer = b->consumer;
    opt.ManualAck = true;
    if (s == NATS_OK)
        s = js_PullSubscribe(&b->pull, b->js, b->subject, b->consumer, NULL, &opt, &code);
    broker_say(b, s == NATS_OK ? NULL : "the broker's stream cannot be read", s);
    return s;
}

static natsStatus fetch(struct broker *b, natsMsgList *list, size_t most, uint64_t wait_ms)
{
    jsErrCode code = 0;
    natsStatus s = broker_connected(b) ? NATS_OK : NATS_CONNECTION_DISCONNECTED;

    if (s == NATS_OK && !b->pull)
        s = open_pull(b);
    if (s == NATS_OK)
        s = natsSubscription_Fetch(list, b->pull, (int)most, (int64_t)wait_ms, &code);
    if (s == NATS_OK || s == NATS_TIMEOUT)
        return s;
    natsSubscription_Destroy(b->pull); /* perhaps the stream or the consumer is gone: looked at anew */
    b->pull = NULL;
    return s;
}

int broker_fetch(struct broker *b, size_t most, uint64_t wait_ms, struct broker_msg **ret, size_t *ret_n)
{
    natsMsgList list = {NULL, 0};
    natsStatus s;

    pthread_rwlock_rdlock(&b->gate);
    s = fetch(b, &list, most < BROKER_FETCH ? most : BROKER_FETCH, wait_ms);
    pthread_rwlock_unlock(&b->gate);
    *ret_n = 0;
    for (int i = 0; i < list.Count; i++) {
        struct broker_msg *m = broker_copy(list.Msgs[i], true);
        if (m && m->delivered && m->reply[0])
            ret[(*ret_n)++] = m;
        else
            broker_msg_free(m);
    }
    natsMsgList_Destroy(&list);
    return s == NATS_TIMEOUT ? 0 : broker_status(s);
}

int broker_done(struct broker *b, const struct broker_msg *m)
{
    return broker_publish(b, m->reply, span_str("+ACK"));
}

int broker_again(struct broker *b, const struct broker_msg *m, uint64_t ms)
{
    char text[64];

    snprintf(text, sizeof(text), "-NAK {\"delay\": %llu}", (unsigned long long)ms * 1000000);
    return broker_publish(b, m->reply, span_str(text));
}

int broker_never(struct broker *b, const struct broker_msg *m)
{
    return broker_publish(b, m->reply, span_str("+TERM"));
}
