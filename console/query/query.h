/* SPDX-License-Identifier: GPL-3.0-or-later
 * query: the language of the search box, to SQL in which every value is a parameter.
 *
 *     or    = and *("OR" and)
 *     and   = not *(["AND"] not)
 *     not   = ["-" / "NOT"] (term / "(" or ")")
 *     term  = field op value *("," value) / '"' text '"' / word
 *     op    = ":" / "=" / "!=" / "<" / "<=" / ">" / ">="
 *
 * A bare word finds words that begin so, without regard to case and accents; quoted text finds those words in
 * that order, and when it is written with accents only where they are the same. A bare address or SHA-256 is
 * understood as one. Nearly everything becomes one full-text expression (MATCH); what people change (status)
 * and times become conditions on the row.
 *
 * Pure: no database, any thread; all memory is the arena's. */
#ifndef GH_CONSOLE_QUERY_H
#define GH_CONSOLE_QUERY_H

#include "base/arena.h"
#include "base/reader.h"
#include "console/query/tsquery.h"

#define QUERY_BYTES 2048 /* longest query */
#define QUERY_DEPTH 16   /* parentheses and negations in each other */
#define QUERY_NODES 128  /* terms and groups */
#define QUERY_SLOTS 12   /* parameters of the conditions: ?5 … */
#define QUERY_FIRST 5
#define QUERY_KEYS 256 /* most words that one network or range of days becomes */

enum query_target { QUERY_ALERTS, QUERY_EVENTS };
struct query_context {
    enum query_target target;
    uint64_t now_us;
    int zone_minutes;  /* of who asks: dates without a zone are local */
    const char *user;  /* who "me" is */
    bool postgres;     /* for PostgreSQL: full-text expressions are tsqueries (tsquery.h) */
    int64_t oldest_us; /* time of the oldest event, 0 unknown: where a question without a beginning begins */
};
struct query_sql {
    const char *match;             /* full-text expression for ?1; NULL: none needed */
    const char *where;             /* condition on r.*, with parameters from ?5 on; "TRUE": none */
    const char *slot[QUERY_SLOTS]; /* values of the parameters; NULL behind the last */
    bool content;                  /* words, names or hashes of the content decide what matches */
    int64_t from, to;              /* µs, [from, to): of the whole query, or the ends of time */
    /* For events: the whole question as one condition on a table that is looked through (tsquery.h), with
     * columns time and appliance. "{0}" … stands where the list of the appliances named box[0] … goes; no other
     * brace is in it. Values are numbers and words only. */
    const char *scan[SCAN_FORMS];
    const char *box[QUERY_SLOTS];
};
struct query_error {
    size_t column, length; /* where: code points, from 1 */
    char text[192];        /* one sentence for people, in English */
    char code[24];         /* for the page: unknown_field, bad_value, ... */
    char near[32];         /* nearest name, or "" */
};
/* 0; ST_MALFORMED with *err; ST_NOMEM. An empty query is everything. */
int query_compile(struct arena *a, struct span text, const struct query_context *c, struct query_sql *ret,
                  struct query_error *err);

enum query_kind {
    QUERY_KEY,    /* one of the words that an event is filed under */
    QUERY_TEXT,   /* words of a part of the text */
    QUERY_IP,     /* an address or a network */
    QUERY_LEVEL,  /* a level, compared by rank */
    QUERY_NUMBER, /* a small number, compared */
    QUERY_HASH,   /* 64 hex digits */
    QUERY_TIME,   /* last, from, to */
    QUERY_STATE,  /* where a person has brought an alert */
    QUERY_REASON,
    QUERY_USER,
    QUERY_CLOCK, /* how long an alert may still wait */
    QUERY_CASE,
    QUERY_HAS, /* what an alert has at all */
    QUERY_BOX /* an appliance by name or identity */
};
struct query_field {
    const char *name;
    const char *part; /* QUERY_TEXT: column; QUERY_IP: which ends, "s", "d" or "sd" */
    const char *example;
    const char *en, *vi; /* what it means, for the completion */
    enum query_kind kind;
    bool alerts_only;
};
extern const struct query_field query_fields_known[];
extern const size_t query_field_count;

#endif
