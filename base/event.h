/* SPDX-License-Identifier: GPL-3.0-or-later
 * event: what travels between the rooms: record framing of EVENTS, the document announcement, the enforcement target.
 * Pure functions over writer and reader; malformed input gives ST_MALFORMED. */
#ifndef GH_BASE_EVENT_H
#define GH_BASE_EVENT_H

#include "base/writer.h"

enum event_type {
#define EVENT_TYPE(name, text) EVENT_##name,
#include "base/event.def"
    EVENT_TYPE_COUNT
};
const char *event_type_name(enum event_type t);                 /* "flow"; "" when unknown */
bool event_type_parse(struct span name, enum event_type *ret);

enum event_field_type { FIELD_STR, FIELD_NUM, FIELD_BOOL, FIELD_ARR, FIELD_OBJ };
struct event_field {
    const char *path;
    enum event_field_type type;
    const char *en, *vi;
};
extern const struct event_field event_fields[];
extern const size_t event_field_count;

/* Rank of a classification level by name, 0 (none) to EVENT_RANK_MAX; -1 when there is no such level. */
#define EVENT_RANK_MAX 4
int event_level_rank(struct span name);
/* How people write that level ("TỐI MẬT"); NULL when there is none. Never translated: published translations disagree. */
const char *event_level_shown(struct span name);

/* One record of an EVENTS message: u64 n, u8 type, u8 flags, u64 document, u32 length, JSON (one object, no newline).
 * document != 0: a DOCUMENT with that number was sent before; the core adds "gatehouse":{"document":…} when it is read. */
struct event_record {
    uint64_t n; /* n-th event of the run, from 1, the same on every replay of the same capture */
    enum event_type type;
    uint8_t flags;
    uint64_t document;
    struct span json;
};
#define EVENT_RECORD_HEAD 22
void event_record_put(struct writer *w, const struct event_record *r);
/* Only what stands before the JSON, EVENT_RECORD_HEAD bytes: for who has written the JSON in place already. */
void event_record_head_put(struct writer *w, const struct event_record *r);
/* Gives a record that is written already its numbers. head: its first EVENT_RECORD_HEAD bytes. */
void event_record_number(uint8_t head[static EVENT_RECORD_HEAD], uint64_t n, uint64_t document);
/* Next record of an EVENTS body: 1, 0 at the end, ST_MALFORMED. */
int event_record_next(struct reader *r, struct event_record *ret);

/* DOCUMENT: one carved document; the descriptor is its sealed memfd. */
struct event_document {
    uint64_t id;         /* from 1, unique in the run */
    uint64_t flow_id;
    uint64_t size;       /* bytes in the memfd */
    uint8_t sha256[32];
    bool complete;       /* CLOSED and without gaps */
    struct span name;    /* file name, at most 1024 bytes */
};
void event_document_put(struct writer *w, const struct event_document *d);
int event_document_get(struct span body, struct event_document *ret);

/* PCAP: the answer to a PCAP_QUERY. With SO_FAR and WHOLE a sealed memfd holds the file, unless there is no frame yet. */
enum event_pcap_state {
    EVENT_PCAP_GONE,   /* no frame of the connection is there (any more) */
    EVENT_PCAP_SO_FAR, /* what came before the question; the whole follows when the connection or its time ends */
    EVENT_PCAP_WHOLE   /* all that will come */
};
#define EVENT_PCAP_MAX ((64u << 20) + 4096) /* longest file: twice sensor.recorder_flow at its largest, and the head */
struct event_pcap {
    uint64_t request;
    enum event_pcap_state state;
    bool complete;   /* every frame of the connection, from its first one on */
    uint32_t frames; /* in the file */
};
void event_pcap_put(struct writer *w, const struct event_pcap *p);
int event_pcap_get(struct span body, struct event_pcap *ret);

/* Where a connection stands, so that it can be reset: what the sensor knows and the enforcer needs. Addresses are 16 bytes,
 * IPv4 in the first four. Sequence numbers are the next expected ones of each side (host order). */
struct event_target {
    bool ipv6;
    uint8_t client[16], server[16];
    uint16_t client_port, server_port;
    uint32_t client_seq, server_seq;
    uint32_t client_window, server_window;
    uint8_t client_mac[6], server_mac[6]; /* link addresses as seen; zeros when unknown */
    uint16_t vlan[2];                     /* 0 when untagged */
    char iface[16];                       /* capture interface, "" offline */
};
void event_target_put(struct writer *w, const struct event_target *t);
int event_target_get(struct reader *r, struct event_target *ret);

#endif
