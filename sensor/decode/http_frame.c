/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/http_side.h"

/* Could these bytes begin a status line, blank lines before it aside? */
bool http_may_be_status(struct span s)
{
    static const char want[] = "HTTP/";

    while (s.n && (s.p[0] <= ' '))
        s = span_part(s, 1, s.n);
    for (size_t i = 0; i < s.n && i < sizeof(want) - 1; i++)
        if ((s.p[i] & 0xDF) != (want[i] & 0xDF))
            return false;
    return true;
}

/* Could they begin a request line? A word of capitals, and a blank behind it. */
static bool may_be_request(struct span s)
{
    size_t n = 0;

    while (s.n && (s.p[0] == '\r' || s.p[0] == '\n'))
        s = span_part(s, 1, s.n);
    while (n < s.n && n < 32 && ((s.p[n] >= 'A' && s.p[n] <= 'Z') || s.p[n] == '_' || s.p[n] == '-'))
        n++;
    return s.n && n && (n == s.n || s.p[n] == ' ' || s.p[n] == '\t');
}

/* Do more bytes stand directly behind a message that begin no next one? (Blanks alone begin none, either.) */
bool http_overruns(const struct http_side *s, struct span rest)
{
    return rest.n &&
           (span_trim(rest).n == 0 || !(s->response ? http_may_be_status(rest) : may_be_request(rest)));
}

void http_body_open(struct http *h, enum direction dir, struct http_side *s)
{
    s->body = http_body_new(h->cx, dir, s->tx, &s->head, !s->response);
}

/* The message is over. complete: as its framing says. */
void http_message_end(struct http *h, struct http_side *s, bool complete)
{
    if (s->response && s->tx)
        s->tx->response_bytes = http_body_bytes(s->body);
    http_body_close(s->body, complete);
    s->body = NULL;
    if (s->tx)
        http_finished(h, s);
    s->tx = NULL;
    line_done(&s->line);
    http_head_clear(&s->head);
    if (s->state != HTTP_TUNNEL)
        s->state = HTTP_START;
}

void http_body_start(struct http *h, enum direction dir, struct http_side *s, struct span rest)
{
    if (s->head.ambiguous)
        proto_anomaly(h->cx, dir, "http.ambiguous_framing");
    s->first_chunk = true;
    s->left = s->head.length;
    if (s->head.chunked || s->head.chunked_hint)
        s->state = HTTP_CHUNK_SIZE;
    else if (s->head.has_length)
        s->state = HTTP_LENGTH;
    else
        s->state = HTTP_CLOSE;
    if (s->state == HTTP_LENGTH && !s->left) {
        if (!http_overruns(s, rest) || span_trim(rest).n == 0) {
            http_message_end(h, s, true);
            return;
        }
        proto_anomaly(h->cx, dir, "http.body_longer_than_said");
        s->state = HTTP_OVERRUN;
    }
    http_body_open(h, dir, s);
}

/* A message that has no body by its head; rest is what came behind it at once. */
void http_no_body(struct http *h, enum direction dir, struct http_side *s, struct span rest)
{
    if (!http_overruns(s, rest) || span_trim(rest).n == 0) {
        http_message_end(h, s, true);
        return;
    }
    proto_anomaly(h->cx, dir, "http.unexpected_body");
    if (s->head.has_length || s->head.chunked_hint) {
        http_body_start(h, dir, s, rest);
        return;
    }
    http_body_open(h, dir, s);
    s->state = HTTP_OVERRUN;
}

/* The line is no chunk size: the body was never chunked, or is no more. It goes on as it is. */
void http_not_chunked(struct http *h, enum direction dir, struct http_side *s, struct span line, bool whole)
{
    struct line held = s->line; /* line lies in it, or in the feed */
    uint8_t lf = '\n';

    proto_anomaly(h->cx, dir, s->first_chunk ? "http.body_not_chunked" : "http.bad_chunk");
    line_init(&s->line, HTTP_LINE_MAX);
    s->left = s->head.length;
    s->state = s->first_chunk && s->head.has_length ? HTTP_LENGTH : HTTP_CLOSE;
    if (s->first_chunk && !s->response && !s->head.has_length && may_be_request(line))
        http_message_end(h, s, true); /* no body at all: the next request */
    s->first_chunk = false;
    http_side_feed(h, dir, line);
    if (whole)
        http_side_feed(h, dir, span_of(&lf, 1));
    line_done(&held);
}

void http_chunk_line(struct http *h, enum direction dir, struct http_side *s, struct span *in)
{
    struct span line;
    uint64_t size;
    enum line_taken taken = line_take(&s->line, in, HTTP_CHUNK_LINE_MAX, &line);

    if (taken == LINE_PART) {
        /* A body that is only hinted to be chunked and has all its bytes without one line is not. */
        if (s->first_chunk && !s->head.chunked && s->head.has_length && line.n >= s->head.length)
            http_not_chunked(h, dir, s, line, false);
        return;
    }
    if (taken == LINE_WHOLE && !line_no_cr(line).n) { /* blank lines before the size */
        line_clear(&s->line);
        return;
    }
    if (taken == LINE_LONG || !http_chunk_size(line, s->first_chunk && !s->head.chunked, &size)) {
        http_not_chunked(h, dir, s, line, taken == LINE_WHOLE);
        return;
    }
    line_clear(&s->line);
    s->first_chunk = false;
    s->left = size;
    s->state = size ? HTTP_CHUNK_DATA : HTTP_TRAILERS;
}

/* The line end behind a chunk, and whatever stands before it. */
void http_chunk_end(struct http *h, enum direction dir, struct http_side *s, struct span *in)
{
    ptrdiff_t lf = span_find_byte(*in, '\n', 0);
    struct span rest = span_part(*in, 0, lf < 0 ? in->n : (size_t)lf);

    if (line_no_cr(rest).n)
        proto_anomaly(h->cx, dir, "http.bytes_behind_chunk");
    *in = span_part(*in, rest.n + (lf >= 0), in->n);
    if (lf >= 0)
        s->state = HTTP_CHUNK_SIZE;
}

void http_trailer(struct http *h, enum direction dir, struct http_side *s, struct span *in)
{
    struct http_start start;
    struct span line;

    if (!line_next(&s->line, in, &line))
        return;
    if (!line_no_cr(line).n) {
        http_message_end(h, s, true);
        return;
    }
    if (http_start_parse(line_no_cr(line), s->response, true, &start)) { /* the empty line was left out */
        struct line held = s->line;
        line_init(&s->line, HTTP_LINE_MAX);
        http_message_end(h, s, true);
        http_begin(h, dir, s, &start);
        line_done(&held);
        return;
    }
    line_clear(&s->line);
}

/* Bytes of a body that says its length, or of a chunk. */
void http_counted(struct http *h, enum direction dir, struct http_side *s, struct span *in)
{
    struct span part = span_part(*in, 0, (size_t)(s->left < in->n ? s->left : in->n));

    http_body_feed(s->body, part);
    s->left -= part.n;
    *in = span_part(*in, part.n, in->n);
    if (s->left)
        return;
    if (s->state == HTTP_CHUNK_DATA) {
        s->state = HTTP_CHUNK_END;
        return;
    }
    if (!http_overruns(s, *in)) {
        http_message_end(h, s, true);
        return;
    }
    /* More came at once, and it begins no message: the length was too small, or something is hidden here. */
    proto_anomaly(h->cx, dir, "http.body_longer_than_said");
    http_body_overrun(s->body);
    s->state = HTTP_OVERRUN;
    if (span_trim(*in).n == 0) { /* a line end and nothing else */
        http_body_feed(s->body, *in);
        *in = (struct span){0};
        http_message_end(h, s, true);
    }
}

/* "Name: value", or the empty line behind such. */
static bool is_field(struct span line)
{
    size_t n = 0;

    line = line_no_cr(line);
    while (n < line.n && line.p[n] > ' ' && line.p[n] < 127 && line.p[n] != ':')
        n++;
    return line.n == 0 || (n && n < line.n && line.p[n] == ':');
}

/* Bytes behind a hole that begin no message. */
static void lost_bytes(struct http *h, enum direction dir, struct http_side *s, struct span bytes)
{
    if (!s->body && s->lost) {
        s->tx = s->tx ? s->tx : http_pair(h, s->response);
        if (!s->tx)
            return;
        s->tx->response_seen |= s->response; /* taken: it must not be freed by the other side alone */
        s->tx->request_seen |= !s->response;
        http_body_open(h, dir, s);
        http_body_gap(s->body, 1); /* where in the document we are is unknown */
    }
    http_body_feed(s->body, bytes);
}

void http_resync(struct http *h, enum direction dir, struct http_side *s, struct span *in)
{
    struct http_start start;
    struct span line;
    uint8_t lf = '\n';

    if (s->line.skip) { /* inside a line that is no start line */
        ptrdiff_t end = span_find_byte(*in, '\n', 0);
        line = span_part(*in, 0, end < 0 ? in->n : (size_t)end + 1);
        lost_bytes(h, dir, s, line);
        s->line.skip = end < 0;
        *in = span_part(*in, line.n, in->n);
        return;
    }
    enum line_taken taken = line_take(&s->line, in, HTTP_RESYNC_LINE_MAX, &line);
    if (taken == LINE_PART)
        return;
    struct line held = s->line; /* line may lie in it */
    line_init(&s->line, HTTP_LINE_MAX);
    if (taken == LINE_WHOLE && http_start_parse(line_no_cr(line), s->response, true, &start)) {
        http_message_end(h, s, false);
        http_begin(h, dir, s, &start);
    } else if (s->body || taken == LINE_LONG || !is_field(line)) {
        s->line.skip = taken == LINE_LONG;
        lost_bytes(h, dir, s, line);
        if (taken == LINE_WHOLE)
            lost_bytes(h, dir, s, span_of(&lf, 1));
    }
    line_done(&held);
}
