/* SPDX-License-Identifier: GPL-3.0-or-later
 * broker_impl: what the connection (broker.c) and the stream (broker_stream.c) of base/broker.h share. */
#ifndef GH_BASE_BROKER_IMPL_H
#define GH_BASE_BROKER_IMPL_H

#include "base/broker.h"
#include "base/broker_files.h"

#include <nats/nats.h>
#include <pthread.h>

#define LISTENERS 4

struct listener {
    struct broker *broker;
    const char *subject, *queue;
    broker_fn *fn;
    void *arg;
    natsSubscription *sub;
};
struct broker {
    struct broker_files files;
    char name[128], inbox[BROKER_SUBJECT];
    struct listener listener[LISTENERS];
    size_t listeners;
    const char *stream, *subject, *consumer;
    unsigned most;
    pthread_rwlock_t gate; /* written while the connection is replaced */
    natsOptions *options;
    natsConnection *nc;
    jsCtx *js;
    natsSubscription *pull;
    unsigned mends;
    pthread_mutex_t lock;
    char trouble[BROKER_TROUBLE];
};

/* The trouble from now on: what, and what the library says; NULL: none. Any thread. */
void broker_say(struct broker *b, const char *what, natsStatus s);
int broker_status(natsStatus s);
/* Is the connection there? With the gate held. */
bool broker_connected(struct broker *b);
/* A copy of its own: the library's message must not outlive its subscription. NULL when it cannot be ours. */
struct broker_msg *broker_copy(natsMsg *from, bool stored);

#endif
