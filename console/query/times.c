/* SPDX-License-Identifier: GPL-3.0-or-later
 * Dates of a query. An event is also filed under its day and its month (UTC), so that a range is a union of
 * keys and need not look at every row. */
#include "console/query/ast.h"
#include "console/query/keys.h"

#include <stdio.h>

#define MINUTE_US INT64_C(60000000)
#define DAY_US (1440 * MINUTE_US)
#define DAYS_MAX 45
#define MONTHS_MAX 60
#define BACK_MAX 36500 /* days */

/* Days since 1970 of a civil date, and back (Howard Hinnant's algorithms). */
static int64_t days_of(int64_t y, unsigned m, unsigned d)
{
    int64_t era, yoe, doy;

    y -= m <= 2;
    era = y / 400;
    yoe = y - era * 400;
    doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static int64_t month_of(int64_t days)
{
    int64_t z = days + 719468, era = z / 146097, doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    int64_t month = mp < 10 ? mp + 3 : mp - 9;

    return (yoe + era * 400 + (month <= 2)) * 12 + month - 1;
}

static bool digits(struct reader *r, unsigned n, unsigned *ret)
{
    struct span s = reader_take(r, n);
    uint64_t v;

    if (s.n != n || !span_number(s, 9999, &v))
        return false;
    *ret = (unsigned)v;
    return true;
}

static unsigned month_days(unsigned y, unsigned m)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[m - 1] + (m == 2 && y % 4 == 0 && (y % 100 != 0 || y % 400 == 0));
}

/* YYYY-MM-DD[THH:MM[:SS][Z]]; *ret_day: only a day. Without Z it is local to who asks. */
static bool read_date(struct span s, int zone_minutes, int64_t *ret, bool *ret_day)
{
    struct reader r = reader_span(s);
    unsigned y, mo, d, h = 0, mi = 0, sec = 0;
    bool utc = false;

    if (!digits(&r, 4, &y) || reader_u8(&r) != '-' || !digits(&r, 2, &mo) || reader_u8(&r) != '-' ||
        !digits(&r, 2, &d) || y < 1970 || mo < 1 || mo > 12 || d < 1 || d > month_days(y, mo))
        return false;
    *ret_day = !reader_left(&r);
    if (!*ret_day) {
        uint8_t t = reader_u8(&r);
        if ((t != 'T' && t != 't') || !digits(&r, 2, &h) || reader_u8(&r) != ':' || !digits(&r, 2, &mi))
            return false;
        if (reader_left(&r) && reader_peek(&r, 0) == ':') {
            reader_skip(&r, 1);
            if (!digits(&r, 2, &sec))
                return false;
        }
        utc = reader_left(&r) == 1 && (reader_u8(&r) | 0x20) == 'z';
        if (reader_left(&r) || h > 23 || mi > 59 || sec > 60)
            return false;
    }
    *ret = days_of(y, mo, d) * DAY_US + (h * 60 + mi) * MINUTE_US + sec * INT64_C(1000000) -
           (utc ? 0 : zone_minutes * MINUTE_US);
    return true;
}

static bool read_back(struct span s, int64_t *ret)
{
    static const struct {
        char unit;
        unsigned minutes;
    } units[] = {{'m', 1}, {'h', 60}, {'d', 1440}, {'w', 10080}};
    uint64_t n;

    if (s.n < 2 || !span_number(span_part(s, 0, s.n - 1), 99999999, &n) || n == 0)
        return false;
    for (size_t i = 0; i < GH_COUNT(units); i++)
        if ((s.p[s.n - 1] | 0x20) == units[i].unit && n * units[i].minutes <= BACK_MAX * UINT64_C(1440)) {
            *ret = (int64_t)(n * units[i].minutes) * MINUTE_US;
            return true;
        }
    return false;
}

struct node *term_of_time(struct parser *p, const struct query_field *f, struct span value, size_t start)
{
    struct node *n = node_new(p, NODE_TIME);
    int64_t at = 0;
    bool day = false, good;

    if (!n)
        return NULL;
    n->from = INT64_MIN;
    n->to = INT64_MAX;
    if (f->name[0] == 'l') {
        good = read_back(value, &at);
        n->from = (int64_t)p->context->now_us - at;
    } else {
        good = read_date(value, p->context->zone_minutes, &at, &day);
        if (f->name[0] == 'f')
            n->from = at;
        else
            n->to = day ? at + DAY_US : at;
    }
    if (good)
        return n;
    return parse_fail(p, start, p->pos, "bad_value", f->example, "'%s' takes %s, like in %s.", f->name,
                      f->name[0] == 'l' ? "a number with m, h, d or w" : "a day or a time", f->example);
}

static int64_t floor_day(int64_t us)
{
    return us >= 0 ? us / DAY_US : -((-us + DAY_US - 1) / DAY_US);
}

const char *time_match(struct arena *a, int64_t from, int64_t to)
{
    int64_t first, last, month;
    bool days;
    struct writer w;
    const char *ret;

    if (from < 0 || to == INT64_MAX || to <= from)
        return NULL;
    first = floor_day(from);
    last = floor_day(to - 1);
    days = last - first < DAYS_MAX;
    month = month_of(first);
    if (!days && month_of(last) - month >= MONTHS_MAX)
        return NULL;
    writer_init(&w, 4096);
    writer_str(&w, "keys : (");
    for (int64_t i = days ? first : month; i <= (days ? last : month_of(last)); i++) {
        writer_str(&w, i > (days ? first : month) ? " OR " : "");
        key_put_number(&w, days ? "day" : "month", i);
    }
    writer_str(&w, ")");
    ret = writer_ok(&w) ? arena_dup(a, w.p, w.n) : NULL;
    writer_done(&w);
    return ret;
}

void key_put_time(struct writer *w, int64_t us)
{
    key_put_number(w, "day", floor_day(us));
    writer_u8(w, ' ');
    key_put_number(w, "month", us >= 0 ? month_of(floor_day(us)) : 0);
    writer_u8(w, ' ');
}
