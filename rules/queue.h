/* SPDX-License-Identifier: GPL-3.0-or-later
 * queue: the documents of the supervisor that wait for a worker, in the order of their coming. Not bounded
 * here: whoever puts documents in counts them. */
#ifndef GH_RULES_QUEUE_H
#define GH_RULES_QUEUE_H

#include "rules/extract.h"

#include <stdbool.h>

/* One SCAN not answered yet. */
struct job {
    struct job *next;
    uint64_t id;
    unsigned era; /* of the core that asked; the answer to a core that is gone is nobody's */
    int fd;       /* the sealed document */
    bool fresh;   /* only for a worker that has read nothing */
    bool hurried; /* is not to wait for a place among those whose pictures are read */
    enum unread
        pictures; /* their reading failed, this is why: read once more without; UNREAD_NONE: not yet */
    size_t n;
    uint8_t body[]; /* as WORK wants it */
};
struct queue {
    struct job *first, **last;
    size_t n;
};

void queue_init(struct queue *q);
/* front: it has been at a worker already. */
void queue_put(struct queue *q, struct job *j, bool front);
/* The first one, which must be there. */
struct job *queue_take(struct queue *q);
void queue_drop_all(struct queue *q);
/* A job of a SCAN's body with the core's flags reduced to those that a worker knows. NULL: malformed, or no
 * memory; fd stays the caller's then. */
struct job *job_new(struct span body, unsigned era, int fd);
void job_free(struct job *j); /* closes its document */
/* File name in its body. */
struct span job_name(const struct job *j);
/* To be read without its pictures, which are unread for this reason. */
void job_without_pictures(struct job *j, enum unread why);

#endif
