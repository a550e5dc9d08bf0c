/* SPDX-License-Identifier: GPL-3.0-or-later
 * replays: recorded events judged anew by what somebody is writing, in the background: one after the other,
 * on a thread with a reader of its own, in portions that go to the workbench. Kept in memory; a restart of
 * the console forgets them. Any thread may call. */
#ifndef GH_CONSOLE_REPLAYS_H
#define GH_CONSOLE_REPLAYS_H

#include "console/api/app.h"

#define REPLAYS_KEPT 16        /* waiting, running and finished */
#define REPLAY_CHANGES_MAX 500 /* told; all are counted */
#define REPLAY_EVENTS_MAX 5000000
#define REPLAY_MAX_MS (15 * 60 * 1000)

struct replays;
struct replay_order {
    int64_t version, against; /* against 0: what was recorded */
    const char *name, *who;
    struct span question, pack; /* for the workbench: op open */
    int64_t since_us;
    struct sight sight; /* only what this person may see is judged, and shown */
};
/* Starts the thread. db: its reader, closed by replays_stop. NULL: no memory. */
struct replays *replays_new(struct app *app, struct db *db);
/* Ends it; after helpers_stop, so that it waits for nobody. NULL is fine. */
void replays_stop(struct replays *p);
/* Puts one in the queue. 0 with *ret_id; ST_AGAIN: too many wait, or this person's own is not finished. */
int replays_add(struct replays *p, const struct replay_order *o, int64_t *ret_id);
/* A person's own: members of an open object. ST_NOT_FOUND. */
int replays_put(struct replays *p, const char *who, int64_t id, struct jw *j);
/* "items" of an open object: a person's own, newest first, without their changes. */
void replays_put_all(struct replays *p, const char *who, struct jw *j);
int replays_cancel(struct replays *p, const char *who, int64_t id);

#endif
