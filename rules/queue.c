/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/queue.h"
#include "rules/worker.h"

#include <stdlib.h>
#include <unistd.h>

#define FLAGS_AT 8      /* behind the id */
#define FLAGS_WORKER 3u /* text, fingerprints */
#define FLAG_HURRIED 4u

void queue_init(struct queue *q)
{
    *q = (struct queue){.last = &q->first};
}

void queue_put(struct queue *q, struct job *j, bool front)
{
    if (front) {
        j->next = q->first;
        q->first = j;
        if (q->last == &q->first)
            q->last = &j->next;
    } else {
        j->next = NULL;
        *q->last = j;
        q->last = &j->next;
    }
    q->n++;
}

struct job *queue_take(struct queue *q)
{
    struct job *j = q->first;

    gh_check(j);
    q->first = j->next;
    if (!q->first)
        q->last = &q->first;
    q->n--;
    return j;
}

void queue_drop_all(struct queue *q)
{
    while (q->first)
        job_free(queue_take(q));
}

struct job *job_new(struct span body, unsigned era, int fd)
{
    struct reader r = reader_span(body);
    uint64_t id = reader_le64(&r);
    uint8_t flags = reader_u8(&r);
    struct span name = reader_take(&r, reader_le16(&r));
    struct job *j;

    if (!reader_ok(&r) || reader_left(&r) || !name.p)
        return NULL;
    j = calloc(1, sizeof(*j) + body.n);
    if (!j)
        return NULL;
    j->id = id;
    j->era = era;
    j->fd = fd;
    j->hurried = flags & FLAG_HURRIED;
    j->n = body.n;
    memcpy(j->body, body.p, body.n);
    j->body[FLAGS_AT] = flags & FLAGS_WORKER;
    return j;
}

void job_free(struct job *j)
{
    close(j->fd);
    free(j);
}

struct span job_name(const struct job *j)
{
    struct reader r = reader_of(j->body, j->n);

    reader_skip(&r, FLAGS_AT + 1);
    return reader_take(&r, reader_le16(&r));
}

void job_without_pictures(struct job *j, enum unread why)
{
    j->pictures = why;
    j->fresh = false;
    j->body[FLAGS_AT] = (uint8_t)((j->body[FLAGS_AT] & FLAGS_WORKER) | (unsigned)why << WORK_LEFT_SHIFT);
}
