/* SPDX-License-Identifier: GPL-3.0-or-later
 * rollouts: goods on their way to appliances, step by step: a canary, a ring, a part of all, all.
 *
 *     proposed ──approve──▶ running ⇄ paused          done: every step was taken and stood the wait
 *                              │  ├──▶ stopped         (what has it keeps it)
 *                              └──┴──▶ back            what was wanted before is wanted again, everywhere
 *
 * Each appliance of a step is assigned the goods for itself (goods.h). The next step is taken by itself when
 * `wait` is over and `need` percent of the appliances so far run it; the whole is taken back by itself when
 * more than `most_failed` of them refuse it or fail with it, or when their alerts come more than
 * `most_alerts` percent faster than in the day before. At most one roll-out of a kind is under way. Writing
 * functions run in the caller's transaction. */
#ifndef GH_CONSOLE_ROLLOUTS_H
#define GH_CONSOLE_ROLLOUTS_H

#include "console/store/goods.h"
#include "console/store/sight.h"

#define ROLLOUT_STEPS_MAX 8
#define ROLLOUT_WHY_MAX 500
#define ROLLOUT_ALERTS_LEAST 10 /* fewer alerts than this never take a roll-out back */

enum rollout_state {
    ROLLOUT_PROPOSED,
    ROLLOUT_RUNNING,
    ROLLOUT_PAUSED,
    ROLLOUT_DONE,
    ROLLOUT_STOPPED,
    ROLLOUT_BACK,
    ROLLOUT_STATES
};
extern const char *const rollout_state_names[ROLLOUT_STATES];

/* Who belongs to a step; those of an earlier step are not asked again. */
struct rollout_step {
    enum { STEP_NAMED, STEP_RING, STEP_PERCENT, STEP_ALL } by;
    const int64_t *appliances; /* NAMED: rows */
    size_t n;
    const char *ring;
    unsigned percent; /* of all active appliances, those of earlier steps counted */
};
struct rollout_plan {
    int64_t goods;
    struct rollout_step step[ROLLOUT_STEPS_MAX];
    size_t n;
    int64_t wait_s, need, most_failed, most_alerts; /* most_alerts 0: not looked at */
    const char *who, *why;
};
struct rollout {
    int64_t id, goods, step, steps, since, wait_s, need, most_failed, most_alerts;
    enum goods_kind kind;
    enum rollout_state state;
    char name[GOODS_NAME], version[GOODS_NAME], made_by[65];
};
/* Records a plan, proposed. ST_NOT_FOUND: no such goods; ST_EXISTS: one of that kind is open; ST_MALFORMED:
 * nobody is in it. */
int rollout_add(struct db *d, const struct rollout_plan *p, int64_t *ret_id);
int rollout_find(struct db *d, int64_t id, struct rollout *ret); /* ST_NOT_FOUND */
/* Approved, and its first step taken. */
int rollout_start(struct db *d, const struct rollout *r, const char *who);
/* The next step; after the last one: done. */
int rollout_next(struct db *d, const struct rollout *r);
int rollout_set_state(struct db *d, const struct rollout *r, enum rollout_state state, const char *reason);
/* Everywhere back to what was wanted before. */
int rollout_back(struct db *d, const struct rollout *r, const char *reason);
/* What a look at a running one says: nothing, the next step, or back (with a sentence). */
enum rollout_judgement { ROLLOUT_WAIT, ROLLOUT_GO_ON, ROLLOUT_TURN_BACK };
int rollout_judge(struct db *d, const struct rollout *r, enum rollout_judgement *ret, char *why, size_t cap);
/* Ids of those that run, at most cap. Returns how many. */
size_t rollouts_running(struct db *d, int64_t *ids, size_t cap);

/* "items" of an open object, newest first; one as members, with those of its appliances that the
 * person may see. */
int rollouts_put(struct db *d, struct jw *j);
int rollout_put(struct db *d, const struct sight *who, int64_t id, struct jw *j);

#endif
