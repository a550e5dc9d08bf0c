/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/http_side.h"
#include "sensor/decode/http_upgrade.h"

void http_side_init(struct http_side *s, bool response)
{
    *s = (struct http_side){.response = response};
    line_init(&s->line, HTTP_LINE_MAX);
    http_head_init(&s->head);
}

static void request_head_end(struct http *h, enum direction dir, struct http_side *s, struct span rest)
{
    http_tx_head(s->tx, false, &s->head);
    http_upgrade_asked(h, &s->head);
    if (s->head.chunked || s->head.has_length) /* a hint of chunks needs bytes that follow at once */
        http_body_start(h, dir, s, rest);
    else
        http_no_body(h, dir, s, rest);
}

static void response_head_end(struct http *h, enum direction dir, struct http_side *s, struct span rest)
{
    struct http_tx *tx = s->tx;
    struct span method = http_tx_fact(tx, FACT_METHOD);

    http_tx_head(tx, true, &s->head);
    if (tx->status == 101 || (span_eq_nocase(method, "CONNECT") && tx->status / 100 == 2)) {
        http_upgrade(h, tx, &s->head);
        s->state = HTTP_TUNNEL;
        http_message_end(h, s, true);
        http_tunnel(h);
        return;
    }
    if (tx->status / 100 == 1) { /* interim: the real one follows */
        http_head_clear(&s->head);
        s->state = HTTP_START;
        return;
    }
    if (span_eq_nocase(method, "HEAD") || tx->status == 204 || tx->status == 304)
        http_no_body(h, dir, s, rest);
    else
        http_body_start(h, dir, s, rest);
}

/* Is this line the end of the head? An empty one is; so is, for some receivers, one blank and LF. */
static bool head_ends(struct span line, struct span rest)
{
    if (line.n == 0 || (line.n == 1 && line.p[0] == '\r'))
        return true;
    return line.n == 1 && (line.p[0] == ' ' || line.p[0] == '\t') && rest.n && rest.p[0] != '\n' &&
           rest.p[0] != '\r';
}

static void head_line(struct http *h, enum direction dir, struct http_side *s, struct span line,
                      struct span rest)
{
    if (!head_ends(line, rest)) {
        if (!http_head_line(&s->head, line)) {
            proto_anomaly(h->cx, dir, "http.head_too_long");
            http_message_end(h, s, false);
            s->state = HTTP_RESYNC;
        }
        return;
    }
    http_head_end(&s->head);
    if (s->response)
        response_head_end(h, dir, s, rest);
    else
        request_head_end(h, dir, s, rest);
}

/* A start line was read. */
void http_begin(struct http *h, enum direction dir, struct http_side *s, const struct http_start *start)
{
    if (!s->response && span_eq(start->method, span_str("PRI")) &&
        span_eq(start->protocol, span_str("HTTP/2.0")) && http_upgrade_preface(h, dir)) {
        s->state = HTTP_TUNNEL;
        return;
    }
    if (!s->tx) /* not behind an interim response */
        s->tx = http_pair(h, s->response);
    if (!s->tx) {
        proto_anomaly(h->cx, dir, "http.no_memory");
        s->state = HTTP_RESYNC;
        return;
    }
    s->state = HTTP_HEAD;
    s->lost = false;
    if (s->response) {
        s->tx->response_seen = true;
        s->tx->status = start->status;
        return;
    }
    h->request_seen = true;
    http_tx_request(s->tx, start);
    if (!start->protocol.n) /* HTTP/0.9 has no head */
        request_head_end(h, dir, s, (struct span){0});
}

/* Bytes that should be a status line and are none: a body without a head, as HTTP/0.9 has it. */
static void headless(struct http *h, enum direction dir, struct http_side *s, struct span bytes)
{
    proto_anomaly(h->cx, dir, "http.response_without_status");
    s->tx = s->tx ? s->tx : http_pair(h, true);
    if (!s->tx) {
        s->state = HTTP_RESYNC;
        return;
    }
    s->tx->response_seen = true;
    http_body_open(h, dir, s);
    s->state = HTTP_CLOSE;
    http_body_feed(s->body, bytes);
}

static bool waits_for_response(const struct http *h)
{
    for (const struct http_tx *t = h->first; t; t = t->next)
        if (!t->response_seen)
            return true;
    return false;
}

/* Reads a start line off *in. */
static void start_line(struct http *h, enum direction dir, struct http_side *s, struct span *in)
{
    struct http_start start;
    struct span line;

    if (!s->response && line_empty(&s->line) && http_upgrade_unanswered(h, dir, *in)) {
        s->state = HTTP_TUNNEL;
        return;
    }
    bool skipping = s->line.skip, whole = line_next(&s->line, in, &line);

    if (skipping)
        return;
    if (s->response && whole && !http_may_be_status(line) && in->n >= 7 && http_may_be_status(*in)) {
        /* Rubbish before the status line, which some receivers skip. */
        proto_anomaly(h->cx, dir, "http.bad_status_line");
        line_clear(&s->line);
        return;
    }
    if (s->response && !http_may_be_status(line) && (s->tx || waits_for_response(h))) {
        uint8_t lf = '\n';
        bool ends = whole && !s->line.skip; /* a line that was cut goes on in the feed */
        struct line held = s->line;         /* line may lie in it */
        line_init(&s->line, HTTP_LINE_MAX);
        headless(h, dir, s, line);
        if (ends)
            http_body_feed(s->body, span_of(&lf, 1));
        line_done(&held);
        return;
    }
    if (!whole)
        return;
    line = line_no_cr(line);
    ptrdiff_t cr = span_find_byte(line, '\r', 0); /* a CR alone ends lines, too, for some */
    struct span fields = cr < 0 ? (struct span){0} : span_part(line, (size_t)cr + 1, line.n);
    if (cr > 0)
        line.n = (size_t)cr;
    if (http_start_parse(line, s->response, s->response || h->request_seen, &start)) {
        http_begin(h, dir, s, &start);
        if (fields.n && s->state == HTTP_HEAD)
            http_head_line(&s->head, fields);
    } else if (line.n) {
        proto_anomaly(h->cx, dir, s->response ? "http.bad_status_line" : "http.bad_request_line");
        s->state = HTTP_RESYNC;
    }
    line_clear(&s->line);
}

void http_side_feed(struct http *h, enum direction dir, struct span in)
{
    struct http_side *s = &h->side[dir];
    struct span line;

    while (in.n) {
        switch (s->state) {
        case HTTP_START:
            start_line(h, dir, s, &in);
            break;
        case HTTP_HEAD:
            if (line_next(&s->line, &in, &line)) {
                struct line held = s->line; /* the message may end here, and its line with it */
                line_init(&s->line, HTTP_LINE_MAX);
                head_line(h, dir, s, line, in);
                line_done(&held);
            }
            break;
        case HTTP_LENGTH:
        case HTTP_CHUNK_DATA:
            http_counted(h, dir, s, &in);
            break;
        case HTTP_CLOSE:
            http_body_feed(s->body, in);
            return;
        case HTTP_OVERRUN:
            if (!http_overruns(s, in)) {
                http_message_end(h, s, true);
                break;
            }
            http_body_feed(s->body, in);
            return;
        case HTTP_CHUNK_SIZE:
            http_chunk_line(h, dir, s, &in);
            break;
        case HTTP_CHUNK_END:
            http_chunk_end(h, dir, s, &in);
            break;
        case HTTP_TRAILERS:
            http_trailer(h, dir, s, &in);
            break;
        case HTTP_RESYNC:
            http_resync(h, dir, s, &in);
            break;
        case HTTP_TUNNEL:
            http_upgrade_feed(h, dir, in);
            return;
        }
    }
}

void http_side_gap(struct http *h, enum direction dir, uint64_t missing)
{
    struct http_side *s = &h->side[dir];

    switch (s->state) {
    case HTTP_TUNNEL:
        http_upgrade_gap(h, dir, missing);
        return;
    case HTTP_RESYNC:
        break;
    case HTTP_CLOSE:
    case HTTP_OVERRUN:
        http_body_gap(s->body, missing);
        return;
    case HTTP_LENGTH:
    case HTTP_CHUNK_DATA:
        http_body_gap(s->body, missing < s->left ? missing : s->left);
        if (missing < s->left || (missing == s->left && s->state == HTTP_CHUNK_DATA)) {
            s->left -= missing;
            s->state = s->left ? s->state : HTTP_CHUNK_END;
            return;
        }
        if (s->state ==
            HTTP_CHUNK_DATA) /* the body goes on behind the hole, but where its chunks begin is lost */
            break;
        bool exact = missing == s->left;
        http_message_end(h, s, exact);
        if (exact)
            return;
        break;
    case HTTP_CHUNK_SIZE:
    case HTTP_CHUNK_END:
        http_body_gap(s->body, missing);
        break;
    case HTTP_TRAILERS:
        http_message_end(h, s, true);
        break;
    case HTTP_HEAD:
        proto_anomaly(h->cx, dir, "http.gap_in_head");
        break;
    case HTTP_START:
        break;
    }
    line_clear(&s->line);
    s->lost = true;
    s->state = HTTP_RESYNC;
}

void http_side_end(struct http *h, enum direction dir)
{
    struct http_side *s = &h->side[dir];
    struct span line = writer_span(&s->line.part);

    switch (s->state) {
    case HTTP_CHUNK_SIZE:
        if (line.n) { /* no line at all in what said it was chunked, or a cut one */
            uint64_t size;
            if (s->first_chunk && !http_chunk_size(line, !s->head.chunked, &size)) {
                http_not_chunked(h, dir, s, line, false);
                http_side_end(h, dir);
                return;
            }
            http_message_end(h, s, false);
        } else {
            /* Every chunk that was announced has come; only the end was not said. */
            proto_anomaly(h->cx, dir, "http.last_chunk_missing");
            http_message_end(h, s, true);
        }
        break;
    case HTTP_LENGTH:
    case HTTP_CHUNK_DATA:
        /* All that crossed the wire is there; that more was promised is a fact of its own. */
        proto_anomaly(h->cx, dir, "http.body_cut_short");
        __attribute__((fallthrough)); /* the message ends all the same */
    case HTTP_CLOSE:
    case HTTP_OVERRUN:
    case HTTP_CHUNK_END:
    case HTTP_TRAILERS:
        http_message_end(h, s, true);
        break;
    case HTTP_HEAD:
        http_message_end(h, s, false);
        break;
    case HTTP_RESYNC:
        http_body_feed(s->body, line);
        http_message_end(h, s, false);
        break;
    case HTTP_TUNNEL:
        http_upgrade_end(h, dir);
        __attribute__((fallthrough)); /* a request may have been open when the other side agreed */
    case HTTP_START:
        if (s->tx) /* an interim response and nothing behind it */
            http_message_end(h, s, false);
        break;
    }
    s->state = HTTP_TUNNEL; /* nothing can follow */
}

void http_side_done(struct http *h, enum direction dir)
{
    struct http_side *s = &h->side[dir];

    http_body_close(s->body, false);
    s->body = NULL;
    line_done(&s->line);
    http_head_done(&s->head);
}
