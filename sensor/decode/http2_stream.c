/* SPDX-License-Identifier: GPL-3.0-or-later
 * Streams: a request, its response and their bodies (RFC 9113 sections 5.1 and 8). */
#include "sensor/decode/http2_impl.h"

#include <stdlib.h>

/* ---- the table ---- */

/* Place of stream id, or where it belongs. */
static uint32_t place(const struct http2 *c, uint32_t id)
{
    uint32_t low = 0, high = c->n_stream;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (c->stream[mid]->id < id)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static struct http2_stream *find(const struct http2 *c, uint32_t id)
{
    uint32_t at = place(c, id);

    return at < c->n_stream && c->stream[at]->id == id ? c->stream[at] : NULL;
}

static bool is_open(const struct http2_half *half)
{
    return !half->ended;
}

/* That half's body is over. complete: its protocol said so. */
static void half_close(struct http2 *c, struct http2_stream *s, enum direction dir, bool complete)
{
    struct http2_half *half = &s->half[dir];
    bool response = dir != c->client;
    bool bodiless = response && (s->tx->status == 304 || s->tx->status == 204 ||
                                 span_eq_nocase(http_tx_fact(s->tx, FACT_METHOD), "HEAD"));

    half->ended = true;
    if (half->has_length && half->got == half->length)
        complete = true;
    else if (half->has_length && complete && !(bodiless && !half->got))
        proto_anomaly(c->cx, dir, "http2.content_length_differs");
    if (response)
        s->tx->response_bytes = half->got;
    http_body_close(half->body, complete);
    half->body = NULL;
    if (s->ws)
        websocket_end(s->ws, dir);
    tunnel_end(s->tunnel, dir);
}

/* The stream at that place is over: logged, freed. */
static void finish(struct http2 *c, uint32_t at)
{
    struct http2_stream *s = c->stream[at];

    for (int d = 0; d < 2; d++)
        if (is_open(&s->half[d]))
            half_close(c, s, (enum direction)d, false);
    websocket_free(s->ws);
    tunnel_free(s->tunnel);
    http_tx_log(c->cx, s->tx, c->client);
    http_tx_free(c->cx, s->tx);
    free(s);
    proto_release(c->cx, HTTP2_STREAM_CHARGE);
    c->n_stream--;
    for (uint32_t i = at; i < c->n_stream; i++)
        c->stream[i] = c->stream[i + 1];
}

static bool room(struct http2 *c)
{
    uint32_t cap = c->cap_stream ? 2 * c->cap_stream : 8;
    struct http2_stream **grown;

    if (c->n_stream == HTTP2_STREAMS_MAX) {
        proto_anomaly(c->cx, c->client, "http2.too_many_streams_open");
        finish(c, 0);
    }
    if (c->n_stream < c->cap_stream)
        return true;
    grown = realloc(c->stream, cap * sizeof(struct http2_stream *));
    if (!grown)
        return false;
    c->stream = grown;
    c->cap_stream = cap;
    return true;
}

/* NULL when memory is short. */
static struct http2_stream *stream_new(struct http2 *c, uint32_t id)
{
    struct http2_stream *s = NULL;
    uint32_t at;

    if (!room(c) || !proto_charge(c->cx, HTTP2_STREAM_CHARGE))
        goto failed;
    s = calloc(1, sizeof(*s));
    if (!s || !(s->tx = http_tx_new(c->cx, c->cx->tx_next)))
        goto failed_stream;
    c->cx->tx_next++;
    s->id = s->tx->stream = id;
    at = place(c, id);
    for (uint32_t i = c->n_stream; i > at; i--)
        c->stream[i] = c->stream[i - 1];
    c->stream[at] = s;
    c->n_stream++;
    return s;
failed_stream:
    free(s);
    proto_release(c->cx, HTTP2_STREAM_CHARGE);
failed:
    proto_anomaly(c->cx, c->client, "http2.no_memory");
    return NULL;
}

/* ---- messages ---- */

static void end_half(struct http2 *c, struct http2_stream *s, enum direction dir, bool complete)
{
    const struct http2_half *request = &s->half[c->client];

    if (!is_open(&s->half[dir]))
        return;
    half_close(c, s, dir, complete);
    /* A request that was not seen, and will not be, is not waited for. */
    bool unseen =
        dir != c->client && !request->head && !request->body && (c->lossy || !c->side[c->client].spoke);
    if (unseen || !is_open(&s->half[!dir]))
        finish(c, place(c, s->id));
}

/* Who is the client? The fields say it where the beginning was not seen. */
static void decide(struct http2 *c, enum direction dir)
{
    if (c->decided || c->fields.has_method == c->fields.has_status)
        return;
    c->decided = true;
    c->client = c->fields.has_method ? dir : (enum direction) !dir;
}

/* The highest stream that who opens such streams has opened: clients odd ones, servers even ones. */
static uint32_t *last_of(struct http2 *c, uint32_t id)
{
    return &c->side[id % 2 ? c->client : !c->client].last;
}

/* The stream whose fields come in that direction. NULL: it is closed, or memory is short. */
static struct http2_stream *stream_of_head(struct http2 *c, enum direction dir, uint32_t id)
{
    struct http2_stream *s = find(c, id);

    if (!s && id <= *last_of(c, id) && !c->lossy) {
        proto_anomaly(c->cx, dir, "http2.frame_on_closed_stream");
        return NULL;
    }
    if (dir == c->client && id > *last_of(c, id))
        *last_of(c, id) = id;
    return s ? s : stream_new(c, id);
}

static void request_head(struct http2 *c, struct http2_stream *s)
{
    const struct http2_fields *f = &c->fields;
    bool connect = span_eq_nocase(writer_span(&f->method), "CONNECT");
    struct http_start start = {.method = writer_span(&f->method),
                               .url = writer_span(connect && !f->path.n ? &f->authority : &f->path),
                               .protocol = span_str("HTTP/2")};

    http_tx_request(s->tx, &start);
    http_tx_head(s->tx, false, &f->head);
    s->connect = connect;
    s->websocket = connect && span_eq_nocase(writer_span(&f->protocol), "websocket");
}

/* False: an interim one, the real one follows. */
static bool response_head(struct http2 *c, struct http2_stream *s, bool ends)
{
    const struct http2_fields *f = &c->fields;

    s->tx->response_seen = true;
    s->tx->status = f->status;
    if (f->status / 100 == 1 && !ends)
        return false;
    http_tx_head(s->tx, true, &f->head);
    s->connect = s->connect && f->status / 100 == 2;
    if (s->connect && s->websocket && !s->ws)
        s->ws = websocket_new(c->cx, c->client, s->tx, http_head_get(&f->head, HTTP_EXTENSIONS));
    return true;
}

static void body_open(struct http2 *c, struct http2_stream *s, enum direction dir,
                      const struct http_head *head)
{
    s->half[dir].body = http_body_new(c->cx, dir, s->tx, head, dir == c->client);
}

void http2_message(struct http2 *c, enum direction dir, uint32_t id, bool ends)
{
    const struct http_head *head = &c->fields.head;
    struct http2_stream *s;
    struct http2_half *half;

    decide(c, dir);
    s = stream_of_head(c, dir, id);
    if (!s)
        return;
    half = &s->half[dir];
    if (!is_open(half)) {
        proto_anomaly(c->cx, dir, "http2.frame_on_closed_stream");
        return;
    }
    if (!half->head && !half->body) {
        if (dir == c->client)
            request_head(c, s);
        else if (!response_head(c, s, ends))
            return;
        half->head = true;
        half->has_length = head->has_length && !head->ambiguous;
        half->length = head->length;
        if (!ends && !s->connect)
            body_open(c, s, dir, head);
    }
    if (ends) /* at once, or with these trailers */
        end_half(c, s, dir, true);
}

void http2_promise(struct http2 *c, enum direction dir, uint32_t id)
{
    struct http2_stream *s;

    decide(c, dir);
    if (dir == c->client || !id || id % 2 || id <= *last_of(c, id) || find(c, id)) {
        proto_anomaly(c->cx, dir, "http2.bad_promise");
        return;
    }
    *last_of(c, id) = id;
    s = stream_new(c, id);
    if (!s)
        return;
    request_head(c, s);
    s->half[c->client].head = s->half[c->client].ended = true;
}

void http2_stream_first(struct http2 *c, const struct http_tx *request)
{
    struct http2_stream *s = stream_new(c, 1);

    if (!s)
        return;
    http_tx_copy(s->tx, request);
    s->half[c->client].head = s->half[c->client].ended = true;
    *last_of(c, 1) = 1;
}

/* ---- bodies ---- */

/* A body of which not even the fields are known; gap: nor whether this is its beginning. */
static void body_open_unknown(struct http2 *c, struct http2_stream *s, enum direction dir, bool gap)
{
    struct http_head head;

    http_head_init(&head);
    body_open(c, s, dir, &head);
    http_head_done(&head);
    if (gap)
        http_body_gap(s->half[dir].body, 1);
    if (dir != c->client)
        s->tx->response_seen = true;
}

/* The stream that DATA, or a hole in it, belongs to, with a body; NULL when it has none. */
static struct http2_stream *stream_of_data(struct http2 *c, enum direction dir, uint32_t id)
{
    struct http2_stream *s = find(c, id);

    if ((!s && !c->lossy && id <= *last_of(c, id)) || (s && !is_open(&s->half[dir]))) {
        proto_anomaly(c->cx, dir, "http2.frame_on_closed_stream");
        return NULL;
    }
    if (!s)
        s = stream_new(c, id);
    if (!s || s->half[dir].head || s->half[dir].body || s->connect)
        return s;
    proto_anomaly(c->cx, dir, "http2.data_without_headers");
    body_open_unknown(c, s, dir, c->lossy);
    return s;
}

static struct tunnel *tunnel_of(struct http2 *c, struct http2_stream *s)
{
    if (!s->tunnel && !s->websocket)
        s->tunnel = tunnel_new(c->cx, c->client);
    return s->tunnel;
}

void http2_data(struct http2 *c, enum direction dir, uint32_t id, struct span bytes)
{
    struct http2_stream *s = stream_of_data(c, dir, id);

    if (!s)
        return;
    s->half[dir].got += bytes.n;
    if (s->ws)
        websocket_feed(s->ws, dir, bytes);
    else if (s->connect)
        tunnel_feed(tunnel_of(c, s), dir, bytes);
    else
        http_body_feed(s->half[dir].body, bytes);
}

void http2_data_gap(struct http2 *c, enum direction dir, uint32_t id, uint64_t missing)
{
    struct http2_stream *s = stream_of_data(c, dir, id);

    if (!s)
        return;
    s->half[dir].got += missing;
    if (s->ws)
        websocket_gap(s->ws, dir, missing);
    else if (s->connect)
        tunnel_gap(tunnel_of(c, s), dir, missing);
    else
        http_body_gap(s->half[dir].body, missing);
}

void http2_lose_bodies(struct http2 *c, enum direction dir)
{
    for (uint32_t i = 0; i < c->n_stream; i++) {
        struct http2_stream *s = c->stream[i];
        if (!is_open(&s->half[dir]))
            continue;
        s->half[dir].has_length = false; /* how much came cannot be told */
        if (s->ws)
            websocket_gap(s->ws, dir, UINT64_MAX);
        else if (s->connect)
            tunnel_gap(s->tunnel, dir, 1);
        else
            http_body_gap(s->half[dir].body, 1);
    }
}

void http2_stream_end(struct http2 *c, enum direction dir, uint32_t id)
{
    struct http2_stream *s = find(c, id);

    if (s)
        end_half(c, s, dir, true);
}

void http2_stream_reset(struct http2 *c, uint32_t id)
{
    uint32_t at = place(c, id);

    if (at < c->n_stream && c->stream[at]->id == id)
        finish(c, at);
}

void http2_halves_end(struct http2 *c, enum direction dir)
{
    for (uint32_t i = c->n_stream; i-- > 0;) /* a stream that is over leaves the table */
        if (is_open(&c->stream[i]->half[dir]))
            end_half(c, c->stream[i], dir, false);
}

void http2_streams_free(struct http2 *c)
{
    while (c->n_stream)
        finish(c, 0);
    free(c->stream);
    c->stream = NULL;
}
