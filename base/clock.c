/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"

#include <string.h>
#include <time.h>

static const uint64_t *override_us;

static uint64_t now_us(clockid_t id)
{
    struct timespec ts;

    if (override_us)
        return *override_us;
    clock_gettime(id, &ts);
    return (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000u;
}

uint64_t clock_mono_us(void)
{
    return now_us(CLOCK_MONOTONIC);
}

uint64_t clock_mono_ms(void)
{
    return now_us(CLOCK_MONOTONIC) / 1000;
}

uint64_t clock_wall_us(void)
{
    return now_us(CLOCK_REALTIME);
}

void clock_override(const uint64_t *us)
{
    override_us = us;
}

/* Days since 1970-01-01 of a proleptic Gregorian date, and back: counted from 1 March, so that the leap day
 * is last. */
static int64_t days_of(int64_t y, unsigned m, unsigned d)
{
    y -= m <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    unsigned yoe = (unsigned)(y - era * 400);
    unsigned doy = (153 * (m + (m > 2 ? -3u : 9u)) + 2) / 5 + d - 1;
    unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + (int64_t)doe - 719468;
}

static void date_of(int64_t days, int64_t *y, unsigned *m, unsigned *d)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    unsigned doe = (unsigned)(days - era * 146097);
    unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    unsigned mp = (5 * doy + 2) / 153;
    *d = doy - (153 * mp + 2) / 5 + 1;
    *m = mp < 10 ? mp + 3 : mp - 9;
    *y = (int64_t)yoe + era * 400 + (*m <= 2);
}

static void put_digits(char *to, uint64_t v, unsigned n)
{
    while (n--) {
        to[n] = (char)('0' + v % 10);
        v /= 10;
    }
}

const char *clock_iso(uint64_t wall_us, char buf[static CLOCK_ISO_SIZE])
{
    uint64_t s = wall_us / 1000000u;
    int64_t y;
    unsigned m, d;

    if (s > 253402300799u) /* 9999-12-31: a capture may lie about its time */
        s = 253402300799u;
    date_of((int64_t)(s / 86400), &y, &m, &d);
    memcpy(buf, "0000-00-00T00:00:00.000000+0000", 32);
    put_digits(buf, (uint64_t)y, 4);
    put_digits(buf + 5, m, 2);
    put_digits(buf + 8, d, 2);
    put_digits(buf + 11, s % 86400 / 3600, 2);
    put_digits(buf + 14, s % 3600 / 60, 2);
    put_digits(buf + 17, s % 60, 2);
    put_digits(buf + 20, wall_us % 1000000u, 6);
    return buf;
}

/* One to max digits at *p, and past them. */
static bool take_number(const char **p, unsigned max, unsigned *ret)
{
    const char *s = *p;
    unsigned v = 0;

    for (; *s >= '0' && *s <= '9' && max; s++, max--)
        v = v * 10 + (unsigned)(*s - '0');
    if (s == *p)
        return false;
    *p = s;
    *ret = v;
    return true;
}

static bool take_char(const char **p, char c)
{
    if (**p != c)
        return false;
    ++*p;
    return true;
}

bool clock_parse_iso(const char *s, size_t n, uint64_t *ret_wall_us)
{
    char text[48];
    unsigned y, mo, d, h, mi, sec, oh = 0, om = 0;
    uint64_t us = 0, scale = 100000;
    char sign = 'Z';
    const char *p = text;

    if (n >= sizeof(text))
        return false;
    memcpy(text, s, n);
    text[n] = 0;
    if (!take_number(&p, 4, &y) || !take_char(&p, '-') || !take_number(&p, 2, &mo) || !take_char(&p, '-') ||
        !take_number(&p, 2, &d) || (!take_char(&p, 'T') && !take_char(&p, ' ')) || !take_number(&p, 2, &h) ||
        !take_char(&p, ':') || !take_number(&p, 2, &mi) || !take_char(&p, ':') || !take_number(&p, 2, &sec))
        return false;
    if (y < 1970 || mo < 1 || mo > 12 || d < 1 || d > 31 || h > 23 || mi > 59 || sec > 60)
        return false;
    if (*p == '.')
        for (p++; *p >= '0' && *p <= '9'; p++, scale /= 10)
            us += (uint64_t)(*p - '0') * scale;
    if (*p)
        sign = *p++;
    if (sign != 'Z') {
        if ((sign != '+' && sign != '-') || !take_number(&p, 2, &oh))
            return false;
        (void)take_char(&p, ':');
        if (!take_number(&p, 2, &om))
            return false;
    }
    int64_t t = days_of(y, mo, d) * 86400 + (int64_t)h * 3600 + mi * 60 + sec;
    int64_t offset = (int64_t)oh * 3600 + om * 60;
    t -= sign == '-' ? -offset : offset;
    if (t < 0)
        return false;
    *ret_wall_us = (uint64_t)t * 1000000u + us;
    return true;
}
