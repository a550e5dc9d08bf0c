/* SPDX-License-Identifier: GPL-3.0-or-later
 * ledger: the sensor's accounts and the core's own in one stats event, so that for packets, segments, flows,
 * documents and events  in = out + everything lost by name. What cannot be explained is itself a named loss,
 * never hidden. */
#ifndef GH_CORE_LEDGER_H
#define GH_CORE_LEDGER_H

#include "base/writer.h"

struct output_counts;

/* What a journal that is nearly full no longer takes, the least important first; what is not among it is
 * taken until it is full (journal_room). */
enum shed_class {
    SHED_CONNECTIONS,
    SHED_LOGS,      /* log events of protocols */
    SHED_DOCUMENTS, /* of which none is an alert */
    SHED_CLASSES
};

struct ledger_own {
    uint64_t received; /* records from the sensor */
    uint64_t added;    /* events made here: alerts, audit */
    uint64_t written;  /* printed or recorded; also those that an earlier life of this process had recorded */
    uint64_t journal_full;       /* dropped because the journal could not take them */
    uint64_t shed[SHED_CLASSES]; /* dropped to leave its last room to what matters more */
    uint64_t not_wanted;         /* dropped by configuration (journal.flows = no) */
    uint64_t malformed; /* dropped because they were no events; and the documents that such a one named */
    uint64_t malformed_documents;
    uint64_t scan_queue; /* documents announced but not read, because too many were waiting */
    const struct output_counts
        *output; /* NULL: there is none besides the journal, or it is what these accounts are of */
    /* packets of alerts that were asked for, and what came of it (pcaps.h) */
    uint64_t pcaps_asked, pcaps_kept, pcaps_lost, pcaps_refused;
    char policy[128]; /* "name@version" of the policy that answered last; "" when none was asked */
};
/* Appends the stats event. sensor is the JSON of its LEDGER message, or empty when it died before sending
 * one. open counts as neither in nor out the events that are still being judged (live); at the end there are
 * none. 0 or ST_MALFORMED (then the sensor's part counts as missing and the event is written without it). */
int ledger_event(struct writer *out, struct span sensor, const struct ledger_own *own, struct span timestamp);

#endif
