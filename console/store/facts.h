/* SPDX-License-Identifier: GPL-3.0-or-later
 * facts: what the database wants to know of one reported record: the indexed columns, and for an alert its
 * list row and its search words. Pure; everything returned lives in the arena. */
#ifndef GH_CONSOLE_FACTS_H
#define GH_CONSOLE_FACTS_H

#include "base/envelope.h"
#include "base/json.h"

struct facts {
    const struct json *event; /* NULL when malformed */
    struct span json;         /* what is stored: the record itself, or a note that it was no JSON */
    bool malformed;
    uint8_t type; /* enum event_type */
    int64_t time; /* µs; the batch's time when the record has none */
    bool has_flow;
    int64_t flow;
    struct span community;
    bool has_sha256;
    uint8_t sha256[32];
    int level; /* -1: the record says nothing of a document */
    bool unread;
    /* alerts */
    int severity;
    struct span host;              /* address of the sender */
    struct span rule, row, search; /* row: JSON members without braces */
    struct span capture_file;      /* name of the file with its packets; empty when it names none */
    /* stats */
    struct span ledger, versions;
    uint64_t lost;
};

/* Never fails on content: what is no JSON object of bounded depth becomes a note. ST_NOMEM: the arena is
 * full. */
int facts_of(struct arena *a, const struct record *r, uint64_t batch_us, struct facts *ret);
/* 2n lower-case hex digits to n bytes; false for anything else. */
bool facts_hex(struct span text, uint8_t *out, size_t n);
/* "in", "out", "lost" of all parts of a ledger: the sum of what was lost. */
uint64_t ledger_lost(const struct json *ledger);

#endif
