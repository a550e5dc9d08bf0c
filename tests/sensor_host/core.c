/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/sensor_host/core.h"

#include <string.h>
#include <unistd.h>

void core_init(struct core *c)
{
    memset(c, 0, sizeof(*c));
    c->arena = arena_new(64u << 20);
}

void core_done(struct core *c)
{
    arena_free(c->arena);
}

static void fault(struct core *c, const char *what)
{
    if (!c->fault)
        c->fault = what;
}

/* The message is gone after the call: a copy for the tree. */
static struct json *parse(struct core *c, struct span text)
{
    char *copy = arena_dup(c->arena, text.p, text.n);
    struct json *j = NULL;

    if (!copy || json_parse(c->arena, span_of(copy, text.n), 32, &j, NULL) != 0)
        fault(c, "JSON is malformed");
    return j;
}

static void take_events(struct core *c, struct span body)
{
    struct reader r = reader_span(body);
    struct event_record e;
    int rc;

    while ((rc = event_record_next(&r, &e)) == 1) {
        struct json *j = parse(c, e.json);
        if (e.n != c->last_n + 1)
            fault(c, "events are not numbered 1, 2, 3");
        if (e.document > c->last_document)
            fault(c, "a record names a document that was not sent before");
        if (strcmp(json_cstr(json_get(j, "event_type"), ""), event_type_name(e.type)) != 0)
            fault(c, "record and JSON differ in type");
        c->last_n = e.n;
        if (c->n_events < CORE_EVENTS)
            c->events[c->n_events++] = j;
    }
    if (rc < 0)
        fault(c, "EVENTS is malformed");
}

static void take_document(struct core *c, struct span body, int fd)
{
    struct event_document d;
    struct span bytes;

    if (event_document_get(body, &d) != 0 || d.id != c->last_document + 1)
        fault(c, "DOCUMENT is malformed or out of order");
    else if (msg_map(fd, 1u << 30, &bytes) != 0)
        fault(c, "the document is not a sealed memfd");
    else {
        if (bytes.n != d.size)
            fault(c, "the document's size is wrong");
        msg_unmap(bytes);
        c->last_document = d.id;
        c->documents++;
    }
}

static void take_ledger(struct core *c, struct span body)
{
    struct reader r = reader_span(body);

    reader_skip(&r, 8);
    c->final = reader_u8(&r) != 0;
    c->ledger = parse(c, reader_rest(&r));
    c->ledgers++;
}

static void take_state(struct core *c, struct span body)
{
    struct reader r = reader_span(body);

    c->request = reader_le64(&r);
    c->target_found = reader_u8(&r) != 0;
    if (event_target_get(&r, &c->target) != 0 || reader_left(&r))
        fault(c, "FLOW_STATE is malformed");
}

/* A pcap file must hold as many whole frames as were said. */
static void take_pcap(struct core *c, struct span body, int fd)
{
    struct span bytes = {NULL, 0};
    struct reader r;
    uint32_t frames = 0;

    c->pcap.n++;
    c->pcap.bytes = 0;
    if (event_pcap_get(body, &c->pcap.said) != 0 || (fd >= 0) != (c->pcap.said.frames > 0) ||
        (fd >= 0 && msg_map(fd, EVENT_PCAP_MAX, &bytes) != 0)) {
        fault(c, "PCAP is malformed");
        return;
    }
    r = reader_span(bytes);
    reader_skip(&r, fd >= 0 ? 20 : 0);
    c->pcap.link_type = fd >= 0 ? reader_le32(&r) : 0;
    for (; reader_left(&r); frames++) {
        struct span one;
        reader_skip(&r, 8);
        one = reader_take(&r, reader_le32(&r) + 4u);
        c->pcap.bytes += one.n - 4;
        c->pcap.last = span_part(span_of(arena_dup(c->arena, one.p, one.n), one.n), 4, one.n);
    }
    if (!reader_ok(&r) || frames != c->pcap.said.frames)
        fault(c, "the pcap file is not what was said");
    msg_unmap(bytes);
}

static int on_send(void *arg, enum msg_type type, struct span body, int fd)
{
    struct core *c = arg;

    if (!c->deaf) {
        if (type == MSG_EVENTS)
            take_events(c, body);
        else if (type == MSG_DOCUMENT)
            take_document(c, body, fd);
        else if (type == MSG_LEDGER)
            take_ledger(c, body);
        else if (type == MSG_PCAP)
            take_pcap(c, body, fd);
        else if (type == MSG_FLOW_STATE)
            take_state(c, body);
        else
            fault(c, "an unknown message");
    }
    if (fd >= 0)
        close(fd);
    return c->deaf ? ST_CLOSED : 0;
}

struct host_out core_out(struct core *c)
{
    return (struct host_out){on_send, c};
}

const struct json *core_event(const struct core *c, const char *type, size_t i)
{
    for (size_t k = 0; k < c->n_events; k++)
        if (!strcmp(json_cstr(json_get(c->events[k], "event_type"), ""), type) && i-- == 0)
            return c->events[k];
    return NULL;
}

size_t core_count(const struct core *c, const char *type)
{
    size_t n = 0;

    while (core_event(c, type, n))
        n++;
    return n;
}
