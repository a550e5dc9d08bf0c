/* SPDX-License-Identifier: GPL-3.0-or-later
 * intake: one sealed batch from an appliance into the database: exactly once, or not at all; or an
 * appliance's hello (base/fetch.h).
 *
 * The batch's number, its records and its alerts are one transaction. A batch that is there already is
 * answered with the newest number; a hole names the number that is wanted, and what stands behind it is taken
 * only when the sender says that it comes ahead of its turn; a signature that does not fit, or a chain that
 * is not the one recorded, is refused and counted on the appliance. */
#ifndef GH_CONSOLE_INTAKE_H
#define GH_CONSOLE_INTAKE_H

#include "base/envelope.h"
#include "console/store/store.h"

enum intake_outcome {
    INTAKE_TAKEN,
    INTAKE_KNOWN,
    INTAKE_HELLO, /* no batch: it asks for wishes, and has nothing that is not here */
    INTAKE_AHEAD, /* taken, or taken before, while batches in front of it are wanted */
    INTAKE_HOLE,
    INTAKE_UNKNOWN,
    INTAKE_FORGED,
    INTAKE_MALFORMED
};
struct intake {
    enum intake_outcome outcome;
    uint64_t number; /* TAKEN, KNOWN, HELLO, AHEAD: newest batch without a hole; HOLE: the wanted one */
    uint64_t batch;  /* number of this one, once its signature was verified */
    uint8_t id[SEAL_ID],
        hash[SEAL_HASH]; /* TAKEN, KNOWN, AHEAD, HOLE: whose; hash of batch number (zeros: unknown) */
    bool newest;         /* KNOWN: it is the newest: whoever has it may hear of wishes */
    int64_t appliance;   /* row, 0 when unknown */
    char identity[2 * SEAL_ID + 1], name[128];
    bool by_old;       /* it was sealed to the console's keys before: the appliance does not know the new ones */
    const char *why;   /* FORGED, MALFORMED: a sentence */
    int64_t first_seq; /* TAKEN, AHEAD: alerts made have seq >= this */
    uint64_t records, alerts;
    size_t bytes_plain;
};

struct intake_way {
    const char *address; /* of the sender; NULL: it came as a file, which says nothing of its clock either */
    bool ahead;          /* may be taken before what stands in front of it */
    int64_t stored_us;   /* it lay at a broker, which took it then; 0: it comes at once */
    const struct seal_keys *old; /* of the console before; also opens what was sealed to them. NULL: there are none */
};
/* Judges and records. 0 with ret filled; ST_FULL, ST_NOMEM, ST_IO: nothing happened, the appliance should
 * come again. */
int intake_take(struct store *s, const struct seal_keys *console, struct span sealed,
                const struct intake_way *way, struct intake *ret);

/* When the database holds more than max bytes: forgets the oldest events that no alert needs, in steps that
 * do not hold the writer for long. Returns how many went. */
int64_t intake_make_room(struct store *s, uint64_t max);

#endif
