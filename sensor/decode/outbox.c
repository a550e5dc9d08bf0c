/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/outbox.h"
#include "base/msg.h"

#include <stdlib.h>
#include <unistd.h>

#define DOCUMENT_MAX 2048 /* bytes of an announcement */

struct chunk *chunk_new(void)
{
    struct chunk *c = malloc(sizeof(*c));

    if (!c)
        return NULL;
    c->next = NULL;
    c->n = c->done = 0;
    c->document_bytes = 0;
    writer_init(&c->events, CHUNK_BYTES + 2 * MSG_MAX); /* full, and one event more */
    writer_init(&c->documents, CHUNK_ENTRIES * DOCUMENT_MAX);
    return c;
}

void chunk_clear(struct chunk *c)
{
    for (size_t i = c->done; i < c->n; i++)
        if (c->entries[i].fd >= 0)
            close(c->entries[i].fd);
    writer_clear(&c->events);
    writer_clear(&c->documents);
    c->n = c->done = 0;
    c->document_bytes = 0;
}

void chunk_free(struct chunk *c)
{
    if (!c)
        return;
    chunk_clear(c);
    writer_done(&c->events);
    writer_done(&c->documents);
    free(c);
}

int outbox_init(struct outbox *o, outbox_fn *fn, void *arg)
{
    *o = (struct outbox){.chunk = chunk_new(), .fn = fn, .arg = arg};
    return o->chunk ? 0 : ST_NOMEM;
}

void outbox_done(struct outbox *o)
{
    chunk_free(o->chunk);
    o->chunk = NULL;
}

void outbox_flush(struct outbox *o)
{
    if (o->chunk->n)
        o->chunk = o->fn(o->arg, o->chunk);
}

void outbox_make_room(struct outbox *o)
{
    const struct chunk *c = o->chunk;

    if (c->events.n >= CHUNK_BYTES || c->n == CHUNK_ENTRIES || c->document_bytes >= CHUNK_DOCUMENTS)
        outbox_flush(o);
}

void outbox_event(struct outbox *o, size_t start, uint64_t document)
{
    struct chunk *c = o->chunk;

    gh_check(c->n < CHUNK_ENTRIES);
    c->entries[c->n++] = (struct chunk_entry){
        .place = o->place, .document = document, .start = start, .n = c->events.n - start, .fd = -1};
    o->events++;
}

void outbox_document(struct outbox *o, const struct event_document *d, int fd)
{
    struct chunk *c;
    size_t start;

    outbox_make_room(o);
    c = o->chunk;
    start = c->documents.n;
    event_document_put(&c->documents, d);
    gh_check(writer_ok(&c->documents));
    c->document_bytes += d->size;
    c->entries[c->n++] = (struct chunk_entry){
        .place = o->place, .document = d->id, .start = start, .n = c->documents.n - start, .fd = fd};
}

void outbox_pcap(struct outbox *o, const struct event_pcap *p, size_t bytes, int fd)
{
    struct chunk *c;
    size_t start;

    outbox_make_room(o);
    c = o->chunk;
    start = c->documents.n;
    event_pcap_put(&c->documents, p);
    gh_check(writer_ok(&c->documents));
    c->document_bytes += bytes;
    c->entries[c->n++] = (struct chunk_entry){
        .place = o->place, .start = start, .n = c->documents.n - start, .pcap = true, .fd = fd};
}
