/* SPDX-License-Identifier: GPL-3.0-or-later
 * core: the state of gh-core, shared by the few files that make up the process. One thread. */
#ifndef GH_CORE_CORE_H
#define GH_CORE_CORE_H

#include "base/proc.h"
#include "policy/core/docs.h"
#include "policy/core/ledger.h"
#include "policy/core/lines.h"

#define CORE_TIMESTAMP 48

struct core {
    struct proc proc;
    /* what it was started for */
    bool to_stdout, scan, policy, live;
    int outdir_fd; /* -1: none */
    /* the sensor's side */
    struct proc_chan *sensor;
    struct docs *docs;
    uint64_t next_n;                /* expected number of the next record */
    char timestamp[CORE_TIMESTAMP]; /* of the newest record */
    struct writer final;            /* JSON of the final LEDGER */
    bool sensor_final, sensor_gone, finished;
    /* what came of it */
    struct lines lines;
    struct writer scratch;
    struct ledger_own own;
    bool blocked; /* the policy said block at least once */
    int rc;
};

/* Ends the process with rc once the loop comes round. A later, worse rc wins. */
void core_end(struct core *c, int rc);
/* A peer said something that it cannot have meant: logged, and the process ends with 3. */
void core_broken(struct core *c, const char *what, int rc);

/* intake.c: the channel from the sensor. */
void intake_open(struct core *c, int fd);

/* emit.c: finished events leave. */
void emit_line(struct core *c, struct span json);
/* Stores a document as -w asks; true when it is there now. */
bool emit_store(struct core *c, const struct doc *d);
/* All is accounted for: the stats event, and the end. */
void emit_finish(struct core *c);

#endif
