/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/api/filter.h"
#include "base/clock.h"
#include "base/event.h"
#include "console/store/appliances.h"
#include "console/store/fold.h"

#define WORDS_MAX 4096

const char *const filter_alert_names[] = {"state",  "level", "severity", "appliance", "rule",
                                          "sha256", "q",     "from",     "to"};
const size_t filter_alert_count = GH_COUNT(filter_alert_names);
const char *const filter_event_names[] = {"flow_id", "community_id", "sha256", "type",
                                          "level",   "appliance",    "from",   "to"};
const size_t filter_event_count = GH_COUNT(filter_event_names);

/* Comma list of names to a mask of their numbers. */
static int names_mask(struct span list, const char *const *names, size_t n, int64_t *ret)
{
    int64_t mask = 0;

    while (list.n) {
        ptrdiff_t end = span_find_byte(list, ',', 0);
        struct span one = span_part(list, 0, end < 0 ? list.n : (size_t)end);
        size_t i = 0;
        list = end < 0 ? (struct span){NULL, 0} : span_part(list, (size_t)end + 1, list.n);
        while (i < n && !span_eq(one, span_str(names[i])))
            i++;
        if (i == n)
            return ST_MALFORMED;
        mask |= (int64_t)1 << i;
    }
    if (!mask)
        return ST_MALFORMED;
    *ret = mask;
    return 0;
}

static int set_levels(struct span value, int *ret)
{
    int64_t mask;

    if (span_eq(value, span_str("classified"))) {
        *ret = ((1 << LEVEL_COUNT) - 1) & ~1;
        return 0;
    }
    if (names_mask(value, level_names, LEVEL_COUNT, &mask) != 0)
        return ST_MALFORMED;
    *ret = (int)mask;
    return 0;
}

static int set_time(struct span value, int64_t *ret)
{
    uint64_t us;

    if (!value.n || !clock_parse_iso((const char *)value.p, value.n, &us) || us > INT64_MAX)
        return ST_MALFORMED;
    *ret = (int64_t)us;
    return 0;
}

static int set_sha256(struct span value, uint8_t out[static 32])
{
    struct reader r = reader_span(value);

    if (value.n != 64)
        return ST_MALFORMED;
    for (size_t i = 0; i < 64; i++) {
        uint8_t c = reader_u8(&r), v;
        if (c >= '0' && c <= '9')
            v = (uint8_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            v = (uint8_t)(c - 'a' + 10);
        else
            return ST_MALFORMED;
        out[i / 2] = (uint8_t)(i % 2 ? out[i / 2] | v : v << 4);
    }
    return 0;
}

static int set_appliance(struct db *d, struct span value, int64_t *ret)
{
    int rc;

    if (value.n != 32)
        return ST_MALFORMED;
    rc = d ? appliance_find(d, value, ret) : ST_NOT_FOUND;
    if (rc == ST_NOT_FOUND) {
        *ret = -1; /* nobody: an empty page, not an error */
        rc = 0;
    }
    return rc;
}

static int set_words(struct arena *a, struct span value, struct alert_filter *f)
{
    struct writer w;
    size_t room = 3 * value.n + 64;
    uint8_t *p = value.n <= WORDS_MAX ? arena_alloc(a, room) : NULL;

    if (!p)
        return value.n <= WORDS_MAX ? ST_NOMEM : ST_MALFORMED;
    writer_fixed(&w, p, room);
    memset(f->word, 0, sizeof(f->word));
    fold_patterns(&w, value, f->word, ALERT_WORDS);
    return writer_ok(&w) ? 0 : ST_MALFORMED;
}

static int set_text(struct arena *a, struct span value, const char **ret)
{
    if (!value.n || value.n > 512 || memchr(value.p, 0, value.n))
        return ST_MALFORMED;
    *ret = arena_dup(a, value.p, value.n);
    return *ret ? 0 : ST_NOMEM;
}

int filter_alert(struct arena *a, struct db *d, struct alert_filter *f, struct span name, struct span value,
                 const char **ret_why)
{
    static const char *const severities[] = {"0", "1", "2", "3", "4"};
    int64_t mask;
    int rc = ST_NOT_FOUND;

    *ret_why = "it has the wrong form";
    if (span_eq(name, span_str("state"))) {
        *ret_why = "state is a list of new, acknowledged, closed";
        rc = names_mask(value, alert_state_names, ALERT_STATE_COUNT, &mask);
        if (!rc)
            f->states = (int)mask;
    } else if (span_eq(name, span_str("level"))) {
        *ret_why = "level is a list of levels, or 'classified'";
        rc = set_levels(value, &f->levels);
    } else if (span_eq(name, span_str("severity"))) {
        *ret_why = "severity is a list of numbers from 1 to 4";
        rc = names_mask(value, severities, GH_COUNT(severities), &mask);
        if (!rc)
            f->severities = (int)mask;
    } else if (span_eq(name, span_str("appliance"))) {
        *ret_why = "appliance is an identity of 32 hex digits";
        rc = set_appliance(d, value, &f->appliance);
    } else if (span_eq(name, span_str("rule"))) {
        rc = set_text(a, value, &f->rule);
    } else if (span_eq(name, span_str("sha256"))) {
        *ret_why = "sha256 has 64 hex digits in lower case";
        rc = set_sha256(value, f->sha256);
        f->by_sha256 = rc == 0;
    } else if (span_eq(name, span_str("q"))) {
        *ret_why = "q is too long";
        rc = set_words(a, value, f);
    } else if (span_eq(name, span_str("from")) || span_eq(name, span_str("to"))) {
        *ret_why = "from and to are times like 2026-11-24T06:00:00Z";
        rc = set_time(value, span_eq(name, span_str("from")) ? &f->from : &f->to);
    }
    return rc;
}

static int set_types(struct span value, int64_t *ret)
{
    const char *names[EVENT_TYPE_COUNT];

    for (int i = 0; i < EVENT_TYPE_COUNT; i++)
        names[i] = event_type_name((enum event_type)i);
    return names_mask(value, names, EVENT_TYPE_COUNT, ret);
}

int filter_event(struct arena *a, struct db *d, struct event_ask *f, struct span name, struct span value,
                 const char **ret_why)
{
    uint64_t number;
    int rc = ST_NOT_FOUND;

    *ret_why = "it has the wrong form";
    if (span_eq(name, span_str("flow_id"))) {
        *ret_why = "flow_id is a number";
        rc = span_number(value, INT64_MAX, &number) ? 0 : ST_MALFORMED;
        f->by_flow = rc == 0;
        f->flow = rc ? 0 : (int64_t)number;
    } else if (span_eq(name, span_str("community_id"))) {
        rc = set_text(a, value, &f->community);
    } else if (span_eq(name, span_str("sha256"))) {
        *ret_why = "sha256 has 64 hex digits in lower case";
        rc = set_sha256(value, f->sha256);
        f->by_sha256 = f->content = rc == 0; /* a hit would tell what is withheld */
    } else if (span_eq(name, span_str("type"))) {
        *ret_why = "type is a list of event types";
        rc = set_types(value, &f->types);
    } else if (span_eq(name, span_str("level"))) {
        *ret_why = "level is a list of levels, or 'classified'";
        rc = set_levels(value, &f->levels);
    } else if (span_eq(name, span_str("appliance"))) {
        *ret_why = "appliance is an identity of 32 hex digits";
        rc = set_appliance(d, value, &f->appliance);
    } else if (span_eq(name, span_str("from")) || span_eq(name, span_str("to"))) {
        *ret_why = "from and to are times like 2026-11-24T06:00:00Z";
        rc = set_time(value, span_eq(name, span_str("from")) ? &f->from : &f->to);
    }
    return rc;
}
