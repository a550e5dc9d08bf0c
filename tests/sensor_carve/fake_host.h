/* SPDX-License-Identifier: GPL-3.0-or-later
 * fake_host: the host side of proto.h for tests and fuzz targets: one flow, events and documents kept in
 * memory. */
#ifndef GH_TESTS_FAKE_HOST_H
#define GH_TESTS_FAKE_HOST_H

#include "sensor/decode/carve.h"

#define FAKE_EVENTS 4096
#define FAKE_DOCS 128

struct fake_event {
    enum event_type type;
    enum direction dir;
    uint64_t document;
    char *json; /* the whole object */
};
struct fake_doc {
    struct event_document d;
    char name[1100];
    uint8_t *bytes;
};
struct proto_host {
    struct proto_ctx cx;
    struct fake_event event[FAKE_EVENTS];
    size_t n_event;
    struct fake_doc doc[FAKE_DOCS];
    size_t n_doc;
    char anomalies[4096]; /* names, each followed by a blank */
    size_t charged, charge_max;
    bool event_open;
    struct writer w;
    enum event_type type;
    enum direction dir;
    const struct proto *proto;
    void *state;
};

/* A flow with a carver; opt NULL: keep everything, generous limits. */
struct proto_host *fake_new(const struct proto *proto, const struct carve_options *opt);
/* Closes the parser if it is still open and checks that nothing is left charged. */
void fake_close(struct proto_host *h);
void fake_free(struct proto_host *h);
/* Feeds text in that direction in pieces of at most step bytes (0: at once); each piece in a block of its
 * exact size. */
void fake_feed(struct proto_host *h, enum direction dir, const void *p, size_t n, size_t step);
void fake_say(struct proto_host *h, enum direction dir, const char *text, size_t step);
void fake_gap(struct proto_host *h, enum direction dir, uint64_t missing);
void fake_end(struct proto_host *h, enum direction dir);
/* n-th event of that type, or NULL. */
const struct fake_event *fake_event(const struct proto_host *h, enum event_type type, size_t n);
size_t fake_events(const struct proto_host *h, enum event_type type);
/* Does the n-th event of that type contain the text? */
bool fake_has(const struct proto_host *h, enum event_type type, size_t n, const char *text);
/* Is there a document of exactly these bytes? */
bool fake_doc_is(const struct proto_host *h, size_t n, const char *name, const void *p, size_t len);

#endif
