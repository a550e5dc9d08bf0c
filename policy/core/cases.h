/* SPDX-License-Identifier: GPL-3.0-or-later
 * cases: one carved document on its way through the core: read, judged, acted upon, handed out.
 *
 *     cases_take -> scanning.c -> judging.c -> acting.c -> emit_case
 *
 * An event without a document that the policy wants to judge is a case as well, and begins at judging.
 * A case is owned by the stage it is in; emit_case ends it. Each stage owns the channel to its peer,
 * remembers what it asked, and asks again when the peer was started anew. One thread. */
#ifndef GH_CORE_CASES_H
#define GH_CORE_CASES_H

#include "policy/core/core.h"
#include "policy/core/findings.h"
#include "policy/core/order.h"
#include "policy/core/verdict.h"

#define CASES_MAX 4096               /* open at a time, whatever scan.queue says: each holds a descriptor */
#define EVENTS_OPEN_MAX 8192         /* events without a document that are being judged */
#define CORE_ORDER_BYTES (64u << 20) /* lines that wait behind a verdict */

struct kase {
    struct kase *next;                   /* in the list of its stage */
    struct kase *row_before, *row_after; /* in the row of those to be judged */
    bool in_row, ready;                  /* there; and read, so that it can be judged */
    enum event_type type;
    uint64_t flow_id;
    uint64_t id; /* unique in this process */
    uint64_t run, n;
    unsigned life;   /* of the sensor: accounts of an earlier life are closed */
    struct doc *doc; /* NULL: an event without a document */
    bool stored, judged;
    const char *incomplete;    /* unread_reason for bytes that were never carved, or NULL */
    struct order_place *place; /* NULL when it goes to the journal */
    struct writer record;      /* the sensor's text */
    struct writer document;    /* the document object without its closing brace */
    struct verdict verdict;
    uint64_t asked_ms; /* when the stage's peer was asked, 0: not yet */
    unsigned deaths;   /* of the policy while it had this case */
    bool quarantined, enforced;
    char quarantine_reason[128], enforce_reason[256];
};

/* A fileinfo record with its document (taken over). */
void cases_take(struct core *c, const struct event_record *e, struct doc *d, bool stored);
/* An event without a document that the policy judges. False: it does not want it, or live there are too many.
 */
bool cases_event(struct core *c, const struct event_record *e);
/* Is so much open that the sensor should wait? (Offline; live it cannot.) */
bool cases_full(const struct core *c);
void case_free(struct core *c, struct kase *k);
/* What is still open at the end of a live run leaves unread and unjudged. */
void cases_abandon(struct core *c);

/* scanning.c: the documents' readers. */
struct scanning;
struct scanning *scanning_new(struct core *c);
void scanning_free(struct scanning *s);
/* What was read until now is read again when it comes again: whoever handed it over is not believed any more,
 * and with it not that the bytes were those of the hash it named. */
void scanning_forget(struct scanning *s);
void scanning_peer(struct scanning *s, int fd);
void scanning_take(struct scanning *s, struct kase *k);
void scanning_tick(struct scanning *s, uint64_t now_ms);
struct kase *scanning_pop(struct scanning *s); /* any case that is here, or NULL: for cases_abandon */

/* judging.c: the policy. */
struct judging;
struct judging *judging_new(struct core *c, enum action safe);
void judging_free(struct judging *j);
void judging_peer(struct judging *j, int fd);
/* Does the policy judge such events? */
bool judging_wants(const struct judging *j, enum event_type type);
/* Is it known what the policy wants? Until then the sensor waits, for a while. */
bool judging_knows(const struct judging *j);
/* A case that will come: when the order of events matters it gets its place in the row now. */
void judging_expect(struct judging *j, struct kase *k);
void judging_take(struct judging *j, struct kase *k);
/* After each round of messages: asks what came together. */
void judging_round(struct judging *j);
/* A case that ends before it was judged. */
void judging_forget(struct judging *j, struct kase *k);
void judging_tick(struct judging *j, uint64_t now_ms);
struct kase *judging_pop(struct judging *j);

/* acting.c: quarantine and enforcement. */
struct acting;
struct acting *acting_new(struct core *c);
void acting_free(struct acting *a);
void acting_peer(struct acting *a, int fd);
void acting_take(struct acting *a, struct kase *k);
void acting_flow_state(struct acting *a, struct span body);
void acting_tick(struct acting *a, uint64_t now_ms);
struct kase *acting_pop(struct acting *a);

/* emit.c */
/* Was there an alert about that connection? */
bool emit_alerted(struct core *c, uint64_t flow_id);
/* The finished case leaves, and its memory with it. */
void emit_case(struct core *c, struct kase *k);

#endif
