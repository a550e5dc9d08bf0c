/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/rtsp.h"
#include "sensor/decode/carve.h"
#include "sensor/decode/http_head.h"
#include "sensor/decode/line.h"

#define FLOW_CHARGE (4u * RTSP_LINE_MAX)

enum state {
    AT_START, /* between messages; also when lost: lines that begin none are passed over */
    AT_HEAD,
    AT_BODY,  /* `left` bytes */
    AT_MEDIA, /* `left` bytes of interleaved data */
};
struct side {
    enum state state;
    uint64_t left;
    struct line line;
    struct http_head head;
    struct transfer *doc;
    bool told; /* that lines are passed over */
};
struct rtsp {
    struct proto_ctx *cx;
    struct side side[2];
    uint8_t name[RTSP_NAME_MAX];
    size_t name_n;
    uint32_t tx; /* of the message that is read */
    bool sip;
};

/* ---- start lines ---- */

static bool is_version(struct span s, bool sip)
{
    return sip ? span_eq(s, span_str("SIP/2.0"))
               : span_eq(s, span_str("RTSP/1.0")) || span_eq(s, span_str("RTSP/2.0"));
}

/* "DESCRIBE rtsp://a/b RTSP/1.0" or "RTSP/1.0 200 OK"; url is empty in the second. */
static bool start_line(struct span line, bool sip, struct span *ret_url)
{
    ptrdiff_t first = span_find_byte(line, ' ', 0), last = -1;
    struct span word = span_part(line, 0, first < 0 ? line.n : (size_t)first);

    *ret_url = (struct span){0};
    if (first < 1)
        return false;
    if (is_version(word, sip)) {
        struct span status = span_part(line, (size_t)first + 1, 3);
        uint64_t number;
        return status.n == 3 && span_number(status, 999, &number);
    }
    for (size_t i = 0; i < word.n; i++)
        if (!(word.p[i] >= 'A' && word.p[i] <= 'Z') && word.p[i] != '_')
            return false;
    for (size_t i = (size_t)first; i < line.n; i++)
        if (line.p[i] == ' ')
            last = (ptrdiff_t)i;
    if (last <= first || !is_version(span_part(line, (size_t)last + 1, line.n), sip))
        return false;
    *ret_url = span_part(line, (size_t)first + 1, (size_t)(last - first) - 1);
    return true;
}

static enum probe probe(struct span first, bool sip)
{
    const char *version = sip ? "SIP/2.0 " : "RTSP/";
    ptrdiff_t lf;
    struct span url;
    size_t word = 0;

    while (first.n && (first.p[0] == '\r' || first.p[0] == '\n'))
        first = span_part(first, 1, first.n);
    lf = span_find_byte(first, '\n', 0);
    if (lf >= 0)
        return start_line(line_no_cr(span_part(first, 0, (size_t)lf)), sip, &url) ? PROBE_YES : PROBE_NO;
    if (first.n <= strlen(version) ? memcmp(version, first.n ? (const void *)first.p : "", first.n) == 0
                                   : span_starts(first, version))
        return PROBE_MORE;
    while (word < first.n && word < 20 && first.p[word] >= 'A' && first.p[word] <= 'Z')
        word++;
    return word == first.n || (word && first.p[word] == ' ') ? PROBE_MORE : PROBE_NO;
}

static enum probe rtsp_probe(const struct proto_ctx *cx, enum direction dir, struct span first)
{
    (void)cx;
    (void)dir;
    return probe(first, false);
}

static enum probe sip_probe(const struct proto_ctx *cx, enum direction dir, struct span first)
{
    enum probe answer = probe(first, true);

    (void)dir;
    return cx->udp && answer == PROBE_MORE ? PROBE_NO : answer;
}

/* ---- messages ---- */

static void remember_name(struct rtsp *r, struct span url)
{
    size_t from = url.n;

    while (from && url.p[from - 1] != '/' && url.p[from - 1] != ':')
        from--;
    url = span_part(url, from, RTSP_NAME_MAX);
    r->name_n = url.n;
    if (url.n)
        memcpy(r->name, url.p, url.n);
}

/* SIP has names of one letter (RFC 3261 section 7.3.3). */
static bool head_line(struct side *s, struct span line, bool sip)
{
    static const struct {
        char letter;
        const char *name;
    } compact[] = {{'l', "Content-Length"}, {'c', "Content-Type"}, {'e', "Content-Encoding"}};
    uint8_t buf[RTSP_LINE_MAX + 32];
    struct writer w;

    for (size_t i = 0; sip && i < GH_COUNT(compact); i++) {
        struct span rest = span_part(line, 1, line.n);
        while (rest.n && (rest.p[0] == ' ' || rest.p[0] == '\t'))
            rest = span_part(rest, 1, rest.n);
        if (!line.n || (line.p[0] | 0x20) != compact[i].letter || !rest.n || rest.p[0] != ':')
            continue;
        writer_fixed(&w, buf, sizeof(buf));
        writer_str(&w, compact[i].name);
        writer_put(&w, rest);
        return http_head_line(&s->head, writer_span(&w));
    }
    return http_head_line(&s->head, line);
}

static void body_open(struct rtsp *r, enum direction dir, struct side *s, uint64_t n)
{
    s->left = n;
    s->state = n ? AT_BODY : AT_START;
    if (n)
        s->doc = carve_open(r->cx, dir, span_of(r->name, r->name_n), r->tx);
}

static void body_close(struct side *s, bool complete)
{
    if (s->doc)
        carve_close(s->doc, complete);
    s->doc = NULL;
    s->left = 0;
    s->state = AT_START;
}

/* A line of the head. False: the head is over. */
static bool take_head(struct rtsp *r, enum direction dir, struct side *s, struct span line)
{
    if (line.n) {
        if (head_line(s, line, r->sip))
            return true;
        proto_anomaly(r->cx, dir, r->sip ? "sip.head_too_long" : "rtsp.head_too_long");
        http_head_clear(&s->head);
        s->state = AT_START;
        return false;
    }
    http_head_end(&s->head);
    return false;
}

static void take_start(struct rtsp *r, enum direction dir, struct side *s, struct span line)
{
    struct span url;

    if (!line.n)
        return;
    if (!start_line(line, r->sip, &url)) {
        if (!s->told)
            proto_anomaly(r->cx, dir, r->sip ? "sip.no_message" : "rtsp.no_message");
        s->told = true;
        return;
    }
    s->told = false;
    if (url.n)
        remember_name(r, url);
    r->tx = r->cx->tx_next++;
    http_head_clear(&s->head);
    s->state = AT_HEAD;
}

/* "$", channel, length of 16 bits (RFC 2326 section 10.12). False: more bytes are needed, and kept in the
 * line. */
static bool take_media(struct side *s, struct span *in)
{
    while (in->n && s->line.part.n < 4) {
        writer_put(&s->line.part, span_part(*in, 0, 1));
        *in = span_part(*in, 1, in->n);
    }
    if (s->line.part.n < 4)
        return false;
    struct reader r = reader_span(writer_span(&s->line.part));
    reader_skip(&r, 2);
    s->left = reader_be16(&r);
    line_clear(&s->line);
    s->state = s->left ? AT_MEDIA : AT_START;
    return true;
}

static void counted(struct side *s, struct span *in)
{
    struct span part = span_part(*in, 0, (size_t)(s->left < in->n ? s->left : in->n));

    if (s->state == AT_BODY && s->doc)
        carve_data(s->doc, part);
    s->left -= part.n;
    *in = span_part(*in, part.n, in->n);
    if (!s->left)
        body_close(s, true);
}

static void feed(struct rtsp *r, enum direction dir, struct span in)
{
    struct side *s = &r->side[dir];
    struct span line;

    while (in.n) {
        if (s->state >= AT_BODY) {
            counted(s, &in);
            continue;
        }
        bool media = s->state == AT_START && !r->sip && !s->line.skip &&
                     (line_empty(&s->line) ? in.p[0] : s->line.part.p[0]) == '$';
        if (media) {
            take_media(s, &in);
            continue;
        }
        if (!line_next(&s->line, &in, &line))
            continue;
        line = line_no_cr(line);
        if (s->state == AT_START)
            take_start(r, dir, s, line);
        else if (!take_head(r, dir, s, line) && s->state == AT_HEAD)
            body_open(r, dir, s, s->head.has_length ? s->head.length : 0);
        line_clear(&s->line);
    }
}

/* ---- the parser ---- */

static int start(void *state, struct proto_ctx *cx, bool sip)
{
    struct rtsp *r = state;

    if (!proto_charge(cx, FLOW_CHARGE))
        return ST_LIMIT;
    r->cx = cx;
    r->sip = sip;
    for (int d = 0; d < 2; d++) {
        line_init(&r->side[d].line, RTSP_LINE_MAX);
        http_head_init(&r->side[d].head);
    }
    return 0;
}

static int rtsp_open(void *state, struct proto_ctx *cx)
{
    return start(state, cx, false);
}

static int sip_open(void *state, struct proto_ctx *cx)
{
    return start(state, cx, true);
}

static void rtsp_feed(void *state, struct proto_ctx *cx, enum direction dir, struct span bytes)
{
    (void)cx;
    feed(state, dir, bytes);
}

static void rtsp_gap(void *state, struct proto_ctx *cx, enum direction dir, uint64_t missing)
{
    struct rtsp *r = state;
    struct side *s = &r->side[dir];
    bool inside = s->state >= AT_BODY && missing <= s->left;

    if (s->state == AT_BODY && s->doc)
        carve_gap(s->doc, missing < s->left ? missing : s->left);
    if (inside) {
        s->left -= missing;
        if (!s->left)
            body_close(s, true);
        return;
    }
    if (s->state == AT_HEAD)
        proto_anomaly(cx, dir, r->sip ? "sip.gap_in_head" : "rtsp.gap_in_head");
    body_close(s, false);
    line_clear(&s->line);
    s->line.skip = true; /* the rest of a line whose beginning is missing */
    s->told = true;
}

static void rtsp_end(void *state, struct proto_ctx *cx, enum direction dir)
{
    struct rtsp *r = state;

    (void)cx;
    body_close(&r->side[dir], false);
}

static void rtsp_close(void *state, struct proto_ctx *cx)
{
    struct rtsp *r = state;

    for (int d = 0; d < 2; d++) {
        body_close(&r->side[d], false);
        line_done(&r->side[d].line);
        http_head_done(&r->side[d].head);
    }
    proto_release(cx, FLOW_CHARGE);
}

/* A message is a datagram; without a length its body is the rest (RFC 3261 section 18.3). */
static void sip_datagram(void *state, struct proto_ctx *cx, enum direction dir, struct span bytes)
{
    struct rtsp *r = state;
    struct side *s = &r->side[dir];
    struct reader in = reader_span(bytes);
    struct span line;
    uint64_t n;

    s->state = AT_START;
    while (reader_left(&in) && s->state < AT_BODY) {
        if (!reader_line(&in, &line))
            line = reader_rest(&in);
        line = span_part(line_no_cr(line), 0, RTSP_LINE_MAX);
        if (s->state == AT_START)
            take_start(r, dir, s, line);
        else if (!take_head(r, dir, s, line) && s->state == AT_HEAD) {
            n = s->head.has_length ? s->head.length : reader_left(&in);
            body_open(r, dir, s, n);
            break;
        }
    }
    line = span_part(reader_rest(&in), 0, s->left < SIZE_MAX ? (size_t)s->left : SIZE_MAX);
    if (s->doc)
        carve_data(s->doc, line);
    (void)cx;
    body_close(s, s->left == line.n);
}

const struct proto rtsp_proto = {
    .name = "rtsp",
    .state_size = sizeof(struct rtsp),
    .probe = rtsp_probe,
    .open = rtsp_open,
    .feed = rtsp_feed,
    .gap = rtsp_gap,
    .end = rtsp_end,
    .close = rtsp_close,
};

const struct proto sip_proto = {
    .name = "sip",
    .state_size = sizeof(struct rtsp),
    .probe = sip_probe,
    .open = sip_open,
    .feed = rtsp_feed,
    .gap = rtsp_gap,
    .end = rtsp_end,
    .close = rtsp_close,
    .datagram = sip_datagram,
};
