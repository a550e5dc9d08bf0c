/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/lua/calendar.h"

#define MON_TO_FRI 0x1f

void calendar_default(struct calendar *c)
{
    memset(c, 0, sizeof(*c));
    c->days = MON_TO_FRI;
    c->from = 7 * 60 + 30;
    c->to = 17 * 60;
}

bool calendar_time(struct span text, int *ret_minutes)
{
    uint64_t h, m;

    if (text.n != 5 || text.p[2] != ':' || !span_number(span_part(text, 0, 2), 24, &h) ||
        !span_number(span_part(text, 3, 2), 59, &m) || (h == 24 && m))
        return false;
    *ret_minutes = (int)(h * 60 + m);
    return true;
}

bool calendar_date(struct span text)
{
    static const uint8_t length[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    uint64_t y, m, d;

    if (text.n != CALENDAR_DATE - 1 || text.p[4] != '-' || text.p[7] != '-' ||
        !span_number(span_part(text, 0, 4), 9999, &y) || !span_number(span_part(text, 5, 2), 12, &m) ||
        !span_number(span_part(text, 8, 2), 31, &d) || !y || !m || !d || d > length[m - 1])
        return false;
    return m != 2 || d < 29 || (y % 4 == 0 && (y % 100 != 0 || y % 400 == 0));
}

static bool among(const char (*dates)[CALENDAR_DATE], size_t n, const char *date)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(dates[i], date))
            return true;
    return false;
}

bool calendar_working(const struct calendar *c, const char *date, int weekday, int minute)
{
    if (minute < c->from || minute >= c->to || among(c->holidays, c->n_holidays, date))
        return false;
    return (c->days >> (weekday - 1) & 1) || among(c->workdays, c->n_workdays, date);
}
