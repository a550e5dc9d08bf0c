/* SPDX-License-Identifier: GPL-3.0-or-later
 * Everything that reads a stranger's text before anybody is signed in: request line, headers, host, origin,
 * cookie, query, filters, and behind an empty line a body as JSON, as a record and as an enrolment request.
 */
#include "base/event.h"
#include "console/api/app.h"
#include "console/api/filter.h"
#include "console/enrol.h"
#include "console/http/head.h"
#include "console/store/facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct span word(struct span *line)
{
    ptrdiff_t end = span_find_byte(*line, ' ', 0);
    struct span w = span_part(*line, 0, end < 0 ? line->n : (size_t)end);

    *line = end < 0 ? (struct span){NULL, 0} : span_part(*line, (size_t)end + 1, line->n);
    return w;
}

static void read_query(struct arena *a, struct span text)
{
    struct alert_filter af;
    struct event_ask ef;
    struct query q;
    const char *why;

    if (query_parse(a, text, &q) != 0)
        return;
    alert_filter_init(&af, &sight_everything);
    event_ask_init(&ef, &sight_everything);
    for (size_t i = 0; i < q.n; i++) {
        filter_alert(a, NULL, &af, q.v[i].name, q.v[i].value, &why);
        filter_event(a, NULL, &ef, q.v[i].name, q.v[i].value, &why);
        gh_check(query_get(&q, (const char *)q.v[i].name.p) !=
                 NULL); /* names are strings without NUL inside */
    }
}

static void read_body(struct arena *a, struct span body)
{
    struct record r = {.type = body.n ? body.p[0] % (EVENT_TYPE_COUNT + 1) : 0, .json = body};
    struct enrol_request e;
    struct facts f;
    struct json *j;
    const char *why;

    for (int type = 0; type < 2; type++) {
        if (facts_of(a, &r, 1, &f) == 0)
            gh_check(json_parse(a, f.json, 64, &j, NULL) != ST_MALFORMED);
        r.type = EVENT_ALERT;
    }
    (void)enrol_read(body, &e, &why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader r = reader_of(data, size);
    struct arena *a = arena_new(64u << 20);
    struct span line = {NULL, 0}, found, method, target;
    struct head h;
    int64_t id;
    bool other;

    reader_line(&r, &line);
    method = word(&line);
    target = word(&line);
    head_line(&h, method, target, line);
    while (reader_line(&r, &line) && line.n) {
        ptrdiff_t colon = span_find_byte(line, ':', 0);
        head_header(&h, span_part(line, 0, colon < 0 ? line.n : (size_t)colon),
                    colon < 0 ? (struct span){NULL, 0} : span_part(line, (size_t)colon + 1, line.n));
    }
    head_end(&h);
    head_host_known(h.host, "gate.example other");
    head_same_origin(&h, true);
    content_type_is(h.content_type, "application/json");
    cookie_find(h.cookie, COOKIE_NAME, &found);
    route_find(routes, route_count, h.method == HTTP_METHOD_COUNT ? HTTP_GET : h.method, h.path, &id, &other);
    read_query(a, h.query_text);
    read_body(a, reader_rest(&r));
    arena_free(a);
    return 0;
}
