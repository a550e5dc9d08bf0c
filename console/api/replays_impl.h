/* SPDX-License-Identifier: GPL-3.0-or-later
 * replays_impl: what the list of replays (replays.c) and the run of one (replay_run.c) share. */
#ifndef GH_CONSOLE_REPLAYS_IMPL_H
#define GH_CONSOLE_REPLAYS_IMPL_H

#include "console/api/replays.h"
#include "console/api/sources.h"

#define CHANGES_BYTES (1u << 20) /* told of one job */

enum job_state { JOB_WAITS, JOB_RUNS, JOB_DONE, JOB_FAILED, JOB_CANCELLED };

struct job {
    int64_t id, version, against; /* id 0: free */
    enum job_state state;
    bool cancel, complete;
    char name[SOURCE_NAME_MAX + 1], who[65], why[256];
    struct sight sight;
    struct writer question, pack, changes, counts; /* changes: elements with commas; counts: members */
    size_t n_changes;
    int64_t since_us, until_us, at_us, begun_us, ended_us;
    uint64_t events;
};
struct replays {
    struct app *app;
    struct db *db;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool ending;
    int64_t next;
    struct job job[REPLAYS_KEPT];
};

/* Goes through a job that is JOB_RUNS, on the thread alone and without the lock; afterwards its state says
 * how it ended. */
void replay_run(struct replays *p, struct job *job);

#endif
