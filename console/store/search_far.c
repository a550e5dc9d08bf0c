/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/search_far.h"
#include "console/store/events.h"

#include <stdlib.h>

#define FORWARD_ROWS 10000 /* found in one step */
#define FORWARD_MS 10000

static void ask(struct event_ask *a, const struct sight *who, const struct query_sql *q, uint64_t ms)
{
    event_ask_init(a, who);
    a->q = q;
    a->content = q->content;
    a->from = q->from;
    a->to = q->to;
    a->ms = ms;
}

void far_put_searched(struct db *d, const struct sight *who, const struct query_sql *q, bool complete,
                      int64_t low, struct jw *j)
{
    struct event_row row = {.time = 0};
    struct event_ask a;
    size_t n = 0;

    event_ask_init(&a, &sight_everything);
    a.low = low;
    a.order = EVENT_OLDEST;
    if (!complete)
        (void)events_find(d, &a, 1, &row, &n, NULL, NULL);
    jw_kobj(j, "searched");
    jw_kbool(j, "complete", complete);
    jw_kbool(j, "withheld", q->content && !sight_all_levels(who));
    jw_ktime(j, "from", row.time);
    jw_ktime(j, "words_from", 0);
    jw_end_obj(j);
}

int far_page(struct db *d, const struct sight *who, const struct query_sql *q, int64_t before, int64_t limit,
             struct jw *j)
{
    struct event_row *rows = calloc((size_t)limit + 1, sizeof(*rows));
    struct event_ask a;
    bool late = false, full;
    int64_t low = 0;
    size_t n = 0;
    int rc = rows ? 0 : ST_NOMEM;

    ask(&a, who, q, SEARCH_MS);
    a.high = before;
    if (!rc)
        rc = events_find(d, &a, (size_t)limit + 1, rows, &n, &late, &low);
    full = n > (size_t)limit;
    n -= full;
    jw_karr(j, "items");
    if (!rc)
        rc = events_put(d, who, rows, n, j);
    jw_end_arr(j);
    jw_key(j, "next");
    if (full)
        low = rows[n - 1].id;
    if (full || late)
        jw_i64(j, low);
    else
        jw_null(j);
    free(rows);
    far_put_searched(d, who, q, !late, low, j);
    return rc;
}

int far_histogram(struct db *d, const struct sight *who, const struct query_sql *q, int64_t first,
                  int64_t width, int64_t bucket[static HISTOGRAM_BUCKETS], int64_t *ret_all, bool *ret_late,
                  int64_t *ret_low)
{
    struct event_ask a;

    ask(&a, who, q, SEARCH_MS);
    return events_count(d, &a, first, width, bucket, HISTOGRAM_BUCKETS, ret_all, ret_late, ret_low);
}

int far_forward(struct db *d, const struct query_sql *q, int64_t *after, int64_t upto, size_t limit,
                search_forward_fn *fn, void *arg)
{
    int64_t newest = events_newest(d);
    struct event_row *rows = NULL;
    struct event_ask a;
    size_t n = 0;
    int rc = 0;

    if (upto > newest)
        upto = newest;
    if (*after >= upto)
        return 0;
    if (limit > FORWARD_ROWS)
        limit = FORWARD_ROWS;
    rows = calloc(limit, sizeof(*rows));
    ask(&a, &sight_everything, q, FORWARD_MS);
    a.order = EVENT_OLDEST;
    a.low = *after + 1;
    a.high = upto + 1;
    rc = rows ? events_find(d, &a, limit, rows, &n, NULL, NULL) : ST_NOMEM;
    for (size_t i = 0; i < n && !rc; i++)
        rc = fn(arg, rows[i].id);
    if (!rc)
        *after = n == limit ? rows[n - 1].id : upto;
    free(rows);
    return rc;
}
