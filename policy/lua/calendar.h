/* SPDX-License-Identifier: GPL-3.0-or-later
 * calendar: which hours are working hours at this post. Plain data; pure functions. */
#ifndef GH_POLICY_CALENDAR_H
#define GH_POLICY_CALENDAR_H

#include "base/reader.h"

#define CALENDAR_DAYS 366 /* holidays, and days that are worked although their weekday is free */
#define CALENDAR_DATE 11  /* "2026-09-02" */

struct calendar {
    uint8_t days; /* bit 0 Monday … bit 6 Sunday */
    int from, to; /* minutes of the day; `to` is the first one that is free again */
    char holidays[CALENDAR_DAYS][CALENDAR_DATE], workdays[CALENDAR_DAYS][CALENDAR_DATE];
    size_t n_holidays, n_workdays;
    bool given; /* not the default */
};
/* Monday to Friday, 07:30 to 17:00, no holidays. */
void calendar_default(struct calendar *c);
/* "07:30" to minutes; false when it is no time. "24:00" is the day's end. */
bool calendar_time(struct span text, int *ret_minutes);
/* Is text a date as 2026-09-02 that exists? */
bool calendar_date(struct span text);
/* Is that minute of that day (1 Monday … 7 Sunday) within working hours? */
bool calendar_working(const struct calendar *c, const char *date, int weekday, int minute);

#endif
