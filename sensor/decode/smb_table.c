/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/smb_table.h"
#include "sensor/decode/smb_event.h"
#include "sensor/decode/smb_state.h"

#include <stdlib.h>

#define TREE_CHARGE (sizeof(struct smb_tree) + SMB_NAME_MAX)

/* ---- requests ---- */

static struct smb_request **bucket_of(struct smb *s, uint64_t id)
{
    return &s->requests.bucket[(id ^ id >> 16 ^ id >> 32) % SMB_REQUEST_BUCKETS];
}

struct smb_request *smb_request_find(struct smb *s, unsigned version, uint16_t command, uint64_t id)
{
    for (struct smb_request *q = *bucket_of(s, id); q; q = q->next)
        if (q->id == id && q->command == command && q->version == version)
            return q;
    return NULL;
}

struct smb_request *smb_request_new(struct smb *s, enum direction dir, unsigned version, uint16_t command,
                                    uint64_t id, bool told)
{
    struct smb_requests *all = &s->requests;
    struct smb_request *q, **at;

    if (all->count >= SMB_REQUESTS_MAX) {
        proto_anomaly(s->cx, TO_SERVER, "smb.too_many_requests_open");
        q = all->oldest;
        smb_event_request(s, q, (struct smb_status){0});
        smb_request_free(s, q);
    }
    if (!proto_charge(s->cx, sizeof(*q))) {
        proto_anomaly(s->cx, TO_SERVER, "smb.memory");
        return NULL;
    }
    q = calloc(1, sizeof(*q));
    if (!q) {
        proto_release(s->cx, sizeof(*q));
        return NULL;
    }
    q->charged = sizeof(*q);
    q->dir = dir;
    q->version = version;
    q->command = command;
    q->id = id;
    q->told = told;
    if (told)
        q->tx = s->cx->tx_next++;
    writer_init(&q->name, SMB_NAME_MAX);
    writer_init(&q->facts, SMB_FACTS_MAX);
    at = bucket_of(s, id);
    q->next = *at; /* the youngest is found first: ids are used again */
    *at = q;
    q->older = all->youngest;
    if (all->youngest)
        all->youngest->younger = q;
    else
        all->oldest = q;
    all->youngest = q;
    all->count++;
    return q;
}

bool smb_request_waits(const struct smb *s, unsigned version, uint16_t command)
{
    for (const struct smb_request *q = s->requests.youngest; q; q = q->older)
        if (q->command == command && q->version == version)
            return true;
    return false;
}

void smb_request_file(struct smb *s, struct smb_request *q, struct smb_file *f)
{
    smb_file_ref(f);
    smb_file_unref(s, q->file);
    q->file = f;
}

bool smb_request_charge(struct smb *s, struct smb_request *q)
{
    size_t n = sizeof(*q) + q->name.cap + q->facts.cap;

    if (n <= q->charged)
        return true;
    if (proto_charge(s->cx, n - q->charged)) {
        q->charged = n;
        return true;
    }
    proto_anomaly(s->cx, TO_SERVER, "smb.memory");
    writer_done(&q->name);
    writer_done(&q->facts);
    writer_init(&q->name, SMB_NAME_MAX);
    writer_init(&q->facts, SMB_FACTS_MAX);
    return false;
}

void smb_request_free(struct smb *s, struct smb_request *q)
{
    struct smb_requests *all = &s->requests;
    struct smb_request **at = bucket_of(s, q->id);

    while (*at != q)
        at = &(*at)->next;
    *at = q->next;
    if (q->older)
        q->older->younger = q->younger;
    else
        all->oldest = q->younger;
    if (q->younger)
        q->younger->older = q->older;
    else
        all->youngest = q->older;
    all->count--;
    smb_file_unref(s, q->file);
    writer_done(&q->name);
    writer_done(&q->facts);
    proto_release(s->cx, q->charged);
    free(q);
}

void smb_requests_done(struct smb *s)
{
    while (s->requests.oldest) {
        struct smb_request *q = s->requests.oldest;
        smb_event_request(s, q, (struct smb_status){0});
        smb_request_free(s, q);
    }
}

/* ---- shares ---- */

struct smb_tree *smb_tree_find(struct smb *s, uint64_t session, uint32_t id)
{
    for (struct smb_tree **at = &s->trees.first; *at; at = &(*at)->next) {
        struct smb_tree *t = *at;
        if (t->id == id && t->session == session) {
            *at = t->next;
            t->next = s->trees.first;
            s->trees.first = t;
            return t;
        }
    }
    return NULL;
}

static void tree_free(struct smb *s, struct smb_tree *t)
{
    s->trees.first = t->next; /* it was found just now, or is the first anyway */
    s->trees.count--;
    writer_done(&t->share);
    free(t);
    proto_release(s->cx, TREE_CHARGE);
}

void smb_tree_add(struct smb *s, uint64_t session, uint32_t id, struct span share, bool pipe)
{
    struct smb_tree *t = smb_tree_find(s, session, id);

    if (!t) {
        if (s->trees.count >= SMB_TREES_MAX || !proto_charge(s->cx, TREE_CHARGE)) {
            proto_anomaly(s->cx, TO_CLIENT, "smb.too_many_shares");
            return;
        }
        t = calloc(1, sizeof(*t));
        if (!t) {
            proto_release(s->cx, TREE_CHARGE);
            return;
        }
        t->session = session;
        t->id = id;
        writer_init(&t->share, SMB_NAME_MAX);
        t->next = s->trees.first;
        s->trees.first = t;
        s->trees.count++;
    }
    t->pipe = pipe;
    writer_clear(&t->share);
    writer_put(&t->share, span_part(share, 0, SMB_NAME_MAX));
}

void smb_tree_remove(struct smb *s, uint64_t session, uint32_t id)
{
    struct smb_tree *t = smb_tree_find(s, session, id);

    if (t)
        tree_free(s, t);
}

void smb_trees_done(struct smb *s)
{
    while (s->trees.first)
        tree_free(s, s->trees.first);
}
