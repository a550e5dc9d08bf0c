/* SPDX-License-Identifier: GPL-3.0-or-later
 * core: stands where the core stands: takes the pipeline's messages, checks their form and order, keeps what
 * was said. */
#ifndef GH_TESTS_CORE_H
#define GH_TESTS_CORE_H

#include "base/json.h"
#include "sensor/decode/crew.h"

#define CORE_EVENTS 4096

struct core {
    bool deaf;           /* refuses everything */
    struct arena *arena; /* of the JSON */
    struct json *events[CORE_EVENTS];
    size_t n_events;
    uint64_t last_n, last_document, documents, ledgers;
    struct json *ledger; /* the last one */
    bool final;
    struct event_target target;
    bool target_found;
    uint64_t request;
    struct core_pcap { /* answers about packets, the newest */
        struct event_pcap said;
        unsigned n, link_type;
        size_t bytes;     /* of all frames in it */
        struct span last; /* frame, in the arena */
    } pcap;
    const char *fault; /* what was wrong with the messages, NULL when nothing */
};
void core_init(struct core *c);
void core_done(struct core *c);
struct host_out core_out(struct core *c);
/* The i-th event of that type, or NULL; and how many there are. */
const struct json *core_event(const struct core *c, const char *type, size_t i);
size_t core_count(const struct core *c, const char *type);

#endif
