/* SPDX-License-Identifier: GPL-3.0-or-later
 * loglevel: more (or less) in the log for a while, without a restart. A wish is a small file beside the
 * keeper's status; `gatehouse log-level` writes it and wakes the keeper, which tells the processes, shows it
 * in the status, has an audit event recorded, and takes it back when its time is over: a level that somebody
 * forgot fills the disk. It survives a restart of the keeper. The console's settings come here too
 * (loglevel_wish). One thread. */
#ifndef GH_CTL_LOGLEVEL_H
#define GH_CTL_LOGLEVEL_H

#include "base/json.h"
#include "firmware/ctl/keeper.h"

#define LOGLEVEL_FILE "log-level.json"
#define LOGLEVEL_MOST_MS 86400000u /* a day */
#define LOGLEVEL_USUAL_MS 1800000u

struct loglevel {
    struct keeper *keeper;
    const struct conf *conf;
    bool active;
    enum log_level level;
    enum role role;    /* ROLE_ANY: all of them, and the keeper */
    uint64_t until_us; /* wall clock, for people */
    uint64_t end_ms;   /* monotonic: what counts */
    char by[64];
};

/* Takes up a wish that outlived a restart. conf and keeper are borrowed. */
void loglevel_start(struct loglevel *l, struct keeper *keeper, const struct conf *conf);
/* Reads the wish's file again: it may be new, or gone. */
void loglevel_look(struct loglevel *l);
/* Takes it back when its time is over; call it every second or so. */
void loglevel_tick(struct loglevel *l);
/* One that came another way, the console's settings: {"level":"debug","process":"scan","minutes":30}; process
 * is left out for all, level "normal" ends it. by is who wanted it. 0, or ST_USAGE: it is no such object, and
 * nothing changes. */
int loglevel_wish(struct loglevel *l, const struct json *wish, const char *by);
/* "log_level":{…} of the status; nothing while all is as configured. */
void loglevel_status(const struct loglevel *l, struct jw *j);

#endif
