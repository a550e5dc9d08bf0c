/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/event.h"

static const char *const type_names[] = {
#define EVENT_TYPE(name, text) text,
#include "base/event.def"
};

#define STR FIELD_STR
#define NUM FIELD_NUM
#define BOOL FIELD_BOOL
#define ARR FIELD_ARR
#define OBJ FIELD_OBJ
const struct event_field event_fields[] = {
#define EVENT_FIELD(path, type, en, vi) {path, type, en, vi},
#include "base/event.def"
};
#undef STR
#undef NUM
#undef BOOL
#undef ARR
#undef OBJ
const size_t event_field_count = GH_COUNT(event_fields);

static const struct {
    const char *name;
    int rank;
    const char *shown;
} levels[] = {
#define EVENT_LEVEL(name, rank, shown) {name, rank, shown},
#include "base/event.def"
};

int event_level_rank(struct span name)
{
    for (size_t i = 0; i < GH_COUNT(levels); i++)
        if (span_eq(name, span_str(levels[i].name)))
            return levels[i].rank;
    return -1;
}

const char *event_level_shown(struct span name)
{
    for (size_t i = 0; i < GH_COUNT(levels); i++)
        if (span_eq(name, span_str(levels[i].name)))
            return levels[i].shown;
    return NULL;
}

const char *event_type_name(enum event_type t)
{
    return (size_t)t < GH_COUNT(type_names) ? type_names[t] : "";
}

bool event_type_parse(struct span name, enum event_type *ret)
{
    for (size_t i = 0; i < GH_COUNT(type_names); i++)
        if (span_eq(name, span_str(type_names[i]))) {
            *ret = (enum event_type)i;
            return true;
        }
    return false;
}

void event_record_head_put(struct writer *w, const struct event_record *r)
{
    writer_le(w, r->n, 8);
    writer_u8(w, (uint8_t)r->type);
    writer_u8(w, r->flags);
    writer_le(w, r->document, 8);
    writer_le(w, r->json.n, 4);
}

void event_record_number(uint8_t head[static EVENT_RECORD_HEAD], uint64_t n, uint64_t document)
{
    struct writer w;

    writer_fixed(&w, head, 8);
    writer_le(&w, n, 8);
    writer_fixed(&w, head + 10, 8);
    writer_le(&w, document, 8);
}

void event_record_put(struct writer *w, const struct event_record *r)
{
    event_record_head_put(w, r);
    writer_put(w, r->json);
}

int event_record_next(struct reader *r, struct event_record *ret)
{
    struct event_record e = {0};

    if (reader_ok(r) && reader_left(r) == 0)
        return 0;
    e.n = reader_le64(r);
    e.type = (enum event_type)reader_u8(r);
    e.flags = reader_u8(r);
    e.document = reader_le64(r);
    e.json = reader_take(r, reader_le32(r));
    if (!reader_ok(r) || e.type >= EVENT_TYPE_COUNT || e.json.n < 2 || e.json.p[0] != '{' ||
        e.json.p[e.json.n - 1] != '}')
        return ST_MALFORMED;
    *ret = e;
    return 1;
}

void event_document_put(struct writer *w, const struct event_document *d)
{
    writer_le(w, d->id, 8);
    writer_le(w, d->flow_id, 8);
    writer_le(w, d->size, 8);
    writer_bytes(w, d->sha256, sizeof(d->sha256));
    writer_u8(w, d->complete);
    writer_put(w, span_part(d->name, 0, 1024));
}

int event_document_get(struct span body, struct event_document *ret)
{
    struct reader r = reader_span(body);
    struct event_document d = {0};

    d.id = reader_le64(&r);
    d.flow_id = reader_le64(&r);
    d.size = reader_le64(&r);
    reader_copy(&r, d.sha256, sizeof(d.sha256));
    d.complete = reader_u8(&r) != 0;
    d.name = reader_rest(&r);
    if (!reader_ok(&r) || !d.id || d.name.n > 1024)
        return ST_MALFORMED;
    *ret = d;
    return 0;
}

void event_pcap_put(struct writer *w, const struct event_pcap *p)
{
    writer_le(w, p->request, 8);
    writer_u8(w, (uint8_t)p->state);
    writer_u8(w, p->complete);
    writer_le(w, p->frames, 4);
}

int event_pcap_get(struct span body, struct event_pcap *ret)
{
    struct reader r = reader_span(body);
    uint64_t request = reader_le64(&r);
    uint8_t state = reader_u8(&r), complete = reader_u8(&r);
    uint32_t frames = reader_le32(&r);

    if (!reader_ok(&r) || reader_left(&r) || state > EVENT_PCAP_WHOLE || complete > 1 ||
        (state == EVENT_PCAP_GONE && frames))
        return ST_MALFORMED;
    *ret = (struct event_pcap){request, (enum event_pcap_state)state, complete != 0, frames};
    return 0;
}

void event_target_put(struct writer *w, const struct event_target *t)
{
    writer_u8(w, t->ipv6);
    writer_bytes(w, t->client, 16);
    writer_bytes(w, t->server, 16);
    writer_le(w, t->client_port, 2);
    writer_le(w, t->server_port, 2);
    writer_le(w, t->client_seq, 4);
    writer_le(w, t->server_seq, 4);
    writer_le(w, t->client_window, 4);
    writer_le(w, t->server_window, 4);
    writer_bytes(w, t->client_mac, 6);
    writer_bytes(w, t->server_mac, 6);
    writer_le(w, t->vlan[0], 2);
    writer_le(w, t->vlan[1], 2);
    writer_bytes(w, t->iface, sizeof(t->iface));
}

int event_target_get(struct reader *r, struct event_target *ret)
{
    struct event_target t = {0};

    t.ipv6 = reader_u8(r) != 0;
    reader_copy(r, t.client, 16);
    reader_copy(r, t.server, 16);
    t.client_port = reader_le16(r);
    t.server_port = reader_le16(r);
    t.client_seq = reader_le32(r);
    t.server_seq = reader_le32(r);
    t.client_window = reader_le32(r);
    t.server_window = reader_le32(r);
    reader_copy(r, t.client_mac, 6);
    reader_copy(r, t.server_mac, 6);
    t.vlan[0] = reader_le16(r);
    t.vlan[1] = reader_le16(r);
    reader_copy(r, t.iface, sizeof(t.iface));
    if (!reader_ok(r) || t.iface[sizeof(t.iface) - 1] != 0)
        return ST_MALFORMED;
    *ret = t;
    return 0;
}
