/* SPDX-License-Identifier: GPL-3.0-or-later
 * run: what the parts of `gatehouse run` share: run.c (start, restarts, signals), run_status.c (what
 * `gatehouse status` shows). One thread; static storage of the command. */
#ifndef GH_CTL_RUN_H
#define GH_CTL_RUN_H

#include "base/outlet.h"
#include "firmware/ctl/clock_fact.h"
#include "firmware/ctl/firmware_fact.h"
#include "firmware/ctl/ctl.h"
#include "firmware/ctl/disk.h"
#include "firmware/ctl/keeper.h"
#include "firmware/ctl/loglevel.h"

struct run {
    struct ctl_options opt;
    struct loop *loop;
    struct keeper *keeper;
    char *replay[256];
    size_t n_replay;
    char run_text[32];
    char *sensor_args[300];
    char *core_args[8];
    bool sensor_done;   /* the replay was read to its end */
    bool recorded;      /* and all of it is in the journal */
    bool uplink_faulty; /* its configuration is: it waits for a reload */
    bool owner;         /* our core has the state directory, so the status in it is ours to write */
    int rc;
    uint64_t started_us;
    struct writer notes[ROLE_COUNT];
    struct outlet outlet; /* output.eve */
    struct loop_timer *outlet_timer;
    bool anew;         /* the console changed the configuration: start all of it again */
    struct loglevel log_level;
    struct disk disk;
    struct clock_fact clock;
    struct firmware_fact firmware;
    enum msg_type enforce_told; /* ENFORCE_ON or ENFORCE_OFF, as it is known */
    const char *units; /* --units: directory of the socket units, or NULL */
};

/* A loop timer's callback, arg is the struct run: writes status.json anew. */
void run_write_status(void *arg);
/* What the console wants changed while the appliance runs, from a note of the process that fetched it:
 * {"settings":{"log_level":{…}}} (loglevel.h). An object's unknown members are ignored: a newer console may know more. */
void run_settings(struct run *r, const struct json *settings);

#endif
