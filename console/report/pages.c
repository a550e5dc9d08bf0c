/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/report/pages.h"
#include "console/report/paper.h"
#include "console/report/say.h"

#include <stdio.h>
#include <time.h>

#define DATA_DEPTH 16
#define ARENA (64u << 20)
#define ROWS_MOST 120
#define STEPS_MOST 800

struct draw {
    struct paper *p;
    struct say s;
    const struct json *j;
};

static struct span text_of(const struct json *j)
{
    return j && j->type == JSON_STRING ? j->s : (struct span){NULL, 0};
}

static int64_t number(const struct draw *d, const char *path)
{
    int64_t n = json_i64(json_path(d->j, path), 0);
    return n < 0 ? 0 : n;
}

static const char *count(const struct draw *d, const char *path)
{
    return say_number(&d->s, number(d, path));
}

static void body(struct draw *d, const char *text)
{
    paper_text(d->p, PAPER_BODY, PAPER_LEFT, span_str(text));
}

static void head(struct draw *d, enum say_word w)
{
    paper_text(d->p, PAPER_HEAD, PAPER_LEFT, span_str(say(&d->s, w)));
}

static void sub(struct draw *d, enum say_word w)
{
    paper_text(d->p, PAPER_SUB, PAPER_LEFT, span_str(say(&d->s, w)));
}

static int64_t sum_of(const struct json *array, const char *key, const char *value)
{
    int64_t sum = 0;

    json_each(one, array)
    {
        int64_t n = json_i64(json_get(one, "n"), 0);
        if (n > 0 && sum < INT64_MAX / 2 && (!key || !strcmp(json_cstr(json_get(one, key), ""), value)))
            sum += n;
    }
    return sum;
}

static const char *period(const struct draw *d)
{
    struct span from = text_of(json_get(d->j, "from")), to = text_of(json_get(d->j, "to"));
    const char *kind = json_cstr(json_get(d->j, "report"), "own");
    const char *first = say_day(&d->s, from), *end = say_day(&d->s, to);

    if (!strcmp(kind, "month"))
        return SAY(&d->s, SAY_MONTH, strlen(first) == 10 ? first + 3 : first);
    return SAY(&d->s, !strcmp(kind, "week") ? SAY_WEEK : SAY_OWN, first, end);
}

static void cover(struct draw *d)
{
    const struct say *s = &d->s;
    struct span by = text_of(json_get(d->j, "by"));

    paper_text(d->p, PAPER_STRONG, PAPER_CENTRE, text_of(json_get(d->j, "console")));
    paper_space(d->p, 62);
    paper_rule(d->p);
    paper_text(d->p, PAPER_COVER, PAPER_LEFT, span_str(say(s, SAY_TITLE)));
    paper_text(d->p, PAPER_COVER_SUB, PAPER_LEFT, span_str(period(d)));
    paper_space(d->p, 90);
    paper_text(d->p, PAPER_BODY, PAPER_LEFT,
               span_str(SAY(s, SAY_MADE, say_time(s, text_of(json_get(d->j, "made"))),
                            say_text(s, text_of(json_get(d->j, "version"))))));
    body(d, by.n ? SAY(s, SAY_MADE_BY, say_text(s, by)) : say(s, SAY_SCHEDULED));
    if (!json_bool(json_get(d->j, "whole"), true))
        paper_text(d->p, PAPER_STRONG, PAPER_LEFT, span_str(say(s, SAY_PART)));
    paper_page(d->p);
}

static void put_waits(struct draw *d, const char *name, enum say_word w)
{
    const struct json *waits = json_path(d->j, name);

    if (json_i64(json_get(waits, "n"), 0) > 0)
        body(d, SAY(&d->s, w, say_wait(&d->s, json_i64(json_get(waits, "median_s"), 0)),
                    say_wait(&d->s, json_i64(json_get(waits, "p90_s"), 0))));
}

static void put_silent(struct draw *d)
{
    int64_t all = 0, silent = 0;
    struct span from = text_of(json_get(d->j, "from"));

    json_each(box, json_get(d->j, "appliances"))
    {
        struct span heard = text_of(json_get(box, "last_heard"));
        all++; /* texts of the same form, so their order is that of time */
        silent += !heard.n || heard.n != from.n || memcmp(heard.p, from.p, from.n) < 0;
    }
    if (silent)
        body(d, SAY(&d->s, SAY_S_MISSED, say_number(&d->s, silent), say_number(&d->s, all)));
}

static void summary(struct draw *d)
{
    const struct say *s = &d->s;
    const struct json *levels = json_get(d->j, "alert_levels");
    int64_t lost = sum_of(json_path(d->j, "ledger.lost"), NULL, NULL);
    int64_t highest = sum_of(levels, "level", "tuyet_mat") + sum_of(levels, "level", "top_secret");
    const struct paper_figure figures[] = {
        {count(d, "totals.alerts"), say(s, SAY_ALERTS), SAY(s, SAY_BEFORE, count(d, "before.alerts")),
         number(d, "totals.alerts") > 0},
        {count(d, "totals.documents"), say(s, SAY_DOCUMENTS),
         SAY(s, SAY_BEFORE, count(d, "before.documents")), false},
        {count(d, "totals.marked"), say(s, SAY_MARKED), SAY(s, SAY_BEFORE, count(d, "before.marked")), false},
        {count(d, "totals.unread"), say(s, SAY_NOT_READ), SAY(s, SAY_BEFORE, count(d, "before.unread")),
         false},
    };

    head(d, SAY_SUMMARY);
    paper_figures(d->p, figures, GH_COUNT(figures));
    if (number(d, "totals.alerts"))
        body(d, SAY(s, SAY_S_ALERTS, count(d, "totals.alerts"), count(d, "before.alerts"),
                    say_number(s, highest)));
    else
        body(d, say(s, SAY_S_NO_ALERTS));
    if (number(d, "totals.alerts"))
        body(d, SAY(s, SAY_S_HANDLED, count(d, "handling.closed"), count(d, "handling.confirmed"),
                    count(d, "handling.permitted"), count(d, "handling.false_alarm"),
                    say_number(s, number(d, "handling.new") + number(d, "handling.acknowledged"))));
    put_waits(d, "handling.taken", SAY_S_TAKEN);
    put_waits(d, "handling.decided", SAY_S_DECIDED);
    body(d, SAY(s, SAY_S_TRANSFERS, count(d, "totals.documents"), count(d, "totals.marked"),
                count(d, "totals.unread")));
    body(d, lost ? SAY(s, SAY_S_LOST, say_number(s, lost)) : say(s, SAY_S_NO_LOSS));
    put_silent(d);
}

/* The smallest of 1, 2, 5 times a power of ten that is not below n. */
static int64_t ceiling_of(int64_t n)
{
    static const int64_t steps[] = {1, 2, 5};
    int64_t power = 1;

    for (int i = 0; i < 17; i++, power *= 10)
        for (size_t k = 0; k < GH_COUNT(steps); k++)
            if (n <= steps[k] * power)
                return steps[k] * power;
    return n;
}

static void over_time(struct draw *d)
{
    static struct paper_step steps[STEPS_MOST]; /* the process draws one report at a time */
    bool hours = !strcmp(json_cstr(json_get(d->j, "step"), "day"), "hour");
    int64_t max = 0;
    size_t n = 0;

    json_each(row, json_get(d->j, "series"))
    {
        const struct json *at = row->child, *alerts = at && at->next ? at->next->next : NULL;
        int64_t s = json_i64(at, 0), k = json_i64(alerts, 0);
        time_t t = (time_t)(s > 0 && s < INT64_C(1) << 40 ? s : 0);
        struct tm tm;
        if (n == STEPS_MOST || !localtime_r(&t, &tm))
            break;
        strftime(steps[n].label, sizeof(steps[n].label), hours ? "%H:00" : "%d/%m", &tm);
        steps[n++].n = k > 0 ? (double)k : 0;
        max = k > max ? k : max;
    }
    if (!max)
        return;
    sub(d, SAY_OVER_TIME);
    paper_bars(d->p, steps, n, say_number(&d->s, ceiling_of(max)), (double)ceiling_of(max));
}

typedef const char *name_fn(const struct say *s, struct span name);

/* A list of names and numbers, with bars. */
static void list(struct draw *d, enum say_word title, enum say_word column, const char *path, const char *key,
                 name_fn *name)
{
    const struct paper_column columns[] = {{say(&d->s, column), .5, false},
                                           {say(&d->s, SAY_NUMBER), .5, true}};
    const struct json *array = json_path(d->j, path);
    struct span cell[2 * ROWS_MOST];
    double bar[ROWS_MOST], max = 1;
    size_t n = 0;

    json_each(one, array) max =
        (double)json_i64(json_get(one, "n"), 0) > max ? (double)json_i64(json_get(one, "n"), 0) : max;
    json_each(one, array)
    {
        struct span which = text_of(json_get(one, key));
        int64_t k = json_i64(json_get(one, "n"), 0);
        if (n == ROWS_MOST)
            break;
        cell[2 * n] = span_str(which.n ? name(&d->s, which) : say(&d->s, SAY_OTHERS));
        cell[2 * n + 1] = span_str(say_number(&d->s, k));
        bar[n++] = which.n ? (double)k / max : 0;
    }
    if (!n)
        return;
    sub(d, title);
    paper_table(d->p, columns, 2, cell, n, bar);
}

static void zones(struct draw *d)
{
    const struct paper_column columns[] = {{say(&d->s, SAY_FROM), .3, false},
                                           {say(&d->s, SAY_TO), .3, false},
                                           {say(&d->s, SAY_LEVEL), .25, false},
                                           {say(&d->s, SAY_NUMBER), .15, true}};
    struct span cell[4 * ROWS_MOST];
    size_t n = 0;

    json_each(one, json_get(d->j, "zones"))
    {
        if (n == ROWS_MOST)
            break;
        cell[4 * n] = text_of(json_get(one, "zone"));
        cell[4 * n + 1] = text_of(json_get(one, "dest_zone"));
        cell[4 * n + 2] = span_str(say_level(&d->s, text_of(json_get(one, "level"))));
        cell[4 * n++ + 3] = span_str(say_number(&d->s, json_i64(json_get(one, "n"), 0)));
    }
    if (!n)
        return;
    sub(d, SAY_BY_ZONE);
    paper_table(d->p, columns, 4, cell, n, NULL);
}

static void groups(struct draw *d, enum say_word title, enum say_word column, const char *path, bool heard)
{
    static const char *const keys[] = {"alerts", "documents", "marked", "unread", "lost"};
    const struct say *s = &d->s;
    const struct paper_column columns[] = {{say(s, column), heard ? .22 : .35, false},
                                           {say(s, SAY_ALERTS), .12, true},
                                           {say(s, SAY_DOCUMENTS), .13, true},
                                           {say(s, SAY_MARKED), .12, true},
                                           {say(s, SAY_NOT_READ), .14, true},
                                           {say(s, SAY_LOST), heard ? .09 : .14, true},
                                           {say(s, SAY_HEARD), .18, true}};
    struct span cell[7 * ROWS_MOST];
    size_t n = 0, width = heard ? 7 : 6;

    json_each(one, json_get(d->j, path))
    {
        struct span last = text_of(json_get(one, "last_heard"));
        if (n == ROWS_MOST)
            break;
        cell[width * n] = text_of(json_get(one, "name"));
        for (size_t k = 0; k < GH_COUNT(keys); k++)
            cell[width * n + k + 1] = span_str(say_number(s, json_i64(json_get(one, keys[k]), 0)));
        if (heard)
            cell[width * n + 6] = span_str(last.n ? say_time(s, last) : say(s, SAY_NEVER));
        n++;
    }
    if (!n)
        return;
    if (title != column)
        sub(d, title);
    paper_table(d->p, columns, width, cell, n, NULL);
}

static void waiting(struct draw *d)
{
    const struct say *s = &d->s;
    const struct paper_column columns[] = {
        {say(s, SAY_ALERT), .1, false}, {say(s, SAY_SEVERITY), .13, false},  {say(s, SAY_LEVEL), .16, false},
        {say(s, SAY_RULE), .23, false}, {say(s, SAY_APPLIANCE), .14, false}, {say(s, SAY_AGE), .11, true},
        {say(s, SAY_HANDS), .13, false}};
    struct span cell[7 * ROWS_MOST];
    size_t n = 0;

    sub(d, SAY_WAITING);
    json_each(one, json_get(d->j, "waiting"))
    {
        struct span hands = text_of(json_get(one, "taken_by"));
        uint8_t severity = (uint8_t)('0' + json_i64(json_get(one, "severity"), 3) % 10);
        if (n == ROWS_MOST)
            break;
        cell[7 * n] = span_str(arena_printf(s->arena, "#%lld", (long long)json_i64(json_get(one, "id"), 0)));
        cell[7 * n + 1] = span_str(say_severity(s, span_of(&severity, 1)));
        cell[7 * n + 2] = span_str(say_level(s, text_of(json_get(one, "level"))));
        cell[7 * n + 3] = text_of(json_get(one, "rule"));
        cell[7 * n + 4] = text_of(json_get(one, "appliance"));
        cell[7 * n + 5] = span_str(say_wait(s, json_i64(json_get(one, "age_s"), 0)));
        cell[7 * n++ + 6] = hands.n ? hands : span_str(say(s, SAY_NOBODY));
    }
    if (n)
        paper_table(d->p, columns, 7, cell, n, NULL);
    else
        body(d, say(s, SAY_WAITING_NONE));
}

static void cases(struct draw *d)
{
    const struct say *s = &d->s;
    const struct paper_column columns[] = {{say(s, SAY_CASE), .2, false},
                                           {say(s, SAY_SEVERITY), .25, false},
                                           {say(s, SAY_OPENED), .2, true},
                                           {say(s, SAY_HANDS), .35, false}};
    struct span cell[4 * ROWS_MOST];
    size_t n = 0;

    json_each(one, json_get(d->j, "cases"))
    {
        struct span hands = text_of(json_get(one, "owner"));
        uint8_t severity = (uint8_t)('0' + json_i64(json_get(one, "severity"), 3) % 10);
        if (n == ROWS_MOST)
            break;
        cell[4 * n] = span_str(arena_printf(s->arena, "#%lld", (long long)json_i64(json_get(one, "id"), 0)));
        cell[4 * n + 1] = span_str(say_severity(s, span_of(&severity, 1)));
        cell[4 * n + 2] = span_str(say_wait(s, json_i64(json_get(one, "age_s"), 0)));
        cell[4 * n++ + 3] = hands.n ? hands : span_str(say(s, SAY_NOBODY));
    }
    if (!n)
        return;
    sub(d, SAY_CASES);
    paper_table(d->p, columns, 4, cell, n, NULL);
}

static void protocols(struct draw *d)
{
    const struct paper_column columns[] = {{say(&d->s, SAY_PROTOCOL), .4, false},
                                           {say(&d->s, SAY_VOLUME), .3, true},
                                           {say(&d->s, SAY_CONNECTIONS), .3, true}};
    struct span cell[3 * ROWS_MOST];
    size_t n = 0;

    json_each(one, json_get(d->j, "protocols"))
    {
        struct span name = text_of(json_get(one, "name"));
        if (n == 15)
            break;
        cell[3 * n] = name.n ? name : span_str(say(&d->s, SAY_OTHERS));
        cell[3 * n + 1] = span_str(say_bytes(&d->s, json_i64(json_get(one, "bytes"), 0)));
        cell[3 * n++ + 2] = span_str(say_number(&d->s, json_i64(json_get(one, "n"), 0)));
    }
    if (!n)
        return;
    sub(d, SAY_PROTOCOLS);
    paper_table(d->p, columns, 3, cell, n, NULL);
}

static void ledger(struct draw *d)
{
    const struct say *s = &d->s;
    const struct paper_column columns[] = {{say(s, SAY_PART_OF), .2, false},
                                           {say(s, SAY_IN), .2, true},
                                           {say(s, SAY_LOST), .15, true},
                                           {say(s, SAY_WHERE), .45, false}};
    struct span cell[4 * ROWS_MOST];
    size_t n = 0;

    json_each(part, json_path(d->j, "ledger.seen"))
    {
        struct span name = text_of(json_get(part, "part"));
        int64_t lost = 0;
        struct writer w;
        if (n == ROWS_MOST)
            break;
        writer_init(&w, 4096);
        json_each(one, json_path(d->j, "ledger.lost"))
        {
            int64_t k = json_i64(json_get(one, "n"), 0);
            if (!span_eq(text_of(json_get(one, "part")), name))
                continue;
            lost += k;
            writer_str(&w, w.n ? ", " : "");
            writer_put(&w, text_of(json_get(one, "reason")));
            writer_printf(&w, " %s", say_number(s, k));
        }
        cell[4 * n] = span_str(say_part(s, name));
        cell[4 * n + 1] = span_str(say_number(s, json_i64(json_get(part, "n"), 0)));
        cell[4 * n + 2] = span_str(say_number(s, lost));
        cell[4 * n++ + 3] = span_str(say_text(s, writer_span(&w)));
        writer_done(&w);
    }
    if (!n)
        return;
    sub(d, SAY_LEDGER);
    paper_table(d->p, columns, 4, cell, n, NULL);
}

static void audit(struct draw *d)
{
    struct span hash = text_of(json_path(d->j, "audit.hash"));
    struct span signature = text_of(json_path(d->j, "audit.signature"));

    head(d, SAY_AUDIT);
    body(d, SAY(&d->s, SAY_AUDIT_TEXT, say_number(&d->s, number(d, "audit.id"))));
    paper_text(d->p, PAPER_SMALL, PAPER_LEFT, hash);
    if (signature.n) {
        body(d, SAY(&d->s, SAY_AUDIT_HEAD, say_time(&d->s, text_of(json_path(d->j, "audit.signed")))));
        paper_text(d->p, PAPER_SMALL, PAPER_LEFT, text_of(json_path(d->j, "audit.head")));
        /* in two lines: the whole would not fit the paper */
        paper_text(d->p, PAPER_SMALL, PAPER_LEFT, span_part(signature, 0, signature.n / 2));
        paper_text(d->p, PAPER_SMALL, PAPER_LEFT, span_part(signature, signature.n / 2, signature.n));
    }
    paper_text(d->p, PAPER_SMALL, PAPER_LEFT, span_str(say(&d->s, SAY_AUDIT_CHECK)));
    paper_sign(d->p, say(&d->s, SAY_MAKER), say(&d->s, SAY_HEAD));
}

static void all(struct draw *d)
{
    cover(d);
    summary(d);
    over_time(d);
    head(d, SAY_ALERTS);
    list(d, SAY_BY_LEVEL, SAY_LEVEL, "alert_levels", "level", say_level);
    list(d, SAY_BY_SEVERITY, SAY_SEVERITY, "severities", "severity", say_severity);
    list(d, SAY_BY_RULE, SAY_RULE, "rules", "rule", say_text);
    zones(d);
    groups(d, SAY_BY_UNIT, SAY_UNIT, "units", false);
    waiting(d);
    cases(d);
    head(d, SAY_DOCUMENTS);
    list(d, SAY_DOC_LEVELS, SAY_LEVEL, "levels", "level", say_level);
    if (number(d, "totals.unread"))
        list(d, SAY_UNREAD, SAY_REASON, "unread", "reason", say_unread);
    else
        body(d, say(&d->s, SAY_UNREAD_NONE));
    head(d, SAY_APPLIANCES);
    groups(d, SAY_APPLIANCE, SAY_APPLIANCE, "appliances", true);
    ledger(d);
    head(d, SAY_NETWORK);
    protocols(d);
    audit(d);
}

static int once(struct draw *d, unsigned total, struct writer *out, unsigned *ret_pages, const char **why)
{
    const char *console = say_text(&d->s, text_of(json_get(d->j, "console")));
    const struct paper_facts facts = {
        .title = arena_printf(d->s.arena, "%s: %s", say(&d->s, SAY_TITLE), period(d)),
        .author = console,
        .subject = period(d),
        .footer = arena_printf(d->s.arena, "%s · %s", console, period(d)),
        .made = say_text(&d->s, text_of(json_get(d->j, "made"))),
        .total = total};

    d->p = paper_new(&facts);
    if (!d->p)
        return ST_NOMEM;
    all(d);
    return paper_end(d->p, out, ret_pages, why);
}

int pages_make(struct span json, struct writer *out, unsigned *ret_pages, char *why, size_t cap)
{
    struct arena *a = arena_new(ARENA);
    struct draw d = {.s = {.arena = a}};
    struct json *j = NULL;
    const char *said = "";
    struct writer first;
    int rc = a ? json_parse(a, json, DATA_DEPTH, &j, NULL) : ST_NOMEM;

    if (!rc && j->type != JSON_OBJECT)
        rc = ST_MALFORMED;
    writer_init(&first, out->max);
    if (!rc) {
        d.j = j;
        d.s.vi = !strcmp(json_cstr(json_get(j, "lang"), "vi"), "vi");
        rc = once(&d, 0, &first, ret_pages, &said); /* how many pages there are is known only now */
    }
    if (!rc)
        rc = once(&d, *ret_pages, out, ret_pages, &said);
    if (rc)
        snprintf(why, cap, "The report cannot be drawn: %s.", rc == ST_IO ? said : status_text(rc));
    writer_done(&first);
    arena_free(a);
    return rc;
}
