/* SPDX-License-Identifier: GPL-3.0-or-later
 * stream: server-sent events to many browsers. A hub holds the open streams; each has a bounded buffer. A
 * browser that does not keep up loses its stream, reconnects by itself, and says with Last-Event-ID where it
 * was: nothing is lost silently.
 *
 * The hub is thread-safe. A stream is freed by whoever serves it (stream_close), never by the hub. */
#ifndef GH_CONSOLE_STREAM_H
#define GH_CONSOLE_STREAM_H

#include "base/writer.h"

#include <sys/types.h>

struct hub;
struct stream;

#define STREAM_BUFFER (256u << 10)

/* At most max streams in all and per_owner for one session. NULL when memory is short. */
struct hub *hub_new(size_t max, size_t per_owner);
void hub_free(struct hub *h); /* no stream may be left */
size_t hub_count(struct hub *h);
/* A stream of session owner, already listening; NULL when there are too many. audience: who hears the same
 * (hub_publish_to); 0: who sees everything. */
struct stream *stream_open(struct hub *h, int64_t owner, int64_t audience);
void stream_close(struct stream *s); /* NULL is fine */
int64_t stream_owner(const struct stream *s);
/* Appends whole events to one stream, to all, or to those of one audience. */
void stream_send(struct stream *s, struct span text);
void hub_publish(struct hub *h, struct span text);
void hub_publish_to(struct hub *h, int64_t audience, struct span text);
/* Fills ids with the audiences of open streams, each once, at most cap. Returns how many. */
size_t hub_audiences(struct hub *h, int64_t *ids, size_t cap);
/* Ends the streams of one session (0: all, and no new one opens), after what they still have to say. */
void hub_end(struct hub *h, int64_t owner, const char *last_words);
/* Fills ids with the owners of open streams, at most cap. Returns how many. */
size_t hub_owners(struct hub *h, int64_t *ids, size_t cap);

/* For the server: bytes into buf; 0: nothing now, and pause(arg) was called under the hub's lock; -1: the
 * end. Later resume(arg) is called, from another thread, when there is something again. */
struct stream_waiter {
    void (*pause)(void *arg);
    void (*resume)(void *arg);
    void *arg;
};
void stream_attach(struct stream *s, struct stream_waiter w);
ssize_t stream_read(struct stream *s, char *buf, size_t cap);

#endif
