/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/http/stream.h"

#include <pthread.h>
#include <stdlib.h>

struct stream {
    struct hub *hub;
    struct stream *next, **at;
    int64_t owner, audience;
    struct writer out;
    size_t sent; /* bytes of out that were taken */
    bool ending, paused;
    struct stream_waiter waiter;
};
struct hub {
    pthread_mutex_t lock;
    struct stream *first;
    size_t count, max, per_owner;
    bool closed;
};

struct hub *hub_new(size_t max, size_t per_owner)
{
    struct hub *h = calloc(1, sizeof(*h));

    if (!h)
        return NULL;
    pthread_mutex_init(&h->lock, NULL);
    h->max = max;
    h->per_owner = per_owner;
    return h;
}

void hub_free(struct hub *h)
{
    if (!h)
        return;
    gh_check(!h->first);
    pthread_mutex_destroy(&h->lock);
    free(h);
}

size_t hub_count(struct hub *h)
{
    size_t n;

    pthread_mutex_lock(&h->lock);
    n = h->count;
    pthread_mutex_unlock(&h->lock);
    return n;
}

struct stream *stream_open(struct hub *h, int64_t owner, int64_t audience)
{
    struct stream *s = calloc(1, sizeof(*s));
    size_t own = 0;
    bool fits;

    if (!s)
        return NULL;
    s->hub = h;
    s->owner = owner;
    s->audience = audience;
    writer_init(&s->out, STREAM_BUFFER);
    pthread_mutex_lock(&h->lock);
    for (struct stream *i = h->first; i; i = i->next)
        own += i->owner == owner;
    fits = !h->closed && h->count < h->max && own < h->per_owner;
    if (fits) {
        s->next = h->first;
        s->at = &h->first;
        if (h->first)
            h->first->at = &s->next;
        h->first = s;
        h->count++;
    }
    pthread_mutex_unlock(&h->lock);
    if (!fits) {
        free(s);
        return NULL;
    }
    return s;
}

void stream_close(struct stream *s)
{
    if (!s)
        return;
    pthread_mutex_lock(&s->hub->lock);
    *s->at = s->next;
    if (s->next)
        s->next->at = s->at;
    s->hub->count--;
    pthread_mutex_unlock(&s->hub->lock);
    writer_done(&s->out);
    free(s);
}

int64_t stream_owner(const struct stream *s)
{
    return s->owner;
}

/* Under the lock: something changed that the reader should see. */
static void wake(struct stream *s)
{
    if (s->paused && s->waiter.resume) {
        s->paused = false;
        s->waiter.resume(s->waiter.arg);
    }
}

static void append(struct stream *s, struct span text)
{
    if (s->ending)
        return;
    if (s->out.n - s->sent + text.n > STREAM_BUFFER) {
        s->ending = true; /* too slow: it comes back and asks for what it missed */
    } else {
        if (s->out.n + text.n > STREAM_BUFFER && s->sent) {
            memmove(s->out.p, s->out.p + s->sent, s->out.n - s->sent);
            s->out.n -= s->sent;
            s->sent = 0;
        }
        writer_put(&s->out, text);
        if (!writer_ok(&s->out))
            s->ending = true;
    }
    wake(s);
}

void stream_send(struct stream *s, struct span text)
{
    pthread_mutex_lock(&s->hub->lock);
    append(s, text);
    pthread_mutex_unlock(&s->hub->lock);
}

void hub_publish(struct hub *h, struct span text)
{
    pthread_mutex_lock(&h->lock);
    for (struct stream *s = h->first; s; s = s->next)
        append(s, text);
    pthread_mutex_unlock(&h->lock);
}

void hub_publish_to(struct hub *h, int64_t audience, struct span text)
{
    pthread_mutex_lock(&h->lock);
    for (struct stream *s = h->first; s; s = s->next)
        if (s->audience == audience)
            append(s, text);
    pthread_mutex_unlock(&h->lock);
}

size_t hub_audiences(struct hub *h, int64_t *ids, size_t cap)
{
    size_t n = 0;

    pthread_mutex_lock(&h->lock);
    for (struct stream *s = h->first; s && n < cap; s = s->next) {
        size_t i = 0;
        while (i < n && ids[i] != s->audience)
            i++;
        if (i == n)
            ids[n++] = s->audience;
    }
    pthread_mutex_unlock(&h->lock);
    return n;
}

void hub_end(struct hub *h, int64_t owner, const char *last_words)
{
    pthread_mutex_lock(&h->lock);
    h->closed |= owner == 0;
    for (struct stream *s = h->first; s; s = s->next) {
        if (owner && s->owner != owner)
            continue;
        if (last_words)
            append(s, span_str(last_words));
        s->ending = true;
        wake(s);
    }
    pthread_mutex_unlock(&h->lock);
}

size_t hub_owners(struct hub *h, int64_t *ids, size_t cap)
{
    size_t n = 0;

    pthread_mutex_lock(&h->lock);
    for (struct stream *s = h->first; s && n < cap; s = s->next)
        ids[n++] = s->owner;
    pthread_mutex_unlock(&h->lock);
    return n;
}

void stream_attach(struct stream *s, struct stream_waiter w)
{
    pthread_mutex_lock(&s->hub->lock);
    s->waiter = w;
    pthread_mutex_unlock(&s->hub->lock);
}

ssize_t stream_read(struct stream *s, char *buf, size_t cap)
{
    ssize_t n;

    pthread_mutex_lock(&s->hub->lock);
    n = (ssize_t)(s->out.n - s->sent);
    if (n > (ssize_t)cap)
        n = (ssize_t)cap;
    if (n > 0) {
        memcpy(buf, s->out.p + s->sent, (size_t)n);
        s->sent += (size_t)n;
        if (s->sent == s->out.n)
            s->out.n = s->sent = 0;
    } else if (s->ending) {
        n = -1;
    } else {
        s->paused = true;
        if (s->waiter.pause)
            s->waiter.pause(s->waiter.arg);
    }
    pthread_mutex_unlock(&s->hub->lock);
    return n;
}
