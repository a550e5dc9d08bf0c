/* SPDX-License-Identifier: GPL-3.0-or-later
 * core: the state of gh-core, shared by the few files that make up the process. One thread.
 *
 * Two ways out: lines on standard output in the order of the events (inspect), or records in the journal
 * (run). */
#ifndef GH_CORE_CORE_H
#define GH_CORE_CORE_H

#include "base/proc.h"
#include "base/seal.h"
#include "policy/core/docs.h"
#include "policy/core/ledger.h"
#include "policy/core/output.h"
#include "policy/core/shed.h"

#define CORE_TIMESTAMP 48
#define CORE_SCRATCH (8u << 20)
#define CORE_ALERTED 65536 /* connections remembered as alerted, for their flow event */

struct kase;
struct scanning;
struct judging;
struct acting;
struct order;
struct journal;
struct evidence;
struct map;
struct record;
struct pcaps;

struct core {
    struct proc proc;
    /* what it was started for */
    bool to_stdout, scan, policy, live;
    int outdir_fd; /* -1: none */
    /* the sensor's side */
    struct proc_chan *sensor;
    struct docs *docs;
    unsigned life;                  /* counts the sensor's starts */
    uint64_t run;                   /* number of the present run */
    uint64_t next_n;                /* expected number of the next record */
    char timestamp[CORE_TIMESTAMP]; /* of the newest record */
    struct writer final;            /* JSON of the final LEDGER */
    bool sensor_final, sensor_gone, finished, stopping;
    uint64_t stop_ms; /* when the keeper asked to stop */
    uint64_t last_ms; /* when the last batch was closed, 0: not yet */
    /* cases */
    struct scanning *scanning;
    struct judging *judging;
    struct acting *acting;
    size_t open_cases, cases_max; /* with a document */
    size_t open_events;           /* without one */
    uint64_t events_unjudged;
    uint64_t open_bytes, next_case;
    /* what came of it */
    struct output *output; /* NULL: only the journal */
    struct order *order;
    struct map *alerted; /* flow_id -> nothing */
    struct pcaps *pcaps;
    struct writer scratch;
    struct ledger_own own;
    bool blocked; /* the policy said block at least once */
    /* the journal's side; all NULL with --stdout */
    struct seal_keys *keys;
    struct journal *journal;
    struct evidence *evidence;
    struct proc_chan *uplink, *down;
    uint64_t own_run, own_n; /* numbers for what happens here: alerts about the appliance, live accounts */
    uint64_t told_batch;     /* newest batch that the uplink knows of */
    uint64_t openings_ms;    /* when the evidence directory is looked through again (openings.h) */
    uint64_t full_lost;      /* events dropped since the journal became full */
    bool full_told;
    struct shed shed;
    struct writer held; /* the alert that the journal was full, until it can be written */
    int rc;
};

/* Exit status when nobody reads standard output any more: no complaint, as with any other filter. */
#define CORE_UNHEARD 4

/* Ends the process with rc once the loop comes round. A later, worse rc wins. */
void core_end(struct core *c, int rc);
/* A peer said something that it cannot have meant: logged, and the process ends with 3. */
void core_broken(struct core *c, const char *what, int rc);

/* A peer said what the table does not allow: it is not what it was. Logged, and the keeper is asked for
 * another in its place. */
void core_distrust(struct core *c, enum role role);

/* intake.c: the channel from the sensor. */
void intake_open(struct core *c, int fd);
/* Stops or resumes reading from the sensor as the open work allows (never live: there it is counted instead),
 * and until the policy has said what it judges. */
void intake_pressure(struct core *c);

/* emit.c: finished events leave. */
void emit_line(void *arg, enum event_type type, struct span json); /* to standard output, as order_line_fn */
void emit_plain(struct core *c, uint64_t n, enum event_type type, struct span json);
/* Stores a document as -w asks; true when it is there now. */
bool emit_store(struct core *c, const struct doc *d);
/* When everything is accounted for: the stats event, and (inspect) the end. */
void emit_finish(struct core *c);
/* Writes the lines that wait; ends the process when that cannot be done. */
void emit_flush(struct core *c);

/* record.c: the journal. */
/* Keys, journal and evidence, before the jail. Exits with a message when they are not there. */
void record_open(struct core *c);
void record_close(struct core *c);
void record_uplink(struct core *c, int fd);
/* The same for gh-down (down.c). */
void record_down(struct core *c, int fd);
/* One event with what was derived from it; counts it as written or lost. */
int record_unit(struct core *c, const struct record *r, size_t n);
/* Something about the appliance itself or a live account. */
void record_own(struct core *c, enum event_type type, struct span json);
/* An audit event of this appliance itself: the object gatehouse.audit. */
void record_fact(struct core *c, struct span audit);
/* Enforcement was switched on or off, or is off at the start: an audit record. */
void record_switch(struct core *c, bool on);
/* Writes batches that are due, tries again when the journal was full, tells the uplink. */
void record_tick(struct core *c, uint64_t now_ms);
/* Everything is recorded and the core is about to end: closes the last batch, and says whether to wait on for
 * the console's receipt for it. No longer than RECORD_LAST_MS, and not when the uplink gave up. */
#define RECORD_LAST_MS 5000 /* with the wait for the sensor less than the keeper's grace */
bool record_last(struct core *c, uint64_t now_ms);
/* Facts for `gatehouse status`. */
void record_note(struct core *c);

#endif
