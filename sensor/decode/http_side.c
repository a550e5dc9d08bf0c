/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/http_side.h"

void http_side_init(struct http_side *s, bool response)
{
    *s = (struct http_side){.response = response};
    writer_init(&s->line, HTTP_LINE_MAX);
    http_head_init(&s->head);
}

enum taken {
    LINE_WHOLE, /* *ret is the line without its LF */
    LINE_PART,  /* *ret is what has come of it, kept in s->line; *in is used up */
    LINE_LONG   /* *ret are its first max bytes; the rest is still in *in */
};

/* Takes the next line off *in. The caller clears s->line when it is done with *ret. */
static enum taken take_line(struct http_side *s, struct span *in, size_t max, struct span *ret)
{
    ptrdiff_t lf = span_find_byte(*in, '\n', 0);
    struct span piece = span_part(*in, 0, lf < 0 ? in->n : (size_t)lf);
    bool fits = piece.n <= max - s->line.n;

    piece = span_part(piece, 0, max - s->line.n);
    *in = span_part(*in, piece.n + (fits && lf >= 0), in->n);
    if (fits && lf >= 0 && !s->line.n) {
        *ret = piece;
        return LINE_WHOLE;
    }
    writer_put(&s->line, piece);
    *ret = writer_span(&s->line);
    return !fits ? LINE_LONG : lf >= 0 ? LINE_WHOLE : LINE_PART;
}

/* As take_line for lines of a head: true when there is one; what is too long of it is skipped. */
static bool head_take(struct http_side *s, struct span *in, struct span *ret)
{
    if (s->skip) {
        ptrdiff_t lf = span_find_byte(*in, '\n', 0);
        *in = span_part(*in, lf < 0 ? in->n : (size_t)lf + 1, in->n);
        s->skip = lf < 0;
        return false;
    }
    switch (take_line(s, in, HTTP_LINE_MAX, ret)) {
    case LINE_WHOLE:
        return true;
    case LINE_LONG:
        s->skip = true;
        return true;
    case LINE_PART:
        break;
    }
    return false;
}

/* Line without the CRs at its end. */
static struct span no_cr(struct span line)
{
    while (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    return line;
}

/* Could these bytes begin a status line, blank lines before it aside? */
static bool may_be_status(struct span s)
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
static bool overruns(const struct http_side *s, struct span rest)
{
    return rest.n && (span_trim(rest).n == 0 || !(s->response ? may_be_status(rest) : may_be_request(rest)));
}

static void body_open(struct http *h, enum direction dir, struct http_side *s)
{
    s->body = http_body_new(h->cx, dir, s->tx, &s->head, !s->response);
}

/* The message is over. complete: as its framing says. */
static void message_end(struct http *h, struct http_side *s, bool complete)
{
    if (s->response && s->tx)
        s->tx->response_bytes = http_body_bytes(s->body);
    http_body_close(s->body, complete);
    s->body = NULL;
    if (s->tx)
        http_finished(h, s);
    s->tx = NULL;
    writer_done(&s->line);
    http_head_clear(&s->head);
    if (s->state != HTTP_TUNNEL)
        s->state = HTTP_START;
}

static void body_start(struct http *h, enum direction dir, struct http_side *s)
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
    if (s->state == HTTP_LENGTH && !s->left)
        message_end(h, s, true);
    else
        body_open(h, dir, s);
}

/* A message that has no body by its head; rest is what came behind it at once. */
static void no_body(struct http *h, enum direction dir, struct http_side *s, struct span rest)
{
    if (!overruns(s, rest) || span_trim(rest).n == 0) {
        message_end(h, s, true);
        return;
    }
    proto_anomaly(h->cx, dir, "http.unexpected_body");
    if (s->head.has_length || s->head.chunked_hint) {
        body_start(h, dir, s);
        return;
    }
    body_open(h, dir, s);
    s->state = HTTP_OVERRUN;
}

static void request_head_end(struct http *h, enum direction dir, struct http_side *s, struct span rest)
{
    http_tx_head(s->tx, false, &s->head);
    if (s->head.chunked || s->head.chunked_hint || s->head.has_length)
        body_start(h, dir, s);
    else
        no_body(h, dir, s, rest);
}

static void response_head_end(struct http *h, enum direction dir, struct http_side *s, struct span rest)
{
    struct http_tx *tx = s->tx;
    struct span method = http_tx_fact(tx, FACT_METHOD);

    http_tx_head(tx, true, &s->head);
    if (tx->status == 101 || (span_eq_nocase(method, "CONNECT") && tx->status / 100 == 2)) {
        s->state = HTTP_TUNNEL;
        message_end(h, s, true);
        http_tunnel(h);
        return;
    }
    if (tx->status / 100 == 1) { /* interim: the real one follows */
        http_head_clear(&s->head);
        s->state = HTTP_START;
        return;
    }
    if (span_eq_nocase(method, "HEAD") || tx->status == 204 || tx->status == 304)
        no_body(h, dir, s, rest);
    else
        body_start(h, dir, s);
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
            message_end(h, s, false);
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
static void begin(struct http *h, enum direction dir, struct http_side *s, const struct http_start *start)
{
    if (!s->tx) /* not behind an interim response */
        s->tx = http_pair(h, s->response);
    if (!s->tx) {
        proto_anomaly(h->cx, dir, "http.no_memory");
        s->state = HTTP_RESYNC;
        return;
    }
    s->state = HTTP_HEAD;
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
    body_open(h, dir, s);
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
    bool skipping = s->skip, whole = head_take(s, in, &line);

    if (skipping)
        return;
    if (s->response && whole && !may_be_status(line) && in->n >= 7 && may_be_status(*in)) {
        /* Rubbish before the status line, which some receivers skip. */
        proto_anomaly(h->cx, dir, "http.bad_status_line");
        writer_clear(&s->line);
        return;
    }
    if (s->response && !may_be_status(line) && (s->tx || waits_for_response(h))) {
        uint8_t lf = '\n';
        struct writer held = s->line; /* line may lie in it */
        writer_init(&s->line, HTTP_LINE_MAX);
        headless(h, dir, s, line);
        if (whole && !s->skip)
            http_body_feed(s->body, span_of(&lf, 1));
        s->skip = false;
        writer_done(&held);
        return;
    }
    if (!whole)
        return;
    line = no_cr(line);
    ptrdiff_t cr = span_find_byte(line, '\r', 0); /* a CR alone ends lines, too, for some */
    struct span fields = cr < 0 ? (struct span){0} : span_part(line, (size_t)cr + 1, line.n);
    if (cr > 0)
        line.n = (size_t)cr;
    if (http_start_parse(line, s->response, s->response || h->request_seen, &start)) {
        begin(h, dir, s, &start);
        if (fields.n && s->state == HTTP_HEAD)
            http_head_line(&s->head, fields);
    } else if (line.n) {
        proto_anomaly(h->cx, dir, s->response ? "http.bad_status_line" : "http.bad_request_line");
        s->state = HTTP_RESYNC;
    }
    writer_clear(&s->line);
}

static void resync_line(struct http *h, enum direction dir, struct http_side *s, struct span *in)
{
    struct http_start start;
    struct span line;

    if (!head_take(s, in, &line))
        return;
    if (http_start_parse(no_cr(line), s->response, true, &start))
        begin(h, dir, s, &start);
    writer_clear(&s->line);
}

/* The line is no chunk size: the body was never chunked, or is no more. It goes on as it is. */
static void not_chunked(struct http *h, enum direction dir, struct http_side *s, struct span line, bool whole)
{
    struct writer held = s->line; /* line lies in it, or in the feed */
    uint8_t lf = '\n';

    proto_anomaly(h->cx, dir, s->first_chunk ? "http.body_not_chunked" : "http.bad_chunk");
    writer_init(&s->line, HTTP_LINE_MAX);
    s->left = s->head.length;
    s->state = s->first_chunk && s->head.has_length ? HTTP_LENGTH : HTTP_CLOSE;
    s->first_chunk = false;
    http_side_feed(h, dir, line);
    if (whole)
        http_side_feed(h, dir, span_of(&lf, 1));
    writer_done(&held);
}

static void chunk_size(struct http *h, enum direction dir, struct http_side *s, struct span *in)
{
    struct span line;
    uint64_t size;
    enum taken taken = take_line(s, in, HTTP_CHUNK_LINE_MAX, &line);

    if (taken == LINE_PART)
        return;
    if (taken == LINE_WHOLE && !no_cr(line).n) { /* blank lines before the size */
        writer_clear(&s->line);
        return;
    }
    if (taken == LINE_LONG || !http_chunk_size(line, &size)) {
        not_chunked(h, dir, s, line, taken == LINE_WHOLE);
        return;
    }
    writer_clear(&s->line);
    s->first_chunk = false;
    s->left = size;
    s->state = size ? HTTP_CHUNK_DATA : HTTP_TRAILERS;
}

/* The line end behind a chunk, and whatever stands before it. */
static void chunk_end(struct http *h, enum direction dir, struct http_side *s, struct span *in)
{
    ptrdiff_t lf = span_find_byte(*in, '\n', 0);
    struct span rest = span_part(*in, 0, lf < 0 ? in->n : (size_t)lf);

    if (no_cr(rest).n)
        proto_anomaly(h->cx, dir, "http.bytes_behind_chunk");
    *in = span_part(*in, rest.n + (lf >= 0), in->n);
    if (lf >= 0)
        s->state = HTTP_CHUNK_SIZE;
}

static void trailer(struct http *h, enum direction dir, struct http_side *s, struct span *in)
{
    struct http_start start;
    struct span line;

    if (!head_take(s, in, &line))
        return;
    if (!no_cr(line).n) {
        message_end(h, s, true);
        return;
    }
    if (http_start_parse(no_cr(line), s->response, true, &start)) { /* the empty line was left out */
        struct writer held = s->line;
        writer_init(&s->line, HTTP_LINE_MAX);
        message_end(h, s, true);
        begin(h, dir, s, &start);
        writer_done(&held);
        return;
    }
    writer_clear(&s->line);
}

/* Bytes of a body that says its length, or of a chunk. */
static void counted(struct http *h, enum direction dir, struct http_side *s, struct span *in)
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
    if (!overruns(s, *in)) {
        message_end(h, s, true);
        return;
    }
    /* More came at once, and it begins no message: the length was too small, or something is hidden here. */
    proto_anomaly(h->cx, dir, "http.body_longer_than_said");
    http_body_overrun(s->body);
    s->state = HTTP_OVERRUN;
    if (span_trim(*in).n == 0) { /* a line end and nothing else */
        http_body_feed(s->body, *in);
        *in = (struct span){0};
        message_end(h, s, true);
    }
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
            if (head_take(s, &in, &line)) {
                struct writer held = s->line; /* the message may end here, and its line with it */
                writer_init(&s->line, HTTP_LINE_MAX);
                head_line(h, dir, s, line, in);
                writer_done(&held);
            }
            break;
        case HTTP_LENGTH:
        case HTTP_CHUNK_DATA:
            counted(h, dir, s, &in);
            break;
        case HTTP_CLOSE:
            http_body_feed(s->body, in);
            return;
        case HTTP_OVERRUN:
            if (!overruns(s, in)) {
                message_end(h, s, true);
                break;
            }
            http_body_feed(s->body, in);
            return;
        case HTTP_CHUNK_SIZE:
            chunk_size(h, dir, s, &in);
            break;
        case HTTP_CHUNK_END:
            chunk_end(h, dir, s, &in);
            break;
        case HTTP_TRAILERS:
            trailer(h, dir, s, &in);
            break;
        case HTTP_RESYNC:
            resync_line(h, dir, s, &in);
            break;
        case HTTP_TUNNEL:
            return;
        }
    }
}

void http_side_gap(struct http *h, enum direction dir, uint64_t missing)
{
    struct http_side *s = &h->side[dir];

    switch (s->state) {
    case HTTP_TUNNEL:
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
        bool exact = missing == s->left && s->state == HTTP_LENGTH;
        message_end(h, s, exact);
        if (exact)
            return;
        break;
    case HTTP_CHUNK_SIZE:
    case HTTP_CHUNK_END:
        http_body_gap(s->body, missing);
        message_end(h, s, false);
        break;
    case HTTP_TRAILERS:
        message_end(h, s, true);
        break;
    case HTTP_HEAD:
        proto_anomaly(h->cx, dir, "http.gap_in_head");
        message_end(h, s, false);
        break;
    case HTTP_START:
        break;
    }
    writer_clear(&s->line);
    if (s->state != HTTP_TUNNEL)
        s->state = HTTP_RESYNC;
}

void http_side_end(struct http *h, enum direction dir)
{
    struct http_side *s = &h->side[dir];
    struct span line = writer_span(&s->line);

    switch (s->state) {
    case HTTP_CHUNK_SIZE:
        if (line.n) { /* no line at all in what said it was chunked, or a cut one */
            uint64_t size;
            if (s->first_chunk && !http_chunk_size(line, &size)) {
                not_chunked(h, dir, s, line, false);
                http_side_end(h, dir);
                return;
            }
            message_end(h, s, false);
        } else {
            /* Every chunk that was announced has come; only the end was not said. */
            proto_anomaly(h->cx, dir, "http.last_chunk_missing");
            message_end(h, s, true);
        }
        break;
    case HTTP_LENGTH:
    case HTTP_CHUNK_DATA:
        /* All that crossed the wire is there; that more was promised is a fact of its own. */
        proto_anomaly(h->cx, dir, "http.body_cut_short");
        /* fall through */
    case HTTP_CLOSE:
    case HTTP_OVERRUN:
    case HTTP_CHUNK_END:
    case HTTP_TRAILERS:
        message_end(h, s, true);
        break;
    case HTTP_HEAD:
        message_end(h, s, false);
        break;
    case HTTP_START:
    case HTTP_RESYNC:
    case HTTP_TUNNEL:
        if (s->tx) /* an interim response and nothing behind it */
            message_end(h, s, false);
        break;
    }
    s->state = HTTP_TUNNEL; /* nothing can follow */
}

void http_side_done(struct http *h, enum direction dir)
{
    struct http_side *s = &h->side[dir];

    http_body_close(s->body, false);
    s->body = NULL;
    writer_done(&s->line);
    http_head_done(&s->head);
}
