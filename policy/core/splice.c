/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/core/splice.h"
#include "base/json.h"

#define SPLICE_DEPTH 64
#define ENDING "\"stored\":false}}"

bool splice_closed(struct span json)
{
    return span_find(json, span_str("\"state\":\"CLOSED\""), 0) >= 0;
}

static bool ends_with(struct span s, struct span tail)
{
    return s.n >= tail.n && span_eq(span_part(s, s.n - tail.n, tail.n), tail);
}

static int on_member(void *arg, struct span name, struct span value)
{
    struct span *ret = arg;

    if (span_eq(name, span_str("gatehouse")) && value.n && value.p[0] == '{')
        *ret = value;
    return 0;
}

/* Where the sensor's own gatehouse object has its members, just behind the brace; 0 when the record has none.
 * Only records that seem to have one are looked through. */
static size_t own_members(struct span json)
{
    struct span object = {NULL, 0};

    if (span_find(json, span_str("\"gatehouse\":{"), 0) < 0 ||
        json_scan(json, SPLICE_DEPTH, on_member, &object) != 0 || !object.n)
        return 0;
    return (size_t)(object.p - json.p) + 1;
}

/* json up to end, with members put into the sensor's own object at that place. */
static void put_merged(struct writer *out, struct span json, size_t place, struct span members)
{
    writer_put(out, span_part(json, 0, place));
    writer_put(out, members);
    if (place < json.n && json.p[place] != '}')
        writer_u8(out, ',');
    writer_put(out, span_part(json, place, json.n));
}

void splice_fileinfo(struct writer *out, struct span json, bool stored, struct span members)
{
    struct span ending = span_str(ENDING), start = json;
    size_t place = members.n ? own_members(json) : 0;

    stored = stored && ends_with(json, ending);
    start.n -= stored ? ending.n : json.n ? 1 : 0;
    if (place)
        put_merged(out, start, place, members);
    else
        writer_put(out, start);
    if (stored)
        writer_str(out, "\"stored\":true}");
    if (members.n && !place) {
        writer_str(out, ",\"gatehouse\":{");
        writer_put(out, members);
        writer_u8(out, '}');
    }
    writer_u8(out, '}');
}

void splice_alerted(struct writer *out, struct span json)
{
    struct span from = span_str("\"alerted\":false");
    ptrdiff_t at = span_find(json, from, 0);

    if (at < 0) {
        writer_put(out, json);
        return;
    }
    writer_put(out, span_part(json, 0, (size_t)at));
    writer_str(out, "\"alerted\":true");
    writer_put(out, span_part(json, (size_t)at + from.n, json.n));
}

uint64_t splice_flow_id(struct span json)
{
    struct span key = span_str("\"flow_id\":");
    ptrdiff_t at = span_find(json, key, 0);
    uint64_t id = 0;
    size_t n = 0;

    if (at < 0)
        return 0;
    json = span_part(json, (size_t)at + key.n, 20);
    while (n < json.n && json.p[n] >= '0' && json.p[n] <= '9')
        n++;
    return span_number(span_part(json, 0, n), UINT64_MAX, &id) ? id : 0;
}

struct span splice_timestamp(struct span json)
{
    struct span start = span_str("{\"timestamp\":\"");
    ptrdiff_t end;

    if (json.n < start.n || !span_eq(span_part(json, 0, start.n), start))
        return (struct span){NULL, 0};
    end = span_find_byte(json, '"', start.n);
    return end < 0 ? (struct span){NULL, 0} : span_part(json, start.n, (size_t)end - start.n);
}
