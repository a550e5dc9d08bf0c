/* SPDX-License-Identifier: GPL-3.0-or-later
 * clock_fact: what this machine's clock is worth, where no network may know the time. Every record bears it,
 * so its quality is a fact of its own: in the status, and an audit event when it changes. Nothing of trust
 * depends on it. Keeper only.
 *
 * synchronised   the kernel says that somebody keeps it right (NTP, GNSS)
 * running        nobody does, but it never went back and is later than the program
 * went_back      it is more than ten minutes behind the latest time that was seen here
 * before_build   it is earlier than the program was built: the battery is empty */
#ifndef GH_CTL_CLOCK_FACT_H
#define GH_CTL_CLOCK_FACT_H

#include "base/conf.h"
#include "base/json.h"
#include "firmware/ctl/keeper.h"

struct clock_fact {
    struct keeper *keeper;
    const struct conf *conf;
    const char *quality; /* a constant, NULL: not looked at yet */
    uint64_t seen_us, saved_us, looked_ms;
};
void clock_fact_start(struct clock_fact *f, struct keeper *keeper, const struct conf *conf);
/* Every second or so; looks once a minute and keeps the latest time once an hour. */
void clock_fact_tick(struct clock_fact *f);
void clock_fact_status(const struct clock_fact *f, struct jw *j);

#endif
