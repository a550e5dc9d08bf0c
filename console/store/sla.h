/* SPDX-License-Identifier: GPL-3.0-or-later
 * sla: how long an alert may wait. Two clocks from the moment the console received it: until somebody takes
 * it (take_by) and until it is closed (close_by); the one that runs is chosen by its state, so no step has to
 * reckon. A post behind a thin link reports late: its clock begins here, not at the packet.
 *
 * Minutes stand by severity, and by level where that is stricter; the shorter one counts. With business hours
 * on, minutes run in them only, except for severities that are marked "always". Kept as JSON, each change a
 * new row (who, when). Pure but for the functions that take a database. Times are µs since 1970 UTC. */
#ifndef GH_CONSOLE_SLA_H
#define GH_CONSOLE_SLA_H

#include "console/store/sight.h"

#define SLA_MINUTES_MAX 525600 /* a year */
#define SLA_SEVERITIES 4
#define DAY_MINUTES 1440

struct sla_pair {
    int64_t take, close; /* minutes; by level 0: as the severity says */
};
struct sla {
    struct sla_pair severity[SLA_SEVERITIES + 1]; /* [1] the most severe … [4] */
    struct sla_pair level[LEVEL_COUNT];
    bool business;
    unsigned days;   /* bit 0 Monday … bit 6 Sunday */
    unsigned always; /* bit n: severity n runs day and night */
    int from, to;    /* minutes of the local day, from < to */
    int zone;        /* minutes east of UTC */
};
void sla_default(struct sla *p);
/* From the API's JSON form; NULL, or a sentence that says what is wrong. */
const char *sla_read(const struct json *v, struct sla *ret);
/* The same form as the members of an open object. */
void sla_put(struct jw *j, const struct sla *p);
/* When so many minutes that count are over. */
int64_t sla_after(const struct sla *p, int severity, int64_t from_us, int64_t minutes);
void sla_times(const struct sla *p, int severity, int level, int64_t received, int64_t *ret_take_by,
               int64_t *ret_close_by);

/* The newest plan, or the default; *ret_by (may be NULL, NAME_SIZE of people.h) who made it, "" for nobody.
 */
int sla_load(struct db *d, struct sla *ret);
/* Members "changed" and "by" of an open object. */
int sla_put_author(struct db *d, struct jw *j);
int sla_save(struct db *d, const struct sla *p, const char *user);
/* Sets the clocks of open alerts: all of them, or only those that have none yet (after a migration).
 * *ret_count: how many. Inside the caller's transaction. */
int sla_refile(struct db *d, const struct sla *p, bool all, uint64_t *ret_count);
/* Open alerts, of those that who asks may see, whose clock has run out. */
int sla_late(struct db *d, const struct sight *who, int64_t now_us, int64_t *ret);

#endif
